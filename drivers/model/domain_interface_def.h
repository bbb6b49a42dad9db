/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* <interface>: network cards and what they are plugged into. def.h has the conventions. */

#include "drivers/model/domain_chardev_def.h"

/* drivers/model/net_def.h */
typedef struct NetVlan NetVlan;
typedef struct NetVirtualPort NetVirtualPort;

typedef enum DomainInterfaceType {
        DOMAIN_INTERFACE_USER = 1,
        DOMAIN_INTERFACE_ETHERNET,
        DOMAIN_INTERFACE_VHOSTUSER,
        DOMAIN_INTERFACE_SERVER,
        DOMAIN_INTERFACE_CLIENT,
        DOMAIN_INTERFACE_MCAST,
        DOMAIN_INTERFACE_NETWORK,
        DOMAIN_INTERFACE_BRIDGE,
        DOMAIN_INTERFACE_INTERNAL,
        DOMAIN_INTERFACE_DIRECT,
        DOMAIN_INTERFACE_HOSTDEV,
        DOMAIN_INTERFACE_UDP,
        DOMAIN_INTERFACE_VDPA,
        DOMAIN_INTERFACE_NULL,
        DOMAIN_INTERFACE_VDS,
        _DOMAIN_INTERFACE_MAX,
} DomainInterfaceType;
DECLARE_WORDS(domain_interface, DomainInterfaceType, _DOMAIN_INTERFACE_MAX);

typedef enum DomainLinkState {
        DOMAIN_LINK_UP = 1,
        DOMAIN_LINK_DOWN,
        _DOMAIN_LINK_MAX,
} DomainLinkState;
DECLARE_WORDS(domain_link, DomainLinkState, _DOMAIN_LINK_MAX);

typedef enum DomainMacType {
        DOMAIN_MAC_GENERATED = 1,
        DOMAIN_MAC_STATIC,
        _DOMAIN_MAC_MAX,
} DomainMacType;
DECLARE_WORDS(domain_mac, DomainMacType, _DOMAIN_MAC_MAX);

/* A PCI device of the host. */
typedef struct DomainHostPci {
        DefSet set;
        const char *type; /* "pci" */
        uint32_t domain;
        uint32_t bus;
        uint32_t slot;
        uint32_t function;
        uint32_t zpci_uid;
        uint32_t zpci_fid;
} DomainHostPci;

typedef struct DomainIp {
        DefSet set;
        uint32_t prefix;
        const char *address;
        const char *family; /* "ipv4", "ipv6" */
        const char *peer;
} DomainIp;

typedef struct DomainRoute {
        DefSet set;
        uint32_t prefix;
        uint32_t metric;
        const char *family;
        const char *address;
        const char *netmask;
        const char *gateway;
} DomainRoute;

typedef struct DomainPortRange {
        DefSet set;
        uint32_t start;
        uint32_t end;
        uint32_t to;
        Tristate exclude;
} DomainPortRange;

/* What passt forwards into the guest. */
typedef struct DomainPortForward {
        DefSet set;
        const char *protocol; /* "tcp", "udp" */
        const char *address;
        const char *dev;
        DEF_LIST(DomainPortRange) ranges;
} DomainPortForward;

typedef struct DomainFilterParameter {
        DefSet set;
        const char *name;
        const char *value;
} DomainFilterParameter;

typedef struct DomainFilterRef {
        DefSet set;
        const char *filter;
        DEF_LIST(DomainFilterParameter) parameters;
} DomainFilterRef;

/* Offloads of the host's or the guest's side of a virtio interface. */
typedef struct DomainOffloads {
        DefSet set;
        Tristate csum;
        Tristate gso; /* host only */
        Tristate tso4;
        Tristate tso6;
        Tristate ecn;
        Tristate ufo;
        Tristate mrg_rxbuf; /* host only */
} DomainOffloads;

/* What few interfaces say. */
typedef struct DomainInterfaceRare {
        DefSet set;
        uint32_t coalesce_frames; /* rx, most frames per interrupt */
        uint32_t source_port;     /* mcast, server, client, udp: host side */
        uint32_t local_port;      /* udp */
        const char *source_address;
        const char *local_address;
        const char *downscript;
        const char *backend_domain;
        const char *guest_dev;    /* name in the guest, for containers */
        const char *guest_actual; /* live */
        const char *backend_tap;  /* path of the character device */
        const char *backend_vhost;
        const char *backend_log;  /* of passt */
        const char *backend_hostname;
        const char *backend_fqdn;
        NetVlan *vlan;
        NetVirtualPort *virtual_port;
        DomainOffloads *host_offloads;
        DomainOffloads *guest_offloads;
        DomainHostPci *host_pci; /* hostdev */
        const char *socket_type;  /* vhostuser: "unix" */
        const char *socket;
        const char *socket_mode;  /* "server", "client" */
        DomainReconnect *reconnect;
        DomainFilterRef *filter;
        DEF_LIST(DomainIp) ips;
        DEF_LIST(DomainRoute) routes;
        DEF_LIST(DomainIp) host_ips; /* in source, of the host's end: ethernet */
        DEF_LIST(DomainRoute) host_routes;
        DEF_LIST(DomainPortForward) port_forwards;
        const char *switch_id;    /* vds, here to connection_id */
        const char *vds_port_id;
        const char *vds_portgroup_id;
        const char *connection_id;
        const char *teaming_persistent; /* alias of the virtio interface that a transient one stands in for */
        const char *teaming;      /* "persistent", "transient" */
} DomainInterfaceRare;

typedef struct DomainInterface {
        DefSet set;
        DefRaw *raw;
        uint32_t queues;
        uint32_t rx_queue_size;
        uint32_t tx_queue_size;
        uint32_t mtu;
        uint32_t sndbuf;
        DomainInterfaceType type;
        DomainLinkState link;
        DomainMacType mac_type;
        Tristate mac_check;
        Tristate managed; /* hostdev */
        Tristate trust_guest_rx_filters;
        Tristate target_managed;
        Tristate ioeventfd;
        Tristate event_idx;
        Tristate rss;
        Tristate rss_hash_report;
        Tristate isolated; /* port/@isolated */
        const char *mac;     /* lower case */
        const char *network; /* of "network" */
        const char *portgroup;
        const char *portid;  /* live */
        const char *bridge;  /* of "bridge", and live of "network" */
        const char *dev;     /* of "direct", "vdpa", live of "network", and where "user" with passt goes out */
        const char *mode;    /* of "direct", and live of "network": "vepa", "private", "bridge", "passthrough" */
        const char *internal; /* name of the network of "internal" */
        const char *target;  /* name of the tap device; names that virtbus makes up are live facts */
        const char *model;   /* "virtio", "e1000" */
        const char *driver_name; /* "qemu", "vhost"; of hostdev: "vfio" */
        const char *driver_model; /* hostdev: a variant of the VFIO driver */
        const char *txmode;
        const char *script;
        const char *backend; /* "default", "passt" */
        DomainInterfaceRare *rare;
        DomainBandwidth *bandwidth;
        DomainVirtio virtio;
        DomainDevice info;
} DomainInterface;
