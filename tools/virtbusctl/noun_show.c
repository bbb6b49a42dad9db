/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/nouns.h"
#include "tools/virtbusctl/page.h"
#include "tools/virtbusctl/table.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>
#include <string.h>

enum { COLUMNS_MAX = 12 };

const Option noun_list_options[] = {
        { "all", 'a', NULL, "All, as always: none of these is inactive" },
        { "name", 0, NULL, "Print the names alone, one on a line" },
        {},
};

const Option noun_list_state_options[] = {
        { "all", 'a', NULL, "Inactive ones too" },
        { "inactive", 0, NULL, "Only inactive ones" },
        { "name", 0, NULL, "Print the names alone, one on a line" },
        {},
};

char *noun_format_bytes(JsonNode *value)
{
        int64_t bytes = json_node_get_int(value);

        return bytes > 0 ? text_size_kib((uint64_t) bytes / 1024) : NULL;
}

char *noun_format_time(JsonNode *value)
{
        g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(json_node_get_int(value)), local = NULL;

        if (json_node_get_int(value) == 0 || !utc)
                return NULL;
        local = g_date_time_to_local(utc);
        return g_date_time_format(local, "%F %T");
}

static int append_active(sd_bus_message *m, const void *userdata)
{
        const Arguments *arguments = userdata;

        if (arguments_has(arguments, "all"))
                return 0;
        return sd_bus_message_append(m, "{sv}", "active", "b", (int) !arguments_has(arguments, "inactive"));
}

/* The key of the property in the object that the service's list gave. */
static JsonNode *cell_of(JsonObject *object, const NounColumn *column)
{
        g_autofree char *key = text_key(column->property);

        return json_object_get_member(object, key);
}

static char *cell_text(JsonObject *object, const NounColumn *column)
{
        JsonNode *node = cell_of(object, column);

        if (!node)
                return NULL;
        return column->format ? column->format(node) : json_plain(node);
}

static int compare_names(const void *a, const void *b, void *userdata)
{
        JsonObject *x = *(JsonObject *const *) a, *y = *(JsonObject *const *) b;
        g_autofree char *p = cell_text(x, userdata), *q = cell_text(y, userdata);

        return g_strcmp0(p, q);
}

static void print_table(const Ctl *ctl, const Noun *noun, GPtrArray *objects)
{
        TableColumn columns[COLUMNS_MAX] = {};
        _cleanup_table_ Table *table = NULL;
        g_autofree char *text = NULL;

        for (size_t i = 0; noun->columns[i].title; i++)
                columns[i] = (TableColumn) { noun->columns[i].title, noun->columns[i].right };
        table = table_new(columns);
        for (size_t i = 0; i < objects->len; i++)
                for (const NounColumn *column = noun->columns; column->title; column++)
                        table_cell_take(table, cell_text(objects->pdata[i], column));
        text = table_format(table, (ctl->quiet ? 0 : TABLE_HEADER) | (ctl->bold ? TABLE_BOLD : 0));
        (void) fputs(text, stdout);
}

static void print_names(const Noun *noun, GPtrArray *objects)
{
        for (size_t i = 0; i < objects->len; i++) {
                g_autofree char *name = cell_text(objects->pdata[i], noun->columns);
                g_autofree char *printable = text_printable(strempty(name));

                puts(printable);
        }
}

static void print_objects(const Ctl *ctl, GPtrArray *objects)
{
        JsonArray *array = json_array_new();

        for (size_t i = 0; i < objects->len; i++)
                json_array_add_object_element(array, json_object_ref(objects->pdata[i]));
        ctl_print_json(ctl, json_node_init_array(json_node_alloc(), array));
        json_array_unref(array);
}

