/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Networks of the connection of real machines, in the network namespace of a private host: what the kernel has of them,
 * what clients of DHCP get, and what a daemon that was killed finds again. iproute2 and busybox are the other side.
 */
#include "tests/bus/harness.h"

#include <stdlib.h>
#include <string.h>

#define UUID "3a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
#define PATH "/org/virtbus1/QEMU/network/_3a81f5b2_8403_7b23_c8d6_21ccc2f80d6f"
#define FAILED "org.virtbus1.Error.OperationFailed"
#define NAT(more)                                                                                   \
        "<network><name>lab</name><uuid>" UUID "</uuid><forward mode='nat'/>"                       \
        "<bridge name='tbr0' stp='off'/><domain name='lab.test'/>" more                             \
        "<ip address='10.7.0.1' prefix='24'><dhcp><range start='10.7.0.10' end='10.7.0.20'/></dhcp></ip></network>"
#define ISOLATED                                                                                    \
        "<network><name>lab</name><uuid>" UUID "</uuid><bridge name='tbr0' stp='off'/>"             \
        "<ip address='10.7.0.1' prefix='24'><dhcp><range start='10.7.0.10' end='10.7.0.20'/></dhcp></ip></network>"

static Target connection(void)
{
        return native("Connect", "/org/virtbus1/QEMU");
}

static Target lab(void)
{
        return native("Network", PATH);
}

static void tell(sd_bus *bus, const char *member)
{
        sd_bus_message_unref(call(bus, lab(), member, NULL));
}

static void start(sd_bus *bus, const char *xml)
{
        assert_text(call_string(bus, connection(), "NetworkDefineXML", "s", xml), PATH);
        tell(bus, "Create");
}

static void stop(sd_bus *bus)
{
        tell(bus, "Destroy");
        tell(bus, "Undefine");
        shell_expect("! ip link show tbr0 2>/dev/null");
        shell_expect("! pgrep -x dnsmasq >/dev/null");
}

static void restart(void)
{
        service_do("kill", "virtbusd");
        service_do("start", "virtbusd");
}

static char *file_path(const char *name)
{
        return g_build_filename(g_getenv("VIRTBUS_ROOT"), "etc", "qemu", "networks", name, NULL);
}

