/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Memory comes to a running machine, grows, shrinks, and leaves it when the guest lets go of it. */

#include "tests/guest/edit.h"
#include "tests/guest/traces.h"

#include <string.h>

#define MEMORY                                                                                              \
        "<maxMemory slots='4' unit='MiB'>1024</maxMemory>"                                                  \
        "<cpu><numa><cell id='0' cpus='0' memory='256' unit='MiB'/></numa></cpu>"
#define DIMM "<memory model='dimm'><target><size unit='MiB'>128</size><node>0</node></target></memory>"
#define LENT(requested)                                                                                     \
        "<memory model='virtio-mem'><target><size unit='MiB'>128</size><node>0</node>"                      \
        "<block unit='MiB'>2</block><requested unit='MiB'>" requested "</requested></target></memory>"

/* The guest has not been told to use what comes by itself. */
#define ONLINE "for i in /sys/devices/system/memory/memory*; do echo online_movable >$i/state; done; "

static void test_dimm(World *world, Domain *domain, Line *line)
{
        g_autofree char *before = traces_of(world, domain);
        uint32_t n = domain->live->memories.n;

        world_forget(world);
        edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, DIMM, DOMAIN_AFFECT_LIVE);
        assert_int_equal(world_count(world, "web:added dimm0;"), 1);
        assert_int_equal(domain->live->memories.n, n + 1);
        linux_expect(line, ONLINE "[ $(awk '/MemTotal/ {print $2}' /proc/meminfo) -gt 250000 ]");
        if (edit_device(world, domain, DOMAIN_EDIT_DETACH_ALIAS, "dimm0", DOMAIN_AFFECT_LIVE) < 0) {
                /* something in the guest does not move: then it says so */
                assert_non_null(strstr(world->text, "does not let go"));
                world_expect(world, "web:kept dimm0;");
                assert_int_equal(domain->live->memories.n, n + 1);
                return;
        }
        world_expect(world, "web:removed dimm0;");
        assert_int_equal(domain->live->memories.n, n);
        traces_expect(world, domain, before, DIMM);
}

static void test_lent(World *world, Domain *domain, Line *line)
{
        g_autofree char *before = traces_of(world, domain);
        uint32_t n = domain->live->memories.n;

        edit_expect(world, domain, DOMAIN_EDIT_ATTACH_DEVICE, LENT("0"), DOMAIN_AFFECT_LIVE);
        assert_int_equal(domain->live->memories.n, n + 1);
        edit_expect(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, LENT("64"), DOMAIN_AFFECT_LIVE);
        assert_int_equal(domain->live->memories.items[n]->requested, 64 * 1024);
        edit_refused(world, domain, DOMAIN_EDIT_UPDATE_DEVICE,
                     "<memory model='virtio-mem'><target><size unit='MiB'>256</size><node>0</node>"
                     "<block unit='MiB'>2</block><requested unit='MiB'>0</requested></target></memory>",
                     DOMAIN_AFFECT_LIVE, "");
        edit_expect(world, domain, DOMAIN_EDIT_UPDATE_DEVICE, LENT("0"), DOMAIN_AFFECT_LIVE);
        world_expect(world, "web:added virtiomem0;");
        /* QEMU gives it back from version 8.2 on */
        if (edit_device(world, domain, DOMAIN_EDIT_DETACH_ALIAS, "virtiomem0", DOMAIN_AFFECT_LIVE) < 0) {
                assert_non_null(strstr(world->text, "cannot be unplugged"));
                assert_int_equal(domain->live->memories.n, n + 1);
                return;
        }
        world_expect(world, "web:removed virtiomem0;");
        traces_expect(world, domain, before, LENT("0"));
}

static void test_memory(void **state)
{
        World *world = *state;
        g_autofree char *xml = linux_machine("web", NULL, EDIT_PORTS, MEMORY);
        Line line;
        Domain *domain = linux_boot(world, xml, &line);

        test_lent(world, domain, &line);
        test_dimm(world, domain, &line);
        line_close(&line);
}

/* A machine that has no room for it. */
static void test_no_slots(void **state)
{
        World *world = *state;
        g_autofree char *xml = world_machine("web", NULL, NULL);
        Domain *domain = linux_start(world, xml);

        edit_refused(world, domain, DOMAIN_EDIT_ATTACH_DEVICE,
                     "<memory model='dimm'><target><size unit='MiB'>128</size></target></memory>", DOMAIN_AFFECT_LIVE,
                     "maxMemory");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_memory, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_no_slots, world_setup, world_teardown),
        };

        world_require_qemu();
        linux_require();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
