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

/*
 * Calls check for each number of a set as it is kept, "0-3,8" or NULL, until one is true, and returns whether one was.
 * cpuset_add() is one that fills a hash table: true for a number that was there already.
 */
bool cpuset_any(const char *set, bool (*check)(uint32_t n, void *userdata), void *userdata);
bool cpuset_add(uint32_t n, void *table);
