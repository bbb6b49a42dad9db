/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Storage pools and volumes of a driver: looked up, listed, defined, and looked for on the host. */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/list.h"
#include "interfaces/lookup.h"
#include "interfaces/support.h"

/* virConnectListAllStoragePoolsFlags */
enum {
        LIST_INACTIVE = 1 << 0,
        LIST_ACTIVE = 1 << 1,
        LIST_PERSISTENT = 1 << 2,
        LIST_TRANSIENT = 1 << 3,
        LIST_AUTOSTART = 1 << 4,
        LIST_NO_AUTOSTART = 1 << 5,
        LIST_TYPES = 0xfffc0,
};

static const uint32_t list_groups[] = {
        LIST_INACTIVE | LIST_ACTIVE,
        LIST_PERSISTENT | LIST_TRANSIENT,
        LIST_AUTOSTART | LIST_NO_AUTOSTART,
        LIST_TYPES,
};

static uint32_t type_flag(StoragePoolType type)
{
        static const uint8_t bits[_STORAGE_POOL_TYPE_MAX] = {
                [STORAGE_POOL_DIR] = 6,        [STORAGE_POOL_FS] = 7,       [STORAGE_POOL_NETFS] = 8,
                [STORAGE_POOL_LOGICAL] = 9,    [STORAGE_POOL_DISK] = 10,    [STORAGE_POOL_ISCSI] = 11,
                [STORAGE_POOL_SCSI] = 12,      [STORAGE_POOL_MPATH] = 13,   [STORAGE_POOL_RBD] = 14,
                [STORAGE_POOL_SHEEPDOG] = 15,  [STORAGE_POOL_GLUSTER] = 16, [STORAGE_POOL_ZFS] = 17,
                [STORAGE_POOL_VSTORAGE] = 18,  [STORAGE_POOL_ISCSI_DIRECT] = 19,
        };

        return UINT32_C(1) << bits[type];
}

static uint32_t pool_facts(const Object *object)
{
        const StoragePool *pool = (const StoragePool *) object;

        return (storage_pool_is_active(pool) ? LIST_ACTIVE : LIST_INACTIVE) |
               (pool->config ? LIST_PERSISTENT : LIST_TRANSIENT) |
               (pool->autostart ? LIST_AUTOSTART : LIST_NO_AUTOSTART) | type_flag(storage_pool_def(pool, false)->type);
}

static const ListInfo pools_info = {
        .type = OBJECT_STORAGE_POOL,
        .function = "virConnectListAllStoragePools",
        .groups = list_groups,
        .n_groups = ELEMENTSOF(list_groups),
        .facts = pool_facts,
        .active = LIST_ACTIVE,
        .inactive = LIST_INACTIVE,
};

int connect_list_storage_pools(Call *call, Driver *connect, const ConnectListStoragePoolsArgs *args, Error *error)
{
        return list_reply_paths(call, &pools_info, args->flags, NULL, error);
}

int connect_list_storage_pools_detailed(Call *call, Driver *connect, const ConnectListStoragePoolsDetailedArgs *args,
                                        Error *error)
{
        return list_reply_details(call, &pools_info, &args->options, NULL, error);
}

int connect_storage_pool_lookup_by_uuid(Call *call, Driver *connect, const ConnectStoragePoolLookupByUUIDArgs *args,
                                        Error *error)
{
        return lookup_by_uuid(call, OBJECT_STORAGE_POOL, args->uuid, error);
}

int connect_storage_pool_lookup_by_name(Call *call, Driver *connect, const ConnectStoragePoolLookupByNameArgs *args,
                                        Error *error)
{
        return lookup_by_name(call, OBJECT_STORAGE_POOL, args->name, "virStoragePoolLookupByName", error);
}

int connect_storage_pool_lookup_by_target_path(Call *call, Driver *connect,
                                               const ConnectStoragePoolLookupByTargetPathArgs *args, Error *error)
{
        const ObjectList *list = connect->lists[OBJECT_STORAGE_POOL];
        _cleanup_(arena_unrefp) Arena *arena = arena_new();
        const char *path = storage_path_clean(arena, args->path);

        if (!list)
                return error_unsupported(error, "virStoragePoolLookupByTargetPath");
        for (size_t i = 0; i < object_list_size(list); i++) {
                const StoragePool *pool = object_list_get(list, i);

                if (pool->object.published && pool->live && streq_ptr(pool->live->path, path))
                        return call_reply_object(call, &pool->object);
        }
        return error_set(error, ERROR_NO_STORAGE_POOL, "no storage pool with matching target path '%s'", path);
}

