/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is told to whom, and in which order. */
#include <string.h>

#include "tests/bus/harness.h"

static int set_up(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);

        name_wait(root, "org.libvirt", true);
        return 0;
}

/* The next DomainEvent says so about the domain. */
static void expect_event(Signals *signals, const char *path, int32_t event, int32_t detail)
{
        sd_bus_message *m = signals_wait(signals, "DomainEvent");
        int32_t got_event, got_detail;
        const char *got_path;

        assert_true(sd_bus_message_read(m, "oii", &got_path, &got_event, &got_detail) > 0);
        assert_string_equal(got_path, path);
        assert_int_equal(got_event, event);
        assert_int_equal(got_detail, detail);
}

/* Both faces tell the same, with libvirt's numbers; each under its own paths. */
static void test_events(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_signals_ Signals *native_signals = signals_new(root, "org.virtbus1", ",member='DomainEvent'");
        _cleanup_signals_ Signals *libvirt_signals = signals_new(root, "org.libvirt", ",member='DomainEvent'");
        g_autofree char *path = domain_define(root, "alpha"), *other = libvirt_path(path);
        static const struct {
                const char *method;
                const char *types;
                int32_t event, detail;
        } steps[] = {
                { "Create", "u", 2, 0 },  /* started, booted */
                { "Suspend", NULL, 3, 0 }, /* suspended, paused */
                { "Resume", NULL, 4, 0 }, /* resumed, unpaused */
                { "Destroy", "u", 5, 1 }, /* stopped, destroyed */
                { "Undefine", "u", 1, 0 },
        };

        expect_event(native_signals, path, 0, 0);
        expect_event(libvirt_signals, other, 0, 0);
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                sd_bus_message_unref(call(root, native("Domain", path), steps[i].method, steps[i].types, 0));
                expect_event(native_signals, path, steps[i].event, steps[i].detail);
                expect_event(libvirt_signals, other, steps[i].event, steps[i].detail);
        }
        signals_expect_none(native_signals, NULL);
        signals_expect_none(libvirt_signals, NULL);
}

/* The value of one property in a PropertiesChanged message, NULL when it is not among them. */
static char *changed_string(sd_bus_message *m, const char *property)
{
        const char *interface, *name, *value;
        char *found = NULL;

        assert_true(sd_bus_message_rewind(m, true) >= 0);
        assert_true(sd_bus_message_read(m, "s", &interface) > 0);
        assert_string_equal(interface, "org.virtbus1.Domain");
        assert_true(sd_bus_message_enter_container(m, 'a', "{sv}") > 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                assert_true(sd_bus_message_read(m, "s", &name) > 0);
                if (streq(name, property)) {
                        assert_true(sd_bus_message_read(m, "v", "s", &value) > 0);
                        g_free(found);
                        found = g_strdup(value);
                } else
                        assert_true(sd_bus_message_skip(m, "v") > 0);
                assert_true(sd_bus_message_exit_container(m) > 0);
        }
        return found;
}

/* A client that follows PropertiesChanged alone knows the state when the call returns. */
static void test_properties_changed(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test");
        g_autofree char *match = g_strdup_printf(",path='%s',member='PropertiesChanged'", path);
        _cleanup_signals_ Signals *signals = signals_new(root, "org.virtbus1", match);
        static const struct {
                const char *method, *state;
        } steps[] = { { "Suspend", "paused" }, { "Resume", "running" } };

        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                g_autofree char *value = NULL;

                sd_bus_message_unref(call(root, native("Domain", path), steps[i].method, NULL));
                assert_int_equal(signals_count(signals, "PropertiesChanged"), 1);
                value = changed_string(signals_wait(signals, NULL), "State");
                assert_non_null(value);
                assert_string_equal(value, steps[i].state);
        }
}

/* The libvirt face has no PropertiesChanged, as libvirt-dbus has none. */
static void test_properties_changed_native_only(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *path = domain_path(root, "test");
        _cleanup_signals_ Signals *signals = signals_new(root, "org.libvirt", "");

        sd_bus_message_unref(call(root, native("Domain", path), "Suspend", NULL));
        sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
        assert_int_equal(signals_count(signals, "DomainEvent"), 2);
        signals_expect_none(signals, "PropertiesChanged");
}

/* The object manager tells of domains that come and go. */
static void test_object_manager(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals =
                signals_new(root, "org.virtbus1", ",interface='org.freedesktop.DBus.ObjectManager'");
        g_autofree char *path = domain_define(root, "alpha");
        const char *got;

        assert_true(sd_bus_message_read(signals_wait(signals, "InterfacesAdded"), "o", &got) > 0);
        assert_string_equal(got, path);
        sd_bus_message_unref(call(root, native("Domain", path), "Undefine", "u", 0));
        assert_true(sd_bus_message_read(signals_wait(signals, "InterfacesRemoved"), "o", &got) > 0);
        assert_string_equal(got, path);
}

/* The bus's policy: the group libvirt hears of machines, others do not. */
static void test_audience(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        static const struct {
                const char *user;
                bool hears;
        } rows[] = { { USER_ONE, false }, { USER_GROUP, true } };
        g_autofree char *path = domain_path(root, "test");

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_client_ sd_bus *bus = client_open(rows[i].user);
                _cleanup_signals_ Signals *native_signals = signals_new(bus, "org.virtbus1", "");
                _cleanup_signals_ Signals *libvirt_signals = signals_new(bus, "org.libvirt", "");

                sd_bus_message_unref(call(root, native("Domain", path), "Suspend", NULL));
                sd_bus_message_unref(call(root, native("Domain", path), "Resume", NULL));
                /* the libvirt face has a connection of its own, so it may come a little later */
                if (rows[i].hears)
                        for (int n = 0; n < 2; n++) {
                                (void) signals_wait(native_signals, "DomainEvent");
                                (void) signals_wait(libvirt_signals, "DomainEvent");
                        }
                else {
                        _cleanup_message_ sd_bus_message *later = NULL;

                        /* by the time when the daemon answers once more, both would have come */
                        later = call(bus, native("Domain", path), "GetState", "u", 0);
                        g_usleep(200 * USEC_PER_MSEC);
                        signals_expect_none(native_signals, NULL);
                        signals_expect_none(libvirt_signals, NULL);
                }
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_events),
                cmocka_unit_test(test_properties_changed),
                cmocka_unit_test(test_properties_changed_native_only),
                cmocka_unit_test(test_object_manager),
                cmocka_unit_test(test_audience),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
