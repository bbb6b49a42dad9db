/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which machine has a device: read off the definitions of those that run. */

#include "drivers/driver.h"

/* A machine that runs with the PCI device or the mediated one, or NULL. */
const Domain *nodedev_use_find(const NodeDevice *device);
/* ERROR_OPERATION_INVALID when there is one. */
int nodedev_use_refuse(const NodeDevice *device, Error *error);