int connect_storage_pool_lookup_by_volume(Call *call, Driver *connect, const ConnectStoragePoolLookupByVolumeArgs *args,
                                          Error *error)
{
        Object *object;
        int r = call_resolve(call, args->storage_vol, OBJECT_STORAGE_VOL, &object, error);

        return r < 0 ? r : call_reply_object(call, &((StorageVol *) object)->pool->object);
}

int connect_storage_vol_lookup_by_key(Call *call, Driver *connect, const ConnectStorageVolLookupByKeyArgs *args,
                                      Error *error)
{
        const ObjectList *list = connect->lists[OBJECT_STORAGE_VOL];
        const Object *object;

        if (!list)
                return error_unsupported(error, "virStorageVolLookupByKey");
        object = object_list_find(list, args->key);
        if (!object)
                return error_set(error, ERROR_NO_STORAGE_VOL, "no storage vol with matching key '%s'", args->key);
        return call_reply_object(call, object);
}

int connect_storage_vol_lookup_by_path(Call *call, Driver *connect, const ConnectStorageVolLookupByPathArgs *args,
                                       Error *error)
{
        const ObjectList *list = connect->lists[OBJECT_STORAGE_VOL];
        const StorageVol *vol;

        if (!list)
                return error_unsupported(error, "virStorageVolLookupByPath");
        vol = storage_vol_find_path(list, args->path);
        if (!vol)
                return error_set(error, ERROR_NO_STORAGE_VOL, "no storage vol with matching path '%s'", args->path);
        return call_reply_object(call, &vol->object);
}

/* Decodes, and asks for both permissions with what stands in the definition. 1: granted; 0: parked. */
static int read_pool(Call *call, const Driver *driver, const char *xml, bool validate, Permission second,
                     StoragePoolDef **ret, Error *error)
{
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = NULL;
        Details details = {};
        int r;

        r = storage_pool_def_parse(xml, strlen(xml), validate ? DEFINITION_PARSE_VALIDATE : 0, NULL, &def, error);
        if (r < 0)
                return r;
        details_of_driver(&details, driver);
        storage_pool_def_describe(def, &details);
        if ((r = call_require(call, PERMISSION_STORAGE_POOL_WRITE, &details, error)) <= 0 ||
            (r = call_require(call, second, &details, error)) <= 0)
                return r;
        if (!(driver->info->storage_pool.types(driver) & (UINT32_C(1) << def->type)))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "missing backend for pool type '%s'",
                                 storage_pool_type_to_string(def->type));
        *ret = storage_pool_def_with_uuid(def);
        return 1;
}

/* Occupies the pool of the definition, which is made when there is none. */
static int begin(Call *call, const char *kind, const StoragePoolDef *def, StoragePool **ret, Job **ret_job,
                 Error *error)
{
        ObjectList *list = call_driver(call)->lists[OBJECT_STORAGE_POOL];
        StoragePool *pool = NULL;
        bool is_new;
        int r;

        r = storage_pool_list_check(list, def, &pool, error);
        is_new = !pool;
        if (r >= 0 && is_new)
                r = storage_pool_list_add(list, def, &pool, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, kind, &pool->object, 0, ret_job, error);
        if (r <= 0 && is_new)
                object_remove(&pool->object);
        *ret = pool;
        return r;
}

static int reply_pool(Call *call, Job *job, Error *error)
{
        return call_reply_object(call, job_object(job));
}

int connect_storage_pool_define_xml(Call *call, Driver *connect, const ConnectStoragePoolDefineXMLArgs *args,
                                    Error *error)
{
        enum { DEFINE_VALIDATE = 1 << 0 }; /* virStoragePoolDefineFlags */
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        StoragePool *pool = NULL;
        int r = flags_check(args->flags, DEFINE_VALIDATE, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, storage_pool.define))
                return error_unsupported(error, "virStoragePoolDefineXML");
        if ((r = read_pool(call, connect, args->xml, args->flags & DEFINE_VALIDATE, PERMISSION_STORAGE_POOL_SAVE, &def,
                           error)) <= 0 ||
            (r = begin(call, "define", def, &pool, &job, error)) <= 0)
                return r;
        r = connect->info->storage_pool.define(pool, def, job, error);
        return call_job_end(call, job, r, reply_pool, error);
}

