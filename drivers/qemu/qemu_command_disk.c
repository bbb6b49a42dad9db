/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/model/domain_vcpu.h"
#include "drivers/qemu/qemu_layer.h"

#include <linux/capability.h>

static const char *error_word(DomainDiskErrorPolicy policy)
{
        switch (policy) {
        case DOMAIN_DISK_ERROR_POLICY_STOP:
                return "stop";
        case DOMAIN_DISK_ERROR_POLICY_REPORT:
                return "report";
        case DOMAIN_DISK_ERROR_POLICY_IGNORE:
                return "ignore";
        case DOMAIN_DISK_ERROR_POLICY_ENOSPACE:
                return "enospc";
        case DOMAIN_DISK_ERROR_POLICY_DEFAULT:
        case _DOMAIN_DISK_ERROR_POLICY_MAX:
                break;
        }
        return NULL;
}

/* Reading never runs out of space, so "enospace" says nothing about it. */
static void put_error_policies(JsonObject *props, const DomainDisk *disk)
{
        DomainDiskErrorPolicy read = disk->rerror_policy ?: disk->error_policy;
        const char *werror = error_word(disk->error_policy);
        const char *rerror = read == DOMAIN_DISK_ERROR_POLICY_ENOSPACE ? NULL : error_word(read);

        if (werror)
                json_object_set_string_member(props, "werror", werror);
        if (rerror)
                json_object_set_string_member(props, "rerror", rerror);
}

static int put_wwn(Build *b, const DomainDisk *disk, JsonObject *props, Error *error)
{
        char *end = NULL;
        uint64_t wwn;

        if (!disk->wwn)
                return 0;
        errno = 0;
        wwn = g_ascii_strtoull(disk->wwn, &end, 16);
        if (errno != 0 || *end || end == disk->wwn)
                return qemu_refuse(b->def, disk, "wwn", error, "'%s' is no number of 64 bits", disk->wwn);
        json_object_set_int_member(props, "wwn", (gint64) wwn);
        return 0;
}

/* How the disk looks to the guest: sizes of its blocks, and what old systems take for its geometry. */
static void put_shape(const DomainDisk *disk, JsonObject *props)
{
        if (disk->blockio) {
                build_put_number(props, "logical_block_size", disk->blockio, logical_block_size);
                build_put_number(props, "physical_block_size", disk->blockio, physical_block_size);
                build_put_number(props, "discard_granularity", disk->blockio, discard_granularity);
        }
        if (!disk->geometry)
                return;
        json_object_set_int_member(props, "cyls", disk->geometry->cylinders);
        json_object_set_int_member(props, "heads", disk->geometry->heads);
        json_object_set_int_member(props, "secs", disk->geometry->sectors);
        if (disk->geometry->translation)
                json_object_set_string_member(props, "bios-chs-trans", disk->geometry->translation);
}

/* Of the part of the device that has the drive, which for some is not the device itself. */
static char *drive_path(const DomainDisk *disk)
{
        const char *alias = disk->info.alias;

        if (disk->bus == DOMAIN_DISK_BUS_VIRTIO)
                return g_strdup_printf("/machine/peripheral/%s/virtio-backend", alias);
        if (disk->bus == DOMAIN_DISK_BUS_USB)
                return g_strdup_printf("/machine/peripheral/%s/%s.0/legacy[0]", alias, alias);
        return g_strdup(alias);
}

/* Limits are set when the device is there; a group is made by its first member. */
static void setup_limits(Build *b, const DomainDisk *disk)
{
        const DomainIoTune *tune = disk->iotune;
        const struct {
                const char *name;
                uint64_t value;
                bool always; /* the command wants it */
        } limits[] = {
                { "bps", tune->total_bytes, true },
                { "bps_rd", tune->read_bytes, true },
                { "bps_wr", tune->write_bytes, true },
                { "iops", tune->total_iops, true },
                { "iops_rd", tune->read_iops, true },
                { "iops_wr", tune->write_iops, true },
                { "bps_max", tune->total_bytes_max, false },
                { "bps_rd_max", tune->read_bytes_max, false },
                { "bps_wr_max", tune->write_bytes_max, false },
                { "iops_max", tune->total_iops_max, false },
                { "iops_rd_max", tune->read_iops_max, false },
                { "iops_wr_max", tune->write_iops_max, false },
                { "iops_size", tune->size_iops, false },
                { "bps_max_length", tune->total_bytes_max_length, false },
                { "bps_rd_max_length", tune->read_bytes_max_length, false },
                { "bps_wr_max_length", tune->write_bytes_max_length, false },
                { "iops_max_length", tune->total_iops_max_length, false },
                { "iops_rd_max_length", tune->read_iops_max_length, false },
                { "iops_wr_max_length", tune->write_iops_max_length, false },
        };
        g_autofree char *path = drive_path(disk);
        JsonObject *arguments = qmp_object("s:id", path, "s:group", tune->group ?: disk->info.alias, NULL);

        for (size_t i = 0; i < ELEMENTSOF(limits); i++)
                if (limits[i].value > 0 || limits[i].always)
                        json_object_set_int_member(arguments, limits[i].name, (gint64) limits[i].value);
        build_setup(b, "block_set_io_throttle", arguments, false);
}

