/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def_table.h"

/* Looks for what is given in a place that one of some patterns names. */

typedef struct Finder {
        const char *const *patterns;
        GString *plain; /* the place without numbers: "/domain/devices/disk/source" */
        char **ret_path;
} Finder;

static bool is_wanted(const Finder *finder)
{
        for (const char *const *pattern = finder->patterns; *pattern; pattern++)
                if (g_pattern_match_simple(*pattern, finder->plain->str))
                        return true;
        return false;
}

static bool find_in(Finder *finder, const DefType *type, const void *p, const DefPath *path);

/* An element with rows of its own; it counts as given when anything in it is, or when it is there at all. */
static bool find_in_element(Finder *finder, const DefRow *row, const void *p, const DefPath *path)
{
        if (is_wanted(finder)) {
                if (finder->ret_path)
                        *finder->ret_path = def_path_to_string(path);
                return true;
        }
        return find_in(finder, row->type, p, path);
}

static bool find_in_list(Finder *finder, const DefRow *row, const DefList *list, DefPath *path)
{
        for (uint32_t i = 0; i < list->n; i++) {
                path->index = i + 1;
                path->name = def_item_name(row, list->items[i]);
                if (find_in_element(finder, row, list->items[i], path))
                        return true;
        }
        return false;
}

static bool find_value(Finder *finder, const DefRow *row, const void *p, const DefPath *path)
{
        if (!def_value_is_given(row, p) || !is_wanted(finder))
                return false;
        if (finder->ret_path)
                *finder->ret_path = def_path_to_string(path);
        return true;
}

static bool find_in_row(Finder *finder, const DefRow *row, const void *p, const DefPath *parent)
{
        DefPath path = {
                .parent = parent, .ns = row->ns, .name = row->name,
                .attribute = row->place == DEF_PLACE_ATTRIBUTE,
        };
        void *field = def_field(row, p);

        if (row->name)
                g_string_append_printf(finder->plain, path.attribute ? "/@%s" : "/%s", row->name);
        if (row->place == DEF_PLACE_EMBED || row->place == DEF_PLACE_PART)
                return find_in(finder, row->type, def_inner(row, p), parent);
        if (def_row_has_value(row))
                return find_value(finder, row, p, row->name ? &path : parent);
        if (row->place == DEF_PLACE_GROUP)
                return !def_is_empty(row->type, field) && find_in_element(finder, row, field, &path);
        if (row->place == DEF_PLACE_CHILD)
                return *(void **) field && find_in_element(finder, row, *(void **) field, &path);
        return row->place == DEF_PLACE_LIST && find_in_list(finder, row, field, &path);
}

static bool find_in(Finder *finder, const DefType *type, const void *p, const DefPath *path)
{
        size_t length = finder->plain->len;

        for (unsigned i = 0; i < type->n_rows; i++) {
                bool found = def_row_counts(type->rows + i, p) &&
                        find_in_row(finder, type->rows + i, p, path);

                g_string_truncate(finder->plain, length);
                if (found)
                        return true;
        }
        return false;
}

bool def_first_of(const DefType *type, const char *name, const void *p, const char *const *patterns,
                  char **ret_path)
{
        g_autoptr(GString) plain = g_string_new("/");
        Finder finder = { patterns, plain, ret_path };
        DefPath path = { .name = name };

        g_string_append(plain, name);
        return find_in(&finder, type, p, &path);
}
