/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Networks and their ports on both faces: their lives, changes, leases, who may do what, and what is told of it. */
#include "tests/bus/harness.h"

#include <string.h>

#define FAILED "org.libvirt.Error"
#define UUID "3a81f5b2-8403-7b23-c8d6-21ccc2f80d6f"
#define NATIVE_PATH "/org/virtbus1/Test/network/_3a81f5b2_8403_7b23_c8d6_21ccc2f80d6f"
#define LIBVIRT_PATH "/org/libvirt/Test/network/_3a81f5b2_8403_7b23_c8d6_21ccc2f80d6f"
#define INSIDE                                                                                      \
        "  <bridge name='tbr0' stp='on' delay='0'/>\n"                                              \
        "  <ip address='10.7.0.1' prefix='24'>\n"                                                   \
        "    <dhcp>\n"                                                                              \
        "      <range start='10.7.0.10' end='10.7.0.11'/>\n"                                        \
        "      <host mac='52:54:00:00:00:07' name='seven' ip='10.7.0.7'>\n"                         \
        "        <lease expiry='0'/>\n"                                                             \
        "      </host>\n"                                                                           \
        "    </dhcp>\n"                                                                             \
        "  </ip>\n"
#define XML "<network>\n  <name>lab</name>\n  <uuid>" UUID "</uuid>\n" INSIDE "</network>\n"

#define PORT_UUID "11111111-2222-3333-4444-555555555555"
#define PORT_PATH \
        "/org/virtbus1/Test/networkport/_3a81f5b2_8403_7b23_c8d6_21ccc2f80d6f_11111111_2222_3333_4444_555555555555"
#define PORT(uuid, mac, inside)                                                                     \
        "<networkport><uuid>" uuid "</uuid><owner><name>vm</name><uuid>" UUID "</uuid></owner>"     \
        "<mac address='" mac "'/>" inside "</networkport>"
#define OTHER_UUID "21111111-2222-3333-4444-555555555555"
#define THIRD_UUID "31111111-2222-3333-4444-555555555555"
#define FOURTH_UUID "41111111-2222-3333-4444-555555555555"

static void do_call(sd_bus *bus, Target target, const char *member)
{
        sd_bus_message_unref(call(bus, target, member, NULL));
}

static Target lab(void)
{
        return native("Network", NATIVE_PATH);
}

static void define(sd_bus *bus)
{
        assert_text(call_string(bus, native("Connect", NULL), "NetworkDefineXML", "s", XML), NATIVE_PATH);
}

static void start(sd_bus *bus)
{
        define(bus);
        do_call(bus, lab(), "Create");
}

static void stop(sd_bus *bus)
{
        do_call(bus, lab(), "Destroy");
        do_call(bus, lab(), "Undefine");
}

static void test_default(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        g_autofree char *path = call_string(bus, native("Connect", NULL), "NetworkLookupByName", "s", "default");
        const Target network = native("Network", path);

        assert_true(property_bool(bus, network, "Active"));
        assert_true(property_bool(bus, network, "Persistent"));
        assert_false(property_bool(bus, network, "Autostart"));
        assert_text(property_string(bus, network, "BridgeName"), "virbr0");
        assert_part(call_string(bus, network, "GetXMLDesc", "u", 0), "<forward mode='nat'/>");
}

static void test_life(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = libvirt("Connect", NULL), network = libvirt("Network", LIBVIRT_PATH);

        define(bus);
        assert_text(call_string(bus, connect, "NetworkLookupByUUID", "s", UUID), LIBVIRT_PATH);
        assert_text(call_string(bus, connect, "NetworkLookupByName", "s", "lab"), LIBVIRT_PATH);
        assert_text(call_string(bus, network, "GetXMLDesc", "u", 0), XML);
        assert_text(property_string(bus, network, "Name"), "lab");
        assert_text(property_string(bus, network, "UUID"), UUID);
        assert_false(property_bool(bus, network, "Active"));
        assert_text(call_error(bus, network, FAILED, "Destroy", NULL),
                    "Requested operation is not valid: network 'lab' is not active");
        do_call(bus, network, "Create");
        assert_true(property_bool(bus, network, "Active"));
        assert_text(call_error(bus, network, FAILED, "Create", NULL),
                    "Requested operation is not valid: Network 'lab' is already running");
        assert_text(call_error(bus, network, FAILED, "Undefine", NULL),
                    "Requested operation is not valid: Network 'lab' is still running");
        stop(bus);
        assert_text(call_error(bus, network, FAILED, "GetXMLDesc", "u", 0),
                    "Network not found: no network with matching uuid '" UUID "'");
        assert_text(call_error(bus, connect, FAILED, "NetworkLookupByName", "s", "lab"),
                    "Network not found: no network with matching name 'lab'");
}

