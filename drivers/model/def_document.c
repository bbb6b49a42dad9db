/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def_table.h"

/* The types on the way, so that one that holds itself is described once. */
typedef struct Trail {
        const struct Trail *outer;
        const DefType *type;
} Trail;

static bool is_on_trail(const Trail *trail, const DefType *type)
{
        for (; trail; trail = trail->outer)
                if (trail->type == type)
                        return true;
        return false;
}

static void document_words(const DefRow *row, GString *out)
{
        for (unsigned i = 1; i < row->n_words; i++)
                if (row->words[i])
                        g_string_append_printf(out, "%s`%s`", i > 1 ? " " : "", row->words[i]);
}

static void document_value(const DefRow *row, GString *out)
{
        if (row->words) {
                document_words(row, out);
                return;
        }
        switch ((DefKind) row->kind) {
        case DEF_KIND_STRING:
                g_string_append(out, row->syntax ? row->syntax->name : "text");
                break;
        case DEF_KIND_BOOL:
                g_string_append(out, "present or not");
                break;
        case DEF_KIND_U32:
        case DEF_KIND_U64:
                g_string_append(out, row->scale > 0 ? "size with `unit`" : "number");
                break;
        case DEF_KIND_I32:
        case DEF_KIND_I64:
                g_string_append(out, "signed number");
                break;
        case DEF_KIND_NONE:
        case _DEF_KIND_MAX:
                break;
        }
        if (row->min != 0 || row->max != 0)
                g_string_append_printf(out, ", %" PRId64 " to %" PRId64, row->min, row->max);
}

static void document_remarks(const DefRow *row, GString *out)
{
        static const struct {
                uint32_t flag;
                const char *text;
        } remarks[] = {
                { DEF_REQUIRED, "required" },
                { DEF_LIVE, "of a running machine" },
                { DEF_SECRET, "secret" },
                { DEF_HOST, "not seen by the guest" },
                { DEF_INERT, "may be ignored" },
        };
        const char *separator = "";

        if (row->place == DEF_PLACE_LIST) {
                g_string_append(out, "any number");
                separator = ", ";
        }
        for (unsigned i = 0; i < ELEMENTSOF(remarks); i++)
                if (row->flags & remarks[i].flag) {
                        g_string_append_printf(out, "%s%s", separator, remarks[i].text);
                        separator = ", ";
                }
}

static void document_line(const DefPath *path, const DefRow *row, const char *value, GString *out)
{
        g_autofree char *where = def_path_to_string(path);

        g_string_append_printf(out, "| `%s` | ", where);
        if (value)
                g_string_append(out, value);
        else
                document_value(row, out);
        g_string_append(out, " | ");
        document_remarks(row, out);
        g_string_append(out, " |\n");
}

static void document_type(const Trail *outer, const DefType *type, const DefPath *parent, GString *out)
{
        Trail trail = { outer, type };

        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;
                DefPath path = { .parent = parent, .ns = row->ns, .name = row->name };

                switch ((DefPlace) row->place) {
                case DEF_PLACE_ATTRIBUTE:
                        path.attribute = true;
                        document_line(&path, row, NULL, out);
                        break;
                case DEF_PLACE_TEXT:
                        document_line(parent, row, NULL, out);
                        break;
                case DEF_PLACE_HERE:
                        document_line(parent, row, NULL, out);
                        break;
                case DEF_PLACE_ELEMENT:
                case DEF_PLACE_PRESENCE:
                        document_line(&path, row, NULL, out);
                        break;
                case DEF_PLACE_EMBED:
                case DEF_PLACE_PART:
                        document_type(&trail, row->type, parent, out);
                        break;
                case DEF_PLACE_CHILD:
                case DEF_PLACE_LIST:
                        if (row->words) {
                                /* their names stand where the value would */
                                document_line(&path, row, NULL, out);
                                document_type(&trail, row->type, &path, out);
                                break;
                        }
                        document_line(&path, row, is_on_trail(&trail, row->type) ? "as above" : "", out);
                        if (!is_on_trail(&trail, row->type))
                                document_type(&trail, row->type, &path, out);
                        break;
                case DEF_PLACE_GROUP:
                        document_type(&trail, row->type, &path, out);
                        break;
                case DEF_PLACE_SLICE:
                        document_line(&path, row, "kept byte for byte", out);
                        break;
                case DEF_PLACE_RAW_ATTRIBUTE:
                        path.attribute = true;
                        document_line(&path, row, "kept, not understood", out);
                        break;
                case DEF_PLACE_RAW:
                case DEF_PLACE_FOREIGN:
                        document_line(&path, row, "kept, not understood", out);
                        break;
                case _DEF_PLACE_MAX:
                        break;
                }
        }
}

