/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What can be done to a domain: each a job that the driver runs. */

#include "interfaces/domain-contract.h"

#include "interfaces/support.h"
#include "service/call.h"

#define SHUTDOWN_FLAGS                                                                                      \
        (DOMAIN_SHUTDOWN_ACPI_POWER_BTN | DOMAIN_SHUTDOWN_GUEST_AGENT | DOMAIN_SHUTDOWN_INITCTL |           \
         DOMAIN_SHUTDOWN_SIGNAL | DOMAIN_SHUTDOWN_PARAVIRT)

#define UNDEFINE_FLAGS                                                                                      \
        (DOMAIN_UNDEFINE_MANAGED_SAVE | DOMAIN_UNDEFINE_SNAPSHOTS_METADATA | DOMAIN_UNDEFINE_NVRAM |        \
         DOMAIN_UNDEFINE_KEEP_NVRAM | DOMAIN_UNDEFINE_CHECKPOINTS_METADATA | DOMAIN_UNDEFINE_TPM |          \
         DOMAIN_UNDEFINE_KEEP_TPM)

static const DomainOps *ops(const Domain *domain)
{
        return &domain->object.driver->info->domain;
}

/* An operation that takes flags and nothing else, as most do. */
typedef struct FlagsOperation {
        const char *kind;     /* of the job */
        const char *function; /* in libvirt */
        uint32_t known;
} FlagsOperation;

static int run(Call *call, Domain *domain, const FlagsOperation *operation,
               int (*op)(Domain *domain, uint32_t flags, Job *job, Error *error), uint32_t flags,
               Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = flags_check(flags, operation->known, error);
        if (r < 0)
                return r;
        if (!op)
                return error_unsupported(error, operation->function);
        r = call_job_begin(call, operation->kind, &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, op(domain, flags, job, error), NULL, error);
}

/* Kinds of jobs that start a machine. */
static bool is_start(const char *kind)
{
        return streq_ptr(kind, "start") || streq_ptr(kind, "create") || streq_ptr(kind, "autostart");
}

static bool is_starting(const Domain *domain)
{
        const Job *job = domain->object.slot.job;

        return job && is_start(job_kind(job));
}

int domain_destroy(Call *call, Domain *domain, const DomainDestroyArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, DOMAIN_DESTROY_GRACEFUL | DOMAIN_DESTROY_REMOVE_LOGS, error);

        /* on a domain that neither runs nor starts nothing is cancelled */
        if (r >= 0 && !is_starting(domain) && !is_start(call_job_cancelled(call)))
                r = domain_check_active(domain, error);
        if (r < 0)
                return r;
        if (!ops(domain)->destroy)
                return error_unsupported(error, "virDomainDestroyFlags");
        r = call_job_begin(call, "destroy", &domain->object, CALL_JOB_PREEMPT, &job, error);
        if (r <= 0)
                return r;
        /* what was starting is not running: that is all the caller wants */
        if (!domain_is_active(domain) && is_start(call_job_cancelled(call)))
                return call_reply(call, NULL);
        return call_job_end(call, job, ops(domain)->destroy(domain, args->flags, job, error), NULL, error);
}

int domain_reboot(Call *call, Domain *domain, const DomainRebootArgs *args, Error *error)
{
        static const FlagsOperation reboot = { "reboot", "virDomainReboot", SHUTDOWN_FLAGS };

        return run(call, domain, &reboot, ops(domain)->reboot, args->flags, error);
}

int domain_reset(Call *call, Domain *domain, const DomainResetArgs *args, Error *error)
{
        static const FlagsOperation reset = { "reset", "virDomainReset", 0 };

        return run(call, domain, &reset, ops(domain)->reset, args->flags, error);
}

int domain_shutdown(Call *call, Domain *domain, const DomainShutdownArgs *args, Error *error)
{
        static const FlagsOperation shutdown = { "shutdown", "virDomainShutdownFlags", SHUTDOWN_FLAGS };

        return run(call, domain, &shutdown, ops(domain)->shutdown, args->flags, error);
}

/* Resume and suspend have no flags in libvirt. */
static int resume_op(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        return ops(domain)->resume(domain, job, error);
}

static int suspend_op(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        return ops(domain)->suspend(domain, job, error);
}

static int start_op(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        return ops(domain)->start(domain, NULL, flags, job, error);
}

int domain_resume(Call *call, Domain *domain, Error *error)
{
        static const FlagsOperation resume = { "resume", "virDomainResume", 0 };

        return run(call, domain, &resume, ops(domain)->resume ? resume_op : NULL, 0, error);
}

int domain_suspend(Call *call, Domain *domain, Error *error)
{
        static const FlagsOperation suspend = { "suspend", "virDomainSuspend", 0 };

        return run(call, domain, &suspend, ops(domain)->suspend ? suspend_op : NULL, 0, error);
}

