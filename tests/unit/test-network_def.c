/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/network_def.h"
#include "drivers/model/network_def_table.h"

#include "tests/unit/definition-tests.h"

DEFINITION_PASS(network_def, NetworkDef)

#define NET(inside) "<network>\n  <name>n</name>\n" inside "</network>\n"
#define BRIDGE "  <bridge stp='on' delay='0'/>\n"
#define ISOLATED(inside) NET(BRIDGE inside)
#define IP(inside) "  <ip address='10.2.3.1' prefix='24'>\n" inside "  </ip>\n"
#define DHCP(inside) "    <dhcp>\n" inside "    </dhcp>\n"
/* short forms that become something */
#define N(inside) "<network><name>n</name>" inside "</network>"
#define I "<ip address='10.2.3.1' prefix='24'/>"
#define D(inside) N("<ip address='10.2.3.1' prefix='24'><dhcp>" inside "</dhcp></ip>")
#define D6(inside) N("<ip family='ipv6' address='fd01::1' prefix='64'><dhcp>" inside "</dhcp></ip>")

static const DefinitionCase forms[] = {
        BECOMES(N(""), ISOLATED("")),
        BECOMES(N("<bandwidth><inbound average='0'/><outbound average='5' peak='0' burst='0'/></bandwidth>"),
                ISOLATED("  <bandwidth>\n    <outbound average='5'/>\n  </bandwidth>\n")),
        BECOMES(N("<mtu size='0'/><dns enable='no' forwardPlainNames='no'/><portgroup name='g'>"
                  "<virtualport><parameters profileid='p'/></virtualport></portgroup>"),
                ISOLATED("  <dns enable='no' forwardPlainNames='no'/>\n  <portgroup name='g'>\n    <virtualport>\n"
                         "      <parameters profileid='p'/>\n    </virtualport>\n  </portgroup>\n")),
        STAYS("<network ipv6='yes' trustGuestRxFilters='no'>\n"
              "  <name>full</name>\n"
              "  <uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid>\n"
              "  <title>a title</title>\n"
              "  <description>several\nlines</description>\n"
              "  <metadata><x:y xmlns:x='urn:z'/></metadata>\n"
              "  <forward dev='uplink' mode='nat'>\n"
              "    <nat ipv6='yes'>\n"
              "      <address start='198.51.100.4' end='198.51.100.9'/>\n"
              "      <port start='2000' end='3000'/>\n"
              "    </nat>\n"
              "    <interface dev='uplink'/>\n"
              "  </forward>\n"
              "  <bridge name='vb9' zone='lab' stp='off' delay='4' macTableManager='kernel'/>\n"
              "  <mtu size='1450'/>\n"
              "  <mac address='52:54:00:aa:bb:cc'/>\n"
              "  <domain name='lab.example' localOnly='yes'/>\n"
              "  <dns enable='yes' forwardPlainNames='no'>\n"
              "    <forwarder domain='corp.example' addr='192.0.2.1'/>\n"
              "    <txt name='motd' value='hello there'/>\n"
              "    <srv service='ldap' protocol='tcp' domain='lab.example' target='dc' port='389' priority='1' "
              "weight='2'/>\n"
              "    <host ip='10.2.3.7'>\n"
              "      <hostname>one</hostname>\n"
              "      <hostname>two</hostname>\n"
              "    </host>\n"
              "  </dns>\n"
              "  <vlan trunk='yes'>\n"
              "    <tag id='7' nativeMode='untagged'/>\n"
              "    <tag id='8'/>\n"
              "  </vlan>\n"
              "  <bandwidth>\n"
              "    <inbound average='10' peak='20' burst='30'/>\n"
              "    <outbound average='40'/>\n"
              "  </bandwidth>\n"
              "  <port isolated='yes'/>\n"
              "  <ip address='10.2.3.1' netmask='255.255.255.0' localPtr='yes'>\n"
              "    <tftp root='/srv/tftp'/>\n"
              "    <dhcp>\n"
              "      <range start='10.2.3.50' end='10.2.3.99'>\n"
              "        <lease expiry='12' unit='hours'/>\n"
              "      </range>\n"
              "      <host mac='52:54:00:00:00:05' name='five' ip='10.2.3.5'>\n"
              "        <lease expiry='0'/>\n"
              "      </host>\n"
              "      <bootp file='pxe.0' server='10.2.3.2'/>\n"
              "    </dhcp>\n"
              "  </ip>\n"
              "  <ip family='ipv6' address='fd01::1' prefix='64'>\n"
              "    <dhcp>\n"
              "      <host id='00:01:aB' name='six' ip='fd01::6'/>\n"
              "    </dhcp>\n"
              "  </ip>\n"
              "  <route address='10.9.0.0' prefix='16' gateway='10.2.3.9' metric='5'/>\n"
              "  <virtualport type='openvswitch'>\n"
              "    <parameters interfaceid='11111111-2222-3333-4444-555555555555' profileid='p'/>\n"
              "  </virtualport>\n"
              "  <portgroup name='g' default='yes' trustGuestRxFilters='yes'>\n"
              "    <vlan>\n"
              "      <tag id='4'/>\n"
              "    </vlan>\n"
              "    <bandwidth>\n"
              "      <inbound average='1'/>\n"
              "    </bandwidth>\n"
              "  </portgroup>\n"
              "</network>\n"),
        /* forwarding */
        BECOMES(N("<forward/>" I), NET("  <forward mode='nat'/>\n" BRIDGE IP(""))),
        BECOMES(N("<forward mode='none'/>"), ISOLATED("")),
        BECOMES(N("<forward mode='route'><interface dev='e1'/></forward>" I),
                NET("  <forward dev='e1' mode='route'>\n    <interface dev='e1'/>\n  </forward>\n" BRIDGE IP(""))),
        BECOMES(N("<forward mode='hostdev'><address type='pci' bus='3' slot='0x1' domain='0' function='2'/></forward>"),
                NET("  <forward mode='hostdev' managed='no'>\n"
                    "    <address type='pci' domain='0x0000' bus='0x03' slot='0x01' function='0x2'/>\n"
                    "  </forward>\n")),
        STAYS(NET("  <forward mode='hostdev' managed='yes'>\n    <driver name='vfio' model='m'/>\n"
                  "    <pf dev='e2'/>\n  </forward>\n")),
        STAYS(NET("  <forward mode='bridge'/>\n  <bridge name='br3'/>\n")),
        BECOMES(N("<forward mode='hostdev'><pf dev='e'/><interface dev='a'/></forward>"),
                NET("  <forward dev='a' mode='hostdev' managed='no'>\n    <interface dev='a'/>\n  </forward>\n")),
        /* what says nothing is left out */
        BECOMES(N("<dns/><bandwidth/><port/><domain localOnly='yes'/><mtu/>" I), ISOLATED(IP(""))),
        BECOMES(N("<vlan trunk='no'><tag id='1'/></vlan>"),
                ISOLATED("  <vlan>\n    <tag id='1'/>\n  </vlan>\n")),
        BECOMES(N("<vlan><tag id='1'/><tag id='2'/></vlan>"),
                ISOLATED("  <vlan trunk='yes'>\n    <tag id='1'/>\n    <tag id='2'/>\n  </vlan>\n")),
        BECOMES(N("<portgroup name='g' default='no'><virtualport/></portgroup>"),
                ISOLATED("  <portgroup name='g'>\n  </portgroup>\n")),
        /* addresses are written one way */
        BECOMES(N("<mac address='52:54:0:A:b:C'/>"), ISOLATED("  <mac address='52:54:00:0a:0b:0c'/>\n")),
        BECOMES(N("<ip family='ipv6' address='FD01:0:0::1' prefix='64'/>"),
                ISOLATED("  <ip family='ipv6' address='fd01::1' prefix='64'>\n  </ip>\n")),
        BECOMES(D("<range start='10.2.3.4' end='10.2.3.9'><lease expiry='5'/></range>"),
                ISOLATED(IP(DHCP("      <range start='10.2.3.4' end='10.2.3.9'>\n"
                                 "        <lease expiry='5' unit='minutes'/>\n"
                                 "      </range>\n")))),
        BECOMES("<network xmlns:d='http://libvirt.org/schemas/network/dnsmasq/1.0'><name>n</name>"
                "<d:options><d:option value='a=b'/></d:options></network>",
                "<network xmlns:dnsmasq='http://libvirt.org/schemas/network/dnsmasq/1.0'>\n  <name>n</name>\n" BRIDGE
                "  <dnsmasq:options>\n    <dnsmasq:option value='a=b'/>\n  </dnsmasq:options>\n</network>\n"),
};

