/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/link.h"

#include "drivers/model/ip_address.h"
#include "drivers/model/net_def.h"
#include "service/base/log.h"

#include <linux/ethtool.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define LOG_CATEGORY "host"

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

static int parse_address(const char *text, int prefix, struct nl_addr **ret)
{
        int r = nl_addr_parse(text, strchr(text, ':') ? AF_INET6 : AF_INET, ret);

        if (r >= 0 && prefix >= 0)
                nl_addr_set_prefixlen(*ret, prefix);
        return r;
}

static int add_address(struct nl_sock *sock, unsigned index, const DomainIp *ip)
{
        _cleanup_(rtnl_address_put) struct rtnl_addr *address = rtnl_addr_alloc();
        _cleanup_(address_put) struct nl_addr *local = NULL, *peer = NULL;
        int prefix = def_is_set(ip, prefix) ? (int) ip->prefix : -1, r = parse_address(ip->address, prefix, &local);

        if (r >= 0 && ip->peer)
                r = parse_address(ip->peer, prefix, &peer);
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

static int add_route(struct nl_sock *sock, unsigned index, const LinkRoute *r)
{
        _cleanup_(route_put) struct rtnl_route *route = rtnl_route_alloc();
        _cleanup_(address_put) struct nl_addr *target = NULL, *gateway = NULL;
        struct rtnl_nexthop *hop;
        int ret = parse_address(r->network, (int) r->prefix, &target);

        if (ret >= 0)
                ret = parse_address(r->gateway, -1, &gateway);
        if (ret < 0)
                return ret;
        hop = rtnl_route_nh_alloc();
        rtnl_route_nh_set_ifindex(hop, (int) index);
        rtnl_route_nh_set_gateway(hop, gateway);
        rtnl_route_add_nexthop(route, hop);
        if (r->metric > 0)
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
                const LinkRoute plain = { route->address, prefix_of(route), route->gateway,
                                          def_get(route, metric, 0) };

                r = r < 0 ? r : add_route(sock, index, &plain);
                if (r < 0)
                        return fail(error, r, place, "add a route through", name);
        }
        return 0;
}

int link_add_address(const char *name, const char *text, unsigned prefix, const char *place, Error *error)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        _cleanup_(rtnl_address_put) struct rtnl_addr *address = rtnl_addr_alloc();
        _cleanup_(address_put) struct nl_addr *local = NULL, *broadcast = NULL;
        IpAddress parsed = {};
        int r = parse_address(text, (int) prefix, &local);

        if (r < 0)
                return fail(error, r, place, "add an address to", name);
        rtnl_addr_set_ifindex(address, (int) if_nametoindex(name));
        /* a bridge without ports has no carrier, and would try its addresses for ever */
        rtnl_addr_set_flags(address, IFA_F_NODAD);
        r = rtnl_addr_set_local(address, local);
        if (r >= 0 && ip_address_parse(text, &parsed) >= 0 && !parsed.v6) {
                const IpAddress last = ip_address_last(&parsed, prefix);
                g_autofree char *last_text = ip_address_to_string(&last);

                r = parse_address(last_text, -1, &broadcast);
                if (r >= 0)
                        r = rtnl_addr_set_broadcast(address, broadcast);
        }
        if (r >= 0)
                r = open_socket(&sock);
        if (r >= 0)
                r = rtnl_addr_add(sock, address, NLM_F_REPLACE);
        return r < 0 ? fail(error, r, place, "add an address to", name) : 0;
}

int link_add_route(const char *name, const LinkRoute *route, const char *place, Error *error)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        int r = open_socket(&sock);

        if (r >= 0)
                r = add_route(sock, if_nametoindex(name), route);
        return r < 0 ? fail(error, r, place, "add a route through", name) : 0;
}

/* What the kernel takes when it forwards itself, in /proc/sys/net/ipv6/conf/NAME/accept_ra. */
#define ACCEPT_RA_ALWAYS "2"

static bool keeps_advice(const char *name)
{
        g_autofree char *path = g_strdup_printf("/proc/sys/net/ipv6/conf/%s/accept_ra", name), *text = NULL;

        return read_file_at(AT_FDCWD, path, 16, &text, NULL) >= 0 && streq(g_strchomp(text), ACCEPT_RA_ALWAYS);
}

char *link_find_advised(void)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        struct nl_cache *cache = NULL;
        char *found = NULL;

        if (open_socket(&sock) < 0 || rtnl_route_alloc_cache(sock, AF_INET6, 0, &cache) < 0)
                return NULL;
        for (struct nl_object *o = nl_cache_get_first(cache); o && !found; o = nl_cache_get_next(o)) {
                struct rtnl_route *route = (struct rtnl_route *) o;
                struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, 0);
                char name[IF_NAMESIZE];

                if (hop && rtnl_route_get_protocol(route) == RTPROT_RA &&
                    if_indextoname((unsigned) rtnl_route_nh_get_ifindex(hop), name) && !keeps_advice(name))
                        found = g_strdup(name);
        }
        nl_cache_free(cache);
        return found;
}

