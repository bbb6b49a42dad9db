/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define UUID "6d1f1c0e-8f1a-4f0e-9d63-2b1b6a3f9a01"
#define HEAD "virtbus-status 1\nuuid " UUID "\n"
#define FACTS "phase up\nid 3\nuid 2000\nstate running\n"

static void test_round_trip(void **state)
{
        const QemuStatus status = {
                .phase = QEMU_STOPPING,
                .uuid = UUID,
                .id = 17,
                .uid = 2113929300,
                .pid = 4711,
                .start_time = UINT64_C(123456789012),
                .started_usec = UINT64_C(1700000000000000),
                .state = DOMAIN_PAUSED,
                .reason = DOMAIN_PAUSED_IOERROR,
                .reboot = true,
                .rebooting = true,
                .launching = false,
                .autodestroy = true,
                .end_reason = DOMAIN_SHUTOFF_DESTROYED,
                .end_event = DOMAIN_EVENT_STOPPED_DESTROYED,
                .has_agent_timeout = true,
                .agent_timeout = -2,
                .log_offset = 99,
                .xml = "<domain>\n\n  <name>x</name>\n</domain>\n",
        };
        size_t size;
        g_autofree char *text = qemu_status_format(&status, &size), *again = NULL;
        QemuStatus read;

        assert_int_equal(strlen(text), size);
        assert_int_equal(qemu_status_parse(text, &read, NULL), 0);
        assert_string_equal(read.xml, status.xml);
        again = qemu_status_format(&read, &size);
        assert_string_equal(text, again);
        assert_int_equal(read.pid, 4711);
        assert_int_equal(read.start_time, status.start_time);
        assert_int_equal(read.state, DOMAIN_PAUSED);
        assert_true(read.rebooting);
        assert_false(read.launching);
        assert_int_equal(read.end_event, DOMAIN_EVENT_STOPPED_DESTROYED);
        assert_true(read.has_agent_timeout);
        assert_int_equal(read.agent_timeout, -2);
}

static ErrorCode refusal(const char *text)
{
        _cleanup_error_ Error error = ERROR_INIT;
        QemuStatus status;

        return qemu_status_parse(text, &status, &error) < 0 ? error.code : ERROR_OK;
}

static void test_damaged(void **state)
{
        assert_int_equal(refusal(HEAD FACTS "\n<domain/>"), ERROR_OK);
        /* what a later daemon adds without a new version is of no importance */
        assert_int_equal(refusal(HEAD FACTS "colour blue\n\n<domain/>"), ERROR_OK);
        assert_int_equal(refusal("virtbus-status 2\nuuid " UUID "\n" FACTS "\n<domain/>"),
                         ERROR_CONFIG_UNSUPPORTED);
        assert_int_equal(refusal(""), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal("\n\n"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal("virtbus-status\n\n"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal(HEAD FACTS), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal(HEAD "phase up\n\n<domain/>"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal("virtbus-status 1\n" FACTS "\n<domain/>"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal("virtbus-status 1\nuuid ../../etc\n" FACTS "\n<domain/>"),
                         ERROR_OPERATION_FAILED);
        assert_int_equal(refusal(HEAD FACTS "phase sideways\n\n"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal(HEAD FACTS "id -1\n\n"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal(HEAD FACTS "id 99999999999\n\n"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal(HEAD FACTS "reason 256\n\n"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal(HEAD FACTS "agent-timeout 2147483648\n\n"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal(HEAD FACTS "reboot perhaps\n\n"), ERROR_OPERATION_FAILED);
        assert_int_equal(refusal(HEAD FACTS "state\n\n"), ERROR_OPERATION_FAILED);
}

/* Every prefix of a status is refused or, from the empty line on, read: a file cut short harms nobody. */
static void test_prefixes(void **state)
{
        const char *text = HEAD FACTS "\n<domain/>";

        for (size_t n = 0; n < strlen(text); n++) {
                g_autofree char *part = g_strndup(text, n);

                assert_int_equal(refusal(part) == ERROR_OK, n >= strlen(HEAD FACTS "\n"));
        }
}

static void test_phases(void **state)
{
        for (QemuPhase i = 0; i < _QEMU_PHASE_MAX; i++)
                assert_int_equal(qemu_phase_from_string(qemu_phase_to_string(i)), i);
        assert_int_equal(qemu_phase_from_string("gone"), -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_round_trip),
                cmocka_unit_test(test_damaged),
                cmocka_unit_test(test_prefixes),
                cmocka_unit_test(test_phases),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
