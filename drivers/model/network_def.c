/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/network_def.h"

#include "drivers/model/ip_address.h"
#include "drivers/model/network_def_table.h"

#include <string.h>

const char *const network_forward_table[_NETWORK_FORWARD_MAX] = {
        [NETWORK_FORWARD_NAT] = "nat",
        [NETWORK_FORWARD_ROUTE] = "route",
        [NETWORK_FORWARD_OPEN] = "open",
        [NETWORK_FORWARD_BRIDGE] = "bridge",
        [NETWORK_FORWARD_PRIVATE] = "private",
        [NETWORK_FORWARD_VEPA] = "vepa",
        [NETWORK_FORWARD_PASSTHROUGH] = "passthrough",
        [NETWORK_FORWARD_HOSTDEV] = "hostdev",
        [NETWORK_FORWARD_SAID_NONE] = "none",
};
DEFINE_STRING_TABLE(network_forward, NetworkForwardMode)

const char *const network_lease_unit_table[_NETWORK_LEASE_UNIT_MAX] = {
        [NETWORK_LEASE_SECONDS] = "seconds",
        [NETWORK_LEASE_MINUTES] = "minutes",
        [NETWORK_LEASE_HOURS] = "hours",
};
DEFINE_STRING_TABLE(network_lease_unit, NetworkLeaseUnit)

const char *const network_driver_table[_NETWORK_DRIVER_MAX] = {
        [NETWORK_DRIVER_KVM] = "kvm",
        [NETWORK_DRIVER_VFIO] = "vfio",
};
DEFINE_STRING_TABLE(network_driver, NetworkDriverName)

#define BRIDGED                                                                                     \
        (IS(NETWORK_FORWARD_NONE) | IS(NETWORK_FORWARD_NAT) | IS(NETWORK_FORWARD_ROUTE) |           \
         IS(NETWORK_FORWARD_OPEN))

bool network_forward_has_own_bridge(NetworkForwardMode mode)
{
        return BRIDGED & IS(mode);
}

/* <forward> */

static const DefRow driver_rows[] = {
        ATTR(NetworkForward, "name", driver, WORDS(network_driver)),
        ATTR(NetworkForward, "model", driver_model),
};
static DEF_TYPE_PLAIN(driver_type, NetworkForward, driver_rows);

