/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Definitions, look-ups and lists of domains, and what can be asked of one, on the test driver. */

#include <string.h>

#include "tests/bus/harness.h"

#define ERROR(name) "org.virtbus1.Error." name
#define N_PAGED 25

/* Free with g_free(). uuid NULL: none; extra: more elements. */
static char *definition(const char *name, const char *uuid, const char *extra)
{
        return g_strdup_printf(
                "<domain type='test'><name>%s</name>%s%s%s<memory unit='KiB'>65536</memory>"
                "<vcpu current='2'>4</vcpu><os><type arch='x86_64'>hvm</type></os>%s</domain>",
                name, uuid ? "<uuid>" : "", strempty(uuid), uuid ? "</uuid>" : "", extra);
}

static char *define(sd_bus *bus, const char *name, const char *uuid)
{
        g_autofree char *xml = definition(name, uuid, "");

        return call_string(bus, native("Connect", NULL), "DomainDefineXML", "s", xml);
}

static char *create(sd_bus *bus, const char *name, uint32_t flags)
{
        g_autofree char *xml = definition(name, NULL, "");

        return call_string(bus, native("Connect", NULL), "DomainCreateXML", "su", xml, flags);
}

static void do_call(sd_bus *bus, const char *path, const char *member, uint32_t flags)
{
        sd_bus_message_unref(call(bus, native("Domain", path), member, "u", flags));
}

static void remove_domain(sd_bus *bus, const char *path)
{
        do_call(bus, path, "Undefine", 0);
}

/* Refused with this error, whose text ends so. */
static void expect_error(sd_bus *bus, Target target, const char *error, const char *end, const char *member,
                         const char *s, uint32_t flags)
{
        g_autofree char *text = s ? call_error(bus, target, error, member, "su", s, flags)
                                  : call_error(bus, target, error, member, "u", flags);

        if (!g_str_has_suffix(text, end))
                fail_msg("'%s' does not end in '%s'", text, end);
}

static void test_lookups(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL);
        g_autofree char *path = define(bus, "lookup", "11111111-2222-3333-4444-55555555555a");
        g_autofree char *by_name = call_string(bus, connect, "DomainLookupByName", "s", "lookup");
        g_autofree char *by_uuid = NULL, *by_bare_uuid = NULL, *by_id = NULL, *text = NULL, *no_uuid = NULL,
                        *no_id = NULL;
        uint32_t id = 0;
        _cleanup_message_ sd_bus_message *reply = NULL;

        assert_string_equal(path, "/org/virtbus1/Test/domain/_11111111_2222_3333_4444_55555555555a");
        assert_string_equal(by_name, path);
        by_uuid =
                call_string(bus, connect, "DomainLookupByUUID", "s", "11111111-2222-3333-4444-55555555555A");
        assert_string_equal(by_uuid, path);
        by_bare_uuid =
                call_string(bus, connect, "DomainLookupByUUID", "s", "1111111122223333444455555555555a");
        assert_string_equal(by_bare_uuid, path);

        /* clients match the beginning of these texts */
        text = call_error(bus, libvirt("Connect", NULL), "org.libvirt.Error", "DomainLookupByName", "s",
                          "nobody");
        assert_string_equal(text, "Domain not found: no domain with matching name 'nobody'");
        no_uuid = call_error(bus, connect, ERROR("InvalidArg"), "DomainLookupByUUID", "s", "11111111");
        no_id = call_error(bus, connect, ERROR("NoDomain"), "DomainLookupByID", "i", 0);

        do_call(bus, path, "Create", 0);
        reply = call(bus, on_interface(native("Domain", path), "org.freedesktop.DBus.Properties"), "Get",
                     "ss", "org.virtbus1.Domain", "Id");
        assert_true(sd_bus_message_read(reply, "v", "u", &id) > 0);
        by_id = call_string(bus, connect, "DomainLookupByID", "i", (int32_t) id);
        assert_string_equal(by_id, path);
        do_call(bus, path, "Destroy", 0);
        remove_domain(bus, path);
}

