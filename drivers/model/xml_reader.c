/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/xml_reader.h"

#include "drivers/model/xml_scan.h"

#include <libxml/parser.h>
#include <libxml/SAX2.h>
#include <string.h>

const XmlLimits xml_limits_default = {
        .size = 1024 * 1024,
        .depth = 64,
        .nodes = 20000,
        .attributes = 64,
        .attribute = 4096,
};

const XmlLimits xml_limits_stored = {
        .size = XML_STORED_MAX,
        .depth = 80,
        .nodes = 1000000,
        .attributes = 128,
        .attribute = 64 * 1024,
};

struct XmlTree {
        const char *text;
        xmlDoc *doc;
        GArray *spans; /* of XmlSpan; an element's _private is its index + 1 */
};

typedef struct XmlParse {
        XmlTree *tree;
        const char *what;
        size_t n_elements;
        Error *error;
} XmlParse;

static void parse_fail(xmlParserCtxt *ctxt, unsigned line, const char *message)
{
        XmlParse *parse = ctxt->_private;

        if (!error_is_set(parse->error)) {
                g_autofree char *text = g_strchomp(g_strdup(message));

                error_set(parse->error, ERROR_XML_DETAIL, "(%s):%u: %s", parse->what, line, text);
        }
        /* without this libxml2 reads on to the end for errors that nobody wants */
        xmlStopParser(ctxt);
}

static void on_error(void *userdata, xmlError *e)
{
        xmlParserCtxt *ctxt = userdata;

        if (e->level == XML_ERR_FATAL)
                parse_fail(ctxt, (unsigned) e->line, e->message ?: "not well-formed");
}

static void on_document_type(void *userdata, const xmlChar *name, const xmlChar *public_id,
                             const xmlChar *system_id)
{
        xmlParserCtxt *ctxt = userdata;

        parse_fail(ctxt, (unsigned) xmlSAX2GetLineNumber(ctxt), "a document type is not allowed");
}

static void on_element(void *userdata, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                       int n_namespaces, const xmlChar **namespaces, int n_attributes, int n_defaulted,
                       const xmlChar **attributes)
{
        xmlParserCtxt *ctxt = userdata;
        XmlParse *parse = ctxt->_private;

        xmlSAX2StartElementNs(ctxt, name, prefix, uri, n_namespaces, namespaces, n_attributes, n_defaulted,
                              attributes);
        parse->n_elements++;
        if (ctxt->node)
                ctxt->node->_private = GSIZE_TO_POINTER(parse->n_elements);
}

static int tree_build(XmlTree *tree, size_t size, const char *what, Error *error)
{
        _cleanup_error_ Error own = ERROR_INIT;
        XmlParse parse = { .tree = tree, .what = what, .error = &own };
        xmlParserCtxt *ctxt = xmlNewParserCtxt();

        g_assert(ctxt);
        ctxt->_private = &parse;
        ctxt->sax->serror = on_error;
        ctxt->sax->internalSubset = on_document_type;
        ctxt->sax->startElementNs = on_element;
        tree->doc = xmlCtxtReadMemory(ctxt, tree->text, (int) size, NULL, "UTF-8",
                                      XML_PARSE_NONET | XML_PARSE_NOBLANKS | XML_PARSE_COMPACT);
        if (!tree->doc && !error_is_set(&own))
                error_set(&own, ERROR_XML_DETAIL, "(%s):1: not well-formed", what);
        xmlFreeParserCtxt(ctxt);
        if (!error_is_set(&own) && parse.n_elements != tree->spans->len)
                error_set(&own, ERROR_XML_DETAIL, "(%s):1: not well-formed", what);
        if (!error_is_set(&own))
                return 0;
        error_move(error, &own);
        return -EBADMSG;
}

int xml_tree_parse(const char *text, size_t size, const XmlLimits *limits, const char *what, XmlTree **ret,
                   Error *error)
{
        _cleanup_(xml_tree_freep) XmlTree *tree = g_new0(XmlTree, 1);
        int r;

        tree->text = text;
        r = xml_scan(text, size, limits, what, &tree->spans, error);
        if (r < 0)
                return r;
        if (!g_utf8_validate_len(text, size, NULL))
                return error_set(error, ERROR_XML_DETAIL, "(%s):1: not valid UTF-8", what);
        r = tree_build(tree, size, what, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&tree);
        return 0;
}

XmlTree *xml_tree_free(XmlTree *tree)
{
        if (!tree)
                return NULL;
        xmlFreeDoc(tree->doc);
        if (tree->spans)
                g_array_unref(tree->spans);
        g_free(tree);
        return NULL;
}

const xmlNode *xml_tree_root(const XmlTree *tree)
{
        return xmlDocGetRootElement(tree->doc);
}

static const XmlSpan *tree_span(const XmlTree *tree, const xmlNode *element)
{
        return &g_array_index(tree->spans, XmlSpan, GPOINTER_TO_SIZE(element->_private) - 1);
}

const char *xml_tree_slice(const XmlTree *tree, const xmlNode *element, size_t *ret_size)
{
        const XmlSpan *span = tree_span(tree, element);

        *ret_size = span->end - span->start;
        return tree->text + span->start;
}

static bool is_within(const xmlNode *node, const xmlNode *ancestor)
{
        for (; node; node = node->parent)
                if (node == ancestor)
                        return true;
        return false;
}

/* Whether the namespace is declared on the element or between it and the one that uses it. */
static bool is_declared_within(const xmlNs *ns, const xmlNode *user, const xmlNode *element)
{
        for (; is_within(user, element); user = user->parent)
                for (const xmlNs *d = user->nsDef; d; d = d->next)
                        if (d == ns)
                                return true;
        return false;
}

