/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/ip_address.h"
#include "drivers/model/network_def_table.h"
#include "service/base/store.h"

#include <string.h>

/* What several fields must be together, whatever the driver. The sentences are libvirt's. */

#define LEASE_MIN_SEC 120
#define DNS_LABEL_MAX 63

static void check_lease(const void *p, DefChecker *checker)
{
        const NetworkLease *lease = p;
        static const uint32_t seconds[] = {
                [NETWORK_LEASE_SECONDS] = 1, [NETWORK_LEASE_MINUTES] = 60, [NETWORK_LEASE_HOURS] = 3600,
        };

        if (lease->unit != 0 && (uint64_t) lease->expiry * seconds[lease->unit] < LEASE_MIN_SEC)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@expiry",
                             "The minimum lease time should be greater than 2 minutes");
}

const DefRule network_lease_rules[] = { { "a lease lasts two minutes at least", check_lease }, {} };

static void check_dhcp_host(const void *p, DefChecker *checker)
{
        const NetworkDhcpHost *host = p;

        if (host->mac && net_mac_is_multicast(host->mac))
                checker_fail(checker, ERROR_XML_ERROR, "@mac", "expected unicast mac address, found multicast '%s'",
                             host->mac);
        if (host->id)
                for (const char *c = host->id; *c; c++)
                        if (!g_ascii_isxdigit(*c) && *c != ':') {
                                checker_fail(checker, ERROR_XML_ERROR, "@id", "Invalid character '%.*s' in id '%s'",
                                             (int) (g_utf8_next_char(c) - c), c, host->id);
                                break;
                        }
}

const DefRule network_dhcp_host_rules[] = { { "a host can be told from others", check_dhcp_host }, {} };

static void check_dhcp_range(const void *p, DefChecker *checker)
{
        const NetworkDhcpRange *range = p;
        IpAddress start, end;

        if (ip_address_parse(range->start, &start) < 0 || ip_address_parse(range->end, &end) < 0)
                return;
        if (start.v6 != end.v6)
                checker_fail(checker, ERROR_INTERNAL, NULL, "mismatch of address family in range %s - %s",
                             range->start, range->end);
        else if (ip_address_compare(&start, &end) > 0)
                checker_fail(checker, ERROR_INTERNAL, NULL, "range %s - %s is reversed ", range->start, range->end);
}

const DefRule network_dhcp_range_rules[] = { { "a range goes upwards", check_dhcp_range }, {} };

/* <ip> */

static void check_ip_address(const void *p, DefChecker *checker)
{
        const NetworkIp *ip = p;
        bool v6 = strchr(ip->address, ':');

        if (v6 && ip->family == 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@address",
                             "no family specified for non-IPv4 address '%s'", ip->address);
        else if (v6 != (ip->family == NET_FAMILY_IPV6))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@family",
                             "Family '%s' specified for non-%s address '%s'", net_family_to_string(ip->family),
                             v6 ? "IPv4" : "IPv6", ip->address);
        if (def_is_set(ip, prefix) && ip->prefix > (v6 ? 128u : 32u))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@prefix", "Invalid %s prefix '%" PRIu32 "'",
                             v6 ? "IPv6" : "IPv4", ip->prefix);
        if (!ip->netmask)
                return;
        if (v6)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@netmask",
                             "netmask not allowed for IPv6 address '%s'", ip->address);
        else if (def_is_set(ip, prefix))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@netmask",
                             "IP address cannot have both a prefix and a netmask");
        else if (strchr(ip->netmask, ':'))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@netmask", "Invalid netmask '%s'", ip->netmask);
}

static void check_ip_ranges(const void *p, DefChecker *checker)
{
        const NetworkIp *ip = p;
        unsigned prefix = network_ip_prefix(ip);
        IpAddress address, start, end;

        if (ip_address_parse(ip->address, &address) < 0 || prefix > ip_address_bits(&address))
                return;
        DEF_FOREACH(range, ip->ranges) {
                if (ip_address_parse(range->start, &start) < 0 || ip_address_parse(range->end, &end) < 0)
                        continue;
                if (!ip_address_same_network(&start, &address, prefix) ||
                    !ip_address_same_network(&end, &address, prefix))
                        checker_fail(checker, ERROR_INTERNAL, "dhcp/range",
                                     "range %s - %s is not entirely within network %s/%u", range->start, range->end,
                                     ip->address, prefix);
        }
}

