/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets on both faces: defined, found, listed, their values, who may do what, and what is told of it. */
#include "tests/bus/harness.h"

#include <string.h>

#define UUID "0a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
#define NATIVE_PATH "/org/virtbus1/Test/secret/_0a81f5b2_8403_7b23_c8d6_21ccc2f80d6f"
#define LIBVIRT_PATH "/org/libvirt/Test/secret/_0a81f5b2_8403_7b23_c8d6_21ccc2f80d6f"
#define XML                                                                                         \
        "<secret ephemeral='no' private='no'>\n  <uuid>" UUID "</uuid>\n  <description>of a test</description>\n" \
        "  <usage type='ceph'>\n    <name>client.a</name>\n  </usage>\n</secret>\n"
#define FAILED "org.libvirt.Error"

static void define(sd_bus *bus)
{
        g_autofree char *path = call_string(bus, native("Connect", NULL), "SecretDefineXML", "su", XML, 0);

        assert_string_equal(path, NATIVE_PATH);
}

static void undefine(sd_bus *bus)
{
        sd_bus_message_unref(call(bus, native("Secret", NATIVE_PATH), "Undefine", NULL));
}

static void test_define(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = libvirt("Connect", NULL), secret = libvirt("Secret", LIBVIRT_PATH);

        define(bus);
        assert_text(call_string(bus, connect, "SecretLookupByUUID", "s", UUID), LIBVIRT_PATH);
        assert_text(call_string(bus, connect, "SecretLookupByUsage", "is", 2, "client.a"), LIBVIRT_PATH);
        assert_text(call_string(bus, secret, "GetXMLDesc", "u", 0), XML);
        assert_text(property_string(bus, secret, "UUID"), UUID);
        assert_text(property_string(bus, secret, "UsageID"), "client.a");
        assert_text(call_error(bus, connect, FAILED, "SecretDefineXML", "su",
                               "<secret><usage type='ceph'><name>client.a</name></usage><uuid>" UUID
                                       "</uuid></secret>", 8),
                    "unsupported flags (0x8)");
        undefine(bus);
        assert_text(call_error(bus, secret, FAILED, "GetXMLDesc", "u", 0),
                    "Secret not found: no secret with matching uuid '" UUID "'");
        assert_text(call_error(bus, connect, FAILED, "SecretLookupByUsage", "is", 2, "client.a"),
                    "Secret not found: no secret with matching usage 'client.a'");
}

/* Without a UUID it is the secret of its usage, or a new one. */
static void test_define_without_uuid(void **state)
{
        static const char xml[] = "<secret><usage type='ceph'><name>client.a</name></usage></secret>";
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = NULL;

        define(bus);
        assert_text(call_string(bus, native("Connect", NULL), "SecretDefineXML", "su", xml, 0), NATIVE_PATH);
        undefine(bus);
        path = call_string(bus, native("Connect", NULL), "SecretDefineXML", "su", xml, 0);
        assert_string_not_equal(path, NATIVE_PATH);
        sd_bus_message_unref(call(bus, native("Secret", path), "Undefine", NULL));
}

static void test_list(void **state)
{
        const Target connect = native("Connect", NULL);
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_message_ sd_bus_message *page = NULL;
        const char *path;

        assert_int_equal(n_listed(bus, connect, "ListSecrets", 0), 0);
        define(bus);
        assert_int_equal(n_listed(bus, connect, "ListSecrets", 0), 1);
        assert_int_equal(n_listed(bus, connect, "ListSecrets", 1), 0);     /* ephemeral */
        assert_int_equal(n_listed(bus, connect, "ListSecrets", 2 | 8), 1); /* neither ephemeral nor private */
        assert_int_equal(n_listed(bus, connect, "ListSecrets", 4), 0);     /* private */

        page = call(bus, native("Connect", NULL), "ListSecretsDetailed", "a{sv}", 1, "fields", "as", 1, "UUID");
        assert_true(sd_bus_message_enter_container(page, 'a', "(oa{sv})") > 0);
        assert_true(sd_bus_message_enter_container(page, 'r', "oa{sv}") > 0);
        assert_true(sd_bus_message_read(page, "o", &path) > 0);
        assert_string_equal(path, NATIVE_PATH);
        undefine(bus);
}

static void test_value(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = NULL;

        define(bus);
        assert_text(call_error(bus, libvirt("Secret", LIBVIRT_PATH), FAILED, "GetValue", "u", 0),
                    "Secret not found: secret '" UUID "' does not have a value");
        assert_false(property_bool(bus, native("Secret", NATIVE_PATH), "HasValue"));
        secret_set_value(bus, NATIVE_PATH, "open sesame");
        secret_assert_value(bus, NATIVE_PATH, "open sesame");
        assert_true(property_bool(bus, native("Secret", NATIVE_PATH), "HasValue"));
        secret_set_value(bus, NATIVE_PATH, "other");
        define(bus); /* a new definition leaves the value */
        secret_assert_value(bus, NATIVE_PATH, "other");
        undefine(bus);

        path = call_string(bus, native("Connect", NULL), "SecretDefineXML", "su", "<secret private='yes'/>", 0);
        secret_set_value(bus, path, "x");
        assert_text(call_error(bus, native("Secret", path), "org.virtbus1.Error.InvalidSecret", "GetValue", "u", 0),
                    "Invalid secret: secret is private");
        sd_bus_message_unref(call(bus, native("Secret", path), "Undefine", NULL));
}

