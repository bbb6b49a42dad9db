/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Devices that the host shares with the guest: <hostdev>, <redirdev>, <filesystem>, <shmem>, … */

#include "drivers/model/domain_interface_def.h"

/* mode and type of <hostdev>: usb to mdev are "subsystem", the others "capabilities". */
typedef enum DomainHostdevType {
        DOMAIN_HOSTDEV_USB = 1,
        DOMAIN_HOSTDEV_PCI,
        DOMAIN_HOSTDEV_SCSI,
        DOMAIN_HOSTDEV_SCSI_HOST,
        DOMAIN_HOSTDEV_MDEV,
        DOMAIN_HOSTDEV_STORAGE,
        DOMAIN_HOSTDEV_MISC,
        DOMAIN_HOSTDEV_NET,
        _DOMAIN_HOSTDEV_MAX,
} DomainHostdevType;
DECLARE_WORDS(domain_hostdev, DomainHostdevType, _DOMAIN_HOSTDEV_MAX);

typedef enum DomainPciDriver {
        DOMAIN_PCI_DRIVER_KVM = 1,
        DOMAIN_PCI_DRIVER_VFIO,
        DOMAIN_PCI_DRIVER_XEN,
        _DOMAIN_PCI_DRIVER_MAX,
} DomainPciDriver;
DECLARE_WORDS(domain_pci_driver, DomainPciDriver, _DOMAIN_PCI_DRIVER_MAX);

/* <address> in <source>, of whatever kind. */
typedef struct DomainHostAddress {
        DefSet set;
        uint32_t domain; /* pci */
        uint32_t bus;    /* pci, scsi, usb */
        uint32_t slot;
        uint32_t function;
        uint32_t device;   /* usb */
        uint32_t target;   /* scsi */
        uint64_t unit;     /* scsi */
        uint32_t zpci_uid;
        uint32_t zpci_fid;
        const char *type; /* of pci: may say so */
        const char *port; /* usb: instead of the device's number */
        const char *uuid; /* mdev */
} DomainHostAddress;

typedef struct DomainHostdev {
        DefSet set;
        DefRaw *raw;
        uint32_t vendor; /* usb */
        uint32_t product;
        DomainHostdevType type;
        DomainPciDriver driver;
        DomainStorageProtocol protocol; /* scsi: DOMAIN_PROTOCOL_ISCSI, or a device of the host */
        DomainStartupPolicy startup_policy;
        Tristate managed; /* pci: the driver of the host is unbound and bound again */
        Tristate display;
        Tristate ramfb;
        Tristate guest_reset_off; /* usb: guestReset is "off" */
        Tristate write_filtering;
        Tristate rawio;
        bool readonly;
        bool shareable;
        const char *mode;       /* "subsystem", "capabilities" */
        const char *model;      /* scsi_host: "virtio", …; mdev: "vfio-pci", "vfio-ccw", "vfio-ap" */
        const char *sgio;       /* scsi */
        const char *guest_reset; /* usb: "off", "uninitialized", "on" */
        const char *driver_model; /* a variant of the VFIO driver */
        const char *adapter;    /* scsi: "scsi_host0" */
        const char *wwpn;       /* scsi_host: "naa.5123456789abcde0" */
        const char *host_protocol; /* scsi_host: "vhost" */
        const char *name;       /* scsi with iscsi: the target */
        const char *initiator;
        const char *block;      /* storage */
        const char *character;  /* misc */
        const char *interface;  /* net */
        DEF_LIST(DomainStorageHost) hosts;
        StorageAuth *auth;
        DomainHostAddress *address;
        const char *teaming;
        const char *teaming_persistent;
        DEF_LIST(DomainIp) ips;
        DEF_LIST(DomainRoute) routes;
        DomainDevice info;
} DomainHostdev;

typedef struct DomainRedirdev {
        DefSet set;
        DefRaw *raw;
        const char *bus; /* "usb" */
        DomainChardev chardev;
        DomainDevice info;
} DomainRedirdev;

/* What may be redirected; what is not given is any. */
typedef struct DomainUsbFilter {
        DefSet set;
        Tristate allow;
        const char *class;  /* "0x08" */
        const char *vendor; /* "0x1234", likewise product */
        const char *product;
        const char *version; /* "1.10" */
} DomainUsbFilter;

typedef struct DomainRedirfilter {
        DefSet set;
        DEF_LIST(DomainUsbFilter) rules;
} DomainRedirfilter;

typedef enum DomainSmartcardMode {
        DOMAIN_SMARTCARD_HOST = 1,
        DOMAIN_SMARTCARD_HOST_CERTIFICATES,
        DOMAIN_SMARTCARD_PASSTHROUGH,
        _DOMAIN_SMARTCARD_MAX,
} DomainSmartcardMode;
DECLARE_WORDS(domain_smartcard, DomainSmartcardMode, _DOMAIN_SMARTCARD_MAX);

