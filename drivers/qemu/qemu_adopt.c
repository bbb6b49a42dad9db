/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_save.h"

#include "drivers/qemu/qemu_block.h"
#include "drivers/qemu/qemu_perf.h"
#include "service/base/log.h"
#include "service/base/store.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>

/*
 * What a former life of the daemon left behind, one directory per machine. Nothing waits for QEMU here: who
 * it is, its socket tells at once; how it is, comes later.
 *
 *   status "starting", or none  the start is undone: the process is killed, nobody hears of it
 *   "up"                        its process lives: the domain is there with the state it had, the monitor
 *                               is asked afterwards; it is gone: the domain has crashed, since a guest that
 *                               powers off waits for us
 *   "stopping"                  the end goes on
 *
 * A process that lives without a monitor that can be reached is kept, not responsive, and connected again
 * and again: its guest may be well, and can be destroyed. A status that cannot be read (damaged, or of a
 * newer daemon) is left alone with its process: nothing of it is touched, and a domain of that UUID cannot
 * be started before the process has ended; then it is cleared away.
 */

#define LOG_CATEGORY "qemu"

typedef struct Leftover {
        QemuDriver *driver;
        char uuid[37];
        int dir_fd;
        QemuStatus status;
        char *text; /* of the status; NULL: there is none */
        DomainDef *live;
        int monitor_fd; /* connected */
        int pidfd;      /* of the process; negative: it is gone */
        uid_t uid;      /* of the process, where the monitor's socket tells it */
} Leftover;

static void leftover_clear(Leftover *leftover)
{
        leftover->dir_fd = safe_close(leftover->dir_fd);
        leftover->monitor_fd = safe_close(leftover->monitor_fd);
        leftover->pidfd = safe_close(leftover->pidfd);
        leftover->live = domain_def_unref(leftover->live);
        g_clear_pointer(&leftover->text, g_free);
}

