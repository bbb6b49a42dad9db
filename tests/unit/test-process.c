/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/process.h"

#include <linux/capability.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "tests/everybody.h"

#define NOBODY 65534

typedef struct Fixture {
        sd_event *event;
        Launcher *launcher;
} Fixture;

/* What process_run() left, kept beyond its call. */
typedef struct Outcome {
        bool done;
        ProcessExit exit;
        char *out;
        char *err;
        Error error;
} Outcome;

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);
        Error error = ERROR_INIT;

        assert_true(sd_event_new(&f->event) >= 0);
        if (launcher_new(f->event, getenv("VIRTBUS_EXEC"), &f->launcher, &error) < 0)
                fail_msg("%s", error.detail);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;

        launcher_free(f->launcher);
        sd_event_unref(f->event);
        g_free(f);
        return 0;
}

static void outcome_clear(Outcome *o)
{
        g_free(o->out);
        g_free(o->err);
        error_clear(&o->error);
        *o = (Outcome) {};
}

static void turn_until(Fixture *f, const bool *flag)
{
        uint64_t end = now_usec() + 20 * USEC_PER_SEC;

        while (!*flag) {
                assert_true(now_usec() < end);
                assert_true(sd_event_run(f->event, 100 * USEC_PER_MSEC) >= 0);
        }
}

static void on_run_done(void *userdata, const ProcessResult *result, Error *error)
{
        Outcome *o = userdata;

        assert_false(o->done);
        o->done = true;
        o->exit = result->exit;
        o->out = g_strndup(result->out, result->out_size);
        o->err = g_strndup(result->err, result->err_size);
        error_move(&o->error, error);
}

static void run_with(Fixture *f, const ProcessSpec *spec, const ProcessRunOptions *options, Outcome *o)
{
        Error error = ERROR_INIT;
        ProcessRun *run;

        *o = (Outcome) {};
        if (process_run(f->launcher, spec, options, on_run_done, o, &run, &error) < 0)
                fail_msg("%s", error.detail);
        assert_false(o->done);
        turn_until(f, &o->done);
}

static char *run_ok(Fixture *f, const ProcessSpec *spec)
{
        Outcome o;
        char *out;

        run_with(f, spec, NULL, &o);
        if (error_is_set(&o.error))
                fail_msg("%s", o.error.detail);
        assert_true(o.exit.known);
        assert_int_equal(o.exit.status, 0);
        out = g_steal_pointer(&o.out);
        outcome_clear(&o);
        return out;
}

static ProcessSpec spec_of(const char *const *argv)
{
        return (ProcessSpec) { .path = argv[0], .argv = argv };
}

#define ARGV(...) ((const char *const[]) { __VA_ARGS__, NULL })

/* The text behind "NAME:" in a file like /proc/self/status. */
static char *field(const char *text, const char *name)
{
        g_autofree char *key = g_strdup_printf("\n%s:", name);
        const char *p = strstr(text, key);

        assert_non_null(p);
        p += strlen(key);
        return g_strstrip(g_strndup(p, strcspn(p, "\n")));
}

static void assert_field(const char *text, const char *name, const char *want)
{
        g_autofree char *v = field(text, name);

        if (!streq(v, want))
                fail_msg("%s is '%s', not '%s'", name, v, want);
}

static void test_input_and_output(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/bin/cat", "-"));
        Outcome o;

        run_with(*state, &spec, &(ProcessRunOptions) { .input = "a\0b", .input_size = 3 }, &o);
        assert_false(error_is_set(&o.error));
        assert_memory_equal(o.out, "a", 2);
        outcome_clear(&o);

        run_with(*state, &spec, NULL, &o);
        assert_string_equal(o.out, "");
        outcome_clear(&o);
}

