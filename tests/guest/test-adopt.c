/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * The daemon's death at any moment, and what the next one makes of what is left. The first life is this
 * program run again, "test-adopt LIFE DIR UID ARGUMENT…", which ends by SIGKILL.
 */

#include "tests/guest/world.h"

#include "drivers/qemu/qemu_save.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

/* What a first life has come to, and that it may be killed now. */
static void tell(const char *text)
{
        printf("%s\n", text);
        fflush(stdout);
}

static void live_on(World *world)
{
        for (;;)
                (void) world_run(world, USEC_PER_SEC);
}

/* Starts machines with the given names; "-NAME" is started paused, "+NAME" is transient. */
static void life_run(World *world, char **names)
{
        for (; *names; names++) {
                const char *name = **names == '-' || **names == '+' ? *names + 1 : *names;
                g_autofree char *xml = world_machine(name, NULL, NULL);

                if (**names == '+')
                        assert_int_equal(world_create(world, xml, 0, NULL), 0);
                else
                        assert_int_equal(world_start(world, world_define(world, xml),
                                                     **names == '-' ? DOMAIN_START_PAUSED : 0),
                                         0);
        }
        tell("running");
        live_on(world);
}

static void die(Job *job)
{
        (void) raise(SIGKILL);
}

/* Dies when a start enters a stage, or, with "wait", while that stage waits. */
static void life_begin(World *world, char **arguments)
{
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_find(world, "web") ?: world_define(world, xml);
        Job *job;

        if (!arguments[1]) {
                world->stage = arguments[0];
                world->at_stage = die;
        }
        job = world_begin_start(world, domain);
        while (!streq(job_stage(job), arguments[0])) {
                assert_int_equal(job_state(job), JOB_RUNNING);
                (void) world_run(world, USEC_PER_SEC);
        }
        (void) raise(SIGKILL);
}

/* Dies when a save enters a stage; or, when there is one already, the start from it. */
static void life_save(World *world, char **arguments)
{
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_find(world, "web") ?: world_define(world, xml);
        Job *job;

        world->at_stage = die;
        if (!domain->managed_save) {
                assert_int_equal(world_start(world, domain, 0), 0);
                world->stage = arguments[0];
                assert_int_equal(job_new(world->jobs, "managed-save", &domain->object.slot, NULL, &job, NULL), 0);
                job_set_object(job, domain_ref(domain), qemu_unref_domain);
                assert_int_equal(qemu_save(domain, NULL, NULL, 0, job, NULL), 1);
        } else {
                world->stage = arguments[0];
                (void) world_begin_start(world, domain);
        }
        live_on(world);
}

/* Has a reboot or a suspend under way: the command has been sent, its answer has not been seen. */
static void life_suspend(World *world, char **arguments)
{
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = world_define(world, xml);
        Job *job;

        assert_int_equal(world_start(world, domain, 0), 0);
        assert_int_equal(job_new(world->jobs, "suspend", &domain->object.slot, NULL, &job, NULL), 0);
        job_set_object(job, domain_ref(domain), qemu_unref_domain);
        assert_int_equal(qemu_suspend(domain, job, NULL), 1);
        (void) raise(SIGKILL);
}

static const struct {
        const char *name;
        void (*run)(World *world, char **arguments);
} lives[] = {
        { "run", life_run },
        { "begin", life_begin },
        { "save", life_save },
        { "suspend", life_suspend },
};

static int live(char **argv)
{
        World *world = world_new_at(argv[2], (uid_t) strtoul(argv[3], NULL, 10));

        world_open(world);
        for (size_t i = 0; i < ELEMENTSOF(lives); i++)
                if (streq(lives[i].name, argv[1]))
                        lives[i].run(world, argv + 4);
        return EXIT_FAILURE;
}

typedef struct Life {
        pid_t pid;
        int out_fd;
} Life;

