/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_scan.h"

#include "drivers/host/node.h"
#include "drivers/nodedev/nodedev_reading.h"

#include <stdlib.h>
#include <string.h>

typedef struct Scanner {
        struct udev *udev;
        struct udev_hwdb *hwdb;
} Scanner;

static void scanner_clear(Scanner *scanner)
{
        udev_hwdb_unref(scanner->hwdb);
        udev_unref(scanner->udev);
}

static int scanner_init(Scanner *scanner, Error *error)
{
        scanner->udev = udev_new();
        if (!scanner->udev)
                return error_set_errno(error, errno, "cannot use udev");
        scanner->hwdb = udev_hwdb_new(scanner->udev);
        return 0;
}

static void device_unref(struct udev_device **device)
{
        udev_device_unref(*device);
}

static void enumerate_unref(struct udev_enumerate **enumerate)
{
        udev_enumerate_unref(*enumerate);
}

NodedevFound *nodedev_found_new(const char *path, NodeDevDef *def)
{
        NodedevFound *found = g_new0(NodedevFound, 1);

        found->path = g_strdup(path);
        found->def = def;
        return found;
}

void nodedev_found_free(void *p)
{
        NodedevFound *found = p;

        nodedev_def_unref(found->def);
        g_free(found->path);
        g_free(found);
}

/* -- for the kinds ------------------------------------------------------------------------------------------- */

const char *nodedev_text(const NodedevReading *reading, const char *name)
{
        g_autofree char *text = sysfs_text(reading->fd, name);

        return arena_strdup(reading->arena, text);
}

const char *nodedev_property(const NodedevReading *reading, const char *name)
{
        const char *value = udev_device_get_property_value(reading->device, name);

        return isempty(value) || !g_utf8_validate(value, -1, NULL) ? NULL : arena_strdup(reading->arena, value);
}

bool nodedev_u32(const NodedevReading *reading, const char *name, unsigned base, uint32_t *ret)
{
        uint64_t value;

        if (!sysfs_number(reading->fd, name, base, &value) || value > UINT32_MAX)
                return false;
        *ret = (uint32_t) value;
        return true;
}

NodeDevPart *nodedev_add_part(const NodedevReading *reading, NodeDevPartType type)
{
        NodeDevPart *part = arena_new0(reading->arena, NodeDevPart);

        part->type = type;
        def_append(reading->arena, &reading->cap->parts, part);
        return part;
}

static const char *text_in(const NodedevReading *reading, const char *directory, const char *name)
{
        g_autofree char *path = g_build_filename(directory, name, NULL);

        return nodedev_text(reading, path);
}

void nodedev_add_mdev_types(const NodedevReading *reading)
{
        g_auto(GStrv) names = sysfs_list(reading->fd, "mdev_supported_types", "");
        NodeDevPart *part = names ? nodedev_add_part(reading, NODEDEV_PART_MDEV_TYPES) : NULL;

        for (char **name = names; name && *name; name++) {
                g_autofree char *directory = g_build_filename("mdev_supported_types", *name, NULL);
                const char *available = text_in(reading, directory, "available_instances");
                NodeDevMdevType *type = arena_new0(reading->arena, NodeDevMdevType);
                uint32_t n = 0;

                if (available)
                        (void) parse_u32(available, &n);
                type->id = arena_strdup(reading->arena, *name);
                type->name = text_in(reading, directory, "name");
                type->api = text_in(reading, directory, "device_api") ?: "vfio-pci";
                def_put(type, available, n);
                def_append(reading->arena, &part->mdev_types, type);
        }
}

const char *nodedev_hwdb_name(const NodedevReading *reading, const char *modalias, const char *key)
{
        struct udev_list_entry *entry;

        if (!reading->hwdb || !modalias)
                return NULL;
        udev_list_entry_foreach(entry, udev_hwdb_get_properties_list_entry(reading->hwdb, modalias, 0))
                if (streq(udev_list_entry_get_name(entry), key))
                        return arena_strdup(reading->arena, udev_list_entry_get_value(entry));
        return NULL;
}

/* -- small kinds --------------------------------------------------------------------------------------------- */

static bool read_scsi_generic(NodedevReading *reading)
{
        reading->cap->chardev = arena_strdup(reading->arena, udev_device_get_devnode(reading->device));
        return reading->cap->chardev != NULL;
}

static bool read_drm(NodedevReading *reading)
{
        static const char *const types[][2] = {
                { "card", "primary" },
                { "controlD", "control" },
                { "renderD", "render" },
        };

        for (size_t i = 0; i < ELEMENTSOF(types); i++)
                if (g_str_has_prefix(reading->sysname, types[i][0]))
                        reading->cap->drm_type = types[i][1];
        return reading->cap->drm_type != NULL && udev_device_get_devnode(reading->device) != NULL;
}

static bool read_vdpa(NodedevReading *reading)
{
        g_auto(GStrv) names = sysfs_list(reading->fd, ".", "vhost-vdpa-");

        if (!names)
                return false;
        reading->cap->chardev = arena_printf(reading->arena, "/dev/%s", names[0]);
        return true;
}

