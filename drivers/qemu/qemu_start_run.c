/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_start.h"

#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_limits.h"
#include "drivers/qemu/qemu_live.h"
#include "drivers/qemu/qemu_perf.h"
#include "drivers/qemu/qemu_pinning.h"
#include "drivers/qemu/qemu_resctrl.h"
#include "service/base/log.h"

#define LOG_CATEGORY "qemu"

/* Step "threads": their shares of the host. */
static void on_divided(void *userdata, int r, Error *error)
{
        Start *start = userdata;

        start->division = NULL;
        start_done(start, r, error);
}

int start_step_threads(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;
        bool pinned = qemu_pinning_is_wanted(guest->live), divided = qemu_limits_divide(NULL, guest->live);
        int r = 0;

        if (pinned || divided)
                start->threads = qemu_threads_read(guest->status.pid, start->answers[QUESTION_CPUS],
                                                   start->answers[QUESTION_IOTHREADS]);
        if (pinned)
                r = qemu_pinning_apply(guest->live, guest->status.pid, start->threads, error);
        if (r >= 0 && divided)
                r = qemu_cgroup_change(guest, NULL, guest->live, start->threads, on_divided, start, &start->division,
                                       error);
        return r < 0 || !divided ? r : start_wait(start);
}

void start_cancel_threads(Job *job, void *context)
{
        Start *start = context;

        start->waiting = false;
        start->task = worker_cancel(start->task);
        start->division = worker_cancel(start->division);
}

/* Step "resctrl": their parts of caches and of the memory's bandwidth. */
int start_step_resctrl(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;

        if (!qemu_resctrl_is_wanted(guest->live))
                return 0;
        if (!start->threads)
                start->threads = qemu_threads_read(guest->status.pid, start->answers[QUESTION_CPUS], NULL);
        start->division = qemu_resctrl_begin(guest, start->threads, on_divided, start);
        return start_wait(start);
}

/* Step "perf": before the guest's first instruction. */
int start_step_perf(Job *job, void *context, Error *error)
{
        Start *start = context;

        if (start->guest->live->perf_events.n == 0)
                return 0;
        if (start->guest->has_exited)
                return error_set(error, ERROR_OPERATION_FAILED, "QEMU ended while it was started");
        return qemu_perf_apply(start->guest, start->guest->live, error);
}

/* Until it is announced, its events are nobody's. */
static int save_status_as_up(Start *start, Error *error)
{
        QemuGuest *guest = start->guest;
        int r;

        guest->phase = QEMU_UP;
        guest->status.launching = !(start->flags & DOMAIN_START_PAUSED);
        r = guest_save_status(guest, error);
        guest->phase = QEMU_STARTING;
        return r;
}

/* Step "state". */
int start_step_state(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r;

        if (!start_is_restored(start))
                return 0;
        if (start->guest->has_exited || !start->guest->qmp)
                return start_wait(start);
        r = qemu_restore_load(start->restore, start->guest, job, error);
        return r < 0 ? r : start_wait(start);
}

/*
 * Step "discard": with the first instruction the disks are ahead of the managed save, which must not be restored any
 * more whatever happens then. A daemon that is killed from here on does not go back.
 */
int start_step_discard(Job *job, void *context, Error *error)
{
        Start *start = context;
        int r;

        if (!start->restore || !qemu_restore_is_managed(start->restore))
                return 0;
        r = save_status_as_up(start, error);
        if (r < 0)
                return r;
        qemu_restore_discard(start->restore);
        return start_wait(start);
}

/*
 * Step "run": from the moment the status says "up", a daemon that comes after us goes on in place of going
 * back.
 */
static void on_running(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        Start *start = userdata;

        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED)
                return;
        start_done(start, error_is_set(error) ? -EIO : 0, error);
}

