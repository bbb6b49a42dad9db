/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_firmware.h"

#include "drivers/qemu/json_stream.h"
#include "drivers/qemu/qemu_caps_private.h"
#include "drivers/qemu/qmp.h"

/* Of one descriptor; they have about 1 KiB. */
#define DESCRIPTOR_MAX ((size_t) 64 * 1024)

static uint32_t read_words(JsonObject *object, const char *member)
{
        static const struct {
                const char *word;
                FirmwareFeature feature;
        } table[] = {
                { "bios", FIRMWARE_BIOS },
                { "uefi", FIRMWARE_UEFI },
                { "acpi-s3", FIRMWARE_ACPI_S3 },
                { "acpi-s4", FIRMWARE_ACPI_S4 },
                { "amd-sev", FIRMWARE_AMD_SEV },
                { "amd-sev-es", FIRMWARE_AMD_SEV_ES },
                { "amd-sev-snp", FIRMWARE_AMD_SEV_SNP },
                { "intel-tdx", FIRMWARE_INTEL_TDX },
                { "secure-boot", FIRMWARE_SECURE_BOOT },
                { "enrolled-keys", FIRMWARE_ENROLLED_KEYS },
                { "requires-smm", FIRMWARE_REQUIRES_SMM },
        };
        JsonArray *array = NULL;
        uint32_t features = 0;

        if (qmp_get_array(object, member, &array) <= 0)
                return 0;
        for (guint i = 0; i < json_array_get_length(array); i++) {
                JsonNode *node = json_array_get_element(array, i);

                if (json_node_get_value_type(node) != G_TYPE_STRING)
                        continue;
                for (size_t k = 0; k < ELEMENTSOF(table); k++)
                        if (streq(json_node_get_string(node), table[k].word))
                                features |= table[k].feature;
        }
        return features;
}

static int read_path(JsonObject *object, char **ret)
{
        const char *name = NULL;

        if (qmp_get_string(object, "filename", &name) <= 0 || *name != '/')
                return -EBADMSG;
        *ret = g_strdup(name);
        return 0;
}

static int read_file(JsonObject *mapping, const char *member, char **ret_name, char **ret_format)
{
        const char *format = NULL;
        JsonObject *file = NULL;
        int r;

        r = qmp_get_object(mapping, member, &file);
        if (r <= 0)
                return r < 0 ? r : -ENOENT;
        if (qmp_get_string(file, "format", &format) <= 0)
                return -EBADMSG;
        r = read_path(file, ret_name);
        if (r >= 0)
                *ret_format = g_strdup(format);
        return r;
}

/* A descriptor that names no mode is older than the others. */
static int read_flash(JsonObject *mapping, Firmware *firmware)
{
        const char *mode = NULL;
        int r = read_file(mapping, "executable", &firmware->executable, &firmware->format);

        if (r < 0 || qmp_get_string(mapping, "mode", &mode) < 0)
                return -EBADMSG;
        if (!mode || streq(mode, "split")) {
                firmware->mode = FIRMWARE_SPLIT;
                return read_file(mapping, "nvram-template", &firmware->nvram, &firmware->nvram_format);
        }
        if (!streq(mode, "combined") && !streq(mode, "stateless"))
                return -ENOTSUP;
        firmware->mode = streq(mode, "combined") ? FIRMWARE_COMBINED : FIRMWARE_STATELESS;
        return 0;
}

static int read_mapping(JsonObject *root, Firmware *firmware)
{
        const char *device = NULL;
        JsonObject *mapping = NULL;

        if (qmp_get_object(root, "mapping", &mapping) <= 0 || qmp_get_string(mapping, "device", &device) <= 0)
                return -EBADMSG;
        if (streq(device, "flash")) {
                firmware->device = FIRMWARE_FLASH;
                return read_flash(mapping, firmware);
        }
        if (!streq(device, "memory"))
                return -ENOTSUP;
        firmware->device = FIRMWARE_MEMORY;
        firmware->format = g_strdup("raw");
        return read_path(mapping, &firmware->executable);
}

