/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/nwfilter_def.h"
#include "drivers/model/nwfilter_def_table.h"

#include "tests/unit/definition-tests.h"

DEFINITION_PASS(nwfilter_def, NwfilterDef)
DEFINITION_PASS(nwfilter_binding_def, NwfilterBindingDef)

#define R(inside) "<filter name='f'><rule action='drop' direction='in'>" inside "</rule></filter>"
#define BECOMES_RULE(in, out)                                                                       \
        BECOMES(R(in), "<filter name='f' chain='root'>\n"                                           \
                       "  <rule action='drop' direction='in' priority='500'>\n    " out "\n  </rule>\n</filter>\n")
#define STAYS_RULE(in) BECOMES_RULE(in, in)

static const DefinitionCase forms[] = {
        BECOMES("<filter name='f'><filterref filter='a'><parameter value='2' name='Z'/><parameter name='A' value='9'/>"
                "<parameter name='A' value='1'/><parameter name='b d' value='1'/><parameter name='B' value='1 2'/>"
                "</filterref><rule action='accept' direction='out' statematch='0' priority='9999'/>"
                "<filterref filter='b'/></filter>",
                "<filter name='f' chain='root'>\n"
                "  <filterref filter='a'>\n"
                "    <parameter name='A' value='9'/>\n"
                "    <parameter name='A' value='1'/>\n"
                "    <parameter name='Z' value='2'/>\n"
                "  </filterref>\n"
                "  <rule action='accept' direction='out' priority='500' statematch='false'/>\n"
                "  <filterref filter='b'/>\n"
                "</filter>\n"),
        STAYS("<filter name='f' chain='arp-x' priority='-1'>\n"
              "  <uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid>\n"
              "  <rule action='continue' direction='inout' priority='-1000'/>\n"
              "</filter>\n"),
        BECOMES("<filter name='f' priority='7'/>", "<filter name='f' chain='root'>\n</filter>\n"),
        STAYS("<filter name='f' chain='arpx' priority='-500'>\n</filter>\n"),
        BECOMES("<filter name='f' chain='ipv6'><rule action='return' direction='in'/></filter>",
                "<filter name='f' chain='ipv6' priority='-600'>\n"
                "  <rule action='return' direction='in' priority='500'/>\n</filter>\n"),
        BECOMES("<filter name='f' chain='mac' priority='0'><rule action='reject' direction='in'/></filter>",
                "<filter name='f' chain='mac' priority='0'>\n"
                "  <rule action='reject' direction='in' priority='500'/>\n</filter>\n"),
        BECOMES_RULE("<mac dstmacmask='ff:ff:0:0:0:0' dstmacaddr='1:2:0:0:0:0' protocolid='0x86DD' comment='c'/>",
                     "<mac dstmacaddr='01:02:00:00:00:00' dstmacmask='ff:ff:00:00:00:00' protocolid='ipv6' "
                     "comment='c'/>"),
        BECOMES_RULE("<vlan vlanid='0X0a' encap-protocol='2048'/>", "<vlan vlanid='0xa' encap-protocol='ipv4'/>"),
        STAYS_RULE("<stp type='0x4' root-cost='4294967295' forward-delay-hi='7'/>"),
        BECOMES_RULE("<arp opcode='1' gratuitous='yes' arpsrcipaddr='010.2.3.4' arpsrcipmask='255.0.0.0'/>",
                     "<arp opcode='Request' arpsrcipaddr='10.2.3.4' arpsrcipmask='8' gratuitous='true'/>"),
        BECOMES_RULE("<rarp hwtype='0x01'/>", "<rarp hwtype='0x1'/>"),
        BECOMES_RULE("<ip protocol='17' dscp='007' dstportend='9' srcportstart='0x10'/>",
                     "<ip protocol='udp' srcportstart='0x10' dstportend='9' dscp='7'/>"),
        BECOMES_RULE("<ipv6 protocol='58' type='1' codeend='2' srcipaddr='FD01:0::1'/>",
                     "<ipv6 srcipaddr='fd01::1' protocol='icmpv6' type='1' codeend='2'/>"),
        BECOMES_RULE("<tcp flags='ack,syn/all' state='related,new' connlimit-above='3' dstportstart='80'/>",
                     "<tcp connlimit-above='3' state='NEW,RELATED' dstportstart='80' flags='SYN,ACK/ALL'/>"),
        BECOMES_RULE("<tcp flags='SYN,FIN/'/>", "<tcp flags='FIN,SYN/NONE'/>"),
        BECOMES_RULE("<udp-ipv6 srcipmask='ffff::' srcipaddr='fd01::'/>",
                     "<udp-ipv6 srcipaddr='fd01::' srcipmask='16'/>"),
        BECOMES_RULE("<all ipsetflags='DST,Src' ipset='a set.1'/>", "<all ipset='a set.1' ipsetflags='dst,src'/>"),
        BECOMES_RULE("<sctp srcipaddr='$IP[ 2 ] ' srcportstart='$P[@0]' dstportstart='$P[ @3]'/>",
                     "<sctp srcipaddr='$IP[2]' srcportstart='$P' dstportstart='$P[@3]'/>"),
        /* elements of one protocol are one match, and those that are not so are told apart */
        BECOMES_RULE("<tcp match='no' srcipaddr='1.2.3.4'/><tcp dstportstart='4'/><tcp match='no' state='NEW'/><udp/>",
                     "<tcp match='no' srcipaddr='1.2.3.4' state='NEW'/>\n    <tcp dstportstart='4'/>"),
        BECOMES_RULE("<tcp match='no' srcipaddr='1.2.3.4' srcipmask='24' dstportstart='4'/>",
                     "<tcp match='no' srcipaddr='1.2.3.4' srcipmask='24'/>\n    <tcp dstportstart='4'/>"),
        BECOMES_RULE("<udp match='no' srcportstart='1'/><udp dstportstart='2'/>",
                     "<udp match='no' srcportstart='1' dstportstart='2'/>"),
        BECOMES_RULE("<igmp match='yes'/>", "<igmp/>"),
        /* what the protocol does not have is left out */
        BECOMES_RULE("<esp dstmacaddr='1:2:3:4:5:6' ipset='x' srcportstart='3'/>", "<esp/>"),
};

