/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/params.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_all_types(void **state)
{
        _cleanup_params_ Params p = PARAMS_INIT;
        char buffer[8] = "text";

        params_add_i32(&p, "i", INT32_MIN);
        params_add_u32(&p, "u", UINT32_MAX);
        params_add_i64(&p, "x", INT64_MIN);
        params_add_u64(&p, "t", UINT64_MAX);
        params_add_double(&p, "d", 0.25);
        params_add_bool(&p, "b", true);
        params_add_string(&p, "s", buffer);
        params_take_strv(&p, "a", g_strsplit("one two", " ", -1));
        memset(buffer, 'x', sizeof(buffer) - 1); /* the list has a copy */

        assert_int_equal(p.n, 8);
        assert_int_equal(params_find(&p, "i")->i, INT32_MIN);
        assert_int_equal(params_find(&p, "u")->u, UINT32_MAX);
        assert_true(params_find(&p, "x")->x == INT64_MIN);
        assert_true(params_find(&p, "t")->t == UINT64_MAX);
        assert_true(params_find(&p, "d")->d == 0.25);
        assert_true(params_find(&p, "b")->b);
        assert_string_equal(params_find(&p, "s")->s, "text");
        assert_string_equal(params_find(&p, "a")->strv[1], "two");
        assert_null(params_find(&p, "S"));
        for (size_t i = 0; i < p.n; i++)
                assert_int_equal(p.items[i].name[0], (char) p.items[i].type);
}

static void test_growth_and_reset(void **state)
{
        _cleanup_params_ Params p = PARAMS_INIT;
        Param *items;

        for (int round = 0; round < 3; round++) {
                for (uint32_t i = 0; i < 1000; i++)
                        params_add_u32(&p, params_name(&p, "block.%u.name", i), i);
                params_take_strv(&p, "v", g_strsplit("a", " ", -1));
                assert_int_equal(p.n, 1001);
                for (uint32_t i = 0; i < 1000; i++) {
                        g_autofree char *name = g_strdup_printf("block.%u.name", i);

                        assert_int_equal(params_find(&p, name)->u, i);
                }
                items = p.items;
                params_reset(&p);
                assert_int_equal(p.n, 0);
                assert_ptr_equal(p.items, items);
                assert_null(params_find(&p, "v"));
        }
}

static void test_options(void **state)
{
        _cleanup_params_ Params p = PARAMS_INIT;
        _cleanup_error_ Error error = ERROR_INIT, strv_error = ERROR_INIT;
        uint32_t u = 7;
        uint64_t t = 7;
        bool b = true;
        const char *s = "keep";
        const char *const *strv = NULL;

        params_add_u32(&p, "u", 1);
        params_add_u64(&p, "t", 2);
        params_add_bool(&p, "b", false);
        params_add_string(&p, "s", "v");
        params_take_strv(&p, "a", g_strsplit("x", " ", -1));

        assert_int_equal(params_get_u32(&p, "none", &u, NULL), 0);
        assert_int_equal(params_get_u64(&p, "none", &t, NULL), 0);
        assert_int_equal(params_get_bool(&p, "none", &b, NULL), 0);
        assert_int_equal(params_get_string(&p, "none", &s, NULL), 0);
        assert_int_equal(params_get_strv(&p, "none", &strv, NULL), 0);
        assert_int_equal(u, 7);
        assert_int_equal(t, 7);
        assert_true(b);
        assert_string_equal(s, "keep");
        assert_null(strv);

        assert_int_equal(params_get_u32(&p, "t", &u, &error), -EINVAL);
        assert_int_equal(error.code, ERROR_INVALID_ARG);
        assert_string_equal(error.detail, "option 't' wants type 'u', not 't'");
        assert_int_equal(params_get_strv(&p, "s", &strv, &strv_error), -EINVAL);
        assert_string_equal(strv_error.detail, "option 's' wants type 'as', not 's'");
        assert_int_equal(u, 7);

        assert_int_equal(params_get_u32(&p, "u", &u, NULL), 1);
        assert_int_equal(params_get_u64(&p, "t", &t, NULL), 1);
        assert_int_equal(params_get_bool(&p, "b", &b, NULL), 1);
        assert_int_equal(params_get_string(&p, "s", &s, NULL), 1);
        assert_int_equal(params_get_strv(&p, "a", &strv, NULL), 1);
        assert_int_equal(u, 1);
        assert_int_equal(t, 2);
        assert_false(b);
        assert_string_equal(s, "v");
        assert_string_equal(strv[0], "x");
}

static void test_unknown_names(void **state)
{
        static const char *const known[] = { "a", "b", NULL }, *const none[] = { NULL };
        _cleanup_params_ Params p = PARAMS_INIT;
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(params_check_names(&p, none, NULL), 0);
        params_add_bool(&p, "a", true);
        assert_int_equal(params_check_names(&p, known, NULL), 0);
        params_add_bool(&p, "ab", true);
        assert_int_equal(params_check_names(&p, known, &error), -EINVAL);
        assert_string_equal(error.detail, "unknown option 'ab'");
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all_types),
                cmocka_unit_test(test_growth_and_reset),
                cmocka_unit_test(test_options),
                cmocka_unit_test(test_unknown_names),
        };

        return cmocka_run_group_tests_name("params", tests, NULL, NULL);
}
