/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Network interfaces of the host, network filters and their bindings, on both faces. */
#include "tests/bus/harness.h"

#include <string.h>

#define FAILED "org.libvirt.Error"
#define ETH1_NATIVE "/org/virtbus1/Test/interface/eth1"
#define ETH1_LIBVIRT "/org/libvirt/Test/interface/aa_3abb_3acc_3add_3aee_3aff"
#define BR0_NATIVE "/org/virtbus1/Test/interface/br0"
#define BR0_XML                                                                                     \
        "<interface type='bridge' name='br0'>\n  <start mode='onboot'/>\n  <bridge stp='off'>\n"    \
        "    <interface type='ethernet' name='eth5'>\n    </interface>\n  </bridge>\n</interface>\n"
#define FILTER_UUID "5c6d49af-b071-6127-b4ec-6f8ed4b55335"
#define FILTER_PATH "/org/virtbus1/Test/nwfilter/_5c6d49af_b071_6127_b4ec_6f8ed4b55335"
#define FILTER_LIBVIRT "/org/libvirt/Test/nwfilter/_5c6d49af_b071_6127_b4ec_6f8ed4b55335"
#define FILTER_XML                                                                                  \
        "<filter name='web' chain='root'>\n  <uuid>" FILTER_UUID "</uuid>\n"                        \
        "  <rule action='accept' direction='in' priority='500'>\n    <tcp dstportstart='80'/>\n  </rule>\n</filter>\n"
#define BINDING_PATH "/org/virtbus1/Test/nwfilterbinding/vnet_2e1"
#define BINDING_XML(filter)                                                                         \
        "<filterbinding>\n  <owner>\n    <name>vm</name>\n    <uuid>" FILTER_UUID "</uuid>\n  </owner>\n" \
        "  <portdev name='vnet.1'/>\n  <mac address='52:54:00:00:00:01'/>\n"                        \
        "  <filterref filter='" filter "'/>\n</filterbinding>\n"

static void do_flags(sd_bus *bus, Target target, const char *member)
{
        sd_bus_message_unref(call(bus, target, member, "u", 0));
}

static void do_call(sd_bus *bus, Target target, const char *member)
{
        sd_bus_message_unref(call(bus, target, member, NULL));
}

/* The libvirt face knows an interface by its MAC address, the native one by its name. */
static void test_interface(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = libvirt("Connect", NULL), eth1 = libvirt("Interface", ETH1_LIBVIRT);

        assert_text(call_string(bus, connect, "InterfaceLookupByName", "s", "eth1"), ETH1_LIBVIRT);
        assert_text(call_string(bus, connect, "InterfaceLookupByMAC", "s", "AA:bb:cc:dd:ee:ff"), ETH1_LIBVIRT);
        assert_text(call_string(bus, native("Connect", NULL), "InterfaceLookupByName", "s", "eth1"), ETH1_NATIVE);
        assert_text(property_string(bus, eth1, "Name"), "eth1");
        assert_text(property_string(bus, eth1, "MAC"), "aa:bb:cc:dd:ee:ff");
        assert_true(property_bool(bus, eth1, "Active"));
        assert_part(call_string(bus, eth1, "GetXMLDesc", "u", 0), "<ip address='192.168.0.5' prefix='24'/>");
        assert_part(call_error(bus, eth1, FAILED, "Create", "u", 0), "Requested operation is not valid");
        do_flags(bus, eth1, "Destroy");
        assert_false(property_bool(bus, eth1, "Active"));
        assert_part(call_error(bus, eth1, FAILED, "Destroy", "u", 0), "Requested operation is not valid");
        assert_int_equal(n_listed(bus, native("Connect", NULL), "ListInterfaces", 1), 1);
        assert_int_equal(n_listed(bus, native("Connect", NULL), "ListInterfaces", 2), 0);
        do_flags(bus, eth1, "Create");
        assert_text(call_error(bus, connect, FAILED, "InterfaceLookupByName", "s", "eth9"),
                    "Interface not found: couldn't find interface 'eth9'");
        assert_part(call_error(bus, connect, FAILED, "InterfaceLookupByMAC", "s", "aa:bb:cc:dd:ee:00"),
                    "Interface not found: ");
}

