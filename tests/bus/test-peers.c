/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Migration between two connections of the driver "Test", under tests/bus/peers.conf. */
#include <string.h>

#include "tests/bus/later.h"

#define NATIVE_ERROR "org.virtbus1.Error."
#define LIBVIRT_ERROR "org.libvirt.Error"
#define DOMAIN(path) native("Domain", path)
#define HOME "test:///default"
#define PEER "test:///peer"
#define CONNECT_HERE native("Connect", NULL)
#define CONNECT_THERE native("Connect", "/org/virtbus1/TestPeer")

enum { LIVE = 1, PERSIST_DEST = 8, UNDEFINE_SOURCE = 16, PAUSED = 32, OFFLINE = 1024, POSTCOPY = 32768 };
enum { DEFINED, UNDEFINED, STARTED, SUSPENDED, RESUMED, STOPPED };

/* The path that the domain of "Test" has at the other host. Free with g_free(). */
static char *path_there(const char *path)
{
        const char *prefix = "/org/virtbus1/Test/";

        assert_true(g_str_has_prefix(path, prefix));
        return g_strconcat("/org/virtbus1/TestPeer/", path + strlen(prefix), NULL);
}

static char *make_domain(sd_bus *bus, const char *name)
{
        char *path = domain_define(bus, name);

        sd_bus_message_unref(call(bus, DOMAIN(path), "Create", "u", 0));
        return path;
}

static void move(sd_bus *bus, const char *path, const char *uri, uint32_t flags)
{
        sd_bus_message_unref(call(bus, DOMAIN(path), "MigrateToURI3", "sa{sv}u", uri, 0, flags));
}

static void assert_gone(sd_bus *bus, const char *path)
{
        g_free(call_error(bus, DOMAIN(path), NATIVE_ERROR "NoDomain", "GetState", "u", 0));
}

static void assert_event(Signals *signals, const char *domain, int32_t event, int32_t detail)
{
        const char *path;
        int32_t got, why;

        assert_true(sd_bus_message_read(signals_wait(signals, "DomainEvent"), "oii", &path, &got, &why) > 0);
        assert_string_equal(path, domain);
        assert_int_equal(got, event);
        assert_int_equal(why, detail);
}

static void destroy(sd_bus *bus, const char *path)
{
        sd_bus_message_unref(call(bus, DOMAIN(path), "Destroy", "u", 0));
}

static void undefine(sd_bus *bus, const char *path)
{
        sd_bus_message_unref(call(bus, DOMAIN(path), "Undefine", "u", 0));
}

/* It is a connection of its own. */
static void test_connection(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *here = property_string(root, CONNECT_HERE, "URI");
        g_autofree char *there = property_string(root, CONNECT_THERE, "URI");

        assert_string_equal(here, HOME);
        assert_string_equal(there, PEER);
        name_wait(root, "org.libvirt", true);
        sd_bus_message_unref(call(root, libvirt("Connect", "/org/libvirt/TestPeer"), "ListDomains", "u", 0));
}

/* The machine of the default host runs on one of them, and finds its network on the other. */
static void test_default_host(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *here = call_string(root, CONNECT_HERE, "DomainLookupByName", "s", "test");
        g_autofree char *there = path_there(here), *network = NULL;

        g_free(call_error(root, CONNECT_THERE, NATIVE_ERROR "NoDomain", "DomainLookupByName", "s", "test"));
        network = call_string(root, CONNECT_HERE, "NetworkLookupByName", "s", "default");
        move(root, here, PEER, LIVE);
        domain_assert_state(root, there, "running", "migrated");
        /* without it there is no way back */
        sd_bus_message_unref(call(root, native("Network", network), "Destroy", NULL));
        g_free(call_error(root, DOMAIN(there), NATIVE_ERROR "OperationInvalid", "MigrateToURI3", "sa{sv}u", HOME, 0,
                          LIVE));
        domain_assert_state(root, there, "running", "migrated");
        domain_assert_state(root, here, "shutoff", "failed");
}

static void test_there_and_back(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = NULL;
        g_autofree char *here = make_domain(root, "wanderer"), *there = path_there(here), *name = NULL;

        signals = signals_new(root, "org.virtbus1", ",member='DomainEvent'");
        move(root, here, PEER, LIVE);
        assert_event(signals, here, SUSPENDED, 1);
        assert_event(signals, there, STARTED, 1);
        assert_event(signals, there, RESUMED, 1);
        assert_event(signals, here, STOPPED, 3);
        domain_assert_state(root, here, "shutoff", "migrated");
        domain_assert_state(root, there, "running", "migrated");
        name = property_string(root, DOMAIN(there), "Name");
        assert_string_equal(name, "wanderer");
        assert_false(property_bool(root, DOMAIN(there), "Persistent"));

        /* what waits at home takes it in again */
        g_free(call_error(root, DOMAIN(there), NATIVE_ERROR "OperationInvalid", "MigrateToURI3", "sa{sv}u", PEER, 0,
                          LIVE));
        move(root, there, HOME, LIVE);
        assert_gone(root, there);
        domain_assert_state(root, here, "running", "migrated");
        assert_true(property_bool(root, DOMAIN(here), "Persistent"));
        destroy(root, here);
        undefine(root, here);
}