static void collect_outer(GPtrArray *found, const xmlNs *ns, const xmlNode *user, const xmlNode *element)
{
        if (!ns || streq_ptr((const char *) ns->prefix, "xml") || is_declared_within(ns, user, element) ||
            g_ptr_array_find(found, ns, NULL))
                return;
        g_ptr_array_add(found, (void *) ns);
}

static void collect_outer_namespaces(GPtrArray *found, const xmlNode *node, const xmlNode *element)
{
        collect_outer(found, node->ns, node, element);
        for (const xmlAttr *a = node->properties; a; a = a->next)
                collect_outer(found, a->ns, node, element);
        for (const xmlNode *child = node->children; child; child = child->next)
                if (child->type == XML_ELEMENT_NODE)
                        collect_outer_namespaces(found, child, element);
}

/* libxml2 keeps the '&' of a namespace's URI as "&#38;" when it replaces no entities. */
static void append_uri(GString *out, const char *href)
{
        g_auto(GStrv) parts = g_strsplit(href, "&#38;", -1);
        g_autofree char *uri = g_strjoinv("&", parts);

        xml_escape(out, uri, true);
}

void xml_tree_append_slice(const XmlTree *tree, const xmlNode *element, GString *out)
{
        g_autoptr(GPtrArray) outer = g_ptr_array_new();
        size_t size, n_name = 0;
        const char *slice = xml_tree_slice(tree, element, &size);

        collect_outer_namespaces(outer, element, element);
        while (!strchr(" \t\r\n/>", slice[n_name]))
                n_name++;
        g_string_append_len(out, slice, (gssize) n_name);
        for (guint i = 0; i < outer->len; i++) {
                const xmlNs *ns = outer->pdata[i];

                g_string_append(out, " xmlns");
                if (ns->prefix)
                        g_string_append_printf(out, ":%s", (const char *) ns->prefix);
                g_string_append(out, "='");
                append_uri(out, (const char *) ns->href);
                g_string_append_c(out, '\'');
        }
        g_string_append_len(out, slice + n_name, (gssize) (size - n_name));
}

unsigned xml_tree_line(const XmlTree *tree, const xmlNode *element)
{
        const char *end = tree->text + tree_span(tree, element)->start;
        unsigned line = 1;

        for (const char *p = tree->text; (p = memchr(p, '\n', (size_t) (end - p))); p++)
                line++;
        return line;
}

static const xmlNode *child_at(const xmlNode *node, const char *name, size_t n_name, unsigned index)
{
        for (const xmlNode *child = node->children; child; child = child->next)
                if (child->type == XML_ELEMENT_NODE && strlen((const char *) child->name) == n_name &&
                    strncmp((const char *) child->name, name, n_name) == 0 && --index == 0)
                        return child;
        return NULL;
}

unsigned xml_tree_line_of_path(const XmlTree *tree, const char *path)
{
        const xmlNode *node = (const xmlNode *) tree->doc;

        while (*path == '/' && path[1] != '@') {
                const char *name = path + 1, *colon;
                size_t n = strcspn(name, "[/");
                const xmlNode *child;
                unsigned index = 1;

                path = name + n;
                if (*path == '[') {
                        index = (unsigned) strtoul(path + 1, NULL, 10);
                        path += strcspn(path, "/");
                }
                colon = memchr(name, ':', n);
                if (colon) {
                        n -= (size_t) (colon + 1 - name);
                        name = colon + 1;
                }
                child = child_at(node, name, n, index);
                if (!child)
                        break;
                node = child;
        }
        return node->type == XML_ELEMENT_NODE ? xml_tree_line(tree, node) : 0;
}

const char *xml_attribute_value(const xmlAttr *attribute, char **buffer)
{
        const xmlNode *child = attribute->children;
        xmlChar *joined;

        if (!child)
                return "";
        if (!child->next && child->type == XML_TEXT_NODE)
                return (const char *) child->content;
        joined = xmlNodeListGetString(attribute->doc, child, 1);
        *buffer = g_strdup((const char *) joined ?: "");
        xmlFree(joined);
        return *buffer;
}

static bool is_text(const xmlNode *node)
{
        return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

const char *xml_element_text(const xmlNode *element, char **buffer)
{
        const xmlNode *child = element->children;
        GString *joined;

        if (!child)
                return "";
        if (!child->next && is_text(child))
                return (const char *) child->content ?: "";
        joined = g_string_new(NULL);
        for (; child; child = child->next)
                if (is_text(child) && child->content)
                        g_string_append(joined, (const char *) child->content);
        *buffer = g_string_free(joined, FALSE);
        return *buffer;
}

/* As libvirt does it: quotes are escaped between tags, too. */
static const char *escape_of(char c, bool attribute)
{
        switch (c) {
        case '<':
                return "&lt;";
        case '>':
                return "&gt;";
        case '&':
                return "&amp;";
        case '\'':
                return "&apos;";
        case '"':
                return "&quot;";
        case '\r':
                return "&#13;";
        case '\n':
                return attribute ? "&#10;" : "\n";
        case '\t':
                return attribute ? "&#9;" : "\t";
        default:
                return "";
        }
}

void xml_escape(GString *out, const char *text, bool attribute)
{
        for (;;) {
                const char *plain = text;

                while (*text && !*escape_of(*text, attribute))
                        text++;
                g_string_append_len(out, plain, text - plain);
                if (!*text)
                        return;
                g_string_append(out, escape_of(*text++, attribute));
        }
}
