/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A port of a network as the daemon knows it: where an interface of a domain is plugged in. */

#include "drivers/model/network.h"
#include "drivers/model/network_port_def.h"

enum {
        NETWORK_PORT_CHANGED_CONFIG = 1 << 0,
};

typedef struct NetworkPort {
        Object object; /* its key is "UUID of the network/UUID" */
        char key[2 * 36 + 2];
        const char *uuid; /* within the key */
        Network *network; /* a reference */
        NetworkPortDef *def;
} NetworkPort;

/* Adds what polkit is told of a port that is to be made. */
void network_port_describe_def(const Network *network, const NetworkPortDef *def, Details *details);

/* *ret is borrowed and has the definition. ERROR_OPERATION_FAILED when there is one with the UUID. */
int network_port_list_add(ObjectList *list, Network *network, const NetworkPortDef *def, NetworkPort **ret,
                          Error *error);
/* It announces. */
void network_port_put_def(NetworkPort *port, const NetworkPortDef *def);

/* The i-th port of the network, published or not; NULL: it has no more. */
NetworkPort *network_port_list_at(const ObjectList *list, const Network *network, size_t i);
/*
 * The index of the device of a running network that fewest of its ports use; one behind the last when each has to have
 * its own and none is left.
 */
uint32_t network_port_list_choose(const ObjectList *list, const Network *network);
/* How many use it, and each of its devices, becomes part of the definition of a running network. It announces. */
void network_port_list_count(const ObjectList *list, Network *network);
