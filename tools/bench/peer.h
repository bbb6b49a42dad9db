/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A service that is measured: all of them have the objects of libvirt-dbus, only the names differ. */

#include "tools/bench/process.h"

#include <systemd/sd-bus.h>

typedef struct Peer {
        const char *label;  /* in the report: "virtbusd" */
        const char *name;   /* on the bus */
        const char *prefix; /* of its interfaces: "org.virtbus1" */
        char *root;         /* path of the driver that is measured */
        char *domain;       /* path of the domain that reads are about */
        char *log;          /* what it said */
        pid_t pid;          /* 0: not running */
        uint64_t start_usec; /* from the start to the owned name */
} Peer;

/* Starts it and waits until it owns its name. bus is anyone's connection. */
int peer_start(Peer *peer, sd_bus *bus, const char *const *argv, Error *error);
void peer_stop(Peer *peer);
void peer_clear(Peer *peer);
#define _cleanup_peer_ _cleanup_(peer_clear)

/* A connection to the bus as this user, as the kernel attests it. */
int bus_open_as(uid_t uid, sd_bus **ret, Error *error);

/* "Domain" in full. Free with g_free(). */
char *peer_interface(const Peer *peer, const char *interface);

/* Makes a call to the peer; interface NULL: org.freedesktop.DBus.Properties. Arguments as
 * sd_bus_message_append(). */
sd_bus_message *peer_message(const Peer *peer, sd_bus *bus, const char *path, const char *interface,
                             const char *member, const char *types, ...);

/* Calls a member of a domain, which has one argument, flags, or none, and waits until it is done. */
int peer_change(const Peer *peer, sd_bus *bus, const char *path, const char *member, bool flags, Error *error);

/* Calls and waits, taking m over; ret may be NULL. An error of the service becomes the error. */
int bus_call(sd_bus *bus, sd_bus_message *m, sd_bus_message **ret, Error *error);
