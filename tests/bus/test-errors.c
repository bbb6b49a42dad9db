/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The numbers behind an error: GetLastError and ErrorReported. */
#include "tests/bus/harness.h"

#include <string.h>

#define TYPES "iisisssii"

typedef struct Numbers {
        int32_t code, domain, level, ints[2];
        const char *message, *sentence, *detail, *third;
} Numbers;

static void read_numbers(sd_bus_message *m, Numbers *ret)
{
        assert_true(sd_bus_message_read(m, TYPES, &ret->code, &ret->domain, &ret->message, &ret->level, &ret->sentence,
                                        &ret->detail, &ret->third, ret->ints, ret->ints + 1) > 0);
}

static sd_bus_message *last_error(sd_bus *bus, Numbers *ret)
{
        sd_bus_message *m = call(bus, native("Connect", NULL), "GetLastError", NULL);

        assert_true(sd_bus_message_enter_container(m, 'r', TYPES) > 0);
        read_numbers(m, ret);
        return m;
}

static void expect_last_error(sd_bus *bus, int32_t code, int32_t domain, const char *message)
{
        Numbers numbers;
        _cleanup_message_ G_GNUC_UNUSED sd_bus_message *m = last_error(bus, &numbers);

        assert_int_equal(numbers.code, code);
        assert_int_equal(numbers.domain, domain);
        assert_string_equal(numbers.message, message);
}

/* Each caller has its own, from both faces; one that succeeds changes nothing. */
static void test_last_error(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ROOT), *two = client_open(USER_ROOT);
        g_autofree char *text = NULL;

        name_wait(one, "org.libvirt", true);
        expect_last_error(one, 0, 0, "");
        text = call_error(one, native("Connect", NULL), "org.virtbus1.Error.NoDomain", "DomainLookupByName", "s",
                          "none");
        expect_last_error(one, 42, 12, text);
        expect_last_error(two, 0, 0, "");
        g_free(text);
        text = call_error(one, libvirt("Connect", NULL), "org.libvirt.Error", "NetworkLookupByName", "s", "none");
        sd_bus_message_unref(call(one, native("Connect", NULL), "ListDomains", "u", 0));
        expect_last_error(one, 43, 19, text);
        g_free(text);
        /* one of ours travels as libvirt's */
        text = call_error(two, native("Connect", NULL), "org.virtbus1.Error.InvalidArg", "ListDomains", "u", 1u << 31);
        expect_last_error(two, 8, 12, text);
}

/* What a caller puts into an error is not kept without end, nor cut within a character. */
static void test_long_error(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ROOT);
        g_autofree char *name = g_strnfill(3 * 8192, 'x');
        _cleanup_message_ sd_bus_message *m = NULL;
        Numbers numbers;

        for (size_t i = 0; i < 3 * 8192; i += 3)
                memcpy(name + i, "\342\202\254", 3); /* a sign of three bytes */
        g_free(call_error(one, native("Connect", NULL), "org.virtbus1.Error.NoDomain", "DomainLookupByName", "s",
                          name));
        m = last_error(one, &numbers);
        assert_in_range(strlen(numbers.message), 4090, 4096);
        assert_true(g_utf8_validate(numbers.message, -1, NULL));
        assert_in_range(strlen(numbers.detail), 4090, 4096);
}

/* Who has subscribed is told before the answer; others are not. */
static void test_error_reported(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ROOT), *two = client_open(USER_ROOT);
        _cleanup_signals_ Signals *told = signals_new(one, "org.virtbus1", ",member='ErrorReported'");
        _cleanup_signals_ Signals *not_told = signals_new(two, "org.virtbus1", ",member='ErrorReported'");
        Numbers numbers;

        sd_bus_message_unref(call(one, native("Connect", NULL), "Subscribe", NULL));
        for (size_t i = 0; i < 2; i++)
                g_free(call_error(i == 0 ? one : two, native("Connect", NULL), "org.virtbus1.Error.NoDomain",
                                  "DomainLookupByName", "s", "none"));
        assert_int_equal(signals_count(told, "ErrorReported"), 1);
        read_numbers(signals_wait(told, NULL), &numbers);
        assert_int_equal(numbers.code, 42);
        assert_int_equal(numbers.level, 2);
        assert_string_equal(numbers.sentence, "Domain not found: %s");
        assert_string_equal(numbers.detail, "no domain with matching name 'none'");
        assert_string_equal(numbers.third, "");
        assert_int_equal(numbers.ints[0], -1);
        signals_expect_none(not_told, NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_last_error),
                cmocka_unit_test(test_error_reported),
                cmocka_unit_test(test_long_error),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
