/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Volume groups of LVM. */

#include "drivers/storage/storage_backend.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "drivers/ops_storage.h"
#include "drivers/storage/storage_probe.h"

#define LVM "/usr/sbin/lvm"
#define LVM_USEC (60 * USEC_PER_SEC)

static void lvm(StorageCommand *command, const char *verb)
{
        storage_command_set(command, LVM);
        storage_command_add(command, verb, NULL);
        command->capabilities = PROCESS_CAPABILITIES_ALL;
        command->keeps_mounts = true;
        command->timeout_usec = LVM_USEC;
}

static void add_devices(StorageCommand *command, const StoragePoolDef *pool)
{
        DEF_FOREACH(device, pool->devices)
                storage_command_add(command, device->path, NULL);
}

/* -- the group ----------------------------------------------------------------------------------------------- */

static int activate_command(StorageWork *work, StorageCommand *command, Error *error)
{
        lvm(command, "vgchange");
        storage_command_add(command, "--quiet", "-aly", "--", work->pool->source_name, NULL);
        return 0;
}

static int deactivate_command(StorageWork *work, StorageCommand *command, Error *error)
{
        lvm(command, "vgchange");
        storage_command_add(command, "--quiet", "-aln", "--", work->pool->source_name, NULL);
        return 0;
}

static int prepare_command(StorageWork *work, StorageCommand *command, Error *error)
{
        if (work->pool->devices.n == 0)
                return error_set(error, ERROR_XML_ERROR,
                                 "source: a volume group is built of devices, and none is named");
        lvm(command, "pvcreate");
        storage_command_add(command, "--quiet", NULL);
        /* otherwise it asks about what has something on it, and takes silence for a no */
        if (work->flags & STORAGE_POOL_BUILD_OVERWRITE)
                storage_command_add(command, "--yes", "--force", NULL);
        storage_command_add(command, "--", NULL);
        add_devices(command, work->pool);
        return 0;
}

static int build_command(StorageWork *work, StorageCommand *command, Error *error)
{
        lvm(command, "vgcreate");
        storage_command_add(command, "--quiet", "--", work->pool->source_name, NULL);
        add_devices(command, work->pool);
        return 0;
}

static int remove_command(StorageWork *work, StorageCommand *command, Error *error)
{
        if (work->flags)
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED, "a volume group is deleted without being zeroed");
        lvm(command, "vgremove");
        storage_command_add(command, "--quiet", "--force", "--", work->pool->source_name, NULL);
        return 0;
}

static int release_command(StorageWork *work, StorageCommand *command, Error *error)
{
        if (work->pool->devices.n == 0)
                return 1;
        lvm(command, "pvremove");
        storage_command_add(command, "--quiet", "--", NULL);
        add_devices(command, work->pool);
        return 0;
}

/* -- looking ------------------------------------------------------------------------------------------------- */

/* {"report":[{"<what>":[{…},…]}]}, which the parser owns; NULL: it is something else. */
static JsonArray *parse_report(JsonParser *parser, const char *text, const char *what)
{
        JsonObject *root, *report;
        JsonArray *reports;

        if (!json_parser_load_from_data(parser, text, -1, NULL) ||
            !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser)))
                return NULL;
        root = json_node_get_object(json_parser_get_root(parser));
        reports = json_object_has_member(root, "report") ? json_object_get_array_member(root, "report") : NULL;
        report = reports && json_array_get_length(reports) > 0 ? json_array_get_object_element(reports, 0) : NULL;
        return report && json_object_has_member(report, what) ? json_object_get_array_member(report, what) : NULL;
}

static int malformed(Error *error)
{
        return error_set(error, ERROR_OPERATION_FAILED, "the answer of lvm(8) is malformed");
}

static int measure_command(StorageWork *work, StorageCommand *command, Error *error)
{
        lvm(command, "vgs");
        storage_command_add(command, "--reportformat", "json", "--units", "b", "--nosuffix", "-o", "vg_size,vg_free",
                            "--", work->pool->source_name, NULL);
        return 0;
}

static uint64_t member_bytes(JsonObject *object, const char *name)
{
        uint64_t bytes = 0;

        (void) parse_u64(json_object_get_string_member_with_default(object, name, "0"), &bytes);
        return bytes;
}

static int measure_read(StorageWork *work, const char *output, Error *error)
{
        g_autoptr(JsonParser) parser = json_parser_new();
        JsonArray *groups = parse_report(parser, output, "vg");

        if (!groups || json_array_get_length(groups) != 1)
                return malformed(error);
        work->info.capacity = member_bytes(json_array_get_object_element(groups, 0), "vg_size");
        work->info.available = member_bytes(json_array_get_object_element(groups, 0), "vg_free");
        work->info.allocation = work->info.capacity - MIN(work->info.capacity, work->info.available);
        return 0;
}

