/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Devices of the host on both faces: found, listed, created, defined, changed, and what is told of them. */
#include "tests/bus/harness.h"

#include <string.h>

#define FAILED "org.libvirt.Error"
#define DEVICE(name) "/org/libvirt/Test/nodedev/" name
#define NATIVE(name) "/org/virtbus1/Test/nodedev/" name
#define CARD NATIVE("pci_5f0000_5f00_5f02_5f0")
#define MDEV_UUID "d2441d39-495e-4243-ad9f-beb3f14c23d9"
#define MDEV NATIVE("mdev_5fd2441d39_5f495e_5f4243_5fad9f_5fbeb3f14c23d9_5f0000_5f00_5f02_5f0")
#define MDEV_XML(type, inside) \
        "<device><parent>pci_0000_00_02_0</parent><capability type='mdev'><type id='" type "'/>" \
        "<uuid>" MDEV_UUID "</uuid>" inside "</capability></device>"
#define PORT_XML(parent, wwnn) \
        "<device><parent>" parent "</parent><capability type='scsi_host'><capability type='fc_host'>" \
        "<wwnn>" wwnn "</wwnn><wwpn>10000000c9831b4b</wwpn></capability></capability></device>"

static Target connect_libvirt(void)
{
        return libvirt("Connect", NULL);
}

#define done(bus, target, member, ...) sd_bus_message_unref(call(bus, target, member, ##__VA_ARGS__))

/* What test:///default of libvirt has, and the card. */
static void test_default_devices(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = connect_libvirt(), host = libvirt("NodeDevice", DEVICE("scsi_5fhost1"));
        _cleanup_message_ sd_bus_message *reply = NULL;
        g_auto(GStrv) caps = NULL;

        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 0), 5);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 1 << 0), 1);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 1 << 5), 3);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 1 << 9), 3);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 1 << 10), 2);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 1 << 13), 1);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 1 << 0 | 1 << 1), 2);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 1 << 28), 0);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", UINT32_C(1) << 31), 5);
        assert_part(call_error(bus, connect, FAILED, "ListNodeDevices", "u", 1 << 23), "unsupported flags");
        assert_text(call_string(bus, connect, "NodeDeviceLookupByName", "s", "scsi_host1"), host.path);
        assert_text(call_string(bus, connect, "NodeDeviceLookupSCSIHostByWWN", "ssu", "2000000012341234",
                                "1000000012341234", 0),
                    host.path);
        assert_part(call_error(bus, connect, FAILED, "NodeDeviceLookupSCSIHostByWWN", "ssu", "2", "1", 0),
                    "Node device not found");
        assert_text(call_error(bus, connect, FAILED, "NodeDeviceLookupByName", "s", "x"),
                    "Node device not found: no node device with matching name 'x'");
        assert_text(property_string(bus, host, "Name"), "scsi_host1");
        assert_text(property_string(bus, host, "Parent"), "computer");
        assert_text(property_string(bus, libvirt("NodeDevice", DEVICE("computer")), "Parent"), "");
        assert_part(call_string(bus, host, "GetXMLDesc", "u", 0),
                    "<device>\n  <name>scsi_host1</name>\n  <parent>computer</parent>\n"
                    "  <capability type='scsi_host'>\n"
                    "    <host>1</host>\n    <unique_id>0</unique_id>\n    <capability type='fc_host'>\n");
        reply = call(bus, host, "ListCaps", NULL);
        assert_true(sd_bus_message_read_strv(reply, &caps) >= 0);
        assert_int_equal(g_strv_length(caps), 3);
        assert_string_equal(caps[0], "scsi_host");
        assert_string_equal(caps[1], "fc_host");
        assert_string_equal(caps[2], "vports");
}

