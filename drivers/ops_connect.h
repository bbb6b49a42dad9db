/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with the connection itself: the host and what its hypervisor can do. See drivers/driver.h. */

#include "drivers/model/cpu.h"
#include "drivers/model/domain_def.h"
#include "drivers/model/object.h"

/* Whose processor is meant; any may be NULL: the default. */
typedef struct CpuQuery {
        const char *emulator;
        const char *arch;
        const char *machine;
        const char *virt_type;
} CpuQuery;

typedef struct ConnectOps {
        /* The hypervisor's version, major * 1,000,000 + minor * 1,000 + release; 0 when not known (yet). */
        uint64_t (*get_version)(Driver *driver);
        /* Result: text. */
        int (*get_capabilities)(Driver *driver, Job *job, Error *error);
        /* Any of the four may be NULL: the default. Result: text. */
        int (*get_domain_capabilities)(Driver *driver, const char *emulator, const char *arch, const char *machine,
                                       const char *virt_type, Job *job, Error *error);
        int (*get_max_vcpus)(Driver *driver, const char *virt_type, int32_t *ret, Error *error);
        /* cpu_models(), where guests can have such a model. */
        int (*get_cpu_models)(Driver *driver, const char *arch, const char ***ret, Error *error);
        /* The host's processor (query NULL), or what an emulator makes of it, as far as that is known already. */
        int (*get_host_cpu)(Driver *driver, const CpuQuery *query, CpuHost **ret, Error *error);
        /* What an emulator makes of it, asked for when need be. Result: object, a CpuHost. */
        int (*get_hypervisor_cpu)(Driver *driver, const CpuQuery *query, Job *job, Error *error);
        /* The command line of a definition, and the other way round. Result: text. */
        int (*domain_to_native)(Driver *driver, const char *format, DomainDef *def, Job *job, Error *error);
        int (*domain_from_native)(Driver *driver, const char *format, const char *config, Job *job, Error *error);
} ConnectOps;
