/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/node.h"

#include "drivers/host/node_suspend.h"

#include <setjmp.h>
#include <stdarg.h>

#include <string.h>

#include <cmocka.h>
#include <glib/gstdio.h>
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

        assert_int_equal(node_read_cpus("/", &present, &online, NULL), 0);
        assert_int_equal(count(&online), sysconf(_SC_NPROCESSORS_ONLN));
        assert_int_equal(count(&present), sysconf(_SC_NPROCESSORS_CONF));
}

static void test_cpu_times(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;
        NodeCpuTimes all, first, later;
        uint64_t sum;

        assert_int_equal(node_read_cpu_times("/", -1, &all, &error), 0);
        assert_int_equal(node_read_cpu_times("/", 0, &first, &error), 0);
        assert_true(first.user <= all.user && first.idle <= all.idle && first.kernel <= all.kernel);

        /* the processors together cannot have done more than they have been there */
        sum = all.kernel + all.user + all.idle + all.iowait;
        assert_true(sum > 0);
        assert_int_equal(node_read_cpu_times("/", -1, &later, &error), 0);
        assert_true(later.user >= all.user);

        assert_int_equal(node_read_cpu_times("/", 70000, &all, &error), -EINVAL);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
        error_clear(&error);
        assert_int_equal(node_read_cpu_times("/", -2, &all, &error), -EINVAL);
}

static void test_memory(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;
        NodeMemory host, cell;
        struct sysinfo info;

        assert_int_equal(sysinfo(&info), 0);
        assert_int_equal(node_read_memory("/", -1, &host, &error), 0);
        assert_int_equal(host.total, (uint64_t) info.totalram * info.mem_unit / 1024);
        assert_true(host.free > 0 && host.free < host.total);
        assert_true(host.cached < host.total);

        assert_int_equal(node_read_memory("/", 4711, &cell, &error), -EINVAL);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
        error_clear(&error);
        assert_int_equal(node_read_memory("/", -2, &cell, &error), -EINVAL);
        error_clear(&error);

        if (access("/sys/devices/system/node/node0", F_OK) < 0)
                return;
        assert_int_equal(node_read_memory("/", 0, &cell, &error), 0);
        assert_true(cell.total > 0 && cell.total <= host.total);
        assert_int_equal(cell.buffers, 0);
}

static void test_topology(void **state)
{
        NodeTopology t;

        assert_int_equal(node_read_topology("/", &t, NULL), 0);
        assert_int_equal(t.cpus, sysconf(_SC_NPROCESSORS_ONLN));
        assert_int_equal(t.nodes * t.sockets * t.cores * t.threads, t.cpus);
}

/* A made-up host beneath a directory. */
static int setup_root(void **state)
{
        g_autofree char *root = g_dir_make_tmp("node-XXXXXX", NULL);

        assert_non_null(root);
        *state = g_steal_pointer(&root);
        return 0;
}

static int teardown_root(void **state)
{
        g_autofree char *root = *state, *command = g_strdup_printf("rm -rf '%s'", root);

        return g_spawn_command_line_sync(command, NULL, NULL, NULL, NULL) ? 0 : -1;
}