static void test_rights(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/bin/cat", "/proc/self/status"));
        g_autofree char *text = NULL, *stat = NULL;
        const char *const none = "0000000000000000";
        sigset_t set, old;
        int pid, ppid, group, session;

        if (getuid() == 0)
                spec.uid = spec.gid = NOBODY;
        /* our blocked and ignored signals, as a service with threads has them, must not go on */
        (void) sigemptyset(&set);
        (void) sigaddset(&set, SIGCHLD);
        (void) sigaddset(&set, SIGUSR1);
        (void) sigprocmask(SIG_BLOCK, &set, &old);
        (void) signal(SIGPIPE, SIG_IGN);
        text = run_ok(*state, &spec);
        (void) signal(SIGPIPE, SIG_DFL);
        (void) sigprocmask(SIG_SETMASK, &old, NULL);

        for (const char *const *n = ARGV("CapInh", "CapPrm", "CapEff", "CapAmb"); *n; n++)
                assert_field(text, *n, none);
        if (getuid() == 0) {
                assert_field(text, "CapBnd", none);
                assert_field(text, "Uid", "65534\t65534\t65534\t65534");
                assert_field(text, "Gid", "65534\t65534\t65534\t65534");
                assert_field(text, "Groups", "");
        }
        assert_field(text, "NoNewPrivs", "1");
        assert_field(text, "Umask", "0077");
        assert_field(text, "SigBlk", none);
        /* but for the two that glibc keeps for itself, which whoever started us may have ignored */
        g_autofree char *ignored = field(text, "SigIgn");

        assert_int_equal(strtoull(ignored, NULL, 16) & ~UINT64_C(0x180000000), 0);

        spec.argv = ARGV("/bin/cat", "/proc/self/stat");
        stat = run_ok(*state, &spec);
        assert_int_equal(sscanf(stat, "%d (cat) %*c %d %d %d", &pid, &ppid, &group, &session), 4);
        assert_int_equal(group, pid);
        assert_int_equal(session, pid);
        assert_int_equal(ppid, getpid());
}

static void test_capabilities_kept(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/bin/cat", "/proc/self/status"));
        g_autofree char *own = NULL, *text = NULL, *text2 = NULL, *before = NULL;

        if (getuid() != 0)
                skip();
        spec.uid = spec.gid = NOBODY;
        spec.groups = (gid_t[]) { 7, 8 };
        spec.n_groups = 2;
        spec.capabilities = UINT64_C(1) << CAP_NET_ADMIN;
        text = run_ok(*state, &spec);
        assert_field(text, "CapEff", "0000000000001000");
        assert_field(text, "CapBnd", "0000000000001000");
        assert_field(text, "Uid", "65534\t65534\t65534\t65534");
        assert_field(text, "Groups", "7 8");

        spec = spec_of(spec.argv);
        spec.capabilities = PROCESS_CAPABILITIES_ALL;
        text2 = run_ok(*state, &spec);
        assert_true(g_file_get_contents("/proc/self/status", &own, NULL, NULL));
        before = field(own, "CapEff");
        assert_field(text2, "CapEff", before);
        assert_field(text2, "Uid", "0\t0\t0\t0");
}

static int memory_file(const char *text)
{
        int fd = memfd_create("test", MFD_CLOEXEC);

        assert_true(fd >= 0);
        assert_int_equal(write_all(fd, text, strlen(text)), 0);
        assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
        return fd;
}

static void test_fds(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/bin/ls", "/proc/self/fd"));
        _cleanup_close_ int a = memory_file("text a"), b = memory_file("text b"), leak = dup2(a, 30);
        g_autofree char *list = NULL, *swapped = NULL;

        assert_int_equal(leak, 30);
        spec.fds = (ProcessFd[]) { { .fd = a, .target = 5 }, { .fd = b, .target = 200 } };
        spec.n_fds = 2;
        list = run_ok(*state, &spec);
        assert_string_equal(list, "0\n1\n2\n200\n3\n5\n"); /* 3 is the directory that ls reads */

        /* each wants the number of the other, and of one that we use ourselves */
        spec.fds = (ProcessFd[]) { { .fd = a, .target = b }, { .fd = b, .target = a } };
        spec.path = "/bin/cat";
        g_autofree char *path_a = g_strdup_printf("/proc/self/fd/%d", a);
        g_autofree char *path_b = g_strdup_printf("/proc/self/fd/%d", b);
        spec.argv = ARGV("cat", path_a, path_b);
        swapped = run_ok(*state, &spec);
        assert_string_equal(swapped, "text btext a");
}