static const DefinitionCase refusals[] = {
        REFUSED("<domain/>", ERROR_XML_ERROR, "expecting <network>"),
        REFUSED("<network/>", ERROR_XML_ERROR, "name"),
        REFUSED("<network><name>a/b</name></network>", ERROR_XML_ERROR, "cannot contain '/'"),
        REFUSED(N("<uuid>x</uuid>"), ERROR_XML_ERROR, "uuid"),
        REFUSED(N("<mac address='03:00:00:00:00:01'/>"), ERROR_XML_ERROR, "multicast bridge mac"),
        REFUSED(N("<forward mode='sideways'/>"), ERROR_XML_ERROR, "mode"),
        REFUSED(N("<forward mode='nat'/>"), ERROR_XML_ERROR, "no IP address provided"),
        REFUSED(N("<forward mode='open' dev='e'/>" I), ERROR_XML_ERROR, "forward dev not allowed"),
        REFUSED(N("<forward mode='nat'><interface dev='a'/><interface dev='b'/></forward>" I), ERROR_XML_ERROR,
                "multiple forwarding interfaces"),
        REFUSED(N("<forward mode='route' dev='a'><interface dev='b'/></forward>" I), ERROR_XML_ERROR,
                "must match first"),
        REFUSED(N("<forward mode='vepa' dev='x'><pf dev='a'/></forward>"), ERROR_XML_ERROR, "cannot be used when"),
        REFUSED(N("<forward mode='route'><nat/></forward>" I), ERROR_XML_ERROR, "only be used when"),
        REFUSED(N("<forward><nat><address start='1.1.1.9' end='1.1.1.1'/></nat></forward>" I), ERROR_INTERNAL,
                "is reversed"),
        REFUSED(N("<forward><nat><port start='9' end='1'/></nat></forward>" I), ERROR_XML_DETAIL, "'end' attribute"),
        REFUSED(N("<forward mode='bridge'/><bridge name='b' stp='on'/>"), ERROR_XML_ERROR, "only allowed in route"),
        REFUSED(N("<forward mode='bridge' dev='e'/><bridge name='b'/>"), ERROR_XML_ERROR, "but not both"),
        REFUSED(N("<forward mode='vepa' dev='e'/><bridge name='b'/>"), ERROR_XML_ERROR, "not allowed in vepa"),
        REFUSED(N("<forward mode='bridge'/><mtu size='9'/>"), ERROR_XML_ERROR, "mtu size only allowed"),
        REFUSED(N("<dns enable='no'><txt name='a' value='b'/></dns>"), ERROR_XML_ERROR, "Extra data in disabled"),
        REFUSED(N("<mtu size='0'/><virtualport><parameters profileid='p'/></virtualport>"), ERROR_XML_ERROR,
                "missing required virtualport type"),
        REFUSED(N("<forward mode='vepa'><interface dev='a'/><interface dev='b'/><interface dev='a'/></forward>"),
                ERROR_XML_ERROR, "interface 'a' can only be listed once"),
        REFUSED(N("<bandwidth><outbound/></bandwidth>"), ERROR_XML_DETAIL, "Missing mandatory average or floor"),
        REFUSED(N("<dns><forwarder/></dns>"), ERROR_XML_ERROR, "at least one of addr or domain"),
        REFUSED(N("<dns><txt name='a b' value='c'/></dns>"), ERROR_XML_DETAIL, "prohibited character"),
        REFUSED(N("<dns><txt name='a' value='c&#10;dhcp-script=/x'/></dns>"), ERROR_XML_ERROR, "control character"),
        REFUSED(N("<dns><srv service='x'/></dns>"), ERROR_XML_DETAIL, "protocol"),
        REFUSED(N("<dns><srv service='x' protocol='tcp' port='3'/></dns>"), ERROR_XML_DETAIL, "without target"),
        REFUSED(N("<dns><srv service='x' protocol='tcp' target='t' port='0'/></dns>"), ERROR_XML_DETAIL, "invalid"),
        REFUSED(N("<dns><host ip='1.2.3.4'><hostname/></host></dns>"), ERROR_XML_DETAIL, "Missing hostname"),
        REFUSED(N("<vlan/>"), ERROR_XML_ERROR, "missing tag id"),
        REFUSED(N("<vlan trunk='no'><tag id='1'/><tag id='2'/></vlan>"), ERROR_XML_ERROR, "more than one vlan tag"),
        REFUSED(N("<vlan><tag id='4096'/></vlan>"), ERROR_XML_ERROR, "4096"),
        REFUSED(N("<bandwidth><inbound peak='1'/></bandwidth>"), ERROR_XML_DETAIL, "average or floor"),
        REFUSED(N("<bandwidth><inbound average='1' floor='1'/></bandwidth>"), ERROR_CONFIG_UNSUPPORTED, "floor"),
        REFUSED(N("<bandwidth><outbound average='1' floor='1'/></bandwidth>"), ERROR_XML_DETAIL, "only in <inbound>"),
        REFUSED(N("<ip/>"), ERROR_XML_ERROR, "address"),
        REFUSED(N("<ip address='fd01::1'/>"), ERROR_CONFIG_UNSUPPORTED, "no family specified"),
        REFUSED(N("<ip address='1.2.3.4' family='ipv6'/>"), ERROR_CONFIG_UNSUPPORTED, "Family 'ipv6'"),
        REFUSED(N("<ip address='1.2.3.4' prefix='33'/>"), ERROR_CONFIG_UNSUPPORTED, "Invalid IPv4 prefix"),
        REFUSED(N("<ip address='1.2.3.4' prefix='24' netmask='255.0.0.0'/>"), ERROR_CONFIG_UNSUPPORTED, "both"),
        REFUSED(D("<range start='10.2.4.1' end='10.2.4.2'/>"), ERROR_INTERNAL, "not entirely within"),
        REFUSED(D("<range start='10.2.3.9' end='10.2.3.2'/>"), ERROR_INTERNAL, "is reversed"),
        REFUSED(D("<range start='10.2.3.9'/>"), ERROR_XML_ERROR, "end"),
        REFUSED(D("<host ip='10.2.3.9'/>"), ERROR_XML_ERROR, "must have mac or name"),
        REFUSED(D("<host name='a'/>"), ERROR_XML_ERROR, "Missing IP address"),
        REFUSED(D("<host mac='01:0:0:0:0:1' ip='10.2.3.9'/>"), ERROR_XML_ERROR, "multicast"),
        REFUSED(D("<host name='a' ip='10.2.3.9'><lease expiry='1'/></host>"), ERROR_CONFIG_UNSUPPORTED, "2 minutes"),
        REFUSED(D6("<host mac='0:0:0:0:0:1' ip='fd01::5'/>"), ERROR_XML_ERROR, "Invalid to specify MAC"),
        REFUSED(D6("<host id='0g' ip='fd01::5'/>"), ERROR_XML_ERROR, "Invalid character 'g'"),
        REFUSED(N("<ip family='ipv6' address='fd01::1' prefix='64'><tftp root='/'/></ip>"), ERROR_CONFIG_UNSUPPORTED,
                "<tftp>"),
        REFUSED(N(I "<route address='10.9.0.0' gateway='10.2.3.4'/>"), ERROR_XML_ERROR, "not a network address"),
        REFUSED(N(I "<route address='10.9.0.0' prefix='16' gateway='10.2.4.4'/>"), ERROR_CONFIG_UNSUPPORTED,
                "unreachable static route"),
        REFUSED(N(I "<route address='10.9.0.0' prefix='16' metric='0' gateway='10.2.3.4'/>"), ERROR_XML_ERROR, "0"),
        REFUSED(N("<virtualport type='openvswitch'><parameters typeid='1'/></virtualport>"), ERROR_XML_ERROR,
                "extra typeid"),
};

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&network_def_type, &text))
                fail_msg("%s", text);
}

