/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

#include <string.h>

/* What has to fit together in a <disk>, whatever runs it. */

#define VENDOR_MAX 8u
#define PRODUCT_MAX 16u
#define WWN_DIGITS 16u

static bool is_name_of(const DomainDisk *disk, const char *const *prefixes)
{
        for (; *prefixes; prefixes++)
                if (g_str_has_prefix(disk->target, *prefixes))
                        return true;
        return false;
}

static void check_target(const void *p, DefChecker *checker)
{
        static const char *const hard[] = { "hd", "sd", "vd", "xvd", "ubd", "nvme", NULL };
        static const char *const floppy[] = { "fd", NULL };
        const DomainDisk *disk = p;

        if ((disk->device == DOMAIN_DISK_DEVICE_DISK || disk->device == DOMAIN_DISK_DEVICE_LUN) &&
            !is_name_of(disk, hard))
                checker_fail(checker, ERROR_XML_ERROR, "target/@dev", "Invalid harddisk device name: %s", disk->target);
        if (disk->device == DOMAIN_DISK_DEVICE_FLOPPY && !is_name_of(disk, floppy))
                checker_fail(checker, ERROR_XML_ERROR, "target/@dev", "Invalid floppy device name: %s", disk->target);
}

static void check_bus(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->bus == 0)
                return;
        if (disk->device == DOMAIN_DISK_DEVICE_FLOPPY && disk->bus != DOMAIN_DISK_BUS_FDC)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@bus",
                             "Invalid bus type '%s' for floppy disk", domain_disk_bus_to_string(disk->bus));
        if (disk->device != DOMAIN_DISK_DEVICE_FLOPPY && disk->bus == DOMAIN_DISK_BUS_FDC)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@bus",
                             "Invalid bus type '%s' for disk", domain_disk_bus_to_string(disk->bus));
}

static void check_address(const void *p, DefChecker *checker)
{
#define DRIVE IS(DOMAIN_ADDRESS_DRIVE)
        static const uint32_t allowed[_DOMAIN_DISK_BUS_MAX] = {
                [DOMAIN_DISK_BUS_IDE] = DRIVE,
                [DOMAIN_DISK_BUS_FDC] = DRIVE,
                [DOMAIN_DISK_BUS_SCSI] = DRIVE,
                [DOMAIN_DISK_BUS_SATA] = DRIVE,
                [DOMAIN_DISK_BUS_USB] = IS(DOMAIN_ADDRESS_USB),
                [DOMAIN_DISK_BUS_VIRTIO] = IS(DOMAIN_ADDRESS_PCI) | IS(DOMAIN_ADDRESS_CCW) |
                        IS(DOMAIN_ADDRESS_VIRTIO_MMIO),
        };
#undef DRIVE
        const DomainDisk *disk = p;

        if (disk->bus != 0 && allowed[disk->bus] != 0 && has_other_address(&disk->info, allowed[disk->bus]))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "address/@type",
                             "Invalid address type '%s' for the disk '%s' with the bus type '%s'",
                             domain_address_to_string(disk->info.address->type), disk->target,
                             domain_disk_bus_to_string(disk->bus));
}

static bool is_printable(const char *s)
{
        for (; *s; s++)
                if (!g_ascii_isprint(*s))
                        return false;
        return true;
}

static bool is_wwn(const char *s)
{
        const char *digits = g_str_has_prefix(s, "0x") ? s + 2 : s;

        return strlen(digits) == WWN_DIGITS && strspn(digits, "0123456789abcdefABCDEF") == WWN_DIGITS;
}

static void check_names(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->vendor && !is_printable(disk->vendor))
                checker_fail(checker, ERROR_XML_ERROR, "vendor", "disk vendor is not printable string");
        if (disk->product && !is_printable(disk->product))
                checker_fail(checker, ERROR_XML_ERROR, "product", "disk product is not printable string");
        if (disk->vendor && strlen(disk->vendor) > VENDOR_MAX)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "vendor",
                             "disk vendor is more than %u characters", VENDOR_MAX);
        if (disk->product && strlen(disk->product) > PRODUCT_MAX)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "product",
                             "disk product is more than %u characters", PRODUCT_MAX);
        if (disk->vendor && disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_SCSI)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "vendor", "Only scsi disk supports 'vendor'");
        if (disk->wwn && !is_wwn(disk->wwn))
                checker_fail(checker, ERROR_XML_ERROR, "wwn", "Malformed wwn: %s", disk->wwn);
}

bool domain_storage_is_empty(const DomainStorage *storage)
{
        switch (storage->type) {
        case DOMAIN_DISK_FILE:
                return !storage->file;
        case DOMAIN_DISK_BLOCK:
        case DOMAIN_DISK_VHOST_VDPA:
                return !storage->dev;
        case DOMAIN_DISK_DIR:
                return !storage->dir;
        case DOMAIN_DISK_NETWORK:
                return !storage->protocol;
        case DOMAIN_DISK_VOLUME:
                return !storage->volume;
        case DOMAIN_DISK_NVME:
        case DOMAIN_DISK_VHOST_USER:
        case _DOMAIN_DISK_TYPE_MAX:
                break;
        }
        return false;
}

