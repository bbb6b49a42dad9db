/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* <disk>, and where its bytes are. def.h has the conventions. */

#include "drivers/model/domain_address_def.h"
#include "drivers/model/domain_tune_def.h"
#include "drivers/model/host_pci_def.h"
#include "drivers/model/storage_source_def.h"

typedef enum DomainDiskType {
        DOMAIN_DISK_FILE = 1,
        DOMAIN_DISK_BLOCK,
        DOMAIN_DISK_DIR,
        DOMAIN_DISK_NETWORK,
        DOMAIN_DISK_VOLUME,
        DOMAIN_DISK_NVME,
        DOMAIN_DISK_VHOST_USER,
        DOMAIN_DISK_VHOST_VDPA,
        _DOMAIN_DISK_TYPE_MAX,
} DomainDiskType;
DECLARE_WORDS(domain_disk_type, DomainDiskType, _DOMAIN_DISK_TYPE_MAX);

typedef enum DomainDiskDevice {
        DOMAIN_DISK_DEVICE_DISK = 1,
        DOMAIN_DISK_DEVICE_CDROM,
        DOMAIN_DISK_DEVICE_FLOPPY,
        DOMAIN_DISK_DEVICE_LUN,
        _DOMAIN_DISK_DEVICE_MAX,
} DomainDiskDevice;
DECLARE_WORDS(domain_disk_device, DomainDiskDevice, _DOMAIN_DISK_DEVICE_MAX);

typedef enum DomainDiskBus {
        DOMAIN_DISK_BUS_IDE = 1,
        DOMAIN_DISK_BUS_FDC,
        DOMAIN_DISK_BUS_SCSI,
        DOMAIN_DISK_BUS_VIRTIO,
        DOMAIN_DISK_BUS_XEN,
        DOMAIN_DISK_BUS_USB,
        DOMAIN_DISK_BUS_UML,
        DOMAIN_DISK_BUS_SATA,
        DOMAIN_DISK_BUS_SD,
        DOMAIN_DISK_BUS_NVME,
        _DOMAIN_DISK_BUS_MAX,
} DomainDiskBus;
DECLARE_WORDS(domain_disk_bus, DomainDiskBus, _DOMAIN_DISK_BUS_MAX);

typedef enum DomainDiskCache {
        DOMAIN_DISK_CACHE_DEFAULT = 1,
        DOMAIN_DISK_CACHE_NONE,
        DOMAIN_DISK_CACHE_WRITETHROUGH,
        DOMAIN_DISK_CACHE_WRITEBACK,
        DOMAIN_DISK_CACHE_DIRECTSYNC,
        DOMAIN_DISK_CACHE_UNSAFE,
        _DOMAIN_DISK_CACHE_MAX,
} DomainDiskCache;
DECLARE_WORDS(domain_disk_cache, DomainDiskCache, _DOMAIN_DISK_CACHE_MAX);

typedef enum DomainDiskIo {
        DOMAIN_DISK_IO_DEFAULT = 1,
        DOMAIN_DISK_IO_NATIVE,
        DOMAIN_DISK_IO_THREADS,
        DOMAIN_DISK_IO_URING,
        _DOMAIN_DISK_IO_MAX,
} DomainDiskIo;
DECLARE_WORDS(domain_disk_io, DomainDiskIo, _DOMAIN_DISK_IO_MAX);

typedef enum DomainDiskErrorPolicy {
        DOMAIN_DISK_ERROR_POLICY_DEFAULT = 1,
        DOMAIN_DISK_ERROR_POLICY_STOP,
        DOMAIN_DISK_ERROR_POLICY_REPORT,
        DOMAIN_DISK_ERROR_POLICY_IGNORE,
        DOMAIN_DISK_ERROR_POLICY_ENOSPACE,
        _DOMAIN_DISK_ERROR_POLICY_MAX,
} DomainDiskErrorPolicy;
DECLARE_WORDS(domain_disk_error_policy, DomainDiskErrorPolicy, _DOMAIN_DISK_ERROR_POLICY_MAX);

typedef enum DomainDiskDiscard {
        DOMAIN_DISK_DISCARD_DEFAULT = 1,
        DOMAIN_DISK_DISCARD_UNMAP,
        DOMAIN_DISK_DISCARD_IGNORE,
        _DOMAIN_DISK_DISCARD_MAX,
} DomainDiskDiscard;
DECLARE_WORDS(domain_disk_discard, DomainDiskDiscard, _DOMAIN_DISK_DISCARD_MAX);

typedef enum DomainDiskDetectZeroes {
        DOMAIN_DISK_DETECT_ZEROES_DEFAULT = 1,
        DOMAIN_DISK_DETECT_ZEROES_OFF,
        DOMAIN_DISK_DETECT_ZEROES_ON,
        DOMAIN_DISK_DETECT_ZEROES_UNMAP,
        _DOMAIN_DISK_DETECT_ZEROES_MAX,
} DomainDiskDetectZeroes;
DECLARE_WORDS(domain_disk_detect_zeroes, DomainDiskDetectZeroes, _DOMAIN_DISK_DETECT_ZEROES_MAX);