/* What all disks have that look like disks. */
static int put_common(Build *b, const DomainDisk *disk, const char *node, JsonObject *props, Error *error)
{
        const BuildCache *cache = build_cache_mode(disk);

        if (node)
                json_object_set_string_member(props, "drive", node);
        if (disk->shareable)
                json_object_set_boolean_member(props, "share-rw", true);
        if (cache && node)
                json_object_set_string_member(props, "write-cache", cache->write_cache ? "on" : "off");
        if (disk->serial)
                json_object_set_string_member(props, "serial", disk->serial);
        put_error_policies(props, disk);
        put_shape(disk, props);
        return put_wwn(b, disk, props, error);
}

void build_put_iothread_mapping(JsonObject *props, DomainIothreadMapping *const *threads, uint32_t n)
{
        JsonArray *mapping;

        if (n == 0)
                return;
        mapping = json_array_new();
        for (uint32_t i = 0; i < n; i++) {
                const DomainIothreadMapping *thread = threads[i];
                g_autofree char *id = g_strdup_printf("iothread%" PRIu32, thread->id);
                JsonObject *entry = qmp_object("s:iothread", id, NULL);
                JsonArray *queues = thread->queues.n > 0 ? json_array_new() : NULL;

                DEF_FOREACH(queue, thread->queues)
                        json_array_add_int_element(queues, queue->id);
                if (queues)
                        json_object_set_array_member(entry, "vqs", queues);
                json_array_add_object_element(mapping, entry);
        }
        json_object_set_array_member(props, "iothread-vq-mapping", mapping);
}

static int virtio_props(Build *b, const DomainDisk *disk, JsonObject **ret, Error *error)
{
        g_autofree char *driver = NULL;
        JsonObject *props;
        int r;

        if (disk->device != 0 && disk->device != DOMAIN_DISK_DEVICE_DISK)
                return qemu_refuse(b->def, disk, "@device", error, "a '%s' cannot be on the bus 'virtio'",
                                   domain_disk_device_to_string(disk->device));
        r = build_virtio_driver(b, disk, "virtio-blk", disk->model, &driver, error);
        if (r < 0)
                return r;
        props = qmp_object("s:driver", driver, NULL);
        if (def_is_set(disk, iothread))
                build_put_iothread(props, disk->iothread);
        build_put_iothread_mapping(props, disk->iothreads.items, disk->iothreads.n);
        build_put_tristate(props, "ioeventfd", disk->ioeventfd);
        build_put_tristate(props, "event_idx", disk->event_idx);
        build_put_number(props, "num-queues", disk, queues);
        build_put_number(props, "queue-size", disk, queue_size);
        build_virtio_options(props, &disk->virtio);
        *ret = props;
        return 0;
}

static bool is_cdrom(const DomainDisk *disk)
{
        return disk->device == DOMAIN_DISK_DEVICE_CDROM;
}

/* Of the PC's IDE controller, and of ICH9's AHCI. */
#define IDE_BUS_MAX 1u
#define IDE_UNIT_MAX 1u
#define SATA_UNIT_MAX 5u
#define FLOPPY_UNIT_MAX 1u