static const DefinitionCase refusals[] = {
        REFUSED("<filter/>", ERROR_XML_ERROR, "name"),
        REFUSED("<filter name='f' chain='x'/>", ERROR_INVALID_ARG, "Invalid chain name 'x'"),
        REFUSED("<filter name='f' chain='rootx'/>", ERROR_INVALID_ARG, "Invalid chain name"),
        REFUSED("<filter name='f' chain='arp-a b'/>", ERROR_INVALID_ARG, "invalid characters"),
        REFUSED("<filter name='f' priority='1001'/>", ERROR_XML_ERROR, "1001"),
        REFUSED("<filter name='f'><rule direction='in'/></filter>", ERROR_XML_ERROR, "action"),
        REFUSED("<filter name='f'><rule action='drop'/></filter>", ERROR_XML_ERROR, "direction"),
        REFUSED("<filter name='f'><filterref/></filter>", ERROR_XML_ERROR, "filter"),
        REFUSED(R("<tcp dscp='64'/>"), ERROR_XML_ERROR, "dscp"),
        REFUSED(R("<tcp srcportstart='65536'/>"), ERROR_XML_ERROR, "srcportstart"),
        REFUSED(R("<tcp srcportstart=''/>"), ERROR_XML_ERROR, "srcportstart"),
        REFUSED(R("<tcp srcportstart='1x'/>"), ERROR_XML_ERROR, "srcportstart"),
        REFUSED(R("<tcp state='OPEN'/>"), ERROR_XML_ERROR, "state"),
        REFUSED(R("<tcp flags='SYN'/>"), ERROR_XML_ERROR, "flags"),
        REFUSED(R("<tcp srcipaddr='::1'/>"), ERROR_XML_ERROR, "srcipaddr"),
        REFUSED(R("<tcp-ipv6 srcipaddr='1.2.3.4'/>"), ERROR_XML_ERROR, "srcipaddr"),
        REFUSED(R("<tcp srcipaddr='$A B'/>"), ERROR_XML_ERROR, "srcipaddr"),
        REFUSED(R("<tcp srcipaddr='$A[@x]'/>"), ERROR_XML_ERROR, "srcipaddr"),
        REFUSED(R("<tcp srcipaddr='$A[99999999999999999999]'/>"), ERROR_XML_ERROR, "srcipaddr"),
        REFUSED(R("<ip srcipmask='255.0.255.0'/>"), ERROR_XML_ERROR, "srcipmask"),
        REFUSED(R("<ip srcipmask='33'/>"), ERROR_XML_ERROR, "srcipmask"),
        REFUSED(R("<ip srcportstart='3'/>"), ERROR_INTERNAL, "requires protocol specification"),
        REFUSED(R("<ipv6 protocol='esp' srcportstart='3'/>"), ERROR_INTERNAL, "IPv6 rule with port"),
        REFUSED(R("<mac protocolid='0x5ff'/>"), ERROR_XML_ERROR, "protocolid"),
        REFUSED(R("<mac srcmacmask='ff:00:ff:0:0:0'/>"), ERROR_XML_ERROR, "srcmacmask"),
        REFUSED(R("<vlan vlanid='4096'/>"), ERROR_XML_ERROR, "vlanid"),
        REFUSED(R("<arp opcode='10x'/>"), ERROR_XML_ERROR, "opcode"),
        REFUSED(R("<all ipset='a*b'/>"), ERROR_XML_ERROR, "ipset"),
        REFUSED(R("<all ipsetflags='src,src,src,src,src,src,src'/>"), ERROR_XML_ERROR, "ipsetflags"),
};

