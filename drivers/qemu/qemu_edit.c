/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_edit_write.h"
#include "drivers/qemu/qemu_limits.h"
#include "drivers/qemu/qemu_perf.h"
#include "drivers/qemu/qemu_pinning.h"

/*
 * Changes of a domain: first the running machine is told, and the host about its processes, then the definition is made
 * durable, and all becomes visible in the turn in which that is done.
 */

/* What is asked of QEMU before the host is told about its threads. */
static const char *const thread_questions[] = { "query-cpus-fast", "query-iothreads" };
#define N_THREAD_QUESTIONS ELEMENTSOF(thread_questions)

typedef struct Change {
        Job *job;
        Domain *domain;
        DomainEdit *edit;
        DomainDef *config; /* NULL: not to be changed */
        DomainDef *live;
        JsonObject *arguments;
        const char *command; /* static; NULL: the machine has nothing to hear */
        Qmp *qmp;            /* set while a reply is awaited */
        uint64_t number;
        JsonNode *answers[N_THREAD_QUESTIONS];
        size_t n_answers;
        WorkerTask *task;
        QemuEditWrite write;
} Change;

static void change_free(void *p)
{
        Change *change = p;

        if (change->qmp)
                qmp_forget(change->qmp, change->number);
        qmp_unref(change->qmp);
        worker_cancel(change->task);
        worker_cancel(change->write.task);
        for (size_t i = 0; i < N_THREAD_QUESTIONS; i++)
                g_clear_pointer(&change->answers[i], json_node_unref);
        if (change->arguments)
                json_object_unref(change->arguments);
        domain_def_unref(change->config);
        domain_def_unref(change->live);
        domain_edit_unref(change->edit);
        domain_unref(change->domain);
        g_free(change);
}

static void plan_memory(Change *change)
{
        change->command = "balloon";
        change->arguments = qmp_object("U:value", change->edit->number * 1024, NULL);
}

static void plan_stats_period(Change *change)
{
        const DomainMemballoon *balloon = change->live->memballoon;
        g_autofree char *path = g_strdup_printf("/machine/peripheral/%s", balloon->info.alias);

        change->command = "qom-set";
        change->arguments = qmp_object("s:path", path, "s:property", "guest-stats-polling-interval",
                                       "u:value", (unsigned) change->edit->number, NULL);
}

static void plan_lifecycle(Change *change)
{
        /* what follows a power-off or a crash is the daemon's doing */
        if (change->edit->number != 1)
                return;
        change->command = "set-action";
        change->arguments = qmp_object("s:reboot",
                                       change->live->on_reboot == DOMAIN_LIFECYCLE_DESTROY ? "shutdown" : "reset",
                                       NULL);
}

static void plan_nothing(Change *change)
{
}

/* What has to be told to a running machine; NULL: it cannot be changed so. */
static void (*const plans[_DOMAIN_EDIT_MAX])(Change *change) = {
        [DOMAIN_EDIT_MEMORY] = plan_memory,
        [DOMAIN_EDIT_STATS_PERIOD] = plan_stats_period,
        [DOMAIN_EDIT_LIFECYCLE] = plan_lifecycle,
        [DOMAIN_EDIT_METADATA] = plan_nothing,
        [DOMAIN_EDIT_PIN_VCPU] = plan_nothing,
        [DOMAIN_EDIT_PIN_EMULATOR] = plan_nothing,
        [DOMAIN_EDIT_PIN_IOTHREAD] = plan_nothing,
        [DOMAIN_EDIT_MEMORY_TUNE] = plan_nothing,
        [DOMAIN_EDIT_BLKIO_TUNE] = plan_nothing,
        [DOMAIN_EDIT_SCHEDULER] = plan_nothing,
        [DOMAIN_EDIT_NUMA] = plan_nothing,
        [DOMAIN_EDIT_PERF] = plan_nothing,
};

