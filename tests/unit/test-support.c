/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/support.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_flags(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *message = NULL;

        assert_int_equal(flags_check(0x5, 0x7, &error), 0);
        assert_int_equal(flags_check(0, 0, &error), 0);
        assert_int_equal(flags_check(0x1c, 0x7, &error), -EINVAL);
        message = error_message(&error);
        assert_string_equal(message, "unsupported flags (0x18)");
}

static void test_exclusive(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(flags_check_exclusive(0x4, 0xc, "a and b", &error), 0);
        assert_int_equal(flags_check_exclusive(0x3, 0xc, "a and b", &error), 0);
        assert_int_equal(flags_check_exclusive(0xc, 0xc, "a and b", &error), -EINVAL);
        assert_string_equal(error.detail, "the flags a and b exclude each other");
}

static void test_unsupported(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *message = NULL;

        assert_int_equal(error_unsupported(&error, "virDomainReset"), -EOPNOTSUPP);
        message = error_message(&error);
        assert_string_equal(message,
                            "this function is not supported by the connection driver: virDomainReset");
}

static void test_uuid(void **state)
{
        static const char *const wrong[] = {
                "",
                "-",
                "6695eb01-f6a4-8304-79aa-97f2502e193",
                "6695eb01-f6a4-8304-79aa-97f2502e193f0",
                "6695eb01f6a4830479aa97f2502e193g",
                " 6695eb01f6a4830479aa97f2502e193f",
        };
        char uuid[37] = "untouched";

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                assert_int_equal(uuid_normalize(wrong[i], uuid), -EINVAL);
                assert_string_equal(uuid, "untouched");
        }
        assert_int_equal(uuid_normalize("6695EB01f6a4830479aa97f2502e193F", uuid), 0);
        assert_string_equal(uuid, "6695eb01-f6a4-8304-79aa-97f2502e193f");
        assert_int_equal(uuid_normalize("6695eb01-f6a4-8304-79aa-97f2502e193f", uuid), 0);
        assert_string_equal(uuid, "6695eb01-f6a4-8304-79aa-97f2502e193f");
}

static void get_stats(Domain *domain, uint32_t groups, Params *ret)
{
}

static void test_stats_groups(void **state)
{
        const DriverInfo info = { .domain = { .get_stats = get_stats, .stats = 0x3f } }, without = {};
        Driver driver = { .info = &info };
        _cleanup_error_ Error error = ERROR_INIT;
        uint32_t groups = 0;

        assert_int_equal(stats_groups(&driver, 0, 0, 0, &groups, NULL), 0);
        assert_int_equal(groups, 0x3f);
        assert_int_equal(stats_groups(&driver, DOMAIN_STATS_BLOCK | 1 << 20, STATS_NOWAIT, 0, &groups, NULL), 0);
        assert_int_equal(groups, DOMAIN_STATS_BLOCK);
        assert_int_equal(stats_groups(&driver, 1, 0x10, 0xff, &groups, NULL), 0);

        assert_int_equal(stats_groups(&driver, 1, 0x10, 0, &groups, NULL), -EINVAL);
        assert_int_equal(stats_groups(&driver, 1 << 20, STATS_ENFORCE, 0, &groups, &error), -EINVAL);
        assert_int_equal(error.code, ERROR_ARGUMENT_UNSUPPORTED);
        error_clear(&error);

        driver.info = &without;
        assert_int_equal(stats_groups(&driver, 0, 0, 0, &groups, &error), -EOPNOTSUPP);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_flags), cmocka_unit_test(test_exclusive),
                cmocka_unit_test(test_unsupported), cmocka_unit_test(test_uuid),
                cmocka_unit_test(test_stats_groups),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
