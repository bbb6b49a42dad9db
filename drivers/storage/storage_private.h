/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Between the files of the part that run on the loop. */

#include "drivers/part.h"
#include "drivers/storage/storage_backend.h"
#include "service/base/named_store.h"

typedef struct StorageBoot StorageBoot;

typedef struct StoragePart {
        Part part;
        Driver *driver;
        NamedStore *store;
        Launcher *launcher;
        uint32_t types; /* of pools: a mask of 1 << StoragePoolType */
        GPtrArray *farewells; /* of Farewell: what still runs for pools that could not be started */
        GPtrArray *transfers; /* of data that callers read or write */
        StorageBoot *boot;
} StoragePart;

StoragePart *storage_part(const Driver *driver);

/* StoragePool.data */
typedef struct StoragePoolData {
        unsigned n_busy; /* operations on its volumes */
        bool stopping;
} StoragePoolData;

StoragePoolData *storage_pool_data(StoragePool *pool);

/* StorageVol.data */
typedef struct StorageVolData {
        unsigned n_readers; /* copies that are made of it, and downloads */
        bool writing;       /* an upload goes on */
} StorageVolData;

StorageVolData *storage_vol_data(StorageVol *vol);

/* object_unref() for jobs. */
void storage_release_object(void *object);

/*
 * An operation on a pool or a volume, as a job: chains of work, then a change of what is durable, then, in one turn of
 * the loop, of the model. What was not published is removed again when it fails.
 */
typedef struct StorageOperation StorageOperation;
struct StorageOperation {
        Job *job; /* not owned: it owns this */
        StoragePart *part;
        StoragePool *pool;
        StorageVol *vol;    /* NULL: an operation on the pool */
        StorageVol *source; /* being read; NULL: none */
        StoragePoolDef *def; /* NULL: none */
        StorageWork *work;
        const StorageAction *chains[STORAGE_CHAINS_MAX];
        bool quick; /* does not move data: must be done in time */
        bool begun; /* counted as busy */
        bool autostart;
        StorageTask *task;
        WorkerTask *writing;
        /* NULL: nothing durable changes */
        WorkerTask *(*write)(StorageOperation *op, WorkerDone done);
        void (*apply)(StorageOperation *op);
        /* takes back what apply would have completed; may be NULL */
        void (*revert)(StorageOperation *op);
};

/* def and vol_def, which may be NULL, are what the work is about. */
StorageOperation *storage_operation_new(StoragePool *pool, StorageVol *vol, const StoragePoolDef *def,
                                        const StorageVolDef *vol_def, Job *job);
void storage_operation_chain(StorageOperation *op, const StorageAction *chain);
/* Takes the operation. Returns what job_run() returns. */
int storage_operation_run(StorageOperation *op, Error *error);
/* For what fails before it runs. Accepts NULL. */
StorageOperation *storage_operation_free(StorageOperation *op);
DEFINE_TRIVIAL_CLEANUP(StorageOperation *, storage_operation_free)

GPtrArray *storage_farewells_new(void);
/* A chain that nobody waits for: what fails is logged. */
void storage_farewell(StoragePart *part, const StoragePoolDef *pool, const StorageVolDef *vol,
                      const StorageAction *chain);

/* -- storage_pools.c ----------------------------------------------------------------------------------------- */

/* Operations on pools; see drivers/ops_storage.h. */
int storage_pools_define(StoragePool *pool, StoragePoolDef *def, Job *job, Error *error);
int storage_pools_undefine(StoragePool *pool, Job *job, Error *error);
int storage_pools_start(StoragePool *pool, StoragePoolDef *def, StoragePoolStartFlags flags, Job *job, Error *error);
int storage_pools_stop(StoragePool *pool, Job *job, Error *error);
int storage_pools_build(StoragePool *pool, StoragePoolBuildFlags flags, Job *job, Error *error);
int storage_pools_delete(StoragePool *pool, StoragePoolDeleteFlags flags, Job *job, Error *error);
int storage_pools_refresh(StoragePool *pool, Job *job, Error *error);
int storage_pools_set_autostart(StoragePool *pool, bool autostart, Job *job, Error *error);

/* -- storage_volumes.c --------------------------------------------------------------------------------------- */

int storage_volumes_create(StoragePool *pool, StorageVolDef *def, StorageVol *source, StorageVolCreateFlags flags,
                           Job *job, Error *error);
int storage_volumes_delete(StorageVol *vol, StorageVolDeleteFlags flags, Job *job, Error *error);
int storage_volumes_resize(StorageVol *vol, StorageVolDef *def, Job *job, Error *error);
int storage_volumes_wipe(StorageVol *vol, unsigned algorithm, Job *job, Error *error);

/* ERROR_OPERATION_INVALID while it is moved, or a machine that runs has it. */
int storage_volumes_check_unused(StorageVol *vol, Error *error);
/* ERROR_OPERATION_INVALID while its pool is being stopped. */
int storage_volumes_begin(StorageOperation *op, Error *error);

/* What was found is what the pool has: volumes are added, changed, removed. */
void storage_volumes_take(StoragePool *pool, const StorageWork *work);
void storage_volumes_remove(StoragePool *pool);
/* The one that was found is the operation's, as it is now. */
void storage_volume_take(StorageOperation *op);

/* -- storage_transfer.c -------------------------------------------------------------------------------------- */

int storage_volumes_download(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error);
int storage_volumes_upload(StorageVol *vol, uint64_t offset, uint64_t length, Job *job, Error *error);

GPtrArray *storage_transfers_new(void);

/* -- storage_sources.c --------------------------------------------------------------------------------------- */

int storage_sources_find(Driver *driver, StoragePoolType type, const StoragePoolDef *source, Job *job, Error *error);

/* -- storage_boot.c ------------------------------------------------------------------------------------------ */

/* Pools that were active before the daemon, and those that start with the host: as jobs, from the loop. */
StorageBoot *storage_boot_begin(StoragePart *part);
StorageBoot *storage_boot_free(StorageBoot *boot);
