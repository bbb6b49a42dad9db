/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_find.h"

DomainDisk *domain_find_disk(const DomainDef *def, const char *name)
{
        DomainDisk *found = NULL;

        DEF_FOREACH(disk, def->disks)
                if (streq_ptr(disk->target, name))
                        return disk;
        if (name[0] != '/')
                return NULL;
        DEF_FOREACH(disk, def->disks) {
                if (!streq_ptr(disk->source.file ?: disk->source.dev, name))
                        continue;
                if (found)
                        return NULL;
                found = disk;
        }
        return found;
}

DomainInterface *domain_find_interface(const DomainDef *def, const char *name)
{
        DEF_FOREACH(interface, def->interfaces)
                if (streq_ptr(interface->target, name) ||
                    (interface->mac && g_ascii_strcasecmp(interface->mac, name) == 0))
                        return interface;
        return NULL;
}
