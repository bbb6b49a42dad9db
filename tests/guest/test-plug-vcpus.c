/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Processors come to a running machine and leave it. */

#include "tests/guest/edit.h"

#include "drivers/model/domain_vcpu.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

/* The smallest machine with these processors, and what else stands before its devices. */
static char *machine(const char *vcpus, const char *more)
{
        g_autofree char *xml = linux_machine("web", NULL, NULL, more);
        g_auto(GStrv) parts = g_strsplit(xml, "<vcpu>1</vcpu>", 2);

        return g_strjoinv(vcpus, parts);
}

static int set_count(World *world, Domain *domain, uint32_t n, uint32_t flags)
{
        DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_VCPUS, flags);

        edit->number = n;
        return edit_run(world, domain, edit);
}

static int set_one(World *world, Domain *domain, const char *which, bool on, uint32_t flags)
{
        DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_VCPU, flags);

        edit->cpuset = g_strdup(which);
        edit->number = on;
        return edit_run(world, domain, edit);
}

#define EXPECT(world, call)                                                                                 \
        do {                                                                                                \
                if ((call) < 0)                                                                             \
                        fail_msg("%s: %s", #call, (world)->text);                                           \
        } while (0)

/* On a busy machine a guest takes longer to let go than the call waits. */
static void expect_off(World *world, Domain *domain, const char *which)
{
        uint32_t n = domain_vcpus_current(domain->live);

        if (set_one(world, domain, which, false, 0) < 0 && world->code != ERROR_OPERATION_TIMEOUT)
                fail_msg("processor %s: %s", which, world->text);
        world_wait(world, domain_vcpus_current(domain->live) == n - 1);
}

/* A guest without helpers does not begin to use what came by itself. */
static void expect_online(Line *line, const char *set)
{
        g_autofree char *condition =
                g_strdup_printf("{ for i in /sys/devices/system/cpu/cpu[1-9]*; do echo 1 >$i/online; done; "
                                "grep -qx %s /sys/devices/system/cpu/online; }",
                                set);

        linux_expect(line, condition);
}

static void test_count(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine("<vcpu current='1'>4</vcpu>", NULL);
        _cleanup_(domain_def_unrefp) DomainDef *config = NULL;
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        EXPECT(world, set_count(world, domain, 3, DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG));
        assert_int_equal(domain_vcpus_current(domain->live), 3);
        config = domain_get_config(domain);
        assert_int_equal(domain_vcpus_current(config), 3);
        assert_int_equal(domain->summary.vcpus, 3);
        expect_online(&line, "0-2");
        /* the same again, and none that there is no room for */
        EXPECT(world, set_count(world, domain, 3, DOMAIN_AFFECT_LIVE));
        assert_true(set_count(world, domain, 5, DOMAIN_AFFECT_LIVE) < 0);
        assert_int_equal(world->code, ERROR_INVALID_ARG);
        assert_true(set_count(world, domain, 8, DOMAIN_AFFECT_LIVE | DOMAIN_VCPU_MAXIMUM) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_INVALID);
        /* the highest goes first */
        if (set_count(world, domain, 2, DOMAIN_AFFECT_LIVE) < 0)
                assert_int_equal(world->code, ERROR_OPERATION_TIMEOUT);
        world_wait(world, domain_vcpus_current(domain->live) == 2);
        assert_false(domain_vcpu_is_enabled(domain->live, 2));
        expect_online(&line, "0-1");
        line_close(&line);
}

/* Each by its number; those that were there from the beginning stay, and so does what is known over a restart. */
/* (QEMU 7.2 without KVM must not be given one that it has lost: it crashes.) */
static void test_single(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine("<vcpu current='1'>3</vcpu>", NULL);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        EXPECT(world, set_one(world, domain, "2", true, 0));
        assert_true(domain_vcpu_is_enabled(domain->live, 2));
        assert_false(domain_vcpu_is_enabled(domain->live, 1));
        expect_online(&line, "0-1");
        assert_true(set_one(world, domain, "3", true, 0) < 0);
        assert_int_equal(world->code, ERROR_INVALID_ARG);
        assert_int_equal(domain_vcpus_current(domain->live), 2);
        line_close(&line);

        world_close(world);
        world_open(world);
        domain = world_find(world, "web");
        world_wait(world, domain->responsive && world_guest(domain)->qmp);
        assert_true(domain_vcpu_is_enabled(domain->live, 2));
        line_open(&line, world, domain, NULL);
        EXPECT(world, set_one(world, domain, "1", true, 0));
        expect_online(&line, "0-2");
        expect_off(world, domain, "1");
        expect_off(world, domain, "2");
        expect_online(&line, "0");
        line_close(&line);
}

/* What came is there at the next start, as one that can go. */
static void test_individual(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine("<vcpu current='1'>3</vcpu><vcpus>"
                                       "<vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>"
                                       "<vcpu id='1' enabled='no' hotpluggable='yes'/>"
                                       "<vcpu id='2' enabled='no' hotpluggable='yes'/></vcpus>",
                                       "<cpu><topology sockets='3' dies='1' cores='1' threads='1'/>"
                                       "<numa><cell id='0' cpus='0-1' memory='128' unit='MiB'/>"
                                       "<cell id='1' cpus='2' memory='128' unit='MiB'/></numa></cpu>");
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        EXPECT(world, set_one(world, domain, "2", true, DOMAIN_AFFECT_LIVE | DOMAIN_AFFECT_CONFIG));
        expect_online(&line, "0-1");
        /* the third one of ours is the guest's second, and on its second node */
        linux_expect(&line, "test -e /sys/devices/system/node/node1/cpu1");
        line_close(&line);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        EXPECT(world, world_start(world, domain, DOMAIN_START_PAUSED));
        assert_false(domain_vcpu_is_enabled(domain->live, 1));
        assert_true(domain_vcpu_is_enabled(domain->live, 2));
        assert_true(domain->live->vcpu_items.items[2]->hotpluggable == TRISTATE_YES);
}

/* A guest that does not run cannot let go: the call says so, and the processor goes when it does. */
static void test_late(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine("<vcpu current='1'>2</vcpu>", NULL);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        EXPECT(world, set_count(world, domain, 2, 0));
        expect_online(&line, "0-1");
        assert_int_equal(world_do(world, domain, qemu_suspend), 0);
        assert_true(set_count(world, domain, 1, 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_TIMEOUT);
        assert_int_equal(domain_vcpus_current(domain->live), 2);
        assert_int_equal(world_do(world, domain, qemu_resume), 0);
        world_wait(world, domain_vcpus_current(domain->live) == 1);
        line_close(&line);
}

static void test_stay(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine("<vcpu current='2'>4</vcpu>", NULL);
        Domain *domain = linux_start(world, xml);

        assert_true(set_one(world, domain, "1", false, 0) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_UNSUPPORTED);
        assert_true(set_count(world, domain, 1, 0) < 0);
        assert_non_null(strstr(world->text, "cannot be taken away"));
        assert_int_equal(domain_vcpus_current(domain->live), 2);
}

/* The processors of the host that the thread of a processor may run on, as a text of the kernel. Free with g_free(). */
static char *affinity(const Domain *domain, uint32_t id)
{
        const QemuFacts *facts = &world_guest(domain)->facts;
        g_autofree char *path = g_strdup_printf("/proc/%d/task/%d/status", (int) world_pid(domain),
                                                (int) facts->vcpu_threads[id]);
        g_autofree char *text = NULL;
        const char *at;

        assert_true(g_file_get_contents(path, &text, NULL, NULL));
        at = strstr(text, "Cpus_allowed_list:\t");
        assert_non_null(at);
        at += strlen("Cpus_allowed_list:\t");
        return g_strndup(at, strcspn(at, "\n"));
}

static void test_shares(void **state)
{
        World *world = *state;
        g_autofree char *xml = machine("<vcpu current='1'>3</vcpu>",
                                       "<cputune><vcpupin vcpu='1' cpuset='0'/><emulatorpin cpuset='1'/>"
                                       "<period>100000</period><quota>50000</quota></cputune>");
        g_autofree char *pinned = NULL, *other = NULL;
        Domain *domain;

        if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
                skip();
        domain = linux_start(world, xml);
        EXPECT(world, set_count(world, domain, 3, 0));
        world_wait(world, world_guest(domain)->facts.n_vcpus == 3 && world_guest(domain)->facts.vcpu_threads[2] != 0);
        pinned = affinity(domain, 1);
        other = affinity(domain, 2);
        assert_string_equal(pinned, "0");
        assert_string_not_equal(other, "1");
        if (world_guest(domain)->cgroup.group)
                for (uint32_t i = 0; i < 3; i++) {
                        g_autofree char *name = g_strdup_printf("vcpu%" PRIu32, i);
                        _cleanup_(cgroup_unrefp) Cgroup *threads = NULL;
                        int64_t quota = 0;

                        assert_int_equal(cgroup_open_threads(world_guest(domain)->cgroup.group, name, &threads, NULL),
                                         0);
                        assert_int_equal(cgroup_get(threads, CGROUP_CPU_QUOTA, &quota), 0);
                        assert_int_equal(quota, 50000);
                }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_count, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_single, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_individual, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_late, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_stay, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_shares, world_setup, world_teardown),
        };

        world_require_qemu();
        linux_require();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
