/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def_table.h"
#include "drivers/model/xml_reader.h"

#include <stdarg.h>

struct DefChecker {
        const void *root;
        const XmlTree *tree;
        Diagnostics *diagnostics;
        const DefPath *path;
        bool rules; /* not only what rows ask for */
};

const void *checker_root(const DefChecker *checker)
{
        return checker->root;
}

static void report(DefChecker *checker, ErrorCode code, const char *where, const char *text)
{
        g_autofree char *base = def_path_to_string(checker->path), *path = NULL;

        path = where ? g_strconcat(base, "/", where, NULL) : g_steal_pointer(&base);
        diagnostics_add(checker->diagnostics, DIAGNOSTIC_ERROR, code, path,
                        checker->tree ? xml_tree_line_of_path(checker->tree, path) : 0, "%s", text);
}

void checker_fail(DefChecker *checker, ErrorCode code, const char *where, const char *format, ...)
{
        g_autofree char *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = g_strdup_vprintf(format, ap);
        va_end(ap);
        report(checker, code, where, text);
}

static bool is_in_range(const DefRow *row, const void *field)
{
        switch ((DefKind) row->kind) {
        case DEF_KIND_U32:
                return *(const uint32_t *) field >= row->min && *(const uint32_t *) field <= row->max;
        case DEF_KIND_I32:
                return *(const int32_t *) field >= row->min && *(const int32_t *) field <= row->max;
        case DEF_KIND_I64:
                return *(const int64_t *) field >= row->min && *(const int64_t *) field <= row->max;
        case DEF_KIND_U64:
                return *(const uint64_t *) field >= (uint64_t) row->min &&
                        *(const uint64_t *) field <= (uint64_t) row->max;
        case DEF_KIND_STRING:
        case DEF_KIND_BOOL:
        case DEF_KIND_NONE:
        case _DEF_KIND_MAX:
                break;
        }
        return true;
}

static void check_given(DefChecker *checker, const DefRow *row, const DefPath *path)
{
        if (!(row->flags & DEF_REQUIRED))
                return;
        if (row->place == DEF_PLACE_ATTRIBUTE)
                checker_fail(checker, ERROR_XML_ERROR, NULL,
                             "Missing required attribute '%s' in element '%s'", row->name,
                             path->parent->name);
        else
                checker_fail(checker, ERROR_XML_ERROR, NULL, "Missing required element '%s'", path->name);
}

static void check_value(DefChecker *checker, const DefRow *row, const void *p)
{
        const void *field = def_field(row, p);

        if (row->kind == DEF_KIND_STRING) {
                const char *s = *(const char *const *) field;

                if (row->syntax && row->syntax->check && !row->syntax->check(s))
                        checker_fail(checker, ERROR_XML_ERROR, NULL, "'%s' is no valid %s", s,
                                     row->syntax->name);
        } else if (!row->words && (row->min != 0 || row->max != 0) && !is_in_range(row, field)) {
                GString *value = g_string_new(NULL);

                def_value_print(row, p, value);
                checker_fail(checker, ERROR_XML_ERROR, NULL,
                             "value %s is not between %" PRId64 " and %" PRId64, value->str, row->min,
                             row->max);
                g_string_free(value, TRUE);
        }
}

static bool is_row_empty(const DefType *type, const DefRow *row, const void *p)
{
        void *field = def_field(row, p);

        if (def_row_has_value(row))
                return !def_value_is_given(row, p);
        switch ((DefPlace) row->place) {
        case DEF_PLACE_GROUP:
                return def_is_empty(row->type, field);
        case DEF_PLACE_EMBED:
        case DEF_PLACE_PART:
                return def_is_empty(row->type, def_inner(row, p));
        case DEF_PLACE_CHILD:
                return !*(void **) field;
        case DEF_PLACE_LIST:
                return ((DefList *) field)->n == 0;
        case DEF_PLACE_RAW:
        case DEF_PLACE_RAW_ATTRIBUTE:
        case DEF_PLACE_FOREIGN:
                for (const DefRaw *raw = *def_raws(type, p); raw; raw = raw->next)
                        if (raw->row == row)
                                return false;
                break;
        case DEF_PLACE_ATTRIBUTE:
        case DEF_PLACE_TEXT:
        case DEF_PLACE_HERE:
        case DEF_PLACE_ELEMENT:
        case DEF_PLACE_PRESENCE:
        case DEF_PLACE_SLICE:
        case _DEF_PLACE_MAX:
                break;
        }
        return true;
}

bool def_is_empty(const DefType *type, const void *p)
{
        for (unsigned i = 0; i < type->n_rows; i++)
                if (def_row_counts(type->rows + i, p) && !is_row_empty(type, type->rows + i, p))
                        return false;
        return true;
}

static void check_struct(DefChecker *checker, const DefType *type, const void *p, const DefPath *path);