void def_document(const DefType *type, const char *name, GString *out)
{
        DefPath path = { .name = name };

        g_string_append(out, "| where | value | remarks |\n|---|---|---|\n");
        document_type(NULL, type, &path, out);
}

static bool row_makes_sense(const DefType *type, const DefRow *row, const char **ret_why)
{
        *ret_why = "a row without a name";
        if (!row->name && row->place != DEF_PLACE_TEXT && row->place != DEF_PLACE_HERE &&
            row->place != DEF_PLACE_EMBED && row->place != DEF_PLACE_PART)
                return false;
        *ret_why = "words for a field that is no enum and no string";
        if (row->words && row->place != DEF_PLACE_LIST &&
            ((row->kind != DEF_KIND_U32 && row->kind != DEF_KIND_STRING) || row->words[0] || row->n_words < 2))
                return false;
        *ret_why = "a number outside the mask";
        if (row->kind != DEF_KIND_NONE && row->kind != DEF_KIND_STRING && row->kind != DEF_KIND_BOOL &&
            !row->words && (row->offset % 4 != 0 || row->offset / 4 >= 64))
                return false;
        *ret_why = "presence of something that is no bool";
        if ((row->place == DEF_PLACE_PRESENCE || row->place == DEF_PLACE_HERE) !=
            (row->kind == DEF_KIND_BOOL))
                return false;
        *ret_why = "a size that is no unsigned number";
        if (row->scale > 0 && row->kind != DEF_KIND_U64 && (row->kind != DEF_KIND_U32 || row->words))
                return false;
        *ret_why = "bytes that are no string";
        if (row->place == DEF_PLACE_SLICE && row->kind != DEF_KIND_STRING)
                return false;
        *ret_why = "a struct of another size than its type";
        if (row->type && row->size > 0 && row->size != row->type->size)
                return false;
        *ret_why = "a part that is too large to be absent";
        if (row->place == DEF_PLACE_PART && row->size > DEF_PART_MAX)
                return false;
        *ret_why = "an element without a type";
        if (!row->type && (row->place == DEF_PLACE_GROUP || row->place == DEF_PLACE_EMBED ||
                           row->place == DEF_PLACE_PART ||
                           row->place == DEF_PLACE_CHILD || row->place == DEF_PLACE_LIST))
                return false;
        *ret_why = "a group of fields of another struct";
        if (row->place == DEF_PLACE_GROUP && row->offset == 0 && row->type->size != type->size)
                return false;
        *ret_why = "text is kept, but there is no place for it";
        return type->raw_offset > 0 || (row->place != DEF_PLACE_RAW && row->place != DEF_PLACE_FOREIGN &&
                                        row->place != DEF_PLACE_RAW_ATTRIBUTE);
}

static bool check_type(const Trail *outer, const DefType *type, char **ret_text)
{
        Trail trail = { outer, type };

        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;
                const char *why;

                if (!row_makes_sense(type, row, &why)) {
                        *ret_text = g_strdup_printf("%s, row %u (%s): %s", type->name, i,
                                                    row->name ?: "text", why);
                        return false;
                }
                if (row->type && !is_on_trail(&trail, row->type) && !check_type(&trail, row->type, ret_text))
                        return false;
        }
        return true;
}

bool def_type_check(const DefType *type, char **ret_text)
{
        return check_type(NULL, type, ret_text);
}
