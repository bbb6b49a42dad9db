/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_tap.h"

#include "service/base/log.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/macvtap.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#define LOG_CATEGORY "qemu"

#define TUN_PATH "/dev/net/tun"
#define VHOST_PATH "/dev/vhost-net"
/* What libvirt calls them. */
#define TAP_PATTERN "vnet%d"
#define MACVTAP_PREFIX "macvtap"
#define MACVTAP_NUMBERS 8192u
/* The kernel's node for a macvtap device may come through udev. */
#define NODE_PATIENCE_USEC (5 * USEC_PER_SEC)

static void close_all(int *fds, unsigned n)
{
        for (unsigned i = 0; i < n; i++)
                fds[i] = safe_close(fds[i]);
}

static int parse_mac(const char *text, unsigned char ret[static 6])
{
        return text && sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx", ret, ret + 1, ret + 2, ret + 3, ret + 4,
                              ret + 5) == 6
                       ? 0
                       : -EINVAL;
}

/* The request of an interface, by its name. */
static int set_link(int socket_fd, unsigned long request, struct ifreq *r, const char *what, const char *place,
                    Error *error)
{
        if (ioctl(socket_fd, request, r) < 0)
                return error_set_errno(error, errno, "%s: cannot %s of '%s'", place, what, r->ifr_name);
        return 0;
}

static int enter_bridge(int socket_fd, const char *name, const char *bridge, const char *place, Error *error)
{
        struct ifreq r = {};

        if (if_nametoindex(bridge) == 0)
                return error_set(error, ERROR_OPERATION_FAILED, "%s: there is no bridge '%s'", place, bridge);
        g_strlcpy(r.ifr_name, bridge, sizeof(r.ifr_name));
        r.ifr_ifindex = (int) if_nametoindex(name);
        return set_link(socket_fd, SIOCBRADDIF, &r, "add a port", place, error);
}

static int leave_bridge(int socket_fd, const char *name, const char *bridge, const char *place, Error *error)
{
        struct ifreq r = {};

        g_strlcpy(r.ifr_name, bridge, sizeof(r.ifr_name));
        r.ifr_ifindex = (int) if_nametoindex(name);
        return set_link(socket_fd, SIOCBRDELIF, &r, "remove a port", place, error);
}

int tap_change_bridge(const char *name, const char *from, const char *to, const char *place, Error *error)
{
        _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int r = 0;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot make a socket");
        if (to && if_nametoindex(to) == 0)
                return error_set(error, ERROR_OPERATION_FAILED, "%s: there is no bridge '%s'", place, to);
        if (from)
                r = leave_bridge(fd, name, from, place, error);
        if (r >= 0 && to)
                r = enter_bridge(fd, name, to, place, error);
        if (r < 0 && from)
                (void) enter_bridge(fd, name, from, place, NULL);
        return r;
}

static int get_mtu(int socket_fd, const char *name)
{
        struct ifreq r = {};

        g_strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
        return ioctl(socket_fd, SIOCGIFMTU, &r) < 0 ? 0 : r.ifr_mtu;
}

/*
 * The bridge takes the lowest address of its ports for its own, so that of the guest, with another beginning, stays
 * behind those of real cards.
 */
static int set_mac(int socket_fd, const char *name, const char *mac, const char *place, Error *error)
{
        struct ifreq r = {};

        if (parse_mac(mac, (unsigned char *) r.ifr_hwaddr.sa_data) < 0)
                return 0;
        g_strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
        r.ifr_hwaddr.sa_family = 1; /* ARPHRD_ETHER */
        r.ifr_hwaddr.sa_data[0] = (char) 0xfe;
        return set_link(socket_fd, SIOCSIFHWADDR, &r, "set the address", place, error);
}

static int bring_up(int socket_fd, const char *name, const char *place, Error *error)
{
        struct ifreq r = {};
        int ret;

        g_strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
        ret = set_link(socket_fd, SIOCGIFFLAGS, &r, "get the flags", place, error);
        if (ret < 0)
                return ret;
        r.ifr_flags |= IFF_UP;
        return set_link(socket_fd, SIOCSIFFLAGS, &r, "set the flags", place, error);
}

