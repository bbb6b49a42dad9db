/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Rows and columns of text. */

#include "service/base/util.h"

typedef struct TableColumn {
        const char *title; /* NULL ends the list */
        bool right;        /* aligned to the right */
} TableColumn;

typedef enum TableFlags {
        TABLE_HEADER = 1 << 0,
        TABLE_BOLD = 1 << 1, /* the header, by the terminal's escape sequence */
} TableFlags;

typedef struct Table Table;

/* columns must outlive the table. */
Table *table_new(const TableColumn *columns);
Table *table_free(Table *table);
DEFINE_TRIVIAL_CLEANUP(Table *, table_free)
#define _cleanup_table_ _cleanup_(table_freep)

/* The next cell, row by row; NULL is shown as "-". Control characters are made harmless. */
void table_cell(Table *table, const char *text);
/* Takes the text over. */
void table_cell_take(Table *table, char *text);

size_t table_rows(const Table *table);
/* Each row ends with a newline and has no blanks before it. Free with g_free(). */
char *table_format(const Table *table, TableFlags flags);
