/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/nwfilter_def_table.h"

/* The elements within the rules of a filter: one struct for all protocols, each row with those that have it. */

const char *const nwfilter_protocol_table[_NWFILTER_PROTOCOL_MAX] = {
        [NWFILTER_PROTOCOL_MAC] = "mac",
        [NWFILTER_PROTOCOL_VLAN] = "vlan",
        [NWFILTER_PROTOCOL_STP] = "stp",
        [NWFILTER_PROTOCOL_ARP] = "arp",
        [NWFILTER_PROTOCOL_RARP] = "rarp",
        [NWFILTER_PROTOCOL_IP] = "ip",
        [NWFILTER_PROTOCOL_IPV6] = "ipv6",
        [NWFILTER_PROTOCOL_TCP] = "tcp",
        [NWFILTER_PROTOCOL_UDP] = "udp",
        [NWFILTER_PROTOCOL_UDPLITE] = "udplite",
        [NWFILTER_PROTOCOL_ESP] = "esp",
        [NWFILTER_PROTOCOL_AH] = "ah",
        [NWFILTER_PROTOCOL_SCTP] = "sctp",
        [NWFILTER_PROTOCOL_ICMP] = "icmp",
        [NWFILTER_PROTOCOL_ALL] = "all",
        [NWFILTER_PROTOCOL_IGMP] = "igmp",
        [NWFILTER_PROTOCOL_TCP_IPV6] = "tcp-ipv6",
        [NWFILTER_PROTOCOL_UDP_IPV6] = "udp-ipv6",
        [NWFILTER_PROTOCOL_UDPLITE_IPV6] = "udplite-ipv6",
        [NWFILTER_PROTOCOL_ESP_IPV6] = "esp-ipv6",
        [NWFILTER_PROTOCOL_AH_IPV6] = "ah-ipv6",
        [NWFILTER_PROTOCOL_SCTP_IPV6] = "sctp-ipv6",
        [NWFILTER_PROTOCOL_ICMPV6] = "icmpv6",
        [NWFILTER_PROTOCOL_ALL_IPV6] = "all-ipv6",
};
DEFINE_STRING_TABLE(nwfilter_protocol, NwfilterProtocol)

#define P(name) IS(NWFILTER_PROTOCOL_##name)
#define L3_V4 (P(TCP) | P(UDP) | P(UDPLITE) | P(ESP) | P(AH) | P(SCTP) | P(ICMP) | P(ALL) | P(IGMP))
#define L3_V6                                                                                       \
        (P(TCP_IPV6) | P(UDP_IPV6) | P(UDPLITE_IPV6) | P(ESP_IPV6) | P(AH_IPV6) | P(SCTP_IPV6) |    \
         P(ICMPV6) | P(ALL_IPV6))
#define L3 (L3_V4 | L3_V6)
#define V4 (L3_V4 | P(IP))
#define V6 (L3_V6 | P(IPV6))
#define ARPS (P(ARP) | P(RARP))
/* what looks at the whole frame */
#define FRAME (P(MAC) | P(VLAN) | ARPS | P(IP) | P(IPV6))
#define PORTS                                                                                       \
        (P(IP) | P(IPV6) | P(TCP) | P(UDP) | P(SCTP) | P(TCP_IPV6) | P(UDP_IPV6) | P(SCTP_IPV6))

