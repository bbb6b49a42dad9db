/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Which driver has a PCI device: the host's, or VFIO for a guest. */

#include "drivers/nodedev/nodedev_operation.h"

#include "drivers/host/pci.h"
#include "drivers/nodedev/nodedev_use.h"

static int take_work(NodedevWork *work, Error *error)
{
        return pci_device_is_vfio("", work->name) ? 0 : pci_device_take("", work->name, "detach", error);
}

static int return_work(NodedevWork *work, Error *error)
{
        return pci_device_return("", work->name, error);
}

static int reset_work(NodedevWork *work, Error *error)
{
        return pci_device_reset("", work->name, error);
}

static int run(NodeDevice *device, int (*func)(NodedevWork *work, Error *error), Job *job, Error *error)
{
        NodedevPart *part = nodedev_part_of(device->object.driver);
        const NodeDevCap *pci = nodedev_def_cap(device->live, NODEDEV_CAP_PCI);
        g_autofree char *name = NULL;
        NodedevWork *work;
        int r;

        if (!pci)
                return error_set(error, ERROR_INVALID_ARG, "device %s is not a PCI device", device->name);
        r = nodedev_use_refuse(device, error);
        if (r < 0)
                return r;
        name = pci_device_name(pci->domain, pci->bus, pci->slot, pci->function);
        work = nodedev_work_new(func, device->live->path, name);
        work->look = g_strdup(device->live->path);
        return nodedev_operation_run(part, device, NULL, work, NULL, job, error);
}

int nodedev_part_detach(NodeDevice *device, const char *driver_name, Job *job, Error *error)
{
        if (driver_name && !streq(driver_name, "vfio") && !streq(driver_name, PCI_DRIVER_VFIO))
                return error_set(error, ERROR_INVALID_ARG, "unknown driver name '%s'", driver_name);
        return run(device, take_work, job, error);
}

int nodedev_part_reattach(NodeDevice *device, Job *job, Error *error)
{
        return run(device, return_work, job, error);
}

int nodedev_part_reset(NodeDevice *device, Job *job, Error *error)
{
        return run(device, reset_work, job, error);
}
