/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Network filters of the connection of real machines, in the network namespace of a private host: two hosts at a bridge
 * ("near" behind the port p0, which is filtered, and "far") send each other packets, and a daemon is killed between.
 */
#include "tests/bus/harness.h"

#include <stdlib.h>
#include <string.h>

#define BINDING(filter, more)                                                                       \
        "<filterbinding><owner><name>web</name><uuid>3a81f5b2-8403-7b23-c8d6-21ccc2f80d6f</uuid></owner>" \
        "<portdev name='p0'/><mac address='52:54:00:00:00:07'/><filterref filter='" filter "'>" more     \
        "</filterref></filterbinding>"
#define OWN(rules) "<filter name='own'>" rules "</filter>"
#define NEAR "ip netns exec near "
#define SPEAKS NEAR "busybox ping -q -c 1 -W 1 10.7.0.2 >/dev/null"
#define AS(address) NEAR "busybox ping -q -c 1 -W 1 -I " address " 10.7.0.2 >/dev/null"
#define ELSEWHERE NEAR "busybox ping -q -c 1 -W 1 10.7.0.3 >/dev/null"
#define RULES "nft list table bridge virtbus_nwfilter_p0"

static Target connection(void)
{
        return native("Connect", "/org/virtbus1/QEMU");
}

static Target binding(void)
{
        return native("NWFilterBinding", "/org/virtbus1/QEMU/nwfilterbinding/p0");
}

static Target filter(sd_bus *bus, const char *name, char **path)
{
        *path = call_string(bus, connection(), "NWFilterLookupByName", "s", name);
        return native("NWFilter", *path);
}

static void define(sd_bus *bus, const char *xml)
{
        g_free(call_string(bus, connection(), "NWFilterDefineXML", "s", xml));
}

static void bind_port(sd_bus *bus, const char *xml)
{
        g_free(call_string(bus, connection(), "NWFilterBindingCreateXML", "su", xml, 0));
}

static void unbind_port(sd_bus *bus)
{
        sd_bus_message_unref(call(bus, binding(), "Delete", NULL));
        shell_expect("! " RULES " 2>/dev/null");
}

static void restart(void)
{
        service_do("kill", "virtbusd");
        service_do("start", "virtbusd");
}

static int make_hosts(void **state)
{
        if (system("command -v nft >/dev/null") != 0) {
                print_message("skipped: nftables is not installed\n");
                exit(77);
        }
        shell_expect("mkdir -p /run/netns && ip netns add near && ip netns add far && ip link add b0 type bridge && "
                     "ip link set b0 up && ip link add p0 type veth peer name n0 netns near && "
                     "ip link add p1 type veth peer name f0 netns far && ip link set p0 master b0 up && "
                     "ip link set p1 master b0 up");
        shell_expect("ip -n near link set n0 address 52:54:00:00:00:07 && ip -n near link set n0 up && "
                     "ip -n near addr add 10.7.0.1/24 dev n0 && ip -n far link set f0 up && "
                     "ip -n far addr add 10.7.0.2/24 dev f0 && ip -n far addr add 10.7.0.3/24 dev f0");
        shell_expect(SPEAKS);
        return 0;
}

/* Whoever is at the port is the one that the filter knows, whatever he says. */
static void test_clean(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = NULL;
        Target clean;

        bind_port(bus, BINDING("clean-traffic", "<parameter name='IP' value='10.7.0.1'/>"));
        shell_expect(SPEAKS);
        shell_expect("ip -n near addr add 10.7.0.9/24 dev n0");
        shell_expect("! " AS("10.7.0.9") " 2>&1");
        /* nor is anybody told of it in ARP */
        shell_expect("ip -n far neigh flush all && ! ip netns exec far busybox arping -q -c 1 -w 1 -I f0 10.7.0.9");
        shell_expect("ip netns exec far busybox arping -q -c 1 -w 2 -I f0 10.7.0.1");
        restart();
        shell_expect(SPEAKS);
        shell_expect("! " AS("10.7.0.9") " 2>&1");
        shell_expect("ip -n near link set n0 address 52:54:00:00:00:66");
        shell_expect("! " SPEAKS " 2>&1");
        shell_expect("ip -n near link set n0 address 52:54:00:00:00:07");
        shell_expect_soon(SPEAKS);

        clean = filter(bus, "clean-traffic", &path);
        g_free(call_error(bus, clean, "org.virtbus1.Error.OperationInvalid", "Undefine", NULL));
        unbind_port(bus);
        shell_expect(AS("10.7.0.9"));
        shell_expect("ip -n near addr del 10.7.0.9/24 dev n0");
}

