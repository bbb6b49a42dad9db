/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nodedev/nodedev_reading.h"

#include <stdio.h>
#include <string.h>

/* The kernel counts disks in these, whatever their own blocks are. */
#define SECTOR 512

static bool property_is(const NodedevReading *reading, const char *name)
{
        return streq_ptr(nodedev_property(reading, name), "1");
}

/* libvirt's words, of what udev found out, or of the names of disks that it has nothing to ask. */
static const char *drive_type(const NodedevReading *reading)
{
        static const char *const disks[] = { "vd", "dasd", "nvme", "sd", "xvd", "mmcblk", "pmem" };
        const char *type = nodedev_property(reading, "ID_TYPE");

        if (property_is(reading, "ID_DRIVE_FLOPPY") || g_str_has_prefix(reading->sysname, "fd"))
                return "floppy";
        if (property_is(reading, "ID_CDROM") || streq_ptr(type, "cd") || g_str_has_prefix(reading->sysname, "sr"))
                return "cdrom";
        if (property_is(reading, "ID_DRIVE_FLASH_SD"))
                return "sd";
        if (type && !streq(type, "generic"))
                return streq(type, "disk") ? "disk" : NULL;
        for (size_t i = 0; i < ELEMENTSOF(disks); i++)
                if (g_str_has_prefix(reading->sysname, disks[i]))
                        return "disk";
        return NULL;
}

static void read_size(const NodedevReading *reading, uint64_t *ret_size, uint64_t *ret_block)
{
        uint64_t sectors = 0;

        *ret_block = 0;
        (void) sysfs_number(reading->fd, "size", 10, &sectors);
        (void) sysfs_number(reading->fd, "queue/logical_block_size", 10, ret_block);
        *ret_size = sectors * SECTOR;
}

/* What can be changed in the drive has sizes of its own. */
static void read_medium(const NodedevReading *reading)
{
        NodeDevPart *part = nodedev_add_part(reading, NODEDEV_PART_REMOVABLE);
        const char *label = nodedev_property(reading, "ID_FS_LABEL");
        bool there = property_is(reading, "ID_CDROM_MEDIA") ||
                     (!streq(reading->cap->drive_type, "cdrom") && label);
        uint64_t size, block;

        def_put(part, media_available, there);
        if (!there) {
                def_put(part, media_size, 0);
                return;
        }
        read_size(reading, &size, &block);
        part->media_label = label;
        def_put(part, media_size, size);
        if (block > 0) {
                def_put(part, logical_block_size, block);
                def_put(part, num_blocks, size / block);
        }
}

static void read_disk(const NodedevReading *reading)
{
        NodeDevCap *cap = reading->cap;
        uint64_t size, block;

        read_size(reading, &size, &block);
        def_put(cap, size, size);
        if (block > 0) {
                def_put(cap, logical_block_size, block);
                def_put(cap, num_blocks, size / block);
        }
}

bool nodedev_read_storage(NodedevReading *reading)
{
        const char *node = udev_device_get_devnode(reading->device);
        NodeDevCap *cap = reading->cap;

        cap->drive_type = drive_type(reading);
        if (!node || !cap->drive_type)
                return false;
        cap->block = arena_strdup(reading->arena, node);
        cap->storage_bus = nodedev_property(reading, "ID_BUS");
        cap->serial = nodedev_property(reading, "ID_SERIAL") ?: nodedev_text(reading, "serial");
        cap->vendor_name = nodedev_text(reading, "device/vendor");
        cap->model = nodedev_text(reading, "device/model");
        if (streq(cap->drive_type, "cdrom") || streq(cap->drive_type, "floppy"))
                read_medium(reading);
        else
                read_disk(reading);
        reading->suffix = cap->serial;
        return true;
}

/* -- SCSI ---------------------------------------------------------------------------------------------------- */

static const char *wwn(int fd, Arena *arena, const char *path)
{
        g_autofree char *text = sysfs_text(fd, path);

        return text ? arena_strdup(arena, g_str_has_prefix(text, "0x") ? text + 2 : text) : NULL;
}

/* Ports of others that it has, or may have. */
static void read_vports(const NodedevReading *reading, const char *directory)
{
        g_autofree char *create = g_strconcat(directory, "/vport_create", NULL);
        g_autofree char *max_name = g_strconcat(directory, "/max_npiv_vports", NULL);
        g_autofree char *used_name = g_strconcat(directory, "/npiv_vports_inuse", NULL);
        uint32_t max = 0, used = 0;
        NodeDevPart *part;

        if (faccessat(reading->fd, create, F_OK, 0) < 0)
                return;
        (void) nodedev_u32(reading, max_name, 10, &max);
        (void) nodedev_u32(reading, used_name, 10, &used);
        part = nodedev_add_part(reading, NODEDEV_PART_VPORT_OPS);
        def_put(part, max_vports, max);
        def_put(part, vports, used);
}