/* Bus and unit of the drive addresses that libvirt uses; see its disk address documentation. */
static int ide_props(Build *b, const DomainDisk *disk, const DomainAddress *address, JsonObject **ret,
                     Error *error)
{
        bool sata = disk->bus == DOMAIN_DISK_BUS_SATA;
        DomainControllerType type = sata ? DOMAIN_CONTROLLER_SATA : DOMAIN_CONTROLLER_IDE;
        const DomainController *controller = build_controller(b, type, address->drive.controller);
        bool own = sata && controller && !(b->q35 && controller->index == 0);
        g_autofree char *bus = NULL;
        JsonObject *props;

        if (!controller || (own && !controller->info.alias))
                return qemu_refuse(b->def, disk, "address/@controller", error,
                                   "there is no controller with index %u", address->drive.controller);
        if (address->drive.bus > (sata ? 0u : IDE_BUS_MAX))
                return qemu_refuse(b->def, disk, "address/@bus", error, "the controller has no bus %u",
                                   address->drive.bus);
        if (address->drive.unit > (sata ? SATA_UNIT_MAX : IDE_UNIT_MAX))
                return qemu_refuse(b->def, disk, "address/@unit", error, "the bus has no unit %u", address->drive.unit);
        bus = g_strdup_printf("%s.%u", own ? controller->info.alias : "ide",
                              sata ? address->drive.unit : address->drive.bus);
        props = qmp_object("s:driver", is_cdrom(disk) ? "ide-cd" : "ide-hd", "s:bus", bus, NULL);
        if (!sata)
                json_object_set_int_member(props, "unit", address->drive.unit);
        if (disk->product)
                json_object_set_string_member(props, "model", disk->product);
        build_put_number(props, "rotation_rate", disk, rotation_rate);
        *ret = props;
        return 0;
}

/* How the guest's udev knows a disk: by its serial number or else by the name that libvirt gives its drive.
 */
static void put_scsi_identity(const DomainDisk *disk, JsonObject *props)
{
        g_autofree char *drive = g_strconcat("drive-", disk->info.alias, NULL);

        json_object_set_string_member(props, "device_id", disk->serial ?: drive);
        if (disk->vendor)
                json_object_set_string_member(props, "vendor", disk->vendor);
        if (disk->product)
                json_object_set_string_member(props, "product", disk->product);
}

/* A "lun" takes the guest's commands to the host's device as they are. */
static const char *scsi_driver(const DomainDisk *disk)
{
        if (disk->device == DOMAIN_DISK_DEVICE_LUN)
                return "scsi-block";
        return is_cdrom(disk) ? "scsi-cd" : "scsi-hd";
}

static int scsi_props(Build *b, const DomainDisk *disk, const DomainAddress *address, JsonObject **ret,
                      Error *error)
{
        const DomainController *controller =
                build_controller(b, DOMAIN_CONTROLLER_SCSI, address->drive.controller);
        g_autofree char *bus = NULL;
        JsonObject *props;

        if (!controller || !controller->info.alias)
                return qemu_refuse(b->def, disk, "address/@controller", error,
                                   "there is no controller with index %u", address->drive.controller);
        bus = g_strconcat(controller->info.alias, ".0", NULL);
        props = qmp_object("s:driver", scsi_driver(disk), "s:bus", bus, NULL);
        if (build_controller_is_narrow(controller)) {
                json_object_set_int_member(props, "scsi-id", address->drive.unit);
        } else {
                json_object_set_int_member(props, "channel", address->drive.bus);
                json_object_set_int_member(props, "scsi-id", address->drive.target);
                json_object_set_int_member(props, "lun", address->drive.unit);
        }
        if (disk->device != DOMAIN_DISK_DEVICE_LUN) {
                put_scsi_identity(disk, props);
                build_put_number(props, "rotation_rate", disk, rotation_rate);
                build_put_tristate(props, "removable", disk->removable);
                build_put_tristate(props, "dpofua", disk->dpofua);
        }
        *ret = props;
        return 0;
}

/* A medium on USB is a stick that cannot be written to: as with libvirt, since QEMU has no such drive in one device. */
static int usb_props(Build *b, const DomainDisk *disk, JsonObject **ret, Error *error)
{
        if (disk->device != 0 && disk->device != DOMAIN_DISK_DEVICE_DISK && !is_cdrom(disk))
                return qemu_refuse(b->def, disk, "@device", error, "a '%s' cannot be on the bus 'usb'",
                                   domain_disk_device_to_string(disk->device));
        *ret = qmp_object("s:driver", "usb-storage", NULL);
        build_put_tristate(*ret, "removable", disk->removable);
        return 0;
}

static int nvme_props(Build *b, const DomainDisk *disk, const DomainAddress *address, JsonObject **ret, Error *error)
{
        const DomainController *controller = build_controller(b, DOMAIN_CONTROLLER_NVME, address->drive.controller);

        if (!controller || !controller->info.alias)
                return qemu_refuse(b->def, disk, "address/@controller", error, "there is no controller with index %u",
                                   address->drive.controller);
        *ret = qmp_object("s:driver", "nvme-ns", "s:bus", controller->info.alias, "u:nsid", address->drive.unit + 1,
                          NULL);
        return 0;
}

