/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/failure.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void test_statuses(void **state)
{
        static const struct {
                const char *name;
                ExitStatus status;
        } cases[] = {
                { "org.virtbus1.Error.NoDomain", EXIT_STATUS_NOT_FOUND },
                { "org.virtbus1.Error.NoJob", EXIT_STATUS_NOT_FOUND },
                { "org.virtbus1.Error.AccessDenied", EXIT_STATUS_DENIED },
                { "org.freedesktop.DBus.Error.AccessDenied", EXIT_STATUS_DENIED },
                { "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", EXIT_STATUS_DENIED },
                { "org.freedesktop.DBus.Error.ServiceUnknown", EXIT_STATUS_UNREACHABLE },
                { "org.freedesktop.DBus.Error.Spawn.ExecFailed", EXIT_STATUS_UNREACHABLE },
                { "org.freedesktop.DBus.Error.NoReply", EXIT_STATUS_UNREACHABLE },
                { "org.virtbus1.Error.OperationInvalid", EXIT_STATUS_FAILED },
                { "org.freedesktop.DBus.Error.UnknownMethod", EXIT_STATUS_FAILED },
                { "com.example.Whatever", EXIT_STATUS_FAILED },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                sd_bus_error error = SD_BUS_ERROR_MAKE_CONST(cases[i].name, "a sentence");
                _cleanup_failure_ Failure failure = {};

                assert_true(failure_from_bus(&failure, &(FailureContext) {}, &error, -EIO) < 0);
                assert_int_equal(failure.status, cases[i].status);
                assert_non_null(strstr(failure.message, "a sentence"));
        }
}

static void test_numbers(void **state)
{
        _cleanup_failure_ Failure late = {}, lost = {}, other = {};
        FailureContext context = {};

        failure_from_bus(&late, &context, NULL, -ETIMEDOUT);
        assert_int_equal(late.status, EXIT_STATUS_UNREACHABLE);
        assert_non_null(strstr(late.message, "--timeout"));
        failure_from_bus(&lost, &context, &SD_BUS_ERROR_NULL, -ECONNRESET);
        assert_int_equal(lost.status, EXIT_STATUS_UNREACHABLE);
        failure_from_bus(&other, &context, NULL, -EINVAL);
        assert_int_equal(other.status, EXIT_STATUS_FAILED);
}

static char *denied_hint(const FailureContext *context, const char *name, const char *message)
{
        sd_bus_error error = SD_BUS_ERROR_MAKE_CONST(name, message);
        _cleanup_failure_ Failure failure = {};

        failure_from_bus(&failure, context, &error, -EACCES);
        assert_int_equal(failure.status, EXIT_STATUS_DENIED);
        return g_steal_pointer(&failure.hint);
}

static void test_denied(void **state)
{
        FailureContext start = { .action = "domain.start", .interactive = true },
                       unknown = { .interactive = true };
        FailureContext silent = { .action = "domain.start" };
        g_autofree char *expected = NULL, *named = NULL, *none = NULL, *quiet = NULL;

        expected = denied_hint(&start, "org.virtbus1.Error.AccessDenied", "access denied");
        assert_string_equal(
                        expected,
                        "It needs the polkit action org.libvirt.api.domain.start: allow it with a rule in "
                        "/etc/polkit-1/rules.d, or run it as root.");
        /* The service knows better. */
        named = denied_hint(&start, "org.virtbus1.Error.AccessDenied",
                            "access denied: not allowed to org.libvirt.api.domain.read-secure.");
        assert_non_null(strstr(named, "action org.libvirt.api.domain.read-secure:"));
        none = denied_hint(&unknown, "org.freedesktop.DBus.Error.AccessDenied", "Sender is not authorized");
        assert_non_null(strstr(none, "group libvirt"));
        quiet = denied_hint(&silent, "org.virtbus1.Error.AccessDenied", "access denied");
        assert_non_null(strstr(quiet, "--no-ask-password"));
}

static void test_not_running(void **state)
{
        static const sd_bus_error error =
                        SD_BUS_ERROR_MAKE_CONST("org.freedesktop.DBus.Error.ServiceUnknown", "nobody");
        static const struct {
                FailureContext context;
                const char *hint;
        } cases[] = {
                { {}, "Start it: systemctl start virtbusd" },
                { { .user = true }, "Start it: systemctl --user start virtbusd" },
                { { .host = "root@far" }, "Start it there: ssh root@far systemctl start virtbusd" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_failure_ Failure failure = {};

                failure_from_bus(&failure, &cases[i].context, &error, -EHOSTUNREACH);
                assert_string_equal(failure.message, "the service virtbusd does not run (nobody)");
                assert_string_equal(failure.hint, cases[i].hint);
        }
}

static void test_hostile_sentence(void **state)
{
        static const sd_bus_error error =
                        SD_BUS_ERROR_MAKE_CONST("org.virtbus1.Error.XMLDetail", "bad \033[31mname\n");
        _cleanup_failure_ Failure failure = {};

        failure_from_bus(&failure, &(FailureContext) {}, &error, -EIO);
        assert_string_equal(failure.message, "bad \\u001b[31mname");
}

static void test_set(void **state)
{
        static const int numbers[_EXIT_STATUS_MAX] = { 0, -EIO, -EINVAL, -ENOENT, -EACCES, -ENOTCONN };

        for (ExitStatus status = EXIT_STATUS_FAILED; status < _EXIT_STATUS_MAX; status++) {
                _cleanup_failure_ Failure failure = {};

                assert_int_equal(failure_set(&failure, status, "no %d", 7), numbers[status]);
                assert_int_equal(failure.status, status);
                assert_string_equal(failure.message, "no 7");
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_statuses),         cmocka_unit_test(test_numbers),
                cmocka_unit_test(test_denied),           cmocka_unit_test(test_not_running),
                cmocka_unit_test(test_hostile_sentence), cmocka_unit_test(test_set),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
