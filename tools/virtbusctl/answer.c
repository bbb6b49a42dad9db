/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/answer.h"

#include "tools/virtbusctl/table.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>

enum { COLUMNS_MAX = 12 };

void answer_print_table(const Ctl *ctl, const Table *table)
{
        g_autofree char *text =
                table_format(table, (ctl->quiet ? 0 : TABLE_HEADER) | (ctl->bold ? TABLE_BOLD : 0));

        (void) fputs(text, stdout);
}

static void print_lines(Table *table)
{
        g_autofree char *text = table_format(table, 0);

        (void) fputs(text, stdout);
}

static void print_dictionary(JsonObject *object)
{
        static const TableColumn columns[] = { { "" }, { "" }, {} };
        _cleanup_table_ Table *table = table_new(columns);
        JsonObjectIter iter;
        const char *name;
        JsonNode *value;

        json_object_iter_init_ordered(&iter, object);
        while (json_object_iter_next_ordered(&iter, &name, &value)) {
                table_cell_take(table, g_strconcat(name, ":", NULL));
                table_cell_take(table, json_plain(value));
        }
        print_lines(table);
}

static void print_structure(JsonArray *members, const char *const *titles)
{
        static const TableColumn columns[] = { { "" }, { "" }, {} };
        _cleanup_table_ Table *table = table_new(columns);

        for (guint i = 0; i < json_array_get_length(members); i++) {
                table_cell_take(table, titles && titles[i] ? g_strconcat(titles[i], ":", NULL) : g_strdup(""));
                table_cell_take(table, json_plain(json_array_get_element(members, i)));
                if (titles && !titles[i])
                        titles = NULL;
        }
        print_lines(table);
}

static void print_rows(const Ctl *ctl, JsonArray *rows, const char *const *titles)
{
        TableColumn columns[COLUMNS_MAX] = {};
        _cleanup_table_ Table *table = NULL;
        guint n = 0;

        for (; titles[n] && n < COLUMNS_MAX - 1; n++)
                columns[n].title = titles[n];
        table = table_new(columns);
        for (guint i = 0; i < json_array_get_length(rows); i++) {
                JsonArray *row = json_array_get_array_element(rows, i);

                for (guint k = 0; k < n; k++)
                        table_cell_take(table, k < json_array_get_length(row) ?
                                                       json_plain(json_array_get_element(row, k)) : NULL);
        }
        answer_print_table(ctl, table);
}

static void print_each(JsonArray *items)
{
        for (guint i = 0; i < json_array_get_length(items); i++) {
                g_autofree char *plain = json_plain(json_array_get_element(items, i));
                g_autofree char *text = text_printable(strempty(plain));

                puts(text);
        }
}

static void print_value(const Ctl *ctl, JsonNode *node, const char *signature, const char *const *titles)
{
        if (JSON_NODE_HOLDS_OBJECT(node))
                print_dictionary(json_node_get_object(node));
        else if (!JSON_NODE_HOLDS_ARRAY(node)) {
                g_autofree char *text = json_plain(node);

                puts(strempty(text));
        } else if (*signature == '(')
                print_structure(json_node_get_array(node), titles);
        else if (g_str_has_prefix(signature, "a(") && titles)
                print_rows(ctl, json_node_get_array(node), titles);
        else
                print_each(json_node_get_array(node));
}

int answer_print(const Ctl *ctl, sd_bus_message *reply, const char *key, const char *const *titles, Failure *failure)
{
        const char *signature = sd_bus_message_get_signature(reply, true), *text;
        g_autoptr(JsonNode) node = NULL;
        int r;

        if (streq_ptr(signature, "s")) {
                r = sd_bus_message_read(reply, "s", &text);
                return r < 0 ? ctl_bad_reply(ctl, failure, r) : ctl_print_document(ctl, key, text);
        }
        r = json_read_value(reply, &node);
        if (r <= 0)
                return ctl_bad_reply(ctl, failure, r ?: -EBADMSG);
        if (ctl->json)
                ctl_print_json(ctl, g_steal_pointer(&node));
        else
                print_value(ctl, node, strempty(signature), titles);
        return 0;
}
