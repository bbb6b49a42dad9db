/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_firmware.h"

#include "drivers/qemu/json_stream.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qmp.h"
#include "service/base/store.h"

/* Of one descriptor; they have about 1 KiB. */
#define DESCRIPTOR_MAX ((size_t) 64 * 1024)

static const char *const default_dirs[] = { "/etc/qemu/firmware", "/usr/share/qemu/firmware", NULL };

/* What a descriptor says, as far as it counts here. Strings belong to the tree. */
typedef struct Firmware {
        JsonNode *tree;
        const char *executable, *executable_format;
        const char *nvram, *nvram_format; /* NULL: it keeps no variables */
        JsonArray *targets;
        bool uefi;
        bool secure_boot;
        bool requires_smm;
} Firmware;

static void firmware_clear(Firmware *firmware)
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
static int read_mapping(JsonObject *root, Firmware *firmware)
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

static int read_firmware(const char *path, Firmware *ret)
{
        _cleanup_(firmware_clear) Firmware firmware = {};
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

static bool suits_machine(const Firmware *firmware, const DomainOs *os)
{
        for (guint i = 0; i < json_array_get_length(firmware->targets); i++) {
                JsonObject *target = qmp_array_object(firmware->targets, i);
                const char *arch = NULL;
                JsonArray *machines = NULL;

                if (!target || qmp_get_string(target, "architecture", &arch) <= 0 ||
                    !streq_ptr(arch, os->arch) || qmp_get_array(target, "machines", &machines) <= 0)
                        continue;
                for (guint k = 0; k < json_array_get_length(machines); k++) {
                        JsonNode *node = json_array_get_element(machines, k);

                        if (json_node_get_value_type(node) == G_TYPE_STRING &&
                            g_pattern_match_simple(json_node_get_string(node), strempty(os->machine)))
                                return true;
                }
        }
        return false;
}

/* Whether it is what the definition asks for. */
static bool suits(const Firmware *firmware, const DomainDef *def)
{
        const DomainOs *os = &def->os;

        if (os->loader)
                return streq(os->loader, firmware->executable);
        if (!firmware->uefi || !suits_machine(firmware, os))
                return false;
        if (firmware->requires_smm && def->features.smm == TRISTATE_OFF)
                return false;
        if (os->loader_secure == TRISTATE_YES && !(firmware->secure_boot && firmware->requires_smm))
                return false;
        if (os->loader_secure == TRISTATE_NO && firmware->requires_smm)
                return false;
        return (os->loader_stateless == TRISTATE_YES) == (firmware->nvram == NULL);
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

static bool find_firmware(const DomainDef *def, QemuFirmwareDirs dirs, Firmware *ret)
{
        g_auto(GStrv) paths = list_descriptors(dirs ?: default_dirs);

        for (char **path = paths; *path; path++) {
                _cleanup_(firmware_clear) Firmware firmware = {};

                if (read_firmware(*path, &firmware) == 0 || !suits(&firmware, def))
                        continue;
                *ret = firmware;
                firmware.tree = NULL;
                return true;
        }
        return false;
}

static void fill_in(DomainDef *def, const Firmware *firmware, const char *nvram_dir)
{
        DomainOs *os = &def->os;

        if (!os->loader) {
                os->loader = domain_def_strdup(def, firmware->executable);
                os->loader_type = DOMAIN_LOADER_PFLASH;
                os->loader_readonly = TRISTATE_YES;
                if (!streq(firmware->executable_format, "raw"))
                        os->loader_format = domain_def_strdup(def, firmware->executable_format);
                if (firmware->requires_smm) {
                        def->features.smm = TRISTATE_ON;
                        os->loader_secure = TRISTATE_YES;
                }
        }
        if (!firmware->nvram || os->loader_stateless == TRISTATE_YES)
                return;
        if (!os->nvram)
                os->nvram = domain_def_printf(def, "%s/%s_VARS.fd", nvram_dir, def->name);
        if (!os->nvram_template) {
                os->nvram_template = domain_def_strdup(def, firmware->nvram);
                if (!streq(firmware->nvram_format, "raw"))
                        os->nvram_template_format = domain_def_strdup(def, firmware->nvram_format);
        }
        /* The store is a copy of the template. */
        if (!os->nvram_format)
                os->nvram_format = os->nvram_template_format;
}

bool qemu_firmware_is_needed(const DomainDef *def)
{
        const DomainOs *os = &def->os;

        if (!os->loader)
                return os->firmware == DOMAIN_FIRMWARE_EFI;
        return os->loader_type == DOMAIN_LOADER_PFLASH && os->loader_readonly != TRISTATE_NO &&
               os->loader_stateless != TRISTATE_YES && !(os->nvram && os->nvram_template);
}

int qemu_firmware_choose(const DomainDef *def, QemuFirmwareDirs dirs, const char *nvram_dir, DomainDef **ret,
                         Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = NULL;
        _cleanup_(firmware_clear) Firmware firmware = {};
        int r;

        if (!qemu_firmware_is_needed(def)) {
                *ret = domain_def_ref(def);
                return 0;
        }
        if (!find_firmware(def, dirs, &firmware)) {
                if (!def->os.loader)
                        return qemu_refuse(def, NULL, "os/@firmware", error,
                                           "the host has no UEFI firmware for the machine '%s' with these "
                                           "features",
                                           strempty(def->os.machine));
                *ret = domain_def_ref(def);
                return 0;
        }
        copy = domain_def_copy(def);
        fill_in(copy, &firmware, nvram_dir);
        r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}

/* What the worker owns. */
typedef struct FirmwareTask {
        DomainDef *def, *result;
        char *nvram_dir;
        QemuFirmwareDone done;
        void *userdata;
} FirmwareTask;

static void task_free(void *data)
{
        FirmwareTask *task = data;

        domain_def_unref(task->def);
        domain_def_unref(task->result);
        g_free(task->nvram_dir);
        g_free(task);
}

static int task_run(void *data, Error *error)
{
        FirmwareTask *task = data;

        return qemu_firmware_choose(task->def, NULL, task->nvram_dir, &task->result, error);
}

static void task_done(void *userdata, int r, Error *error)
{
        FirmwareTask *task = userdata;

        if (r < 0)
                error_fill(error, r);
        task->done(task->userdata, g_steal_pointer(&task->result), error);
}

WorkerTask *qemu_firmware_choose_later(WorkerPool *pool, const DomainDef *def, const char *nvram_dir,
                                       QemuFirmwareDone done, void *userdata)
{
        FirmwareTask *task = g_new0(FirmwareTask, 1);

        task->def = domain_def_ref(def);
        task->nvram_dir = g_strdup(nvram_dir);
        task->done = done;
        task->userdata = userdata;
        return worker_run(pool, task_run, task, task_free, task_done, task);
}