static Life begin_life(const World *world, const char *name, const char *const *arguments)
{
        g_autofree char *uid = g_strdup_printf("%u", world->uid_first);
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        posix_spawn_file_actions_t actions;
        Life life;
        int out[2];

        g_ptr_array_add(argv, (char *) "test-adopt");
        g_ptr_array_add(argv, (char *) name);
        g_ptr_array_add(argv, world->dir);
        g_ptr_array_add(argv, uid);
        for (; arguments && *arguments; arguments++)
                g_ptr_array_add(argv, (char *) *arguments);
        g_ptr_array_add(argv, NULL);
        assert_int_equal(pipe2(out, O_CLOEXEC), 0);
        assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
        assert_int_equal(posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO), 0);
        assert_int_equal(
                posix_spawn(&life.pid, "/proc/self/exe", &actions, NULL, (char **) argv->pdata, environ), 0);
        (void) posix_spawn_file_actions_destroy(&actions);
        close(out[1]);
        life.out_fd = out[0];
        return life;
}

/* Waits until it tells something, or for its end when it kills itself; it is dead afterwards. */
static void end_life(Life *life)
{
        struct pollfd p = { .fd = life->out_fd, .events = POLLIN };
        int status;

        assert_int_equal(poll(&p, 1, (int) (WORLD_PATIENCE_USEC / USEC_PER_MSEC)), 1);
        (void) kill(life->pid, SIGKILL);
        assert_int_equal(waitpid(life->pid, &status, 0), life->pid);
        /* an assertion that failed there says so itself, and ends by exit */
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        close(life->out_fd);
}

static void former_life(const World *world, const char *name, const char *const *arguments)
{
        Life life = begin_life(world, name, arguments);

        end_life(&life);
}

static int setup(void **state)
{
        *state = world_new();
        return 0;
}

static void settle(World *world)
{
        for (unsigned i = 0; i < 30; i++)
                (void) world_run(world, 20 * USEC_PER_MSEC);
}

static unsigned count_entries(const char *path, const char *prefix)
{
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        const char *name;
        unsigned n = 0;

        assert_non_null(dir);
        while ((name = g_dir_read_name(dir)))
                if (g_str_has_prefix(name, prefix))
                        n++;
        return n;
}

static Domain *the(World *world, const char *name)
{
        Domain *domain = world_find(world, name);

        if (!domain)
                fail_msg("there is no domain '%s'; record: %s", name, world->record->str);
        return domain;
}

/* Everything is there before the loop has run once, and the guests have not felt anything. */
static void test_running(void **state)
{
        World *world = *state;
        Domain *web, *db, *once;
        pid_t pid;

        former_life(world, "run", (const char *const[]) { "web", "-db", "+once", NULL });
        assert_int_equal(world_processes(world), 3);
        world_open(world);
        web = the(world, "web");
        db = the(world, "db");
        once = the(world, "once");
        assert_int_equal(web->state, DOMAIN_RUNNING);
        assert_int_equal(web->reason, DOMAIN_RUNNING_BOOTED);
        assert_int_equal(web->id, 1);
        assert_true(web->persistent);
        assert_true(web->started_usec > 0);
        assert_int_equal(db->state, DOMAIN_PAUSED);
        assert_int_equal(db->reason, DOMAIN_PAUSED_USER);
        assert_int_equal(db->id, 2);
        assert_false(once->persistent);
        assert_int_equal(once->id, 3);
        assert_int_equal(world_count(world, "event"), 0);
        pid = world_pid(web);

        settle(world);
        assert_int_equal(world_count(world, "event"), 0);
        assert_int_equal(web->state, DOMAIN_RUNNING);
        assert_int_equal(db->state, DOMAIN_PAUSED);
        assert_int_equal(world_pid(web), pid);
        assert_int_equal(world_do(world, web, qemu_suspend), 0);
        assert_int_equal(world_do(world, db, qemu_resume), 0);
        assert_int_equal(world_do_flags(world, once, qemu_destroy, 0), 0);
        assert_null(world_find(world, "once"));
        assert_int_equal(world_do_flags(world, web, qemu_destroy, 0), 0);
        assert_int_equal(world_processes(world), 1);
        assert_int_equal(world_run_entries(world), 1);
        /* numbers go on */
        assert_int_equal(world_start(world, web, 0), 0);
        assert_int_equal(web->id, 4);
}

