/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/support.h"

#include <string.h>

int flags_check(uint32_t flags, uint32_t known, Error *error)
{
        if (flags & ~known)
                return error_set(error, ERROR_UNSUPPORTED_FLAGS, "unsupported flags (0x%x)", flags & ~known);
        return 0;
}

int flags_check_exclusive(uint32_t flags, uint32_t bits, const char *names, Error *error)
{
        uint32_t given = flags & bits;

        if (given & (given - 1))
                return error_set(error, ERROR_INVALID_ARG, "the flags %s exclude each other", names);
        return 0;
}

int error_unsupported(Error *error, const char *function)
{
        return error_set(error, ERROR_NO_SUPPORT, "%s", function);
}

int stats_groups(const Driver *driver, uint32_t stats, uint32_t flags, uint32_t list_flags, uint32_t *ret,
                 Error *error)
{
        const uint32_t known = driver->info->domain.stats;
        int r;

        r = flags_check(flags, list_flags | STATS_NOWAIT | STATS_BACKING | STATS_ENFORCE, error);
        if (r < 0)
                return r;
        if (!driver_supports(driver, domain.get_stats))
                return error_unsupported(error, "virConnectGetAllDomainStats");
        if ((flags & STATS_ENFORCE) && (stats & ~known))
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED,
                                 "groups 0x%x of statistics are not known", stats & ~known);
        *ret = stats ? stats & known : known;
        return 0;
}

int uuid_normalize(const char *text, char ret[static 37])
{
        char uuid[37];
        size_t n = 0;

        for (const char *p = text; *p; p++) {
                if (*p == '-')
                        continue;
                if (!g_ascii_isxdigit(*p) || n == 36)
                        return -EINVAL;
                uuid[n++] = g_ascii_tolower(*p);
                if (n == 8 || n == 13 || n == 18 || n == 23)
                        uuid[n++] = '-';
        }
        if (n != 36)
                return -EINVAL;
        uuid[n] = '\0';
        memcpy(ret, uuid, sizeof(uuid));
        return 0;
}
