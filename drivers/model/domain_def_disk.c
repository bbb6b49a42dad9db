/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/* <disk>, and where its bytes are. */

#define DISK_TYPE(t) WHEN(DomainStorage, type, IS(DOMAIN_DISK_##t))
#define NETWORK DISK_TYPE(NETWORK)
#define VOLUME DISK_TYPE(VOLUME)
#define NVME DISK_TYPE(NVME)
#define VHOST_USER DISK_TYPE(VHOST_USER)

static const DefRow host_rows[] = {
        ATTR(DomainStorageHost, "name", name),
        ATTR(DomainStorageHost, "port", port),
        ATTR(DomainStorageHost, "transport", transport),
        ATTR(DomainStorageHost, "socket", socket),
};
static DEF_TYPE_PLAIN(host_type, DomainStorageHost, host_rows);

static const DefRow storage_rows[] = {
        ATTR(DomainStorage, "file", file, DISK_TYPE(FILE)),
        RAW_ATTR("fdgroup", DISK_TYPE(FILE)),
        ATTR(DomainStorage, "dev", dev,
             WHEN(DomainStorage, type, IS(DOMAIN_DISK_BLOCK) | IS(DOMAIN_DISK_VHOST_VDPA))),
        ATTR(DomainStorage, "dir", dir, DISK_TYPE(DIR)),
        ATTR(DomainStorage, "protocol", protocol, NETWORK, FLAGS(DEF_REQUIRED)),
        ATTR(DomainStorage, "name", name, NETWORK),
        ATTR(DomainStorage, "query", query, NETWORK),
        ATTR(DomainStorage, "tls", tls, YES_NO, NETWORK),
        ATTR(DomainStorage, "tlsHostname", tls_hostname, NETWORK),
        ATTR(DomainStorage, "pool", pool, VOLUME, FLAGS(DEF_REQUIRED)),
        ATTR(DomainStorage, "volume", volume, VOLUME, FLAGS(DEF_REQUIRED)),
        ATTR(DomainStorage, "mode", mode, VOLUME),
        RAW_ATTR("type", WHEN(DomainStorage, type, IS(DOMAIN_DISK_NVME) | IS(DOMAIN_DISK_VHOST_USER))),
        RAW_ATTR("managed", NVME),
        RAW_ATTR("namespace", NVME),
        RAW_ATTR("path", VHOST_USER),
        LIST(DomainStorage, "host", hosts, host_type, NETWORK),
        RAW("snapshot", NETWORK),
        RAW("config", NETWORK),
        RAW("initiator", NETWORK),
        RAW("ssl", NETWORK),
        RAW("readahead", NETWORK),
        RAW("cookies", NETWORK, FLAGS(DEF_SECRET)),
        RAW("timeout", NETWORK),
        RAW("knownHosts", NETWORK),
        RAW("auth", WHEN(DomainStorage, type, IS(DOMAIN_DISK_NETWORK) | IS(DOMAIN_DISK_VOLUME))),
        RAW("identity", NETWORK),
        RAW("address", NVME),
        RAW("reconnect", WHEN(DomainStorage, type, IS(DOMAIN_DISK_NETWORK) | IS(DOMAIN_DISK_VHOST_USER))),
        RAW("slices"),
        RAW("reservations"),
        RAW("encryption"),
        RAW("dataStore"),
        RAW("seclabel"),
        RAW("privateData", FLAGS(DEF_LIVE | DEF_INERT)),
};
DEF_TYPE(domain_storage_type, DomainStorage, storage_rows);

static const DefRow source_rows[] = {
        EMBED_SELF(domain_storage_type),
        ATTR(DomainStorage, "startupPolicy", startup_policy, WORDS(domain_startup_policy)),
        ATTR(DomainStorage, "index", index, FLAGS(DEF_LIVE)),
};
static DEF_TYPE(source_type, DomainStorage, source_rows);

static const DefRow backing_format_rows[] = {
        ATTR(DomainBacking, "type", format),
        RAW("metadata_cache"),
};
static DEF_TYPE(backing_format_type, DomainBacking, backing_format_rows);

