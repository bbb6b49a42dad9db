/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* authorize-reads=object: who may see one machine and not another learns nothing of the other, wherever he looks. */
#include <string.h>

#include "tests/bus/harness.h"

#define DENIED "org.virtbus1.Error.AccessDenied"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define INTROSPECTABLE "org.freedesktop.DBus.Introspectable"
#define DOMAINS "/org/virtbus1/Test/domain"

/* To vtest1 there are no machines but those that are called mine…. */
#define OWN_MACHINES                                                                                                   \
        "polkit.addRule(function(action, subject) {\n"                                                               \
        "    var name = action.lookup(\"domain_name\");\n"                                                           \
        "    if (subject.user == \"vtest1\" && name && name.indexOf(\"mine\") != 0) {\n"                             \
        "        return polkit.Result.NO;\n"                                                                         \
        "    }\n"                                                                                                    \
        "    return polkit.Result.NOT_HANDLED;\n"                                                                    \
        "});\n"

static char *mine, *other;

/* Signals pass the bus's policy: here the daemon alone decides who gets them. */
static void open_signals(sd_bus *root)
{
        static const char policy[] = "<busconfig><policy context='mandatory'>"
                                     "<allow receive_sender='org.virtbus1' receive_type='signal'/>"
                                     "</policy></busconfig>";

        assert_true(g_file_set_contents("/etc/dbus-1/system.d/signals.conf", policy, -1, NULL));
        sd_bus_message_unref(call(root, the_bus, "ReloadConfig", NULL));
}

static int set_up(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);

        name_wait(root, "org.libvirt", true);
        open_signals(root);
        mine = domain_define(root, "mine");
        other = domain_define(root, "other");
        return 0;
}

static int tear_down(void **state)
{
        g_free(mine);
        g_free(other);
        return 0;
}

static int with_rule(void **state)
{
        rules_set("10-test", OWN_MACHINES);
        return 0;
}

static int without_rule(void **state)
{
        rules_set("10-test", NULL);
        return 0;
}

/* How many entries the array has that the reply begins with. */
static unsigned count_array(sd_bus_message *reply, const char *entry)
{
        unsigned n = 0;

        assert_true(sd_bus_message_enter_container(reply, 'a', entry) > 0);
        while (sd_bus_message_at_end(reply, false) == 0) {
                assert_true(sd_bus_message_skip(reply, entry) > 0);
                n++;
        }
        sd_bus_message_unref(reply);
        return n;
}

static unsigned count_domains(sd_bus *bus)
{
        return count_array(call(bus, native("Connect", NULL), "ListDomains", "u", 0), "o");
}

/* Entries of GetManagedObjects that are domains. */
static unsigned count_managed(sd_bus *bus)
{
        _cleanup_message_ sd_bus_message *reply =
                call(bus, on_interface(native("Connect", NULL), OBJECT_MANAGER), "GetManagedObjects", NULL);
        unsigned n = 0;
        const char *path;

        assert_true(sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}") > 0);
        while (sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}") > 0) {
                assert_true(sd_bus_message_read(reply, "o", &path) > 0);
                n += g_str_has_prefix(path, DOMAINS "/");
                assert_true(sd_bus_message_skip(reply, "a{sa{sv}}") > 0);
                assert_true(sd_bus_message_exit_container(reply) > 0);
        }
        return n;
}

static unsigned count_nodes(sd_bus *bus)
{
        g_autofree char *xml = call_string(bus, (Target) { "org.virtbus1", DOMAINS, INTROSPECTABLE }, "Introspect",
                                           NULL);
        unsigned n = 0;

        for (const char *p = xml; (p = strstr(p, "<node name=")); p++)
                n++;
        return n;
}

