/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_node_device.h"

#include <string.h>

#include "drivers/test/test_operation.h"

#define HOST_DRIVER "i915"

static const char *const default_devices[] = {
        "<device><name>computer</name><capability type='system'>"
        "<hardware><vendor>Libvirt</vendor><version>Test driver</version><serial>123456</serial>"
        "<uuid>11111111-2222-3333-4444-555555555555</uuid></hardware>"
        "<firmware><vendor>Libvirt</vendor><version>Test Driver</version><release_date>01/22/2007</release_date>"
        "</firmware>"
        "</capability></device>",
        "<device><name>scsi_host1</name><parent>computer</parent><capability type='scsi_host'>"
        "<host>1</host><unique_id>0</unique_id>"
        "<capability type='fc_host'><wwnn>2000000012341234</wwnn><wwpn>1000000012341234</wwpn>"
        "<fabric_wwn>2000000043214321</fabric_wwn></capability>"
        "<capability type='vport_ops'><max_vports>0</max_vports><vports>0</vports></capability></capability></device>",
        "<device><name>scsi_host2</name><parent>computer</parent><capability type='scsi_host'>"
        "<host>2</host><unique_id>1</unique_id>"
        "<capability type='fc_host'><wwnn>2000000056785678</wwnn><wwpn>1000000056785678</wwpn>"
        "<fabric_wwn>2000000087658765</fabric_wwn></capability>"
        "<capability type='vport_ops'><max_vports>0</max_vports><vports>0</vports></capability></capability></device>",
        "<device><name>scsi_host11</name><parent>scsi_host1</parent><capability type='scsi_host'>"
        "<host>11</host><unique_id>10</unique_id>"
        "<capability type='fc_host'><wwnn>2000000034563456</wwnn><wwpn>1000000034563456</wwpn>"
        "<fabric_wwn>2000000043214321</fabric_wwn></capability></capability></device>",
        "<device><name>pci_0000_00_02_0</name><path>/sys/devices/pci0000:00/0000:00:02.0</path>"
        "<parent>computer</parent>"
        "<driver><name>" HOST_DRIVER "</name></driver><capability type='pci'><class>0x030000</class>"
        "<domain>0</domain><bus>0</bus><slot>2</slot><function>0</function>"
        "<product id='0x191d'>HD Graphics</product><vendor id='0x8086'>Intel Corporation</vendor>"
        "<capability type='mdev_types'>"
        "<type id='i915-GVTg_V5_4'><deviceAPI>vfio-pci</deviceAPI><availableInstances>1</availableInstances></type>"
        "<type id='i915-GVTg_V5_8'><deviceAPI>vfio-pci</deviceAPI><availableInstances>2</availableInstances></type>"
        "</capability><iommuGroup number='1'><address domain='0' bus='0' slot='2' function='0'/></iommuGroup>"
        "</capability></device>",
};

static ObjectList *devices(const Driver *driver)
{
        return driver->lists[OBJECT_NODE_DEVICE];
}

static void release_object(gpointer p)
{
        object_unref(p);
}

static void release_def(gpointer def)
{
        nodedev_def_unref(def);
}

static int add(Driver *driver, const NodeDevDef *live, const NodeDevDef *config, const char *name, NodeDevice **ret,
               Error *error)
{
        NodeDevice *device = node_device_list_add(devices(driver), name);

        if (!device)
                return error_set(error, ERROR_OPERATION_FAILED, "node device '%s' already exists", name);
        node_device_set_live(device, live);
        node_device_set_config(device, config);
        object_publish(&device->object);
        *ret = device;
        return 0;
}

static void yield(Job *job, NodeDevice *device)
{
        job_set_result_object(job, object_ref(device), release_object);
}

static const NodeDevCap *live_cap(const NodeDevice *device, NodeDevCapType type)
{
        return device && device->live ? nodedev_def_cap(device->live, type) : NULL;
}

static NodeDevice *find_parent(Driver *driver, const NodeDevDef *def)
{
        if (def->parent_wwnn && def->parent_wwpn)
                return node_device_find_wwn(devices(driver), def->parent_wwnn, def->parent_wwpn);
        return def->parent ? object_list_find(devices(driver), def->parent) : NULL;
}

static int no_parent(const NodeDevDef *def, Error *error)
{
        return error_set(error, ERROR_NO_NODE_DEVICE, "no node device with matching name '%s'", strempty(def->parent));
}