static int read_targets(JsonObject *root, Firmware *firmware)
{
        JsonArray *targets = NULL, *machines = NULL;
        const char *word = NULL;

        if (qmp_get_array(root, "targets", &targets) <= 0)
                return -EBADMSG;
        for (guint i = 0; i < json_array_get_length(targets); i++) {
                JsonObject *target = qmp_array_object(targets, i);

                if (!target || qmp_get_string(target, "architecture", &word) <= 0 ||
                    qmp_get_array(target, "machines", &machines) <= 0)
                        continue;
                for (guint k = 0; k < json_array_get_length(machines); k++) {
                        JsonNode *node = json_array_get_element(machines, k);

                        if (json_node_get_value_type(node) == G_TYPE_STRING)
                                firmware_add_target(firmware, qemu_arch_from_target(word),
                                                    json_node_get_string(node));
                }
        }
        return 0;
}

int qemu_firmware_parse(const char *name, const char *text, size_t size, Firmware *ret)
{
        _cleanup_(firmware_clear) Firmware firmware = {};
        g_autoptr(JsonNode) tree = NULL;
        JsonObject *root;

        if (json_parse(name, text, size, JSON_DEPTH_MAX, &tree, NULL) < 0)
                return -EBADMSG;
        root = qmp_node_object(tree);
        if (!root || read_targets(root, &firmware) < 0 || read_mapping(root, &firmware) < 0)
                return -EBADMSG;
        firmware.features = read_words(root, "interface-types") | read_words(root, "features");
        *ret = firmware;
        firmware = (Firmware) {};
        return 0;
}

static int read_firmware(const char *path, Firmware *ret)
{
        g_autofree char *text = NULL;
        size_t size;
        int r = read_file_at(AT_FDCWD, path, DESCRIPTOR_MAX, &text, &size);

        return r < 0 ? r : qemu_firmware_parse(path, text, size, ret);
}

char **qemu_descriptors_list(QemuFirmwareDirs dirs)
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

void qemu_firmwares_read(QemuFirmwareDirs dirs, Firmwares *ret)
{
        g_autofree char *own = g_build_filename(g_get_user_config_dir(), "qemu/firmware", NULL);
        const char *const system_dirs[] = { own, "/etc/qemu/firmware", "/usr/share/qemu/firmware", NULL };
        g_auto(GStrv) paths = qemu_descriptors_list(dirs ?: geteuid() == 0 ? system_dirs + 1 : system_dirs);

        *ret = (Firmwares) { .items = g_new0(Firmware, g_strv_length(paths) + 1) };
        for (char **path = paths; *path; path++)
                if (read_firmware(*path, ret->items + ret->n) >= 0)
                        ret->n++;
}

/* What the worker owns. */
typedef struct FirmwareTask {
        Firmwares firmwares;
        QemuFirmwaresDone done;
        void *userdata;
} FirmwareTask;

static void task_free(void *data)
{
        FirmwareTask *task = data;

        firmwares_clear(&task->firmwares);
        g_free(task);
}

static int task_run(void *data, Error *error)
{
        FirmwareTask *task = data;

        qemu_firmwares_read(NULL, &task->firmwares);
        return 0;
}

static void task_done(void *userdata, int r, Error *error)
{
        FirmwareTask *task = userdata;

        if (r < 0)
                error_fill(error, r);
        task->done(task->userdata, r < 0 ? NULL : &task->firmwares, error);
}

WorkerTask *qemu_firmwares_read_later(WorkerPool *pool, QemuFirmwaresDone done, void *userdata)
{
        FirmwareTask *task = g_new0(FirmwareTask, 1);

        task->done = done;
        task->userdata = userdata;
        return worker_run(pool, task_run, task, task_free, task_done, task);
}
