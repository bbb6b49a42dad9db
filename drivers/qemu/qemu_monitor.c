/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"
#include "drivers/qemu/qemu_block.h"
#include "drivers/qemu/qemu_events.h"
#include "drivers/qemu/qemu_plug_reconcile.h"

#include "service/base/log.h"

#include <string.h>
#include <sys/socket.h>

#define LOG_CATEGORY "qemu"

/*
 * The first attempt to get a lost monitor back, which also tells a dying process from a living one; doubled
 * each time.
 */
#define RETRY_FIRST_USEC USEC_PER_SEC
#define RETRY_MAX_USEC (60 * USEC_PER_SEC)
#define ACCURACY_USEC (100 * USEC_PER_MSEC)

int monitor_socket(int dir_fd, struct sockaddr_un *ret_address, Error *error)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        if (fd < 0)
                return error_set_errno(error, errno, "cannot make a socket for QEMU's monitor");
        /* through the directory's fd, since the path may be longer than a socket address */
        *ret_address = (struct sockaddr_un) { .sun_family = AF_UNIX };
        g_snprintf(ret_address->sun_path, sizeof(ret_address->sun_path),
                   "/proc/self/fd/%d/" QEMU_MONITOR_SOCKET, dir_fd);
        return fd;
}

int monitor_open(int dir_fd, int *ret_fd, Error *error)
{
        struct sockaddr_un address;
        _cleanup_close_ int fd = monitor_socket(dir_fd, &address, error);

        if (fd < 0)
                return fd;
        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0) {
                int r = -errno;

                (void) error_set_errno(error, r, "cannot connect to QEMU's monitor");
                return r;
        }
        *ret_fd = TAKE_FD(fd);
        return 0;
}

static void on_event(Qmp *qmp, const char *name, JsonObject *data, uint64_t time, void *userdata)
{
        QemuGuest *guest = userdata;

        if (guest->phase != QEMU_STARTING)
                qemu_event_handle(guest, name, data, time);
}

static void on_responsive(Qmp *qmp, bool responsive, void *userdata)
{
        QemuGuest *guest = userdata;

        if (guest->phase != QEMU_UP)
                return; /* a process that is ending need not answer */
        log_domain(responsive ? LOG_NOTICE : LOG_WARNING, guest->name, guest->uuid, "QEMU of domain '%s' %s",
                   guest->name, responsive ? "answers again" : "does not answer");
        domain_set_responsive(guest->domain, responsive);
}

static void on_closed(Qmp *qmp, Error *error, void *userdata)
{
        QemuGuest *guest = userdata;
        g_autofree char *text = error_message(error);

        log_debug("the monitor of domain '%s' is closed: %s", guest->name, text);
        guest->qmp = qmp_unref(guest->qmp);
        if (guest->has_exited)
                guest_monitor_closed(guest);
        else if (guest->monitor_lost)
                guest->monitor_lost(guest, error, guest->start_userdata);
        else
                monitor_retry(guest);
}

static const QmpHandlers handlers = {
        .event = on_event,
        .responsive = on_responsive,
        .closed = on_closed,
};

int monitor_start(QemuGuest *guest, int fd, Error *error)
{
        g_assert(!guest->qmp);
        return qmp_new(guest->driver->host->event, fd, NULL, &handlers, guest, &guest->qmp, error);
}

int monitor_check(const QemuGuest *guest, Error *error)
{
        if (guest->has_exited || guest->phase == QEMU_STOPPING)
                return error_set(error, ERROR_OPERATION_INVALID, "domain '%s' is about to end", guest->name);
        if (!guest->qmp)
                return error_set(error, ERROR_OPERATION_TIMEOUT, "QEMU of domain '%s' does not answer",
                                 guest->name);
        return 0;
}

uint64_t monitor_execute(QemuGuest *guest, const char *command, JsonObject *arguments, QmpReply reply,
                         void *userdata)
{
        return qmp_execute(guest->qmp, command, arguments, guest->driver->settings.monitor_timeout_usec,
                           reply, userdata);
}

static void on_status(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuGuest *guest = userdata;
        JsonObject *object = qmp_node_object(result);
        const char *run_state = NULL;

        if (!object || qmp_get_string(object, "status", &run_state) <= 0)
                return;
        guest->n_retries = 0;
        if (!guest->domain->responsive)
                domain_set_responsive(guest->domain, true);
        qemu_event_apply_run_state(guest, run_state);
}

void monitor_query_state(QemuGuest *guest)
{
        monitor_execute(guest, "query-status", NULL, on_status, guest);
        guest_query_channels(guest);
        guest_refresh_facts(guest);
        qemu_block_resume(guest);
        qemu_plug_reconcile(guest);
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuGuest *guest = userdata;
        _cleanup_error_ Error error = ERROR_INIT;
        int fd, r;

        if (guest->n_retries++ == 0) {
                log_domain(LOG_WARNING, guest->name, guest->uuid, "the monitor of domain '%s' is lost",
                           guest->name);
                domain_set_responsive(guest->domain, false);
                domain_emit(guest->domain, DOMAIN_SIGNAL_CONTROL_ERROR, NULL);
        }
        r = monitor_open(guest->dir_fd, &fd, &error);
        if (r >= 0)
                r = monitor_start(guest, fd, &error);
        if (r >= 0)
                monitor_query_state(guest);
        else
                monitor_retry(guest);
        return 0;
}

void monitor_retry(QemuGuest *guest)
{
        uint64_t usec = RETRY_FIRST_USEC << MIN(guest->n_retries, 6u);

        if (guest->phase == QEMU_STARTING)
                return;
        guest->retry = sd_event_source_disable_unref(guest->retry);
        (void) sd_event_add_time_relative(guest->driver->host->event, &guest->retry, CLOCK_MONOTONIC,
                                          MIN(usec, RETRY_MAX_USEC), ACCURACY_USEC, on_retry, guest);
}
