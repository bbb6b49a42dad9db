/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def_table.h"
#include "drivers/model/xml_reader.h"

#include <string.h>

#define NAMESPACES_MAX 4

typedef struct Formatter {
        GString *out;
        DefFormatFlags flags;
        const DefNamespace *namespaces[NAMESPACES_MAX]; /* that were used, n_namespaces of them */
        unsigned n_namespaces;
        GString *value; /* scratch */
        bool has_secret;
} Formatter;

static void format_element(Formatter *formatter, const DefRow *row, const char *name, const DefType *type,
                           const void *p, unsigned indent, bool always);

static void use_namespace(Formatter *formatter, const DefNamespace *ns)
{
        for (unsigned i = 0; i < formatter->n_namespaces; i++)
                if (formatter->namespaces[i] == ns)
                        return;
        g_assert(formatter->n_namespaces < NAMESPACES_MAX);
        formatter->namespaces[formatter->n_namespaces++] = ns;
}

static void format_name(Formatter *formatter, const DefRow *row, const char *name)
{
        if (row && row->ns) {
                use_namespace(formatter, row->ns);
                g_string_append(formatter->out, row->ns->prefix);
                g_string_append_c(formatter->out, ':');
        }
        g_string_append(formatter->out, name);
}

static void format_indent(Formatter *formatter, unsigned indent)
{
        for (; indent > 0; indent--)
                g_string_append(formatter->out, "  ");
}

static bool is_hidden(const Formatter *formatter, const DefRow *row)
{
        return ((row->flags & DEF_LIVE) && (formatter->flags & DEF_FORMAT_INACTIVE)) ||
                ((row->flags & DEF_SECRET) && !(formatter->flags & DEF_FORMAT_SECURE));
}

/* The value as text in formatter->value; false: not printed. */
static bool get_value(Formatter *formatter, const DefRow *row, const void *p)
{
        if (!def_row_counts(row, p) || is_hidden(formatter, row))
                return false;
        g_string_truncate(formatter->value, 0);
        if (row->hatch && row->hatch->print) {
                if (!row->hatch->print(p, def_field(row, p), formatter->flags, formatter->value))
                        return false;
        } else if (def_value_is_given(row, p))
                def_value_print(row, p, formatter->value);
        else
                return false;
        formatter->has_secret |= (row->flags & DEF_SECRET) != 0;
        return true;
}

static void format_attribute(Formatter *formatter, const char *name, const char *value)
{
        g_string_append_c(formatter->out, ' ');
        g_string_append(formatter->out, name);
        g_string_append(formatter->out, "='");
        xml_escape(formatter->out, value, true);
        g_string_append_c(formatter->out, '\'');
}

static const DefRaw *first_raw(const DefType *type, const void *p)
{
        DefRaw **raws = def_raws(type, p);

        return raws ? *raws : NULL;
}

static const char *unit_name(const DefRow *row)
{
        if (row->flags & DEF_UNIT_LETTER)
                return row->scale == 1 ? "B" : row->scale == 1024 ? "K" : "M";
        return row->scale == 1 ? "bytes" : row->scale == 1024 ? "KiB" : "MiB";
}

static void format_attributes(Formatter *formatter, const DefType *type, const void *p)
{
        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;

                if (!def_row_counts(row, p))
                        continue;
                if (row->place == DEF_PLACE_EMBED || row->place == DEF_PLACE_PART)
                        format_attributes(formatter, row->type, def_inner(row, p));
                else if (row->place == DEF_PLACE_TEXT && row->scale > 0 && def_value_is_given(row, p))
                        format_attribute(formatter, "unit", unit_name(row));
                else if (row->place == DEF_PLACE_ATTRIBUTE && get_value(formatter, row, p)) {
                        format_attribute(formatter, row->name, formatter->value->str);
                        if (row->scale > 0)
                                format_attribute(formatter, "unit", unit_name(row));
                } else if (row->place == DEF_PLACE_RAW_ATTRIBUTE)
                        for (const DefRaw *raw = first_raw(type, p); raw; raw = raw->next)
                                if (raw->row == row)
                                        format_attribute(formatter, row->name, raw->text);
        }
}

/* The text between the tags, with the '>' of the first. */
static bool format_text(Formatter *formatter, const DefType *type, const void *p)
{
        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;

                if (row->place == DEF_PLACE_TEXT && get_value(formatter, row, p)) {
                        g_string_append_c(formatter->out, '>');
                        xml_escape(formatter->out, formatter->value->str, false);
                        return true;
                }
        }
        return false;
}

static void format_leaf(Formatter *formatter, const DefRow *row, const void *p, unsigned indent)
{
        if (row->place == DEF_PLACE_PRESENCE ? !def_row_counts(row, p) || !def_value_is_given(row, p) :
                                               !get_value(formatter, row, p))
                return;
        format_indent(formatter, indent);
        g_string_append_c(formatter->out, '<');
        format_name(formatter, row, row->name);
        if (row->place == DEF_PLACE_PRESENCE) {
                g_string_append(formatter->out, "/>\n");
                return;
        }
        if (row->scale > 0)
                format_attribute(formatter, "unit", unit_name(row));
        g_string_append_c(formatter->out, '>');
        xml_escape(formatter->out, formatter->value->str, false);
        g_string_append(formatter->out, "</");
        format_name(formatter, row, row->name);
        g_string_append(formatter->out, ">\n");
}

static void format_kept(Formatter *formatter, const char *text, unsigned indent)
{
        format_indent(formatter, indent);
        g_string_append(formatter->out, text);
        g_string_append_c(formatter->out, '\n');
}

