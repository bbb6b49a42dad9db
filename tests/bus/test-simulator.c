/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The pretended host of tests/bus/simulator/host.xml, and how its parts go together. */
#include "tests/bus/harness.h"

#include <string.h>

#define CONNECT native("Connect", NULL)

static char *look_up(sd_bus *bus, const char *member, const char *name)
{
        return call_string(bus, CONNECT, member, "s", name);
}

static void expect_state(sd_bus *bus, const char *name, int32_t expected)
{
        g_autofree char *path = look_up(bus, "DomainLookupByName", name);
        _cleanup_message_ sd_bus_message *m = call(bus, native("Domain", path), "GetState", "u", 0);
        int32_t state, reason;

        assert_true(sd_bus_message_read(m, "(ii)", &state, &reason) > 0);
        assert_int_equal(state, expected);
}

static bool get_bool(sd_bus *bus, const char *path, const char *property)
{
        _cleanup_message_ sd_bus_message *m = call(bus, on_interface(native("Domain", path),
                                                                     "org.freedesktop.DBus.Properties"),
                                                   "Get", "ss", "org.virtbus1.Domain", property);
        int value;

        assert_true(sd_bus_message_read(m, "v", "b", &value) > 0);
        return value;
}

static void test_node(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_message_ sd_bus_message *m = call(bus, CONNECT, "NodeGetInfo", NULL);
        uint32_t cpus, mhz, nodes, sockets, cores, threads;
        const char *model;
        uint64_t memory;

        assert_true(sd_bus_message_read(m, "(stuuuuuu)", &model, &memory, &cpus, &mhz, &nodes, &sockets, &cores,
                                        &threads) > 0);
        assert_string_equal(model, "x86_64");
        assert_int_equal(memory, 8192000);
        assert_int_equal(cpus, 50);
        assert_int_equal(mhz, 6000);
        assert_int_equal(nodes * 1000 + sockets * 100 + cores * 10 + threads, 4442);
}

static void test_objects(void **state)
{
        static const struct {
                const char *list;
                unsigned n;
        } lists[] = {
                { "ListDomains", 3 },      { "ListNetworks", 1 }, { "ListInterfaces", 1 },
                { "ListStoragePools", 1 }, { "ListSecrets", 1 },  { "ListNWFilters", 1 },
                { "ListNodeDevices", 1 },
        };
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *pool = NULL, *volume = NULL;

        for (size_t i = 0; i < ELEMENTSOF(lists); i++)
                assert_int_equal(n_listed(bus, CONNECT, lists[i].list, 0), lists[i].n);
        pool = look_up(bus, "StoragePoolLookupByName", "images");
        assert_int_equal(n_listed(bus, native("StoragePool", pool), "ListStorageVolumes", 0), 2);
        volume = look_up(bus, "StorageVolLookupByPath", "/lab/images/notes.img");
}

static void test_domains(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *web = look_up(bus, "DomainLookupByName", "web");
        g_autofree char *saved = look_up(bus, "DomainLookupByName", "saved");
        g_autofree char *passing = look_up(bus, "DomainLookupByName", "passing");
        g_autofree char *snapshot = NULL;

        expect_state(bus, "web", 1);
        expect_state(bus, "saved", 5);
        expect_state(bus, "passing", 3);
        assert_true(get_bool(bus, web, "Persistent"));
        assert_false(get_bool(bus, passing, "Persistent"));
        assert_true(get_bool(bus, saved, "HasManagedSave"));
        snapshot = call_string(bus, native("Domain", web), "SnapshotCurrent", "u", 0);
        assert_non_null(strstr(snapshot, "first"));
}

static void expect_plugs(sd_bus *bus, const char *network, unsigned n)
{
        _cleanup_message_ sd_bus_message *m = NULL;

        assert_int_equal(n_listed(bus, native("Network", network), "ListPorts", 0), n);
        assert_int_equal(n_listed(bus, CONNECT, "ListNWFilterBindings", 0), n);
        m = call(bus, native("Network", network), "GetDHCPLeases", "su", "", 0);
        assert_true(sd_bus_message_enter_container(m, 'a', "(sxisssuss)") > 0);
        assert_int_equal(sd_bus_message_at_end(m, false), n == 0);
}

#define NIC                                                                                            \
        "<interface type='network'><mac address='52:54:00:aa:00:09'/><source network='lab'/>"           \
        "<filterref filter='no-spoofing'/></interface>"

/* Ports, leases and bindings come with the machine or its interface and go with them. */
static void test_plugs(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *web = look_up(bus, "DomainLookupByName", "web");
        g_autofree char *network = look_up(bus, "NetworkLookupByName", "lab");
        const Target domain = native("Domain", web);

        expect_plugs(bus, network, 1);
        assert_text(call_string(bus, domain, "GetHostname", "u", 1), "web");
        sd_bus_message_unref(call(bus, domain, "AttachDevice", "su", NIC, 1));
        expect_plugs(bus, network, 2);
        sd_bus_message_unref(call(bus, domain, "DetachDevice", "su", NIC, 1));
        expect_plugs(bus, network, 1);
        sd_bus_message_unref(call(bus, domain, "Destroy", "u", 0));
        expect_plugs(bus, network, 0);
        sd_bus_message_unref(call(bus, native("Network", network), "Destroy", NULL));
        g_free(call_error(bus, domain, "org.virtbus1.Error.OperationInvalid", "Create", "u", 0));
        expect_state(bus, "web", 5);
        sd_bus_message_unref(call(bus, native("Network", network), "Create", NULL));
        sd_bus_message_unref(call(bus, domain, "Create", "u", 0));
        expect_plugs(bus, network, 1);
}

#define CDROM(path)                                                                                    \
        "<disk type='file' device='cdrom'><source file='" path "'/><target dev='sda' bus='sata'/><readonly/></disk>"

/* What can be missing, and is, is left out and told of; so is another medium in a drive. */
static void test_media(void **state)
{
        static const struct {
                const char *path;
                int32_t reason;
        } expected[] = { { "not-there.img", 1 }, { "/lab/images/not-there.iso", 0 } };
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *changes = signals_new(bus, "org.libvirt", ",member='DiskChange'");
        _cleanup_signals_ Signals *trays = signals_new(bus, "org.virtbus1", ",member='TrayChange'");
        g_autofree char *web = look_up(bus, "DomainLookupByName", "web");
        const Target domain = native("Domain", web);
        const char *from, *to, *alias;
        int32_t reason;

        name_wait(bus, "org.libvirt", true);
        sd_bus_message_unref(call(bus, domain, "Destroy", "u", 0));
        sd_bus_message_unref(call(bus, domain, "Create", "u", 0));
        for (size_t i = 0; i < ELEMENTSOF(expected); i++) {
                assert_true(sd_bus_message_read(signals_wait(changes, "DiskChange"), "sssi", &from, &to, &alias,
                                                &reason) > 0);
                assert_string_equal(from, expected[i].path);
                assert_string_equal(to, "");
                assert_int_equal(reason, expected[i].reason);
        }
        sd_bus_message_unref(call(bus, domain, "UpdateDevice", "su", CDROM("/lab/images/disk.qcow2"), 1));
        for (int32_t i = 0; i < 2; i++) {
                assert_true(sd_bus_message_read(signals_wait(trays, "TrayChange"), "si", &alias, &reason) > 0);
                assert_int_equal(reason, i);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_node),
                cmocka_unit_test(test_objects),
                cmocka_unit_test(test_domains),
                cmocka_unit_test(test_plugs),
                cmocka_unit_test(test_media),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
