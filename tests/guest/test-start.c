/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Starting machines, and failing to: what stands at the end, and what is left behind. */

#include "tests/guest/world.h"

#include "drivers/qemu/qemu_request.h"

#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "tests/everybody.h"

extern char **environ;

/* The value of a line "Name:\tvalue" of /proc/PID/status. Free with g_free(). */
static char *status_of(pid_t pid, const char *name)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/status", (int) pid), *text = NULL;
        g_autofree char *key = g_strdup_printf("\n%s:", name);
        const char *p;

        assert_int_equal(read_file_at(AT_FDCWD, path, 65536, &text, NULL), 0);
        p = strstr(text, key);
        assert_non_null(p);
        p += strlen(key);
        return g_strstrip(g_strndup(p, strcspn(p, "\n")));
}

static void assert_status(pid_t pid, const char *name, const char *value)
{
        g_autofree char *is = status_of(pid, name);

        if (!streq(is, value))
                fail_msg("%s of process %d is '%s', not '%s'", name, (int) pid, is, value);
}

static void test_paused(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_define(world, xml);

        assert_string_equal(world->record->str, "web:added;web:event defined added;");
        world_forget(world);
        assert_int_equal(world_start(world, domain, DOMAIN_START_PAUSED), 0);
        assert_string_equal(world->record->str,
                            "web:state paused user;web:event started booted;web:event suspended paused;");
        assert_int_equal(domain->id, 1);
        assert_true(domain->responsive);
        assert_int_equal(world_processes(world), 1);
        assert_int_equal(world_run_entries(world), 1);
        /* the object is busy no longer, and running */
        assert_true(world_start(world, domain, 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);

        world_forget(world);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_string_equal(world->record->str, "web:state shutoff destroyed;web:event stopped destroyed;");
        assert_int_equal(world_processes(world), 0);
        assert_int_equal(world_run_entries(world), 0);
        assert_int_equal(domain->id, 0);
        assert_null(domain->live);
        assert_ptr_equal(world_find(world, "web"), domain);
}

static void test_running(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_define(world, xml);

        world_forget(world);
        assert_int_equal(world_start(world, domain, 0), 0);
        assert_string_equal(world->record->str, "web:state running booted;web:event started booted;");
        assert_true(domain->started_usec > 0);
        assert_non_null(domain->live);
        assert_int_equal(domain->live->id, domain->id);
        /* what the emulator takes when nobody says */
        assert_string_equal(domain->live->cpu->model, "qemu64");
}

/* It keeps the processor that it began with: the host's is named, and QEMU gives the guest all of it. */
static void test_host_model(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, "<cpu mode='host-model'/>");
        Domain *domain = world_define(world, xml);
        _cleanup_(domain_def_unrefp) DomainDef *config = NULL;

        assert_int_equal(world_start(world, domain, DOMAIN_START_PAUSED), 0);
        assert_int_equal(domain->live->cpu->mode, DOMAIN_CPU_CUSTOM);
        assert_non_null(domain->live->cpu->model);
        assert_true(domain->live->cpu->features.n > 0);
        config = domain_get_config(domain);
        assert_int_equal(config->cpu->mode, DOMAIN_CPU_HOST_MODEL);
}

static unsigned n_fds(void)
{
        g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
        unsigned n = 0;

        assert_non_null(dir);
        while (g_dir_read_name(dir))
                n++;
        return n;
}

static void test_nothing_leaks(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_define(world, xml);
        unsigned before = 0;

        for (unsigned i = 0; i < 4; i++) {
                assert_int_equal(world_start(world, domain, DOMAIN_START_PAUSED), 0);
                assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
                if (i == 0)
                        before = n_fds();
        }
        world_wait(world, n_fds() <= before);
}

static bool run(const char *line)
{
        return system(line) == 0;
}

