/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A device of the host as the daemon knows it: what it is, and what is kept of one that can be made anew. */

#include "drivers/model/nodedev_def.h"
#include "drivers/model/object.h"

/* virNodeDeviceEventLifecycleType */
typedef enum NodeDeviceEvent {
        NODE_DEVICE_EVENT_CREATED = 0,
        NODE_DEVICE_EVENT_DELETED = 1,
        NODE_DEVICE_EVENT_DEFINED = 2,
        NODE_DEVICE_EVENT_UNDEFINED = 3,
} NodeDeviceEvent;

/* Signals; the comment is the type that args points to. */
typedef enum NodeDeviceSignal {
        NODE_DEVICE_SIGNAL_EVENT,  /* NodeDeviceEvent */
        NODE_DEVICE_SIGNAL_UPDATE, /* none */
} NodeDeviceSignal;

enum {
        NODE_DEVICE_CHANGED_STATE = 1 << 0,
        NODE_DEVICE_CHANGED_CONFIG = 1 << 1, /* whether there is a definition, autostart */
};

typedef struct NodeDevice {
        Object object; /* its key is the name */
        char *name;
        NodeDevDef *live;   /* what it is; NULL: it is not there */
        NodeDevDef *config; /* its definition; NULL: none. One of the two there always is */
        bool autostart;
} NodeDevice;

/* Not published yet. Borrowed; NULL when there is one of that name. */
NodeDevice *node_device_list_add(ObjectList *list, const char *name);

/*
 * A mediated device with the attributes of another definition: nothing else of it can be changed, as in libvirt.
 * ERROR_OPERATION_UNSUPPORTED for other devices.
 */
int node_device_def_update(const NodeDevDef *def, const NodeDevDef *given, NodeDevDef **ret, Error *error);

/* What polkit is told of a definition. */
void node_device_def_describe(const NodeDevDef *def, Details *details);

/* What there is of it, or with inactive its definition; never NULL. Borrowed. */
const NodeDevDef *node_device_def(const NodeDevice *device, bool inactive);
/* The text of that. Free with g_free(). */
char *node_device_format(const NodeDevice *device, bool inactive);

/* The published host adapter with these names of fibre channel; NULL: there is none. Borrowed. */
NodeDevice *node_device_find_wwn(const ObjectList *list, const char *wwnn, const char *wwpn);

/*
 * They announce. NULL: it is not there (any more), it has no definition. Signals are the caller's, but UPDATE for a
 * device that goes on as another.
 */
void node_device_set_live(NodeDevice *device, const NodeDevDef *def);
void node_device_set_config(NodeDevice *device, const NodeDevDef *def);
void node_device_set_autostart(NodeDevice *device, bool autostart);
void node_device_emit_event(NodeDevice *device, NodeDeviceEvent event);
/* Emits UNDEFINED: its persistent definition is gone, and so is the device, unless it is there. */
void node_device_forget(NodeDevice *device);
