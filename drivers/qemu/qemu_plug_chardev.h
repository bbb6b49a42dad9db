/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* An option of QEMU that is no JSON, as the monitor has it: what -chardev means for chardev-add. */

#include "service/base/error.h"

#include <json-glib/json-glib.h>

/* The value of "id=", or NULL. Free with g_free(). */
char *plug_option_id(const char *value);

/*
 * Arguments of chardev-add (QEMU's qapi/char.json), the caller's. A descriptor by its number stays one:
 * plug_chardev_fd(). ERROR_OPERATION_UNSUPPORTED for what can only be given to a machine that starts.
 */
int plug_chardev_arguments(const char *value, JsonObject **ret, Error *error);

/* The number of the descriptor that is the socket, as a text; NULL: there is none. Borrowed. */
const char *plug_chardev_fd(JsonObject *arguments);
/* The name that the monitor knows the descriptor by, in its place. */
void plug_chardev_set_fd(JsonObject *arguments, const char *name);