static void test_port(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = connect_libvirt(), port = libvirt("NodeDevice", DEVICE("scsi_5fhost12"));

        assert_text(call_string(bus, connect, "NodeDeviceCreateXML", "su",
                                PORT_XML("scsi_host1", "20000000c9831b4b"), 0),
                    port.path);
        assert_part(call_string(bus, port, "GetXMLDesc", "u", 0),
                    "  <parent>scsi_host1</parent>\n  <capability type='scsi_host'>\n    <host>12</host>\n"
                    "    <unique_id>11</unique_id>\n    <capability type='fc_host'>\n"
                    "      <wwnn>20000000c9831b4b</wwnn>\n      <wwpn>10000000c9831b4b</wwpn>\n"
                    "      <fabric_wwn>2000000043214321</fabric_wwn>\n");
        assert_part(call_error(bus, connect, FAILED, "NodeDeviceCreateXML", "su",
                               PORT_XML("scsi_host1", "20000000c9831b4b"), 0), "there is a host adapter");
        done(bus, port, "Destroy", NULL);
        assert_part(call_error(bus, port, FAILED, "Destroy", NULL), "Node device not found");
        assert_part(call_error(bus, libvirt("NodeDevice", DEVICE("scsi_5fhost1")), FAILED, "Destroy", NULL),
                    "Unsupported device type");
        assert_part(call_error(bus, connect, FAILED, "NodeDeviceCreateXML", "su", PORT_XML("x", "2"), 0),
                    "no node device with matching name 'x'");
        assert_part(call_error(bus, connect, FAILED, "NodeDeviceCreateXML", "su", PORT_XML("computer", "2"), 0),
                    "not capable of vport operations");
        assert_part(call_error(bus, connect, FAILED, "NodeDeviceCreateXML", "su",
                               "<device><capability type='drm'><type>render</type></capability></device>", 0),
                    "Unsupported device type");
        assert_part(call_error(bus, connect, FAILED, "NodeDeviceCreateXML", "su", "<device/>", 0), "XML error");
}

static void test_mediated(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL), mdev = native("NodeDevice", MDEV),
                card = native("NodeDevice", CARD);

        assert_text(call_string(bus, connect, "NodeDeviceDefineXML", "su", MDEV_XML("i915-GVTg_V5_4", ""), 0), MDEV);
        assert_false(property_bool(bus, mdev, "Active"));
        assert_true(property_bool(bus, mdev, "Persistent"));
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 1 << 28), 1);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 1 << 30), 1);
        assert_lacks(call_string(bus, mdev, "GetXMLDesc", "u", 0), "iommuGroup");
        assert_part(call_error(bus, mdev, "org.virtbus1.Error.OperationInvalid", "Destroy", NULL), "not active");
        done(bus, mdev, "Create", "u", 0);
        assert_true(property_bool(bus, mdev, "Active"));
        assert_part(call_string(bus, mdev, "GetXMLDesc", "u", 0), "<parent_addr>0000:00:02.0</parent_addr>");
        assert_part(call_string(bus, card, "GetXMLDesc", "u", 0), "<availableInstances>0</availableInstances>");
        assert_part(call_error(bus, mdev, "org.virtbus1.Error.OperationInvalid", "Create", "u", 0),
                    "already active");
        assert_part(call_error(bus, connect, "org.virtbus1.Error.OperationFailed", "NodeDeviceCreateXML", "su",
                               "<device><parent>pci_0000_00_02_0</parent><capability type='mdev'>"
                               "<type id='i915-GVTg_V5_4'/></capability></device>", 0), "no more instances");

        /* attributes of what is there, and of what is kept */
        done(bus, mdev, "Update", "su", MDEV_XML("i915-GVTg_V5_4", "<attr name='a' value='1'/>"), 1);
        assert_part(call_string(bus, mdev, "GetXMLDesc", "u", 0), "<attr name='a' value='1'/>");
        assert_lacks(call_string(bus, mdev, "GetXMLDesc", "u", 1), "<attr");
        done(bus, mdev, "Update", "su", MDEV_XML("i915-GVTg_V5_4", "<attr name='b' value='2'/>"), 2);
        assert_part(call_string(bus, mdev, "GetXMLDesc", "u", 1), "<attr name='b' value='2'/>");
        assert_part(call_error(bus, mdev, "org.virtbus1.Error.OperationFailed", "Update", "su",
                               MDEV_XML("i915-GVTg_V5_8", ""), 1), "cannot be changed");

        done(bus, mdev, "Undefine", "u", 0);
        assert_false(property_bool(bus, mdev, "Persistent"));
        assert_part(call_error(bus, mdev, "org.virtbus1.Error.OperationInvalid", "Undefine", "u", 0),
                    "not persistent");
        done(bus, mdev, "Destroy", NULL);
        assert_part(call_error(bus, mdev, "org.virtbus1.Error.NoNodeDevice", "GetXMLDesc", "u", 0),
                    "mdev_d2441d39");
        assert_lacks(call_string(bus, card, "GetXMLDesc", "u", 0), "<availableInstances>0</availableInstances>");
}