/* A virtual port: its number is the next one that no other has. */
static int create_port(Driver *driver, const NodeDevDef *def, Job *job, Error *error)
{
        const NodeDevCap *cap = nodedev_def_cap(def, NODEDEV_CAP_SCSI_HOST);
        const NodeDevPart *wanted = nodedev_cap_part(cap, NODEDEV_PART_FC_HOST);
        const NodeDevice *parent = find_parent(driver, def);
        const NodeDevCap *parent_cap = live_cap(parent, NODEDEV_CAP_SCSI_HOST);
        _cleanup_(nodedev_def_unrefp) NodeDevDef *made = NULL;
        g_autofree char *name = NULL;
        NodeDevice *device = NULL;
        uint32_t number = 12;
        int r;

        if (!wanted)
                return error_set(error, ERROR_INTERNAL, "Device is not a fibre channel HBA");
        if (!parent)
                return no_parent(def, error);
        if (!parent_cap || !nodedev_cap_part(parent_cap, NODEDEV_PART_VPORT_OPS))
                return error_set(error, ERROR_INTERNAL, "Parent device %s is not capable of vport operations",
                                 parent->name);
        if (node_device_find_wwn(devices(driver), wanted->wwnn, wanted->wwpn))
                return error_set(error, ERROR_OPERATION_FAILED, "there is a host adapter with wwnn '%s' and wwpn '%s'",
                                 wanted->wwnn, wanted->wwpn);
        while (name = g_strdup_printf("scsi_host%" PRIu32, number), object_list_find_any(devices(driver), name)) {
                g_free(name);
                number++;
        }
        made = nodedev_def_copy(def);
        made->name = arena_strdup(made->arena, name);
        made->parent = arena_strdup(made->arena, parent->name);
        made->parent_wwnn = made->parent_wwpn = made->parent_fabric_wwn = NULL;
        def_put(made->caps.items[0], host, number);
        def_put(made->caps.items[0], unique_id, number - 1);
        DEF_FOREACH(part, made->caps.items[0]->parts) {
                const NodeDevPart *own = nodedev_cap_part(parent_cap, NODEDEV_PART_FC_HOST);

                if (part->type == NODEDEV_PART_FC_HOST)
                        part->fabric_wwn = arena_strdup(made->arena, own ? own->fabric_wwn : NULL);
        }
        if ((r = nodedev_def_seal(made, NULL, error)) < 0 || (r = add(driver, made, NULL, name, &device, error)) < 0)
                return r;
        node_device_emit_event(device, NODE_DEVICE_EVENT_CREATED);
        yield(job, device);
        return 0;
}

/* The type in a list that may be changed, or NULL. */
static NodeDevMdevType *find_type(const NodeDevDef *parent, const char *id)
{
        const NodeDevCap *cap = nodedev_def_cap(parent, NODEDEV_CAP_PCI);
        const NodeDevPart *part = cap ? nodedev_cap_part(cap, NODEDEV_PART_MDEV_TYPES) : NULL;

        if (part)
                DEF_FOREACH(type, part->mdev_types)
                        if (streq(type->id, id))
                                return type;
        return NULL;
}

/* The parent has one instance less, or more again. */
static int take_instance(NodeDevice *parent, const char *id, bool give_back, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *changed = nodedev_def_copy(parent->live);
        NodeDevMdevType *type = find_type(changed, id);
        int r;

        if (!type)
                return error_set(error, ERROR_OPERATION_FAILED, "device '%s' has no type '%s' of mediated devices",
                                 parent->name, id);
        if (!give_back && type->available == 0)
                return error_set(error, ERROR_OPERATION_FAILED, "no more instances of '%s' are available", id);
        def_put(type, available, type->available + (give_back ? 1 : UINT32_MAX));
        r = nodedev_def_seal(changed, NULL, error);
        if (r >= 0)
                node_device_set_live(parent, changed);
        return r;
}

/* What the host makes of a definition: a UUID, the address of the parent, the name. */
static int complete_mdev(Driver *driver, const NodeDevDef *def, NodeDevDef **ret, NodeDevice **ret_parent, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *made = NULL;
        NodeDevice *parent = find_parent(driver, def);
        const NodeDevCap *pci = live_cap(parent, NODEDEV_CAP_PCI);
        g_autofree char *name = NULL;
        NodeDevCap *cap;
        int r;

        if (!def->parent)
                return error_set(error, ERROR_XML_ERROR, "cannot create a mediated device without a parent");
        if (!parent)
                return no_parent(def, error);
        if (!pci || !find_type(parent->live, nodedev_def_cap(def, NODEDEV_CAP_MDEV)->mdev_type))
                return error_set(error, ERROR_OPERATION_FAILED, "device '%s' has no type '%s' of mediated devices",
                                 parent->name, nodedev_def_cap(def, NODEDEV_CAP_MDEV)->mdev_type);
        made = nodedev_def_copy(def);
        cap = made->caps.items[0];
        cap->uuid = cap->uuid ?: definition_new_uuid(made->arena);
        cap->parent_address = arena_printf(made->arena, "%04x:%02x:%02x.%u", pci->domain, pci->bus, pci->slot,
                                           pci->function);
        name = g_strdup_printf("mdev_%s_%s", cap->uuid, cap->parent_address);
        made->name = arena_strdup(made->arena, g_strcanon(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS, '_'));
        r = nodedev_def_seal(made, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&made);
        *ret_parent = parent;
        return 0;
}

