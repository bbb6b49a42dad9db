/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may do what: the daemon with a real polkitd, several users and real rules. */
#include <string.h>

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"

#define DENIED "org.virtbus1.Error.AccessDenied"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* A rule with that condition. */
#define RULE(condition, result)                                                                                      \
        "polkit.addRule(function(action, subject) {\n"                                                               \
        "    if (" condition ") { return polkit.Result." result "; }\n"                                              \
        "    return polkit.Result.NOT_HANDLED;\n"                                                                    \
        "});\n"

#define UUID "5c6d49af-b071-6127-b4ec-6f8ed4b55335"

static int set_up(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);

        name_wait(root, "org.libvirt", true);
        return 0;
}

static int no_rules(void **state)
{
        rules_set("10-test", NULL);
        return 0;
}

/* All that the daemon tells about its state, to see that nothing has changed. */
static char *everything(sd_bus *root)
{
        _cleanup_message_ sd_bus_message *reply = call(root, native("Connect", NULL), "ListDomainsDetailed",
                                                       "a{sv}", 0);
        g_autoptr(GString) all = g_string_new(NULL);
        const char *path;

        assert_true(sd_bus_message_enter_container(reply, 'a', "(oa{sv})") > 0);
        while (sd_bus_message_enter_container(reply, 'r', "oa{sv}") > 0) {
                g_autofree char *state = NULL, *xml = NULL;

                assert_true(sd_bus_message_read(reply, "o", &path) > 0);
                assert_true(sd_bus_message_skip(reply, "a{sv}") > 0);
                assert_true(sd_bus_message_exit_container(reply) > 0);
                state = property_string(root, native("Domain", path), "State");
                xml = call_string(root, native("Domain", path), "GetXMLDesc", "u", 1);
                g_string_append_printf(all, "%s %s %d\n%s\n", path, state,
                                       property_bool(root, native("Domain", path), "Autostart"), xml);
        }
        return g_string_free(g_steal_pointer(&all), FALSE);
}

/* Returns the error's name, "" for none. */
static char *send_and_wait(sd_bus *bus, sd_bus_message *m)
{
        sd_bus_error error = SD_BUS_ERROR_NULL;
        char *name;

        if (sd_bus_call(bus, m, 0, &error, NULL) >= 0)
                return g_strdup("");
        name = g_strdup(error.name);
        sd_bus_error_free(&error);
        return name;
}

static char *set_zero(sd_bus *bus, Target properties, const char *interface, const Member *property)
{
        _cleanup_message_ sd_bus_message *m = NULL;

        assert_true(sd_bus_message_new_method_call(bus, &m, properties.destination, properties.path,
                                                   properties.interface, "Set") >= 0);
        assert_true(sd_bus_message_append(m, "ss", interface, property->name) >= 0);
        assert_true(sd_bus_message_open_container(m, 'v', property->in) >= 0);
        append_zeros(m, property->in);
        assert_true(sd_bus_message_close_container(m) >= 0);
        return send_and_wait(bus, m);
}

/* A definition that the method takes. */
static char *definition_for(const char *method)
{
        static const struct {
                const char *prefix, *xml;
        } others[] = {
                { "NodeDevice", "<device><name>intruder</name><capability type='ap_matrix'/></device>" },
                { "Interface", "<interface type='ethernet' name='intruder'/>" },
                { "NWFilterBinding", "<filterbinding><owner><name>vm</name><uuid>" UUID "</uuid></owner>"
                                     "<portdev name='vnet9'/><mac address='52:54:00:00:00:09'/>"
                                     "<filterref filter='intruder'/></filterbinding>" },
                { "NWFilter", "<filter name='intruder'/>" },
                { "Network", "<network><name>intruder</name></network>" },
                { "Secret", "<secret/>" },
                { "StoragePool", "<pool type='dir'><name>intruder</name><target><path>/i</path></target></pool>" },
                { "StorageVol", "<volume><name>intruder</name><capacity>1</capacity></volume>" },
        };

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (g_str_has_prefix(method, others[i].prefix))
                        return g_strdup(others[i].xml);
        return domain_xml("intruder");
}

/* Calls the method with zeros for arguments, or a definition where one is wanted. */
static char *call_with_zeros(sd_bus *bus, Target target, const Member *method)
{
        _cleanup_message_ sd_bus_message *m = NULL;
        const char *rest = method->in;

        assert_true(sd_bus_message_new_method_call(bus, &m, target.destination, target.path, target.interface,
                                                   method->name) >= 0);
        if (strstr(method->name, "XML") && *rest == 's') {
                g_autofree char *xml = definition_for(method->name);

                assert_true(sd_bus_message_append_basic(m, 's', xml) >= 0);
                rest++;
        }
        append_zeros(m, rest);
        return send_and_wait(bus, m);
}