typedef enum DomainDiskSnapshot {
        DOMAIN_DISK_SNAPSHOT_NO = 1,
        DOMAIN_DISK_SNAPSHOT_INTERNAL,
        DOMAIN_DISK_SNAPSHOT_EXTERNAL,
        DOMAIN_DISK_SNAPSHOT_MANUAL,
        _DOMAIN_DISK_SNAPSHOT_MAX,
} DomainDiskSnapshot;
DECLARE_WORDS(domain_disk_snapshot, DomainDiskSnapshot, _DOMAIN_DISK_SNAPSHOT_MAX);

typedef enum DomainStartupPolicy {
        DOMAIN_STARTUP_POLICY_DEFAULT = 1,
        DOMAIN_STARTUP_POLICY_MANDATORY,
        DOMAIN_STARTUP_POLICY_REQUISITE,
        DOMAIN_STARTUP_POLICY_OPTIONAL,
        _DOMAIN_STARTUP_POLICY_MAX,
} DomainStartupPolicy;
DECLARE_WORDS(domain_startup_policy, DomainStartupPolicy, _DOMAIN_STARTUP_POLICY_MAX);

typedef enum DomainStorageProtocol {
        DOMAIN_PROTOCOL_NBD = 1,
        DOMAIN_PROTOCOL_RBD,
        DOMAIN_PROTOCOL_SHEEPDOG,
        DOMAIN_PROTOCOL_GLUSTER,
        DOMAIN_PROTOCOL_ISCSI,
        DOMAIN_PROTOCOL_HTTP,
        DOMAIN_PROTOCOL_HTTPS,
        DOMAIN_PROTOCOL_FTP,
        DOMAIN_PROTOCOL_FTPS,
        DOMAIN_PROTOCOL_TFTP,
        DOMAIN_PROTOCOL_SSH,
        DOMAIN_PROTOCOL_VXHS,
        DOMAIN_PROTOCOL_NFS,
        _DOMAIN_PROTOCOL_MAX,
} DomainStorageProtocol;
DECLARE_WORDS(domain_protocol, DomainStorageProtocol, _DOMAIN_PROTOCOL_MAX);

/* A server of a network disk. */
typedef struct DomainStorageHost {
        DefSet set;
        const char *name;
        const char *port;
        const char *transport; /* "tcp" (also when not given), "unix", "rdma" */
        const char *socket;
} DomainStorageHost;

/* A part of what is there: bytes. */
typedef struct DomainSlice {
        DefSet set;
        uint64_t offset;
        uint64_t size;
        const char *type; /* "storage" */
} DomainSlice;

/* <reservations>: who does SCSI persistent reservations for QEMU. */
typedef struct DomainReservations {
        DefSet set;
        Tristate managed;
        const char *type; /* "unix" */
        const char *path;
        const char *mode; /* "client" */
} DomainReservations;

/* A label of a security driver for one source. */
typedef struct DomainSourceLabel {
        DefSet set;
        Tristate relabel;
        Tristate labelskip;
        const char *model;
        const char *label;
} DomainSourceLabel;

typedef struct DomainCookie {
        DefSet set;
        const char *name;
        const char *value; /* secret */
} DomainCookie;

/* <reconnect> of sockets that QEMU connects. */
typedef struct DomainReconnect {
        DefSet set;
        uint32_t timeout; /* seconds */
        Tristate enabled;
} DomainReconnect;

/* What few network sources say. */
typedef struct DomainStorageNetwork {
        DefSet set;
        uint32_t timeout;         /* seconds */
        uint32_t reconnect_delay; /* seconds */
        uint64_t readahead;       /* bytes */
        Tristate ssl_verify;
        const char *snapshot;
        const char *config;
        const char *initiator; /* iSCSI qualified name */
        const char *known_hosts;
        const char *user; /* nfs: a number or a name; ssh from here */
        const char *group;
        const char *username;
        const char *keyfile;
        const char *agentsock;
        DEF_LIST(DomainCookie) cookies; /* secret */
} DomainStorageNetwork;

typedef struct DomainDataStore DomainDataStore;

