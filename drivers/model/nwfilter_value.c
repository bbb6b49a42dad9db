/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/ip_address.h"
#include "drivers/model/nwfilter_def_table.h"

#include <stdlib.h>
#include <string.h>

/* Values in the rules of filters. All of them are kept as text, written in one way. */

#define COMMENT_MAX 255
#define IPSET_NAME_MAX 31
#define IPSET_FLAGS_MAX 6
#define VARIABLE_CHARACTERS G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_"

static bool put(Arena *arena, void *field, const char *text)
{
        *(const char **) field = arena_strdup(arena, text);
        return true;
}

/* "$NAME", "$NAME[3]", "$NAME[@2]", with blanks inside the brackets and behind. 0 is the first iterator. */
static bool parse_variable(Arena *arena, const char *text, void *field)
{
        size_t n = strspn(text + 1, VARIABLE_CHARACTERS);
        const char *p = text + 1 + n;
        unsigned long index;
        bool iterator;
        char *end;

        if (*p != '[') {
                *(const char **) field = arena_strndup(arena, text, n + 1);
                return p[strspn(p, " \t")] == '\0';
        }
        p += 1 + strspn(p + 1, " \t");
        iterator = *p == '@';
        p += iterator;
        if (!g_ascii_isdigit(*p))
                return false;
        errno = 0;
        index = strtoul(p, &end, 10);
        end += strspn(end, " \t");
        if (errno != 0 || index > UINT32_MAX || *end != ']' || end[1 + strspn(end + 1, " \t")])
                return false;
        if (iterator && index == 0)
                *(const char **) field = arena_strndup(arena, text, n + 1);
        else
                *(const char **) field = arena_printf(arena, "%.*s[%s%lu]", (int) n + 1, text, iterator ? "@" : "",
                                                      index);
        return true;
}

#define VARIABLE_OR(arena, text, field)                                                             \
        if (*(text) == '$')                                                                         \
                return parse_variable(arena, text, field)

/* Decimal or, with 0x, hexadecimal: stays what it is. */
static bool parse_number(const char *text, unsigned long max, unsigned long *ret, bool *ret_hex)
{
        bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
        char *end;

        if (!g_ascii_isxdigit(hex ? text[2] : text[0]))
                return false;
        errno = 0;
        *ret = strtoul(text, &end, hex ? 16 : 10);
        *ret_hex = hex;
        return errno == 0 && !*end && *ret <= max;
}

static bool put_number(Arena *arena, void *field, unsigned long value, bool hex)
{
        *(const char **) field = arena_printf(arena, hex ? "0x%lx" : "%lu", value);
        return true;
}

static bool number(Arena *arena, const char *text, void *field, unsigned long max)
{
        unsigned long value;
        bool hex;

        VARIABLE_OR(arena, text, field);
        return parse_number(text, max, &value, &hex) && put_number(arena, field, value, hex);
}

static bool value_u8(Arena *arena, const char *text, void *field)
{
        return number(arena, text, field, UINT8_MAX);
}

static bool value_u16(Arena *arena, const char *text, void *field)
{
        return number(arena, text, field, UINT16_MAX);
}

static bool value_u32(Arena *arena, const char *text, void *field)
{
        return number(arena, text, field, UINT32_MAX);
}

static bool parse_dscp(Arena *arena, const char *text, void *field)
{
        return number(arena, text, field, 63);
}

static bool parse_vlan(Arena *arena, const char *text, void *field)
{
        return number(arena, text, field, 4095);
}

const DefHatch nwfilter_value_u8 = { .parse = value_u8 };
const DefHatch nwfilter_value_u16 = { .parse = value_u16 };
const DefHatch nwfilter_value_u32 = { .parse = value_u32 };
const DefHatch nwfilter_value_dscp = { .parse = parse_dscp };
const DefHatch nwfilter_value_vlan = { .parse = parse_vlan };

/* Numbers that have names. */
typedef struct Name {
        unsigned long value;
        const char *name;
} Name;

