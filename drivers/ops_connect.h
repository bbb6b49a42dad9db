/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with the connection itself: the host and what its hypervisor can do. See drivers/driver.h. */

#include "drivers/model/object.h"

typedef struct ConnectOps {
        /* The hypervisor's version, major * 1,000,000 + minor * 1,000 + release; 0 when not known (yet). */
        uint64_t (*get_version)(Driver *driver);
        /* Result: text. */
        int (*get_capabilities)(Driver *driver, Job *job, Error *error);
        /* Any of the four may be NULL: the default. Result: text. */
        int (*get_domain_capabilities)(Driver *driver, const char *emulator, const char *arch, const char *machine,
                                       const char *virt_type, Job *job, Error *error);
        int (*get_max_vcpus)(Driver *driver, const char *virt_type, int32_t *ret, Error *error);
} ConnectOps;
