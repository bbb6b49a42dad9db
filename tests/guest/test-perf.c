/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_guest.h"
#include "tests/guest/world.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/syscall.h>

/* Events that the kernel counts for a machine; those of the processor are counted where it has counters. */

static bool host_counts(uint32_t type, uint64_t config)
{
        struct perf_event_attr attr = { .type = type, .size = sizeof(attr), .config = config };
        _cleanup_close_ int fd = (int) syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

        return fd >= 0;
}

static void skip_without_events(void)
{
        if (host_counts(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK))
                return;
        print_message("skipped: this host's kernel counts no events\n");
        skip();
}

/* A machine whose firmware finds nothing to boot, again and again: it keeps its processor busy. */
static Domain *define(World *world, const char *name, const char *events)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='qemu'><name>%s</name><memory unit='MiB'>64</memory><perf>%s</perf>"
                "<os><type arch='x86_64' machine='q35'>hvm</type><bios rebootTimeout='0'/></os>"
                "<devices><emulator>/usr/bin/qemu-system-x86_64</emulator></devices></domain>", name, events);

        return world_define(world, xml);
}

static bool read_event(Domain *domain, const char *name, uint64_t *ret)
{
        _cleanup_params_ Params params = PARAMS_INIT;
        const Param *param;

        qemu_get_stats(domain, DOMAIN_STATS_PERF, &params);
        param = params_find(&params, name);
        if (param)
                *ret = param->t;
        return param;
}

typedef struct Wish {
        const char *event;
        bool counted;
} Wish;

static const Wish *wish;

static int edit(Domain *domain, Job *job, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *change = domain_edit_new(DOMAIN_EDIT_PERF, DOMAIN_AFFECT_LIVE);

        params_add_bool(&change->params, wish->event, wish->counted);
        return qemu_edit(domain, change, job, error);
}

static int change(World *world, Domain *domain, const char *event, bool counted)
{
        const Wish this = { event, counted };

        wish = &this;
        return world_do(world, domain, edit);
}

/* All of QEMU's threads: a processor that is busy for half a second shows. */
static void expect_busy(World *world, Domain *domain)
{
        uint64_t before = 0, after = 0;

        assert_true(read_event(domain, "perf.task_clock", &before));
        world_run(world, USEC_PER_SEC / 2);
        world_wait(world, read_event(domain, "perf.task_clock", &after) &&
                                  after - before > (uint64_t) NSEC_PER_SEC / 10);
}

static void test_counted(void **state)
{
        World *world = *state;
        uint64_t value = 0;
        Domain *domain;

        skip_without_events();
        domain = define(world, "web",
                        "<event name='task_clock' enabled='yes'/><event name='page_faults' enabled='yes'/>"
                        "<event name='cpu_cycles' enabled='no'/>");
        assert_int_equal(world_start(world, domain, 0), 0);
        expect_busy(world, domain);
        assert_true(read_event(domain, "perf.page_faults", &value));
        assert_false(read_event(domain, "perf.cpu_cycles", &value));

        assert_int_equal(change(world, domain, "context_switches", true), 0);
        assert_int_equal(change(world, domain, "page_faults", false), 0);
        world_wait(world, read_event(domain, "perf.context_switches", &value) && value > 0);
        assert_false(read_event(domain, "perf.page_faults", &value));

        /* a later life of the daemon counts anew */
        world_close(world);
        world_open(world);
        domain = world_find(world, "web");
        expect_busy(world, domain);
        assert_true(read_event(domain, "perf.context_switches", &value));
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_false(read_event(domain, "perf.task_clock", &value));
}

/* What is not counted keeps a machine from starting, and leaves a running one as it was. */
static void test_refused(void **state)
{
        World *world = *state;
        bool cycles = host_counts(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);
        uint64_t value = 0;
        Domain *domain;

        skip_without_events();
        domain = define(world, "web", "<event name='cmt' enabled='yes'/>");
        assert_true(world_start(world, domain, 0) < 0);
        assert_int_equal(world->code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(world->text, "/domain/perf/event[1]: the event 'cmt'"));
        world_wait(world, world_processes(world) == 0);

        domain = define(world, "db", "<event name='task_clock' enabled='yes'/>");
        assert_int_equal(world_start(world, domain, 0), 0);
        assert_true(change(world, domain, "mbmt", true) < 0);
        assert_int_equal(change(world, domain, "cpu_cycles", true) >= 0, cycles);
        assert_int_equal(read_event(domain, "perf.cpu_cycles", &value), cycles);
        assert_true(read_event(domain, "perf.task_clock", &value));
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_counted, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_refused, world_setup, world_teardown),
        };

        world_require_qemu();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
