/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a storage volume: libvirt's <volume> format (11.3). def.h has the conventions. Which formats there
 * are goes by the type of the pool that the volume is in.
 */

#include "drivers/model/definition.h"
#include "drivers/model/storage_pool_def.h"

/* virStorageVolType, one higher */
typedef enum StorageVolType {
        STORAGE_VOL_FILE = 1,
        STORAGE_VOL_BLOCK,
        STORAGE_VOL_DIR,
        STORAGE_VOL_NETWORK,
        STORAGE_VOL_NETDIR,
        STORAGE_VOL_PLOOP,
        _STORAGE_VOL_TYPE_MAX,
} StorageVolType;
DECLARE_WORDS(storage_vol_type, StorageVolType, _STORAGE_VOL_TYPE_MAX);

/* What <target> and <backingStore> say of a file. */
typedef struct StorageVolTarget {
        DefSet set;
        uint64_t cluster_size; /* bytes; of qcow2 */
        bool nocow;
        bool has_features;
        bool lazy_refcounts;
        bool extended_l2;
        const char *path;
        const char *format; /* one of storage_vol_formats(); NULL: volumes of the pool have none */
        const char *compat; /* of qcow2: "0.10", "1.1" */
        StoragePermissions permissions;
        const char *atime, *mtime, *ctime, *btime; /* facts: seconds since 1970, ".", nanoseconds */
        StorageEncryption *encryption;
} StorageVolTarget;

/* Bytes of a device that the volume is made of: [start, end). */
typedef struct StorageVolDevice {
        DefSet set;
        const char *path;
        DEF_LIST(StoragePoolExtent) extents;
} StorageVolDevice;

typedef struct StorageVolDef {
        DEFINITION_HEAD;
        uint64_t capacity;   /* bytes */
        uint64_t allocation; /* bytes; not given: the capacity */
        uint64_t physical;   /* bytes; a fact */
        StorageVolType type;
        StoragePoolType pool_type;
        bool said_allocation; /* the definition that was read gave it */
        const char *name;
        const char *key;
        DEF_LIST(StorageVolDevice) devices; /* a fact */
        StorageVolTarget target;
        StorageVolTarget *backing;
} StorageVolDef;

typedef enum StorageVolParseFlags {
        STORAGE_VOL_PARSE_VALIDATE = 1 << 0,
        STORAGE_VOL_PARSE_LIVE = 1 << 1, /* facts are read, too */
        /* The capacity may be missing: when there is a backing file that has one, or in any case. */
        STORAGE_VOL_PARSE_CAPACITY_OF_BACKING = 1 << 8,
        STORAGE_VOL_PARSE_NO_CAPACITY = 1 << 9,
} StorageVolParseFlags;

DECLARE_DEFINITION(storage_vol_def, StorageVolDef);

extern const DefType storage_vol_def_type;

/*
 * Like storage_vol_def_parse(), which takes the pool for a directory, for a pool of the type.
 * ERROR_CONFIG_UNSUPPORTED: a format that volumes there do not have.
 */
int storage_vol_def_parse_in(StoragePoolType pool_type, const char *xml, size_t size, StorageVolParseFlags flags,
                             Diagnostics *diagnostics, StorageVolDef **ret, Error *error);

/* An empty one, to be filled and sealed. */
StorageVolDef *storage_vol_def_new(StoragePoolType pool_type);
