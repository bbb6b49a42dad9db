/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_index.h"
#include "drivers/qemu/qemu_settle.h"
#include "drivers/qemu/qemu_store_internal.h"

#include "service/base/log.h"
#include "service/base/store.h"

#include <malloc.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#define LOG_CATEGORY "qemu"

#define THREADS_MAX 8u
/* How far the threads may be ahead of the one that takes the results: bounds the memory. */
#define WINDOW 256u
/* So many definitions, and every fiftieth, are decoded anew before the index is: it costs about as much. */
#define UNKNOWN_MAX 16u

typedef struct Item {
        char *file; /* "NAME.xml"; borrowed */
        struct stat st;
        bool known; /* to the index, which has an outline in place of the definition */
        DomainDef *def;
        DomainPacked *packed;
        bool renamed; /* the content had another name */
        bool bad;     /* what it says is no definition */
        Error error;
        bool ready;
} Item;

typedef struct Load {
        int dir_fd;
        Item *items;
        size_t n;
        GMutex lock;
        GCond ready;  /* an item is */
        GCond room;   /* the window moved */
        size_t next;  /* to be decoded */
        size_t taken; /* all before it have been taken */
        QemuIndex *index;
        QemuSettle *settle; /* makes the next index; NULL: the present one is good enough */
} Load;

static char *name_of_file(const char *file)
{
        return g_strndup(file, strlen(file) - strlen(".xml"));
}

static int correct_name(DomainDef **def, const char *name, Error *error)
{
        DomainDef *copy;
        int r = domain_def_rename(*def, name, &copy, error);

        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = copy;
        return 0;
}

static int decode(Item *item, const char *text, size_t size, Error *error)
{
        g_autofree char *name = name_of_file(item->file);
        int r;

        if (!store_name_is_valid(name))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "'%s' is no valid name", name);
        r = domain_def_parse(text, size, DOMAIN_DEF_PARSE_STORED, NULL, &item->def, error);
        if (r < 0)
                return r;
        if (!item->def->uuid)
                return error_set(error, ERROR_XML_ERROR, "it has no UUID");
        item->renamed = !streq_ptr(item->def->name, name);
        if (item->renamed)
                return correct_name(&item->def, name, error);
        return 0;
}

static void load_item(Load *load, Item *item)
{
        g_autofree char *text = NULL;
        size_t size;

        item->known = qemu_index_find(load->index, item->file, &item->st, NULL, &item->packed);
        if (item->known)
                return;
        if (store_read(load->dir_fd, item->file, QEMU_DEFINITION_MAX, &text, &size, &item->error) < 0)
                return;
        if (decode(item, text, size, &item->error) < 0) {
                item->bad = true;
                item->def = domain_def_unref(item->def);
                return;
        }
        /* most of the time goes into packing */
        item->packed = load->settle && !item->renamed ? domain_def_keep(text, size) : domain_def_pack(item->def);
}

static gpointer load_thread(gpointer userdata)
{
        Load *load = userdata;

        g_mutex_lock(&load->lock);
        while (load->next < load->n) {
                Item *item = &load->items[load->next++];

                while ((size_t) (item - load->items) >= load->taken + WINDOW)
                        g_cond_wait(&load->room, &load->lock);
                g_mutex_unlock(&load->lock);
                load_item(load, item);
                g_mutex_lock(&load->lock);
                item->ready = true;
                g_cond_broadcast(&load->ready);
        }
        g_mutex_unlock(&load->lock);
        return NULL;
}

static void quarantine(const QemuStore *store, const char *file, const Error *error,
                       QemuStoreSummary *summary)
{
        g_autofree char *moved = NULL, *text = error_message(error);
        _cleanup_error_ Error again = ERROR_INIT;

        if (store_quarantine(qemu_store_config_fd(store), file, &moved, &again) < 0) {
                g_autofree char *why = error_message(&again);

                log_error("definition '%s' cannot be used (%s), and not be set aside: %s", file, text, why);
                summary->n_unreadable++;
                return;
        }
        log_error("definition '%s' cannot be used and is now '%s': %s", file, moved, text);
        summary->n_quarantined++;
}

