/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

#include <string.h>

/* Disks that no QEMU can have, whichever is installed. */

/* QEMU's limit of what it counts per second. */
#define IOTUNE_MAX UINT64_C(1000000000000000)

static void check_drive_address(const DomainDisk *disk, DefChecker *checker)
{
        const DomainAddress *address = disk->info.address;
        bool ide = disk->bus == DOMAIN_DISK_BUS_IDE, sata = disk->bus == DOMAIN_DISK_BUS_SATA;
        bool fdc = disk->bus == DOMAIN_DISK_BUS_FDC, scsi = disk->bus == DOMAIN_DISK_BUS_SCSI;

        if (!address || address->type != DOMAIN_ADDRESS_DRIVE)
                return;
        EXPECT_NONE(checker, { scsi && address->drive.bus != 0, "address/@bus", "SCSI controller only supports 1 bus" },
                    { ide && address->drive.controller != 0, "address/@controller",
                      "Only 1 IDE controller is supported" },
                    { ide && address->drive.bus > 1, "address/@bus", "Only 2 IDE buses are supported" },
                    { fdc && address->drive.controller != 0, "address/@controller",
                      "Only 1 fdc controller is supported" },
                    { fdc && address->drive.bus != 0, "address/@bus", "Only 1 fdc bus is supported" },
                    { sata && address->drive.bus != 0, "address/@bus", "bus must be 0 for a SATA disk" },
                    { (ide || sata || fdc) && address->drive.target != 0, "address/@target",
                      "target must be 0 for this bus" });
}

static bool is_safe(const char *serial)
{
        return strspn(serial, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_ .+") == strlen(serial);
}

/* What the guest sees. */
static void check_frontend(const DomainDisk *disk, DefChecker *checker)
{
        bool cdrom = disk->device == DOMAIN_DISK_DEVICE_CDROM;
        bool removable = cdrom || disk->device == DOMAIN_DISK_DEVICE_FLOPPY;
        bool ide = disk->bus == DOMAIN_DISK_BUS_IDE, sata = disk->bus == DOMAIN_DISK_BUS_SATA;
        bool sd = disk->bus == DOMAIN_DISK_BUS_SD;
        bool virtio = disk->bus == DOMAIN_DISK_BUS_VIRTIO, usb = disk->bus == DOMAIN_DISK_BUS_USB;
        bool native = disk->io == DOMAIN_DISK_IO_NATIVE;

        EXPECT_NONE(checker, { disk->driver_name && !streq(disk->driver_name, "qemu"), "driver/@name",
                               "QEMU has no disk driver but 'qemu'" },
                    { disk->bus == DOMAIN_DISK_BUS_XEN || disk->bus == DOMAIN_DISK_BUS_UML, "target/@bus",
                      "QEMU has no disks on the buses 'xen' and 'uml'" },
                    { cdrom && (virtio || sd), "@device", "disks on this bus do not support ejectable media" },
                    { disk->geometry && (usb || sd), "geometry", "CHS geometry can not be set for this bus" },
                    { disk->bus != 0 && !ide && !sata && disk->geometry && disk->geometry->translation,
                      "geometry/@trans", "CHS translation mode can only be set for 'ide' bus" },
                    { disk->serial && sd, "serial", "Serial property not supported for drive bus 'sd'" },
                    { disk->serial && !is_safe(disk->serial), "serial", "driver serial contains unsafe characters" },
                    { disk->copy_on_read == TRISTATE_ON && removable, "driver/@copy_on_read",
                      "copy_on_read is not supported with removable disks" },
                    { disk->wwn && (virtio || usb || sd), "wwn", "Only ide and scsi disk support wwn" },
                    { disk->product && disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_SCSI &&
                      disk->bus != DOMAIN_DISK_BUS_SATA, "product",
                      "Only scsi disk supports 'product'" },
                    { native && disk->cache != DOMAIN_DISK_CACHE_NONE && disk->cache != DOMAIN_DISK_CACHE_DIRECTSYNC,
                      "driver/@io", "native I/O needs either no disk cache or directsync cache mode, QEMU will "
                                    "fallback to aio=threads" });
        if (disk->readonly && disk->device == DOMAIN_DISK_DEVICE_DISK && (ide || sata))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "readonly", "readonly %s disks are not supported",
                             domain_disk_bus_to_string(disk->bus));
}

static void check_transient(const DomainDisk *disk, DefChecker *checker)
{
        bool shares = disk->bus == DOMAIN_DISK_BUS_VIRTIO || disk->bus == DOMAIN_DISK_BUS_USB ||
                disk->bus == DOMAIN_DISK_BUS_SCSI;

        if (!disk->transient)
                return;
        EXPECT_NONE(checker, { domain_storage_is_empty(&disk->source), "transient",
                               "a transient disk must not be empty" },
                    { disk->readonly, "transient", "a transient disk must not be read-only" },
                    { disk->source.type != DOMAIN_DISK_FILE, "transient",
                      "transient disk supported only with 'file' type" },
                    { disk->device != DOMAIN_DISK_DEVICE_DISK, "transient",
                      "transient disk supported only with 'disk' device" },
                    { disk->share_backing == TRISTATE_YES && disk->bus != 0 && !shares, "transient/@shareBacking",
                      "transient disks on this bus do not share their image" });
}

