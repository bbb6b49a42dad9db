/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definition of a port of a network: libvirt's <networkport> format (11.3). def.h has the conventions. */

#include "drivers/model/network_def.h"

typedef enum NetworkPlugType {
        NETWORK_PLUG_NONE = 0, /* not said yet: the network's driver decides */
        NETWORK_PLUG_NETWORK,
        NETWORK_PLUG_BRIDGE,
        NETWORK_PLUG_DIRECT,
        NETWORK_PLUG_HOSTDEV_PCI,
        _NETWORK_PLUG_MAX,
} NetworkPlugType;
DECLARE_WORDS(network_plug, NetworkPlugType, _NETWORK_PLUG_MAX);

typedef enum NetworkDirectMode {
        NETWORK_DIRECT_VEPA = 1,
        NETWORK_DIRECT_PRIVATE,
        NETWORK_DIRECT_BRIDGE,
        NETWORK_DIRECT_PASSTHROUGH,
        _NETWORK_DIRECT_MAX,
} NetworkDirectMode;
DECLARE_WORDS(network_direct, NetworkDirectMode, _NETWORK_DIRECT_MAX);

typedef struct NetworkPlug {
        DefSet set;
        NetworkPlugType type;
        const char *bridge;
        NetMacTableManager mac_table_manager;
        const char *dev; /* of DIRECT */
        NetworkDirectMode mode;
        Tristate managed; /* of HOSTDEV_PCI */
        NetworkDriverName driver;
        const char *driver_model;
        HostPciAddress address;
} NetworkPlug;

typedef struct NetworkPortDef {
        DEFINITION_HEAD;
        const char *uuid;
        const char *owner_name, *owner_uuid; /* the domain */
        const char *group, *mac;
        NetVirtualPort virtual_port;
        NetBandwidth bandwidth;
        NetVlan vlan;
        Tristate trust_guest_rx_filters, isolated;
        NetworkPlug plug;
} NetworkPortDef;

DECLARE_DEFINITION(network_port_def, NetworkPortDef);

/*
 * What becomes of the port on a network: what its port group and the network say is filled in, and where it is plugged
 * in unless it says so itself. interface is the index of the network's device that a direct or host device port gets.
 * The result is sealed. ERROR_INVALID_ARG when the network has no such group, ERROR_OPERATION_FAILED no device.
 */
int network_port_def_plug(const NetworkPortDef *def, const NetworkDef *network, uint32_t interface,
                          NetworkPortDef **ret, Error *error);