static void test_for_good(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = NULL;
        g_autofree char *here = make_domain(root, "emigrant"), *there = path_there(here);

        sd_bus_message_unref(call(root, DOMAIN(here), "Suspend", NULL));
        signals = signals_new(root, "org.virtbus1", ",member='DomainEvent'");
        move(root, here, PEER, LIVE | PERSIST_DEST | UNDEFINE_SOURCE);
        assert_event(signals, there, STARTED, 1);
        assert_event(signals, there, DEFINED, 0);
        /* it was paused */
        assert_event(signals, there, SUSPENDED, 0);
        assert_event(signals, here, UNDEFINED, 0);
        assert_event(signals, here, STOPPED, 3);
        assert_gone(root, here);
        domain_assert_state(root, there, "paused", "user");
        assert_true(property_bool(root, DOMAIN(there), "Persistent"));
        destroy(root, there);
        undefine(root, there);
}

static void test_paused(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *here = make_domain(root, "sleeper"), *there = path_there(here);

        move(root, here, PEER, LIVE | PAUSED);
        domain_assert_state(root, there, "paused", "user");
        sd_bus_message_unref(call(root, DOMAIN(there), "Resume", NULL));
        domain_assert_state(root, there, "running", "unpaused");
        destroy(root, there);
        assert_gone(root, there);
        undefine(root, here);
}

/* Replaces the first occurrence. Free with g_free(). */
static char *replaced(const char *text, const char *old, const char *new)
{
        const char *at = strstr(text, old);

        assert_non_null(at);
        return g_strdup_printf("%.*s%s%s", (int) (at - text), text, new, at + strlen(old));
}

static void test_definitions(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *here = make_domain(root, "chameleon"), *there = path_there(here);
        g_autofree char *xml = call_string(root, DOMAIN(here), "GetXMLDesc", "u", 0);
        g_autofree char *titled = replaced(xml, "<memory", "<title>a guest</title><memory");
        g_autofree char *kept = replaced(xml, "<memory", "<title>at home here</title><memory");
        g_autofree char *larger = replaced(xml, "<memory unit='KiB'>", "<memory unit='KiB'>1");
        g_autofree char *error = NULL, *live = NULL, *config = NULL, *name = NULL;

        error = call_error(root, DOMAIN(here), NATIVE_ERROR "ConfigUnsupported", "MigrateToURI3", "sa{sv}u", PEER, 1,
                           "destination_xml", "s", larger, LIVE);
        domain_assert_state(root, here, "running", "booted");
        sd_bus_message_unref(call(root, DOMAIN(here), "MigrateToURI3", "sa{sv}u", PEER, 3, "destination_xml", "s",
                                  titled, "persistent_xml", "s", kept, "destination_name", "s", "gecko",
                                  LIVE | PERSIST_DEST));
        live = call_string(root, DOMAIN(there), "GetXMLDesc", "u", 0);
        config = call_string(root, DOMAIN(there), "GetXMLDesc", "u", 2);
        assert_non_null(strstr(live, "<name>gecko</name>"));
        assert_non_null(strstr(live, "a guest"));
        assert_non_null(strstr(config, "<name>gecko</name>"));
        assert_non_null(strstr(config, "at home here"));
        name = property_string(root, DOMAIN(there), "Name");
        assert_string_equal(name, "gecko");
        destroy(root, there);
        undefine(root, there);
        undefine(root, here);
}

/* What cannot go along. */
static void test_bound(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *here = domain_define(root, "bound"), *there = path_there(here), *why = NULL, *reason = NULL;

        sd_bus_message_unref(call(root, DOMAIN(here), "Create", "u", 2 /* AUTODESTROY */));
        why = call_error(root, DOMAIN(here), NATIVE_ERROR "OperationInvalid", "MigrateToURI3", "sa{sv}u", PEER, 0,
                         LIVE);
        assert_non_null(strstr(why, "auto destroy"));
        destroy(root, here);

        sd_bus_message_unref(call(root, DOMAIN(here), "Create", "u", 0));
        sd_bus_message_unref(call(root, DOMAIN(here), "SnapshotCreateXML", "su", "<domainsnapshot/>", 0));
        reason = call_error(root, DOMAIN(here), NATIVE_ERROR "OperationInvalid", "MigrateToURI3", "sa{sv}u", PEER, 0,
                            LIVE);
        assert_non_null(strstr(reason, "1 snapshots"));
        domain_assert_state(root, here, "running", "booted");
        assert_gone(root, there);
        destroy(root, here);
        sd_bus_message_unref(call(root, DOMAIN(here), "Undefine", "u", 2 /* with snapshots */));
}

