/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Real machines on networks of their connection: a small Linux gets its address by DHCP, and is reached by it. */
#include "tests/bus/harness.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define NETWORK_PATH "/org/virtbus1/QEMU/network/_3a81f5b2_8403_7b23_c8d6_21ccc2f80d6f"
#define NETWORK                                                                                     \
        "<network><name>lab</name><uuid>3a81f5b2-8403-7b23-c8d6-21ccc2f80d6f</uuid>"                \
        "<bridge name='tbr0' stp='off'/><ip address='10.7.0.1' prefix='24'><dhcp>"                  \
        "<range start='10.7.0.10' end='10.7.0.20'/>"                                                \
        "<host mac='52:54:00:00:00:07' name='seven' ip='10.7.0.77'/></dhcp></ip>"                   \
        "<portgroup name='slow'><bandwidth><inbound average='1000'/></bandwidth></portgroup></network>"
#define CARD(mac, more)                                                                             \
        "<interface type='network'><mac address='" mac "'/><source network='lab'/>"                 \
        "<model type='virtio'/>" more "</interface>"
#define REACHED "busybox ping -q -c 1 -W 2 10.7.0.77 >/dev/null"
#define N_TAPS(n) "test $(ip -o link show master tbr0 | wc -l) = " n

static Target connection(void)
{
        return native("Connect", "/org/virtbus1/QEMU");
}

static Target lab(void)
{
        return native("Network", NETWORK_PATH);
}

static void tell(sd_bus *bus, Target target, const char *member)
{
        sd_bus_message_unref(call(bus, target, member, NULL));
}

static void define_network(sd_bus *bus, const char *xml)
{
        assert_text(call_string(bus, connection(), "NetworkDefineXML", "s", xml), NETWORK_PATH);
}

static void end_network(sd_bus *bus)
{
        if (property_bool(bus, lab(), "Active"))
                tell(bus, lab(), "Destroy");
        tell(bus, lab(), "Undefine");
}

static char *define_machine(sd_bus *bus, const char *name, const char *cards)
{
        const char *guest = g_getenv("VIRTBUS_TEST_GUEST");
        g_autofree char *xml = g_strdup_printf(
                "<domain type='qemu'><name>%s</name><memory unit='MiB'>256</memory><vcpu>1</vcpu>"
                "<os><type arch='x86_64' machine='pc'>hvm</type><kernel>%s/vmlinuz</kernel>"
                "<initrd>%s/initramfs.gz</initrd><cmdline>console=ttyS0 quiet panic=-1</cmdline></os>"
                "<features><acpi/></features><devices><serial type='null'><target port='0'/></serial>%s</devices>"
                "</domain>",
                name, guest, guest, cards);

        return call_string(bus, connection(), "DomainDefineXML", "s", xml);
}

static void start_machine(sd_bus *bus, const char *path)
{
        sd_bus_message_unref(call(bus, native("Domain", path), "Create", "u", 0));
}

static void end_machine(sd_bus *bus, const char *path)
{
        sd_bus_message_unref(call(bus, native("Domain", path), "Destroy", "u", 0));
        sd_bus_message_unref(call(bus, native("Domain", path), "Undefine", "u", 0));
}

static char *live_xml(sd_bus *bus, const char *path)
{
        return call_string(bus, native("Domain", path), "GetXMLDesc", "u", 0);
}

static unsigned n_ports(sd_bus *bus)
{
        return n_listed(bus, lab(), "ListPorts", 0);
}

static bool has_no_port(void *bus)
{
        return n_ports(bus) == 0;
}

static bool has_one_port(void *bus)
{
        return n_ports(bus) == 1;
}

static void make_guest(void)
{
        g_autofree char *command = g_strdup_printf("'%s' '%s' >&2", g_getenv("VIRTBUS_MAKE_GUEST"),
                                                   g_getenv("VIRTBUS_TEST_GUEST"));
        int status = system(command);

        if (WIFEXITED(status) && WEXITSTATUS(status) == 77) {
                print_message("skipped: no guest can be made here\n");
                exit(77);
        }
        assert_int_equal(status, 0);
}

static int require(void **state)
{
        if (system("command -v dnsmasq >/dev/null") != 0 || system("test -c /dev/net/tun") != 0) {
                print_message("skipped: dnsmasq-base is not installed, or there are no tap devices\n");
                exit(77);
        }
        make_guest();
        return 0;
}