#define B(inside)                                                                                   \
        "<filterbinding>\n  <owner>\n    <name>vm</name>\n"                                         \
        "    <uuid>0e3bd3ad-54f1-4a4d-a4ba-63fdd6c0c6b1</uuid>\n  </owner>\n" inside "</filterbinding>\n"

static const DefinitionCase bindings[] = {
        STAYS(B("  <portdev name='vnet3'/>\n  <linkdev name='eth0'/>\n  <mac address='52:54:00:00:00:01'/>\n"
                "  <filterref filter='clean'>\n    <parameter name='IP' value='10.0.0.4'/>\n  </filterref>\n")),
        REFUSED("<filterbinding/>", ERROR_XML_ERROR, "name"),
        REFUSED(B("<portdev name='v'/><mac address='52:54:00:00:00:01'/>"), ERROR_XML_ERROR, "filter"),
        REFUSED(B("<mac address='52:54:00:00:00:01'/><filterref filter='x'/>"), ERROR_XML_ERROR, "portdev"),
        REFUSED(B("<portdev name='v'/><filterref filter='x'/>"), ERROR_XML_ERROR, "mac"),
        REFUSED(B("<portdev name='a b'/><mac address='52:54:00:00:00:01'/><filterref filter='x'/>"), ERROR_XML_ERROR,
                "a b"),
};

static void test_tables(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&nwfilter_def_type, &text) || !def_type_check(&nwfilter_binding_def_type, &text))
                fail_msg("%s", text);
}

static void test_forms(void **state)
{
        definition_run_cases(pass_nwfilter_def, forms, ELEMENTSOF(forms));
}

static void test_refusals(void **state)
{
        definition_run_cases(pass_nwfilter_def, refusals, ELEMENTSOF(refusals));
}

static void test_bindings(void **state)
{
        definition_run_cases(pass_nwfilter_binding_def, bindings, ELEMENTSOF(bindings));
}

/* Rules and references differ even where their fields do not. */
static void test_kinds_of_entries(void **state)
{
        static const char *const texts[] = {
                "<filter name='f'><rule action='drop' direction='in'><tcp/></rule></filter>",
                "<filter name='f'><rule action='drop' direction='in'><udp/></rule></filter>",
        };
        NwfilterDef *defs[ELEMENTSOF(texts)];

        for (unsigned i = 0; i < ELEMENTSOF(texts); i++)
                assert_int_equal(nwfilter_def_parse(texts[i], strlen(texts[i]), 0, NULL, defs + i, NULL), 0);
        assert_false(nwfilter_def_equal(defs[0], defs[1]));
        for (unsigned i = 0; i < ELEMENTSOF(texts); i++)
                nwfilter_def_unref(defs[i]);
}

static void test_normalize(void **state)
{
        static const char text[] = "<filter name='f'/>";
        _cleanup_(nwfilter_def_unrefp) NwfilterDef *def = NULL, *once = NULL, *twice = NULL;

        assert_int_equal(nwfilter_def_parse(text, strlen(text), 0, NULL, &def, NULL), 0);
        assert_int_equal(nwfilter_def_normalize(def, &once, NULL), 0);
        assert_int_equal(nwfilter_def_normalize(once, &twice, NULL), 0);
        assert_true(nwfilter_def_equal(once, twice));
        assert_int_equal(strlen(once->uuid), 36);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_tables),
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_refusals),
                cmocka_unit_test(test_bindings),
                cmocka_unit_test(test_kinds_of_entries),
                cmocka_unit_test(test_normalize),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
