/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Snapshots, checkpoints and backups: trees of objects, and the way back. */
#include <string.h>

#include "tests/bus/harness.h"

#define NATIVE_ERROR "org.virtbus1.Error."
#define DOMAIN(path) native("Domain", path)
#define SNAPSHOT(path) native("DomainSnapshot", path)
#define CHECKPOINT(path) native("DomainCheckpoint", path)

enum { CHILDREN = 1, CHILDREN_ONLY = 4 };

static char *make_domain(sd_bus *bus, const char *name, bool run)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='test'><name>%s</name><memory>65536</memory><os><type>hvm</type></os><devices>"
                "<disk type='file'><driver type='qcow2'/><source file='/i/%s.qcow2'/><target dev='vda'/></disk>"
                "<disk type='file' device='cdrom'><target dev='hda' bus='ide'/><readonly/></disk>"
                "</devices></domain>", name, name);
        char *path = call_string(bus, native("Connect", NULL), "DomainDefineXML", "s", xml);

        if (run)
                sd_bus_message_unref(call(bus, DOMAIN(path), "Create", "u", 0));
        return path;
}

static void forget(sd_bus *bus, const char *path)
{
        if (property_bool(bus, DOMAIN(path), "Active"))
                sd_bus_message_unref(call(bus, DOMAIN(path), "Destroy", "u", 0));
        /* 2: with snapshots, 16: with checkpoints */
        sd_bus_message_unref(call(bus, DOMAIN(path), "Undefine", "u", 2 | 16));
}

static char *snapshot(sd_bus *bus, const char *domain, const char *name, uint32_t flags)
{
        g_autofree char *xml = g_strdup_printf("<domainsnapshot><name>%s</name></domainsnapshot>", name);

        return call_string(bus, DOMAIN(domain), "SnapshotCreateXML", "su", xml, flags);
}

/* The names of what the call lists, "a b". */
static char *names_of(sd_bus *bus, Target target, const char *member, uint32_t flags, const char *interface)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, target, member, "u", flags);
        GString *names = g_string_new(NULL);
        const char *path;

        assert_true(sd_bus_message_enter_container(reply, 'a', "o") > 0);
        while (sd_bus_message_read(reply, "o", &path) > 0) {
                g_autofree char *name = property_string(bus, native(interface, path), "Name");

                g_string_append_printf(names, "%s%s", names->len ? " " : "", name);
        }
        return g_string_free(names, FALSE);
}

static void assert_names(sd_bus *bus, Target target, const char *member, uint32_t flags, const char *expected)
{
        bool checkpoints = strstr(member, "Checkpoint") || strstr(target.interface, "Checkpoint");
        g_autofree char *names = names_of(bus, target, member, flags,
                                          checkpoints ? "DomainCheckpoint" : "DomainSnapshot");

        assert_string_equal(names, expected);
}

static bool call_bool(sd_bus *bus, Target target, const char *member)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, target, member, "u", 0);
        int yes;

        assert_true(sd_bus_message_read(reply, "b", &yes) > 0);
        return yes;
}

/* A page: the names in their order, "a b", and where the next one begins. */
static char *page_of(sd_bus *bus, const char *domain, const char *member, const char *after, char **ret_next)
{
        _cleanup_message_ sd_bus_message *reply =
                call(bus, DOMAIN(domain), member, "a{sv}", 3, "limit", "u", 2, "after", "s", after, "fields", "as", 1,
                     "Name");
        GString *names = g_string_new(NULL);
        const char *path, *key, *name, *next;

        assert_true(sd_bus_message_enter_container(reply, 'a', "(oa{sv})") > 0);
        while (sd_bus_message_enter_container(reply, 'r', "oa{sv}") > 0) {
                assert_true(sd_bus_message_read(reply, "oa{sv}", &path, 1, &key, "s", &name) > 0);
                assert_string_equal(key, "Name");
                g_string_append_printf(names, "%s%s", names->len ? " " : "", name);
                assert_true(sd_bus_message_exit_container(reply) >= 0);
        }
        assert_true(sd_bus_message_exit_container(reply) >= 0);
        assert_true(sd_bus_message_read(reply, "s", &next) > 0);
        *ret_next = g_strdup(next);
        return g_string_free(names, FALSE);
}

