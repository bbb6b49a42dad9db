/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/cgroup.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

/* The real cgroups of this machine, of either version, beneath a group of this test. */

typedef struct Fixture {
        Cgroups *groups;
        char *base;
        char *path;
        Cgroup *group;
} Fixture;

static int setup(void **state)
{
        Fixture *fixture = g_new0(Fixture, 1);
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(cgroups_open(&fixture->groups, &error), 0);
        fixture->base = g_strdup_printf("/virtbus-test-%d", (int) getpid());
        fixture->path = g_strconcat(fixture->base, "/part.partition/qemu-1-a b.virtbus", NULL);
        *state = fixture;
        if (cgroup_create(fixture->groups, fixture->path, 0, CGROUP_ALL, 0, &fixture->group, &error) < 0) {
                g_autofree char *text = error_message(&error);

                print_message("skipped: this machine's cgroups cannot be written: %s\n", text);
        } else if (!cgroup_has(fixture->group, CGROUP_CPU)) {
                print_message("skipped: this machine has no cgroups for processor time\n");
                fixture->group = cgroup_unref(fixture->group);
        }
        return 0;
}

static int teardown(void **state)
{
        Fixture *fixture = *state;

        fixture->group = cgroup_unref(fixture->group);
        assert_int_equal(cgroups_remove(fixture->groups, fixture->base, NULL), 0);
        cgroups_unref(fixture->groups);
        g_free(fixture->base);
        g_free(fixture->path);
        g_free(fixture);
        return 0;
}

static Fixture *need(void **state, CgroupController controller)
{
        Fixture *fixture = *state;

        if (!fixture->group)
                skip();
        if (!cgroup_has(fixture->group, controller)) {
                print_message("skipped: no hierarchy has controller %d\n", (int) controller);
                skip();
        }
        return fixture;
}

static void assert_value(const Cgroup *group, CgroupValue value, int64_t expected)
{
        int64_t number = -1;

        assert_int_equal(cgroup_get(group, value, &number), 0);
        assert_int_equal(number, expected);
}

static void test_find_again(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPU);
        _cleanup_(cgroup_unrefp) Cgroup *again = NULL, *nothing = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *absent = g_strconcat(fixture->base, "/absent", NULL);

        assert_int_equal(cgroup_open(fixture->groups, fixture->path, &again, &error), 0);
        assert_string_equal(cgroup_path(again), fixture->path);
        for (CgroupController i = 0; i < _CGROUP_CONTROLLER_MAX; i++)
                assert_int_equal(cgroup_has(again, i), cgroup_has(fixture->group, i));
        assert_true(cgroup_open(fixture->groups, absent, &nothing, &error) < 0);
        assert_int_equal(cgroups_remove(fixture->groups, absent, NULL), 0);
}

static void test_climbing_out(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPU);
        _cleanup_(cgroup_unrefp) Cgroup *group = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        assert_true(cgroup_create(fixture->groups, "/a/../../b", 0, CGROUP_ALL, 0, &group, &error) < 0);
        assert_non_null(strstr(error.detail, "/a/../../b"));
}

/* What a former life left there, empty, is in nobody's way; what is in use is. */
static void test_made_anew(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPU);
        _cleanup_(cgroup_unrefp) Cgroup *threads = NULL, *again = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(cgroup_create_threads(fixture->group, "vcpu0", &threads, &error), 0);
        assert_int_equal(cgroup_create(fixture->groups, fixture->path, 0, CGROUP_ALL, 0, &again, &error), 0);
        threads = cgroup_unref(threads);
        assert_true(cgroup_open_threads(again, "vcpu0", &threads, NULL) < 0);
}

static void test_bandwidth(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPU);
        _cleanup_error_ Error error = ERROR_INIT;

        assert_value(fixture->group, CGROUP_CPU_QUOTA, CGROUP_UNLIMITED);
        assert_value(fixture->group, CGROUP_CPU_PERIOD, 100000);
        assert_int_equal(cgroup_set_bandwidth(fixture->group, 50000, 20000, &error), 0);
        assert_value(fixture->group, CGROUP_CPU_QUOTA, 20000);
        assert_value(fixture->group, CGROUP_CPU_PERIOD, 50000);
        assert_int_equal(cgroup_set_bandwidth(fixture->group, 1000000, -1, &error), 0);
        assert_value(fixture->group, CGROUP_CPU_QUOTA, CGROUP_UNLIMITED);
        assert_value(fixture->group, CGROUP_CPU_PERIOD, 1000000);
        assert_true(cgroup_set_bandwidth(fixture->group, 999, -1, &error) < 0);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
        assert_non_null(strstr(error.detail, "1000 to 1000000"));
        error_clear(&error);
        assert_true(cgroup_set_bandwidth(fixture->group, 1000, 999, &error) < 0);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
}

