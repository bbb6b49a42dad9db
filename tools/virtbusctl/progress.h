/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A line on the terminal that shows what the service does while a call waits for its answer. */

#include "service/base/util.h"

#include <systemd/sd-bus.h>

typedef struct JobProgress {
        const char *kind;  /* "start" */
        const char *stage; /* "spawn"; NULL or "": not known */
        uint64_t done;
        uint64_t total;    /* 0: not known */
        uint64_t elapsed_usec;
        bool others;       /* somebody else's job, which ours waits for */
} JobProgress;

/* One line without its end, at most columns wide. Free with g_free(). */
char *progress_line(const JobProgress *progress, size_t columns);

/*
 * Sends m and waits for its reply, at most for the time given (UINT64_MAX: no limit). With the root of a
 * driver, the job that the service makes of the call is shown on stderr, which is a terminal, as soon as it
 * takes longer than a moment. Returns 0, or a negative errno, for which the error is set when the service
 * gave one.
 */
int progress_call(sd_bus *bus, sd_bus_message *m, uint64_t timeout_usec, const char *root,
                  sd_bus_error *error, sd_bus_message **ret);