/* Another domain's are not among them. */
static void test_pages(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *one = make_domain(root, "paged", true), *two = make_domain(root, "unpaged", true),
                *next = NULL,
                        *end = NULL, *first = NULL, *second = NULL, *parent = NULL, *c = NULL;

        g_free(snapshot(root, one, "b", 0));
        g_free(snapshot(root, one, "a", 0));
        c = snapshot(root, one, "c", 0);
        g_free(snapshot(root, two, "other", 0));
        parent = property_string(root, SNAPSHOT(c), "ParentName");
        assert_string_equal(parent, "a");
        first = page_of(root, one, "ListDomainSnapshotsDetailed", "", &next);
        assert_string_equal(first, "a b");
        second = page_of(root, one, "ListDomainSnapshotsDetailed", next, &end);
        assert_string_equal(second, "c");
        assert_string_equal(end, "");
        forget(root, one);
        forget(root, two);
}

static void test_tree(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *domain = make_domain(root, "tree", true), *a = NULL, *b = NULL, *c = NULL, *d = NULL,
                        *current = NULL, *found = NULL, *parent = NULL, *xml = NULL, *refused = NULL, *of = NULL;
        _cleanup_signals_ Signals *signals = signals_new(root, "org.virtbus1", ",member='InterfacesRemoved'");

        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "NoDomainSnapshot", "SnapshotCurrent", "u", 0));
        assert_false(call_bool(root, DOMAIN(domain), "HasCurrentSnapshot"));
        a = snapshot(root, domain, "a", 0);
        b = snapshot(root, domain, "b", 0);
        sd_bus_message_unref(call(root, SNAPSHOT(a), "Revert", "u", 0));
        c = snapshot(root, domain, "c", 0);
        d = snapshot(root, domain, "d d", 16);
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "OperationInvalid", "SnapshotCreateXML", "su",
                          "<domainsnapshot><name>a</name></domainsnapshot>", 0));

        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 0, "a b c d d");
        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 1, "a");
        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 4, "b d d");
        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 8, "a c");
        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 128, "d d");
        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 512, "d d");
        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 32, "");
        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 16, "");
        assert_names(root, SNAPSHOT(a), "ListChildren", 0, "b c");
        assert_names(root, SNAPSHOT(a), "ListChildren", 1, "b c d d");
        found = call_string(root, DOMAIN(domain), "SnapshotLookupByName", "su", "d d", 0);
        assert_string_equal(found, d);
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "NoDomainSnapshot", "SnapshotLookupByName", "su", "x", 0));
        current = call_string(root, DOMAIN(domain), "SnapshotCurrent", "u", 0);
        assert_string_equal(current, d);
        assert_true(call_bool(root, SNAPSHOT(d), "IsCurrent"));
        assert_false(call_bool(root, SNAPSHOT(a), "IsCurrent"));
        assert_true(call_bool(root, SNAPSHOT(a), "HasMetadata"));
        parent = call_string(root, SNAPSHOT(d), "GetParent", "u", 0);
        assert_string_equal(parent, c);
        of = property_path(root, SNAPSHOT(d), "Domain");
        assert_string_equal(of, domain);
        g_free(call_error(root, SNAPSHOT(a), NATIVE_ERROR "NoDomainSnapshot", "GetParent", "u", 0));
        xml = call_string(root, SNAPSHOT(d), "GetXMLDesc", "u", 0);
        assert_non_null(strstr(xml, "<parent>\n    <name>c</name>"));
        assert_non_null(strstr(xml, "<source file='/i/tree.d d'/>"));
        assert_non_null(strstr(xml, "  <domain type='test'>\n    <name>tree</name>"));
        assert_non_null(strstr(xml, "<state>disk-snapshot</state>"));

        /* who stays gets the parent of who goes */
        sd_bus_message_unref(call(root, SNAPSHOT(c), "Delete", "u", 0));
        assert_string_equal(sd_bus_message_get_path(signals_wait(signals, "InterfacesRemoved")), "/org/virtbus1/Test");
        assert_names(root, SNAPSHOT(a), "ListChildren", 0, "b d d");
        g_free(call_error(root, SNAPSHOT(c), NATIVE_ERROR "NoDomainSnapshot", "IsCurrent", "u", 0));
        sd_bus_message_unref(call(root, SNAPSHOT(a), "Delete", "u", CHILDREN_ONLY));
        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 0, "a");
        assert_true(call_bool(root, SNAPSHOT(a), "IsCurrent"));

        sd_bus_message_unref(call(root, DOMAIN(domain), "Destroy", "u", 0));
        refused = call_error(root, DOMAIN(domain), NATIVE_ERROR "OperationInvalid", "Undefine", "u", 0);
        assert_non_null(strstr(refused, "1 snapshot"));
        forget(root, domain);
        g_free(call_error(root, SNAPSHOT(a), NATIVE_ERROR "NoDomain", "IsCurrent", "u", 0));
}

