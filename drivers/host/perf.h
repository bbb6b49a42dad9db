/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Events of the processor and the kernel, counted for threads and all that they begin later (perf_event_open(2)). The
 * names are those of <perf> in a domain's definition.
 */

#include "service/base/error.h"

#include <sys/types.h>

typedef struct PerfCounter PerfCounter;

/*
 * Counts from now on. tids is an array of pid_t; a thread that has ended meanwhile is passed over. place begins
 * errors, which are ERROR_CONFIG_UNSUPPORTED with the kernel's reason when it does not count that here.
 */
int perf_counter_open(const char *event, const GArray *tids, const char *place, PerfCounter **ret, Error *error);
PerfCounter *perf_counter_free(PerfCounter *counter);
DEFINE_TRIVIAL_CLEANUP(PerfCounter *, perf_counter_free)

const char *perf_counter_event(const PerfCounter *counter);
/* Does not wait. Times are nanoseconds. */
int perf_counter_read(const PerfCounter *counter, uint64_t *ret);