static int plug(const TapConfig *config, const char *name, const char *place, Error *error)
{
        _cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        struct ifreq r = {};
        int ret;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot make a socket");
        r.ifr_mtu = config->mtu ? (int) config->mtu : config->bridge ? get_mtu(fd, config->bridge) : 0;
        ret = set_mac(fd, name, config->mac, place, error);
        if (ret >= 0 && r.ifr_mtu > 0) {
                g_strlcpy(r.ifr_name, name, sizeof(r.ifr_name));
                ret = set_link(fd, SIOCSIFMTU, &r, "set the MTU", place, error);
        }
        if (ret >= 0 && config->bridge)
                ret = enter_bridge(fd, name, config->bridge, place, error);
        return ret < 0 ? ret : bring_up(fd, name, place, error);
}

static int open_queue(const TapConfig *config, struct ifreq *r, const char *place, int *ret, Error *error)
{
        const char *device = config->device ?: TUN_PATH;
        _cleanup_close_ int fd = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK);

        if (fd < 0)
                return error_set_errno(error, errno, "%s: cannot open '%s'", place, device);
        r->ifr_flags = IFF_TAP | IFF_NO_PI;
        if (config->vnet_hdr)
                r->ifr_flags |= IFF_VNET_HDR;
        if (config->n_queues > 1)
                r->ifr_flags |= IFF_MULTI_QUEUE;
        if (ioctl(fd, TUNSETIFF, r) < 0)
                return error_set_errno(error, errno, "%s: cannot make the tap device '%s'", place, r->ifr_name);
        *ret = TAKE_FD(fd);
        return 0;
}

int tap_open(const TapConfig *config, const char *place, int *ret_fds, char **ret_name, Error *error)
{
        struct ifreq r = {};
        unsigned n = 0;
        int ret = 0;

        if (config->name && strlen(config->name) >= IFNAMSIZ)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: '%s' is too long for an interface", place,
                                 config->name);
        if (config->existing && (!config->name || if_nametoindex(config->name) == 0))
                return error_set(error, ERROR_OPERATION_FAILED, "%s: there is no interface '%s'", place,
                                 strempty(config->name));
        g_strlcpy(r.ifr_name, config->name ?: TAP_PATTERN, sizeof(r.ifr_name));
        for (; ret >= 0 && n < config->n_queues; n++)
                ret = open_queue(config, &r, place, ret_fds + n, error);
        if (ret < 0)
                n--; /* the last one was not opened */
        if (ret >= 0 && !config->existing)
                ret = plug(config, r.ifr_name, place, error);
        if (ret < 0) {
                close_all(ret_fds, n);
                return ret;
        }
        *ret_name = g_strdup(r.ifr_name);
        return 0;
}

/* -- macvtap ------------------------------------------------------------------------------------------------- */

static int set_nl_error(Error *error, int r, const char *place, const char *what, const char *name)
{
        return error_set(error, ERROR_OPERATION_FAILED, "%s: cannot %s '%s': %s", place, what, name, nl_geterror(r));
}

static struct nl_sock *route_socket(void)
{
        struct nl_sock *sock = nl_socket_alloc();

        if (sock && nl_connect(sock, NETLINK_ROUTE) < 0)
                g_clear_pointer(&sock, nl_socket_free);
        return sock;
}

static struct rtnl_link *new_macvtap(const MacvtapConfig *config, const char *name, unsigned parent)
{
        struct rtnl_link *link = rtnl_link_macvtap_alloc();
        const char *mode = streq(config->mode, "passthrough") ? "passthru" : config->mode;
        struct nl_addr *address = NULL;

        rtnl_link_set_name(link, name);
        rtnl_link_set_link(link, (int) parent);
        rtnl_link_set_flags(link, IFF_UP);
        (void) rtnl_link_macvtap_set_mode(link, (uint32_t) rtnl_link_macvtap_str2mode(mode));
        if (config->mac && nl_addr_parse(config->mac, AF_LLC, &address) >= 0) {
                rtnl_link_set_addr(link, address);
                nl_addr_put(address);
        }
        return link;
}