static bool named_number(Arena *arena, const char *text, void *field, const Name *names, size_t n, unsigned long min,
                         unsigned long max)
{
        unsigned long value;
        bool hex;

        VARIABLE_OR(arena, text, field);
        for (size_t i = 0; i < n; i++)
                if (g_ascii_strcasecmp(text, names[i].name) == 0)
                        return put(arena, field, names[i].name);
        if (!parse_number(text, max, &value, &hex) || value < min)
                return false;
        for (size_t i = 0; i < n; i++)
                if (names[i].value == value)
                        return put(arena, field, names[i].name);
        return put_number(arena, field, value, hex);
}

static const Name mac_protocols[] = {
        { 0x0800, "ipv4" }, { 0x0806, "arp" }, { 0x8035, "rarp" }, { 0x86dd, "ipv6" }, { 0x8100, "vlan" },
};

static bool parse_mac_protocol(Arena *arena, const char *text, void *field)
{
        /* less than that is a length */
        return named_number(arena, text, field, mac_protocols, ELEMENTSOF(mac_protocols), 0x600, UINT16_MAX);
}

const DefHatch nwfilter_value_mac_protocol = { .parse = parse_mac_protocol };

static const Name opcodes[] = {
        { 1, "Request" }, { 2, "Reply" }, { 3, "Request_Reverse" }, { 4, "Reply_Reverse" },
        { 5, "DRARP_Request" }, { 6, "DRARP_Reply" }, { 7, "DRARP_Error" }, { 8, "InARP_Request" },
        { 9, "ARP_NAK" },
};

static bool parse_opcode(Arena *arena, const char *text, void *field)
{
        return named_number(arena, text, field, opcodes, ELEMENTSOF(opcodes), 0, UINT16_MAX);
}

const DefHatch nwfilter_value_opcode = { .parse = parse_opcode };

static const Name ip_protocols[] = {
        { 6, "tcp" }, { 17, "udp" }, { 136, "udplite" }, { 50, "esp" }, { 51, "ah" }, { 1, "icmp" },
        { 2, "igmp" }, { 132, "sctp" }, { 58, "icmpv6" },
};

static bool parse_ip_protocol(Arena *arena, const char *text, void *field)
{
        return named_number(arena, text, field, ip_protocols, ELEMENTSOF(ip_protocols), 0, UINT8_MAX);
}

const DefHatch nwfilter_value_ip_protocol = { .parse = parse_ip_protocol };

static int find_name(const Name *names, size_t n, const char *text, unsigned long *ret)
{
        for (size_t i = 0; i < n; i++)
                if (g_ascii_strcasecmp(text, names[i].name) == 0) {
                        *ret = names[i].value;
                        return 0;
                }
        return -EINVAL;
}

int nwfilter_value_number(NwfilterField field, const char *text, uint32_t max, uint32_t *ret)
{
        unsigned long value = 0;
        int r = -EINVAL;
        bool hex;

        if (field == NWFILTER_PROTOCOL_ID || field == NWFILTER_ENCAP_PROTOCOL)
                r = find_name(mac_protocols, ELEMENTSOF(mac_protocols), text, &value);
        else if (field == NWFILTER_OPCODE)
                r = find_name(opcodes, ELEMENTSOF(opcodes), text, &value);
        else if (field == NWFILTER_IP_PROTOCOL)
                r = find_name(ip_protocols, ELEMENTSOF(ip_protocols), text, &value);
        if (r < 0 && !parse_number(text, max, &value, &hex))
                return -EINVAL;
        *ret = (uint32_t) value;
        return 0;
}

static bool parse_bool(Arena *arena, const char *text, void *field)
{
        static const char *const yes[] = { "true", "yes", "1" }, *const no[] = { "false", "no", "0" };

        for (unsigned i = 0; i < ELEMENTSOF(yes); i++) {
                if (g_ascii_strcasecmp(text, yes[i]) == 0)
                        return put(arena, field, "true");
                if (g_ascii_strcasecmp(text, no[i]) == 0)
                        return put(arena, field, "false");
        }
        return false;
}

