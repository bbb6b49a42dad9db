/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Who may nothing gets nothing: every method and property of an object of each kind, on both faces, as somebody whom
 * the rules refuse. Run with both ways of authorizing reads. Nothing has changed at the end.
 */

#include <string.h>

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"

#define DENIED "org.virtbus1.Error.AccessDenied"
#define PROPERTIES "org.freedesktop.DBus.Properties"
#define INTROSPECTABLE "org.freedesktop.DBus.Introspectable"
#define TEST "domain/_6695eb01_f6a4_8304_79aa_97f2502e193f"
#define NETWORK "network/_dd8fe884_6c02_601e_7551_cca97df1c5df"
#define POOL "storagepool/_dfe224cb_28fb_8dd0_c4b2_64eb3f0f4566"
#define PORT_UUID "71111111-2222-3333-4444-555555555555"
#define XML_OF_PORT                                                                                                  \
        "<networkport><uuid>" PORT_UUID "</uuid><owner><name>vm</name>"                                               \
        "<uuid>11111111-2222-3333-4444-555555555555</uuid></owner><mac address='52:54:00:00:00:01'/></networkport>"
#define XML_OF_BINDING                                                                                               \
        "<filterbinding><owner><name>vm</name><uuid>11111111-2222-3333-4444-555555555555</uuid></owner>"              \
        "<portdev name='vnet9'/><mac address='52:54:00:00:00:09'/><filterref filter='f'/></filterbinding>"

#define NOBODY_RULE                                                                                                  \
        "polkit.addRule(function(action, subject) {\n"                                                               \
        "    if (subject.user == 'vtest1' || subject.user == 'vtest3') { return polkit.Result.NO; }\n"               \
        "    return polkit.Result.NOT_HANDLED;\n"                                                                    \
        "});\n"

/* An object of each kind, behind the driver's path, and how it comes to be: by root, in this order. */
static const struct {
        const char *interface, *path;
        const char *maker, *maker_path; /* the member's interface is Connect's without a path; NULL: it is there */
        const char *member, *xml;
        bool flags;
} kinds[] = {
        { "Connect", NULL, NULL, NULL, NULL, NULL, false },
        { "Domain", TEST, NULL, NULL, NULL, NULL, false },
        { "DomainSnapshot", "domainsnapshot/_6695eb01_f6a4_8304_79aa_97f2502e193f_s1", "Domain", TEST,
          "SnapshotCreateXML",
          "<domainsnapshot><name>s1</name><disks><disk name='vda' snapshot='external'><source file='/x'/></disk>"
          "</disks>"
          "<memory snapshot='no'/></domainsnapshot>", true },
        { "DomainCheckpoint", "domaincheckpoint/_6695eb01_f6a4_8304_79aa_97f2502e193f_c1", "Domain", TEST,
          "CheckpointCreateXML", "<domaincheckpoint><name>c1</name></domaincheckpoint>", true },
        { "Network", NETWORK, NULL, NULL, NULL, NULL, false },
        { "NetworkPort", "networkport/_dd8fe884_6c02_601e_7551_cca97df1c5df_71111111_2222_3333_4444_555555555555",
          "Network", NETWORK, "PortCreateXML", XML_OF_PORT, true },
        { "StoragePool", POOL, NULL, NULL, NULL, NULL, false },
        { "StorageVol", "storagevol/_2fdefault_2dpool_2fv", "StoragePool", POOL, "StorageVolCreateXML",
          "<volume><name>v</name><capacity>4096</capacity></volume>", true },
        { "Interface", "interface/aa_3abb_3acc_3add_3aee_3aff", NULL, NULL, NULL, NULL, false },
        { "NodeDevice", "nodedev/computer", NULL, NULL, NULL, NULL, false },
        { "NWFilter", "nwfilter/_41111111_2222_3333_4444_555555555555", "Connect", NULL, "NWFilterDefineXML",
          "<filter name='f'><uuid>41111111-2222-3333-4444-555555555555</uuid></filter>", false },
        { "NWFilterBinding", "nwfilterbinding/vnet9", "Connect", NULL, "NWFilterBindingCreateXML", XML_OF_BINDING,
          true },
        { "Secret", "secret/_51111111_2222_3333_4444_555555555555", "Connect", NULL, "SecretDefineXML",
          "<secret><uuid>51111111-2222-3333-4444-555555555555</uuid></secret>", true },
        { "Job", NULL, NULL, NULL, NULL, NULL, false },
};