static void test_define_again(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL);

        start(bus);
        /* without a UUID it is the network of the name; what runs goes on with what it has */
        assert_text(call_string(bus, connect, "NetworkDefineXMLFlags", "su",
                                "<network><name>lab</name><bridge name='tbr1'/></network>", 1),
                    NATIVE_PATH);
        assert_part(call_string(bus, lab(), "GetXMLDesc", "u", 0), "tbr0");
        assert_part(call_string(bus, lab(), "GetXMLDesc", "u", 1), "tbr1");
        assert_part(call_error(bus, connect, "org.virtbus1.Error.OperationFailed", "NetworkDefineXML", "s",
                               "<network><name>other</name><uuid>" UUID "</uuid></network>"),
                    "network 'lab' is already defined with uuid " UUID);
        assert_part(call_error(bus, connect, "org.virtbus1.Error.OperationFailed", "NetworkDefineXML", "s",
                               "<network><name>lab</name><uuid>" OTHER_UUID "</uuid></network>"),
                    "network 'lab' already exists with uuid " UUID);
        assert_part(call_error(bus, connect, "org.virtbus1.Error.XMLError", "NetworkDefineXML", "s",
                               "<network><name>x</name><forward mode='nat'/></network>"),
                    "no IP address provided");
        assert_part(call_error(bus, connect, "org.virtbus1.Error.XMLInvalidSchema", "NetworkDefineXMLFlags", "su",
                               "<network><name>x</name><nonsense/></network>", 1),
                    "/network/nonsense");
        stop(bus);
}

static void test_transient(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL);

        assert_text(call_string(bus, connect, "NetworkCreateXML", "s", XML), NATIVE_PATH);
        assert_true(property_bool(bus, lab(), "Active"));
        assert_false(property_bool(bus, lab(), "Persistent"));
        assert_part(call_error(bus, connect, "org.virtbus1.Error.OperationInvalid", "NetworkCreateXMLFlags", "su",
                               XML, 0),
                    "network is already active as 'lab'");
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.OperationInvalid", "Update", "uuisu", 3, 11, -1,
                               "<txt name='a' value='b'/>", 2),
                    "cannot change persistent config of a transient network");
        assert_part(call_error(bus, on_interface(lab(), "org.freedesktop.DBus.Properties"),
                               "org.virtbus1.Error.OperationInvalid", "Set", "ssv", "org.virtbus1.Network", "Autostart",
                               "b", true),
                    "transient");
        do_call(bus, lab(), "Destroy");
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.NoNetwork", "GetXMLDesc", "u", 0), UUID);

        /* a definition makes it stay */
        assert_text(call_string(bus, connect, "NetworkCreateXML", "s", XML), NATIVE_PATH);
        define(bus);
        assert_true(property_bool(bus, lab(), "Persistent"));
        stop(bus);
}

static void test_autostart(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);

        define(bus);
        sd_bus_message_unref(call(bus, on_interface(lab(), "org.freedesktop.DBus.Properties"), "Set", "ssv",
                                  "org.virtbus1.Network", "Autostart", "b", true));
        assert_true(property_bool(bus, lab(), "Autostart"));
        do_call(bus, lab(), "Undefine");
}

