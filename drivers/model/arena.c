/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/arena.h"

#include <stdarg.h>
#include <stdalign.h>
#include <string.h>

/* A typical definition fills four to eight; half of the last is waste. */
#define BLOCK_SIZE ((size_t) 512)
#define N_SLOTS_FIRST 64u

typedef struct ArenaBlock {
        struct ArenaBlock *next;
        size_t used;
        size_t size;
        alignas(max_align_t) char data[];
} ArenaBlock;

struct Arena {
        gint n_ref;
        bool sealed;
        ArenaBlock *blocks; /* the first one has room */
        const char **slots; /* open hash of the strings, until sealed */
        unsigned n_slots;
        unsigned n_strings;
};

Arena *arena_new(void)
{
        Arena *arena = g_new0(Arena, 1);

        arena->n_ref = 1;
        return arena;
}

Arena *arena_ref(Arena *arena)
{
        g_atomic_int_inc(&arena->n_ref);
        return arena;
}

Arena *arena_unref(Arena *arena)
{
        if (!arena || !g_atomic_int_dec_and_test(&arena->n_ref))
                return NULL;
        while (arena->blocks) {
                ArenaBlock *block = arena->blocks;

                arena->blocks = block->next;
                g_free(block);
        }
        g_free(arena->slots);
        g_free(arena);
        return NULL;
}

static ArenaBlock *arena_block_new(size_t size)
{
        ArenaBlock *block = g_malloc0(offsetof(ArenaBlock, data) + size);

        block->size = size;
        return block;
}

static void *arena_take(Arena *arena, size_t size, size_t align)
{
        ArenaBlock *block = arena->blocks;
        size_t at;

        g_assert(!arena->sealed);
        at = block ? (block->used + align - 1) & ~(align - 1) : 0;
        if (!block || size > block->size - MIN(at, block->size)) {
                size_t standard = BLOCK_SIZE - offsetof(ArenaBlock, data);

                block = arena_block_new(MAX(size, standard));
                /* what is large gets a block of its own behind the one that still has room */
                if (size > standard / 2 && arena->blocks) {
                        block->next = arena->blocks->next;
                        arena->blocks->next = block;
                } else {
                        block->next = arena->blocks;
                        arena->blocks = block;
                }
                at = 0;
        }
        block->used = at + size;
        return block->data + at;
}

void *arena_alloc(Arena *arena, size_t size)
{
        return arena_take(arena, size, alignof(void *));
}

static unsigned hash_bytes(const char *s, size_t n)
{
        unsigned h = 2166136261u;

        for (size_t i = 0; i < n; i++)
                h = (h ^ (unsigned char) s[i]) * 16777619u;
        return h;
}

static unsigned arena_slot(const Arena *arena, const char *s, size_t n)
{
        unsigned i = hash_bytes(s, n) & (arena->n_slots - 1);

        while (arena->slots[i] && (strncmp(arena->slots[i], s, n) != 0 || arena->slots[i][n]))
                i = (i + 1) & (arena->n_slots - 1);
        return i;
}

static void arena_grow_slots(Arena *arena)
{
        const char **old = arena->slots;
        unsigned n_old = arena->n_slots;

        arena->n_slots = n_old ? n_old * 2 : N_SLOTS_FIRST;
        arena->slots = g_new0(const char *, arena->n_slots);
        for (unsigned i = 0; i < n_old; i++)
                if (old[i])
                        arena->slots[arena_slot(arena, old[i], strlen(old[i]))] = old[i];
        g_free(old);
}

const char *arena_strndup(Arena *arena, const char *s, size_t n)
{
        unsigned i;

        if (!s)
                return NULL;
        n = strnlen(s, n);
        if (arena->n_strings * 2 >= arena->n_slots)
                arena_grow_slots(arena);
        i = arena_slot(arena, s, n);
        if (!arena->slots[i]) {
                char *copy = arena_take(arena, n + 1, 1);

                memcpy(copy, s, n);
                copy[n] = '\0';
                arena->slots[i] = copy;
                arena->n_strings++;
        }
        return arena->slots[i];
}

const char *arena_strdup(Arena *arena, const char *s)
{
        return s ? arena_strndup(arena, s, strlen(s)) : NULL;
}

const char *arena_printf(Arena *arena, const char *format, ...)
{
        g_autofree char *s = NULL;
        va_list ap;

        va_start(ap, format);
        s = g_strdup_vprintf(format, ap);
        va_end(ap);
        return arena_strdup(arena, s);
}

void arena_seal(Arena *arena)
{
        arena->slots = (g_free(arena->slots), NULL);
        arena->n_slots = 0;
        arena->n_strings = 0;
        arena->sealed = true;
}

bool arena_is_sealed(const Arena *arena)
{
        return arena->sealed;
}

size_t arena_size(const Arena *arena)
{
        size_t size = sizeof(*arena) + arena->n_slots * sizeof(*arena->slots);

        for (const ArenaBlock *block = arena->blocks; block; block = block->next)
                size += offsetof(ArenaBlock, data) + block->size;
        return size;
}