static int create_mdev(Driver *driver, const NodeDevDef *def, Job *job, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *made = NULL;
        NodeDevice *device = NULL, *parent = NULL;
        int r = complete_mdev(driver, def, &made, &parent, error);

        if (r < 0)
                return r;
        if (object_list_find_any(devices(driver), made->name))
                return error_set(error, ERROR_OPERATION_FAILED, "node device '%s' already exists", made->name);
        if ((r = take_instance(parent, made->caps.items[0]->mdev_type, false, error)) < 0 ||
            (r = add(driver, made, NULL, made->name, &device, error)) < 0)
                return r;
        node_device_emit_event(device, NODE_DEVICE_EVENT_CREATED);
        yield(job, device);
        return 0;
}

static bool is_only(const NodeDevDef *def, NodeDevCapType type)
{
        return def->caps.n == 1 && def->caps.items[0]->type == type;
}

static int run_with_def(const TestOperationInfo *info, Driver *driver, NodeDevDef *def, Job *job, Error *error)
{
        TestOperation op = {
                .info = info,
                .driver = driver,
                .data = nodedev_def_ref(def),
                .data_free = release_def,
        };

        return test_operation_run(&op, job, error);
}

static int create_xml_apply(TestOperation *op, Error *error)
{
        const NodeDevDef *def = op->data;

        if (is_only(def, NODEDEV_CAP_SCSI_HOST))
                return create_port(op->driver, def, op->job, error);
        if (is_only(def, NODEDEV_CAP_MDEV))
                return create_mdev(op->driver, def, op->job, error);
        return error_set(error, ERROR_OPERATION_UNSUPPORTED, "Unsupported device type");
}

int test_node_device_create_xml(Driver *driver, NodeDevDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = create_xml_apply };

        return run_with_def(&info, driver, def, job, error);
}

static int define_xml_apply(TestOperation *op, Error *error)
{
        const NodeDevDef *def = op->data;
        _cleanup_(nodedev_def_unrefp) NodeDevDef *made = NULL;
        NodeDevice *device = NULL, *parent = NULL;
        int r;

        if (!is_only(def, NODEDEV_CAP_MDEV))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "Unsupported device type");
        r = complete_mdev(op->driver, def, &made, &parent, error);
        if (r < 0)
                return r;
        device = object_list_find_any(devices(op->driver), made->name);
        if (device)
                node_device_set_config(device, made);
        else if ((r = add(op->driver, NULL, made, made->name, &device, error)) < 0)
                return r;
        node_device_emit_event(device, NODE_DEVICE_EVENT_DEFINED);
        yield(op->job, device);
        return 0;
}

int test_node_device_define_xml(Driver *driver, NodeDevDef *def, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = define_xml_apply };

        return run_with_def(&info, driver, def, job, error);
}

static int start_apply(TestOperation *op, Error *error)
{
        NodeDevice *device = (NodeDevice *) op->object;
        NodeDevice *parent = find_parent(device->object.driver, device->config);
        int r;

        if (!parent)
                return no_parent(device->config, error);
        r = take_instance(parent, nodedev_def_cap(device->config, NODEDEV_CAP_MDEV)->mdev_type, false, error);
        if (r < 0)
                return r;
        node_device_set_live(device, device->config);
        node_device_emit_event(device, NODE_DEVICE_EVENT_CREATED);
        return 0;
}

int test_node_device_start(NodeDevice *device, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = start_apply };

        return test_operation_run_with(&info, &device->object, NULL, NULL, job, error);
}

static void forget_live(NodeDevice *device)
{
        node_device_emit_event(device, NODE_DEVICE_EVENT_DELETED);
        if (device->config)
                node_device_set_live(device, NULL);
        else
                object_remove(&device->object);
}

static int destroy_apply(TestOperation *op, Error *error)
{
        NodeDevice *device = (NodeDevice *) op->object;
        const NodeDevCap *mdev = live_cap(device, NODEDEV_CAP_MDEV), *port = live_cap(device, NODEDEV_CAP_SCSI_HOST);
        NodeDevice *parent = find_parent(device->object.driver, device->live);
        int r;

        if (mdev && parent) {
                r = take_instance(parent, mdev->mdev_type, true, error);
                if (r < 0)
                        return r;
        } else if (!port || !live_cap(parent, NODEDEV_CAP_SCSI_HOST))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "Unsupported device type");
        forget_live(device);
        return 0;
}