static char *define_interface(sd_bus *bus, const char *xml)
{
        return call_string(bus, native("Connect", NULL), "InterfaceDefineXML", "su", xml, 0);
}

static void test_define_interface(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        _cleanup_signals_ Signals *told = signals_new(bus, "org.virtbus1", "");
        const Target br0 = native("Interface", BR0_NATIVE);
        const char *path;

        assert_text(define_interface(bus, BR0_XML), BR0_NATIVE);
        assert_true(sd_bus_message_read(signals_wait(told, "InterfacesAdded"), "o", &path) > 0);
        assert_string_equal(path, BR0_NATIVE);
        assert_text(call_string(bus, br0, "GetXMLDesc", "u", 1), BR0_XML);
        assert_text(property_string(bus, br0, "MAC"), "");
        /* without a MAC address the libvirt face has the name in its place */
        assert_text(property_string(bus, libvirt("Interface", "/org/libvirt/Test/interface/br0"), "Name"), "br0");
        do_flags(bus, br0, "Create");
        assert_string_equal(sd_bus_message_get_path(signals_wait(told, "PropertiesChanged")), BR0_NATIVE);
        /* a new definition leaves it up */
        g_free(define_interface(bus, "<interface type='bridge' name='br0'><mac address='aa:bb:cc:dd:ee:ff'/><bridge/>"
                                     "</interface>"));
        assert_true(property_bool(bus, br0, "Active"));
        assert_part(call_error(bus, native("Connect", NULL), "org.virtbus1.Error.MultipleInterfaces",
                               "InterfaceLookupByMAC", "s", "aa:bb:cc:dd:ee:ff"),
                    "multiple matching interfaces found");
        assert_part(call_error(bus, native("Connect", NULL), "org.virtbus1.Error.XMLError", "InterfaceDefineXML", "su",
                               "<interface type='vlan' name='v'/>", 0),
                    "misses the vlan element");
        do_call(bus, br0, "Undefine");
        (void) signals_wait(told, "InterfacesRemoved");
        assert_part(call_error(bus, br0, "org.virtbus1.Error.NoInterface", "GetXMLDesc", "u", 0), "br0");
}

static void test_transaction(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = libvirt("Connect", NULL);
        g_autofree char *xml = call_string(bus, native("Interface", ETH1_NATIVE), "GetXMLDesc", "u", 0);

        assert_text(call_error(bus, connect, FAILED, "InterfaceChangeRollback", "u", 0),
                    "Requested operation is not valid: no transaction running, nothing to rollback.");
        assert_text(call_error(bus, connect, FAILED, "InterfaceChangeCommit", "u", 0),
                    "Requested operation is not valid: no transaction running, nothing to be committed.");
        do_flags(bus, connect, "InterfaceChangeBegin");
        assert_text(call_error(bus, connect, FAILED, "InterfaceChangeBegin", "u", 0),
                    "Requested operation is not valid: there is another transaction running.");
        g_free(define_interface(bus, BR0_XML));
        g_free(define_interface(bus, "<interface type='ethernet' name='eth7'/>"));
        do_flags(bus, native("Interface", "/org/virtbus1/Test/interface/eth7"), "Create");
        do_call(bus, native("Interface", ETH1_NATIVE), "Undefine");
        assert_int_equal(n_listed(bus, native("Connect", NULL), "ListInterfaces", 0), 2);
        do_flags(bus, connect, "InterfaceChangeRollback");
        assert_int_equal(n_listed(bus, native("Connect", NULL), "ListInterfaces", 0), 1);
        assert_text(call_string(bus, native("Interface", ETH1_NATIVE), "GetXMLDesc", "u", 0), xml);
        assert_true(property_bool(bus, native("Interface", ETH1_NATIVE), "Active"));

        do_flags(bus, connect, "InterfaceChangeBegin");
        do_flags(bus, native("Interface", ETH1_NATIVE), "Destroy");
        do_flags(bus, connect, "InterfaceChangeCommit");
        assert_false(property_bool(bus, native("Interface", ETH1_NATIVE), "Active"));
        do_flags(bus, native("Interface", ETH1_NATIVE), "Create");
}