int connect_storage_pool_create_xml(Call *call, Driver *connect, const ConnectStoragePoolCreateXMLArgs *args,
                                    Error *error)
{
        enum { CREATE_VALIDATE = 1 << 3 }; /* VIR_STORAGE_POOL_CREATE_VALIDATE */
        const uint32_t overwrite = STORAGE_POOL_START_BUILD_OVERWRITE | STORAGE_POOL_START_BUILD_NO_OVERWRITE;
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        StoragePool *pool = NULL;
        int r;

        if ((r = flags_check(args->flags, overwrite | STORAGE_POOL_START_BUILD | CREATE_VALIDATE, error)) < 0 ||
            (r = flags_check_exclusive(args->flags, overwrite, "overwrite and no-overwrite", error)) < 0)
                return r;
        if (!driver_supports(connect, storage_pool.start))
                return error_unsupported(error, "virStoragePoolCreateXML");
        if ((r = read_pool(call, connect, args->xml, args->flags & CREATE_VALIDATE, PERMISSION_STORAGE_POOL_START, &def,
                           error)) <= 0 ||
            (r = begin(call, "create", def, &pool, &job, error)) <= 0)
                return r;
        if (storage_pool_is_active(pool))
                r = error_set(error, ERROR_OPERATION_INVALID, "pool is already active as '%s'", pool->name);
        else
                r = connect->info->storage_pool.start(pool, def, args->flags & ~(uint32_t) CREATE_VALIDATE, job, error);
        return call_job_end(call, job, r, reply_pool, error);
}

int connect_find_storage_pool_sources(Call *call, Driver *connect, const ConnectFindStoragePoolSourcesArgs *args,
                                      Error *error)
{
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *source = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        int type = storage_pool_type_from_string(args->type);
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, storage_pool.find_sources))
                return error_unsupported(error, "virConnectFindStoragePoolSources");
        if (type < 0)
                return error_set(error, ERROR_INVALID_ARG, "unknown storage pool type %s", args->type);
        if (*args->src_spec)
                r = storage_pool_source_parse((StoragePoolType) type, args->src_spec, strlen(args->src_spec), &source,
                                              error);
        if (r < 0)
                return r;
        r = call_job_begin(call, "find-storage", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        r = connect->info->storage_pool.find_sources(connect, (StoragePoolType) type, source, job, error);
        return call_job_end(call, job, r, call_job_reply_text, error);
}

static void append_formats(GString *out, const char *element, const char *name, const char *const *formats,
                           const char *otherwise)
{
        if (!formats)
                return;
        g_string_append_printf(out, "    <%s>\n      <defaultFormat type='%s'/>\n      <enum name='%s'>\n", element,
                               otherwise, name);
        for (; *formats; formats++)
                g_string_append_printf(out, "        <value>%s</value>\n", *formats);
        g_string_append_printf(out, "      </enum>\n    </%s>\n", element);
}

int connect_get_storage_pool_capabilities(Call *call, Driver *connect,
                                          const ConnectGetStoragePoolCapabilitiesArgs *args, Error *error)
{
        g_autofree char *xml = NULL;
        uint32_t types;
        GString *out;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, storage_pool.types))
                return error_unsupported(error, "virConnectGetStoragePoolCapabilities");
        types = connect->info->storage_pool.types(connect);
        out = g_string_new("<storagepoolCapabilities>\n");
        for (StoragePoolType type = 1; type < _STORAGE_POOL_TYPE_MAX; type++) {
                g_string_append_printf(out, "  <pool type='%s' supported='%s'>\n", storage_pool_type_to_string(type),
                                       types & (UINT32_C(1) << type) ? "yes" : "no");
                append_formats(out, "poolOptions", "sourceFormatType", storage_pool_formats(type),
                               storage_pool_default_format(type));
                append_formats(out, "volOptions", "targetFormatType", storage_vol_formats(type),
                               storage_vol_default_format(type));
                g_string_append(out, "  </pool>\n");
        }
        g_string_append(out, "</storagepoolCapabilities>\n");
        xml = g_string_free(out, FALSE);
        return call_reply(call, "s", xml);
}