static int disk_props(Build *b, const DomainDisk *disk, JsonObject **ret, Error *error)
{
        static const DomainAddress nowhere = {};
        const DomainAddress *address = disk->info.address ?: &nowhere;

        switch (disk->bus) {
        case DOMAIN_DISK_BUS_VIRTIO:
                return virtio_props(b, disk, ret, error);
        case DOMAIN_DISK_BUS_IDE:
        case DOMAIN_DISK_BUS_SATA:
                return ide_props(b, disk, address, ret, error);
        case DOMAIN_DISK_BUS_SCSI:
                return scsi_props(b, disk, address, ret, error);
        case DOMAIN_DISK_BUS_USB:
                return usb_props(b, disk, ret, error);
        case DOMAIN_DISK_BUS_NVME:
                return nvme_props(b, disk, address, ret, error);
        case DOMAIN_DISK_BUS_FDC:
        case DOMAIN_DISK_BUS_XEN:
        case DOMAIN_DISK_BUS_UML:
        case DOMAIN_DISK_BUS_SD:
        case _DOMAIN_DISK_BUS_MAX:
                break;
        }
        return qemu_refuse(b->def, disk, "target/@bus", error, "machines of x86 have no bus '%s' for disks",
                           domain_disk_bus_to_string(disk->bus) ?: "(none)");
}

/* A floppy's boot index belongs to its controller. */
static int build_floppy(Build *b, const DomainDisk *disk, const char *node, Error *error)
{
        uint32_t index = build_boot_index(b, &disk->info);
        uint32_t unit = disk->info.address ? disk->info.address->drive.unit : 0;

        if (unit > FLOPPY_UNIT_MAX)
                return qemu_refuse(b->def, disk, "address/@unit", error, "the controller has no unit %u", unit);
        if (index > 0)
                build_argf(b, "-global", "isa-fdc.bootindex%c=%u", unit == 0 ? 'A' : 'B', index);
        return build_bare_device(b, disk,
                                 qmp_object("s:driver", "floppy", "u:unit", unit, "s:drive", node, "s:id",
                                            disk->info.alias, NULL),
                                 error);
}

static int build_disk_device(Build *b, const DomainDisk *disk, const char *node, Error *error)
{
        JsonObject *props = NULL;
        int r;

        if (qemu_disk_is_served(disk))
                return build_served_disk(b, disk, error);
        if (disk->bus == DOMAIN_DISK_BUS_FDC)
                return build_floppy(b, disk, node, error);
        r = disk_props(b, disk, &props, error);
        if (r < 0)
                return r;
        r = put_common(b, disk, node, props, error);
        if (r < 0) {
                json_object_unref(props);
                return r;
        }
        return build_device(b, disk, &disk->info, props, error);
}

/* Settings that only disks on some buses have. */
static int check_bus_settings(Build *b, const DomainDisk *disk, Error *error)
{
        bool virtio = disk->bus == DOMAIN_DISK_BUS_VIRTIO, scsi = disk->bus == DOMAIN_DISK_BUS_SCSI;
        bool ata = disk->bus == DOMAIN_DISK_BUS_IDE || disk->bus == DOMAIN_DISK_BUS_SATA;
        const struct {
                bool wrong;
                const char *place;
        } settings[] = {
                { def_is_set(disk, iothread) && !virtio, "driver/@iothread" },
                { disk->iothreads.n > 0 && !virtio, "driver/iothreads" },
                { def_is_set(disk, queues) && !virtio, "driver/@queues" },
                { def_is_set(disk, queue_size) && !virtio, "driver/@queue_size" },
                { disk->model && !virtio, "@model" },
                { def_is_set(disk, rotation_rate) && !scsi && !ata, "target/@rotation_rate" },
                { disk->vendor && !scsi, "vendor" },
                { disk->product && !scsi && !ata, "product" },
                { disk->removable == TRISTATE_ON && !scsi && disk->bus != DOMAIN_DISK_BUS_USB,
                  "target/@removable" },
                { disk->readonly && ata && disk->device == DOMAIN_DISK_DEVICE_DISK, "readonly" },
        };

        for (size_t i = 0; i < ELEMENTSOF(settings); i++)
                if (settings[i].wrong)
                        return qemu_refuse(b->def, disk, settings[i].place, error,
                                           "disks on the bus '%s' do not have it",
                                           strempty(domain_disk_bus_to_string(disk->bus)));
        return 0;
}

