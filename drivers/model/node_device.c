/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/node_device.h"

static void node_device_free(Object *object)
{
        NodeDevice *device = (NodeDevice *) object;

        nodedev_def_unref(device->live);
        nodedev_def_unref(device->config);
        g_free(device->name);
        g_free(device);
}

static void node_device_describe(const Object *object, Details *details)
{
        details_add(details, "node_device_name", ((const NodeDevice *) object)->name);
}

static const ObjectClass node_device_class = {
        .type = OBJECT_NODE_DEVICE,
        .free = node_device_free,
        .describe = node_device_describe,
};

NodeDevice *node_device_list_add(ObjectList *list, const char *name)
{
        NodeDevice *device;

        if (object_list_find_any(list, name))
                return NULL;
        device = g_new0(NodeDevice, 1);
        device->name = g_strdup(name);
        device->object = (Object) {
                .class = &node_device_class,
                .type = OBJECT_NODE_DEVICE,
                .n_ref = 1,
                .key = device->name,
                .name = device->name,
        };
        (void) object_list_add(list, &device->object);
        return device;
}

void node_device_def_describe(const NodeDevDef *def, Details *details)
{
        if (def->name)
                details_add(details, "node_device_name", def->name);
}

int node_device_def_update(const NodeDevDef *def, const NodeDevDef *given, NodeDevDef **ret, Error *error)
{
        const NodeDevCap *is = nodedev_def_cap(def, NODEDEV_CAP_MDEV), *cap = nodedev_def_cap(given, NODEDEV_CAP_MDEV);
        _cleanup_(nodedev_def_unrefp) NodeDevDef *changed = NULL;
        NodeDevCap *target;
        int r;

        if (!is || !cap)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "Unsupported device type");
        if (!streq(cap->mdev_type, is->mdev_type) || (cap->uuid && !streq(cap->uuid, is->uuid)))
                return error_set(error, ERROR_OPERATION_FAILED, "type and UUID of a mediated device cannot be changed");
        changed = nodedev_def_copy(def);
        target = changed->caps.items[0];
        target->attributes.items = NULL;
        target->attributes.n = 0;
        nodedev_cap_add_attributes(changed, cap);
        r = nodedev_def_seal(changed, NULL, error);
        if (r >= 0)
                *ret = g_steal_pointer(&changed);
        return r;
}

const NodeDevDef *node_device_def(const NodeDevice *device, bool inactive)
{
        return inactive || !device->live ? device->config ?: device->live : device->live;
}

char *node_device_format(const NodeDevice *device, bool inactive)
{
        const NodeDevDef *def = node_device_def(device, inactive);

        return nodedev_def_format(def, def == device->live ? 0 : DEF_FORMAT_INACTIVE);
}

NodeDevice *node_device_find_wwn(const ObjectList *list, const char *wwnn, const char *wwpn)
{
        for (size_t i = 0; i < object_list_size(list); i++) {
                NodeDevice *device = object_list_get(list, i);
                const NodeDevCap *cap = device->live ? nodedev_def_cap(device->live, NODEDEV_CAP_SCSI_HOST) : NULL;
                const NodeDevPart *part = cap ? nodedev_cap_part(cap, NODEDEV_PART_FC_HOST) : NULL;

                if (part && device->object.published && streq(part->wwnn, wwnn) && streq(part->wwpn, wwpn))
                        return device;
        }
        return NULL;
}

static void put(NodeDevDef **at, const NodeDevDef *def)
{
        NodeDevDef *old = *at;

        *at = def ? nodedev_def_ref(def) : NULL;
        nodedev_def_unref(old);
}

void node_device_set_live(NodeDevice *device, const NodeDevDef *def)
{
        bool goes_on = device->live && def && !nodedev_def_equal(device->live, def);

        put(&device->live, def);
        object_changed(&device->object, NODE_DEVICE_CHANGED_STATE);
        if (goes_on)
                object_emit(&device->object, NODE_DEVICE_SIGNAL_UPDATE, NULL);
}

void node_device_set_config(NodeDevice *device, const NodeDevDef *def)
{
        put(&device->config, def);
        if (!def)
                device->autostart = false;
        object_changed(&device->object, NODE_DEVICE_CHANGED_CONFIG);
}

void node_device_set_autostart(NodeDevice *device, bool autostart)
{
        device->autostart = autostart;
        object_changed(&device->object, NODE_DEVICE_CHANGED_CONFIG);
}

void node_device_emit_event(NodeDevice *device, NodeDeviceEvent event)
{
        object_emit(&device->object, NODE_DEVICE_SIGNAL_EVENT, &event);
}

void node_device_forget(NodeDevice *device)
{
        node_device_emit_event(device, NODE_DEVICE_EVENT_UNDEFINED);
        if (device->live)
                node_device_set_config(device, NULL);
        else
                object_remove(&device->object);
}