static void test_offline(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *here = domain_define(root, "baggage"), *there = path_there(here);

        g_free(call_error(root, DOMAIN(here), NATIVE_ERROR "OperationInvalid", "MigrateToURI3", "sa{sv}u", PEER, 0,
                          LIVE));
        g_free(call_error(root, DOMAIN(here), NATIVE_ERROR "OperationInvalid", "MigrateToURI3", "sa{sv}u", PEER, 0,
                          OFFLINE));
        sd_bus_message_unref(call(root, DOMAIN(here), "Create", "u", 0));
        /* the machine stays, its definition goes along */
        move(root, here, PEER, OFFLINE | PERSIST_DEST);
        domain_assert_state(root, here, "running", "booted");
        domain_assert_state(root, there, "shutoff", "unknown");
        destroy(root, here);
        move(root, here, PEER, OFFLINE | PERSIST_DEST | UNDEFINE_SOURCE);
        assert_gone(root, here);
        assert_true(property_bool(root, DOMAIN(there), "Persistent"));
        undefine(root, there);
}

static void assert_stays(sd_bus *bus, const char *here, const char *there)
{
        domain_assert_state(bus, here, "running", "booted");
        assert_true(property_bool(bus, DOMAIN(here), "Persistent"));
        assert_gone(bus, there);
}

static void test_conflicts(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *here = make_domain(root, "twin"), *there = path_there(here), *xml = domain_xml("twin");
        g_autofree char *other = call_string(root, CONNECT_THERE, "DomainDefineXML", "s", xml);
        g_autofree char *same = call_string(root, DOMAIN(here), "GetXMLDesc", "u", 0), *renamed = NULL, *kept = NULL;

        /* another domain of that name */
        g_free(call_error(root, DOMAIN(here), NATIVE_ERROR "DomainExists", "MigrateToURI3", "sa{sv}u", PEER, 0, LIVE));
        assert_stays(root, here, there);
        undefine(root, other);
        /* the UUID under another name */
        renamed = replaced(same, "<name>twin<", "<name>mask<");
        kept = call_string(root, CONNECT_THERE, "DomainDefineXML", "s", renamed);
        assert_string_equal(kept, there);
        g_free(call_error(root, DOMAIN(here), NATIVE_ERROR "DomainExists", "MigrateToURI3", "sa{sv}u", PEER, 0, LIVE));
        domain_assert_state(root, here, "running", "booted");
        undefine(root, there);
        /* the same, which runs */
        g_free(call_string(root, CONNECT_THERE, "DomainCreateXML", "su", same, 0));
        g_free(call_error(root, DOMAIN(here), NATIVE_ERROR "OperationInvalid", "MigrateToURI3", "sa{sv}u", PEER, 0,
                          LIVE));
        destroy(root, there);
        assert_stays(root, here, there);
        destroy(root, here);
        undefine(root, here);
}

/* What comes to nothing leaves the machine where it is, and nothing at the other host. */
static void test_comes_to_nothing(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *here = make_domain(root, "undecided"), *there = path_there(here);
        g_autofree char *bad = make_domain(root, "bad-luck"), *bad_there = path_there(bad);
        g_autofree char *error = NULL, *text = NULL, *xml = domain_xml("undecided"), *rival = NULL;
        Later later;

        call_later(root, DOMAIN(here), "MigrateToURI3", &later, "sa{sv}u", PEER, 0, LIVE);
        wait_for_job(other, here);
        sd_bus_message_unref(call(other, DOMAIN(here), "AbortJob", NULL));
        error = wait_later(&later);
        assert_string_equal(error, NATIVE_ERROR "OperationAborted");
        assert_stays(root, here, there);

        text = call_error(root, DOMAIN(bad), NATIVE_ERROR "OperationFailed", "MigrateToURI3", "sa{sv}u", PEER, 0,
                          LIVE | PERSIST_DEST | UNDEFINE_SOURCE);
        assert_non_null(strstr(text, "the wire is cut"));
        assert_stays(root, bad, bad_there);

        /* somebody takes the name while it is on its way */
        call_later(root, DOMAIN(here), "MigrateToURI3", &later, "sa{sv}u", PEER, 0, LIVE);
        wait_for_job(other, here);
        rival = call_string(other, CONNECT_THERE, "DomainDefineXML", "s", xml);
        g_clear_pointer(&error, g_free);
        error = wait_later(&later);
        assert_string_equal(error, NATIVE_ERROR "DomainExists");
        assert_stays(root, here, there);
        undefine(root, rival);

        destroy(root, here);
        undefine(root, here);
        destroy(root, bad);
        undefine(root, bad);
}