static void put(const char *root, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(root, name, NULL), *dir = g_path_get_dirname(path);

        assert_int_equal(g_mkdir_with_parents(dir, 0700), 0);
        assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void assert_file(const char *root, const char *name, const char *text)
{
        g_autofree char *contents = NULL;

        assert_int_equal(node_read_text(root, name, &contents, NULL), 0);
        assert_string_equal(contents, text);
}

#define POOL(node, leaf) "sys/devices/system/node/node" node "/hugepages/hugepages-2048kB/" leaf

static void put_two_nodes(const char *root)
{
        put(root, "sys/devices/system/node/online", "0-1\n");
        put(root, "sys/devices/system/node/node0/meminfo",
            "Node 0 MemTotal:       4000 kB\nNode 0 MemFree:        400 kB\n");
        put(root, "sys/devices/system/node/node1/meminfo",
            "Node 1 MemTotal:       8000 kB\nNode 1 MemFree:        800 kB\n");
        put(root, POOL("0", "free_hugepages"), "3\n");
        put(root, POOL("1", "free_hugepages"), "5\n");
        put(root, POOL("0", "nr_hugepages"), "4\n");
        put(root, POOL("1", "nr_hugepages"), "6\n");
}

static void test_free_pages(void **state)
{
        const uint32_t sizes[] = { 4, 2048 }, unknown[] = { 3 };
        _cleanup_error_ Error error = ERROR_INIT;
        uint64_t counts[4];

        put_two_nodes(*state);
        assert_int_equal(node_count_cells(*state), 2);
        assert_int_equal(node_read_free_pages(*state, 0, 2, sizes, 2, counts, NULL), 0);
        assert_int_equal(counts[0], 100);
        assert_int_equal(counts[1], 3);
        assert_int_equal(counts[2], 200);
        assert_int_equal(counts[3], 5);
        assert_int_equal(node_read_free_pages(*state, 1, 1, sizes + 1, 1, counts, NULL), 0);
        assert_int_equal(counts[0], 5);

        assert_true(node_read_free_pages(*state, 0, 1, unknown, 1, counts, &error) < 0);
        assert_string_equal(error.detail, "page size 3 is not available on node 0");
        assert_true(node_read_free_pages(*state, 2, 1, sizes, 1, counts, NULL) < 0);
        assert_true(node_read_free_pages(*state, 1, 2, sizes, 1, counts, NULL) < 0);
}

static void test_alloc_pages(void **state)
{
        const NodePages huge = { 2048, 10 }, plain = { 4, 10 }, unknown = { 3, 10 };
        uint32_t n = 0;

        put_two_nodes(*state);
        assert_int_equal(node_alloc_pages(*state, 0, 2, &huge, 1, false, &n, NULL), 0);
        assert_int_equal(n, 2);
        assert_file(*state, POOL("0", "nr_hugepages"), "10");
        assert_file(*state, POOL("1", "nr_hugepages"), "10");
        put_two_nodes(*state);
        assert_int_equal(node_alloc_pages(*state, 1, 1, &huge, 1, true, &n, NULL), 0);
        assert_int_equal(n, 1);
        assert_file(*state, POOL("0", "nr_hugepages"), "4\n");
        assert_file(*state, POOL("1", "nr_hugepages"), "16");
        assert_true(node_alloc_pages(*state, 0, 1, &plain, 1, true, &n, NULL) < 0);
        assert_true(node_alloc_pages(*state, 0, 1, &unknown, 1, true, &n, NULL) < 0);
        assert_true(node_alloc_pages(*state, 2, 1, &huge, 1, true, &n, NULL) < 0);
}

#define KSM(leaf) "sys/kernel/mm/ksm/" leaf

static void test_memory_parameters(void **state)
{
        _cleanup_params_ Params none = PARAMS_INIT, params = PARAMS_INIT, change = PARAMS_INIT;
        _cleanup_error_ Error error = ERROR_INIT;

        assert_true(node_read_memory_parameters(*state, &none, NULL) < 0);
        put(*state, KSM("pages_to_scan"), "100\n");
        put(*state, KSM("full_scans"), "5000000000\n");
        assert_int_equal(node_read_memory_parameters(*state, &params, NULL), 0);
        assert_int_equal(params.n, 2);
        assert_int_equal(params_find(&params, "shm_pages_to_scan")->u, 100);
        assert_int_equal(params_find(&params, "shm_full_scans")->t, UINT64_C(5000000000));

        params_add_u32(&change, "shm_pages_to_scan", 7);
        assert_int_equal(node_write_memory_parameters(*state, &change, NULL), 0);
        assert_file(*state, KSM("pages_to_scan"), "7");
        /* what is wrong is refused before anything is written */
        change.items[0].u = 8;
        params_add_u64(&change, "shm_full_scans", 1);
        assert_true(node_write_memory_parameters(*state, &change, &error) < 0);
        assert_string_equal(error.detail, "parameter 'shm_full_scans' not supported");
        assert_file(*state, KSM("pages_to_scan"), "7");
        change.n = 1;
        change.items[0].type = PARAM_STRING;
        change.items[0].s = "8";
        assert_true(node_write_memory_parameters(*state, &change, NULL) < 0);
}

static void test_cpu_features(void **state)
{
        _cleanup_(node_cpu_clear) NodeCpu cpu = {};

        put(*state, "proc/cpuinfo",
            "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 143\nmodel name\t: A 7\n"
            "stepping\t: 8\nmicrocode\t: 0x2b\nflags\t\t: fpu sse4_1 pclmulqdq fpu nopl\n"
            "address sizes\t: 46 bits physical, 48 bits virtual\n\nprocessor\t: 1\nmodel\t\t: 1\n");
        assert_int_equal(node_read_cpu(*state, &cpu, NULL), 0);
        assert_string_equal(cpu.vendor, "GenuineIntel");
        assert_true(cpu.family == 6 && cpu.model == 143 && cpu.stepping == 8);
        assert_true(cpu.microcode == 0x2b && cpu.physical_bits == 46);
}

/* What the kernel tells is part of what the processor says. */
static void test_processor(void **state)
{
        static const char *const words[] = { "fpu", "sse2", "cx16", "avx2", "bmi2", "lahf_lm", "invtsc" };
        static const char *const flags[] = { "fpu", "sse2", "cx16", "avx2", "bmi2", "lahf_lm", "nonstop_tsc" };
        const CpuFeatures features = node_cpu_features();
        _cleanup_(node_cpu_clear) NodeCpu cpu = {};
        g_autofree char *text = NULL;
        size_t n = 0;

        assert_int_equal(node_read_cpu("/", &cpu, NULL), 0);
        assert_int_equal(node_read_text("/", "proc/cpuinfo", &text, NULL), 0);
        if (!cpu.vendor) {
                print_message("this is no x86 processor, of others nothing is told\n");
                assert_true(cpu_features_is_empty(&features));
                return;
        }
        assert_true(streq_ptr(features.vendor, cpu_vendor_word(cpu.vendor)));
        assert_true(features.family == cpu.family && features.model == cpu.model && features.stepping == cpu.stepping);
        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                g_autofree char *flag = g_strconcat(" ", flags[i], " ", NULL);

                if (!strstr(text, flag))
                        continue;
                n++;
                assert_true(cpu_features_has_name(&features, words[i]));
        }
        assert_true(n >= 3);
}

