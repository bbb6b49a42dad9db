/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A network as the kernel has it: the bridge with its addresses and routes, what is forwarded, the rules of nftables.
 * All of it blocks: for the worker of networks.
 */

#include "drivers/model/network_def.h"
#include "service/base/error.h"

/* What fails is undone. ERROR_INTERNAL, as in libvirt, when a subnet is that of another interface already. */
int network_host_up(const NetworkDef *def, Error *error);
/* Takes all of it away, whatever there is of it; what stays is logged. Forwarding stays on: others may need it. */
void network_host_down(const NetworkDef *def);
/* The rules as def wants them, of a network that is up. */
int network_host_refresh(const NetworkDef *def, Error *error);

/* A card of a machine, plugged into the bridge (again). */
typedef struct NetworkTap {
        char *name;
        bool isolated;
        NetVlan vlan; /* within the definition of its port, which must live as long */
} NetworkTap;

int network_host_plug(const char *bridge, const NetworkTap *tap, Error *error);