static void test_standard_fds_are_null(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/bin/readlink", "/proc/self/fd/0", "/proc/self/fd/2"));
        g_autofree char *text = NULL;

        text = run_ok(*state, &spec);
        assert_true(g_str_has_prefix(text, "/dev/null\npipe:["));
}

static void test_environment_and_directory(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/usr/bin/env"));
        g_autofree char *standard = NULL, *own = NULL, *root = NULL, *dir = NULL;

        assert_int_equal(setenv("TEST_PROCESS_LEAK", "1", 1), 0);
        standard = run_ok(*state, &spec);
        assert_string_equal(standard,
                            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C\n");
        spec.env = ARGV("A=b c", "EMPTY=");
        own = run_ok(*state, &spec);
        assert_string_equal(own, "A=b c\nEMPTY=\n");

        spec = spec_of(ARGV("/bin/readlink", "/proc/self/cwd"));
        root = run_ok(*state, &spec);
        assert_string_equal(root, "/\n");
        spec.cwd = "/usr";
        dir = run_ok(*state, &spec);
        assert_string_equal(dir, "/usr\n");
}

static void test_limits(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/bin/cat", "/proc/self/limits"));
        ProcessLimit limits[] = { { RLIMIT_NOFILE, 100, 200 },
                                  { RLIMIT_CORE, 0, getuid() == 0 ? 4096 : 0 } };
        g_autofree char *text = NULL, *text2 = NULL;

        text = run_ok(*state, &spec);
        assert_true(g_regex_match_simple("Max core file size +0 +0 ", text, 0, 0));
        spec.limits = limits;
        spec.n_limits = 2;
        text2 = run_ok(*state, &spec);
        assert_true(g_regex_match_simple("Max open files +100 +200 ", text2, 0, 0));
        assert_true(g_regex_match_simple(
                getuid() == 0 ? "Max core file size +0 +4096 " : "Max core file size +0 +0 ", text2, 0, 0));
}

static void test_namespaces(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/bin/readlink", "/proc/self/ns/mnt", "/proc/self/ns/ipc",
                                        "/proc/self/ns/net"));
        g_autofree char *same = NULL, *other = NULL;

        same = run_ok(*state, &spec);
        spec.flags = PROCESS_PRIVATE_MOUNTS | PROCESS_PRIVATE_IPC | PROCESS_PRIVATE_NETWORK;
        other = run_ok(*state, &spec);
        g_auto(GStrv) a = g_strsplit(same, "\n", -1), b = g_strsplit(other, "\n", -1);

        assert_int_equal(g_strv_length(a), 4);
        assert_int_equal(g_strv_length(b), 4);
        for (int i = 0; i < 3; i++)
                if (getuid() == 0)
                        assert_string_not_equal(a[i], b[i]);
                else
                        assert_string_equal(a[i], b[i]);
}

static void test_cgroups(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/bin/ls", "/proc/self/fd"));
        _cleanup_close_ int a = memory_file(""), b = memory_file("");
        g_autofree char *list = NULL;
        char text[8] = "";

        spec.cgroup_fds = (int[]) { a, b };
        spec.n_cgroup_fds = 2;
        list = run_ok(*state, &spec);
        assert_string_equal(list, "0\n1\n2\n3\n");
        assert_int_equal(pread(a, text, sizeof(text), 0), 1);
        assert_int_equal(pread(b, text + 1, sizeof(text) - 1, 0), 1);
        assert_string_equal(text, "00");
}