/* Each face has the objects below its own root. */
static void test_libvirt_face(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *domain = make_domain(root, "faces", false), *lv = libvirt_path(domain), *path = NULL,
                        *xml = NULL;

        path = call_string(root, libvirt("Domain", lv), "SnapshotCreateXML", "su",
                           "<domainsnapshot><name>s-1.x</name></domainsnapshot>", 0);
        assert_non_null(strstr(path, "/org/libvirt/Test/domainsnapshot/_"));
        assert_true(g_str_has_suffix(path, "_s_2d1_2ex"));
        xml = call_string(root, libvirt("DomainSnapshot", path), "GetXMLDesc", "u", 0);
        assert_non_null(strstr(xml, "<name>s-1.x</name>"));
        assert_non_null(strstr(xml, "<memory snapshot='no'/>"));
        sd_bus_message_unref(call(root, libvirt("DomainSnapshot", path), "Delete", "u", 0));
        forget(root, domain);
}

static void test_revert(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *domain = make_domain(root, "back", false), *off = NULL, *on = NULL, *paused = NULL;

        off = snapshot(root, domain, "off", 0);
        sd_bus_message_unref(call(root, DOMAIN(domain), "Create", "u", 0));
        on = snapshot(root, domain, "on", 0);
        sd_bus_message_unref(call(root, DOMAIN(domain), "Suspend", NULL));
        paused = snapshot(root, domain, "paused", 0);

        sd_bus_message_unref(call(root, SNAPSHOT(on), "Revert", "u", 0));
        domain_assert_state(root, domain, "running", "from-snapshot");
        sd_bus_message_unref(call(root, SNAPSHOT(paused), "Revert", "u", 0));
        domain_assert_state(root, domain, "paused", "from-snapshot");
        sd_bus_message_unref(call(root, SNAPSHOT(paused), "Revert", "u", 1));
        domain_assert_state(root, domain, "running", "from-snapshot");
        g_free(call_error(root, SNAPSHOT(off), NATIVE_ERROR "SnapshotRevertRisky", "Revert", "u", 1));
        sd_bus_message_unref(call(root, SNAPSHOT(off), "Revert", "u", 0));
        domain_assert_state(root, domain, "shutoff", "from-snapshot");
        sd_bus_message_unref(call(root, SNAPSHOT(off), "Revert", "u", 2));
        domain_assert_state(root, domain, "paused", "user");
        sd_bus_message_unref(call(root, DOMAIN(domain), "Destroy", "u", 0));
        sd_bus_message_unref(call(root, SNAPSHOT(on), "Revert", "u", 0));
        domain_assert_state(root, domain, "running", "from-snapshot");
        g_free(call_error(root, SNAPSHOT(on), NATIVE_ERROR "InvalidArg", "Revert", "u", 3));
        forget(root, domain);
}

/* What the daemon has forgotten can be told to it again, but not so that the tree is none. */
static void test_redefine(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *domain = make_domain(root, "told", true), *a = snapshot(root, domain, "a", 0),
                        *b = snapshot(root, domain, "b", 0), *xml_a = NULL, *xml_b = NULL, *again = NULL, *cycle = NULL,
                        *same = NULL;
        g_auto(GStrv) parts = NULL;

        xml_a = call_string(root, SNAPSHOT(a), "GetXMLDesc", "u", 0);
        xml_b = call_string(root, SNAPSHOT(b), "GetXMLDesc", "u", 0);
        sd_bus_message_unref(call(root, SNAPSHOT(a), "Delete", "u", 1 | 2));
        assert_names(root, DOMAIN(domain), "ListDomainSnapshots", 0, "");
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "InvalidArg", "SnapshotCreateXML", "su", xml_b, 1));
        g_free(call_string(root, DOMAIN(domain), "SnapshotCreateXML", "su", xml_a, 1));
        again = call_string(root, DOMAIN(domain), "SnapshotCreateXML", "su", xml_b, 1 | 2);
        assert_string_equal(again, b);
        assert_true(call_bool(root, SNAPSHOT(b), "IsCurrent"));
        same = call_string(root, SNAPSHOT(b), "GetXMLDesc", "u", 0);
        assert_string_equal(same, xml_b);
        parts = g_strsplit(xml_a, "<creationTime>", 2);
        cycle = g_strjoin("<parent><name>b</name></parent><creationTime>", parts[0], parts[1], NULL);
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "InvalidArg", "SnapshotCreateXML", "su", cycle, 1));
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "XMLError", "SnapshotCreateXML", "su",
                          "<domainsnapshot><name>c</name></domainsnapshot>", 1));
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "InvalidArg", "SnapshotCreateXML", "su",
                          "<domainsnapshot/>", 2));
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "XMLDetail", "SnapshotCreateXML", "su",
                          "<domainsnapshot><name>a/b</name></domainsnapshot>", 0));
        forget(root, domain);
}

