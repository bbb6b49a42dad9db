/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Definitions from files and from the person's editor. */

#include "tools/virtbusctl/failure.h"

/* The text of the file, or of standard input for "-": UTF-8. Free with g_free(). */
int document_read(const char *file, char **ret, Failure *failure);

/*
 * Opens the file in the person's editor and waits until that ends: $VISUAL, else $EDITOR, else vi. What stands in the
 * variable is split into words, but no shell sees it.
 */
int document_edit(const char *file, Failure *failure);