static void test_post_copy(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *other = client_open(USER_ROOT);
        g_autofree char *here = make_domain(root, "hasty"), *there = path_there(here);
        Later later;

        call_later(root, DOMAIN(here), "MigrateToURI3", &later, "sa{sv}u", PEER, 0, LIVE | POSTCOPY);
        wait_for_job(other, here);
        sd_bus_message_unref(call(other, DOMAIN(here), "MigrateStartPostCopy", "u", 0));
        wait_ok(&later);
        domain_assert_state(root, here, "shutoff", "migrated");
        domain_assert_state(root, there, "running", "migrated");
        destroy(root, there);
        undefine(root, here);
}

/* The same on the other face. */
static void test_libvirt_face(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *here = make_domain(root, "two-faced"), *there = path_there(here);
        g_autofree char *libvirt_here = libvirt_path(here), *libvirt_there = libvirt_path(there);
        _cleanup_signals_ Signals *signals = NULL;

        name_wait(root, "org.libvirt", true);
        signals = signals_new(root, "org.libvirt", ",member='DomainEvent'");
        sd_bus_message_unref(call(root, libvirt("Domain", libvirt_here), "MigrateToURI3", "sa{sv}u", PEER, 0, LIVE));
        assert_event(signals, libvirt_here, SUSPENDED, 1);
        assert_event(signals, libvirt_there, STARTED, 1);
        assert_event(signals, libvirt_there, RESUMED, 1);
        assert_event(signals, libvirt_here, STOPPED, 3);
        g_free(call_error(root, libvirt("Domain", libvirt_there), LIBVIRT_ERROR, "MigrateToURI3", "sa{sv}u", PEER, 0,
                          LIVE));
        sd_bus_message_unref(call(root, libvirt("Domain", libvirt_there), "MigrateToURI3", "sa{sv}u", HOME, 0, LIVE));
        domain_assert_state(root, here, "running", "migrated");
        assert_gone(root, there);
        destroy(root, here);
        undefine(root, here);
}

/* Whoever moves a machine needs leave to bring it there. */
static void test_permissions(void **state)
{
        static const char rule[] = "polkit.addRule(function(action, subject) {\n"
                                   "    if (subject.user != 'vtest1' || action.id.indexOf('org.libvirt.api.') != 0)\n"
                                   "        return polkit.Result.NOT_HANDLED;\n"
                                   "    if (action.lookup('connect_driver') == 'TESTPEER' &&\n"
                                   "        action.id == 'org.libvirt.api.domain.%s')\n"
                                   "        return polkit.Result.NO;\n"
                                   "    return polkit.Result.YES;\n"
                                   "});\n";
        static const char *const needed[] = { "migrate", "write", "start", "save" };
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *here = make_domain(root, "applicant"), *there = path_there(here);

        for (size_t i = 0; i < ELEMENTSOF(needed); i++) {
                g_autofree char *text = g_strdup_printf(rule, needed[i]), *why = NULL;
                g_autofree char *action = g_strdup_printf("domain.%s'", needed[i]);

                rules_set("10-test", text);
                why = call_error(one, DOMAIN(here), NATIVE_ERROR "AccessDenied", "MigrateToURI3", "sa{sv}u", PEER, 0,
                                 LIVE | PERSIST_DEST);
                assert_non_null(strstr(why, "'TESTPEER'"));
                if (!strstr(why, action))
                        fail_msg("%s is not why: %s", action, why);
                assert_stays(root, here, there);
        }
        /* save: only for a definition that stays */
        move(one, here, PEER, LIVE);
        destroy(root, there);
        undefine(root, here);
        rules_set("10-test", NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_connection),
                cmocka_unit_test(test_default_host),
                cmocka_unit_test(test_there_and_back),
                cmocka_unit_test(test_for_good),
                cmocka_unit_test(test_paused),
                cmocka_unit_test(test_definitions),
                cmocka_unit_test(test_bound),
                cmocka_unit_test(test_offline),
                cmocka_unit_test(test_conflicts),
                cmocka_unit_test(test_comes_to_nothing),
                cmocka_unit_test(test_post_copy),
                cmocka_unit_test(test_libvirt_face),
                cmocka_unit_test(test_permissions),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
