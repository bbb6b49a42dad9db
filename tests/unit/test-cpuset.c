/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpuset.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define N 10u

static void expect(const char *text, const char *canonical)
{
        g_autofree char *again = NULL;
        uint8_t map[N];

        assert_int_equal(cpuset_to_map(text, map, N), 0);
        again = cpuset_from_map(map, N);
        if (canonical)
                assert_string_equal(again, canonical);
        else
                assert_null(again);
}

static void test_sets(void **state)
{
        expect("0", "0");
        expect("0-3,5", "0-3,5");
        expect(" 1 , 2,3 ", "1-3");
        expect("0-5,^2,^3", "0-1,4-5");
        expect("3-9", "3-9");
        expect("8-4000000000", "8-9");
        expect("20", NULL);
        expect("1,^1", NULL);
}

static void test_refused(void **state)
{
        static const char *const texts[] = { "", ",", "1,", "a", "3-1", "-1", "^", "1-", "^1-2", "1 2" };
        uint8_t map[N];

        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                if (cpuset_to_map(texts[i], map, N) != -EINVAL)
                        fail_msg("'%s'", texts[i]);
        assert_null(cpuset_from_map(map, 0));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_sets),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
