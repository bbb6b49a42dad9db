/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/event.h"

#include "tests/unit/cli-message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define DOMAIN "/org/virtbus1/Test/domain/_6695eb01_f6a4_8304_79aa_97f2502e193f"

static int setup(void **state)
{
        TestBus *b = g_new0(TestBus, 1);

        g_assert_cmpint(setenv("TZ", "UTC", true), ==, 0);
        test_bus_open(b);
        *state = b;
        return 0;
}

static int teardown(void **state)
{
        test_bus_close(*state);
        g_free(*state);
        return 0;
}

static void assert_line(sd_bus_message *m, const char *expected)
{
        g_autoptr(JsonObject) event = NULL;
        g_autofree char *line = NULL;

        test_seal(m);
        assert_int_equal(event_read(m, &event), 1);
        line = event_format(event, "web", UINT64_C(1767225600123456));
        assert_string_equal(line, expected);
        assert_true(g_strv_contains(event_names, json_string(event, "event")));
}

static void test_state_changed(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        m = test_signal_new(*state, "/org/virtbus1/Test", "org.virtbus1.Connect", "DomainStateChanged");
        assert_true(sd_bus_message_append(m, "ossss", DOMAIN, "running", "booted", "started", "booted") >=
                    0);
        assert_line(m, "2026-01-01 00:00:00.123 web started detail=booted state=running reason=booted");
}

static void test_change_without_event(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        m = test_signal_new(*state, "/org/virtbus1/Test", "org.virtbus1.Connect", "DomainStateChanged");
        assert_true(sd_bus_message_append(m, "ossss", DOMAIN, "shutdown", "user", "", "") >= 0);
        assert_line(m, "2026-01-01 00:00:00.123 web state state=shutdown reason=user");
}

static void test_domain_signals(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reboot = NULL, *error = NULL, *rtc = NULL;

        reboot = test_signal_new(*state, DOMAIN, "org.virtbus1.Domain", "Reboot");
        assert_line(reboot, "2026-01-01 00:00:00.123 web reboot");
        error = test_signal_new(*state, DOMAIN, "org.virtbus1.Domain", "IOError");
        assert_true(sd_bus_message_append(error, "ssis", "/img\033", "virtio-disk0", 1, "enospc") >= 0);
        assert_line(error,
                    "2026-01-01 00:00:00.123 web io-error source=/img\\u001b device=virtio-disk0 action=1 "
                    "reason=enospc");
        rtc = test_signal_new(*state, DOMAIN, "org.virtbus1.Domain", "RTCChange");
        assert_true(sd_bus_message_append(rtc, "x", INT64_C(-3600)) >= 0);
        assert_line(rtc, "2026-01-01 00:00:00.123 web rtc-change offset=-3600");
}

static void test_job(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;

        m = test_signal_new(*state, "/org/virtbus1/Test/job/7", "org.virtbus1.Job", "Completed");
        assert_true(sd_bus_message_append(m, "bss", 0, "org.virtbus1.Error.OperationAborted",
                                          "operation aborted") >= 0);
        assert_line(m,
                    "2026-01-01 00:00:00.123 web job success=no error=org.virtbus1.Error.OperationAborted "
                    "message=operation aborted");
}

static void test_others(void **state)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *unknown = NULL, *wrong = NULL;
        g_autoptr(JsonObject) event = NULL;

        unknown = test_seal(test_signal_new(*state, DOMAIN, "org.virtbus1.Domain", "Newer"));
        assert_int_equal(event_read(unknown, &event), 0);
        /* Arguments of another service version. */
        wrong = test_seal(test_signal_new(*state, DOMAIN, "org.virtbus1.Domain", "Watchdog"));
        assert_true(event_read(wrong, &event) < 0);
        assert_null(event);
}

static void test_timestamp(void **state)
{
        g_autofree char *timestamp = event_timestamp(UINT64_C(1767225600123456));

        assert_string_equal(timestamp, "2026-01-01T00:00:00.123456+00:00");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_state_changed, setup, teardown),
                cmocka_unit_test_setup_teardown(test_change_without_event, setup, teardown),
                cmocka_unit_test_setup_teardown(test_domain_signals, setup, teardown),
                cmocka_unit_test_setup_teardown(test_job, setup, teardown),
                cmocka_unit_test_setup_teardown(test_others, setup, teardown),
                cmocka_unit_test_setup_teardown(test_timestamp, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