/* Two cards on a bridge and one on a macvtap: the host's ends come, are told, and go. */
static void test_network(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web",
                                             "<interface type='bridge'><mac address='52:54:00:11:22:33'/>"
                                             "<source bridge='vtbr0'/><model type='virtio'/><driver queues='2'/>"
                                             "</interface>"
                                             "<interface type='bridge'><source bridge='vtbr0'/>"
                                             "<model type='e1000'/><target dev='named0'/></interface>"
                                             "<interface type='direct'><source dev='vtbr0' mode='bridge'/>"
                                             "<model type='virtio'/></interface>",
                                             NULL);
        Domain *domain;

        if (access("/dev/net/tun", R_OK | W_OK) < 0 || !run("ip link add vtbr0 type bridge 2>/dev/null"))
                skip();
        domain = world_define(world, xml);
        if (world_start(world, domain, 0) < 0)
                fail_msg("%s", world->text);
        assert_true(g_str_has_prefix(domain->live->interfaces.items[0]->target, "vnet"));
        assert_string_equal(domain->live->interfaces.items[1]->target, "named0");
        assert_string_equal(domain->live->interfaces.items[2]->target, "macvtap0");
        assert_true(run("ip -o link show master vtbr0 | grep -q named0"));
        assert_true(run("test $(ip -o link show master vtbr0 | wc -l) = 2"));
        assert_true(run("ip link show macvtap0 >/dev/null"));
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        world_wait(world, run("! ip link show macvtap0 >/dev/null 2>&1"));
        assert_true(run("test $(ip -o link show master vtbr0 | wc -l) = 0"));
        /* the definition keeps no trace of it */
        {
                _cleanup_(domain_def_unrefp) DomainDef *config = domain_get_config(domain);

                assert_null(config->interfaces.items[0]->target);
        }
        assert_true(run("ip link del vtbr0"));
        assert_true(world_start(world, domain, 0) < 0);
        assert_non_null(strstr(world->text, "there is no bridge 'vtbr0'"));
        assert_true(run("! ip link show named0 >/dev/null 2>&1"));
}

static void test_transient(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("once", NULL, NULL);
        Domain *domain;

        assert_int_equal(world_create(world, xml, 0, &domain), 0);
        assert_string_equal(world->record->str, "once:added;once:event started booted;");
        assert_false(domain->persistent);
        world_forget(world);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_string_equal(world->record->str,
                            "once:state shutoff destroyed;once:event stopped destroyed;once:removed;");
        assert_null(world_find(world, "once"));
        assert_int_equal(world_run_entries(world), 0);
}

/* Each machine has a user of its own and no rights that a process can be without. */
static void test_sandbox(void **state)
{
        World *world = *state;
        g_autofree char *xml_a = world_machine("a", NULL, NULL), *xml_b = world_machine("b", NULL, NULL);
        Domain *a = world_define(world, xml_a), *b = world_define(world, xml_b);
        g_autofree char *uids_a = NULL, *uids_b = NULL;

        assert_int_equal(world_start(world, a, 0), 0);
        assert_int_equal(world_start(world, b, 0), 0);
        uids_a = status_of(world_pid(a), "Uid");
        uids_b = status_of(world_pid(b), "Uid");
        assert_string_not_equal(uids_a, uids_b);
        assert_int_not_equal(strtoul(uids_a, NULL, 10), 0);
        for (unsigned i = 0; i < 2; i++) {
                pid_t pid = world_pid(i == 0 ? a : b);

                assert_status(pid, "CapEff", "0000000000000000");
                assert_status(pid, "CapPrm", "0000000000000000");
                assert_status(pid, "CapBnd", "0000000000000000");
                assert_status(pid, "CapAmb", "0000000000000000");
                assert_status(pid, "NoNewPrivs", "1");
                assert_status(pid, "Seccomp", "2");
                assert_status(pid, "Groups", "");
        }
}

