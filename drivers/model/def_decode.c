/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/def_table.h"
#include "drivers/model/xml_reader.h"

#include <string.h>

#define VALUE_SHOWN 80
#define ROWS_MAX 128

typedef struct Decoder {
        const XmlTree *tree;
        Arena *arena;
        Diagnostics *diagnostics;
        DefDecodeFlags flags;
} Decoder;

/* The row for something in the document, and the struct that it fills. */
typedef struct Match {
        const DefRow *row;
        const DefType *type;
        void *p;
        unsigned ordinal; /* among all rows of the element */
} Match;

static void decode_element(Decoder *decoder, const DefType *type, void *p, const xmlNode *node,
                           const DefPath *path);

static void fail(Decoder *decoder, ErrorCode code, const DefPath *path, const xmlNode *node,
                 const char *format, ...) _printf_(5, 6);

static void fail(Decoder *decoder, ErrorCode code, const DefPath *path, const xmlNode *node,
                 const char *format, ...)
{
        g_autofree char *where = def_path_to_string(path), *text = NULL;
        va_list ap;

        va_start(ap, format);
        text = g_strdup_vprintf(format, ap);
        va_end(ap);
        diagnostics_add(decoder->diagnostics, DIAGNOSTIC_ERROR, code, where,
                        xml_tree_line(decoder->tree, node), "%s", text);
}

/* Something that no row takes: left out, or refused. */
static void leave_out(Decoder *decoder, const DefPath *path, const xmlNode *node, const char *why)
{
        g_autofree char *where = NULL;

        if (decoder->flags & DEF_DECODE_STRICT) {
                fail(decoder, ERROR_XML_INVALID_SCHEMA, path, node, "%s", why);
                return;
        }
        where = def_path_to_string(path);
        diagnostics_add(decoder->diagnostics, DIAGNOSTIC_NOTE, ERROR_OK, where,
                        xml_tree_line(decoder->tree, node), "%s, left out", why);
}

#define PLACE(place) (UINT32_C(1) << DEF_PLACE_##place)

enum {
        ATTRIBUTE_PLACES = PLACE(ATTRIBUTE) | PLACE(RAW_ATTRIBUTE),
        ELEMENT_PLACES = PLACE(ELEMENT) | PLACE(PRESENCE) | PLACE(GROUP) | PLACE(CHILD) | PLACE(LIST) |
                PLACE(SLICE) | PLACE(RAW),
};

static bool is_foreign(const xmlNs *ns, const DefRow *row)
{
        return !streq_ptr(ns ? (const char *) ns->href : NULL, row->ns ? row->ns->uri : NULL);
}

static bool is_named(const DefRow *row, const char *name, const xmlNs *ns)
{
        if (!name)
                return true;
        return ((row->name[0] == name[0] && streq(row->name, name)) || def_tag(row, name)) && !is_foreign(ns, row);
}

static bool find_row(Arena *arena, const DefType *type, void *p, uint32_t places, const char *name,
                     const xmlNs *ns, unsigned *ordinal, Match *ret);

/* In a struct that is there, or comes to be, when something of it is found. */
static bool find_inner_row(Arena *arena, const DefRow *row, void *p, uint32_t places, const char *name,
                           const xmlNs *ns, unsigned *ordinal, Match *ret)
{
        void **at = def_field(row, p);
        char *inner = (char *) (uintptr_t) def_inner(row, p);

        if (!def_row_counts(row, p) ||
            !find_row(arena, row->type, inner, places, name, ns, ordinal, ret))
                return false;
        if (row->place == DEF_PLACE_PART && !*at) {
                *at = arena_alloc(arena, row->size);
                ret->p = (char *) *at + ((char *) ret->p - inner);
        }
        return true;
}

/* The first row in one of the places, of that name (NULL: any), that counts. */
static bool find_row(Arena *arena, const DefType *type, void *p, uint32_t places, const char *name,
                     const xmlNs *ns, unsigned *ordinal, Match *ret)
{
        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;

                if (row->place == DEF_PLACE_EMBED || row->place == DEF_PLACE_PART) {
                        if (find_inner_row(arena, row, p, places, name, ns, ordinal, ret))
                                return true;
                        continue;
                }
                ++*ordinal;
                if (!(places & (UINT32_C(1) << row->place)) || !is_named(row, name, ns) ||
                    !def_row_counts(row, p))
                        continue;
                *ret = (Match) { row, type, p, *ordinal };
                return true;
        }
        return false;
}

