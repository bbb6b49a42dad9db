/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nwfilter/nwfilter_nft.h"

#include "drivers/host/nft.h"
#include "drivers/model/ip_address.h"
#include "drivers/nwfilter/nwfilter_nft_match.h"

#include <string.h>

#define ROOT "root"
#define COMMENT_MAX 120
/* Sources that are counted apart for a limit of connections. */
#define SOURCES_MAX 65535
/* Addresses that a server gives in the life of a binding: one after the other, or several. */
#define LEASES_MAX 16

/* Which way a frame goes. */
typedef enum Way {
        FROM_GUEST,
        TO_GUEST,
} Way;

static const char *const way_names[] = { "out", "in" };

typedef struct Build {
        const NwfilterRuleset *set;
        unsigned n_limits;
        GString *sets;   /* declared in the table */
        GString *chains; /* complete ones */
        Error *error;
} Build;

char *nwfilter_nft_table(const char *port_dev)
{
        return nft_table_name("virtbus_nwfilter_", port_dev);
}

/* -- one rule ------------------------------------------------------------------------------------------------- */

static bool is_way(const NwfilterFlatRule *rule, Way way)
{
        return rule->rule->direction == NWFILTER_DIRECTION_INOUT ||
                (rule->rule->direction == NWFILTER_DIRECTION_OUT) == (way == FROM_GUEST);
}

/* What is meant both ways is written as for frames to the guest. */
static bool is_reversed(const NwfilterFlatRule *rule, Way way)
{
        return rule->rule->direction == NWFILTER_DIRECTION_INOUT ? way == FROM_GUEST : !is_way(rule, way);
}

/* Senders are told where frames enter the bridge; who sends to the guest is not. */
static const char *verdict(const NwfilterFlatRule *rule, Way way)
{
        switch (rule->rule->action) {
        case NWFILTER_ACTION_ACCEPT:
                return "accept";
        case NWFILTER_ACTION_REJECT:
                return way == FROM_GUEST && nwfilter_nft_is_packet(rule) ? "reject" : "drop";
        case NWFILTER_ACTION_RETURN:
                return "return";
        case NWFILTER_ACTION_CONTINUE:
                return "continue";
        case NWFILTER_ACTION_DROP:
        case _NWFILTER_ACTION_MAX:
                return "drop";
        }
        g_assert_not_reached();
}

/* A text for people: what could end it, or the line, is left out. */
static void add_comment(GString *out, const char *text)
{
        g_string_append(out, " comment \"");
        for (unsigned i = 0; text[i] && i < COMMENT_MAX; i++)
                g_string_append_c(out, g_ascii_isprint(text[i]) && !strchr("\"\\$", text[i]) ? text[i] : '?');
        g_string_append_c(out, '"');
}

static void end_rule(GString *out, const NwfilterFlatRule *rule, Way way)
{
        g_string_append(out, verdict(rule, way));
        if (rule->values[NWFILTER_COMMENT])
                add_comment(out, rule->values[NWFILTER_COMMENT]);
        g_string_append_c(out, '\n');
}

/* "NEW,ESTABLISHED" as it stands in the definition; "NONE" is no state. */
static int add_states(const NwfilterFlatRule *rule, GString *out, Error *error)
{
        static const char *const words[] = { "NEW", "ESTABLISHED", "RELATED", "INVALID" };
        g_auto(GStrv) parts = g_strsplit(rule->values[NWFILTER_STATE], ",", -1);
        const char *separator = rule->negated[NWFILTER_STATE] ? "ct state != " : "ct state ";

        for (char **part = parts; *part; part++) {
                g_autofree char *lower = g_ascii_strdown(*part, -1);
                bool known = false;

                if (streq(lower, "none"))
                        return 0;
                for (unsigned i = 0; i < ELEMENTSOF(words); i++)
                        known |= g_ascii_strcasecmp(lower, words[i]) == 0;
                if (!known)
                        return nwfilter_nft_refuse(rule, "state", ERROR_CONFIG_UNSUPPORTED, error,
                                                   "'%s' is no value of it", *part);
                g_string_append_printf(out, "%s%s", separator, lower);
                separator = ",";
        }
        g_string_append_c(out, ' ');
        return 0;
}

/* What is accepted begins a connection one way only, and answers go the other. */
static void add_implied_state(const NwfilterFlatRule *rule, bool reversed, GString *out)
{
        if (rule->rule->action != NWFILTER_ACTION_ACCEPT || rule->rule->state_match == TRISTATE_NO ||
            rule->rule->direction == NWFILTER_DIRECTION_INOUT)
                return;
        if (!rule->values[NWFILTER_ICMP_TYPE])
                g_string_append_printf(out, "ct direction %s ", reversed ? "reply" : "original");
        g_string_append(out, reversed ? "ct state established " : "ct state new,established ");
}

