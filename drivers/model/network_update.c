/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/ip_address.h"
#include "drivers/model/network_def_table.h"

#include <string.h>

/* One element of a network added, replaced or taken away: virNetworkUpdate(). */

typedef struct Update {
        NetworkDef *def; /* a copy, not sealed */
        NetworkUpdateCommand command;
        int32_t parent_index;
        const struct Section *section;
        void *item; /* the element that was given */
} Update;

typedef struct Section {
        const char *name; /* what libvirt calls it in errors */
        const char *root;
        const DefType *type; /* NULL: cannot be changed in parts */
        const char *no_modify; /* why MODIFY is refused, or NULL */
        bool partial;          /* a few of its fields are enough to delete one */
        int (*list)(const Update *update, DefList **ret, Error *error);
        /* Whether an element that is there is the one that is meant. */
        bool (*matches)(const Update *update, const void *item, const void *wanted);
        /* May be NULL. i is its index in the list, or -1. */
        int (*check)(const Update *update, const DefList *list, int i, Error *error);
        const char *(*describe)(const Update *update); /* in the arena of the definition */
} Section;

static bool is_add(const Update *update)
{
        return update->command == NETWORK_UPDATE_ADD_FIRST || update->command == NETWORK_UPDATE_ADD_LAST;
}

/* Whether a field that was given, if it was, has the value. */
static bool fits(const char *wanted, const char *value)
{
        return !wanted || streq_ptr(wanted, value);
}

static bool same_mac(const char *a, const char *b)
{
        char x[32], y[32];

        return def_syntax_mac.canonicalize(a, x, sizeof(x)) && def_syntax_mac.canonicalize(b, y, sizeof(y)) &&
                streq(x, y);
}

/* Hosts and ranges of DHCP */

static bool has_dhcp(const NetworkIp *ip)
{
        return ip->ranges.n > 0 || ip->hosts.n > 0;
}

static NetworkIp *first_ip(const NetworkDef *def, bool (*wanted)(const NetworkIp *ip))
{
        DEF_FOREACH(ip, def->ips)
                if (wanted(ip))
                        return ip;
        return NULL;
}

static bool is_ipv4(const NetworkIp *ip)
{
        return ip->family != NET_FAMILY_IPV6;
}

static bool is_ipv6(const NetworkIp *ip)
{
        return !is_ipv4(ip);
}

static int find_ip(const Update *update, NetworkIp **ret, Error *error)
{
        const NetworkDef *def = update->def;

        if (update->parent_index >= 0) {
                if ((uint32_t) update->parent_index >= def->ips.n)
                        return error_set(error, ERROR_OPERATION_INVALID,
                                         "couldn't update %s entry - no <ip> element found at index %" PRId32
                                         " in network '%s'",
                                         update->section->name, update->parent_index, def->name);
                *ret = def->ips.items[update->parent_index];
                return 0;
        }
        *ret = first_ip(def, has_dhcp) ?: first_ip(def, is_ipv4) ?: first_ip(def, is_ipv6);
        if (!*ret)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "couldn't update %s entry - no <ip> element found in network '%s'",
                                 update->section->name, def->name);
        return 0;
}

/* One server of DHCP per family is all that a network can have. */
static int check_single_dhcp(const Update *update, Error *error)
{
        NetworkIp *target = NULL;
        int r;

        if (!is_add(update))
                return 0;
        r = find_ip(update, &target, error);
        if (r < 0)
                return r;
        DEF_FOREACH(ip, update->def->ips)
                if (ip != target && has_dhcp(ip) && is_ipv4(ip) == is_ipv4(target))
                        return error_set(error, ERROR_OPERATION_INVALID,
                                         "dhcp is supported only for a single %s address on each network",
                                         is_ipv4(target) ? "IPv4" : "IPv6");
        return 0;
}

static int list_dhcp_hosts(const Update *update, DefList **ret, Error *error)
{
        NetworkIp *ip;
        int r = find_ip(update, &ip, error);

        if (r < 0)
                return r;
        *ret = (DefList *) (void *) &ip->hosts;
        return check_single_dhcp(update, error);
}

