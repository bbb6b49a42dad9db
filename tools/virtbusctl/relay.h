/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Carries bytes between a person and a guest's console until one of them has enough. */

#include "service/base/util.h"

typedef enum RelayEnd {
        RELAY_LEFT,   /* the escape key */
        RELAY_CLOSED, /* the other side closed the console */
        RELAY_SIGNAL, /* SIGTERM, SIGHUP or SIGINT */
} RelayEnd;

typedef struct Relay {
        int in;        /* what the person types; its end does not end the relay */
        int out;
        int console;   /* a stream socket */
        int escape;    /* the key that leaves; -1: none */
        bool drop; /* what the guest does not read in time is dropped, so that the escape key always works */
} Relay;

/* "^]", "^A" or a single character. Returns the byte, or -EINVAL. */
int relay_parse_escape(const char *s);

/* Returns a RelayEnd or a negative errno. Signals must be blocked by the caller; signals is a signalfd or
 * -EBADF. */
int relay_run(const Relay *relay, int signals);
