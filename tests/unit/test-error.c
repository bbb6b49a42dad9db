/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void assert_message(const Error *error, const char *want)
{
        g_autofree char *text = error_message(error);

        assert_string_equal(text, want);
}

static void test_table(void **state)
{
        g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);

        /* all that the enum can hold and a bit more: a row is its own or that of ERROR_INTERNAL */
        for (int code = -1; code < 1100; code++) {
                const ErrorInfo *info = error_info((ErrorCode) code);

                assert_non_null(info);
                assert_true(info->error > 0);
                if ((int) info->code != code) {
                        assert_int_equal(info->code, ERROR_INTERNAL);
                        continue;
                }
                /* a code of ours may be another text for one of libvirt's, with the same name */
                if (!streq(info->native_name, error_info(info->libvirt_code)->native_name) ||
                    info->code == info->libvirt_code)
                        assert_true(g_hash_table_add(names, (char *) info->native_name));
                assert_true(g_ascii_isupper(info->native_name[0]));
                /* what libvirt's clients see is one of libvirt's, and has a row too */
                assert_in_range(info->libvirt_code, 1, 999);
                assert_int_equal(error_info(info->libvirt_code)->code, info->libvirt_code);
        }
        assert_in_range(g_hash_table_size(names), 30, 1000);
        assert_int_equal(error_info((ErrorCode) 4711)->code, ERROR_INTERNAL);
}

static void test_set(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *name = NULL;

        assert_false(error_is_set(&error));
        assert_false(error_is_set(NULL));
        assert_int_equal(error_set(&error, ERROR_NO_DOMAIN, "no domain with matching name '%s'", "x"),
                         -ENOENT);
        assert_true(error_is_set(&error));
        assert_message(&error, "Domain not found: no domain with matching name 'x'");
        name = error_native_name(&error);
        assert_string_equal(name, "org.virtbus1.Error.NoDomain");
        assert_int_equal(error_set(NULL, ERROR_ACCESS_DENIED, NULL), -EACCES);
}

static void test_messages(void **state)
{
        _cleanup_error_ Error bare = ERROR_INIT, whole = ERROR_INIT, empty = ERROR_INIT;

        (void) error_set(&bare, ERROR_OPERATION_TIMEOUT, NULL);
        assert_message(&bare, "Timed out during operation");
        (void) error_set(&whole, ERROR_XML_DETAIL, "line 3: 100%% wrong");
        assert_message(&whole, "line 3: 100% wrong");
        (void) error_set(&empty, ERROR_SYSTEM_ERROR, NULL);
        assert_message(&empty, "");
}

static void test_errno(void **state)
{
        _cleanup_error_ Error a = ERROR_INIT, b = ERROR_INIT, c = ERROR_INIT;

        assert_int_equal(error_set_errno(&a, -ENOENT, "cannot open '%s'", "f"), -ENOENT);
        assert_int_equal(a.code, ERROR_SYSTEM_ERROR);
        assert_message(&a, "cannot open 'f': No such file or directory");
        assert_int_equal(error_set_errno(&b, EPERM, "x"), -EPERM);
        assert_message(&b, "x: Operation not permitted");
        assert_int_equal(error_set_errno(&c, ENOMEM, "x"), -ENOMEM);
        assert_int_equal(c.code, ERROR_NO_MEMORY);
        assert_int_equal(error_set_errno(NULL, EIO, "x"), -EIO);
}

static void test_fill(void **state)
{
        static const struct {
                int error;
                ErrorCode code;
        } cases[] = {
                { ETIMEDOUT, ERROR_OPERATION_TIMEOUT },
                { EOVERFLOW, ERROR_OVERFLOW },
                { EBUSY, ERROR_RESOURCE_BUSY },
                { ECANCELED, ERROR_OPERATION_ABORTED },
                { EDQUOT, ERROR_LIMITS_EXCEEDED },
                { EOPNOTSUPP, ERROR_NO_SUPPORT },
                { ENOMEM, ERROR_NO_MEMORY },
                { EACCES, ERROR_ACCESS_DENIED },
                /* these mean something else than the row that has their number */
                { ENOENT, ERROR_SYSTEM_ERROR },
                { EEXIST, ERROR_SYSTEM_ERROR },
                { EBADMSG, ERROR_SYSTEM_ERROR },
                { EINVAL, ERROR_SYSTEM_ERROR },
                { EIO, ERROR_SYSTEM_ERROR },
        };
        _cleanup_error_ Error set = ERROR_INIT;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ Error error = ERROR_INIT;

                error_fill(&error, -cases[i].error);
                assert_int_equal(error.code, cases[i].code);
                if (error.code == ERROR_SYSTEM_ERROR)
                        assert_message(&error, g_strerror(cases[i].error));
        }
        (void) error_set(&set, ERROR_NO_DOMAIN, "d");
        error_fill(&set, -EIO);
        assert_int_equal(set.code, ERROR_NO_DOMAIN);
        error_fill(NULL, -EIO);
}

static void test_move_and_copy(void **state)
{
        _cleanup_error_ Error a = ERROR_INIT, b = ERROR_INIT, c = ERROR_INIT;

        (void) error_set(&a, ERROR_NO_JOB, "j");
        error_copy(&b, &a);
        assert_message(&b, "Job not found: j");
        error_move(&c, &a);
        assert_false(error_is_set(&a));
        assert_null(a.detail);
        assert_message(&c, "Job not found: j");
        error_move(NULL, &c);
        assert_false(error_is_set(&c));
        error_clear(&b);
        error_clear(&b);
        assert_false(error_is_set(&b));
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),    cmocka_unit_test(test_set),
                cmocka_unit_test(test_messages), cmocka_unit_test(test_errno),
                cmocka_unit_test(test_fill),     cmocka_unit_test(test_move_and_copy),
        };

        return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
