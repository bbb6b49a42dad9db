/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_mdev_file.h"

#include "drivers/nodedev/nodedev_scan.h"
#include "service/base/log.h"
#include "service/base/store.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define LOG_CATEGORY "nodedev"

#define FILE_MAX ((size_t) 64 * 1024)

void nodedev_mdev_file_free(void *p)
{
        NodedevMdevFile *file = p;

        nodedev_def_unref(file->def);
        g_free(file);
}

static const char *text_member(JsonObject *object, const char *name)
{
        JsonNode *node = json_object_get_member(object, name);

        return node && json_node_get_value_type(node) == G_TYPE_STRING ? json_node_get_string(node) : NULL;
}

/* [{"a": "1"}, …]: in this order they are written to the new device. */
static int read_attributes(JsonObject *object, NodeDevDef *def, Error *error)
{
        JsonNode *node = json_object_get_member(object, "attrs");
        JsonArray *array = node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;

        for (guint i = 0; array && i < json_array_get_length(array); i++) {
                JsonNode *element = json_array_get_element(array, i);
                JsonObjectIter iter;
                const char *name;

                if (!JSON_NODE_HOLDS_OBJECT(element))
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "an attribute is no object");
                json_object_iter_init_ordered(&iter, json_node_get_object(element));
                while (json_object_iter_next_ordered(&iter, &name, NULL)) {
                        NodeDevAttribute *attribute = arena_new0(def->arena, NodeDevAttribute);
                        const char *value = text_member(json_node_get_object(element), name);

                        if (!value)
                                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "the attribute '%s' is no text",
                                                 name);
                        attribute->name = arena_strdup(def->arena, name);
                        attribute->value = arena_strdup(def->arena, value);
                        def_append(def->arena, &def->caps.items[0]->attributes, attribute);
                }
        }
        return 0;
}

static NodeDevDef *def_new(const char *type, const char *uuid, const char *parent)
{
        NodeDevDef *def = nodedev_def_new();
        NodeDevCap *cap = arena_new0(def->arena, NodeDevCap);
        g_autofree char *name = nodedev_mdev_name(uuid, parent);

        cap->type = NODEDEV_CAP_MDEV;
        cap->mdev_type = arena_strdup(def->arena, type);
        cap->uuid = arena_strdup(def->arena, uuid);
        cap->parent_address = arena_strdup(def->arena, parent);
        def->name = arena_strdup(def->arena, name);
        def_append(def->arena, &def->caps, cap);
        return def;
}

int nodedev_mdev_file_parse(const char *text, const char *uuid, const char *parent, NodedevMdevFile **ret,
                            Error *error)
{
        g_autoptr(JsonParser) parser = json_parser_new_immutable();
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = NULL;
        JsonObject *object;
        const char *type;
        int r;

        if (!g_uuid_string_is_valid(uuid))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "'%s' is no UUID", uuid);
        if (!json_parser_load_from_data(parser, text, -1, NULL) || !json_parser_get_root(parser) ||
            !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser)))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "it is no object in JSON");
        object = json_node_get_object(json_parser_get_root(parser));
        type = text_member(object, "mdev_type");
        if (!type)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "it has no type");
        def = def_new(type, uuid, parent);
        r = read_attributes(object, def, error);
        if (r < 0)
                return r;
        *ret = g_new0(NodedevMdevFile, 1);
        (*ret)->def = g_steal_pointer(&def);
        (*ret)->autostart = streq_ptr(text_member(object, "start"), "auto");
        return 0;
}

char *nodedev_mdev_file_format(const NodeDevDef *def, bool autostart)
{
        g_autoptr(JsonBuilder) builder = json_builder_new();
        const NodeDevCap *cap = nodedev_def_cap(def, NODEDEV_CAP_MDEV);
        g_autoptr(JsonNode) root = NULL;

        json_builder_begin_object(builder);
        json_builder_set_member_name(builder, "mdev_type");
        json_builder_add_string_value(builder, cap->mdev_type);
        json_builder_set_member_name(builder, "start");
        json_builder_add_string_value(builder, autostart ? "auto" : "manual");
        json_builder_set_member_name(builder, "attrs");
        json_builder_begin_array(builder);
        DEF_FOREACH(attribute, cap->attributes) {
                json_builder_begin_object(builder);
                json_builder_set_member_name(builder, attribute->name);
                json_builder_add_string_value(builder, attribute->value);
                json_builder_end_object(builder);
        }
        json_builder_end_array(builder);
        json_builder_end_object(builder);
        root = json_builder_get_root(builder);
        return json_to_string(root, TRUE);
}

static int load_one(int dir_fd, const char *parent, const char *uuid, NodedevMdevFile **ret, Error *error)
{
        g_autofree char *text = NULL;
        size_t size;
        int r = store_read(dir_fd, uuid, FILE_MAX, &text, &size, error);

        return r < 0 ? r : nodedev_mdev_file_parse(text, uuid, parent, ret, error);
}

static void load_parent(const char *dir, const char *parent, GPtrArray *files)
{
        g_autofree char *path = g_build_filename(dir, parent, NULL);
        g_autoptr(GDir) names = g_dir_open(path, 0, NULL);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        const char *name;

        while (fd >= 0 && names && (name = g_dir_read_name(names))) {
                _cleanup_error_ Error error = ERROR_INIT;
                NodedevMdevFile *file = NULL;

                if (load_one(fd, parent, name, &file, &error) >= 0)
                        g_ptr_array_add(files, file);
                else
                        log_warning("the definition '%s/%s' is left out: %s", path, name, error.detail);
        }
}

GPtrArray *nodedev_mdev_file_load(const char *dir)
{
        GPtrArray *files = g_ptr_array_new_with_free_func(nodedev_mdev_file_free);
        g_autoptr(GDir) names = g_dir_open(dir, 0, NULL);
        const char *name;

        while (names && (name = g_dir_read_name(names)))
                if (!streq(name, "scripts.d"))
                        load_parent(dir, name, files);
        return files;
}

int nodedev_mdev_file_write(const char *dir, const char *parent, const char *uuid, const char *text, Error *error)
{
        g_autofree char *path = g_build_filename(dir, parent, NULL);
        _cleanup_close_ int fd = -EBADF;
        int r = store_open_dir(path, 0755, &fd, error);

        return r < 0 ? r : store_write(fd, uuid, text, strlen(text), STORE_DURABLE, error);
}

int nodedev_mdev_file_remove(const char *dir, const char *parent, const char *uuid, Error *error)
{
        g_autofree char *path = g_build_filename(dir, parent, NULL);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0)
                return errno == ENOENT ? 0 : error_set_errno(error, errno, "cannot open '%s'", path);
        return store_remove(fd, uuid, STORE_DURABLE, error);
}