static void format_children(Formatter *formatter, const DefType *type, const void *p, unsigned indent);

static void format_row(Formatter *formatter, const DefType *type, const DefRow *row, const void *p,
                       unsigned indent)
{
        void *field = def_field(row, p);

        switch ((DefPlace) row->place) {
        case DEF_PLACE_ELEMENT:
        case DEF_PLACE_PRESENCE:
                format_leaf(formatter, row, p, indent);
                break;
        case DEF_PLACE_GROUP:
                format_element(formatter, row, row->name, row->type, field, indent, row->flags & DEF_ALWAYS);
                break;
        case DEF_PLACE_EMBED:
        case DEF_PLACE_PART:
                format_children(formatter, row->type, def_inner(row, p), indent);
                break;
        case DEF_PLACE_CHILD:
                if (*(void **) field)
                        format_element(formatter, row, row->name, row->type, *(void **) field, indent,
                                       !(row->flags & DEF_BRIEF));
                break;
        case DEF_PLACE_LIST:
                for (uint32_t i = 0; i < ((DefList *) field)->n; i++)
                        format_element(formatter, row, def_item_name(row, ((DefList *) field)->items[i]), row->type,
                                       ((DefList *) field)->items[i], indent, true);
                break;
        case DEF_PLACE_SLICE:
                if (*(const char **) field)
                        format_kept(formatter, *(const char **) field, indent);
                break;
        case DEF_PLACE_RAW:
        case DEF_PLACE_FOREIGN:
                for (const DefRaw *raw = first_raw(type, p); raw; raw = raw->next)
                        if (raw->row == row)
                                format_kept(formatter, raw->text, indent);
                break;
        case DEF_PLACE_ATTRIBUTE:
        case DEF_PLACE_TEXT:
        case DEF_PLACE_HERE:
        case DEF_PLACE_RAW_ATTRIBUTE:
        case _DEF_PLACE_MAX:
                break;
        }
}

static void format_children(Formatter *formatter, const DefType *type, const void *p, unsigned indent)
{
        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;
                gsize before = formatter->out->len;

                if (def_row_counts(row, p) && !is_hidden(formatter, row))
                        format_row(formatter, type, row, p, indent);
                formatter->has_secret |= (row->flags & DEF_SECRET) && formatter->out->len > before;
        }
}

static bool is_here(const DefType *type, const void *p)
{
        for (unsigned i = 0; i < type->n_rows; i++)
                if (type->rows[i].place == DEF_PLACE_HERE && def_value_is_given(type->rows + i, p))
                        return true;
        return false;
}

static void format_end_tag(Formatter *formatter, const DefRow *row, const char *name)
{
        g_string_append(formatter->out, "</");
        format_name(formatter, row, name);
        g_string_append(formatter->out, ">\n");
}

static void format_element(Formatter *formatter, const DefRow *row, const char *name, const DefType *type,
                           const void *p, unsigned indent, bool always)
{
        GString *out = formatter->out;
        unsigned n_namespaces = formatter->n_namespaces;
        size_t start = out->len, named, open;

        format_indent(formatter, indent);
        g_string_append_c(out, '<');
        format_name(formatter, row, name);
        named = out->len;
        format_attributes(formatter, type, p);
        open = out->len;
        if (format_text(formatter, type, p)) {
                format_end_tag(formatter, row, name);
                return;
        }
        g_string_append(out, ">\n");
        format_children(formatter, type, p, indent + 1);
        if (out->len > open + strlen(">\n") || (row && (row->flags & DEF_END_TAG))) {
                format_indent(formatter, indent);
                format_end_tag(formatter, row, name);
                return;
        }
        if (open == named && !always && !is_here(type, p)) {
                g_string_truncate(out, start);
                formatter->n_namespaces = n_namespaces;
                return;
        }
        g_string_truncate(out, open);
        g_string_append(out, "/>\n");
}

/* Declares the namespaces that were used at the end of the root's start tag. */
static void declare_namespaces(Formatter *formatter, size_t at)
{
        bool quoted = false;

        for (char c; c = formatter->out->str[at], quoted || (c != '>' && c != '/'); at++)
                if (c == '\'')
                        quoted = !quoted;
        for (unsigned i = 0; i < formatter->n_namespaces; i++) {
                const DefNamespace *ns = formatter->namespaces[i];
                g_autofree char *text = g_strdup_printf(" xmlns:%s='%s'", ns->prefix, ns->uri);

                g_string_insert(formatter->out, (gssize) at, text);
                at += strlen(text);
        }
}

static bool format_document(const DefRow *row, const DefType *type, const char *name, const void *p,
                            DefFormatFlags flags, unsigned indent, GString *out)
{
        Formatter formatter = { .out = out, .flags = flags, .value = g_string_new(NULL) };
        size_t start = out->len;

        format_element(&formatter, row, name, type, p, indent, true);
        declare_namespaces(&formatter, start);
        g_string_free(formatter.value, TRUE);
        return formatter.has_secret;
}

bool def_format_nested(const DefType *type, const char *name, const void *p, DefFormatFlags flags,
                       unsigned indent, GString *out)
{
        return format_document(NULL, type, name, p, flags, indent, out);
}

bool def_format(const DefType *type, const char *name, const void *p, DefFormatFlags flags, GString *out)
{
        static const DefRow root = { .flags = DEF_END_TAG };

        return format_document(&root, type, name, p, flags, 0, out);
}
