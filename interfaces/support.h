/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the handlers of several interfaces need. */

#include "drivers/driver.h"

/* ERROR_INVALID_ARG in libvirt's words when flags has a bit outside known. */
int flags_check(uint32_t flags, uint32_t known, Error *error);

/* ERROR_INVALID_ARG when more than one of the bits is set; names is what a person calls them. */
int flags_check_exclusive(uint32_t flags, uint32_t bits, const char *names, Error *error);

/* ERROR_NO_SUPPORT for an operation that the driver's table leaves out; function is what libvirt calls it. */
int error_unsupported(Error *error, const char *function);

/* Brings 32 hexadecimal digits, hyphens or not, to the form of Domain.uuid. -EINVAL when they are not 32. */
int uuid_normalize(const char *text, char ret[static 37]);

/* Flags of virConnectGetAllDomainStats() and virDomainListGetStats() beside those that choose domains. */
enum {
        STATS_NOWAIT = 1 << 29, /* always so */
        STATS_BACKING = 1 << 30,
};
#define STATS_ENFORCE (UINT32_C(1) << 31)

/*
 * The groups of statistics (DOMAIN_STATS_*) to get: all for 0, without unknown ones, which are
 * ERROR_ARGUMENT_UNSUPPORTED under STATS_ENFORCE. ERROR_NO_SUPPORT when the driver has none, ERROR_INVALID_ARG
 * for flags beside list_flags and the above.
 */
int stats_groups(const Driver *driver, uint32_t stats, uint32_t flags, uint32_t list_flags, uint32_t *ret,
                 Error *error);
