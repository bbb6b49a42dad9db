/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include <string.h>

/* <disk> */

static const char *const tray_table[_TRISTATE_MAX] = {
        [TRISTATE_ON] = "open",
        [TRISTATE_OFF] = "closed",
};

METADATA_CACHE_TYPE(DomainDisk);

static const DefRow iothreads_rows[] = {
        LIST(DomainDisk, "iothread", iothreads, domain_iothread_mapping_type),
};
static DEF_TYPE(iothreads_type, DomainDisk, iothreads_rows);

static const DefRow statistic_rows[] = {
        ATTR(DomainStatistic, "interval", interval, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(statistic_type, DomainStatistic, statistic_rows);

static const DefRow statistics_rows[] = {
        LIST(DomainDisk, "statistic", statistics, statistic_type),
};
static DEF_TYPE(statistics_type, DomainDisk, statistics_rows);

static const DefRow driver_rows[] = {
        ATTR(DomainDisk, "name", driver_name),
        ATTR(DomainDisk, "type", format),
        ATTR(DomainDisk, "cache", cache, WORDS(domain_disk_cache)),
        ATTR(DomainDisk, "error_policy", error_policy, WORDS(domain_disk_error_policy)),
        ATTR(DomainDisk, "rerror_policy", rerror_policy, WORDS(domain_disk_error_policy)),
        ATTR(DomainDisk, "io", io, WORDS(domain_disk_io)),
        ATTR(DomainDisk, "ioeventfd", ioeventfd, ON_OFF),
        ATTR(DomainDisk, "event_idx", event_idx, ON_OFF),
        ATTR(DomainDisk, "copy_on_read", copy_on_read, ON_OFF),
        ATTR(DomainDisk, "discard", discard, WORDS(domain_disk_discard)),
        ATTR(DomainDisk, "queues", queues, RANGE(1, 65535)),
        ATTR(DomainDisk, "queue_size", queue_size, RANGE(1, 32768)),
        ATTR(DomainDisk, "iothread", iothread, RANGE(1, UINT32_MAX)),
        ATTR(DomainDisk, "detect_zeroes", detect_zeroes, WORDS(domain_disk_detect_zeroes)),
        ATTR(DomainDisk, "discard_no_unref", discard_no_unref, ON_OFF),
        EMBED(DomainDisk, virtio, domain_virtio_type),
        GROUP("metadata_cache", metadata_cache_type),
        GROUP("iothreads", iothreads_type),
        GROUP("statistics", statistics_type),
};
static DEF_TYPE(driver_type, DomainDisk, driver_rows);

static const DefRow target_rows[] = {
        ATTR(DomainDisk, "dev", target, FLAGS(DEF_REQUIRED)),
        ATTR(DomainDisk, "bus", bus, WORDS(domain_disk_bus)),
        ATTR(DomainDisk, "tray", tray_open, WORDS(tray)),
        ATTR(DomainDisk, "removable", removable, ON_OFF),
        ATTR(DomainDisk, "rotation_rate", rotation_rate, RANGE(1, 65534)),
        ATTR(DomainDisk, "dpofua", dpofua, ON_OFF),
};
static DEF_TYPE(target_type, DomainDisk, target_rows);

static const DefRow geometry_rows[] = {
        ATTR(DomainGeometry, "cyls", cylinders, FLAGS(DEF_REQUIRED)),
        ATTR(DomainGeometry, "heads", heads, FLAGS(DEF_REQUIRED)),
        ATTR(DomainGeometry, "secs", sectors, FLAGS(DEF_REQUIRED)),
        ATTR(DomainGeometry, "trans", translation, ONE_OF("none", "auto", "lba")),
};
static DEF_TYPE_PLAIN(geometry_type, DomainGeometry, geometry_rows);

static const DefRow blockio_rows[] = {
        ATTR(DomainBlockIo, "logical_block_size", logical_block_size),
        ATTR(DomainBlockIo, "physical_block_size", physical_block_size),
        ATTR(DomainBlockIo, "discard_granularity", discard_granularity),
};
static DEF_TYPE_PLAIN(blockio_type, DomainBlockIo, blockio_rows);

static const DefRow backend_domain_rows[] = {
        ATTR(DomainDisk, "name", backend_domain, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(backend_domain_type, DomainDisk, backend_domain_rows);

static const DefRow throttle_filter_rows[] = {
        ATTR(DomainThrottleFilter, "group", group, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(throttle_filter_type, DomainThrottleFilter, throttle_filter_rows);

static const DefRow throttle_filters_rows[] = {
        LIST(DomainDisk, "throttlefilter", throttle_filters, throttle_filter_type),
};
static DEF_TYPE(throttle_filters_type, DomainDisk, throttle_filters_rows);

static const DefRow transient_rows[] = {
        HERE(DomainDisk, transient),
        ATTR(DomainDisk, "shareBacking", share_backing, YES_NO),
};
static DEF_TYPE(transient_type, DomainDisk, transient_rows);

static const DefRow disk_rows[] = {
        ATTR(DomainDisk, "type", source.type, WORDS(domain_disk_type), FLAGS(DEF_HOST)),
        ATTR(DomainDisk, "device", device, WORDS(domain_disk_device)),
        ATTR(DomainDisk, "model", model, ONE_OF("virtio", "virtio-transitional", "virtio-non-transitional",
                                             "usb-storage", "usb-bot")),
        ATTR(DomainDisk, "rawio", rawio, YES_NO),
        ATTR(DomainDisk, "sgio", sgio, ONE_OF("filtered", "unfiltered")),
        ATTR(DomainDisk, "snapshot", snapshot, WORDS(domain_disk_snapshot), FLAGS(DEF_HOST)),
        GROUP("driver", driver_type, FLAGS(DEF_HOST)),
        CHILD(DomainDisk, "auth", auth, domain_auth_type, FLAGS(DEF_HOST)),
        GROUP_IN(DomainDisk, "source", source, domain_source_type, FLAGS(DEF_HOST)),
        CHILD(DomainDisk, "backingStore", backing, domain_backing_type, FLAGS(DEF_HOST)),
        GROUP("backenddomain", backend_domain_type, FLAGS(DEF_HOST)),
        CHILD(DomainDisk, "geometry", geometry, geometry_type),
        CHILD(DomainDisk, "blockio", blockio, blockio_type, FLAGS(DEF_BRIEF)),
        RAW("mirror", FLAGS(DEF_LIVE | DEF_INERT)),
        GROUP("target", target_type, FLAGS(DEF_REQUIRED)),
        CHILD(DomainDisk, "iotune", iotune, domain_io_tune_type, FLAGS(DEF_HOST | DEF_BRIEF)),
        GROUP("throttlefilters", throttle_filters_type, FLAGS(DEF_HOST)),
        PRESENCE(DomainDisk, "readonly", readonly),
        PRESENCE(DomainDisk, "shareable", shareable),
        GROUP("transient", transient_type),
        ELEMENT(DomainDisk, "serial", serial),
        ELEMENT(DomainDisk, "wwn", wwn),
        ELEMENT(DomainDisk, "vendor", vendor),
        ELEMENT(DomainDisk, "product", product),
        CHILD(DomainDisk, "encryption", encryption, domain_encryption_type, FLAGS(DEF_HOST)),
        RAW("diskSecretsPlacement", FLAGS(DEF_LIVE | DEF_INERT)),
        EMBED(DomainDisk, info, domain_device_type),
};

void domain_disk_set_mirror(DomainDef *def, DomainDisk *disk, const char *xml)
{
        const DefRow *row = disk_rows;
        DefRaw **at = &disk->raw, *raw;

        while (!streq_ptr(row->name, "mirror"))
                row++;
        while (*at && (*at)->row != row)
                at = &(*at)->next;
        if (*at)
                *at = (*at)->next;
        if (!xml)
                return;
        raw = arena_new0(def->arena, DefRaw);
        *raw = (DefRaw) { .next = disk->raw, .row = row, .text = arena_strdup(def->arena, xml) };
        disk->raw = raw;
}

static void disk_begin(void *p)
{
        DomainDisk *disk = p;

        if (disk->source.type == 0)
                disk->source.type = DOMAIN_DISK_FILE;
        if (disk->device == 0)
                disk->device = DOMAIN_DISK_DEVICE_DISK;
}

/* "default" says nothing, nor does it that what cannot be written to has no snapshots. */
static void disk_finish(void *p, Arena *arena, bool live)
{
        DomainDisk *disk = p;

        /* Xen's disks were once said to be emulated so */
        if (disk->target && g_str_has_prefix(disk->target, "ioemu:"))
                disk->target += strlen("ioemu:");
        if (disk->snapshot == DOMAIN_DISK_SNAPSHOT_NO &&
            (disk->readonly || disk->device == DOMAIN_DISK_DEVICE_CDROM))
                disk->snapshot = 0;
        if (disk->cache == DOMAIN_DISK_CACHE_DEFAULT)
                disk->cache = 0;
        if (disk->io == DOMAIN_DISK_IO_DEFAULT)
                disk->io = 0;
        if (disk->error_policy == DOMAIN_DISK_ERROR_POLICY_DEFAULT)
                disk->error_policy = 0;
        if (disk->rerror_policy == DOMAIN_DISK_ERROR_POLICY_DEFAULT)
                disk->rerror_policy = 0;
        if (disk->discard == DOMAIN_DISK_DISCARD_DEFAULT)
                disk->discard = 0;
        if (disk->detect_zeroes == DOMAIN_DISK_DETECT_ZEROES_DEFAULT)
                disk->detect_zeroes = 0;
        if (disk->source.startup_policy == DOMAIN_STARTUP_POLICY_DEFAULT)
                disk->source.startup_policy = 0;
}

DEF_TYPE(domain_disk_type, DomainDisk, disk_rows, .rules = domain_disk_rules, .begin = disk_begin,
         .finish = disk_finish);