static void test_failures_to_start(void **state)
{
        const struct {
                ProcessSpec spec;
                const char *text;
        } cases[] = {
                { { .path = "/nonexistent/tool" }, "cannot run '/nonexistent/tool': No such file" },
                { { .path = "/etc/passwd" }, "cannot run '/etc/passwd': Permission denied" },
                { { .path = "/bin/true", .cwd = "/nonexistent" },
                  "cannot change to directory '/nonexistent'" },
                { { .path = "/bin/true", .limits = (ProcessLimit[]) { { 99, 1, 1 } }, .n_limits = 1 },
                  "cannot set resource limit 99: Invalid argument" },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                ProcessSpec spec = cases[i].spec;
                Outcome o;

                spec.argv = ARGV("x");
                run_with(f, &spec, NULL, &o);
                assert_int_equal(o.error.code, ERROR_SYSTEM_ERROR);
                if (!g_str_has_prefix(o.error.detail, cases[i].text))
                        fail_msg("%s", o.error.detail);
                assert_true(o.exit.known);
                outcome_clear(&o);
        }
}

static void test_invalid_specs(void **state)
{
        const ProcessSpec cases[] = {
                { .path = "true" },
                { .path = NULL },
                { .path = "/bin/true", .uid = 7 },
                { .path = "/bin/true", .fds = (ProcessFd[]) { { .fd = -1, .target = 4 } }, .n_fds = 1 },
                { .path = "/bin/true",
                  .fds = (ProcessFd[]) { { .fd = 0, .target = PROCESS_FD_MAX } },
                  .n_fds = 1 },
                { .path = "/bin/true",
                  .fds = (ProcessFd[]) { { .fd = 0, .target = 4 }, { .fd = 1, .target = 4 } },
                  .n_fds = 2 },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ Error error = ERROR_INIT;
                ProcessSpec spec = cases[i];
                Process *process = NULL;

                spec.argv = ARGV("x");
                assert_int_equal(process_spawn(f->launcher, &spec, NULL, NULL, &process, &error), -EINVAL);
                assert_int_equal(error.code, ERROR_INVALID_ARG);
                assert_null(process);
        }

        _cleanup_error_ Error error = ERROR_INIT;
        ProcessSpec spec = { .path = "/bin/true",
                             .fds = (ProcessFd[]) { { .fd = 999, .target = 4 } },
                             .n_fds = 1 };
        Process *process = NULL;

        spec.argv = ARGV("x");
        assert_int_equal(process_spawn(f->launcher, &spec, NULL, NULL, &process, &error), -EBADF);
        assert_true(error_is_set(&error));
}

/* A process with handlers that count. */
typedef struct Watch {
        bool started, exited, free_when_started, free_when_exited;
        ProcessExit exit;
        Process *process;
        Error error;
} Watch;

static void on_started(Process *process, Error *error, void *userdata)
{
        Watch *w = userdata;

        assert_false(w->started);
        assert_false(w->exited);
        w->started = true;
        error_move(&w->error, error);
        if (w->free_when_started)
                w->process = process_free(w->process);
}

static void on_exited(Process *process, const ProcessExit *exit, void *userdata)
{
        Watch *w = userdata;

        assert_false(w->exited);
        assert_ptr_equal(process, w->process);
        assert_true(process_has_exited(process));
        w->exited = true;
        w->exit = *exit;
        if (w->free_when_exited)
                w->process = process_free(w->process);
}

static const ProcessHandlers handlers = { .started = on_started, .exited = on_exited };

static void spawn(Fixture *f, const ProcessSpec *spec, Watch *w)
{
        Error error = ERROR_INIT;

        if (process_spawn(f->launcher, spec, &handlers, w, &w->process, &error) < 0)
                fail_msg("%s", error.detail);
        assert_false(w->started);
}

