/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def.h"

#include "drivers/model/def_table.h"

#include <string.h>

const char *const on_off_table[_TRISTATE_MAX] = {
        [TRISTATE_ON] = "on",
        [TRISTATE_OFF] = "off",
};

const char *const yes_no_table[_TRISTATE_MAX] = {
        [TRISTATE_YES] = "yes",
        [TRISTATE_NO] = "no",
};

void def_append_item(Arena *arena, DefList *list, void *item)
{
        g_assert(item);
        /* the room is the next power of two, so that it need not be kept */
        if ((list->n & (list->n - 1)) == 0) {
                void **items = arena_alloc(arena, MAX(list->n * 2, 1) * sizeof(void *));

                if (list->n > 0)
                        memcpy(items, list->items, list->n * sizeof(void *));
                list->items = items;
        }
        list->items[list->n++] = item;
}

void def_remove_item(DefList *list, uint32_t i)
{
        g_assert(i < list->n);
        list->n--;
        memmove(list->items + i, list->items + i + 1, (list->n - i) * sizeof(void *));
}

static void path_append(const DefPath *path, GString *out)
{
        if (path->parent)
                path_append(path->parent, out);
        g_string_append(out, path->attribute ? "/@" : "/");
        if (path->ns)
                g_string_append_printf(out, "%s:", path->ns->prefix);
        g_string_append(out, path->name);
        if (path->index > 0)
                g_string_append_printf(out, "[%" PRIu32 "]", path->index);
}

char *def_path_to_string(const DefPath *path)
{
        GString *out = g_string_new(NULL);

        path_append(path, out);
        return g_string_free(out, FALSE);
}
