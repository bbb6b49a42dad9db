/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"

#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_files_tpm.h"
#include "drivers/qemu/qemu_launch.h"
#include "drivers/qemu/qemu_network.h"
#include "drivers/qemu/qemu_nwfilter.h"
#include "drivers/qemu/qemu_plug_clear.h"
#include "drivers/qemu/qemu_plug_reconcile.h"
#include "service/base/log.h"
#include "service/base/store.h"

#include <signal.h>
#include <string.h>

#define LOG_CATEGORY "qemu"

/*
 * From SIGTERM to SIGKILL: QEMU writes its caches out meanwhile. One that cannot follow the signal gets less
 * time.
 */
#define TERM_USEC (10 * USEC_PER_SEC)
#define TERM_FIRST_USEC (500 * USEC_PER_MSEC)
/*
 * To commands that are on their way before SIGTERM: QEMU (7.2 at least) that ends while one is being
 * dispatched may wait for itself for ever, in monitor_cleanup().
 */
#define DRAIN_USEC USEC_PER_SEC
/*
 * A process that SIGKILL does not end hangs in the kernel, on a disk that is gone: keep trying, and say so.
 */
#define KILL_USEC (30 * USEC_PER_SEC)
/* What a monitor still has to say stands in the socket's buffer when its process has ended. */
#define LAST_WORDS_USEC USEC_PER_SEC
#define ACCURACY_USEC (50 * USEC_PER_MSEC)

enum {
        RUNG_NONE,
        RUNG_DRAIN,      /* what was asked is being answered */
        RUNG_TERM,       /* SIGTERM was sent a moment ago */
        RUNG_TERM_AGAIN, /* it is being followed, it seems */
        RUNG_KILL,
};

typedef struct GuestWaiter {
        QemuGuestEnded ended;
        void *userdata;
} GuestWaiter;

static void guest_end(QemuGuest *guest);

QemuGuest *guest_find(QemuDriver *driver, const char *uuid)
{
        return g_hash_table_lookup(driver->guests, uuid);
}

static void console_free_value(gpointer console)
{
        console_free(console);
}

/* Adds it to the driver's. */
static QemuGuest *guest_alloc(QemuDriver *driver, Domain *domain, const char *uuid)
{
        QemuGuest *guest = g_new0(QemuGuest, 1);

        g_assert(!guest_find(driver, uuid) && (!domain || !domain->private));
        guest->driver = driver;
        g_strlcpy(guest->uuid, uuid, sizeof(guest->uuid));
        guest->name = g_strdup(domain ? domain->name : uuid);
        if (domain) {
                guest->domain = domain_ref(domain);
                domain->private = guest;
        }
        guest->path = g_build_filename(driver->run_dir, guest->uuid, NULL);
        guest->dir_fd = -EBADF;
        guest->waiters = g_array_new(FALSE, FALSE, sizeof(GuestWaiter));
        guest->companions = qemu_companions_new(guest);
        guest->clearings = g_ptr_array_new_with_free_func(qemu_plug_clear_free);
        guest->blocks = g_ptr_array_new();
        guest->macs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        guest->consoles = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, console_free_value);
        g_hash_table_insert(driver->guests, guest->uuid, guest);
        return guest;
}