/* The ordinary end of the daemon, several times. */
static void test_close_and_open(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        pid_t pid;

        world_open(world);
        assert_int_equal(world_start(world, world_define(world, xml), 0), 0);
        pid = world_pid(the(world, "web"));
        for (unsigned i = 0; i < 3; i++) {
                world_close(world);
                assert_int_equal(world_processes(world), 1);
                world_open(world);
                assert_int_equal(the(world, "web")->state, DOMAIN_RUNNING);
                settle(world);
                assert_int_equal(world_pid(the(world, "web")), pid);
        }
        assert_int_equal(world_do(world, the(world, "web"), qemu_suspend), 0);
}

/* Known when the probe ends, and from the beginning in every later life. */
static void test_version(void **state)
{
        World *world = *state;
        g_autofree char *cache = g_build_filename(world->paths.cache, "qemu", NULL);
        uint64_t version;

        world_open(world);
        assert_int_equal(qemu_get_version(world->driver), 0);
        world_wait(world, world->n_versions == 1);
        version = qemu_get_version(world->driver);
        assert_true(version >= 4000000);
        world_wait(world, count_entries(cache, "") > 0);
        world_close(world);
        world_open(world);
        assert_int_equal(qemu_get_version(world->driver), version);
        settle(world);
        assert_int_equal(world->n_versions, 1);
}

/* Killed in each stage of a start: either it never was, or it is finished. */
static void test_interrupted_start(void **state)
{
        World *world = *state;
        static const struct {
                const char *stage;
                const char *wait;
                bool runs; /* what the start has come to is kept */
        } deaths[] = {
                { "files", NULL, false }, { "command", NULL, false },   { "log", NULL, false },
                { "spawn", NULL, false }, { "handshake", NULL, false }, { "handshake", "wait", false },
                { "run", NULL, false },   { "run", "wait", true },      { "publish", NULL, true },
        };

        for (size_t i = 0; i < ELEMENTSOF(deaths); i++) {
                Domain *web;

                world_forget(world);
                former_life(world, "begin", (const char *const[]) { deaths[i].stage, deaths[i].wait, NULL });
                world_open(world);
                web = the(world, "web");
                if (deaths[i].runs) {
                        world_expect(world, "web:event started booted;");
                        assert_int_equal(web->state, DOMAIN_RUNNING);
                        assert_int_equal(world_processes(world), 1);
                        assert_int_equal(world_do_flags(world, web, qemu_destroy, 0), 0);
                } else {
                        assert_int_equal(web->state, DOMAIN_SHUTOFF);
                        world_wait(world, world_processes(world) == 0 && world_run_entries(world) == 0);
                        assert_int_equal(world_count(world, "event"), 0);
                        assert_int_equal(world_start(world, web, DOMAIN_START_PAUSED), 0);
                        assert_int_equal(world_do_flags(world, web, qemu_destroy, 0), 0);
                }
                world_close(world);
        }
}

static int save_managed(Domain *domain, Job *job, Error *error)
{
        return qemu_save(domain, NULL, NULL, 0, job, error);
}

/* Killed in each stage of a save: the machine goes on, or its state is complete; never both, never neither. */
static void test_interrupted_save(void **state)
{
        World *world = *state;
        static const struct {
                const char *stage;
                bool saved;
        } deaths[] = { { "stop", false }, { "state", false }, { "write", false }, { "end", false }, { "seal", true } };

        for (size_t i = 0; i < ELEMENTSOF(deaths); i++) {
                Domain *web;

                former_life(world, "save", (const char *const[]) { deaths[i].stage, NULL });
                world_open(world);
                web = the(world, "web");
                settle(world);
                if (deaths[i].saved) {
                        world_wait(world, web->state == DOMAIN_SHUTOFF && world_processes(world) == 0);
                        assert_true(web->managed_save);
                        assert_int_equal(world_do_flags(world, web, qemu_undefine, DOMAIN_UNDEFINE_MANAGED_SAVE), 0);
                } else {
                        world_wait(world, web->state == DOMAIN_RUNNING);
                        assert_false(web->managed_save);
                        assert_int_equal(world_processes(world), 1);
                        /* and it can be saved as if nothing had been */
                        assert_int_equal(world_do(world, web, save_managed), 0);
                        assert_int_equal(world_do_flags(world, web, qemu_undefine, DOMAIN_UNDEFINE_MANAGED_SAVE), 0);
                }
                world_close(world);
        }
}

