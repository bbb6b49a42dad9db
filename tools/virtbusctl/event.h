/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the service announces, as one event each: the pure half of the command `events`. */

#include "tools/virtbusctl/json.h"

/* All names of events, for filters; ends with NULL. */
extern const char *const event_names[];

/*
 * Reads a signal of the service into an object with "event", the "path" that it is about, and what else it
 * says; the message is read from its beginning. Returns 1, 0 for a signal that is no event, or a negative
 * errno.
 */
int event_read(sd_bus_message *m, JsonObject **ret);

/* "2026-01-31 12:00:00.123  web  started  detail=booted": usec is CLOCK_REALTIME. Free with g_free(). */
char *event_format(JsonObject *event, const char *name, uint64_t usec);
/* "2026-01-31T12:00:00.123456+01:00" */
char *event_timestamp(uint64_t usec);
