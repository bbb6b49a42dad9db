/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Signals on their way to those who may see what they tell of. Where reads are authorised by kind they are broadcast,
 * and the policy of the bus says who may receive them. Where they are authorised by object each goes to every caller
 * that has called on that connection and may see the object, as its signals that were emitted before have gone.
 */

#include "service/bus.h"
#include "service/peer.h"

/* A signal that waits for polkit, and all of that caller behind it. */
typedef struct Delivery Delivery;

#define DELIVERY_PERMISSIONS_MAX 4

/*
 * object: what the signal is about; wanted: the permissions that are needed to see that, besides knowing of the object.
 * m is borrowed and was not sent yet.
 */
int delivery_send(Bus *bus, const Object *object, const Permission *wanted, size_t n_wanted, sd_bus_message *m);

/* The caller has called on this connection: from now on it gets its signals. */
void delivery_begin(Peer *peer, const Bus *bus);
/* It is gone. */
void delivery_end(Peer *peer);