static void test_forms(void **state)
{
        definition_run_cases(pass_network_def, forms, ELEMENTSOF(forms));
}

static void test_refusals(void **state)
{
        definition_run_cases(pass_network_def, refusals, ELEMENTSOF(refusals));
}

static NetworkDef *parse(const char *xml)
{
        _cleanup_error_ Error error = ERROR_INIT;
        NetworkDef *def = NULL;

        if (network_def_parse(xml, strlen(xml), DEFINITION_PARSE_LIVE, NULL, &def, &error) < 0) {
                g_autofree char *message = error_message(&error);

                fail_msg("%s", message);
        }
        return def;
}

static void test_live(void **state)
{
        const char *xml = "<network connections='2'><name>n</name><forward mode='private'>"
                          "<interface dev='a' connections='2'/></forward></network>";
        _cleanup_(network_def_unrefp) NetworkDef *def = parse(xml);
        g_autofree char *live = network_def_format(def, 0), *inactive = network_def_format(def, DEF_FORMAT_INACTIVE);

        assert_non_null(strstr(live, "<network connections='2'>"));
        assert_null(strstr(inactive, "connections"));
}

static void test_normalize(void **state)
{
        _cleanup_(network_def_unrefp) NetworkDef *def = parse(N("")), *once = NULL, *twice = NULL, *bridged = NULL;

        assert_int_equal(network_def_normalize(def, true, &once, NULL), 0);
        assert_int_equal(strlen(once->uuid), 36);
        assert_true(g_str_has_prefix(once->mac, "52:54:00:"));
        assert_int_equal(network_def_normalize(once, true, &twice, NULL), 0);
        assert_true(network_def_equal(once, twice));
        network_def_unref(def);
        def = parse(N("<forward mode='bridge'/><bridge name='b'/>"));
        assert_int_equal(network_def_normalize(def, true, &bridged, NULL), 0);
        assert_null(bridged->mac);
}