static bool is_same_tune(const DomainIoTune *a, const DomainIoTune *b)
{
        DomainIoTune copy = *a;

        copy.set = b->set;
        copy.raw = b->raw;
        copy.group = b->group;
        return memcmp(&copy, b, sizeof(copy)) == 0;
}

static bool exceeds_limit(const DomainIoTune *tune)
{
        const uint64_t values[] = {
                tune->total_bytes, tune->read_bytes, tune->write_bytes, tune->total_iops, tune->read_iops,
                tune->write_iops, tune->total_bytes_max, tune->read_bytes_max, tune->write_bytes_max,
                tune->total_iops_max, tune->read_iops_max, tune->write_iops_max, tune->size_iops,
        };

        for (size_t i = 0; i < ELEMENTSOF(values); i++)
                if (values[i] > IOTUNE_MAX)
                        return true;
        return false;
}

/* The disks of a group have the limits of the group, said by one of them or by each. */
static void check_iotune(const DomainDef *def, const DomainDisk *disk, DefChecker *checker)
{
        const DomainIoTune *tune = disk->iotune;
        bool limited;

        if (!tune)
                return;
        if (exceeds_limit(tune))
                checker_fail(checker, ERROR_ARGUMENT_UNSUPPORTED, "iotune",
                             "block I/O throttle limit must be no more than %" PRIu64 " using QEMU", IOTUNE_MAX);
        limited = iotune_has_limit(tune);
        DEF_FOREACH(other, def->disks) {
                if (other == disk || !tune->group || !other->iotune || !streq_ptr(other->iotune->group, tune->group) ||
                    !iotune_has_limit(other->iotune))
                        continue;
                if (limited && !is_same_tune(tune, other->iotune))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "iotune",
                                     "different iotunes for disks %s and %s", disk->target, other->target);
                return;
        }
        if (tune->group && !limited)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "iotune/group_name",
                             "group_name can be configured only together with settings");
}

static bool has_throttle_group(const DomainDef *def, const char *name)
{
        DEF_FOREACH(group, def->throttle_groups)
                if (streq_ptr(group->group, name))
                        return true;
        return false;
}

static void check_throttle_filters(const DomainDef *def, const DomainDisk *disk, DefChecker *checker)
{
        for (uint32_t i = 0; i < disk->throttle_filters.n; i++) {
                const char *name = disk->throttle_filters.items[i]->group;

                if (!has_throttle_group(def, name))
                        checker_fail(checker, ERROR_XML_ERROR, "throttlefilters/throttlefilter",
                                     "throttle group '%s' not found", name);
                for (uint32_t j = 0; j < i; j++)
                        if (streq(name, disk->throttle_filters.items[j]->group))
                                checker_fail(checker, ERROR_XML_ERROR, "throttlefilters/throttlefilter",
                                             "duplicate throttle filter '%s' found", name);
        }
}

static void check_threads(const DomainDef *def, const DomainDisk *disk, DefChecker *checker)
{
        bool given = def_is_set(disk, iothread) || disk->iothreads.n > 0;

        if (given && disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_VIRTIO)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@iothread",
                             "IOThreads not available for bus %s target %s", domain_disk_bus_to_string(disk->bus),
                             disk->target);
        if (def_is_set(disk, iothread) && disk->iothreads.n > 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/iothreads",
                             "disk driver 'iothread' attribute can't be used together with 'iothreads' subelement");
        check_iothread_mapping(def, (const DomainIothreadMapping *const *) disk->iothreads.items, disk->iothreads.n,
                               def_get(disk, queues, 0), checker);
}

/* Which protocols do what few of them do. */
#define HTTP (IS(DOMAIN_PROTOCOL_HTTP) | IS(DOMAIN_PROTOCOL_HTTPS))
#define CURL (HTTP | IS(DOMAIN_PROTOCOL_FTP) | IS(DOMAIN_PROTOCOL_FTPS))
#define ENCRYPTED (IS(DOMAIN_PROTOCOL_HTTPS) | IS(DOMAIN_PROTOCOL_FTPS))
#define ONE_HOST                                                                                    \
        (CURL | IS(DOMAIN_PROTOCOL_NBD) | IS(DOMAIN_PROTOCOL_ISCSI) | IS(DOMAIN_PROTOCOL_SSH) |     \
         IS(DOMAIN_PROTOCOL_NFS) | IS(DOMAIN_PROTOCOL_TFTP))

