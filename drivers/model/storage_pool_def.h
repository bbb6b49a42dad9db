/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a storage pool: libvirt's <pool> format (11.3). def.h has the conventions. What of <source> and
 * <target> counts goes by the type of the pool; a definition that was parsed has the defaults of its type.
 */

#include "drivers/model/definition.h"
#include "drivers/model/storage_source_def.h"

/* virStoragePoolType, one higher */
typedef enum StoragePoolType {
        STORAGE_POOL_DIR = 1,
        STORAGE_POOL_FS,
        STORAGE_POOL_NETFS,
        STORAGE_POOL_LOGICAL,
        STORAGE_POOL_DISK,
        STORAGE_POOL_ISCSI,
        STORAGE_POOL_ISCSI_DIRECT,
        STORAGE_POOL_SCSI,
        STORAGE_POOL_MPATH,
        STORAGE_POOL_RBD,
        STORAGE_POOL_SHEEPDOG,
        STORAGE_POOL_GLUSTER,
        STORAGE_POOL_ZFS,
        STORAGE_POOL_VSTORAGE,
        _STORAGE_POOL_TYPE_MAX,
} StoragePoolType;
DECLARE_WORDS(storage_pool_type, StoragePoolType, _STORAGE_POOL_TYPE_MAX);

typedef enum StorageAdapterType {
        STORAGE_ADAPTER_SCSI_HOST = 1,
        STORAGE_ADAPTER_FC_HOST,
        _STORAGE_ADAPTER_MAX,
} StorageAdapterType;
DECLARE_WORDS(storage_adapter, StorageAdapterType, _STORAGE_ADAPTER_MAX);

/* What the allocation of a volume is said to be. */
typedef enum StorageRefreshAllocation {
        STORAGE_REFRESH_DEFAULT = 1,
        STORAGE_REFRESH_CAPACITY,
        _STORAGE_REFRESH_MAX,
} StorageRefreshAllocation;
DECLARE_WORDS(storage_refresh, StorageRefreshAllocation, _STORAGE_REFRESH_MAX);

typedef struct StoragePoolHost {
        DefSet set;
        uint32_t port; /* not given: the protocol's */
        const char *name;
} StoragePoolHost;

/* Bytes of a disk that no partition has: [start, end). */
typedef struct StoragePoolExtent {
        DefSet set;
        uint64_t start;
        uint64_t end;
} StoragePoolExtent;

typedef struct StoragePoolDevice {
        DefSet set;
        Tristate part_separator; /* whether a "p" stands between the disk's name and the partition's number */
        const char *path;
        DEF_LIST(StoragePoolExtent) free_extents; /* a fact of a running pool */
} StoragePoolDevice;

/* The PCI address of the adapter's controller. */
typedef struct StorageParentAddress {
        DefSet set;
        uint32_t unique_id;
        uint32_t domain, bus, slot, function;
} StorageParentAddress;

typedef struct StorageAdapter {
        DefSet set;
        StorageAdapterType type;
        Tristate managed;
        const char *name; /* "scsi_host5"; STORAGE_ADAPTER_SCSI_HOST */
        StorageParentAddress *parent_address; /* or in place of it */
        const char *parent; /* STORAGE_ADAPTER_FC_HOST from here */
        const char *parent_wwnn, *parent_wwpn, *parent_fabric_wwn;
        const char *wwnn, *wwpn;
} StorageAdapter;

/* An option of a mount, or with a value of librados. */
typedef struct StoragePoolOption {
        DefSet set;
        const char *name;
        const char *value;
} StoragePoolOption;

typedef struct StoragePoolDef {
        DEFINITION_HEAD;
        uint64_t capacity; /* bytes; facts of a running pool, else 0 */
        uint64_t allocation;
        uint64_t available;
        StoragePoolType type;
        StorageRefreshAllocation refresh_allocation;
        Tristate cow;
        const char *name;
        const char *uuid; /* may be missing */
        DEF_LIST(StoragePoolHost) hosts;
        DEF_LIST(StoragePoolDevice) devices;
        const char *dir;
        StorageAdapter *adapter;
        const char *source_name;
        const char *initiator;
        const char *format; /* of the file system, disk label or volume group: one of storage_pool_formats() */
        StorageAuth *auth;
        const char *protocol_version; /* of NFS: "4.1" */
        const char *vendor;
        const char *product;
        const char *path; /* target/path */
        StoragePermissions permissions;
        DEF_LIST(StoragePoolOption) mount_options;
        DEF_LIST(StoragePoolOption) config_options;
} StoragePoolDef;

/* ERROR_CONFIG_UNSUPPORTED: a format or feature that the type of pool does not have. */
DECLARE_DEFINITION(storage_pool_def, StoragePoolDef);

extern const DefType storage_pool_def_type;

/*
 * <source> alone, as callers describe where to look for pools of the type. What is missing for a whole definition may
 * be missing. Errors: storage_pool_def_parse().
 */
int storage_pool_source_parse(StoragePoolType type, const char *xml, size_t size, StoragePoolDef **ret,
                              Error *error);
/* Appends <source> of a definition, so many levels deep, as an answer to where pools are. */
void storage_pool_source_format(const StoragePoolDef *def, unsigned indent, GString *out);

/* An empty one of a type, with its defaults still to be given by storage_pool_def_complete(). */
StoragePoolDef *storage_pool_def_new(StoragePoolType type);
/* Gives a definition that may be changed what its type has by default: names, formats, the path. */
void storage_pool_def_complete(StoragePoolDef *def);
/* The definition itself when it has a UUID, else one with a new one. A new reference. */
StoragePoolDef *storage_pool_def_with_uuid(const StoragePoolDef *def);

/* Words, ending with NULL, of which the first is the default's; NULL: pools of the type have no formats. */
const char *const *storage_pool_formats(StoragePoolType type);
const char *storage_pool_default_format(StoragePoolType type);
/* The same of the volumes in them. */
const char *const *storage_vol_formats(StoragePoolType type);
const char *storage_vol_default_format(StoragePoolType type);
