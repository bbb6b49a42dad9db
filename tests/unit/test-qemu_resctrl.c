/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_resctrl.h"
#include "drivers/qemu/qemu_threads.h"
#include "tests/unit/resctrl-fixture.h"

static DomainDef *parse(const char *tune)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='qemu'><name>web</name><memory>65536</memory><vcpu>4</vcpu><cputune>%s</cputune><os>"
                "<type arch='x86_64'>hvm</type></os></domain>", tune);
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        if (domain_def_parse(xml, strlen(xml), 0, NULL, &def, &error) < 0)
                fail_msg("%s", error.detail);
        return def;
}

#define CACHE(id) "<cache id='" id "' level='3' type='both' size='3' unit='MiB'/>"

/* Processors 0 to 3 are threads 100 to 103; an I/O thread has the number of one of them. */
static GArray *make_threads(void)
{
        GArray *threads = g_array_new(false, false, sizeof(QemuThread));

        for (uint32_t i = 0; i < 4; i++) {
                const QemuThread thread = { .vcpu = true, .id = i, .tid = 100 + (pid_t) i };

                g_array_append_val(threads, thread);
        }
        g_array_append_vals(threads, (&(QemuThread) { .id = 1, .tid = 200 }), 1);
        return threads;
}

static int open_dir(const Fixture *f)
{
        int fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        assert_true(fd >= 0);
        return fd;
}

static const Param *find(const Params *params, const char *name)
{
        const Param *param = params_find(params, name);

        if (!param)
                fail_msg("there is no %s", name);
        return param;
}

/* What belongs to the same processors is one group; a monitor of all of a group is that itself. */
static void test_groups(void **state)
{
        static const char *const gone[] = { "qemu-1-web-vcpus_0-1", "mon_groups/qemu-1-web-vcpus_3" };
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(
                "<cachetune vcpus='0-1'>" CACHE("0") "<monitor level='3' vcpus='1'/><monitor level='3' vcpus='0,1'/>"
                "</cachetune><cachetune vcpus='3'><monitor level='3' vcpus='3'/></cachetune>"
                "<memorytune vcpus='0,1'><node id='0' bandwidth='60'/><monitor vcpus='1'/></memorytune>");
        g_autoptr(GArray) threads = make_threads();
        _cleanup_params_ Params params = PARAMS_INIT;
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_close_ int dir_fd = -EBADF;
        const Fixture *f = *state;

        (void) need(state);
        dir_fd = open_dir(f);
        assert_int_equal(qemu_resctrl_check(def, &error), 0);
        if (qemu_resctrl_make(f->dir, dir_fd, "qemu-1-web", def, threads, &error) < 0)
                fail_msg("%s", error.detail);
        expect_file(state, "qemu-1-web-vcpus_0-1/schemata", "L3:0=70;1=fffff\n");
        expect_file(state, "qemu-1-web-vcpus_0-1/schemata", "MB:0=60");
        expect_file(state, "qemu-1-web-vcpus_0-1/tasks", "100\n101\n");
        expect_file(state, "qemu-1-web-vcpus_0-1/mon_groups/qemu-1-web-vcpus_1/tasks", "101\n");
        expect_file(state, "mon_groups/qemu-1-web-vcpus_3/tasks", "103\n");
        assert_false(exists(state, "qemu-1-web-vcpus_0-1/mon_groups/qemu-1-web-vcpus_0-1"));

        qemu_resctrl_add_stats(f->dir, "qemu-1-web", def, false, &params);
        qemu_resctrl_add_stats(f->dir, "qemu-1-web", def, true, &params);
        assert_int_equal(find(&params, "cpu.cache.monitor.count")->u, 3);
        assert_string_equal(find(&params, "cpu.cache.monitor.1.name")->s, "vcpus_0-1");
        assert_string_equal(find(&params, "cpu.cache.monitor.2.vcpus")->s, "3");
        assert_int_equal(find(&params, "cpu.cache.monitor.2.bank.count")->u, 1);
        assert_int_equal(find(&params, "cpu.cache.monitor.0.bank.0.bytes")->u, 65536);
        assert_int_equal(find(&params, "memory.bandwidth.monitor.count")->u, 1);
        assert_int_equal(find(&params, "memory.bandwidth.monitor.0.node.0.bytes.total")->t, 3000);

        qemu_resctrl_undo(f->dir, dir_fd);
        for (size_t i = 0; i < ELEMENTSOF(gone); i++)
                assert_false(exists(state, gone[i]));
        qemu_resctrl_undo(f->dir, dir_fd);
}

/* A start that fails leaves what it has made to the end of the machine's directory. */
static void test_failed(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def =
                parse("<cachetune vcpus='0'>" CACHE("0") "</cachetune><cachetune vcpus='1'>" CACHE("1") "</cachetune>");
        g_autoptr(GArray) threads = make_threads();
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_close_ int dir_fd = -EBADF;
        const Fixture *f = *state;

        (void) need(state);
        dir_fd = open_dir(f);
        assert_true(qemu_resctrl_make(f->dir, dir_fd, "qemu-1-web", def, threads, &error) < 0);
        assert_true(g_str_has_prefix(error.detail, "/domain/cputune/cachetune[2]/cache[1]: "));
        assert_true(exists(state, "qemu-1-web-vcpus_0"));
        qemu_resctrl_undo(f->dir, dir_fd);
        assert_false(exists(state, "qemu-1-web-vcpus_0"));
}

static void test_overlap(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(
                "<cachetune vcpus='0-1'>" CACHE("0") "</cachetune><memorytune vcpus='1-2'><node id='0' bandwidth='60'/>"
                "</memorytune>");
        _cleanup_error_ Error error = ERROR_INIT;

        assert_true(qemu_resctrl_check(def, &error) < 0);
        assert_non_null(strstr(error.detail, "/domain/cputune/memorytune[1]/@vcpus"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
                cmocka_unit_test_setup_teardown(test_failed, setup, teardown),
                cmocka_unit_test(test_overlap),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