static char *full_path(const char *root, const char *path)
{
        return g_strconcat(root, path ? "/" : NULL, path, NULL);
}

/* The children of a place: "/org/virtbus1/Test/job". */
static char **children_of(sd_bus *bus, Target place)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, on_interface(place, INTROSPECTABLE), "Introspect", NULL);
        const char *xml;

        assert_true(sd_bus_message_read(reply, "s", &xml) > 0);
        return contract_children(xml);
}

static char *job_path(sd_bus *bus)
{
        g_auto(GStrv) jobs = children_of(bus, native("Connect", "/org/virtbus1/Test/job"));

        assert_non_null(jobs[0]);
        return g_strconcat("job/", jobs[0], NULL);
}

/* What introspection shows at a path. */
static GPtrArray *members_at(sd_bus *root, Target object)
{
        _cleanup_message_ sd_bus_message *reply = call(root, on_interface(object, INTROSPECTABLE), "Introspect", NULL);
        const char *xml;

        assert_true(sd_bus_message_read(reply, "s", &xml) > 0);
        return contract_parse(xml);
}

static void append_definition(sd_bus_message *m, const char *method)
{
        static const struct {
                const char *prefix, *xml;
        } others[] = {
                { "NodeDevice", "<device><name>intruder</name><capability type='ap_matrix'/></device>" },
                { "Interface", "<interface type='ethernet' name='intruder'/>" },
                { "NWFilterBinding", XML_OF_BINDING },
                { "NWFilter", "<filter name='intruder'/>" },
                { "Network", "<network><name>intruder</name></network>" },
                { "Secret", "<secret/>" },
                { "StoragePool", "<pool type='dir'><name>intruder</name><target><path>/i</path></target></pool>" },
                { "Domain",
                  "<domain type='test'><name>intruder</name><memory>8192</memory><os><type>hvm</type></os></domain>" },
        };
        const char *xml = "<none/>";

        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                if (g_str_has_prefix(method, others[i].prefix)) {
                        xml = others[i].xml;
                        break;
                }
        assert_true(sd_bus_message_append_basic(m, 's', xml) >= 0);
}

static sd_bus_message *use(sd_bus *bus, Target object, const Member *member)
{
        bool property = member->kind == MEMBER_PROPERTY, set = property && strstr(member->access, "write");
        const char *rest = member->in;
        sd_bus_message *m;

        assert_true(sd_bus_message_new_method_call(bus, &m, object.destination, object.path,
                                                   property ? PROPERTIES : member->interface,
                                                   set ? "Set" : property ? "Get" : member->name) >= 0);
        if (property)
                assert_true(sd_bus_message_append(m, "ss", member->interface, member->name) >= 0);
        if (set) {
                assert_true(sd_bus_message_open_container(m, 'v', member->in) >= 0);
                append_zeros(m, member->in);
                assert_true(sd_bus_message_close_container(m) >= 0);
        }
        if (property)
                return m;
        if (strstr(member->name, "XML") && *rest == 's') {
                append_definition(m, member->name);
                rest++;
        }
        append_zeros(m, rest);
        return m;
}

/* Whether the answer says that it may not be, in the words of the face. */
static bool is_denied(sd_bus *bus, Target object, const Member *member)
{
        _cleanup_message_ sd_bus_message *m = use(bus, object, member);
        bool theirs = g_str_has_prefix(object.destination, "org.libvirt"), denied;
        sd_bus_error error = SD_BUS_ERROR_NULL;
        g_autofree char *what = member_describe(member);

        if (sd_bus_call(bus, m, 0, &error, NULL) >= 0) {
                print_error("%s on %s: an answer\n", what, object.path);
                return false;
        }
        denied = theirs ? streq(error.name, "org.libvirt.Error") && g_str_has_prefix(error.message, "access denied") :
                          streq(error.name, DENIED);
        if (!denied)
                print_error("%s on %s: %s: %s\n", what, object.path, error.name, error.message);
        sd_bus_error_free(&error);
        return denied;
}

/* Begins a job that does not end by itself. */
static void begin_job(sd_bus *root)
{
        _cleanup_message_ sd_bus_message *m = NULL;
        g_autofree char *image = g_build_filename(g_getenv("VIRTBUS_TEST_DIR"), "image", NULL),
                *xml = domain_xml("busy");
        g_autofree char *path = call_string(root, native("Connect", NULL), "DomainCreateXML", "su", xml, 0);

        assert_true(sd_bus_message_new_method_call(root, &m, "org.virtbus1", path, "org.virtbus1.Domain", "Save") >= 0);
        assert_true(sd_bus_message_append(m, "ssu", image, "", 0) >= 0);
        assert_true(sd_bus_message_set_expect_reply(m, false) >= 0);
        assert_true(sd_bus_send(root, m, NULL) >= 0);
        assert_true(sd_bus_flush(root) >= 0);
}

