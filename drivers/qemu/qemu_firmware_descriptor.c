/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_firmware_descriptor.h"

#include "drivers/qemu/json_stream.h"
#include "drivers/qemu/qemu_caps_private.h"
#include "drivers/qemu/qmp.h"

/* Of one descriptor; they have about 1 KiB. */
#define DESCRIPTOR_MAX ((size_t) 64 * 1024)

static const char *const default_dirs[] = { "/etc/qemu/firmware", "/usr/share/qemu/firmware", NULL };

static void firmware_clear(QemuFirmware *firmware)
{
        g_clear_pointer(&firmware->tree, json_node_unref);
}

/* Whether the member is a list of strings that has the word. */
static bool has_word(JsonObject *object, const char *member, const char *word)
{
        JsonArray *array = NULL;

        if (qmp_get_array(object, member, &array) <= 0)
                return false;
        for (guint i = 0; i < json_array_get_length(array); i++) {
                JsonNode *node = json_array_get_element(array, i);

                if (json_node_get_value_type(node) == G_TYPE_STRING &&
                    streq(json_node_get_string(node), word))
                        return true;
        }
        return false;
}

/* A file with its format: absolute, of a kind that is always opened explicitly. */
static int get_file(JsonObject *mapping, const char *member, const char **ret_name, const char **ret_format)
{
        const char *name = NULL, *format = NULL;
        JsonObject *file = NULL;
        int r;

        r = qmp_get_object(mapping, member, &file);
        if (r <= 0)
                return r;
        if (qmp_get_string(file, "filename", &name) <= 0 || qmp_get_string(file, "format", &format) <= 0 ||
            *name != '/')
                return -EBADMSG;
        *ret_name = name;
        *ret_format = format;
        return 1;
}

/* Returns 0 for a descriptor that is none, or of firmware that is not in flash. */
static int read_mapping(JsonObject *root, QemuFirmware *firmware)
{
        const char *device = NULL, *mode = NULL;
        JsonObject *mapping = NULL;

        if (qmp_get_object(root, "mapping", &mapping) <= 0 ||
            qmp_get_string(mapping, "device", &device) <= 0 || !streq(device, "flash") ||
            qmp_get_string(mapping, "mode", &mode) < 0)
                return 0;
        if (mode && !streq(mode, "split") && !streq(mode, "stateless"))
                return 0;
        if (get_file(mapping, "executable", &firmware->executable, &firmware->executable_format) <= 0)
                return 0;
        return get_file(mapping, "nvram-template", &firmware->nvram, &firmware->nvram_format) >= 0;
}

static int read_firmware(const char *path, QemuFirmware *ret)
{
        _cleanup_(firmware_clear) QemuFirmware firmware = {};
        g_autofree char *text = NULL;
        JsonObject *root;
        size_t size;

        if (read_file_at(AT_FDCWD, path, DESCRIPTOR_MAX, &text, &size) < 0 ||
            json_parse(path, text, size, JSON_DEPTH_MAX, &firmware.tree, NULL) < 0)
                return 0;
        root = qmp_node_object(firmware.tree);
        if (!root || qmp_get_array(root, "targets", &firmware.targets) <= 0 ||
            !read_mapping(root, &firmware))
                return 0;
        firmware.uefi = has_word(root, "interface-types", "uefi");
        firmware.secure_boot = has_word(root, "features", "secure-boot");
        firmware.requires_smm = has_word(root, "features", "requires-smm");
        *ret = firmware;
        firmware.tree = NULL;
        return 1;
}

bool qemu_firmware_suits_machine(const QemuFirmware *firmware, const char *arch, const char *machine)
{
        const char *target_arch = qemu_arch_to_target(arch);

        for (guint i = 0; i < json_array_get_length(firmware->targets); i++) {
                JsonObject *target = qmp_array_object(firmware->targets, i);
                const char *word = NULL;
                JsonArray *machines = NULL;

                if (!target || qmp_get_string(target, "architecture", &word) <= 0 ||
                    !streq(word, target_arch) || qmp_get_array(target, "machines", &machines) <= 0)
                        continue;
                for (guint k = 0; k < json_array_get_length(machines); k++) {
                        JsonNode *node = json_array_get_element(machines, k);

                        if (json_node_get_value_type(node) == G_TYPE_STRING &&
                            g_pattern_match_simple(json_node_get_string(node), machine))
                                return true;
                }
        }
        return false;
}

/* Directory entries in the order of their names; one that an earlier directory has is hidden by it. */
static char **list_descriptors(QemuFirmwareDirs dirs)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
        GList *names;
        GPtrArray *paths;

        for (; *dirs; dirs++) {
                g_autoptr(GDir) dir = g_dir_open(*dirs, 0, NULL);
                const char *name;

                while (dir && (name = g_dir_read_name(dir)))
                        if (g_str_has_suffix(name, ".json") && !g_hash_table_contains(seen, name))
                                g_hash_table_insert(seen, g_strdup(name),
                                                    g_build_filename(*dirs, name, NULL));
        }
        paths = g_ptr_array_new();
        names = g_list_sort(g_hash_table_get_keys(seen), (GCompareFunc) g_strcmp0);
        for (GList *name = names; name; name = name->next)
                g_ptr_array_add(paths, g_strdup(g_hash_table_lookup(seen, name->data)));
        g_list_free(names);
        g_ptr_array_add(paths, NULL);
        return (char **) g_ptr_array_free(paths, false);
}

void qemu_firmwares_read(QemuFirmwareDirs dirs, QemuFirmwares *ret)
{
        g_auto(GStrv) paths = list_descriptors(dirs ?: default_dirs);

        *ret = (QemuFirmwares) { .items = g_new0(QemuFirmware, g_strv_length(paths) + 1) };
        for (char **path = paths; *path; path++)
                if (read_firmware(*path, ret->items + ret->n) > 0)
                        ret->n++;
}

void qemu_firmwares_clear(QemuFirmwares *firmwares)
{
        for (size_t i = 0; i < firmwares->n; i++)
                firmware_clear(firmwares->items + i);
        g_free(firmwares->items);
        *firmwares = (QemuFirmwares) {};
}