static void test_halt(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *domain = make_domain(root, "halted", true), *a = snapshot(root, domain, "a", 8), *xml = NULL;

        domain_assert_state(root, domain, "shutoff", "from-snapshot");
        xml = call_string(root, SNAPSHOT(a), "GetXMLDesc", "u", 0);
        assert_non_null(strstr(xml, "<state>running</state>"));
        assert_non_null(strstr(xml, "<inactiveDomain type='test'>"));
        forget(root, domain);
}

/* The permissions are those of the domain: "snapshot" with its name. */
static void test_permissions(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        g_autofree char *mine = make_domain(root, "mine", true), *theirs = make_domain(root, "theirs", true), *a = NULL,
                        *b = snapshot(root, theirs, "b", 0);

        call_denied(one, DOMAIN(mine), "SnapshotCreateXML", "su", "<domainsnapshot/>", 0);
        rules_set("10-test", "polkit.addRule(function(action, subject) {\n"
                             "    if (action.id == 'org.libvirt.api.domain.snapshot' && subject.user == 'vtest1' &&\n"
                             "        action.lookup('domain_name') == 'mine') {\n"
                             "        return polkit.Result.YES;\n"
                             "    }\n"
                             "    return polkit.Result.NOT_HANDLED;\n"
                             "});\n");
        a = snapshot(one, mine, "a", 0);
        call_denied(one, SNAPSHOT(b), "Delete", "u", 0);
        call_denied(one, SNAPSHOT(a), "GetXMLDesc", "u", 1);
        sd_bus_message_unref(call(one, SNAPSHOT(a), "Delete", "u", 0));
        rules_set("10-test", NULL);
        forget(root, mine);
        forget(root, theirs);
}

static char *checkpoint(sd_bus *bus, const char *domain, const char *name)
{
        g_autofree char *xml = g_strdup_printf("<domaincheckpoint><name>%s</name></domaincheckpoint>", name);

        return call_string(bus, DOMAIN(domain), "CheckpointCreateXML", "su", xml, 0);
}

static void test_checkpoints(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        g_autofree char *domain = make_domain(root, "checked", true), *a = checkpoint(root, domain, "a"),
                        *b = checkpoint(root, domain, "b"), *c = checkpoint(root, domain, "c"), *xml = NULL,
                        *full = NULL,
                        *parent = NULL, *again = NULL;

        assert_names(root, DOMAIN(domain), "ListDomainCheckpoints", 0, "a b c");
        assert_names(root, DOMAIN(domain), "ListDomainCheckpoints", 4, "c");
        assert_names(root, CHECKPOINT(a), "ListChildren", 1, "b c");
        parent = call_string(root, CHECKPOINT(c), "GetParent", "u", 0);
        assert_string_equal(parent, b);
        xml = call_string(root, CHECKPOINT(b), "GetXMLDesc", "u", 2);
        assert_non_null(strstr(xml, "<disk name='vda' checkpoint='bitmap' bitmap='b'/>"));
        assert_non_null(strstr(xml, "<disk name='hda' checkpoint='no'/>"));
        assert_null(strstr(xml, "<domain type"));
        full = call_string(root, CHECKPOINT(b), "GetXMLDesc", "u", 0);
        sd_bus_message_unref(call(root, CHECKPOINT(b), "Delete", "u", 0));
        assert_names(root, CHECKPOINT(a), "ListChildren", 0, "c");
        again = call_string(root, DOMAIN(domain), "CheckpointCreateXML", "su", full, 1);
        assert_string_equal(again, b);
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "OperationInvalid", "CheckpointCreateXML", "su",
                          "<domaincheckpoint><name>a</name></domaincheckpoint>", 0));
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "NoDomainCheckpoint", "CheckpointLookupByName", "su", "x",
                          0));
        sd_bus_message_unref(call(root, CHECKPOINT(a), "Delete", "u", CHILDREN));
        assert_names(root, DOMAIN(domain), "ListDomainCheckpoints", 0, "");
        sd_bus_message_unref(call(root, DOMAIN(domain), "Destroy", "u", 0));
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "OperationInvalid", "CheckpointCreateXML", "su",
                          "<domaincheckpoint/>", 0));
        forget(root, domain);
}

