/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/net_def.h"

#include "drivers/model/ip_address.h"

#include <string.h>

const char *const net_native_table[_NET_NATIVE_MAX] = {
        [NET_NATIVE_TAGGED] = "tagged",
        [NET_NATIVE_UNTAGGED] = "untagged",
};
DEFINE_STRING_TABLE(net_native, NetNativeMode)

const char *const net_virtual_port_table[_NET_VIRTUAL_PORT_MAX] = {
        [NET_VIRTUAL_PORT_NONE] = "none",
        [NET_VIRTUAL_PORT_8021QBG] = "802.1Qbg",
        [NET_VIRTUAL_PORT_8021QBH] = "802.1Qbh",
        [NET_VIRTUAL_PORT_OPENVSWITCH] = "openvswitch",
        [NET_VIRTUAL_PORT_MIDONET] = "midonet",
};
DEFINE_STRING_TABLE(net_virtual_port, NetVirtualPortType)

const char *const net_mac_table_table[_NET_MAC_TABLE_MAX] = {
        [NET_MAC_TABLE_KERNEL] = "kernel",
        [NET_MAC_TABLE_LIBVIRT] = "libvirt",
};
DEFINE_STRING_TABLE(net_mac_table, NetMacTableManager)

const char *const net_family_table[_NET_FAMILY_MAX] = {
        [NET_FAMILY_IPV4] = "ipv4",
        [NET_FAMILY_IPV6] = "ipv6",
};
DEFINE_STRING_TABLE(net_family, NetFamily)

static bool ip_canonicalize(const char *s, char *buffer, size_t size)
{
        g_autofree char *text = NULL;
        IpAddress address;

        if (ip_address_parse(s, &address) < 0)
                return false;
        text = ip_address_to_string(&address);
        return g_strlcpy(buffer, text, size) < size;
}

const DefSyntax net_syntax_ip = { .name = "IP address", .canonicalize = ip_canonicalize };

static bool ipv4_canonicalize(const char *s, char *buffer, size_t size)
{
        return !strchr(s, ':') && ip_canonicalize(s, buffer, size);
}

const DefSyntax net_syntax_ipv4 = { .name = "IPv4 address", .canonicalize = ipv4_canonicalize };

static bool mac_check(const char *s)
{
        char buffer[32];

        return def_syntax_mac.canonicalize(s, buffer, sizeof(buffer));
}

const DefSyntax net_syntax_mac = { .name = "MAC address", .check = mac_check };

