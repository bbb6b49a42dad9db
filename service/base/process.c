/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/process.h"

#include "service/base/process_plan.h"
#include "service/base/exec_plan.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77 /* Linux 6.5, asm-generic/socket.h */
#endif

/* One failure and its text; virtbus-exec writes less than this at once. */
#define REPORT_MAX 2048

struct Launcher {
        sd_event *event;
        int exec_fd;
        int null_fd;
        GHashTable *processes; /* those that have not ended */
};

/* Kept by its owner, by the launcher until it has ended, and by the loop while a handler runs. */
struct Process {
        unsigned n_ref;
        Launcher *launcher; /* NULL once it has ended */
        const ProcessHandlers *handlers;
        void *userdata;
        char *path;
        pid_t pid;
        int pidfd;
        bool child;
        bool started;
        int report_fd;
        char report[REPORT_MAX];
        size_t report_size;
        sd_event_source *report_source;
        sd_event_source *exit_source;
        ProcessExit exit;
};

static const ProcessHandlers no_handlers = {};

static Process *process_unref(Process *process)
{
        if (!process || --process->n_ref > 0)
                return NULL;
        sd_event_source_disable_unref(process->report_source);
        sd_event_source_disable_unref(process->exit_source);
        safe_close(process->report_fd);
        safe_close(process->pidfd);
        g_free(process->path);
        g_free(process);
        return NULL;
}
DEFINE_TRIVIAL_CLEANUP(Process *, process_unref)

char *process_exit_describe(const ProcessExit *exit)
{
        if (!exit->known)
                return g_strdup("ended");
        if (exit->signal)
                return g_strdup_printf("was killed by signal %d (%s)", exit->signal,
                                       strsignal(exit->signal));
        return g_strdup_printf("exited with status %d", exit->status);
}

