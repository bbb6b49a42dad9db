/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/network_port_def.h"

const char *const network_plug_table[_NETWORK_PLUG_MAX] = {
        [NETWORK_PLUG_NETWORK] = "network",
        [NETWORK_PLUG_BRIDGE] = "bridge",
        [NETWORK_PLUG_DIRECT] = "direct",
        [NETWORK_PLUG_HOSTDEV_PCI] = "hostdev-pci",
};
DEFINE_STRING_TABLE(network_plug, NetworkPlugType)

const char *const network_direct_table[_NETWORK_DIRECT_MAX] = {
        [NETWORK_DIRECT_VEPA] = "vepa",
        [NETWORK_DIRECT_PRIVATE] = "private",
        [NETWORK_DIRECT_BRIDGE] = "bridge",
        [NETWORK_DIRECT_PASSTHROUGH] = "passthrough",
};
DEFINE_STRING_TABLE(network_direct, NetworkDirectMode)

static const DefRow owner_rows[] = {
        ELEMENT(NetworkPortDef, "name", owner_name, FLAGS(DEF_REQUIRED)),
        ELEMENT(NetworkPortDef, "uuid", owner_uuid, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_uuid)),
};
static DEF_TYPE(owner_type, NetworkPortDef, owner_rows);

static const DefRow mac_rows[] = {
        ATTR(NetworkPortDef, "address", mac, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_mac)),
};
static DEF_TYPE(mac_type, NetworkPortDef, mac_rows);

static const DefRow rx_filters_rows[] = {
        ATTR(NetworkPortDef, "trustGuest", trust_guest_rx_filters, YES_NO),
};
static DEF_TYPE(rx_filters_type, NetworkPortDef, rx_filters_rows);

static const DefRow port_rows[] = {
        ATTR(NetworkPortDef, "isolated", isolated, YES_NO),
};
static DEF_TYPE(port_type, NetworkPortDef, port_rows);

#define BRIDGED WHEN(NetworkPlug, type, IS(NETWORK_PLUG_NETWORK) | IS(NETWORK_PLUG_BRIDGE))
#define DIRECT WHEN(NetworkPlug, type, IS(NETWORK_PLUG_DIRECT))
#define HOSTDEV WHEN(NetworkPlug, type, IS(NETWORK_PLUG_HOSTDEV_PCI))

static const DefRow driver_rows[] = {
        ATTR(NetworkPlug, "name", driver, WORDS(network_driver)),
        ATTR(NetworkPlug, "model", driver_model),
};
static DEF_TYPE_PLAIN(driver_type, NetworkPlug, driver_rows);

static const DefRow plug_rows[] = {
        ATTR(NetworkPlug, "type", type, WORDS(network_plug), FLAGS(DEF_REQUIRED)),
        ATTR(NetworkPlug, "bridge", bridge, BRIDGED, FLAGS(DEF_REQUIRED)),
        ATTR(NetworkPlug, "macTableManager", mac_table_manager, WORDS(net_mac_table), BRIDGED),
        ATTR(NetworkPlug, "dev", dev, DIRECT, FLAGS(DEF_REQUIRED)),
        ATTR(NetworkPlug, "mode", mode, WORDS(network_direct), DIRECT, FLAGS(DEF_REQUIRED)),
        ATTR(NetworkPlug, "managed", managed, YES_NO, HOSTDEV),
        GROUP("driver", driver_type, HOSTDEV),
        GROUP_IN(NetworkPlug, "address", address, host_pci_address_rows, HOSTDEV, FLAGS(DEF_REQUIRED)),
};

/* libvirt prints all four numbers, given or not. */
static void plug_finish(void *p, Arena *arena, bool live)
{
        NetworkPlug *plug = p;

        if (plug->type != NETWORK_PLUG_HOSTDEV_PCI)
                return;
        def_put(&plug->address, domain, plug->address.domain);
        def_put(&plug->address, bus, plug->address.bus);
        def_put(&plug->address, slot, plug->address.slot);
        def_put(&plug->address, function, plug->address.function);
}

static DEF_TYPE_PLAIN(plug_type, NetworkPlug, plug_rows, .finish = plug_finish);

static const DefRow network_port_rows[] = {
        ELEMENT(NetworkPortDef, "uuid", uuid, SYNTAX(def_syntax_uuid), FLAGS(DEF_REQUIRED)),
        GROUP("owner", owner_type, FLAGS(DEF_REQUIRED)),
        ELEMENT(NetworkPortDef, "group", group),
        GROUP("mac", mac_type, FLAGS(DEF_REQUIRED)),
        GROUP_IN(NetworkPortDef, "virtualport", virtual_port, net_virtual_port_type),
        GROUP_IN(NetworkPortDef, "bandwidth", bandwidth, net_bandwidth_type),
        GROUP_IN(NetworkPortDef, "vlan", vlan, net_vlan_type),
        GROUP("port", port_type),
        GROUP("rxfilters", rx_filters_type),
        GROUP_IN(NetworkPortDef, "plug", plug, plug_type),
};
static DEF_TYPE(network_port_def_type, NetworkPortDef, network_port_rows);

