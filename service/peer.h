/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Callers: one Peer per unique name that has called, with what it holds of us and which reads it was granted. A
 * peer is known by its uid from one asynchronous GetConnectionCredentials and forgotten when it leaves the bus. What
 * a uid's peers hold together is counted in its User.
 */

#include "polkit/permission.h"
#include "drivers/driver.h"
#include "service/bus.h"
#include "service/sight.h"

/* Those that the manager may have, and none. */
#define PEER_DRIVERS_MAX 9

typedef struct User {
        uint32_t uid;
        unsigned n_ref;
        unsigned n_calls;
        unsigned n_parked;
        size_t parked_bytes;
        unsigned n_jobs;
        GQueue looking;     /* questions of sight.c that wait for their turn */
        unsigned n_looking; /* and those that polkit has */
        unsigned n_answers; /* that are kept */
} User;

struct Peer {
        Manager *manager;
        unsigned n_ref;
        char *name;
        User *user; /* NULL until the credentials are there */
        sd_bus_slot *credentials;
        GQueue waiting; /* Waiting: messages that came before the credentials */
        size_t waiting_bytes;
        uint8_t read_granted[PEER_DRIVERS_MAX][_PERMISSION_MAX / 8 + 1];
        uint32_t faces;    /* on which it has called, and gets signals of its own */
        GQueue deliveries; /* Delivery: those that wait */
        Sight *sight; /* what it may see of single objects; NULL until that is asked */
        GPtrArray *watches; /* see watch.h; NULL: none */
        struct LastError *last_error; /* see last_error.h; NULL: none yet */
        bool hears_errors; /* has asked for ErrorReported */
        bool gone;
};

/* The peer that sent the message; made on its first. NULL for a message without a sender. */
Peer *peer_of_message(Manager *manager, Bus *bus, sd_bus_message *m);
Peer *peer_ref(Peer *peer);
Peer *peer_unref(Peer *peer);
DEFINE_TRIVIAL_CLEANUP(Peer *, peer_unref)

/* Keeps the message until the credentials are there, then queues it anew on its bus. */
int peer_wait(Peer *peer, Bus *bus, sd_bus_message *m);

/* Root, or in session mode the user itself: authorised for everything. */
bool peer_is_privileged(const Peer *peer);

/* What polkit has said of the objects of a driver: its rules may tell drivers apart. driver NULL: above all of them. */
bool peer_read_granted(const Peer *peer, const Driver *driver, Permission permission);
void peer_grant_read(Peer *peer, const Driver *driver, Permission permission);
/* polkit's rules have changed. */
void peers_forget_grants(Manager *manager);

/* The bus says that the name is gone. */
void peer_gone(Manager *manager, const char *name);
/* The bus itself is gone. */
void peers_clear(Manager *manager);
