/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Why a command did not do what it was asked to: one sentence, a hint how to go on, and the exit status. */

#include "service/base/util.h"

#include <systemd/sd-bus.h>

/* Part of the interface: virtbusctl(1) documents them, scripts rely on them. */
typedef enum ExitStatus {
        EXIT_STATUS_OK = 0,
        EXIT_STATUS_FAILED = 1,
        EXIT_STATUS_USAGE = 2,
        EXIT_STATUS_NOT_FOUND = 3,
        EXIT_STATUS_DENIED = 4,
        EXIT_STATUS_UNREACHABLE = 5,
        _EXIT_STATUS_MAX,
} ExitStatus;

typedef struct Failure {
        ExitStatus status; /* EXIT_STATUS_OK: unset */
        char *message;
        char *hint; /* NULL: none */
} Failure;

#define FAILURE_HINT_VERSION "The running service is of another version than virtbusctl: restart it."

/* What the hints speak of. */
typedef struct FailureContext {
        const char *action; /* "domain.start": the permission that the command needs; NULL: not known */
        const char *host;   /* the service is there; NULL: on this machine */
        bool user;          /* a user's own service */
        bool interactive;   /* the call allowed a question to the user */
} FailureContext;

/* Sets the failure, which must be unset. Returns the negative errno that stands for the status. */
int failure_set(Failure *failure, ExitStatus status, const char *format, ...) _printf_(3, 4);
void failure_hint(Failure *failure, const char *format, ...) _printf_(2, 3);

/* Translates the error of a call, or, when it has no name, the errno r with which sd-bus gave up. */
int failure_from_bus(Failure *failure, const FailureContext *context, const sd_bus_error *error, int r);
/* For a bus that could not be connected to. */
int failure_from_connect(Failure *failure, const FailureContext *context, const char *bus, int r);

/* Prints "virtbusctl: <message>" and the hint to stderr and forgets both. */
void failure_print(Failure *failure);

void failure_clear(Failure *failure);
#define _cleanup_failure_ _cleanup_(failure_clear)