static void test_update(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target network = libvirt("Network", LIBVIRT_PATH);

        start(bus);
        sd_bus_message_unref(call(bus, network, "Update", "uuisu", 3, 11, -1, "<txt name='a' value='b'/>", 1));
        assert_part(call_string(bus, network, "GetXMLDesc", "u", 0), "<txt name='a' value='b'/>");
        assert_text(call_string(bus, network, "GetXMLDesc", "u", 1), XML);
        sd_bus_message_unref(call(bus, network, "Update", "uuisu", 4, 4, 0, "<host name='eight' ip='10.7.0.8'/>", 3));
        assert_part(call_string(bus, network, "GetXMLDesc", "u", 1),
                    "<host name='eight' ip='10.7.0.8'/>\n      <host mac=");
        sd_bus_message_unref(call(bus, network, "Update", "uuisu", 2, 4, -1, "<host name='eight'/>", 0));
        assert_part(call_string(bus, network, "GetXMLDesc", "u", 1), "eight");
        /* what fails for one of the two changes neither */
        assert_text(call_error(bus, network, FAILED, "Update", "uuisu", 2, 4, -1, "<host name='eight'/>", 3),
                    "Requested operation is not valid: couldn't locate a matching dhcp host entry in network 'lab': "
                    "<host mac='unknown' name='eight' ip='unknown'/>");
        assert_part(call_string(bus, network, "GetXMLDesc", "u", 1), "eight");
        assert_text(call_error(bus, network, FAILED, "Update", "uuisu", 3, 1, -1, "<bridge/>", 0),
                    "Operation not supported: can't update 'bridge' section of network 'lab'");
        do_call(bus, network, "Destroy");
        assert_text(call_error(bus, network, FAILED, "Update", "uuisu", 3, 11, -1, "<txt name='a' value='b'/>", 1),
                    "Requested operation is not valid: network is not running");
        do_call(bus, network, "Undefine");
}

static void test_metadata(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *told = signals_new(bus, "org.virtbus1", ",member='MetadataChange'");
        sd_bus_message *m;
        const char *uri;
        int type;

        define(bus);
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.NoNetworkMetadata", "GetMetadata", "isu", 1, "", 0),
                    "not present");
        sd_bus_message_unref(call(bus, lab(), "SetMetadata", "isssu", 1, "a title", "", "", 0));
        assert_text(call_string(bus, lab(), "GetMetadata", "isu", 1, "", 2), "a title");
        m = signals_wait(told, "MetadataChange");
        assert_string_equal(sd_bus_message_get_path(m), NATIVE_PATH);
        assert_true(sd_bus_message_read(m, "is", &type, &uri) > 0);
        assert_int_equal(type, 1);
        sd_bus_message_unref(call(bus, lab(), "SetMetadata", "isssu", 2, "<note>n</note>", "k", "urn:k", 2));
        assert_text(call_string(bus, lab(), "GetMetadata", "isu", 2, "urn:k", 0), "<note>n</note>");
        m = signals_wait(told, "MetadataChange");
        assert_true(sd_bus_message_read(m, "is", &type, &uri) > 0);
        assert_string_equal(uri, "urn:k");
        assert_part(call_string(bus, lab(), "GetXMLDesc", "u", 0), "<k:note xmlns:k=\"urn:k\">n</k:note>");
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.InvalidArg", "SetMetadata", "isssu", 3, "", "", "",
                               0), "3");
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.InvalidArg", "GetMetadata", "isu", 2, "", 0), "uri");
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.XMLError", "SetMetadata", "isssu", 1, "a\nb", "", "", 0),
                    "newlines");
        do_call(bus, lab(), "Undefine");
}

static void test_list(void **state)
{
        const Target connect = native("Connect", NULL);
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_message_ sd_bus_message *page = NULL;
        const char *path, *next;

        define(bus);
        assert_int_equal(n_listed(bus, connect, "ListNetworks", 0), 2);
        assert_int_equal(n_listed(bus, connect, "ListNetworks", 1), 1);      /* inactive */
        assert_int_equal(n_listed(bus, connect, "ListNetworks", 2), 1);      /* active */
        assert_int_equal(n_listed(bus, connect, "ListNetworks", 8), 0);      /* transient */
        assert_int_equal(n_listed(bus, connect, "ListNetworks", 4 | 32), 2); /* persistent, not autostarted */
        assert_part(call_error(bus, native("Connect", NULL), "org.virtbus1.Error.InvalidArg", "ListNetworks", "u", 64),
                    "0x40");
        page = call(bus, native("Connect", NULL), "ListNetworksDetailed", "a{sv}", 3, "fields", "as", 1, "Active",
                    "limit", "u", 1, "active", "b", false);
        assert_true(sd_bus_message_enter_container(page, 'a', "(oa{sv})") > 0);
        assert_true(sd_bus_message_enter_container(page, 'r', "oa{sv}") > 0);
        assert_true(sd_bus_message_read(page, "o", &path) > 0);
        assert_string_equal(path, NATIVE_PATH);
        assert_true(sd_bus_message_skip(page, "a{sv}") > 0);
        assert_true(sd_bus_message_exit_container(page) > 0);
        assert_int_equal(sd_bus_message_enter_container(page, 'r', "oa{sv}"), 0);
        assert_true(sd_bus_message_exit_container(page) > 0);
        assert_true(sd_bus_message_read(page, "s", &next) > 0);
        do_call(bus, lab(), "Undefine");
}

