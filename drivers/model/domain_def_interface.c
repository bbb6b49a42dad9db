/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"
#include "drivers/model/net_def.h"

#include <string.h>

/* <interface> */

#define TYPE(t) IS(DOMAIN_INTERFACE_##t)
#define NETWORK WHEN(DomainInterface, type, TYPE(NETWORK))
#define BRIDGE_OR_NETWORK WHEN(DomainInterface, type, TYPE(NETWORK) | TYPE(BRIDGE))
#define DIRECT WHEN(DomainInterface, type, TYPE(DIRECT))
#define INTERFACE_TYPE(types) WHEN(DomainInterface, type, types)
#define SOCKETS (TYPE(SERVER) | TYPE(CLIENT) | TYPE(MCAST) | TYPE(UDP))

static const DefRow mac_rows[] = {
        ATTR(DomainInterface, "address", mac, SYNTAX(def_syntax_mac)),
        ATTR(DomainInterface, "type", mac_type, WORDS(domain_mac), FLAGS(DEF_HOST)),
        ATTR(DomainInterface, "check", mac_check, YES_NO, FLAGS(DEF_HOST)),
};
static DEF_TYPE(mac_type, DomainInterface, mac_rows);

/* <ip> and <route>, of the guest's or the host's end */

static const DefRow ip_rows[] = {
        ATTR(DomainIp, "address", address, FLAGS(DEF_REQUIRED)),
        ATTR(DomainIp, "family", family, ONE_OF("ipv4", "ipv6")),
        ATTR(DomainIp, "prefix", prefix, RANGE(0, 128)),
        ATTR(DomainIp, "peer", peer),
};

/* The family follows from the address. */
static void ip_finish(void *p, Arena *arena, bool live)
{
        DomainIp *ip = p;

        if (!ip->family && ip->address)
                ip->family = strchr(ip->address, ':') ? "ipv6" : "ipv4";
}

DEF_TYPE_PLAIN(domain_ip_type, DomainIp, ip_rows, .finish = ip_finish);

static const DefRow route_rows[] = {
        ATTR(DomainRoute, "family", family, ONE_OF("ipv4", "ipv6")),
        ATTR(DomainRoute, "address", address, FLAGS(DEF_REQUIRED)),
        ATTR(DomainRoute, "netmask", netmask),
        ATTR(DomainRoute, "prefix", prefix, RANGE(0, 128)),
        ATTR(DomainRoute, "gateway", gateway, FLAGS(DEF_REQUIRED)),
        ATTR(DomainRoute, "metric", metric, RANGE(1, UINT32_MAX)),
};
DEF_TYPE_PLAIN(domain_route_type, DomainRoute, route_rows);

/* <source> */

