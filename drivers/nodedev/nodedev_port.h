/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Virtual ports of fibre channel adapters: Documentation/scsi/scsi_fc_transport.rst of Linux. */

#include "drivers/nodedev/nodedev_private.h"

int nodedev_port_create(Driver *driver, NodeDevDef *def, Job *job, Error *error);
int nodedev_port_destroy(NodeDevice *device, Job *job, Error *error);