typedef struct DomainCertificate {
        DefSet set;
        const char *name;
} DomainCertificate;

typedef struct DomainSmartcard {
        DefSet set;
        DefRaw *raw;
        DomainSmartcardMode mode;
        DEF_LIST(DomainCertificate) certificates; /* three of them */
        const char *database;
        DomainChardev chardev; /* passthrough */
        DomainDevice info;
} DomainSmartcard;

typedef enum DomainFsType {
        DOMAIN_FS_MOUNT = 1,
        DOMAIN_FS_BLOCK,
        DOMAIN_FS_FILE,
        DOMAIN_FS_TEMPLATE,
        DOMAIN_FS_RAM,
        DOMAIN_FS_BIND,
        DOMAIN_FS_VOLUME,
        _DOMAIN_FS_MAX,
} DomainFsType;
DECLARE_WORDS(domain_fs, DomainFsType, _DOMAIN_FS_MAX);

typedef enum DomainFsDriver {
        DOMAIN_FS_DRIVER_PATH = 1,
        DOMAIN_FS_DRIVER_HANDLE,
        DOMAIN_FS_DRIVER_LOOP,
        DOMAIN_FS_DRIVER_NBD,
        DOMAIN_FS_DRIVER_PLOOP,
        DOMAIN_FS_DRIVER_VIRTIOFS,
        DOMAIN_FS_DRIVER_MTP,
        _DOMAIN_FS_DRIVER_MAX,
} DomainFsDriver;
DECLARE_WORDS(domain_fs_driver, DomainFsDriver, _DOMAIN_FS_DRIVER_MAX);

typedef struct DomainIdMapEntry {
        DefSet set;
        uint32_t start;
        uint32_t target;
        uint32_t count;
} DomainIdMapEntry;

typedef struct DomainIdMap {
        DefSet set;
        DEF_LIST(DomainIdMapEntry) uids;
        DEF_LIST(DomainIdMapEntry) gids;
} DomainIdMap;

/* What virtiofsd is told. */
typedef struct DomainVirtiofs {
        DefSet set;
        uint32_t thread_pool;
        uint64_t openfiles;
        Tristate xattr;
        Tristate posix_lock;
        Tristate flock;
        const char *path;       /* of the program */
        const char *cache;      /* "none", "metadata", "always" */
        const char *sandbox;    /* "namespace", "chroot" */
} DomainVirtiofs;

typedef struct DomainFs {
        DefSet set;
        DefRaw *raw;
        uint32_t fmode; /* octal */
        uint32_t dmode;
        uint32_t queue_size;
        uint64_t space_hard_limit; /* bytes */
        uint64_t space_soft_limit;
        uint64_t usage; /* KiB; ram */
        DomainFsType type;
        DomainFsDriver driver;
        bool readonly;
        const char *access_mode; /* "passthrough", "mapped", "squash" */
        const char *multidevs;   /* "remap", "forbid", "warn" */
        const char *model;       /* "virtio", "virtio-transitional", … */
        const char *format;
        const char *wrpolicy;    /* "immediate" */
        const char *source;      /* source/@dir, @dev, @file or @name, by the type */
        const char *socket;      /* virtiofs that somebody else runs */
        const char *pool;        /* volume */
        const char *volume;
        const char *target;
        DomainVirtiofs *virtiofs; /* <binary> */
        DomainIdMap *idmap;
        DomainVirtio virtio;
        DomainDevice info;
} DomainFs;

/* A lease of the lock manager. */
typedef struct DomainLease {
        DefSet set;
        uint64_t offset;
        const char *lockspace;
        const char *key;
        const char *path;
} DomainLease;

typedef enum DomainTpmModel {
        DOMAIN_TPM_TIS = 1,
        DOMAIN_TPM_CRB,
        DOMAIN_TPM_SPAPR,
        DOMAIN_TPM_SPAPR_PROXY,
        _DOMAIN_TPM_MODEL_MAX,
} DomainTpmModel;
DECLARE_WORDS(domain_tpm_model, DomainTpmModel, _DOMAIN_TPM_MODEL_MAX);

typedef enum DomainTpmBackend {
        DOMAIN_TPM_PASSTHROUGH = 1,
        DOMAIN_TPM_EMULATOR,
        DOMAIN_TPM_EXTERNAL,
        _DOMAIN_TPM_MAX,
} DomainTpmBackend;
DECLARE_WORDS(domain_tpm, DomainTpmBackend, _DOMAIN_TPM_MAX);