int test_node_device_destroy(NodeDevice *device, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = destroy_apply };

        return test_operation_run_with(&info, &device->object, NULL, NULL, job, error);
}

static int undefine_apply(TestOperation *op, Error *error)
{
        node_device_forget((NodeDevice *) op->object);
        return 0;
}

int test_node_device_undefine(NodeDevice *device, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = undefine_apply };

        return test_operation_run_with(&info, &device->object, NULL, NULL, job, error);
}

static int update_apply(TestOperation *op, Error *error)
{
        NodeDevice *device = (NodeDevice *) op->object;
        _cleanup_(nodedev_def_unrefp) NodeDevDef *live = NULL, *config = NULL;
        int r = 0;

        if (op->flags & NODE_DEVICE_UPDATE_LIVE)
                r = node_device_def_update(device->live, op->data, &live, error);
        if (r >= 0 && (op->flags & NODE_DEVICE_UPDATE_CONFIG))
                r = node_device_def_update(device->config, op->data, &config, error);
        if (r < 0)
                return r;
        if (live)
                node_device_set_live(device, live);
        if (config)
                node_device_set_config(device, config);
        return 0;
}

int test_node_device_update(NodeDevice *device, NodeDevDef *def, NodeDeviceUpdateFlags flags, Job *job, Error *error)
{
        static const TestOperationInfo info = {
                .known_flags = NODE_DEVICE_UPDATE_LIVE | NODE_DEVICE_UPDATE_CONFIG,
                .slow = true,
                .apply = update_apply,
        };

        TestOperation op = {
                .info = &info,
                .object = &device->object,
                .flags = flags,
                .data = nodedev_def_ref(def),
                .data_free = release_def,
        };

        return test_operation_run(&op, job, error);
}

static int set_autostart_apply(TestOperation *op, Error *error)
{
        node_device_set_autostart((NodeDevice *) op->object, op->autostart);
        return 0;
}

int test_node_device_set_autostart(NodeDevice *device, bool autostart, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = set_autostart_apply };

        TestOperation op = { .info = &info, .object = &device->object, .autostart = autostart };

        return test_operation_run(&op, job, error);
}

static int check_pci(const NodeDevice *device, Error *error)
{
        if (live_cap(device, NODEDEV_CAP_PCI))
                return 0;
        return error_set(error, ERROR_INVALID_ARG, "device %s is not a PCI device", device->name);
}

static int put_driver(NodeDevice *device, const char *name, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *changed = NULL;
        int r = check_pci(device, error);

        if (r < 0)
                return r;
        changed = nodedev_def_copy(device->live);
        changed->driver = name;
        r = nodedev_def_seal(changed, NULL, error);
        if (r >= 0)
                node_device_set_live(device, changed);
        return r;
}

static int detach_apply(TestOperation *op, Error *error)
{
        if (op->name && !streq(op->name, "vfio"))
                return error_set(error, ERROR_INVALID_ARG, "unknown driver name '%s'", op->name);
        return put_driver((NodeDevice *) op->object, "vfio-pci", error);
}

int test_node_device_detach(NodeDevice *device, const char *driver_name, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = detach_apply };

        TestOperation op = { .info = &info, .object = &device->object, .name = (char *) driver_name };

        return test_operation_run(&op, job, error);
}

static int reattach_apply(TestOperation *op, Error *error)
{
        return put_driver((NodeDevice *) op->object, HOST_DRIVER, error);
}

int test_node_device_reattach(NodeDevice *device, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = reattach_apply };

        return test_operation_run_with(&info, &device->object, NULL, NULL, job, error);
}

static int reset_apply(TestOperation *op, Error *error)
{
        const NodeDevice *device = (const NodeDevice *) op->object;
        int r = check_pci(device, error);

        if (r >= 0 && streq_ptr(device->live->driver, HOST_DRIVER))
                return error_set(error, ERROR_OPERATION_INVALID, "device %s is in use by driver %s", device->name,
                                 HOST_DRIVER);
        return r;
}

int test_node_device_reset(NodeDevice *device, Job *job, Error *error)
{
        static const TestOperationInfo info = { .slow = true, .apply = reset_apply };

        return test_operation_run_with(&info, &device->object, NULL, NULL, job, error);
}

int test_node_device_add(Driver *driver, const char *xml, size_t size, Error *error)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = NULL;
        NodeDevice *device;
        int r = nodedev_def_parse(xml, size, DEFINITION_PARSE_LIVE, NULL, &def, error);

        return r < 0 ? r : add(driver, def, NULL, def->name, &device, error);
}

int test_node_device_add_default(Driver *driver, Error *error)
{
        int r = 0;

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(default_devices); i++)
                r = test_node_device_add(driver, default_devices[i], strlen(default_devices[i]), error);
        return r;
}