static void test_prefixes(void **state)
{
        _cleanup_(network_def_unrefp) NetworkDef *def =
                        parse(N("<ip address='10.2.3.1' netmask='255.255.254.0'/><ip address='192.168.7.1'/>"
                                "<route address='0.0.0.0' gateway='10.2.3.4'/>"));

        assert_int_equal(network_ip_prefix(def->ips.items[0]), 23);
        assert_int_equal(network_ip_prefix(def->ips.items[1]), 24);
        assert_int_equal(network_route_prefix(def->routes.items[0]), 0);
}

/* Updates */

#define BASE                                                                                        \
        "<network><name>n</name><uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid>"                  \
        "<forward mode='private'><interface dev='e1'/><interface dev='e2' connections='1'/></forward>" \
        "<dns><txt name='t' value='v'/><srv service='s' protocol='tcp' target='x' port='1'/>"       \
        "<srv service='s' protocol='udp'/><host ip='10.2.3.5'><hostname>h</hostname></host></dns>"  \
        "<ip address='10.2.3.1' prefix='24'><dhcp><range start='10.2.3.10' end='10.2.3.20'/>"       \
        "<host mac='52:54:00:00:00:01' name='a' ip='10.2.3.3'/></dhcp></ip>"                        \
        "<ip address='10.2.4.1' prefix='24'/><ip family='ipv6' address='fd01::1' prefix='64'/>"     \
        "<portgroup name='g' default='yes'/></network>"