/* What is open in QEMU is what it was given or has made itself: nothing of the daemon's. */
static void test_fds(void **state)
{
        World *world = *state;
        g_autofree char *disk = world_file(world, "disk.img", 1024 * 1024);
        g_autofree char *devices =
                g_strdup_printf("<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                                "<source file='%s'/><target dev='vda' bus='virtio'/></disk>",
                                disk);
        g_autofree char *xml = world_machine("web", devices, NULL), *path = NULL;
        Domain *domain = world_define(world, xml);
        _cleanup_close_ int canary = open("/etc/shadow", O_RDONLY);
        g_autoptr(GDir) dir = NULL;
        bool has_disk = false;
        const char *name;

        assert_true(canary >= 0); /* without close-on-exec */
        assert_int_equal(world_start(world, domain, DOMAIN_START_PAUSED), 0);
        path = g_strdup_printf("/proc/%d/fd", (int) world_pid(domain));
        dir = g_dir_open(path, 0, NULL);
        assert_non_null(dir);
        while ((name = g_dir_read_name(dir))) {
                g_autofree char *file = g_build_filename(path, name, NULL),
                                *target = g_file_read_link(file, NULL);

                if (!target)
                        continue;
                if (streq(target, disk))
                        has_disk = true;
                else if (!g_str_has_prefix(target, "socket:") && !g_str_has_prefix(target, "anon_inode:") &&
                         !g_str_has_prefix(target, "pipe:") && !streq(target, "/dev/null") &&
                         !streq(target, "/dev/urandom") && !g_str_has_suffix(target, "/log/qemu/web.log") &&
                         !g_str_has_prefix(target, "/memfd:"))
                        fail_msg("QEMU has '%s' open", target);
        }
        assert_true(has_disk);
}

static bool log_contains(const World *world, const char *name, const char *text)
{
        g_autofree char *file = g_strconcat(name, ".log", NULL);
        g_autofree char *path = g_build_filename(world->paths.log, "qemu", file, NULL), *content = NULL;

        return g_file_get_contents(path, &content, NULL, NULL) && strstr(content, text);
}

static void assert_nothing_left(World *world, Domain *domain)
{
        world_wait(world, world_processes(world) == 0 && world_run_entries(world) == 0);
        assert_int_equal(domain->state, DOMAIN_SHUTOFF);
        assert_int_equal(domain->id, 0);
        assert_null(domain->private);
}