/* Everything but files and process. */
static void guest_free(QemuGuest *guest)
{
        g_hash_table_remove(guest->driver->guests, guest->uuid);
        if (guest->qmp) {
                qmp_close(guest->qmp);
                guest->qmp = qmp_unref(guest->qmp);
        }
        guest->retry = sd_event_source_disable_unref(guest->retry);
        guest->settle = sd_event_source_disable_unref(guest->settle);
        guest->ladder = sd_event_source_disable_unref(guest->ladder);
        guest->last_words = sd_event_source_disable_unref(guest->last_words);
        guest->process = process_free(guest->process);
        qemu_cgroup_forget(guest);
        guest->companions = qemu_companions_free(guest->companions);
        guest->agent = agent_free(guest->agent);
        g_hash_table_unref(guest->consoles);
        g_hash_table_unref(guest->macs);
        g_ptr_array_unref(guest->clearings);
        g_ptr_array_unref(guest->blocks);
        guest->reconcile = qemu_reconcile_free(guest->reconcile);
        domain_def_unref(guest->ahead);
        g_clear_pointer(&guest->perf, g_ptr_array_unref);
        g_array_unref(guest->waiters);
        guest_facts_clear(&guest->facts);
        domain_def_unref(guest->live);
        safe_close(guest->dir_fd);
        if (guest->domain && guest->domain->private == guest)
                guest->domain->private = NULL;
        domain_unref(guest->domain);
        g_free(guest->owner);
        g_free(guest->path);
        g_free(guest->name);
        g_free(guest);
}

QemuGuest *guest_forget(QemuGuest *guest)
{
        if (guest)
                guest_free(guest);
        return NULL;
}

int guest_new(QemuDriver *driver, Domain *domain, QemuGuest **ret, Error *error)
{
        QemuGuest *guest = guest_alloc(driver, domain, domain->uuid);
        int r;

        guest->phase = QEMU_STARTING;
        guest->status.end_reason = DOMAIN_SHUTOFF_CRASHED;
        guest->status.end_event = DOMAIN_EVENT_STOPPED_FAILED;
        r = qemu_users_take(driver->users, &guest->status.uid, &guest->gid, error);
        if (r >= 0) {
                guest->has_uid = true;
                r = guest_dir_make(guest, error);
        }
        if (r < 0) {
                guest_abandon(guest);
                return r;
        }
        guest->status.id = ++driver->last_id;
        *ret = guest;
        return 0;
}

QemuGuest *guest_new_adopted(QemuDriver *driver, Domain *domain, const char *uuid, const QemuStatus *status,
                             DomainDef *live, int dir_fd)
{
        QemuGuest *guest = guest_alloc(driver, domain, uuid);

        guest->status = *status;
        guest->status.xml = NULL;
        guest->phase = status->phase;
        guest->live = live ? domain_def_ref(live) : NULL;
        guest->dir_fd = dir_fd;
        if (status->uid != 0) {
                guest->gid = qemu_users_claim(driver->users, status->uid);
                guest->has_uid = true;
        }
        driver->last_id = MAX(driver->last_id, status->id);
        qemu_cgroup_adopt(guest);
        qemu_companions_adopt(guest->companions);
        return guest;
}

int guest_save_status(QemuGuest *guest, Error *error)
{
        g_autofree char *xml = NULL, *text = NULL;
        QemuStatus status = guest->status;
        size_t size;
        int r;

        if (guest->abandoned)
                return 0; /* what is written already leads to the same end */
        g_strlcpy(status.uuid, guest->uuid, sizeof(status.uuid));
        status.phase = guest->phase;
        status.state = guest->domain->state;
        status.reason = guest->domain->reason;
        if (status.launching) {
                status.state = DOMAIN_PAUSED;
                status.reason = DOMAIN_PAUSED_STARTING_UP;
        }
        if (guest->live)
                xml = domain_def_format(guest->ahead ?: guest->live,
                                        DOMAIN_DEF_FORMAT_SECURE | DOMAIN_DEF_FORMAT_STATUS);
        status.xml = xml;
        text = qemu_status_format(&status, &size);
        r = store_write(guest->dir_fd, QEMU_STATUS_FILE, text, size, 0, error);
        explicit_bzero(text, size);
        if (xml)
                explicit_bzero(xml, strlen(xml));
        return r;
}

void guest_update_status(QemuGuest *guest)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (guest_save_status(guest, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_domain(LOG_ERR, guest->name, guest->uuid, "cannot keep the status of domain '%s': %s",
                           guest->name, text);
        }
}