const DefHatch nwfilter_value_bool = { .parse = parse_bool };

/* Addresses */

static bool parse_mac(Arena *arena, const char *text, void *field)
{
        char mac[32];

        VARIABLE_OR(arena, text, field);
        return def_syntax_mac.canonicalize(text, mac, sizeof(mac)) && put(arena, field, mac);
}

static bool parse_mac_mask(Arena *arena, const char *text, void *field)
{
        uint64_t bits = 0;
        char mac[32];

        VARIABLE_OR(arena, text, field);
        if (!def_syntax_mac.canonicalize(text, mac, sizeof(mac)))
                return false;
        for (const char *p = mac; *p; p++)
                if (*p != ':')
                        bits = bits << 4 | (uint64_t) g_ascii_xdigit_value(*p);
        /* ones, then zeroes: what is below the lowest one is all there is to add */
        bits = ~bits & UINT64_C(0xffffffffffff);
        return (bits & (bits + 1)) == 0 && put(arena, field, mac);
}

const DefHatch nwfilter_value_mac = { .parse = parse_mac };
const DefHatch nwfilter_value_mac_mask = { .parse = parse_mac_mask };

static bool ip(Arena *arena, const char *text, void *field, bool v6)
{
        g_autofree char *canonical = NULL;
        IpAddress address;

        VARIABLE_OR(arena, text, field);
        if (ip_address_parse(text, &address) < 0) {
                g_autofree char *decimal = NULL;

                /* "01.2.3.4" is decimal all the same */
                if (v6 || strchr(text, ':'))
                        return false;
                decimal = ip_address_strip_zeroes(text);
                if (ip_address_parse(decimal, &address) < 0)
                        return false;
        }
        canonical = ip_address_to_string(&address);
        return address.v6 == v6 && put(arena, field, canonical);
}

/* A prefix, or a mask that is one. */
static bool ip_mask(Arena *arena, const char *text, void *field, bool v6)
{
        unsigned long prefix;
        IpAddress mask;
        bool hex;
        int r;

        VARIABLE_OR(arena, text, field);
        if (parse_number(text, v6 ? 128 : 32, &prefix, &hex) && !hex)
                return put_number(arena, field, prefix, false);
        if (ip_address_parse(text, &mask) < 0 || mask.v6 != v6)
                return false;
        r = ip_address_netmask_prefix(&mask);
        return r >= 0 && put_number(arena, field, (unsigned long) r, false);
}

static bool parse_ip(Arena *arena, const char *text, void *field)
{
        return ip(arena, text, field, false);
}

static bool parse_ip_mask(Arena *arena, const char *text, void *field)
{
        return ip_mask(arena, text, field, false);
}

static bool parse_ipv6(Arena *arena, const char *text, void *field)
{
        return ip(arena, text, field, true);
}

static bool parse_ipv6_mask(Arena *arena, const char *text, void *field)
{
        return ip_mask(arena, text, field, true);
}

const DefHatch nwfilter_value_ip = { .parse = parse_ip };
const DefHatch nwfilter_value_ip_mask = { .parse = parse_ip_mask };
const DefHatch nwfilter_value_ipv6 = { .parse = parse_ipv6 };
const DefHatch nwfilter_value_ipv6_mask = { .parse = parse_ipv6_mask };

/* Sets of words */

static int find_word(const char *const *words, size_t n, const char *word)
{
        for (size_t i = 0; i < n; i++)
                if (g_ascii_strcasecmp(words[i], word) == 0)
                        return (int) i;
        return -EINVAL;
}

/* -EINVAL when one of them is none. "" has none. */
static int parse_words(const char *text, const char *const *words, size_t n, uint32_t *ret)
{
        g_auto(GStrv) parts = g_strsplit(text, ",", -1);

        *ret = 0;
        for (unsigned i = 0; parts[i]; i++) {
                int r = find_word(words, n, parts[i]);

                if (r < 0)
                        return r;
                *ret |= UINT32_C(1) << r;
        }
        return 0;
}