static void check_network_storage(const DomainStorage *storage, DefChecker *checker)
{
        static const DomainStorageNetwork nothing;
        const DomainStorageNetwork *more = storage->network ?: &nothing;
        uint32_t protocol = IS(storage->protocol);

        if (storage->type != DOMAIN_DISK_NETWORK || storage->protocol == 0)
                return;
        if ((protocol & ONE_HOST) && storage->hosts.n != 1)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source/host", "protocol '%s' accepts only one host",
                             domain_protocol_to_string(storage->protocol));
        EXPECT_NONE(checker, { storage->query && !(protocol & HTTP), "source/@query",
                               "query is supported only with HTTP(S) protocols" },
                    { more->ssl_verify != TRISTATE_ABSENT && !(protocol & ENCRYPTED), "source/ssl",
                      "ssl verification is supported only with HTTPS/FTPS protocol" },
                    { more->cookies.n > 0 && !(protocol & HTTP), "source/cookies",
                      "http cookies are supported only with HTTP(S)" },
                    { def_is_set(more, readahead) && !(protocol & (CURL | IS(DOMAIN_PROTOCOL_SSH))),
                      "source/readahead", "readahead is supported only with HTTP(S)/FTP(s)" },
                    { def_is_set(more, timeout) && !(protocol & (CURL | IS(DOMAIN_PROTOCOL_SSH))), "source/timeout",
                      "timeout is supported only with HTTP(S)/FTP(s)" },
                    { def_is_set(more, reconnect_delay) && storage->protocol != DOMAIN_PROTOCOL_NBD,
                      "source/reconnect", "reconnect delay is supported only with NBD protocol" },
                    { storage->tls_hostname && storage->protocol != DOMAIN_PROTOCOL_NBD, "source/@tlsHostname",
                      "'tlsHostname' field is supported only with NBD protocol" });
}

static void check_encryption(const DomainStorage *storage, const StorageEncryption *encryption, DefChecker *checker)
{
        bool librbd = encryption && encryption->engine == STORAGE_ENCRYPTION_ENGINE_LIBRBD;
        bool qemu = encryption && encryption->engine == STORAGE_ENCRYPTION_ENGINE_QEMU;
        bool rbd = storage->type == DOMAIN_DISK_NETWORK && storage->protocol == DOMAIN_PROTOCOL_RBD;

        if (!encryption)
                return;
        EXPECT_NONE(checker, { librbd && !rbd, "source/encryption/@engine",
                               "librbd encryption is supported only with RBD backed disks" },
                    { librbd && encryption->format == STORAGE_ENCRYPTION_QCOW, "source/encryption/@format",
                      "librbd encryption engine only supports luks formats" },
                    { qemu && encryption->format > STORAGE_ENCRYPTION_LUKS,
                      "source/encryption/@format", "the formats luks2 and luks-any are for librbd only" },
                    { qemu && encryption->secrets.n > 1, "source/encryption/secret",
                      "qemu encryption does not support more than one secret" });
}

/* format: NULL as long as none is said. */
static void check_storage(const DomainStorage *storage, const char *format, bool readonly, DefChecker *checker)
{
        bool dir = storage->type == DOMAIN_DISK_DIR, fat = streq_ptr(format, "fat");

        EXPECT_NONE(checker, { fat && !dir && storage->type != DOMAIN_DISK_VOLUME, "driver/@type",
                               "storage format 'fat' is supported only with 'dir' storage type" },
                    { dir && format && !fat, "driver/@type",
                      "storage type 'dir' requires use of storage format 'fat'" },
                    { dir && !readonly, "readonly", "virtual FAT storage can't be accessed in read-write mode" });
        check_network_storage(storage, checker);
        check_encryption(storage, storage->encryption, checker);
}

static bool is_partition(const char *target)
{
        return *target && g_ascii_isdigit(target[strlen(target) - 1]) && !g_str_has_prefix(target, "nvme");
}

void domain_check_qemu_disk(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainDisk *disk = p;

        if (!def)
                return;
        check_drive_address(disk, checker);
        check_frontend(disk, checker);
        check_transient(disk, checker);
        check_iotune(def, disk, checker);
        check_throttle_filters(def, disk, checker);
        check_threads(def, disk, checker);
        check_storage(&disk->source, disk->format, disk->readonly || disk->device == DOMAIN_DISK_DEVICE_CDROM, checker);
        check_encryption(&disk->source, disk->encryption, checker);
        for (const DomainBacking *backing = disk->backing; backing; backing = backing->backing)
                check_storage(&backing->source, backing->format, true, checker);
        if (disk->source.type == DOMAIN_DISK_VHOST_USER)
                check_shared_memory(def, "vhostuser disk", checker);
        if (is_partition(disk->target))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@dev",
                             "invalid disk target '%s', partitions can't appear in disk targets", disk->target);
}