/* Killed in each stage of a restore: the state is still there, or the machine that came of it. */
static void test_interrupted_restore(void **state)
{
        World *world = *state;
        static const struct {
                const char *stage;
                bool runs;
        } deaths[] = { { "files", false },   { "handshake", false }, { "state", false },
                       { "discard", false }, { "run", true },        { "publish", true } };

        for (size_t i = 0; i < ELEMENTSOF(deaths); i++) {
                g_autofree char *xml = world_machine("web", NULL, NULL);
                Domain *web;

                world_open(world);
                web = world_find(world, "web") ?: world_define(world, xml);
                if (!web->managed_save) {
                        assert_int_equal(world_start(world, web, 0), 0);
                        assert_int_equal(world_do(world, web, save_managed), 0);
                }
                world_close(world);
                former_life(world, "save", (const char *const[]) { deaths[i].stage, NULL });
                world_open(world);
                web = the(world, "web");
                settle(world);
                if (deaths[i].runs) {
                        world_wait(world, web->state == DOMAIN_RUNNING);
                        assert_false(web->managed_save);
                        assert_int_equal(world_do_flags(world, web, qemu_destroy, 0), 0);
                } else {
                        world_wait(world, world_processes(world) == 0 && world_run_entries(world) == 0);
                        assert_int_equal(web->state, DOMAIN_SHUTOFF);
                        assert_true(web->managed_save);
                }
                world_close(world);
        }
}

/* Killed between a command and its answer: the state is QEMU's. */
static void test_interrupted_suspend(void **state)
{
        World *world = *state;

        former_life(world, "suspend", NULL);
        world_open(world);
        settle(world);
        world_wait(world,
                   the(world, "web")->state == DOMAIN_PAUSED || the(world, "web")->state == DOMAIN_RUNNING);
        assert_int_equal(world_processes(world), 1);
        assert_int_equal(world_do_flags(world, the(world, "web"), qemu_destroy, 0), 0);
}

/* The guest has ended while nobody looked: that is told, once. */
static void test_gone(void **state)
{
        World *world = *state;
        Life life;
        struct pollfd p = { .events = POLLIN };
        g_autofree char *pkill = g_strdup_printf("pkill -KILL -U %u", world->uid_first + 1);

        life = begin_life(world, "run", (const char *const[]) { "web", "+once", NULL });
        p.fd = life.out_fd;
        assert_int_equal(poll(&p, 1, (int) (WORLD_PATIENCE_USEC / USEC_PER_MSEC)), 1);
        (void) kill(life.pid, SIGSTOP);
        assert_int_equal(system(pkill), 0);
        end_life(&life);
        while (world_processes(world) > 1)
                g_usleep(10000);
        world_open(world);
        /* a process that is being torn down may still be there */
        world_expect(world, "web:event stopped failed;");
        assert_int_equal(world_count(world, "web:event stopped failed;"), 1);
        assert_int_equal(the(world, "web")->state, DOMAIN_SHUTOFF);
        assert_int_equal(the(world, "web")->reason, DOMAIN_SHUTOFF_CRASHED);
        assert_int_equal(the(world, "once")->state, DOMAIN_RUNNING);
        assert_int_equal(world_run_entries(world), 1);
        world_close(world);
        world_forget(world);
        world_open(world);
        assert_int_equal(world_count(world, "stopped"), 0);
}