static const struct {
        uint32_t command, section;
        int32_t parent;
        const char *xml;
        const char *part; /* of the result, or of the error */
        ErrorCode code;
} updates[] = {
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_HOST, -1, "<host name='b' ip='10.2.3.4'/>",
          "ip='10.2.3.3'/>\n      <host name='b' ip='10.2.3.4'/>", 0 },
        { NETWORK_UPDATE_ADD_FIRST, NETWORK_SECTION_IP_DHCP_HOST, 0, "<host name='b' ip='10.2.3.4'/>",
          "<host name='b' ip='10.2.3.4'/>\n      <host mac=", 0 },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_HOST, 2, "<host id='0:1' ip='fd01::4'/>",
          "<host id='0:1' ip='fd01::4'/>", 0 },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_HOST, 1, "<host name='b' ip='10.2.4.4'/>",
          "only for a single IPv4 address", ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_HOST, 7, "<host name='b' ip='10.2.4.4'/>",
          "found at index 7", ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_HOST, -1, "<host name='a' ip='10.2.3.4'/>",
          "there is an existing dhcp host", ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_HOST, -1, "<host name='z'/>", "Missing IP address",
          ERROR_XML_ERROR },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_HOST, -1, "<range/>", "expecting <host>", ERROR_XML_ERROR },
        { NETWORK_UPDATE_MODIFY, NETWORK_SECTION_IP_DHCP_HOST, -1, "<host mac='52:54:0:0:0:1' ip='10.2.3.77'/>",
          "<host mac='52:54:0:0:0:1' ip='10.2.3.77'/>\n    </dhcp>", 0 },
        { NETWORK_UPDATE_MODIFY, NETWORK_SECTION_IP_DHCP_HOST, -1, "<host name='z' ip='10.2.3.77'/>",
          "couldn't locate", ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_IP_DHCP_HOST, -1, "<host name='a'/>",
          "<range start='10.2.3.10' end='10.2.3.20'/>\n    </dhcp>", 0 },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_IP_DHCP_HOST, -1, "<host name='a' ip='10.2.3.9'/>",
          "couldn't locate a matching dhcp host", ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_RANGE, -1, "<range start='10.2.3.30' end='10.2.3.40'/>",
          "end='10.2.3.20'/>\n      <range start='10.2.3.30' end='10.2.3.40'/>", 0 },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_RANGE, -1, "<range start='10.2.9.30' end='10.2.9.40'/>",
          "not entirely within", ERROR_INTERNAL },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_RANGE, -1, "<range start='10.2.3.10' end='10.2.3.20'/>",
          "there is an existing dhcp range", ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_MODIFY, NETWORK_SECTION_IP_DHCP_RANGE, -1, "<range start='10.2.3.10' end='10.2.3.20'/>",
          "cannot be modified", ERROR_OPERATION_UNSUPPORTED },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_IP_DHCP_RANGE, -1, "<range start='10.2.3.10' end='10.2.3.20'/>",
          "<dhcp>\n      <host", 0 },
        { NETWORK_UPDATE_ADD_FIRST, NETWORK_SECTION_FORWARD_INTERFACE, -1, "<interface dev='e0'/>",
          "<forward dev='e0' mode='private'>\n    <interface dev='e0'/>\n    <interface dev='e1'/>", 0 },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_FORWARD_INTERFACE, -1, "<interface dev='e1'/>", "existing interface",
          ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_FORWARD_INTERFACE, -1, "<interface dev='e1'/>",
          "<forward dev='e2' mode='private'>\n    <interface dev='e2'", 0 },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_FORWARD_INTERFACE, -1, "<interface dev='e2'/>", "currently being used",
          ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_PORTGROUP, -1, "<portgroup name='k'/>", "<portgroup name='k'>", 0 },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_PORTGROUP, -1, "<portgroup name='k' default='yes'/>",
          "already set as the default", ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_MODIFY, NETWORK_SECTION_PORTGROUP, -1, "<portgroup name='g'/>", "<portgroup name='g'>", 0 },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_PORTGROUP, -1, "<portgroup name='x'/>", "couldn't locate",
          ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_DNS_HOST, -1, "<host ip='10.2.3.6'><hostname>h</hostname></host>",
          "<host ip='10.2.3.6'>", 0 },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_DNS_HOST, -1, "<host ip='10.2.3.5'><hostname>i</hostname></host>",
          "already at least one DNS HOST", ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_MODIFY, NETWORK_SECTION_DNS_HOST, -1, "<host ip='10.2.3.5'><hostname>i</hostname></host>",
          "<hostname>i</hostname>", 0 },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_DNS_HOST, -1, "<host><hostname>h</hostname></host>",
          "<srv service='s' protocol='udp'/>\n  </dns>", 0 },
        { NETWORK_UPDATE_MODIFY, NETWORK_SECTION_DNS_TXT, -1, "<txt name='t' value='w'/>", "value='w'", 0 },
        { NETWORK_UPDATE_MODIFY, NETWORK_SECTION_DNS_TXT, -1, "<txt name='u' value='w'/>", "couldn't locate",
          ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_DNS_TXT, -1, "<txt name='t' value='w'/>", "already",
          ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_DNS_TXT, -1, "<txt name='t'/>", "<dns>\n    <srv", 0 },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_DNS_SRV, -1, "<srv protocol='udp'/>", "port='1'/>\n    <host", 0 },
        { NETWORK_UPDATE_DELETE, NETWORK_SECTION_DNS_SRV, -1, "<srv service='s'/>", "multiple",
          ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_MODIFY, NETWORK_SECTION_DNS_SRV, -1, "<srv service='s' protocol='tcp' target='y'/>",
          "target='y'", 0 },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_IP_DHCP_HOST, 0, "<host name='v6' ip='fd01::77'/>",
          "the address family of a host entry IP must match", ERROR_OPERATION_INVALID },
        { NETWORK_UPDATE_ADD_LAST, NETWORK_SECTION_BRIDGE, -1, "<bridge/>", "can't update 'bridge' section",
          ERROR_OPERATION_UNSUPPORTED },
        { NETWORK_UPDATE_ADD_LAST, 99, -1, "<bridge/>", "unrecognized section", ERROR_OPERATION_UNSUPPORTED },
        { 9, NETWORK_SECTION_DNS_TXT, -1, "<txt/>", "command code 9", ERROR_OPERATION_UNSUPPORTED },
        { NETWORK_UPDATE_NONE, NETWORK_SECTION_DNS_TXT, -1, "<txt/>", "command code 0", ERROR_OPERATION_UNSUPPORTED },
};

