/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The private host itself: users, rules, bus policies and services are what the other tests take them for. */
#include "tests/bus/harness.h"

#include <signal.h>
#include <string.h>

#define DENIED_BY_BUS "org.freedesktop.DBus.Error.AccessDenied"

static void test_users(void **state)
{
        static const struct {
                const char *name;
                uint32_t uid;
        } users[] = { { USER_ROOT, 0 }, { USER_ONE, 47101 }, { USER_TWO, 47102 }, { USER_GROUP, 47103 } };

        for (size_t i = 0; i < ELEMENTSOF(users); i++) {
                _cleanup_client_ sd_bus *bus = client_open(users[i].name);
                const char *name;

                assert_true(sd_bus_get_unique_name(bus, &name) >= 0);
                assert_int_equal(call_u32(bus, the_bus, "GetConnectionUnixUser", "s", name), users[i].uid);
                assert_int_equal(geteuid(), 0);
        }
}

/* Only root may be the daemon; anyone may call the native name, but org.libvirt only root and the group. */
static void test_policy_of_calls(void **state)
{
        static const struct {
                const char *user;
                bool own, native, libvirt;
        } rows[] = {
                { USER_ROOT, true, true, true },
                { USER_ONE, false, true, false },
                { USER_GROUP, false, true, true },
        };
        static const char *const names[] = { "org.virtbus1", "org.libvirt" };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                for (size_t n = 0; n < ELEMENTSOF(names); n++) {
                        _cleanup_client_ sd_bus *owner = client_open(USER_ROOT);
                        _cleanup_client_ sd_bus *bus = client_open(rows[i].user);
                        const Target target = { names[n], "/", "org.freedesktop.DBus.Peer" };
                        bool may_call = n == 0 ? rows[i].native : rows[i].libvirt;
                        sd_bus_message *m;

                        assert_int_equal(call_allowed(bus, the_bus, DENIED_BY_BUS, "RequestName", "su", names[n], 4),
                                         rows[i].own);
                        if (rows[i].own)
                                sd_bus_message_unref(call(bus, the_bus, "ReleaseName", "s", names[n]));
                        assert_true(sd_bus_request_name(owner, names[n], 0) >= 0);

                        assert_true(sd_bus_message_new_method_call(bus, &m, target.destination, target.path,
                                                                   target.interface, "Ping") >= 0);
                        if (may_call) {
                                assert_true(sd_bus_send(bus, m, NULL) >= 0);
                                assert_true(sd_bus_flush(bus) >= 0);
                                /* the owner's own library answers it; reading it is proof enough */
                                while (sd_bus_process(owner, NULL) == 0)
                                        assert_true(sd_bus_wait(owner, DEADLINE_USEC) > 0);
                        } else
                                g_free(call_error(bus, target, DENIED_BY_BUS, "Ping", NULL));
                        sd_bus_message_unref(m);
                }
}

/* Signals of both names reach root and the group libvirt alone. */
static void test_policy_of_signals(void **state)
{
        static const char *const names[] = { "org.virtbus1", "org.libvirt" };
        static const char *const users[] = { USER_ROOT, USER_ONE, USER_GROUP };

        for (size_t n = 0; n < ELEMENTSOF(names); n++) {
                _cleanup_client_ sd_bus *owner = client_open(USER_ROOT);

                assert_true(sd_bus_request_name(owner, names[n], 0) >= 0);
                for (size_t i = 0; i < ELEMENTSOF(users); i++) {
                        _cleanup_client_ sd_bus *bus = client_open(users[i]);
                        _cleanup_signals_ Signals *signals = signals_new(bus, names[n], ",path='/test'");

                        assert_true(sd_bus_emit_signal(owner, "/test", "org.virtbus1.Test", "Happened", "") >= 0);
                        sd_bus_message_unref(call(owner, the_bus, "GetId", NULL));
                        assert_int_equal(signals_count(signals, "Happened"), streq(users[i], USER_ONE) ? 0 : 1);
                }
        }
}

/* What polkit says when root asks about a caller, as the daemon does. */
static bool authorized(sd_bus *client, const char *domain)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_message_ sd_bus_message *reply = NULL;
        const char *name;
        int yes;

        assert_true(sd_bus_get_unique_name(client, &name) >= 0);
        reply = call(root, the_authority, "CheckAuthorization", "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
                     name, "org.freedesktop.policykit.exec", 1, "domain_name", domain, 0, "");
        assert_true(sd_bus_message_enter_container(reply, 'r', "bba{ss}") > 0);
        assert_true(sd_bus_message_read(reply, "b", &yes) > 0);
        return yes;
}

static void test_rules(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *two = client_open(USER_TWO);

        assert_true(authorized(root, "web"));
        assert_false(authorized(one, "web"));

        rules_set("10-test", "polkit.addRule(function(action, subject) {\n"
                             "    if (action.lookup('domain_name') == 'web' && subject.user == 'vtest1') {\n"
                             "        return polkit.Result.YES;\n"
                             "    }\n"
                             "});\n");
        assert_true(authorized(one, "web"));
        assert_false(authorized(one, "db"));
        assert_false(authorized(two, "web"));

        rules_set("10-test", NULL);
        assert_false(authorized(one, "web"));
        assert_true(authorized(root, "web"));
}

static void test_services(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *first = name_owner(bus, "org.freedesktop.PolicyKit1"), *none = NULL, *second = NULL;

        service_do("kill", "polkitd");
        name_wait(bus, "org.freedesktop.PolicyKit1", false);
        none = name_owner(bus, "org.freedesktop.PolicyKit1");
        assert_string_equal(none, "");
        g_free(call_error(bus, on_interface(the_authority, "org.freedesktop.DBus.Peer"),
                        "org.freedesktop.DBus.Error.ServiceUnknown", "Ping", NULL));

        service_do("start", "polkitd");
        second = name_owner(bus, "org.freedesktop.PolicyKit1");
        assert_string_not_equal(second, "");
        assert_string_not_equal(second, first);

        service_signal("polkitd", SIGSTOP);
        service_signal("polkitd", SIGCONT);
        g_free(property_string(bus, the_authority, "BackendName"));
}

/* A new bus: old connections are dead, new ones work. */
static void test_bus_restart(void **state)
{
        _cleanup_client_ sd_bus *before = client_open(USER_ONE), *after = NULL;
        uint64_t end = now_usec() + DEADLINE_USEC;

        service_do("restart", "dbus");
        service_do("restart", "polkitd");
        while (sd_bus_process(before, NULL) >= 0 && sd_bus_is_open(before) > 0 && now_usec() < end)
                (void) sd_bus_wait(before, 100 * USEC_PER_MSEC);
        assert_false(sd_bus_is_open(before) > 0);

        after = client_open(USER_ONE);
        sd_bus_message_unref(call(after, the_bus, "GetId", NULL));
        assert_false(authorized(after, "web"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_users),
                cmocka_unit_test(test_policy_of_calls),
                cmocka_unit_test(test_policy_of_signals),
                cmocka_unit_test(test_rules),
                cmocka_unit_test(test_services),
                cmocka_unit_test(test_bus_restart),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