/* Everybody may look, nobody may change or read the value; polkit is told which secret it is about. */
static void test_authorization(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        const Target secret = native("Secret", NATIVE_PATH);

        define(root);
        secret_set_value(root, NATIVE_PATH, "open sesame");
        assert_text(call_string(one, secret, "GetXMLDesc", "u", 0), XML);
        call_denied(one, secret, "GetValue", "u", 0);
        call_denied(one, secret, "SetValue", "ayu", 0, 0);
        call_denied(one, secret, "Undefine", NULL);
        call_denied(one, native("Connect", NULL), "SecretDefineXML", "su", XML, 0);

        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                             "if (action.id == 'org.libvirt.api.secret.read-secure' &&"
                             "    action.lookup('connect_driver') == 'TEST' &&"
                             "    action.lookup('secret_uuid') == '" UUID "' &&"
                             "    action.lookup('secret_usage_ceph') == 'client.a') return polkit.Result.YES; });");
        secret_assert_value(one, NATIVE_PATH, "open sesame");
        rules_set("10-test", NULL);
        undefine(root);
}

static void test_signals(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *told = signals_new(bus, "org.virtbus1", ""),
                                  *libvirt_told = signals_new(bus, "org.libvirt", ",member='SecretEvent'");
        sd_bus_message *m;
        const char *path;
        int event, detail;

        define(bus);
        m = signals_wait(told, "InterfacesAdded");
        assert_string_equal(sd_bus_message_get_path(m), "/org/virtbus1/Test");
        assert_true(sd_bus_message_read(m, "o", &path) > 0);
        assert_string_equal(path, NATIVE_PATH);
        (void) signals_wait(told, "SecretEvent");
        m = signals_wait(libvirt_told, "SecretEvent");
        assert_true(sd_bus_message_read(m, "oii", &path, &event, &detail) > 0);
        assert_string_equal(path, LIBVIRT_PATH);
        assert_int_equal(event, 0);

        secret_set_value(bus, NATIVE_PATH, "open sesame");
        m = signals_wait(told, "PropertiesChanged");
        assert_string_equal(sd_bus_message_get_path(m), NATIVE_PATH);
        m = signals_wait(told, "ValueChanged");
        assert_string_equal(sd_bus_message_get_path(m), NATIVE_PATH);
        assert_true(sd_bus_message_is_empty(m) > 0);

        undefine(bus);
        m = signals_wait(libvirt_told, "SecretEvent");
        assert_true(sd_bus_message_read(m, "oii", &path, &event, &detail) > 0);
        assert_int_equal(event, 1);
        (void) signals_wait(told, "InterfacesRemoved");
}

static bool is_managed(sd_bus *bus)
{
        _cleanup_message_ sd_bus_message *reply = call(
                bus, on_interface(native("Connect", NULL), "org.freedesktop.DBus.ObjectManager"), "GetManagedObjects",
                NULL);
        const char *path;
        bool found = false;

        assert_true(sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}") > 0);
        while (sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}") > 0) {
                assert_true(sd_bus_message_read(reply, "o", &path) > 0);
                found |= streq(path, NATIVE_PATH);
                assert_true(sd_bus_message_skip(reply, "a{sa{sv}}") > 0);
                assert_true(sd_bus_message_exit_container(reply) > 0);
        }
        return found;
}

/* The tree and the ObjectManager have it, for those who may look for secrets. */
static void test_tree(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        const Target collection = { "org.virtbus1", "/org/virtbus1/Test/secret",
                                    "org.freedesktop.DBus.Introspectable" };
        g_autofree char *xml = NULL;

        define(root);
        xml = call_string(root, collection, "Introspect", NULL);
        assert_non_null(strstr(xml, "<node name=\"_0a81f5b2_8403_7b23_c8d6_21ccc2f80d6f\"/>"));
        assert_true(is_managed(root));
        assert_true(is_managed(one));
        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                             "if (action.id == 'org.libvirt.api.connect.search-secrets' && subject.user == 'vtest1')"
                             "    return polkit.Result.NO; });");
        assert_false(is_managed(one));
        call_denied(one, collection, "Introspect", NULL);
        call_denied(one, native("Connect", NULL), "ListSecrets", "u", 0);
        rules_set("10-test", NULL);
        undefine(root);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_define),  cmocka_unit_test(test_define_without_uuid), cmocka_unit_test(test_list),
                cmocka_unit_test(test_value),   cmocka_unit_test(test_authorization),
                cmocka_unit_test(test_signals),
                cmocka_unit_test(test_tree),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
