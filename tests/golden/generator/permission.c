/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from permissions.ini. */

#include "polkit/permission.h"

#include <glib.h>

#define ACTION_PREFIX "org.libvirt.api."

static const struct {
        const char *action_id;
        bool read;
} permissions[_PERMISSION_MAX] = {
        [PERMISSION_DOMAIN_GETATTR] = { ACTION_PREFIX "domain.getattr", true },
        [PERMISSION_DOMAIN_READ] = { ACTION_PREFIX "domain.read", true },
        [PERMISSION_DOMAIN_READ_SECURE] = { ACTION_PREFIX "domain.read-secure", false },
        [PERMISSION_DOMAIN_SAVE] = { ACTION_PREFIX "domain.save", false },
        [PERMISSION_DOMAIN_WRITE] = { ACTION_PREFIX "domain.write", false },
        [PERMISSION_STORAGE_POOL_SEARCH_STORAGE_VOLS] = { ACTION_PREFIX "storage-pool.search-storage-vols", true },
};

const char *permission_action_id(Permission permission)
{
        g_assert((unsigned) permission < _PERMISSION_MAX);
        return permissions[permission].action_id;
}

const char *permission_name(Permission permission)
{
        const char *id = permission_action_id(permission);

        return id ? id + sizeof(ACTION_PREFIX) - 1 : NULL;
}

bool permission_is_read(Permission permission)
{
        g_assert((unsigned) permission < _PERMISSION_MAX);
        return permissions[permission].read;
}