static void test_shares(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPU);
        bool v2 = cgroup_is_v2(fixture->group, CGROUP_CPU);
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(cgroup_set(fixture->group, CGROUP_CPU_SHARES, 700, 0, &error), 0);
        assert_value(fixture->group, CGROUP_CPU_SHARES, 700);
        assert_true(cgroup_set(fixture->group, CGROUP_CPU_SHARES, v2 ? 10001 : 262145, 0, &error) < 0);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
        assert_non_null(strstr(error.detail, v2 ? "1 to 10000" : "2 to 262144"));
}

static void test_memory(void **state)
{
        Fixture *fixture = need(state, CGROUP_MEMORY);
        _cleanup_error_ Error error = ERROR_INIT;
        int64_t swap;
        uint64_t used = UINT64_MAX;

        assert_value(fixture->group, CGROUP_MEMORY_HARD, CGROUP_UNLIMITED);
        assert_int_equal(cgroup_set(fixture->group, CGROUP_MEMORY_SOFT, 64 * 1024, 0, &error), 0);
        assert_value(fixture->group, CGROUP_MEMORY_SOFT, 64 * 1024);
        assert_int_equal(cgroup_get_memory_used(fixture->group, &used), 0);
        assert_true(used < 64 * 1024);
        assert_int_equal(cgroup_set_memory(fixture->group, 128 * 1024, CGROUP_UNLIMITED, &error), 0);
        assert_value(fixture->group, CGROUP_MEMORY_HARD, 128 * 1024);
        if (cgroup_get(fixture->group, CGROUP_MEMORY_SWAP, &swap) < 0) {
                print_message("skipped: the kernel does not count swap\n");
                return;
        }
        /* up and down, together with the lower limit */
        for (int64_t mib = 512; mib >= 256; mib -= 256) {
                assert_int_equal(cgroup_set_memory(fixture->group, mib * 1024, (mib + 8) * 1024, &error), 0);
                assert_value(fixture->group, CGROUP_MEMORY_HARD, mib * 1024);
                assert_value(fixture->group, CGROUP_MEMORY_SWAP, (mib + 8) * 1024);
        }
        assert_int_equal(cgroup_set_memory(fixture->group, CGROUP_UNLIMITED, CGROUP_UNLIMITED, &error), 0);
        assert_value(fixture->group, CGROUP_MEMORY_HARD, CGROUP_UNLIMITED);
        assert_value(fixture->group, CGROUP_MEMORY_SWAP, CGROUP_UNLIMITED);
}

static void test_nodes(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPUSET);
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *nodes = NULL;

        assert_int_equal(cgroup_set_nodes(fixture->group, "0", &error), 0);
        assert_int_equal(cgroup_get_nodes(fixture->group, &nodes), 0);
        assert_string_equal(nodes, "0");
        assert_true(cgroup_set_nodes(fixture->group, "1000", &error) < 0);
        assert_non_null(strstr(error.detail, "'1000'"));
}

/* A disk of this machine whose limits the kernel keeps. */
static dev_t some_disk(void)
{
        static const char *const paths[] = { "/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/loop0" };
        struct stat st;

        for (size_t i = 0; i < ELEMENTSOF(paths); i++)
                if (stat(paths[i], &st) >= 0 && S_ISBLK(st.st_mode))
                        return st.st_rdev;
        print_message("skipped: this machine has no disk\n");
        skip();
        return 0;
}

/* What the kernel says of the disk in the file of limits that it has. */
static char *read_limits(const Fixture *fixture, const char *v1_file)
{
        bool v2 = cgroup_is_v2(fixture->group, CGROUP_IO);
        g_autofree char *path = g_build_filename(v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/blkio", fixture->path,
                                                 v2 ? "io.max" : v1_file, NULL);
        char *text = NULL;

        assert_int_equal(read_file_at(AT_FDCWD, path, 4096, &text, NULL), 0);
        return text;
}

static void test_disks(void **state)
{
        static const char *const v1_files[] = { "blkio.throttle.read_iops_device", "blkio.throttle.write_iops_device",
                                                "blkio.throttle.read_bps_device", "blkio.throttle.write_bps_device" };
        static const char *const v2_keys[] = { "riops", "wiops", "rbps", "wbps" };
        Fixture *fixture = need(state, CGROUP_IO);
        bool v2 = cgroup_is_v2(fixture->group, CGROUP_IO);
        _cleanup_error_ Error error = ERROR_INIT;
        dev_t disk = some_disk();

        for (size_t i = 0; i < ELEMENTSOF(v1_files); i++) {
                g_autofree char *before = NULL, *after = NULL, *number = g_strdup_printf("%zu", 7000 + i);
                g_autofree char *pair = g_strconcat(v2_keys[i], "=", number, NULL);

                assert_int_equal(cgroup_set(fixture->group, CGROUP_IO_READ_IOPS + i, 7000 + (int64_t) i, disk, &error),
                                 0);
                before = read_limits(fixture, v1_files[i]);
                assert_non_null(strstr(before, v2 ? pair : number));
                assert_int_equal(cgroup_set(fixture->group, CGROUP_IO_READ_IOPS + i, 0, disk, &error), 0);
                after = read_limits(fixture, v1_files[i]);
                assert_null(strstr(after, number));
        }
}

