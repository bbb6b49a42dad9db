/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a network interface of the host is told, by netlink. All of it may block: for workers. place is for errors. */

#include "drivers/model/domain_interface_def.h"
#include "service/base/error.h"

/* Through a gateway. metric 0: the kernel's. */
typedef struct LinkRoute {
        const char *network;
        uint32_t prefix;
        const char *gateway;
        uint32_t metric;
} LinkRoute;

/* Addresses of the host's end of the link, and routes through it. */
int link_set_addresses(const char *name, const DomainInterfaceRare *rare, const char *place, Error *error);
/* As the port of a bridge: packets do not go to other such ports. */
int link_isolate(const char *name, const char *place, Error *error);
/* As the port of a bridge with vlan_filtering: which VLANs it is in; the native one, or the only one, without tags. */
int link_set_vlans(const char *name, const NetVlan *vlan, const char *place, Error *error);
/* Frames that may be received before there is an interrupt. */
int link_set_coalesce(const char *name, uint32_t frames, const char *place, Error *error);

/* One address, which is taken without asking the network whether it is free. */
int link_add_address(const char *name, const char *address, unsigned prefix, const char *place, Error *error);
int link_add_route(const char *name, const LinkRoute *route, const char *place, Error *error);
/* The interface through which exactly this network is reached already, or NULL. Free with g_free(). */
char *link_find_route(const char *network, unsigned prefix);
/* An interface that has routes from advertisements of routers, and loses them when this host forwards, or NULL. */
char *link_find_advised(void);
int link_bring_up(const char *name, const char *place, Error *error);
int link_take_down(const char *name, const char *place, Error *error);

typedef struct LinkBridge {
        const char *name;
        const char *mac; /* NULL: the kernel's choice */
        uint32_t mtu;    /* 0: likewise */
        uint32_t delay;  /* seconds */
        bool stp;        /* spanning tree */
} LinkBridge;

/* ERROR_OPERATION_FAILED when there is an interface of the name. */
int link_make_bridge(const LinkBridge *bridge, const char *place, Error *error);
bool link_is_bridge(const char *name);
/* With all that is in it; anything else of that name stays. What fails is logged. */
void link_remove_bridge(const char *name);
int link_enter_bridge(const char *name, const char *bridge, const char *place, Error *error);