extern const DefType backing_type;

static const DefRow backing_rows[] = {
        ATTR(DomainBacking, "type", source.type, WORDS(domain_disk_type)),
        ATTR(DomainBacking, "index", index, FLAGS(DEF_LIVE)),
        GROUP("format", backing_format_type),
        GROUP_IN(DomainBacking, "source", source, source_type),
        CHILD(DomainBacking, "backingStore", backing, backing_type),
};
DEF_TYPE(backing_type, DomainBacking, backing_rows);

static const char *const tray_table[_TRISTATE_MAX] = {
        [TRISTATE_ON] = "open",
        [TRISTATE_OFF] = "closed",
};

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
        RAW_ATTR("discard_no_unref"),
        EMBED(DomainDisk, virtio, domain_virtio_type),
        RAW("metadata_cache"),
        RAW("iothreads"),
        RAW("statistics"),
};
static DEF_TYPE(driver_type, DomainDisk, driver_rows);

static const DefRow target_rows[] = {
        ATTR(DomainDisk, "dev", target, FLAGS(DEF_REQUIRED)),
        ATTR(DomainDisk, "bus", bus, WORDS(domain_disk_bus)),
        ATTR(DomainDisk, "tray", tray_open, WORDS(tray)),
        ATTR(DomainDisk, "removable", removable, ON_OFF),
        ATTR(DomainDisk, "rotation_rate", rotation_rate, RANGE(1, 65534)),
        RAW_ATTR("dpofua"),
};
static DEF_TYPE(target_type, DomainDisk, target_rows);

static const DefRow disk_rows[] = {
        ATTR(DomainDisk, "type", source.type, WORDS(domain_disk_type), FLAGS(DEF_HOST)),
        ATTR(DomainDisk, "device", device, WORDS(domain_disk_device)),
        ATTR(DomainDisk, "model", model),
        RAW_ATTR("rawio"),
        RAW_ATTR("sgio"),
        ATTR(DomainDisk, "snapshot", snapshot, WORDS(domain_disk_snapshot), FLAGS(DEF_HOST)),
        GROUP("driver", driver_type, FLAGS(DEF_HOST)),
        RAW("auth", FLAGS(DEF_HOST)),
        GROUP_IN(DomainDisk, "source", source, source_type, FLAGS(DEF_HOST)),
        CHILD(DomainDisk, "backingStore", backing, backing_type, FLAGS(DEF_HOST)),
        RAW("backenddomain"),
        RAW("geometry"),
        RAW("blockio"),
        RAW("mirror", FLAGS(DEF_LIVE | DEF_INERT)),
        GROUP("target", target_type, FLAGS(DEF_REQUIRED)),
        CHILD(DomainDisk, "iotune", iotune, domain_io_tune_type, FLAGS(DEF_HOST)),
        RAW("throttlefilters", FLAGS(DEF_HOST)),
        PRESENCE(DomainDisk, "readonly", readonly),
        PRESENCE(DomainDisk, "shareable", shareable),
        PRESENCE(DomainDisk, "transient", transient),
        ELEMENT(DomainDisk, "serial", serial),
        ELEMENT(DomainDisk, "wwn", wwn),
        ELEMENT(DomainDisk, "vendor", vendor),
        ELEMENT(DomainDisk, "product", product),
        RAW("encryption", FLAGS(DEF_HOST)),
        RAW("diskSecretsPlacement", FLAGS(DEF_LIVE | DEF_INERT)),
        EMBED(DomainDisk, info, domain_device_type),
};

static void disk_begin(void *p)
{
        DomainDisk *disk = p;

        if (disk->source.type == 0)
                disk->source.type = DOMAIN_DISK_FILE;
        if (disk->device == 0)
                disk->device = DOMAIN_DISK_DEVICE_DISK;
}

/* "default" says nothing. */
static void disk_finish(void *p, Arena *arena, bool live)
{
        DomainDisk *disk = p;

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
