/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_private.h"

#define LOG_CATEGORY "storage"
#include "service/base/log.h"

struct StorageBoot {
        StoragePart *part;
        GQueue waiting; /* of StoragePool, referenced */
        bool is_first;  /* since the host was booted */
        sd_event_source *next; /* not before the daemon is complete */
};

static void report(const StoragePool *pool, const Error *error)
{
        g_autofree char *text = error_message(error);

        log_error("storage pool '%s' cannot be started: %s", pool->name, text);
}

static void on_completed(Job *job, Error *error, void *userdata)
{
        if (error)
                report(job_object(job), error);
}

static void start_one(StorageBoot *boot, StoragePool *pool)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        bool runs = storage_pool_is_active(pool);
        int r = job_new(boot->part->driver->host->jobs, runs ? "refresh" : "autostart", &pool->object.slot, NULL, &job,
                        &error);

        if (r >= 0) {
                job_set_object(job, object_ref(pool), storage_release_object);
                r = runs ? storage_pools_refresh(pool, job, &error)
                         : storage_pools_start(pool, pool->config, 0, job, &error);
        }
        if (r < 0)
                report(pool, &error);
        else if (r > 0)
                job_on_completed(job, on_completed, NULL);
}

static int on_next(sd_event_source *source, void *userdata)
{
        StorageBoot *boot = userdata;

        for (StoragePool *pool; (pool = g_queue_pop_head(&boot->waiting));) {
                if (pool->object.list)
                        start_one(boot, pool);
                object_unref(pool);
        }
        if (boot->is_first)
                named_store_set_booted(boot->part->store);
        return 0;
}

StorageBoot *storage_boot_begin(StoragePart *part)
{
        const ObjectList *list = part->driver->lists[OBJECT_STORAGE_POOL];
        StorageBoot *boot = g_new0(StorageBoot, 1);

        boot->part = part;
        boot->is_first = !named_store_is_booted(part->store);
        g_queue_init(&boot->waiting);
        for (size_t i = 0; i < object_list_size(list); i++) {
                StoragePool *pool = object_list_get(list, i);

                if (storage_pool_is_active(pool) || (boot->is_first && pool->autostart))
                        g_queue_push_tail(&boot->waiting, object_ref(pool));
        }
        (void) sd_event_add_defer(part->driver->host->event, &boot->next, on_next, boot);
        return boot;
}

StorageBoot *storage_boot_free(StorageBoot *boot)
{
        if (!boot)
                return NULL;
        sd_event_source_disable_unref(boot->next);
        for (StoragePool *pool; (pool = g_queue_pop_head(&boot->waiting));)
                object_unref(pool);
        g_free(boot);
        return NULL;
}
