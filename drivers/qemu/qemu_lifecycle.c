/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"

#include "service/base/log.h"

#define LOG_CATEGORY "qemu"

/* How long QEMU may take to follow SIGTERM, and how long a killed process may hang in the kernel. */
#define GRACEFUL_USEC (15 * USEC_PER_SEC)
#define DESTROY_USEC (60 * USEC_PER_SEC)

/* One command of the monitor as a job; what it does to the state comes with QEMU's events. */
typedef struct Request {
        Job *job; /* not owned: it owns this */
        Domain *domain;
        const char *command; /* static */
        Qmp *qmp;            /* set while the reply is awaited */
        uint64_t number;
        void (*succeeded)(Domain *domain);
        void (*ended)(QemuGuest *guest); /* in any case; may be NULL */
} Request;

static void request_free(void *p)
{
        Request *request = p;

        if (request->qmp)
                qmp_forget(request->qmp, request->number);
        qmp_unref(request->qmp);
        domain_unref(request->domain);
        g_free(request);
}

static void request_end(Request *request)
{
        QemuGuest *guest = domain_guest(request->domain);

        request->qmp = qmp_unref(request->qmp);
        if (request->ended && guest)
                request->ended(guest);
}

static void on_request_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Request *request = userdata;

        if (!error_is_set(error) && request->succeeded)
                request->succeeded(request->domain);
        request_end(request);
        job_step_done(request->job, error_is_set(error) ? -EIO : 0, error);
}

static int step_request(Job *job, void *context, Error *error)
{
        Request *request = context;
        QemuGuest *guest = domain_guest(request->domain);
        int r = monitor_check(guest, error);

        if (r < 0)
                return r;
        request->qmp = qmp_ref(guest->qmp);
        request->number = monitor_execute(guest, request->command, NULL, on_request_reply, request);
        return JOB_STEP_WAIT;
}

static void cancel_request(Job *job, void *context)
{
        Request *request = context;

        qmp_forget(request->qmp, request->number);
        request_end(request);
}

static const JobStep request_steps[] = {
        { .name = "request", .start = step_request, .cancel = cancel_request },
        {},
};

static int request_run(Domain *domain, const char *command, void (*succeeded)(Domain *domain),
                       void (*ended)(QemuGuest *guest), Job *job, Error *error)
{
        Request *request = g_new0(Request, 1);

        request->job = job;
        request->domain = domain_ref(domain);
        request->command = command;
        request->succeeded = succeeded;
        request->ended = ended;
        return job_run(job, request_steps, request, request_free, error);
}

/* The guest of an active domain; a domain is active exactly as long as it has one. */
static int get_guest(Domain *domain, QemuGuest **ret, Error *error)
{
        int r = domain_check_active(domain, error);

        if (r >= 0)
                *ret = domain_guest(domain);
        return r;
}

int qemu_reset(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        QemuGuest *guest;
        int r = qemu_check_flags(flags, 0, error);

        if (r >= 0)
                r = get_guest(domain, &guest, error);
        return r < 0 ? r : request_run(domain, "system_reset", NULL, NULL, job, error);
}

/* QEMU's STOP comes before its reply; where none came, the CPUs were standing already. */
static void suspended(Domain *domain)
{
        if (domain->state == DOMAIN_RUNNING)
                domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_USER, DOMAIN_EVENT_SUSPENDED,
                                 DOMAIN_EVENT_SUSPENDED_PAUSED);
        else if (domain->state == DOMAIN_PAUSED && domain->reason != DOMAIN_PAUSED_USER)
                domain_set_state(domain, DOMAIN_PAUSED, DOMAIN_PAUSED_USER, DOMAIN_EVENT_NONE, 0);
        guest_update_status(domain_guest(domain));
}

static void suspend_ended(QemuGuest *guest)
{
        guest->pause_reason = 0;
}

int qemu_suspend(Domain *domain, Job *job, Error *error)
{
        QemuGuest *guest;
        int r = get_guest(domain, &guest, error);

        if (r < 0)
                return r;
        if (domain->state == DOMAIN_PMSUSPENDED)
                return error_set(error, ERROR_OPERATION_INVALID, "domain is pmsuspended");
        guest->pause_reason = DOMAIN_PAUSED_USER;
        return request_run(domain, "stop", suspended, suspend_ended, job, error);
}

static void resumed(Domain *domain)
{
        if (domain->state == DOMAIN_PAUSED)
                domain_set_state(domain, DOMAIN_RUNNING, DOMAIN_RUNNING_UNPAUSED, DOMAIN_EVENT_RESUMED,
                                 DOMAIN_EVENT_RESUMED_UNPAUSED);
        guest_update_status(domain_guest(domain));
}

