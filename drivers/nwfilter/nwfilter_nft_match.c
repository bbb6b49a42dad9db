/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nwfilter/nwfilter_nft_match.h"

#include "drivers/model/ip_address.h"
#include "drivers/nwfilter/nwfilter_nft.h"

#include <stdio.h>
#include <string.h>

#define P(name) (UINT32_C(1) << NWFILTER_PROTOCOL_##name)
#define V4 (P(TCP) | P(UDP) | P(UDPLITE) | P(ESP) | P(AH) | P(SCTP) | P(ICMP) | P(ALL) | P(IGMP))
#define V6                                                                                          \
        (P(TCP_IPV6) | P(UDP_IPV6) | P(UDPLITE_IPV6) | P(ESP_IPV6) | P(AH_IPV6) | P(SCTP_IPV6) |    \
         P(ICMPV6) | P(ALL_IPV6))
#define ARPS (P(ARP) | P(RARP))
#define ANY (~UINT32_C(0))

/* Which frames are of the protocol. By the type that stands in the frame, which is not that of one within a VLAN. */
static const char *const frames[_NWFILTER_PROTOCOL_MAX] = {
        [NWFILTER_PROTOCOL_VLAN] = "ether type vlan ",
        [NWFILTER_PROTOCOL_STP] = "ether daddr 01:80:c2:00:00:00 @ll,112,16 0x4242 ",
        [NWFILTER_PROTOCOL_ARP] = "ether type arp ",
        [NWFILTER_PROTOCOL_RARP] = "ether type 0x8035 ",
        [NWFILTER_PROTOCOL_IP] = "ether type ip ",
        [NWFILTER_PROTOCOL_IPV6] = "ether type ip6 ",
        [NWFILTER_PROTOCOL_TCP] = "ether type ip meta l4proto 6 ",
        [NWFILTER_PROTOCOL_UDP] = "ether type ip meta l4proto 17 ",
        [NWFILTER_PROTOCOL_UDPLITE] = "ether type ip meta l4proto 136 ",
        [NWFILTER_PROTOCOL_ESP] = "ether type ip meta l4proto 50 ",
        [NWFILTER_PROTOCOL_AH] = "ether type ip meta l4proto 51 ",
        [NWFILTER_PROTOCOL_SCTP] = "ether type ip meta l4proto 132 ",
        [NWFILTER_PROTOCOL_ICMP] = "ether type ip meta l4proto 1 ",
        [NWFILTER_PROTOCOL_ALL] = "ether type ip ",
        [NWFILTER_PROTOCOL_IGMP] = "ether type ip meta l4proto 2 ",
        [NWFILTER_PROTOCOL_TCP_IPV6] = "ether type ip6 meta l4proto 6 ",
        [NWFILTER_PROTOCOL_UDP_IPV6] = "ether type ip6 meta l4proto 17 ",
        [NWFILTER_PROTOCOL_UDPLITE_IPV6] = "ether type ip6 meta l4proto 136 ",
        [NWFILTER_PROTOCOL_ESP_IPV6] = "ether type ip6 meta l4proto 50 ",
        [NWFILTER_PROTOCOL_AH_IPV6] = "ether type ip6 meta l4proto 51 ",
        [NWFILTER_PROTOCOL_SCTP_IPV6] = "ether type ip6 meta l4proto 132 ",
        [NWFILTER_PROTOCOL_ICMPV6] = "ether type ip6 meta l4proto 58 ",
        [NWFILTER_PROTOCOL_ALL_IPV6] = "ether type ip6 ",
};

/* What a value is, which says how it is read and written. */
typedef enum Kind {
        KIND_NUMBER,   /* other: the end of a range */
        KIND_MAC,      /* other: a mask */
        KIND_RAW_MAC,  /* likewise, as bytes at a place in the frame */
        KIND_IP,       /* other: a prefix */
        KIND_IPV6,     /* likewise */
        KIND_RAW_IP,   /* likewise, as bytes */
        KIND_IP_RANGE, /* other: the end */
        KIND_IPV6_RANGE,
        KIND_TCP_FLAGS,
        KIND_NOTHING, /* nftables has no match for it */
} Kind;

#define NO_OTHER _NWFILTER_FIELD_MAX

typedef struct Row {
        uint32_t protocols;
        NwfilterField field, other;
        Kind kind;
        const char *attribute;
        const char *match, *reversed;
        uint32_t max; /* of a number */
} Row;

