/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Devices of the host that we run on, in the network namespace of a private host, where no udevd runs: what the kernel
 * has, what is told of those that come and go, and who may see which.
 */
#include "tests/bus/harness.h"

#include <string.h>

#define CONNECT "/org/virtbus1/QEMU"
#define FAR_NAME "net_far0_52_54_00_00_00_07"
#define FAR "/org/virtbus1/QEMU/nodedev/net_5ffar0_5f52_5f54_5f00_5f00_5f00_5f07"
#define FAR_LATER "/org/virtbus1/QEMU/nodedev/net_5ffar7_5f52_5f54_5f00_5f00_5f00_5f07"
#define LIST_NET (1 << 4)
#define LIST_SYSTEM (1 << 0)

static Target connection(void)
{
        return native("Connect", CONNECT);
}

static bool is_looked_at(void *bus)
{
        return n_listed(bus, connection(), "ListNodeDevices", LIST_SYSTEM) == 1;
}

/* The first look is in the background, and all of it is in the list when it ends: others come in the order of paths. */
static int wait_for_devices(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        assert_true(wait_until(is_looked_at, bus));
        shell_expect_soon("grep -q 'devices of the host found' \"$VIRTBUS_HOST_DIR/virtbusd.log\"");
        return 0;
}

static void make_far(void)
{
        shell_expect("ip link add far0 address 52:54:00:00:00:07 type veth peer name far1");
}

static void remove_far(Signals *signals)
{
        shell_expect("ip link del far1");
        assert_non_null(signals_wait(signals, "NodeDeviceEvent"));
}

static bool is_up(sd_bus *bus, Target device)
{
        g_autofree char *xml = call_string(bus, device, "GetXMLDesc", "u", 0);

        return strstr(xml, "<link speed='10000' state='up'/>") != NULL;
}

static void expect_event(Signals *signals, const char *path, int32_t event)
{
        sd_bus_message *m;
        const char *got;
        int32_t what, detail;

        do {
                m = signals_wait(signals, "NodeDeviceEvent");
                assert_true(sd_bus_message_read(m, "oii", &got, &what, &detail) >= 0);
        } while (!streq(got, path));
        assert_int_equal(what, event);
}

/* As many of each kind as the kernel has. */
static void test_host(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target computer = native("NodeDevice", CONNECT "/nodedev/computer");
        const Target lo = native("NodeDevice", CONNECT "/nodedev/net_5flo_5f00_5f00_5f00_5f00_5f00_5f00");
        g_autofree char *command = NULL;

        assert_text(property_string(bus, computer, "Parent"), "");
        assert_part(call_string(bus, computer, "GetXMLDesc", "u", 0), "<capability type='system'>");
        assert_part(call_string(bus, lo, "GetXMLDesc", "u", 0), "    <interface>lo</interface>\n");
        assert_text(property_string(bus, lo, "Parent"), "computer");
        assert_true(property_bool(bus, lo, "Active"));
        assert_false(property_bool(bus, lo, "Persistent"));
        command = g_strdup_printf("test $(ls /sys/bus/pci/devices | wc -l) = %u && "
                                  "test $(ls /sys/class/net | wc -l) = %u",
                                  n_listed(bus, connection(), "ListNodeDevices", 1 << 1),
                                  n_listed(bus, connection(), "ListNodeDevices", LIST_NET));
        shell_expect(command);
}

static void test_come_and_go(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *events = signals_new(bus, "org.virtbus1", ",member='NodeDeviceEvent'");
        _cleanup_signals_ Signals *added = signals_new(bus, "org.virtbus1", ",member='InterfacesAdded'");
        _cleanup_signals_ Signals *removed = signals_new(bus, "org.virtbus1", ",member='InterfacesRemoved'");
        _cleanup_signals_ Signals *updates = signals_new(bus, "org.virtbus1", ",member='Update',path='" FAR "'");
        const Target far = native("NodeDevice", FAR);

        make_far();
        expect_event(events, FAR, 0);
        assert_non_null(signals_wait(added, NULL));
        assert_text(call_string(bus, connection(), "NodeDeviceLookupByName", "s", FAR_NAME), FAR);
        assert_part(call_string(bus, far, "GetXMLDesc", "u", 0),
                    "    <address>52:54:00:00:00:07</address>\n    <link state='down'/>\n");

        /* the kernel's events of devices say nothing of this */
        shell_expect("ip link set far0 up && ip link set far1 up");
        do
                assert_non_null(signals_wait(updates, NULL));
        while (!is_up(bus, far));

        shell_expect("ip link set far0 down && ip link set far0 name far7");
        expect_event(events, FAR, 1);
        expect_event(events, FAR_LATER, 0);
        assert_non_null(signals_wait(removed, NULL));
        shell_expect("ip link del far7");
        expect_event(events, FAR_LATER, 1);
        g_free(call_error(bus, far, "org.virtbus1.Error.NoNodeDevice", "GetXMLDesc", "u", 0));
}