static void test_define(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL);
        g_autofree char *path = define(bus, "define", NULL), *again = define(bus, "define", NULL);
        g_autofree char *uuid = property_string(bus, native("Domain", path), "UUID");
        g_autofree char *same = define(bus, "define", uuid);
        g_autofree char *other_uuid = definition("define", "11111111-2222-3333-4444-55555555555b", "");
        g_autofree char *other_name = definition("defined", uuid, "");
        g_autofree char *unknown = definition("define", NULL, "<teapot/>");
        g_autofree char *title = definition("define", NULL, "<title>Tea</title>"), *got = NULL;

        /* without a UUID the definition is about the domain of its name */
        assert_string_equal(again, path);
        assert_string_equal(same, path);

        expect_error(bus, connect, ERROR("DomainExists"), uuid, "DomainDefineXMLFlags", other_uuid, 0);
        expect_error(bus, connect, ERROR("DomainExists"), uuid, "DomainDefineXMLFlags", other_name, 0);
        expect_error(bus, connect, ERROR("XMLDetail"), "", "DomainDefineXMLFlags", "<domain", 0);
        expect_error(bus, connect, ERROR("XMLError"), "", "DomainDefineXMLFlags", "<network/>", 0);
        expect_error(bus, connect, ERROR("XMLInvalidSchema"), "", "DomainDefineXMLFlags", unknown, 1);
        expect_error(bus, connect, ERROR("InvalidArg"), "unsupported flags (0x2)", "DomainDefineXMLFlags",
                     unknown, 3);

        g_free(call_string(bus, connect, "DomainDefineXMLFlags", "su", unknown, 0));
        g_free(call_string(bus, connect, "DomainDefineXMLFlags", "su", title, 1));
        got = property_string(bus, native("Domain", path), "Title");
        assert_string_equal(got, "Tea");
        remove_domain(bus, path);
}

static void test_create(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL);
        g_autofree char *path = create(bus, "create", 1), *persistent = NULL;
        g_autofree char *state_word = property_string(bus, native("Domain", path), "State");
        g_autofree char *xml = definition("create", NULL, ""), *gone = NULL;

        assert_string_equal(state_word, "paused");
        assert_false(property_bool(bus, native("Domain", path), "Persistent"));
        expect_error(bus, connect, ERROR("DomainExists"), "", "DomainCreateXML", xml, 0);
        expect_error(bus, connect, ERROR("InvalidArg"), "unsupported flags (0x4)", "DomainCreateXML", xml,
                     5);

        /* a definition makes it stay */
        persistent = define(bus, "create", NULL);
        assert_string_equal(persistent, path);
        assert_true(property_bool(bus, native("Domain", path), "Persistent"));
        remove_domain(bus, path);
        assert_false(property_bool(bus, native("Domain", path), "Persistent"));
        do_call(bus, path, "Destroy", 0);
        gone = call_error(bus, native("Domain", path), ERROR("NoDomain"), "GetState", "u", 0);
}

/* The paths that ListDomains returns for the flags. Free with g_strfreev(). */
static char **list(sd_bus *bus, uint32_t flags)
{
        _cleanup_message_ sd_bus_message *reply =
                call(bus, native("Connect", NULL), "ListDomains", "u", flags);
        g_autoptr(GPtrArray) paths = g_ptr_array_new();
        const char *path;

        assert_true(sd_bus_message_enter_container(reply, 'a', "o") > 0);
        while (sd_bus_message_read(reply, "o", &path) > 0)
                g_ptr_array_add(paths, g_strdup(path));
        g_ptr_array_add(paths, NULL);
        return (char **) g_ptr_array_steal(paths, NULL);
}

/* A persistent domain is started from another definition for once. */
static void test_create_defined(void **state)
{
        const char *uuid = "11111111-2222-3333-4444-55555555556a";
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL);
        g_autofree char *path = define(bus, "create", uuid), *same = NULL, *once = NULL, *again = NULL;
        g_autofree char *xml = definition("create", uuid, "<title>Once</title>");
        g_autofree char *other_name = definition("created", uuid, "");

        same = call_string(bus, connect, "DomainCreateXML", "su", xml, 1);
        assert_string_equal(same, path);
        assert_true(property_bool(bus, native("Domain", path), "Persistent"));
        once = call_string(bus, native("Domain", path), "GetXMLDesc", "u", 0);
        assert_non_null(strstr(once, "<title>Once</title>"));
        expect_error(bus, connect, ERROR("OperationInvalid"), "domain 'create' is already active",
                     "DomainCreateXML", xml, 0);
        expect_error(bus, connect, ERROR("DomainExists"), uuid, "DomainCreateXML", other_name, 0);

        do_call(bus, path, "Destroy", 0);
        again = call_string(bus, native("Domain", path), "GetXMLDesc", "u", 0);
        assert_null(strstr(again, "<title>"));
        remove_domain(bus, path);
}

