/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_caps_private.h"

#include "drivers/qemu/qmp.h"

#include <string.h>

/*
 * How a feature is recognised: a path through QEMU's schema (docs/devel/qapi-code-gen of QEMU, "Client JSON
 * Protocol introspection"). A path begins with a command, or with '-' for a command line option; then
 *   .member   of the arguments or of an object within     >member   of the returned value
 *   {case}    of an object with variants                  =word     of an enumeration
 *   +flag     among the features of the command
 * Arrays stand for their elements, alternates for their objects. What has none is not in the schema (qemu_help.c).
 */
static const char *const feature_paths[_QEMU_FEATURE_MAX] = {
        [QEMU_FEATURE_DEVICE_JSON] = "device_add+json-cli",
        [QEMU_FEATURE_DEVICE_JSON_HOTPLUG] = "device_add+json-cli-hotplug",
        /* came with the options that need it */
        [QEMU_FEATURE_NETDEV_JSON] = "netdev_add.type=dgram",
        [QEMU_FEATURE_NETDEV_STREAM] = "netdev_add.type=stream",
        [QEMU_FEATURE_NETDEV_STREAM_RECONNECT] = "netdev_add{stream}.reconnect",
        [QEMU_FEATURE_NETDEV_VHOST_VDPA] = "netdev_add.type=vhost-vdpa",
        [QEMU_FEATURE_CHARDEV_VDAGENT] = "chardev-add.backend.type=qemu-vdagent",
        [QEMU_FEATURE_CHARDEV_DBUS] = "chardev-add.backend.type=dbus",
        [QEMU_FEATURE_BLOCKDEV_BACKING_MASK] = "block-commit.backing-mask-protocol",
        [QEMU_FEATURE_BLOCKDEV_IO_URING] = "blockdev-add{file}.aio=io_uring",
        [QEMU_FEATURE_BLOCKDEV_SNAPSHOT_ALLOW_WRITE_ONLY] = "blockdev-snapshot+allow-write-only-overlay",
        [QEMU_FEATURE_MIGRATION_MULTIFD] = "migrate-set-capabilities.capabilities.capability=multifd",
        [QEMU_FEATURE_MIGRATION_ZEROCOPY] =
                "migrate-set-capabilities.capabilities.capability=zero-copy-send",
        [QEMU_FEATURE_MIGRATION_FILE] = "migrate.channels.addr.transport=file",
        [QEMU_FEATURE_SAVEVM_QMP] = "snapshot-save",
        [QEMU_FEATURE_DISPLAY_DBUS] = "query-display-options>type=dbus",
        [QEMU_FEATURE_DISPLAY_SDL] = "query-display-options>type=sdl",
        [QEMU_FEATURE_DISPLAY_EGL_HEADLESS] = "query-display-options>type=egl-headless",
        [QEMU_FEATURE_AUDIO_PIPEWIRE] = "query-audiodevs>driver=pipewire",
        [QEMU_FEATURE_DISPLAY_RELOAD] = "display-reload",
        [QEMU_FEATURE_SPICE] = "query-spice",
        [QEMU_FEATURE_VNC] = "query-vnc",
        [QEMU_FEATURE_SANDBOX] = "-sandbox",
        [QEMU_FEATURE_RUN_WITH_ASYNC_TEARDOWN] = "-run-with",
        [QEMU_FEATURE_FW_CFG] = "-fw_cfg",
        [QEMU_FEATURE_SMBIOS] = "-smbios",
        [QEMU_FEATURE_MEMORY_BACKEND_RESERVE] = "object-add{memory-backend-ram}.reserve",
        [QEMU_FEATURE_ISCSI_BLOCKDEV] = "blockdev-add.driver=iscsi",
        [QEMU_FEATURE_RBD_BLOCKDEV] = "blockdev-add.driver=rbd",
        [QEMU_FEATURE_NFS_BLOCKDEV] = "blockdev-add.driver=nfs",
        [QEMU_FEATURE_NVME_BLOCKDEV] = "blockdev-add.driver=nvme",
        [QEMU_FEATURE_SSH_BLOCKDEV] = "blockdev-add.driver=ssh",
        [QEMU_FEATURE_CURL_BLOCKDEV] = "blockdev-add.driver=https",
        [QEMU_FEATURE_GLUSTER_BLOCKDEV] = "blockdev-add.driver=gluster",
};

/* Alternates and arrays may refer to each other; no real schema nests them as deep. */
#define UNWRAP_MAX 8

typedef struct Schema {
        GHashTable *entries; /* name → JsonObject, borrowed */
} Schema;

static JsonObject *schema_get(const Schema *schema, const char *name)
{
        return name ? g_hash_table_lookup(schema->entries, name) : NULL;
}