int guest_write_ahead(QemuGuest *guest, DomainDef *def, Error *error)
{
        domain_def_unref(guest->ahead);
        guest->ahead = def ? domain_def_ref(def) : NULL;
        return guest_save_status(guest, error);
}

void guest_set_live(QemuGuest *guest, DomainDef *live)
{
        domain_def_unref(guest->live);
        guest->live = domain_def_ref(live);
        domain_set_live(guest->domain, guest->live);
        guest_update_status(guest);
}

void guest_wait_end(QemuGuest *guest, QemuGuestEnded ended, void *userdata)
{
        GuestWaiter waiter = { ended, userdata };

        g_array_append_val(guest->waiters, waiter);
}

void guest_unwait_end(QemuGuest *guest, QemuGuestEnded ended, void *userdata)
{
        for (guint i = 0; i < guest->waiters->len; i++) {
                const GuestWaiter *waiter = &g_array_index(guest->waiters, GuestWaiter, i);

                if (waiter->ended == ended && waiter->userdata == userdata) {
                        g_array_remove_index(guest->waiters, i);
                        return;
                }
        }
}

static void send_signal(QemuGuest *guest, int sig)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (guest->process && process_kill(guest->process, sig, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_domain(LOG_ERR, guest->name, guest->uuid, "cannot end the process of domain '%s': %s",
                           guest->name, text);
        }
}

static int on_ladder(sd_event_source *source, uint64_t usec, void *userdata);

static void arm_ladder(QemuGuest *guest, uint64_t usec)
{
        guest->ladder = sd_event_source_disable_unref(guest->ladder);
        (void) sd_event_add_time_relative(guest->driver->host->event, &guest->ladder, CLOCK_MONOTONIC, usec,
                                          ACCURACY_USEC, on_ladder, guest);
}

/* State of the process in /proc/PID/stat (proc(5)): 'T' cannot handle SIGTERM. */
static bool process_is_stopped(const Process *process)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int) process_pid(process));
        g_autofree char *text = NULL;
        const char *end;

        if (read_file_at(AT_FDCWD, path, 4096, &text, NULL) < 0)
                return false;
        end = strrchr(text, ')');
        return end && (end[2] == 'T' || end[2] == 't');
}

static bool can_follow_signal(const QemuGuest *guest)
{
        return guest->qmp && qmp_is_responsive(guest->qmp) && !process_is_stopped(guest->process);
}

static void terminate(QemuGuest *guest)
{
        send_signal(guest, SIGTERM);
        guest->ladder = sd_event_source_disable_unref(guest->ladder);
        guest->rung = guest->graceful ? RUNG_NONE : RUNG_TERM;
        if (!guest->graceful)
                arm_ladder(guest, TERM_FIRST_USEC);
}

/* The last of the answers; when the monitor is closed instead, the ladder's timer goes on. */
static void on_drained(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuGuest *guest = userdata;

        if (guest->rung == RUNG_DRAIN && !guest->has_exited && error->code != ERROR_OPERATION_ABORTED)
                terminate(guest);
}

static void drain_and_terminate(QemuGuest *guest)
{
        if (!guest->qmp || qmp_n_pending(guest->qmp) == 0 || !qmp_is_responsive(guest->qmp)) {
                terminate(guest);
                return;
        }
        guest->rung = RUNG_DRAIN;
        arm_ladder(guest, DRAIN_USEC);
        (void) monitor_execute(guest, "query-status", NULL, on_drained, guest);
}

static int on_ladder(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuGuest *guest = userdata;

        if (guest->rung == RUNG_DRAIN) {
                terminate(guest);
                return 0;
        }
        if (guest->rung == RUNG_TERM && can_follow_signal(guest)) {
                guest->rung = RUNG_TERM_AGAIN;
                arm_ladder(guest, TERM_USEC - TERM_FIRST_USEC);
                return 0;
        }
        if (guest->rung == RUNG_KILL)
                log_domain(LOG_WARNING, guest->name, guest->uuid,
                           "the process of domain '%s' does not end: it hangs in the kernel", guest->name);
        guest->rung = RUNG_KILL;
        send_signal(guest, SIGKILL);
        arm_ladder(guest, KILL_USEC);
        return 0;
}

