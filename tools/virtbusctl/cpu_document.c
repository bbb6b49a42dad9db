/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/cpu_document.h"

#include "tools/virtbusctl/compose.h"
#include "tools/virtbusctl/document.h"

#include <string.h>

static bool is_named(const xmlNode *node, const char *name)
{
        return node && node->type == XML_ELEMENT_NODE && streq((const char *) node->name, name);
}

static xmlNode *child_of(const xmlNode *node, const char *name)
{
        xmlNode *child = node ? node->children : NULL;

        while (child && !is_named(child, name))
                child = child->next;
        return child;
}

static bool attribute_is(xmlNode *node, const char *name, const char *value)
{
        xmlChar *text = xmlGetProp(node, BAD_CAST name);
        bool same = streq_ptr((const char *) text, value);

        xmlFree(text);
        return same;
}

/* The processor that "host-model" is: a <mode>, which becomes a <cpu>. */
static xmlNode *host_model(xmlNode *capabilities)
{
        xmlNode *modes = child_of(capabilities, "cpu");

        for (xmlNode *mode = modes ? modes->children : NULL; mode; mode = mode->next) {
                if (!is_named(mode, "mode") || !attribute_is(mode, "name", "host-model") ||
                    !attribute_is(mode, "supported", "yes"))
                        continue;
                xmlNodeSetName(mode, BAD_CAST "cpu");
                while (mode->properties)
                        xmlRemoveProp(mode->properties);
                return mode;
        }
        return NULL;
}

static xmlNode *processor_of(xmlNode *node)
{
        if (is_named(node, "cpu"))
                return node;
        if (is_named(node, "domain"))
                return child_of(node, "cpu");
        if (is_named(node, "capabilities"))
                return child_of(child_of(node, "host"), "cpu");
        return is_named(node, "domainCapabilities") ? host_model(node) : NULL;
}

/* Several documents are one when they stand within an element; a declaration stands before all of them. */
static xmlDoc *parse(const char *text)
{
        const char *begin = text + strspn(text, " \t\r\n");
        const char *end = g_str_has_prefix(begin, "<?xml") ? strstr(begin, "?>") : NULL;
        g_autofree char *all = g_strconcat("<all>", end ? end + 2 : begin, "</all>", NULL);

        return xmlReadMemory(all, (int) strlen(all), NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR |
                             XML_PARSE_NOWARNING);
}

int cpu_document_read(const char *file, GPtrArray *elements, Failure *failure)
{
        g_autofree char *text = NULL;
        _cleanup_xml_ xmlDoc *doc = NULL;
        guint before = elements->len;
        int r = document_read(file, &text, failure);

        if (r < 0)
                return r;
        doc = parse(text);
        if (!doc)
                return failure_set(failure, EXIT_STATUS_FAILED, "'%s' is no XML", file);
        for (xmlNode *node = xmlDocGetRootElement(doc)->children; node; node = node->next) {
                xmlNode *cpu = processor_of(node);

                if (cpu)
                        g_ptr_array_add(elements, compose_text(cpu));
        }
        if (elements->len == before)
                return failure_set(failure, EXIT_STATUS_FAILED,
                                   "'%s' has no <cpu> element, and is no domain and no document of capabilities that "
                                   "has one", file);
        return 0;
}