int noun_list_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify) json_object_unref);
        const Noun *noun = ctl->command->noun;
        const char *fields[COLUMNS_MAX] = {};
        _cleanup_target_ Target target = {};
        PageSource source = {
                .interface = noun->within ? noun->within->interface : "Connect",
                .member = noun->lister,
                .fields = fields,
                .append = noun->has_state ? append_active : NULL,
                .userdata = arguments,
        };
        int r = target_resolve(ctl, arguments, &target, failure);

        if (r < 0)
                return r;
        for (size_t i = 0; noun->columns[i].title; i++)
                fields[i] = noun->columns[i].property;
        source.path = target.container ?: ctl->root;
        r = page_fetch_all(ctl, &source, objects, failure);
        if (r < 0)
                return r;
        g_ptr_array_sort_with_data(objects, compare_names, (void *) noun->columns);
        if (ctl->json)
                print_objects(ctl, objects);
        else if (arguments_has(arguments, "name"))
                print_names(noun, objects);
        else
                print_table(ctl, noun, objects);
        return 0;
}

/* Lists of structures, as of leases, have a line each. */
static void add_lines(Table *table, const char *label, JsonNode *node)
{
        JsonArray *array = JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
        bool rows = array && json_array_get_length(array) > 0 &&
                !JSON_NODE_HOLDS_VALUE(json_array_get_element(array, 0));

        for (guint i = 0; i < (rows ? json_array_get_length(array) : 1); i++) {
                g_autofree char *value = json_plain(rows ? json_array_get_element(array, i) : node);

                if (isempty(value))
                        continue;
                table_cell(table, i == 0 ? label : "");
                table_cell(table, value);
        }
}

static char *info_text(const Noun *noun, JsonObject *object)
{
        static const TableColumn columns[] = { { "" }, { "" }, {} };
        _cleanup_table_ Table *table = table_new(columns);
        g_autoptr(GHashTable) shown = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        JsonObjectIter iter;
        const char *key;
        JsonNode *node;

        for (const NounColumn *column = noun->columns; column->title; column++) {
                g_autofree char *label = g_strdup_printf("%s:", column->title), *value = cell_text(object, column);

                g_hash_table_add(shown, text_key(column->property));
                if (isempty(value))
                        continue;
                table_cell(table, label);
                table_cell(table, value);
        }
        json_object_iter_init_ordered(&iter, object);
        while (json_object_iter_next_ordered(&iter, &key, &node)) {
                g_autofree char *text = text_label(key), *label = g_strdup_printf("%s:", text);

                if (!g_hash_table_contains(shown, key))
                        add_lines(table, label, node);
        }
        return table_format(table, 0);
}

int noun_info_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        g_autoptr(JsonArray) objects = json_array_new();
        const Noun *noun = ctl->command->noun;
        _cleanup_target_ Target target = {};
        int r = target_resolve(ctl, arguments, &target, failure);

        for (size_t i = target.first; r >= 0 && i < arguments_count(arguments); i++) {
                g_autofree char *path = NULL, *text = NULL;
                g_autoptr(JsonObject) object = NULL;

                r = noun_resolve(ctl, noun, target.container, arguments_word(arguments, i), &path, failure);
                if (r >= 0)
                        r = ctl_get_all(ctl, path, noun->interface, &object, failure);
                if (r < 0)
                        return r;
                text = info_text(noun, object);
                if (!ctl->json)
                        printf("%s%s", i > target.first ? "\n" : "", text);
                json_object_set_string_member(object, "object_path", path);
                json_array_add_object_element(objects, g_steal_pointer(&object));
        }
        if (r >= 0 && ctl->json)
                ctl_print_json(ctl, json_node_init_array(json_node_alloc(), objects));
        return r;
}

int noun_dumpxml_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const OptionBit *flags = ctl->command->data;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_target_ Target target = {};
        g_autofree char *path = NULL;
        const char *xml;
        int r = target_resolve_one(ctl, arguments, &target, &path, failure);

        if (r >= 0)
                r = ctl_call(ctl, path, ctl->command->noun->interface, "GetXMLDesc", CALL_CHANGES, &reply, failure, "u",
                             flags ? arguments_bits(arguments, flags) : 0);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &xml);
        return r < 0 ? ctl_bad_reply(ctl, failure, r) : ctl_print_document(ctl, "xml", xml);
}