static void test_inactive(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = define_machine(bus, "web", CARD("52:54:00:00:00:07", ""));
        Target web = native("Domain", path);

        assert_part(call_error(bus, web, "org.virtbus1.Error.NoNetwork", "Create", "u", 0),
                    "no network with matching name 'lab'");
        define_network(bus, NETWORK);
        assert_part(call_error(bus, web, "org.virtbus1.Error.OperationInvalid", "Create", "u", 0),
                    "network 'lab' is not active");
        sd_bus_message_unref(call(bus, web, "Undefine", "u", 0));
        end_network(bus);
}

/* Addresses, the port's life, and how the machine gets back to a network that was stopped. */
static void test_lease(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = NULL, *xml = NULL, *again = NULL;

        define_network(bus, NETWORK);
        tell(bus, lab(), "Create");
        path = define_machine(bus, "web", CARD("52:54:00:00:00:07", ""));
        start_machine(bus, path);
        assert_int_equal(n_ports(bus), 1);
        xml = live_xml(bus, path);
        assert_non_null(strstr(xml, "<source network='lab' portid='"));
        assert_non_null(strstr(xml, " bridge='tbr0'/>"));
        assert_part(call_string(bus, native("Domain", path), "GetXMLDesc", "u", 2), "<source network='lab'/>");
        assert_part(call_string(bus, lab(), "GetXMLDesc", "u", 0), "<network connections='1'>");
        shell_expect_soon(REACHED);

        tell(bus, lab(), "Destroy");
        assert_int_equal(n_ports(bus), 0);
        shell_expect("! " REACHED " 2>&1");
        tell(bus, lab(), "Create");
        assert_int_equal(n_ports(bus), 1);
        shell_expect_soon(REACHED);

        service_do("kill", "virtbusd");
        service_do("start", "virtbusd");
        assert_int_equal(n_ports(bus), 1);
        again = live_xml(bus, path);
        assert_string_equal(again, xml);
        shell_expect(REACHED);

        /* a machine that is ended from outside leaves no port, and neither does one that ends while nobody looks */
        shell_expect("pkill -KILL -x qemu-system-x86");
        assert_true(wait_until(has_no_port, bus));
        start_machine(bus, path);
        assert_int_equal(n_ports(bus), 1);
        service_do("kill", "virtbusd");
        shell_expect("pkill -KILL -x qemu-system-x86");
        service_do("start", "virtbusd");
        assert_true(wait_until(has_no_port, bus));
        sd_bus_message_unref(call(bus, native("Domain", path), "Undefine", "u", 0));
        end_network(bus);
}

static void test_plugged(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = NULL;

        define_network(bus, NETWORK);
        tell(bus, lab(), "Create");
        path = define_machine(bus, "web", "<interface type='network'><mac address='52:54:00:00:00:07'/>"
                                          "<source network='lab' portgroup='slow'/><model type='virtio'/></interface>");
        start_machine(bus, path);
        shell_expect_soon(REACHED);
        shell_expect("tc class show dev vnet0 | grep -q 'rate 8Mbit'");
        sd_bus_message_unref(call(bus, native("Domain", path), "AttachDevice", "su",
                                  CARD("52:54:00:00:00:08", "<port isolated='yes'/>"), 1));
        assert_int_equal(n_ports(bus), 2);
        shell_expect(N_TAPS("2"));
        shell_expect("bridge -d link show dev vnet1 | grep -q 'isolated on'");
        sd_bus_message_unref(call(bus, native("Domain", path), "DetachDevice", "su",
                                  CARD("52:54:00:00:00:08", "<port isolated='yes'/>"), 1));
        assert_true(wait_until(has_one_port, bus));
        shell_expect_soon(N_TAPS("1"));
        end_machine(bus, path);
        assert_true(wait_until(has_no_port, bus));
        end_network(bus);
}

static bool has_no_binding(void *bus)
{
        return n_listed(bus, connection(), "ListNWFilterBindings", 0) == 0;
}

#define FILTER(name) "<filterref filter='" name "'/>"
#define RULES "nft list table bridge virtbus_nwfilter_vnet0"