static void test_list_flags(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *off = define(bus, "list-off", NULL), *running = define(bus, "list-running", NULL);
        g_autofree char *paused = create(bus, "list-paused", 1);
        const struct {
                uint32_t flags;
                bool off, running, paused;
        } wanted[] = {
                { 0, true, true, true },        { 1, false, true, true },
                { 2, true, false, false },      { 3, true, true, true },
                { 4, true, true, false },       { 8, false, false, true },
                { 16, false, true, false },     { 32, false, false, true },
                { 64, true, false, false },     { 48, false, true, true },
                { 128, false, false, false },   { 256, false, false, false },
                { 512, true, true, true },      { 1024, true, false, false },
                { 2048, false, true, true },    { 4096, false, false, false },
                { 0x8000, true, true, true },   { 1 | 4, false, true, false },
                { 2 | 8, false, false, false }, { 1 | 2 | 32, false, false, true },
        };

        do_call(bus, running, "Create", 0);
        assert_true(sd_bus_set_property(bus, "org.virtbus1", off, "org.virtbus1.Domain", "Autostart", NULL,
                                        "b", true) >= 0);
        for (size_t i = 0; i < ELEMENTSOF(wanted); i++) {
                g_auto(GStrv) paths = list(bus, wanted[i].flags);
                const char *const *strv = (const char *const *) paths;

                if (g_strv_contains(strv, off) != wanted[i].off ||
                    g_strv_contains(strv, running) != wanted[i].running ||
                    g_strv_contains(strv, paused) != wanted[i].paused)
                        fail_msg("flags 0x%x", wanted[i].flags);
        }
        expect_error(bus, native("Connect", NULL), ERROR("InvalidArg"), "(0x10000)", "ListDomains", NULL,
                     0x10001);
        do_call(bus, running, "Destroy", 0);
        do_call(bus, paused, "Destroy", 0);
        remove_domain(bus, running);
        remove_domain(bus, off);
}

static bool is_listed(sd_bus *bus, const char *path)
{
        g_auto(GStrv) paths = list(bus, 0);

        return g_strv_contains((const char *const *) paths, path);
}

/* What is kept of a list from call to call is of now. */
static void test_list_changes(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *one = define(bus, "list-one", NULL), *two = NULL, *transient = NULL;

        assert_true(is_listed(bus, one));
        assert_true(is_listed(bus, one));
        two = define(bus, "list-two", NULL);
        assert_true(is_listed(bus, one) && is_listed(bus, two));
        remove_domain(bus, one);
        assert_true(!is_listed(bus, one) && is_listed(bus, two));
        transient = create(bus, "list-transient", 0);
        assert_true(is_listed(bus, transient));
        do_call(bus, transient, "Destroy", 0);
        assert_false(is_listed(bus, transient));
        remove_domain(bus, two);
        assert_false(is_listed(bus, two));
}

/* Reads a page, adds its names to seen; returns where the next begins. Free with g_free(). */
static char *read_page(sd_bus *bus, const char *after, GHashTable *seen, unsigned *ret_n)
{
        _cleanup_message_ sd_bus_message *reply =
                call(bus, native("Connect", NULL), "ListDomainsDetailed", "a{sv}", 4, "name-prefix", "s",
                     "page-", "limit", "u", 10, "after", "s", after, "fields", "as", 2, "Name", "Active");
        const char *path, *key, *name, *next;
        int active;

        *ret_n = 0;
        assert_true(sd_bus_message_enter_container(reply, 'a', "(oa{sv})") > 0);
        while (sd_bus_message_enter_container(reply, 'r', "oa{sv}") > 0) {
                assert_true(sd_bus_message_read(reply, "o", &path) > 0);
                assert_true(sd_bus_message_read(reply, "a{sv}", 2, &key, "b", &active, &key, "s", &name) >
                            0);
                assert_true(sd_bus_message_exit_container(reply) >= 0);
                assert_true(g_hash_table_add(seen, g_strdup(name)));
                (*ret_n)++;
        }
        assert_true(sd_bus_message_exit_container(reply) >= 0);
        assert_true(sd_bus_message_read(reply, "s", &next) > 0);
        return g_strdup(next);
}