static int step_prepare(Job *job, void *context, Error *error)
{
        Change *change = context;
        int r = domain_edit_prepare(change->edit, change->domain, &change->config, &change->live, error);

        if (r < 0 || !change->live)
                return r;
        if (!plans[change->edit->kind])
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "%s cannot change a running machine of this driver",
                                 domain_edit_function(change->edit->kind));
        plans[change->edit->kind](change);
        return 0;
}

static void on_reply(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Change *change = userdata;

        change->qmp = qmp_unref(change->qmp);
        job_step_done(change->job, error_is_set(error) ? -EIO : 0, error);
}

static int step_machine(Job *job, void *context, Error *error)
{
        Change *change = context;
        QemuGuest *guest = domain_guest(change->domain);
        int r;

        if (!change->command)
                return 0;
        r = monitor_check(guest, error);
        if (r < 0)
                return r;
        change->qmp = qmp_ref(guest->qmp);
        change->number = monitor_execute(guest, change->command, g_steal_pointer(&change->arguments), on_reply,
                                         change);
        return JOB_STEP_WAIT;
}

static void cancel_machine(Job *job, void *context)
{
        Change *change = context;

        qmp_forget(change->qmp, change->number);
        change->qmp = qmp_unref(change->qmp);
}

/* What the host has to hear about the processes of a machine. */
typedef enum HostPart {
        HOST_NOTHING,
        HOST_PINS,
        HOST_LIMITS,
        HOST_EVENTS,
} HostPart;

static const HostPart host_parts[_DOMAIN_EDIT_MAX] = {
        [DOMAIN_EDIT_PIN_VCPU] = HOST_PINS,       [DOMAIN_EDIT_PIN_EMULATOR] = HOST_PINS,
        [DOMAIN_EDIT_PIN_IOTHREAD] = HOST_PINS,   [DOMAIN_EDIT_MEMORY_TUNE] = HOST_LIMITS,
        [DOMAIN_EDIT_BLKIO_TUNE] = HOST_LIMITS,   [DOMAIN_EDIT_SCHEDULER] = HOST_LIMITS,
        [DOMAIN_EDIT_NUMA] = HOST_LIMITS,         [DOMAIN_EDIT_PERF] = HOST_EVENTS,
};

static bool needs_threads(const Change *change)
{
        HostPart part = change->live ? host_parts[change->edit->kind] : HOST_NOTHING;

        return part == HOST_PINS ||
               (part == HOST_LIMITS && change->edit->kind == DOMAIN_EDIT_SCHEDULER &&
                qemu_limits_divide(change->domain->live, change->live));
}

static void ask_for_threads(Change *change);

static void on_threads(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Change *change = userdata;

        change->qmp = qmp_unref(change->qmp);
        if (error_is_set(error)) {
                job_step_done(change->job, -EIO, error);
                return;
        }
        change->answers[change->n_answers++] = json_node_ref(result);
        if (change->n_answers < N_THREAD_QUESTIONS && domain_guest(change->domain))
                ask_for_threads(change);
        else
                job_step_done(change->job, 0, NULL);
}

static void ask_for_threads(Change *change)
{
        QemuGuest *guest = domain_guest(change->domain);

        change->qmp = qmp_ref(guest->qmp);
        change->number = monitor_execute(guest, thread_questions[change->n_answers], NULL, on_threads, change);
}

static int step_threads(Job *job, void *context, Error *error)
{
        Change *change = context;
        int r;

        if (!needs_threads(change))
                return 0;
        r = monitor_check(domain_guest(change->domain), error);
        if (r < 0)
                return r;
        ask_for_threads(change);
        return JOB_STEP_WAIT;
}

static void on_limited(void *userdata, int r, Error *error)
{
        Change *change = userdata;

        change->task = NULL;
        job_step_done(change->job, r, error);
}