static char *make_port(sd_bus *bus, const char *xml, uint32_t flags)
{
        return call_string(bus, lab(), "PortCreateXML", "su", xml, flags);
}

/* The address that GetDHCPLeases tells of the MAC address; NULL: none. */
static char *leased(sd_bus *bus, const char *mac, int64_t *ret_expiry)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, libvirt("Network", LIBVIRT_PATH), "GetDHCPLeases", "su",
                                                       mac, 0);
        const char *interface, *found, *iaid, *ip, *host, *client;
        uint32_t prefix;
        int64_t expiry;
        int32_t type;

        assert_true(sd_bus_message_enter_container(reply, 'a', "(sxisssuss)") > 0);
        if (sd_bus_message_read(reply, "(sxisssuss)", &interface, &expiry, &type, &found, &iaid, &ip, &prefix, &host,
                                &client) <= 0)
                return NULL;
        assert_string_equal(interface, "tbr0");
        assert_string_equal(found, mac);
        assert_int_equal(type, 0);
        assert_int_equal(prefix, 24);
        if (ret_expiry)
                *ret_expiry = expiry;
        return g_strdup(ip);
}

static void assert_network(sd_bus *bus, Target port, const char *expected)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, on_interface(port, "org.freedesktop.DBus.Properties"),
                                                       "Get", "ss", "org.virtbus1.NetworkPort", "Network");
        const char *path;

        assert_true(sd_bus_message_read(reply, "v", "o", &path) > 0);
        assert_string_equal(path, expected);
}

static void test_ports(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target port = native("NetworkPort", PORT_PATH);
        g_autofree char *xml = NULL;

        define(bus);
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.OperationInvalid", "PortCreateXML", "su",
                               PORT(PORT_UUID, "52:54:00:00:00:01", ""), 0),
                    "network 'lab' is not active");
        do_call(bus, lab(), "Create");
        assert_text(make_port(bus, PORT(PORT_UUID, "52:54:00:00:00:01", ""), 0), PORT_PATH);
        assert_text(call_string(bus, lab(), "PortLookupByUUID", "s", PORT_UUID), PORT_PATH);
        assert_text(property_string(bus, port, "UUID"), PORT_UUID);
        assert_network(bus, port, NATIVE_PATH);
        assert_part(call_string(bus, port, "GetXMLDesc", "u", 0), "<plug type='network' bridge='tbr0'/>");
        assert_part(call_string(bus, lab(), "GetXMLDesc", "u", 0), "<network connections='1'>");
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.OperationFailed", "PortCreateXML", "su",
                               PORT(PORT_UUID, "52:54:00:00:00:01", ""), 0),
                    "already exists");
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.InvalidArg", "PortCreateXML", "su",
                               PORT(OTHER_UUID, "52:54:00:00:00:02", ""), 1),
                    "Port reclaim requested");
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.InvalidArg", "PortCreateXML", "su",
                               PORT(OTHER_UUID, "52:54:00:00:00:02", "<plug type='bridge' bridge='x'/>"), 0),
                    "Port reclaim not requested");
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.InvalidArg", "PortCreateXML", "su",
                               PORT(OTHER_UUID, "52:54:00:00:00:02", "<group>none</group>"), 0),
                    "no portgroup 'none'");
        /* what failed left nothing */
        assert_part(call_error(bus, lab(), "org.virtbus1.Error.NoNetworkPort", "PortLookupByUUID", "s", OTHER_UUID),
                    OTHER_UUID);
        sd_bus_message_unref(call(bus, port, "Delete", "u", 0));
        assert_part(call_error(bus, port, "org.virtbus1.Error.NoNetworkPort", "GetXMLDesc", "u", 0), PORT_UUID);
        xml = call_string(bus, lab(), "GetXMLDesc", "u", 0);
        assert_null(strstr(xml, "connections"));

        /* a network that stops takes its ports along */
        g_free(make_port(bus, PORT(PORT_UUID, "52:54:00:00:00:01", ""), 0));
        do_call(bus, lab(), "Destroy");
        assert_part(call_error(bus, port, "org.virtbus1.Error.NoNetworkPort", "GetXMLDesc", "u", 0), PORT_UUID);
        do_call(bus, lab(), "Undefine");
        assert_part(call_error(bus, port, "org.virtbus1.Error.NoNetwork", "GetXMLDesc", "u", 0), UUID);
}

