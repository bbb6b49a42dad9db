/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A start that fails, at whichever step, leaves nothing: no process, no directory, no descriptor, no user number. */

#include "tests/guest/world.h"

#include <dirent.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define QEMU "/usr/bin/qemu-system-x86_64"

static unsigned count_fds(void)
{
        DIR *dir = opendir("/proc/self/fd");
        unsigned n = 0;

        assert_non_null(dir);
        while (readdir(dir))
                n++;
        (void) closedir(dir);
        return n;
}

static void expect_nothing(World *world, unsigned fds)
{
        world_wait(world, world_processes(world) == 0);
        world_wait(world, world_run_entries(world) == 0);
        for (uid_t uid = world->uid_first; uid <= world->uid_last; uid++)
                assert_false(qemu_users_in_use(((QemuDriver *) world->driver)->users, uid));
        world_wait(world, count_fds() <= fds);
        assert_int_equal(world_count(world, "event started"), 0);
}

/* What the definition asks for is not there. */
static void test_missing(void **state)
{
        World *world = *state;
        static const struct {
                const char *devices, *more, *text;
        } cases[] = {
                { "<disk type='file' device='disk'><source file='/nonexistent/disk'/>"
                  "<target dev='vda' bus='virtio'/></disk>", NULL, "/nonexistent" },
                { "<disk type='block' device='disk'><source dev='/dev/null'/><target dev='vda' bus='virtio'/></disk>",
                  NULL, "/dev/null" },
                { "<interface type='bridge'><source bridge='nonexistent0'/></interface>", NULL, "nonexistent0" },
                { "<serial type='unix'><source mode='bind' path='/nonexistent/socket'/></serial>", NULL,
                  "/nonexistent" },
                { "<serial type='file'><source path='/nonexistent/log'/></serial>", NULL, "/nonexistent" },
                { "<serial type='dev'><source path='/nonexistent/tty'/></serial>", NULL, "/nonexistent" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *name = g_strdup_printf("web%zu", i);
                g_autofree char *xml = world_machine(name, cases[i].devices, cases[i].more);
                Domain *domain = world_define(world, xml);
                unsigned fds = count_fds();

                assert_true(world_start(world, domain, 0) < 0);
                if (!strstr(world->text, cases[i].text))
                        fail_msg("'%s' is not why: %s", cases[i].text, world->text);
                expect_nothing(world, fds);
                assert_int_equal(domain->state, DOMAIN_SHUTOFF);
        }
}

static void test_missing_firmware(void **state)
{
        World *world = *state;
        static const char *const parts[] = {
                "<loader readonly='yes' type='rom'>/nonexistent/bios.bin</loader>",
                "<kernel>/nonexistent/vmlinuz</kernel>",
        };

        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                g_autofree char *plain = world_machine(i == 0 ? "web" : "db", NULL, NULL), *xml = NULL;
                g_auto(GStrv) halves = g_strsplit(plain, "</os>", 2);
                unsigned fds;
                Domain *domain;

                xml = g_strjoin(NULL, halves[0], parts[i], "</os>", halves[1], NULL);
                domain = world_define(world, xml);
                fds = count_fds();
                assert_true(world_start(world, domain, 0) < 0);
                if (!strstr(world->text, "/nonexistent"))
                        fail_msg("another reason: %s", world->text);
                expect_nothing(world, fds);
        }
}

/*
 * A program that is QEMU when it is asked what it can do, and something else when it is to be a machine. Where
 * everybody may run it.
 */
static char *make_emulator(const char *directory, const char *behaviour)
{
        char *path = g_build_filename(directory, "qemu-system-x86_64", NULL);
        g_autofree char *script = g_strdup_printf("#!/bin/sh\n"
                                                  "case \"$*\" in *charmonitor*) %s ;; esac\n"
                                                  "exec " QEMU " \"$@\"\n", behaviour);

        assert_true(g_file_set_contents(path, script, -1, NULL));
        assert_int_equal(g_chmod(path, 0755), 0);
        return path;
}

static const struct {
        const char *behaviour;
        const char *text; /* NULL: the start is cancelled */
} behaviours[] = {
        { "echo the flux is gone >&2; exit 3", "the flux is gone" },
        { "kill -9 $$", "signal 9" },
        { "exit 0", "before the machine could run" },
        { "exec sleep 1000", NULL },
        { "exec " QEMU " -nonsense", "nonsense" },
};

static void fail_to_start(World *world, Domain *domain, const char *text)
{
        if (text) {
                assert_true(world_start(world, domain, 0) < 0);
                if (!strstr(world->text, text))
                        fail_msg("'%s' is not why: %s", text, world->text);
        } else {
                _cleanup_(job_unrefp) Job *job = world_begin_start(world, domain);

                world_wait(world, streq(job_stage(job), "handshake"));
                for (unsigned k = 0; k < 10; k++)
                        (void) world_run(world, 50 * USEC_PER_MSEC);
                assert_int_equal(job_cancel(job, NULL), 0);
        }
}

static void test_emulators(void **state)
{
        World *world = *state;
        g_autofree char *directory = g_dir_make_tmp("virtbus-faults-XXXXXX", NULL);
        g_autofree char *pattern = g_strconcat(directory, "/*", NULL);

        assert_int_equal(g_chmod(directory, 0755), 0);
        world_set(world, "emulator", pattern);
        for (size_t i = 0; i < ELEMENTSOF(behaviours); i++) {
                g_autofree char *path = make_emulator(directory, behaviours[i].behaviour), *xml = NULL, *plain = NULL;
                g_auto(GStrv) halves = NULL;
                Domain *domain;
                unsigned fds;

                world_close(world);
                world_open(world);
                plain = world_machine("web", NULL, NULL);
                halves = g_strsplit(plain, QEMU, 2);
                xml = g_strjoinv(path, halves);
                domain = world_find(world, "web") ?: world_define(world, xml);
                world_forget(world);
                /* the first time the emulator is asked what it can do, which is remembered */
                fail_to_start(world, domain, behaviours[i].text);
                world_wait(world, world_processes(world) == 0 && world_run_entries(world) == 0);
                fds = count_fds();
                for (unsigned k = 0; k < 3; k++) {
                        fail_to_start(world, domain, behaviours[i].text);
                        expect_nothing(world, fds);
                }
                assert_int_equal(domain->state, DOMAIN_SHUTOFF);
                assert_int_equal(g_unlink(path), 0);
        }
        assert_int_equal(g_rmdir(directory), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_missing, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_missing_firmware, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_emulators, world_setup, world_teardown),
        };

        world_require_qemu();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
