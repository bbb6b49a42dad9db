/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/network_port_def.h"

#include "tests/unit/definition-tests.h"

DEFINITION_PASS(network_port_def, NetworkPortDef)

#define PORT(inside, behind)                                                                        \
        "<networkport>\n  <uuid>11111111-2222-3333-4444-555555555555</uuid>\n  <owner>\n    <name>vm</name>\n" \
        "    <uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid>\n  </owner>\n" inside                \
        "  <mac address='52:54:00:00:00:01'/>\n" behind "</networkport>\n"

static const DefinitionCase forms[] = {
        STAYS(PORT("  <group>web</group>\n",
                   "  <virtualport type='802.1Qbg'>\n    <parameters managerid='11' typeid='1193047'/>\n"
                   "  </virtualport>\n"
                   "  <bandwidth>\n    <inbound average='1000' floor='5'/>\n  </bandwidth>\n"
                   "  <vlan>\n    <tag id='3'/>\n  </vlan>\n"
                   "  <port isolated='no'/>\n  <rxfilters trustGuest='yes'/>\n"
                   "  <plug type='bridge' bridge='br0' macTableManager='libvirt'/>\n")),
        STAYS(PORT("", "  <plug type='direct' dev='e0' mode='private'/>\n")),
        BECOMES(PORT("", "  <plug type='hostdev-pci'><address bus='3'/></plug>\n"),
                PORT("", "  <plug type='hostdev-pci'>\n    <address domain='0x0000' bus='0x03' slot='0x00' "
                         "function='0x0'/>\n  </plug>\n")),
        STAYS(PORT("", "  <plug type='hostdev-pci' managed='yes'>\n    <driver name='vfio'/>\n"
                       "    <address domain='0x0001' bus='0x02' slot='0x03' function='0x4'/>\n  </plug>\n")),
        REFUSED("<networkport/>", ERROR_XML_ERROR, "uuid"),
        REFUSED(PORT("", "<plug type='sideways'/>"), ERROR_XML_ERROR, "type"),
        REFUSED(PORT("", "<plug type='direct' dev='e0'/>"), ERROR_XML_ERROR, "mode"),
        REFUSED(PORT("", "<plug type='bridge'/>"), ERROR_XML_ERROR, "bridge"),
};

static void test_forms(void **state)
{
        definition_run_cases(pass_network_port_def, forms, ELEMENTSOF(forms));
}

#define NETWORK(inside) "<network><name>n</name>" inside "</network>"

static const struct {
        const char *network;
        const char *port;
        uint32_t interface;
        const char *part;
        ErrorCode code;
} plugs[] = {
        { NETWORK("<bridge name='vb0'/><port isolated='yes'/>"), PORT("", ""), 0,
          "<port isolated='yes'/>\n  <plug type='network' bridge='vb0'/>", 0 },
        { NETWORK("<forward mode='bridge'/><bridge name='br9' macTableManager='kernel'/>"), PORT("", ""), 0,
          "<plug type='bridge' bridge='br9' macTableManager='kernel'/>", 0 },
        { NETWORK("<forward mode='vepa'><interface dev='a'/><interface dev='b'/></forward>"), PORT("", ""), 1,
          "<plug type='direct' dev='b' mode='vepa'/>", 0 },
        { NETWORK("<forward mode='hostdev' managed='yes'><driver name='vfio'/>"
                  "<address type='pci' domain='0' bus='1' slot='2' function='3'/></forward>"),
          PORT("", ""), 0, "<address domain='0x0000' bus='0x01' slot='0x02' function='0x3'/>", 0 },
        { NETWORK("<forward mode='private'><interface dev='a'/></forward>"), PORT("", ""), 1, "none are available",
          ERROR_INTERNAL },
        { NETWORK("<bridge name='vb0'/><portgroup name='g'><vlan><tag id='9'/></vlan><bandwidth><inbound average='7'/>"
                  "</bandwidth></portgroup>"),
          PORT("<group>g</group>", ""), 0, "<tag id='9'/>", 0 },
        { NETWORK("<bridge name='vb0'/><portgroup name='g' default='yes'><bandwidth><inbound average='7'/></bandwidth>"
                  "</portgroup>"),
          PORT("", ""), 0, "<inbound average='7'/>", 0 },
        { NETWORK("<bridge name='vb0'/>"), PORT("<group>x</group>", ""), 0, "no portgroup 'x'", ERROR_INVALID_ARG },
        { NETWORK("<bridge name='vb0'/>"), PORT("", "<plug type='bridge' bridge='own'/>"), 0, "bridge='own'", 0 },
};

static void test_plug(void **state)
{
        for (unsigned i = 0; i < ELEMENTSOF(plugs); i++) {
                _cleanup_(network_def_unrefp) NetworkDef *network = NULL;
                _cleanup_(network_port_def_unrefp) NetworkPortDef *port = NULL, *result = NULL;
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *text = NULL;
                int r;

                assert_int_equal(network_def_parse(plugs[i].network, strlen(plugs[i].network), 0, NULL, &network,
                                                   NULL), 0);
                assert_int_equal(network_port_def_parse(plugs[i].port, strlen(plugs[i].port), 0, NULL, &port, NULL), 0);
                r = network_port_def_plug(port, network, plugs[i].interface, &result, &error);
                /* the result stands on its own */
                network = network_def_unref(network);
                assert_int_equal(error.code, plugs[i].code);
                text = r < 0 ? error_message(&error) : network_port_def_format(result, 0);
                if (!strstr(text, plugs[i].part))
                        fail_msg("'%s' is not in '%s'", plugs[i].part, text);
        }
}

static void test_words(void **state)
{
        for (int i = 1; i < _NETWORK_PLUG_MAX; i++)
                assert_int_equal(network_plug_from_string(network_plug_to_string(i)), i);
        for (int i = 1; i < _NETWORK_DIRECT_MAX; i++)
                assert_int_equal(network_direct_from_string(network_direct_to_string(i)), i);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_plug),
                cmocka_unit_test(test_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
