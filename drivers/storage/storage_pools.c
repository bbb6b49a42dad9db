/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The lives of pools. */

#include "drivers/storage/storage_private.h"

#define LOG_CATEGORY "storage"
#include "service/base/log.h"

static const StorageBackend *backend_of(const StoragePoolDef *def)
{
        return storage_backend(def->type);
}

static int check_path(const StoragePoolDef *def, Error *error)
{
        if (!backend_of(def)->has_files || (def->path && *def->path == '/'))
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "target/path: '%s' is no absolute path", strempty(def->path));
}

/* -- definitions --------------------------------------------------------------------------------------------- */

static WorkerTask *write_define(StorageOperation *op, WorkerDone done)
{
        g_autofree char *text = storage_pool_def_format(op->def, DEF_FORMAT_SECURE);

        return named_store_write(op->part->store, op->part->driver->host->workers, op->pool->name, text, done, op);
}

static void apply_define(StorageOperation *op)
{
        storage_pool_set_config(op->pool, op->def);
        if (!op->pool->object.published)
                object_publish(&op->pool->object);
        storage_pool_emit_event(op->pool, STORAGE_POOL_EVENT_DEFINED);
}

int storage_pools_define(StoragePool *pool, StoragePoolDef *def, Job *job, Error *error)
{
        StorageOperation *op;
        int r = check_path(def, error);

        if (r >= 0 && !store_name_is_valid(pool->name))
                r = error_set(error, ERROR_XML_ERROR, "name: '%s' cannot be the name of a file", pool->name);
        if (r < 0) {
                if (!pool->object.published)
                        object_remove(&pool->object);
                return r;
        }
        op = storage_operation_new(pool, NULL, def, NULL, job);
        op->write = write_define;
        op->apply = apply_define;
        return storage_operation_run(op, error);
}

static WorkerTask *write_undefine(StorageOperation *op, WorkerDone done)
{
        return named_store_remove(op->part->store, op->part->driver->host->workers, op->pool->name, done, op);
}

static void apply_undefine(StorageOperation *op)
{
        storage_pool_emit_event(op->pool, STORAGE_POOL_EVENT_UNDEFINED);
        object_remove(&op->pool->object);
}

int storage_pools_undefine(StoragePool *pool, Job *job, Error *error)
{
        StorageOperation *op = storage_operation_new(pool, NULL, pool->config, NULL, job);

        op->write = write_undefine;
        op->apply = apply_undefine;
        return storage_operation_run(op, error);
}

static WorkerTask *write_autostart(StorageOperation *op, WorkerDone done)
{
        return named_store_set_autostart(op->part->store, op->part->driver->host->workers, op->pool->name,
                                         op->autostart, done, op);
}

static void apply_autostart(StorageOperation *op)
{
        storage_pool_set_autostart(op->pool, op->autostart);
}

int storage_pools_set_autostart(StoragePool *pool, bool autostart, Job *job, Error *error)
{
        StorageOperation *op = storage_operation_new(pool, NULL, pool->config, NULL, job);

        op->autostart = autostart;
        op->write = write_autostart;
        op->apply = apply_autostart;
        return storage_operation_run(op, error);
}

/* -- building ------------------------------------------------------------------------------------------------ */

static void apply_build(StorageOperation *op)
{
        storage_pool_emit_event(op->pool, STORAGE_POOL_EVENT_CREATED);
}

static int no_support(const StoragePool *pool, const char *what, Error *error)
{
        return error_set(error, ERROR_NO_SUPPORT, "pools of the type '%s' are not %s",
                         storage_pool_type_to_string(storage_pool_def(pool, true)->type), what);
}

int storage_pools_build(StoragePool *pool, StoragePoolBuildFlags flags, Job *job, Error *error)
{
        const StorageBackend *backend = backend_of(pool->config);
        StorageOperation *op;

        if (!backend->build)
                return no_support(pool, "built", error);
        if (flags & (STORAGE_POOL_BUILD_REPAIR | STORAGE_POOL_BUILD_RESIZE))
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED, "pools are not repaired or resized");
        op = storage_operation_new(pool, NULL, pool->config, NULL, job);
        op->work->flags = flags;
        op->apply = apply_build;
        storage_operation_chain(op, backend->build);
        return storage_operation_run(op, error);
}

static void apply_delete(StorageOperation *op)
{
        storage_pool_emit_event(op->pool, STORAGE_POOL_EVENT_DELETED);
}

int storage_pools_delete(StoragePool *pool, StoragePoolDeleteFlags flags, Job *job, Error *error)
{
        const StorageBackend *backend = backend_of(pool->config);
        StorageOperation *op;

        if (!backend->remove)
                return no_support(pool, "deleted", error);
        op = storage_operation_new(pool, NULL, pool->config, NULL, job);
        op->work->flags = flags;
        op->apply = apply_delete;
        storage_operation_chain(op, backend->remove);
        return storage_operation_run(op, error);
}

/* -- running ------------------------------------------------------------------------------------------------- */