DEFINE_DEFINITION(network_port_def, NetworkPortDef, network_port_def_type, "networkport", "networkport")

static const NetworkPortGroup *find_group(const NetworkDef *network, const char *name)
{
        DEF_FOREACH(group, network->port_groups)
                if (name ? streq(group->name, name) : group->is_default == TRISTATE_YES)
                        return group;
        return NULL;
}

static bool has_bandwidth(const NetBandwidth *bandwidth)
{
        return bandwidth->inbound.set || bandwidth->outbound.set;
}

static void inherit(NetworkPortDef *port, const NetworkDef *network, const NetworkPortGroup *group)
{
        Tristate trust = group && group->trust_guest_rx_filters ? group->trust_guest_rx_filters :
                                                                  network->trust_guest_rx_filters;

        if (!has_bandwidth(&port->bandwidth) && group)
                port->bandwidth = group->bandwidth;
        if (port->virtual_port.type == 0)
                port->virtual_port = group && group->virtual_port.type ? group->virtual_port : network->virtual_port;
        if (!port->vlan.given)
                port->vlan = group && group->vlan.given ? group->vlan : network->vlan;
        if (!port->trust_guest_rx_filters)
                port->trust_guest_rx_filters = trust;
        if (!port->isolated)
                port->isolated = network->port_isolated;
}

static int plug_into_bridge(NetworkPortDef *port, const NetworkDef *network, NetworkPlugType type)
{
        port->plug.type = type;
        port->plug.bridge = network->bridge.name;
        port->plug.mac_table_manager = network->bridge.mac_table_manager;
        return 0;
}

static int plug_into_device(NetworkPortDef *port, const NetworkDef *network, uint32_t interface, Error *error)
{
        static const NetworkDirectMode modes[_NETWORK_FORWARD_MAX] = {
                [NETWORK_FORWARD_BRIDGE] = NETWORK_DIRECT_BRIDGE,
                [NETWORK_FORWARD_PRIVATE] = NETWORK_DIRECT_PRIVATE,
                [NETWORK_FORWARD_VEPA] = NETWORK_DIRECT_VEPA,
                [NETWORK_FORWARD_PASSTHROUGH] = NETWORK_DIRECT_PASSTHROUGH,
        };
        const NetworkForward *forward = &network->forward;
        bool hostdev = forward->mode == NETWORK_FORWARD_HOSTDEV;

        if (interface >= (hostdev ? forward->addresses.n : forward->interfaces.n))
                return error_set(error, ERROR_INTERNAL,
                                 "network '%s' requires exclusive access to interfaces, but none are available",
                                 network->name);
        if (hostdev) {
                port->plug.type = NETWORK_PLUG_HOSTDEV_PCI;
                port->plug.managed = forward->managed;
                port->plug.driver = forward->driver;
                port->plug.driver_model = forward->driver_model;
                port->plug.address = forward->addresses.items[interface]->pci;
                return 0;
        }
        port->plug.type = NETWORK_PLUG_DIRECT;
        port->plug.dev = forward->interfaces.items[interface]->dev;
        port->plug.mode = modes[forward->mode];
        return 0;
}

static int plug(NetworkPortDef *port, const NetworkDef *network, uint32_t interface, Error *error)
{
        if (network_forward_has_own_bridge(network->forward.mode))
                return plug_into_bridge(port, network, NETWORK_PLUG_NETWORK);
        if (network->forward.mode == NETWORK_FORWARD_BRIDGE && network->bridge.name)
                return plug_into_bridge(port, network, NETWORK_PLUG_BRIDGE);
        return plug_into_device(port, network, interface, error);
}

int network_port_def_plug(const NetworkPortDef *def, const NetworkDef *network, uint32_t interface,
                          NetworkPortDef **ret, Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *port = network_port_def_copy(def), *own = NULL;
        const NetworkPortGroup *group = find_group(network, port->group);
        int r;

        if (port->group && !group)
                return error_set(error, ERROR_INVALID_ARG, "network '%s' has no portgroup '%s'", network->name,
                                 port->group);
        inherit(port, network, group);
        if (port->plug.type == NETWORK_PLUG_NONE) {
                r = plug(port, network, interface, error);
                if (r < 0)
                        return r;
        }
        /* strings of the network's arena become its own */
        own = network_port_def_copy(port);
        r = network_port_def_seal(own, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&own);
        return 0;
}
