/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A host with resctrl, as far as tests/unit/resctrl-fs.c stands in for the kernel. */

#include "drivers/host/resctrl.h"
#include "service/base/util.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define WAIT_USEC (10 * USEC_PER_SEC)

typedef struct Fixture {
        char *dir, *mount;
        GPid server;
        Resctrl *resctrl;
} Fixture;

static void put(const char *dir, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(dir, name, NULL), *parent = g_path_get_dirname(path);

        assert_int_equal(g_mkdir_with_parents(parent, 0755), 0);
        assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* A cache of 20 MiB in 20 parts, of which those in no group have left 16; one of level 2, divided for code and data. */
static void fill(const char *dir)
{
        static const char *const files[][2] = {
                { "back/info/L3/cbm_mask", "fffff\n" },
                { "back/info/L3/min_cbm_bits", "2\n" },
                { "back/info/L2CODE/cbm_mask", "ff\n" },
                { "back/info/L2DATA/cbm_mask", "ff\n" },
                { "back/info/MB/bandwidth_gran", "10\n" },
                { "back/info/MB/min_bandwidth", "20\n" },
                { "back/info/L3_MON/mon_features", "llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n" },
                { "back/info/last_cmd_status", "ok\n" },
                { "back/schemata", "L2CODE:0=ff\nL2DATA:0=f0\n    L3:0=0000f;1=fffff\n    MB:0=100\n" },
                { "back/full", "L2CODE:0=ff\nL2DATA:0=ff\n    L3:0=fffff;1=fffff\n    MB:0=100\n" },
                { "back/tasks", "" },
                { "back/mon_groups/x", "" },
                { "back/mon_data/x", "" },
                { "sys/devices/system/cpu/cpu0/cache/index2/level", "2\n" },
                { "sys/devices/system/cpu/cpu0/cache/index2/id", "0\n" },
                { "sys/devices/system/cpu/cpu0/cache/index2/size", "1024K\n" },
                { "sys/devices/system/cpu/cpu0/cache/index3/level", "3\n" },
                { "sys/devices/system/cpu/cpu0/cache/index3/id", "0\n" },
                { "sys/devices/system/cpu/cpu0/cache/index3/size", "20480K\n" },
                { "sys/devices/system/cpu/cpu1/cache/index3/level", "3\n" },
                { "sys/devices/system/cpu/cpu1/cache/index3/id", "1\n" },
                { "sys/devices/system/cpu/cpu1/cache/index3/size", "20480K\n" },
        };

        for (size_t i = 0; i < ELEMENTSOF(files); i++)
                put(dir, files[i][0], files[i][1]);
}

static bool is_served(const Fixture *f)
{
        g_autofree char *tasks = g_build_filename(f->mount, "tasks", NULL);

        return access(tasks, F_OK) == 0;
}

static void stop(Fixture *f)
{
        if (f->server <= 0)
                return;
        (void) umount2(f->mount, MNT_DETACH);
        (void) kill(f->server, SIGTERM);
        (void) waitpid(f->server, NULL, 0);
        f->server = 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;
        const char *const argv[] = { "rm", "-rf", f->dir, NULL };

        resctrl_free(f->resctrl);
        stop(f);
        assert_true(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
        g_free(f->mount);
        g_free(f->dir);
        g_free(f);
        return 0;
}

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);
        g_autofree char *back = NULL, *info = NULL;
        const char *argv[] = { getenv("VIRTBUS_RESCTRL_FS"), NULL, NULL, NULL };
        _cleanup_error_ Error error = ERROR_INIT;
        int status;

        f->dir = g_dir_make_tmp("test-resctrl-XXXXXX", NULL);
        f->mount = g_build_filename(f->dir, "mount point", NULL);
        *state = f;
        fill(f->dir);
        put(f->mount, "../proc/self/mountinfo", "");
        argv[1] = back = g_build_filename(f->dir, "back", NULL);
        argv[2] = f->mount;
        assert_int_equal(g_mkdir_with_parents(f->mount, 0755), 0);
        if (!argv[0] || access("/dev/fuse", R_OK | W_OK) < 0)
                return 0;
        assert_true(g_spawn_async(NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &f->server, NULL));
        for (uint64_t waited = 0; !is_served(f) && waited < WAIT_USEC; waited += 10 * USEC_PER_MSEC) {
                if (waitpid(f->server, &status, WNOHANG) == f->server) {
                        f->server = 0;
                        return 0;
                }
                g_usleep(10 * USEC_PER_MSEC);
        }
        info = g_strdup_printf("30 1 0:25 / %s/mount\\040point rw - resctrl resctrl rw\n", f->dir);
        put(f->dir, "proc/self/mountinfo", info);
        assert_int_equal(resctrl_open(f->dir, &f->resctrl, &error), 0);
        return 0;
}

/* Skips where programs cannot serve file systems. */
static const Resctrl *need(void **state)
{
        const Fixture *f = *state;

        if (!f->resctrl) {
                print_message("skipped: file systems of programs (FUSE) cannot be mounted here\n");
                skip();
        }
        return f->resctrl;
}

/* What the file of a group says; as far as it is there. */
static void expect_file(void **state, const char *file, const char *text)
{
        const Fixture *f = *state;
        g_autofree char *path = g_build_filename(f->mount, file, NULL), *found = NULL;

        if (!g_file_get_contents(path, &found, NULL, NULL))
                fail_msg("there is no %s", path);
        if (!strstr(found, text))
                fail_msg("'%s' is not in %s: %s", text, file, found);
}

static bool exists(void **state, const char *file)
{
        const Fixture *f = *state;
        g_autofree char *path = g_build_filename(f->mount, file, NULL);

        return access(path, F_OK) == 0;
}
