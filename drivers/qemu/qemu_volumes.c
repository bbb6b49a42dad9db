/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_volumes.h"

typedef struct Search {
        const Driver *driver;
        Arena *arena; /* of the definition that is changed; NULL: none is */
        int (*visit)(const struct Search *search, DomainStorage *source, Error *error);
} Search;

/* Of each volume, disks and the layers that they build upon. Ends with the first result that is not 0. */
static int search(const Search *s, const DomainDef *def, Error *error)
{
        int r = 0;

        DEF_FOREACH(disk, def->disks) {
                if (disk->source.type == DOMAIN_DISK_VOLUME)
                        r = s->visit(s, &disk->source, error);
                for (DomainBacking *layer = disk->backing; r == 0 && layer; layer = layer->backing)
                        if (layer->source.type == DOMAIN_DISK_VOLUME)
                                r = s->visit(s, &layer->source, error);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int find_pool(const Driver *driver, const DomainStorage *source, StoragePool **ret, Error *error)
{
        const ObjectList *pools = driver->lists[OBJECT_STORAGE_POOL];
        StoragePool *pool = pools ? object_list_find_name(pools, source->pool) : NULL;

        if (!pool)
                return error_set(error, ERROR_NO_STORAGE_POOL, "no storage pool with matching name '%s'", source->pool);
        if (!storage_pool_is_active(pool))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "storage pool '%s' containing volume '%s' is not active", source->pool,
                                 source->volume);
        if (source->mode && pool->live->type != STORAGE_POOL_ISCSI)
                return error_set(error, ERROR_XML_ERROR,
                                 "disk source mode is only valid when storage pool is of iscsi type");
        *ret = pool;
        return 0;
}

static int find_volume(const Search *s, DomainStorage *source, Error *error)
{
        const StorageVol *vol;
        StoragePool *pool = NULL;
        int r = find_pool(s->driver, source, &pool, error);

        if (r < 0)
                return r;
        vol = storage_vol_find_name(s->driver->lists[OBJECT_STORAGE_VOL], pool, source->volume);
        if (!vol || !vol->object.published)
                return error_set(error, ERROR_NO_STORAGE_VOL, "no storage vol with matching name '%s'",
                                 source->volume);
        if (vol->def->type == STORAGE_VOL_FILE) {
                source->volume_type = DOMAIN_DISK_FILE;
                source->file = arena_strdup(s->arena, vol->def->target.path);
                return 0;
        }
        if (vol->def->type == STORAGE_VOL_BLOCK) {
                source->volume_type = DOMAIN_DISK_BLOCK;
                source->dev = arena_strdup(s->arena, vol->def->target.path);
                return 0;
        }
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "volume '%s' of pool '%s' is of the type '%s', and no disk",
                         source->volume, source->pool, storage_vol_type_to_string(vol->def->type));
}

static int is_unknown(const Search *s, DomainStorage *source, Error *error)
{
        return source->volume_type == 0;
}

int qemu_volumes_find(const Driver *driver, DomainDef **def, Error *error)
{
        const Search unknown = { .visit = is_unknown };
        _cleanup_(domain_def_unrefp) DomainDef *found = NULL;
        Search s = { .driver = driver, .visit = find_volume };
        int r;

        if (search(&unknown, *def, NULL) == 0)
                return 0;
        found = domain_def_copy(*def);
        s.arena = found->arena;
        r = search(&s, found, error);
        if (r >= 0)
                r = domain_def_seal(found, NULL, error);
        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = g_steal_pointer(&found);
        return 0;
}

static int is_awaited(const Search *s, DomainStorage *source, Error *error)
{
        const ObjectList *pools = s->driver->lists[OBJECT_STORAGE_POOL];
        const StoragePool *pool = pools ? object_list_find_name(pools, source->pool) : NULL;

        return pool && pool->object.slot.job &&
                !storage_vol_find_name(s->driver->lists[OBJECT_STORAGE_VOL], pool, source->volume);
}

bool qemu_volumes_are_awaited(const Driver *driver, const DomainDef *def)
{
        const Search s = { .driver = driver, .visit = is_awaited };

        return search(&s, def, NULL) != 0;
}
