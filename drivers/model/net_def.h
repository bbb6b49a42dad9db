/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Elements that the definitions of networks, of their ports and of the interfaces of domains share, and what
 * strings of addresses look like.
 */

#include "drivers/model/def_table.h"

typedef enum NetNativeMode {
        NET_NATIVE_TAGGED = 1,
        NET_NATIVE_UNTAGGED,
        _NET_NATIVE_MAX,
} NetNativeMode;
DECLARE_WORDS(net_native, NetNativeMode, _NET_NATIVE_MAX);

typedef enum NetVirtualPortType {
        NET_VIRTUAL_PORT_NONE = 1,
        NET_VIRTUAL_PORT_8021QBG,
        NET_VIRTUAL_PORT_8021QBH,
        NET_VIRTUAL_PORT_OPENVSWITCH,
        NET_VIRTUAL_PORT_MIDONET,
        _NET_VIRTUAL_PORT_MAX,
} NetVirtualPortType;
DECLARE_WORDS(net_virtual_port, NetVirtualPortType, _NET_VIRTUAL_PORT_MAX);

/* Why no driver of ours can do it, in a sentence without beginning; NULL: it can. */
const char *net_virtual_port_refusal(NetVirtualPortType type);

typedef enum NetMacTableManager {
        NET_MAC_TABLE_KERNEL = 1,
        NET_MAC_TABLE_LIBVIRT,
        _NET_MAC_TABLE_MAX,
} NetMacTableManager;
DECLARE_WORDS(net_mac_table, NetMacTableManager, _NET_MAC_TABLE_MAX);

typedef enum NetFamily {
        NET_FAMILY_IPV4 = 1,
        NET_FAMILY_IPV6,
        _NET_FAMILY_MAX,
} NetFamily;
DECLARE_WORDS(net_family, NetFamily, _NET_FAMILY_MAX);

typedef struct NetVlanTag {
        DefSet set;
        uint32_t id;
        NetNativeMode native_mode;
} NetVlanTag;

typedef struct NetVlan {
        DefSet set;
        Tristate trunk;
        bool given;
        DEF_LIST(NetVlanTag) tags;
} NetVlan;

typedef struct NetRate {
        DefSet set;
        uint64_t average, peak, floor; /* KiB/s */
        uint64_t burst;                /* KiB */
        bool given;
} NetRate;

typedef struct NetBandwidth {
        DefSet set;
        uint32_t class_id; /* of a port */
        NetRate inbound, outbound;
} NetBandwidth;

typedef struct NetVirtualPort {
        DefSet set;
        NetVirtualPortType type;
        uint32_t manager_id, type_id, type_id_version;
        const char *instance_id, *interface_id, *profile_id;
} NetVirtualPort;

/* Elements <vlan>, <bandwidth> and <virtualport>, for GROUP_IN, CHILD or LIST. */
extern const DefType net_vlan_type;
extern const DefType net_bandwidth_type;
extern const DefType net_virtual_port_type;

extern const DefSyntax net_syntax_ip;   /* kept in its canonical form */
extern const DefSyntax net_syntax_ipv4; /* likewise */
extern const DefSyntax net_syntax_mac;  /* a MAC address, kept as it is written */
extern const DefSyntax net_syntax_device;

/* A canonical or other MAC address of one station: not a group's. */
bool net_mac_is_multicast(const char *mac);