/*
 * Calls every method of the interface and sets every property; what does more than look must be refused. Returns how
 * many.
 */
static unsigned check_refused(sd_bus *bus, const char *interface, const char *path, bool reads_too)
{
        g_autoptr(GPtrArray) members = contract_native(interface);
        Target target = native(interface, path), properties = on_interface(target, PROPERTIES);
        unsigned n = 0;

        for (guint i = 0; i < members->len; i++) {
                const Member *member = members->pdata[i];
                g_autofree char *error = NULL;

                if (member->kind == MEMBER_METHOD) {
                        bool refused;

                        error = call_with_zeros(bus, target, member);
                        refused = streq(error, DENIED);
                        if (refused != (reads_too || !member_only_reads(member)))
                                fail_msg("%s.%s: '%s'", interface, member->name, error);
                        n += refused;
                } else if (member->kind == MEMBER_PROPERTY && strstr(member->access, "write")) {
                        error = set_zero(bus, properties, target.interface, member);
                        assert_string_equal(error, DENIED);
                        n++;
                } else if (member->kind == MEMBER_PROPERTY && reads_too) {
                        call_denied(bus, properties, "Get", "ss", target.interface, member->name);
                        n++;
                }
        }
        return n;
}

/* Without any rule, nobody but root and the group changes anything. */
static void test_nobody_changes(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *path = domain_path(root, "test"), *before = everything(root), *after = NULL;

        assert_true(check_refused(one, "Connect", NULL, false) >= 3);
        assert_true(check_refused(one, "Domain", path, false) >= 12);
        after = everything(root);
        assert_string_equal(before, after);
}

/* How many properties GetAll shows. */
static unsigned n_properties(sd_bus *bus, const char *path)
{
        _cleanup_message_ sd_bus_message *reply =
                call(bus, on_interface(native("Domain", path), PROPERTIES), "GetAll", "s", "org.virtbus1.Domain");
        unsigned n = 0;

        assert_true(sd_bus_message_enter_container(reply, 'a', "{sv}") > 0);
        for (; sd_bus_message_at_end(reply, false) == 0; n++)
                assert_true(sd_bus_message_skip(reply, "{sv}") > 0);
        return n;
}

/* GetAll leaves out what may not be seen. */
static void test_some_properties(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ONE), *two = client_open(USER_TWO);
        g_autofree char *path = domain_path(one, "test");

        rules_set("10-test", RULE("action.id == 'org.libvirt.api.domain.read' && subject.user == 'vtest1'", "NO"));
        assert_int_equal(n_properties(one, path), 3); /* Id, Name, UUID */
        assert_true(n_properties(two, path) > 20);
}

/* Who may not even look gets nothing at all: no property, no list, no path. */
static void test_nobody_looks(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *path = domain_path(root, "test");

        rules_set("10-test", RULE("subject.user == 'vtest1'", "NO"));
        assert_true(check_refused(one, "Connect", NULL, true) > 15);
        assert_true(check_refused(one, "Domain", path, true) > 35);

        call_denied(one, on_interface(native("Domain", path), PROPERTIES), "GetAll", "s", "org.virtbus1.Domain");
        call_denied(one, on_interface(native("Connect", NULL), "org.freedesktop.DBus.ObjectManager"),
                    "GetManagedObjects", NULL);
}

/* Answers that were remembered are forgotten when rules change. */
static void test_rules_change(void **state)
{
        _cleanup_client_ sd_bus *two = client_open(USER_TWO);
        g_autofree char *path = domain_path(two, "test"), *running = NULL;
        uint64_t end = now_usec() + DEADLINE_USEC;

        rules_set("10-test", RULE("action.id == 'org.libvirt.api.domain.read' && subject.user == 'vtest2'", "NO"));
        /* polkitd's signal and the answer to our own question travel apart */
        while (call_allowed(two, native("Domain", path), DENIED, "GetState", "u", 0))
                assert_true(now_usec() < end);
        rules_set("10-test", NULL);
        while (!call_allowed(two, native("Domain", path), DENIED, "GetState", "u", 0))
                assert_true(now_usec() < end);
        running = property_string(two, native("Domain", path), "State");
        assert_string_equal(running, "running");
}

