/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_cgroup.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What groups do is tested with real machines (tests/guest/test-cgroup.c); here is what they are called. */

static void test_partitions(void **state)
{
        static const struct {
                const char *partition, *slice, *directory;
        } rows[] = {
                { "/machine", "machine.slice", "/machine" },
                { "/machine/lab", "machine-lab.slice", "/machine/lab.partition" },
                { "/lab", "lab.slice", "/lab.partition" },
                { "/lab/machine", "lab-machine.slice", "/lab.partition/machine.partition" },
                { "/lab.a/b", "lab.a-b.slice", "/lab.a/b.partition" },
                { "/a-b/c d", "a\\x2db-c\\x20d.slice", "/a-b.partition/c d.partition" },
                { "//lab/", "lab.slice", "/lab.partition" },
                { "/", "-.slice", "" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                g_autofree char *slice = qemu_cgroup_slice(rows[i].partition);
                g_autofree char *directory = qemu_cgroup_directory(rows[i].partition);

                assert_string_equal(slice, rows[i].slice);
                assert_string_equal(directory, rows[i].directory);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_partitions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
