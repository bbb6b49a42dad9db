/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_outgoing.h"

#include "service/base/log.h"

#define LOG_CATEGORY "qemu"

#define FD_NAME "virtbus-state"
/* How often the machine is asked how far it is: soon for small ones, to begin with. */
#define ASK_FIRST_USEC (20 * USEC_PER_MSEC)
#define ASK_MAX_USEC (500 * USEC_PER_MSEC)
#define ACCURACY_USEC (10 * USEC_PER_MSEC)
/* Without a byte written: the disk, or the server behind it, is not coming back. */
#define STALL_USEC (300 * USEC_PER_SEC)

struct QemuOutgoing {
        Domain *domain;
        Job *job; /* not owned */
        char *path;
        Qmp *qmp;
        uint64_t number; /* of the question that is open, or 0 */
        sd_event_source *timer;
        uint64_t pause_usec; /* to the next question */
        uint64_t written, written_usec;
        bool begun; /* the machine may be at it */
        QemuOutgoingDone done;
        void *userdata;
};

static void ask(QemuOutgoing *outgoing);

QemuOutgoing *qemu_outgoing_free(QemuOutgoing *outgoing)
{
        if (!outgoing)
                return NULL;
        sd_event_source_disable_unref(outgoing->timer);
        if (outgoing->number != 0)
                qmp_forget(outgoing->qmp, outgoing->number);
        if (outgoing->begun && domain_guest(outgoing->domain) && !qmp_is_closed(outgoing->qmp))
                (void) qmp_execute(outgoing->qmp, "migrate_cancel", NULL, QMP_TIMEOUT_DEFAULT, NULL, NULL);
        qmp_unref(outgoing->qmp);
        domain_unref(outgoing->domain);
        g_free(outgoing->path);
        g_free(outgoing);
        return NULL;
}

static void finish(QemuOutgoing *outgoing, Error *error)
{
        outgoing->timer = sd_event_source_disable_unref(outgoing->timer);
        outgoing->done(outgoing->userdata, error);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        ask(userdata);
        return 0;
}

static void ask_later(QemuOutgoing *outgoing)
{
        sd_event *event = domain_guest(outgoing->domain)->driver->host->event;

        outgoing->timer = sd_event_source_disable_unref(outgoing->timer);
        (void) sd_event_add_time_relative(event, &outgoing->timer, CLOCK_MONOTONIC, outgoing->pause_usec,
                                          ACCURACY_USEC, on_timer, outgoing);
        outgoing->pause_usec = MIN(outgoing->pause_usec * 2, ASK_MAX_USEC);
}

static void show_progress(QemuOutgoing *outgoing, JsonObject *info)
{
        uint64_t total = 0, remaining = 0, written = 0;
        JsonObject *ram = NULL;

        if (qmp_get_object(info, "ram", &ram) <= 0)
                return;
        (void) qmp_get_u64(ram, "total", &total);
        (void) qmp_get_u64(ram, "remaining", &remaining);
        (void) qmp_get_u64(ram, "transferred", &written);
        if (total > 0)
                job_set_progress(outgoing->job, total - MIN(remaining, total), total);
        if (written == outgoing->written)
                return;
        outgoing->written = written;
        outgoing->written_usec = now_usec();
}

static bool is_going_on(const char *status)
{
        static const char *const words[] = { "setup", "active", "cancelling", "device", "pre-switchover",
                                             "wait-unplug", NULL };

        return g_strv_contains(words, status);
}

static int check_status(QemuOutgoing *outgoing, JsonObject *info, Error *error)
{
        const char *status = NULL, *why = NULL;

        (void) qmp_get_string(info, "status", &status);
        status = status ?: "none";
        (void) qmp_get_string(info, "error-desc", &why);
        show_progress(outgoing, info);
        if (streq(status, "completed"))
                return 0;
        if (!is_going_on(status))
                return error_set(error, ERROR_OPERATION_FAILED, "the state cannot be written to '%s': %s",
                                 outgoing->path, why ?: status);
        if (now_usec() - outgoing->written_usec > STALL_USEC)
                return error_set(error, ERROR_OPERATION_TIMEOUT, "nothing could be written to '%s' for %u seconds",
                                 outgoing->path, (unsigned) (STALL_USEC / USEC_PER_SEC));
        return 1;
}

