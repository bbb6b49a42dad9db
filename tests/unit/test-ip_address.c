/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/ip_address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static IpAddress address(const char *text)
{
        IpAddress result;

        assert_int_equal(ip_address_parse(text, &result), 0);
        return result;
}

static void assert_address(const IpAddress *got, const char *expected)
{
        g_autofree char *text = ip_address_to_string(got);

        assert_string_equal(text, expected);
}

static void test_parse(void **state)
{
        static const char *const wrong[] = { "", "1.2.3", "1.2.3.256", "1.2.3.4 ", ":::", "localhost", "::1%lo" };
        IpAddress a = address("2001:DB8:0::1");

        assert_true(a.v6);
        assert_address(&a, "2001:db8::1");
        for (unsigned i = 0; i < ELEMENTSOF(wrong); i++)
                assert_int_equal(ip_address_parse(wrong[i], &a), -EINVAL);
}

static void test_networks(void **state)
{
        IpAddress a = address("192.168.5.77"), b = address("192.168.5.1"), c = address("192.168.6.1"),
                  d = address("fd00::5:1"), e = address("fd00::5:ffff"), n;

        n = ip_address_network(&a, 24);
        assert_address(&n, "192.168.5.0");
        n = ip_address_network(&a, 26);
        assert_address(&n, "192.168.5.64");
        n = ip_address_last(&a, 26);
        assert_address(&n, "192.168.5.127");
        n = ip_address_network(&a, 0);
        assert_true(ip_address_is_any(&n));
        n = ip_address_network(&a, 32);
        assert_address(&n, "192.168.5.77");
        n = ip_address_last(&d, 112);
        assert_address(&n, "fd00::5:ffff");
        assert_true(ip_address_same_network(&a, &b, 24));
        assert_false(ip_address_same_network(&a, &c, 24));
        assert_true(ip_address_same_network(&a, &c, 22));
        assert_true(ip_address_same_network(&d, &e, 112));
        assert_false(ip_address_same_network(&a, &d, 0));
}

static void test_ranges(void **state)
{
        IpAddress a = address("10.0.0.250"), b = address("10.0.1.3"), c = address("::"),
                  d = address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"), e = address("::ffff"), n;

        assert_int_equal(ip_address_range_size(&a, &a), 1);
        assert_int_equal(ip_address_range_size(&a, &b), 10);
        assert_int_equal(ip_address_range_size(&b, &a), 0);
        assert_int_equal(ip_address_range_size(&a, &c), 0);
        assert_int_equal(ip_address_range_size(&c, &e), 65536);
        assert_true(ip_address_range_size(&c, &d) == UINT64_MAX);
        n = address("10.0.0.255");
        n = ip_address_next(&n);
        assert_address(&n, "10.0.1.0");
        n = ip_address_next(&d);
        assert_true(ip_address_is_any(&n));
        assert_true(ip_address_compare(&a, &b) < 0);
        assert_true(ip_address_compare(&b, &c) < 0);
}

static void test_masks(void **state)
{
        static const struct {
                const char *mask;
                int prefix;
        } cases[] = {
                { "255.255.255.0", 24 }, { "255.255.255.255", 32 }, { "0.0.0.0", 0 }, { "255.128.0.0", 9 },
                { "255.0.255.0", -EINVAL }, { "0.0.0.1", -EINVAL }, { "ffff:ffff::", 32 },
        };

        for (unsigned i = 0; i < ELEMENTSOF(cases); i++) {
                IpAddress mask = address(cases[i].mask);

                assert_int_equal(ip_address_netmask_prefix(&mask), cases[i].prefix);
        }
}

static void test_default_prefix(void **state)
{
        IpAddress a = address("10.1.1.1"), b = address("172.16.0.1"), c = address("192.168.1.1"),
                  d = address("224.0.0.1"), e = address("fd00::1");

        assert_int_equal(ip_address_default_prefix(&a), 8);
        assert_int_equal(ip_address_default_prefix(&b), 16);
        assert_int_equal(ip_address_default_prefix(&c), 24);
        assert_int_equal(ip_address_default_prefix(&d), 32);
        assert_int_equal(ip_address_default_prefix(&e), 64);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_parse),
                cmocka_unit_test(test_networks),
                cmocka_unit_test(test_ranges),
                cmocka_unit_test(test_masks),
                cmocka_unit_test(test_default_prefix),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
