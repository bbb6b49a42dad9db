/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_start.h"

#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_limits.h"
#include "drivers/qemu/qemu_pinning.h"
#include "service/base/log.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#define LOG_CATEGORY "qemu"

/* The end of a process whose monitor has closed; then it is killed. */
#define EXIT_USEC (2 * USEC_PER_SEC)

/* Step "log". */
static void on_log(void *userdata, int fd, uint64_t offset, Error *error)
{
        Start *start = userdata;

        start->task = NULL;
        start->log_fd = fd;
        start->guest->status.log_offset = offset;
        if (fd < 0) {
                g_autofree char *text = error_message(error);

                log_domain(LOG_WARNING, start->domain->name, start->domain->uuid,
                           "domain '%s' has no log: %s", start->domain->name, text);
        }
        start_done(start, 0, NULL);
}

int start_step_log(Job *job, void *context, Error *error)
{
        Start *start = context;
        g_autofree char *line = qemu_command_to_string(start->command);
        uint32_t version = qemu_caps_version(start->caps);
        g_autofree char *text = g_strdup_printf("starting QEMU %u.%u.%u as user %u: %s", version / 1000000,
                                                version / 1000 % 1000, version % 1000,
                                                (unsigned) start->guest->status.uid, line);

        start->task = qemu_log_open(start->driver->host->workers, start->driver->log_dir, start->guest->name,
                                    text, on_log, start);
        return start_wait(start);
}

/* The process has ended too early: what it said is the reason. */
static void on_log_tail(void *userdata, const char *tail)
{
        Start *start = userdata;
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *how = process_exit_describe(&start->guest->exit);

        start->task = NULL;
        (void) error_set(&error, ERROR_OPERATION_FAILED, "QEMU %s before the machine could run%s%s", how,
                         *tail ? ": " : "", tail);
        start_done(start, -EIO, &error);
}

static void on_process_over(QemuGuest *guest, void *userdata)
{
        Start *start = userdata;

        start->patience = sd_event_source_disable_unref(start->patience);
        if (!start->waiting)
                return;
        start->task = qemu_log_read_tail(start->driver->host->workers, start->driver->log_dir, guest->name,
                                         guest->status.log_offset, on_log_tail, start);
}

static int on_impatience(sd_event_source *source, uint64_t usec, void *userdata)
{
        Start *start = userdata;

        (void) process_kill(start->guest->process, SIGKILL, NULL);
        return 0;
}

static void on_monitor_lost(QemuGuest *guest, Error *error, void *userdata)
{
        Start *start = userdata;

        (void) sd_event_add_time_relative(start->driver->host->event, &start->patience, CLOCK_MONOTONIC,
                                          EXIT_USEC, 0, on_impatience, start);
}

/* Step "spawn". */
static void on_started(QemuGuest *guest, Error *error, void *userdata)
{
        Start *start = userdata;

        start_done(start, error_is_set(error) ? -EIO : 0, error);
}

int start_step_spawn(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;
        g_autofree ProcessFd *fds = g_new(ProcessFd, start->command->n_fds + 2);
        int cgroup_fds[_CGROUP_CONTROLLER_MAX];
        const uint64_t locked =
                        start->command->locked_memory == UINT64_MAX ? RLIM_INFINITY : start->command->locked_memory;
        const ProcessLimit limit = { .resource = RLIMIT_MEMLOCK, .soft = locked, .hard = locked };
        ProcessSpec spec = {
                .path = start->command->argv[0],
                .argv = (const char *const *) start->command->argv,
                .env = (const char *const *) start->command->env,
                .uid = guest->status.uid,
                .gid = start->gid,
                .groups = &start->kvm_gid,
                .n_groups = start->has_kvm_gid,
                .capabilities = start->command->capabilities,
                .fds = fds,
                .n_fds = start->command->n_fds,
                .cgroup_fds = cgroup_fds,
                .limits = &limit,
                .n_limits = locked > 0,
        };
        int r = guest->cgroup.group ? cgroup_open_entries(guest->cgroup.group, cgroup_fds, error) : 0;

        if (r < 0)
                return r;
        spec.n_cgroup_fds = (size_t) r;

        memcpy(fds, start->command->fds, start->command->n_fds * sizeof(*fds));
        for (int target = STDOUT_FILENO; start->log_fd >= 0 && target <= STDERR_FILENO; target++)
                fds[spec.n_fds++] = (ProcessFd) { .fd = start->log_fd, .target = target };
        guest->started = on_started;
        guest->start_failed = on_process_over;
        guest->monitor_lost = on_monitor_lost;
        guest->start_userdata = start;
        r = process_spawn(start->driver->launcher, &spec, &guest_process_handlers, guest, &guest->process,
                          error);
        for (size_t i = 0; i < spec.n_cgroup_fds; i++)
                safe_close(cgroup_fds[i]);
        start->monitor_fd = safe_close(start->monitor_fd);
        start->log_fd = safe_close(start->log_fd);
        start->files->kept = r >= 0;
        start->files = qemu_files_free(start->files);
        return r < 0 ? r : start_wait(start);
}

