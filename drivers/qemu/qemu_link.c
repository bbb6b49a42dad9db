/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_link.h"

#include "drivers/model/ip_address.h"
#include "drivers/model/net_def.h"

#include <linux/ethtool.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/route.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static void socket_free(struct nl_sock **sock)
{
        nl_socket_free(*sock);
}


static void address_put(struct nl_addr **address)
{
        nl_addr_put(*address);
}

static void route_put(struct rtnl_route **route)
{
        rtnl_route_put(*route);
}

static void rtnl_address_put(struct rtnl_addr **address)
{
        rtnl_addr_put(*address);
}

static int open_socket(struct nl_sock **ret)
{
        *ret = nl_socket_alloc();
        return *ret ? nl_connect(*ret, NETLINK_ROUTE) : -NLE_NOMEM;
}

static int fail(Error *error, int r, const char *place, const char *what, const char *name)
{
        return error_set(error, ERROR_OPERATION_FAILED, "%s: cannot %s '%s': %s", place, what, name, nl_geterror(r));
}

/* -- addresses ------------------------------------------------------------------------------------------------ */

static int parse_address(const char *text, const char *family, uint32_t prefix, bool has_prefix, struct nl_addr **ret)
{
        int r = nl_addr_parse(text, streq_ptr(family, "ipv6") ? AF_INET6 : AF_INET, ret);

        if (r >= 0 && has_prefix)
                nl_addr_set_prefixlen(*ret, (int) prefix);
        return r;
}

static int add_address(struct nl_sock *sock, unsigned index, const DomainIp *ip)
{
        _cleanup_(rtnl_address_put) struct rtnl_addr *address = rtnl_addr_alloc();
        _cleanup_(address_put) struct nl_addr *local = NULL, *peer = NULL;
        int r = parse_address(ip->address, ip->family, ip->prefix, def_is_set(ip, prefix), &local);

        if (r >= 0 && ip->peer)
                r = parse_address(ip->peer, ip->family, ip->prefix, def_is_set(ip, prefix), &peer);
        if (r < 0)
                return r;
        rtnl_addr_set_ifindex(address, (int) index);
        if (peer)
                nl_addr_set_prefixlen(local, nl_addr_get_family(local) == AF_INET6 ? 128 : 32);
        r = rtnl_addr_set_local(address, local);
        if (r >= 0 && peer)
                r = rtnl_addr_set_peer(address, peer);
        return r < 0 ? r : rtnl_addr_add(sock, address, NLM_F_REPLACE);
}

static uint32_t prefix_of(const DomainRoute *route)
{
        IpAddress mask;
        int prefix = -EINVAL;

        if (def_is_set(route, prefix))
                return route->prefix;
        if (route->netmask && ip_address_parse(route->netmask, &mask) >= 0)
                prefix = ip_address_netmask_prefix(&mask);
        return prefix >= 0 ? (uint32_t) prefix : streq_ptr(route->family, "ipv6") ? 128 : 32;
}

static int add_route(struct nl_sock *sock, unsigned index, const DomainRoute *r)
{
        _cleanup_(route_put) struct rtnl_route *route = rtnl_route_alloc();
        _cleanup_(address_put) struct nl_addr *target = NULL, *gateway = NULL;
        struct rtnl_nexthop *hop;
        int ret = parse_address(r->address, r->family, prefix_of(r), true, &target);

        if (ret >= 0)
                ret = parse_address(r->gateway, r->family, 0, false, &gateway);
        if (ret < 0)
                return ret;
        hop = rtnl_route_nh_alloc();
        rtnl_route_nh_set_ifindex(hop, (int) index);
        rtnl_route_nh_set_gateway(hop, gateway);
        rtnl_route_add_nexthop(route, hop);
        if (def_is_set(r, metric))
                rtnl_route_set_priority(route, r->metric);
        ret = rtnl_route_set_dst(route, target);
        return ret < 0 ? ret : rtnl_route_add(sock, route, NLM_F_REPLACE);
}

