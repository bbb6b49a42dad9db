/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_host.h"

#include "drivers/host/link.h"
#include "drivers/model/ip_address.h"
#include "drivers/network/network_nft.h"
#include "service/base/log.h"

#include <net/if.h>

#define LOG_CATEGORY "network"

static int write_sysctl(const char *path, const char *value, Error *error)
{
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
        g_autofree char *is = NULL;
        int r;

        /* where it is so already it need not be writable */
        if (read_file_at(AT_FDCWD, path, 16, &is, NULL) >= 0 && streq(g_strchomp(is), value))
                return 0;
        r = fd < 0 ? -errno : write_all(fd, value, 1);
        return r < 0 ? error_set_errno(error, r, "cannot write '%s' to '%s'", value, path) : 0;
}

static int set_bridge_ipv6(const char *bridge, const char *key, const char *value, Error *error)
{
        g_autofree char *path = g_strdup_printf("/proc/sys/net/ipv6/conf/%s/%s", bridge, key);

        /* a kernel without IPv6 */
        if (access(path, F_OK) < 0)
                return 0;
        return write_sysctl(path, value, error);
}

static bool has_family(const NetworkDef *def, bool v6)
{
        DEF_FOREACH(ip, def->ips) {
                IpAddress address;

                if (ip_address_parse(ip->address, &address) >= 0 && address.v6 == v6)
                        return true;
        }
        return false;
}

/* The host is a router there, and takes no advice of guests. */
static int set_ipv6(const NetworkDef *def, Error *error)
{
        bool v6 = has_family(def, true);
        int r = set_bridge_ipv6(def->bridge.name, "disable_ipv6", v6 ? "0" : "1", error);

        if (r >= 0 && v6)
                r = set_bridge_ipv6(def->bridge.name, "accept_ra", "0", error);
        if (r >= 0 && v6)
                r = set_bridge_ipv6(def->bridge.name, "autoconf", "0", error);
        return r;
}

/* The kernel drops what routers have told it when it becomes one: the host may lose its way out. */
static int set_ipv6_forwarding(Error *error)
{
        static const char path[] = "/proc/sys/net/ipv6/conf/all/forwarding";
        g_autofree char *advised = NULL, *is = NULL;

        if (read_file_at(AT_FDCWD, path, 16, &is, NULL) >= 0 && *is == '0')
                advised = link_find_advised();
        if (advised)
                return error_set(error, ERROR_INTERNAL,
                                 "Check the host setup: interface %s has kernel autoconfigured IPv6 routes and "
                                 "enabling forwarding without accept_ra set to 2 will cause the kernel to flush them",
                                 advised);
        return write_sysctl(path, "1", error);
}

static int set_forwarding(const NetworkDef *def, Error *error)
{
        int r = 0;

        if (def->forward.mode == NETWORK_FORWARD_NONE)
                return 0;
        if (has_family(def, false))
                r = write_sysctl("/proc/sys/net/ipv4/ip_forward", "1", error);
        if (r >= 0 && has_family(def, true))
                r = set_ipv6_forwarding(error);
        return r;
}

static int check_collision(const NetworkDef *def, Error *error)
{
        DEF_FOREACH(ip, def->ips) {
                unsigned prefix = network_ip_prefix(ip);
                g_autofree char *text = NULL, *taken = NULL;
                IpAddress address, network;

                if (ip_address_parse(ip->address, &address) < 0 || address.v6)
                        continue;
                network = ip_address_network(&address, prefix);
                text = ip_address_to_string(&network);
                taken = link_find_route(text, prefix);
                if (taken)
                        return error_set(error, ERROR_INTERNAL, "Network is already in use by interface %s", taken);
        }
        return 0;
}

static int add_addresses(const NetworkDef *def, Error *error)
{
        int r = 0;

        DEF_FOREACH(ip, def->ips)
                if (r >= 0 && ip->address)
                        r = link_add_address(def->bridge.name, ip->address, network_ip_prefix(ip), "/network/ip",
                                             error);
        return r;
}

static int add_routes(const NetworkDef *def, Error *error)
{
        int r = 0;

        DEF_FOREACH(route, def->routes) {
                const LinkRoute plain = {
                        route->address, network_route_prefix(route), route->gateway, def_get(route, metric, 0),
                };

                if (r >= 0)
                        r = link_add_route(def->bridge.name, &plain, "/network/route", error);
        }
        return r;
}

static int set_up(const NetworkDef *def, Error *error)
{
        int r = set_ipv6(def, error);

        if (r >= 0)
                r = network_nft_apply(def, error);
        if (r >= 0)
                r = add_addresses(def, error);
        if (r >= 0)
                r = link_bring_up(def->bridge.name, "/network/bridge", error);
        if (r >= 0)
                r = add_routes(def, error);
        return r < 0 ? r : set_forwarding(def, error);
}

static int check_devices(const NetworkDef *def, Error *error)
{
        if (def->bridge.name && !link_is_bridge(def->bridge.name))
                return error_set(error, ERROR_OPERATION_FAILED, "/network/bridge/@name: there is no bridge '%s'",
                                 def->bridge.name);
        DEF_FOREACH(interface, def->forward.interfaces)
                if (if_nametoindex(interface->dev) == 0)
                        return error_set(error, ERROR_OPERATION_FAILED,
                                         "/network/forward/interface/@dev: there is no interface '%s'",
                                         interface->dev);
        return 0;
}

int network_host_up(const NetworkDef *def, Error *error)
{
        const LinkBridge bridge = {
                .name = def->bridge.name,
                .mac = def->mac,
                .mtu = def_get(def, mtu, 0),
                .delay = def_get(&def->bridge, delay, 0),
                .stp = def->bridge.stp != TRISTATE_NO,
        };
        int r;

        if (!network_forward_has_own_bridge(def->forward.mode))
                return check_devices(def, error);
        r = check_collision(def, error);
        if (r >= 0)
                r = link_make_bridge(&bridge, "/network/bridge/@name", error);
        if (r < 0)
                return r;
        r = set_up(def, error);
        if (r < 0)
                network_host_down(def);
        return r;
}

void network_host_down(const NetworkDef *def)
{
        if (!network_forward_has_own_bridge(def->forward.mode))
                return;
        link_remove_bridge(def->bridge.name);
        network_nft_remove(def->bridge.name);
}

int network_host_refresh(const NetworkDef *def, Error *error)
{
        return network_forward_has_own_bridge(def->forward.mode) ? network_nft_apply(def, error) : 0;
}

int network_host_plug(const char *bridge, const NetworkTap *tap, Error *error)
{
        const char *place = "/networkport/plug";
        int r = link_enter_bridge(tap->name, bridge, place, error);

        if (r >= 0 && tap->isolated)
                r = link_isolate(tap->name, place, error);
        if (r >= 0 && tap->vlan.tags.n > 0)
                r = link_set_vlans(tap->name, &tap->vlan, place, error);
        return r;
}
