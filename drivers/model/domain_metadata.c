/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_metadata.h"

#include "drivers/model/xml_reader.h"

#include <string.h>

static void doc_free(xmlDoc **doc)
{
        xmlFreeDoc(*doc);
}
#define _cleanup_doc_ _cleanup_(doc_free)

/* Text that has been read before, or by xml_tree_parse(): it is small and has no document type. */
static xmlDoc *read_text(const char *text)
{
        return xmlReadMemory(text, (int) strlen(text), NULL, NULL,
                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

static xmlNode *find_element(const xmlNode *metadata, const char *uri)
{
        for (xmlNode *node = metadata->children; node; node = node->next)
                if (node->type == XML_ELEMENT_NODE && node->ns &&
                    streq((const char *) node->ns->href, uri))
                        return node;
        return NULL;
}

static char *dump(xmlDoc *doc, xmlNode *node)
{
        xmlBuffer *buffer = xmlBufferCreate();
        char *text = NULL;

        if (xmlNodeDump(buffer, doc, node, 0, 0) >= 0)
                text = g_strdup((const char *) xmlBufferContent(buffer));
        xmlBufferFree(buffer);
        return text;
}

/* Takes the namespace off the element and all below it. */
static void strip(xmlNode *node, const char *uri)
{
        for (; node; node = node->next) {
                if (node->type != XML_ELEMENT_NODE)
                        continue;
                if (node->ns && streq((const char *) node->ns->href, uri))
                        node->ns = NULL;
                for (xmlAttr *attribute = node->properties; attribute; attribute = attribute->next)
                        if (attribute->ns && streq((const char *) attribute->ns->href, uri))
                                attribute->ns = NULL;
                strip(node->children, uri);
        }
}

/* Without the declaration that nothing uses any more. */
static void drop_declaration(xmlNode *node, const char *uri)
{
        xmlNs **at = &node->nsDef;

        while (*at) {
                xmlNs *ns = *at;

                if (ns->href && streq((const char *) ns->href, uri)) {
                        *at = ns->next;
                        xmlFreeNs(ns);
                } else
                        at = &ns->next;
        }
}

char *metadata_get(const char *metadata, const char *uri)
{
        _cleanup_doc_ xmlDoc *doc = metadata ? read_text(metadata) : NULL;
        _cleanup_doc_ xmlDoc *alone = NULL;
        xmlNode *node = doc ? find_element(xmlDocGetRootElement(doc), uri) : NULL;

        if (!node)
                return NULL;
        alone = xmlNewDoc((const xmlChar *) "1.0");
        node = xmlDocCopyNode(node, alone, 1);
        xmlDocSetRootElement(alone, node);
        xmlReconciliateNs(alone, node);
        strip(node, uri);
        drop_declaration(node, uri);
        return dump(alone, node);
}

/* Gives the element, and those below it that have none, the namespace. */
static void put_namespace(xmlNode *node, xmlNs *ns)
{
        for (; node; node = node->next) {
                if (node->type != XML_ELEMENT_NODE)
                        continue;
                if (!node->ns)
                        node->ns = ns;
                put_namespace(node->children, ns);
        }
}

static int insert(xmlDoc *doc, const char *key, const char *uri, const char *xml, Error *error)
{
        _cleanup_(xml_tree_freep) XmlTree *checked = NULL;
        _cleanup_doc_ xmlDoc *given = NULL;
        xmlNode *node;
        xmlNs *ns;
        int r = xml_tree_parse(xml, strlen(xml), &xml_limits_default, "metadata_xml", &checked, error);

        if (r < 0)
                return r;
        given = read_text(xml);
        if (!given)
                return error_set(error, ERROR_XML_DETAIL, "(metadata_xml): cannot be read");
        node = xmlDocCopyNode(xmlDocGetRootElement(given), doc, 1);
        xmlAddChild(xmlDocGetRootElement(doc), node);
        ns = xmlNewNs(node, (const xmlChar *) uri, (const xmlChar *) key);
        if (!ns)
                return error_set(error, ERROR_INVALID_ARG, "'%s' cannot be the prefix of the element", key);
        node->ns = NULL;
        put_namespace(node, ns);
        return 0;
}

static int check_arguments(const char *key, const char *uri, const char *xml, Error *error)
{
        if (isempty(uri))
                return error_set(error, ERROR_INVALID_ARG, "uri in virDomainSetMetadata must not be NULL");
        if (!xml)
                return 0;
        if (isempty(key))
                return error_set(error, ERROR_INVALID_ARG, "key in virDomainSetMetadata must not be NULL");
        if (xmlValidateNCName((const xmlChar *) key, 0) != 0)
                return error_set(error, ERROR_INVALID_ARG, "'%s' cannot be the prefix of the element", key);
        return 0;
}

int metadata_set(const char *metadata, const char *key, const char *uri, const char *xml, char **ret_metadata,
                 Error *error)
{
        _cleanup_doc_ xmlDoc *doc = read_text(metadata ?: "<metadata/>");
        xmlNode *root, *old;
        int r = check_arguments(key, uri, xml, error);

        if (r < 0)
                return r;
        if (!doc)
                return error_set(error, ERROR_INTERNAL, "the metadata that are kept cannot be read");
        root = xmlDocGetRootElement(doc);
        old = find_element(root, uri);
        if (old) {
                xmlUnlinkNode(old);
                xmlFreeNode(old);
        }
        if (xml) {
                r = insert(doc, key, uri, xml, error);
                if (r < 0)
                        return r;
        }
        *ret_metadata = xmlChildElementCount(root) > 0 ? dump(doc, root) : NULL;
        return 0;
}