/* A host of IPv4 is known by its card or its name, one of IPv6 by its DUID or its name. */
static void check_ip_hosts(const void *p, DefChecker *checker)
{
        const NetworkIp *ip = p;
        bool v6 = ip->family == NET_FAMILY_IPV6;

        DEF_FOREACH(host, ip->hosts) {
                if (v6 && host->mac)
                        checker_fail(checker, ERROR_XML_ERROR, "dhcp/host/@mac",
                                     "Invalid to specify MAC address '%s' in IPv6 static host definition", host->mac);
                else if (!host->ip)
                        checker_fail(checker, ERROR_XML_ERROR, "dhcp/host",
                                     "Missing IP address in static host definition");
                else if (v6 && !host->id && !host->name)
                        checker_fail(checker, ERROR_XML_ERROR, "dhcp/host",
                                     "Static host definition in IPv6 network must have id or name attribute");
                else if (!v6 && !host->mac && !host->name)
                        checker_fail(checker, ERROR_XML_ERROR, "dhcp/host",
                                     "Static host definition in IPv4 network must have mac or name attribute");
        }
}

static void check_ip_tftp(const void *p, DefChecker *checker)
{
        const NetworkIp *ip = p;

        if (ip->tftp_root && ip->family == NET_FAMILY_IPV6)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "tftp",
                             "Unsupported <tftp> element in an IPv6 element");
}

const DefRule network_ip_rules[] = {
        { "the address is of the family", check_ip_address },
        { "ranges are within the network", check_ip_ranges },
        { "hosts can be told from each other", check_ip_hosts },
        { "files come over IPv4", check_ip_tftp },
        {},
};

/* <route> */

static void check_route_family(const void *p, DefChecker *checker)
{
        const NetworkRoute *route = p;
        bool v6 = route->family == NET_FAMILY_IPV6;

        if (route->family == 0 && strchr(route->address, ':'))
                checker_fail(checker, ERROR_XML_ERROR, "@address",
                             "No family specified for non-IPv4 address '%s' in route definition", route->address);
        else if (v6 != (strchr(route->address, ':') != NULL))
                checker_fail(checker, ERROR_XML_ERROR, "@family",
                             "%s family specified for non-%s address '%s' in route definition", v6 ? "ipv6" : "ipv4",
                             v6 ? "IPv6" : "IPv4", route->address);
        else if (v6 != (strchr(route->gateway, ':') != NULL))
                checker_fail(checker, ERROR_XML_ERROR, "@gateway",
                             "%s family specified for non-%s gateway '%s' in route definition", v6 ? "ipv6" : "ipv4",
                             v6 ? "IPv6" : "IPv4", route->gateway);
}

static void check_route_network(const void *p, DefChecker *checker)
{
        const NetworkRoute *route = p;
        IpAddress address, network;
        unsigned prefix = network_route_prefix(route);

        if (route->netmask && (route->family == NET_FAMILY_IPV6 || strchr(route->netmask, ':')))
                checker_fail(checker, ERROR_XML_ERROR, "@netmask",
                             "Specifying netmask invalid for IPv6 address '%s' in route definition", route->address);
        if (route->netmask && def_is_set(route, prefix))
                checker_fail(checker, ERROR_XML_ERROR, "@netmask",
                             "Route definition cannot have both a prefix and a netmask");
        if (ip_address_parse(route->address, &address) < 0)
                return;
        if (prefix > ip_address_bits(&address)) {
                checker_fail(checker, ERROR_XML_ERROR, "@prefix",
                             "Invalid prefix %u specified in route definition, must be 0 - %u", prefix,
                             ip_address_bits(&address));
                return;
        }
        network = ip_address_network(&address, prefix);
        if (ip_address_compare(&network, &address) != 0)
                checker_fail(checker, ERROR_XML_ERROR, "@address",
                             "Address '%s' in route definition is not a network address", route->address);
}

