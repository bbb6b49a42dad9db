/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the service answered, for whoever has no better form for it. */

#include "tools/virtbusctl/ctl.h"

/*
 * Prints all values of the reply: a text as it is (key: its name in JSON), dictionaries as lines of names and values,
 * structures with the titles before their members, lists of structures as a table with the titles above, other lists a
 * line each. titles ends with NULL, or is NULL.
 */
int answer_print(const Ctl *ctl, sd_bus_message *reply, const char *key, const char *const *titles, Failure *failure);

/* A table that the caller filled, with its header as the person wants it. */
typedef struct Table Table;
void answer_print_table(const Ctl *ctl, const Table *table);