static void check_source(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;
        bool removable = disk->device == DOMAIN_DISK_DEVICE_CDROM || disk->device == DOMAIN_DISK_DEVICE_FLOPPY;

        if (disk->bus == DOMAIN_DISK_BUS_USB && domain_storage_is_empty(&disk->source))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source", "'usb' disk must not be empty");
        else if (!removable && domain_storage_is_empty(&disk->source))
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing source information for device %s",
                             disk->target);
        if (!removable && disk->source.startup_policy == DOMAIN_STARTUP_POLICY_REQUISITE)
                checker_fail(checker, ERROR_XML_ERROR, "source/@startupPolicy",
                             "disk startupPolicy 'requisite' is allowed only for cdrom or floppy");
        if (!removable && disk->tray_open != TRISTATE_ABSENT)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@tray",
                             "tray is only valid for cdrom and floppy");
}

static void check_places(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->encryption && disk->source.encryption)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "encryption",
                             "an <encryption> definition already found for disk source");
        if (disk->auth && disk->source.auth)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "auth",
                             "an <auth> definition already found for disk source");
        check_storage_auth(&disk->source, disk->auth, checker);
        if (disk->iotune && disk->throttle_filters.n > 0)
                checker_fail(checker, ERROR_OPERATION_UNSUPPORTED, "throttlefilters",
                             "block 'throttlefilters' can't be used together with 'iotune' for disk '%s'",
                             disk->target);
}

static void check_lun(const DomainDisk *disk, DefChecker *checker)
{
        const DomainStorage *source = &disk->source;
        bool is_block = source->type == DOMAIN_DISK_BLOCK || source->type == DOMAIN_DISK_VOLUME ||
                (source->type == DOMAIN_DISK_NETWORK && source->protocol == DOMAIN_PROTOCOL_ISCSI);

        if (disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_SCSI && disk->bus != DOMAIN_DISK_BUS_VIRTIO)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@bus",
                             "disk device='lun' is not supported for bus='%s'",
                             domain_disk_bus_to_string(disk->bus));
        else if (disk->bus == DOMAIN_DISK_BUS_VIRTIO)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@device",
                             "This QEMU doesn't support SCSI emulation with 'virtio-blk' device");
        if (!is_block)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@type",
                             "disk device='lun' is not supported for protocol='%s'",
                             source->type == DOMAIN_DISK_NETWORK ?
                             strempty(domain_protocol_to_string(source->protocol)) :
                             domain_disk_type_to_string(source->type));
        if (disk->format && !streq(disk->format, "raw"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@type",
                             "disk device 'lun' using target '%s' must use 'raw' format", disk->target);
        EXPECT_NONE(checker, { disk->serial || disk->wwn || disk->vendor || disk->product, "@device",
                               "Setting serial, wwn, vendor or product is not supported for lun device" },
                    { source->slices.n > 0, "source/slices", "disk device 'lun' doesn't support storage slice" },
                    { source->encryption || disk->encryption, "@device",
                      "disk device 'lun' doesn't support encryption" },
                    { disk->copy_on_read == TRISTATE_ON, "driver/@copy_on_read",
                      "copy_on_read is not compatible with 'lun' disk" });
}

static void check_device(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;
        bool is_lun = disk->device == DOMAIN_DISK_DEVICE_LUN;

        if (is_lun)
                check_lun(disk, checker);
        else if (disk->rawio != TRISTATE_ABSENT || disk->sgio)
                checker_fail(checker, ERROR_XML_ERROR, "@device",
                             "rawio or sgio can be used only with device='lun'");
        EXPECT_NONE(checker, { streq_ptr(disk->sgio, "unfiltered"), "@sgio", "unfiltered sgio is no longer supported" },
                    { !is_lun && disk->source.reservations, "source/reservations",
                      "<reservations/> allowed only for lun devices" });
}

static void check_format(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;
        bool qcow2 = streq_ptr(disk->format, "qcow2");

        if (disk->shareable && !disk->readonly && disk->format && !streq(disk->format, "raw"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "shareable",
                             "shared access for disk '%s' requires use of supported storage format",
                             disk->target);
        if (disk->copy_on_read == TRISTATE_ON && (disk->readonly || disk->shareable))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@copy_on_read",
                             "copy_on_read is not compatible with read-only disk '%s'", disk->target);
        EXPECT_NONE(checker, { streq_ptr(disk->format, "dir"), "driver/@type",
                               "'directory' storage format is not directly supported by QEMU, use 'dir' disk type "
                               "instead" },
                    { def_is_set(disk, metadata_cache) && !qcow2, "driver/metadata_cache",
                      "metadata_cache is only supported for qcow2 driver" },
                    { disk->discard_no_unref == TRISTATE_ON && !qcow2, "driver/@discard_no_unref",
                      "'discard_no_unref' only works with qcow2 disk format" },
                    { disk->discard_no_unref == TRISTATE_ON && disk->readonly, "driver/@discard_no_unref",
                      "'discard_no_unref' is not compatible with read-only disk" });
}