static bool read_mdev(NodedevReading *reading)
{
        g_autofree char *above = g_path_get_dirname(udev_device_get_syspath(reading->device));
        g_autofree char *parent = g_path_get_basename(above), *type = sysfs_link(reading->fd, "mdev_type");
        g_autofree char *group = sysfs_link(reading->fd, "iommu_group");
        NodeDevCap *cap = reading->cap;
        uint32_t number;

        if (!type)
                return false;
        cap->mdev_type = arena_strdup(reading->arena, type);
        cap->uuid = arena_strdup(reading->arena, reading->sysname);
        cap->parent_address = arena_strdup(reading->arena, parent);
        if (group && parse_u32(group, &number) >= 0)
                def_put(&cap->iommu_group, number, number);
        reading->suffix = cap->parent_address;
        return true;
}

/* -- one device ---------------------------------------------------------------------------------------------- */

typedef struct Kind {
        const char *subsystem;
        const char *devtype; /* NULL: any */
        NodeDevCapType type;
        bool (*read)(NodedevReading *reading);
} Kind;

static const Kind kinds[] = {
        { "pci", NULL, NODEDEV_CAP_PCI, nodedev_read_pci },
        { "usb", "usb_device", NODEDEV_CAP_USB_DEVICE, nodedev_read_usb_device },
        { "usb", "usb_interface", NODEDEV_CAP_USB, nodedev_read_usb },
        { "net", NULL, NODEDEV_CAP_NET, nodedev_read_net },
        { "scsi", "scsi_host", NODEDEV_CAP_SCSI_HOST, nodedev_read_scsi_host },
        { "scsi", "scsi_target", NODEDEV_CAP_SCSI_TARGET, nodedev_read_scsi_target },
        { "scsi", "scsi_device", NODEDEV_CAP_SCSI, nodedev_read_scsi },
        { "block", "disk", NODEDEV_CAP_STORAGE, nodedev_read_storage },
        { "scsi_generic", NULL, NODEDEV_CAP_SCSI_GENERIC, read_scsi_generic },
        { "drm", "drm_minor", NODEDEV_CAP_DRM, read_drm },
        { "mdev", NULL, NODEDEV_CAP_MDEV, read_mdev },
        { "vdpa", NULL, NODEDEV_CAP_VDPA, read_vdpa },
        { "ccw", NULL, NODEDEV_CAP_CCW, nodedev_read_ccw },
        { "css", NULL, NODEDEV_CAP_CSS, nodedev_read_css },
        { "ccwgroup", NULL, NODEDEV_CAP_CCWGROUP, nodedev_read_ccwgroup },
        { "ap", "ap_card", NODEDEV_CAP_AP_CARD, nodedev_read_ap_card },
        { "ap", "ap_queue", NODEDEV_CAP_AP_QUEUE, nodedev_read_ap_queue },
        { "matrix", NULL, NODEDEV_CAP_AP_MATRIX, nodedev_read_ap_matrix },
};

static const Kind *find_kind(struct udev_device *device)
{
        const char *subsystem = udev_device_get_subsystem(device), *devtype = udev_device_get_devtype(device);

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq_ptr(subsystem, kinds[i].subsystem) &&
                    (!kinds[i].devtype || streq_ptr(devtype, kinds[i].devtype)))
                        return &kinds[i];
        return NULL;
}

char *nodedev_mdev_name(const char *uuid, const char *parent_address)
{
        char *name = g_strdup_printf("mdev_%s_%s", uuid, parent_address);

        return g_strcanon(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS, '_');
}

/* As libvirt names devices. */
static const char *device_name(const NodedevReading *reading)
{
        g_autofree char *name = NULL;

        if (streq(udev_device_get_subsystem(reading->device), "ap") && !g_str_has_prefix(reading->sysname, "card"))
                name = g_strdup_printf("ap_%s", reading->sysname);
        else if (streq(udev_device_get_subsystem(reading->device), "matrix"))
                name = g_strdup("ap_matrix");
        else
                name = g_strjoin("_", udev_device_get_subsystem(reading->device), reading->sysname, reading->suffix,
                                 NULL);
        return arena_strdup(reading->arena, g_strcanon(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS, '_'));
}

static void add_devnode(const NodedevReading *reading, NodeDevDevnodeType type, const char *path)
{
        NodeDevDevnode *node = arena_new0(reading->arena, NodeDevDevnode);

        node->type = type;
        node->path = arena_strdup(reading->arena, path);
        def_append(reading->arena, &reading->def->devnodes, node);
}

static void read_devnodes(const NodedevReading *reading)
{
        const char *node = udev_device_get_devnode(reading->device);
        struct udev_list_entry *entry;

        if (node)
                add_devnode(reading, NODEDEV_DEVNODE_DEV, node);
        udev_list_entry_foreach(entry, udev_device_get_devlinks_list_entry(reading->device))
                add_devnode(reading, NODEDEV_DEVNODE_LINK, udev_list_entry_get_name(entry));
}