static bool has_job(void *userdata)
{
        g_auto(GStrv) jobs = children_of(userdata, native("Connect", "/org/virtbus1/Test/job"));

        return jobs[0] != NULL;
}

static int set_up(void **state)
{
        sd_bus *root = client_open(USER_ROOT);

        name_wait(root, "org.libvirt", true);
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                g_autofree char *path = NULL;
                Target maker;

                if (!kinds[i].maker)
                        continue;
                path = full_path("/org/virtbus1/Test", kinds[i].maker_path);
                maker = native(kinds[i].maker, path);
                sd_bus_message_unref(call(root, maker, kinds[i].member, kinds[i].flags ? "su" : "s", kinds[i].xml,
                                          streq(kinds[i].interface, "DomainSnapshot") ? 16 : 0));
        }
        begin_job(root);
        assert_true(wait_until(has_job, root));
        rules_set("10-test", NOBODY_RULE);
        *state = root;
        return 0;
}

static int tear_down(void **state)
{
        rules_set("10-test", NULL);
        client_close(*state);
        return 0;
}

/* The definitions of all that is there, to see that nothing has changed. */
static char *everything(sd_bus *root)
{
        static const char *const listers[] = {
                "ListDomains", "ListNetworks", "ListStoragePools", "ListInterfaces", "ListNodeDevices", "ListNWFilters",
                "ListNWFilterBindings", "ListSecrets",
        };
        GString *all = g_string_new(NULL);

        for (size_t i = 0; i < ELEMENTSOF(listers); i++) {
                _cleanup_message_ sd_bus_message *reply = call(root, native("Connect", NULL), listers[i], "u", 0);
                const char *path;

                assert_true(sd_bus_message_enter_container(reply, 'a', "o") > 0);
                while (sd_bus_message_read(reply, "o", &path) > 0)
                        g_string_append_printf(all, "%s\n", path);
        }
        return g_string_free(all, FALSE);
}

static unsigned sweep(sd_bus *root, sd_bus *bus, Target object, unsigned *n_wrong)
{
        g_autoptr(GPtrArray) members = members_at(root, object);
        unsigned n = 0;

        for (guint i = 0; i < members->len; i++) {
                const Member *member = members->pdata[i];

                if (!streq(member->interface, object.interface) || member->kind == MEMBER_SIGNAL)
                        continue;
                n++;
                *n_wrong += !is_denied(bus, object, member);
        }
        return n;
}

/* The libvirt face has the kinds of libvirt-dbus alone. */
static bool is_libvirts(const char *interface)
{
        g_autofree char *file = g_strdup_printf("%s/interfaces/org.libvirt.%s.xml", g_getenv("VIRTBUS_BUILD_DIR"),
                                                interface);

        return g_file_test(file, G_FILE_TEST_EXISTS);
}

static void test_nobody(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ONE), *group = client_open(USER_GROUP);
        g_autofree char *before = everything(*state), *after = NULL;
        unsigned n_native = 0, n_libvirt = 0, n_wrong = 0;

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                bool job = streq(kinds[i].interface, "Job");
                g_autofree char *path = job ? job_path(*state) : g_strdup(kinds[i].path),
                        *ours = full_path("/org/virtbus1/Test", path);
                g_autofree char *theirs = full_path("/org/libvirt/Test", path);
                unsigned n = sweep(*state, one, native(kinds[i].interface, ours), &n_wrong);

                if (n == 0)
                        fail_msg("there is no %s at %s", kinds[i].interface, ours);
                n_native += n;
                if (is_libvirts(kinds[i].interface))
                        n_libvirt += sweep(*state, group, libvirt(kinds[i].interface, theirs), &n_wrong);
        }
        print_message("%u members of the native face, %u of the libvirt face, in %zu kinds\n", n_native, n_libvirt,
                      ELEMENTSOF(kinds));
        assert_int_equal(n_wrong, 0);
        assert_true(n_native > 300 && n_libvirt > 200);
        after = everything(*state);
        assert_string_equal(before, after);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_nobody, set_up, tear_down),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