/* What depends on the bus, once that is known. */
static void check_bus_options(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;
        bool usb = disk->bus == DOMAIN_DISK_BUS_USB, virtio = disk->bus == DOMAIN_DISK_BUS_VIRTIO;

        if (disk->bus == 0)
                return;
        EXPECT_NONE(checker, { !virtio && is_virtio_model(disk->model), "@model",
                               "disk models of virtio are for the bus 'virtio' only" },
                    { !usb && disk->model && g_str_has_prefix(disk->model, "usb"), "@model",
                      "disk models of USB are for the bus 'usb' only" },
                    { !virtio && def_is_set(disk, queues), "driver/@queues",
                      "queues attribute in disk driver element is only supported by virtio-blk" },
                    { !virtio && def_is_set(disk, queue_size), "driver/@queue_size",
                      "queue_size attribute in disk driver is only supported for virtio bus" },
                    { !virtio && disk->event_idx != TRISTATE_ABSENT, "driver/@event_idx",
                      "disk event_idx mode supported only for virtio bus" },
                    { !virtio && disk->ioeventfd != TRISTATE_ABSENT, "driver/@ioeventfd",
                      "disk ioeventfd mode supported only for virtio bus" },
                    { !virtio && virtio_is_given(&disk->virtio), "driver",
                      "iommu, ats, packed and page_per_vq are options of virtio devices only" },
                    { disk->removable != TRISTATE_ABSENT && !usb &&
                      !(disk->bus == DOMAIN_DISK_BUS_SCSI && disk->device == DOMAIN_DISK_DEVICE_DISK),
                      "target/@removable", "removable is only valid for usb or scsi disks" },
                    { def_is_set(disk, rotation_rate) && (virtio || disk->bus == DOMAIN_DISK_BUS_FDC),
                      "target/@rotation_rate", "rotation rate is only valid for SCSI/IDE/SATA bus" });
}

/* Another program has the disk: what QEMU would do with it cannot be said. */
static void check_vhost_user(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->source.type != DOMAIN_DISK_VHOST_USER)
                return;
#define NOT_HERE(given, where, what) { given, where, what " is not supported with vhostuser disk" }
        EXPECT_NONE(checker, { disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_VIRTIO, "target/@bus",
                               "vhostuser disk supports only virtio bus" },
                    { disk->snapshot != 0 && disk->snapshot != DOMAIN_DISK_SNAPSHOT_NO, "@snapshot",
                      "only snapshot=no is supported with vhostuser disk" },
                    NOT_HERE(disk->cache != 0, "driver/@cache", "cache"),
                    NOT_HERE(disk->error_policy != 0 || disk->rerror_policy != 0, "driver", "error_policy"),
                    NOT_HERE(disk->io != 0, "driver/@io", "io"),
                    NOT_HERE(disk->ioeventfd != TRISTATE_ABSENT, "driver/@ioeventfd", "ioeventfd"),
                    NOT_HERE(disk->copy_on_read != TRISTATE_ABSENT, "driver/@copy_on_read", "copy_on_read"),
                    NOT_HERE(disk->discard != 0, "driver/@discard", "discard"),
                    NOT_HERE(def_is_set(disk, iothread), "driver/@iothread", "iothread"),
                    NOT_HERE(disk->detect_zeroes != 0, "driver/@detect_zeroes", "detect_zeroes"),
                    NOT_HERE(def_is_set(disk, metadata_cache), "driver/metadata_cache", "metadata_cache"),
                    NOT_HERE(disk->iotune, "iotune", "iotune"),
                    NOT_HERE(disk->backing, "backingStore", "backingStore"),
                    NOT_HERE(disk->encryption || disk->source.encryption, "encryption", "encryption"),
                    NOT_HERE(disk->readonly, "readonly", "readonly"),
                    NOT_HERE(disk->shareable, "shareable", "shareable"),
                    NOT_HERE(disk->transient, "transient", "transient"),
                    NOT_HERE(disk->serial, "serial", "serial"), NOT_HERE(disk->wwn, "wwn", "wwn"),
                    NOT_HERE(disk->vendor, "vendor", "vendor"), NOT_HERE(disk->product, "product", "product"),
                    NOT_HERE(disk->auth, "auth", "auth"), NOT_HERE(disk->geometry, "geometry", "geometry"),
                    NOT_HERE(disk->blockio, "blockio", "blockio"));
#undef NOT_HERE
}

const DefRule domain_disk_rules[] = {
        { "what is said in one place is not said in another", check_places },
        { "the name suits the device", check_target },
        { "options suit the device", check_device },
        { "options suit the format", check_format },
        { "options suit the bus", check_bus_options },
        { "the bus suits the device", check_bus },
        { "what cannot be changed has a source", check_source },
        { "the address suits the bus", check_address },
        { "vendor, product and WWN fit", check_names },
        { "a disk of another program has no options", check_vhost_user },
        { "QEMU can have the disk", domain_check_qemu_disk },
        {},
};
