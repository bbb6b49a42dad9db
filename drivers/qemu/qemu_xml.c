/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_xml.h"

/* libxml2 gives NULL only when memory cannot be had. */
static xmlNode *checked(xmlNode *node)
{
        g_assert(node);
        return node;
}

xmlNode *xml_new(const char *name)
{
        xmlDoc *doc = xmlNewDoc(BAD_CAST "1.0");
        xmlNode *root;

        g_assert(doc);
        root = checked(xmlNewDocNode(doc, NULL, BAD_CAST name, NULL));
        (void) xmlDocSetRootElement(doc, root);
        return root;
}

char *xml_finish(xmlNode *root)
{
        xmlDoc *doc = root->doc;
        xmlBuffer *buffer = xmlBufferCreate();
        char *text;

        g_assert(buffer);
        (void) xmlNodeDump(buffer, doc, root, 0, 1);
        text = g_strdup_printf("%s\n", (const char *) xmlBufferContent(buffer));
        xmlBufferFree(buffer);
        xmlFreeDoc(doc);
        return text;
}

xmlNode *xml_add(xmlNode *parent, const char *name)
{
        return checked(xmlNewChild(parent, NULL, BAD_CAST name, NULL));
}

xmlNode *xml_add_text(xmlNode *parent, const char *name, const char *text)
{
        return checked(xmlNewTextChild(parent, NULL, BAD_CAST name, BAD_CAST text));
}

void xml_set(xmlNode *node, const char *name, const char *value)
{
        g_assert(xmlNewProp(node, BAD_CAST name, BAD_CAST value));
}

void xml_set_u64(xmlNode *node, const char *name, uint64_t value)
{
        g_autofree char *text = g_strdup_printf("%" PRIu64, value);

        xml_set(node, name, text);
}