static void keep_raw(Decoder *decoder, const Match *match, const char *text)
{
        DefRaw **at = def_raws(match->type, match->p);
        DefRaw *raw = arena_new0(decoder->arena, DefRaw);

        raw->row = match->row;
        raw->text = arena_strdup(decoder->arena, text);
        while (*at)
                at = &(*at)->next;
        *at = raw;
}

static void keep_slice(Decoder *decoder, const Match *match, const xmlNode *node)
{
        GString *text = g_string_new(NULL);

        xml_tree_append_slice(decoder->tree, node, text);
        if (match->row->place == DEF_PLACE_SLICE)
                *(const char **) def_field(match->row, match->p) = arena_strdup(decoder->arena, text->str);
        else
                keep_raw(decoder, match, text->str);
        g_string_free(text, TRUE);
}

static bool has_control_character(const char *text, bool multiline)
{
        for (const char *p = text; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                if (g_unichar_iscntrl(c) && !(multiline && (c == '\n' || c == '\t' || c == '\r')))
                        return true;
        }
        return false;
}

static char *beginning_of(const char *text)
{
        return g_utf8_substring(text, 0, MIN(VALUE_SHOWN, g_utf8_strlen(text, -1)));
}

static void decode_value(Decoder *decoder, const Match *match, const char *text, const char *unit,
                         const xmlNode *node, const DefPath *path)
{
        const DefRow *row = match->row;
        g_autofree char *shown = NULL;
        int r;

        if (row->kind == DEF_KIND_STRING && has_control_character(text, row->flags & DEF_MULTILINE)) {
                fail(decoder, ERROR_XML_ERROR, path, node, "control character in '%s'", path->name);
                return;
        }
        r = def_value_parse(row, match->p, decoder->arena, text, unit);
        if (r >= 0)
                return;
        if (row->scale > 0 && r == -ERANGE) {
                fail(decoder, ERROR_OVERFLOW, path, node, "value too large: %.*s%s", VALUE_SHOWN, text,
                     strempty(unit));
                return;
        }
        shown = row->flags & DEF_SECRET ? g_strdup("…") : beginning_of(text);
        if (path->attribute)
                fail(decoder, ERROR_XML_ERROR, path, node,
                     "Invalid value for attribute '%s' in element '%s': '%s'.", row->name,
                     (const char *) node->name, shown);
        else
                fail(decoder, ERROR_XML_ERROR, path, node, "Invalid value for element '%s': '%s'.",
                     (const char *) node->name, shown);
}

/* The attribute "unit" belongs to the one size that an element holds, as its text or as an attribute. */
static bool is_unit_of_size(const DefType *type, const char *name)
{
        if (!streq(name, "unit"))
                return false;
        for (unsigned i = 0; i < type->n_rows; i++)
                if (type->rows[i].scale > 0 && (type->rows[i].place == DEF_PLACE_TEXT ||
                                                type->rows[i].place == DEF_PLACE_ATTRIBUTE))
                        return true;
        return false;
}

/* The attribute "unit" of an element that is a size. */
static const char *unit_of(const xmlNode *node, char **buffer)
{
        for (const xmlAttr *a = node->properties; a; a = a->next)
                if (streq((const char *) a->name, "unit"))
                        return xml_attribute_value(a, buffer);
        return NULL;
}

static bool is_skipped(const Decoder *decoder, const DefRow *row)
{
        return (row->flags & DEF_LIVE) && !(decoder->flags & DEF_DECODE_LIVE);
}

/*
 * hanging: takes those that no row knows or whose row hangs on a discriminator, otherwise the rest. Returns
 * whether it was decoded.
 */
static bool decode_attribute(Decoder *decoder, const DefType *type, void *p, const xmlNode *node,
                             const xmlAttr *attribute, const DefPath *parent, bool hanging)
{
        const char *name = (const char *) attribute->name;
        DefPath path = { .parent = parent, .name = name, .attribute = true };
        g_autofree char *buffer = NULL, *unit_buffer = NULL;
        unsigned ordinal = 0;
        Match match;
        bool found;

        found = find_row(decoder->arena, type, p, ATTRIBUTE_PLACES, name, attribute->ns, &ordinal, &match);
        if (hanging != (!found || match.row->when != 0))
                return hanging;
        if (!found) {
                if (!is_unit_of_size(type, name))
                        leave_out(decoder, &path, node, "unknown attribute");
                return true;
        }
        if (is_skipped(decoder, match.row))
                return true;
        if (match.row->place == DEF_PLACE_RAW_ATTRIBUTE)
                keep_raw(decoder, &match, xml_attribute_value(attribute, &buffer));
        else
                decode_value(decoder, &match, xml_attribute_value(attribute, &buffer),
                             match.row->scale > 0 ? unit_of(node, &unit_buffer) : NULL, node, &path);
        return true;
}