/* A QEMU that stands still when the daemon comes back. */
static void test_stopped(void **state)
{
        World *world = *state;
        g_autofree char *pkill = g_strdup_printf("pkill -STOP -U %u", world->uid_first + 1);
        g_autofree char *cont = g_strdup_printf("pkill -CONT -U %u", world->uid_first + 1);

        former_life(world, "run", (const char *const[]) { "web", NULL });
        assert_int_equal(system(pkill), 0);
        world_set(world, "monitor-timeout", "2");
        world_open(world);
        assert_int_equal(the(world, "web")->state, DOMAIN_RUNNING);
        world_expect(world, "web:unresponsive;");
        assert_int_equal(the(world, "web")->state, DOMAIN_RUNNING);
        assert_int_equal(system(cont), 0);
        world_expect(world, "web:responsive;");
        assert_int_equal(world_do(world, the(world, "web"), qemu_suspend), 0);
}

static char *status_path(const World *world, const Domain *domain)
{
        return g_build_filename(world->paths.run, "qemu", domain->uuid, QEMU_STATUS_FILE, NULL);
}

/* What cannot be understood is not touched, and not started a second time. */
static void test_damaged_status(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL), *path = NULL;
        g_autofree char *other = world_machine("other", NULL, NULL);
        g_autofree char *pkill = g_strdup_printf("pkill -KILL -U %u", world->uid_first + 1);

        world_open(world);
        assert_int_equal(world_start(world, world_define(world, xml), 0), 0);
        path = status_path(world, the(world, "web"));
        world_close(world);
        assert_true(g_file_set_contents(path, "virtbus-status 99\n\n", -1, NULL));
        world_open(world);
        settle(world);
        assert_int_equal(world_processes(world), 1);
        assert_int_equal(the(world, "web")->state, DOMAIN_SHUTOFF);
        /* its user is not given to another machine */
        assert_int_equal(world_start(world, world_define(world, other), 0), 0);
        assert_int_not_equal(world_guest(the(world, "other"))->status.uid, world->uid_first + 1);
        assert_int_equal(world_do_flags(world, the(world, "other"), qemu_destroy, 0), 0);
        assert_true(world_start(world, the(world, "web"), 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);
        assert_int_equal(world_processes(world), 1);
        /* when it has ended, by itself, nothing is in the way any more */
        assert_int_equal(system(pkill), 0);
        world_wait(world, world_run_entries(world) == 0);
        assert_int_equal(world_start(world, the(world, "web"), 0), 0);
}

/* The monitor's socket is gone, the process is known by its number and its start. */
static void test_lost_socket(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL), *socket = NULL;

        world_open(world);
        assert_int_equal(world_start(world, world_define(world, xml), 0), 0);
        socket = g_build_filename(world->paths.run, "qemu", the(world, "web")->uuid, QEMU_MONITOR_SOCKET,
                                  NULL);
        world_close(world);
        assert_int_equal(unlink(socket), 0);
        world_open(world);
        assert_int_equal(the(world, "web")->state, DOMAIN_RUNNING);
        world_expect(world, "web:unresponsive;");
        assert_int_equal(world_count(world, "web:control-error;"), 1);
        assert_true(world_do(world, the(world, "web"), qemu_suspend) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_TIMEOUT);
        assert_int_equal(world_do_flags(world, the(world, "web"), qemu_destroy, 0), 0);
        assert_int_equal(world_processes(world), 0);
}

static void test_leftover_directory(void **state)
{
        World *world = *state;
        g_autofree char *dir =
                g_build_filename(world->paths.run, "qemu", "6d1f1c0e-8f1a-4f0e-9d63-2b1b6a3f9a01", NULL);
        g_autofree char *inner = g_build_filename(dir, "display", NULL),
                        *file = g_build_filename(inner, "x", NULL);
        g_autofree char *foreign = g_build_filename(world->paths.run, "qemu", "not-a-uuid", NULL);

        assert_int_equal(g_mkdir_with_parents(inner, 0700), 0);
        assert_int_equal(g_mkdir_with_parents(foreign, 0700), 0);
        assert_true(g_file_set_contents(file, "", 0, NULL));
        world_open(world);
        assert_int_equal(world_run_entries(world), 0);
        assert_int_equal(access(foreign, F_OK), 0);
        assert_string_equal(world->record->str, "");
}