static bool file_exists(const char *name)
{
        g_autofree char *path = file_path(name);

        return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* A client in a namespace of its own, and a network beyond the host ("far", 192.0.2.2). */
static int make_hosts(void **state)
{
        if (system("command -v dnsmasq >/dev/null") != 0) {
                print_message("skipped: dnsmasq-base is not installed\n");
                exit(77);
        }
        shell_expect("mkdir -p /run/netns && ip netns add near && ip netns add far");
        shell_expect("ip link add far0 type veth peer name far1 netns far && ip addr add 192.0.2.1/24 dev far0 && "
                     "ip link set far0 up && ip -n far addr add 192.0.2.2/24 dev far1 && ip -n far link set far1 up");
        shell_expect("printf '#!/bin/sh\\n[ \"$1\" = bound ] || exit 0\\nip addr add $ip/24 dev $interface\\n"
                     "[ -z \"$router\" ] || ip route add default via $router\\n' >\"$TMPDIR/client\" && "
                     "chmod 755 \"$TMPDIR/client\"");
        return 0;
}

static void plug_client(void)
{
        shell_expect("ip link add near0 type veth peer name near1 netns near && ip link set near0 master tbr0 up && "
                     "ip -n near link set near1 address 52:54:00:00:00:07 && ip -n near link set near1 up");
}

static void unplug_client(void)
{
        shell_expect("ip link del near0");
}

static void ask_for_lease(void)
{
        shell_expect("ip netns exec near busybox udhcpc -f -q -n -t 10 -T 1 -i near1 -x hostname:nearby "
                     "-s \"$TMPDIR/client\" >/dev/null 2>&1");
}

static bool has_lease(void *bus)
{
        _cleanup_message_ sd_bus_message *answer = call(bus, lab(), "GetDHCPLeases", "su", "52:54:00:00:00:07", 0);

        return sd_bus_message_enter_container(answer, 'a', "(sxisssuss)") >= 0 &&
               sd_bus_message_at_end(answer, false) == 0;
}

static void test_nat(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_message_ sd_bus_message *answer = NULL;
        const char *bridge, *mac, *iaid, *ip, *name;
        int64_t expiry;
        int32_t type;
        uint32_t prefix;

        start(bus, NAT(""));
        assert_true(property_bool(bus, lab(), "Active"));
        shell_expect("ip addr show tbr0 | grep -q 'inet 10.7.0.1/24'");
        shell_expect("grep -q 1 /proc/sys/net/ipv4/ip_forward");
        plug_client();
        ask_for_lease();
        assert_true(wait_until(has_lease, bus));
        answer = call(bus, lab(), "GetDHCPLeases", "su", "", 0);
        assert_true(sd_bus_message_enter_container(answer, 'a', "(sxisssuss)") >= 0);
        assert_true(sd_bus_message_read(answer, "(sxisssuss)", &bridge, &expiry, &type, &mac, &iaid, &ip, &prefix,
                                        &name, NULL) > 0);
        assert_string_equal(bridge, "tbr0");
        assert_string_equal(mac, "52:54:00:00:00:07");
        assert_string_equal(name, "nearby");
        assert_true(g_str_has_prefix(ip, "10.7.0."));
        assert_int_equal(prefix, 24);
        assert_true(expiry > g_get_real_time() / (int64_t) USEC_PER_SEC);

        shell_expect("ip netns exec near busybox ping -q -c 1 -W 5 10.7.0.1 >/dev/null");
        /* nobody there knows a way back to 10.7.0.0/24: it works because addresses are translated */
        shell_expect("ip netns exec near busybox ping -q -c 1 -W 5 192.0.2.2 >/dev/null");
        /* and nobody there gets in */
        shell_expect("ip -n far route add 10.7.0.0/24 via 192.0.2.1");
        shell_expect("! ip netns exec far busybox ping -q -c 1 -W 1 $(ip -n near -o -4 addr show near1 | "
                     "grep -o '10[.0-9]*' | head -n 1) >/dev/null");
        shell_expect("ip -n far route del 10.7.0.0/24");
        shell_expect("ip netns exec near busybox nslookup nearby.lab.test 10.7.0.1 | grep -q 10.7.0");

        unplug_client();
        stop(bus);
}

static void test_isolated(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        start(bus, ISOLATED);
        plug_client();
        ask_for_lease();
        shell_expect("ip netns exec near busybox ping -q -c 1 -W 5 10.7.0.1 >/dev/null");
        /* it has been told of no way out, and there is none */
        shell_expect("! ip -n near route | grep -q default");
        shell_expect("ip -n near route add default via 10.7.0.1");
        shell_expect("ip -n far route add 10.7.0.0/24 via 192.0.2.1");
        shell_expect("! ip netns exec near busybox ping -q -c 1 -W 1 192.0.2.2 >/dev/null");
        shell_expect("ip -n far route del 10.7.0.0/24");
        unplug_client();
        stop(bus);
}

#define OTHER_SERVER "pgrep -x dnsmasq >\"$TMPDIR/now\" && ! cmp -s \"$TMPDIR/now\" \"$TMPDIR/killed\""

static void kill_server(void)
{
        shell_expect("pgrep -x dnsmasq >\"$TMPDIR/killed\" && kill -KILL $(cat \"$TMPDIR/killed\")");
}

/* A daemon that was killed finds its networks, and traffic has not noticed. */
static void test_killed(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        start(bus, NAT(""));
        plug_client();
        ask_for_lease();
        assert_true(wait_until(has_lease, bus));
        shell_expect("pgrep -x dnsmasq >\"$TMPDIR/before\"");
        shell_expect("ip -o link show tbr0 | cut -d: -f1 >>\"$TMPDIR/before\"");
        restart();
        assert_true(property_bool(bus, lab(), "Active"));
        assert_true(property_bool(bus, lab(), "Persistent"));
        assert_true(wait_until(has_lease, bus));
        shell_expect("pgrep -x dnsmasq >\"$TMPDIR/after\"");
        shell_expect("ip -o link show tbr0 | cut -d: -f1 >>\"$TMPDIR/after\"");
        shell_expect("cmp \"$TMPDIR/before\" \"$TMPDIR/after\"");
        shell_expect("ip netns exec near busybox ping -q -c 1 -W 5 192.0.2.2 >/dev/null");

        /* one that ends is begun again; one that ended while nobody looked, as well */
        kill_server();
        shell_expect_soon(OTHER_SERVER);
        service_do("kill", "virtbusd");
        kill_server();
        service_do("start", "virtbusd");
        shell_expect_soon(OTHER_SERVER);
        ask_for_lease();

        /* what is transient is over when somebody has taken its bridge while nobody looked */
        tell(bus, "Undefine");
        assert_false(property_bool(bus, lab(), "Persistent"));
        unplug_client();
        service_do("kill", "virtbusd");
        shell_expect("ip link del tbr0");
        service_do("start", "virtbusd");
        g_free(call_error(bus, connection(), "org.virtbus1.Error.NoNetwork", "NetworkLookupByName", "s", "lab"));
        shell_expect("! pgrep -x dnsmasq >/dev/null");
}

static void update(sd_bus *bus, uint32_t command, uint32_t section, const char *xml)
{
        sd_bus_message_unref(call(bus, lab(), "Update", "uuisu", command, section, -1, xml, 3));
}

/* Sections that dnsmasq reads again by itself, and one that it must be begun anew for. */
static void test_update(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *xml = NULL;

        start(bus, NAT(""));
        plug_client();
        shell_expect("pgrep -x dnsmasq >\"$TMPDIR/before\"");
        update(bus, 3, 4, "<host mac='52:54:00:00:00:07' name='seven' ip='10.7.0.77'/>");
        update(bus, 3, 10, "<host ip='10.7.0.99'><hostname>ninety</hostname></host>");
        shell_expect("pgrep -x dnsmasq | cmp - \"$TMPDIR/before\"");
        ask_for_lease();
        shell_expect("ip -n near addr show near1 | grep -q 10.7.0.77");
        shell_expect_soon("ip netns exec near busybox nslookup ninety.lab.test 10.7.0.1 2>/dev/null | "
                          "grep -q 10.7.0.99");

        update(bus, 3, 11, "<txt name='note' value='a, \"b\" #c'/>");
        shell_expect("! pgrep -x dnsmasq | cmp -s - \"$TMPDIR/before\"");
        xml = call_string(bus, lab(), "GetXMLDesc", "u", 1);
        assert_non_null(strstr(xml, "ninety"));
        assert_non_null(strstr(xml, "10.7.0.77"));
        restart();
        assert_part(call_string(bus, lab(), "GetXMLDesc", "u", 0), "<txt name='note'");
        unplug_client();
        stop(bus);
}

static void test_autostart(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        assert_text(call_string(bus, connection(), "NetworkDefineXML", "s", NAT("")), PATH);
        sd_bus_message_unref(call(bus, on_interface(lab(), "org.freedesktop.DBus.Properties"), "Set", "ssv",
                                  "org.virtbus1.Network", "Autostart", "b", true));
        assert_true(file_exists("autostart/lab.xml"));
        restart();
        assert_true(property_bool(bus, lab(), "Autostart"));
        assert_false(property_bool(bus, lab(), "Active"));
        /* the host is booted */
        service_do("kill", "virtbusd");
        shell_expect("rm \"$VIRTBUS_ROOT\"/run/networks/autostarted");
        service_do("start", "virtbusd");
        shell_expect_soon("pgrep -x dnsmasq >/dev/null");
        stop(bus);
        assert_false(file_exists("autostart/lab.xml"));
        assert_false(file_exists("lab.xml"));
}

static void test_refused(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT), *one = client_open(USER_ONE);

        call_denied(one, connection(), "NetworkDefineXML", "s", NAT(""));
        start(bus, NAT(""));
        call_denied(one, lab(), "Destroy", NULL);
        assert_part(call_error(bus, connection(), "org.virtbus1.Error.Internal", "NetworkDefineXML", "s",
                               "<network><name>b</name><bridge name='tbr0'/></network>"),
                    "bridge name 'tbr0' already in use.");
        assert_part(call_error(bus, connection(), "org.virtbus1.Error.Internal", "NetworkCreateXML", "s",
                               "<network><name>b</name><ip address='10.7.0.2' prefix='24'/></network>"),
                    "already in use by interface tbr0");
        shell_expect("! ip link show virbr0 2>/dev/null");
        assert_part(call_error(bus, connection(), FAILED, "NetworkCreateXML", "s",
                               "<network><name>b</name><bridge name='far0'/></network>"),
                    "/network/bridge/@name: there is an interface 'far0' already");
        assert_part(call_error(bus, connection(), FAILED, "NetworkCreateXML", "s",
                               "<network><name>b</name><forward mode='bridge'/><bridge name='no0'/></network>"),
                    "there is no bridge 'no0'");
        assert_part(call_error(bus, connection(), "org.virtbus1.Error.ConfigUnsupported", "NetworkCreateXML", "s",
                               "<network><name>b</name><forward mode='hostdev'/></network>"),
                    "/network/forward/@mode: pools of devices");
        stop(bus);
}