int start_step_run(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;
        DomainDef *live;
        int r;

        r = qemu_live_update(guest->live, start->answers[QUESTION_CHARDEVS], start->answers[QUESTION_VNC],
                             &live, error);
        if (r < 0)
                return r;
        domain_def_unref(guest->live);
        guest->live = live;
        guest->status.started_usec = (uint64_t) g_get_real_time();
        if (start->flags & DOMAIN_START_PAUSED)
                return 0;
        r = save_status_as_up(start, error);
        if (r < 0)
                return r;
        (void) qmp_execute(guest->qmp, "cont", NULL, START_HANDSHAKE_USEC, on_running, start);
        return start_wait(start);
}

/* Step "publish". */
static void announce_missing(const Start *start)
{
        const DomainDef *live = start->guest->live;

        for (uint32_t i = 0; i < start->def->disks.n && i < live->disks.n; i++) {
                const DomainDisk *wanted = start->def->disks.items[i], *disk = live->disks.items[i];
                const char *source = wanted->source.file ?: wanted->source.dev;
                DomainDiskChangeArgs args = {
                        .old_source = source,
                        .new_source = "",
                        .device_alias = strempty(disk->info.alias),
                        .reason = wanted->device == DOMAIN_DISK_DEVICE_CDROM ||
                                                  wanted->device == DOMAIN_DISK_DEVICE_FLOPPY
                                          ? 0
                                          : 1,
                };

                if (source && !disk->source.file && !disk->source.dev)
                        domain_emit(start->domain, DOMAIN_SIGNAL_DISK_CHANGE, &args);
        }
}

static void announce_restored(Start *start, bool paused)
{
        domain_emit_event(start->domain, DOMAIN_EVENT_STARTED, DOMAIN_EVENT_STARTED_RESTORED);
        if (paused)
                domain_emit_event(start->domain, DOMAIN_EVENT_SUSPENDED, DOMAIN_EVENT_SUSPENDED_RESTORED);
}

static void announce(Start *start)
{
        Domain *domain = start->domain;
        QemuGuest *guest = start->guest;
        bool paused = start->flags & DOMAIN_START_PAUSED;

        domain_set_id(domain, guest->status.id);
        domain->started_usec = guest->status.started_usec;
        domain_set_balloon(domain, guest->live->current_memory);
        domain_set_live(domain, guest->live);
        domain_set_state(domain, paused ? DOMAIN_PAUSED : DOMAIN_RUNNING,
                         paused                 ? DOMAIN_PAUSED_USER
                         : start_is_restored(start) ? DOMAIN_RUNNING_RESTORED
                                              : DOMAIN_RUNNING_BOOTED,
                         DOMAIN_EVENT_NONE, 0);
        if (!domain->object.published)
                domain_publish(domain);
        if (start->restore && qemu_restore_is_managed(start->restore))
                domain_set_managed_save(domain, false);
        if (start_is_restored(start)) {
                announce_restored(start, paused);
                return;
        }
        domain_emit_event(domain, DOMAIN_EVENT_STARTED, DOMAIN_EVENT_STARTED_BOOTED);
        if (paused)
                domain_emit_event(domain, DOMAIN_EVENT_SUSPENDED, DOMAIN_EVENT_SUSPENDED_PAUSED);
}

int start_step_publish(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;

        if (guest->has_exited || !guest->qmp)
                return error_set(error, ERROR_OPERATION_FAILED, "QEMU ended when the machine began to run");
        guest->started = NULL;
        guest->monitor_lost = NULL;
        guest->start_failed = NULL;
        guest->start_userdata = NULL;
        guest->phase = QEMU_UP;
        guest->status.launching = false;
        start->published = true;
        announce(start);
        announce_missing(start);
        guest_update_status(guest);
        guest_refresh_facts(guest);
        log_domain(LOG_INFO, guest->name, guest->uuid, "domain '%s' has been started as process %d, user %u",
                   guest->name, (int) guest->status.pid, (unsigned) guest->status.uid);
        return 0;
}
