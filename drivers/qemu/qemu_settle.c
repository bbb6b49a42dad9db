/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_settle.h"

#include "drivers/qemu/qemu_index.h"
#include "service/base/log.h"

#include <malloc.h>

#define LOG_CATEGORY "qemu"

/* About 20 ms on a worker, and a fraction of one on the loop. */
#define BATCH 64u

typedef struct Item {
        char *file;
        struct stat st;
        char uuid[37];
        char *text; /* of a batch on its way */
        size_t size;
        DomainPacked *packed;
} Item;

struct QemuSettle {
        char *cache_dir;
        QemuIndexWriter *writer; /* the batch's, while there is one */
        GPtrArray *items;        /* that are still to be packed, the next one last */
        WorkerPool *workers;
        WorkerTask *task;
        DomainList *domains;
        void (*done)(void *userdata);
        void *userdata;
};

/* Travels to the worker and back. */
typedef struct Batch {
        QemuSettle *settle; /* of the loop's side alone */
        QemuIndexWriter *writer;
        char *cache_dir; /* of the last batch */
        GPtrArray *items;
} Batch;

static void item_free(void *data)
{
        Item *item = data;

        g_free(item->file);
        g_free(item->text);
        g_free(item->packed);
        g_free(item);
}

static void batch_free(void *data)
{
        Batch *batch = data;

        qemu_index_writer_free(batch->writer);
        g_free(batch->cache_dir);
        g_ptr_array_unref(batch->items);
        g_free(batch);
}

QemuSettle *qemu_settle_new(const char *cache_dir)
{
        QemuSettle *settle = g_new0(QemuSettle, 1);

        settle->cache_dir = g_strdup(cache_dir);
        settle->writer = qemu_index_writer_new();
        settle->items = g_ptr_array_new_with_free_func(item_free);
        return settle;
}

QemuSettle *qemu_settle_free(QemuSettle *settle)
{
        if (!settle)
                return NULL;
        worker_cancel(settle->task);
        qemu_index_writer_free(settle->writer);
        g_ptr_array_unref(settle->items);
        g_free(settle->cache_dir);
        g_free(settle);
        return NULL;
}

void qemu_settle_add(QemuSettle *settle, const char *file, const struct stat *st, const DomainDef *def,
                     const DomainPacked *packed)
{
        qemu_index_writer_add(settle->writer, file, st, def, packed);
}

void qemu_settle_add_kept(QemuSettle *settle, const char *file, const struct stat *st, const char *uuid)
{
        Item *item = g_new0(Item, 1);

        item->file = g_strdup(file);
        item->st = *st;
        g_strlcpy(item->uuid, uuid, sizeof(item->uuid));
        g_ptr_array_add(settle->items, item);
}

static void item_pack(Item *item, QemuIndexWriter *writer)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;

        /* it could be read a moment ago */
        if (domain_def_parse(item->text, item->size, DOMAIN_DEF_PARSE_STORED, NULL, &def, NULL) < 0)
                return;
        item->packed = domain_def_pack(def);
        qemu_index_writer_add(writer, item->file, &item->st, def, item->packed);
}

static int batch_work(void *data, Error *error)
{
        Batch *batch = data;

        for (guint i = 0; i < batch->items->len; i++)
                item_pack(batch->items->pdata[i], batch->writer);
        return batch->cache_dir ? qemu_index_writer_save(batch->writer, batch->cache_dir, error) : 0;
}

static void batch_begin(QemuSettle *settle);

static void batch_done(void *userdata, int r, Error *error)
{
        Batch *batch = userdata;
        QemuSettle *settle = batch->settle;

        settle->task = NULL;
        settle->writer = g_steal_pointer(&batch->writer);
        for (guint i = 0; i < batch->items->len; i++) {
                Item *item = batch->items->pdata[i];
                Domain *domain = domain_list_find_any_uuid(settle->domains, item->uuid);

                /* what has been defined anew is packed already */
                if (domain && domain->config && definition_is_kept(domain->config) && item->packed)
                        domain_repack_config(domain, g_steal_pointer(&item->packed));
        }
        if (!batch->cache_dir) {
                batch_begin(settle);
                return;
        }
        if (r < 0) {
                g_autofree char *text = error_message(error);

                log_warning("the next start will take its time: %s", text);
        }
        /* the kept texts went through the heap */
        (void) malloc_trim(0);
        settle->done(settle->userdata);
}

static void batch_begin(QemuSettle *settle)
{
        Batch *batch = g_new0(Batch, 1);

        batch->settle = settle;
        batch->writer = g_steal_pointer(&settle->writer);
        batch->items = g_ptr_array_new_with_free_func(item_free);
        while (batch->items->len < BATCH && settle->items->len > 0) {
                Item *item = g_ptr_array_steal_index(settle->items, settle->items->len - 1);
                const Domain *domain = domain_list_find_any_uuid(settle->domains, item->uuid);

                if (domain && domain->config && definition_is_kept(domain->config)) {
                        item->text = definition_unpack(domain->config, &item->size);
                        g_ptr_array_add(batch->items, item);
                } else
                        item_free(item);
        }
        if (settle->items->len == 0)
                batch->cache_dir = g_strdup(settle->cache_dir);
        settle->task = worker_run(settle->workers, batch_work, batch, batch_free, batch_done, batch);
}

void qemu_settle_start(QemuSettle *settle, WorkerPool *workers, DomainList *domains,
                       void (*done)(void *userdata), void *userdata)
{
        settle->workers = workers;
        settle->domains = domains;
        settle->done = done;
        settle->userdata = userdata;
        batch_begin(settle);
}
