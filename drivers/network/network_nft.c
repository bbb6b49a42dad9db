/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_nft.h"

#include "drivers/host/nft.h"
#include "drivers/model/ip_address.h"

/* Ports below are those of services, which firewalls elsewhere trust. */
#define NAT_PORT_MIN 1024u
#define NAT_PORT_MAX 65535u

/* One subnet of a network. */
typedef struct Subnet {
        bool v6;
        char *text; /* "192.168.122.0/24" */
} Subnet;

static void subnet_clear(Subnet *subnet)
{
        g_free(subnet->text);
}

static bool subnet_init(Subnet *subnet, const NetworkIp *ip)
{
        unsigned prefix = network_ip_prefix(ip);
        g_autofree char *text = NULL;
        IpAddress address, network;

        if (!ip->address || ip_address_parse(ip->address, &address) < 0)
                return false;
        network = ip_address_network(&address, prefix);
        text = ip_address_to_string(&network);
        *subnet = (Subnet) { .v6 = address.v6, .text = g_strdup_printf("%s/%u", text, prefix) };
        return true;
}

static const char *family(const Subnet *subnet)
{
        return subnet->v6 ? "ip6" : "ip";
}

static char *table_name(const char *bridge)
{
        return nft_table_name("virtbus_", bridge);
}

static void add_name(GString *s, const char *key, const char *name)
{
        g_string_append_printf(s, "%s \"%s\" ", key, name);
}

static bool is_translated(const NetworkDef *def, const Subnet *subnet)
{
        return def->forward.mode == NETWORK_FORWARD_NAT && (!subnet->v6 || def->forward.nat_ipv6 == TRISTATE_YES);
}

/* What comes to the guests from elsewhere: with translated addresses, answers only. */
static void add_input(GString *s, const NetworkDef *def, const Subnet *subnet)
{
        g_string_append(s, "\t\t");
        add_name(s, "oifname", def->bridge.name);
        if (def->forward.dev)
                add_name(s, "iifname", def->forward.dev);
        g_string_append_printf(s, "%s daddr %s %saccept\n", family(subnet), subnet->text,
                               is_translated(def, subnet) ? "ct state established,related " : "");
}

static void add_output(GString *s, const NetworkDef *def, const Subnet *subnet)
{
        g_string_append(s, "\t\t");
        add_name(s, "iifname", def->bridge.name);
        if (def->forward.dev)
                add_name(s, "oifname", def->forward.dev);
        g_string_append_printf(s, "%s saddr %s accept\n", family(subnet), subnet->text);
}

static void add_reject(GString *s, const char *key, const char *bridge)
{
        g_string_append(s, "\t\t");
        add_name(s, key, bridge);
        g_string_append(s, "counter reject\n");
}

static void add_forward(GString *s, const NetworkDef *def)
{
        const char *bridge = def->bridge.name;

        g_string_append(s, "\tchain forward {\n\t\ttype filter hook forward priority filter; policy accept;\n\t\t");
        add_name(s, "iifname", bridge);
        add_name(s, "oifname", bridge);
        g_string_append(s, "accept\n");
        DEF_FOREACH(ip, def->ips) {
                Subnet subnet;

                if (def->forward.mode == NETWORK_FORWARD_NONE || !subnet_init(&subnet, ip))
                        continue;
                add_input(s, def, &subnet);
                add_output(s, def, &subnet);
                subnet_clear(&subnet);
        }
        add_reject(s, "oifname", bridge);
        add_reject(s, "iifname", bridge);
        g_string_append(s, "\t}\n");
}

/* Where translated packets come from: "snat ip to 192.0.2.1-192.0.2.9:1024-65535". */
static void add_target(GString *s, const NetworkForward *forward, const Subnet *subnet, bool ports)
{
        uint32_t first = def_get(forward, port_start, NAT_PORT_MIN), last = def_get(forward, port_end, NAT_PORT_MAX);

        if (forward->nat_start && !subnet->v6) {
                g_string_append_printf(s, "snat ip to %s", forward->nat_start);
                if (!streq(forward->nat_start, forward->nat_end))
                        g_string_append_printf(s, "-%s", forward->nat_end);
        } else {
                g_string_append_printf(s, "masquerade%s", ports ? " to " : "");
        }
        if (ports)
                g_string_append_printf(s, ":%" PRIu32 "-%" PRIu32, first, last);
        g_string_append_c(s, '\n');
}

static void add_translation(GString *s, const NetworkDef *def, const Subnet *subnet)
{
        static const char *const local4[] = { "224.0.0.0/24", "255.255.255.255", NULL };
        static const char *const local6[] = { "ff02::/16", NULL };
        const char *const *local = subnet->v6 ? local6 : local4, *ip = family(subnet);
        g_autofree char *source = g_strdup_printf("\t\t%s saddr %s ", ip, subnet->text);
        g_autoptr(GString) out = g_string_new(NULL);

        /* what stays on the link keeps its address */
        for (; *local; local++)
                g_string_append_printf(s, "%s%s daddr %s return\n", source, ip, *local);
        if (def->forward.dev)
                add_name(out, "oifname", def->forward.dev);
        g_string_append_printf(s, "%s%s daddr != %s %smeta l4proto { tcp, udp } ", source, ip, subnet->text, out->str);
        add_target(s, &def->forward, subnet, true);
        g_string_append_printf(s, "%s%s daddr != %s %s", source, ip, subnet->text, out->str);
        add_target(s, &def->forward, subnet, false);
}

static void add_postrouting(GString *s, const NetworkDef *def)
{
        if (def->forward.mode != NETWORK_FORWARD_NAT)
                return;
        g_string_append(s, "\tchain postrouting {\n\t\ttype nat hook postrouting priority srcnat; policy accept;\n");
        DEF_FOREACH(ip, def->ips) {
                Subnet subnet;

                if (!subnet_init(&subnet, ip))
                        continue;
                if (is_translated(def, &subnet))
                        add_translation(s, def, &subnet);
                subnet_clear(&subnet);
        }
        g_string_append(s, "\t}\n");
}

char *network_nft_rules(const NetworkDef *def)
{
        g_autofree char *table = NULL;
        GString *s;

        if (!network_forward_has_own_bridge(def->forward.mode) || def->forward.mode == NETWORK_FORWARD_OPEN)
                return NULL;
        table = table_name(def->bridge.name);
        s = g_string_new(NULL);
        g_string_append_printf(s, "table inet %s {\n", table);
        add_forward(s, def);
        add_postrouting(s, def);
        g_string_append(s, "}\n");
        return g_string_free(s, FALSE);
}

int network_nft_apply(const NetworkDef *def, Error *error)
{
        g_autofree char *rules = network_nft_rules(def), *table = NULL, *commands = NULL, *what = NULL;

        if (!rules)
                return 0;
        table = table_name(def->bridge.name);
        /* the first of these makes it, so that there is one to delete */
        commands = g_strdup_printf("add table inet %s\ndelete table inet %s\n%s", table, table, rules);
        what = g_strdup_printf("the rules of the bridge '%s'", def->bridge.name);
        return nft_run(commands, what, error);
}

void network_nft_remove(const char *bridge)
{
        g_autofree char *table = table_name(bridge);

        nft_remove_table("inet", table);
}