static int list_dhcp_ranges(const Update *update, DefList **ret, Error *error)
{
        NetworkIp *ip;
        int r = find_ip(update, &ip, error);

        if (r < 0)
                return r;
        *ret = (DefList *) (void *) &ip->ranges;
        return check_single_dhcp(update, error);
}

/* Any field makes a host that cannot be added beside, all of them the one to be deleted. */
static bool dhcp_host_matches(const Update *update, const void *p, const void *q)
{
        const NetworkDhcpHost *host = p, *wanted = q;

        if (update->command == NETWORK_UPDATE_DELETE)
                return (!wanted->mac || !host->mac || same_mac(wanted->mac, host->mac)) &&
                        fits(wanted->id, host->id) && fits(wanted->name, host->name) && fits(wanted->ip, host->ip);
        return (wanted->mac && host->mac && same_mac(wanted->mac, host->mac)) ||
                (wanted->id && streq_ptr(wanted->id, host->id)) ||
                (wanted->name && streq_ptr(wanted->name, host->name)) ||
                (wanted->ip && streq_ptr(wanted->ip, host->ip));
}

static int check_dhcp_host(const Update *update, const DefList *list, int i, Error *error)
{
        const NetworkDhcpHost *host = update->item;
        NetworkIp *ip;
        int r = find_ip(update, &ip, error);

        if (r < 0)
                return r;
        if (update->command != NETWORK_UPDATE_DELETE && host->ip && is_ipv4(ip) == (strchr(host->ip, ':') != NULL))
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "the address family of a host entry IP must match the address family of the dhcp "
                                 "element's parent");
        return 0;
}

static const char *describe_dhcp_host(const Update *update)
{
        const NetworkDhcpHost *host = update->item;

        return arena_printf(update->def->arena, "<host mac='%s' name='%s' ip='%s'/>", host->mac ?: "unknown",
                            host->name ?: "unknown", host->ip ?: "unknown");
}

static bool dhcp_range_matches(const Update *update, const void *p, const void *q)
{
        const NetworkDhcpRange *range = p, *wanted = q;

        return streq(range->start, wanted->start) && streq(range->end, wanted->end);
}

static const char *describe_dhcp_range(const Update *update)
{
        const NetworkDhcpRange *range = update->item;

        return arena_printf(update->def->arena, "<range start='%s' end='%s'/>", range->start, range->end);
}

/* Interfaces to forward to */

static int list_interfaces(const Update *update, DefList **ret, Error *error)
{
        *ret = (DefList *) (void *) &update->def->forward.interfaces;
        return 0;
}

static bool interface_matches(const Update *update, const void *p, const void *q)
{
        return streq(((const NetworkForwardInterface *) p)->dev, ((const NetworkForwardInterface *) q)->dev);
}

static int check_interface(const Update *update, const DefList *list, int i, Error *error)
{
        const NetworkForwardInterface *interface = i >= 0 ? list->items[i] : NULL;

        if (update->command == NETWORK_UPDATE_DELETE && interface && interface->connections > 0)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "unable to delete interface '%s' in network '%s'. It is currently being used by "
                                 "%" PRIu32
                                 " domains.",
                                 interface->dev, update->def->name, interface->connections);
        return 0;
}

static const char *describe_interface(const Update *update)
{
        return arena_printf(update->def->arena, "<interface dev='%s'>",
                            ((const NetworkForwardInterface *) update->item)->dev);
}

/* Port groups */

static int list_port_groups(const Update *update, DefList **ret, Error *error)
{
        *ret = (DefList *) (void *) &update->def->port_groups;
        return 0;
}

static bool port_group_matches(const Update *update, const void *p, const void *q)
{
        return streq(((const NetworkPortGroup *) p)->name, ((const NetworkPortGroup *) q)->name);
}

static int check_port_group(const Update *update, const DefList *list, int i, Error *error)
{
        const NetworkPortGroup *group = update->item;

        if (update->command == NETWORK_UPDATE_DELETE || group->is_default != TRISTATE_YES)
                return 0;
        DEF_FOREACH(other, update->def->port_groups)
                if (other->is_default == TRISTATE_YES && !streq(other->name, group->name))
                        return error_set(error, ERROR_OPERATION_INVALID,
                                         "a different portgroup entry in network '%s' is already set as the default. "
                                         "Only one default is allowed.",
                                         update->def->name);
        return 0;
}