static void on_answer(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuOutgoing *outgoing = userdata;
        JsonObject *info = qmp_node_object(result);
        _cleanup_error_ Error failure = ERROR_INIT;
        int r;

        outgoing->number = 0;
        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED)
                r = error_set(&failure, ERROR_OPERATION_FAILED,
                              "the machine has ended while its state was written to '%s'", outgoing->path);
        else if (!info) /* too busy for an answer in time: writing goes on */
                r = 1;
        else
                r = check_status(outgoing, info, &failure);
        if (r > 0) {
                ask_later(outgoing);
                return;
        }
        outgoing->begun = r < 0 && failure.code == ERROR_OPERATION_TIMEOUT;
        finish(outgoing, &failure);
}

static void ask(QemuOutgoing *outgoing)
{
        outgoing->number = qmp_execute(outgoing->qmp, "query-migrate", NULL, QMP_TIMEOUT_DEFAULT, on_answer, outgoing);
}

static void on_begun(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuOutgoing *outgoing = userdata;
        _cleanup_error_ Error failure = ERROR_INIT;
        g_autofree char *text = NULL;

        outgoing->number = 0;
        if (!error_is_set(error)) {
                ask_later(outgoing);
                return;
        }
        text = error_message(error);
        (void) error_set(&failure, ERROR_OPERATION_FAILED, "the state cannot be written to '%s': %s", outgoing->path,
                         text);
        outgoing->begun = false;
        finish(outgoing, &failure);
}

QemuOutgoing *qemu_outgoing_begin(Domain *domain, int fd, Job *job, const char *path, QemuOutgoingDone done,
                                  void *userdata)
{
        QemuOutgoing *outgoing = g_new(QemuOutgoing, 1);
        QemuGuest *guest = domain_guest(domain);

        *outgoing = (QemuOutgoing) {
                .domain = domain_ref(domain),
                .job = job,
                .path = g_strdup(path),
                .qmp = qmp_ref(guest->qmp),
                .pause_usec = ASK_FIRST_USEC,
                .written_usec = now_usec(),
                .begun = true,
                .done = done,
                .userdata = userdata,
        };
        /* QEMU holds itself back for the sake of networks unless it is told not to */
        (void) monitor_execute(guest, "migrate-set-parameters", qmp_object("I:max-bandwidth", INT64_MAX, NULL), NULL,
                               NULL);
        (void) qmp_execute_fd(guest->qmp, "getfd", qmp_object("s:fdname", FD_NAME, NULL), fd,
                              guest->driver->settings.monitor_timeout_usec, NULL, NULL);
        outgoing->number = monitor_execute(guest, "migrate", qmp_object("s:uri", "fd:" FD_NAME, NULL), on_begun,
                                           outgoing);
        return outgoing;
}

/* Going on: the guest owns the timer, and its monitor ends with it. */
static void on_resumed(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuGuest *guest = userdata;

        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED) {
                /* done again when the monitor is back */
                guest->status.saving = guest->domain && guest->domain->state != DOMAIN_RUNNING;
                return;
        }
        if (error_is_set(error)) {
                g_autofree char *text = error_message(error);

                log_domain(LOG_ERR, guest->name, guest->uuid,
                           "domain '%s', which was stopped to write its state, cannot go on: %s", guest->name, text);
        }
        guest_update_status(guest);
}

static int on_settle(sd_event_source *source, uint64_t usec, void *userdata);

static void on_settled(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuGuest *guest = userdata;
        JsonObject *info = qmp_node_object(result);
        const char *status = NULL;

        if (error_is_set(error) && error->code == ERROR_OPERATION_ABORTED)
                return;
        if (info)
                (void) qmp_get_string(info, "status", &status);
        if (info && !is_going_on(status ?: "none")) {
                /* before the reply: by then somebody may have stopped it anew */
                guest->status.saving = false;
                monitor_execute(guest, "cont", NULL, on_resumed, guest);
                return;
        }
        guest->settle = sd_event_source_disable_unref(guest->settle);
        (void) sd_event_add_time_relative(guest->driver->host->event, &guest->settle, CLOCK_MONOTONIC,
                                          ASK_FIRST_USEC, ACCURACY_USEC, on_settle, guest);
}

static int on_settle(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuGuest *guest = userdata;

        if (guest->qmp)
                monitor_execute(guest, "query-migrate", NULL, on_settled, guest);
        return 0;
}

void qemu_outgoing_resume(QemuGuest *guest)
{
        if (!guest->qmp || guest->phase != QEMU_UP)
                return;
        monitor_execute(guest, "migrate_cancel", NULL, NULL, NULL);
        monitor_execute(guest, "query-migrate", NULL, on_settled, guest);
}
