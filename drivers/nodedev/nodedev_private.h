/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part's own struct, and what its files share. */

#include "drivers/host/link_watch.h"
#include "drivers/nodedev/nodedev_scan.h"
#include "drivers/part.h"

typedef struct NodedevWatch NodedevWatch;

typedef struct NodedevPart {
        Part part;
        Driver *driver;
        WorkerPool *worker; /* of one thread: what is found is taken in the order of the events */
        WorkerPool *operations; /* what the kernel is told, which may take a while */
        NodedevWatch *watch;
} NodedevPart;

extern const PartInfo nodedev_part_info;

static inline NodedevPart *nodedev_part_of(const Driver *driver)
{
        return (NodedevPart *) driver_part(driver, &nodedev_part_info);
}

static inline ObjectList *nodedev_list(const Driver *driver)
{
        return driver->lists[OBJECT_NODE_DEVICE];
}

/* nodedev_watch.c: what there is on the host, and what the list has of it. Begins to look at once. */
NodedevWatch *nodedev_watch_new(NodedevPart *part);
NodedevWatch *nodedev_watch_free(NodedevWatch *watch);
/* Something has happened at a place of /sys, which may be a link: it is looked at again, soon. */
void nodedev_watch_look(NodedevWatch *watch, const char *path);
/* What a worker has found is put into the list, now. The device that is there, borrowed, or NULL. */
NodeDevice *nodedev_watch_take(NodedevWatch *watch, NodedevFound *found);

/* nodedev_pci_ops.c: the driver that a PCI device is for. */
int nodedev_part_detach(NodeDevice *device, const char *driver_name, Job *job, Error *error);
int nodedev_part_reattach(NodeDevice *device, Job *job, Error *error);
int nodedev_part_reset(NodeDevice *device, Job *job, Error *error);