/* By action and by the name of the domain, on both faces; the other user gets nothing of it. */
static void test_rules_by_domain(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *two = client_open(USER_TWO);
        g_autofree char *alpha = domain_define(root, "alpha"), *beta = domain_define(root, "beta");

        rules_set("10-test", RULE("action.id == 'org.libvirt.api.domain.start' && subject.user == 'vtest1' &&\n"
                                  "action.lookup('domain_name') == 'alpha' &&\n"
                                  "action.lookup('connect_driver') == 'TEST'", "YES"));
        call_denied(two, native("Domain", alpha), "Create", "u", 0);
        call_denied(one, native("Domain", beta), "Create", "u", 0);
        sd_bus_message_unref(call(one, native("Domain", alpha), "Create", "u", 0));
        call_denied(one, native("Domain", alpha), "Destroy", "u", 0);
        call_denied(one, native("Domain", alpha), "Suspend", NULL);

        sd_bus_message_unref(call(root, native("Domain", alpha), "Destroy", "u", 0));
        sd_bus_message_unref(call(root, native("Domain", alpha), "Undefine", "u", 0));
        sd_bus_message_unref(call(root, native("Domain", beta), "Undefine", "u", 0));
}

static void test_rules_by_uuid(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *alpha = domain_define(root, "alpha"), *beta = domain_define(root, "beta");
        g_autofree char *uuid = property_string(root, native("Domain", alpha), "UUID"), *rule = NULL;

        rule = g_strdup_printf(RULE("subject.user == 'vtest1' && action.lookup('domain_uuid') == '%s'", "YES"), uuid);
        rules_set("10-test", rule);
        sd_bus_message_unref(call(one, native("Domain", alpha), "Create", "u", 0));
        sd_bus_message_unref(call(one, native("Domain", alpha), "Destroy", "u", 0));
        call_denied(one, native("Domain", beta), "Create", "u", 0);
        sd_bus_message_unref(call(one, native("Domain", alpha), "Undefine", "u", 0));
        call_denied(one, native("Domain", beta), "Undefine", "u", 0);
        sd_bus_message_unref(call(root, native("Domain", beta), "Undefine", "u", 0));
}

/* A definition is judged by what stands in it, and a domain cannot be renamed into what its user may not touch. */
static void test_lab(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *two = client_open(USER_TWO);
        g_autofree char *file = g_build_filename(g_getenv("VIRTBUS_SOURCE_DIR"), "polkit/examples/50-lab.rules", NULL);
        g_autofree char *rules = NULL, *mine = NULL, *theirs = domain_xml("lab-vtest2-x"), *taken = NULL, *uuid = NULL;
        g_autofree char *name = NULL;

        assert_true(g_file_get_contents(file, &rules, NULL, NULL));
        rules_set("10-test", rules);
        mine = domain_define(one, "lab-vtest1-x");
        call_denied(one, native("Connect", NULL), "DomainDefineXML", "s", theirs);
        call_denied(one, native("Connect", NULL), "DomainCreateXML", "su", theirs, 0);
        call_denied(two, native("Domain", mine), "Undefine", "u", 0);

        /* somebody else's machine by its UUID, under a name of one's own */
        uuid = property_string(root, native("Domain", mine), "UUID");
        taken = g_strdup_printf("<domain type='test'><name>lab-vtest2-x</name><uuid>%s</uuid><memory>8192</memory>"
                                "<os><type>hvm</type></os></domain>", uuid);
        assert_false(call_allowed(two, native("Connect", NULL), "org.virtbus1.Error.DomainExists", "DomainDefineXML",
                                  "s", taken));
        name = property_string(root, native("Domain", mine), "Name");
        assert_string_equal(name, "lab-vtest1-x");

        sd_bus_message_unref(call(one, native("Domain", mine), "Undefine", "u", 0));
}

/* What hangs on a flag is asked for with the flag alone. */
static void test_flags(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *path = domain_path(one, "test"), *xml = NULL, *secure = NULL;

        xml = call_string(one, native("Domain", path), "GetXMLDesc", "u", 0);
        assert_non_null(strstr(xml, "<name>test</name>"));
        call_denied(one, native("Domain", path), "GetXMLDesc", "u", 1);
        secure = call_string(root, native("Domain", path), "GetXMLDesc", "u", 1);

        rules_set("10-test", RULE("action.id == 'org.libvirt.api.domain.read-secure'", "YES"));
        sd_bus_message_unref(call(one, native("Domain", path), "GetXMLDesc", "u", 1));
}