/* Where memory is bound piece by piece, its pieces cannot be told anew. */
static int check_nodes(const Change *change, Error *error)
{
        const DomainNumaTune *tune = change->live->numa_tune;
        DomainNumaMode mode = tune ? tune->mode : DOMAIN_NUMA_STRICT;

        if (change->edit->kind != DOMAIN_EDIT_NUMA || mode == DOMAIN_NUMA_STRICT || mode == DOMAIN_NUMA_RESTRICTIVE)
                return 0;
        return error_set(error, ERROR_OPERATION_INVALID,
                         "change of nodeset for running domain requires strict numa mode");
}

static int step_host(Job *job, void *context, Error *error)
{
        Change *change = context;
        QemuGuest *guest = domain_guest(change->domain);
        HostPart part = change->live ? host_parts[change->edit->kind] : HOST_NOTHING;
        g_autoptr(GArray) threads = NULL;
        int r;

        if (part == HOST_NOTHING)
                return 0;
        r = domain_check_active(change->domain, error);
        if (r < 0)
                return r;
        if (needs_threads(change))
                threads = qemu_threads_read(guest->status.pid, change->answers[0], change->answers[1]);
        if (part == HOST_PINS)
                return qemu_pinning_apply(change->live, guest->status.pid, threads, error);
        if (part == HOST_EVENTS)
                return qemu_perf_apply(guest, change->live, error);
        r = check_nodes(change, error);
        if (r >= 0)
                r = qemu_limits_check(change->live, guest->driver->cgroups, error);
        if (r >= 0)
                r = qemu_cgroup_change(guest, change->domain->live, change->live, threads, on_limited, change,
                                       &change->task, error);
        return r < 0 ? r : JOB_STEP_WAIT;
}

/* The machine may have ended while the file was written. */
static void make_visible(void *userdata)
{
        Change *change = userdata;
        _cleanup_(domain_def_unrefp) DomainDef *old = NULL, *fresh = NULL;
        QemuGuest *guest = domain_guest(change->domain);
        DomainDef *live = guest && domain_is_active(change->domain) ? change->live : NULL;

        if (live) {
                /* facts of the machine may have come in between */
                if (domain_edit_apply(change->edit, change->domain->live, true, &fresh, NULL) >= 0)
                        live = fresh;
                old = domain_def_ref(change->domain->live);
                domain_def_unref(guest->live);
                guest->live = domain_def_ref(live);
                domain_set_live(change->domain, live);
                guest_update_status(guest);
        }
        domain_edit_announce(change->edit, change->domain, old, live);
}

static int step_write(Job *job, void *context, Error *error)
{
        Change *change = context;

        change->write = (QemuEditWrite) {
                .job = job,
                .domain = change->domain,
                .config = change->config,
                .visible = make_visible,
                .userdata = change,
        };
        return qemu_edit_write(&change->write);
}

static const JobStep steps[] = {
        { .name = "prepare", .start = step_prepare },
        { .name = "machine", .start = step_machine, .cancel = cancel_machine },
        { .name = "threads", .start = step_threads, .cancel = cancel_machine },
        { .name = "host", .start = step_host },
        { .name = "write", .start = step_write, .no_return = true },
        {},
};

int qemu_edit(Domain *domain, DomainEdit *edit, Job *job, Error *error)
{
        Change *change;

        if (qemu_edit_is_of_device(domain, edit))
                return qemu_edit_device(domain, edit, job, error);
        if (qemu_edit_is_of_vcpus(domain, edit))
                return qemu_edit_vcpus(domain, edit, job, error);
        change = g_new0(Change, 1);
        change->job = job;
        change->domain = domain_ref(domain);
        change->edit = domain_edit_ref(edit);
        return job_run(job, steps, change, change_free, error);
}

uint32_t qemu_host_cpus(Driver *driver)
{
        long n = sysconf(_SC_NPROCESSORS_CONF);

        return n > 0 ? (uint32_t) n : 1;
}