static void put_running(const StorageOperation *op)
{
        g_autofree char *text = storage_pool_def_format(op->def, DEF_FORMAT_SECURE);
        _cleanup_error_ Error error = ERROR_INIT;

        if (named_store_put_running(op->part->store, op->pool->name, text, &error) < 0) {
                g_autofree char *why = error_message(&error);

                log_warning("storage pool '%s' will not be found again: %s", op->pool->name, why);
        }
}

static void take_facts(const StorageOperation *op)
{
        storage_pool_set_info(op->pool, &op->work->info);
        storage_volumes_take(op->pool, op->work);
}

static void apply_start(StorageOperation *op)
{
        StoragePool *pool = op->pool;

        put_running(op);
        storage_pool_set_state(pool, STORAGE_POOL_RUNNING, op->work->found_pool ?: op->def);
        if (!pool->object.published)
                object_publish(&pool->object);
        take_facts(op);
        storage_pool_emit_event(pool, STORAGE_POOL_EVENT_STARTED);
}

static void revert_start(StorageOperation *op)
{
        const StorageBackend *backend = backend_of(op->def);

        if (backend->stop)
                storage_farewell(op->part, op->def, NULL, backend->stop);
}

static StoragePoolBuildFlags build_flags(StoragePoolStartFlags flags)
{
        return (flags & STORAGE_POOL_START_BUILD_OVERWRITE ? STORAGE_POOL_BUILD_OVERWRITE : 0) |
                (flags & STORAGE_POOL_START_BUILD_NO_OVERWRITE ? STORAGE_POOL_BUILD_NO_OVERWRITE : 0);
}

int storage_pools_start(StoragePool *pool, StoragePoolDef *def, StoragePoolStartFlags flags, Job *job, Error *error)
{
        const StorageBackend *backend = backend_of(def);
        bool is_built = flags & (STORAGE_POOL_START_BUILD | STORAGE_POOL_START_BUILD_OVERWRITE |
                                 STORAGE_POOL_START_BUILD_NO_OVERWRITE);
        StorageOperation *op;
        int r = check_path(def, error);

        if (r >= 0 && is_built && !backend->build)
                r = no_support(pool, "built", error);
        if (r < 0) {
                if (!pool->object.published)
                        object_remove(&pool->object);
                return r;
        }
        op = storage_operation_new(pool, NULL, def, NULL, job);
        op->quick = true;
        op->work->flags = build_flags(flags);
        op->apply = apply_start;
        op->revert = revert_start;
        if (is_built)
                storage_operation_chain(op, backend->build);
        if (backend->start)
                storage_operation_chain(op, backend->start);
        storage_operation_chain(op, backend->scan);
        return storage_operation_run(op, error);
}

static void apply_stop(StorageOperation *op)
{
        StoragePool *pool = op->pool;

        storage_pool_data(pool)->stopping = false;
        named_store_drop_running(op->part->store, pool->name);
        storage_volumes_remove(pool);
        storage_pool_emit_event(pool, STORAGE_POOL_EVENT_STOPPED);
        if (!pool->config)
                object_remove(&pool->object);
        else {
                storage_pool_set_state(pool, STORAGE_POOL_INACTIVE, NULL);
                storage_pool_set_info(pool, &(StoragePoolInfo) {});
        }
}

static void revert_stop(StorageOperation *op)
{
        storage_pool_data(op->pool)->stopping = false;
}

int storage_pools_stop(StoragePool *pool, Job *job, Error *error)
{
        const StorageBackend *backend = backend_of(pool->live);
        StorageOperation *op;

        if (storage_pool_data(pool)->n_busy > 0)
                return error_set(error, ERROR_OPERATION_INVALID, "pool '%s' has asynchronous jobs running.",
                                 pool->name);
        op = storage_operation_new(pool, NULL, pool->live, NULL, job);
        op->quick = true;
        op->apply = apply_stop;
        op->revert = revert_stop;
        storage_pool_data(pool)->stopping = true;
        if (backend->stop)
                storage_operation_chain(op, backend->stop);
        return storage_operation_run(op, error);
}

static void apply_refresh(StorageOperation *op)
{
        StoragePool *pool = op->pool;

        if (pool->state != STORAGE_POOL_RUNNING || op->work->found_pool)
                storage_pool_set_state(pool, STORAGE_POOL_RUNNING, op->work->found_pool ?: op->def);
        take_facts(op);
        object_emit(&pool->object, STORAGE_POOL_SIGNAL_REFRESH, NULL);
}

/* What was known of its volumes stays, for when it can be reached again. */
static void revert_refresh(StorageOperation *op)
{
        if (!job_is_cancelled(op->job))
                storage_pool_set_state(op->pool, STORAGE_POOL_INACCESSIBLE, op->def);
}

int storage_pools_refresh(StoragePool *pool, Job *job, Error *error)
{
        const StorageBackend *backend = backend_of(pool->live);
        StorageOperation *op = storage_operation_new(pool, NULL, pool->live, NULL, job);

        op->quick = true;
        op->apply = apply_refresh;
        op->revert = revert_refresh;
        if (backend->start)
                storage_operation_chain(op, backend->start);
        storage_operation_chain(op, backend->scan);
        return storage_operation_run(op, error);
}
