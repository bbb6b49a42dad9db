/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One connection to the bus for one face: connects, owns the name, hands messages to the dispatcher, reconnects. */

#include "service/face.h"

typedef struct Manager Manager;

typedef struct Bus {
        Manager *manager;
        const Face *face;
        sd_bus *bus; /* NULL while there is none */
        sd_event_source *io;
        sd_event_source *timer;
        sd_event_source *reconnect;
        uint64_t backoff_usec;
        unsigned last_batch; /* messages of the last wake-up */
        unsigned n_singles;  /* wake-ups for a single one */
        GHashTable *paths;   /* of lists, see paths.h */
        bool name_owned;
        bool optional; /* the daemon can do without this face */
        bool closed;   /* given up: the name is somebody else's */
} Bus;

void bus_init(Bus *bus, Manager *manager, const Face *face, bool optional);
/* Starts to connect; goes on in the background. Fails only when there is no such bus at all. */
int bus_connect(Bus *bus);
/* Closes the connection, if there is one, and makes another. */
void bus_drop(Bus *bus);
void bus_clear(Bus *bus);

/* Puts the message back, to be dispatched anew in a coming turn. */
int bus_requeue(Bus *bus, sd_bus_message *m);