/* Ends a rename that did not come to its end. */
static void rewrite(const QemuStore *store, const Item *item)
{
        g_autofree char *text =
                domain_def_format(item->def, DOMAIN_DEF_FORMAT_SECURE | DOMAIN_DEF_FORMAT_INACTIVE);
        _cleanup_error_ Error error = ERROR_INIT;

        log_notice("definition '%s' had another name than its file: the file is right", item->file);
        if (store_write(qemu_store_config_fd(store), item->file, text, strlen(text), STORE_DURABLE, &error) <
            0) {
                g_autofree char *why = error_message(&error);

                log_warning("definition '%s' cannot be corrected: %s", item->file, why);
        }
}

/* Those of the file are not among what is to be removed. */
static void keep_links(GHashTable *autostart, const char *file)
{
        g_autofree char *once = g_strconcat(file, QEMU_ONCE_SUFFIX, NULL);

        g_hash_table_remove(autostart, file);
        g_hash_table_remove(autostart, once);
}

static void hand_over(Load *load, const QemuStore *store, Item *item, GHashTable *autostart,
                      QemuStoreVisitor visitor, void *userdata, QemuStoreSummary *summary)
{
        DomainDef outline = {};
        const DomainDef *def = item->known ? &outline : item->def;
        g_autofree char *once = g_strconcat(item->file, QEMU_ONCE_SUFFIX, NULL);
        bool kept;
        QemuStored stored = {
                .def = def,
                .packed = g_steal_pointer(&item->packed),
                .autostart = g_hash_table_contains(autostart, item->file),
                .autostart_once = g_hash_table_contains(autostart, once),
        };

        if (item->known)
                (void) qemu_index_find(load->index, item->file, &item->st, &outline, NULL);
        kept = definition_is_kept(stored.packed);
        if (load->settle && !item->renamed && !kept)
                qemu_settle_add(load->settle, item->file, &item->st, def, stored.packed);
        if (visitor(&stored, userdata, &item->error) < 0)
                quarantine(store, item->file, &item->error, summary);
        else {
                summary->n_loaded++;
                if (kept)
                        qemu_settle_add_kept(load->settle, item->file, &item->st, def->uuid);
                keep_links(autostart, item->file);
                if (item->renamed)
                        rewrite(store, item);
        }
        g_free(stored.packed);
}

static void item_clear(Item *item)
{
        item->def = domain_def_unref(item->def);
        g_clear_pointer(&item->packed, g_free);
        error_clear(&item->error);
}

/* Those whose content has another name come last: a copy made by hand must not displace the original. */
static void take_items(Load *load, const QemuStore *store, GHashTable *autostart, QemuStoreVisitor visitor,
                       void *userdata, QemuStoreSummary *summary)
{
        g_autoptr(GPtrArray) later = g_ptr_array_new();

        for (size_t i = 0; i < load->n; i++) {
                Item *item = &load->items[i];

                g_mutex_lock(&load->lock);
                load->taken = i;
                g_cond_broadcast(&load->room);
                while (!item->ready)
                        g_cond_wait(&load->ready, &load->lock);
                g_mutex_unlock(&load->lock);

                if (item->bad)
                        quarantine(store, item->file, &item->error, summary);
                else if (!item->def && !item->known) {
                        g_autofree char *text = error_message(&item->error);

                        log_error("definition '%s' cannot be read: %s", item->file, text);
                        summary->n_unreadable++;
                        keep_links(autostart, item->file);
                } else if (item->renamed) {
                        g_ptr_array_add(later, item);
                        continue;
                } else
                        hand_over(load, store, item, autostart, visitor, userdata, summary);
                item_clear(item);
        }
        for (guint i = 0; i < later->len; i++) {
                hand_over(load, store, later->pdata[i], autostart, visitor, userdata, summary);
                item_clear(later->pdata[i]);
        }
}