static const DefRow local_rows[] = {
        ATTR(DomainInterfaceRare, "address", local_address),
        ATTR(DomainInterfaceRare, "port", local_port, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(local_type, DomainInterfaceRare, local_rows);

static const DefRow sockets_source_rows[] = {
        ATTR(DomainInterfaceRare, "address", source_address),
        ATTR(DomainInterfaceRare, "port", source_port),
        GROUP("local", local_type),
};
static DEF_TYPE_PLAIN(sockets_source_type, DomainInterfaceRare, sockets_source_rows);

static const DefRow vhostuser_source_rows[] = {
        ATTR(DomainInterfaceRare, "type", socket_type, ONE_OF("unix")),
        ATTR(DomainInterfaceRare, "path", socket),
        ATTR(DomainInterfaceRare, "mode", socket_mode, ONE_OF("server", "client")),
        CHILD(DomainInterfaceRare, "reconnect", reconnect, domain_reconnect_type),
};
static DEF_TYPE_PLAIN(vhostuser_source_type, DomainInterfaceRare, vhostuser_source_rows);

static const DefRow zpci_rows[] = {
        ATTR(DomainHostPci, "uid", zpci_uid, HEX(4), RANGE(1, 0xffff)),
        ATTR(DomainHostPci, "fid", zpci_fid, HEX(8)),
};
static DEF_TYPE_PLAIN(zpci_type, DomainHostPci, zpci_rows);

static const DefRow host_pci_rows[] = {
        ATTR(DomainHostPci, "type", type, ONE_OF("pci", "usb")),
        ATTR(DomainHostPci, "domain", domain, HEX(4), RANGE(0, 0xffff)),
        ATTR(DomainHostPci, "bus", bus, HEX(2), RANGE(0, 0xff)),
        ATTR(DomainHostPci, "slot", slot, HEX(2), RANGE(0, 0x1f)),
        ATTR(DomainHostPci, "function", function, HEX(1), RANGE(0, 7)),
        GROUP("zpci", zpci_type),
};

static void host_pci_finish(void *p, Arena *arena, bool live)
{
        DomainHostPci *address = p;

        address->set |= DEF_BIT(DomainHostPci, domain) | DEF_BIT(DomainHostPci, bus) |
                DEF_BIT(DomainHostPci, slot) | DEF_BIT(DomainHostPci, function);
}

static DEF_TYPE_PLAIN(host_pci_type, DomainHostPci, host_pci_rows, .finish = host_pci_finish);

static const DefRow hostdev_source_rows[] = {
        CHILD(DomainInterfaceRare, "address", host_pci, host_pci_type),
};
static DEF_TYPE_PLAIN(hostdev_source_type, DomainInterfaceRare, hostdev_source_rows);

static const DefRow vds_source_rows[] = {
        ATTR(DomainInterfaceRare, "switchid", switch_id, SYNTAX(def_syntax_uuid)),
        ATTR(DomainInterfaceRare, "portid", vds_port_id),
        ATTR(DomainInterfaceRare, "portgroupid", vds_portgroup_id),
        ATTR(DomainInterfaceRare, "connectionid", connection_id),
};
static DEF_TYPE_PLAIN(vds_source_type, DomainInterfaceRare, vds_source_rows);

static const DefRow host_end_rows[] = {
        LIST(DomainInterfaceRare, "ip", host_ips, domain_ip_type),
        LIST(DomainInterfaceRare, "route", host_routes, domain_route_type),
};
static DEF_TYPE_PLAIN(host_end_type, DomainInterfaceRare, host_end_rows);

static const DefRow source_rows[] = {
        ATTR(DomainInterface, "network", network, NETWORK, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterface, "portgroup", portgroup, NETWORK),
        ATTR(DomainInterface, "portid", portid, NETWORK, FLAGS(DEF_LIVE)),
        ATTR(DomainInterface, "bridge", bridge, BRIDGE_OR_NETWORK),
        ATTR(DomainInterface, "dev", dev, DIRECT, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterface, "dev", dev, INTERFACE_TYPE(TYPE(USER) | TYPE(VDPA))),
        ATTR(DomainInterface, "mode", mode, DIRECT, ONE_OF("vepa", "private", "bridge", "passthrough")),
        ATTR(DomainInterface, "dev", dev, NETWORK, FLAGS(DEF_LIVE)),
        ATTR(DomainInterface, "mode", mode, NETWORK, FLAGS(DEF_LIVE)),
        ATTR(DomainInterface, "name", internal, INTERFACE_TYPE(TYPE(INTERNAL))),
        PART_OF(DomainInterface, rare, sockets_source_type, INTERFACE_TYPE(SOCKETS)),
        PART_OF(DomainInterface, rare, vhostuser_source_type, INTERFACE_TYPE(TYPE(VHOSTUSER))),
        PART_OF(DomainInterface, rare, hostdev_source_type, INTERFACE_TYPE(TYPE(HOSTDEV))),
        PART_OF(DomainInterface, rare, vds_source_type, INTERFACE_TYPE(TYPE(VDS))),
        PART_OF(DomainInterface, rare, host_end_type, INTERFACE_TYPE(~TYPE(VDS))),
};
static DEF_TYPE(source_type, DomainInterface, source_rows);

/* Names that the daemon gave to a tap device are not the user's. */
static bool is_generated_name(const char *name)
{
        static const char *const prefixes[] = { "vnet", "vif", "macvtap", "macvlan" };

        for (unsigned i = 0; name && i < ELEMENTSOF(prefixes); i++)
                if (g_str_has_prefix(name, prefixes[i]))
                        return true;
        return false;
}

static bool print_target(const void *p, const void *field, unsigned flags, GString *out)
{
        const char *name = *(const char *const *) field;

        if (!name || ((flags & DEF_FORMAT_INACTIVE) && is_generated_name(name)))
                return false;
        g_string_append(out, name);
        return true;
}

static const DefHatch target_hatch = { .print = print_target };

static const DefRow target_rows[] = {
        ATTR(DomainInterface, "dev", target, HATCH(target_hatch)),
        ATTR(DomainInterface, "managed", target_managed, YES_NO),
};
static DEF_TYPE(target_type, DomainInterface, target_rows);

static const DefRow model_rows[] = {
        ATTR(DomainInterface, "type", model, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(model_type, DomainInterface, model_rows);

static const DefRow host_offload_rows[] = {
        ATTR(DomainOffloads, "csum", csum, ON_OFF),
        ATTR(DomainOffloads, "gso", gso, ON_OFF),
        ATTR(DomainOffloads, "tso4", tso4, ON_OFF),
        ATTR(DomainOffloads, "tso6", tso6, ON_OFF),
        ATTR(DomainOffloads, "ecn", ecn, ON_OFF),
        ATTR(DomainOffloads, "ufo", ufo, ON_OFF),
        ATTR(DomainOffloads, "mrg_rxbuf", mrg_rxbuf, ON_OFF),
};
static DEF_TYPE_PLAIN(host_offload_type, DomainOffloads, host_offload_rows);

static const DefRow guest_offload_rows[] = {
        ATTR(DomainOffloads, "csum", csum, ON_OFF),
        ATTR(DomainOffloads, "tso4", tso4, ON_OFF),
        ATTR(DomainOffloads, "tso6", tso6, ON_OFF),
        ATTR(DomainOffloads, "ecn", ecn, ON_OFF),
        ATTR(DomainOffloads, "ufo", ufo, ON_OFF),
};
static DEF_TYPE_PLAIN(guest_offload_type, DomainOffloads, guest_offload_rows);

static const DefRow offloads_rows[] = {
        CHILD(DomainInterfaceRare, "host", host_offloads, host_offload_type, FLAGS(DEF_BRIEF)),
        CHILD(DomainInterfaceRare, "guest", guest_offloads, guest_offload_type, FLAGS(DEF_BRIEF)),
};
static DEF_TYPE_PLAIN(offloads_type, DomainInterfaceRare, offloads_rows);

static const DefRow driver_rows[] = {
        ATTR(DomainInterface, "name", driver_name, FLAGS(DEF_HOST)),
        ATTR(DomainInterface, "txmode", txmode, FLAGS(DEF_HOST)),
        ATTR(DomainInterface, "ioeventfd", ioeventfd, ON_OFF, FLAGS(DEF_HOST)),
        ATTR(DomainInterface, "event_idx", event_idx, ON_OFF),
        ATTR(DomainInterface, "queues", queues, RANGE(1, 256)),
        ATTR(DomainInterface, "rx_queue_size", rx_queue_size),
        ATTR(DomainInterface, "tx_queue_size", tx_queue_size),
        ATTR(DomainInterface, "model", driver_model, INTERFACE_TYPE(TYPE(HOSTDEV))),
        ATTR(DomainInterface, "rss", rss, ON_OFF),
        ATTR(DomainInterface, "rss_hash_report", rss_hash_report, ON_OFF),
        EMBED(DomainInterface, virtio, domain_virtio_type),
        PART_OF(DomainInterface, rare, offloads_type),
};
static DEF_TYPE(driver_type, DomainInterface, driver_rows);

static const DefRow script_rows[] = {
        ATTR(DomainInterface, "path", script, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(script_type, DomainInterface, script_rows);

static const DefRow tune_rows[] = {
        ELEMENT(DomainInterface, "sndbuf", sndbuf),
};
static DEF_TYPE(tune_type, DomainInterface, tune_rows);

static const DefRow link_rows[] = {
        ATTR(DomainInterface, "state", link, WORDS(domain_link)),
};
static DEF_TYPE(link_type, DomainInterface, link_rows);

static const DefRow mtu_rows[] = {
        ATTR(DomainInterface, "size", mtu),
};
static DEF_TYPE(mtu_type, DomainInterface, mtu_rows);

/* Between the host and the interface. */

static const DefRow port_rows[] = {
        ATTR(DomainInterface, "isolated", isolated, YES_NO),
};
static DEF_TYPE(port_type, DomainInterface, port_rows);

static const DefRow range_rows[] = {
        ATTR(DomainPortRange, "start", start, RANGE(1, 65535), FLAGS(DEF_REQUIRED)),
        ATTR(DomainPortRange, "end", end, RANGE(1, 65535)),
        ATTR(DomainPortRange, "to", to, RANGE(1, 65535)),
        ATTR(DomainPortRange, "exclude", exclude, YES_NO),
};
static DEF_TYPE_PLAIN(range_type, DomainPortRange, range_rows);

static const DefRow port_forward_rows[] = {
        ATTR(DomainPortForward, "proto", protocol, ONE_OF("tcp", "udp"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainPortForward, "address", address),
        ATTR(DomainPortForward, "dev", dev),
        LIST(DomainPortForward, "range", ranges, range_type),
};
static DEF_TYPE_PLAIN(port_forward_type, DomainPortForward, port_forward_rows);

static const DefRow downscript_rows[] = {
        ATTR(DomainInterfaceRare, "path", downscript, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(downscript_type, DomainInterfaceRare, downscript_rows);

static const DefRow backend_domain_rows[] = {
        ATTR(DomainInterfaceRare, "name", backend_domain, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(backend_domain_type, DomainInterfaceRare, backend_domain_rows);

static const DefRow guest_rows[] = {
        ATTR(DomainInterfaceRare, "dev", guest_dev),
        ATTR(DomainInterfaceRare, "actual", guest_actual, FLAGS(DEF_LIVE)),
};
static DEF_TYPE_PLAIN(guest_type, DomainInterfaceRare, guest_rows);

static const DefRow backend_rare_rows[] = {
        ATTR(DomainInterfaceRare, "tap", backend_tap),
        ATTR(DomainInterfaceRare, "vhost", backend_vhost),
        ATTR(DomainInterfaceRare, "logFile", backend_log),
        ATTR(DomainInterfaceRare, "hostname", backend_hostname),
        ATTR(DomainInterfaceRare, "fqdn", backend_fqdn),
};
static DEF_TYPE_PLAIN(backend_rare_type, DomainInterfaceRare, backend_rare_rows);

static const DefRow backend_rows[] = {
        ATTR(DomainInterface, "type", backend, ONE_OF("default", "passt")),
        PART_OF(DomainInterface, rare, backend_rare_type),
};
static DEF_TYPE(backend_type, DomainInterface, backend_rows);

static const DefRow filter_parameter_rows[] = {
        ATTR(DomainFilterParameter, "name", name, FLAGS(DEF_REQUIRED)),
        ATTR(DomainFilterParameter, "value", value, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(filter_parameter_type, DomainFilterParameter, filter_parameter_rows);

static const DefRow filter_rows[] = {
        ATTR(DomainFilterRef, "filter", filter, FLAGS(DEF_REQUIRED)),
        LIST(DomainFilterRef, "parameter", parameters, filter_parameter_type),
};
static DEF_TYPE_PLAIN(filter_type, DomainFilterRef, filter_rows);

static const DefRow coalesce_frames_rows[] = {
        ATTR(DomainInterfaceRare, "max", coalesce_frames, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(coalesce_frames_type, DomainInterfaceRare, coalesce_frames_rows);

static const DefRow coalesce_rx_rows[] = {
        GROUP("frames", coalesce_frames_type),
};
static DEF_TYPE_PLAIN(coalesce_rx_type, DomainInterfaceRare, coalesce_rx_rows);

static const DefRow coalesce_rows[] = {
        GROUP("rx", coalesce_rx_type),
};
static DEF_TYPE_PLAIN(coalesce_type, DomainInterfaceRare, coalesce_rows);

static const DefRow teaming_rows[] = {
        ATTR(DomainInterfaceRare, "type", teaming, ONE_OF("persistent", "transient"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterfaceRare, "persistent", teaming_persistent),
};
static DEF_TYPE_PLAIN(teaming_type, DomainInterfaceRare, teaming_rows);

static const DefRow network_side_rows[] = {
        CHILD(DomainInterfaceRare, "vlan", vlan, net_vlan_type),
        CHILD(DomainInterfaceRare, "virtualport", virtual_port, net_virtual_port_type),
};
static DEF_TYPE_PLAIN(network_side_type, DomainInterfaceRare, network_side_rows);

static const DefRow addressing_rows[] = {
        LIST(DomainInterfaceRare, "ip", ips, domain_ip_type),
        LIST(DomainInterfaceRare, "route", routes, domain_route_type),
        LIST(DomainInterfaceRare, "portForward", port_forwards, port_forward_type),
};
static DEF_TYPE_PLAIN(addressing_type, DomainInterfaceRare, addressing_rows);

static const DefRow downscript_part_rows[] = {
        GROUP("downscript", downscript_type),
        GROUP("backenddomain", backend_domain_type),
};
static DEF_TYPE_PLAIN(downscript_part_type, DomainInterfaceRare, downscript_part_rows);

static const DefRow guest_part_rows[] = {
        GROUP("guest", guest_type),
};
static DEF_TYPE_PLAIN(guest_part_type, DomainInterfaceRare, guest_part_rows);

static const DefRow filter_part_rows[] = {
        CHILD(DomainInterfaceRare, "filterref", filter, filter_type),
};
static DEF_TYPE_PLAIN(filter_part_type, DomainInterfaceRare, filter_part_rows);

static const DefRow coalesce_part_rows[] = {
        GROUP("coalesce", coalesce_type),
};
static DEF_TYPE_PLAIN(coalesce_part_type, DomainInterfaceRare, coalesce_part_rows);

static const DefRow teaming_part_rows[] = {
        GROUP("teaming", teaming_type),
};
static DEF_TYPE_PLAIN(teaming_part_type, DomainInterfaceRare, teaming_part_rows);

#define RARE(type_, ...) PART_OF(DomainInterface, rare, type_, ##__VA_ARGS__)
static const DefRow interface_rows[] = {
        ATTR(DomainInterface, "type", type, WORDS(domain_interface), FLAGS(DEF_HOST)),
        ATTR(DomainInterface, "managed", managed, YES_NO, INTERFACE_TYPE(TYPE(HOSTDEV)), FLAGS(DEF_HOST)),
        ATTR(DomainInterface, "trustGuestRxFilters", trust_guest_rx_filters, YES_NO, FLAGS(DEF_HOST)),
        GROUP("mac", mac_type),
        GROUP("source", source_type, FLAGS(DEF_HOST)),
        RAW("actual", FLAGS(DEF_LIVE | DEF_INERT)),
        RARE(network_side_type, FLAGS(DEF_HOST)),
        CHILD(DomainInterface, "bandwidth", bandwidth, domain_bandwidth_type, FLAGS(DEF_HOST | DEF_BRIEF)),
        GROUP("port", port_type, FLAGS(DEF_HOST)),
        RARE(addressing_type, FLAGS(DEF_HOST)),
        GROUP("script", script_type, FLAGS(DEF_HOST)),
        RARE(downscript_part_type, FLAGS(DEF_HOST)),
        GROUP("target", target_type, FLAGS(DEF_HOST)),
        RARE(guest_part_type, FLAGS(DEF_HOST)),
        GROUP("model", model_type),
        GROUP("driver", driver_type),
        GROUP("backend", backend_type, FLAGS(DEF_HOST)),
        RARE(filter_part_type, FLAGS(DEF_HOST)),
        GROUP("tune", tune_type, FLAGS(DEF_HOST)),
        GROUP("link", link_type, FLAGS(DEF_HOST)),
        GROUP("mtu", mtu_type),
        RARE(coalesce_part_type, FLAGS(DEF_HOST)),
        RARE(teaming_part_type),
        EMBED(DomainInterface, info, domain_device_type),
};

/* Options of virtio mean nothing to other models, nor filters to what passes no bridge. */
static void drop_foreign_options(DomainInterface *interface)
{
        bool is_filtered = interface->type == DOMAIN_INTERFACE_ETHERNET ||
                interface->type == DOMAIN_INTERFACE_NETWORK || interface->type == DOMAIN_INTERFACE_BRIDGE;

        if (!is_filtered && interface->rare)
                interface->rare->filter = NULL;
        if (interface->model && g_str_has_prefix(interface->model, "virtio") &&
            interface->type != DOMAIN_INTERFACE_HOSTDEV)
                return;
        if (interface->type != DOMAIN_INTERFACE_HOSTDEV)
                interface->driver_name = NULL;
        interface->txmode = NULL;
        interface->ioeventfd = interface->event_idx = TRISTATE_ABSENT;
        interface->rss = interface->rss_hash_report = TRISTATE_ABSENT;
        def_drop(interface, queues);
        def_drop(interface, rx_queue_size);
        def_drop(interface, tx_queue_size);
        if (interface->rare)
                interface->rare->host_offloads = interface->rare->guest_offloads = NULL;
}

static void interface_finish(void *p, Arena *arena, bool live)
{
        DomainInterface *interface = p;

        if (interface->type == 0)
                interface->type = DOMAIN_INTERFACE_USER;
        drop_foreign_options(interface);
        if (interface->type == DOMAIN_INTERFACE_DIRECT && !interface->mode)
                interface->mode = "vepa";
        if (live)
                return;
        if (is_generated_name(interface->target))
                interface->target = NULL;
        if (interface->type == DOMAIN_INTERFACE_NETWORK)
                interface->bridge = NULL;
}

DEF_TYPE(domain_interface_type, DomainInterface, interface_rows, .rules = domain_interface_rules,
         .finish = interface_finish);