/* Not sealed: its parent is for those to say who know the others. */
static NodeDevDef *read_device(const Scanner *scanner, struct udev_device *device)
{
        const Kind *kind = find_kind(device);
        _cleanup_close_ int fd = kind ? open(udev_device_get_syspath(device), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
                                      : -EBADF;
        _cleanup_(nodedev_def_unrefp) NodeDevDef *def = NULL;
        g_autofree char *driver = NULL;
        NodedevReading reading;

        if (fd < 0)
                return NULL;
        def = nodedev_def_new();
        reading = (NodedevReading) {
                .device = device,
                .hwdb = scanner->hwdb,
                .sysname = udev_device_get_sysname(device),
                .fd = fd,
                .def = def,
                .arena = def->arena,
                .cap = arena_new0(def->arena, NodeDevCap),
        };
        driver = sysfs_link(fd, "driver");
        def->path = arena_strdup(def->arena, udev_device_get_syspath(device));
        def->driver = arena_strdup(def->arena, driver);
        reading.cap->type = kind->type;
        def_append(def->arena, &def->caps, reading.cap);
        if (!kind->read(&reading))
                return NULL;
        read_devnodes(&reading);
        def->name = device_name(&reading);
        return g_steal_pointer(&def);
}

/* -- the host as a whole ---------------------------------------------------------------------------------------- */

static void take_entry(void *userdata, const char *element, const char *name, const char *value)
{
        NodeDevDef *def = userdata;
        NodeDevCap *cap = def->caps.items[0];
        const struct {
                const char *element, *name;
                const char **at;
        } known[] = {
                { "bios", "vendor", &cap->firmware_vendor },
                { "bios", "version", &cap->firmware_version },
                { "bios", "date", &cap->firmware_date },
                { "system", "manufacturer", &cap->hardware_vendor },
                { "system", "product", &cap->product_name },
                { "system", "version", &cap->hardware_version },
                { "system", "serial", &cap->hardware_serial },
                { "system", "uuid", &cap->hardware_uuid },
        };

        g_autofree char *lower = streq(name, "uuid") ? g_ascii_strdown(value, -1) : NULL;

        if (lower && !g_uuid_string_is_valid(lower))
                return;
        for (size_t i = 0; i < ELEMENTSOF(known); i++)
                if (streq(known[i].element, element) && streq(known[i].name, name))
                        *known[i].at = arena_strdup(def->arena, lower ?: value);
}

static NodeDevDef *read_computer(void)
{
        NodeDevDef *def = nodedev_def_new();
        NodeDevCap *cap = arena_new0(def->arena, NodeDevCap);

        def->name = NODEDEV_COMPUTER;
        cap->type = NODEDEV_CAP_SYSTEM;
        def_append(def->arena, &def->caps, cap);
        (void) node_sysinfo_foreach("/", take_entry, def);
        return def;
}

/* -- all of them --------------------------------------------------------------------------------------------- */

int nodedev_scan_all(GPtrArray **ret, Error *error)
{
        _cleanup_(scanner_clear) Scanner scanner = {};
        _cleanup_(enumerate_unref) struct udev_enumerate *enumerate = NULL;
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(nodedev_found_free);
        struct udev_list_entry *entry;
        int r = scanner_init(&scanner, error);

        if (r < 0)
                return r;
        enumerate = udev_enumerate_new(scanner.udev);
        for (size_t i = 0; enumerate && r >= 0 && i < ELEMENTSOF(kinds); i++)
                r = udev_enumerate_add_match_subsystem(enumerate, kinds[i].subsystem);
        if (enumerate && r >= 0)
                r = udev_enumerate_scan_devices(enumerate);
        if (!enumerate || r < 0)
                return error_set_errno(error, r < 0 ? r : errno, "cannot enumerate the devices of the host");
        g_ptr_array_add(all, nodedev_found_new(NODEDEV_COMPUTER, read_computer()));
        udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(enumerate)) {
                _cleanup_(device_unref) struct udev_device *device =
                        udev_device_new_from_syspath(scanner.udev, udev_list_entry_get_name(entry));
                NodeDevDef *def = device ? read_device(&scanner, device) : NULL;

                if (def)
                        g_ptr_array_add(all, nodedev_found_new(def->path, def));
        }
        *ret = g_steal_pointer(&all);
        return 0;
}

int nodedev_scan_paths(char *const *paths, GPtrArray **ret, Error *error)
{
        _cleanup_(scanner_clear) Scanner scanner = {};
        g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(nodedev_found_free);
        int r = scanner_init(&scanner, error);

        if (r < 0)
                return r;
        for (; *paths; paths++) {
                _cleanup_(device_unref) struct udev_device *device =
                        udev_device_new_from_syspath(scanner.udev, *paths);
                NodeDevDef *def = device ? read_device(&scanner, device) : NULL;

                g_ptr_array_add(all, nodedev_found_new(device ? udev_device_get_syspath(device) : *paths, def));
        }
        *ret = g_steal_pointer(&all);
        return 0;
}