static void test_updates(void **state)
{
        _cleanup_(network_def_unrefp) NetworkDef *def = parse(BASE);
        g_autofree char *before = network_def_format(def, 0), *after = NULL;

        for (unsigned i = 0; i < ELEMENTSOF(updates); i++) {
                _cleanup_(network_def_unrefp) NetworkDef *changed = NULL;
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *text = NULL;
                int r = network_def_update(def, updates[i].command, updates[i].section, updates[i].parent,
                                           updates[i].xml, strlen(updates[i].xml), &changed, &error);

                if ((r < 0) != (updates[i].code != 0))
                        fail_msg("%s: %d", updates[i].xml, r);
                assert_int_equal(error.code, updates[i].code);
                text = r < 0 ? error_message(&error) : network_def_format(changed, 0);
                if (!strstr(text, updates[i].part))
                        fail_msg("%s: '%s' is not in '%s'", updates[i].xml, updates[i].part, text);
        }
        after = network_def_format(def, 0);
        assert_string_equal(before, after);
}

static void test_words(void **state)
{
        for (int i = 1; i < _NETWORK_FORWARD_MAX; i++)
                assert_int_equal(network_forward_from_string(network_forward_to_string(i)), i);
        for (int i = 1; i < _NETWORK_LEASE_UNIT_MAX; i++)
                assert_int_equal(network_lease_unit_from_string(network_lease_unit_to_string(i)), i);
        for (int i = 1; i < _NETWORK_DRIVER_MAX; i++)
                assert_int_equal(network_driver_from_string(network_driver_to_string(i)), i);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_live),
                cmocka_unit_test(test_normalize),
                cmocka_unit_test(test_prefixes),
                cmocka_unit_test(test_updates),
                cmocka_unit_test(test_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