int build_check_iothread_mapping(Build *b, const void *item, DomainIothreadMapping *const *threads, uint32_t n,
                                 Error *error)
{
        for (uint32_t i = 0; i < n; i++)
                if (!domain_iothread_exists(b->def, threads[i]->id))
                        return qemu_refuse(b->def, item, "driver/iothreads/iothread/@id", error,
                                           "there is no I/O thread %u", threads[i]->id);
        return 0;
}

/* What newer versions of QEMU can do, and what none that we know can. */
static int check_new_settings(Build *b, const DomainDisk *disk, Error *error)
{
        int r = 0;

        if (disk->discard_no_unref != TRISTATE_ABSENT)
                r = build_check_version(b, disk, "driver/@discard_no_unref", 8001000, error);
        if (r >= 0 && disk->iothreads.n > 0)
                r = build_check_version(b, disk, "driver/iothreads", 9000000, error);
        if (r < 0)
                return r;
        r = build_check_iothread_mapping(b, disk, disk->iothreads.items, disk->iothreads.n, error);
        if (r < 0)
                return r;
        if (disk->statistics.n > 0)
                return qemu_refuse(b->def, disk, "driver/statistics", error,
                                   "no histograms are kept of this disk's operations");
        if (disk->backend_domain)
                return qemu_refuse(b->def, disk, "backenddomain", error, "only Xen has such domains");
        if (streq_ptr(disk->sgio, "unfiltered"))
                return qemu_refuse(b->def, disk, "@sgio", error,
                                   "Linux filters the commands of unprivileged processes");
        if (disk->rawio == TRISTATE_YES && disk->device != DOMAIN_DISK_DEVICE_LUN)
                return qemu_refuse(b->def, disk, "@rawio", error, "only disks with device='lun' pass commands on");
        return 0;
}

static int check_disk(Build *b, const DomainDisk *disk, Error *error)
{
        const BuildCache *cache = build_cache_mode(disk);

        if (disk->device == DOMAIN_DISK_DEVICE_LUN &&
            (disk->bus != DOMAIN_DISK_BUS_SCSI || qemu_storage_type(&disk->source) != DOMAIN_DISK_BLOCK))
                return qemu_refuse(b->def, disk, "@device", error,
                                   "a 'lun' is a block device of the host on the bus 'scsi'");
        if (disk->driver_name && !streq(disk->driver_name, "qemu"))
                return qemu_refuse(b->def, disk, "driver/@name", error, "'%s' is not supported",
                                   disk->driver_name);
        if (disk->io == DOMAIN_DISK_IO_NATIVE && !(cache && cache->direct))
                return qemu_refuse(b->def, disk, "driver/@io", error,
                                   "'native' needs the cache mode 'none' or 'directsync'");
        if (disk->io == DOMAIN_DISK_IO_URING && !qemu_caps_has(b->caps, QEMU_FEATURE_BLOCKDEV_IO_URING))
                return qemu_refuse(b->def, disk, "driver/@io", error, "%s cannot do 'io_uring'",
                                   qemu_caps_binary(b->caps));
        if (disk->copy_on_read == TRISTATE_ON && !qemu_disk_is_writable(disk))
                return qemu_refuse(b->def, disk, "driver/@copy_on_read", error, "the disk is read-only");
        if (def_is_set(disk, iothread) && !domain_iothread_exists(b->def, disk->iothread))
                return qemu_refuse(b->def, disk, "driver/@iothread", error, "there is no I/O thread %u",
                                   disk->iothread);
        return build_check_image(b, disk, error);
}

int build_disks(Build *b, Error *error)
{
        DEF_FOREACH(disk, b->def->disks) {
                g_autofree char *node = NULL;
                int r;

                r = check_disk(b, disk, error);
                if (r < 0)
                        return r;
                r = check_bus_settings(b, disk, error);
                if (r >= 0)
                        r = check_new_settings(b, disk, error);
                if (r < 0)
                        return r;
                if (disk->rawio == TRISTATE_YES)
                        b->capabilities |= UINT64_C(1) << CAP_SYS_RAWIO;
                node = build_image(b, disk);
                r = build_disk_device(b, disk, node, error);
                if (r < 0)
                        return r;
                if (disk->iotune && (node || !b->files))
                        setup_limits(b, disk);
        }
        return 0;
}