static void test_interface_authorization(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);
        const Target eth1 = native("Interface", ETH1_NATIVE);

        assert_text(property_string(one, eth1, "Name"), "eth1");
        call_denied(one, eth1, "Create", "u", 0);
        call_denied(one, eth1, "Destroy", "u", 0);
        call_denied(one, eth1, "Undefine", NULL);
        call_denied(one, native("Connect", NULL), "InterfaceDefineXML", "su", BR0_XML, 0);
        call_denied(one, native("Connect", NULL), "InterfaceChangeBegin", "u", 0);
        call_denied(one, native("Connect", NULL), "InterfaceChangeCommit", "u", 0);
        call_denied(one, native("Connect", NULL), "InterfaceChangeRollback", "u", 0);
        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                             "if (action.id == 'org.libvirt.api.interface.stop' &&"
                             "    action.lookup('interface_name') == 'eth1' &&"
                             "    action.lookup('interface_macaddr') == 'aa:bb:cc:dd:ee:ff') return "
                             "polkit.Result.YES; });");
        do_flags(one, eth1, "Destroy");
        rules_set("10-test", NULL);
        do_flags(root, eth1, "Create");
}

static char *define_filter(sd_bus *bus, const char *xml)
{
        return call_string(bus, native("Connect", NULL), "NWFilterDefineXML", "s", xml);
}

static void test_filter(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = libvirt("Connect", NULL), filter = libvirt("NWFilter", FILTER_LIBVIRT);

        assert_text(define_filter(bus, FILTER_XML), FILTER_PATH);
        assert_text(call_string(bus, connect, "NWFilterLookupByName", "s", "web"), FILTER_LIBVIRT);
        assert_text(call_string(bus, connect, "NWFilterLookupByUUID", "s", FILTER_UUID), FILTER_LIBVIRT);
        assert_text(property_string(bus, filter, "Name"), "web");
        assert_text(property_string(bus, filter, "UUID"), FILTER_UUID);
        assert_text(call_string(bus, filter, "GetXMLDesc", "u", 0), FILTER_XML);
        assert_int_equal(n_listed(bus, native("Connect", NULL), "ListNWFilters", 0), 1);
        /* the same again, by its name */
        assert_text(call_string(bus, native("Connect", NULL), "NWFilterDefineXMLFlags", "su",
                                "<filter name='web'/>", 1),
                    FILTER_PATH);
        assert_text(call_error(bus, connect, FAILED, "NWFilterDefineXML", "s",
                               "<filter name='x'><uuid>" FILTER_UUID "</uuid></filter>"),
                    "operation failed: filter with same UUID but different name ('web') already exists");
        assert_text(call_error(bus, connect, FAILED, "NWFilterDefineXML", "s",
                               "<filter name='web'><filterref filter='web'/></filter>"),
                    "operation failed: filter would introduce a loop");
        do_call(bus, filter, "Undefine");
        assert_text(call_error(bus, filter, FAILED, "GetXMLDesc", "u", 0),
                    "Network filter not found: no nwfilter with matching uuid '" FILTER_UUID "'");
        assert_text(call_error(bus, connect, FAILED, "NWFilterLookupByName", "s", "web"),
                    "Network filter not found: no nwfilter with matching name 'web'");
}

static char *bind_filter(sd_bus *bus, const char *xml)
{
        return call_string(bus, native("Connect", NULL), "NWFilterBindingCreateXML", "su", xml, 0);
}