static void test_exit_is_seen(void **state)
{
        Fixture *f = *state;
        ProcessSpec spec = spec_of(ARGV("/bin/sh", "-c", "exit 7"));
        Watch w = {}, k = { .free_when_exited = true };
        g_autofree char *text = NULL, *text2 = NULL;
        uint64_t start, now;

        spawn(f, &spec, &w);
        turn_until(f, &w.exited);
        assert_true(w.started);
        assert_false(error_is_set(&w.error));
        text = process_exit_describe(&w.exit);
        assert_string_equal(text, "exited with status 7");
        assert_int_equal(process_kill(w.process, SIGTERM, NULL), 0);
        process_free(w.process);

        spec = spec_of(ARGV("/bin/sleep", "1000"));
        spawn(f, &spec, &k);
        turn_until(f, &k.started);
        assert_false(process_has_exited(k.process));
        assert_int_equal(process_start_time(process_pid(k.process), &start, NULL), 0);
        assert_int_equal(process_start_time(getpid(), &now, NULL), 0);
        assert_true(start >= now);
        assert_int_equal(process_kill(k.process, SIGTERM, NULL), 0);
        turn_until(f, &k.exited);
        assert_null(k.process);
        text2 = process_exit_describe(&k.exit);
        assert_string_equal(text2, "was killed by signal 15 (Terminated)");
}

/* Also where virtbus-exec dies before it becomes the program. */
static void test_death_before_start(void **state)
{
        Fixture *f = *state;
        ProcessSpec spec = spec_of(ARGV("/bin/sleep", "1000"));
        int pipes[2];
        Watch w = {};

        /* it blocks in entering the cgroup, a full pipe */
        assert_int_equal(pipe2(pipes, O_CLOEXEC | O_NONBLOCK), 0);
        while (write(pipes[1], "xxxxxxxx", 8) > 0)
                ;
        assert_int_equal(fcntl(pipes[1], F_SETFL, 0), 0);
        spec.cgroup_fds = pipes + 1;
        spec.n_cgroup_fds = 1;
        spawn(f, &spec, &w);
        for (int i = 0; i < 5; i++)
                (void) sd_event_run(f->event, 20 * USEC_PER_MSEC);
        assert_false(w.started);
        assert_int_equal(process_kill(w.process, SIGKILL, NULL), 0);
        turn_until(f, &w.exited);
        assert_true(w.started);
        assert_int_equal(w.error.code, ERROR_OPERATION_FAILED);
        assert_non_null(strstr(w.error.detail, "/bin/sleep"));
        assert_int_equal(w.exit.signal, SIGKILL);
        process_free(w.process);
        error_clear(&w.error);
        safe_close(pipes[0]);
        safe_close(pipes[1]);
}

static void turn_until_no_children(Fixture *f)
{
        uint64_t end = now_usec() + 20 * USEC_PER_SEC;

        for (;;) {
                siginfo_t info = {};

                if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0) {
                        assert_int_equal(errno, ECHILD);
                        return;
                }
                assert_true(now_usec() < end);
                assert_true(sd_event_run(f->event, 10 * USEC_PER_MSEC) >= 0);
        }
}

static void test_freed_children_are_reaped(void **state)
{
        Fixture *f = *state;
        ProcessSpec spec = spec_of(ARGV("/bin/true"));
        Watch w[20] = {};

        for (size_t i = 0; i < ELEMENTSOF(w); i++) {
                w[i].free_when_started = i % 2;
                spawn(f, &spec, w + i);
                if (i % 2 == 0)
                        w[i].process = process_free(w[i].process);
        }
        turn_until_no_children(f);
        for (size_t i = 0; i < ELEMENTSOF(w); i++) {
                assert_int_equal(w[i].started, i % 2);
                assert_false(w[i].exited);
                assert_null(w[i].process);
        }
}

static int bound_socket(struct sockaddr_un *address)
{
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_true(fd >= 0);
        *address = (struct sockaddr_un) { .sun_family = AF_UNIX };
        (void) snprintf(address->sun_path, sizeof(address->sun_path), "/tmp/test-process-%d.sock", getpid());
        (void) unlink(address->sun_path);
        assert_int_equal(bind(fd, (struct sockaddr *) address, sizeof(*address)), 0);
        return fd;
}

