/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * What is done to devices that no machine has which runs the tests: a card with mediated devices, and an adapter of
 * fibre channel. /sys is a tree of files here, and "host-kernel" does what drivers would do when these are written.
 */
#include "tests/bus/harness.h"

#include <stdlib.h>
#include <string.h>

#define CONNECT "/org/virtbus1/QEMU"
#define CARD CONNECT "/nodedev/pci_5f0000_5f00_5f02_5f0"
#define PARENT "<device><parent>pci_0000_00_02_0</parent><capability type='mdev'><type id='chip-4'/>"
#define UUID "d2441d39-495e-4243-ad9f-beb3f14c23d9"
#define MDEV CONNECT "/nodedev/mdev_5fd2441d39_5f495e_5f4243_5fad9f_5fbeb3f14c23d9_5f0000_5f00_5f02_5f0"
#define MDEV_XML PARENT "<uuid>" UUID "</uuid><attr name='given' value='seven'/></capability></device>"
#define PORT CONNECT "/nodedev/scsi_5fhost7"
#define PORT_XML                                                                                    \
        "<device><parent>scsi_host3</parent><capability type='scsi_host'><capability type='fc_host'>" \
        "<wwnn>20000000c9831b4b</wwnn><wwpn>10000000c9831b4b</wwpn></capability></capability></device>"
#define SYS "/sys/devices/pci0000:00/"
#define INVALID "org.virtbus1.Error.OperationInvalid"
#define do_call(bus, target, member, ...) sd_bus_message_unref(call(bus, target, member, ##__VA_ARGS__))

static Target connection(void)
{
        return native("Connect", CONNECT);
}

static Target device(const char *path)
{
        return native("NodeDevice", path);
}

static bool is_there(void *path)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        return call_allowed(bus, device(path), "org.virtbus1.Error.NoNodeDevice", "GetXMLDesc", "u", 0);
}

static int make_host(void **state)
{
        static char card[] = CARD;

        service_do("stop", "virtbusd");
        shell_expect("mount -t tmpfs tmpfs /sys && \"$VIRTBUS_SOURCE_DIR/tests/bus/host-kernel\"");
        /* libudev would not take a tree of files for the kernel's */
        assert_int_equal(setenv("SYSTEMD_DEVICE_VERIFY_SYSFS", "0", 1), 0);
        service_do("start", "virtbusd");
        assert_true(wait_until(is_there, card));
        return 0;
}

static void test_driver_of_card(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        assert_part(call_string(bus, device(CARD), "GetXMLDesc", "u", 0), "<name>i915</name>");
        assert_part(call_error(bus, device(CARD), INVALID, "Reset", NULL), "the host's driver 'i915' uses the device");
        assert_part(call_error(bus, device(CARD), "org.virtbus1.Error.InvalidArg", "Detach", "su", "kvm", 0),
                    "unknown driver name 'kvm'");
        do_call(bus, device(CARD), "Detach", "su", "", 0);
        assert_part(call_string(bus, device(CARD), "GetXMLDesc", "u", 0), "<name>vfio-pci</name>");
        do_call(bus, device(CARD), "Reset", NULL);
        shell_expect("test \"$(cat " SYS "0000:00:02.0/reset)\" = 1");
        do_call(bus, device(CARD), "ReAttach", NULL);
        shell_expect_soon("test \"$(readlink " SYS "0000:00:02.0/driver)\" = /sys/bus/pci/drivers/i915");
}

static void test_created(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        assert_text(call_string(bus, connection(), "NodeDeviceCreateXML", "su", MDEV_XML, 0), MDEV);
        assert_part(call_string(bus, device(MDEV), "GetXMLDesc", "u", 0),
                    "  <parent>pci_0000_00_02_0</parent>\n  <capability type='mdev'>\n    <type id='chip-4'/>\n"
                    "    <uuid>" UUID "</uuid>\n    <parent_addr>0000:00:02.0</parent_addr>\n"
                    "    <iommuGroup number='12'/>\n    <attr name='given' value='seven'/>\n");
        shell_expect("test \"$(cat " SYS "0000:00:02.0/" UUID "/given)\" = seven");
        assert_part(call_error(bus, device(MDEV), INVALID, "Undefine", "u", 0), "is not persistent");
        do_call(bus, device(MDEV), "Destroy", NULL);
        assert_false(is_there((char *) (uintptr_t) MDEV));
        assert_part(call_error(bus, connection(), "org.virtbus1.Error.OperationFailed", "NodeDeviceCreateXML", "su",
                               "<device><parent>pci_0000_00_02_0</parent><capability type='mdev'><type id='chip-5'/>"
                               "</capability></device>", 0), "has no type 'chip-5'");
        /* what cannot be given undoes the device */
        g_free(call_error(bus, connection(), "org.virtbus1.Error.SystemError", "NodeDeviceCreateXML", "su",
                          PARENT "<uuid>" UUID "</uuid><attr name='none' value='1'/></capability></device>", 0));
        shell_expect_soon("! test -e " SYS "0000:00:02.0/" UUID);
}

static void test_defined(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        assert_text(call_string(bus, connection(), "NodeDeviceDefineXML", "su", MDEV_XML, 0), MDEV);
        assert_false(property_bool(bus, device(MDEV), "Active"));
        do_call(bus, device(MDEV), "Create", "u", 0);
        assert_true(property_bool(bus, device(MDEV), "Active"));
        assert_part(call_error(bus, device(MDEV), "org.virtbus1.Error.OperationUnsupported", "Update", "su", MDEV_XML,
                               1),
                    "cannot be taken back");
        do_call(bus, device(MDEV), "Destroy", NULL);
        assert_false(property_bool(bus, device(MDEV), "Active"));
        do_call(bus, device(MDEV), "Undefine", "u", 0);
        assert_false(is_there((char *) (uintptr_t) MDEV));
        g_free(call_error(bus, device(CARD), "org.virtbus1.Error.OperationUnsupported", "Destroy", NULL));
}

static void test_port(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        assert_text(call_string(bus, connection(), "NodeDeviceCreateXML", "su", PORT_XML, 0), PORT);
        assert_text(call_string(bus, connection(), "NodeDeviceLookupSCSIHostByWWN", "ssu", "20000000c9831b4b",
                                "10000000c9831b4b", 0), PORT);
        assert_part(call_string(bus, device(PORT), "GetXMLDesc", "u", 0),
                    "  <parent>scsi_host3</parent>\n  <capability type='scsi_host'>\n    <host>7</host>\n");
        assert_part(call_error(bus, connection(), "org.virtbus1.Error.OperationFailed", "NodeDeviceCreateXML", "su",
                               PORT_XML, 0), "there is a host adapter");
        do_call(bus, device(PORT), "Destroy", NULL);
        assert_false(is_there((char *) (uintptr_t) PORT));
        g_free(call_error(bus, device(CONNECT "/nodedev/scsi_5fhost3"), "org.virtbus1.Error.OperationUnsupported",
                          "Destroy", NULL));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_driver_of_card),
                cmocka_unit_test(test_created),
                cmocka_unit_test(test_defined),
                cmocka_unit_test(test_port),
        };

        return cmocka_run_group_tests(tests, make_host, NULL);
}