static void append_words(GString *out, const char *const *words, size_t n, uint32_t mask)
{
        const char *separator = "";

        for (size_t i = 0; i < n; i++)
                if (mask & (UINT32_C(1) << i)) {
                        g_string_append_printf(out, "%s%s", separator, words[i]);
                        separator = ",";
                }
}

static bool parse_state(Arena *arena, const char *text, void *field)
{
        static const char *const words[] = { "NEW", "ESTABLISHED", "RELATED", "INVALID", "NONE" };
        GString *out = NULL;
        uint32_t mask;

        VARIABLE_OR(arena, text, field);
        if (parse_words(text, words, ELEMENTSOF(words), &mask) < 0 || mask == 0)
                return false;
        if (mask & 1 << 4) /* no state to be matched, whatever else is said */
                return put(arena, field, "NONE");
        out = g_string_new(NULL);
        append_words(out, words, ELEMENTSOF(words), mask);
        put(arena, field, out->str);
        g_string_free(out, TRUE);
        return true;
}

const DefHatch nwfilter_value_state = { .parse = parse_state };

static const char *const tcp_flags[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG" };
#define ALL_TCP_FLAGS 0x3fu

static int parse_flag_set(const char *text, uint32_t *ret)
{
        static const char *const words[] = { "FIN", "SYN", "RST", "PSH", "ACK", "URG", "ALL", "NONE" };
        int r = parse_words(text, words, ELEMENTSOF(words), ret);

        if (*ret & 1 << 6)
                *ret |= ALL_TCP_FLAGS;
        *ret &= ALL_TCP_FLAGS;
        return r;
}

static void append_flag_set(GString *out, uint32_t mask)
{
        if (mask == 0)
                g_string_append(out, "NONE");
        else if (mask == ALL_TCP_FLAGS)
                g_string_append(out, "ALL");
        else
                append_words(out, tcp_flags, ELEMENTSOF(tcp_flags), mask);
}

/* "which are looked at/which of them are set" */
static bool parse_tcp_flags(Arena *arena, const char *text, void *field)
{
        const char *slash = strchr(text, '/');
        g_autofree char *first = NULL;
        uint32_t mask, flags;
        GString *out = NULL;

        if (!slash)
                return false;
        first = g_strndup(text, (size_t) (slash - text));
        if (parse_flag_set(first, &mask) < 0 || parse_flag_set(slash + 1, &flags) < 0)
                return false;
        out = g_string_new(NULL);
        append_flag_set(out, mask);
        g_string_append_c(out, '/');
        append_flag_set(out, flags);
        put(arena, field, out->str);
        g_string_free(out, TRUE);
        return true;
}

const DefHatch nwfilter_value_tcp_flags = { .parse = parse_tcp_flags };

static bool parse_ipset(Arena *arena, const char *text, void *field)
{
        VARIABLE_OR(arena, text, field);
        return *text && strlen(text) <= IPSET_NAME_MAX && !text[strspn(text, VARIABLE_CHARACTERS ".:-+ ")] &&
                put(arena, field, text);
}

const DefHatch nwfilter_value_ipset = { .parse = parse_ipset };

static bool parse_ipset_flags(Arena *arena, const char *text, void *field)
{
        g_autofree char *lower = g_ascii_strdown(text, -1);
        g_auto(GStrv) parts = g_strsplit(lower, ",", -1);

        for (unsigned i = 0; parts[i]; i++)
                if (i >= IPSET_FLAGS_MAX || (!streq(parts[i], "src") && !streq(parts[i], "dst")))
                        return false;
        return *text && put(arena, field, lower);
}

const DefHatch nwfilter_value_ipset_flags = { .parse = parse_ipset_flags };

static bool parse_comment(Arena *arena, const char *text, void *field)
{
        const char *end = text + strlen(text);

        if (end - text > COMMENT_MAX) {
                end = text + COMMENT_MAX;
                end = g_utf8_find_prev_char(text, end + 1);
        }
        *(const char **) field = arena_strndup(arena, text, (size_t) (end - text));
        return true;
}

const DefHatch nwfilter_value_comment = { .parse = parse_comment };