static void check_row(DefChecker *checker, const DefRow *row, const void *p, const DefPath *parent)
{
        DefPath path = {
                .parent = parent, .ns = row->ns, .name = row->name,
                .attribute = row->place == DEF_PLACE_ATTRIBUTE,
        };
        void *field = def_field(row, p);

        if (def_row_has_value(row)) {
                checker->path = row->name ? &path : parent;
                if (def_value_is_given(row, p))
                        check_value(checker, row, p);
                else
                        check_given(checker, row, checker->path);
        } else if (row->place == DEF_PLACE_GROUP) {
                /* what is not there lacks nothing */
                if ((row->flags & DEF_REQUIRED) || !def_is_empty(row->type, field))
                        check_struct(checker, row->type, field, &path);
        }
        if (row->place == DEF_PLACE_EMBED || (row->place == DEF_PLACE_PART && *(void **) field))
                check_struct(checker, row->type, def_inner(row, p), parent);
        else if (row->place == DEF_PLACE_CHILD && *(void **) field)
                check_struct(checker, row->type, *(void **) field, &path);
        else if (row->place == DEF_PLACE_CHILD) {
                checker->path = &path;
                check_given(checker, row, &path);
        } else if (row->place == DEF_PLACE_LIST)
                for (uint32_t i = 0; i < ((DefList *) field)->n; i++) {
                        path.name = def_item_name(row, ((DefList *) field)->items[i]);
                        path.index = i + 1;
                        check_struct(checker, row->type, ((DefList *) field)->items[i], &path);
                }
}

static void check_struct(DefChecker *checker, const DefType *type, const void *p, const DefPath *path)
{
        unsigned n_errors = checker->diagnostics->n_errors;

        for (unsigned i = 0; i < type->n_rows; i++)
                if (def_row_counts(type->rows + i, p))
                        check_row(checker, type->rows + i, p, path);
        /* rules take for granted what rows ask for */
        if (!checker->rules || checker->diagnostics->n_errors > n_errors)
                return;
        for (const DefRule *rule = type->rules; rule && rule->name; rule++) {
                checker->path = path;
                rule->check(p, checker);
        }
}

void def_check(const DefType *type, const char *name, const void *p, const XmlTree *tree,
               Diagnostics *diagnostics)
{
        DefPath path = { .name = name };
        DefChecker checker = { .root = p, .tree = tree, .diagnostics = diagnostics, .rules = true };

        check_struct(&checker, type, p, &path);
}

void def_check_rows(const DefType *type, const char *name, const void *p, const XmlTree *tree,
                    Diagnostics *diagnostics)
{
        DefPath path = { .name = name };
        DefChecker checker = { .root = p, .tree = tree, .diagnostics = diagnostics };

        check_struct(&checker, type, p, &path);
}

static bool find_raw(const DefType *type, const void *p, const DefPath *parent, char **ret_path);

static bool find_raw_of_row(const DefType *type, const DefRow *row, const void *p, DefPath *path,
                            char **ret_path)
{
        const DefRaw *raw = *def_raws(type, p);

        while (raw && raw->row != row)
                raw = raw->next;
        if (!raw || (row->flags & DEF_INERT))
                return false;
        if (row->place == DEF_PLACE_RAW_ATTRIBUTE)
                path->attribute = true;
        for (const DefRaw *other = raw->next; other; other = other->next)
                if (other->row == row)
                        path->index = 1;
        if (ret_path)
                *ret_path = def_path_to_string(path);
        return true;
}

static bool find_raw_in_list(const DefRow *row, const DefList *list, DefPath *path, char **ret_path)
{
        for (uint32_t i = 0; i < list->n; i++) {
                path->name = def_item_name(row, list->items[i]);
                path->index = i + 1;
                if (find_raw(row->type, list->items[i], path, ret_path))
                        return true;
        }
        return false;
}

static bool find_raw_in_row(const DefType *type, const DefRow *row, const void *p, const DefPath *parent,
                            char **ret_path)
{
        DefPath path = { .parent = parent, .ns = row->ns, .name = row->name };
        void *field = def_field(row, p);

        switch ((DefPlace) row->place) {
        case DEF_PLACE_RAW:
        case DEF_PLACE_RAW_ATTRIBUTE:
        case DEF_PLACE_FOREIGN:
                return find_raw_of_row(type, row, p, &path, ret_path);
        case DEF_PLACE_GROUP:
                return find_raw(row->type, field, &path, ret_path);
        case DEF_PLACE_EMBED:
        case DEF_PLACE_PART:
                return find_raw(row->type, def_inner(row, p), parent, ret_path);
        case DEF_PLACE_CHILD:
                return *(void **) field && find_raw(row->type, *(void **) field, &path, ret_path);
        case DEF_PLACE_LIST:
                return find_raw_in_list(row, field, &path, ret_path);
        case DEF_PLACE_ATTRIBUTE:
        case DEF_PLACE_TEXT:
        case DEF_PLACE_HERE:
        case DEF_PLACE_ELEMENT:
        case DEF_PLACE_PRESENCE:
        case DEF_PLACE_SLICE:
        case _DEF_PLACE_MAX:
                break;
        }
        return false;
}

static bool find_raw(const DefType *type, const void *p, const DefPath *parent, char **ret_path)
{
        for (unsigned i = 0; i < type->n_rows; i++)
                if (def_row_counts(type->rows + i, p) &&
                    find_raw_in_row(type, type->rows + i, p, parent, ret_path))
                        return true;
        return false;
}

bool def_first_raw(const DefType *type, const char *name, const void *p, char **ret_path)
{
        DefPath path = { .name = name };

        return find_raw(type, p, &path, ret_path);
}