static bool completed_well(Signals *signals)
{
        sd_bus_message *m = signals_wait(signals, "JobCompleted");
        const char *name;
        int success = -1;

        assert_true(sd_bus_message_enter_container(m, 'a', "{sv}") > 0);
        while (sd_bus_message_enter_container(m, 'e', "sv") > 0) {
                assert_true(sd_bus_message_read(m, "s", &name) > 0);
                if (streq(name, "success"))
                        assert_true(sd_bus_message_read(m, "v", "b", &success) > 0);
                else
                        assert_true(sd_bus_message_skip(m, "v") >= 0);
                assert_true(sd_bus_message_exit_container(m) >= 0);
        }
        assert_int_not_equal(success, -1);
        return success;
}

static void test_backup(void **state)
{
        static const char push[] = "<domainbackup><disks><disk name='vda'/></disks></domainbackup>";
        static const char pull[] = "<domainbackup mode='pull'><incremental>c1</incremental>"
                                   "<server transport='unix' socket='/run/x'/></domainbackup>";
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT);
        _cleanup_signals_ Signals *signals = signals_new(root, "org.virtbus1", ",member='JobCompleted'");
        g_autofree char *domain = make_domain(root, "backed", true), *xml = NULL, *pulled = NULL;

        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "NoDomainBackup", "BackupGetXMLDesc", "u", 0));
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "NoDomainCheckpoint", "BackupBegin", "ssu", pull, "", 0));
        sd_bus_message_unref(call(root, DOMAIN(domain), "BackupBegin", "ssu", push,
                                  "<domaincheckpoint><name>c1</name></domaincheckpoint>", 0));
        xml = call_string(root, DOMAIN(domain), "BackupGetXMLDesc", "u", 0);
        assert_non_null(strstr(xml, "<target file='/i/backed.qcow2.c1'/>"));
        assert_names(root, DOMAIN(domain), "ListDomainCheckpoints", 0, "c1");
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "OperationInvalid", "BackupBegin", "ssu", push, "", 0));
        /* the domain is not busy meanwhile */
        sd_bus_message_unref(call(root, DOMAIN(domain), "Suspend", NULL));
        assert_true(completed_well(signals));
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "NoDomainBackup", "BackupGetXMLDesc", "u", 0));

        sd_bus_message_unref(call(root, DOMAIN(domain), "BackupBegin", "ssu", pull, "", 0));
        pulled = call_string(root, DOMAIN(domain), "BackupGetXMLDesc", "u", 0);
        assert_non_null(strstr(pulled, "backupmode='incremental' incremental='c1'"));
        assert_non_null(strstr(pulled, "<scratch file='/i/backed.qcow2."));
        sd_bus_message_unref(call(root, DOMAIN(domain), "AbortJob", NULL));
        assert_false(completed_well(signals));
        g_free(call_error(root, DOMAIN(domain), NATIVE_ERROR "NoDomainBackup", "BackupGetXMLDesc", "u", 0));

        /* and it ends with the machine */
        sd_bus_message_unref(call(root, DOMAIN(domain), "BackupBegin", "ssu", pull, "", 0));
        sd_bus_message_unref(call(root, DOMAIN(domain), "Destroy", "u", 0));
        assert_false(completed_well(signals));
        forget(root, domain);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tree),     cmocka_unit_test(test_pages),
                cmocka_unit_test(test_libvirt_face), cmocka_unit_test(test_revert),
                cmocka_unit_test(test_redefine), cmocka_unit_test(test_halt),
                cmocka_unit_test(test_permissions),
                cmocka_unit_test(test_checkpoints), cmocka_unit_test(test_backup),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
