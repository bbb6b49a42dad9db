/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A storage pool as the daemon knows it: its definitions, its state, and how full it is. */

#include "drivers/model/object.h"
#include "drivers/model/storage_pool_def.h"

/* virStoragePoolState */
typedef enum StoragePoolState {
        STORAGE_POOL_INACTIVE = 0,
        STORAGE_POOL_BUILDING,
        STORAGE_POOL_RUNNING,
        STORAGE_POOL_DEGRADED,
        STORAGE_POOL_INACCESSIBLE,
        _STORAGE_POOL_STATE_MAX,
} StoragePoolState;
DECLARE_STRING_TABLE(storage_pool_state, StoragePoolState);

/* virStoragePoolEventLifecycleType */
typedef enum StoragePoolEvent {
        STORAGE_POOL_EVENT_DEFINED = 0,
        STORAGE_POOL_EVENT_UNDEFINED = 1,
        STORAGE_POOL_EVENT_STARTED = 2,
        STORAGE_POOL_EVENT_STOPPED = 3,
        STORAGE_POOL_EVENT_CREATED = 4, /* built */
        STORAGE_POOL_EVENT_DELETED = 5,
} StoragePoolEvent;

/* Signals; the comment is the type that args points to. */
typedef enum StoragePoolSignal {
        STORAGE_POOL_SIGNAL_EVENT,   /* StoragePoolEvent */
        STORAGE_POOL_SIGNAL_REFRESH, /* none */
} StoragePoolSignal;

enum {
        STORAGE_POOL_CHANGED_STATE = 1 << 0,
        STORAGE_POOL_CHANGED_CONFIG = 1 << 1, /* what stands in the definition, whether there is one, autostart */
        STORAGE_POOL_CHANGED_INFO = 1 << 2,   /* how full it is */
};

typedef struct StoragePoolInfo {
        uint64_t capacity; /* bytes */
        uint64_t allocation;
        uint64_t available;
} StoragePoolInfo;

typedef struct StoragePool {
        Object object; /* its key is the UUID */
        char uuid[37];
        char *name;
        StoragePoolDef *config; /* what stays; NULL: transient */
        StoragePoolDef *live;   /* what it was started with; NULL: inactive */
        StoragePoolState state;
        bool autostart;
        StoragePoolInfo info;
        void *data; /* the driver's; freed with it */
        GDestroyNotify data_free;
} StoragePool;

/*
 * Occupies UUID and name of the definition, which must have both. *ret is borrowed, and has neither of the definitions.
 * Errors: storage_pool_list_check(), and ERROR_RESOURCE_BUSY while one with that UUID or name is being made.
 */
int storage_pool_list_add(ObjectList *list, const StoragePoolDef *def, StoragePool **ret, Error *error);
/*
 * May this be the definition of the pool with its UUID (*ret_pool, borrowed, NULL: a new one)? ERROR_OPERATION_FAILED
 * when another pool has its UUID, its name or its storage.
 */
int storage_pool_list_check(const ObjectList *list, const StoragePoolDef *def, StoragePool **ret_pool, Error *error);

/* What polkit is told of a definition. */
void storage_pool_def_describe(const StoragePoolDef *def, Details *details);

static inline bool storage_pool_is_active(const StoragePool *pool)
{
        return pool->live != NULL;
}

/* The definition that counts now, or with inactive for the next start. Borrowed. */
const StoragePoolDef *storage_pool_def(const StoragePool *pool, bool inactive);
/* Its text with the facts of the pool. Free with g_free(). */
char *storage_pool_format(const StoragePool *pool, bool inactive);

/* ERROR_OPERATION_INVALID in libvirt's words. */
int storage_pool_check_active(const StoragePool *pool, Error *error);
int storage_pool_check_inactive(const StoragePool *pool, Error *error);

/* They announce. NULL is no definition. */
void storage_pool_set_config(StoragePool *pool, const StoragePoolDef *def);
/* The one place that changes the state: def for the states of an active pool. */
void storage_pool_set_state(StoragePool *pool, StoragePoolState state, const StoragePoolDef *def);
void storage_pool_set_autostart(StoragePool *pool, bool autostart);
void storage_pool_set_info(StoragePool *pool, const StoragePoolInfo *info);
void storage_pool_emit_event(StoragePool *pool, StoragePoolEvent event);
