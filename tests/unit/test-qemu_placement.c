/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_placement.h"

#include "drivers/model/domain_normalize.h"
#include "service/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(const char *root, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(root, name, NULL), *dir = g_path_get_dirname(path);

        assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
        assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* Node 0 is nearly full, node 2 is the emptiest, node 3 has memory alone. */
static int setup(void **state)
{
        char *root = g_dir_make_tmp("test-placement-XXXXXX", NULL);

        put(root, "sys/devices/system/node/online", "0-3\n");
        put(root, "sys/devices/system/node/node0/cpulist", "0-1\n");
        put(root, "sys/devices/system/node/node1/cpulist", "2-3\n");
        put(root, "sys/devices/system/node/node2/cpulist", "4-5\n");
        put(root, "sys/devices/system/node/node3/cpulist", "\n");
        for (unsigned i = 0; i < 4; i++) {
                static const unsigned free_kib[] = { 1000, 200000, 300000, 900000 };
                g_autofree char *name = g_strdup_printf("sys/devices/system/node/node%u/meminfo", i);
                g_autofree char *text = g_strdup_printf("Node %u MemTotal: 1000000 kB\nNode %u MemFree: %u kB\n", i, i,
                                                        free_kib[i]);

                put(root, name, text);
        }
        *state = root;
        return 0;
}

static int teardown(void **state)
{
        g_autofree char *root = *state, *command = g_strdup_printf("rm -rf '%s'", root);

        return system(command);
}

static DomainDef *place(const char *root, const char *vcpu, unsigned memory_kib, const char *numatune)
{
        g_autofree char *xml =
                        g_strdup_printf("<domain type='qemu'><name>x</name>"
                                        "<uuid>7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff</uuid><memory>%u</memory>%s%s"
                                        "<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>",
                                        memory_kib, vcpu, numatune);
        const DomainDefHost host = {};
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        DomainDef *normal = NULL;

        assert_int_equal(domain_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
        assert_int_equal(domain_def_normalize(def, &host, &normal, NULL), 0);
        assert_int_equal(qemu_placement_choose(root, &normal, NULL), 0);
        return normal;
}

/* The emptiest node that has processors; more than one where it is not enough. */
static void test_choice(void **state)
{
        static const struct {
                const char *vcpu;
                unsigned memory_kib;
                const char *cpus, *nodes;
        } cases[] = {
                { "<vcpu placement='auto'>1</vcpu>", 100000, "4-5", "2" },
                { "<vcpu placement='auto'>3</vcpu>", 100000, "2-5", "1-2" },
                { "<vcpu placement='auto'>1</vcpu>", 400000, "2-5", "1-2" },
                { "<vcpu placement='auto'>1</vcpu>", 800000, "0-5", "0-2" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(domain_def_unrefp) DomainDef *def = place(*state, cases[i].vcpu, cases[i].memory_kib,
                                                                    "<numatune><memory placement='auto'/></numatune>");

                assert_string_equal(def->vcpu_cpuset, cases[i].cpus);
                assert_string_equal(def->numa_tune->nodeset, cases[i].nodes);
                assert_int_equal(def->vcpu_placement, DOMAIN_VCPU_PLACEMENT_STATIC);
        }
}

/* Who says where is left alone. */
static void test_no_choice(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def =
                place(*state, "<vcpu cpuset='1'>1</vcpu>", 1000, "<numatune><memory nodeset='1'/></numatune>");

        assert_string_equal(def->vcpu_cpuset, "1");
        assert_string_equal(def->numa_tune->nodeset, "1");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_choice, setup, teardown),
                cmocka_unit_test_setup_teardown(test_no_choice, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