int launcher_new(sd_event *event, const char *exec_path, Launcher **ret, Error *error)
{
        _cleanup_(launcher_freep) Launcher *launcher = g_new0(Launcher, 1);
        const char *path = exec_path ?: VIRTBUS_EXEC_PATH;

        launcher->event = sd_event_ref(event);
        launcher->processes = g_hash_table_new(NULL, NULL);
        launcher->null_fd = -EBADF;
        launcher->exec_fd = open(path, O_PATH | O_CLOEXEC);
        if (launcher->exec_fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", path);
        launcher->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        if (launcher->null_fd < 0)
                return error_set_errno(error, errno, "cannot open '/dev/null'");
        *ret = g_steal_pointer(&launcher);
        return 0;
}

/* The process is no matter of the launcher any more: it has ended, or nobody is interested. */
static void process_unwatch(Process *process)
{
        process->report_source = sd_event_source_disable_unref(process->report_source);
        process->exit_source = sd_event_source_disable_unref(process->exit_source);
        if (!process->launcher)
                return;
        g_hash_table_remove(process->launcher->processes, process);
        process->launcher = NULL;
        process_unref(process);
}

Launcher *launcher_free(Launcher *launcher)
{
        g_autoptr(GList) left = NULL;

        if (!launcher)
                return NULL;
        left = g_hash_table_get_keys(launcher->processes);
        for (GList *l = left; l; l = l->next)
                process_unwatch(l->data);
        g_hash_table_unref(launcher->processes);
        safe_close(launcher->exec_fd);
        safe_close(launcher->null_fd);
        sd_event_unref(launcher->event);
        g_free(launcher);
        return NULL;
}

sd_event *launcher_event(const Launcher *launcher)
{
        return launcher->event;
}

static void process_report_started(Process *process, Error *error)
{
        process->started = true;
        process->report_source = sd_event_source_disable_unref(process->report_source);
        process->report_fd = safe_close(process->report_fd);
        if (process->handlers->started)
                process->handlers->started(process, error, process->userdata);
}

/* The pipe is at its end: what stands in it is the result. */
static void process_read_result(Process *process)
{
        _cleanup_error_ Error error = ERROR_INIT;
        const char *p = process->report;
        size_t n = process->report_size;
        PlanFailure failure;
        bool ready = n > 0 && *p == PLAN_REPORT_READY;

        if (ready) {
                p++;
                n--;
        }
        if (n >= sizeof(failure)) {
                g_autofree char *text = g_strndup(p + sizeof(failure), n - sizeof(failure));

                memcpy(&failure, p, sizeof(failure));
                (void) error_set_errno(&error, failure.error, "%s", text);
        } else if (!ready)
                (void) error_set(&error, ERROR_OPERATION_FAILED,
                                 "the process ended before it could run '%s'", process->path);
        process_report_started(process, &error);
}

/* Reads what is there; returns whether that was all. */
static bool process_drain_report(Process *process)
{
        for (;;) {
                ssize_t k;

                if (process->report_size == sizeof(process->report))
                        return true;
                k = read(process->report_fd, process->report + process->report_size,
                         sizeof(process->report) - process->report_size);
                if (k > 0)
                        process->report_size += (size_t) k;
                else if (k == 0 || errno != EINTR)
                        return k == 0 || errno != EAGAIN;
        }
}

static int on_report(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        Process *process = userdata;
        _cleanup_(process_unrefp) Process *guard _unused_ = process;

        process->n_ref++;
        if (process_drain_report(process))
                process_read_result(process);
        return 0;
}

static void process_reap(Process *process)
{
        siginfo_t info = {};

        if (!process->child || waitid(P_PIDFD, (id_t) process->pidfd, &info, WEXITED | WNOHANG) < 0)
                return;
        process->exit.known = true;
        if (info.si_code == CLD_EXITED)
                process->exit.status = info.si_status;
        else
                process->exit.signal = info.si_status;
}

static int on_exit_seen(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
        Process *process = userdata;
        _cleanup_(process_unrefp) Process *guard _unused_ = process;

        process->n_ref++;
        process_reap(process);
        process_unwatch(process);
        if (!process->started) {
                (void) process_drain_report(process);
                process_read_result(process);
        }
        if (process->handlers->exited)
                process->handlers->exited(process, &process->exit, process->userdata);
        return 0;
}

static Process *process_new(Launcher *launcher, const char *path, const ProcessHandlers *handlers,
                            void *userdata)
{
        Process *process = g_new0(Process, 1);

        process->n_ref = 1;
        process->path = g_strdup(path);
        process->handlers = handlers ?: &no_handlers;
        process->userdata = userdata;
        process->pidfd = process->report_fd = -EBADF;
        return process;
}

static int process_watch(Process *process, Launcher *launcher, Error *error)
{
        int r = sd_event_add_io(launcher->event, &process->exit_source, process->pidfd, EPOLLIN,
                                on_exit_seen, process);

        if (r >= 0 && process->report_fd >= 0)
                r = sd_event_add_io(launcher->event, &process->report_source, process->report_fd, EPOLLIN,
                                    on_report, process);
        if (r < 0)
                return error_set_errno(error, r, "cannot watch process %d", (int) process->pid);
        process->launcher = launcher;
        process->n_ref++;
        g_hash_table_add(launcher->processes, process);
        return 0;
}

static void close_all(GArray *fds)
{
        for (guint i = 0; i < fds->len; i++)
                safe_close(g_array_index(fds, int, i));
        g_array_unref(fds);
}
DEFINE_TRIVIAL_CLEANUP(GArray *, close_all)

/*
 * The child's copy of fd gets the number target. The sources lie above all targets, so that none is
 * overwritten before its turn.
 */
static int pass_fd(posix_spawn_file_actions_t *actions, GArray *sources, int fd, int target, int above)
{
        int source = fcntl(fd, F_DUPFD_CLOEXEC, above);

        if (source < 0)
                return -errno;
        g_array_append_val(sources, source);
        return -posix_spawn_file_actions_adddup2(actions, source, target);
}

static int pass_fds(const ProcessSpec *spec, Launcher *launcher, int plan_fd, int report_fd, int floor,
                    posix_spawn_file_actions_t *actions, GArray *sources, int *ret_exec_fd)
{
        int above = floor + 2 + (int) spec->n_cgroup_fds;
        bool standard[3] = {};
        int r = 0;

        for (size_t i = 0; i < spec->n_fds && r >= 0; i++) {
                if (spec->fds[i].target <= STDERR_FILENO)
                        standard[spec->fds[i].target] = true;
                r = pass_fd(actions, sources, spec->fds[i].fd, spec->fds[i].target, above);
        }
        for (int i = 0; i <= STDERR_FILENO && r >= 0; i++)
                if (!standard[i])
                        r = pass_fd(actions, sources, launcher->null_fd, i, above);
        if (r >= 0)
                r = pass_fd(actions, sources, plan_fd, floor, above);
        if (r >= 0)
                r = pass_fd(actions, sources, report_fd, floor + 1, above);
        for (size_t i = 0; i < spec->n_cgroup_fds && r >= 0; i++)
                r = pass_fd(actions, sources, spec->cgroup_fds[i], floor + 2 + (int) i, above);
        if (r < 0)
                return r;
        *ret_exec_fd = fcntl(launcher->exec_fd, F_DUPFD_CLOEXEC, above);
        if (*ret_exec_fd < 0)
                return -errno;
        g_array_append_val(sources, *ret_exec_fd);
        return 0;
}

static int spawn_exec(int exec_fd, int floor, const posix_spawn_file_actions_t *actions, pid_t *ret)
{
        char path[64], plan[16], report[16];
        char *const argv[] = { (char *) "virtbus-exec", plan, report, NULL };
        char *const env[] = { NULL };
        posix_spawnattr_t attr;
        sigset_t set;
        int r;

        (void) snprintf(path, sizeof(path), "/proc/self/fd/%d", exec_fd);
        (void) snprintf(plan, sizeof(plan), "%d", floor);
        (void) snprintf(report, sizeof(report), "%d", floor + 1);
        r = posix_spawnattr_init(&attr);
        if (r != 0)
                return -r;
        (void) posix_spawnattr_setflags(&attr, (short) (POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
                                                        POSIX_SPAWN_SETSIGDEF));
        (void) sigemptyset(&set);
        (void) posix_spawnattr_setsigmask(&attr, &set);
        (void) sigfillset(&set);
        (void) posix_spawnattr_setsigdefault(&attr, &set);
        r = posix_spawn(ret, path, actions, &attr, argv, env);
        (void) posix_spawnattr_destroy(&attr);
        return -r;
}

static int process_start(Process *process, Launcher *launcher, const ProcessSpec *spec, int floor,
                         Error *error)
{
        _cleanup_(close_allp) GArray *sources = g_array_new(FALSE, FALSE, sizeof(int));
        _cleanup_close_ int plan_fd = -EBADF, write_fd = -EBADF;
        posix_spawn_file_actions_t actions;
        int pipes[2], exec_fd, r;

        r = process_plan_new(spec, floor + 2, &plan_fd, error);
        if (r < 0)
                return r;
        if (pipe2(pipes, O_CLOEXEC) < 0)
                return error_set_errno(error, errno, "cannot make a pipe");
        process->report_fd = pipes[0];
        write_fd = pipes[1];
        (void) fcntl(process->report_fd, F_SETFL, O_NONBLOCK);

        r = -posix_spawn_file_actions_init(&actions);
        if (r < 0)
                return error_set_errno(error, r, "cannot prepare the start of '%s'", spec->path);
        r = pass_fds(spec, launcher, plan_fd, write_fd, floor, &actions, sources, &exec_fd);
        if (r < 0)
                (void) error_set_errno(error, r, "cannot pass file descriptors to '%s'", spec->path);
        else {
                r = spawn_exec(exec_fd, floor, &actions, &process->pid);
                if (r < 0)
                        (void) error_set_errno(error, r, "cannot make a process for '%s'", spec->path);
        }
        (void) posix_spawn_file_actions_destroy(&actions);
        return r;
}

/* A child that cannot be watched must not stay. */
static void process_abort(Process *process)
{
        (void) kill(process->pid, SIGKILL);
        (void) waitpid(process->pid, NULL, 0);
}

int process_spawn(Launcher *launcher, const ProcessSpec *spec, const ProcessHandlers *handlers,
                  void *userdata, Process **ret, Error *error)
{
        _cleanup_(process_unrefp) Process *process = process_new(launcher, spec->path, handlers, userdata);
        int floor, r;

        r = process_spec_check(spec, &floor, error);
        if (r < 0)
                return r;
        process->child = true;
        r = process_start(process, launcher, spec, floor, error);
        if (r < 0)
                return r;
        process->pidfd = pidfd_open(process->pid, 0);
        if (process->pidfd < 0)
                r = error_set_errno(error, errno, "cannot get hold of the process of '%s'", spec->path);
        else
                r = process_watch(process, launcher, error);
        if (r < 0) {
                process_abort(process);
                return r;
        }
        *ret = g_steal_pointer(&process);
        return 0;
}

/* The pid of a pidfd, from the line "Pid:" of its fdinfo (proc(5)). */
static int pidfd_get_pid(int pidfd, pid_t *ret, Error *error)
{
        g_autofree char *path = g_strdup_printf("/proc/self/fdinfo/%d", pidfd);
        g_autofree char *text = NULL;
        const char *line;
        int r = read_file_at(AT_FDCWD, path, 4096, &text, NULL);
        int pid;

        if (r < 0)
                return error_set_errno(error, r, "cannot read '%s'", path);
        line = strstr(text, "\nPid:");
        if (!line || sscanf(line, "\nPid: %d", &pid) != 1)
                return error_set(error, ERROR_INVALID_ARG, "file descriptor %d is not a process", pidfd);
        if (pid <= 0)
                return error_set(error, ERROR_OPERATION_FAILED, "the process has ended");
        *ret = pid;
        return 0;
}

int process_adopt(Launcher *launcher, int pidfd, const ProcessHandlers *handlers, void *userdata,
                  Process **ret, Error *error)
{
        _cleanup_(process_unrefp) Process *process = process_new(launcher, NULL, handlers, userdata);
        int r;

        process->pidfd = pidfd;
        process->started = true;
        r = pidfd_get_pid(pidfd, &process->pid, error);
        if (r < 0)
                return r;
        r = process_watch(process, launcher, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&process);
        return 0;
}

Process *process_free(Process *process)
{
        if (!process)
                return NULL;
        process->handlers = &no_handlers;
        /* the launcher stays with a child, to reap it */
        if (!process->child)
                process_unwatch(process);
        return process_unref(process);
}

pid_t process_pid(const Process *process)
{
        return process->pid;
}

bool process_has_exited(const Process *process)
{
        return !process->launcher;
}

int process_kill(Process *process, int sig, Error *error)
{
        if (pidfd_send_signal(process->pidfd, sig, NULL, 0) < 0 && errno != ESRCH)
                return error_set_errno(error, errno, "cannot send signal %d to process %d", sig,
                                       (int) process->pid);
        return 0;
}

static bool has_hung_up(int socket_fd)
{
        struct pollfd p = { .fd = socket_fd };

        return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL));
}