typedef struct DomainTpm {
        DefSet set;
        DefRaw *raw;
        uint32_t debug;
        DomainTpmModel model;
        DomainTpmBackend backend;
        Tristate persistent_state;
        bool sha1; /* active PCR banks from here */
        bool sha256;
        bool sha384;
        bool sha512;
        const char *version;   /* "1.2", "2.0" */
        const char *path;      /* passthrough: the device */
        const char *secret;    /* UUID */
        const char *profile_source;
        const char *profile_name;
        const char *profile_remove_disabled; /* "check", "fips-host" */
        const char *source_type; /* emulator: "file", "dir"; external: "unix" */
        const char *source_path;
        DomainChardev *external; /* the socket of an emulator that somebody else runs */
        DomainDevice info;
} DomainTpm;

typedef enum DomainShmemModel {
        DOMAIN_SHMEM_IVSHMEM = 1,
        DOMAIN_SHMEM_IVSHMEM_PLAIN,
        DOMAIN_SHMEM_IVSHMEM_DOORBELL,
        _DOMAIN_SHMEM_MAX,
} DomainShmemModel;
DECLARE_WORDS(domain_shmem, DomainShmemModel, _DOMAIN_SHMEM_MAX);

typedef enum DomainShmemRole {
        DOMAIN_SHMEM_MASTER = 1,
        DOMAIN_SHMEM_PEER,
        _DOMAIN_SHMEM_ROLE_MAX,
} DomainShmemRole;
DECLARE_WORDS(domain_shmem_role, DomainShmemRole, _DOMAIN_SHMEM_ROLE_MAX);

typedef struct DomainShmem {
        DefSet set;
        DefRaw *raw;
        uint32_t vectors;
        uint64_t size; /* MiB */
        DomainShmemModel model;
        DomainShmemRole role;
        Tristate ioeventfd;
        bool has_server;
        bool has_msi;
        Tristate msi;
        const char *name;
        const char *server; /* a socket */
        DomainDevice info;
} DomainShmem;

typedef enum DomainMemoryModel {
        DOMAIN_MEMORY_DIMM = 1,
        DOMAIN_MEMORY_NVDIMM,
        DOMAIN_MEMORY_VIRTIO_PMEM,
        DOMAIN_MEMORY_VIRTIO_MEM,
        DOMAIN_MEMORY_SGX_EPC,
        _DOMAIN_MEMORY_MAX,
} DomainMemoryModel;
DECLARE_WORDS(domain_memory, DomainMemoryModel, _DOMAIN_MEMORY_MAX);

/* <memory> in <devices>: sizes in KiB. */
typedef struct DomainMemoryDevice {
        DefSet set;
        DefRaw *raw;
        uint32_t node;       /* of the guest */
        uint64_t pagesize;
        uint64_t alignsize;
        uint64_t size;
        uint64_t label;
        uint64_t block;
        uint64_t requested;
        uint64_t current;    /* live */
        uint64_t base;       /* where the guest sees it: target/address/@base */
        DomainMemoryModel model;
        Tristate discard;
        Tristate dynamic_slots;
        bool pmem;
        bool readonly;
        const char *access;   /* "shared", "private" */
        const char *uuid;
        const char *path;
        const char *nodemask; /* of the host */
        DomainDevice info;
} DomainMemoryDevice;

typedef enum DomainIommuModel {
        DOMAIN_IOMMU_INTEL = 1,
        DOMAIN_IOMMU_SMMUV3,
        DOMAIN_IOMMU_VIRTIO,
        DOMAIN_IOMMU_AMD,
        _DOMAIN_IOMMU_MAX,
} DomainIommuModel;
DECLARE_WORDS(domain_iommu, DomainIommuModel, _DOMAIN_IOMMU_MAX);

typedef struct DomainIommu {
        DefSet set;
        DefRaw *raw;
        uint32_t aw_bits;
        DomainIommuModel model;
        Tristate intremap;
        Tristate caching_mode;
        Tristate eim;
        Tristate iotlb;
        Tristate dma_translation;
        Tristate xtsup;
        Tristate passthrough;
        DomainDevice info;
} DomainIommu;

typedef struct DomainVsock {
        DefSet set;
        DefRaw *raw;
        uint32_t cid; /* from 3 */
        Tristate cid_auto;
        const char *model; /* "virtio", … */
        DomainVirtio virtio;
        DomainDevice info;
} DomainVsock;

typedef struct DomainCrypto {
        DefSet set;
        DefRaw *raw;
        uint32_t queues;
        const char *model;   /* "virtio" */
        const char *type;    /* "qemu" */
        const char *backend; /* "builtin", "lkcf" */
        DomainVirtio virtio;
        DomainDevice info;
} DomainCrypto;

/* <nvram> in <devices>: only its address can be said. */
typedef struct DomainNvram {
        DefSet set;
        DefRaw *raw;
        DomainDevice info;
} DomainNvram;

typedef struct DomainPstore {
        DefSet set;
        DefRaw *raw;
        uint64_t size; /* KiB */
        const char *backend; /* "acpi-erst" */
        const char *path;
        DomainDevice info;
} DomainPstore;
