/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The elements of other people within <metadata>: one per namespace, found by its URI. What is not touched
 * stays as it was written.
 */

#include "service/base/error.h"

/*
 * The element of the namespace, as a document of its own without the namespace's prefix. NULL when there is
 * none. metadata is the text of <metadata>, or NULL. Free with g_free().
 */
char *metadata_get(const char *metadata, const char *uri);

/*
 * Puts the element xml in place of that of the namespace, with the prefix key; xml NULL takes it out.
 * *ret_metadata is the new text, NULL when nothing is left; free with g_free(). ERROR_INVALID_ARG,
 * ERROR_XML_DETAIL.
 */
int metadata_set(const char *metadata, const char *key, const char *uri, const char *xml, char **ret_metadata,
                 Error *error);