/* The last domain of a page may be gone when the next is asked for. */
static void test_pages(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable) paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autofree char *second = NULL, *third = NULL, *end = NULL, *path = NULL;
        GHashTableIter iter;
        gpointer key;
        unsigned n;

        for (unsigned i = 0; i < N_PAGED; i++) {
                g_autofree char *name = g_strdup_printf("page-%u", i);

                g_hash_table_add(paths, define(bus, name, NULL));
        }
        second = read_page(bus, "", seen, &n);
        assert_int_equal(n, 10);
        path = g_strdup_printf("/org/virtbus1/Test/domain/_%s", second);
        g_strdelimit(path, "-", '_');
        if (g_hash_table_remove(paths, path))
                remove_domain(bus, path);
        third = read_page(bus, second, seen, &n);
        assert_int_equal(n, 10);
        end = read_page(bus, third, seen, &n);
        assert_int_equal(n, 5);
        assert_string_equal(end, "");
        assert_int_equal(g_hash_table_size(seen), N_PAGED);

        g_hash_table_iter_init(&iter, paths);
        while (g_hash_table_iter_next(&iter, &key, NULL))
                remove_domain(bus, key);
}

static void expect_bad_option(sd_bus *bus, const char *end, const char *name, const char *type, ...)
{
        _cleanup_message_ sd_bus_message *m = NULL;
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        va_list ap;

        assert_true(sd_bus_message_new_method_call(bus, &m, "org.virtbus1", "/org/virtbus1/Test",
                                                   "org.virtbus1.Connect", "ListDomainsDetailed") >= 0);
        assert_true(sd_bus_message_open_container(m, 'a', "{sv}") >= 0);
        assert_true(sd_bus_message_open_container(m, 'e', "sv") >= 0);
        assert_true(sd_bus_message_append(m, "s", name) >= 0);
        assert_true(sd_bus_message_open_container(m, 'v', type) >= 0);
        va_start(ap, type);
        assert_true(sd_bus_message_appendv(m, type, ap) >= 0);
        va_end(ap);
        for (unsigned i = 0; i < 3; i++)
                assert_true(sd_bus_message_close_container(m) >= 0);
        assert_true(sd_bus_call(bus, m, DEADLINE_USEC, &error, NULL) < 0);
        assert_string_equal(error.name, ERROR("InvalidArg"));
        if (!g_str_has_suffix(error.message, end))
                fail_msg("'%s' does not end in '%s'", error.message, end);
}

static void test_options(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        expect_bad_option(bus, "'colour'", "colour", "s", "blue");
        expect_bad_option(bus, "wants type 'u', not 's'", "limit", "s", "10");
        expect_bad_option(bus, "between 1 and 2000", "limit", "u", 0);
        expect_bad_option(bus, "between 1 and 2000", "limit", "u", 2001);
        expect_bad_option(bus, "'flying'", "state", "s", "flying");
        expect_bad_option(bus, "'page two'", "after", "s", "page two");
        expect_bad_option(bus, "'Nmae'", "fields", "as", 1, "Nmae");
}

static void test_stats(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "stats", NULL);
        _cleanup_message_ sd_bus_message *reply = call(bus, native("Domain", path), "GetStats", "uu", 1, 0);
        const char *first, *second;
        int state_number, reason;

        assert_true(sd_bus_message_read(reply, "a{sv}", 2, &first, "i", &state_number, &second, "i",
                                        &reason) > 0);
        assert_string_equal(first, "state.state");
        assert_int_equal(state_number, 5);
        assert_string_equal(second, "state.reason");

        /* a group that nobody knows is left out, unless the caller insists */
        sd_bus_message_unref(call(bus, native("Domain", path), "GetStats", "uu", 1 | 1 << 20, 0));
        g_free(call_error(bus, native("Domain", path), ERROR("ArgumentUnsupported"), "GetStats", "uu",
                          1 | 1 << 20, UINT32_C(1) << 31));
        g_free(call_error(bus, native("Domain", path), ERROR("InvalidArg"), "GetStats", "uu", 1, 1));
        g_free(call_error(bus, native("Connect", NULL), ERROR("InvalidArg"), "GetAllDomainStats", "uu", 1,
                          256));
        remove_domain(bus, path);
}