const DefRule network_route_rules[] = {
        { "address and gateway are of the family", check_route_family },
        { "a route leads to a network", check_route_network },
        {},
};

/* <dns> */

static void check_dns(const void *p, DefChecker *checker)
{
        const NetworkDns *dns = p;

        if (dns->enable == TRISTATE_NO &&
            dns->forwarders.n + dns->txts.n + dns->srvs.n + dns->hosts.n > 0)
                checker_fail(checker, ERROR_XML_ERROR, NULL, "Extra data in disabled network '%s'",
                             ((const NetworkDef *) checker_root(checker))->name);
}

const DefRule network_dns_rules[] = { { "without DNS there is nothing to tell", check_dns }, {} };

static void check_forwarder(const void *p, DefChecker *checker)
{
        const NetworkDnsForwarder *forwarder = p;

        if (!forwarder->domain && !forwarder->address)
                checker_fail(checker, ERROR_XML_ERROR, NULL,
                             "Invalid forwarder element, must contain at least one of addr or domain");
}

const DefRule network_dns_forwarder_rules[] = { { "a forwarder is for or to something", check_forwarder }, {} };

static void check_txt(const void *p, DefChecker *checker)
{
        const NetworkDnsTxt *txt = p;

        if (isempty(txt->name))
                checker_fail(checker, ERROR_XML_DETAIL, NULL, "missing required name attribute in DNS TXT record");
        else if (txt->name[strcspn(txt->name, " ,")])
                checker_fail(checker, ERROR_XML_DETAIL, "@name", "prohibited character in DNS TXT record name '%s'",
                             txt->name);
        else if (!txt->value)
                checker_fail(checker, ERROR_XML_DETAIL, NULL,
                             "missing required value attribute in DNS TXT record named '%s'", txt->name);
}

const DefRule network_dns_txt_rules[] = { { "a text has a name and a value", check_txt }, {} };

static void check_srv_number(DefChecker *checker, const NetworkDnsSrv *srv, const char *what, bool given,
                             uint32_t value, uint32_t min)
{
        g_autofree char *where = g_strdup_printf("@%s", what);

        if (!given)
                return;
        if (!srv->target)
                checker_fail(checker, ERROR_XML_DETAIL, where,
                             "DNS SRV %s attribute not permitted without target for service '%s'", what,
                             srv->service);
        else if (value < min || value > UINT16_MAX)
                checker_fail(checker, ERROR_XML_DETAIL, where, "invalid DNS SRV %s attribute for service '%s'", what,
                             srv->service);
}

static void check_srv(const void *p, DefChecker *checker)
{
        const NetworkDnsSrv *srv = p;

        if (!srv->service)
                checker_fail(checker, ERROR_XML_DETAIL, NULL, "missing required service attribute in DNS SRV record");
        else if (strlen(srv->service) > DNS_LABEL_MAX)
                checker_fail(checker, ERROR_XML_DETAIL, "@service", "DNS SRV service name is too long, limit is %d",
                             DNS_LABEL_MAX);
        else if (!srv->protocol)
                checker_fail(checker, ERROR_XML_DETAIL, NULL,
                             "missing required protocol attribute in DNS SRV record '%s'", srv->service);
        else {
                check_srv_number(checker, srv, "port", def_is_set(srv, port), srv->port, 1);
                check_srv_number(checker, srv, "priority", def_is_set(srv, priority), srv->priority, 0);
                check_srv_number(checker, srv, "weight", def_is_set(srv, weight), srv->weight, 0);
        }
}

const DefRule network_dns_srv_rules[] = { { "a service is one that can be found", check_srv }, {} };

static void check_dns_host(const void *p, DefChecker *checker)
{
        const NetworkDnsHost *host = p;

        if (!host->ip)
                checker_fail(checker, ERROR_XML_DETAIL, NULL, "Missing IP address in DNS HOST record");
        else if (host->names.n == 0)
                checker_fail(checker, ERROR_XML_DETAIL, NULL, "Missing hostname in DNS HOST record");
}

