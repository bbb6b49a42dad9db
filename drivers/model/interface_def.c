/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/interface_def.h"

#include <string.h>

const char *const interface_type_table[_INTERFACE_MAX] = {
        [INTERFACE_ETHERNET] = "ethernet",
        [INTERFACE_BRIDGE] = "bridge",
        [INTERFACE_BOND] = "bond",
        [INTERFACE_VLAN] = "vlan",
};
DEFINE_STRING_TABLE(interface_type, InterfaceType)

const char *const interface_start_table[_INTERFACE_START_MAX] = {
        [INTERFACE_START_NONE] = "none",
        [INTERFACE_START_ONBOOT] = "onboot",
        [INTERFACE_START_HOTPLUG] = "hotplug",
};
DEFINE_STRING_TABLE(interface_start, InterfaceStartMode)

const char *const interface_link_table[_INTERFACE_LINK_MAX] = {
        [INTERFACE_LINK_UNKNOWN] = "unknown",
        [INTERFACE_LINK_NOT_PRESENT] = "notpresent",
        [INTERFACE_LINK_DOWN] = "down",
        [INTERFACE_LINK_LOWER_LAYER_DOWN] = "lowerlayerdown",
        [INTERFACE_LINK_TESTING] = "testing",
        [INTERFACE_LINK_DORMANT] = "dormant",
        [INTERFACE_LINK_UP] = "up",
};
DEFINE_STRING_TABLE(interface_link, InterfaceLinkState)

const char *const interface_bond_table[_INTERFACE_BOND_MAX] = {
        [INTERFACE_BOND_BALANCE_RR] = "balance-rr",
        [INTERFACE_BOND_ACTIVE_BACKUP] = "active-backup",
        [INTERFACE_BOND_BALANCE_XOR] = "balance-xor",
        [INTERFACE_BOND_BROADCAST] = "broadcast",
        [INTERFACE_BOND_8023AD] = "802.3ad",
        [INTERFACE_BOND_BALANCE_TLB] = "balance-tlb",
        [INTERFACE_BOND_BALANCE_ALB] = "balance-alb",
};
DEFINE_STRING_TABLE(interface_bond, InterfaceBondMode)

const char *const interface_carrier_table[_INTERFACE_CARRIER_MAX] = {
        [INTERFACE_CARRIER_IOCTL] = "ioctl",
        [INTERFACE_CARRIER_NETIF] = "netif",
};
DEFINE_STRING_TABLE(interface_carrier, InterfaceCarrier)

const char *const interface_arp_table[_INTERFACE_ARP_MAX] = {
        [INTERFACE_ARP_NONE] = "none",
        [INTERFACE_ARP_ACTIVE] = "active",
        [INTERFACE_ARP_BACKUP] = "backup",
        [INTERFACE_ARP_ALL] = "all",
};
DEFINE_STRING_TABLE(interface_arp, InterfaceArpValidate)

static const DefType member_type;

static const DefRow start_rows[] = {
        ATTR(InterfaceDef, "mode", start_mode, WORDS(interface_start)),
};
static DEF_TYPE(start_type, InterfaceDef, start_rows);

static const DefRow mtu_rows[] = {
        ATTR(InterfaceDef, "size", mtu),
};

static void mtu_finish(void *p, Arena *arena, bool live)
{
        InterfaceDef *def = p;

        if (def->mtu == 0)
                def_drop(def, mtu);
}

static DEF_TYPE(mtu_type, InterfaceDef, mtu_rows, .finish = mtu_finish);

static const DefRow link_rows[] = {
        ATTR(InterfaceDef, "speed", link_speed),
        ATTR(InterfaceDef, "state", link_state, WORDS(interface_link)),
};

static void link_finish(void *p, Arena *arena, bool live)
{
        InterfaceDef *def = p;

        if (def->link_speed == 0)
                def_drop(def, link_speed);
}

static DEF_TYPE(link_type, InterfaceDef, link_rows, .finish = link_finish);

static const DefRow mac_rows[] = {
        ATTR(InterfaceDef, "address", mac, SYNTAX(net_syntax_mac)),
};
static DEF_TYPE(mac_type, InterfaceDef, mac_rows);

/* <protocol> */

static const DefRow dhcp_rows[] = {
        HERE(InterfaceProtocol, dhcp),
        ATTR(InterfaceProtocol, "peerdns", peer_dns, YES_NO),
};
static DEF_TYPE_PLAIN(dhcp_type, InterfaceProtocol, dhcp_rows);

