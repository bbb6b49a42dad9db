/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Values of D-Bus as JSON: the form in which the commands hold what the service told them. */

#include "service/base/util.h"

#include <json-glib/json-glib.h>
#include <systemd/sd-bus.h>

/*
 * Reads the next complete value: dictionaries with string keys become objects, structures and arrays become
 * arrays, variants their content; a number above INT64_MAX becomes a double. Returns 1, 0 at the end, or a
 * negative errno.
 */
int json_read_value(sd_bus_message *m, JsonNode **ret);

/* Reads "a{sv}" of properties into an object whose keys are text_key()s. Returns 1, or a negative errno. */
int json_read_properties(sd_bus_message *m, JsonObject **ret);

/* What an object says, or the default when it does not: "", 0, false. */
const char *json_string(JsonObject *object, const char *key);
int64_t json_int(JsonObject *object, const char *key);
bool json_bool(JsonObject *object, const char *key);

/* The value as a person reads it: no quotes, "yes" and "no", arrays joined by blanks. Free with g_free(). */
char *json_plain(JsonNode *node);

/* Ends with a newline. Free with g_free(). */
char *json_text(JsonNode *node, bool pretty);
