/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration between hosts of the driver "Test". */
#include <string.h>

#include "tests/bus/later.h"

#define NATIVE_ERROR "org.virtbus1.Error."
#define DOMAIN(path) native("Domain", path)

enum { LIVE = 1, UNDEFINE_SOURCE = 16, OFFLINE = 1024, POSTCOPY = 32768 };

static char *make_domain(sd_bus *bus, const char *name)
{
        char *path = domain_define(bus, name);

        sd_bus_message_unref(call(bus, DOMAIN(path), "Create", "u", 0));
        return path;
}

static uint64_t get(sd_bus *bus, const char *path, const char *member, uint32_t flags)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, DOMAIN(path), member, "u", flags);
        uint64_t value;

        assert_true(sd_bus_message_read(reply, "t", &value) > 0);
        return value;
}

static void migrate(sd_bus *bus, const char *path, const char *uri, uint32_t flags)
{
        sd_bus_message_unref(call(bus, DOMAIN(path), "MigrateToURI3", "sa{sv}u", uri, 0, flags));
}

static void test_settings(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root, "settings");

        sd_bus_message_unref(call(root, DOMAIN(path), "MigrateSetMaxSpeed", "tu", UINT64_C(10), 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "MigrateSetMaxSpeed", "tu", UINT64_C(20), 1));
        sd_bus_message_unref(call(root, DOMAIN(path), "MigrateSetMaxDowntime", "tu", UINT64_C(30), 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "MigrateSetCompressionCache", "tu", UINT64_C(4096), 0));
        assert_int_equal(get(root, path, "MigrateGetMaxSpeed", 0), 10);
        assert_int_equal(get(root, path, "MigrateGetMaxSpeed", 1), 20);
        assert_int_equal(get(root, path, "MigrateGetMaxDowntime", 0), 30);
        assert_int_equal(get(root, path, "MigrateGetCompressionCache", 0), 4096);
        /* they are of the machine */
        sd_bus_message_unref(call(root, DOMAIN(path), "Destroy", "u", 0));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "MigrateGetMaxDowntime", "u", 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "Create", "u", 0));
        assert_int_equal(get(root, path, "MigrateGetMaxDowntime", 0), 300);
        sd_bus_message_unref(call(root, DOMAIN(path), "Destroy", "u", 0));
        sd_bus_message_unref(call(root, DOMAIN(path), "Undefine", "u", 0));
}

static void test_migrate(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = signals_new(root, "org.virtbus1", ",interface='org.virtbus1.Domain'");
        g_autofree char *path = make_domain(root, "moved");
        int32_t iteration;

        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "MigrateToURI3", "sa{sv}u",
                          "test:///default", 0, LIVE));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "MigrateToURI3", "sa{sv}u", "xen:///", 0,
                          LIVE));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "MigrateToURI3", "sa{sv}u", "test:///far", 1,
                          "hurry", "b", true, LIVE));
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "InvalidArg", "MigrateToURI3", "sa{sv}u", "test:///far", 0,
                          LIVE | OFFLINE));
        migrate(root, path, "test:///far", LIVE);
        for (int32_t i = 1; i <= 4; i++) {
                assert_true(sd_bus_message_read(signals_wait(signals, "MigrationIteration"), "i", &iteration) > 0);
                assert_int_equal(iteration, i);
        }
        signals_wait(signals, "JobCompleted");
        domain_assert_state(root, path, "shutoff", "migrated");

        sd_bus_message_unref(call(root, DOMAIN(path), "Create", "u", 0));
        migrate(root, path, "test:///far", LIVE | UNDEFINE_SOURCE);
        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "NoDomain", "GetState", "u", 0));
}

static void test_during(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *path = make_domain(root, "underway"), *error = NULL;
        Later later;

        g_free(call_error(root, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "MigrateStartPostCopy", "u", 0));
        call_later(root, DOMAIN(path), "MigrateToURI3", &later, "sa{sv}u", "test:///far", 0, LIVE);
        wait_for_job(other, path);
        sd_bus_message_unref(call(other, DOMAIN(path), "MigrateSetMaxDowntime", "tu", UINT64_C(50), 0));
        g_free(call_error(other, DOMAIN(path), NATIVE_ERROR "OperationInvalid", "MigrateStartPostCopy", "u", 0));
        sd_bus_message_unref(call(other, DOMAIN(path), "AbortJob", NULL));
        error = wait_later(&later);
        assert_string_equal(error, NATIVE_ERROR "OperationAborted");
        domain_assert_state(root, path, "running", "booted");

        call_later(root, DOMAIN(path), "MigrateToURI3", &later, "sa{sv}u", "test:///far", 0, LIVE | POSTCOPY);
        wait_for_job(other, path);
        sd_bus_message_unref(call(other, DOMAIN(path), "MigrateStartPostCopy", "u", 0));
        wait_ok(&later);
        domain_assert_state(root, path, "shutoff", "migrated");
        sd_bus_message_unref(call(root, DOMAIN(path), "Undefine", "u", 0));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_settings),
                cmocka_unit_test(test_migrate),
                cmocka_unit_test(test_during),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