/* Filters go along with their cards: of a start, of a change, and of what is plugged. */
static void test_filtered(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = NULL;
        Target web;

        g_free(call_string(bus, connection(), "NWFilterDefineXML", "s",
                           "<filter name='own'><rule action='drop' direction='out' priority='10'>"
                           "<ip match='no' srcipaddr='$IP'/><ip dstipaddr='10.7.0.1'/></rule></filter>"));
        g_free(call_string(bus, connection(), "NWFilterDefineXML", "s",
                           "<filter name='mute'><rule action='drop' direction='out'><ip/></rule></filter>"));
        define_network(bus, NETWORK);
        tell(bus, lab(), "Create");
        path = define_machine(bus, "web", CARD("52:54:00:00:00:07", FILTER("none")));
        web = native("Domain", path);
        assert_part(call_error(bus, web, "org.virtbus1.Error.NoNWFilter", "Create", "u", 0), "'none' is missing");
        assert_true(wait_until(has_no_port, bus));
        assert_true(has_no_binding(bus));
        sd_bus_message_unref(call(bus, web, "Undefine", "u", 0));
        g_free(path);
        path = define_machine(bus, "web", CARD("52:54:00:00:00:07", FILTER("own")));
        start_machine(bus, path);
        web = native("Domain", path);
        assert_false(has_no_binding(bus));
        shell_expect_soon(REACHED);
        service_do("kill", "virtbusd");
        service_do("start", "virtbusd");
        assert_false(has_no_binding(bus));
        shell_expect(REACHED);
        shell_expect_soon(RULES " | grep -q 0xa07004d");

        sd_bus_message_unref(call(bus, web, "UpdateDevice", "su", CARD("52:54:00:00:00:07", FILTER("mute")), 1));
        shell_expect("! " REACHED " 2>&1");
        g_free(call_error(bus, web, "org.virtbus1.Error.NoNWFilter", "UpdateDevice", "su",
                          CARD("52:54:00:00:00:07", FILTER("none")), 1));
        shell_expect("! " REACHED " 2>&1");
        sd_bus_message_unref(call(bus, web, "UpdateDevice", "su", CARD("52:54:00:00:00:07", ""), 1));
        assert_true(has_no_binding(bus));
        shell_expect(REACHED);
        shell_expect_soon("! " RULES " 2>/dev/null");

        sd_bus_message_unref(call(bus, web, "AttachDevice", "su", CARD("52:54:00:00:00:08", FILTER("mute")), 1));
        assert_false(has_no_binding(bus));
        end_machine(bus, path);
        assert_true(wait_until(has_no_binding, bus));
        shell_expect_soon("! nft list tables | grep virtbus_nwfilter");
        end_network(bus);
}

/* Devices of the host: the least used one of several, and none when each is for one machine. */
static void test_pool(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = NULL, *other = NULL;

        shell_expect("ip link add lower0 type veth peer name lower1");
        define_network(bus, "<network><name>lab</name><uuid>3a81f5b2-8403-7b23-c8d6-21ccc2f80d6f</uuid>"
                            "<forward mode='passthrough'><interface dev='lower0'/></forward></network>");
        tell(bus, lab(), "Create");
        path = define_machine(bus, "web", CARD("52:54:00:00:00:07", ""));
        start_machine(bus, path);
        assert_part(live_xml(bus, path), " dev='lower0' mode='passthrough'/>");
        shell_expect("ip -d link show macvtap0 | grep -q 'mode passthru'");
        other = define_machine(bus, "more", CARD("52:54:00:00:00:08", ""));
        assert_part(call_error(bus, native("Domain", other), "org.virtbus1.Error.Internal", "Create", "u", 0),
                    "requires exclusive access to interfaces, but none are available");
        assert_int_equal(n_ports(bus), 1);
        end_machine(bus, path);
        shell_expect_soon("! ip link show macvtap0 >/dev/null 2>&1");
        sd_bus_message_unref(call(bus, native("Domain", other), "Undefine", "u", 0));
        end_network(bus);
        shell_expect("ip link del lower0");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_inactive),
                cmocka_unit_test(test_lease),
                cmocka_unit_test(test_plugged),
                cmocka_unit_test(test_filtered),
                cmocka_unit_test(test_pool),
        };

        return cmocka_run_group_tests(tests, require, NULL);
}