static void load_on_threads(Load *load, const QemuStore *store, GHashTable *autostart,
                            QemuStoreVisitor visitor, void *userdata, QemuStoreSummary *summary)
{
        unsigned n_threads = CLAMP((unsigned) get_nprocs(), 1u, THREADS_MAX);
        g_autoptr(GPtrArray) threads = g_ptr_array_new();

        for (unsigned i = 0; i < n_threads && i < load->n; i++) {
                GThread *thread = g_thread_try_new("load", load_thread, load, NULL);

                if (thread)
                        g_ptr_array_add(threads, thread);
        }
        if (threads->len == 0) {
                for (size_t i = 0; i < load->n; i++) {
                        load_item(load, &load->items[i]);
                        load->items[i].ready = true;
                }
        }
        take_items(load, store, autostart, visitor, userdata, summary);
        for (guint i = 0; i < threads->len; i++)
                g_thread_join(threads->pdata[i]);
}

/* Identifies the files, and decides whether the index is worth being made anew. */
static void consult_index(Load *load, const char *cache_dir)
{
        size_t n_unknown = 0;

        load->index = qemu_index_open(cache_dir);
        for (size_t i = 0; i < load->n; i++) {
                Item *item = &load->items[i];

                if (fstatat(load->dir_fd, item->file, &item->st, AT_SYMLINK_NOFOLLOW) < 0)
                        item->st = (struct stat) {};
                if (!qemu_index_find(load->index, item->file, &item->st, NULL, NULL))
                        n_unknown++;
        }
        if (cache_dir && n_unknown > UNKNOWN_MAX + load->n / 50)
                load->settle = qemu_settle_new(cache_dir);
}

static void remove_links(const QemuStore *store, GHashTable *autostart)
{
        GHashTableIter iter;
        gpointer link;

        g_hash_table_iter_init(&iter, autostart);
        while (g_hash_table_iter_next(&iter, &link, NULL))
                (void) store_remove(qemu_store_autostart_fd(store), link, 0, NULL);
}

int qemu_store_load(QemuStore *store, const char *cache_dir, QemuStoreVisitor visitor, void *userdata,
                    QemuStoreSummary *ret, Error *error)
{
        g_auto(GStrv) files = NULL, links = NULL, once_links = NULL;
        g_autoptr(GHashTable) autostart = g_hash_table_new(g_str_hash, g_str_equal);
        Load load = { .dir_fd = qemu_store_config_fd(store) };
        int r;

        r = store_list(load.dir_fd, ".xml", &files, error);
        if (r >= 0)
                r = store_list(qemu_store_autostart_fd(store), ".xml", &links, error);
        if (r >= 0)
                r = store_list(qemu_store_autostart_fd(store), ".xml" QEMU_ONCE_SUFFIX, &once_links, error);
        if (r < 0)
                return r;
        for (char **p = links; *p; p++)
                g_hash_table_add(autostart, *p);
        for (char **p = once_links; *p; p++)
                g_hash_table_add(autostart, *p);

        *ret = (QemuStoreSummary) {};
        load.n = g_strv_length(files);
        load.items = g_new0(Item, load.n);
        for (size_t i = 0; i < load.n; i++)
                load.items[i].file = files[i];
        consult_index(&load, cache_dir);
        g_mutex_init(&load.lock);
        g_cond_init(&load.ready);
        g_cond_init(&load.room);
        load_on_threads(&load, store, autostart, visitor, userdata, ret);
        g_cond_clear(&load.room);
        g_cond_clear(&load.ready);
        g_mutex_clear(&load.lock);
        load.index = qemu_index_free(load.index);
        ret->settle = load.settle;
        g_free(load.items);

        /* links whose definition is gone */
        remove_links(store, autostart);
        /* the trees and texts of all definitions went through the heap */
        (void) malloc_trim(0);
        return 0;
}