#define V6                                                                                          \
        "<network><name>six</name><forward mode='route'/><bridge name='tbr6'/>"                     \
        "<ip family='ipv6' address='fd77::1' prefix='64'/></network>"

/* A host that has its way out from a router's advertisements would lose it. */
static void test_advised(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = NULL;

        shell_expect("ip -6 route add 2001:db8::/64 dev far0 proto ra");
        assert_part(call_error(bus, connection(), "org.virtbus1.Error.Internal", "NetworkCreateXML", "s", V6),
                    "interface far0 has kernel autoconfigured IPv6 routes");
        shell_expect("! ip link show tbr6 2>/dev/null");
        shell_expect("echo 2 >/proc/sys/net/ipv6/conf/far0/accept_ra");
        path = call_string(bus, connection(), "NetworkCreateXML", "s", V6);
        shell_expect("grep -q 1 /proc/sys/net/ipv6/conf/all/forwarding");
        shell_expect("ip -6 route | grep -q 2001:db8::/64");
        sd_bus_message_unref(call(bus, native("Network", path), "Destroy", NULL));
        shell_expect("! ip link show tbr6 2>/dev/null");
}

static void test_broken(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = file_path("bad.xml");

        assert_true(g_file_set_contents(path, "<network", -1, NULL));
        restart();
        assert_true(file_exists("bad.xml.broken"));
        assert_int_equal(n_listed(bus, connection(), "ListNetworks", 0), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_nat),
                cmocka_unit_test(test_isolated),
                cmocka_unit_test(test_killed),
                cmocka_unit_test(test_update),
                cmocka_unit_test(test_autostart),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_advised),
                cmocka_unit_test(test_broken),
        };

        return cmocka_run_group_tests(tests, make_hosts, NULL);
}
