/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/storage_pool-contract.h"

#include <string.h>

#include "interfaces/list.h"
#include "interfaces/support.h"

static const StoragePoolOps *ops(const StoragePool *pool)
{
        return &pool->object.driver->info->storage_pool;
}

int storage_pool_property_active(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "b", storage_pool_is_active(pool));
}

int storage_pool_property_allocation(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "t", pool->info.allocation);
}

int storage_pool_property_autostart(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "b", pool->autostart);
}

int storage_pool_property_available(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "t", pool->info.available);
}

int storage_pool_property_capacity(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "t", pool->info.capacity);
}

int storage_pool_property_name(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "s", pool->name);
}

int storage_pool_property_path(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(storage_pool_def(pool, false)->path));
}

int storage_pool_property_persistent(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "b", pool->config != NULL);
}

int storage_pool_property_state(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "s", storage_pool_state_to_string(pool->state));
}

int storage_pool_property_type(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "s", storage_pool_type_to_string(storage_pool_def(pool, false)->type));
}

int storage_pool_property_uuid(sd_bus_message *reply, StoragePool *pool, Error *error)
{
        return sd_bus_message_append(reply, "s", pool->uuid);
}

int storage_pool_property_autostart_set(Call *call, StoragePool *pool,
                                        const StoragePoolPropertyAutostartSetArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(pool)->set_autostart)
                return error_unsupported(error, "virStoragePoolSetAutostart");
        r = call_job_begin(call, "set-autostart", &pool->object, 0, &job, error);
        if (r <= 0)
                return r;
        if (!pool->config)
                r = error_set(error, ERROR_INVALID_ARG, "pool has no config file");
        else
                r = ops(pool)->set_autostart(pool, args->value, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int storage_pool_build(Call *call, StoragePool *pool, const StoragePoolBuildArgs *args, Error *error)
{
        const uint32_t overwrite = STORAGE_POOL_BUILD_OVERWRITE | STORAGE_POOL_BUILD_NO_OVERWRITE;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if ((r = flags_check(args->flags, overwrite | STORAGE_POOL_BUILD_REPAIR | STORAGE_POOL_BUILD_RESIZE,
                             error)) < 0 ||
            (r = flags_check_exclusive(args->flags, overwrite, "overwrite and no-overwrite", error)) < 0)
                return r;
        if (!ops(pool)->build)
                return error_unsupported(error, "virStoragePoolBuild");
        r = call_job_begin(call, "build", &pool->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = storage_pool_check_inactive(pool, error);
        if (r >= 0)
                r = ops(pool)->build(pool, args->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int storage_pool_create(Call *call, StoragePool *pool, const StoragePoolCreateArgs *args, Error *error)
{
        const uint32_t overwrite = STORAGE_POOL_START_BUILD_OVERWRITE | STORAGE_POOL_START_BUILD_NO_OVERWRITE;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if ((r = flags_check(args->flags, overwrite | STORAGE_POOL_START_BUILD, error)) < 0 ||
            (r = flags_check_exclusive(args->flags, overwrite, "overwrite and no-overwrite", error)) < 0)
                return r;
        if (!ops(pool)->start)
                return error_unsupported(error, "virStoragePoolCreate");
        r = call_job_begin(call, "create", &pool->object, 0, &job, error);
        if (r <= 0)
                return r;
        if (storage_pool_is_active(pool))
                r = error_set(error, ERROR_OPERATION_INVALID, "storage pool '%s' is already active", pool->name);
        else
                r = ops(pool)->start(pool, pool->config, args->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int storage_pool_delete(Call *call, StoragePool *pool, const StoragePoolDeleteArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, STORAGE_POOL_DELETE_ZEROED, error);

        if (r < 0)
                return r;
        if (!ops(pool)->delete)
                return error_unsupported(error, "virStoragePoolDelete");
        r = call_job_begin(call, "delete", &pool->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = storage_pool_check_inactive(pool, error);
        if (r >= 0)
                r = ops(pool)->delete(pool, args->flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int storage_pool_destroy(Call *call, StoragePool *pool, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(pool)->stop)
                return error_unsupported(error, "virStoragePoolDestroy");
        r = call_job_begin(call, "destroy", &pool->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = storage_pool_check_active(pool, error);
        if (r >= 0)
                r = ops(pool)->stop(pool, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int storage_pool_undefine(Call *call, StoragePool *pool, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(pool)->undefine)
                return error_unsupported(error, "virStoragePoolUndefine");
        r = call_job_begin(call, "undefine", &pool->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = storage_pool_check_inactive(pool, error);
        if (r >= 0)
                r = ops(pool)->undefine(pool, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int storage_pool_refresh(Call *call, StoragePool *pool, const StoragePoolRefreshArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(pool)->refresh)
                return error_unsupported(error, "virStoragePoolRefresh");
        r = call_job_begin(call, "refresh", &pool->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = storage_pool_check_active(pool, error);
        if (r >= 0)
                r = ops(pool)->refresh(pool, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int storage_pool_get_info(Call *call, StoragePool *pool, Error *error)
{
        return call_reply(call, "(ittt)", (int32_t) pool->state, pool->info.capacity, pool->info.allocation,
                          pool->info.available);
}

int storage_pool_get_xml_desc(Call *call, StoragePool *pool, const StoragePoolGetXMLDescArgs *args, Error *error)
{
        enum { XML_INACTIVE = 1 << 0 }; /* virStorageXMLFlags */
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, XML_INACTIVE, error);

        if (r < 0)
                return r;
        xml = storage_pool_format(pool, args->flags & XML_INACTIVE);
        return call_reply(call, "s", xml);
}

static const Object *pool_of(const Object *vol)
{
        return &((const StorageVol *) vol)->pool->object;
}

static const ListInfo volumes_info = {
        .type = OBJECT_STORAGE_VOL,
        .function = "virStoragePoolListAllVolumes",
        .whole = pool_of,
};

int storage_pool_list_storage_volumes(Call *call, StoragePool *pool, const StoragePoolListStorageVolumesArgs *args,
                                      Error *error)
{
        int r = storage_pool_check_active(pool, error);

        return r < 0 ? r : list_reply_paths_of(call, &volumes_info, args->flags, &pool->object, error);
}

int storage_pool_list_storage_volumes_detailed(Call *call, StoragePool *pool,
                                               const StoragePoolListStorageVolumesDetailedArgs *args, Error *error)
{
        int r = storage_pool_check_active(pool, error);

        return r < 0 ? r : list_reply_details_of(call, &volumes_info, &args->options, &pool->object, error);
}

static const ObjectList *volumes_of(const StoragePool *pool)
{
        return pool->object.driver->lists[OBJECT_STORAGE_VOL];
}

int storage_pool_storage_vol_lookup_by_name(Call *call, StoragePool *pool,
                                            const StoragePoolStorageVolLookupByNameArgs *args, Error *error)
{
        const StorageVol *vol;
        int r = storage_pool_check_active(pool, error);

        if (r < 0)
                return r;
        vol = storage_vol_find_name(volumes_of(pool), pool, args->name);
        if (!vol || !vol->object.published)
                return error_set(error, ERROR_NO_STORAGE_VOL, "no storage vol with matching name '%s'", args->name);
        return call_reply_object(call, &vol->object);
}

enum {
        CREATE_VALIDATE = 1 << 2, /* VIR_STORAGE_VOL_CREATE_VALIDATE */
        CREATE_FLAGS = STORAGE_VOL_CREATE_PREALLOC_METADATA | STORAGE_VOL_CREATE_REFLINK | CREATE_VALIDATE,
};

/* Decodes, and asks whether the caller may create what stands there. 1: it may; 0: parked. */
static int read_volume(Call *call, StoragePool *pool, const char *xml, uint32_t flags, StorageVolParseFlags capacity,
                       StorageVolDef **ret, Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL;
        Details details = {};
        int r;

        r = flags_check(flags, CREATE_FLAGS, error);
        if (r < 0)
                return r;
        if (!ops(pool)->types || !pool->object.driver->info->storage_vol.create)
                return error_unsupported(error, "virStorageVolCreateXML");
        r = storage_vol_def_parse_in(storage_pool_def(pool, false)->type, xml, strlen(xml),
                                     capacity | (flags & CREATE_VALIDATE ? STORAGE_VOL_PARSE_VALIDATE : 0), NULL, &def,
                                     error);
        if (r < 0)
                return r;
        details_of_object(&details, &pool->object);
        details_add(&details, "vol_name", def->name);
        r = call_require(call, PERMISSION_STORAGE_VOL_CREATE, &details, error);
        if (r > 0)
                *ret = g_steal_pointer(&def);
        return r;
}

static int create(Call *call, StoragePool *pool, StorageVolDef *def, StorageVol *source, uint32_t flags, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = call_job_begin(call, "create-volume", &pool->object, 0, &job, error);

        if (r <= 0)
                return r;
        if ((r = storage_pool_check_active(pool, error)) >= 0 && (r = storage_vol_name_check(def->name, error)) >= 0)
                r = pool->object.driver->info->storage_vol.create(pool, def, source,
                                                                  flags & ~(uint32_t) CREATE_VALIDATE, job, error);
        return call_job_end(call, job, r, call_job_reply_object, error);
}

int storage_pool_storage_vol_create_xml(Call *call, StoragePool *pool, const StoragePoolStorageVolCreateXMLArgs *args,
                                        Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL;
        int r = read_volume(call, pool, args->xml, args->flags, STORAGE_VOL_PARSE_CAPACITY_OF_BACKING, &def, error);

        return r <= 0 ? r : create(call, pool, def, NULL, args->flags, error);
}

int storage_pool_storage_vol_create_xml_from(Call *call, StoragePool *pool,
                                             const StoragePoolStorageVolCreateXMLFromArgs *args, Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL;
        StorageVol *source;
        int r = read_volume(call, pool, args->xml, args->flags, STORAGE_VOL_PARSE_NO_CAPACITY, &def, error);

        if (r <= 0)
                return r;
        source = object_list_find(volumes_of(pool), args->key);
        if (!source)
                return error_set(error, ERROR_NO_STORAGE_VOL, "no storage vol with matching key '%s'", args->key);
        if (source->object.slot.job)
                return error_set(error, ERROR_RESOURCE_BUSY, "volume '%s' is being changed", source->name);
        return create(call, pool, def, source, args->flags, error);
}
