/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Network interfaces of the host that a machine is plugged into. All of it may block: for workers. */

#include "service/base/error.h"

#define TAP_QUEUES_MAX 256u

typedef struct TapConfig {
        const char *name;   /* of the interface, or NULL: "vnet" and a number */
        const char *bridge; /* that it becomes a port of, or NULL */
        const char *mac;    /* of the guest's end */
        uint32_t mtu;       /* 0: that of the bridge, or the kernel's */
        unsigned n_queues;  /* from 1 */
        bool existing;      /* somebody else made and manages it */
        bool vnet_hdr;      /* offloads, for virtio */
        const char *device; /* NULL: /dev/net/tun */
} TapConfig;

/*
 * A tap device, which goes away with its last descriptor: n_queues of them are written to ret_fds. *ret_name is the
 * caller's. place, an XPath, names the culprit in errors.
 */
int tap_open(const TapConfig *config, const char *place, int *ret_fds, char **ret_name, Error *error);

/* The interface becomes a port of the bridge "to", when it has left "from". Either may be NULL: none. */
int tap_change_bridge(const char *name, const char *from, const char *to, const char *place, Error *error);

typedef struct MacvtapConfig {
        const char *parent; /* the interface that it shares */
        const char *mode;   /* "vepa", "private", "bridge", "passthrough" */
        const char *name;   /* NULL: "macvtap" and a number */
        const char *mac;
        unsigned n_queues;
        bool vnet_hdr;
} MacvtapConfig;

/* The same of a macvtap device, which stays until macvtap_remove(). */
int macvtap_open(const MacvtapConfig *config, const char *place, int *ret_fds, char **ret_name, Error *error);
/* Removes it; anything else of that name stays. */
void macvtap_remove(const char *name);

/* Descriptors of /dev/vhost-net, or another device that speaks like it. */
int vhost_net_open(const char *device, unsigned n, const char *place, int *ret_fds, Error *error);