static void test_listening_child(void **state)
{
        Fixture *f = *state;
        ProcessSpec spec = spec_of(ARGV("/bin/sleep", "1000"));
        struct sockaddr_un address;
        int listener = bound_socket(&address);
        _cleanup_close_ int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), pidfd = -EBADF;
        _cleanup_error_ Error error = ERROR_INIT;
        Watch w = {};
        pid_t pid;
        uid_t uid;

        if (getuid() == 0)
                spec.uid = spec.gid = NOBODY;
        spec.fds = (ProcessFd[]) { { .fd = listener, .target = 3, .listen = true } };
        spec.n_fds = 1;
        spawn(f, &spec, &w);
        turn_until(f, &w.started);
        assert_false(error_is_set(&w.error));
        safe_close(listener);

        assert_int_equal(connect(client, (struct sockaddr *) &address, sizeof(address)), 0);
        assert_int_equal(process_open_peer(client, &pidfd, &pid, &uid, &error), 0);
        assert_int_equal(pid, process_pid(w.process));
        assert_int_equal(uid, getuid() == 0 ? NOBODY : getuid());
        assert_int_equal(pidfd_send_signal(pidfd, SIGKILL, NULL, 0), 0);
        turn_until(f, &w.exited);
        assert_int_equal(w.exit.signal, SIGKILL);

        assert_true(process_open_peer(client, &(int) { -1 }, NULL, NULL, &error) < 0);
        assert_int_equal(error.code, ERROR_OPERATION_FAILED);
        process_free(w.process);
        (void) unlink(address.sun_path);
}

/* A process that nobody here is the parent of: started by a shell that is gone. */
static void test_adopted(void **state)
{
        Fixture *f = *state;
        ProcessSpec spec = spec_of(ARGV("/bin/sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"));
        g_autofree char *text = run_ok(f, &spec), *how = NULL;
        int pid = atoi(text), pidfd = pidfd_open(pid, 0);
        Watch w = { .started = true }, gone = { .started = true };
        Error error = ERROR_INIT;

        assert_true(pid > 1);
        assert_true(pidfd >= 0);
        assert_int_equal(process_adopt(f->launcher, pidfd, &handlers, &w, &w.process, &error), 0);
        assert_int_equal(process_pid(w.process), pid);
        assert_false(process_has_exited(w.process));
        assert_int_equal(process_adopt(f->launcher, dup(pidfd), &handlers, &gone, &gone.process, &error), 0);
        gone.process = process_free(gone.process);

        assert_int_equal(process_kill(w.process, SIGKILL, NULL), 0);
        turn_until(f, &w.exited);
        assert_false(w.exit.known);
        assert_false(gone.exited);
        how = process_exit_describe(&w.exit);
        assert_string_equal(how, "ended");
        process_free(w.process);

        /* what is no process at all */
        assert_int_equal(process_adopt(f->launcher, memory_file("x"), &handlers, &w, &w.process, &error),
                         -EINVAL);
        error_clear(&error);
}

static bool is_alive(pid_t pid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int) pid), *text = NULL;
        const char *p;

        if (!g_file_get_contents(path, &text, NULL, NULL))
                return false;
        p = strrchr(text, ')');
        return p && p[1] && p[2] != 'Z' && p[2] != 'X';
}

static void wait_for_death(Fixture *f, pid_t pid)
{
        uint64_t end = now_usec() + 10 * USEC_PER_SEC;

        while (is_alive(pid)) {
                assert_true(now_usec() < end);
                (void) sd_event_run(f->event, 10 * USEC_PER_MSEC);
        }
}

static void test_timeout(void **state)
{
        Fixture *f = *state;
        ProcessSpec spec = spec_of(ARGV("/bin/sh", "-c", "sleep 1000 & echo $!; wait"));
        uint64_t begin = now_usec();
        Outcome o;

        run_with(f, &spec, &(ProcessRunOptions) { .timeout_usec = 200 * USEC_PER_MSEC }, &o);
        assert_true(now_usec() - begin >= 200 * USEC_PER_MSEC);
        assert_int_equal(o.error.code, ERROR_OPERATION_TIMEOUT);
        assert_string_equal(o.error.detail, "'sh' did not end in time");
        assert_int_equal(o.exit.signal, SIGKILL);
        wait_for_death(f, atoi(o.out)); /* the child of the tool */
        outcome_clear(&o);
}