static int list_command(StorageWork *work, StorageCommand *command, Error *error)
{
        lvm(command, "lvs");
        storage_command_add(command, "--reportformat", "json", "--units", "b", "--nosuffix", "-o",
                            "lv_name,lv_size,lv_attr,origin", "--", work->pool->source_name, NULL);
        return 0;
}

static int list_read(StorageWork *work, const char *output, Error *error)
{
        g_string_assign(work->text, output);
        return 0;
}

/* Position 0 of lv_attr is the kind, 4 the state, as lvs(8) has it: a thin pool is no volume. */
static bool is_volume(const char *attr)
{
        return strlen(attr) > 4 && attr[0] != 't' && attr[4] == 'a';
}

static int add_volume(StorageWork *work, JsonObject *row, Error *error)
{
        const char *name = json_object_get_string_member_with_default(row, "lv_name", "");
        const char *origin = json_object_get_string_member_with_default(row, "origin", "");
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = storage_vol_def_new(work->pool->type);
        uint64_t size = member_bytes(row, "lv_size");
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        def->type = STORAGE_VOL_BLOCK;
        def->name = arena_strdup(def->arena, name);
        def->target.path = arena_printf(def->arena, "%s/%s", work->pool->path, name);
        def->key = def->target.path;
        def_put(def, capacity, size);
        def_put(def, allocation, size);
        def_put(def, physical, size);
        if (*origin) {
                def->backing = arena_new0(def->arena, StorageVolTarget);
                def->backing->path = arena_printf(def->arena, "%s/%s", work->pool->path, origin);
        }
        fd = open(def->target.path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0 && fstat(fd, &st) == 0)
                storage_probe_target(fd, &st, def);
        r = storage_vol_def_seal(def, NULL, error);
        if (r >= 0)
                storage_work_add_found(work, g_steal_pointer(&def));
        return r;
}

static int list_work(StorageWork *work, Error *error)
{
        g_autoptr(JsonParser) parser = json_parser_new();
        JsonArray *rows = parse_report(parser, work->text->str, "lv");
        int r = rows ? 0 : malformed(error);

        for (guint i = 0; r >= 0 && i < json_array_get_length(rows); i++) {
                JsonObject *row = json_array_get_object_element(rows, i);

                if (is_volume(json_object_get_string_member_with_default(row, "lv_attr", "")))
                        r = add_volume(work, row, error);
        }
        return r;
}

/* -- volumes ------------------------------------------------------------------------------------------------- */

static char *volume_name(const StorageWork *work)
{
        return g_strdup_printf("%s/%s", work->pool->source_name, work->vol->name);
}

/* A volume has all its extents from the beginning; of a snapshot the allocation is room for what changes. */
static int create_command(StorageWork *work, StorageCommand *command, Error *error)
{
        const StorageVolDef *vol = work->vol;
        const uint64_t bytes = vol->backing ? vol->allocation : vol->capacity;
        g_autofree char *size = g_strdup_printf("%" PRIu64 "K", (bytes + 1023) / 1024);

        lvm(command, "lvcreate");
        storage_command_add(command, "--quiet", "--yes", "--name", vol->name, "-L", size, NULL);
        if (vol->backing)
                storage_command_add(command, "-s", "--", vol->backing->path, NULL);
        else
                storage_command_add(command, "--wipesignatures", "n", "--", work->pool->source_name, NULL);
        return 0;
}

static int create_read(StorageWork *work, const char *output, Error *error)
{
        work->is_made = true;
        return 0;
}

static int remove_volume_command(StorageWork *work, StorageCommand *command, Error *error)
{
        g_autofree char *name = volume_name(work);

        lvm(command, "lvremove");
        storage_command_add(command, "--quiet", "--force", "--", name, NULL);
        return 0;
}

static const StorageAction start[] = { { .command = activate_command }, {} };
static const StorageAction stop[] = { { .command = deactivate_command }, {} };
static const StorageAction build[] = { { .command = prepare_command }, { .command = build_command }, {} };
static const StorageAction remove_group[] = { { .command = remove_command }, { .command = release_command }, {} };
static const StorageAction create_volume[] = { { .command = create_command, .read = create_read }, {} };
static const StorageAction remove_volume[] = { { .command = remove_volume_command }, {} };
static const StorageAction scan[] = {
        { .command = measure_command, .read = measure_read },
        { .command = list_command, .read = list_read },
        { .work = list_work },
        {},
};

const StorageBackend storage_backend_logical = {
        .for_root = true,
        .program = LVM,
        .start = start,
        .stop = stop,
        .scan = scan,
        .build = build,
        .remove = remove_group,
        .create_volume = create_volume,
        .remove_volume = remove_volume,
};
