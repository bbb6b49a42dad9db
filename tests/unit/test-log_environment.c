/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/log_environment.h"

#include "service/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void put(const char *name, const char *value)
{
        if (value)
                assert_true(g_setenv(name, value, TRUE));
        else
                g_unsetenv(name);
}

static void test_filters(void **state)
{
        static const struct {
                const char *debug, *filters, *expected;
        } rows[] = {
                { NULL, NULL, NULL },
                { "1", NULL, "debug" },
                { "4", NULL, "err" },
                { "warning", NULL, "warning" },
                { "5", NULL, NULL },
                { "", "nonsense :x 1: 9:qemu", NULL },
                { NULL, "1:qemu.qemu_monitor  3:bus", "info qemu:debug bus:warning" },
                { "error", "1:qemu", "err qemu:debug" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                g_autofree char *filters = NULL;

                put("LIBVIRT_DEBUG", rows[i].debug);
                put("LIBVIRT_LOG_FILTERS", rows[i].filters);
                filters = log_environment_filters();
                if (!rows[i].expected)
                        assert_null(filters);
                else
                        assert_string_equal(strempty(filters), rows[i].expected);
        }
}

static void test_target(void **state)
{
        static const char *const rows[][2] = {
                { "1:stderr", "stderr" }, { "3:journald 1:stderr", "journal" }, { "1:syslog:virtbusd", "journal" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                put("LIBVIRT_LOG_OUTPUTS", rows[i][0]);
                assert_string_equal(log_environment_target(), rows[i][1]);
        }
        put("LIBVIRT_LOG_OUTPUTS", "1:file:/tmp/log");
        assert_null(log_environment_target());
        put("LIBVIRT_LOG_OUTPUTS", NULL);
        assert_null(log_environment_target());
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_filters),
                cmocka_unit_test(test_target),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