static const char *describe_port_group(const Update *update)
{
        return arena_printf(update->def->arena, "<portgroup name='%s'>",
                            ((const NetworkPortGroup *) update->item)->name);
}

/* Records of DNS */

static int list_dns_hosts(const Update *update, DefList **ret, Error *error)
{
        *ret = (DefList *) (void *) &update->def->dns.hosts;
        return 0;
}

static bool has_hostname(const NetworkDnsHost *host, const char *name)
{
        DEF_FOREACH(other, host->names)
                if (streq(other->name, name))
                        return true;
        return false;
}

/* Several addresses may have one name, so a name alone is no reason to refuse another one. */
static bool dns_host_matches(const Update *update, const void *p, const void *q)
{
        const NetworkDnsHost *host = p, *wanted = q;

        if (wanted->ip && streq_ptr(host->ip, wanted->ip))
                return true;
        if (update->command != NETWORK_UPDATE_DELETE)
                return false;
        DEF_FOREACH(name, wanted->names)
                if (has_hostname(host, name->name))
                        return true;
        return false;
}

static int list_dns_txts(const Update *update, DefList **ret, Error *error)
{
        *ret = (DefList *) (void *) &update->def->dns.txts;
        return 0;
}

static bool dns_txt_matches(const Update *update, const void *p, const void *q)
{
        return streq_ptr(((const NetworkDnsTxt *) p)->name, ((const NetworkDnsTxt *) q)->name);
}

static int list_dns_srvs(const Update *update, DefList **ret, Error *error)
{
        *ret = (DefList *) (void *) &update->def->dns.srvs;
        return 0;
}

/* A record is known by what it serves; where it leads to counts when one is to be deleted. */
static bool dns_srv_matches(const Update *update, const void *p, const void *q)
{
        const NetworkDnsSrv *srv = p, *wanted = q;

        return fits(wanted->service, srv->service) && fits(wanted->protocol, srv->protocol) &&
                fits(wanted->domain, srv->domain) &&
                (update->command == NETWORK_UPDATE_MODIFY || fits(wanted->target, srv->target));
}

static const Section sections[] = {
        [NETWORK_SECTION_BRIDGE] = { .name = "bridge" },
        [NETWORK_SECTION_DOMAIN] = { .name = "domain" },
        [NETWORK_SECTION_IP] = { .name = "ip" },
        [NETWORK_SECTION_IP_DHCP_HOST] = {
                .name = "dhcp host", .root = "host", .type = &network_dhcp_host_type, .partial = true,
                .list = list_dhcp_hosts, .matches = dhcp_host_matches, .check = check_dhcp_host,
                .describe = describe_dhcp_host,
        },
        [NETWORK_SECTION_IP_DHCP_RANGE] = {
                .name = "dhcp range", .root = "range", .type = &network_dhcp_range_type,
                .no_modify = "dhcp ranges cannot be modified, only added or deleted",
                .list = list_dhcp_ranges, .matches = dhcp_range_matches, .describe = describe_dhcp_range,
        },
        [NETWORK_SECTION_FORWARD] = { .name = "forward" },
        [NETWORK_SECTION_FORWARD_INTERFACE] = {
                .name = "interface", .root = "interface", .type = &network_forward_interface_type,
                .no_modify = "forward interface entries cannot be modified, only added or deleted",
                .list = list_interfaces, .matches = interface_matches, .check = check_interface,
                .describe = describe_interface,
        },
        [NETWORK_SECTION_FORWARD_PF] = { .name = "forward pf" },
        [NETWORK_SECTION_PORTGROUP] = {
                .name = "portgroup", .root = "portgroup", .type = &network_port_group_type,
                .list = list_port_groups, .matches = port_group_matches, .check = check_port_group,
                .describe = describe_port_group,
        },
        [NETWORK_SECTION_DNS_HOST] = {
                .name = "DNS HOST", .root = "host", .type = &network_dns_host_type, .partial = true,
                .list = list_dns_hosts, .matches = dns_host_matches,
        },
        [NETWORK_SECTION_DNS_TXT] = {
                .name = "DNS TXT", .root = "txt", .type = &network_dns_txt_type, .partial = true,
                .list = list_dns_txts, .matches = dns_txt_matches,
        },
        [NETWORK_SECTION_DNS_SRV] = {
                .name = "DNS SRV", .root = "srv", .type = &network_dns_srv_type, .partial = true,
                .list = list_dns_srvs, .matches = dns_srv_matches,
        },
};

