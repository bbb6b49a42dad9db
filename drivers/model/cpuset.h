/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sets of small numbers as definitions write them, "0-3,^2,8", and as maps: one byte per number, 0 or 1. */

#include "service/base/util.h"

/*
 * Fills the map of n bytes; numbers beyond it are left out. -EINVAL when the text is no such set (the map is
 * then undefined).
 */
int cpuset_to_map(const char *text, uint8_t *map, size_t n);
/* The shortest text; NULL for an empty set. Free with g_free(). */
char *cpuset_from_map(const uint8_t *map, size_t n);
