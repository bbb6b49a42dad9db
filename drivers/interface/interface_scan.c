/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/interface/interface_scan.h"

#include "drivers/host/sysfs.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vlan.h>
#include <string.h>

/* A bond may be in a bridge, and a VLAN of it, and nothing of that in itself. */
#define DEPTH_MAX 3

/* Where what is for nobody else goes. */
typedef struct Gateway {
        int ifindex;
        int family;
        char address[INET6_ADDRSTRLEN];
} Gateway;

typedef struct Scanner {
        struct nl_sock *sock;
        struct nl_cache *links, *addresses;
        GArray *gateways; /* Gateway */
        int class_fd; /* /sys/class/net */
} Scanner;

static void scanner_clear(Scanner *scanner)
{
        nl_cache_free(scanner->links);
        nl_cache_free(scanner->addresses);
        g_clear_pointer(&scanner->gateways, g_array_unref);
        nl_socket_free(scanner->sock);
        safe_close(scanner->class_fd);
}

/* A router may have a million routes: of most of them nothing is kept. */
static int on_route(struct nl_msg *msg, void *userdata)
{
        struct nlmsghdr *head = nlmsg_hdr(msg);
        const struct rtmsg *route = nlmsg_data(head);
        struct nlattr *attributes[RTA_MAX + 1];
        Scanner *scanner = userdata;
        Gateway gateway = {};

        if (head->nlmsg_type != RTM_NEWROUTE || route->rtm_dst_len != 0 || route->rtm_table != RT_TABLE_MAIN ||
            route->rtm_type != RTN_UNICAST ||
            nlmsg_parse(head, sizeof(*route), attributes, RTA_MAX, NULL) < 0 || !attributes[RTA_OIF] ||
            !attributes[RTA_GATEWAY] ||
            (size_t) nla_len(attributes[RTA_GATEWAY]) < (route->rtm_family == AF_INET ? 4u : 16u))
                return NL_OK;
        gateway.family = route->rtm_family;
        gateway.ifindex = (int) nla_get_u32(attributes[RTA_OIF]);
        if (inet_ntop(route->rtm_family, nla_data(attributes[RTA_GATEWAY]), gateway.address, sizeof(gateway.address)))
                g_array_append_val(scanner->gateways, gateway);
        return NL_OK;
}

static int read_gateways(Scanner *scanner)
{
        struct rtgenmsg all = { .rtgen_family = AF_UNSPEC };
        int r = nl_socket_modify_cb(scanner->sock, NL_CB_VALID, NL_CB_CUSTOM, on_route, scanner);

        scanner->gateways = g_array_new(FALSE, FALSE, sizeof(Gateway));
        if (r >= 0)
                r = nl_send_simple(scanner->sock, RTM_GETROUTE, NLM_F_DUMP, &all, sizeof(all));
        return r < 0 ? r : nl_recvmsgs_default(scanner->sock);
}

