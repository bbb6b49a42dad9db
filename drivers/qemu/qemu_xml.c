/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_xml.h"

#include "drivers/model/xml_reader.h"

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

/* With apostrophes around values, as libvirt writes and as people search for. */
static void write_node(GString *out, const xmlNode *node, unsigned depth)
{
        g_string_append_printf(out, "%*s<%s", (int) (2 * depth), "", (const char *) node->name);
        for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
                g_string_append_printf(out, " %s='", (const char *) attr->name);
                if (attr->children)
                        xml_escape(out, (const char *) attr->children->content, true);
                g_string_append_c(out, '\'');
        }
        if (!node->children) {
                g_string_append(out, "/>\n");
                return;
        }
        g_string_append_c(out, '>');
        if (node->children->type == XML_TEXT_NODE)
                xml_escape(out, (const char *) node->children->content, false);
        else {
                g_string_append_c(out, '\n');
                for (const xmlNode *child = node->children; child; child = child->next)
                        write_node(out, child, depth + 1);
                g_string_append_printf(out, "%*s", (int) (2 * depth), "");
        }
        g_string_append_printf(out, "</%s>\n", (const char *) node->name);
}

char *xml_finish(xmlNode *root)
{
        GString *out = g_string_new(NULL);

        write_node(out, root, 0);
        xmlFreeDoc(root->doc);
        return g_string_free(out, FALSE);
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
