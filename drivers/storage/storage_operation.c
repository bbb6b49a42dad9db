/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_private.h"

#include "drivers/storage/storage_driver.h"

#define LOG_CATEGORY "storage"
#include "service/base/log.h"

/* A pool that has not answered by then will not. */
#define QUICK_USEC (60 * USEC_PER_SEC)

StoragePart *storage_part(const Driver *driver)
{
        return (StoragePart *) driver_part(driver, &storage_part_info);
}

StoragePoolData *storage_pool_data(StoragePool *pool)
{
        if (!pool->data) {
                pool->data = g_new0(StoragePoolData, 1);
                pool->data_free = g_free;
        }
        return pool->data;
}

StorageVolData *storage_vol_data(StorageVol *vol)
{
        if (!vol->data) {
                vol->data = g_new0(StorageVolData, 1);
                vol->data_free = g_free;
        }
        return vol->data;
}

void storage_release_object(void *object)
{
        object_unref(object);
}

StorageOperation *storage_operation_new(StoragePool *pool, StorageVol *vol, const StoragePoolDef *def,
                                        const StorageVolDef *vol_def, Job *job)
{
        StorageOperation *op = g_new0(StorageOperation, 1);

        op->job = job;
        op->part = storage_part(pool->object.driver);
        op->pool = object_ref(pool);
        op->vol = vol ? object_ref(vol) : NULL;
        op->def = def ? storage_pool_def_ref(def) : NULL;
        op->work = storage_work_new(def, vol_def);
        return op;
}

void storage_operation_chain(StorageOperation *op, const StorageAction *chain)
{
        size_t i = 0;

        while (op->chains[i])
                i++;
        g_assert(i < STORAGE_CHAINS_MAX);
        op->chains[i] = chain;
}

StorageOperation *storage_operation_free(StorageOperation *op)
{
        if (!op)
                return NULL;
        storage_task_cancel(op->task);
        worker_cancel(op->writing);
        if (op->begun)
                storage_pool_data(op->pool)->n_busy--;
        if (op->source) {
                storage_vol_data(op->source)->n_readers--;
                storage_pool_data(op->source->pool)->n_busy--;
                object_unref(op->source);
        }
        object_unref(op->vol);
        object_unref(op->pool);
        storage_pool_def_unref(op->def);
        storage_work_unref(op->work);
        g_free(op);
        return NULL;
}

static void operation_destroy(void *context)
{
        storage_operation_free(context);
}

static int step_begin(Job *job, void *context, Error *error)
{
        return 0;
}

static void undo_begin(Job *job, void *context)
{
        StorageOperation *op = context;

        if (op->revert)
                op->revert(op);
        if (op->vol && !op->vol->object.published)
                object_remove(&op->vol->object);
        if (!op->pool->object.published)
                object_remove(&op->pool->object);
}

static void on_worked(void *userdata, int r, Error *error)
{
        StorageOperation *op = userdata;

        op->task = NULL;
        job_step_done(op->job, r, error);
}

static void on_progress(void *userdata, uint64_t done, uint64_t total)
{
        StorageOperation *op = userdata;

        if (total > 0)
                job_set_progress(op->job, MIN(done, total), total);
}

static int step_work(Job *job, void *context, Error *error)
{
        StorageOperation *op = context;
        const DriverHost *host = op->part->driver->host;
        StorageTaskSpec spec = {
                .event = host->event,
                .workers = host->path_workers,
                .launcher = op->part->launcher,
                .work = op->work,
                .done = on_worked,
                .progress = op->quick ? NULL : on_progress,
                .userdata = op,
        };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(spec.chains); i++)
                spec.chains[i] = op->chains[i];
        r = storage_task_run(&spec, &op->task, error);
        return r > 0 ? JOB_STEP_WAIT : r;
}

static void cancel_work(Job *job, void *context)
{
        StorageOperation *op = context;

        op->task = storage_task_cancel(op->task);
}

static void on_written(void *userdata, int r, Error *error)
{
        StorageOperation *op = userdata;

        op->writing = NULL;
        job_step_done(op->job, r, error);
}

static int step_write(Job *job, void *context, Error *error)
{
        StorageOperation *op = context;

        if (!op->write)
                return 0;
        op->writing = op->write(op, on_written);
        return JOB_STEP_WAIT;
}

static int step_finish(Job *job, void *context, Error *error)
{
        StorageOperation *op = context;

        op->apply(op);
        return 0;
}

#define STEPS(usec)                                                                                 \
        {                                                                                           \
                { .name = "begin", .start = step_begin, .undo = undo_begin },                       \
                { .name = "work", .start = step_work, .cancel = cancel_work, .timeout_usec = usec }, \
                { .name = "write", .start = step_write, .no_return = true },                        \
                { .name = "finish", .start = step_finish, .no_return = true },                      \
                {},                                                                                 \
        }

int storage_operation_run(StorageOperation *op, Error *error)
{
        static const JobStep quick_steps[] = STEPS(QUICK_USEC), steps[] = STEPS(0);

        return job_run(op->job, op->quick ? quick_steps : steps, op, operation_destroy, error);
}

/* -- what nobody waits for ----------------------------------------------------------------------------------- */

typedef struct Farewell {
        StoragePart *part;
        char *name;
        StorageTask *task;
} Farewell;

static void farewell_free(void *p)
{
        Farewell *farewell = p;

        storage_task_cancel(farewell->task);
        g_free(farewell->name);
        g_free(farewell);
}

static void on_farewell(void *userdata, int r, Error *error)
{
        Farewell *farewell = userdata;

        farewell->task = NULL;
        if (r < 0) {
                g_autofree char *text = error_message(error);

                log_warning("'%s' cannot be let go: %s", farewell->name, text);
        }
        (void) g_ptr_array_remove(farewell->part->farewells, farewell);
}

GPtrArray *storage_farewells_new(void)
{
        return g_ptr_array_new_with_free_func(farewell_free);
}

void storage_farewell(StoragePart *part, const StoragePoolDef *pool, const StorageVolDef *vol,
                      const StorageAction *chain)
{
        _cleanup_(storage_work_unrefp) StorageWork *work = storage_work_new(pool, vol);
        Farewell *farewell = g_new0(Farewell, 1);
        const StorageTaskSpec spec = {
                .event = part->driver->host->event,
                .workers = part->driver->host->path_workers,
                .launcher = part->launcher,
                .work = work,
                .chains = { chain },
                .done = on_farewell,
                .userdata = farewell,
        };

        farewell->part = part;
        farewell->name = g_strdup(vol ? vol->target.path : pool->name);
        if (storage_task_run(&spec, &farewell->task, NULL) > 0)
                g_ptr_array_add(part->farewells, farewell);
        else
                farewell_free(farewell);
}
