/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with domains. See drivers/driver.h. */

#include "drivers/model/domain_edit.h"
#include "service/base/params.h"

/* Flags of virDomainStart/Create: VIR_DOMAIN_START_* */
enum {
        DOMAIN_START_PAUSED = 1 << 0,
        DOMAIN_START_AUTODESTROY = 1 << 1,
        DOMAIN_START_BYPASS_CACHE = 1 << 2,
        DOMAIN_START_FORCE_BOOT = 1 << 3,
        DOMAIN_START_VALIDATE = 1 << 4,
        DOMAIN_START_RESET_NVRAM = 1 << 5,
};

/* virDomainDefineFlags */
enum {
        DOMAIN_DEFINE_VALIDATE = 1 << 0,
};

/* virDomainShutdownFlagValues and virDomainRebootFlagValues share their values. */
enum {
        DOMAIN_SHUTDOWN_ACPI_POWER_BTN = 1 << 0,
        DOMAIN_SHUTDOWN_GUEST_AGENT = 1 << 1,
        DOMAIN_SHUTDOWN_INITCTL = 1 << 2,
        DOMAIN_SHUTDOWN_SIGNAL = 1 << 3,
        DOMAIN_SHUTDOWN_PARAVIRT = 1 << 4,
};

/* virDomainDestroyFlags */
enum {
        DOMAIN_DESTROY_GRACEFUL = 1 << 0,
        DOMAIN_DESTROY_REMOVE_LOGS = 1 << 1,
};

/* virDomainUndefineFlagsValues: those that the drivers of this tree can meet are all known and harmless. */
enum {
        DOMAIN_UNDEFINE_MANAGED_SAVE = 1 << 0,
        DOMAIN_UNDEFINE_SNAPSHOTS_METADATA = 1 << 1,
        DOMAIN_UNDEFINE_NVRAM = 1 << 2,
        DOMAIN_UNDEFINE_KEEP_NVRAM = 1 << 3,
        DOMAIN_UNDEFINE_CHECKPOINTS_METADATA = 1 << 4,
        DOMAIN_UNDEFINE_TPM = 1 << 5,
        DOMAIN_UNDEFINE_KEEP_TPM = 1 << 6,
};

/* virDomainConsoleFlags, virDomainChannelFlags */
enum {
        DOMAIN_CONSOLE_FORCE = 1 << 0, /* takes it from whoever has it */
        DOMAIN_CONSOLE_SAFE = 1 << 1,
};

/* virDomainStatsTypes */
enum {
        DOMAIN_STATS_STATE = 1 << 0,
        DOMAIN_STATS_CPU_TOTAL = 1 << 1,
        DOMAIN_STATS_BALLOON = 1 << 2,
        DOMAIN_STATS_VCPU = 1 << 3,
        DOMAIN_STATS_INTERFACE = 1 << 4,
        DOMAIN_STATS_BLOCK = 1 << 5,
        DOMAIN_STATS_PERF = 1 << 6,
        DOMAIN_STATS_IOTHREAD = 1 << 7,
        DOMAIN_STATS_MEMORY = 1 << 8,
        DOMAIN_STATS_DIRTYRATE = 1 << 9,
        DOMAIN_STATS_VM = 1 << 10,
};

typedef struct DomainOps {
        /*
         * Fills in what the driver decides at define time (defaults, machine type, addresses). Result: DomainDef
         * as job_result_object(). The job has no slot. May await a probe of the emulator.
         */
        int (*normalize)(Driver *driver, DomainDef *def, Job *job, Error *error);
        /*
         * Makes the domain's persistent definition def durable, then sets it. domain is unpublished when it is
         * new: the operation publishes it at the end or removes it from the list when it fails. Emits DEFINED.
         */
        int (*define)(Domain *domain, DomainDef *def, Job *job, Error *error);
        /* Removes the persistent definition: a running domain becomes transient. Emits UNDEFINED. */
        int (*undefine)(Domain *domain, uint32_t flags, Job *job, Error *error);
        /*
         * Starts an inactive domain. def NULL: its persistent definition; else the definition of a transient
         * domain, which is unpublished and is removed from the list when it fails. Emits STARTED, and SUSPENDED with
         * PAUSED.
         */
        int (*start)(Domain *domain, DomainDef *def, uint32_t flags, Job *job, Error *error);
        int (*shutdown)(Domain *domain, uint32_t flags, Job *job, Error *error);
        int (*reboot)(Domain *domain, uint32_t flags, Job *job, Error *error);
        int (*reset)(Domain *domain, uint32_t flags, Job *job, Error *error);
        int (*suspend)(Domain *domain, Job *job, Error *error);
        int (*resume)(Domain *domain, Job *job, Error *error);
        int (*destroy)(Domain *domain, uint32_t flags, Job *job, Error *error);
        int (*set_autostart)(Domain *domain, bool autostart, Job *job, Error *error);
        int (*set_autostart_once)(Domain *domain, bool autostart, Job *job, Error *error);
        int (*rename)(Domain *domain, const char *name, Job *job, Error *error);
        /*
         * The job has no slot. device NULL or "": the first one. Result: fd, a stream socket that ends with the guest's
         * device.
         */
        int (*open_console)(Domain *domain, const char *device, uint32_t flags, Job *job, Error *error);
        int (*open_channel)(Domain *domain, const char *name, uint32_t flags, Job *job, Error *error);
        /* Adds what is known without asking anybody. groups is a mask of DOMAIN_STATS_*, never 0. */
        void (*get_stats)(Domain *domain, uint32_t groups, Params *ret);
        uint32_t stats; /* those that there are */
        /*
         * The same of one processor of the host, in the names of virDomainGetCPUStats(); returns 0 when there is none.
         */
        int (*get_cpu_stats)(Domain *domain, uint32_t cpu, Params *ret);
        /* How many processors of the host a map of them has. */
        uint32_t (*host_cpus)(Driver *driver);
        /*
         * Makes the change where the flags of the edit say, both or neither: durably in the persistent
         * definition, and in the running machine. Announces with domain_edit_announce(). ERROR_OPERATION_UNSUPPORTED
         * for a change that the driver cannot make in a running machine.
         */
        int (*edit)(Domain *domain, DomainEdit *edit, Job *job, Error *error);
        /*
         * Puts what the host does for a running machine in place of what its definition says, in the parameters that
         * edits of the kind change. NULL: they are always the same.
         */
        void (*read_limits)(Domain *domain, DomainEditKind kind, Params *params);
} DomainOps;
