/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * XML from people we do not trust, as a tree of libxml2. Nothing is fetched, no document type is accepted
 * (so no entities beyond the five of XML), the bytes are UTF-8 whatever the document says about itself, and
 * what would cost too much is refused by one scan over the bytes before the tree is built.
 */

#include "service/base/error.h"

#include <libxml/tree.h>

typedef struct XmlLimits {
        size_t size;         /* bytes of the document */
        unsigned depth;      /* elements within each other */
        unsigned nodes;      /* elements, attributes, runs of text, comments */
        unsigned attributes; /* of one element */
        size_t attribute;    /* bytes of one attribute's value, as written */
} XmlLimits;

extern const XmlLimits xml_limits_default;
/*
 * For what we have written ourselves of something within the default limits: an escaped quote has six bytes, and every
 * element gets blanks around it and may get an address.
 */
#define XML_STORED_MAX (32u * 1024 * 1024)
extern const XmlLimits xml_limits_stored;

typedef struct XmlTree XmlTree;

/*
 * text, size bytes, must live as long as the tree. what stands for a file name in errors:
 * "domain_definition". ERROR_XML_DETAIL when it is not well-formed, "(domain_definition):3: …" as libvirt
 * says it; ERROR_LIMITS_EXCEEDED.
 */
int xml_tree_parse(const char *text, size_t size, const XmlLimits *limits, const char *what, XmlTree **ret,
                   Error *error);
XmlTree *xml_tree_free(XmlTree *tree);
DEFINE_TRIVIAL_CLEANUP(XmlTree *, xml_tree_free)

const xmlNode *xml_tree_root(const XmlTree *tree);

/* The bytes of an element from '<' to '>', within the text that was parsed. */
const char *xml_tree_slice(const XmlTree *tree, const xmlNode *element, size_t *ret_size);

/*
 * The same, made complete in itself: prefixes that are declared further out are declared on the element.
 * Appends to out.
 */
void xml_tree_append_slice(const XmlTree *tree, const xmlNode *element, GString *out);

/* From 1. */
unsigned xml_tree_line(const XmlTree *tree, const xmlNode *element);

/*
 * The line of the element that a path like "/domain/devices/disk[2]/target/@dev" leads to, or the last on
 * the way.
 */
unsigned xml_tree_line_of_path(const XmlTree *tree, const char *path);

/*
 * The value of an attribute or the text right inside an element. *buffer keeps what had to be put together
 * and is the caller's; in most cases it is not used. Never NULL.
 */
const char *xml_attribute_value(const xmlAttr *attribute, char **buffer);
const char *xml_element_text(const xmlNode *element, char **buffer);

/* Appends text for use between tags, or in an attribute too when blanks other than ' ' have to survive. */
void xml_escape(GString *out, const char *text, bool attribute);
