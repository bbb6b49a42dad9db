/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/interface_def.h"

#include "tests/unit/definition-tests.h"

DEFINITION_PASS(interface_def, InterfaceDef)

static const DefinitionCase cases[] = {
        BECOMES("<interface type='ethernet' name='e1'/>", "<interface type='ethernet' name='e1'>\n</interface>\n"),
        BECOMES("<interface type='ethernet' name='e1'><mtu size='0'/><link speed='0' state='down'/>"
                "<protocol family='ipv4'><ip address='10.4.4.4' prefix='0'/></protocol></interface>",
                "<interface type='ethernet' name='e1'>\n  <protocol family='ipv4'>\n    <ip address='10.4.4.4'/>\n"
                "  </protocol>\n  <link state='down'/>\n</interface>\n"),
        BECOMES("<interface type='bond' name='b'><bond><miimon freq='9' updelay='0' downdelay='0'/></bond></interface>",
                "<interface type='bond' name='b'>\n  <bond>\n    <miimon freq='9'/>\n  </bond>\n</interface>\n"),
        STAYS("<interface type='ethernet' name='e1'>\n"
              "  <start mode='onboot'/>\n"
              "  <mtu size='1400'/>\n"
              "  <protocol family='ipv6'>\n"
              "    <autoconf/>\n"
              "    <dhcp/>\n"
              "    <ip address='fd02::1' prefix='64'/>\n"
              "    <route gateway='fd02::2'/>\n"
              "  </protocol>\n"
              "  <protocol family='ipv4'>\n"
              "    <dhcp peerdns='no'/>\n"
              "    <ip address='10.4.4.4'/>\n"
              "  </protocol>\n"
              "  <link speed='1000' state='up'/>\n"
              "  <mac address='AA:bb:cc:0:1:2'/>\n"
              "</interface>\n"),
        BECOMES("<interface name='br1' type='bridge'><bridge stp='on' delay='0.5'>"
                "<interface type='ethernet' name='e2'><start mode='none'/><mtu size='3'/></interface>"
                "<interface type='vlan' name='e3.7'><vlan tag='7'><interface name='e3'/></vlan></interface>"
                "</bridge><start mode='hotplug'/></interface>",
                "<interface type='bridge' name='br1'>\n"
                "  <start mode='hotplug'/>\n"
                "  <bridge stp='on' delay='0.5'>\n"
                "    <interface type='ethernet' name='e2'>\n"
                "    </interface>\n"
                "    <interface type='vlan' name='e3.7'>\n"
                "      <vlan tag='7'>\n"
                "        <interface name='e3'/>\n"
                "      </vlan>\n"
                "    </interface>\n"
                "  </bridge>\n"
                "</interface>\n"),
        STAYS("<interface type='bridge' name='br2'>\n  <bridge>\n  </bridge>\n</interface>\n"),
        STAYS("<interface type='bond' name='bond3'>\n"
              "  <bond mode='802.3ad'>\n"
              "    <miimon freq='100' downdelay='1' updelay='2' carrier='netif'/>\n"
              "    <interface type='ethernet' name='e4'>\n"
              "      <mac address='02:00:00:00:00:01'/>\n"
              "    </interface>\n"
              "  </bond>\n"
              "</interface>\n"),
        STAYS("<interface type='bond' name='bond4'>\n"
              "  <bond>\n"
              "    <arpmon interval='50' target='10.1.1.1' validate='all'/>\n"
              "  </bond>\n"
              "</interface>\n"),
        REFUSED("<interface name='e'/>", ERROR_XML_ERROR, "type"),
        REFUSED("<interface type='ethernet'/>", ERROR_XML_ERROR, "name"),
        REFUSED("<interface type='tunnel' name='e'/>", ERROR_XML_ERROR, "tunnel"),
        REFUSED("<interface type='bridge' name='e'/>", ERROR_XML_ERROR, "misses the bridge element"),
        REFUSED("<interface type='vlan' name='e'/>", ERROR_XML_ERROR, "misses the vlan element"),
        REFUSED("<interface type='vlan' name='e'><vlan tag='4'/></interface>", ERROR_XML_ERROR, "name"),
        REFUSED("<interface type='vlan' name='e'><vlan tag='4096'><interface name='x'/></vlan></interface>",
                ERROR_XML_ERROR, "4096"),
        REFUSED("<interface type='bridge' name='e'><bridge><interface type='bridge' name='f'><bridge/></interface>"
                "</bridge></interface>",
                ERROR_XML_ERROR, "unsupported type 'bridge'"),
        REFUSED("<interface type='bond' name='e'><bond><interface type='vlan' name='f'><vlan tag='3'>"
                "<interface name='g'/></vlan></interface></bond></interface>",
                ERROR_XML_ERROR, "unsupported type 'vlan'"),
        REFUSED("<interface type='ethernet' name='e'><protocol/></interface>", ERROR_XML_ERROR, "family"),
        REFUSED("<interface type='ethernet' name='e'><protocol family='ipv4'><ip address='::1'/></protocol>"
                "</interface>", ERROR_XML_ERROR, "no IPv4 address"),
        REFUSED("<interface type='ethernet' name='e'><protocol family='ipv4'><ip address='1.2.3.4' prefix='33'/>"
                "</protocol></interface>",
                ERROR_XML_ERROR, "prefix"),
};

static void test_cases(void **state)
{
        definition_run_cases(pass_interface_def, cases, ELEMENTSOF(cases));
}

#define WORDS_TEST(name, max)                                                                       \
        for (int i = 1; i < max; i++)                                                               \
        assert_int_equal(name##_from_string(name##_to_string(i)), i)

static void test_words(void **state)
{
        WORDS_TEST(interface_type, _INTERFACE_MAX);
        WORDS_TEST(interface_start, _INTERFACE_START_MAX);
        WORDS_TEST(interface_link, _INTERFACE_LINK_MAX);
        WORDS_TEST(interface_bond, _INTERFACE_BOND_MAX);
        WORDS_TEST(interface_carrier, _INTERFACE_CARRIER_MAX);
        WORDS_TEST(interface_arp, _INTERFACE_ARP_MAX);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_cases),
                cmocka_unit_test(test_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