static void test_weight(void **state)
{
        Fixture *fixture = need(state, CGROUP_IO);
        _cleanup_error_ Error error = ERROR_INIT;

        if (cgroup_set(fixture->group, CGROUP_IO_WEIGHT, 300, 0, &error) >= 0) {
                assert_value(fixture->group, CGROUP_IO_WEIGHT, 300);
                return;
        }
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(error.detail, "weight of disks"));
}

/* A process that burns time until it is killed. */
static pid_t burn(void)
{
        pid_t pid = fork();

        if (pid == 0)
                for (;;)
                        ;
        assert_true(pid > 0);
        return pid;
}

static void reap(pid_t pid)
{
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_processes(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPU);
        _cleanup_error_ Error error = ERROR_INIT;
        CgroupCpuTime time = {};
        uint64_t of_one = 0, sum = 0;
        pid_t pid = burn();

        /* a tenth of a processor */
        assert_int_equal(cgroup_set_bandwidth(fixture->group, 20000, 2000, &error), 0);
        assert_int_equal(cgroup_add_process(fixture->group, pid, &error), 0);
        g_usleep(1000 * 1000);
        assert_int_equal(cgroup_get_cpu_time(fixture->group, &time), 0);
        assert_true(time.total > 0 && time.total < 300 * USEC_PER_MSEC * NSEC_PER_USEC);
        if (cgroup_get_cpu_time_of(fixture->group, 0, &of_one) >= 0) {
                for (uint32_t i = 0; cgroup_get_cpu_time_of(fixture->group, i, &of_one) >= 0; i++)
                        sum += of_one;
                assert_true(sum >= time.total);
        }
        reap(pid);
}

static void test_threads(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPU);
        _cleanup_(cgroup_unrefp) Cgroup *threads = NULL, *again = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        pid_t pid = burn();

        assert_int_equal(cgroup_add_process(fixture->group, pid, &error), 0);
        assert_int_equal(cgroup_create_threads(fixture->group, "vcpu0", &threads, &error), 0);
        assert_int_equal(cgroup_set_bandwidth(threads, 50000, 5000, &error), 0);
        assert_int_equal(cgroup_add_thread(threads, pid, &error), 0);
        assert_int_equal(cgroup_open_threads(fixture->group, "vcpu0", &again, &error), 0);
        assert_value(again, CGROUP_CPU_QUOTA, 5000);
        reap(pid);
        /* it has ended */
        assert_int_equal(cgroup_add_thread(threads, pid, &error), 1);
}

static void test_entries(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPU);
        _cleanup_error_ Error error = ERROR_INIT;
        int fds[_CGROUP_CONTROLLER_MAX];
        int n = cgroup_open_entries(fixture->group, fds, &error);

        assert_true(n >= 1 && n <= (int) ELEMENTSOF(fds));
        while (n > 0)
                assert_int_equal(close(fds[--n]), 0);
}

/* Its process is gone a little later. */
static void test_removed_under_load(void **state)
{
        Fixture *fixture = need(state, CGROUP_CPU);
        _cleanup_(cgroup_unrefp) Cgroup *threads = NULL, *gone = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        pid_t pid = burn();

        assert_int_equal(cgroup_create_threads(fixture->group, "emulator", &threads, &error), 0);
        assert_int_equal(cgroup_add_process(fixture->group, pid, &error), 0);
        assert_int_equal(kill(pid, SIGKILL), 0);
        assert_int_equal(cgroups_remove(fixture->groups, fixture->path, &error), 0);
        assert_true(cgroup_open(fixture->groups, fixture->path, &gone, NULL) < 0);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_find_again, setup, teardown),
                cmocka_unit_test_setup_teardown(test_climbing_out, setup, teardown),
                cmocka_unit_test_setup_teardown(test_made_anew, setup, teardown),
                cmocka_unit_test_setup_teardown(test_bandwidth, setup, teardown),
                cmocka_unit_test_setup_teardown(test_shares, setup, teardown),
                cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nodes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_disks, setup, teardown),
                cmocka_unit_test_setup_teardown(test_weight, setup, teardown),
                cmocka_unit_test_setup_teardown(test_processes, setup, teardown),
                cmocka_unit_test_setup_teardown(test_threads, setup, teardown),
                cmocka_unit_test_setup_teardown(test_entries, setup, teardown),
                cmocka_unit_test_setup_teardown(test_removed_under_load, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