int domain_create(Call *call, Domain *domain, const DomainCreateArgs *args, Error *error)
{
        static const FlagsOperation start = { "start", "virDomainCreateWithFlags",
                                              DOMAIN_START_PAUSED | DOMAIN_START_AUTODESTROY |
                                                      DOMAIN_START_BYPASS_CACHE | DOMAIN_START_FORCE_BOOT |
                                                      DOMAIN_START_RESET_NVRAM };

        return run(call, domain, &start, ops(domain)->start ? start_op : NULL, args->flags, error);
}

int domain_undefine(Call *call, Domain *domain, const DomainUndefineArgs *args, Error *error)
{
        static const FlagsOperation undefine = { "undefine", "virDomainUndefineFlags", UNDEFINE_FLAGS };
        int r;

        r = flags_check_exclusive(args->flags, DOMAIN_UNDEFINE_NVRAM | DOMAIN_UNDEFINE_KEEP_NVRAM,
                                  "to remove and to keep the variables of the firmware", error);
        if (r < 0)
                return r;
        r = flags_check_exclusive(args->flags, DOMAIN_UNDEFINE_TPM | DOMAIN_UNDEFINE_KEEP_TPM,
                                  "to remove and to keep the state of the TPM", error);
        if (r < 0)
                return r;
        if (!domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot undefine transient domain");
        return run(call, domain, &undefine, ops(domain)->undefine, args->flags, error);
}

typedef int (*SetAutostart)(Domain *domain, bool autostart, Job *job, Error *error);

static int set_autostart(Call *call, Domain *domain, SetAutostart set, const char *function, bool value, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!set)
                return error_unsupported(error, function);
        if (!domain->persistent)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "cannot set autostart for transient domain");
        r = call_job_begin(call, "set-autostart", &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, set(domain, value, job, error), NULL, error);
}

int domain_property_autostart_set(Call *call, Domain *domain, const DomainPropertyAutostartSetArgs *args,
                                  Error *error)
{
        return set_autostart(call, domain, ops(domain)->set_autostart, "virDomainSetAutostart", args->value, error);
}

int domain_property_autostart_once_set(Call *call, Domain *domain, const DomainPropertyAutostartOnceSetArgs *args,
                                       Error *error)
{
        return set_autostart(call, domain, ops(domain)->set_autostart_once, "virDomainSetAutostartOnce", args->value,
                             error);
}

/* Who may change the domains of some names must not move one out of, or into, their bounds. */
static int require_new_name(Call *call, const Domain *domain, const char *name, Error *error)
{
        static const Permission wanted[] = { PERMISSION_DOMAIN_WRITE, PERMISSION_DOMAIN_SAVE };
        Details details = {};
        int r = 1;

        details_add(&details, "connect_driver", domain->object.driver->info->acl_name);
        details_add(&details, "domain_name", name);
        details_add(&details, "domain_uuid", domain->uuid);
        for (size_t i = 0; r > 0 && i < ELEMENTSOF(wanted); i++)
                r = call_require(call, wanted[i], &details, error);
        return r;
}

int domain_rename(Call *call, Domain *domain, const DomainRenameArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = flags_check(args->flags, 0, error);
        if (r < 0)
                return r;
        r = require_new_name(call, domain, args->name, error);
        if (r <= 0)
                return r;
        if (!ops(domain)->rename)
                return error_unsupported(error, "virDomainRename");
        if (domain_is_active(domain))
                return error_set(error, ERROR_OPERATION_INVALID, "cannot rename active domain");
        r = call_job_begin(call, "rename", &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(domain)->rename(domain, args->name, job, error), NULL, error);
}

/* What OpenConsole and OpenChannel share. */
static int open_device(Call *call, Domain *domain, const char *kind, const char *function,
                       int (*op)(Domain *domain, const char *name, uint32_t flags, Job *job, Error *error),
                       const char *name, uint32_t flags, uint32_t known, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = flags_check(flags, known, error);
        if (r < 0)
                return r;
        if (!op)
                return error_unsupported(error, function);
        r = call_job_begin(call, kind, &domain->object, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, op(domain, name, flags, job, error), call_job_reply_fd, error);
}

int domain_open_channel(Call *call, Domain *domain, const DomainOpenChannelArgs *args, Error *error)
{
        return open_device(call, domain, "open-channel", "virDomainOpenChannel", ops(domain)->open_channel,
                           args->name, args->flags, DOMAIN_CONSOLE_FORCE, error);
}

int domain_open_console(Call *call, Domain *domain, const DomainOpenConsoleArgs *args, Error *error)
{
        return open_device(call, domain, "open-console", "virDomainOpenConsole", ops(domain)->open_console,
                           args->device, args->flags, DOMAIN_CONSOLE_FORCE | DOMAIN_CONSOLE_SAFE, error);
}
