/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Memory of one definition: handed out in order, freed at once. Equal strings are stored once. An arena is
 * built by one owner; after arena_seal() it never changes, and references may be taken and dropped on any
 * thread.
 */

#include "service/base/util.h"

typedef struct Arena Arena;

/* The caller holds the only reference. */
Arena *arena_new(void);
Arena *arena_ref(Arena *arena);
/* Accepts NULL, returns NULL. */
Arena *arena_unref(Arena *arena);
DEFINE_TRIVIAL_CLEANUP(Arena *, arena_unref)

/* Zeroed, aligned for any type. */
void *arena_alloc(Arena *arena, size_t size);
#define arena_new0(arena, type) ((type *) arena_alloc(arena, sizeof(type)))

/* A copy in the arena; the same pointer for the same text. NULL stays NULL. */
const char *arena_strdup(Arena *arena, const char *s);
const char *arena_strndup(Arena *arena, const char *s, size_t n);
const char *arena_printf(Arena *arena, const char *format, ...) _printf_(2, 3);

/* Ends building: nothing can be allocated any more. */
void arena_seal(Arena *arena);
bool arena_is_sealed(const Arena *arena);

/* Bytes taken from the heap. */
size_t arena_size(const Arena *arena);
