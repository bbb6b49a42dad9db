/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definition of a network interface of the host: libvirt's <interface> format (11.3), which is netcf's. */

#include "drivers/model/definition.h"
#include "drivers/model/net_def.h"

typedef enum InterfaceType {
        INTERFACE_ETHERNET = 1,
        INTERFACE_BRIDGE,
        INTERFACE_BOND,
        INTERFACE_VLAN,
        _INTERFACE_MAX,
} InterfaceType;
DECLARE_WORDS(interface_type, InterfaceType, _INTERFACE_MAX);

typedef enum InterfaceStartMode {
        INTERFACE_START_NONE = 1,
        INTERFACE_START_ONBOOT,
        INTERFACE_START_HOTPLUG,
        _INTERFACE_START_MAX,
} InterfaceStartMode;
DECLARE_WORDS(interface_start, InterfaceStartMode, _INTERFACE_START_MAX);

typedef enum InterfaceLinkState {
        INTERFACE_LINK_UNKNOWN = 1,
        INTERFACE_LINK_NOT_PRESENT,
        INTERFACE_LINK_DOWN,
        INTERFACE_LINK_LOWER_LAYER_DOWN,
        INTERFACE_LINK_TESTING,
        INTERFACE_LINK_DORMANT,
        INTERFACE_LINK_UP,
        _INTERFACE_LINK_MAX,
} InterfaceLinkState;
DECLARE_WORDS(interface_link, InterfaceLinkState, _INTERFACE_LINK_MAX);

typedef enum InterfaceBondMode {
        INTERFACE_BOND_BALANCE_RR = 1,
        INTERFACE_BOND_ACTIVE_BACKUP,
        INTERFACE_BOND_BALANCE_XOR,
        INTERFACE_BOND_BROADCAST,
        INTERFACE_BOND_8023AD,
        INTERFACE_BOND_BALANCE_TLB,
        INTERFACE_BOND_BALANCE_ALB,
        _INTERFACE_BOND_MAX,
} InterfaceBondMode;
DECLARE_WORDS(interface_bond, InterfaceBondMode, _INTERFACE_BOND_MAX);

typedef enum InterfaceCarrier {
        INTERFACE_CARRIER_IOCTL = 1,
        INTERFACE_CARRIER_NETIF,
        _INTERFACE_CARRIER_MAX,
} InterfaceCarrier;
DECLARE_WORDS(interface_carrier, InterfaceCarrier, _INTERFACE_CARRIER_MAX);

typedef enum InterfaceArpValidate {
        INTERFACE_ARP_NONE = 1,
        INTERFACE_ARP_ACTIVE,
        INTERFACE_ARP_BACKUP,
        INTERFACE_ARP_ALL,
        _INTERFACE_ARP_MAX,
} InterfaceArpValidate;
DECLARE_WORDS(interface_arp, InterfaceArpValidate, _INTERFACE_ARP_MAX);

typedef struct InterfaceDef InterfaceDef;

typedef struct InterfaceIp {
        DefSet set;
        uint32_t prefix;
        const char *address;
} InterfaceIp;


typedef struct InterfaceProtocol {
        DefSet set;
        NetFamily family;
        bool autoconf; /* of IPv6 */
        bool dhcp;
        Tristate peer_dns;
        DEF_LIST(InterfaceIp) ips;
        const char *gateway;
} InterfaceProtocol;

typedef struct InterfaceBridge {
        DefSet set;
        Tristate stp;
        const char *delay; /* seconds, a decimal fraction */
        DEF_LIST(InterfaceDef) interfaces;
} InterfaceBridge;

typedef struct InterfaceBond {
        DefSet set;
        uint32_t mii_freq, mii_down_delay, mii_up_delay; /* ms */
        uint32_t arp_interval;                           /* ms */
        InterfaceBondMode mode;
        InterfaceCarrier carrier;
        InterfaceArpValidate arp_validate;
        const char *arp_target;
        DEF_LIST(InterfaceDef) interfaces;
} InterfaceBond;

typedef struct InterfaceVlan {
        DefSet set;
        uint32_t tag;
        const char *device;
} InterfaceVlan;

struct InterfaceDef {
        DEFINITION_HEAD; /* of one within another, arena is NULL */
        uint32_t mtu, link_speed /* Mb/s */;
        InterfaceType type;
        const char *name;
        InterfaceStartMode start_mode;
        DEF_LIST(InterfaceProtocol) protocols;
        InterfaceLinkState link_state;
        const char *mac; /* as it was written */
        InterfaceBridge *bridge;
        InterfaceBond *bond;
        InterfaceVlan *vlan;
};

DECLARE_DEFINITION(interface_def, InterfaceDef);

/* An empty one, to be filled and sealed. */
InterfaceDef *interface_def_new(void);