/* QEMU's own words are in the error. */
static void test_stderr_tail(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("bad", NULL,
                                             "<qemu:commandline><qemu:arg value='-device'/>"
                                             "<qemu:arg value='virtio-no-such-thing'/></qemu:commandline>");
        Domain *domain = world_define(world, xml);

        world_forget(world);
        assert_true(world_start(world, domain, 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_FAILED);
        assert_non_null(strstr(world->text, "exited with status 1"));
        assert_non_null(strstr(world->text, "virtio-no-such-thing"));
        assert_true(log_contains(world, "bad", "virtio-no-such-thing"));
        /* nobody hears of a start that came to nothing */
        assert_string_equal(world->record->str, "");
        assert_nothing_left(world, domain);
        /* and again: nothing is in the way */
        assert_true(world_start(world, domain, 0) < 0);
        assert_non_null(strstr(world->text, "virtio-no-such-thing"));
}

static void test_transient_that_fails(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine(
                "bad", NULL, "<qemu:commandline><qemu:arg value='-no-such-option'/></qemu:commandline>");

        assert_true(world_create(world, xml, 0, NULL) < 0);
        assert_string_equal(world->record->str, "");
        assert_null(domain_list_find_any_name(world->driver->domains, "bad"));
        world_wait(world, world_processes(world) == 0 && world_run_entries(world) == 0);
}

static void test_missing_disk(void **state)
{
        World *world = *state;
        g_autofree char *xml =
                world_machine("web",
                              "<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                              "<source file='/nonexistent/there/disk.img'/>"
                              "<target dev='vda' bus='virtio'/></disk>",
                              NULL);
        Domain *domain = world_define(world, xml);

        assert_true(world_start(world, domain, 0) < 0);
        assert_non_null(strstr(world->text, "/nonexistent"));
        assert_nothing_left(world, domain);
}

/* The machine's log is not the machine: without one it runs. */
static void test_no_log(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_define(world, xml);
        g_autofree char *log = g_build_filename(world->paths.log, "qemu", "web.log", NULL);

        assert_int_equal(symlink("/dev/null", log), 0);
        assert_int_equal(world_start(world, domain, 0), 0);
        assert_int_equal(unlink(log), 0);
}

static void cancel(Job *job)
{
        assert_int_equal(job_cancel(job, NULL), 0);
}

/* A start is given up at each of its stages in turn; nothing stays, and the next one succeeds. */
static void test_cancel(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_define(world, xml);
        static const char *const stages[] = { "prepare", "files",     "command", "log",
                                              "spawn",   "handshake", "run",     "publish" };

        for (size_t i = 0; i < ELEMENTSOF(stages); i++) {
                _cleanup_(job_unrefp) Job *job = NULL;

                world->stage = stages[i];
                world->at_stage = cancel;
                job = world_begin_start(world, domain);
                world_wait(world, job_state(job) != JOB_RUNNING);
                assert_int_equal(job_state(job), JOB_CANCELLED);
                assert_nothing_left(world, domain);
        }
        /* in the middle of a stage */
        {
                _cleanup_(job_unrefp) Job *job = world_begin_start(world, domain);

                world_wait(world, streq(job_stage(job), "handshake"));
                assert_int_equal(job_cancel(job, NULL), 0);
                assert_int_equal(job_state(job), JOB_CANCELLED);
                assert_nothing_left(world, domain);
        }
        world_forget(world);
        assert_int_equal(world_start(world, domain, 0), 0);
        assert_int_equal(world_processes(world), 1);
}

/* The next start comes while the process of the last one is still dying. */
static void test_start_at_once(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_define(world, xml);
        _cleanup_(job_unrefp) Job *job = world_begin_start(world, domain);

        world_wait(world, streq(job_stage(job), "handshake"));
        assert_int_equal(job_cancel(job, NULL), 0);
        assert_int_equal(world_start(world, domain, 0), 0);
        assert_int_equal(world_processes(world), 1);
        assert_int_equal(world_run_entries(world), 1);
}

/* One user for all machines, as the setting says. */
static void test_fixed_user(void **state)
{
        World *world = world_new();
        g_autofree char *xml = world_machine("web", NULL, NULL);

        world_set(world, "user", "nobody");
        world_open(world);
        assert_int_equal(world_start(world, world_define(world, xml), DOMAIN_START_PAUSED), 0);
        assert_status(world_pid(world_find(world, "web")), "Uid", "65534\t65534\t65534\t65534");
        assert_status(world_pid(world_find(world, "web")), "CapEff", "0000000000000000");
        assert_int_equal(world_do_flags(world, world_find(world, "web"), qemu_destroy, 0), 0);
        world_free(world);
}

/* In a process of its own, which has given up root: the daemon of a user. */
static int live_session(const char *dir)
{
        World *world;
        Domain *domain;
        g_autofree char *xml = world_machine("mine", NULL, NULL);

        if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
                return EXIT_FAILURE;
        world = world_new_at(dir, 1500000000);
        world->session = true;
        world_open(world);
        domain = world_define(world, xml);
        if (world_start(world, domain, 0) < 0)
                fail_msg("cannot start: %s", world->text);
        assert_status(world_pid(domain), "Uid", "65534\t65534\t65534\t65534");
        assert_status(world_pid(domain), "NoNewPrivs", "1");
        assert_status(world_pid(domain), "Seccomp", "2");
        assert_int_equal(world_do(world, domain, qemu_suspend), 0);
        world_close(world);
        world_open(world);
        assert_int_equal(world_do(world, world_find(world, "mine"), qemu_resume), 0);
        assert_int_equal(world_do_flags(world, world_find(world, "mine"), qemu_destroy, 0), 0);
        assert_int_equal(world_run_entries(world), 0);
        world_free(world);
        return EXIT_SUCCESS;
}

static void test_session(void **state)
{
        World *world = *state;
        g_autofree char *dir = g_build_filename(world->dir, "session", NULL), *exec = NULL;
        char *const argv[] = { (char *) "test-start", (char *) "session", dir, NULL };
        const char *own = getenv("VIRTBUS_EXEC");
        int r, status;
        pid_t pid;

        assert_int_equal(mkdir(dir, 0700), 0);
        assert_int_equal(chown(dir, 65534, 65534), 0);
        assert_int_equal(chmod(world->dir, 0711), 0);
        exec = copy_for_everybody(getenv("VIRTBUS_EXEC"), world->dir);
        assert_true(g_setenv("VIRTBUS_EXEC", exec, true));
        r = posix_spawn(&pid, "/proc/self/exe", NULL, NULL, argv, environ);
        assert_true(g_setenv("VIRTBUS_EXEC", own, true));
        assert_int_equal(r, 0);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
}

/* /dev with nothing in it but what every program needs, for this process and its children. */
static void hide_kvm(const World *world)
{
        static const char *const needed[] = { "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom" };
        g_autofree char *dir = g_build_filename(world->dir, "dev", NULL);
        struct stat st;

        if (access("/dev/kvm", F_OK) < 0)
                return;
        assert_int_equal(mkdir(dir, 0755), 0);
        assert_int_equal(unshare(CLONE_NEWNS), 0);
        assert_int_equal(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
        assert_int_equal(mount("dev", dir, "tmpfs", 0, "mode=755"), 0);
        for (size_t i = 0; i < ELEMENTSOF(needed); i++) {
                g_autofree char *name = g_path_get_basename(needed[i]), *path = g_build_filename(dir, name, NULL);

                assert_int_equal(stat(needed[i], &st), 0);
                assert_int_equal(mknod(path, S_IFCHR | 0666, st.st_rdev), 0);
                assert_int_equal(chmod(path, 0666), 0);
        }
        assert_int_equal(mount(dir, "/dev", NULL, MS_MOVE, NULL), 0);
}

static void test_kvm_refused(void **state)
{
        World *world = *state;
        g_autofree char *plain = NULL, *xml = NULL;
        g_auto(GStrv) parts = NULL;
        Domain *domain;

        hide_kvm(world);
        plain = world_machine("fast", NULL, NULL);
        parts = g_strsplit(plain, "type='qemu'", 2);
        xml = g_strjoinv("type='kvm'", parts);
        domain = world_define(world, xml);
        assert_true(world_start(world, domain, 0) < 0);
        assert_int_equal(world->code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(world->text, "/dev/kvm"));
        assert_nothing_left(world, domain);
}

static void test_emulator_not_allowed(void **state)
{
        World *world = *state;
        g_autofree char *plain = world_machine("evil", NULL, NULL), *xml = NULL;
        g_auto(GStrv) parts = g_strsplit(plain, "/usr/bin/qemu-system-x86_64", 2);
        Domain *domain;

        xml = g_strjoinv("/bin/sh", parts);
        assert_true(world_try_define(world, xml, &domain) < 0);
        assert_non_null(strstr(world->text, "/bin/sh"));
}

/* The test's own file, by a descriptor. */
static int associate(Domain *domain, Job *job, Error *error)
{
        _cleanup_close_ int fd = memfd_create("disk", MFD_CLOEXEC);

        assert_int_equal(ftruncate(fd, 1024 * 1024), 0);
        return qemu_machine_ops.associate_fds(domain, "mine", &fd, 1, 0, job, error);
}

/* A disk that no path leads to: its caller has opened it. */
static void test_fd_group(void **state)
{
        World *world = *state;
        static const char disk[] = "<disk type='file' device='disk'><driver name='qemu' type='raw'/>"
                                   "<source file='/no/such/disk' fdgroup='mine'/><target dev='vda' bus='virtio'/>%s"
                                   "</disk>";
        g_autofree char *writable = g_strdup_printf(disk, ""), *readonly = g_strdup_printf(disk, "<readonly/>");
        g_autofree char *xml = world_machine("web", writable, NULL), *other = world_machine("db", readonly, NULL);
        Domain *domain = world_define(world, xml), *db = world_define(world, other);

        assert_true(world_start(world, domain, 0) < 0);
        assert_int_equal(world->code, ERROR_INVALID_ARG);
        assert_non_null(strstr(world->text, "'mine'"));
        assert_int_equal(world_do(world, domain, associate), 0);
        assert_int_equal(world_do(world, domain, associate), 0);
        assert_int_equal(world_do(world, db, associate), 0);
        if (world_start(world, domain, 0) < 0 || world_start(world, db, 0) < 0)
                fail_msg("cannot start: %s", world->text);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_int_equal(world_do_flags(world, db, qemu_destroy, 0), 0);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_paused, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_running, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_host_model, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_nothing_leaks, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_network, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_transient, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_sandbox, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_fds, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_stderr_tail, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_transient_that_fails, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_fd_group, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_missing_disk, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_no_log, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_cancel, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_start_at_once, world_setup, world_teardown),
                cmocka_unit_test(test_fixed_user),
                cmocka_unit_test_setup_teardown(test_session, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_emulator_not_allowed, world_setup, world_teardown),
                /* the last one, since /dev stays as it leaves it */
                cmocka_unit_test_setup_teardown(test_kvm_refused, world_setup, world_teardown),
        };

        if (argc > 2)
                return live_session(argv[2]);
        world_require_qemu();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
