/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_use.h"

#include "drivers/driver.h"

static bool is_source(const DomainStorage *source, const StorageVol *vol)
{
        const char *path = vol->def->target.path;

        switch (source->type) {
        case DOMAIN_DISK_FILE:
                return streq_ptr(source->file, path);
        case DOMAIN_DISK_BLOCK:
                return streq_ptr(source->dev, path);
        case DOMAIN_DISK_VOLUME:
                return streq_ptr(source->pool, vol->pool->name) && streq_ptr(source->volume, vol->name);
        case DOMAIN_DISK_DIR:
        case DOMAIN_DISK_NETWORK:
        case DOMAIN_DISK_NVME:
        case DOMAIN_DISK_VHOST_USER:
        case DOMAIN_DISK_VHOST_VDPA:
        case _DOMAIN_DISK_TYPE_MAX:
                break;
        }
        return false;
}

static bool has_disk(const DomainDef *def, const StorageVol *vol)
{
        DEF_FOREACH(disk, def->disks) {
                if (is_source(&disk->source, vol))
                        return true;
                for (const DomainBacking *layer = disk->backing; layer; layer = layer->backing)
                        if (is_source(&layer->source, vol))
                                return true;
        }
        return false;
}

const Domain *storage_use_find(const StorageVol *vol)
{
        const DomainList *domains = vol->object.driver->domains;

        for (size_t i = 0; i < domain_list_size(domains); i++) {
                const Domain *domain = domain_list_get(domains, i);

                if (domain->live && has_disk(domain->live, vol))
                        return domain;
        }
        return NULL;
}
