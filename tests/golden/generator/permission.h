/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from permissions.ini. */
#pragma once

#include <stdbool.h>

typedef enum Permission {
        PERMISSION_NONE = 0,
        PERMISSION_DOMAIN_GETATTR,
        PERMISSION_DOMAIN_READ,
        PERMISSION_DOMAIN_READ_SECURE,
        PERMISSION_DOMAIN_SAVE,
        PERMISSION_DOMAIN_WRITE,
        PERMISSION_STORAGE_POOL_SEARCH_STORAGE_VOLS,
        _PERMISSION_MAX,
} Permission;

/* "org.libvirt.api.domain.start"; "domain.start". NULL for PERMISSION_NONE. */
const char *permission_action_id(Permission permission);
const char *permission_name(Permission permission);
/* Of the kind that everybody has by default: getattr, read, search-*. */
bool permission_is_read(Permission permission);
