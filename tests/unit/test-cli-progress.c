/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/progress.h"

#include "tools/virtbusctl/introspection.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_lines(void **state)
{
        static const struct {
                JobProgress progress;
                size_t columns;
                const char *line;
        } cases[] = {
                { { "start", "spawn", 0, 0, 3 * USEC_PER_SEC, false }, 80, "start spawn 3s" },
                { { "start", NULL, 0, 0, 0, false }, 80, "start 0s" },
                { { "start", "cont", 1, 4, 65 * USEC_PER_SEC, false },
                  80,
                  "start [#####---------------]  25% cont 1min 5s" },
                { { "copy", "", 9, 4, 0, false }, 80, "copy [####################] 100% 0s" },
                { { "copy", "", UINT64_MAX, UINT64_MAX, 0, false },
                  80,
                  "copy [####################] 100% 0s" },
                { { "shutdown", "wait", 0, 0, 0, true }, 80, "waiting for shutdown wait 0s" },
                { { "shutdown", "wait", 0, 0, 0, true }, 10, "waiting fo" },
                { { "字字字", "", 0, 0, 0, false }, 5, "字字" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *line = progress_line(&cases[i].progress, cases[i].columns);

                assert_string_equal(line, cases[i].line);
        }
}

static void test_children(void **state)
{
        static const char xml[] =
                        "<!DOCTYPE node PUBLIC \"x\" \"y\">\n<node name=\"/self\"><interface name='a.b'>"
                        "<method name='node'/></interface><node name='10'/>"
                        "<node name=\"9\"><node name='deep'/></node></node>";
        g_auto(GStrv) children = introspection_children(xml),
                      broken = introspection_children("<node><node name='1'/><");
        g_auto(GStrv) none = introspection_children("");

        assert_int_equal(g_strv_length(children), 2);
        assert_string_equal(children[0], "9");
        assert_string_equal(children[1], "10");
        assert_int_equal(g_strv_length(broken), 1);
        assert_int_equal(g_strv_length(none), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines), cmocka_unit_test(test_children) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
