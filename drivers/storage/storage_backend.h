/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What differs between the types of pools. */

#include "drivers/storage/storage_work.h"

typedef struct StorageBackend {
        bool for_root;           /* an ordinary user's daemon does not have them */
        bool has_files;          /* volumes are files in the directory of the target */
        const char *program;     /* without which the host has none; NULL: nothing special is needed */
        /* Chains; NULL: there is nothing to do. */
        const StorageAction *start; /* makes it usable, also when it is already */
        const StorageAction *stop;
        const StorageAction *scan;  /* finds all volumes */
        /* Chains; NULL: not supported. */
        const StorageAction *build; /* work->flags: StoragePoolBuildFlags */
        const StorageAction *remove;
        const StorageAction *create_volume; /* of pools whose volumes are no files; sets work->is_made */
        const StorageAction *remove_volume;
        const StorageAction *resize_volume;
} StorageBackend;

/* NULL: there is none for the type. */
const StorageBackend *storage_backend(StoragePoolType type);

/* Whether volumes are files in the directory of the pool. */
static inline bool storage_has_files(const StoragePoolDef *pool)
{
        return storage_backend(pool->type)->has_files;
}

extern const StorageBackend storage_backend_dir;
extern const StorageBackend storage_backend_fs;
extern const StorageBackend storage_backend_netfs;
extern const StorageBackend storage_backend_logical;
extern const StorageBackend storage_backend_disk;
extern const StorageBackend storage_backend_scsi;
extern const StorageBackend storage_backend_iscsi;
extern const StorageBackend storage_backend_mpath;
