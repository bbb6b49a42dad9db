/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One call that is made of both services, and what came of it. See differential.c. */

#include <systemd/sd-bus.h>

#include "service/base/util.h"

enum { CASE_ARGS_MAX = 6 };

#define PROPERTIES "org.freedesktop.DBus.Properties"
#define INTROSPECTABLE "org.freedesktop.DBus.Introspectable"

typedef struct Case {
        const char *interface; /* "Connect", or in full */
        /* behind the driver's, or a whole one that begins with "/org" or is "/"; NULL: the driver */
        const char *path;
        const char *member;
        const char *types;
        /* as append_written() has them; "@" is a directory of each service's own */
        const char *args[CASE_ARGS_MAX];
        bool varies; /* of what is answered only the form is compared: a time, a number of the host */
} Case;

extern const Case *const cases;
extern const size_t n_cases;

/* What the document calls the case, the nth of its name. Free with g_free(). */
char *case_name(const Case *c, unsigned nth);

typedef struct Outcome {
        char *error; /* name; NULL: an answer */
        char *text;  /* of the error, or the values */
        char *shape; /* of the answer: its types, without values */
} Outcome;
void outcome_clear(Outcome *outcome);

/* directory stands for "@" on the way there, and "@" for it on the way back. */
void case_run(const Case *c, sd_bus *bus, const char *directory, Outcome *ret);

/* The body of a message, dictionaries in an order of their own; without values each form once. Free with g_free(). */
char *render_message(sd_bus_message *m, bool values);

/* libvirt-dbus over libvirt's test driver, on a session bus of its own. */
typedef struct Peer Peer;
/* directory: where it has its files. */
Peer *peer_new(const char *directory);
Peer *peer_free(Peer *peer);
DEFINE_TRIVIAL_CLEANUP(Peer *, peer_free)
sd_bus *peer_bus(const Peer *peer);
