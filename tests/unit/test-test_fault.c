/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static GPtrArray *parse(const char *text)
{
        GPtrArray *faults = test_faults_new();

        assert_int_equal(test_faults_parse(text, faults, NULL), 0);
        return faults;
}

static void test_rules(void **state)
{
        g_autoptr(GPtrArray) faults = parse("# a comment\n domain.start  lab-*\tdelay 1500 ;\n"
                                            "*.destroy * fail 38 no  way;pool.* p hang\n\n"
                                            "domain.* d? event crash 20; host.* * fail; domain.* x event watchdog;");
        static const struct {
                const char *operation, *name;
                TestFaultAction action;
                uint64_t usec;
                ErrorCode code;
                const char *text;
        } expected[] = {
                { "domain.start", "lab-*", TEST_FAULT_DELAY, 1500000, ERROR_OK, NULL },
                { "*.destroy", "*", TEST_FAULT_FAIL, 0, ERROR_SYSTEM_ERROR, "no  way" },
                { "pool.*", "p", TEST_FAULT_HANG, 0, ERROR_OK, NULL },
                { "domain.*", "d?", TEST_FAULT_EVENT, 20000, ERROR_OK, "crash" },
                { "host.*", "*", TEST_FAULT_FAIL, 0, ERROR_OPERATION_FAILED, "this is a fault of the configuration" },
                { "domain.*", "x", TEST_FAULT_EVENT, 0, ERROR_OK, "watchdog" },
        };

        assert_int_equal(faults->len, ELEMENTSOF(expected));
        for (guint i = 0; i < faults->len; i++) {
                const TestFault *fault = faults->pdata[i];

                assert_string_equal(fault->operation, expected[i].operation);
                assert_string_equal(fault->name, expected[i].name);
                assert_int_equal(fault->action, expected[i].action);
                assert_int_equal(fault->usec, expected[i].usec);
                assert_int_equal(fault->code, expected[i].code);
                assert_true(streq_ptr(fault->text, expected[i].text));
        }
}

static void test_refused(void **state)
{
        static const char *const bad[] = {
                "domain.start", "domain.start x", "start x hang", "domain.start x explode", "domain.start x delay",
                "domain.start x delay soon", "domain.start x delay 3600001", "domain.start x hang 3",
                "domain.start x fail 9999 no such code", "domain.start x event", "domain.start x event party",
                "domain.start x event crash never", "domain.start x hang; nonsense",
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                g_autoptr(GPtrArray) faults = test_faults_new();
                _cleanup_error_ Error error = ERROR_INIT;

                assert_int_equal(test_faults_parse(bad[i], faults, &error), -EINVAL);
                assert_int_equal(error.code, ERROR_INVALID_ARG);
                assert_non_null(strstr(error.detail, "faults: '"));
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_rules),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
