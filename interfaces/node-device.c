/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/node_device-contract.h"

#include <string.h>

#include "interfaces/support.h"
#include "service/call.h"

static const NodeDeviceOps *ops(const NodeDevice *device)
{
        return &device->object.driver->info->node_device;
}

int node_device_property_active(sd_bus_message *reply, NodeDevice *device, Error *error)
{
        return sd_bus_message_append(reply, "b", device->live != NULL);
}

int node_device_property_autostart(sd_bus_message *reply, NodeDevice *device, Error *error)
{
        return sd_bus_message_append(reply, "b", device->autostart);
}

int node_device_property_name(sd_bus_message *reply, NodeDevice *device, Error *error)
{
        return sd_bus_message_append(reply, "s", device->name);
}

int node_device_property_parent(sd_bus_message *reply, NodeDevice *device, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(node_device_def(device, false)->parent));
}

int node_device_property_persistent(sd_bus_message *reply, NodeDevice *device, Error *error)
{
        return sd_bus_message_append(reply, "b", device->config != NULL);
}

static int check_defined(const NodeDevice *device, Error *error)
{
        if (device->config)
                return 0;
        return error_set(error, ERROR_OPERATION_INVALID, "Node device '%s' is not persistent", device->name);
}

int node_device_property_autostart_set(Call *call, NodeDevice *device, const NodeDevicePropertyAutostartSetArgs *args,
                                       Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(device)->set_autostart)
                return error_unsupported(error, "virNodeDeviceSetAutostart");
        r = call_job_begin(call, "set-autostart", &device->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = check_defined(device, error);
        if (r >= 0)
                r = ops(device)->set_autostart(device, args->value, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int node_device_get_xml_desc(Call *call, NodeDevice *device, const NodeDeviceGetXMLDescArgs *args, Error *error)
{
        enum { XML_INACTIVE = 1 << 0 }; /* virNodeDeviceXMLFlags */
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, XML_INACTIVE, error);

        if (r >= 0 && (args->flags & XML_INACTIVE))
                r = check_defined(device, error);
        if (r < 0)
                return r;
        xml = node_device_format(device, args->flags & XML_INACTIVE);
        return call_reply(call, "s", xml);
}

int node_device_list_caps(Call *call, NodeDevice *device, Error *error)
{
        const uint32_t caps = nodedev_def_caps(node_device_def(device, false));
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = call_reply_new(call, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "s");
        for (NodeDevCapType type = 1; r >= 0 && type < _NODEDEV_CAP_MAX; type++)
                if (caps & (UINT32_C(1) << (type - 1)))
                        r = sd_bus_message_append(reply, "s", nodedev_cap_to_string(type));
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int node_device_create(Call *call, NodeDevice *device, const NodeDeviceCreateArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(device)->start)
                return error_unsupported(error, "virNodeDeviceCreate");
        r = call_job_begin(call, "create", &device->object, 0, &job, error);
        if (r <= 0)
                return r;
        if (device->live)
                r = error_set(error, ERROR_OPERATION_INVALID, "Device is already active");
        else
                r = ops(device)->start(device, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int node_device_undefine(Call *call, NodeDevice *device, const NodeDeviceUndefineArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(device)->undefine)
                return error_unsupported(error, "virNodeDeviceUndefine");
        r = call_job_begin(call, "undefine", &device->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = check_defined(device, error);
        if (r >= 0)
                r = ops(device)->undefine(device, job, error);
        return call_job_end(call, job, r, NULL, error);
}

/* What there must be for the change: 0 means what is there now. */
static int read_target(const NodeDevice *device, uint32_t *flags, Error *error)
{
        if (*flags == 0)
                *flags = device->live ? NODE_DEVICE_UPDATE_LIVE : NODE_DEVICE_UPDATE_CONFIG;
        if ((*flags & NODE_DEVICE_UPDATE_LIVE) && !device->live)
                return error_set(error, ERROR_OPERATION_INVALID, "node device is not active");
        return *flags & NODE_DEVICE_UPDATE_CONFIG ? check_defined(device, error) : 0;
}

int node_device_update(Call *call, NodeDevice *device, const NodeDeviceUpdateArgs *args, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        uint32_t flags = args->flags;
        Details details = {};
        int r = flags_check(flags, NODE_DEVICE_UPDATE_LIVE | NODE_DEVICE_UPDATE_CONFIG, error);

        if (r < 0)
                return r;
        if (!ops(device)->update)
                return error_unsupported(error, "virNodeDeviceUpdate");
        if ((r = read_target(device, &flags, error)) < 0 ||
            (r = nodedev_def_parse(args->xml, strlen(args->xml), DEFINITION_PARSE_LIVE, NULL, &def, error)) < 0)
                return r;
        if ((flags & NODE_DEVICE_UPDATE_CONFIG) && !(args->flags & NODE_DEVICE_UPDATE_CONFIG)) {
                details_of_object(&details, &device->object);
                r = call_require(call, PERMISSION_NODE_DEVICE_SAVE, &details, error);
                if (r <= 0)
                        return r;
        }
        r = call_job_begin(call, "update", &device->object, 0, &job, error);
        if (r <= 0)
                return r;
        r = read_target(device, &flags, error);
        if (r >= 0)
                r = ops(device)->update(device, def, flags, job, error);
        return call_job_end(call, job, r, NULL, error);
}

/* Operations that take the device and nothing else. */
static int simple(Call *call, NodeDevice *device, const char *kind, const char *function,
                  int (*op)(NodeDevice *, Job *, Error *), Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!op)
                return error_unsupported(error, function);
        r = call_job_begin(call, kind, &device->object, 0, &job, error);
        if (r <= 0)
                return r;
        if (!device->live)
                r = error_set(error, ERROR_OPERATION_INVALID, "Device '%s' is not active", device->name);
        else
                r = op(device, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int node_device_destroy(Call *call, NodeDevice *device, Error *error)
{
        return simple(call, device, "destroy", "virNodeDeviceDestroy", ops(device)->destroy, error);
}

int node_device_re_attach(Call *call, NodeDevice *device, Error *error)
{
        return simple(call, device, "reattach", "virNodeDeviceReAttach", ops(device)->reattach, error);
}

int node_device_reset(Call *call, NodeDevice *device, Error *error)
{
        return simple(call, device, "reset", "virNodeDeviceReset", ops(device)->reset, error);
}

int node_device_detach(Call *call, NodeDevice *device, const NodeDeviceDetachArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(device)->detach)
                return error_unsupported(error, "virNodeDeviceDetachFlags");
        r = call_job_begin(call, "detach", &device->object, 0, &job, error);
        if (r <= 0)
                return r;
        if (!device->live)
                r = error_set(error, ERROR_OPERATION_INVALID, "Device '%s' is not active", device->name);
        else
                r = ops(device)->detach(device, *args->driver_name ? args->driver_name : NULL, job, error);
        return call_job_end(call, job, r, NULL, error);
}