static const DefRow ip_rows[] = {
        ATTR(InterfaceIp, "address", address, SYNTAX(net_syntax_ip)),
        ATTR(InterfaceIp, "prefix", prefix, RANGE(0, 128)),
};

static void ip_finish(void *p, Arena *arena, bool live)
{
        InterfaceIp *ip = p;

        if (ip->prefix == 0)
                def_drop(ip, prefix);
}

static DEF_TYPE_PLAIN(ip_type, InterfaceIp, ip_rows, .finish = ip_finish);

static const DefRow route_rows[] = {
        ATTR(InterfaceProtocol, "gateway", gateway, SYNTAX(net_syntax_ip)),
};
static DEF_TYPE_PLAIN(route_type, InterfaceProtocol, route_rows);

static const DefRow protocol_rows[] = {
        ATTR(InterfaceProtocol, "family", family, WORDS(net_family), FLAGS(DEF_REQUIRED)),
        PRESENCE(InterfaceProtocol, "autoconf", autoconf, WHEN(InterfaceProtocol, family, IS(NET_FAMILY_IPV6))),
        GROUP("dhcp", dhcp_type),
        LIST(InterfaceProtocol, "ip", ips, ip_type),
        GROUP("route", route_type),
};

/* An address that is not given is none. */
static void protocol_finish(void *p, Arena *arena, bool live)
{
        InterfaceProtocol *protocol = p;

        for (uint32_t i = protocol->ips.n; i-- > 0;)
                if (!protocol->ips.items[i]->address)
                        def_remove(&protocol->ips, i);
}

static void check_protocol(const void *p, DefChecker *checker)
{
        const InterfaceProtocol *protocol = p;
        bool v6 = protocol->family == NET_FAMILY_IPV6;

        DEF_FOREACH(ip, protocol->ips) {
                if (v6 != (strchr(ip->address, ':') != NULL))
                        checker_fail(checker, ERROR_XML_ERROR, "ip/@address", "'%s' is no %s address", ip->address,
                                     v6 ? "IPv6" : "IPv4");
                else if (!v6 && def_get(ip, prefix, 0) > 32)
                        checker_fail(checker, ERROR_XML_ERROR, "ip/@prefix", "Invalid ip address prefix value");
        }
}

static const DefRule protocol_rules[] = { { "addresses are of the family", check_protocol }, {} };

static DEF_TYPE_PLAIN(protocol_type, InterfaceProtocol, protocol_rows, .finish = protocol_finish,
                      .rules = protocol_rules);

/* <bridge> */

static bool is_seconds(const char *s)
{
        char *end;

        return g_ascii_isdigit(*s) && g_ascii_strtod(s, &end) >= 0 && !*end;
}

static const DefSyntax seconds_syntax = { .name = "time in seconds", .check = is_seconds };

static const DefRow bridge_rows[] = {
        ATTR(InterfaceBridge, "stp", stp, ON_OFF),
        ATTR(InterfaceBridge, "delay", delay, SYNTAX(seconds_syntax)),
        LIST(InterfaceBridge, "interface", interfaces, member_type, FLAGS(DEF_END_TAG)),
};
static DEF_TYPE_PLAIN(bridge_type, InterfaceBridge, bridge_rows);

/* <bond> */

static const DefRow mii_rows[] = {
        ATTR(InterfaceBond, "freq", mii_freq, FLAGS(DEF_REQUIRED)),
        ATTR(InterfaceBond, "downdelay", mii_down_delay),
        ATTR(InterfaceBond, "updelay", mii_up_delay),
        ATTR(InterfaceBond, "carrier", carrier, WORDS(interface_carrier)),
};

static void mii_finish(void *p, Arena *arena, bool live)
{
        InterfaceBond *bond = p;

        if (bond->mii_down_delay == 0)
                def_drop(bond, mii_down_delay);
        if (bond->mii_up_delay == 0)
                def_drop(bond, mii_up_delay);
}

static DEF_TYPE_PLAIN(mii_type, InterfaceBond, mii_rows, .finish = mii_finish);

static const DefRow arp_rows[] = {
        ATTR(InterfaceBond, "interval", arp_interval, FLAGS(DEF_REQUIRED)),
        ATTR(InterfaceBond, "target", arp_target, SYNTAX(net_syntax_ipv4), FLAGS(DEF_REQUIRED)),
        ATTR(InterfaceBond, "validate", arp_validate, WORDS(interface_arp)),
};
static DEF_TYPE_PLAIN(arp_type, InterfaceBond, arp_rows);

