/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with devices of the host. See drivers/driver.h. */

#include "drivers/model/node_device.h"

/* virNodeDeviceUpdateFlags */
typedef enum NodeDeviceUpdateFlags {
        NODE_DEVICE_UPDATE_LIVE = 1 << 0,
        NODE_DEVICE_UPDATE_CONFIG = 1 << 1,
} NodeDeviceUpdateFlags;

typedef struct NodeDeviceOps {
        /* A device that its parent can have more of. Emits CREATED. Result: object, a NodeDevice. */
        int (*create_xml)(Driver *driver, NodeDevDef *def, Job *job, Error *error);
        /* Makes the definition of a mediated device durable. Emits DEFINED. Result: object, a NodeDevice. */
        int (*define_xml)(Driver *driver, NodeDevDef *def, Job *job, Error *error);
        /* Creates the device of a definition, which is not there. Emits CREATED. */
        int (*start)(NodeDevice *device, Job *job, Error *error);
        /* Emits DELETED; a device without a definition is removed from the list. */
        int (*destroy)(NodeDevice *device, Job *job, Error *error);
        /* Of a device with a definition. Emits UNDEFINED; a device that is not there is removed from the list. */
        int (*undefine)(NodeDevice *device, Job *job, Error *error);
        /* Of what is said, which there is. */
        int (*update)(NodeDevice *device, NodeDevDef *def, NodeDeviceUpdateFlags flags, Job *job, Error *error);
        int (*set_autostart)(NodeDevice *device, bool autostart, Job *job, Error *error);
        /* driver_name NULL: the default's. */
        int (*detach)(NodeDevice *device, const char *driver_name, Job *job, Error *error);
        int (*reattach)(NodeDevice *device, Job *job, Error *error);
        int (*reset)(NodeDevice *device, Job *job, Error *error);
} NodeDeviceOps;