#define VALUE(name_, field, protocols, hatch_)                                                      \
        ATTR(NwfilterMatch, name_, values[NWFILTER_##field], WHEN(NwfilterMatch, protocol, protocols), \
             HATCH(nwfilter_value_##hatch_))

static const DefRow match_rows[] = {
        ATTR(NwfilterMatch, "match", match, YES_NO),
        VALUE("srcmacaddr", SRC_MAC, FRAME | P(STP) | L3, mac),
        VALUE("srcmacmask", SRC_MAC_MASK, FRAME | P(STP), mac_mask),
        VALUE("dstmacaddr", DST_MAC, FRAME, mac),
        VALUE("dstmacmask", DST_MAC_MASK, FRAME, mac_mask),
        VALUE("protocolid", PROTOCOL_ID, P(MAC), mac_protocol),
        VALUE("vlanid", VLAN_ID, P(VLAN), vlan),
        VALUE("encap-protocol", ENCAP_PROTOCOL, P(VLAN), mac_protocol),
        VALUE("type", STP_TYPE, P(STP), u8),
        VALUE("flags", STP_FLAGS, P(STP), u8),
        VALUE("root-priority", ROOT_PRIORITY, P(STP), u16),
        VALUE("root-priority-hi", ROOT_PRIORITY_HI, P(STP), u16),
        VALUE("root-address", ROOT_ADDRESS, P(STP), mac),
        VALUE("root-address-mask", ROOT_ADDRESS_MASK, P(STP), mac_mask),
        VALUE("root-cost", ROOT_COST, P(STP), u32),
        VALUE("root-cost-hi", ROOT_COST_HI, P(STP), u32),
        VALUE("sender-priority", SENDER_PRIORITY, P(STP), u16),
        VALUE("sender-priority-hi", SENDER_PRIORITY_HI, P(STP), u16),
        VALUE("sender-address", SENDER_ADDRESS, P(STP), mac),
        VALUE("sender-address-mask", SENDER_ADDRESS_MASK, P(STP), mac_mask),
        VALUE("port", PORT, P(STP), u16),
        VALUE("port-hi", PORT_HI, P(STP), u16),
        VALUE("age", AGE, P(STP), u16),
        VALUE("age-hi", AGE_HI, P(STP), u16),
        VALUE("max-age", MAX_AGE, P(STP), u16),
        VALUE("max-age-hi", MAX_AGE_HI, P(STP), u16),
        VALUE("hello-time", HELLO_TIME, P(STP), u16),
        VALUE("hello-time-hi", HELLO_TIME_HI, P(STP), u16),
        VALUE("forward-delay", FORWARD_DELAY, P(STP), u16),
        VALUE("forward-delay-hi", FORWARD_DELAY_HI, P(STP), u16),
        VALUE("hwtype", HW_TYPE, ARPS, u16),
        VALUE("protocoltype", PROTOCOL_TYPE, ARPS, u16),
        VALUE("opcode", OPCODE, ARPS, opcode),
        VALUE("arpsrcmacaddr", ARP_SRC_MAC, ARPS, mac),
        VALUE("arpdstmacaddr", ARP_DST_MAC, ARPS, mac),
        VALUE("arpsrcipaddr", ARP_SRC_IP, ARPS, ip),
        VALUE("arpsrcipmask", ARP_SRC_IP_MASK, ARPS, ip_mask),
        VALUE("arpdstipaddr", ARP_DST_IP, ARPS, ip),
        VALUE("arpdstipmask", ARP_DST_IP_MASK, ARPS, ip_mask),
        VALUE("gratuitous", GRATUITOUS, ARPS, bool),
        VALUE("srcipaddr", SRC_IP, V4, ip),
        VALUE("srcipaddr", SRC_IP, V6, ipv6),
        VALUE("srcipmask", SRC_IP_MASK, V4, ip_mask),
        VALUE("srcipmask", SRC_IP_MASK, V6, ipv6_mask),
        VALUE("dstipaddr", DST_IP, V4, ip),
        VALUE("dstipaddr", DST_IP, V6, ipv6),
        VALUE("dstipmask", DST_IP_MASK, V4, ip_mask),
        VALUE("dstipmask", DST_IP_MASK, V6, ipv6_mask),
        VALUE("srcipfrom", SRC_IP_FROM, L3_V4, ip),
        VALUE("srcipfrom", SRC_IP_FROM, L3_V6, ipv6),
        VALUE("srcipto", SRC_IP_TO, L3_V4, ip),
        VALUE("srcipto", SRC_IP_TO, L3_V6, ipv6),
        VALUE("dstipfrom", DST_IP_FROM, L3_V4, ip),
        VALUE("dstipfrom", DST_IP_FROM, L3_V6, ipv6),
        VALUE("dstipto", DST_IP_TO, L3_V4, ip),
        VALUE("dstipto", DST_IP_TO, L3_V6, ipv6),
        VALUE("protocol", IP_PROTOCOL, P(IP) | P(IPV6), ip_protocol),
        VALUE("dscp", DSCP, L3, dscp),
        VALUE("connlimit-above", CONNLIMIT_ABOVE, L3, u16),
        VALUE("state", STATE, L3, state),
        VALUE("srcportstart", SRC_PORT_START, PORTS, u16),
        VALUE("srcportend", SRC_PORT_END, PORTS, u16),
        VALUE("dstportstart", DST_PORT_START, PORTS, u16),
        VALUE("dstportend", DST_PORT_END, PORTS, u16),
        VALUE("dscp", IP_DSCP, P(IP), dscp),
        VALUE("flags", TCP_FLAGS, P(TCP) | P(TCP_IPV6), tcp_flags),
        VALUE("type", ICMP_TYPE, P(ICMP) | P(ICMPV6) | P(IPV6), u8),
        VALUE("typeend", ICMP_TYPE_END, P(IPV6), u8),
        VALUE("code", ICMP_CODE, P(ICMP) | P(ICMPV6) | P(IPV6), u8),
        VALUE("codeend", ICMP_CODE_END, P(IPV6), u8),
        VALUE("ipset", IPSET, P(ALL) | P(ALL_IPV6), ipset),
        VALUE("ipsetflags", IPSET_FLAGS, P(ALL) | P(ALL_IPV6), ipset_flags),
        ATTR(NwfilterMatch, "comment", values[NWFILTER_COMMENT], HATCH(nwfilter_value_comment)),
};

/* "yes" is what it is without saying, and so is anything but "no". */
static void match_finish(void *p, Arena *arena, bool live)
{
        NwfilterMatch *match = p;

        if (match->match == TRISTATE_YES)
                match->match = TRISTATE_ABSENT;
}

DEF_TYPE_PLAIN(nwfilter_match_type, NwfilterMatch, match_rows, .finish = match_finish);