static void decide_end(QemuGuest *guest, int reason, int event)
{
        guest->status.end_reason = reason;
        guest->status.end_event = event;
}

void guest_stop(QemuGuest *guest, QemuStopHow how, int reason, int event)
{
        /* the monitor's last words, read behind the end of the process, decide as well */
        if (guest->phase != QEMU_STOPPING) {
                decide_end(guest, reason, event);
                if (how != QEMU_STOP_GRACEFUL)
                        guest->phase = QEMU_STOPPING;
                guest_update_status(guest);
        }
        if (!guest->process || guest->has_exited)
                return;
        switch (how) {
        case QEMU_STOP_GRACEFUL:
        case QEMU_STOP_LADDER:
                if (guest->rung <= RUNG_DRAIN)
                        guest->graceful = how == QEMU_STOP_GRACEFUL;
                if (guest->rung == RUNG_NONE) /* else it is being climbed already */
                        drain_and_terminate(guest);
                break;
        case QEMU_STOP_AT_ONCE:
                guest->rung = RUNG_KILL;
                send_signal(guest, SIGKILL);
                arm_ladder(guest, KILL_USEC);
                break;
        }
}

void guest_abandon(QemuGuest *guest)
{
        guest->started = NULL;
        guest->monitor_lost = NULL;
        guest->start_failed = NULL;
        guest->abandoned = true;
        if (guest->qmp) {
                /* nobody waits for its answers any more */
                qmp_close(guest->qmp);
                guest->qmp = qmp_unref(guest->qmp);
        }
        if (guest->process && !guest->has_exited) {
                guest_stop(guest, QEMU_STOP_AT_ONCE, DOMAIN_SHUTOFF_FAILED, DOMAIN_EVENT_STOPPED_FAILED);
                return;
        }
        guest_end(guest);
}

typedef struct Clearing {
        DomainDef *def;
        bool ran;
} Clearing;

static void clearing_free(void *data)
{
        Clearing *clearing = data;

        domain_def_unref(clearing->def);
        g_free(clearing);
}

static int clearing_work(void *data, Error *error)
{
        const Clearing *clearing = data;

        qemu_files_clear_away(clearing->def, clearing->ran);
        return 0;
}

static void clearing_done(void *userdata, int r, Error *error)
{
}

static void clear_files_away(QemuGuest *guest)
{
        Clearing *clearing = g_new(Clearing, 1);

        *clearing = (Clearing) {
                .def = domain_def_ref(guest->live),
                .ran = guest->process || guest->status.pid != 0,
        };
        (void) worker_run(guest->driver->host->path_workers, clearing_work, clearing, clearing_free, clearing_done,
                          NULL);
}

static void clear_away(QemuGuest *guest)
{
        QemuDriver *driver = guest->driver;

        /* some of the sockets may stand on file systems that do not answer */
        if (guest->live) {
                clear_files_away(guest);
                qemu_nwfilter_unbind(driver, guest->live, NULL);
                qemu_network_unplug(driver, guest->live, NULL);
        }
        if (guest->live && (guest->process || guest->status.pid != 0))
                qemu_farewell(guest, guest->live);
        qemu_cgroup_forget(guest);
        if (guest->dir_fd >= 0)
                guest_dir_remove(driver, guest->uuid);
        if (guest->has_uid)
                qemu_users_release(driver->users, guest->status.uid);
}

/* The domain of the machine is no more. */
static void forget_tpm(const QemuGuest *guest)
{
        if (guest->live && qemu_tpm_is_forgotten(guest->live) && !guest->status.keep_tpm)
                qemu_tpm_forget(guest->driver->host->workers, guest->driver->settings.programs, guest->uuid);
}

