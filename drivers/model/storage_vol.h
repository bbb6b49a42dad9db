/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A storage volume as the daemon knows it: in the list of an active pool's driver as long as the pool is active. */

#include "drivers/model/storage_pool.h"
#include "drivers/model/storage_vol_def.h"

enum {
        STORAGE_VOL_CHANGED_INFO = 1 << 0,   /* its sizes */
        STORAGE_VOL_CHANGED_CONFIG = 1 << 1, /* what else stands in the definition */
};

typedef struct StorageVol {
        Object object; /* its key is the volume's */
        char *key;
        char *name;        /* unique in the pool */
        StoragePool *pool; /* referenced */
        StorageVolDef *def; /* with name, key, path and sizes */
        void *data;        /* the driver's; freed with it */
        GDestroyNotify data_free;
} StorageVol;

/* virStorageVolResizeFlags */
typedef enum StorageVolResizeFlags {
        STORAGE_VOL_RESIZE_ALLOCATE = 1 << 0,
        STORAGE_VOL_RESIZE_DELTA = 1 << 1,
        STORAGE_VOL_RESIZE_SHRINK = 1 << 2,
} StorageVolResizeFlags;

/* virStorageVolWipeAlgorithm: 0 zeroes … 9 trim */
#define STORAGE_VOL_WIPE_MAX 10u

/*
 * Occupies the key that stands in the definition, not published yet. *ret is borrowed. ERROR_OPERATION_FAILED when
 * there is a volume of that key, or in the pool one of that name.
 */
int storage_vol_list_add(ObjectList *list, StoragePool *pool, const StorageVolDef *def, StorageVol **ret, Error *error);

/* Borrowed, published or not; NULL when there is none. */
StorageVol *storage_vol_find_name(const ObjectList *list, const StoragePool *pool, const char *name);
/* Borrowed, published. */
StorageVol *storage_vol_find_path(const ObjectList *list, const char *path);

/* ERROR_OPERATION_FAILED when a volume of that name cannot be beneath a directory: "..", "a/b". */
int storage_vol_name_check(const char *name, Error *error);

/*
 * What a volume becomes when it is resized. ERROR_INVALID_ARG when it would shrink without the flag, ERROR_OVERFLOW,
 * ERROR_OPERATION_FAILED when the pool has no room.
 */
int storage_vol_resized(const StorageVol *vol, uint64_t capacity, StorageVolResizeFlags flags, StorageVolDef **ret,
                        Error *error);

/* Announces what differs. The definition has the key and the name of the volume. */
void storage_vol_set_def(StorageVol *vol, const StorageVolDef *def);
