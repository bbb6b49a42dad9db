/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* One device while it is read, on a worker: what the files share that know the kinds of devices. */

#include "drivers/model/nodedev_def.h"
#include "drivers/host/sysfs.h"

#include <libudev.h>

typedef struct NodedevReading {
        struct udev_device *device;
        struct udev_hwdb *hwdb; /* NULL: the host has none */
        const char *sysname;
        int fd; /* its directory in /sys */
        NodeDevDef *def; /* not sealed */
        Arena *arena;    /* the definition's */
        NodeDevCap *cap;
        const char *suffix; /* of the name: "sda_SERIAL"; NULL: none */
} NodedevReading;

/* In the arena; NULL: there is none. */
const char *nodedev_text(const NodedevReading *reading, const char *name);
const char *nodedev_property(const NodedevReading *reading, const char *name);
bool nodedev_u32(const NodedevReading *reading, const char *name, unsigned base, uint32_t *ret);

NodeDevPart *nodedev_add_part(const NodedevReading *reading, NodeDevPartType type);
/* The types of mediated devices that it can be divided into, if it can. */
void nodedev_add_mdev_types(const NodedevReading *reading);
/* The name of what a modalias begins, in the database of the hardware: "ID_VENDOR_FROM_DATABASE". NULL: unknown. */
const char *nodedev_hwdb_name(const NodedevReading *reading, const char *modalias, const char *key);

/*
 * Fill reading->cap. False: it is no device that is listed, as one whose driver has nothing to tell. The rest of the
 * table is in nodedev_scan.c.
 */
bool nodedev_read_pci(NodedevReading *reading);
bool nodedev_read_net(NodedevReading *reading);
bool nodedev_read_storage(NodedevReading *reading);
bool nodedev_read_scsi_host(NodedevReading *reading);
bool nodedev_read_scsi_target(NodedevReading *reading);
bool nodedev_read_scsi(NodedevReading *reading);
bool nodedev_read_usb_device(NodedevReading *reading);
bool nodedev_read_usb(NodedevReading *reading);
bool nodedev_read_ccw(NodedevReading *reading);
bool nodedev_read_css(NodedevReading *reading);
bool nodedev_read_ccwgroup(NodedevReading *reading);
bool nodedev_read_ap_card(NodedevReading *reading);
bool nodedev_read_ap_queue(NodedevReading *reading);
bool nodedev_read_ap_matrix(NodedevReading *reading);
