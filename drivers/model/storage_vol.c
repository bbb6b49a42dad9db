/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/storage_vol.h"

#include <string.h>

static void storage_vol_free(Object *object)
{
        StorageVol *vol = (StorageVol *) object;

        if (vol->data && vol->data_free)
                vol->data_free(vol->data);
        storage_vol_def_unref(vol->def);
        object_unref(vol->pool);
        g_free(vol->key);
        g_free(vol->name);
        g_free(vol);
}

static void storage_vol_describe(const Object *object, Details *details)
{
        const StorageVol *vol = (const StorageVol *) object;

        details_add(details, "pool_name", vol->pool->name);
        details_add(details, "pool_uuid", vol->pool->uuid);
        details_add(details, "vol_name", vol->name);
        details_add(details, "vol_key", vol->key);
}

static const ObjectClass storage_vol_class = {
        .type = OBJECT_STORAGE_VOL,
        .free = storage_vol_free,
        .describe = storage_vol_describe,
};

StorageVol *storage_vol_find_name(const ObjectList *list, const StoragePool *pool, const char *name)
{
        for (size_t i = 0; i < object_list_size(list); i++) {
                StorageVol *vol = object_list_get(list, i);

                if (vol->pool == pool && streq(vol->name, name))
                        return vol;
        }
        return NULL;
}

StorageVol *storage_vol_find_path(const ObjectList *list, const char *path)
{
        for (size_t i = 0; i < object_list_size(list); i++) {
                StorageVol *vol = object_list_get(list, i);

                if (vol->object.published && streq_ptr(vol->def->target.path, path))
                        return vol;
        }
        return NULL;
}

int storage_vol_list_add(ObjectList *list, StoragePool *pool, const StorageVolDef *def, StorageVol **ret, Error *error)
{
        StorageVol *vol;

        if (storage_vol_find_name(list, pool, def->name) || object_list_find_any(list, def->key))
                return error_set(error, ERROR_OPERATION_FAILED, "storage vol already exists");
        vol = g_new0(StorageVol, 1);
        vol->key = g_strdup(def->key);
        vol->name = g_strdup(def->name);
        vol->pool = object_ref(pool);
        vol->def = storage_vol_def_ref(def);
        vol->object = (Object) {
                .class = &storage_vol_class,
                .type = OBJECT_STORAGE_VOL,
                .n_ref = 1,
                .key = vol->key,
        };
        (void) object_list_add(list, &vol->object);
        *ret = vol;
        return 0;
}

int storage_vol_name_check(const char *name, Error *error)
{
        if (isempty(name) || strchr(name, '/') || streq(name, ".") || streq(name, ".."))
                return error_set(error, ERROR_OPERATION_FAILED, "volume name '%s' cannot contain '/'", strempty(name));
        if (strlen(name) > 255)
                return error_set(error, ERROR_OPERATION_FAILED, "the name of a volume is too long");
        return 0;
}

static int read_capacity(const StorageVol *vol, uint64_t capacity, StorageVolResizeFlags flags, uint64_t *ret,
                         Error *error)
{
        const uint64_t now = vol->def->capacity;

        if (!(flags & STORAGE_VOL_RESIZE_DELTA))
                *ret = capacity;
        else if (flags & STORAGE_VOL_RESIZE_SHRINK)
                *ret = now - MIN(now, capacity);
        else if (__builtin_add_overflow(now, capacity, ret))
                *ret = UINT64_MAX;
        if (*ret > INT64_MAX)
                return error_set(error, ERROR_OVERFLOW, "a capacity of %" PRIu64 " bytes is too large", *ret);
        if (*ret < now && !(flags & STORAGE_VOL_RESIZE_SHRINK))
                return error_set(error, ERROR_INVALID_ARG,
                                 "Can't shrink capacity below current capacity unless shrink flag explicitly "
                                 "specified");
        return 0;
}

int storage_vol_resized(const StorageVol *vol, uint64_t capacity, StorageVolResizeFlags flags, StorageVolDef **ret,
                        Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = storage_vol_def_copy(vol->def);
        uint64_t bytes = 0, room;
        int r = read_capacity(vol, capacity, flags, &bytes, error);

        if (r < 0)
                return r;
        room = vol->pool->info.available;
        if (bytes > def->allocation && (flags & STORAGE_VOL_RESIZE_ALLOCATE) && bytes - def->allocation > room)
                return error_set(error, ERROR_OPERATION_FAILED, "Not enough space left in storage pool");
        def_put(def, capacity, bytes);
        if ((flags & STORAGE_VOL_RESIZE_ALLOCATE) || def->allocation > bytes)
                def_put(def, allocation, bytes);
        r = storage_vol_def_seal(def, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&def);
        return r;
}

void storage_vol_set_def(StorageVol *vol, const StorageVolDef *def)
{
        StorageVolDef *old = vol->def;
        uint64_t mask = 0;

        if (old->capacity != def->capacity || old->allocation != def->allocation)
                mask |= STORAGE_VOL_CHANGED_INFO;
        if (old->type != def->type || !streq_ptr(old->target.format, def->target.format))
                mask |= STORAGE_VOL_CHANGED_CONFIG;
        vol->def = storage_vol_def_ref(def);
        storage_vol_def_unref(old);
        object_changed(&vol->object, mask);
}