static void set_autostart(sd_bus *bus, const char *path, const char *error)
{
        const Target properties = { "org.virtbus1", path, "org.freedesktop.DBus.Properties" };

        if (error)
                g_free(call_error(bus, properties, error, "Set", "ssv", "org.virtbus1.NodeDevice", "Autostart",
                                  "b", 1));
        else
                done(bus, properties, "Set", "ssv", "org.virtbus1.NodeDevice", "Autostart", "b", 1);
}

static void test_autostart(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        set_autostart(bus, CARD, "org.virtbus1.Error.OperationInvalid");
        assert_text(call_string(bus, native("Connect", NULL), "NodeDeviceDefineXML", "su",
                                MDEV_XML("i915-GVTg_V5_8", ""), 0),
                    MDEV);
        assert_false(property_bool(bus, native("NodeDevice", MDEV), "Autostart"));
        set_autostart(bus, MDEV, NULL);
        assert_true(property_bool(bus, native("NodeDevice", MDEV), "Autostart"));
        done(bus, native("NodeDevice", MDEV), "Undefine", "u", 0);
        assert_int_equal(n_listed(bus, connect_libvirt(), "ListNodeDevices", 0), 5);
}

static void test_detach(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target card = libvirt("NodeDevice", DEVICE("pci_5f0000_5f00_5f02_5f0"));

        assert_part(call_error(bus, card, FAILED, "Reset", NULL), "in use by driver");
        assert_part(call_error(bus, card, FAILED, "Detach", "su", "nvidia", 0), "unknown driver name 'nvidia'");
        done(bus, card, "Detach", "su", "", 0);
        assert_part(call_string(bus, card, "GetXMLDesc", "u", 0), "<name>vfio-pci</name>");
        done(bus, card, "Reset", NULL);
        done(bus, card, "ReAttach", NULL);
        assert_part(call_string(bus, card, "GetXMLDesc", "u", 0), "<name>i915</name>");
        assert_part(call_error(bus, libvirt("NodeDevice", DEVICE("computer")), FAILED, "Detach", "su", "", 0),
                    "not a PCI device");
}

static void test_signals(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *told = signals_new(bus, "org.virtbus1", ""),
                                  *libvirt_told = signals_new(bus, "org.libvirt", "");
        static const int life[] = { 2, 0, 1, 3 }; /* defined, created, deleted, undefined */
        const Target mdev = native("NodeDevice", MDEV);
        sd_bus_message *m;
        const char *path;
        int event, detail;

        assert_text(call_string(bus, native("Connect", NULL), "NodeDeviceDefineXML", "su",
                                MDEV_XML("i915-GVTg_V5_8", ""), 0),
                    MDEV);
        done(bus, mdev, "Create", "u", 0);
        done(bus, mdev, "Destroy", NULL);
        done(bus, mdev, "Undefine", "u", 0);
        for (size_t i = 0; i < ELEMENTSOF(life); i++) {
                m = signals_wait(libvirt_told, "NodeDeviceEvent");
                assert_true(sd_bus_message_read(m, "oii", &path, &event, &detail) > 0);
                assert_int_equal(event, life[i]);
                assert_int_equal(detail, 0);
        }
        (void) signals_wait(told, "InterfacesAdded");
        m = signals_wait(told, "Update"); /* the card has an instance less */
        assert_string_equal(sd_bus_message_get_path(m), CARD);
        (void) signals_wait(told, "InterfacesRemoved");
}

static void test_authorization(void **state)
{
        _cleanup_client_ sd_bus *one = client_open(USER_ONE);
        const Target card = native("NodeDevice", CARD), connect = native("Connect", NULL);

        assert_part(call_string(one, card, "GetXMLDesc", "u", 0), "pci_0000_00_02_0");
        call_denied(one, card, "Detach", "su", "", 0);
        call_denied(one, card, "Reset", NULL);
        call_denied(one, connect, "NodeDeviceCreateXML", "su", PORT_XML("scsi_host1", "20000000c9831b4b"), 0);
        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                             "if (action.id == 'org.libvirt.api.node-device.detach' &&"
                             "    action.lookup('node_device_name') == 'pci_0000_00_02_0') return "
                             "polkit.Result.YES; });");
        done(one, card, "Detach", "su", "vfio", 0);
        done(one, card, "ReAttach", NULL);
        rules_set("10-test", NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_default_devices), cmocka_unit_test(test_port),    cmocka_unit_test(test_mediated),
                cmocka_unit_test(test_autostart),       cmocka_unit_test(test_detach),  cmocka_unit_test(test_signals),
                cmocka_unit_test(test_authorization),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
