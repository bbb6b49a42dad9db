/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_driver.h"

#include "drivers/nodedev/nodedev_mdev.h"
#include "drivers/nodedev/nodedev_port.h"
#include "drivers/nodedev/nodedev_private.h"

/* At the same time: each may wait for a driver of the host. */
#define OPERATIONS_MAX 4

static int unsupported(Error *error)
{
        return error_set(error, ERROR_OPERATION_UNSUPPORTED, "Unsupported device type");
}

/* A definition is of one kind: a virtual port of fibre channel, or a mediated device. */
static bool is_only(const NodeDevDef *def, NodeDevCapType type)
{
        return def->caps.n == 1 && def->caps.items[0]->type == type;
}

static int nodedev_create_xml(Driver *driver, NodeDevDef *def, Job *job, Error *error)
{
        if (is_only(def, NODEDEV_CAP_SCSI_HOST))
                return nodedev_port_create(driver, def, job, error);
        return is_only(def, NODEDEV_CAP_MDEV) ? nodedev_mdev_create(driver, def, job, error) : unsupported(error);
}

static int nodedev_define_xml(Driver *driver, NodeDevDef *def, Job *job, Error *error)
{
        return is_only(def, NODEDEV_CAP_MDEV) ? nodedev_mdev_define(driver, def, job, error) : unsupported(error);
}

static int nodedev_destroy(NodeDevice *device, Job *job, Error *error)
{
        if (is_only(device->live, NODEDEV_CAP_MDEV))
                return nodedev_mdev_destroy(device, job, error);
        return is_only(device->live, NODEDEV_CAP_SCSI_HOST) ? nodedev_port_destroy(device, job, error) :
                                                              unsupported(error);
}

static void nodedev_install(DriverInfo *info)
{
        info->node_device = (NodeDeviceOps) {
                .create_xml = nodedev_create_xml,
                .define_xml = nodedev_define_xml,
                .start = nodedev_mdev_start,
                .destroy = nodedev_destroy,
                .undefine = nodedev_mdev_undefine,
                .update = nodedev_mdev_update,
                .set_autostart = nodedev_mdev_set_autostart,
                .detach = nodedev_part_detach,
                .reattach = nodedev_part_reattach,
                .reset = nodedev_part_reset,
        };
}

static Part *nodedev_part_close(Part *part)
{
        NodedevPart *own = (NodedevPart *) part;

        if (!own)
                return NULL;
        nodedev_watch_free(own->watch);
        worker_pool_free(own->operations);
        worker_pool_free(own->worker);
        g_free(own);
        return NULL;
}

static void close_part(NodedevPart **part)
{
        if (*part)
                nodedev_part_close(&(*part)->part);
}

static int nodedev_part_open(Driver *driver, Part **ret, Error *error)
{
        _cleanup_(close_part) NodedevPart *part = g_new0(NodedevPart, 1);
        int r;

        part->part.info = &nodedev_part_info;
        part->driver = driver;
        r = worker_pool_new(driver->host->event, 1, &part->worker);
        if (r >= 0)
                r = worker_pool_new(driver->host->event, OPERATIONS_MAX, &part->operations);
        if (r < 0)
                return error_set_errno(error, r, "cannot make workers");
        *ret = &part->part;
        part->watch = nodedev_watch_new(part);
        part = NULL;
        return 0;
}

const PartInfo nodedev_part_info = {
        .name = "nodedev",
        .kinds = DRIVER_KIND(OBJECT_NODE_DEVICE),
        .install = nodedev_install,
        .open = nodedev_part_open,
        .close = nodedev_part_close,
};
