/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/compose.h"

#include "tools/virtbusctl/word_call.h"

#include <string.h>

xmlDoc *compose_new(const char *root)
{
        xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");

        (void) xmlDocSetRootElement(doc, xmlNewDocNode(doc, NULL, BAD_CAST root, NULL));
        return doc;
}

static xmlNode *child(xmlNode *parent, const char *name)
{
        for (xmlNode *node = parent->children; node; node = node->next)
                if (node->type == XML_ELEMENT_NODE && streq((const char *) node->name, name))
                        return node;
        return xmlNewChild(parent, NULL, BAD_CAST name, NULL);
}

void compose_set(xmlNode *root, const char *place, const char *text)
{
        g_auto(GStrv) parts = g_strsplit(place, "/", -1);
        xmlNode *node = root;

        for (char **part = parts; *part; part++) {
                if (**part == '@') {
                        (void) xmlSetProp(node, BAD_CAST(*part + 1), BAD_CAST strempty(text));
                        return;
                }
                node = child(node, *part);
        }
        if (text) {
                /* this one escapes, xmlNodeSetContent() reads entities */
                xmlNodeSetContent(node, NULL);
                (void) xmlAddChild(node, xmlNewDocText(root->doc, BAD_CAST text));
        }
}

/* "--capacity", or what the word is called by its place in the definition. */
static char *origin(const ComposeRow *row, bool by_option)
{
        return by_option ? g_strdup_printf("--%s", row->option) : g_strdup(row->place);
}

static int check_choice(const ComposeRow *row, const char *from, const char *value, Failure *failure)
{
        g_autofree char *all = NULL;

        if (!row->choices || g_strv_contains(row->choices, value))
                return 0;
        all = g_strjoinv(", ", (char **) row->choices);
        return failure_set(failure, EXIT_STATUS_USAGE, "%s: '%s' is none of %s", from, value, all);
}

static int check_value(const ComposeRow *row, const char *from, const char *value, char **ret, Failure *failure)
{
        _cleanup_failure_ Failure ignored = {};
        uint64_t number;
        int r;

        if (!g_utf8_validate(value, -1, NULL))
                return failure_set(failure, EXIT_STATUS_USAGE, "%s: the text is not UTF-8", from);
        r = check_choice(row, from, value, failure);
        if (r < 0)
                return r;
        switch (row->kind) {
        case COMPOSE_TEXT:
                *ret = g_strdup(value);
                return 0;
        case COMPOSE_NUMBER:
                if (parse_u64(value, &number) < 0)
                        return failure_set(failure, EXIT_STATUS_USAGE, "%s: '%s' is no number", from, value);
                *ret = g_strdup(value);
                return 0;
        case COMPOSE_SIZE:
                if (word_size(value, 0, &number, &ignored) < 0)
                        return failure_set(failure, EXIT_STATUS_USAGE,
                                           "%s: '%s' is no size: a number of bytes, or one with K, M, G or T", from,
                                           value);
                *ret = g_strdup_printf("%" PRIu64, number);
                return 0;
        }
        g_assert_not_reached();
}

static int add_row(xmlNode *root, const ComposeRow *row, const Arguments *arguments, size_t first, Failure *failure)
{
        bool by_option = row->option && arguments_has(arguments, row->option);
        g_autofree char *from = origin(row, by_option), *text = NULL;
        const char *value = by_option ? arguments_value(arguments, row->option) : NULL;
        int r;

        if (!by_option && row->word > 0) {
                value = arguments_word(arguments, first + row->word - 1);
                if (!value || streq(value, "-"))
                        return 0;
        } else if (!by_option && row->option)
                return 0;
        /* a switch, or what is always there */
        if (!value) {
                compose_set(root, row->place, row->text);
                return 0;
        }
        r = check_value(row, from, value, &text, failure);
        if (r < 0)
                return r;
        if (!row->when)
                compose_set(root, row->place, row->text ?: text);
        else if (streq(row->when, value))
                compose_set(root, row->place, NULL);
        return 0;
}

int compose_add(xmlDoc *doc, const ComposeRow *rows, const Arguments *arguments, size_t first, Failure *failure)
{
        int r = 0;

        for (; r >= 0 && rows->place; rows++)
                r = add_row(xmlDocGetRootElement(doc), rows, arguments, first, failure);
        return r;
}

char *compose_text(xmlNode *element)
{
        xmlBuffer *buffer = xmlBufferCreate();
        g_autofree char *text = NULL;

        (void) xmlNodeDump(buffer, element->doc, element, 0, 1);
        text = g_strconcat((const char *) xmlBufferContent(buffer), "\n", NULL);
        xmlBufferFree(buffer);
        return g_steal_pointer(&text);
}