static void test_binding(void **state)
{
        _cleanup_client_ sd_bus *bus = client_open(USER_ROOT);
        const Target connect = native("Connect", NULL), binding = native("NWFilterBinding", BINDING_PATH);
        g_autofree char *outer = NULL;

        assert_part(call_error(bus, connect, "org.virtbus1.Error.NoNWFilter", "NWFilterBindingCreateXML", "su",
                               BINDING_XML("web"), 0),
                    "referenced filter 'web' is missing");
        assert_int_equal(n_listed(bus, native("Connect", NULL), "ListNWFilterBindings", 0), 0);
        g_free(define_filter(bus, FILTER_XML));
        outer = define_filter(bus, "<filter name='outer'><filterref filter='web'/></filter>");
        assert_text(bind_filter(bus, BINDING_XML("outer")), BINDING_PATH);
        assert_text(call_string(bus, connect, "NWFilterBindingLookupByPortDev", "s", "vnet.1"), BINDING_PATH);
        assert_int_equal(n_listed(bus, native("Connect", NULL), "ListNWFilterBindings", 0), 1);
        assert_text(property_string(bus, binding, "PortDev"), "vnet.1");
        assert_text(property_string(bus, binding, "FilterName"), "outer");
        assert_text(call_string(bus, binding, "GetXMLDesc", "u", 0), BINDING_XML("outer"));
        assert_part(call_error(bus, connect, "org.virtbus1.Error.OperationFailed", "NWFilterBindingCreateXML", "su",
                               BINDING_XML("web"), 0),
                    "already exists");
        /* neither the filter that is bound nor one that it refers to can go */
        assert_part(call_error(bus, native("NWFilter", outer), "org.virtbus1.Error.OperationInvalid", "Undefine", NULL),
                    "nwfilter is in use");
        assert_part(call_error(bus, native("NWFilter", FILTER_PATH), "org.virtbus1.Error.OperationInvalid", "Undefine",
                               NULL),
                    "nwfilter is in use");
        do_call(bus, binding, "Delete");
        assert_part(call_error(bus, binding, "org.virtbus1.Error.NoNWFilterBinding", "GetXMLDesc", "u", 0), "vnet.1");
        do_call(bus, native("NWFilter", outer), "Undefine");
        do_call(bus, native("NWFilter", FILTER_PATH), "Undefine");
}

static void test_filter_authorization(void **state)
{
        _cleanup_client_ sd_bus *root = client_open(USER_ROOT), *one = client_open(USER_ONE);

        g_free(define_filter(root, FILTER_XML));
        assert_text(call_string(one, native("NWFilter", FILTER_PATH), "GetXMLDesc", "u", 0), FILTER_XML);
        call_denied(one, native("NWFilter", FILTER_PATH), "Undefine", NULL);
        call_denied(one, native("Connect", NULL), "NWFilterDefineXML", "s", FILTER_XML);
        call_denied(one, native("Connect", NULL), "NWFilterBindingCreateXML", "su", BINDING_XML("web"), 0);
        rules_set("10-test", "polkit.addRule(function(action, subject) {"
                             "if (action.id == 'org.libvirt.api.nwfilter-binding.create' &&"
                             "    action.lookup('nwfilter_binding_portdev') == 'vnet.1' &&"
                             "    action.lookup('nwfilter_binding_filter') == 'web') return polkit.Result.YES; });");
        assert_text(bind_filter(one, BINDING_XML("web")), BINDING_PATH);
        call_denied(one, native("NWFilterBinding", BINDING_PATH), "Delete", NULL);
        rules_set("10-test", NULL);
        do_call(root, native("NWFilterBinding", BINDING_PATH), "Delete");
        do_call(root, native("NWFilter", FILTER_PATH), "Undefine");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_interface),
                cmocka_unit_test(test_define_interface),
                cmocka_unit_test(test_transaction),
                cmocka_unit_test(test_interface_authorization),
                cmocka_unit_test(test_filter),
                cmocka_unit_test(test_binding),
                cmocka_unit_test(test_filter_authorization),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