bool nodedev_read_scsi_host(NodedevReading *reading)
{
        g_autofree char *fc = g_strdup_printf("fc_host/%s", reading->sysname);
        g_autofree char *scsi = g_strdup_printf("scsi_host/%s", reading->sysname);
        g_autofree char *unique = g_strconcat(scsi, "/unique_id", NULL);
        g_autofree char *node_name = g_strconcat(fc, "/node_name", NULL);
        g_autofree char *port_name = g_strconcat(fc, "/port_name", NULL);
        g_autofree char *fabric_name = g_strconcat(fc, "/fabric_name", NULL);
        const char *wwnn = wwn(reading->fd, reading->arena, node_name);
        const char *wwpn = wwn(reading->fd, reading->arena, port_name);
        NodeDevCap *cap = reading->cap;
        uint32_t number;

        if (!g_str_has_prefix(reading->sysname, "host") || parse_u32(reading->sysname + strlen("host"), &number) < 0)
                return false;
        def_put(cap, host, number);
        if (nodedev_u32(reading, unique, 10, &number))
                def_put(cap, unique_id, number);
        if (wwnn && wwpn) {
                NodeDevPart *part = nodedev_add_part(reading, NODEDEV_PART_FC_HOST);

                part->wwnn = wwnn;
                part->wwpn = wwpn;
                part->fabric_wwn = wwn(reading->fd, reading->arena, fabric_name);
        }
        read_vports(reading, fc);
        return true;
}

bool nodedev_read_scsi_target(NodedevReading *reading)
{
        /* the port of fibre channel that it is behind is the directory above */
        g_autofree char *above = g_path_get_dirname(udev_device_get_syspath(reading->device));
        g_autofree char *rport = g_path_get_basename(above);
        g_autofree char *port_name = g_strdup_printf("../fc_remote_ports/%s/port_name", rport);
        const char *wwpn;

        reading->cap->target_name = arena_strdup(reading->arena, reading->sysname);
        if (!g_str_has_prefix(rport, "rport-"))
                return true;
        wwpn = wwn(reading->fd, reading->arena, port_name);
        if (wwpn) {
                NodeDevPart *part = nodedev_add_part(reading, NODEDEV_PART_FC_REMOTE_PORT);

                part->rport = arena_strdup(reading->arena, rport);
                part->wwpn = wwpn;
        }
        return true;
}

/* Peripheral device types of SPC-4; libvirt has words for these. */
static const char *scsi_type(uint32_t type)
{
        static const char *const types[] = {
                [0x00] = "disk",
                [0x01] = "tape",
                [0x03] = "processor",
                [0x04] = "worm",
                [0x05] = "cdrom",
                [0x06] = "scanner",
                [0x07] = "mod",
                [0x08] = "changer",
                [0x0d] = "enclosure",
                [0x0e] = "rbc",
                [0x11] = "osd",
        };

        return type < ELEMENTSOF(types) ? types[type] : NULL;
}

bool nodedev_read_scsi(NodedevReading *reading)
{
        NodeDevCap *cap = reading->cap;
        unsigned host, bus, target, lun;
        uint32_t type;
        int end = 0;

        if (sscanf(reading->sysname, "%u:%u:%u:%u%n", &host, &bus, &target, &lun, &end) != 4 ||
            reading->sysname[end])
                return false;
        def_put(cap, host, host);
        def_put(cap, bus, bus);
        def_put(cap, target, target);
        def_put(cap, lun, lun);
        if (nodedev_u32(reading, "type", 10, &type))
                cap->scsi_type = scsi_type(type);
        return true;
}

/* -- USB ----------------------------------------------------------------------------------------------------- */

static void read_id(const NodedevReading *reading, const char *attribute, const char *key, const char *own_word,
                    NodeDevId *id)
{
        const char *modalias = udev_device_get_property_value(reading->device, "MODALIAS");
        g_autofree char *made = NULL;
        uint32_t value = 0, vendor = 0, product = 0;

        (void) nodedev_u32(reading, attribute, 16, &value);
        def_put(id, id, value);
        if (!modalias && nodedev_u32(reading, "idVendor", 16, &vendor) &&
            nodedev_u32(reading, "idProduct", 16, &product))
                modalias = made = g_strdup_printf("usb:v%04Xp%04X", vendor, product);
        id->name = nodedev_property(reading, key) ?: nodedev_hwdb_name(reading, modalias, key);
        if (!id->name)
                id->name = nodedev_text(reading, own_word);
}

bool nodedev_read_usb_device(NodedevReading *reading)
{
        NodeDevCap *cap = reading->cap;
        uint32_t bus, device;

        if (!nodedev_u32(reading, "busnum", 10, &bus) || !nodedev_u32(reading, "devnum", 10, &device))
                return false;
        def_put(cap, bus, bus);
        def_put(cap, device, device);
        read_id(reading, "idVendor", "ID_VENDOR_FROM_DATABASE", "manufacturer", &cap->vendor);
        read_id(reading, "idProduct", "ID_MODEL_FROM_DATABASE", "product", &cap->product);
        return true;
}

bool nodedev_read_usb(NodedevReading *reading)
{
        NodeDevCap *cap = reading->cap;
        uint32_t number, class, subclass, protocol;

        if (!nodedev_u32(reading, "bInterfaceNumber", 16, &number) ||
            !nodedev_u32(reading, "bInterfaceClass", 16, &class) ||
            !nodedev_u32(reading, "bInterfaceSubClass", 16, &subclass) ||
            !nodedev_u32(reading, "bInterfaceProtocol", 16, &protocol))
                return false;
        def_put(cap, number, number);
        def_put(cap, class_, class);
        def_put(cap, subclass, subclass);
        def_put(cap, protocol, protocol);
        return true;
}
