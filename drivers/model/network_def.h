/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The definition of a network: libvirt's <network> format (11.3). def.h has the conventions. */

#include "drivers/model/definition.h"
#include "drivers/model/host_pci_def.h"
#include "drivers/model/net_def.h"

#define NETWORK_DNSMASQ_NAMESPACE "http://libvirt.org/schemas/network/dnsmasq/1.0"

typedef enum NetworkForwardMode {
        NETWORK_FORWARD_NONE = 0, /* isolated */
        NETWORK_FORWARD_NAT,
        NETWORK_FORWARD_ROUTE,
        NETWORK_FORWARD_OPEN,
        NETWORK_FORWARD_BRIDGE,
        NETWORK_FORWARD_PRIVATE,
        NETWORK_FORWARD_VEPA,
        NETWORK_FORWARD_PASSTHROUGH,
        NETWORK_FORWARD_HOSTDEV,
        NETWORK_FORWARD_SAID_NONE, /* written "none"; never in a definition that was read */
        _NETWORK_FORWARD_MAX,
} NetworkForwardMode;
DECLARE_WORDS(network_forward, NetworkForwardMode, _NETWORK_FORWARD_MAX);

typedef enum NetworkLeaseUnit {
        NETWORK_LEASE_SECONDS = 1,
        NETWORK_LEASE_MINUTES,
        NETWORK_LEASE_HOURS,
        _NETWORK_LEASE_UNIT_MAX,
} NetworkLeaseUnit;
DECLARE_WORDS(network_lease_unit, NetworkLeaseUnit, _NETWORK_LEASE_UNIT_MAX);

typedef enum NetworkDriverName {
        NETWORK_DRIVER_KVM = 1,
        NETWORK_DRIVER_VFIO,
        _NETWORK_DRIVER_MAX,
} NetworkDriverName;
DECLARE_WORDS(network_driver, NetworkDriverName, _NETWORK_DRIVER_MAX);

/* How long an address is lent; not given: the server's default. 0: for ever. */
typedef struct NetworkLease {
        DefSet set;
        uint32_t expiry;
        NetworkLeaseUnit unit; /* always given when expiry is neither absent nor 0 */
} NetworkLease;

typedef struct NetworkDhcpRange {
        DefSet set;
        const char *start, *end;
        NetworkLease lease;
} NetworkDhcpRange;

typedef struct NetworkDhcpHost {
        DefSet set;
        const char *mac, *id /* DUID of an IPv6 client */, *name, *ip;
        NetworkLease lease;
} NetworkDhcpHost;

typedef struct NetworkIp {
        DefSet set;
        uint32_t prefix;
        NetFamily family;
        const char *address, *netmask;
        Tristate local_ptr;
        const char *tftp_root, *bootp_file, *bootp_server;
        DEF_LIST(NetworkDhcpRange) ranges;
        DEF_LIST(NetworkDhcpHost) hosts;
} NetworkIp;

typedef struct NetworkRoute {
        DefSet set;
        uint32_t prefix, metric;
        NetFamily family;
        const char *address, *netmask, *gateway;
} NetworkRoute;

typedef struct NetworkForwardInterface {
        DefSet set;
        uint32_t connections;
        const char *dev;
} NetworkForwardInterface;

typedef struct NetworkForwardAddress {
        DefSet set;
        uint32_t connections;
        const char *type;
        HostPciAddress pci;
} NetworkForwardAddress;

typedef struct NetworkForward {
        DefSet set;
        uint32_t port_start, port_end; /* of NAT */
        NetworkForwardMode mode;
        NetworkDriverName driver;
        const char *dev; /* the first of the interfaces */
        Tristate managed;
        const char *driver_model;
        Tristate nat_ipv6;
        bool nat_given;
        const char *nat_start, *nat_end;
        const char *pf;
        DEF_LIST(NetworkForwardInterface) interfaces;
        DEF_LIST(NetworkForwardAddress) addresses;
} NetworkForward;

typedef struct NetworkPortGroup {
        DefSet set;
        const char *name;
        Tristate is_default, trust_guest_rx_filters;
        NetVlan vlan;
        NetVirtualPort virtual_port;
        NetBandwidth bandwidth;
} NetworkPortGroup;

typedef struct NetworkDnsForwarder {
        DefSet set;
        const char *domain, *address;
} NetworkDnsForwarder;

typedef struct NetworkDnsTxt {
        DefSet set;
        const char *name, *value;
} NetworkDnsTxt;

typedef struct NetworkDnsSrv {
        DefSet set;
        uint32_t port, priority, weight;
        const char *service, *protocol, *domain, *target;
} NetworkDnsSrv;