static JsonObject *schema_follow(const Schema *schema, JsonObject *row, const char *member)
{
        const char *name = NULL;

        (void) qmp_get_string(row, member, &name);
        return schema_get(schema, name);
}

/* The row of the array whose member has the value. */
static JsonObject *find_row(JsonObject *o, const char *list, const char *member, const char *value)
{
        JsonArray *rows = NULL;

        (void) qmp_get_array(o, list, &rows);
        for (unsigned i = 0; rows && i < json_array_get_length(rows); i++) {
                JsonObject *row = qmp_array_object(rows, i);
                const char *text = NULL;

                (void) qmp_get_string(row, member, &text);
                if (streq_ptr(text, value))
                        return row;
        }
        return NULL;
}

static bool has_word(JsonObject *o, const char *list, const char *word)
{
        JsonArray *words = NULL;

        (void) qmp_get_array(o, list, &words);
        for (unsigned i = 0; words && i < json_array_get_length(words); i++) {
                JsonNode *node = json_array_get_element(words, i);

                if (JSON_NODE_HOLDS_VALUE(node) && streq_ptr(json_node_get_string(node), word))
                        return true;
        }
        return false;
}

/* The object behind arrays and alternates. */
static JsonObject *schema_unwrap(const Schema *schema, JsonObject *type)
{
        for (unsigned i = 0; type && i < UNWRAP_MAX; i++) {
                const char *meta = NULL;
                JsonArray *members = NULL;
                JsonObject *next = NULL;

                (void) qmp_get_string(type, "meta-type", &meta);
                if (streq_ptr(meta, "array"))
                        next = schema_follow(schema, type, "element-type");
                else if (streq_ptr(meta, "alternate")) {
                        (void) qmp_get_array(type, "members", &members);
                        for (unsigned j = 0; members && !next && j < json_array_get_length(members); j++) {
                                next = schema_follow(schema, qmp_array_object(members, j), "type");
                                if (next && !json_object_has_member(next, "members"))
                                        next = NULL;
                        }
                } else
                        return type;
                type = next;
        }
        return type;
}

static bool schema_has(const Schema *schema, const char *path)
{
        size_t n = strcspn(path, ".>{=+");
        g_autofree char *command = g_strndup(path, n);
        JsonObject *row = schema_get(schema, command), *type;

        type = path[n] == '>' ? schema_follow(schema, row, "ret-type")
                              : schema_follow(schema, row, "arg-type");
        for (path += n; *path && row; path += n) {
                char kind = *path++;

                n = strcspn(path, ".>{}=+");
                g_autofree char *word = g_strndup(path, n);

                if (path[n] == '}')
                        n++;
                type = schema_unwrap(schema, type);
                if (kind == '+')
                        return has_word(row, "features", word);
                if (kind == '=')
                        return has_word(type, "values", word) || find_row(type, "members", "name", word);
                if (kind == '{')
                        row = find_row(type, "variants", "case", word);
                else
                        row = find_row(type, "members", "name", word);
                type = schema_follow(schema, row, "type");
        }
        return row;
}

static void schema_init(Schema *schema, JsonArray *rows)
{
        schema->entries = g_hash_table_new(g_str_hash, g_str_equal);
        for (unsigned i = 0; i < json_array_get_length(rows); i++) {
                JsonObject *row = qmp_array_object(rows, i);
                const char *name = NULL;

                (void) qmp_get_string(row, "name", &name);
                if (name)
                        g_hash_table_insert(schema->entries, (char *) name, row);
        }
}

static bool array_has(JsonArray *names, const char *name)
{
        for (unsigned i = 0; i < json_array_get_length(names); i++)
                if (streq_ptr(json_array_get_string_element(names, i), name))
                        return true;
        return false;
}

JsonArray *qemu_schema_features(JsonArray *rows, JsonArray *options)
{
        JsonArray *found = json_array_new();
        Schema schema;

        schema_init(&schema, rows);
        for (int i = 0; i < _QEMU_FEATURE_MAX; i++) {
                const char *path = feature_paths[i];

                if (!path)
                        continue;
                if (*path == '-' ? array_has(options, path + 1) : schema_has(&schema, path))
                        json_array_add_string_element(found, qemu_feature_to_string((QemuFeature) i));
        }
        g_hash_table_unref(schema.entries);
        return found;
}

JsonArray *qemu_schema_names(JsonArray *rows, const char *meta_type)
{
        JsonArray *names = json_array_new();

        for (unsigned i = 0; i < json_array_get_length(rows); i++) {
                JsonObject *row = qmp_array_object(rows, i);
                const char *name = NULL, *meta = NULL;

                (void) qmp_get_string(row, "name", &name);
                (void) qmp_get_string(row, "meta-type", &meta);
                if (name && streq_ptr(meta, meta_type))
                        json_array_add_string_element(names, name);
        }
        return names;
}
