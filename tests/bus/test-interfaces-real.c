/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Network interfaces of the host that we run on, in the network namespace of a private host: what the kernel has of
 * them, and that they go up and down. iproute2 is the other side.
 */
#include "tests/bus/harness.h"

#include <stdlib.h>
#include <string.h>

#define CONNECT "/org/virtbus1/QEMU"
#define NEAR CONNECT "/interface/near0"
#define INVALID "org.virtbus1.Error.OperationInvalid"
#define LIST_INACTIVE (1 << 0)
#define LIST_ACTIVE (1 << 1)
#define do_call(bus, target, member, ...) sd_bus_message_unref(call(bus, target, member, ##__VA_ARGS__))

static Target connection(void)
{
        return native("Connect", CONNECT);
}

static Target interface(const char *path)
{
        return native("Interface", path);
}

typedef struct Wanted {
        sd_bus *bus;
        const char *path;
        const char *text;
} Wanted;

/* The list follows the kernel at its own pace. */
static bool is_there(void *userdata)
{
        const Wanted *wanted = userdata;

        return call_allowed(wanted->bus, interface(wanted->path), "org.virtbus1.Error.NoInterface", "GetXMLDesc", "u",
                            0);
}

static bool is_gone(void *userdata)
{
        return !is_there(userdata);
}

static bool says(void *userdata)
{
        const Wanted *wanted = userdata;
        g_autofree char *xml = NULL;

        if (is_gone(userdata))
                return false;
        xml = call_string(wanted->bus, interface(wanted->path), "GetXMLDesc", "u", 0);
        return strstr(xml, wanted->text) != NULL;
}

static void expect_xml(sd_bus *bus, const char *path, const char *text)
{
        Wanted wanted = { bus, path, text };

        if (!wait_until(says, &wanted)) {
                g_autofree char *xml = call_string(bus, interface(path), "GetXMLDesc", "u", 0);

                fail_msg("no '%s' in %s", text, xml);
        }
}

static bool is_active(void *userdata)
{
        const Wanted *wanted = userdata;

        return property_bool(wanted->bus, interface(wanted->path), "Active");
}

static bool has_loopback(void *bus)
{
        return n_listed(bus, connection(), "ListInterfaces", LIST_ACTIVE) > 0;
}

static int make_links(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        assert_true(wait_until(has_loopback, bus));
        shell_expect("ip link add near0 address 52:54:00:00:00:07 type veth peer name near1");
        expect_xml(bus, NEAR, "52:54:00:00:00:07");
        expect_xml(bus, CONNECT "/interface/near1", "near1");
        return 0;
}

static void test_ethernet(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        expect_xml(bus, NEAR, "<interface type='ethernet' name='near0'>\n  <mtu size='1500'/>\n"
                   "  <link state='down'/>\n  <mac address='52:54:00:00:00:07'/>\n</interface>\n");
        assert_text(property_string(bus, interface(NEAR), "MAC"), "52:54:00:00:00:07");
        assert_false(property_bool(bus, interface(NEAR), "Active"));
        assert_text(call_string(bus, connection(), "InterfaceLookupByMAC", "s", "52:54:00:00:00:07"), NEAR);
        assert_text(call_string(bus, connection(), "InterfaceLookupByName", "s", "near0"), NEAR);
        g_free(call_error(bus, connection(), "org.virtbus1.Error.NoInterface", "InterfaceLookupByName", "s", "none"));
        shell_expect("ip addr add 192.0.2.7/24 dev near0 && ip link set near0 up && ip link set near1 up && "
                     "ip route add default via 192.0.2.254");
        expect_xml(bus, NEAR, "  <protocol family='ipv4'>\n    <ip address='192.0.2.7' prefix='24'/>\n"
                   "    <route gateway='192.0.2.254'/>\n  </protocol>\n");
        expect_xml(bus, NEAR, "  <link speed='10000' state='up'/>\n");
}