static int refuse_existing(const Update *update, Error *error)
{
        const Section *section = update->section;

        if (section->describe)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "there is an existing %s entry in network '%s' that matches \"%s\"", section->name,
                                 update->def->name, section->describe(update));
        return error_set(error, ERROR_OPERATION_INVALID,
                         "there is already at least one %s record with a matching field in network %s", section->name,
                         update->def->name);
}

static int refuse_missing(const Update *update, Error *error)
{
        const Section *section = update->section;

        if (section->describe)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "couldn't locate a matching %s entry in network '%s': %s", section->name,
                                 update->def->name, section->describe(update));
        return error_set(error, ERROR_OPERATION_INVALID, "couldn't locate a matching %s record in network %s",
                         section->name, update->def->name);
}

static void insert_item(const Update *update, DefList *list)
{
        def_append_item(update->def->arena, list, update->item);
        if (update->command != NETWORK_UPDATE_ADD_FIRST)
                return;
        memmove(list->items + 1, list->items, (list->n - 1) * sizeof(void *));
        list->items[0] = update->item;
}

static int apply(const Update *update, Error *error)
{
        const Section *section = update->section;
        unsigned n_found = 0;
        DefList *list;
        int found = -1;
        int r;

        r = section->list(update, &list, error);
        if (r < 0)
                return r;
        for (uint32_t i = 0; i < list->n; i++)
                if (section->matches(update, list->items[i], update->item)) {
                        if (found < 0)
                                found = (int) i;
                        n_found++;
                }
        if (is_add(update) && n_found > 0)
                return refuse_existing(update, error);
        if (!is_add(update) && n_found == 0)
                return refuse_missing(update, error);
        if (!section->describe && !is_add(update) && n_found > 1)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "multiple matching %s records were found in network %s", section->name,
                                 update->def->name);
        r = section->check ? section->check(update, list, found, error) : 0;
        if (r < 0)
                return r;
        if (is_add(update))
                insert_item(update, list);
        else if (update->command == NETWORK_UPDATE_MODIFY)
                list->items[found] = update->item;
        else
                def_remove_item(list, (uint32_t) found);
        return 0;
}

/* What depends on the list of interfaces. */
static void settle_forward(NetworkDef *def)
{
        NetworkForward *forward = &def->forward;

        if (!forward->pf && forward->addresses.n == 0)
                forward->dev = forward->interfaces.n > 0 ? forward->interfaces.items[0]->dev : NULL;
}

static int check_request(const Update *update, uint32_t section, Error *error)
{
        if (update->command < NETWORK_UPDATE_MODIFY || update->command > NETWORK_UPDATE_ADD_FIRST)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "unrecognized network update command code %d",
                                 (int) update->command);
        if (section == NETWORK_SECTION_NONE || section >= ELEMENTSOF(sections))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "can't update unrecognized section of network");
        if (!update->section->type)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "can't update '%s' section of network '%s'",
                                 update->section->name, update->def->name);
        if (update->command == NETWORK_UPDATE_MODIFY && update->section->no_modify)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "%s", update->section->no_modify);
        return 0;
}

int network_def_update(const NetworkDef *def, uint32_t command, uint32_t section, int32_t parent_index,
                       const char *xml, size_t size, NetworkDef **ret, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *copy = network_def_copy(def);
        Update update = {
                .def = copy, .command = command, .parent_index = parent_index,
                .section = section < ELEMENTSOF(sections) ? sections + section : NULL,
        };
        bool partial;
        int r;

        r = check_request(&update, section, error);
        if (r < 0)
                return r;
        partial = update.command == NETWORK_UPDATE_DELETE && update.section->partial;
        update.item = arena_alloc(copy->arena, update.section->type->size);
        r = def_parse(update.section->type, update.section->root, "network_update_xml", xml, size,
                      partial ? DEF_DECODE_PARTIAL : 0, copy->arena, update.item, NULL, error);
        if (r < 0)
                return r;
        r = apply(&update, error);
        if (r < 0)
                return r;
        settle_forward(copy);
        r = network_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}