static void test_sysinfo(void **state)
{
        g_autofree char *text = NULL;

        assert_true(node_read_sysinfo(*state, &text, NULL) < 0);
        put(*state, "sys/class/dmi/id/bios_vendor", "  A & B\n");
        put(*state, "sys/class/dmi/id/product_name", "Box\xff\n");
        put(*state, "sys/class/dmi/id/product_sku", "\n");
        assert_int_equal(node_read_sysinfo(*state, &text, NULL), 0);
        assert_string_equal(text, "<sysinfo type='smbios'>\n  <bios>\n    <entry name='vendor'>A &amp; B</entry>\n"
                                  "  </bios>\n  <system>\n    <entry name='product'>Box\xef\xbf\xbd</entry>\n"
                                  "  </system>\n</sysinfo>\n");
}

#define ALARM "sys/class/rtc/rtc0/wakealarm"

typedef struct Sleep {
        sd_event *event;
        JobManager *jobs;
        NodeSuspend config;
        bool done;
        char *text;
} Sleep;

static void on_slept(Job *job, Error *error, void *userdata)
{
        Sleep *sleep_ = userdata;

        sleep_->done = true;
        sleep_->text = error ? error_message(error) : NULL;
}

static bool alarm_is(const char *root, const char *text)
{
        g_autofree char *contents = NULL;

        assert_int_equal(node_read_text(root, ALARM, &contents, NULL), 0);
        return streq(contents, text);
}

