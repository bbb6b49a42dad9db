/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/bench/samples.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static Samples samples_of(const double *values, size_t n)
{
        Samples samples = {};

        for (size_t i = 0; i < n; i++)
                samples_add(&samples, values[i]);
        return samples;
}

#define SAMPLES(...)                                                                                        \
        samples_of((const double[]) { __VA_ARGS__ }, ELEMENTSOF(((const double[]) { __VA_ARGS__ })))

static void assert_near(double a, double b)
{
        assert_true(a - b < 1e-9 && b - a < 1e-9);
}

static void test_quantiles(void **state)
{
        _cleanup_samples_ Samples odd = SAMPLES(5, 1, 3), even = SAMPLES(4, 1, 3, 2), one = SAMPLES(7);
        _cleanup_samples_ Samples none = {};

        assert_near(samples_median(&odd), 3);
        assert_near(samples_median(&even), 2.5);
        assert_near(samples_quantile(&even, 0), 1);
        assert_near(samples_quantile(&even, 1), 4);
        assert_near(samples_quantile(&even, 0.25), 1.75);
        assert_near(samples_quantile(&one, 0.99), 7);
        assert_near(samples_median(&none), 0);
        /* The order in which they came stays: pairs depend on it. */
        assert_near(odd.values[0], 5);
}

static void test_many(void **state)
{
        _cleanup_samples_ Samples samples = {};

        for (unsigned i = 1000; i > 0; i--)
                samples_add(&samples, i);
        assert_int_equal(samples.n, 1000);
        assert_near(samples_median(&samples), 500.5);
        assert_near(samples_quantile(&samples, 0.99), 990.01);
}

static void test_pairs(void **state)
{
        _cleanup_samples_ Samples a = SAMPLES(2, 9, 8, 5), b = SAMPLES(1, 3, 0);
        _cleanup_samples_ Samples ratios = {}, differences = {};

        samples_add_ratios(&ratios, &a, &b);
        assert_int_equal(ratios.n, 2);
        assert_near(ratios.values[0], 2);
        assert_near(ratios.values[1], 3);
        samples_add_differences(&differences, &a, &b);
        assert_int_equal(differences.n, 3);
        assert_near(differences.values[2], 8);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_quantiles),
                cmocka_unit_test(test_many),
                cmocka_unit_test(test_pairs),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
