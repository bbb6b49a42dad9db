/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Definitions: what all of them (domain, network, pool, …) have in common. A definition is one value in one
 * arena: parsed or built once, then sealed, shared by reference and never changed. An edit copies it,
 * changes the copy and seals that.
 *
 * Conventions of every struct in a definition:
 *   - the first member is "DefSet set", which tells for each number whether it was given;
 *   - an enum or Tristate is 0 when it was not given, a string, a pointer or a list is NULL or empty;
 *   - everything that is pointed to belongs to the arena: arena_strdup(), arena_new0().
 */

#include "drivers/model/arena.h"
#include "drivers/model/diagnostics.h"
#include "service/base/error.h"

/*
 * Bit offset/4 is set when the number at that offset was given. Numbers thus stand in the first 256 bytes.
 */
typedef uint64_t DefSet;

#define DEF_BIT(type, field) (UINT64_C(1) << (offsetof(type, field) / 4))

/* Whether a number was given. */
#define def_is_set(p, field) (((p)->set & DEF_BIT(__typeof__(*(p)), field)) != 0)
/* Gives a number of a definition that is not sealed yet. */
#define def_put(p, field, value)                                                                    \
        do {                                                                                        \
                (p)->field = (value);                                                               \
                (p)->set |= DEF_BIT(__typeof__(*(p)), field);                                       \
        } while (0)
#define def_drop(p, field)                                                                          \
        do {                                                                                        \
                (p)->field = 0;                                                                     \
                (p)->set &= ~DEF_BIT(__typeof__(*(p)), field);                                      \
        } while (0)
/* The number, or the other value when it was not given. */
#define def_get(p, field, otherwise) (def_is_set(p, field) ? (p)->field : (otherwise))

/* Things in the order of the document. Items are never NULL. */
#define DEF_LIST(type)                                                                              \
        struct {                                                                                    \
                type **items;                                                                       \
                uint32_t n;                                                                         \
        }

/* DEF_FOREACH(disk, def->disks) declares disk. */
#define DEF_FOREACH(item, list)                                                                     \
        for (__typeof__(*(list).items) item = NULL, *_at_##item = (list).items;                     \
             (list).n > 0 && _at_##item < (list).items + (list).n && ((item = *_at_##item), true);  \
             _at_##item++)

/* Appends an item of the arena to a list of a definition that is not sealed yet. */
#define def_append(arena, list, item)                                                               \
        do {                                                                                        \
                __typeof__(*(list)->items) _item = (item);                                          \
                def_append_item(arena, (DefList *) (void *) (list), (void *) _item);                \
        } while (0)

/* Takes the i-th item out of a list of a definition that is not sealed yet. */
#define def_remove(list, i) def_remove_item((DefList *) (void *) (list), i)

/* Yes/no and on/off: whether it was given at all counts. */
typedef enum Tristate {
        TRISTATE_ABSENT = 0,
        TRISTATE_YES = 1,
        TRISTATE_ON = 1,
        TRISTATE_NO = 2,
        TRISTATE_OFF = 2,
        _TRISTATE_MAX = 3,
} Tristate;

static inline Tristate tristate(bool b)
{
        return b ? TRISTATE_YES : TRISTATE_NO;
}

static inline bool tristate_get(Tristate t, bool otherwise)
{
        return t == TRISTATE_ABSENT ? otherwise : t == TRISTATE_YES;
}

/*
 * An element or attribute that the format knows and the engine keeps as text: those that are not decoded yet
 * and those of foreign namespaces. row points into the tables and says where it belongs.
 */
typedef struct DefRaw {
        struct DefRaw *next;
        const struct DefRow *row;
        const char *text; /* the element from '<' to '>', complete in itself, or the value of an attribute */
} DefRaw;

/* What the helpers below work on. */
typedef struct DefList {
        void **items;
        uint32_t n;
} DefList;

void def_append_item(Arena *arena, DefList *list, void *item);
void def_remove_item(DefList *list, uint32_t i);

/* Words of Tristate: "on"/"off" and "yes"/"no". */
extern const char *const on_off_table[_TRISTATE_MAX];
extern const char *const yes_no_table[_TRISTATE_MAX];

/*
 * Declares an enum's words where row tables can name them; word 0, "not given", is NULL.
 * DEFINE_STRING_TABLE() does the rest.
 */
#define DECLARE_WORDS(name, type, max)                                                              \
        extern const char *const name##_table[max];                                                 \
        DECLARE_STRING_TABLE(name, type)

/*
 * Canonical text of a definition, compressed: how definitions are kept that nobody is using. Free with
 * g_free(). mark is the caller's, to remember something about the text. definition_unpack() returns
 * NUL-terminated text; *ret_size, which may be NULL, does not count that byte.
 */
typedef struct PackedText PackedText;

PackedText *definition_pack(const char *text, size_t size, uint32_t mark);
/* The same without compressing, which takes many times longer. */
PackedText *definition_keep(const char *text, size_t size, uint32_t mark);
bool definition_is_kept(const PackedText *packed);
char *definition_unpack(const PackedText *packed, size_t *ret_size);
uint32_t definition_packed_mark(const PackedText *packed);
/* Bytes that it occupies. */
size_t definition_packed_size(const PackedText *packed);