#define FIELD(protocols, field, kind, attribute, match, ...)                                        \
        { protocols, NWFILTER_##field, NO_OTHER, KIND_##kind, attribute, match, match, ##__VA_ARGS__ }
#define PAIR(protocols, field, other, kind, attribute, match, ...)                                  \
        { protocols, NWFILTER_##field, NWFILTER_##other, KIND_##kind, attribute, match, match, ##__VA_ARGS__ }
#define TURNS(protocols, field, other, kind, attribute, match, reversed, ...)                       \
        { protocols, NWFILTER_##field, NWFILTER_##other, KIND_##kind, attribute, match, reversed, ##__VA_ARGS__ }

/* @ll,OFFSET,LENGTH and @nh, from the beginning of the frame and of what it carries, are in bits. */
static const Row rows[] = {
        PAIR(P(STP), SRC_MAC, SRC_MAC_MASK, MAC, "srcmacaddr", "ether saddr"),
        TURNS(ANY & ~P(STP), SRC_MAC, SRC_MAC_MASK, MAC, "srcmacaddr", "ether saddr", "ether daddr"),
        TURNS(ANY, DST_MAC, DST_MAC_MASK, MAC, "dstmacaddr", "ether daddr", "ether saddr"),
        FIELD(ANY, PROTOCOL_ID, NUMBER, "protocolid", "ether type", UINT16_MAX),
        FIELD(ANY, VLAN_ID, NUMBER, "vlanid", "vlan id", 4095),
        FIELD(ANY, ENCAP_PROTOCOL, NUMBER, "encap-protocol", "vlan type", UINT16_MAX),
        FIELD(ANY, STP_TYPE, NUMBER, "type", "@ll,160,8", UINT8_MAX),
        FIELD(ANY, STP_FLAGS, NUMBER, "flags", "@ll,168,8", UINT8_MAX),
        PAIR(ANY, ROOT_PRIORITY, ROOT_PRIORITY_HI, NUMBER, "root-priority", "@ll,176,16", UINT16_MAX),
        PAIR(ANY, ROOT_ADDRESS, ROOT_ADDRESS_MASK, RAW_MAC, "root-address", "@ll,192,48"),
        PAIR(ANY, ROOT_COST, ROOT_COST_HI, NUMBER, "root-cost", "@ll,240,32", UINT32_MAX),
        PAIR(ANY, SENDER_PRIORITY, SENDER_PRIORITY_HI, NUMBER, "sender-priority", "@ll,272,16", UINT16_MAX),
        PAIR(ANY, SENDER_ADDRESS, SENDER_ADDRESS_MASK, RAW_MAC, "sender-address", "@ll,288,48"),
        PAIR(ANY, PORT, PORT_HI, NUMBER, "port", "@ll,336,16", UINT16_MAX),
        PAIR(ANY, AGE, AGE_HI, NUMBER, "age", "@ll,352,16", UINT16_MAX),
        PAIR(ANY, MAX_AGE, MAX_AGE_HI, NUMBER, "max-age", "@ll,368,16", UINT16_MAX),
        PAIR(ANY, HELLO_TIME, HELLO_TIME_HI, NUMBER, "hello-time", "@ll,384,16", UINT16_MAX),
        PAIR(ANY, FORWARD_DELAY, FORWARD_DELAY_HI, NUMBER, "forward-delay", "@ll,400,16", UINT16_MAX),
        FIELD(ANY, HW_TYPE, NUMBER, "hwtype", "@nh,0,16", UINT16_MAX),
        FIELD(ANY, PROTOCOL_TYPE, NUMBER, "protocoltype", "@nh,16,16", UINT16_MAX),
        FIELD(ANY, OPCODE, NUMBER, "opcode", "@nh,48,16", UINT16_MAX),
        { ANY, NWFILTER_ARP_SRC_MAC, NO_OTHER, KIND_RAW_MAC, "arpsrcmacaddr", "@nh,64,48", "@nh,144,48" },
        { ANY, NWFILTER_ARP_DST_MAC, NO_OTHER, KIND_RAW_MAC, "arpdstmacaddr", "@nh,144,48", "@nh,64,48" },
        TURNS(ANY, ARP_SRC_IP, ARP_SRC_IP_MASK, RAW_IP, "arpsrcipaddr", "@nh,112,32", "@nh,192,32"),
        TURNS(ANY, ARP_DST_IP, ARP_DST_IP_MASK, RAW_IP, "arpdstipaddr", "@nh,192,32", "@nh,112,32"),
        FIELD(ANY, GRATUITOUS, NOTHING, "gratuitous", "that two parts of a frame are alike"),
        TURNS(V4 | P(IP), SRC_IP, SRC_IP_MASK, IP, "srcipaddr", "ip saddr", "ip daddr"),
        TURNS(V4 | P(IP), DST_IP, DST_IP_MASK, IP, "dstipaddr", "ip daddr", "ip saddr"),
        TURNS(V6 | P(IPV6), SRC_IP, SRC_IP_MASK, IPV6, "srcipaddr", "ip6 saddr", "ip6 daddr"),
        TURNS(V6 | P(IPV6), DST_IP, DST_IP_MASK, IPV6, "dstipaddr", "ip6 daddr", "ip6 saddr"),
        TURNS(V4, SRC_IP_FROM, SRC_IP_TO, IP_RANGE, "srcipfrom", "ip saddr", "ip daddr"),
        TURNS(V4, DST_IP_FROM, DST_IP_TO, IP_RANGE, "dstipfrom", "ip daddr", "ip saddr"),
        TURNS(V6, SRC_IP_FROM, SRC_IP_TO, IPV6_RANGE, "srcipfrom", "ip6 saddr", "ip6 daddr"),
        TURNS(V6, DST_IP_FROM, DST_IP_TO, IPV6_RANGE, "dstipfrom", "ip6 daddr", "ip6 saddr"),
        FIELD(ANY, IP_PROTOCOL, NUMBER, "protocol", "meta l4proto", UINT8_MAX),
        FIELD(V4, DSCP, NUMBER, "dscp", "ip dscp", 63),
        FIELD(V6, DSCP, NUMBER, "dscp", "ip6 dscp", 63),
        FIELD(ANY, IP_DSCP, NUMBER, "dscp", "ip dscp", 63),
        TURNS(ANY, SRC_PORT_START, SRC_PORT_END, NUMBER, "srcportstart", "th sport", "th dport", UINT16_MAX),
        TURNS(ANY, DST_PORT_START, DST_PORT_END, NUMBER, "dstportstart", "th dport", "th sport", UINT16_MAX),
        FIELD(ANY, TCP_FLAGS, TCP_FLAGS, "flags", "tcp flags"),
        FIELD(P(ICMP), ICMP_TYPE, NUMBER, "type", "icmp type", UINT8_MAX),
        FIELD(P(ICMP), ICMP_CODE, NUMBER, "code", "icmp code", UINT8_MAX),
        PAIR(P(ICMPV6) | P(IPV6), ICMP_TYPE, ICMP_TYPE_END, NUMBER, "type", "icmpv6 type", UINT8_MAX),
        PAIR(P(ICMPV6) | P(IPV6), ICMP_CODE, ICMP_CODE_END, NUMBER, "code", "icmpv6 code", UINT8_MAX),
        FIELD(ANY, IPSET, NOTHING, "ipset", "sets of iptables"),
};

bool nwfilter_nft_is_packet(const NwfilterFlatRule *rule)
{
        return rule->protocol != 0 && ((V4 | V6) & UINT32_C(1) << rule->protocol);
}

bool nwfilter_nft_is_ipv6(NwfilterProtocol protocol)
{
        return V6 & UINT32_C(1) << protocol;
}

int nwfilter_nft_refuse(const NwfilterFlatRule *rule, const char *attribute, ErrorCode code, Error *error,
                        const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list args;

        va_start(args, format);
        text = g_strdup_vprintf(format, args);
        va_end(args);
        return error_set(error, code, "filter '%s': rule/%s/@%s: %s", rule->filter->name,
                         nwfilter_protocol_to_string(rule->protocol), attribute, text);
}

/* -- values --------------------------------------------------------------------------------------------------- */

static int not_such(const NwfilterFlatRule *rule, const Row *row, const char *text, Error *error)
{
        return nwfilter_nft_refuse(rule, row->attribute, ERROR_CONFIG_UNSUPPORTED, error, "'%s' is no value of it",
                                   text);
}

static bool read_mac(const char *text, uint64_t *ret)
{
        unsigned bytes[6];
        int end = 0;

        if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", bytes, bytes + 1, bytes + 2, bytes + 3, bytes + 4, bytes + 5,
                   &end) != 6 || text[end])
                return false;
        *ret = 0;
        for (unsigned i = 0; i < ELEMENTSOF(bytes); i++)
                *ret = *ret << 8 | bytes[i];
        return true;
}

static void append_mac(GString *out, uint64_t mac, bool raw)
{
        if (raw) {
                g_string_append_printf(out, "0x%012" PRIx64 " ", mac);
                return;
        }
        for (int shift = 40; shift >= 0; shift -= 8)
                g_string_append_printf(out, "%02x%c", (unsigned) (mac >> shift & 0xff), shift > 0 ? ':' : ' ');
}

/* One row of one rule. */
typedef struct Match {
        const NwfilterFlatRule *rule;
        const Row *row;
        const char *text, *other; /* other: NULL where there is none */
        const char *match;
        const char *not; /* "" or "!= " */
        GString *out;
        Error *error;
} Match;

static int add_number(const Match *m)
{
        uint32_t first, last;

        if (nwfilter_value_number(m->row->field, m->text, m->row->max, &first) < 0)
                return not_such(m->rule, m->row, m->text, m->error);
        g_string_append_printf(m->out, "%s %s%" PRIu32, m->match, m->not, first);
        if (m->other && nwfilter_value_number(m->row->other, m->other, m->row->max, &last) < 0)
                return not_such(m->rule, m->row, m->other, m->error);
        if (m->other && last > first)
                g_string_append_printf(m->out, "-%" PRIu32, last);
        g_string_append_c(m->out, ' ');
        return 0;
}

static int add_mac(const Match *m)
{
        bool raw = m->row->kind == KIND_RAW_MAC;
        uint64_t mac, mask = UINT64_C(0xffffffffffff);

        if (!read_mac(m->text, &mac))
                return not_such(m->rule, m->row, m->text, m->error);
        if (m->other && !read_mac(m->other, &mask))
                return not_such(m->rule, m->row, m->other, m->error);
        g_string_append_printf(m->out, "%s ", m->match);
        if (mask != UINT64_C(0xffffffffffff)) {
                g_string_append(m->out, "& ");
                append_mac(m->out, mask, raw);
                g_string_append(m->out, *m->not ? "" : "== ");
        }
        g_string_append(m->out, m->not);
        append_mac(m->out, mac & mask, raw);
        return 0;
}

/* Where in what the frame carries the address stands that "ip saddr" and "ip daddr" are. */
static const char *raw_place(const char *match)
{
        return streq(match, "ip saddr") ? "@nh,96,32" : streq(match, "ip daddr") ? "@nh,128,32" : match;
}

static int add_learned(const Match *m)
{
        if (m->other && !streq(m->other, "32"))
                return nwfilter_nft_refuse(m->rule, m->row->attribute, ERROR_CONFIG_UNSUPPORTED, m->error,
                                           "a mask takes an address that is known: the parameter IP");
        g_string_append_printf(m->out, "%s %s@%s ", raw_place(m->match), m->not, NWFILTER_ADDRESS_SET);
        return 0;
}

static int read_ip(const Match *m, const char *text, bool v6, IpAddress *ret)
{
        if (ip_address_parse(text, ret) < 0 || ret->v6 != v6)
                return not_such(m->rule, m->row, text, m->error);
        return 0;
}

static void add_raw_ip(const Match *m, const IpAddress *network, uint32_t prefix)
{
        uint32_t value = 0;

        for (unsigned i = 0; i < 4; i++)
                value = value << 8 | network->bytes[i];
        g_string_append_printf(m->out, "%s ", m->match);
        if (prefix < 32)
                g_string_append_printf(m->out, "& 0x%08" PRIx32 " %s", ~(UINT32_MAX >> prefix), *m->not ? "" : "== ");
        g_string_append_printf(m->out, "%s0x%08" PRIx32 " ", m->not, value);
}

static int add_ip(const Match *m)
{
        bool v6 = m->row->kind == KIND_IPV6;
        uint32_t prefix = v6 ? 128 : 32;
        g_autofree char *text = NULL;
        IpAddress address, network;
        int r;

        if (m->text == nwfilter_learned && !v6)
                return add_learned(m);
        r = read_ip(m, m->text, v6, &address);
        if (r < 0)
                return r;
        if (m->other && nwfilter_value_number(m->row->other, m->other, prefix, &prefix) < 0)
                return not_such(m->rule, m->row, m->other, m->error);
        if (prefix == 0 && !*m->not) /* any */
                return 0;
        network = ip_address_network(&address, prefix);
        if (m->row->kind == KIND_RAW_IP) {
                add_raw_ip(m, &network, prefix);
                return 0;
        }
        text = ip_address_to_string(&network);
        g_string_append_printf(m->out, "%s %s%s", m->match, m->not, text);
        if (prefix < ip_address_bits(&network))
                g_string_append_printf(m->out, "/%" PRIu32, prefix);
        g_string_append_c(m->out, ' ');
        return 0;
}

static int add_ip_range(const Match *m)
{
        bool v6 = m->row->kind == KIND_IPV6_RANGE;
        g_autofree char *from = NULL, *to = NULL;
        IpAddress first, last;
        int r = read_ip(m, m->text, v6, &first);

        if (r >= 0)
                r = read_ip(m, m->other ?: m->text, v6, &last);
        if (r >= 0 && ip_address_compare(&first, &last) > 0)
                r = not_such(m->rule, m->row, m->text, m->error);
        if (r < 0)
                return r;
        from = ip_address_to_string(&first);
        to = ip_address_to_string(&last);
        g_string_append_printf(m->out, "%s %s%s", m->match, m->not, from);
        if (ip_address_compare(&first, &last) < 0)
                g_string_append_printf(m->out, "-%s", to);
        g_string_append_c(m->out, ' ');
        return 0;
}

/* "SYN,ACK", "ALL", "NONE", as nwfilter_value.c writes them. */
static unsigned read_flags(const char *text)
{
        static const char *const words[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG" };
        g_auto(GStrv) parts = g_strsplit(text, ",", -1);
        unsigned flags = 0;

        for (char **part = parts; *part; part++) {
                if (streq(*part, "ALL"))
                        flags |= (1u << ELEMENTSOF(words)) - 1;
                for (unsigned i = 0; i < ELEMENTSOF(words); i++)
                        if (streq(*part, words[i]))
                                flags |= 1u << i;
        }
        return flags;
}

static int add_tcp_flags(const Match *m)
{
        const char *slash = strchrnul(m->text, '/');
        g_autofree char *mask = g_strndup(m->text, (size_t) (slash - m->text));

        g_string_append_printf(m->out, "%s & 0x%02x %s0x%02x ", m->match, read_flags(mask), *m->not ? m->not : "== ",
                               read_flags(*slash ? slash + 1 : slash));
        return 0;
}

static int add_match(const Match *m)
{
        switch (m->row->kind) {
        case KIND_NUMBER:
                return add_number(m);
        case KIND_MAC:
        case KIND_RAW_MAC:
                return add_mac(m);
        case KIND_IP:
        case KIND_IPV6:
        case KIND_RAW_IP:
                return add_ip(m);
        case KIND_IP_RANGE:
        case KIND_IPV6_RANGE:
                return add_ip_range(m);
        case KIND_TCP_FLAGS:
                return add_tcp_flags(m);
        case KIND_NOTHING:
                return nwfilter_nft_refuse(m->rule, m->row->attribute, ERROR_CONFIG_UNSUPPORTED, m->error,
                                           "nftables cannot match on %s", m->match);
        }
        g_assert_not_reached();
}

int nwfilter_nft_match(const NwfilterFlatRule *rule, bool reversed, GString *out, Error *error)
{
        int r = 0;

        g_string_append(out, rule->protocol != 0 ? strempty(frames[rule->protocol]) : "");
        for (size_t i = 0; r >= 0 && rule->protocol != 0 && i < ELEMENTSOF(rows); i++) {
                const Row *row = rows + i;
                const Match match = {
                        .rule = rule,
                        .row = row,
                        .text = rule->values[row->field],
                        .other = row->other == NO_OTHER ? NULL : rule->values[row->other],
                        .match = reversed ? row->reversed : row->match,
                        .not = rule->negated[row->field] ? "!= " : "",
                        .out = out,
                        .error = error,
                };

                if (!match.text || !(row->protocols & UINT32_C(1) << rule->protocol))
                        continue;
                /* what comes to the guest has passed a router, maybe */
                if (row->field == NWFILTER_SRC_MAC && reversed && nwfilter_nft_is_packet(rule))
                        continue;
                r = add_match(&match);
        }
        return r;
}