static bool device_check(const char *s)
{
        return *s && !s[strspn(s, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_.-:/\\@+")];
}

const DefSyntax net_syntax_device = { .name = "name of a network device", .check = device_check };

bool net_mac_is_multicast(const char *mac)
{
        char canonical[32];

        return def_syntax_mac.canonicalize(mac, canonical, sizeof(canonical)) &&
                (g_ascii_xdigit_value(canonical[1]) & 1);
}

static const DefRow tag_rows[] = {
        ATTR(NetVlanTag, "id", id, RANGE(0, 4095), FLAGS(DEF_REQUIRED)),
        ATTR(NetVlanTag, "nativeMode", native_mode, WORDS(net_native)),
};
static DEF_TYPE_PLAIN(tag_type, NetVlanTag, tag_rows);

static const DefRow vlan_rows[] = {
        HERE(NetVlan, given),
        ATTR(NetVlan, "trunk", trunk, YES_NO),
        LIST(NetVlan, "tag", tags, tag_type),
};

/* Several tags are a trunk, and that one is none need not be said. */
static void vlan_finish(void *p, Arena *arena, bool live)
{
        NetVlan *vlan = p;
        bool native = false;

        DEF_FOREACH(tag, vlan->tags)
                native |= tag->native_mode != 0;
        if (vlan->trunk == TRISTATE_ABSENT && vlan->tags.n > 1)
                vlan->trunk = TRISTATE_YES;
        else if (vlan->trunk == TRISTATE_NO && vlan->tags.n == 1 && !native)
                vlan->trunk = TRISTATE_ABSENT;
}

static void check_vlan(const void *p, DefChecker *checker)
{
        const NetVlan *vlan = p;
        unsigned n_native = 0;

        if (vlan->given && vlan->tags.n == 0)
                checker_fail(checker, ERROR_XML_ERROR, NULL,
                             "missing tag id - each <vlan> must have at least one <tag id='n'/> subelement");
        DEF_FOREACH(tag, vlan->tags)
                n_native += tag->native_mode != 0;
        if (n_native > 1)
                checker_fail(checker, ERROR_XML_ERROR, "tag", "duplicate native vlan setting");
        if (vlan->trunk == TRISTATE_NO && vlan->tags.n > 1)
                checker_fail(checker, ERROR_XML_ERROR, "@trunk",
                             "invalid \"trunk='no'\" in <vlan> - trunk='yes' is required for more than one vlan "
                             "tag");
        else if (vlan->trunk == TRISTATE_NO)
                checker_fail(checker, ERROR_XML_ERROR, "@trunk",
                             "invalid configuration in <vlan> - \"trunk='no'\" is not allowed with a native vlan "
                             "id");
}

static const DefRule vlan_rules[] = { { "tags and trunk agree", check_vlan }, {} };

DEF_TYPE_PLAIN(net_vlan_type, NetVlan, vlan_rows, .finish = vlan_finish, .rules = vlan_rules);

static const DefRow rate_rows[] = {
        HERE(NetRate, given),
        ATTR(NetRate, "average", average),
        ATTR(NetRate, "peak", peak),
        ATTR(NetRate, "floor", floor),
        ATTR(NetRate, "burst", burst),
};

/* 0 is no limit; what limits nothing is not there. */
static void rate_finish(void *p, Arena *arena, bool live)
{
        NetRate *rate = p;

        if (rate->peak == 0)
                def_drop(rate, peak);
        if (rate->burst == 0)
                def_drop(rate, burst);
        if (rate->average + rate->floor == 0 && (def_is_set(rate, average) || def_is_set(rate, floor)))
                *rate = (NetRate) {};
}

static void check_rate(const void *p, DefChecker *checker)
{
        const NetRate *rate = p;

        if (rate->given && !def_is_set(rate, average) && !def_is_set(rate, floor))
                checker_fail(checker, ERROR_XML_DETAIL, NULL, "Missing mandatory average or floor attributes");
        else if (!def_is_set(rate, average) && (def_is_set(rate, peak) || def_is_set(rate, burst)))
                checker_fail(checker, ERROR_XML_DETAIL, NULL, "'peak' and 'burst' require 'average' attribute");
}

static const DefRule rate_rules[] = { { "a rate has an average or a floor", check_rate }, {} };

static DEF_TYPE_PLAIN(rate_type, NetRate, rate_rows, .finish = rate_finish, .rules = rate_rules);

static const DefRow bandwidth_rows[] = {
        ATTR(NetBandwidth, "classID", class_id, RANGE(1, UINT32_MAX), FLAGS(DEF_LIVE)),
        GROUP_IN(NetBandwidth, "inbound", inbound, rate_type),
        GROUP_IN(NetBandwidth, "outbound", outbound, rate_type),
};

static void check_bandwidth(const void *p, DefChecker *checker)
{
        const NetBandwidth *bandwidth = p;

        if (def_is_set(&bandwidth->outbound, floor))
                checker_fail(checker, ERROR_XML_DETAIL, "outbound/@floor",
                             "'floor' attribute allowed only in <inbound> element");
}

static const DefRule bandwidth_rules[] = { { "a floor is for what comes in", check_bandwidth }, {} };

DEF_TYPE_PLAIN(net_bandwidth_type, NetBandwidth, bandwidth_rows, .rules = bandwidth_rules);

static const DefRow parameters_rows[] = {
        ATTR(NetVirtualPort, "managerid", manager_id, RANGE(0, 255), FLAGS(DEF_ANY_BASE)),
        ATTR(NetVirtualPort, "typeid", type_id, RANGE(0, 0xffffff), FLAGS(DEF_ANY_BASE)),
        ATTR(NetVirtualPort, "typeidversion", type_id_version, RANGE(0, 255), FLAGS(DEF_ANY_BASE)),
        ATTR(NetVirtualPort, "instanceid", instance_id, SYNTAX(def_syntax_uuid)),
        ATTR(NetVirtualPort, "interfaceid", interface_id, SYNTAX(def_syntax_uuid)),
        ATTR(NetVirtualPort, "profileid", profile_id),
};
static DEF_TYPE_PLAIN(parameters_type, NetVirtualPort, parameters_rows);

static const DefRow virtual_port_rows[] = {
        ATTR(NetVirtualPort, "type", type, WORDS(net_virtual_port)),
        GROUP("parameters", parameters_type),
};

#define PROFILE_ID_MAX 39

static void check_virtual_port(const void *p, DefChecker *checker)
{
        const NetVirtualPort *port = p;
        const struct {
                const char *name;
                bool given;
                uint32_t types; /* that have it */
        } parameters[] = {
                { "managerid", def_is_set(port, manager_id), IS(NET_VIRTUAL_PORT_8021QBG) },
                { "typeid", def_is_set(port, type_id), IS(NET_VIRTUAL_PORT_8021QBG) },
                { "typeidversion", def_is_set(port, type_id_version), IS(NET_VIRTUAL_PORT_8021QBG) },
                { "instanceid", port->instance_id, IS(NET_VIRTUAL_PORT_8021QBG) },
                { "profileid", port->profile_id,
                  IS(NET_VIRTUAL_PORT_8021QBH) | IS(NET_VIRTUAL_PORT_OPENVSWITCH) },
                { "interfaceid", port->interface_id,
                  IS(NET_VIRTUAL_PORT_OPENVSWITCH) | IS(NET_VIRTUAL_PORT_MIDONET) },
        };

        for (unsigned i = 0; port->type != 0 && i < ELEMENTSOF(parameters); i++)
                if (parameters[i].given && !(parameters[i].types & IS(port->type)))
                        checker_fail(checker, ERROR_XML_ERROR, "parameters",
                                     "extra %s unsupported in <virtualport type='%s'>", parameters[i].name,
                                     net_virtual_port_to_string(port->type));
        if (port->profile_id && strlen(port->profile_id) > PROFILE_ID_MAX)
                checker_fail(checker, ERROR_XML_ERROR, "parameters/@profileid", "profileid parameter too long");
}

static const DefRule virtual_port_rules[] = { { "parameters suit the type", check_virtual_port }, {} };

DEF_TYPE_PLAIN(net_virtual_port_type, NetVirtualPort, virtual_port_rows, .rules = virtual_port_rules);
const char *net_virtual_port_refusal(NetVirtualPortType type)
{
        switch (type) {
        case NET_VIRTUAL_PORT_8021QBG:
        case NET_VIRTUAL_PORT_8021QBH:
                return "switches that a daemon on the host must speak with (lldpad) are not supported";
        case NET_VIRTUAL_PORT_OPENVSWITCH:
                return "Open vSwitch is not supported: a bridge of the kernel is";
        case NET_VIRTUAL_PORT_MIDONET:
                return "MidoNet is not supported";
        case NET_VIRTUAL_PORT_NONE:
        case _NET_VIRTUAL_PORT_MAX:
                break;
        }
        return NULL;
}