int link_set_addresses(const char *name, const DomainInterfaceRare *rare, const char *place, Error *error)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        unsigned index = if_nametoindex(name);
        int r = open_socket(&sock);

        DEF_FOREACH(ip, rare->host_ips) {
                r = r < 0 ? r : add_address(sock, index, ip);
                if (r < 0)
                        return fail(error, r, place, "add an address to", name);
        }
        DEF_FOREACH(route, rare->host_routes) {
                r = r < 0 ? r : add_route(sock, index, route);
                if (r < 0)
                        return fail(error, r, place, "add a route through", name);
        }
        return 0;
}

/* -- ports of bridges ----------------------------------------------------------------------------------------- */

static struct nl_msg *bridge_message(unsigned index)
{
        const struct ifinfomsg head = { .ifi_family = AF_BRIDGE, .ifi_index = (int) index };
        struct nl_msg *msg = nlmsg_alloc_simple(RTM_SETLINK, 0);

        (void) nlmsg_append(msg, (void *) &head, sizeof(head), NLMSG_ALIGNTO);
        return msg;
}

/* Takes msg. */
static int send_message(struct nl_msg *msg)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        int r = open_socket(&sock);

        if (r < 0)
                nlmsg_free(msg);
        return r < 0 ? r : nl_send_sync(sock, msg);
}

int link_isolate(const char *name, const char *place, Error *error)
{
        struct nl_msg *msg = bridge_message(if_nametoindex(name));
        struct nlattr *port = nla_nest_start(msg, IFLA_PROTINFO | NLA_F_NESTED);
        int r;

        (void) nla_put_u8(msg, IFLA_BRPORT_ISOLATED, 1);
        nla_nest_end(msg, port);
        r = send_message(msg);
        return r < 0 ? fail(error, r, place, "isolate the port", name) : 0;
}

/* Takes the VLAN that the bridge has given the port away. */
static int drop_default(unsigned index)
{
        const struct bridge_vlan_info info = { .vid = 1 };
        struct nl_msg *msg = nlmsg_alloc_simple(RTM_DELLINK, 0);
        const struct ifinfomsg head = { .ifi_family = AF_BRIDGE, .ifi_index = (int) index };
        struct nlattr *spec;

        (void) nlmsg_append(msg, (void *) &head, sizeof(head), NLMSG_ALIGNTO);
        spec = nla_nest_start(msg, IFLA_AF_SPEC);
        (void) nla_put(msg, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
        nla_nest_end(msg, spec);
        return send_message(msg);
}

int link_set_vlans(const char *name, const NetVlan *vlan, const char *place, Error *error)
{
        unsigned index = if_nametoindex(name);
        bool trunk = vlan->trunk == TRISTATE_YES || vlan->tags.n > 1;
        struct nl_msg *msg = bridge_message(index);
        struct nlattr *spec = nla_nest_start(msg, IFLA_AF_SPEC);
        int r;

        DEF_FOREACH(tag, vlan->tags) {
                bool native = !trunk || tag->native_mode != 0, bare = !trunk || tag->native_mode == NET_NATIVE_UNTAGGED;
                const struct bridge_vlan_info info = {
                        .vid = (uint16_t) tag->id,
                        .flags = (uint16_t) ((native ? BRIDGE_VLAN_INFO_PVID : 0) |
                                             (bare ? BRIDGE_VLAN_INFO_UNTAGGED : 0)),
                };

                (void) nla_put(msg, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
        }
        nla_nest_end(msg, spec);
        (void) drop_default(index);
        r = send_message(msg);
        return r < 0 ? fail(error, r, place, "set the VLANs of", name) : 0;
}

int link_set_coalesce(const char *name, uint32_t frames, const char *place, Error *error)
{
        _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ethtool_coalesce coalesce = { .cmd = ETHTOOL_SCOALESCE, .rx_max_coalesced_frames = frames };
        struct ifreq r = { .ifr_data = (void *) &coalesce };

        g_strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
        if (fd < 0 || ioctl(fd, SIOCETHTOOL, &r) < 0)
                return error_set_errno(error, errno, "%s: cannot set the coalescing of '%s'", place, name);
        return 0;
}