char *link_find_route(const char *network, unsigned prefix)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        _cleanup_(address_put) struct nl_addr *target = NULL;
        struct nl_cache *cache = NULL;
        char name[IF_NAMESIZE] = "";

        if (parse_address(network, (int) prefix, &target) < 0 || open_socket(&sock) < 0 ||
            rtnl_route_alloc_cache(sock, nl_addr_get_family(target), 0, &cache) < 0)
                return NULL;
        for (struct nl_object *o = nl_cache_get_first(cache); o && !*name; o = nl_cache_get_next(o)) {
                struct rtnl_route *route = (struct rtnl_route *) o;
                struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, 0);

                if (hop && rtnl_route_get_table(route) == RT_TABLE_MAIN &&
                    nl_addr_cmp(rtnl_route_get_dst(route), target) == 0)
                        (void) if_indextoname((unsigned) rtnl_route_nh_get_ifindex(hop), name);
        }
        nl_cache_free(cache);
        return *name ? g_strdup(name) : NULL;
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

/* -- bridges -------------------------------------------------------------------------------------------------- */

static void put_bridge(struct nl_msg *msg, const LinkBridge *bridge)
{
        struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO | NLA_F_NESTED), *data;

        (void) nla_put_string(msg, IFLA_INFO_KIND, "bridge");
        data = nla_nest_start(msg, IFLA_INFO_DATA | NLA_F_NESTED);
        /* in hundredths; what goes below the least with the spanning tree is raised by the kernel */
        (void) nla_put_u32(msg, IFLA_BR_FORWARD_DELAY, bridge->delay * 100);
        (void) nla_put_u32(msg, IFLA_BR_STP_STATE, bridge->stp);
        nla_nest_end(msg, data);
        nla_nest_end(msg, info);
}

int link_make_bridge(const LinkBridge *bridge, const char *place, Error *error)
{
        const struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
        struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
        struct nl_addr *mac = NULL;
        int r = bridge->mac ? nl_addr_parse(bridge->mac, AF_LLC, &mac) : 0;

        (void) nlmsg_append(msg, (void *) &head, sizeof(head), NLMSG_ALIGNTO);
        (void) nla_put_string(msg, IFLA_IFNAME, bridge->name);
        if (mac)
                (void) nla_put(msg, IFLA_ADDRESS, (int) nl_addr_get_len(mac), nl_addr_get_binary_addr(mac));
        nl_addr_put(mac);
        if (bridge->mtu > 0)
                (void) nla_put_u32(msg, IFLA_MTU, bridge->mtu);
        put_bridge(msg, bridge);
        if (r < 0)
                nlmsg_free(msg);
        else
                r = send_message(msg);
        if (r == -NLE_EXIST)
                return error_set(error, ERROR_OPERATION_FAILED, "%s: there is an interface '%s' already", place,
                                 bridge->name);
        return r < 0 ? fail(error, r, place, "make the bridge", bridge->name) : 0;
}

static int set_flags(const char *name, unsigned flags)
{
        const struct ifinfomsg head = {
                .ifi_index = (int) if_nametoindex(name), .ifi_flags = flags, .ifi_change = IFF_UP,
        };
        struct nl_msg *msg;

        if (head.ifi_index == 0)
                return -NLE_NODEV;
        msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
        (void) nlmsg_append(msg, (void *) &head, sizeof(head), NLMSG_ALIGNTO);
        return send_message(msg);
}

int link_bring_up(const char *name, const char *place, Error *error)
{
        int r = set_flags(name, IFF_UP);

        return r < 0 ? fail(error, r, place, "bring up", name) : 0;
}

int link_take_down(const char *name, const char *place, Error *error)
{
        int r = set_flags(name, 0);

        return r < 0 ? fail(error, r, place, "take down", name) : 0;
}

int link_enter_bridge(const char *name, const char *bridge, const char *place, Error *error)
{
        const struct ifinfomsg head = { .ifi_index = (int) if_nametoindex(name) };
        struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
        int r;

        (void) nlmsg_append(msg, (void *) &head, sizeof(head), NLMSG_ALIGNTO);
        (void) nla_put_u32(msg, IFLA_MASTER, if_nametoindex(bridge));
        r = send_message(msg);
        return r < 0 ? fail(error, r, place, "add to a bridge", name) : 0;
}

bool link_is_bridge(const char *name)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        struct rtnl_link *link = NULL;
        bool is = open_socket(&sock) >= 0 && rtnl_link_get_kernel(sock, 0, name, &link) >= 0 &&
                  streq_ptr(rtnl_link_get_type(link), "bridge");

        rtnl_link_put(link);
        return is;
}

void link_remove_bridge(const char *name)
{
        _cleanup_(socket_free) struct nl_sock *sock = NULL;
        struct rtnl_link *link = NULL;
        int r = open_socket(&sock);

        if (r >= 0)
                r = rtnl_link_get_kernel(sock, 0, name, &link);
        if (r >= 0 && streq_ptr(rtnl_link_get_type(link), "bridge"))
                r = rtnl_link_delete(sock, link);
        rtnl_link_put(link);
        if (r < 0 && r != -NLE_NODEV && r != -NLE_OBJ_NOTFOUND)
                log_warning("the bridge '%s' cannot be removed: %s", name, nl_geterror(r));
}