static int add_limit(Build *b, const NwfilterFlatRule *rule, GString *out)
{
        bool v6 = nwfilter_nft_is_ipv6(rule->protocol);
        const char *text = rule->values[NWFILTER_CONNLIMIT_ABOVE];
        uint32_t n;

        if (nwfilter_value_number(NWFILTER_CONNLIMIT_ABOVE, text, UINT16_MAX, &n) < 0)
                return nwfilter_nft_refuse(rule, "connlimit-above", ERROR_CONFIG_UNSUPPORTED, b->error,
                                           "'%s' is no value of it", text);
        g_string_append_printf(b->sets, "\tset limit%u { type %s; flags dynamic; size %u; }\n", b->n_limits,
                               v6 ? "ipv6_addr" : "ipv4_addr", SOURCES_MAX);
        g_string_append_printf(out, "add @limit%u { %s saddr ct count %s%" PRIu32 " } ", b->n_limits, v6 ? "ip6" : "ip",
                               rule->negated[NWFILTER_CONNLIMIT_ABOVE] ? "" : "over ", n);
        b->n_limits++;
        return 0;
}

static bool has_only_mac(const NwfilterFlatRule *rule)
{
        for (unsigned i = 0; i < _NWFILTER_FIELD_MAX; i++)
                if (rule->values[i] && i != NWFILTER_SRC_MAC && i != NWFILTER_COMMENT)
                        return false;
        return rule->values[NWFILTER_SRC_MAC];
}

/* Whether the rule says something of frames that go this way; the other way of its own are answers. */
static bool has_packet_way(const NwfilterFlatRule *rule, Way way)
{
        bool reversed = is_reversed(rule, way);

        if (!is_way(rule, way) && rule->values[NWFILTER_STATE])
                return false;
        if (!reversed)
                return true;
        /* an answer has another type; connections are counted by who begins them */
        return !rule->values[NWFILTER_ICMP_TYPE] && !rule->values[NWFILTER_CONNLIMIT_ABOVE] && !has_only_mac(rule);
}

static int add_packet_rule(Build *b, const NwfilterFlatRule *rule, Way way, GString *out)
{
        bool reversed = is_reversed(rule, way);
        int r;

        g_string_append(out, "\t\t");
        r = nwfilter_nft_match(rule, reversed, out, b->error);
        if (r >= 0 && rule->values[NWFILTER_STATE])
                r = add_states(rule, out, b->error);
        else if (r >= 0)
                add_implied_state(rule, reversed, out);
        if (r >= 0 && rule->values[NWFILTER_CONNLIMIT_ABOVE])
                r = add_limit(b, rule, out);
        end_rule(out, rule, way);
        return r;
}

static int add_frame_rule(Build *b, const NwfilterFlatRule *rule, Way way, GString *out)
{
        int r;

        g_string_append(out, "\t\t");
        r = nwfilter_nft_match(rule, is_reversed(rule, way), out, b->error);
        end_rule(out, rule, way);
        return r;
}

/* -- chains --------------------------------------------------------------------------------------------------- */

/* A chain of the definitions, for one way. */
typedef struct Chain {
        const char *name;
        int32_t priority;
        GString *rules;
} Chain;

static void chain_free(gpointer p)
{
        Chain *chain = p;

        g_string_free(chain->rules, TRUE);
        g_free(chain);
}

static Chain *find_chain(GPtrArray *chains, const NwfilterDef *filter)
{
        Chain *chain;

        for (guint i = 0; i < chains->len; i++) {
                chain = chains->pdata[i];
                if (streq(chain->name, filter->chain))
                        return chain;
        }
        chain = g_new0(Chain, 1);
        chain->name = filter->chain;
        chain->priority = filter->priority;
        chain->rules = g_string_new(NULL);
        g_ptr_array_add(chains, chain);
        return chain;
}

static int compare_chains(const void *a, const void *b)
{
        const Chain *x = *(Chain *const *) a, *y = *(Chain *const *) b;

        return x->priority != y->priority ? (x->priority > y->priority) - (x->priority < y->priority)
                                          : strcmp(x->name, y->name);
}