/* Nobody has said the address: the first one counts, also for a later life of the daemon, and for other rules. */
static void test_learned(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        define(bus, OWN("<rule action='drop' direction='out'><ip match='no' srcipaddr='$IP'/></rule>"));
        bind_port(bus, BINDING("own", ""));
        shell_expect(SPEAKS);
        shell_expect("ip -n near addr add 10.7.0.9/24 dev n0");
        shell_expect("! " AS("10.7.0.9") " 2>&1");
        restart();
        shell_expect_soon(RULES " | grep -q 0xa070001");
        shell_expect("! " AS("10.7.0.9") " 2>&1");
        define(bus, OWN("<rule action='drop' direction='out'><ip match='no' srcipaddr='$IP'/></rule>"
                        "<rule action='drop' direction='out'><ip dstipaddr='10.7.0.3'/></rule>"));
        shell_expect("! " AS("10.7.0.9") " 2>&1");
        shell_expect(SPEAKS);
        shell_expect("! " ELSEWHERE " 2>&1");

        /* what cannot be applied changes nothing */
        g_free(call_error(bus, connection(), "org.virtbus1.Error.ConfigUnsupported", "NWFilterDefineXML", "s",
                          OWN("<rule action='drop' direction='in'><all ipset='a' ipsetflags='src'/></rule>")));
        shell_expect("! " ELSEWHERE " 2>&1");
        restart();
        shell_expect("! " ELSEWHERE " 2>&1");
        /* and who takes all rules away has it set right at the next start */
        shell_expect("nft flush ruleset");
        shell_expect(ELSEWHERE);
        restart();
        shell_expect_soon(RULES " >/dev/null");
        shell_expect("! " ELSEWHERE " 2>&1");
        unbind_port(bus);
        shell_expect("ip -n near addr del 10.7.0.9/24 dev n0");
}

/* Connections that one side begins; where the kernel does not follow them, that is said. */
static void test_states(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        bool follows = system("nft -c 'add table bridge t; "
                              "add chain bridge t c { type filter hook prerouting priority 0; }; "
                              "add rule bridge t c ct state new' 2>/dev/null") == 0;

        define(bus, OWN("<rule action='accept' direction='out' priority='1'><icmp/></rule>"
                        "<rule action='drop' direction='inout' priority='9'><all/></rule>"));
        if (!follows) {
                assert_part(call_error(bus, connection(), "org.virtbus1.Error.ConfigUnsupported",
                                       "NWFilterBindingCreateXML", "su", BINDING("own", ""), 0),
                            "nf_conntrack_bridge");
                print_message("connections are not tried: this kernel does not follow them through bridges\n");
        } else {
                bind_port(bus, BINDING("own", ""));
                shell_expect(SPEAKS);
                shell_expect("! ip netns exec far busybox ping -q -c 1 -W 1 10.7.0.1 >/dev/null 2>&1");
                unbind_port(bus);
        }
        define(bus, OWN("<rule action='accept' direction='out' priority='1' statematch='0'><icmp/></rule>"
                        "<rule action='drop' direction='inout' priority='9'><all/></rule>"));
        bind_port(bus, BINDING("own", ""));
        shell_expect(SPEAKS);
        shell_expect("! " NEAR "busybox nc -w 1 10.7.0.2 7 </dev/null 2>&1 | grep -q refused");
        unbind_port(bus);
        shell_expect(NEAR "busybox nc -w 1 10.7.0.2 7 </dev/null 2>&1 | grep -q refused");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_clean),
                cmocka_unit_test(test_learned),
                cmocka_unit_test(test_states),
        };

        return cmocka_run_group_tests(tests, make_hosts, NULL);
}