/* Adds it under the first free name; *ret_name is the caller's. */
static int add_macvtap(struct nl_sock *sock, const MacvtapConfig *config, unsigned parent, char **ret_name)
{
        int r = -NLE_EXIST;

        for (unsigned i = 0; r == -NLE_EXIST && i < (config->name ? 1 : MACVTAP_NUMBERS); i++) {
                g_autofree char *name =
                        config->name ? g_strdup(config->name) : g_strdup_printf(MACVTAP_PREFIX "%u", i);
                struct rtnl_link *link;

                if (if_nametoindex(name) != 0)
                        continue;
                link = new_macvtap(config, name, parent);
                r = rtnl_link_add(sock, link, NLM_F_CREATE | NLM_F_EXCL);
                rtnl_link_put(link);
                if (r >= 0)
                        *ret_name = g_steal_pointer(&name);
        }
        return r;
}

static int open_node(const char *name, const MacvtapConfig *config, const char *place, int *ret_fds, Error *error)
{
        g_autofree char *path = g_strdup_printf("/dev/tap%u", if_nametoindex(name));
        uint64_t until = now_usec() + NODE_PATIENCE_USEC;
        struct ifreq r = { .ifr_flags = IFF_TAP | IFF_NO_PI };

        if (config->vnet_hdr)
                r.ifr_flags |= IFF_VNET_HDR;
        if (config->n_queues > 1)
                r.ifr_flags |= IFF_MULTI_QUEUE;
        for (unsigned i = 0; i < config->n_queues; i++) {
                while ((ret_fds[i] = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)) < 0 && errno == ENOENT &&
                       now_usec() < until)
                        g_usleep(10 * USEC_PER_MSEC);
                if (ret_fds[i] < 0 || ioctl(ret_fds[i], TUNSETIFF, &r) < 0) {
                        int e = errno;

                        close_all(ret_fds, i + (ret_fds[i] >= 0));
                        return error_set_errno(error, e, "%s: cannot open '%s' of '%s'", place, path, name);
                }
        }
        return 0;
}

int macvtap_open(const MacvtapConfig *config, const char *place, int *ret_fds, char **ret_name, Error *error)
{
        unsigned parent = if_nametoindex(config->parent);
        g_autofree char *name = NULL;
        struct nl_sock *sock;
        int r;

        if (parent == 0)
                return error_set(error, ERROR_OPERATION_FAILED, "%s: there is no interface '%s'", place,
                                 config->parent);
        sock = route_socket();
        if (!sock)
                return error_set(error, ERROR_OPERATION_FAILED, "%s: the kernel's routing is out of reach", place);
        r = add_macvtap(sock, config, parent, &name);
        nl_socket_free(sock);
        if (r < 0)
                return set_nl_error(error, r, place, "make a macvtap device on", config->parent);
        r = open_node(name, config, place, ret_fds, error);
        if (r < 0) {
                macvtap_remove(name);
                return r;
        }
        *ret_name = g_steal_pointer(&name);
        return 0;
}

void macvtap_remove(const char *name)
{
        struct nl_sock *sock = route_socket();
        struct rtnl_link *link = NULL;

        if (sock && rtnl_link_get_kernel(sock, 0, name, &link) >= 0) {
                if (rtnl_link_is_macvtap(link) && rtnl_link_delete(sock, link) < 0)
                        log_debug("macvtap device '%s' cannot be removed", name);
                rtnl_link_put(link);
        }
        nl_socket_free(sock);
}

int vhost_net_open(const char *device, unsigned n, const char *place, int *ret_fds, Error *error)
{
        for (unsigned i = 0; i < n; i++) {
                ret_fds[i] = open(device ?: VHOST_PATH, O_RDWR | O_CLOEXEC);
                if (ret_fds[i] < 0) {
                        int e = errno;

                        close_all(ret_fds, i);
                        return error_set_errno(error, e, "%s: cannot open '%s'", place, device ?: VHOST_PATH);
                }
        }
        return 0;
}