/* What a chain is for is told by how its name begins. */
static const char *jump_condition(const char *chain)
{
        static const struct {
                const char *prefix, *condition;
        } all[] = {
                { "vlan", "ether type vlan " }, { "stp", "ether daddr 01:80:c2:00:00:00 " },
                { "arp", "ether type arp " },   { "rarp", "ether type 0x8035 " },
                { "ipv4", "ether type ip " },   { "ipv6", "ether type ip6 " },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (g_str_has_prefix(chain, all[i].prefix))
                        return all[i].condition;
        return "";
}

static void add_hook(Build *b, Way way, const char *kind, int priority)
{
        const char *name = way_names[way];

        g_string_append_printf(b->chains, "\tchain %s-%s {\n\t\ttype filter hook %s priority %d; policy accept;\n",
                               name, kind, way == FROM_GUEST ? "prerouting" : "postrouting", priority);
        g_string_append_printf(b->chains, "\t\t%s \"%s\" jump %s-%s-rules\n\t}\n",
                               way == FROM_GUEST ? "iifname" : "oifname", b->set->binding->port_dev, name, kind);
}

/* Before connections are followed, so that of what is dropped here none begins. */
static int frame_priority(Way way)
{
        return way == FROM_GUEST ? -300 : 0;
}

static int packet_priority(Way way)
{
        return way == FROM_GUEST ? -100 : 10;
}

static void add_chain(Build *b, Way way, const char *name, const char *rules)
{
        g_string_append_printf(b->chains, "\tchain %s-%s-rules {\n%s\t}\n", way_names[way], name, rules);
}

static void add_jump(GString *out, Way way, const Chain *chain)
{
        g_string_append_printf(out, "\t\t%sjump %s-%s-rules\n", jump_condition(chain->name), way_names[way],
                               chain->name);
}

static bool is_of_root(const NwfilterFlatRule *rule)
{
        return streq(rule->filter->chain, ROOT);
}

static int collect_chains(Build *b, Way way, GPtrArray *chains)
{
        int r = 0;

        for (guint i = 0; r >= 0 && i < b->set->rules->len; i++) {
                const NwfilterFlatRule *rule = b->set->rules->pdata[i];

                if (!nwfilter_nft_is_packet(rule) && !is_of_root(rule) && is_way(rule, way))
                        r = add_frame_rule(b, rule, way, find_chain(chains, rule->filter)->rules);
        }
        if (chains->len > 1)
                qsort(chains->pdata, chains->len, sizeof(void *), compare_chains);
        for (guint i = 0; i < chains->len; i++) {
                const Chain *chain = chains->pdata[i];

                add_chain(b, way, chain->name, chain->rules->str);
        }
        return r;
}

/* The rules of the chain "root" and the ways into the others, by their priorities. */
static int add_frames(Build *b, Way way)
{
        g_autoptr(GPtrArray) chains = g_ptr_array_new_with_free_func(chain_free);
        g_autoptr(GString) root = g_string_new(NULL);
        guint next = 0;
        int r = collect_chains(b, way, chains);

        for (guint i = 0; r >= 0 && i < b->set->rules->len; i++) {
                const NwfilterFlatRule *rule = b->set->rules->pdata[i];

                if (nwfilter_nft_is_packet(rule) || !is_of_root(rule) || !is_way(rule, way))
                        continue;
                for (const Chain *chain; next < chains->len && (chain = chains->pdata[next])->priority <=
                     rule->rule->priority; next++)
                        add_jump(root, way, chain);
                r = add_frame_rule(b, rule, way, root);
        }
        while (next < chains->len)
                add_jump(root, way, chains->pdata[next++]);
        if (r < 0 || root->len == 0)
                return r;
        add_chain(b, way, ROOT, root->str);
        add_hook(b, way, ROOT, frame_priority(way));
        return 0;
}

static int add_packets(Build *b, Way way)
{
        g_autoptr(GString) rules = g_string_new(NULL);
        int r = 0;

        for (guint i = 0; r >= 0 && i < b->set->rules->len; i++) {
                const NwfilterFlatRule *rule = b->set->rules->pdata[i];

                if (nwfilter_nft_is_packet(rule) && has_packet_way(rule, way))
                        r = add_packet_rule(b, rule, way, rules);
        }
        if (r < 0 || rules->len == 0)
                return r;
        add_chain(b, way, "packets", rules->str);
        add_hook(b, way, "packets", packet_priority(way));
        return 0;
}

/* -- what address the guest has ------------------------------------------------------------------------------- */

/* The first that it speaks with, in ARP or IP: then the set is full. */
static void learn_any(Build *b)
{
        const char *dev = b->set->binding->port_dev, *mac = b->set->binding->mac;

        g_string_append_printf(b->chains,
                               "\tchain out-learn {\n\t\ttype filter hook prerouting priority %d; policy accept;\n"
                               "\t\tiifname \"%s\" ether saddr %s ether type arp @nh,112,32 != 0x00000000 "
                               "add @" NWFILTER_ADDRESS_SET " { @nh,112,32 }\n"
                               "\t\tiifname \"%s\" ether saddr %s ether type ip "
                               "ip saddr != { 0.0.0.0/8, 127.0.0.0/8, 224.0.0.0/3 } "
                               "add @" NWFILTER_ADDRESS_SET " { @nh,96,32 }\n\t}\n",
                               frame_priority(FROM_GUEST) - 10, dev, mac, dev, mac);
}

/* From which servers, when they are known: "ip saddr { 192.0.2.1, 192.0.2.2 } ". */
static int add_servers(Build *b)
{
        const NwfilterBindingDef *binding = b->set->binding;
        const char *text;

        for (unsigned i = 0; (text = nwfilter_binding_value(binding, "DHCPSERVER", i)); i++) {
                g_autofree char *server = NULL;
                IpAddress address;

                if (ip_address_parse(text, &address) < 0 || address.v6)
                        return error_set(b->error, ERROR_CONFIG_UNSUPPORTED,
                                         "filter '%s': parameter 'DHCPSERVER': '%s' is no IPv4 address",
                                         binding->ref.filter, text);
                server = ip_address_to_string(&address);
                g_string_append_printf(b->chains, "%s%s", i == 0 ? "ip saddr { " : ", ", server);
        }
        if (nwfilter_binding_value(binding, "DHCPSERVER", 0))
                g_string_append(b->chains, " } ");
        return 0;
}

/*
 * From a server's port to a client's, in a frame that has passed the filter: a reply (op 2) to this MAC address that
 * begins its options, as servers do, with the type of the message: 53, of one byte, which is 5, an acknowledgement.
 * Offsets are RFC 2131's behind the 8 bytes of UDP's header.
 */
static int learn_dhcp(Build *b)
{
        GString *mac = g_string_new(NULL);
        int r;

        for (const char *p = b->set->binding->mac; *p; p++)
                if (*p != ':')
                        g_string_append_c(mac, *p);
        g_string_append_printf(b->chains,
                               "\tchain in-learn {\n\t\ttype filter hook postrouting priority %d; policy accept;\n"
                               "\t\toifname \"%s\" ether type ip ", packet_priority(TO_GUEST) + 10,
                               b->set->binding->port_dev);
        r = add_servers(b);
        g_string_append_printf(b->chains,
                               "meta l4proto 17 th sport 67 th dport 68 @th,64,8 2 @th,288,48 0x%s "
                               "@th,1984,24 0x350105 add @" NWFILTER_ADDRESS_SET " { @th,192,32 }\n\t}\n", mac->str);
        g_string_free(mac, TRUE);
        return r;
}

static int add_learning(Build *b)
{
        NwfilterLearning learning = b->set->learning;

        if (learning == NWFILTER_LEARN_NONE)
                return 0;
        g_string_append_printf(b->sets,
                               "\tset " NWFILTER_ADDRESS_SET " { typeof @nh,96,32; flags dynamic; size %u; }\n",
                               learning == NWFILTER_LEARN_ANY ? 1 : LEASES_MAX);
        if (learning == NWFILTER_LEARN_DHCP)
                return learn_dhcp(b);
        learn_any(b);
        return 0;
}

/* -- the table ------------------------------------------------------------------------------------------------ */

static int build(Build *b)
{
        int r = 0;

        for (Way way = FROM_GUEST; r >= 0 && way <= TO_GUEST; way++) {
                r = add_frames(b, way);
                if (r >= 0)
                        r = add_packets(b, way);
        }
        return r < 0 ? r : add_learning(b);
}

int nwfilter_nft_rules(const NwfilterRuleset *set, char **ret, Error *error)
{
        g_autofree char *table = nwfilter_nft_table(set->binding->port_dev);
        g_autoptr(GString) sets = g_string_new(NULL), chains = g_string_new(NULL);
        Build b = { .set = set, .sets = sets, .chains = chains, .error = error };
        int r = build(&b);

        if (r < 0)
                return r;
        /* the first of these makes it, so that there is one to delete */
        *ret = g_strdup_printf("add table bridge %s\ndelete table bridge %s\ntable bridge %s {\n%s%s}\n", table, table,
                               table, sets->str, chains->str);
        return 0;
}

bool nwfilter_nft_tracks(const char *commands)
{
        return strstr(commands, " ct ");
}

bool nwfilter_nft_rejects(const char *commands)
{
        return strstr(commands, " reject");
}