static void check_lists(const char *user, unsigned expected)
{
        _cleanup_client_ sd_bus *bus = client_open(user);
        Target connect = native("Connect", NULL);

        /* each of them first with nothing known */
        assert_int_equal(count_managed(bus), expected);
        client_close(bus);
        bus = client_open(user);
        assert_int_equal(count_nodes(bus), expected);
        client_close(bus);
        bus = client_open(user);
        assert_int_equal(count_array(call(bus, connect, "ListDomainsDetailed", "a{sv}", 0), "(oa{sv})"), expected);
        client_close(bus);
        bus = client_open(user);
        assert_int_equal(count_array(call(bus, connect, "GetAllDomainStats", "uu", 0, 0), "(sa{sv})"), expected);
        for (int i = 0; i < 2; i++)
                assert_int_equal(count_domains(bus), expected);
}

static void test_lists(void **state)
{
        check_lists(USER_ROOT, 3);
        check_lists(USER_ONE, 1);
        check_lists(USER_TWO, 3);
}

static void test_single_objects(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ONE);
        g_autofree char *name = NULL;
        const struct {
                const char *member, *types, *argument;
        } calls[] = {
                { "GetState", "u", NULL },
                { "GetXMLDesc", "u", NULL },
        };

        g_free(call_string(one, native("Connect", NULL), "DomainLookupByName", "s", "mine"));
        call_denied(one, native("Connect", NULL), "DomainLookupByName", "s", "other");
        name = property_string(one, native("Domain", mine), "Name");
        assert_string_equal(name, "mine");
        sd_bus_message_unref(call(one, on_interface(native("Domain", mine), PROPERTIES), "GetAll", "s", ""));
        call_denied(one, on_interface(native("Domain", other), PROPERTIES), "GetAll", "s", "");
        call_denied(one, on_interface(native("Domain", other), PROPERTIES), "Get", "ss", "org.virtbus1.Domain", "Name");
        for (size_t i = 0; i < ELEMENTSOF(calls); i++) {
                sd_bus_message_unref(call(one, native("Domain", mine), calls[i].member, calls[i].types, 0));
                call_denied(one, native("Domain", other), calls[i].member, calls[i].types, 0);
        }
        call_denied(one, native("Domain", mine), "Create", "u", 0);
}

typedef struct Sees {
        sd_bus *bus;
        unsigned expected;
} Sees;

static bool sees(void *userdata)
{
        const Sees *s = userdata;

        return count_domains(s->bus) == s->expected;
}

/* What was answered is void when the rules change; a machine of another name is another. */
static void test_answers_end(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        Sees of_one = { .bus = one, .expected = 3 };
        g_autofree char *path = domain_define(root, "mine2");

        assert_int_equal(count_domains(one), 2);
        sd_bus_message_unref(call(root, native("Domain", path), "Rename", "su", "theirs", 0));
        assert_int_equal(count_domains(one), 1);
        call_denied(one, native("Domain", path), "GetState", "u", 0);
        sd_bus_message_unref(call(root, native("Domain", path), "Undefine", "u", 0));

        rules_set("10-test", NULL);
        assert_true(wait_until(sees, &of_one));
        rules_set("10-test", OWN_MACHINES);
        of_one.expected = 1;
        assert_true(wait_until(sees, &of_one));
}

/* Without polkit the list is an error, not empty. */
static void test_polkit_gone(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                *again = client_open(USER_ONE);
        uint64_t end = now_usec() + DEADLINE_USEC;

        assert_int_equal(count_domains(one), 1);
        service_do("kill", "polkitd");
        name_wait(root, "org.freedesktop.PolicyKit1", false);
        g_free(call_error(again, native("Connect", NULL), "org.virtbus1.Error.AuthUnavailable", "ListDomains", "u", 0));
        service_do("start", "polkitd");
        while (!call_allowed(again, native("Connect", NULL), "org.virtbus1.Error.AuthUnavailable", "ListDomains",
                             "u", 0))
                assert_true(now_usec() < end);
        assert_int_equal(count_domains(again), 1);
}