const DefRule network_dns_host_rules[] = { { "an address has a name", check_dns_host }, {} };

/* <network> */

static void check_name(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;

        if (strchr(def->name, '/'))
                checker_fail(checker, ERROR_XML_ERROR, "name", "name %s cannot contain '/'", def->name);
        else if (!store_name_is_valid(def->name))
                checker_fail(checker, ERROR_XML_ERROR, "name", "name '%.80s' is not valid", def->name);
        if (def->title && strchr(def->title, '\n'))
                checker_fail(checker, ERROR_XML_ERROR, "title", "Network title can't contain newlines");
}

static void check_mac(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;

        if (def->mac && net_mac_is_multicast(def->mac))
                checker_fail(checker, ERROR_XML_ERROR, "mac/@address",
                             "Invalid multicast bridge mac address '%s' in network '%s'", def->mac, def->name);
}

static void check_forward_devices(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;
        const NetworkForward *forward = &def->forward;

        if (forward->dev && (forward->addresses.n > 0 || forward->pf))
                checker_fail(checker, ERROR_XML_ERROR, "forward/@dev",
                             "the <forward> 'dev' attribute cannot be used when <address> or <pf> sub-elements are "
                             "present in network %s",
                             def->name);
        else if (forward->dev && forward->interfaces.n > 0 &&
                 !streq(forward->dev, forward->interfaces.items[0]->dev))
                checker_fail(checker, ERROR_XML_ERROR, "forward/@dev",
                             "<forward dev='%s'> must match first <interface dev='%s'/> in network %s", forward->dev,
                             forward->interfaces.items[0]->dev, def->name);
        DEF_FOREACH(address, forward->addresses)
                if (!streq(address->type, "pci"))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "forward/address",
                                     "unknown address type '%s' in network %s", address->type, def->name);
}

static void check_nat(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;
        const NetworkForward *forward = &def->forward;
        IpAddress start, end;

        if (forward->nat_given && forward->mode != NETWORK_FORWARD_NAT)
                checker_fail(checker, ERROR_XML_ERROR, "forward/nat",
                             "The <nat> element can only be used when <forward> 'mode' is 'nat' in network %s",
                             def->name);
        if (forward->nat_start && ip_address_parse(forward->nat_start, &start) >= 0 &&
            ip_address_parse(forward->nat_end, &end) >= 0 && ip_address_compare(&start, &end) > 0)
                checker_fail(checker, ERROR_INTERNAL, "forward/nat/address", "range %s - %s is reversed ",
                             forward->nat_start, forward->nat_end);
        if (def_is_set(forward, port_start) && forward->port_start > forward->port_end)
                checker_fail(checker, ERROR_XML_DETAIL, "forward/nat/port",
                             "Missing or invalid 'end' attribute in <port> in <nat> in <forward> in network %s",
                             def->name);
}

#define ROUTED (IS(NETWORK_FORWARD_NAT) | IS(NETWORK_FORWARD_ROUTE) | IS(NETWORK_FORWARD_OPEN))

static void check_routed(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;
        NetworkForwardMode mode = def->forward.mode;

        if (!(ROUTED & IS(mode)))
                return;
        if (def->ips.n == 0)
                checker_fail(checker, ERROR_XML_ERROR, "forward",
                             "%s forwarding requested, but no IP address provided for network '%s'",
                             network_forward_to_string(mode), def->name);
        if (mode == NETWORK_FORWARD_OPEN && def->forward.interfaces.n > 0)
                checker_fail(checker, ERROR_XML_ERROR, "forward/@dev",
                             "forward dev not allowed for network '%s' with forward mode='%s'", def->name,
                             network_forward_to_string(mode));
        else if (def->forward.interfaces.n > 1)
                checker_fail(checker, ERROR_XML_ERROR, "forward/interface",
                             "multiple forwarding interfaces specified for network '%s', only one is supported",
                             def->name);
}