static const DefRow nat_address_rows[] = {
        ATTR(NetworkForward, "start", nat_start, SYNTAX(net_syntax_ipv4), FLAGS(DEF_REQUIRED)),
        ATTR(NetworkForward, "end", nat_end, SYNTAX(net_syntax_ipv4), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(nat_address_type, NetworkForward, nat_address_rows);

static const DefRow nat_port_rows[] = {
        ATTR(NetworkForward, "start", port_start, RANGE(1, UINT16_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(NetworkForward, "end", port_end, RANGE(1, UINT16_MAX), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(nat_port_type, NetworkForward, nat_port_rows);

static const DefRow nat_rows[] = {
        ATTR(NetworkForward, "ipv6", nat_ipv6, YES_NO),
        GROUP("address", nat_address_type),
        GROUP("port", nat_port_type),
};

/* "no" is what it is without saying */
static void nat_finish(void *p, Arena *arena, bool live)
{
        NetworkForward *forward = p;

        forward->nat_given = true;
        if (forward->nat_ipv6 == TRISTATE_NO)
                forward->nat_ipv6 = TRISTATE_ABSENT;
}

static DEF_TYPE_PLAIN(nat_type, NetworkForward, nat_rows, .finish = nat_finish);

static const DefRow pf_rows[] = {
        ATTR(NetworkForward, "dev", pf, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(pf_type, NetworkForward, pf_rows);

static const DefRow interface_rows[] = {
        ATTR(NetworkForwardInterface, "dev", dev, FLAGS(DEF_REQUIRED)),
        ATTR(NetworkForwardInterface, "connections", connections, FLAGS(DEF_LIVE)),
};
DEF_TYPE_PLAIN(network_forward_interface_type, NetworkForwardInterface, interface_rows);

static const DefRow address_rows[] = {
        ATTR(NetworkForwardAddress, "type", type, FLAGS(DEF_REQUIRED)),
        EMBED(NetworkForwardAddress, pci, host_pci_address_rows),
        ATTR(NetworkForwardAddress, "connections", connections, FLAGS(DEF_LIVE)),
};
static DEF_TYPE_PLAIN(address_type, NetworkForwardAddress, address_rows);

static const DefRow forward_rows[] = {
        ATTR(NetworkForward, "dev", dev),
        ATTR(NetworkForward, "mode", mode, WORDS(network_forward)),
        ATTR(NetworkForward, "managed", managed, YES_NO,
             WHEN(NetworkForward, mode, IS(NETWORK_FORWARD_HOSTDEV))),
        GROUP("driver", driver_type),
        GROUP("nat", nat_type),
        GROUP("pf", pf_type),
        LIST(NetworkForward, "interface", interfaces, network_forward_interface_type),
        LIST(NetworkForward, "address", addresses, address_type),
};

static void forward_begin(void *p)
{
        NetworkForward *forward = p;

        if (forward->mode == NETWORK_FORWARD_NONE)
                forward->mode = NETWORK_FORWARD_NAT;
}

/* Interfaces count before addresses, those before a physical function, as in libvirt. */
static void forward_finish(void *p, Arena *arena, bool live)
{
        NetworkForward *forward = p;

        if (forward->mode == NETWORK_FORWARD_SAID_NONE) {
                *forward = (NetworkForward) {};
                return;
        }
        if (forward->mode == NETWORK_FORWARD_HOSTDEV && forward->managed == TRISTATE_ABSENT)
                forward->managed = TRISTATE_NO;
        if (forward->dev && (forward->addresses.n > 0 || forward->pf))
                return; /* a rule refuses it */
        if (forward->interfaces.n == 0 && forward->dev) {
                NetworkForwardInterface *interface = arena_new0(arena, NetworkForwardInterface);

                interface->dev = forward->dev;
                def_append(arena, &forward->interfaces, interface);
        }
        if (forward->interfaces.n > 0) {
                if (!forward->dev)
                        forward->dev = forward->interfaces.items[0]->dev;
                forward->addresses.n = 0;
        }
        if (forward->interfaces.n > 0 || forward->addresses.n > 0)
                forward->pf = NULL;
}

static DEF_TYPE_PLAIN(forward_type, NetworkForward, forward_rows, .begin = forward_begin,
                      .finish = forward_finish);

/* <bridge> */

static const DefRow bridge_rows[] = {
        ATTR(NetworkBridge, "name", name),
        ATTR(NetworkBridge, "zone", zone),
        ATTR(NetworkBridge, "stp", stp, ON_OFF),
        ATTR(NetworkBridge, "delay", delay),
        ATTR(NetworkBridge, "macTableManager", mac_table_manager, WORDS(net_mac_table)),
};
static DEF_TYPE_PLAIN(bridge_type, NetworkBridge, bridge_rows);

static const DefRow mtu_rows[] = {
        ATTR(NetworkDef, "size", mtu),
};

static void mtu_finish(void *p, Arena *arena, bool live)
{
        NetworkDef *def = p;

        if (def->mtu == 0)
                def_drop(def, mtu);
}

static DEF_TYPE(mtu_type, NetworkDef, mtu_rows, .finish = mtu_finish);

static const DefRow mac_rows[] = {
        ATTR(NetworkDef, "address", mac, SYNTAX(def_syntax_mac)),
};
static DEF_TYPE(mac_type, NetworkDef, mac_rows);

static const DefRow domain_rows[] = {
        ATTR(NetworkDef, "name", domain),
        ATTR(NetworkDef, "localOnly", domain_local_only, YES_NO),
};
static DEF_TYPE(domain_type, NetworkDef, domain_rows);

/* <dns> */

static const DefRow forwarder_rows[] = {
        ATTR(NetworkDnsForwarder, "domain", domain),
        ATTR(NetworkDnsForwarder, "addr", address, SYNTAX(net_syntax_ip)),
};
static DEF_TYPE_PLAIN(forwarder_type, NetworkDnsForwarder, forwarder_rows, .rules = network_dns_forwarder_rules);

static const DefRow txt_rows[] = {
        ATTR(NetworkDnsTxt, "name", name),
        ATTR(NetworkDnsTxt, "value", value),
};
DEF_TYPE_PLAIN(network_dns_txt_type, NetworkDnsTxt, txt_rows, .rules = network_dns_txt_rules);

static const DefRow srv_rows[] = {
        ATTR(NetworkDnsSrv, "service", service),
        ATTR(NetworkDnsSrv, "protocol", protocol),
        ATTR(NetworkDnsSrv, "domain", domain),
        ATTR(NetworkDnsSrv, "target", target),
        ATTR(NetworkDnsSrv, "port", port),
        ATTR(NetworkDnsSrv, "priority", priority),
        ATTR(NetworkDnsSrv, "weight", weight),
};
DEF_TYPE_PLAIN(network_dns_srv_type, NetworkDnsSrv, srv_rows, .rules = network_dns_srv_rules);

static const DefRow hostname_rows[] = {
        TEXT(NetworkDnsHostname, name),
};
static DEF_TYPE_PLAIN(hostname_type, NetworkDnsHostname, hostname_rows);

static const DefRow dns_host_rows[] = {
        ATTR(NetworkDnsHost, "ip", ip, SYNTAX(net_syntax_ip)),
        LIST(NetworkDnsHost, "hostname", names, hostname_type),
};

static void dns_host_finish(void *p, Arena *arena, bool live)
{
        NetworkDnsHost *host = p;

        for (uint32_t i = host->names.n; i-- > 0;)
                if (!host->names.items[i]->name)
                        def_remove(&host->names, i);
}

DEF_TYPE_PLAIN(network_dns_host_type, NetworkDnsHost, dns_host_rows, .finish = dns_host_finish,
               .rules = network_dns_host_rules);

static const DefRow dns_rows[] = {
        ATTR(NetworkDns, "enable", enable, YES_NO),
        ATTR(NetworkDns, "forwardPlainNames", forward_plain_names, YES_NO),
        LIST(NetworkDns, "forwarder", forwarders, forwarder_type),
        LIST(NetworkDns, "txt", txts, network_dns_txt_type),
        LIST(NetworkDns, "srv", srvs, network_dns_srv_type),
        LIST(NetworkDns, "host", hosts, network_dns_host_type),
};
static DEF_TYPE_PLAIN(dns_type, NetworkDns, dns_rows, .rules = network_dns_rules);

/* <ip> */

static const DefRow lease_rows[] = {
        ATTR(NetworkLease, "expiry", expiry, FLAGS(DEF_REQUIRED)),
        ATTR(NetworkLease, "unit", unit, WORDS(network_lease_unit)),
};

static void lease_finish(void *p, Arena *arena, bool live)
{
        NetworkLease *lease = p;

        if (def_get(lease, expiry, 0) == 0)
                lease->unit = 0;
        else if (lease->unit == 0)
                lease->unit = NETWORK_LEASE_MINUTES;
}

static DEF_TYPE_PLAIN(lease_type, NetworkLease, lease_rows, .finish = lease_finish, .rules = network_lease_rules);

static const DefRow range_rows[] = {
        ATTR(NetworkDhcpRange, "start", start, SYNTAX(net_syntax_ip), FLAGS(DEF_REQUIRED)),
        ATTR(NetworkDhcpRange, "end", end, SYNTAX(net_syntax_ip), FLAGS(DEF_REQUIRED)),
        GROUP_IN(NetworkDhcpRange, "lease", lease, lease_type),
};
DEF_TYPE_PLAIN(network_dhcp_range_type, NetworkDhcpRange, range_rows, .rules = network_dhcp_range_rules);

static const DefRow host_rows[] = {
        ATTR(NetworkDhcpHost, "mac", mac, SYNTAX(net_syntax_mac)),
        ATTR(NetworkDhcpHost, "id", id),
        ATTR(NetworkDhcpHost, "name", name),
        ATTR(NetworkDhcpHost, "ip", ip, SYNTAX(net_syntax_ip)),
        GROUP_IN(NetworkDhcpHost, "lease", lease, lease_type),
};
DEF_TYPE_PLAIN(network_dhcp_host_type, NetworkDhcpHost, host_rows, .rules = network_dhcp_host_rules);

static const DefRow bootp_rows[] = {
        ATTR(NetworkIp, "file", bootp_file),
        ATTR(NetworkIp, "server", bootp_server, SYNTAX(net_syntax_ip)),
};
static DEF_TYPE_PLAIN(bootp_type, NetworkIp, bootp_rows);

static const DefRow tftp_rows[] = {
        ATTR(NetworkIp, "root", tftp_root),
};
static DEF_TYPE_PLAIN(tftp_type, NetworkIp, tftp_rows);

static const DefRow dhcp_rows[] = {
        LIST(NetworkIp, "range", ranges, network_dhcp_range_type),
        LIST(NetworkIp, "host", hosts, network_dhcp_host_type),
        GROUP("bootp", bootp_type),
};
static DEF_TYPE_PLAIN(dhcp_type, NetworkIp, dhcp_rows);

static const DefRow ip_rows[] = {
        ATTR(NetworkIp, "family", family, WORDS(net_family)),
        ATTR(NetworkIp, "address", address, SYNTAX(net_syntax_ip), FLAGS(DEF_REQUIRED)),
        ATTR(NetworkIp, "netmask", netmask, SYNTAX(net_syntax_ip)),
        ATTR(NetworkIp, "prefix", prefix),
        ATTR(NetworkIp, "localPtr", local_ptr, YES_NO),
        GROUP("tftp", tftp_type),
        GROUP("dhcp", dhcp_type),
};

/* Only a file makes a server to boot from, and only over IPv4. */
static void ip_finish(void *p, Arena *arena, bool live)
{
        NetworkIp *ip = p;

        if (ip->family == NET_FAMILY_IPV6)
                ip->bootp_file = NULL;
        if (!ip->bootp_file)
                ip->bootp_server = NULL;
}

static DEF_TYPE_PLAIN(ip_type, NetworkIp, ip_rows, .finish = ip_finish, .rules = network_ip_rules);

static const DefRow route_rows[] = {
        ATTR(NetworkRoute, "family", family, WORDS(net_family)),
        ATTR(NetworkRoute, "address", address, SYNTAX(net_syntax_ip), FLAGS(DEF_REQUIRED)),
        ATTR(NetworkRoute, "netmask", netmask, SYNTAX(net_syntax_ip)),
        ATTR(NetworkRoute, "prefix", prefix),
        ATTR(NetworkRoute, "gateway", gateway, SYNTAX(net_syntax_ip), FLAGS(DEF_REQUIRED)),
        ATTR(NetworkRoute, "metric", metric, RANGE(1, UINT32_MAX)),
};
static DEF_TYPE_PLAIN(route_type, NetworkRoute, route_rows, .rules = network_route_rules);

static const DefRow port_group_rows[] = {
        ATTR(NetworkPortGroup, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(NetworkPortGroup, "default", is_default, YES_NO),
        ATTR(NetworkPortGroup, "trustGuestRxFilters", trust_guest_rx_filters, YES_NO),
        GROUP_IN(NetworkPortGroup, "vlan", vlan, net_vlan_type),
        GROUP_IN(NetworkPortGroup, "virtualport", virtual_port, net_virtual_port_type),
        GROUP_IN(NetworkPortGroup, "bandwidth", bandwidth, net_bandwidth_type),
};

static void port_group_finish(void *p, Arena *arena, bool live)
{
        NetworkPortGroup *group = p;

        if (group->is_default == TRISTATE_NO)
                group->is_default = TRISTATE_ABSENT;
}

DEF_TYPE_PLAIN(network_port_group_type, NetworkPortGroup, port_group_rows, .finish = port_group_finish);

static const DefRow port_rows[] = {
        ATTR(NetworkDef, "isolated", port_isolated, YES_NO),
};
static DEF_TYPE(port_type, NetworkDef, port_rows);

/* <network> */

static const DefNamespace dnsmasq_ns = { "dnsmasq", NETWORK_DNSMASQ_NAMESPACE };

static const DefRow dnsmasq_option_rows[] = {
        ATTR(NetworkDnsmasqOption, "value", value, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_line)),
};
static DEF_TYPE_PLAIN(dnsmasq_option_type, NetworkDnsmasqOption, dnsmasq_option_rows);

static const DefRow dnsmasq_rows[] = {
        LIST(NetworkDef, "option", dnsmasq_options, dnsmasq_option_type, NS(dnsmasq_ns)),
};
static DEF_TYPE(dnsmasq_type, NetworkDef, dnsmasq_rows);

static const DefRow network_rows[] = {
        ATTR(NetworkDef, "connections", connections, FLAGS(DEF_LIVE)),
        ATTR(NetworkDef, "ipv6", ipv6, YES_NO),
        ATTR(NetworkDef, "trustGuestRxFilters", trust_guest_rx_filters, YES_NO),
        ELEMENT(NetworkDef, "name", name, FLAGS(DEF_REQUIRED)),
        ELEMENT(NetworkDef, "uuid", uuid, SYNTAX(def_syntax_uuid)),
        ELEMENT(NetworkDef, "title", title),
        ELEMENT(NetworkDef, "description", description, FLAGS(DEF_MULTILINE)),
        SLICE(NetworkDef, "metadata", metadata, FLAGS(DEF_MULTILINE)),
        GROUP_IN(NetworkDef, "forward", forward, forward_type),
        GROUP_IN(NetworkDef, "bridge", bridge, bridge_type),
        GROUP("mtu", mtu_type),
        GROUP("mac", mac_type),
        GROUP("domain", domain_type),
        GROUP_IN(NetworkDef, "dns", dns, dns_type),
        GROUP_IN(NetworkDef, "vlan", vlan, net_vlan_type),
        GROUP_IN(NetworkDef, "bandwidth", bandwidth, net_bandwidth_type),
        GROUP("port", port_type),
        LIST(NetworkDef, "ip", ips, ip_type, FLAGS(DEF_END_TAG)),
        LIST(NetworkDef, "route", routes, route_type),
        GROUP_IN(NetworkDef, "virtualport", virtual_port, net_virtual_port_type),
        LIST(NetworkDef, "portgroup", port_groups, network_port_group_type, FLAGS(DEF_END_TAG)),
        GROUP("options", dnsmasq_type, NS(dnsmasq_ns)),
        FOREIGN(FLAGS(DEF_INERT)),
};

/* What libvirt prints although nobody said it, and leaves out although somebody did. */
static void network_finish(void *p, Arena *arena, bool live)
{
        NetworkDef *def = p;

        if (network_forward_has_own_bridge(def->forward.mode)) {
                if (def->bridge.stp == TRISTATE_ABSENT)
                        def->bridge.stp = TRISTATE_ON;
                if (!def_is_set(&def->bridge, delay))
                        def_put(&def->bridge, delay, 0);
        }
        if (def->ipv6 == TRISTATE_NO)
                def->ipv6 = TRISTATE_ABSENT;
        if (!def->domain)
                def->domain_local_only = TRISTATE_ABSENT;
}

DEF_TYPE(network_def_type, NetworkDef, network_rows, .finish = network_finish, .rules = network_rules);

DEFINE_DEFINITION(network_def, NetworkDef, network_def_type, "network", "network")

static unsigned prefix_of(const char *address, const char *netmask, bool given, uint32_t prefix)
{
        IpAddress a, mask;
        int found;

        if (given)
                return prefix;
        if (ip_address_parse(address, &a) < 0)
                return 0;
        if (netmask && ip_address_parse(netmask, &mask) >= 0) {
                found = ip_address_netmask_prefix(&mask);
                if (found >= 0)
                        return (unsigned) found;
        }
        return ip_address_default_prefix(&a);
}

unsigned network_ip_prefix(const NetworkIp *ip)
{
        return prefix_of(ip->address, ip->netmask, def_is_set(ip, prefix), ip->prefix);
}

unsigned network_route_prefix(const NetworkRoute *route)
{
        IpAddress address;

        /* what stands for everything needs no prefix */
        if (!def_is_set(route, prefix) && !route->netmask && ip_address_parse(route->address, &address) >= 0 &&
            ip_address_is_any(&address))
                return 0;
        return prefix_of(route->address, route->netmask, def_is_set(route, prefix), route->prefix);
}

int network_def_normalize(const NetworkDef *def, bool own_mac, NetworkDef **ret, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *copy = NULL;
        int r;

        copy = network_def_copy(def);
        if (!copy->uuid)
                copy->uuid = definition_new_uuid(copy->arena);
        if (own_mac && !copy->mac && network_forward_has_own_bridge(copy->forward.mode))
                copy->mac = arena_printf(copy->arena, "52:54:00:%02x:%02x:%02x", g_random_int() & 0xff,
                                         g_random_int() & 0xff, g_random_int() & 0xff);
        r = network_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}