static int read_status(Leftover *leftover, Error *error)
{
        int r;

        if (faccessat(leftover->dir_fd, QEMU_STATUS_FILE, F_OK, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
                return 0;
        r = store_read(leftover->dir_fd, QEMU_STATUS_FILE, QEMU_STATUS_SIZE_MAX, &leftover->text, NULL,
                       error);
        if (r >= 0)
                r = qemu_status_parse(leftover->text, &leftover->status, error);
        if (r >= 0 && !streq(leftover->status.uuid, leftover->uuid))
                r = error_set(error, ERROR_OPERATION_FAILED, "the status is that of another machine, %s",
                              leftover->status.uuid);
        if (r < 0)
                return r;
        /* one that is to be undone need not be understood */
        if (leftover->status.phase == QEMU_STARTING)
                return 0;
        return domain_def_parse(leftover->status.xml, strlen(leftover->status.xml),
                                DOMAIN_DEF_PARSE_LIVE | DOMAIN_DEF_PARSE_STORED, NULL, &leftover->live, error);
}

static void find_process(Leftover *leftover)
{
        _cleanup_error_ Error error = ERROR_INIT;
        pid_t pid;

        leftover->monitor_fd = leftover->pidfd = -EBADF;
        if (monitor_open(leftover->dir_fd, &leftover->monitor_fd, &error) >= 0 &&
            process_open_peer(leftover->monitor_fd, &leftover->pidfd, &pid, &leftover->uid, &error) >= 0) {
                leftover->status.pid = pid;
                (void) process_start_time(pid, &leftover->status.start_time, NULL);
                return;
        }
        leftover->monitor_fd = safe_close(leftover->monitor_fd);
        leftover->pidfd = process_open_remembered(leftover->status.pid, leftover->status.start_time);
}

/*
 * Ends a process that no domain will know. It is killed at once, and its directory goes when it does; a
 * start of the same UUID waits for that.
 */
static void undo_start(Leftover *leftover)
{
        QemuDriver *driver = leftover->driver;
        QemuGuest *guest;

        log_notice("the start of machine %s that was interrupted is undone", leftover->uuid);
        guest = guest_new_adopted(driver, NULL, leftover->uuid, &leftover->status, NULL,
                                  TAKE_FD(leftover->dir_fd));
        if (leftover->pidfd >= 0)
                (void) process_adopt(driver->launcher, TAKE_FD(leftover->pidfd), &guest_process_handlers,
                                     guest, &guest->process, NULL);
        guest_abandon(guest);
}

static bool state_is_active(DomainState state)
{
        return state != DOMAIN_NOSTATE && state != DOMAIN_SHUTOFF;
}

static void restore_domain(Domain *domain, const QemuGuest *guest)
{
        const QemuStatus *status = &guest->status;
        bool known = state_is_active(status->state);

        domain_set_id(domain, status->id);
        domain->started_usec = status->started_usec;
        domain_set_live(domain, guest->live);
        domain_set_state(domain, known ? status->state : DOMAIN_PAUSED,
                         known ? status->reason : DOMAIN_PAUSED_UNKNOWN, DOMAIN_EVENT_NONE, 0);
        if (!domain->object.published)
                domain_publish(domain);
}

/* The process is there, the monitor perhaps. */
static void take_over(Leftover *leftover, Domain *domain)
{
        QemuDriver *driver = leftover->driver;
        QemuGuest *guest = guest_new_adopted(driver, domain, leftover->uuid, &leftover->status,
                                             leftover->live, TAKE_FD(leftover->dir_fd));
        int r;

        restore_domain(domain, guest);
        r = process_adopt(driver->launcher, TAKE_FD(leftover->pidfd), &guest_process_handlers, guest,
                          &guest->process, NULL);
        if (r < 0) {
                /* it has ended since it was found */
                guest_end_gone(guest);
                return;
        }
        if (guest->phase == QEMU_STOPPING || guest->status.autodestroy) {
                /* the caller that an automatic end waits for is not known any more */
                guest_stop(guest, QEMU_STOP_LADDER, DOMAIN_SHUTOFF_DESTROYED,
                           DOMAIN_EVENT_STOPPED_DESTROYED);
                return;
        }
        if (leftover->monitor_fd >= 0)
                r = monitor_start(guest, TAKE_FD(leftover->monitor_fd), NULL);
        qemu_block_adopt(guest);
        if (r >= 0 && guest->qmp)
                monitor_query_state(guest);
        else
                monitor_retry(guest);
        qemu_perf_adopt(guest);
        qemu_companions_miss(guest->companions);
        guest_update_status(guest);
        log_domain(LOG_INFO, domain->name, domain->uuid, "domain '%s' is still running as process %d",
                   domain->name, (int) guest->status.pid);
}

/* It ended while nobody looked. */
static void report_end(Leftover *leftover, Domain *domain)
{
        QemuStatus *status = &leftover->status;
        QemuGuest *guest;

        if (status->phase != QEMU_STOPPING && status->end_reason != DOMAIN_SHUTOFF_DESTROYED) {
                status->end_reason = DOMAIN_SHUTOFF_CRASHED;
                status->end_event = DOMAIN_EVENT_STOPPED_FAILED;
        }
        guest = guest_new_adopted(leftover->driver, domain, leftover->uuid, status, leftover->live,
                                  TAKE_FD(leftover->dir_fd));
        restore_domain(domain, guest);
        guest_end_gone(guest);
}

static int adopt_known(Leftover *leftover, Error *error)
{
        DomainList *domains = leftover->driver->driver.domains;
        Domain *domain = domain_list_find_any_uuid(domains, leftover->uuid);
        int r = domain ? 0 : domain_list_add(domains, leftover->live, &domain, error);

        if (r < 0)
                return r;
        /* the machine has run since it was restored, or goes on in place of being saved */
        qemu_managed_forget(domain);
        if (leftover->pidfd >= 0)
                take_over(leftover, domain);
        else
                report_end(leftover, domain);
        return 0;
}

/* No other machine must run as its user, nor one of its UUID, before it has ended by itself. */
static void watch_stray(Leftover *leftover)
{
        QemuDriver *driver = leftover->driver;
        const QemuStatus status = { .phase = QEMU_STARTING, .uid = leftover->uid };
        QemuGuest *guest = guest_new_adopted(driver, NULL, leftover->uuid, &status, NULL, TAKE_FD(leftover->dir_fd));

        guest->abandoned = guest->stray = true;
        if (process_adopt(driver->launcher, TAKE_FD(leftover->pidfd), &guest_process_handlers, guest, &guest->process,
                          NULL) < 0)
                guest_abandon(guest); /* it has ended since it was found */
}

static int adopt_one(Leftover *leftover, Error *error)
{
        int r = read_status(leftover, error);

        find_process(leftover);
        if (r < 0 && leftover->pidfd < 0) {
                guest_dir_remove(leftover->driver, leftover->uuid);
                return r;
        }
        if (r < 0) {
                watch_stray(leftover);
                return r;
        }
        if (!leftover->text || leftover->status.phase == QEMU_STARTING) {
                undo_start(leftover);
                return 0;
        }
        return adopt_known(leftover, error);
}

static void adopt_directory(QemuDriver *driver, const char *name)
{
        Leftover leftover = {
                .driver = driver,
                .dir_fd = openat(driver->run_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW),
                .monitor_fd = -EBADF,
                .pidfd = -EBADF,
        };
        _cleanup_error_ Error error = ERROR_INIT;

        if (leftover.dir_fd < 0)
                return;
        g_strlcpy(leftover.uuid, name, sizeof(leftover.uuid));
        if (adopt_one(&leftover, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_error("machine %s, which may be running, cannot be taken over: %s", name, text);
        }
        leftover_clear(&leftover);
}

void qemu_adopt_all(QemuDriver *driver)
{
        int fd = openat(driver->run_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        if (!dir) {
                safe_close(fd);
                log_error("cannot list running machines: %s", g_strerror(errno));
                return;
        }
        while ((entry = readdir(dir)))
                if (!guest_dir_sweep(driver, entry->d_name) && g_uuid_string_is_valid(entry->d_name))
                        adopt_directory(driver, entry->d_name);
        (void) closedir(dir);
}