static const DefRow bond_rows[] = {
        ATTR(InterfaceBond, "mode", mode, WORDS(interface_bond)),
        GROUP("miimon", mii_type),
        GROUP("arpmon", arp_type),
        LIST(InterfaceBond, "interface", interfaces, member_type, FLAGS(DEF_END_TAG)),
};

static void check_bond(const void *p, DefChecker *checker)
{
        const InterfaceBond *bond = p;

        if (def_is_set(bond, mii_freq) && def_is_set(bond, arp_interval))
                checker_fail(checker, ERROR_XML_ERROR, "arpmon", "a bond has one kind of monitoring");
        DEF_FOREACH(interface, bond->interfaces)
                if (interface->type != INTERFACE_ETHERNET)
                        checker_fail(checker, ERROR_XML_ERROR, "interface", "interface has unsupported type '%s'",
                                     interface_type_to_string(interface->type));
}

static const DefRule bond_rules[] = { { "a bond is of ethernet interfaces", check_bond }, {} };

static DEF_TYPE_PLAIN(bond_type, InterfaceBond, bond_rows, .rules = bond_rules);

/* <vlan> */

static const DefRow device_rows[] = {
        ATTR(InterfaceVlan, "name", device, SYNTAX(net_syntax_device), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(device_type, InterfaceVlan, device_rows);

static const DefRow vlan_rows[] = {
        ATTR(InterfaceVlan, "tag", tag, RANGE(0, 4095), FLAGS(DEF_REQUIRED)),
        GROUP("interface", device_type, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(vlan_type, InterfaceVlan, vlan_rows);

/* <interface> */

#define TYPE(t) WHEN(InterfaceDef, type, IS(INTERFACE_##t))

static const DefRow name_rows[] = {
        ATTR(InterfaceDef, "type", type, WORDS(interface_type), FLAGS(DEF_REQUIRED)),
        ATTR(InterfaceDef, "name", name, FLAGS(DEF_REQUIRED), SYNTAX(net_syntax_device)),
};
static DEF_TYPE(name_type, InterfaceDef, name_rows);

static const DefRow body_rows[] = {
        GROUP("link", link_type),
        GROUP("mac", mac_type),
        CHILD(InterfaceDef, "bridge", bridge, bridge_type, TYPE(BRIDGE), FLAGS(DEF_END_TAG)),
        CHILD(InterfaceDef, "bond", bond, bond_type, TYPE(BOND), FLAGS(DEF_END_TAG)),
        CHILD(InterfaceDef, "vlan", vlan, vlan_type, TYPE(VLAN)),
};

static void check_body(const void *p, DefChecker *checker)
{
        const InterfaceDef *def = p;
        const char *type = interface_type_to_string(def->type);

        if ((def->type == INTERFACE_BRIDGE && !def->bridge) || (def->type == INTERFACE_BOND && !def->bond) ||
            (def->type == INTERFACE_VLAN && !def->vlan))
                checker_fail(checker, ERROR_XML_ERROR, NULL, "%s interface misses the %s element", type, type);
        if (!def->bridge || def->type != INTERFACE_BRIDGE)
                return;
        DEF_FOREACH(interface, def->bridge->interfaces)
                if (interface->type == INTERFACE_BRIDGE)
                        checker_fail(checker, ERROR_XML_ERROR, "bridge/interface",
                                     "interface has unsupported type 'bridge'");
}

static const DefRule body_rules[] = { { "the type has its element", check_body }, {} };

static DEF_TYPE(body_type, InterfaceDef, body_rows, .rules = body_rules);

/* One within another has no addresses of its own. */
static const DefRow member_rows[] = {
        EMBED_SELF(name_type),
        EMBED_SELF(body_type),
};
static DEF_TYPE(member_type, InterfaceDef, member_rows);

static const DefRow interface_rows[] = {
        EMBED_SELF(name_type),
        GROUP("start", start_type),
        GROUP("mtu", mtu_type),
        LIST(InterfaceDef, "protocol", protocols, protocol_type, FLAGS(DEF_END_TAG)),
        EMBED_SELF(body_type),
};
static DEF_TYPE(interface_def_type, InterfaceDef, interface_rows);

DEFINE_DEFINITION(interface_def, InterfaceDef, interface_def_type, "interface", "interface")

InterfaceDef *interface_def_new(void)
{
        return definition_new(&interface_def_format_info);
}
