/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_round_trip(void **state)
{
        for (DomainState i = 0; i < _DOMAIN_STATE_MAX; i++)
                assert_int_equal(domain_state_from_string(domain_state_to_string(i)), i);
        for (DomainEvent i = 0; i < _DOMAIN_EVENT_MAX; i++)
                assert_int_equal(domain_event_from_string(domain_event_to_string(i)), i);
        assert_int_equal(domain_state_from_string("asleep"), -EINVAL);
        assert_null(domain_state_to_string(_DOMAIN_STATE_MAX));
        assert_null(domain_event_to_string(DOMAIN_EVENT_NONE));
}

/* libvirt's values, which travel as numbers */
static void test_values(void **state)
{
        assert_int_equal(domain_state_from_string("nostate"), 0);
        assert_int_equal(domain_state_from_string("running"), 1);
        assert_int_equal(domain_state_from_string("paused"), 3);
        assert_int_equal(domain_state_from_string("shutoff"), 5);
        assert_int_equal(domain_state_from_string("pmsuspended"), 7);
        assert_int_equal(domain_event_from_string("defined"), 0);
        assert_int_equal(domain_event_from_string("started"), 2);
        assert_int_equal(domain_event_from_string("stopped"), 5);
        assert_int_equal(domain_event_from_string("crashed"), 8);
}

typedef const char *(*Lookup)(int row, int i);

static const char *reason(int row, int i)
{
        return domain_reason_to_string((DomainState) row, i);
}

static const char *detail(int row, int i)
{
        return domain_event_detail_to_string((DomainEvent) row, i);
}

/* Every number of a row has a word of its own; those around are unknown. */
static void check_row(Lookup lookup, int row, int first, int n)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        for (int i = first; i < n; i++) {
                const char *word = lookup(row, i);

                assert_string_not_equal(word, "unknown");
                for (const char *c = word; *c; c++)
                        assert_true(g_ascii_islower(*c) || *c == '-');
                assert_true(g_hash_table_add(seen, (char *) word));
        }
        assert_string_equal(lookup(row, first - 1), "unknown");
        assert_string_equal(lookup(row, n), "unknown");
        assert_string_equal(lookup(row, 1000), "unknown");
}

static void test_reasons(void **state)
{
        static const int n[_DOMAIN_STATE_MAX] = {
                [DOMAIN_NOSTATE] = 1,  [DOMAIN_RUNNING] = 12, [DOMAIN_BLOCKED] = 1, [DOMAIN_PAUSED] = 15,
                [DOMAIN_SHUTDOWN] = 2, [DOMAIN_SHUTOFF] = 9,  [DOMAIN_CRASHED] = 2, [DOMAIN_PMSUSPENDED] = 1,
        };

        for (int i = 0; i < _DOMAIN_STATE_MAX; i++)
                check_row(reason, i, 1, n[i]); /* 0 is "unknown" itself */
        assert_string_equal(reason(DOMAIN_RUNNING, DOMAIN_RUNNING_BOOTED), "booted");
        assert_string_equal(reason(DOMAIN_PAUSED, DOMAIN_PAUSED_API_ERROR), "api-error");
        assert_string_equal(reason(DOMAIN_SHUTOFF, DOMAIN_SHUTOFF_DESTROYED), "destroyed");
        assert_string_equal(reason(_DOMAIN_STATE_MAX, 1), "unknown");
        assert_string_equal(reason(-1, 1), "unknown");
}

static void test_details(void **state)
{
        static const int n[_DOMAIN_EVENT_MAX] = { 4, 2, 5, 7, 3, 7, 3, 2, 2 };

        for (int i = 0; i < _DOMAIN_EVENT_MAX; i++)
                check_row(detail, i, 0, n[i]);
        assert_string_equal(detail(DOMAIN_EVENT_STARTED, DOMAIN_EVENT_STARTED_BOOTED), "booted");
        assert_string_equal(detail(DOMAIN_EVENT_STOPPED, DOMAIN_EVENT_STOPPED_CRASHED), "crashed");
        assert_string_equal(detail(DOMAIN_EVENT_NONE, 0), "unknown");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_values),
                cmocka_unit_test(test_reasons),
                cmocka_unit_test(test_details),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