static void test_too_much_output(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/usr/bin/yes", "abc"));
        Outcome o;

        run_with(*state, &spec, &(ProcessRunOptions) { .out_max = 1000 }, &o);
        assert_int_equal(o.error.code, ERROR_LIMITS_EXCEEDED);
        assert_int_equal(strlen(o.out), 1000);
        assert_int_equal(o.exit.signal, SIGKILL);
        outcome_clear(&o);
}

static void test_complaint(void **state)
{
        ProcessSpec spec =
                spec_of(ARGV("/bin/sh", "-c", "echo some; printf 'first\\nbad \\377\\n' >&2; exit 3"));
        Outcome o;

        run_with(*state, &spec, NULL, &o);
        assert_int_equal(o.error.code, ERROR_OPERATION_FAILED);
        assert_string_equal(o.error.detail, "'sh' exited with status 3: first bad \xef\xbf\xbd");
        assert_string_equal(o.out, "some\n");
        assert_string_equal(o.err, "first\nbad \377\n");
        outcome_clear(&o);

        /* only the end of a long text counts */
        spec.argv = ARGV("/bin/sh", "-c", "seq 100000 >&2; exit 1");
        run_with(*state, &spec, &(ProcessRunOptions) { .err_max = 100 }, &o);
        assert_int_equal(strlen(o.err), 100);
        assert_true(g_str_has_suffix(o.err, "99999\n100000\n"));
        outcome_clear(&o);
}

static void on_output(void *userdata, const char *data, size_t size)
{
        g_string_append_len(((void **) userdata)[1], data, (gssize) size);
}

static void on_streamed(void *userdata, const ProcessResult *result, Error *error)
{
        assert_false(error_is_set(error));
        assert_int_equal(result->out_size, 0);
        *(bool *) ((void **) userdata)[0] = true;
}

static void test_streamed_output(void **state)
{
        Fixture *f = *state;
        ProcessSpec spec = spec_of(ARGV("/usr/bin/seq", "200000"));
        g_autoptr(GString) text = g_string_new(NULL);
        bool done = false;
        void *both[2] = { &done, text };
        ProcessRun *run;

        assert_int_equal(process_run(f->launcher, &spec,
                                     &(ProcessRunOptions) { .output = on_output, .out_max = 10 }, on_streamed,
                                     both, &run, NULL),
                         0);
        turn_until(f, &done);
        assert_int_equal(text->len, 1288895);
        assert_true(g_str_has_suffix(text->str, "\n199999\n200000\n"));
}

/* A child of the tool that keeps the pipe open does not keep us. */
static void test_open_pipe(void **state)
{
        ProcessSpec spec = spec_of(ARGV("/bin/sh", "-c", "sleep 1000 & echo $!"));
        Outcome o;

        run_with(*state, &spec, NULL, &o);
        assert_false(error_is_set(&o.error));
        assert_int_equal(kill(atoi(o.out), SIGKILL), 0);
        outcome_clear(&o);
}

static void on_never(void *userdata, const ProcessResult *result, Error *error)
{
        fail();
}

static void test_cancel(void **state)
{
        Fixture *f = *state;
        ProcessSpec spec = spec_of(ARGV("/bin/sleep", "1000"));
        ProcessRun *run;

        assert_null(process_run_cancel(NULL));
        for (int turns = 0; turns < 4; turns++) {
                assert_int_equal(process_run(f->launcher, &spec, NULL, on_never, NULL, &run, NULL), 0);
                for (int i = 0; i < turns; i++)
                        (void) sd_event_run(f->event, 20 * USEC_PER_MSEC);
                assert_null(process_run_cancel(run));
        }
        turn_until_no_children(f);
}