/* The libvirt face: root and the group may call it, and hear of a refusal in libvirt's words. */
static void test_libvirt_face(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *group = client_open(USER_GROUP);
        g_autofree char *path = domain_path(root, "test"), *libvirt = libvirt_path(path), *text = NULL;
        const Target target = { "org.libvirt", libvirt, "org.libvirt.Domain" };

        text = call_error(one, target, "org.freedesktop.DBus.Error.AccessDenied", "Suspend", NULL);
        sd_bus_message_unref(call(group, target, "Suspend", NULL));
        sd_bus_message_unref(call(group, target, "Resume", NULL));

        rules_set("10-test", RULE("action.id == 'org.libvirt.api.domain.suspend'", "NO"));
        call_denied(group, target, "Suspend", NULL);
        call_denied(group, native("Domain", path), "Suspend", NULL);
        sd_bus_message_unref(call(root, target, "Suspend", NULL));
        sd_bus_message_unref(call(root, target, "Resume", NULL));
}

/* The operators' example, with the group libvirt standing in for theirs. */
static void test_operators(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *file = g_build_filename(g_getenv("VIRTBUS_SOURCE_DIR"), "polkit/examples/50-operators.rules",
                                                 NULL);
        g_autofree char *text = NULL, *xml = domain_xml("new"), *path = domain_path(root, "test");
        g_autoptr(GString) rules = NULL;

        assert_true(g_file_get_contents(file, &text, NULL, NULL));
        rules = g_string_new(text);
        assert_int_equal(g_string_replace(rules, "subject.isInGroup(\"vm-operators\")", "subject.user == 'vtest1'",
                                          0), 1);
        rules_set("10-test", rules->str);
        sd_bus_message_unref(call(one, native("Domain", path), "Suspend", NULL));
        sd_bus_message_unref(call(one, native("Domain", path), "Resume", NULL));
        sd_bus_message_unref(call(one, native("Domain", path), "Destroy", "u", 0));
        sd_bus_message_unref(call(one, native("Domain", path), "Create", "u", 0));
        call_denied(one, native("Connect", NULL), "DomainDefineXML", "s", xml);
        call_denied(one, native("Domain", path), "Undefine", "u", 0);
        call_denied(one, native("Domain", path), "Rename", "su", "other", 0);
}

/* The monitoring example: others do not even learn which machines there are. */
static void test_monitoring(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                                *two = client_open(USER_TWO), *group = client_open(USER_GROUP);
        g_autofree char *file = g_build_filename(g_getenv("VIRTBUS_SOURCE_DIR"),
                                                 "polkit/examples/50-monitoring.rules", NULL);
        g_autofree char *text = NULL, *path = domain_path(root, "test");
        g_autoptr(GString) rules = NULL;

        assert_true(g_file_get_contents(file, &text, NULL, NULL));
        rules = g_string_new(text);
        assert_int_equal(g_string_replace(rules, "\"monitoring\"", "\"vtest1\"", 0), 1);
        rules_set("10-test", rules->str);
        sd_bus_message_unref(call(one, native("Connect", NULL), "ListDomains", "u", 0));
        sd_bus_message_unref(call(one, native("Domain", path), "GetState", "u", 0));
        sd_bus_message_unref(call(group, native("Connect", NULL), "ListDomains", "u", 0));
        call_denied(two, native("Connect", NULL), "ListDomains", "u", 0);
        call_denied(two, native("Domain", path), "GetState", "u", 0);
        call_denied(two, native("Connect", NULL), "DomainLookupByName", "s", "test");
        call_denied(one, native("Domain", path), "Suspend", NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_teardown(test_nobody_changes, no_rules),
                cmocka_unit_test_teardown(test_nobody_looks, no_rules),
                cmocka_unit_test_teardown(test_some_properties, no_rules),
                cmocka_unit_test_teardown(test_rules_change, no_rules),
                cmocka_unit_test_teardown(test_rules_by_domain, no_rules),
                cmocka_unit_test_teardown(test_rules_by_uuid, no_rules),
                cmocka_unit_test_teardown(test_lab, no_rules),
                cmocka_unit_test_teardown(test_flags, no_rules),
                cmocka_unit_test_teardown(test_libvirt_face, no_rules),
                cmocka_unit_test_teardown(test_operators, no_rules),
                cmocka_unit_test_teardown(test_monitoring, no_rules),
        };

        return cmocka_run_group_tests(tests, set_up, NULL);
}
