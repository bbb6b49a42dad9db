/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Building a document as a tree of libxml2, for documents that are only written. */

#include "service/base/util.h"

#include <libxml/tree.h>

/* The root of a new document. */
xmlNode *xml_new(const char *name);
/*
 * The text of the document, indented by two blanks, without a declaration; frees the tree. Free with
 * g_free().
 */
char *xml_finish(xmlNode *root);

xmlNode *xml_add(xmlNode *parent, const char *name);
xmlNode *xml_add_text(xmlNode *parent, const char *name, const char *text);
void xml_set(xmlNode *node, const char *name, const char *value);
void xml_set_u64(xmlNode *node, const char *name, uint64_t value);