/* Step "handshake": the machine is asked for its facts and completed. */
static void on_setup_reply(Start *start, Error *error)
{
        if (error_is_set(error) && error->code != ERROR_OPERATION_ABORTED) {
                start_done(start, -EIO, error);
                return;
        }
        /* with a closed monitor the end of the process tells more */
        if (!error_is_set(error) && --start->n_pending == 0)
                start_done(start, 0, NULL);
}

static void on_setup(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        on_setup_reply(userdata, error);
}

static void take_answer(Start *start, Question question, JsonNode *result, Error *error)
{
        if (result)
                start->answers[question] = json_node_ref(result);
        on_setup_reply(start, error);
}

static void on_chardevs(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        take_answer(userdata, QUESTION_CHARDEVS, result, error);
}

static void on_vnc(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        take_answer(userdata, QUESTION_VNC, result, error);
}

static void on_cpus(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        take_answer(userdata, QUESTION_CPUS, result, error);
}

static void on_iothreads(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        take_answer(userdata, QUESTION_IOTHREADS, result, error);
}

static bool has_vnc(const DomainDef *def)
{
        DEF_FOREACH(graphics, def->graphics)
                if (graphics->type == DOMAIN_GRAPHICS_VNC)
                        return true;
        return false;
}

/* The peer of the socket must be the process that we have started. */
static int check_peer(Start *start, int fd, Error *error)
{
        _cleanup_close_ int pidfd = -EBADF;
        pid_t pid;
        int r = process_open_peer(fd, &pidfd, &pid, NULL, error);

        if (r < 0)
                return r;
        if (pid != process_pid(start->guest->process))
                return error_set(error, ERROR_OPERATION_FAILED, "process %d has taken QEMU's monitor",
                                 (int) pid);
        return 0;
}

static void ask(Start *start, const char *command, JsonObject *arguments, QmpReply reply)
{
        start->n_pending++;
        (void) qmp_execute(start->guest->qmp, command, arguments, START_HANDSHAKE_USEC, reply, start);
}

/* All at once: QEMU answers in order. */
static void ask_and_complete(Start *start)
{
        const DomainDef *live = start->guest->live;

        ask(start, "query-chardev", NULL, on_chardevs);
        if (has_vnc(live))
                ask(start, "query-vnc", NULL, on_vnc);
        if (qemu_pinning_is_wanted(live) || qemu_limits_divide(NULL, live)) {
                ask(start, "query-cpus-fast", NULL, on_cpus);
                ask(start, "query-iothreads", NULL, on_iothreads);
        }
        if (live->on_reboot == DOMAIN_LIFECYCLE_DESTROY)
                ask(start, "set-action", qmp_object("s:reboot", "shutdown", NULL), on_setup);
        for (size_t i = 0; i < start->command->n_setup; i++) {
                const QemuSetup *setup = &start->command->setup[i];

                ask(start, setup->command, setup->arguments ? json_object_ref(setup->arguments) : NULL,
                    on_setup);
        }
}

int start_step_handshake(Job *job, void *context, Error *error)
{
        Start *start = context;
        QemuGuest *guest = start->guest;
        int fd, r;

        if (guest->has_exited)
                goto wait;
        qemu_cgroup_settled(guest);
        guest->status.pid = process_pid(guest->process);
        (void) process_start_time(guest->status.pid, &guest->status.start_time, NULL);
        r = monitor_open(guest->dir_fd, &fd, error);
        if (r == -ECONNREFUSED) {
                error_clear(error);
                on_monitor_lost(guest, NULL, start); /* it has ended already */
                goto wait;
        }
        if (r < 0)
                return r;
        r = check_peer(start, fd, error);
        if (r < 0) {
                safe_close(fd);
                return r;
        }
        r = monitor_start(guest, fd, error);
        if (r < 0)
                return r;
        ask_and_complete(start);
wait:
        return start_wait(start);
}