int qemu_resume(Domain *domain, Job *job, Error *error)
{
        QemuGuest *guest;
        int r = get_guest(domain, &guest, error);

        if (r < 0)
                return r;
        switch (domain->state) {
        case DOMAIN_RUNNING:
                return error_set(error, ERROR_OPERATION_INVALID, "domain is already running");
        case DOMAIN_PMSUSPENDED:
                return error_set(error, ERROR_OPERATION_INVALID, "domain is pmsuspended");
        case DOMAIN_SHUTDOWN:
        case DOMAIN_CRASHED:
                return error_set(error, ERROR_OPERATION_INVALID, "domain has %s: reset or destroy it",
                                 domain->state == DOMAIN_CRASHED ? "crashed" : "powered off");
        case DOMAIN_NOSTATE:
        case DOMAIN_BLOCKED:
        case DOMAIN_PAUSED:
        case DOMAIN_SHUTOFF:
        case _DOMAIN_STATE_MAX:
                break;
        }
        return request_run(domain, "cont", resumed, NULL, job, error);
}

typedef struct Destroy {
        Job *job;
        Domain *domain;
        QemuGuest *guest; /* being waited for */
        DomainDef *live;  /* of the machine that ends */
        uint32_t flags;
        sd_event_source *timer;
} Destroy;

static void on_destroyed(void *userdata, const char *uuid)
{
        Destroy *destroy = userdata;

        destroy->guest = NULL;
        job_step_done(destroy->job, 0, NULL);
}

static void destroy_unwait(Destroy *destroy)
{
        destroy->timer = sd_event_source_disable_unref(destroy->timer);
        if (destroy->guest)
                guest_unwait_end(destroy->guest, on_destroyed, destroy);
        destroy->guest = NULL;
}

static void destroy_free(void *p)
{
        Destroy *destroy = p;

        destroy_unwait(destroy);
        domain_def_unref(destroy->live);
        domain_unref(destroy->domain);
        g_free(destroy);
}

static int on_too_long(sd_event_source *source, uint64_t usec, void *userdata)
{
        Destroy *destroy = userdata;
        _cleanup_error_ Error error = ERROR_INIT;
        pid_t pid = destroy->guest->process ? process_pid(destroy->guest->process) : 0;

        (void) error_set(&error, ERROR_OPERATION_FAILED, "process %d of domain '%s' does not end after %s",
                         (int) pid, destroy->domain->name,
                         destroy->flags & DOMAIN_DESTROY_GRACEFUL ? "SIGTERM"
                                                                  : "SIGKILL: it hangs in the kernel");
        destroy_unwait(destroy);
        job_step_done(destroy->job, -EIO, &error);
        return 0;
}

static int step_terminate(Job *job, void *context, Error *error)
{
        Destroy *destroy = context;
        QemuGuest *guest = domain_guest(destroy->domain);
        bool graceful = destroy->flags & DOMAIN_DESTROY_GRACEFUL;
        int r;

        r = sd_event_add_time_relative(guest->driver->host->event, &destroy->timer, CLOCK_MONOTONIC,
                                       graceful ? GRACEFUL_USEC : DESTROY_USEC, 0, on_too_long, destroy);
        if (r < 0)
                return error_set_errno(error, r, "cannot set a deadline");
        destroy->guest = guest;
        destroy->live = guest->live ? domain_def_ref(guest->live) : NULL;
        guest_wait_end(guest, on_destroyed, destroy);
        guest_stop(guest, graceful ? QEMU_STOP_GRACEFUL : QEMU_STOP_LADDER, DOMAIN_SHUTOFF_DESTROYED,
                   DOMAIN_EVENT_STOPPED_DESTROYED);
        return JOB_STEP_WAIT;
}

/* The signal cannot be called back, but nobody has to wait for what comes of it. */
static void cancel_terminate(Job *job, void *context)
{
        destroy_unwait(context);
}

static int step_remove_logs(Job *job, void *context, Error *error)
{
        Destroy *destroy = context;
        QemuDriver *driver = qemu_driver_of(destroy->domain);

        if (!(destroy->flags & DOMAIN_DESTROY_REMOVE_LOGS))
                return 0;
        qemu_log_remove(driver->host->workers, driver->log_dir, destroy->domain->name);
        if (destroy->live)
                qemu_companions_remove_logs(driver, destroy->live, destroy->domain->name);
        return 0;
}

static const JobStep destroy_steps[] = {
        { .name = "terminate", .start = step_terminate, .cancel = cancel_terminate },
        { .name = "logs", .start = step_remove_logs },
        {},
};

int qemu_destroy(Domain *domain, uint32_t flags, Job *job, Error *error)
{
        Destroy *destroy;
        int r = qemu_check_flags(flags, DOMAIN_DESTROY_GRACEFUL | DOMAIN_DESTROY_REMOVE_LOGS, error);

        if (r >= 0)
                r = domain_check_active(domain, error);
        if (r < 0)
                return r;
        destroy = g_new0(Destroy, 1);
        destroy->job = job;
        destroy->domain = domain_ref(domain);
        destroy->flags = flags;
        return job_run(job, destroy_steps, destroy, destroy_free, error);
}
