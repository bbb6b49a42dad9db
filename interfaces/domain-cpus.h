/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Maps of processors on the bus. */

#include "service/call.h"

/*
 * The set that an array of booleans means, as text; free with g_free(). ERROR_INVALID_ARG, naming what, when it
 * is empty or longer than any machine.
 */
int cpuset_from_bools(const ArgArray *array, const char *what, char **ret, Error *error);
