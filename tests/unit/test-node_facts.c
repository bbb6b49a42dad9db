/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/node_facts.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <sys/sysinfo.h>

static void test_set_parse(void **state)
{
        _cleanup_(node_set_clear) NodeSet set = {};

        assert_int_equal(node_set_parse("0-2,5,7-8\n", &set), 0);
        assert_int_equal(set.n, 9);
        for (size_t i = 0; i < set.n; i++)
                assert_int_equal(set.has[i], i <= 2 || i == 5 || i >= 7);
        node_set_clear(&set);

        assert_int_equal(node_set_parse("3", &set), 0);
        assert_int_equal(set.n, 4);
        assert_false(set.has[0]);
        assert_true(set.has[3]);
}

static void test_set_refuses(void **state)
{
        static const char *const wrong[] = { "a", "1-", "-1", "3-1", "1,,2", "0-65536", "1 2", "0-4294967295" };

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                NodeSet set = {};

                assert_int_equal(node_set_parse(wrong[i], &set), -EINVAL);
                assert_null(set.has);
        }
}

static size_t count(const NodeSet *set)
{
        size_t n = 0;

        for (size_t i = 0; i < set->n; i++)
                n += set->has[i];
        return n;
}

static void test_cpus(void **state)
{
        _cleanup_(node_set_clear) NodeSet present = {};
        _cleanup_(node_set_clear) NodeSet online = {};

        assert_int_equal(node_read_cpus(&present, &online, NULL), 0);
        assert_int_equal(count(&online), sysconf(_SC_NPROCESSORS_ONLN));
        assert_int_equal(count(&present), sysconf(_SC_NPROCESSORS_CONF));
}

static void test_cpu_times(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;
        NodeCpuTimes all, first, later;
        uint64_t sum;

        assert_int_equal(node_read_cpu_times(-1, &all, &error), 0);
        assert_int_equal(node_read_cpu_times(0, &first, &error), 0);
        assert_true(first.user <= all.user && first.idle <= all.idle && first.kernel <= all.kernel);

        /* the processors together cannot have done more than they have been there */
        sum = all.kernel + all.user + all.idle + all.iowait;
        assert_true(sum > 0);
        assert_int_equal(node_read_cpu_times(-1, &later, &error), 0);
        assert_true(later.user >= all.user);

        assert_int_equal(node_read_cpu_times(70000, &all, &error), -EINVAL);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
        error_clear(&error);
        assert_int_equal(node_read_cpu_times(-2, &all, &error), -EINVAL);
}

static void test_memory(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;
        NodeMemory host, cell;
        struct sysinfo info;

        assert_int_equal(sysinfo(&info), 0);
        assert_int_equal(node_read_memory(-1, &host, &error), 0);
        assert_int_equal(host.total, (uint64_t) info.totalram * info.mem_unit / 1024);
        assert_true(host.free > 0 && host.free < host.total);
        assert_true(host.cached < host.total);

        assert_int_equal(node_read_memory(4711, &cell, &error), -EINVAL);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
        error_clear(&error);
        assert_int_equal(node_read_memory(-2, &cell, &error), -EINVAL);
        error_clear(&error);

        if (access("/sys/devices/system/node/node0", F_OK) < 0)
                return;
        assert_int_equal(node_read_memory(0, &cell, &error), 0);
        assert_true(cell.total > 0 && cell.total <= host.total);
        assert_int_equal(cell.buffers, 0);
}

static void test_topology(void **state)
{
        NodeTopology t;

        assert_int_equal(node_read_topology(&t, NULL), 0);
        assert_int_equal(t.cpus, sysconf(_SC_NPROCESSORS_ONLN));
        assert_int_equal(t.nodes * t.sockets * t.cores * t.threads, t.cpus);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_set_parse), cmocka_unit_test(test_set_refuses),
                cmocka_unit_test(test_cpus),      cmocka_unit_test(test_cpu_times),
                cmocka_unit_test(test_memory),    cmocka_unit_test(test_topology),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