/* Rows may hang on what another attribute says, wherever that stands: those that do not hang come first. */
static void decode_attributes(Decoder *decoder, const DefType *type, void *p, const xmlNode *node,
                              const DefPath *path)
{
        bool any_hangs = false;

        for (const xmlAttr *a = node->properties; a; a = a->next)
                any_hangs |= !decode_attribute(decoder, type, p, node, a, path, false);
        for (const xmlAttr *a = node->properties; any_hangs && a; a = a->next)
                decode_attribute(decoder, type, p, node, a, path, true);
}

static void decode_text(Decoder *decoder, const Match *match, const xmlNode *node, const DefPath *path)
{
        g_autofree char *buffer = NULL, *unit_buffer = NULL;
        const char *text = xml_element_text(node, &buffer);

        /* as in libvirt, an empty element says nothing */
        if (!*text && !(match->row->flags & DEF_REQUIRED))
                return;
        decode_value(decoder, match, text, match->row->scale > 0 ? unit_of(node, &unit_buffer) : NULL, node,
                     path);
}

/* An element that holds nothing but a value. */
static void decode_leaf(Decoder *decoder, const Match *match, const xmlNode *node, const DefPath *path)
{
        if (match->row->place == DEF_PLACE_PRESENCE)
                *(bool *) def_field(match->row, match->p) = true;
        else
                decode_text(decoder, match, node, path);
        for (const xmlAttr *a = node->properties; a; a = a->next) {
                DefPath attribute = { .parent = path, .name = (const char *) a->name, .attribute = true };

                if (!(match->row->scale > 0 && streq((const char *) a->name, "unit")))
                        leave_out(decoder, &attribute, node, "unknown attribute");
        }
        for (const xmlNode *child = node->children; child; child = child->next) {
                DefPath element = { .parent = path, .name = (const char *) child->name };

                if (child->type == XML_ELEMENT_NODE)
                        leave_out(decoder, &element, child, "unknown element");
        }
}

static void decode_struct(Decoder *decoder, const Match *match, const xmlNode *node, DefPath *path)
{
        const DefRow *row = match->row;
        void *p = arena_alloc(decoder->arena, row->type->size);

        if (row->place == DEF_PLACE_LIST) {
                DefList *list = def_field(row, match->p);

                def_append_item(decoder->arena, list, p);
                path->index = list->n;
                if (row->words)
                        *def_item_tag(row, p) = def_tag(row, path->name);
        } else
                *(void **) def_field(row, match->p) = p;
        decode_element(decoder, row->type, p, node, path);
        /* what is not printed is not there when it is read back either */
        if (row->place == DEF_PLACE_CHILD && (row->flags & DEF_BRIEF) && def_is_empty(row->type, p))
                *(void **) def_field(row, match->p) = NULL;
}

static void decode_match(Decoder *decoder, const Match *match, const xmlNode *node, DefPath *path)
{
        const DefRow *row = match->row;

        switch ((DefPlace) row->place) {
        case DEF_PLACE_ELEMENT:
        case DEF_PLACE_PRESENCE:
                decode_leaf(decoder, match, node, path);
                break;
        case DEF_PLACE_GROUP:
                decode_element(decoder, row->type, def_field(row, match->p), node, path);
                break;
        case DEF_PLACE_CHILD:
        case DEF_PLACE_LIST:
                decode_struct(decoder, match, node, path);
                break;
        case DEF_PLACE_SLICE:
        case DEF_PLACE_RAW:
        case DEF_PLACE_FOREIGN:
                keep_slice(decoder, match, node);
                break;
        case DEF_PLACE_ATTRIBUTE:
        case DEF_PLACE_TEXT:
        case DEF_PLACE_HERE:
        case DEF_PLACE_EMBED:
        case DEF_PLACE_PART:
        case DEF_PLACE_RAW_ATTRIBUTE:
        case _DEF_PLACE_MAX:
                g_assert_not_reached();
        }
}

static bool find_element_row(Arena *arena, const DefType *type, void *p, const xmlNode *node, Match *ret)
{
        unsigned ordinal = 0;

        if (find_row(arena, type, p, ELEMENT_PLACES, (const char *) node->name, node->ns, &ordinal, ret))
                return true;
        ordinal = 0;
        return node->ns && find_row(arena, type, p, PLACE(FOREIGN), NULL, NULL, &ordinal, ret);
}

static bool may_repeat(const DefRow *row)
{
        return row->place == DEF_PLACE_LIST || row->place == DEF_PLACE_RAW ||
               row->place == DEF_PLACE_FOREIGN;
}