int process_open_peer(int socket_fd, int *ret_pidfd, pid_t *ret_pid, uid_t *ret_uid, Error *error)
{
        _cleanup_close_ int pidfd = -EBADF;
        struct ucred cred;
        socklen_t size = sizeof(cred);

        if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) < 0)
                return error_set_errno(error, errno, "cannot ask who is at the other end of a socket");
        size = sizeof(pidfd);
        if (getsockopt(socket_fd, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) < 0) {
                if (errno != ENOPROTOOPT)
                        return error_set(error, ERROR_OPERATION_FAILED,
                                         "the process at the other end of a socket has ended");
                pidfd = cred.pid > 0 ? pidfd_open(cred.pid, 0) : -EBADF;
        }
        /* the number may have been given to another process meanwhile, but then this end is gone */
        if (pidfd < 0 || has_hung_up(socket_fd))
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "the process at the other end of a socket has ended");
        if (ret_pid)
                *ret_pid = cred.pid;
        if (ret_uid)
                *ret_uid = cred.uid;
        *ret_pidfd = TAKE_FD(pidfd);
        return 0;
}

int process_start_time(pid_t pid, uint64_t *ret, Error *error)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int) pid);
        g_autofree char *text = NULL;
        const char *p;
        int r = read_file_at(AT_FDCWD, path, 4096, &text, NULL);
        uint64_t v;

        if (r < 0)
                return error_set_errno(error, r, "cannot read '%s'", path);
        /* the name, field 2, may hold blanks and parentheses; field 3 follows its last parenthesis */
        p = strrchr(text, ')');
        for (unsigned field = 2; p && field < 22; field++)
                p = strchr(p + 1, ' ');
        if (!p || sscanf(p, " %" SCNu64, &v) != 1)
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' has an unknown form", path);
        *ret = v;
        return 0;
}

int process_open_remembered(pid_t pid, uint64_t start_time)
{
        _cleanup_close_ int pidfd = -EBADF;
        struct pollfd ended = { .events = POLLIN };
        uint64_t now;

        if (pid <= 0 || start_time == 0)
                return -ESRCH;
        pidfd = pidfd_open(pid, 0);
        if (pidfd < 0)
                return -errno;
        /* the number may have come to mean another process, but not any more now that it is held */
        if (process_start_time(pid, &now, NULL) < 0 || now != start_time)
                return -ESRCH;
        ended.fd = pidfd;
        return poll(&ended, 1, 0) != 0 ? -ESRCH : TAKE_FD(pidfd);
}