/* In a process of its own: starts a child bound to it, prints its pid, and dies. */
static int be_parent_that_dies(void)
{
        static const char *const argv[] = { "/bin/sleep", "1000", NULL };
        Fixture *f;
        ProcessSpec spec = spec_of(argv);
        Watch w = {};

        (void) setup((void **) &f);
        spec.flags = PROCESS_DIE_WITH_PARENT;
        spawn(f, &spec, &w);
        turn_until(f, &w.started);
        (void) printf("%d\n", (int) process_pid(w.process));
        (void) fflush(stdout);
        _exit(0);
}

static void test_death_with_parent(void **state)
{
        Fixture *f = *state;
        g_autofree char *exec = g_strdup_printf("VIRTBUS_EXEC=%s", getenv("VIRTBUS_EXEC"));
        ProcessSpec spec = spec_of(ARGV("/proc/self/exe", "die"));
        g_autofree char *self = g_file_read_link("/proc/self/exe", NULL), *text = NULL;
        int pid;

        spec.path = self;
        spec.env = ARGV(exec);
        text = run_ok(f, &spec);
        pid = atoi(text);
        assert_true(pid > 1);
        wait_for_death(f, pid);
}

static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_input_and_output),
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_capabilities_kept),
        cmocka_unit_test(test_fds),
        cmocka_unit_test(test_standard_fds_are_null),
        cmocka_unit_test(test_environment_and_directory),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_cgroups),
        cmocka_unit_test(test_failures_to_start),
        cmocka_unit_test(test_invalid_specs),
        cmocka_unit_test(test_exit_is_seen),
        cmocka_unit_test(test_death_before_start),
        cmocka_unit_test(test_freed_children_are_reaped),
        cmocka_unit_test(test_listening_child),
        cmocka_unit_test(test_adopted),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_too_much_output),
        cmocka_unit_test(test_complaint),
        cmocka_unit_test(test_streamed_output),
        cmocka_unit_test(test_open_pipe),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_death_with_parent),
};

/* All tests once more as an ordinary user, as the daemon of a session runs. */
static void test_as_ordinary_user(void **state)
{
        g_autofree char *link = NULL, *dir = NULL, *self = NULL, *exec = NULL, *variable = NULL;
        ProcessSpec spec = { .uid = NOBODY, .gid = NOBODY };
        Outcome o;

        if (getuid() != 0)
                skip();
        dir = g_dir_make_tmp("test-process-XXXXXX", NULL);
        assert_non_null(dir);
        assert_int_equal(chmod(dir, 0755), 0);
        link = g_file_read_link("/proc/self/exe", NULL);
        self = copy_for_everybody(link, dir);
        exec = copy_for_everybody(getenv("VIRTBUS_EXEC"), dir);
        variable = g_strdup_printf("VIRTBUS_EXEC=%s", exec);
        spec.path = self;
        spec.argv = ARGV("test-process", "again");
        spec.env = ARGV(variable);
        run_with(*state, &spec, &(ProcessRunOptions) { .timeout_usec = 60 * USEC_PER_SEC }, &o);
        if (error_is_set(&o.error))
                fail_msg("%s\n%s", o.out, o.err);
        assert_non_null(strstr(o.err, "[  PASSED  ] 22 test(s)"));
        outcome_clear(&o);
        assert_int_equal(unlink(self), 0);
        assert_int_equal(unlink(exec), 0);
        assert_int_equal(rmdir(dir), 0);
}

int main(int argc, char **argv)
{
        static const struct CMUnitTest again[] = { cmocka_unit_test(test_as_ordinary_user) };
        int n;

        if (argc > 1 && streq(argv[1], "die"))
                return be_parent_that_dies();
        n = cmocka_run_group_tests_name("process", tests, setup, teardown);
        if (argc > 1)
                return n;
        return n + cmocka_run_group_tests_name("process, ordinary user", again, setup, teardown);
}