/* One device is hidden from one user; everything else is as it was. */
static void test_sight(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT), *other = client_open(USER_ONE);
        _cleanup_signals_ Signals *events = signals_new(bus, "org.virtbus1", ",member='NodeDeviceEvent'");
        const Target far = native("NodeDevice", FAR);
        const char *denied = "org.virtbus1.Error.AccessDenied";

        make_far();
        expect_event(events, FAR, 0);
        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                  "  if (subject.user != 'vtest1' || action.id.indexOf('org.libvirt.api.') != 0) return;"
                  "  if (action.id == 'org.libvirt.api.node-device.detach')"
                  "    return action.lookup('node_device_name') == '" FAR_NAME "' ? 'yes' : 'no';"
                  "  return action.id.match(/getattr|read|search/) ? 'yes' : 'no'; });");
        assert_part(call_string(other, far, "GetXMLDesc", "u", 0), "far0");
        g_free(call_error(other, native("NodeDevice", CONNECT "/nodedev/computer"), denied, "Reset", NULL));
        /* may be asked for, and is not possible: no PCI device */
        assert_false(call_allowed(other, far, "org.virtbus1.Error.InvalidArg", "Reset", NULL));
        rules_set("10-test", NULL);
        remove_far(events);
}

#define MDEV_FILE "/etc/mdevctl.d/0000:77:00.0/d2441d39-495e-4243-ad9f-beb3f14c23d9"
#define MDEV CONNECT "/nodedev/mdev_5fd2441d39_5f495e_5f4243_5fad9f_5fbeb3f14c23d9_5f0000_5f77_5f00_5f0"
#define WRITE(bus, target, member, ...) sd_bus_message_unref(call(bus, target, member, ##__VA_ARGS__))

/* What mdevctl has written is there, and what we write mdevctl understands. */
static void test_definition(void **state)
{
        sd_bus *bus = client_open(USER_ROOT);
        const Target mdev = native("NodeDevice", MDEV);
        const Target properties = on_interface(mdev, "org.freedesktop.DBus.Properties");
        const char *wanted = "<device><parent>pci_0000_77_00_0</parent><capability type='mdev'><type id='chip-4'/>"
                             "<attr name='c' value='3'/></capability></device>";

        client_close(bus);
        shell_expect("mkdir -p /etc/mdevctl.d/0000:77:00.0 && printf '%s' '{\"mdev_type\": \"chip-4\", "
                     "\"start\": \"manual\", \"attrs\": [{\"a\": \"1\"}, {\"b\": \"2\"}]}' >" MDEV_FILE);
        shell_expect("echo broken >/etc/mdevctl.d/0000:77:00.0/d2441d39-495e-4243-ad9f-beb3f14c23d0");
        service_do("restart", "virtbusd");
        wait_for_devices(NULL);
        bus = client_open(USER_ROOT);

        assert_part(call_string(bus, mdev, "GetXMLDesc", "u", 0),
                    "  <parent>pci_0000_77_00_0</parent>\n  <capability type='mdev'>\n    <type id='chip-4'/>\n"
                    "    <uuid>d2441d39-495e-4243-ad9f-beb3f14c23d9</uuid>\n"
                    "    <parent_addr>0000:77:00.0</parent_addr>\n"
                    "    <attr name='a' value='1'/>\n    <attr name='b' value='2'/>\n");
        assert_false(property_bool(bus, mdev, "Active"));
        assert_true(property_bool(bus, mdev, "Persistent"));
        assert_false(property_bool(bus, mdev, "Autostart"));
        assert_int_equal(n_listed(bus, connection(), "ListNodeDevices", 1 << 28), 1);
        g_free(call_error(bus, mdev, "org.virtbus1.Error.NoNodeDevice", "Create", "u", 0));
        assert_part(call_error(bus, mdev, "org.virtbus1.Error.XMLError", "Update", "su",
                               "<device><capability type='mdev'><type id='chip-4'/><attr name='../remove' value='1'/>"
                               "</capability></device>", 2), "is no name of an attribute");

        WRITE(bus, mdev, "Update", "su", wanted, 2);
        WRITE(bus, properties, "Set", "ssv", "org.virtbus1.NodeDevice", "Autostart", "b", 1);
        assert_true(property_bool(bus, mdev, "Autostart"));
        /* mdevctl itself stops at what it cannot read */
        shell_expect("rm /etc/mdevctl.d/0000:77:00.0/d2441d39-495e-4243-ad9f-beb3f14c23d0");
        shell_expect("! command -v mdevctl || mdevctl list --defined | "
                     "grep -q '^d2441d39-495e-4243-ad9f-beb3f14c23d9 0000:77:00.0 chip-4 auto'");
        shell_expect("tr -d ' \\n' <" MDEV_FILE " | grep -qF '{\"mdev_type\":\"chip-4\",\"start\":\"auto\","
                     "\"attrs\":[{\"c\":\"3\"}]}'");
        WRITE(bus, mdev, "Undefine", "u", 0);
        shell_expect("! test -e " MDEV_FILE);
        g_free(call_error(bus, mdev, "org.virtbus1.Error.NoNodeDevice", "GetXMLDesc", "u", 0));
        client_close(bus);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_host),
                cmocka_unit_test(test_come_and_go),
                cmocka_unit_test(test_sight),
                cmocka_unit_test(test_definition),
        };

        return cmocka_run_group_tests(tests, wait_for_devices, NULL);
}