/* Lets the host sleep with a tool of these words; returns the error's text. */
static char *sleep_with(const char *root, const char *script, NodeSuspendTarget target)
{
        g_autofree char *tool = g_build_filename(root, "tool", NULL);
        _cleanup_(job_unrefp) Job *job = NULL;
        Sleep s = { .config = { .root = root, .tool = tool } };

        put(root, "tool", script);
        assert_int_equal(g_chmod(tool, 0755), 0);
        s.config.libexec_dir = g_path_get_dirname(g_getenv("VIRTBUS_EXEC"));
        assert_true(sd_event_new(&s.event) >= 0);
        s.config.event = s.event;
        assert_int_equal(worker_pool_new(s.event, 2, &s.config.workers), 0);
        s.jobs = job_manager_new(s.event);
        assert_int_equal(job_new(s.jobs, "suspend", NULL, NULL, &job, NULL), 0);
        assert_int_equal(node_suspend(&s.config, target, 90, job, NULL), 1);
        job_on_completed(job, on_slept, &s);
        while (!s.done)
                assert_true(sd_event_run(s.event, UINT64_MAX) >= 0);
        /* a worker takes the alarm back */
        while (s.text && !alarm_is(root, "0"))
                assert_true(sd_event_run(s.event, 10 * USEC_PER_MSEC) >= 0);
        g_clear_pointer(&job, job_unref);
        job_manager_free(s.jobs);
        worker_pool_free(s.config.workers);
        sd_event_unref(s.event);
        g_free((char *) s.config.libexec_dir);
        return s.text;
}

static void test_suspend(void **state)
{
        g_autofree char *ok = NULL, *words = NULL, *refused = NULL, *out = NULL;

        put(*state, ALARM, "");
        out = g_build_filename(*state, "called", NULL);
        words = g_strdup_printf("#!/bin/sh\necho \"$*\" >'%s'\n", out);
        ok = sleep_with(*state, words, NODE_SUSPEND_HYBRID);
        if (ok)
                fail_msg("%s", ok);
        assert_file(*state, "called", "hybrid-sleep\n");
        assert_true(alarm_is(*state, "+90"));

        refused = sleep_with(*state, "#!/bin/sh\necho 'someone is at work' >&2\nexit 1\n", NODE_SUSPEND_MEM);
        assert_non_null(refused);
        assert_non_null(strstr(refused, "someone is at work"));
        assert_true(alarm_is(*state, "0"));
}

static void test_suspend_refuses(void **state)
{
        const NodeSuspend config = {};
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(node_suspend(&config, NODE_SUSPEND_MEM, 59, NULL, &error), -EINVAL);
        assert_string_equal(error.detail, "Suspend duration is too short");
        assert_int_equal(node_suspend(&config, 3, 90, NULL, NULL), -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_free_pages, setup_root, teardown_root),
                cmocka_unit_test_setup_teardown(test_alloc_pages, setup_root, teardown_root),
                cmocka_unit_test_setup_teardown(test_memory_parameters, setup_root, teardown_root),
                cmocka_unit_test(test_processor),
                cmocka_unit_test_setup_teardown(test_cpu_features, setup_root, teardown_root),
                cmocka_unit_test_setup_teardown(test_sysinfo, setup_root, teardown_root),
                cmocka_unit_test_setup_teardown(test_suspend, setup_root, teardown_root),
                cmocka_unit_test(test_suspend_refuses),
                cmocka_unit_test(test_set_parse), cmocka_unit_test(test_set_refuses),
                cmocka_unit_test(test_cpus),      cmocka_unit_test(test_cpu_times),
                cmocka_unit_test(test_memory),    cmocka_unit_test(test_topology),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