static void test_xml(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "xml", NULL);
        const Target domain = native("Domain", path);
        g_autofree char *idle = call_string(bus, domain, "GetXMLDesc", "u", 0), *live = NULL,
                        *inactive = NULL, *again = NULL;

        assert_non_null(strstr(idle, "<name>xml</name>"));
        assert_null(strstr(idle, " id='"));
        do_call(bus, path, "Create", 0);
        live = call_string(bus, domain, "GetXMLDesc", "u", 0);
        assert_non_null(strstr(live, " id='"));
        inactive = call_string(bus, domain, "GetXMLDesc", "u", 2);
        assert_string_equal(inactive, idle);
        expect_error(bus, domain, ERROR("InvalidArg"), "(0x10)", "GetXMLDesc", NULL, 0x10);

        /* what we print we read as the same */
        again = call_string(bus, native("Connect", NULL), "DomainDefineXML", "s", inactive);
        assert_string_equal(again, path);
        g_free(again);
        again = call_string(bus, domain, "GetXMLDesc", "u", 2);
        assert_string_equal(again, idle);
        do_call(bus, path, "Destroy", 0);
        remove_domain(bus, path);
}

static void test_vcpus(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define(bus, "vcpus", NULL), *paused = create(bus, "vcpus-paused", 1);
        const Target domain = native("Domain", path);

        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", 0), 2);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", 4), 4);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", 2), 2);
        assert_int_equal(call_u32(bus, domain, "GetVcpus", "u", 2 | 4), 4);
        expect_error(bus, domain, ERROR("OperationInvalid"), "domain is not running", "GetVcpus", NULL, 1);
        expect_error(bus, domain, ERROR("InvalidArg"), "exclude each other", "GetVcpus", NULL, 3);
        expect_error(bus, native("Domain", paused), ERROR("OperationInvalid"),
                     "any persistent configuration", "GetVcpus", NULL, 2);
        assert_int_equal(call_u32(bus, native("Domain", paused), "GetVcpus", "u", 1), 2);
        do_call(bus, paused, "Destroy", 0);
        remove_domain(bus, path);
}

/* What each flag of GetXMLDesc changes of a definition; the processor stays where the host cannot be asked. */
static void test_xml_flags(void **state)
{
        static const struct {
                uint32_t flags;
                bool password, controller;
        } cases[] = {
                { 0, false, true }, { 1, true, true }, { 2, false, true }, { 4, false, true },
                { 8, true, false }, { 9, true, false }, { 12, true, false },
        };
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        static const char xml[] =
                "<domain type='test'><name>flags</name><memory>65536</memory><os><type arch='x86_64' "
                "machine='pc'>hvm</type>"
                "</os><cpu mode='host-model'/><devices><controller type='usb' index='0' model='piix3-uhci'/>"
                "<graphics type='vnc' passwd='sesame'/></devices></domain>";
        g_autofree char *path = call_string(bus, native("Connect", NULL), "DomainDefineXML", "s", xml);

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                g_autofree char *got = call_string(bus, native("Domain", path), "GetXMLDesc", "u", cases[i].flags);

                assert_int_equal(strstr(got, "passwd='sesame'") != NULL, cases[i].password);
                assert_int_equal(strstr(got, "piix3-uhci") != NULL, cases[i].controller);
                assert_non_null(strstr(got, "<cpu mode='host-model'"));
        }
        remove_domain(bus, path);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_lookups), cmocka_unit_test(test_define),
                cmocka_unit_test(test_create),  cmocka_unit_test(test_create_defined),
                cmocka_unit_test(test_list_flags),
                cmocka_unit_test(test_list_changes),
                cmocka_unit_test(test_pages),   cmocka_unit_test(test_options),
                cmocka_unit_test(test_stats),   cmocka_unit_test(test_xml),
                cmocka_unit_test(test_xml_flags),
                cmocka_unit_test(test_vcpus),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
