/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the daemon says of itself is the contract, member by member, on both faces. */
#include <glib/gstdio.h>

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"

#define INTROSPECTABLE "org.freedesktop.DBus.Introspectable"

static char *introspect(sd_bus *bus, const char *destination, const char *path)
{
        return call_string(bus, (Target) { destination, path, INTROSPECTABLE }, "Introspect", NULL);
}

/* Every member of expected is in actual, the same, unless interface (NULL: any) is another. Returns how many. */
static unsigned assert_contains(const GPtrArray *actual, const GPtrArray *expected, const char *interface)
{
        unsigned n = 0;

        for (guint i = 0; i < expected->len; i++) {
                const Member *member = expected->pdata[i], *same;
                g_autofree char *wanted = member_describe(member), *found = NULL;

                if (interface && !streq(member->interface, interface))
                        continue;
                same = contract_find(actual, member->interface, member->kind, member->name);
                if (!same)
                        fail_msg("there is no %s", wanted);
                found = member_describe(same);
                assert_string_equal(found, wanted);
                n++;
        }
        return n;
}

static void check_native(sd_bus *bus, const char *path, const char *name)
{
        g_autofree char *xml = introspect(bus, "org.virtbus1", path), *interface = NULL;
        g_autoptr(GPtrArray) actual = contract_parse(xml), expected = contract_native(name);

        interface = g_strconcat("org.virtbus1.", name, NULL);
        assert_true(assert_contains(actual, expected, NULL) > 0);
        assert_true(assert_contains(expected, actual, interface) == expected->len);
        assert_non_null(contract_find(actual, "org.freedesktop.DBus.Properties", MEMBER_METHOD, "GetAll"));
}

static void test_native(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *domain = domain_path(bus, "test"), *root = NULL;
        g_autoptr(GPtrArray) members = NULL;

        check_native(bus, "/org/virtbus1/Test", "Connect");
        check_native(bus, domain, "Domain");

        root = introspect(bus, "org.virtbus1", "/org/virtbus1/Test");
        members = contract_parse(root);
        assert_non_null(contract_find(members, "org.freedesktop.DBus.ObjectManager", MEMBER_METHOD,
                                      "GetManagedObjects"));
}

static void check_libvirt(sd_bus *bus, const char *path, const char *name)
{
        g_autofree char *xml = introspect(bus, "org.libvirt", path);
        g_autofree char *interface = g_strconcat("org.libvirt.", name, NULL);
        g_autofree char *file = g_strdup_printf("%s/interfaces/%s.xml", g_getenv("VIRTBUS_BUILD_DIR"), interface);
        g_autoptr(GPtrArray) actual = contract_parse(xml), generated = contract_load(file);

        assert_true(assert_contains(actual, generated, NULL) == generated->len);
        assert_true(assert_contains(generated, actual, interface) > 0);
}

static void test_libvirt_connect(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        name_wait(bus, "org.libvirt", true);
        check_libvirt(bus, "/org/libvirt/Test", "Connect");
}

static void test_libvirt_domain(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *domain = domain_path(bus, "test"), *path = libvirt_path(domain);

        check_libvirt(bus, path, "Domain");
}

/* What libvirt-dbus has, but not in its last release, is left out where that is installed. */
static void drop_later(GPtrArray *actual, const GPtrArray *expected)
{
        static const char *const later[] = { "SetBlockThreshold", "BlockThreshold" };

        for (guint i = actual->len; i-- > 0;) {
                const Member *member = actual->pdata[i];

                for (size_t k = 0; k < ELEMENTSOF(later); k++)
                        if (streq(member->name, later[k]) &&
                            !contract_find(expected, member->interface, member->kind, member->name)) {
                                g_ptr_array_remove_index(actual, i);
                                break;
                        }
        }
}

/* Nothing that libvirt-dbus does not have, and the same where it has it: where that is installed. */
static void test_libvirt_dbus(void **state)
{
        static const char *const names[] = { "Connect", "Domain" };

        if (g_access("/usr/share/dbus-1/interfaces/org.libvirt.Connect.xml", R_OK) < 0) {
                print_message("skipped: libvirt-dbus is not installed, its interfaces are not compared\n");
                skip();
        }
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *ours = g_strdup_printf("%s/interfaces/org.libvirt.%s.xml",
                                                        g_getenv("VIRTBUS_BUILD_DIR"), names[i]);
                g_autofree char *theirs = g_strdup_printf("/usr/share/dbus-1/interfaces/org.libvirt.%s.xml", names[i]);
                g_autoptr(GPtrArray) actual = contract_load(ours), expected = contract_load(theirs);

                drop_later(actual, expected);
                assert_true(assert_contains(expected, actual, NULL) == actual->len);
        }
}

static bool has_child(sd_bus *bus, const char *destination, const char *path, const char *child)
{
        g_autofree char *xml = introspect(bus, destination, path);
        g_auto(GStrv) children = contract_children(xml);

        return g_strv_contains((const char *const *) children, child);
}

/* The way down from the root, as busctl tree walks it. */
static void test_tree(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *domain = domain_path(bus, "test"), *name = g_path_get_basename(domain);

        assert_true(has_child(bus, "org.virtbus1", "/", "org"));
        assert_true(has_child(bus, "org.virtbus1", "/org", "virtbus1"));
        assert_true(has_child(bus, "org.virtbus1", "/org/virtbus1", "Test"));
        assert_true(has_child(bus, "org.virtbus1", "/org/virtbus1/Test", "domain"));
        assert_true(has_child(bus, "org.virtbus1", "/org/virtbus1/Test/domain", name));
        assert_true(has_child(bus, "org.libvirt", "/org/libvirt/Test/domain", name));
        assert_false(has_child(bus, "org.virtbus1", "/org", "libvirt"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_native),
                cmocka_unit_test(test_libvirt_connect),
                cmocka_unit_test(test_libvirt_domain),
                cmocka_unit_test(test_libvirt_dbus),
                cmocka_unit_test(test_tree),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
