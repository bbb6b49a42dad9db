/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_use.h"

#define IS_AT(pci, address)                                                                         \
        ((address)->domain == (pci)->domain && (address)->bus == (pci)->bus &&                      \
         (address)->slot == (pci)->slot && (address)->function == (pci)->function)

static bool has_pci(const DomainDef *def, const NodeDevCap *pci)
{
        DEF_FOREACH(hostdev, def->hostdevs)
                if (hostdev->type == DOMAIN_HOSTDEV_PCI && hostdev->address && IS_AT(pci, hostdev->address))
                        return true;
        DEF_FOREACH(interface, def->interfaces)
                if (interface->type == DOMAIN_INTERFACE_HOSTDEV && interface->rare && interface->rare->host_pci &&
                    IS_AT(pci, interface->rare->host_pci))
                        return true;
        DEF_FOREACH(disk, def->disks)
                if (disk->source.type == DOMAIN_DISK_NVME && disk->source.nvme && IS_AT(pci, disk->source.nvme))
                        return true;
        return false;
}

static bool has_mdev(const DomainDef *def, const NodeDevCap *mdev)
{
        DEF_FOREACH(hostdev, def->hostdevs)
                if (hostdev->type == DOMAIN_HOSTDEV_MDEV && hostdev->address && hostdev->address->uuid &&
                    g_ascii_strcasecmp(hostdev->address->uuid, mdev->uuid) == 0)
                        return true;
        return false;
}

const Domain *nodedev_use_find(const NodeDevice *device)
{
        const DomainList *domains = device->object.driver->domains;
        const NodeDevCap *pci = device->live ? nodedev_def_cap(device->live, NODEDEV_CAP_PCI) : NULL;
        const NodeDevCap *mdev = device->live ? nodedev_def_cap(device->live, NODEDEV_CAP_MDEV) : NULL;

        for (size_t i = 0; i < domain_list_size(domains); i++) {
                const Domain *domain = domain_list_get(domains, i);

                if (domain->live && ((pci && has_pci(domain->live, pci)) || (mdev && has_mdev(domain->live, mdev))))
                        return domain;
        }
        return NULL;
}

int nodedev_use_refuse(const NodeDevice *device, Error *error)
{
        const Domain *domain = nodedev_use_find(device);

        if (!domain)
                return 0;
        return error_set(error, ERROR_OPERATION_INVALID, "the device '%s' is in use by the machine '%s'", device->name,
                         domain->name);
}