static int scanner_init(Scanner *scanner, Error *error)
{
        int r = -NLE_NOMEM;

        scanner->class_fd = open("/sys/class/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        scanner->sock = nl_socket_alloc();
        if (scanner->sock)
                r = nl_connect(scanner->sock, NETLINK_ROUTE);
        if (r >= 0)
                r = rtnl_link_alloc_cache(scanner->sock, AF_UNSPEC, &scanner->links);
        if (r >= 0)
                r = rtnl_addr_alloc_cache(scanner->sock, &scanner->addresses);
        if (r >= 0)
                r = read_gateways(scanner);
        if (r < 0)
                return error_set(error, ERROR_OPERATION_FAILED, "cannot read the network interfaces of the host: %s",
                                 nl_geterror(r));
        return 0;
}

static void found_free(void *p)
{
        InterfaceFound *found = p;

        interface_def_unref(found->def);
        g_free(found);
}

/* -- facts of /sys ------------------------------------------------------------------------------------------- */

static bool number_of(const Scanner *scanner, const char *link, const char *attribute, uint32_t *ret)
{
        g_autofree char *path = g_build_filename(link, attribute, NULL);
        uint64_t value;

        if (!sysfs_number(scanner->class_fd, path, 10, &value) || value > UINT32_MAX)
                return false;
        *ret = (uint32_t) value;
        return true;
}

/* The first word: "balance-rr 0". Free with g_free(). */
static char *word_of(const Scanner *scanner, const char *link, const char *attribute)
{
        g_autofree char *path = g_build_filename(link, attribute, NULL);
        char *text = sysfs_text(scanner->class_fd, path), *blank = text ? strchr(text, ' ') : NULL;

        if (blank)
                *blank = '\0';
        return text;
}

/* -- one interface ------------------------------------------------------------------------------------------- */

static bool fill(const Scanner *scanner, struct rtnl_link *link, InterfaceDef *def, Arena *arena, unsigned depth);

/* Those whose master it is. */
static void add_members(const Scanner *scanner, struct rtnl_link *link, DefList *list, Arena *arena, unsigned depth)
{
        for (struct nl_object *o = nl_cache_get_first(scanner->links); o; o = nl_cache_get_next(o)) {
                struct rtnl_link *member = (struct rtnl_link *) o;
                InterfaceDef *def;

                if (rtnl_link_get_master(member) != rtnl_link_get_ifindex(link) || depth >= DEPTH_MAX)
                        continue;
                def = arena_new0(arena, InterfaceDef);
                if (fill(scanner, member, def, arena, depth + 1))
                        def_append_item(arena, list, def);
        }
}

static void fill_bridge(const Scanner *scanner, struct rtnl_link *link, InterfaceDef *def, Arena *arena, unsigned depth)
{
        InterfaceBridge *bridge = arena_new0(arena, InterfaceBridge);
        uint32_t stp = 0, delay = 0;

        (void) number_of(scanner, def->name, "bridge/stp_state", &stp);
        (void) number_of(scanner, def->name, "bridge/forward_delay", &delay);
        bridge->stp = tristate(stp != 0);
        /* the kernel counts hundredths */
        bridge->delay = arena_printf(arena, "%" PRIu32 ".%02" PRIu32, delay / 100, delay % 100);
        add_members(scanner, link, (DefList *) (void *) &bridge->interfaces, arena, depth);
        def->bridge = bridge;
}

static void fill_monitoring(const Scanner *scanner, const char *name, InterfaceBond *bond, Arena *arena)
{
        uint32_t mii = 0, arp = 0, value;

        (void) number_of(scanner, name, "bonding/miimon", &mii);
        (void) number_of(scanner, name, "bonding/arp_interval", &arp);
        if (mii > 0) {
                def_put(bond, mii_freq, mii);
                if (number_of(scanner, name, "bonding/downdelay", &value) && value > 0)
                        def_put(bond, mii_down_delay, value);
                if (number_of(scanner, name, "bonding/updelay", &value) && value > 0)
                        def_put(bond, mii_up_delay, value);
                if (number_of(scanner, name, "bonding/use_carrier", &value))
                        bond->carrier = value ? INTERFACE_CARRIER_NETIF : INTERFACE_CARRIER_IOCTL;
        } else if (arp > 0) {
                g_autofree char *target = word_of(scanner, name, "bonding/arp_ip_target");
                g_autofree char *validate = word_of(scanner, name, "bonding/arp_validate");
                int mode = validate ? interface_arp_from_string(validate) : -EINVAL;

                if (!target || strchr(target, ':'))
                        return;
                def_put(bond, arp_interval, arp);
                bond->arp_target = arena_strdup(arena, target);
                if (mode > 0)
                        bond->arp_validate = (InterfaceArpValidate) mode;
        }
}

static void fill_bond(const Scanner *scanner, struct rtnl_link *link, InterfaceDef *def, Arena *arena, unsigned depth)
{
        InterfaceBond *bond = arena_new0(arena, InterfaceBond);
        g_autofree char *word = word_of(scanner, def->name, "bonding/mode");
        int mode = word ? interface_bond_from_string(word) : -EINVAL;

        if (mode > 0)
                bond->mode = (InterfaceBondMode) mode;
        fill_monitoring(scanner, def->name, bond, arena);
        add_members(scanner, link, (DefList *) (void *) &bond->interfaces, arena, depth);
        def->bond = bond;
}

/* One whose device is in another network namespace is an interface like others. */
static void fill_vlan(const Scanner *scanner, struct rtnl_link *link, InterfaceDef *def, Arena *arena)
{
        char device[IF_NAMESIZE];

        def->type = INTERFACE_ETHERNET;
        if (!rtnl_link_i2name(scanner->links, rtnl_link_get_link(link), device, sizeof(device)))
                return;
        def->type = INTERFACE_VLAN;
        def->vlan = arena_new0(arena, InterfaceVlan);
        def_put(def->vlan, tag, (uint32_t) rtnl_link_vlan_get_id(link));
        def->vlan->device = arena_strdup(arena, device);
}

static InterfaceLinkState link_state(struct rtnl_link *link)
{
        char word[32];
        int state;

        rtnl_link_operstate2str(rtnl_link_get_operstate(link), word, sizeof(word));
        state = interface_link_from_string(word);
        return state > 0 ? (InterfaceLinkState) state : INTERFACE_LINK_UNKNOWN;
}

static const char *mac_of(struct rtnl_link *link, Arena *arena)
{
        struct nl_addr *address = rtnl_link_get_addr(link);
        char text[64];

        if (!address || nl_addr_get_len(address) != 6)
                return NULL;
        return arena_strdup(arena, nl_addr2str(address, text, sizeof(text)));
}

static bool fill(const Scanner *scanner, struct rtnl_link *link, InterfaceDef *def, Arena *arena, unsigned depth)
{
        const char *kind = rtnl_link_get_type(link);
        unsigned type = rtnl_link_get_arptype(link);
        uint32_t speed;

        if (type != ARPHRD_ETHER && type != ARPHRD_LOOPBACK)
                return false;
        def->name = arena_strdup(arena, rtnl_link_get_name(link));
        def->type = INTERFACE_ETHERNET;
        def->mac = mac_of(link, arena);
        def->link_state = link_state(link);
        if (def->link_state == INTERFACE_LINK_UP && number_of(scanner, def->name, "speed", &speed) &&
            speed <= INT32_MAX)
                def_put(def, link_speed, speed);
        if (streq_ptr(kind, "bridge")) {
                def->type = INTERFACE_BRIDGE;
                fill_bridge(scanner, link, def, arena, depth);
        } else if (streq_ptr(kind, "bond")) {
                def->type = INTERFACE_BOND;
                fill_bond(scanner, link, def, arena, depth);
        } else if (streq_ptr(kind, "vlan"))
                fill_vlan(scanner, link, def, arena);
        return true;
}

/* -- addresses ----------------------------------------------------------------------------------------------- */

static const char *address_text(struct nl_addr *address, Arena *arena)
{
        char text[128], *slash;

        nl_addr2str(address, text, sizeof(text));
        slash = strchr(text, '/');
        if (slash)
                *slash = '\0';
        return arena_strdup(arena, text);
}

static void add_addresses(const Scanner *scanner, struct rtnl_link *link, InterfaceProtocol *protocol, int family,
                          Arena *arena)
{
        for (struct nl_object *o = nl_cache_get_first(scanner->addresses); o; o = nl_cache_get_next(o)) {
                struct rtnl_addr *address = (struct rtnl_addr *) o;
                struct nl_addr *local = rtnl_addr_get_local(address);
                InterfaceIp *ip;

                if (!local || rtnl_addr_get_ifindex(address) != rtnl_link_get_ifindex(link) ||
                    nl_addr_get_family(local) != family)
                        continue;
                ip = arena_new0(arena, InterfaceIp);
                ip->address = address_text(local, arena);
                def_put(ip, prefix, (uint32_t) rtnl_addr_get_prefixlen(address));
                def_append(arena, &protocol->ips, ip);
        }
}

static const char *find_gateway(const Scanner *scanner, struct rtnl_link *link, int family, Arena *arena)
{
        for (guint i = 0; i < scanner->gateways->len; i++) {
                const Gateway *gateway = &g_array_index(scanner->gateways, Gateway, i);

                if (gateway->family == family && gateway->ifindex == rtnl_link_get_ifindex(link))
                        return arena_strdup(arena, gateway->address);
        }
        return NULL;
}

static void add_protocol(const Scanner *scanner, struct rtnl_link *link, InterfaceDef *def, int family)
{
        InterfaceProtocol *protocol = arena_new0(def->arena, InterfaceProtocol);

        protocol->family = family == AF_INET ? NET_FAMILY_IPV4 : NET_FAMILY_IPV6;
        add_addresses(scanner, link, protocol, family, def->arena);
        protocol->gateway = find_gateway(scanner, link, family, def->arena);
        if (protocol->ips.n > 0 || protocol->gateway)
                def_append(def->arena, &def->protocols, protocol);
}

/* -- all of them --------------------------------------------------------------------------------------------- */

static int read_one(const Scanner *scanner, struct rtnl_link *link, GPtrArray *all, Error *error)
{
        _cleanup_(interface_def_unrefp) InterfaceDef *def = interface_def_new();
        InterfaceFound *found;
        int r;

        if (!fill(scanner, link, def, def->arena, 0))
                return 0;
        def_put(def, mtu, rtnl_link_get_mtu(link));
        add_protocol(scanner, link, def, AF_INET);
        add_protocol(scanner, link, def, AF_INET6);
        r = interface_def_seal(def, NULL, error);
        if (r < 0)
                return r;
        found = g_new0(InterfaceFound, 1);
        found->def = g_steal_pointer(&def);
        found->up = rtnl_link_get_flags(link) & IFF_UP;
        g_ptr_array_add(all, found);
        return 0;
}

int interface_scan(GPtrArray **ret, Error *error)
{
        _cleanup_(scanner_clear) Scanner scanner = { .class_fd = -EBADF };
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(found_free);
        int r = scanner_init(&scanner, error);

        if (r < 0)
                return r;
        for (struct nl_object *o = nl_cache_get_first(scanner.links); o; o = nl_cache_get_next(o)) {
                _cleanup_error_ Error why = ERROR_INIT;

                /* one with a name that no definition can have is left out */
                (void) read_one(&scanner, (struct rtnl_link *) o, all, &why);
        }
        *ret = g_steal_pointer(&all);
        return 0;
}
