/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_medium.h"

#include <string.h>

#include "drivers/driver.h"

static bool is_drive(const DomainDisk *disk)
{
        return disk->device == DOMAIN_DISK_DEVICE_CDROM || disk->device == DOMAIN_DISK_DEVICE_FLOPPY;
}

/* virConnectDomainEventDiskChangeReason */
enum {
        REASON_MISSING = 0,
        REASON_DROPPED = 1,
};

/* The pool that the image is of, or would be, and the name that it has there. */
static const StoragePool *find_pool(const Driver *driver, const DomainStorage *source, const char **ret_name)
{
        const ObjectList *pools = driver->lists[OBJECT_STORAGE_POOL];

        if (source->type == DOMAIN_DISK_VOLUME && source->pool) {
                *ret_name = source->volume;
                return object_list_find_name(pools, source->pool);
        }
        for (size_t i = 0; source->file && i < object_list_size(pools); i++) {
                const StoragePool *pool = object_list_get(pools, i);
                const char *dir = pool->live ? pool->live->path : NULL;
                size_t length = dir ? strlen(dir) : 0;

                *ret_name = source->file + length + 1;
                if (length > 0 && g_str_has_prefix(source->file, dir) && source->file[length] == '/' &&
                    !strchr(*ret_name, '/'))
                        return pool;
        }
        return NULL;
}

/* Of a pool that is not there nothing is known. */
static bool is_missing(const Driver *driver, const DomainStorage *source)
{
        const ObjectList *volumes = driver->lists[OBJECT_STORAGE_VOL];
        const char *name;
        const StoragePool *pool = find_pool(driver, source, &name);

        if (!pool || !pool->live)
                return false;
        for (size_t i = 0; i < object_list_size(volumes); i++) {
                const StorageVol *vol = object_list_get(volumes, i);

                if (vol->pool == pool && streq(vol->name, strempty(name)))
                        return false;
        }
        return true;
}

static bool is_left_out(const Driver *driver, const DomainDisk *disk)
{
        return disk->source.startup_policy == DOMAIN_STARTUP_POLICY_OPTIONAL && is_missing(driver, &disk->source);
}

void test_media_leave_out(const Domain *domain, DomainDef *live)
{
        uint32_t n = 0;

        for (uint32_t i = 0; i < live->disks.n; i++) {
                DomainDisk *disk = live->disks.items[i];

                if (!is_left_out(domain->object.driver, disk)) {
                        live->disks.items[n++] = disk;
                        continue;
                }
                if (!is_drive(disk))
                        continue;
                disk->source = (DomainStorage) { .type = disk->source.type };
                live->disks.items[n++] = disk;
        }
        live->disks.n = n;
}

static const DomainDisk *find_target(const DomainDef *def, const char *target)
{
        DEF_FOREACH(disk, def->disks)
                if (streq_ptr(disk->target, target))
                        return disk;
        return NULL;
}

static const char *path_of(const DomainDisk *disk)
{
        return strempty(disk->source.file ?: disk->source.volume);
}

void test_media_tell(Domain *domain, const DomainDef *wanted, const DomainDef *live)
{
        DEF_FOREACH(disk, wanted->disks) {
                const DomainDisk *now = find_target(live, disk->target);
                DomainDiskChangeArgs args = { .old_source = path_of(disk), .new_source = "" };

                if (now && streq(path_of(now), path_of(disk)))
                        continue;
                args.device_alias = strempty(now ? now->info.alias : NULL);
                args.reason = now ? REASON_MISSING : REASON_DROPPED;
                domain_emit(domain, DOMAIN_SIGNAL_DISK_CHANGE, &args);
        }
}

void test_media_tell_trays(Domain *domain, const DomainDef *before, const DomainDef *after)
{
        DEF_FOREACH(disk, after->disks) {
                const DomainDisk *was = find_target(before, disk->target);
                DomainTrayArgs args = { strempty(disk->info.alias), 0 };

                if (!was || !is_drive(disk) || streq(path_of(was), path_of(disk)))
                        continue;
                domain_emit(domain, DOMAIN_SIGNAL_TRAY, &args);
                args.reason = 1;
                domain_emit(domain, DOMAIN_SIGNAL_TRAY, &args);
        }
}
