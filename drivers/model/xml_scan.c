/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/xml_scan.h"

#include <string.h>

typedef struct XmlScan {
        const char *text;
        const char *at;
        const char *end;
        const XmlLimits *limits;
        const char *what;
        GArray *spans;
        uint32_t *open; /* indexes of the elements that are open, limits->depth of them */
        unsigned depth;
        unsigned n_nodes;
        Error *error;
} XmlScan;

static unsigned scan_line(const XmlScan *scan)
{
        unsigned line = 1;

        for (const char *p = scan->text; (p = memchr(p, '\n', (size_t) (scan->at - p))); p++)
                line++;
        return line;
}

static int scan_limit(XmlScan *scan, const char *limit, size_t value)
{
        return error_set(scan->error, ERROR_LIMITS_EXCEEDED, "(%s):%u: more than %zu %s", scan->what,
                         scan_line(scan), value, limit);
}

static int scan_node(XmlScan *scan)
{
        if (++scan->n_nodes > scan->limits->nodes)
                return scan_limit(scan, "nodes", scan->limits->nodes);
        return 0;
}

/* Skips behind the next occurrence; returns false when there is none. */
static bool scan_behind(XmlScan *scan, const char *mark)
{
        const char *p = memmem(scan->at, (size_t) (scan->end - scan->at), mark, strlen(mark));

        scan->at = p ? p + strlen(mark) : scan->end;
        return p;
}

static bool scan_is(const XmlScan *scan, const char *s)
{
        size_t n = strlen(s);

        return (size_t) (scan->end - scan->at) >= n && memcmp(scan->at, s, n) == 0;
}

static void scan_close(XmlScan *scan)
{
        uint32_t i = scan->open[--scan->depth];

        g_array_index(scan->spans, XmlSpan, i).end = (uint32_t) (scan->at - scan->text);
}

/* Behind a quote: skips the value of an attribute. */
static int scan_value(XmlScan *scan, char quote)
{
        const char *p = memchr(scan->at, quote, (size_t) (scan->end - scan->at));
        size_t n = (size_t) ((p ?: scan->end) - scan->at);

        if (n > scan->limits->attribute)
                return scan_limit(scan, "bytes in an attribute", scan->limits->attribute);
        scan->at = p ? p + 1 : scan->end;
        return scan_node(scan);
}

static int scan_element(XmlScan *scan)
{
        XmlSpan span = { .start = (uint32_t) (scan->at - scan->text) };
        unsigned n_attributes = 0;

        if (scan->depth >= scan->limits->depth)
                return scan_limit(scan, "levels of elements", scan->limits->depth);
        scan->open[scan->depth++] = scan->spans->len;
        g_array_append_val(scan->spans, span);
        while (scan->at < scan->end) {
                char c = *scan->at++;
                int r;

                if (c == '>') {
                        if (scan->at[-2] == '/')
                                scan_close(scan);
                        return scan_node(scan);
                }
                if (c != '\'' && c != '"')
                        continue;
                if (++n_attributes > scan->limits->attributes)
                        return scan_limit(scan, "attributes of an element", scan->limits->attributes);
                r = scan_value(scan, c);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* At '<'. Returns 1 to go on, 0 to stop. */
static int scan_markup(XmlScan *scan)
{
        if (scan_is(scan, "</")) {
                if (scan->depth == 0 || !scan_behind(scan, ">"))
                        return 0;
                scan_close(scan);
                return 1;
        }
        if (scan_is(scan, "<!--")) {
                scan->at += strlen("<!--");
                return scan_behind(scan, "-->") ? scan_node(scan) ?: 1 : 0;
        }
        if (scan_is(scan, "<![CDATA["))
                return scan_behind(scan, "]]>") ? scan_node(scan) ?: 1 : 0;
        if (scan_is(scan, "<?"))
                return scan_behind(scan, "?>") ? scan_node(scan) ?: 1 : 0;
        if (scan_is(scan, "<!"))
                return error_set(scan->error, ERROR_XML_DETAIL, "(%s):%u: a document type is not allowed",
                                 scan->what, scan_line(scan));
        return scan_element(scan) ?: 1;
}

static int scan_document(XmlScan *scan)
{
        while (scan->at < scan->end) {
                const char *p = memchr(scan->at, '<', (size_t) (scan->end - scan->at));
                int r;

                if (p != scan->at) {
                        r = scan_node(scan);
                        if (r < 0)
                                return r;
                }
                if (!p)
                        return 0;
                scan->at = p;
                r = scan_markup(scan);
                if (r <= 0)
                        return r;
        }
        return 0;
}

int xml_scan(const char *text, size_t size, const XmlLimits *limits, const char *what, GArray **ret,
             Error *error)
{
        g_autoptr(GArray) spans = g_array_sized_new(FALSE, FALSE, sizeof(XmlSpan), 256);
        g_autofree uint32_t *open = g_new(uint32_t, limits->depth);
        XmlScan scan = {
                .text = text, .at = text, .end = text + size, .limits = limits,
                .what = what, .spans = spans, .open = open, .error = error,
        };
        int r;

        if (size > limits->size)
                return error_set(error, ERROR_LIMITS_EXCEEDED, "(%s): %zu bytes, more than %zu", what, size,
                                 limits->size);
        r = scan_document(&scan);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&spans);
        return 0;
}
