/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Definitions that are made of the words and options of a command. */

#include "tools/virtbusctl/failure.h"
#include "tools/virtbusctl/options.h"

#include <libxml/tree.h>

typedef enum ComposeKind {
        COMPOSE_TEXT,
        COMPOSE_NUMBER,
        COMPOSE_SIZE, /* as word_size() reads it; written in bytes */
} ComposeKind;

/* What a word or an option of the command becomes. */
typedef struct ComposeRow {
        const char *place;  /* elements, perhaps an attribute at the end: "source/@file"; NULL ends a table */
        const char *option; /* NULL: none */
        size_t word;        /* when there is no option: which word, from 1; 0: none. "-" is none too */
        const char *text;   /* written instead of the value; with neither option nor word it always is */
        const char *when;   /* the value for which the place is made, without text; NULL: any */
        const char *const *choices; /* what the value may be; NULL: anything */
        ComposeKind kind;
} ComposeRow;

DEFINE_TRIVIAL_CLEANUP(xmlDoc *, xmlFreeDoc)
#define _cleanup_xml_ _cleanup_(xmlFreeDocp)

xmlDoc *compose_new(const char *root);
/* Makes the elements that are not there yet; an empty place is the root. text may be NULL. */
void compose_set(xmlNode *root, const char *place, const char *text);
/* Word 1 is that at first. */
int compose_add(xmlDoc *doc, const ComposeRow *rows, const Arguments *arguments, size_t first, Failure *failure);
/* Of the element with all that is in it; free with g_free(). */
char *compose_text(xmlNode *element);