/* Where the bytes of a disk or of a layer below it are: type says which of the fields of <source> count. */
typedef struct DomainStorage {
        DefSet set;
        DefRaw *raw;
        uint32_t index; /* live */
        DomainDiskType type;
        DomainStartupPolicy startup_policy;
        DomainStorageProtocol protocol; /* DOMAIN_DISK_NETWORK */
        Tristate tls;
        Tristate managed; /* DOMAIN_DISK_NVME */
        uint64_t namespace; /* DOMAIN_DISK_NVME: from 1 */
        const char *file; /* DOMAIN_DISK_FILE */
        const char *fdgroup; /* likewise: the name of passed descriptors */
        const char *dev;  /* DOMAIN_DISK_BLOCK, _VHOST_VDPA */
        const char *dir;  /* DOMAIN_DISK_DIR */
        const char *name; /* DOMAIN_DISK_NETWORK from here */
        const char *query;
        const char *tls_hostname;
        DEF_LIST(DomainStorageHost) hosts;
        DomainStorageNetwork *network; /* rare */
        /* DOMAIN_DISK_VOLUME of a machine that starts: what the volume is, whose file or dev is given then; or 0 */
        DomainDiskType volume_type;
        const char *pool; /* DOMAIN_DISK_VOLUME */
        const char *volume;
        const char *mode; /* likewise: "host", "direct" */
        const char *path; /* DOMAIN_DISK_VHOST_USER: a socket */
        const char *transport; /* source/@type: "pci" of _NVME, "unix" of _VHOST_USER */
        HostPciAddress *nvme; /* the controller */
        DomainReconnect *reconnect; /* DOMAIN_DISK_VHOST_USER */
        DEF_LIST(DomainSlice) slices;
        DomainReservations *reservations;
        StorageAuth *auth;
        StorageEncryption *encryption;
        DomainDataStore *data_store;
        DEF_LIST(DomainSourceLabel) labels;
} DomainStorage;

/* <dataStore>: the file that has the data of an image that has none itself. */
struct DomainDataStore {
        DefSet set;
        const char *format;
        DomainStorage source;
};

/* <backingStore>: given without a type, it ends the chain. */
typedef struct DomainBacking {
        DefSet set;
        DefRaw *raw;
        uint32_t index; /* live */
        uint64_t metadata_cache; /* bytes */
        Tristate detected; /* live: named by the image above, not by the definition */
        const char *format;
        DomainStorage source;
        struct DomainBacking *backing;
} DomainBacking;

typedef struct DomainThrottleFilter {
        DefSet set;
        const char *group;
} DomainThrottleFilter;

/* An interval of the histograms of a disk's statistics. */
typedef struct DomainStatistic {
        DefSet set;
        uint32_t interval; /* seconds */
} DomainStatistic;

typedef struct DomainIothreadQueue {
        DefSet set;
        uint32_t id;
} DomainIothreadQueue;

/* Which I/O thread serves which queues of a disk or controller; without queues they are shared out. */
typedef struct DomainIothreadMapping {
        DefSet set;
        uint32_t id;
        DEF_LIST(DomainIothreadQueue) queues;
} DomainIothreadMapping;

typedef struct DomainGeometry {
        DefSet set;
        uint32_t cylinders;
        uint32_t heads;
        uint32_t sectors;
        const char *translation; /* "none", "auto", "lba" */
} DomainGeometry;

typedef struct DomainBlockIo {
        DefSet set;
        uint32_t logical_block_size; /* bytes */
        uint32_t physical_block_size;
        uint32_t discard_granularity;
} DomainBlockIo;

typedef struct DomainDisk {
        DefSet set;
        DefRaw *raw;
        uint32_t queues;
        uint32_t queue_size;
        uint32_t iothread;
        uint32_t rotation_rate;
        uint64_t metadata_cache; /* bytes */
        DomainDiskDevice device;
        DomainDiskCache cache;
        DomainDiskIo io;
        DomainDiskErrorPolicy error_policy;
        DomainDiskErrorPolicy rerror_policy;
        DomainDiskDiscard discard;
        DomainDiskDetectZeroes detect_zeroes;
        DomainDiskSnapshot snapshot;
        DomainDiskBus bus;
        Tristate ioeventfd;
        Tristate event_idx;
        Tristate copy_on_read;
        Tristate discard_no_unref;
        Tristate tray_open; /* target/@tray: on is "open" */
        Tristate removable;
        Tristate dpofua;
        Tristate rawio;
        Tristate share_backing; /* of a transient disk */
        bool readonly;
        bool shareable;
        bool transient;
        const char *sgio;  /* "filtered", "unfiltered" */
        const char *model; /* "virtio-transitional", … */
        const char *driver_name;
        const char *format; /* driver/@type: "raw", "qcow2" */
        const char *target; /* "vda" */
        const char *serial;
        const char *wwn;
        const char *vendor;
        const char *product;
        const char *backend_domain;
        DomainVirtio virtio;
        DomainStorage source;
        DomainBacking *backing;
        StorageAuth *auth;             /* an older place than that in source; one of the two is given */
        StorageEncryption *encryption; /* likewise */
        DomainGeometry *geometry;
        DomainBlockIo *blockio;
        DomainIoTune *iotune;
        DEF_LIST(DomainThrottleFilter) throttle_filters;
        DEF_LIST(DomainIothreadMapping) iothreads;
        DEF_LIST(DomainStatistic) statistics;
        DomainDevice info;
} DomainDisk;