static uint32_t parameter(sd_bus *bus, const char *name)
{
        _cleanup_message_ sd_bus_message *reply = call(bus, native("NetworkPort", PORT_PATH), "GetParameters", "u", 0);
        const char *key;
        uint32_t value, found = UINT32_MAX;

        assert_true(sd_bus_message_enter_container(reply, 'a', "{sv}") > 0);
        while (sd_bus_message_enter_container(reply, 'e', "sv") > 0) {
                assert_true(sd_bus_message_read(reply, "sv", &key, "u", &value) > 0);
                if (streq(key, name))
                        found = value;
                assert_true(sd_bus_message_exit_container(reply) > 0);
        }
        return found;
}

static void test_port_parameters(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target port = native("NetworkPort", PORT_PATH);

        start(bus);
        g_free(make_port(bus, PORT(PORT_UUID, "52:54:00:00:00:01", ""), 0));
        assert_int_equal(parameter(bus, "inbound.average"), 0);
        sd_bus_message_unref(call(bus, port, "SetParameters", "a{sv}u", 2, "inbound.average", "u", 100,
                                  "inbound.peak", "u", 200, 0));
        assert_int_equal(parameter(bus, "inbound.average"), 100);
        assert_int_equal(parameter(bus, "inbound.peak"), 200);
        assert_part(call_string(bus, port, "GetXMLDesc", "u", 0), "<inbound average='100' peak='200'/>");
        assert_part(call_error(bus, port, "org.virtbus1.Error.XMLDetail", "SetParameters", "a{sv}u", 1,
                               "inbound.average", "u", 0, 0),
                    "average");
        assert_part(call_error(bus, port, "org.virtbus1.Error.InvalidArg", "SetParameters", "a{sv}u", 1, "speed", "u",
                               1, 0),
                    "speed");
        assert_int_equal(parameter(bus, "inbound.average"), 100);
        stop(bus);
}

static void test_leases(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *told = signals_new(bus, "org.virtbus1", ",path='" NATIVE_PATH "'");
        g_autofree char *none = NULL;
        int64_t expiry = -1;
        const char *interface;

        start(bus);
        (void) signals_wait(told, "PropertiesChanged");
        g_free(make_port(bus, PORT(PORT_UUID, "52:54:00:00:00:07", ""), 0));
        assert_text(leased(bus, "52:54:00:00:00:07", &expiry), "10.7.0.7");
        assert_int_equal(expiry, 0);
        assert_true(sd_bus_message_read(signals_wait(told, "PropertiesChanged"), "s", &interface) > 0);
        assert_string_equal(interface, "org.virtbus1.Network");
        g_free(make_port(bus, PORT(OTHER_UUID, "52:54:00:00:00:01", ""), 0));
        g_free(make_port(bus, PORT(THIRD_UUID, "52:54:00:00:00:02", ""), 0));
        assert_text(leased(bus, "52:54:00:00:00:01", &expiry), "10.7.0.10");
        assert_true(expiry > 0);
        assert_text(leased(bus, "52:54:00:00:00:02", NULL), "10.7.0.11");
        /* the range is used up */
        g_free(make_port(bus, PORT(FOURTH_UUID, "52:54:00:00:00:03", ""), 0));
        none = leased(bus, "52:54:00:00:00:03", NULL);
        assert_null(none);
        assert_text(call_error(bus, libvirt("Network", LIBVIRT_PATH), FAILED, "GetDHCPLeases", "su", "nonsense", 0),
                    "invalid argument: 'nonsense' is no MAC address");
        do_call(bus, lab(), "Destroy");
        none = leased(bus, "52:54:00:00:00:07", NULL);
        assert_null(none);
        do_call(bus, lab(), "Undefine");
}

