/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A virtual network as the daemon knows it, with the addresses that it has lent. */

#include "drivers/model/network_def.h"
#include "drivers/model/object.h"

/* virNetworkEventLifecycleType */
typedef enum NetworkEvent {
        NETWORK_EVENT_DEFINED = 0,
        NETWORK_EVENT_UNDEFINED = 1,
        NETWORK_EVENT_STARTED = 2,
        NETWORK_EVENT_STOPPED = 3,
} NetworkEvent;

/* virNetworkMetadataType */
typedef enum NetworkMetadata {
        NETWORK_METADATA_DESCRIPTION = 0,
        NETWORK_METADATA_TITLE = 1,
        NETWORK_METADATA_ELEMENT = 2,
} NetworkMetadata;

typedef struct NetworkMetadataArgs {
        int32_t type;    /* NetworkMetadata */
        const char *uri; /* of an element; else "" */
} NetworkMetadataArgs;

/* Signals; the comment is the type that args points to. */
typedef enum NetworkSignal {
        NETWORK_SIGNAL_EVENT,    /* NetworkEvent */
        NETWORK_SIGNAL_METADATA, /* NetworkMetadataArgs */
} NetworkSignal;

enum {
        NETWORK_CHANGED_ACTIVE = 1 << 0,
        NETWORK_CHANGED_PERSISTENT = 1 << 1,
        NETWORK_CHANGED_AUTOSTART = 1 << 2,
        NETWORK_CHANGED_LEASES = 1 << 3,
        NETWORK_CHANGED_CONFIG = 1 << 4, /* what stands in the definition that counts */
};

/* virIPAddrType */
typedef enum NetworkAddressType {
        NETWORK_ADDRESS_IPV4 = 0,
        NETWORK_ADDRESS_IPV6 = 1,
} NetworkAddressType;

/* An address that the network's server of DHCP has lent (virNetworkDHCPLease). Strings are never NULL. */
typedef struct NetworkDhcpLease {
        char *interface; /* the bridge */
        int64_t expiry;  /* seconds since the epoch; 0: for ever */
        NetworkAddressType type;
        char *mac; /* lower case */
        char *iaid, *ip;
        uint32_t prefix;
        char *hostname, *client_id;
} NetworkDhcpLease;

NetworkDhcpLease *network_dhcp_lease_free(NetworkDhcpLease *lease);

typedef struct Network {
        Object object; /* its key is the UUID */
        char uuid[37];
        char *name;
        NetworkDef *config; /* the persistent definition; NULL: it is transient */
        NetworkDef *live;   /* what it runs with; NULL: it is inactive */
        bool autostart;
        GPtrArray *leases; /* NetworkDhcpLease */
} Network;

static inline bool network_is_active(const Network *network)
{
        return network->live;
}

/*
 * The definition that counts: what it runs with, else the persistent one; with inactive the other way round. Borrowed.
 */
const NetworkDef *network_def_of(const Network *network, bool inactive);

/* Adds what polkit is told of a definition, which may have no UUID yet. */
void network_describe_def(const NetworkDef *def, Details *details);

/* Occupies name and UUID of the definition, which must have both. *ret is borrowed. ERROR_OPERATION_FAILED as below. */
int network_list_add(ObjectList *list, const NetworkDef *def, Network **ret, Error *error);
/*
 * The network that the definition is about, or NULL for a new one: that of its UUID, and without one that of its name.
 * ERROR_OPERATION_FAILED when name and UUID are not of the same one, as in libvirt.
 */
int network_list_resolve(const ObjectList *list, const NetworkDef *def, Network **ret, Error *error);

/* They announce. def may be NULL. */
void network_put_config(Network *network, const NetworkDef *def);
void network_put_live(Network *network, const NetworkDef *def);
void network_put_autostart(Network *network, bool autostart);
/* Takes the lease over; it replaces that of the same address. */
void network_put_lease(Network *network, NetworkDhcpLease *lease);
/* All of them at once. Takes the array, whose elements go with it. */
void network_put_leases(Network *network, GPtrArray *leases);
/* Those of one MAC address, NULL: all. */
void network_drop_leases(Network *network, const char *mac);
/* Borrowed; NULL when the address is not lent. */
const NetworkDhcpLease *network_find_lease(const Network *network, const char *ip);
/* What the one of this MAC address calls itself. Borrowed; NULL when it has no lease, or no name. */
const char *network_find_hostname(const Network *network, const char *mac);

void network_announce(Network *network, NetworkEvent event);
void network_announce_metadata(Network *network, NetworkMetadata type, const char *uri);
