/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_driver.h"

#include "drivers/storage/storage_private.h"

#define LOG_CATEGORY "storage"
#include "service/base/log.h"

static uint32_t part_types(const Driver *driver)
{
        return storage_part(driver)->types;
}

static void storage_install(DriverInfo *info)
{
        info->storage_pool = (StoragePoolOps) {
                .types = part_types,
                .define = storage_pools_define,
                .undefine = storage_pools_undefine,
                .start = storage_pools_start,
                .stop = storage_pools_stop,
                .build = storage_pools_build,
                .delete = storage_pools_delete,
                .refresh = storage_pools_refresh,
                .set_autostart = storage_pools_set_autostart,
                .find_sources = storage_sources_find,
        };
        info->storage_vol = (StorageVolOps) {
                .create = storage_volumes_create,
                .delete = storage_volumes_delete,
                .resize = storage_volumes_resize,
                .wipe = storage_volumes_wipe,
                .download = storage_volumes_download,
                .upload = storage_volumes_upload,
        };
}

static uint32_t find_types(const DriverHost *host)
{
        uint32_t types = 0;

        for (StoragePoolType type = 1; type < _STORAGE_POOL_TYPE_MAX; type++) {
                const StorageBackend *backend = storage_backend(type);

                if (backend && !(backend->for_root && host->session) &&
                    (!backend->program || access(backend->program, X_OK) == 0))
                        types |= UINT32_C(1) << type;
        }
        return types;
}

static int parse(const NamedText *stored, StoragePoolDef **ret, Error *error)
{
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = NULL;
        int r = storage_pool_def_parse(stored->text, stored->size, DEFINITION_PARSE_STORED, NULL, &def, error);

        if (r < 0)
                return r;
        if (!streq(def->name, stored->name))
                return error_set(error, ERROR_XML_ERROR, "the name in it is not that of the file");
        if (!def->uuid)
                return error_set(error, ERROR_XML_ERROR, "it has no UUID");
        if (!storage_backend(def->type))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "pools of the type '%s' are not supported",
                                 storage_pool_type_to_string(def->type));
        *ret = g_steal_pointer(&def);
        return 0;
}

static int take_stored(const NamedText *stored, void *userdata, Error *error)
{
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = NULL;
        ObjectList *list = userdata;
        StoragePool *pool;
        int r = parse(stored, &def, error);

        if (r >= 0)
                r = storage_pool_list_add(list, def, &pool, error);
        if (r < 0)
                return r;
        storage_pool_set_config(pool, def);
        storage_pool_set_autostart(pool, stored->autostart);
        object_publish(&pool->object);
        return 0;
}

static int take_running(const NamedText *stored, void *userdata, Error *error)
{
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = NULL;
        ObjectList *list = userdata;
        StoragePool *pool;
        int r = parse(stored, &def, error);

        if (r < 0)
                return r;
        pool = object_list_find(list, def->uuid);
        r = pool ? 0 : storage_pool_list_add(list, def, &pool, error);
        if (r < 0)
                return r;
        storage_pool_set_state(pool, STORAGE_POOL_RUNNING, def);
        if (!pool->object.published)
                object_publish(&pool->object);
        return 0;
}

static Part *storage_part_close(Part *part)
{
        StoragePart *own = (StoragePart *) part;

        if (!own)
                return NULL;
        storage_boot_free(own->boot);
        g_clear_pointer(&own->transfers, g_ptr_array_unref);
        g_clear_pointer(&own->farewells, g_ptr_array_unref);
        launcher_free(own->launcher);
        named_store_free(own->store);
        g_free(own);
        return NULL;
}

static void part_close(StoragePart **part)
{
        if (*part)
                storage_part_close(&(*part)->part);
}

static int open_own(StoragePart *part, Error *error)
{
        const DriverPaths *paths = part->driver->host->paths;
        g_autofree char *dir = g_build_filename(paths->config, "storage", NULL);
        g_autofree char *run_dir = g_build_filename(paths->run, "storage", NULL);
        g_autofree char *exec_path = paths->libexec ? g_build_filename(paths->libexec, "virtbus-exec", NULL) : NULL;
        ObjectList *list = part->driver->lists[OBJECT_STORAGE_POOL];
        int r = named_store_open(dir, run_dir, "storage pool", &part->store, error);

        if (r >= 0)
                r = launcher_new(part->driver->host->event, exec_path, &part->launcher, error);
        if (r >= 0)
                r = named_store_load(part->store, take_stored, list, error);
        if (r >= 0)
                r = named_store_load_running(part->store, take_running, list, error);
        return r;
}

static int storage_part_open(Driver *driver, Part **ret, Error *error)
{
        _cleanup_(part_close) StoragePart *part = g_new0(StoragePart, 1);
        int r;

        part->part.info = &storage_part_info;
        part->driver = driver;
        part->types = find_types(driver->host);
        part->farewells = storage_farewells_new();
        part->transfers = storage_transfers_new();
        r = open_own(part, error);
        if (r < 0)
                return r;
        log_info("%zu storage pools loaded", object_list_size(driver->lists[OBJECT_STORAGE_POOL]));
        part->boot = storage_boot_begin(part);
        *ret = &g_steal_pointer(&part)->part;
        return 0;
}

const PartInfo storage_part_info = {
        .name = "storage",
        .kinds = DRIVER_KIND(OBJECT_STORAGE_POOL) | DRIVER_KIND(OBJECT_STORAGE_VOL),
        .install = storage_install,
        .open = storage_part_open,
        .close = storage_part_close,
};