/* Directories are removed in the background, by the next life if need be; a machine may start meanwhile. */
static void test_directories_go(void **state)
{
        World *world = *state;
        g_autofree char *run = g_build_filename(world->paths.run, "qemu", NULL);
        g_autofree char *ended = g_build_filename(run, "ended-6d1f1c0e-8f1a-4f0e-9d63-2b1b6a3f9a01-7", NULL);
        g_autofree char *dir = g_build_filename(ended, "a", "b", NULL), *file = g_build_filename(dir, "x", NULL);
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain;

        assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
        assert_true(g_file_set_contents(file, "", 0, NULL));
        world_open(world);
        world_wait(world, access(ended, F_OK) < 0);
        domain = world_define(world, xml);
        for (unsigned i = 0; i < 2; i++) {
                assert_int_equal(world_start(world, domain, DOMAIN_START_PAUSED), 0);
                assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        }
        world_wait(world, count_entries(run, "ended-") == 0);
}

/* Once per boot, and not what runs already. */
static void test_autostart(void **state)
{
        World *world = *state;
        static const char *const names[] = { "a", "b", "c" };
        g_autofree char *marker = g_build_filename(world->paths.run, "qemu", "autostarted", NULL);
        g_autofree char *once = g_build_filename(world->paths.config, "qemu", "autostart", "b.xml.once", NULL);

        world_open(world);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *xml = world_machine(names[i], NULL, NULL);
                Domain *domain = world_define(world, xml);

                if (i == 0)
                        assert_int_equal(world_autostart(world, domain, true), 0);
                else if (i == 1)
                        assert_int_equal(world_autostart_once(world, domain), 0);
        }
        /* nothing was to be started: that is done for this boot */
        world_wait(world, access(marker, F_OK) == 0);
        world_close(world);
        assert_int_equal(unlink(marker), 0);

        world_forget(world);
        world_open(world);
        world_expect(world, "a:event started booted;");
        world_expect(world, "b:event started booted;");
        world_wait(world, access(marker, F_OK) == 0);
        assert_int_equal(the(world, "c")->state, DOMAIN_SHUTOFF);
        /* it was to be this time alone */
        assert_true(the(world, "a")->autostart);
        assert_false(the(world, "b")->autostart_once);
        world_wait(world, access(once, F_OK) < 0);
        assert_int_equal(world_do_flags(world, the(world, "a"), qemu_destroy, 0), 0);
        world_close(world);

        world_forget(world);
        world_open(world);
        settle(world);
        assert_int_equal(the(world, "a")->state, DOMAIN_SHUTOFF);
        assert_int_equal(the(world, "b")->state, DOMAIN_RUNNING);
        assert_int_equal(world_count(world, "started"), 0);
}

/* The daemon ends while a machine starts: the start is undone, as its caller hears. */
static void test_close_during_start(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Job *job;

        world_open(world);
        job = world_begin_start(world, world_define(world, xml));
        world_wait(world, streq(job_stage(job), "handshake"));
        job_unref(job);
        world_close(world);
        world_forget(world);
        world_open(world);
        world_wait(world, world_processes(world) == 0 && world_run_entries(world) == 0);
        assert_int_equal(the(world, "web")->state, DOMAIN_SHUTOFF);
        assert_int_equal(world_count(world, "event"), 0);
}

int main(int argc, char **argv)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_running, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_close_and_open, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_version, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_interrupted_start, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_interrupted_suspend, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_interrupted_save, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_interrupted_restore, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_gone, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_stopped, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_damaged_status, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_lost_socket, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_leftover_directory, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_directories_go, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_autostart, setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_close_during_start, setup, world_teardown),
        };

        world_require_qemu();
        if (argc > 3)
                return live(argv);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