/* Networks that use what the host has leave it as it is. */
static void check_foreign_bridge(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;
        const NetworkBridge *bridge = &def->bridge;
        const char *mode = network_forward_to_string(def->forward.mode);

        if (network_forward_has_own_bridge(def->forward.mode))
                return;
        if (def->forward.mode != NETWORK_FORWARD_BRIDGE && bridge->name)
                checker_fail(checker, ERROR_XML_ERROR, "bridge/@name",
                             "bridge name not allowed in %s mode (network '%s')", mode, def->name);
        else if (bridge->name && (def->forward.interfaces.n > 0 || def->forward.pf))
                checker_fail(checker, ERROR_XML_ERROR, "bridge/@name",
                             "A network with forward mode='%s' can specify a bridge name or a forward dev, but not "
                             "both (network '%s')",
                             mode, def->name);
        if (def->forward.mode != NETWORK_FORWARD_BRIDGE && bridge->mac_table_manager)
                checker_fail(checker, ERROR_XML_ERROR, "bridge/@macTableManager",
                             "bridge macTableManager setting not allowed in %s mode (network '%s')", mode, def->name);
        if (bridge->stp || bridge->zone || def_is_set(bridge, delay))
                checker_fail(checker, ERROR_XML_ERROR, "bridge",
                             "bridge delay/stp/zone options only allowed in route, nat, and isolated mode, not in %s "
                             "(network '%s')",
                             mode, def->name);
        if (def_is_set(def, mtu))
                checker_fail(checker, ERROR_XML_ERROR, "mtu",
                             "mtu size only allowed in open, route, nat, and isolated mode, not in %s (network '%s')",
                             mode, def->name);
}

static void check_forward_interfaces(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;

        for (uint32_t i = 1; i < def->forward.interfaces.n; i++)
                for (uint32_t j = 0; j < i; j++)
                        if (streq(def->forward.interfaces.items[i]->dev, def->forward.interfaces.items[j]->dev)) {
                                checker_fail(checker, ERROR_XML_ERROR, "forward/interface",
                                             "interface '%s' can only be listed once in network %s",
                                             def->forward.interfaces.items[i]->dev, def->name);
                                break;
                        }
}

/* That of a group of ports may be told by the network. */
static void check_virtual_port_type(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;

        if (def->virtual_port.type == 0 && !def_is_empty(&net_virtual_port_type, &def->virtual_port))
                checker_fail(checker, ERROR_XML_ERROR, "virtualport", "missing required virtualport type");
}

static bool is_reachable(const NetworkDef *def, const IpAddress *gateway)
{
        DEF_FOREACH(ip, def->ips) {
                IpAddress address;

                if (ip_address_parse(ip->address, &address) >= 0 &&
                    ip_address_same_network(&address, gateway, network_ip_prefix(ip)))
                        return true;
        }
        return false;
}

static void check_gateways(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;

        DEF_FOREACH(route, def->routes) {
                IpAddress gateway;

                if (ip_address_parse(route->gateway, &gateway) >= 0 && !is_reachable(def, &gateway))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "route/@gateway",
                                     "unreachable static route gateway '%s' specified for network '%s'",
                                     route->gateway, def->name);
        }
}

static void check_floors(const void *p, DefChecker *checker)
{
        const NetworkDef *def = p;
        bool floor = def_is_set(&def->bandwidth.inbound, floor);

        DEF_FOREACH(group, def->port_groups)
                floor |= def_is_set(&group->bandwidth.inbound, floor);
        if (floor)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "bandwidth",
                             "floor attribute is not supported for this config");
}

const DefRule network_rules[] = {
        { "the name can stand for a file", check_name },
        { "the bridge has an address of its own", check_mac },
        { "forwarding names one kind of device", check_forward_devices },
        { "an interface is used once", check_forward_interfaces },
        { "the network's kind of port is known", check_virtual_port_type },
        { "address translation suits the mode", check_nat },
        { "who routes has an address", check_routed },
        { "bridges of the host are not configured", check_foreign_bridge },
        { "gateways of routes can be reached", check_gateways },
        { "a floor is for the interfaces of domains", check_floors },
        {},
};