static void test_signals(void **state)
{
        static const int expected[] = { 0, 2, 3, 1 };
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *told = signals_new(bus, "org.virtbus1", ""),
                                  *libvirt_told = signals_new(bus, "org.libvirt", ",member='NetworkEvent'");
        const char *path;
        int event;

        start(bus);
        stop(bus);
        for (unsigned i = 0; i < ELEMENTSOF(expected); i++) {
                sd_bus_message *m = signals_wait(libvirt_told, "NetworkEvent");

                assert_true(sd_bus_message_read(m, "oi", &path, &event) > 0);
                assert_string_equal(path, LIBVIRT_PATH);
                assert_int_equal(event, expected[i]);
        }
        (void) signals_wait(told, "InterfacesAdded");
        (void) signals_wait(told, "NetworkEvent");
        (void) signals_wait(told, "PropertiesChanged");
        (void) signals_wait(told, "InterfacesRemoved");
}

static void test_authorization(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);

        start(root);
        g_free(call_string(one, lab(), "GetXMLDesc", "u", 0));
        call_denied(one, lab(), "Destroy", NULL);
        call_denied(one, lab(), "Undefine", NULL);
        call_denied(one, lab(), "ListPorts", "u", 0);
        call_denied(one, lab(), "PortCreateXML", "su", PORT(PORT_UUID, "52:54:00:00:00:01", ""), 0);
        call_denied(one, lab(), "Update", "uuisu", 3, 11, -1, "<txt name='a' value='b'/>", 1);
        call_denied(one, lab(), "SetMetadata", "isssu", 1, "t", "", "", 1);
        call_denied(one, native("Connect", NULL), "NetworkDefineXML", "s", XML);
        call_denied(one, native("Connect", NULL), "NetworkCreateXML", "s", XML);
        call_denied(one, on_interface(lab(), "org.freedesktop.DBus.Properties"), "Set", "ssv", "org.virtbus1.Network",
                    "Autostart", "b", true);
        /* who may change a network, but not for good */
        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                             "if (action.id == 'org.libvirt.api.network.write' &&"
                             "    action.lookup('network_name') == 'lab' &&"
                             "    action.lookup('network_uuid') == '" UUID "') return polkit.Result.YES; });");
        sd_bus_message_unref(call(one, lab(), "Update", "uuisu", 3, 11, -1, "<txt name='a' value='b'/>", 1));
        call_denied(one, lab(), "Update", "uuisu", 3, 11, -1, "<txt name='c' value='b'/>", 3);
        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                             "if (action.id == 'org.libvirt.api.network-port.create' &&"
                             "    action.lookup('network_name') == 'lab' &&"
                             "    action.lookup('port_uuid') == '" PORT_UUID "') return polkit.Result.YES; });");
        g_free(make_port(one, PORT(PORT_UUID, "52:54:00:00:00:01", ""), 0));
        call_denied(one, lab(), "PortCreateXML", "su", PORT(OTHER_UUID, "52:54:00:00:00:01", ""), 0);
        call_denied(one, native("NetworkPort", PORT_PATH), "Delete", "u", 0);
        rules_set("10-test", NULL);
        stop(root);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_default),   cmocka_unit_test(test_life),     cmocka_unit_test(test_define_again),
                cmocka_unit_test(test_transient), cmocka_unit_test(test_autostart), cmocka_unit_test(test_update),
                cmocka_unit_test(test_metadata),  cmocka_unit_test(test_list),     cmocka_unit_test(test_ports),
                cmocka_unit_test(test_port_parameters), cmocka_unit_test(test_leases), cmocka_unit_test(test_signals),
                cmocka_unit_test(test_authorization),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
