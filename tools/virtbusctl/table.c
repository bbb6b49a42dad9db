/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/table.h"

#include "tools/virtbusctl/text.h"

struct Table {
        const TableColumn *columns;
        size_t n_columns;
        GPtrArray *cells; /* char * */
};

Table *table_new(const TableColumn *columns)
{
        Table *table = g_new0(Table, 1);

        table->columns = columns;
        while (columns[table->n_columns].title)
                table->n_columns++;
        table->cells = g_ptr_array_new_with_free_func(g_free);
        return table;
}

Table *table_free(Table *table)
{
        if (table) {
                g_ptr_array_unref(table->cells);
                g_free(table);
        }
        return NULL;
}

void table_cell(Table *table, const char *text)
{
        g_ptr_array_add(table->cells, isempty(text) ? g_strdup("-") : text_printable(text));
}

void table_cell_take(Table *table, char *text)
{
        table_cell(table, text);
        g_free(text);
}

size_t table_rows(const Table *table)
{
        return table->cells->len / table->n_columns;
}

static void append_cell(GString *out, const char *text, size_t width, bool right, bool last)
{
        size_t pad = width - text_width(text);

        if (right)
                g_string_append_printf(out, "%*s", (int) pad, "");
        g_string_append(out, text);
        if (!last)
                g_string_append_printf(out, "%*s", (int) (right ? 2 : pad + 2), "");
}

char *table_format(const Table *table, TableFlags flags)
{
        g_autofree size_t *widths = g_new0(size_t, table->n_columns);
        GString *out = g_string_new(NULL);

        for (size_t i = 0; i < table->n_columns && (flags & TABLE_HEADER); i++)
                widths[i] = text_width(table->columns[i].title);
        for (size_t i = 0; i < table->cells->len; i++)
                widths[i % table->n_columns] = MAX(widths[i % table->n_columns],
                                                   text_width(table->cells->pdata[i]));
        if (flags & TABLE_HEADER) {
                g_string_append(out, flags & TABLE_BOLD ? "\033[1m" : "");
                for (size_t i = 0; i < table->n_columns; i++)
                        append_cell(out, table->columns[i].title, widths[i], table->columns[i].right,
                                    i + 1 == table->n_columns);
                g_string_append(out, flags & TABLE_BOLD ? "\033[0m\n" : "\n");
        }
        for (size_t i = 0; i < table->cells->len; i++) {
                size_t column = i % table->n_columns;
                bool last = column + 1 == table->n_columns;

                append_cell(out, table->cells->pdata[i], widths[column], table->columns[column].right, last);
                if (last)
                        g_string_append_c(out, '\n');
        }
        return g_string_free(out, FALSE);
}
