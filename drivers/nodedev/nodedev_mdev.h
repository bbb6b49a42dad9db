/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Mediated devices: parts of a device that its driver makes (Documentation/driver-api/vfio-mediated-device.rst). */

#include "drivers/nodedev/nodedev_operation.h"

int nodedev_mdev_create(Driver *driver, NodeDevDef *def, Job *job, Error *error);
int nodedev_mdev_define(Driver *driver, NodeDevDef *def, Job *job, Error *error);
int nodedev_mdev_start(NodeDevice *device, Job *job, Error *error);
int nodedev_mdev_destroy(NodeDevice *device, Job *job, Error *error);
int nodedev_mdev_undefine(NodeDevice *device, Job *job, Error *error);
int nodedev_mdev_update(NodeDevice *device, NodeDevDef *def, NodeDeviceUpdateFlags flags, Job *job, Error *error);
int nodedev_mdev_set_autostart(NodeDevice *device, bool autostart, Job *job, Error *error);

/* On the loop: the list has the definitions that mdevctl's directory had. files has NodedevMdevFile. */
void nodedev_mdev_take_files(Driver *driver, const GPtrArray *files);