static void decode_child(Decoder *decoder, const DefType *type, void *p, const xmlNode *node,
                         const DefPath *parent, uint64_t *seen)
{
        DefPath path = { .parent = parent, .name = (const char *) node->name };
        Match match;

        if (!find_element_row(decoder->arena, type, p, node, &match)) {
                leave_out(decoder, &path, node, "unknown element");
                return;
        }
        path.ns = match.row->ns;
        if (is_skipped(decoder, match.row))
                return;
        g_assert(match.ordinal < ROWS_MAX);
        if (!may_repeat(match.row) && (seen[match.ordinal / 64] & (UINT64_C(1) << (match.ordinal % 64)))) {
                if (match.row->flags & DEF_SINGLE) {
                        fail(decoder, ERROR_XML_ERROR, &path, node, "only a single '%s' is supported", path.name);
                        return;
                }
                /* the first one counts, as in libvirt */
                leave_out(decoder, &path, node, "repeated element");
                return;
        }
        seen[match.ordinal / 64] |= UINT64_C(1) << (match.ordinal % 64);
        decode_match(decoder, &match, node, &path);
}

static void decode_own_text(Decoder *decoder, const DefType *type, void *p, const xmlNode *node,
                            const DefPath *path)
{
        g_autofree char *buffer = NULL;
        unsigned ordinal = 0;
        const char *text;
        Match match;

        if (find_row(decoder->arena, type, p, PLACE(TEXT), NULL, NULL, &ordinal, &match)) {
                decode_text(decoder, &match, node, path);
                return;
        }
        text = xml_element_text(node, &buffer);
        if (text[strspn(text, " \t\r\n")])
                leave_out(decoder, path, node, "text between elements");
}

static void decode_element(Decoder *decoder, const DefType *type, void *p, const xmlNode *node,
                           const DefPath *path)
{
        uint64_t seen[ROWS_MAX / 64] = {};

        decode_attributes(decoder, type, p, node, path);
        for (unsigned i = 0; i < type->n_rows; i++)
                if (type->rows[i].place == DEF_PLACE_HERE)
                        *(bool *) def_field(type->rows + i, p) = true;
        if (type->begin)
                type->begin(p);
        decode_own_text(decoder, type, p, node, path);
        for (const xmlNode *child = node->children; child; child = child->next)
                if (child->type == XML_ELEMENT_NODE)
                        decode_child(decoder, type, p, child, path, seen);
        if (type->finish)
                type->finish(p, decoder->arena, decoder->flags & DEF_DECODE_LIVE);
        for (unsigned i = 0; i < type->n_rows; i++) {
                const DefRow *row = type->rows + i;

                if (!def_row_counts(row, p))
                        continue;
                if ((row->place == DEF_PLACE_EMBED ||
                     (row->place == DEF_PLACE_PART && *(void **) def_field(row, p))) && row->type->finish)
                        row->type->finish((void *) (uintptr_t) def_inner(row, p), decoder->arena,
                                          decoder->flags & DEF_DECODE_LIVE);
        }
}

void def_decode(const DefType *type, const XmlTree *tree, DefDecodeFlags flags, Arena *arena, void *p,
                Diagnostics *diagnostics)
{
        const xmlNode *root = xml_tree_root(tree);
        DefPath path = { .name = (const char *) root->name };
        Decoder decoder = { tree, arena, diagnostics, flags };

        decode_element(&decoder, type, p, root, &path);
}

int def_parse(const DefType *type, const char *root, const char *what, const char *xml, size_t size,
              DefDecodeFlags flags, Arena *arena, void *p, Diagnostics *diagnostics, Error *error)
{
        _cleanup_diagnostics_ Diagnostics own = DIAGNOSTICS_INIT;
        Diagnostics *found = diagnostics ?: &own;
        _cleanup_(xml_tree_freep) XmlTree *tree = NULL;
        const char *name;
        int r;

        r = xml_tree_parse(xml, size, flags & DEF_DECODE_STORED ? &xml_limits_stored : &xml_limits_default, what,
                           &tree, error);
        if (r < 0)
                return r;
        name = (const char *) xml_tree_root(tree)->name;
        if (!streq(name, root))
                return error_set(error, ERROR_XML_ERROR, "unexpected root element <%.80s>, expecting <%s>",
                                 name, root);
        def_decode(type, tree, flags, arena, p, found);
        if (found->n_errors == 0 && !(flags & DEF_DECODE_PARTIAL))
                (flags & DEF_DECODE_STORED ? def_check_rows : def_check)(type, root, p, tree, found);
        return diagnostics_to_error(found, error);
}
