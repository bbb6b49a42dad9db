/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def_table.h"

#include <string.h>

/*
 * Copy and compare. A struct that begins at offset 0 of another one is that one: its kept text belongs to
 * the outer walk.
 */

static void copy_raws(const DefType *type, void *to, Arena *arena)
{
        DefRaw **at = def_raws(type, to);

        for (; at && *at; at = &(*at)->next) {
                DefRaw *raw = arena_new0(arena, DefRaw);

                raw->next = (*at)->next;
                raw->row = (*at)->row;
                raw->text = arena_strdup(arena, (*at)->text);
                *at = raw;
        }
}

static void copy_pointers(const DefType *type, void *to, Arena *arena);

static void *copy_struct(const DefType *type, const void *from, Arena *arena)
{
        void *to = arena_alloc(arena, type->size);

        memcpy(to, from, type->size);
        copy_raws(type, to, arena);
        copy_pointers(type, to, arena);
        return to;
}

static void copy_list(const DefType *type, DefList *list, Arena *arena)
{
        DefList old = *list;

        *list = (DefList) {};
        for (uint32_t i = 0; i < old.n; i++)
                def_append_item(arena, list, copy_struct(type, old.items[i], arena));
}

/* to is a byte copy: what its rows point to is copied, too. */
static void copy_pointers(const DefType *type, void *to, Arena *arena)
{
        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;
                void *field = def_field(row, to);

                if ((row->flags & DEF_UNION) && !def_row_counts(row, to))
                        continue;
                if (row->kind == DEF_KIND_STRING && row->words)
                        continue; /* a word of the table */
                if (row->kind == DEF_KIND_STRING)
                        *(const char **) field = arena_strdup(arena, *(const char **) field);
                else if (row->place == DEF_PLACE_GROUP || row->place == DEF_PLACE_EMBED) {
                        if (row->offset > 0)
                                copy_raws(row->type, field, arena);
                        copy_pointers(row->type, field, arena);
                } else if ((row->place == DEF_PLACE_CHILD || row->place == DEF_PLACE_PART) && *(void **) field)
                        *(void **) field = copy_struct(row->type, *(void **) field, arena);
                else if (row->place == DEF_PLACE_LIST)
                        copy_list(row->type, field, arena);
        }
}

void def_copy(const DefType *type, const void *from, void *to, Arena *arena)
{
        memcpy(to, from, type->size);
        copy_raws(type, to, arena);
        copy_pointers(type, to, arena);
}

typedef struct Comparer {
        DefCompareFlags flags;
        char **ret_path;
} Comparer;

static bool differs(const Comparer *comparer, const DefPath *path)
{
        if (comparer->ret_path)
                *comparer->ret_path = def_path_to_string(path);
        return false;
}

static bool equal_values(const DefRow *row, const void *a, const void *b)
{
        const void *x = def_field(row, a), *y = def_field(row, b);

        if (def_value_is_given(row, a) != def_value_is_given(row, b))
                return false;
        if (!def_value_is_given(row, a))
                return true;
        if (row->kind == DEF_KIND_STRING)
                return streq(*(const char *const *) x, *(const char *const *) y);
        return memcmp(x, y, row->size) == 0;
}

static const DefRaw *next_raw(const DefRaw *raw, const DefRow *row)
{
        while (raw && raw->row != row)
                raw = raw->next;
        return raw;
}

static bool equal_raws(const DefType *type, const DefRow *row, const void *a, const void *b)
{
        const DefRaw *x = next_raw(*def_raws(type, a), row), *y = next_raw(*def_raws(type, b), row);

        for (; x && y; x = next_raw(x->next, row), y = next_raw(y->next, row))
                if (!streq(x->text, y->text))
                        return false;
        return !x && !y;
}

static bool equal_structs(const Comparer *comparer, const DefType *type, const void *a, const void *b,
                          const DefPath *parent);

static bool equal_lists(const Comparer *comparer, const DefRow *row, const DefList *a, const DefList *b,
                        DefPath *path)
{
        for (uint32_t i = 0; i < MIN(a->n, b->n); i++) {
                path->index = i + 1;
                if (row->words && *def_item_tag(row, a->items[i]) != *def_item_tag(row, b->items[i]))
                        return differs(comparer, path);
                if (!equal_structs(comparer, row->type, a->items[i], b->items[i], path))
                        return false;
        }
        path->index = MIN(a->n, b->n) + 1;
        return a->n == b->n || differs(comparer, path);
}

static bool is_ignored(const Comparer *comparer, const DefRow *row)
{
        return (comparer->flags & DEF_COMPARE_ABI) && (row->flags & (DEF_HOST | DEF_LIVE | DEF_INERT));
}

static bool equal_row(const Comparer *comparer, const DefType *type, const DefRow *row, const void *a,
                      const void *b, const DefPath *parent)
{
        DefPath path = { .parent = parent, .ns = row->ns, .name = row->name };
        const void *x = def_field(row, a), *y = def_field(row, b);

        switch ((DefPlace) row->place) {
        case DEF_PLACE_ATTRIBUTE:
                path.attribute = true;
                return equal_values(row, a, b) || differs(comparer, &path);
        case DEF_PLACE_TEXT:
        case DEF_PLACE_HERE:
                return equal_values(row, a, b) || differs(comparer, parent);
        case DEF_PLACE_ELEMENT:
        case DEF_PLACE_PRESENCE:
        case DEF_PLACE_SLICE:
                return equal_values(row, a, b) || differs(comparer, &path);
        case DEF_PLACE_GROUP:
                return equal_structs(comparer, row->type, x, y, &path);
        case DEF_PLACE_EMBED:
        case DEF_PLACE_PART:
                return equal_structs(comparer, row->type, def_inner(row, a), def_inner(row, b), parent);
        case DEF_PLACE_CHILD:
                if (!*(void *const *) x || !*(void *const *) y)
                        return *(void *const *) x == *(void *const *) y || differs(comparer, &path);
                return equal_structs(comparer, row->type, *(void *const *) x, *(void *const *) y, &path);
        case DEF_PLACE_LIST:
                return equal_lists(comparer, row, x, y, &path);
        case DEF_PLACE_RAW_ATTRIBUTE:
                path.attribute = true;
                return equal_raws(type, row, a, b) || differs(comparer, &path);
        case DEF_PLACE_RAW:
        case DEF_PLACE_FOREIGN:
                return equal_raws(type, row, a, b) || differs(comparer, &path);
        case _DEF_PLACE_MAX:
                break;
        }
        g_assert_not_reached();
}

static bool equal_structs(const Comparer *comparer, const DefType *type, const void *a, const void *b,
                          const DefPath *parent)
{
        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;

                /* where the discriminators differ, their own row says so */
                if (def_row_counts(row, a) && def_row_counts(row, b) && !is_ignored(comparer, row) &&
                    !equal_row(comparer, type, row, a, b, parent))
                        return false;
        }
        return true;
}

bool def_equal(const DefType *type, const char *name, const void *a, const void *b, DefCompareFlags flags,
               char **ret_path)
{
        Comparer comparer = { flags, ret_path };
        DefPath path = { .name = name };

        return equal_structs(&comparer, type, a, b, &path);
}