static void test_up_and_down(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *changes = signals_new(bus, "org.virtbus1",
                                                         ",member='PropertiesChanged',path='" NEAR "'");

        do_call(bus, interface(NEAR), "Destroy", "u", 0);
        assert_false(property_bool(bus, interface(NEAR), "Active"));
        shell_expect("ip link show near0 | grep -q 'state DOWN'");
        assert_non_null(signals_wait(changes, NULL));
        assert_part(call_error(bus, interface(NEAR), INVALID, "Destroy", "u", 0), "is not active");
        assert_int_equal(n_listed(bus, connection(), "ListInterfaces", LIST_INACTIVE), 1);
        do_call(bus, interface(NEAR), "Create", "u", 0);
        assert_true(property_bool(bus, interface(NEAR), "Active"));
        shell_expect("ip link show near0 | grep -q ',UP'");
        assert_part(call_error(bus, interface(NEAR), INVALID, "Create", "u", 0), "is already active");
}

static void test_bridge(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const char *path = CONNECT "/interface/tbr7";
        Wanted wanted = { .bus = bus, .path = path };

        shell_expect("ip link add tbr7 type bridge forward_delay 1150 stp_state 1 && ip link set near1 master tbr7");
        expect_xml(bus, path, "<interface type='bridge' name='tbr7'>\n");
        expect_xml(bus, path, "  <bridge stp='on' delay='11.50'>\n    <interface type='ethernet' name='near1'>\n");
        shell_expect("ip link del tbr7");
        assert_true(wait_until(is_gone, &wanted));
}

/* Kernels may lack these. */
static void test_vlan_and_bond(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        if (system("ip link add link near0 name near0.42 type vlan id 42 2>/dev/null") == 0)
                expect_xml(bus, CONNECT "/interface/near0_2e42",
                           "  <vlan tag='42'>\n    <interface name='near0'/>\n  </vlan>\n");
        else
                print_message("skipped: the kernel has no VLANs\n");
        if (system("ip link add bond7 type bond mode active-backup miimon 150 2>/dev/null") == 0)
                expect_xml(bus, CONNECT "/interface/bond7",
                           "  <bond mode='active-backup'>\n    <miimon freq='150' carrier='netif'/>\n");
        else
                print_message("skipped: the kernel has no bonds\n");
}

/* What a network of ours runs with is taken down with it, and not by itself. */
static void test_in_use(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        Wanted wanted = { .bus = bus, .path = CONNECT "/interface/tbr8" };
        g_autofree char *path = call_string(bus, connection(), "NetworkCreateXML", "s",
                                            "<network><name>n7</name><bridge name='tbr8'/></network>");

        expect_xml(bus, CONNECT "/interface/tbr8", "type='bridge'");
        assert_true(wait_until(is_active, &wanted));
        assert_part(call_error(bus, interface(CONNECT "/interface/tbr8"), INVALID, "Destroy", "u", 0),
                    "is the bridge of the network 'n7'");
        do_call(bus, native("Network", path), "Destroy", NULL);
}

/* Their configuration is the host's, see docs/architecture.md. */
static void test_no_definitions(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const char *no_support = "org.virtbus1.Error.NoSupport";

        g_free(call_error(bus, connection(), no_support, "InterfaceDefineXML", "su",
                          "<interface type='ethernet' name='near0'/>", 0));
        g_free(call_error(bus, interface(NEAR), no_support, "Undefine", NULL));
        g_free(call_error(bus, connection(), no_support, "InterfaceChangeBegin", "u", 0));
}

/* One user may take down one interface. */
static void test_permission(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT), *other = client_open(USER_ONE);

        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                  "  if (subject.user != 'vtest1' || action.id.indexOf('org.libvirt.api.') != 0) return;"
                  "  if (action.id == 'org.libvirt.api.interface.stop')"
                  "    return action.lookup('interface_name') == 'near0' &&"
                  "           action.lookup('interface_macaddr') == '52:54:00:00:00:07' ? 'yes' : 'no';"
                  "  return action.id.match(/getattr|read|search/) ? 'yes' : 'no'; });");
        call_denied(other, interface(CONNECT "/interface/near1"), "Destroy", "u", 0);
        do_call(other, interface(NEAR), "Destroy", "u", 0);
        assert_false(property_bool(bus, interface(NEAR), "Active"));
        rules_set("10-test", NULL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_ethernet),
                cmocka_unit_test(test_up_and_down),
                cmocka_unit_test(test_bridge),
                cmocka_unit_test(test_vlan_and_bond),
                cmocka_unit_test(test_in_use),
                cmocka_unit_test(test_no_definitions),
                cmocka_unit_test(test_permission),
        };

        return cmocka_run_group_tests(tests, make_links, NULL);
}
