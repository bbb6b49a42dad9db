/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices of the host: looked up, listed, created and defined. */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/list.h"
#include "interfaces/lookup.h"
#include "interfaces/support.h"

/* virConnectListAllNodeDeviceFlags: a bit for each capability, and behind them these. */
enum {
        LIST_CAPS = (1 << (_NODEDEV_CAP_MAX - 1)) - 1,
        LIST_PERSISTENT = 1 << 28,
        LIST_TRANSIENT = 1 << 29,
        LIST_INACTIVE = 1 << 30,
};
#define LIST_ACTIVE (UINT32_C(1) << 31)

static const uint32_t list_groups[] = {
        LIST_CAPS,
        LIST_PERSISTENT | LIST_TRANSIENT,
        LIST_INACTIVE | LIST_ACTIVE,
};

static uint32_t device_facts(const Object *object)
{
        const NodeDevice *device = (const NodeDevice *) object;

        return nodedev_def_caps(node_device_def(device, false)) | (device->config ? LIST_PERSISTENT : LIST_TRANSIENT) |
               (device->live ? LIST_ACTIVE : LIST_INACTIVE);
}

static const ListInfo devices_info = {
        .type = OBJECT_NODE_DEVICE,
        .function = "virConnectListAllNodeDevices",
        .groups = list_groups,
        .n_groups = ELEMENTSOF(list_groups),
        .facts = device_facts,
        .active = LIST_ACTIVE,
        .inactive = LIST_INACTIVE,
};

int connect_list_node_devices(Call *call, Driver *connect, const ConnectListNodeDevicesArgs *args, Error *error)
{
        return list_reply_paths(call, &devices_info, args->flags, NULL, error);
}

int connect_list_node_devices_detailed(Call *call, Driver *connect, const ConnectListNodeDevicesDetailedArgs *args,
                                       Error *error)
{
        return list_reply_details(call, &devices_info, &args->options, NULL, error);
}

int connect_node_device_lookup_by_name(Call *call, Driver *connect, const ConnectNodeDeviceLookupByNameArgs *args,
                                       Error *error)
{
        return lookup_by_name(call, OBJECT_NODE_DEVICE, args->name, "virNodeDeviceLookupByName", error);
}

int connect_node_device_lookup_scsi_host_by_wwn(Call *call, Driver *connect,
                                                const ConnectNodeDeviceLookupSCSIHostByWWNArgs *args, Error *error)
{
        const ObjectList *list = connect->lists[OBJECT_NODE_DEVICE];
        const NodeDevice *device;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!list)
                return error_unsupported(error, "virNodeDeviceLookupSCSIHostByWWN");
        device = node_device_find_wwn(list, args->wwnn, args->wwpn);
        if (!device)
                return error_set(error, ERROR_NO_NODE_DEVICE, "no node device with matching wwnn '%s' and wwpn '%s'",
                                 args->wwnn, args->wwpn);
        return call_reply_object(call, &device->object);
}

/* Creating and defining differ in the second permission and in the operation. */
static int make(Call *call, Driver *driver, const char *xml, uint32_t flags, const char *kind, const char *function,
                Permission second, int (*op)(Driver *, NodeDevDef *, Job *, Error *), Error *error)
{
        enum { VALIDATE = 1 << 0 }; /* VIR_NODE_DEVICE_CREATE_XML_VALIDATE, …_DEFINE_XML_VALIDATE */
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        Details details = {};
        int r = flags_check(flags, VALIDATE, error);

        if (r < 0)
                return r;
        if (!op)
                return error_unsupported(error, function);
        r = nodedev_def_parse(xml, strlen(xml),
                              DEFINITION_PARSE_LIVE | (flags & VALIDATE ? DEFINITION_PARSE_VALIDATE : 0), NULL, &def,
                              error);
        if (r < 0)
                return r;
        details_of_driver(&details, driver);
        node_device_def_describe(def, &details);
        if ((r = call_require(call, PERMISSION_NODE_DEVICE_WRITE, &details, error)) <= 0 ||
            (r = call_require(call, second, &details, error)) <= 0 ||
            (r = call_job_begin(call, kind, NULL, 0, &job, error)) <= 0)
                return r;
        return call_job_end(call, job, op(driver, def, job, error), call_job_reply_object, error);
}

int connect_node_device_create_xml(Call *call, Driver *connect, const ConnectNodeDeviceCreateXMLArgs *args,
                                   Error *error)
{
        return make(call, connect, args->xml, args->flags, "create-device", "virNodeDeviceCreateXML",
                    PERMISSION_NODE_DEVICE_START, connect->info->node_device.create_xml, error);
}

int connect_node_device_define_xml(Call *call, Driver *connect, const ConnectNodeDeviceDefineXMLArgs *args,
                                   Error *error)
{
        return make(call, connect, args->xml, args->flags, "define-device", "virNodeDeviceDefineXML",
                    PERMISSION_NODE_DEVICE_SAVE, connect->info->node_device.define_xml, error);
}
