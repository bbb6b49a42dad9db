/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def.h"

#include <sys/random.h>

int domain_def_normalize(const DomainDef *def, const DomainDefHost *host, DomainDef **ret, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(def);
        int r;

        if (!copy->uuid) {
                uint8_t b[16];

                if (host && host->random)
                        host->random(host->userdata, b, sizeof(b));
                else if (getrandom(b, sizeof(b), 0) != sizeof(b))
                        return error_set_errno(error, errno, "cannot make a UUID");
                copy->uuid = domain_def_printf(copy,
                                               "%02x%02x%02x%02x-%02x%02x-4%x%02x-%x%x%02x-%02x%02x%02x%02x%02x%02x",
                                               b[0], b[1], b[2], b[3], b[4], b[5], b[6] & 15, b[7], 8 | (b[8] & 3),
                                               b[8] >> 4, b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
        }
        r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}

void domain_def_assign_aliases(DomainDef *def)
{
}
