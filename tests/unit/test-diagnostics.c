/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/diagnostics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

static void test_error(void **state)
{
        _cleanup_diagnostics_ Diagnostics d = DIAGNOSTICS_INIT;
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *text = NULL;

        assert_int_equal(diagnostics_to_error(&d, &error), 0);
        diagnostics_add(&d, DIAGNOSTIC_NOTE, ERROR_OK, "/a", 3, "left out");
        assert_int_equal(diagnostics_to_error(&d, &error), 0);
        assert_false(error_is_set(&error));
        diagnostics_add(&d, DIAGNOSTIC_ERROR, ERROR_XML_ERROR, "/a/@b", 4, "bad %s", "value");
        diagnostics_add(&d, DIAGNOSTIC_ERROR, ERROR_OVERFLOW, NULL, 0, "second");
        assert_int_equal(diagnostics_to_error(&d, &error), -EBADMSG);
        assert_int_equal(error.code, ERROR_XML_ERROR);
        assert_string_equal(error.detail, "bad value (/a/@b, line 4) and 1 more");
        text = diagnostic_to_string(d.items + 1);
        assert_string_equal(text, "/a/@b, line 4: bad value");
        g_free(text);
        text = diagnostic_to_string(d.items + 2);
        assert_string_equal(text, "second");
}

/* Errors push out notes; what does not fit is counted. */
static void test_bound(void **state)
{
        _cleanup_diagnostics_ Diagnostics d = DIAGNOSTICS_INIT;
        _cleanup_error_ Error error = ERROR_INIT;

        for (unsigned i = 0; i < DIAGNOSTICS_MAX + 5; i++)
                diagnostics_add(&d, DIAGNOSTIC_NOTE, ERROR_OK, NULL, i, "note %u", i);
        assert_int_equal(d.n, DIAGNOSTICS_MAX);
        assert_int_equal(d.n_dropped, 5);
        for (unsigned i = 0; i < DIAGNOSTICS_MAX + 5; i++)
                diagnostics_add(&d, DIAGNOSTIC_ERROR, ERROR_XML_ERROR, NULL, i, "error %u", i);
        assert_int_equal(d.n, DIAGNOSTICS_MAX);
        assert_int_equal(d.n_errors, DIAGNOSTICS_MAX + 5);
        for (unsigned i = 0; i < d.n; i++)
                assert_int_equal(d.items[i].level, DIAGNOSTIC_ERROR);
        assert_true(diagnostics_to_error(&d, &error) < 0);
        assert_non_null(strstr(error.detail, "and 36 more"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_error),
                cmocka_unit_test(test_bound),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