static void test_signals(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE),
                *two = client_open(USER_TWO);
        _cleanup_signals_ Signals *of_one = signals_new(one, "org.virtbus1", ""),
                *of_two = signals_new(two, "org.virtbus1", "");
        g_autofree char *third = NULL, *fourth = NULL;
        sd_bus_message *m;
        const char *path;

        assert_int_equal(count_domains(one), 1);
        for (unsigned i = 0; i < 3; i++) {
                sd_bus_message_unref(call(root, native("Domain", other), "Create", "u", 0));
                sd_bus_message_unref(call(root, native("Domain", mine), "Create", "u", 0));
                m = signals_wait(of_one, "PropertiesChanged");
                assert_string_equal(sd_bus_message_get_path(m), mine);
                m = signals_wait(of_one, "DomainEvent");
                assert_true(sd_bus_message_read(m, "o", &path) > 0);
                assert_string_equal(path, mine);
                sd_bus_message_unref(call(root, native("Domain", other), "Destroy", "u", 0));
                sd_bus_message_unref(call(root, native("Domain", mine), "Destroy", "u", 0));
                assert_string_equal(sd_bus_message_get_path(signals_wait(of_one, "PropertiesChanged")), mine);
        }
        /* of what is new nothing is known yet, and it is told in order */
        g_free(domain_define(root, "other3"));
        third = domain_define(root, "mine3");
        m = signals_wait(of_one, "InterfacesAdded");
        assert_true(sd_bus_message_read(m, "o", &path) > 0);
        assert_string_equal(path, third);
        sd_bus_message_unref(call(root, native("Domain", third), "Undefine", "u", 0));
        m = signals_wait(of_one, "InterfacesRemoved");
        assert_true(sd_bus_message_read(m, "o", &path) > 0);
        assert_string_equal(path, third);
        /* who has never called is sent nothing */
        assert_int_equal(signals_count(of_two, NULL), 0);
        fourth = domain_path(root, "other3");
        sd_bus_message_unref(call(root, native("Domain", fourth), "Undefine", "u", 0));
        /* before it says that it wants them */
        sd_bus_message_unref(call(two, native("Connect", NULL), "Subscribe", NULL));
        sd_bus_message_unref(call(root, native("Domain", other), "Create", "u", 0));
        assert_string_equal(sd_bus_message_get_path(signals_wait(of_two, "PropertiesChanged")), other);
        sd_bus_message_unref(call(root, native("Domain", other), "Destroy", "u", 0));
}

/* A list that asks long questions delays nobody, and ends with its caller. */
static void test_many(void **state)
{
        enum { N = 300 };
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        uint64_t before, longest = 0;

        for (unsigned i = 0; i < N; i++) {
                g_autofree char *name = g_strdup_printf("%s-%u", i % 3 == 0 ? "mine" : "many", i);

                g_free(domain_define(root, name));
        }
        for (unsigned i = 0; i < 4; i++) {
                _cleanup_client_ sd_bus *leaves = client_open(USER_ONE);

                assert_true(sd_bus_call_method_async(leaves, NULL, "org.virtbus1", "/org/virtbus1/Test",
                                                     "org.virtbus1.Connect", "ListDomains", NULL, NULL, "u", 0) >= 0);
                assert_true(sd_bus_flush(leaves) >= 0);
                for (unsigned k = 0; k < 10; k++) {
                        before = now_usec();
                        sd_bus_message_unref(call(root, native("Domain", other), "GetState", "u", 0));
                        longest = MAX(longest, now_usec() - before);
                }
        }
        print_message("the longest call meanwhile took %u us\n", (unsigned) longest);
        assert_int_equal(count_domains(one), N / 3 + 1);
        assert_int_equal(count_managed(one), N / 3 + 1);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_lists, with_rule, without_rule),
                cmocka_unit_test_setup_teardown(test_single_objects, with_rule, without_rule),
                cmocka_unit_test_setup_teardown(test_answers_end, with_rule, without_rule),
                cmocka_unit_test_setup_teardown(test_polkit_gone, with_rule, without_rule),
                cmocka_unit_test_setup_teardown(test_signals, with_rule, without_rule),
                cmocka_unit_test_setup_teardown(test_many, with_rule, without_rule),
        };

        return cmocka_run_group_tests(tests, set_up, tear_down);
}