typedef struct NetworkDnsHostname {
        DefSet set;
        const char *name;
} NetworkDnsHostname;

typedef struct NetworkDnsHost {
        DefSet set;
        const char *ip;
        DEF_LIST(NetworkDnsHostname) names;
} NetworkDnsHost;

typedef struct NetworkDns {
        DefSet set;
        Tristate enable, forward_plain_names;
        DEF_LIST(NetworkDnsForwarder) forwarders;
        DEF_LIST(NetworkDnsTxt) txts;
        DEF_LIST(NetworkDnsSrv) srvs;
        DEF_LIST(NetworkDnsHost) hosts;
} NetworkDns;

typedef struct NetworkBridge {
        DefSet set;
        uint32_t delay; /* seconds */
        Tristate stp;
        const char *name, *zone;
        NetMacTableManager mac_table_manager;
} NetworkBridge;

typedef struct NetworkDnsmasqOption {
        DefSet set;
        const char *value;
} NetworkDnsmasqOption;

typedef struct NetworkDef {
        DEFINITION_HEAD;
        uint32_t connections; /* interfaces of running domains */
        uint32_t mtu;
        Tristate ipv6, trust_guest_rx_filters;
        const char *name;
        const char *uuid; /* lower case with hyphens; NULL until network_def_normalize() */
        const char *title, *description, *metadata;
        NetworkForward forward;
        NetworkBridge bridge;
        const char *mac;
        const char *domain;
        Tristate domain_local_only;
        NetworkDns dns;
        NetVlan vlan;
        NetBandwidth bandwidth;
        Tristate port_isolated;
        DEF_LIST(NetworkIp) ips;
        DEF_LIST(NetworkRoute) routes;
        NetVirtualPort virtual_port;
        DEF_LIST(NetworkPortGroup) port_groups;
        DEF_LIST(NetworkDnsmasqOption) dnsmasq_options;
} NetworkDef;

DECLARE_DEFINITION(network_def, NetworkDef);

/* Whether networks of the mode have a bridge of ours, with addresses and DNS. */
bool network_forward_has_own_bridge(NetworkForwardMode mode);

/* The prefix of an address of ours or of a route: given, by its netmask, or its class's. */
unsigned network_ip_prefix(const NetworkIp *ip);
unsigned network_route_prefix(const NetworkRoute *route);

/*
 * What libvirt fills in when a network is defined: the UUID; with own_mac, for networks that have a bridge of ours, its
 * MAC address. The result is sealed.
 */
int network_def_normalize(const NetworkDef *def, bool own_mac, NetworkDef **ret, Error *error);

/* virNetworkUpdateCommand */
typedef enum NetworkUpdateCommand {
        NETWORK_UPDATE_NONE = 0,
        NETWORK_UPDATE_MODIFY = 1,
        NETWORK_UPDATE_DELETE = 2,
        NETWORK_UPDATE_ADD_LAST = 3,
        NETWORK_UPDATE_ADD_FIRST = 4,
} NetworkUpdateCommand;

/* virNetworkUpdateSection */
typedef enum NetworkUpdateSection {
        NETWORK_SECTION_NONE = 0,
        NETWORK_SECTION_BRIDGE = 1,
        NETWORK_SECTION_DOMAIN = 2,
        NETWORK_SECTION_IP = 3,
        NETWORK_SECTION_IP_DHCP_HOST = 4,
        NETWORK_SECTION_IP_DHCP_RANGE = 5,
        NETWORK_SECTION_FORWARD = 6,
        NETWORK_SECTION_FORWARD_INTERFACE = 7,
        NETWORK_SECTION_FORWARD_PF = 8,
        NETWORK_SECTION_PORTGROUP = 9,
        NETWORK_SECTION_DNS_HOST = 10,
        NETWORK_SECTION_DNS_TXT = 11,
        NETWORK_SECTION_DNS_SRV = 12,
} NetworkUpdateSection;

/*
 * The definition with one element changed (virNetworkUpdate). parent_index says in which <ip> a host or range of DHCP
 * is; negative: the one that has DHCP, or the first. *ret is a sealed definition of its own. Errors:
 * ERROR_OPERATION_INVALID (there is no such element, or there is one already), ERROR_OPERATION_UNSUPPORTED (no such
 * section or command, or not for this section), those of network_def_parse().
 */
int network_def_update(const NetworkDef *def, uint32_t command, uint32_t section, int32_t parent_index,
                       const char *xml, size_t size, NetworkDef **ret, Error *error);
