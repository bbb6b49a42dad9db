/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def_table.h"

#include <string.h>

static bool matches_value(const DefRow *row, const void *pattern, const void *p)
{
        const void *x = def_field(row, pattern), *y = def_field(row, p);

        if (!def_value_is_given(row, pattern))
                return true;
        if (!def_value_is_given(row, p))
                return false;
        if (row->kind == DEF_KIND_STRING)
                return streq(*(const char *const *) x, *(const char *const *) y);
        return memcmp(x, y, row->size) == 0;
}

static bool matches_list(const DefRow *row, const DefList *pattern, const DefList *list)
{
        if (pattern->n == 0)
                return true;
        if (pattern->n != list->n)
                return false;
        for (uint32_t i = 0; i < list->n; i++)
                if (!def_matches(row->type, pattern->items[i], list->items[i]))
                        return false;
        return true;
}

static bool has_raw(const DefRaw *raws, const DefRaw *wanted)
{
        for (; raws; raws = raws->next)
                if (raws->row == wanted->row && streq(raws->text, wanted->text))
                        return true;
        return false;
}

static bool matches_raws(const DefType *type, const DefRow *row, const void *pattern, const void *p)
{
        DefRaw **wanted = def_raws(type, pattern);

        for (const DefRaw *raw = wanted ? *wanted : NULL; raw; raw = raw->next)
                if (raw->row == row && !has_raw(*def_raws(type, p), raw))
                        return false;
        return true;
}

static bool matches_row(const DefType *type, const DefRow *row, const void *pattern, const void *p)
{
        const void *x = def_field(row, pattern), *y = def_field(row, p);

        switch ((DefPlace) row->place) {
        case DEF_PLACE_ATTRIBUTE:
        case DEF_PLACE_TEXT:
        case DEF_PLACE_HERE:
        case DEF_PLACE_ELEMENT:
        case DEF_PLACE_PRESENCE:
        case DEF_PLACE_SLICE:
                return matches_value(row, pattern, p);
        case DEF_PLACE_GROUP:
                return def_matches(row->type, x, y);
        case DEF_PLACE_EMBED:
        case DEF_PLACE_PART:
                return def_matches(row->type, def_inner(row, pattern), def_inner(row, p));
        case DEF_PLACE_CHILD:
                if (!*(void *const *) x)
                        return true;
                return *(void *const *) y && def_matches(row->type, *(void *const *) x, *(void *const *) y);
        case DEF_PLACE_LIST:
                return matches_list(row, x, y);
        case DEF_PLACE_RAW:
        case DEF_PLACE_RAW_ATTRIBUTE:
        case DEF_PLACE_FOREIGN:
                return matches_raws(type, row, pattern, p);
        case _DEF_PLACE_MAX:
                break;
        }
        g_assert_not_reached();
}

bool def_matches(const DefType *type, const void *pattern, const void *p)
{
        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;

                if (!def_row_counts(row, pattern))
                        continue;
                if (!def_row_counts(row, p) || !matches_row(type, row, pattern, p))
                        return false;
        }
        return true;
}
