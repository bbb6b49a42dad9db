/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with storage pools and volumes. See drivers/driver.h. */

#include "drivers/model/storage_vol.h"

/* virStoragePoolBuildFlags */
typedef enum StoragePoolBuildFlags {
        STORAGE_POOL_BUILD_REPAIR = 1 << 0,
        STORAGE_POOL_BUILD_RESIZE = 1 << 1,
        STORAGE_POOL_BUILD_NO_OVERWRITE = 1 << 2,
        STORAGE_POOL_BUILD_OVERWRITE = 1 << 3,
} StoragePoolBuildFlags;

/* virStoragePoolCreateFlags */
typedef enum StoragePoolStartFlags {
        STORAGE_POOL_START_BUILD = 1 << 0,
        STORAGE_POOL_START_BUILD_OVERWRITE = 1 << 1,
        STORAGE_POOL_START_BUILD_NO_OVERWRITE = 1 << 2,
} StoragePoolStartFlags;

/* virStoragePoolDeleteFlags */
typedef enum StoragePoolDeleteFlags {
        STORAGE_POOL_DELETE_ZEROED = 1 << 0,
} StoragePoolDeleteFlags;

typedef struct StoragePoolOps {
        /* Of pools that the driver has on this host: a mask of 1 << StoragePoolType. */
        uint32_t (*types)(const Driver *driver);
        /*
         * Makes the definition durable, then sets it. pool is unpublished when it is new: the operation publishes it at
         * the end, or removes it from the list when it fails. Emits DEFINED.
         */
        int (*define)(StoragePool *pool, StoragePoolDef *def, Job *job, Error *error);
        /* Emits UNDEFINED; a pool that is not active is removed from the list. */
        int (*undefine)(StoragePool *pool, Job *job, Error *error);
        /*
         * Starts a pool that is not active with the definition, finds its volumes, emits STARTED. An unpublished pool
         * is published, or removed on failure, as with define.
         */
        int (*start)(StoragePool *pool, StoragePoolDef *def, StoragePoolStartFlags flags, Job *job, Error *error);
        /* Emits STOPPED; a transient pool is removed from the list. */
        int (*stop)(StoragePool *pool, Job *job, Error *error);
        int (*build)(StoragePool *pool, StoragePoolBuildFlags flags, Job *job, Error *error);
        int (*delete)(StoragePool *pool, StoragePoolDeleteFlags flags, Job *job, Error *error);
        int (*refresh)(StoragePool *pool, Job *job, Error *error);
        int (*set_autostart)(StoragePool *pool, bool autostart, Job *job, Error *error);
        /* Where pools of the type could be; source NULL: on this host. Result: text, a <sources> element. */
        int (*find_sources)(Driver *driver, StoragePoolType type, const StoragePoolDef *source, Job *job, Error *error);
} StoragePoolOps;

/* virStorageVolCreateFlags */
typedef enum StorageVolCreateFlags {
        STORAGE_VOL_CREATE_PREALLOC_METADATA = 1 << 0,
        STORAGE_VOL_CREATE_REFLINK = 1 << 1,
} StorageVolCreateFlags;

/* virStorageVolDeleteFlags */
typedef enum StorageVolDeleteFlags {
        STORAGE_VOL_DELETE_ZEROED = 1 << 0,
        STORAGE_VOL_DELETE_WITH_SNAPSHOTS = 1 << 1,
} StorageVolDeleteFlags;

typedef struct StorageVolOps {
        /*
         * Creates the volume in an active pool, with the data of source unless that is NULL. Result: object, a
         * StorageVol.
         */
        int (*create)(StoragePool *pool, StorageVolDef *def, StorageVol *source, StorageVolCreateFlags flags, Job *job,
                      Error *error);
        int (*delete)(StorageVol *vol, StorageVolDeleteFlags flags, Job *job, Error *error);
        /* def: what storage_vol_resized() made of it. */
        int (*resize)(StorageVol *vol, StorageVolDef *def, Job *job, Error *error);
        /* algorithm is below STORAGE_VOL_WIPE_MAX. */
        int (*wipe)(StorageVol *vol, unsigned algorithm, Job *job, Error *error);
        /* length 0: up to the end; both within the capacity. Result: a descriptor to read from, with an end. */
        int (*download)(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error);
        /* Result: a descriptor to write to, whose last copy's closing ends the upload. */
        int (*upload)(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error);
} StorageVolOps;
