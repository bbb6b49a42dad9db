/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qmp.h"

#include <stdarg.h>

JsonObject *qmp_object(const char *first, ...)
{
        g_autoptr(JsonObject) object = json_object_new();
        va_list ap;

        va_start(ap, first);
        for (const char *key = first; key; key = va_arg(ap, const char *)) {
                const char *name = key + 2;
                const char *text;
                JsonObject *child;
                JsonArray *array;

                g_assert(key[0] && key[1] == ':');
                switch (key[0]) {
                case 's':
                        text = va_arg(ap, const char *);
                        if (text)
                                json_object_set_string_member(object, name, text);
                        break;
                case 'b':
                        json_object_set_boolean_member(object, name, va_arg(ap, int) != 0);
                        break;
                case 'i':
                        json_object_set_int_member(object, name, va_arg(ap, int));
                        break;
                case 'I':
                        json_object_set_int_member(object, name, va_arg(ap, int64_t));
                        break;
                case 'u':
                        json_object_set_int_member(object, name, va_arg(ap, unsigned));
                        break;
                case 'U':
                        json_object_set_int_member(object, name, (int64_t) va_arg(ap, uint64_t));
                        break;
                case 'o':
                        child = va_arg(ap, JsonObject *);
                        if (child)
                                json_object_set_object_member(object, name, child);
                        break;
                case 'a':
                        array = va_arg(ap, JsonArray *);
                        if (array)
                                json_object_set_array_member(object, name, array);
                        break;
                default:
                        g_assert_not_reached();
                }
        }
        va_end(ap);
        return g_steal_pointer(&object);
}

/* The member, when it is there and no null: 1, else 0. */
static int get_member(JsonObject *object, const char *name, JsonNode **ret)
{
        JsonNode *node = object ? json_object_get_member(object, name) : NULL;

        if (!node || JSON_NODE_HOLDS_NULL(node))
                return 0;
        *ret = node;
        return 1;
}

static int get_value(JsonObject *object, const char *name, GType type, JsonNode **ret)
{
        JsonNode *node;
        int r = get_member(object, name, &node);

        if (r <= 0)
                return r;
        if (!JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != type)
                return -EBADMSG;
        *ret = node;
        return 1;
}

int qmp_get_string(JsonObject *object, const char *name, const char **ret)
{
        JsonNode *node;
        int r = get_value(object, name, G_TYPE_STRING, &node);

        if (r >= 0)
                *ret = r > 0 ? json_node_get_string(node) : NULL;
        return r;
}

int qmp_get_i64(JsonObject *object, const char *name, int64_t *ret)
{
        JsonNode *node;
        int r = get_value(object, name, G_TYPE_INT64, &node);

        if (r >= 0)
                *ret = r > 0 ? json_node_get_int(node) : 0;
        return r;
}

/* json-glib keeps numbers above INT64_MAX as the negative number of the same bits. */
int qmp_get_u64(JsonObject *object, const char *name, uint64_t *ret)
{
        int64_t v;
        int r = qmp_get_i64(object, name, &v);

        if (r >= 0)
                *ret = (uint64_t) v;
        return r;
}

int qmp_get_bool(JsonObject *object, const char *name, bool *ret)
{
        JsonNode *node;
        int r = get_value(object, name, G_TYPE_BOOLEAN, &node);

        if (r >= 0)
                *ret = r > 0 && json_node_get_boolean(node);
        return r;
}

int qmp_get_object(JsonObject *object, const char *name, JsonObject **ret)
{
        JsonNode *node = NULL;
        int r = get_member(object, name, &node);

        if (r > 0 && !JSON_NODE_HOLDS_OBJECT(node))
                return -EBADMSG;
        *ret = qmp_node_object(node);
        return r;
}

int qmp_get_array(JsonObject *object, const char *name, JsonArray **ret)
{
        JsonNode *node = NULL;
        int r = get_member(object, name, &node);

        if (r > 0 && !JSON_NODE_HOLDS_ARRAY(node))
                return -EBADMSG;
        *ret = qmp_node_array(node);
        return r;
}

JsonObject *qmp_node_object(JsonNode *node)
{
        return node && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
}

JsonArray *qmp_node_array(JsonNode *node)
{
        return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

JsonObject *qmp_array_object(JsonArray *array, unsigned i)
{
        return i < json_array_get_length(array) ? qmp_node_object(json_array_get_element(array, i)) : NULL;
}
