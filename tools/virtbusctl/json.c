/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/json.h"

#include "tools/virtbusctl/text.h"

static JsonNode *node_of_u64(uint64_t v)
{
        JsonNode *node = json_node_alloc();

        return v <= INT64_MAX ? json_node_init_int(node, (gint64) v) :
                                json_node_init_double(node, (double) v);
}

static int read_basic(sd_bus_message *m, char type, JsonNode **ret)
{
        union {
                uint8_t y;
                int16_t n;
                uint16_t q;
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
                double d;
                int b;
                const char *s;
        } v;
        int r = sd_bus_message_read_basic(m, type, &v);

        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        switch (type) {
        case 'y':
                *ret = node_of_u64(v.y);
                break;
        case 'q':
                *ret = node_of_u64(v.q);
                break;
        case 'u':
                *ret = node_of_u64(v.u);
                break;
        case 't':
                *ret = node_of_u64(v.t);
                break;
        case 'n':
                *ret = json_node_init_int(json_node_alloc(), v.n);
                break;
        case 'i':
        case 'h':
                *ret = json_node_init_int(json_node_alloc(), v.i);
                break;
        case 'x':
                *ret = json_node_init_int(json_node_alloc(), v.x);
                break;
        case 'd':
                *ret = json_node_init_double(json_node_alloc(), v.d);
                break;
        case 'b':
                *ret = json_node_init_boolean(json_node_alloc(), v.b);
                break;
        default:
                *ret = json_node_init_string(json_node_alloc(), v.s);
        }
        return 1;
}

static int read_members(sd_bus_message *m, JsonNode **ret)
{
        g_autoptr(JsonArray) array = json_array_new();

        for (;;) {
                JsonNode *item = NULL;
                int r = json_read_value(m, &item);

                if (r < 0)
                        return r;
                if (r == 0)
                        break;
                json_array_add_element(array, item);
        }
        *ret = json_node_init_array(json_node_alloc(), array);
        return 1;
}

static int read_dictionary(sd_bus_message *m, JsonNode **ret)
{
        g_autoptr(JsonObject) object = json_object_new();
        int r;

        while ((r = sd_bus_message_at_end(m, false)) == 0) {
                g_autoptr(JsonNode) key = NULL, value = NULL;
                g_autofree char *name = NULL;

                r = sd_bus_message_enter_container(m, 'e', NULL);
                if (r > 0)
                        r = json_read_value(m, &key);
                if (r > 0)
                        r = json_read_value(m, &value);
                if (r > 0)
                        r = sd_bus_message_exit_container(m);
                if (r < 0)
                        return r;
                if (!key || !value)
                        return -EBADMSG;
                name = json_plain(key);
                json_object_set_member(object, name, g_steal_pointer(&value));
        }
        if (r < 0)
                return r;
        *ret = json_node_init_object(json_node_alloc(), object);
        return 1;
}

int json_read_value(sd_bus_message *m, JsonNode **ret)
{
        g_autoptr(JsonNode) node = NULL;
        const char *contents;
        char type;
        int r;

        r = sd_bus_message_peek_type(m, &type, &contents);
        if (r <= 0)
                return r;
        if (type != 'a' && type != 'r' && type != 'v')
                return read_basic(m, type, ret);
        r = sd_bus_message_enter_container(m, type, contents);
        if (r < 0)
                return r;
        if (type == 'v')
                r = json_read_value(m, &node);
        else if (type == 'a' && contents[0] == '{')
                r = read_dictionary(m, &node);
        else
                r = read_members(m, &node);
        if (r < 0)
                return r;
        r = sd_bus_message_exit_container(m);
        if (r < 0)
                return r;
        if (!node)
                return -EBADMSG;
        *ret = g_steal_pointer(&node);
        return 1;
}

static void add_with_key(JsonObject *from, const char *name, JsonNode *value, void *userdata)
{
        g_autofree char *key = text_key(name);

        json_object_set_member(userdata, key, json_node_ref(value));
}

int json_read_properties(sd_bus_message *m, JsonObject **ret)
{
        g_autoptr(JsonNode) node = NULL;
        JsonObject *object;
        int r = json_read_value(m, &node);

        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        if (!JSON_NODE_HOLDS_OBJECT(node))
                return -EBADMSG;
        object = json_object_new();
        json_object_foreach_member(json_node_get_object(node), add_with_key, object);
        *ret = object;
        return 1;
}

const char *json_string(JsonObject *object, const char *key)
{
        JsonNode *node = json_object_get_member(object, key);

        return node && JSON_NODE_HOLDS_VALUE(node) ? strempty(json_node_get_string(node)) : "";
}

int64_t json_int(JsonObject *object, const char *key)
{
        JsonNode *node = json_object_get_member(object, key);

        return node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;
}

bool json_bool(JsonObject *object, const char *key)
{
        JsonNode *node = json_object_get_member(object, key);

        return node && JSON_NODE_HOLDS_VALUE(node) && json_node_get_boolean(node);
}

static void append_plain(JsonArray *array, guint i, JsonNode *item, void *userdata)
{
        g_autofree char *text = json_plain(item);

        if (i > 0)
                g_string_append_c(userdata, ' ');
        g_string_append(userdata, text);
}

char *json_plain(JsonNode *node)
{
        GString *out;

        if (JSON_NODE_HOLDS_ARRAY(node)) {
                out = g_string_new(NULL);
                json_array_foreach_element(json_node_get_array(node), append_plain, out);
                return g_string_free(out, FALSE);
        }
        if (JSON_NODE_HOLDS_OBJECT(node))
                return g_strchomp(json_text(node, false));
        if (json_node_get_value_type(node) == G_TYPE_STRING)
                return json_node_dup_string(node);
        if (json_node_get_value_type(node) == G_TYPE_BOOLEAN)
                return g_strdup(json_node_get_boolean(node) ? "yes" : "no");
        if (json_node_get_value_type(node) == G_TYPE_DOUBLE)
                return g_strdup_printf("%g", json_node_get_double(node));
        return g_strdup_printf("%" PRIi64, (int64_t) json_node_get_int(node));
}

char *json_text(JsonNode *node, bool pretty)
{
        g_autoptr(JsonGenerator) generator = json_generator_new();
        g_autofree char *text = NULL;

        json_generator_set_root(generator, node);
        json_generator_set_pretty(generator, pretty);
        text = json_generator_to_data(generator, NULL);
        return g_strconcat(text, "\n", NULL);
}