static void announce_end(QemuGuest *guest)
{
        Domain *domain = guest->domain;
        const char *why = domain_reason_to_string(DOMAIN_SHUTOFF, guest->status.end_reason);
        g_autofree char *how = process_exit_describe(&guest->exit);
        g_autofree char *note = g_strdup_printf("the machine has ended (%s), its process %s", why, how);

        log_domain(LOG_INFO, domain->name, domain->uuid, "domain '%s' is shut off (%s), its process %s",
                   domain->name, why, how);
        qemu_log_note(guest->driver->host->workers, guest->driver->log_dir, guest->name, note);
        domain_set_responsive(domain, true);
        domain_set_state(domain, DOMAIN_SHUTOFF, guest->status.end_reason, DOMAIN_EVENT_STOPPED,
                         guest->status.end_event);
        if (domain->persistent) {
                domain_set_live(domain, NULL);
                return;
        }
        forget_tpm(guest);
        domain_list_remove(domain);
}

/* The last of its processes has ended. */
static void guest_gone(QemuGuest *guest)
{
        g_autoptr(GArray) waiters = NULL;

        g_hash_table_remove(guest->driver->guests, guest->uuid);
        guest->retry = sd_event_source_disable_unref(guest->retry);
        guest->agent = agent_free(guest->agent);
        g_hash_table_remove_all(guest->consoles);
        clear_away(guest);
        if (guest->domain)
                guest->domain->private = NULL;
        if (guest->abandoned && guest->domain && !guest->domain->persistent)
                forget_tpm(guest);
        if (!guest->abandoned)
                announce_end(guest);
        else if (guest->domain && guest->domain->object.published && !guest->domain->persistent)
                domain_list_remove(guest->domain); /* was undefined meanwhile */

        waiters = g_steal_pointer(&guest->waiters);
        guest->waiters = g_array_new(FALSE, FALSE, sizeof(GuestWaiter));
        for (guint i = 0; i < waiters->len; i++) {
                const GuestWaiter *waiter = &g_array_index(waiters, GuestWaiter, i);

                waiter->ended(waiter->userdata, guest->uuid);
        }
        guest_free(guest);
}

/* The one way out for every guest that had a process, and for every start that failed. */
static void guest_end(QemuGuest *guest)
{
        if (!qemu_companions_stop(guest->companions, guest_gone))
                guest_gone(guest);
}

void guest_end_gone(QemuGuest *guest)
{
        guest->has_exited = true;
        guest_end(guest);
}

/* Process and monitor have both ended. */
static void guest_over(QemuGuest *guest)
{
        guest->last_words = sd_event_source_disable_unref(guest->last_words);
        guest->ladder = sd_event_source_disable_unref(guest->ladder);
        if (guest->start_failed)
                guest->start_failed(guest, guest->start_userdata);
        else
                guest_end(guest);
}

static int on_last_words(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuGuest *guest = userdata;

        qmp_close(guest->qmp);
        guest->qmp = qmp_unref(guest->qmp);
        guest_over(guest);
        return 0;
}

void guest_monitor_closed(QemuGuest *guest)
{
        if (guest->has_exited)
                guest_over(guest);
}

static void on_exited(Process *process, const ProcessExit *exit, void *userdata)
{
        QemuGuest *guest = userdata;

        guest->has_exited = true;
        guest->exit = *exit;
        if (!guest->qmp) {
                guest_over(guest);
                return;
        }
        (void) sd_event_add_time_relative(guest->driver->host->event, &guest->last_words, CLOCK_MONOTONIC,
                                          LAST_WORDS_USEC, ACCURACY_USEC, on_last_words, guest);
}

static void on_started(Process *process, Error *error, void *userdata)
{
        QemuGuest *guest = userdata;

        if (guest->started)
                guest->started(guest, error, guest->start_userdata);
}

const ProcessHandlers guest_process_handlers = {
        .started = on_started,
        .exited = on_exited,
};
