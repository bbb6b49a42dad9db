/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/named_store.h"

#include "service/base/log.h"

#include <string.h>

#define LOG_CATEGORY "store"
#define SUFFIX ".xml"
#define BOOTED "autostarted"

struct NamedStore {
        const char *what;
        StoreDir *config;
        StoreDir *autostart;
        StoreDir *run;
};

static void store_clear(NamedStore *store)
{
        store->config = store_dir_unref(store->config);
        store->autostart = store_dir_unref(store->autostart);
        store->run = store_dir_unref(store->run);
}

NamedStore *named_store_free(NamedStore *store)
{
        if (store)
                store_clear(store);
        g_free(store);
        return NULL;
}

int named_store_open(const char *dir, const char *run_dir, const char *what, NamedStore **ret, Error *error)
{
        _cleanup_(named_store_freep) NamedStore *store = g_new0(NamedStore, 1);
        g_autofree char *autostart = g_build_filename(dir, "autostart", NULL);
        int r;

        store->what = what;
        r = store_dir_open(dir, &store->config, error);
        if (r >= 0)
                r = store_dir_open(autostart, &store->autostart, error);
        if (r >= 0)
                r = store_dir_open(run_dir, &store->run, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&store);
        return 0;
}

static char *file_of(const char *name)
{
        return g_strconcat(name, SUFFIX, NULL);
}

/* -- reading ------------------------------------------------------------------------------------------------- */

static void set_aside(const NamedStore *store, const StoreDir *dir, const char *file, const Error *error)
{
        g_autofree char *moved = NULL, *text = error_message(error);

        if (store_quarantine(store_dir_fd(dir), file, &moved, NULL) < 0)
                log_error("%s '%s' cannot be used, and not be set aside: %s", store->what, file, text);
        else
                log_error("%s '%s' cannot be used and is now '%s': %s", store->what, file, moved, text);
}

static int load_one(const NamedStore *store, const StoreDir *dir, const char *file, NamedStoreVisitor visitor,
                    void *userdata, Error *error)
{
        g_autofree char *text = NULL, *name = g_strndup(file, strlen(file) - strlen(SUFFIX));
        NamedText stored = { .name = name };
        int r = store_read(store_dir_fd(dir), file, NAMED_DEFINITION_MAX, &text, &stored.size, error);

        if (r < 0)
                return r;
        stored.text = text;
        stored.autostart = dir == store->config &&
                faccessat(store_dir_fd(store->autostart), file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
        return visitor(&stored, userdata, error);
}

static int load(const NamedStore *store, const StoreDir *dir, NamedStoreVisitor visitor, void *userdata, Error *error)
{
        g_auto(GStrv) files = NULL;
        int r = store_list(store_dir_fd(dir), SUFFIX, &files, error);

        for (char **file = files; r >= 0 && *file; file++) {
                _cleanup_error_ Error why = ERROR_INIT;

                if (load_one(store, dir, *file, visitor, userdata, &why) < 0)
                        set_aside(store, dir, *file, &why);
        }
        return r;
}

/* A link without a definition means nothing, until one of that name comes. */
static void sweep_links(const NamedStore *store)
{
        g_auto(GStrv) links = NULL;

        if (store_list(store_dir_fd(store->autostart), SUFFIX, &links, NULL) < 0)
                return;
        for (char **link = links; *link; link++)
                if (faccessat(store_dir_fd(store->config), *link, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                        (void) store_remove(store_dir_fd(store->autostart), *link, 0, NULL);
}

int named_store_load(NamedStore *store, NamedStoreVisitor visitor, void *userdata, Error *error)
{
        int r = load(store, store->config, visitor, userdata, error);

        sweep_links(store);
        return r;
}

int named_store_load_running(NamedStore *store, NamedStoreVisitor visitor, void *userdata, Error *error)
{
        return load(store, store->run, visitor, userdata, error);
}

/* -- writing ------------------------------------------------------------------------------------------------- */

typedef struct NamedTask {
        NamedStore store; /* references of its own */
        char *file;
        char *text;
        bool autostart;
} NamedTask;

static void task_free(void *data)
{
        NamedTask *task = data;

        store_clear(&task->store);
        g_free(task->file);
        g_free(task->text);
        g_free(task);
}

static NamedTask *task_new(const NamedStore *store, const char *name)
{
        NamedTask *task = g_new0(NamedTask, 1);

        task->store = (NamedStore) {
                .what = store->what,
                .config = store_dir_ref(store->config),
                .autostart = store_dir_ref(store->autostart),
                .run = store_dir_ref(store->run),
        };
        task->file = file_of(name);
        return task;
}

static int write_work(void *data, Error *error)
{
        NamedTask *task = data;

        return store_write(store_dir_fd(task->store.config), task->file, task->text, strlen(task->text), STORE_DURABLE,
                           error);
}

WorkerTask *named_store_write(NamedStore *store, WorkerPool *pool, const char *name, const char *text, WorkerDone done,
                              void *userdata)
{
        NamedTask *task = task_new(store, name);

        task->text = g_strdup(text);
        return worker_run(pool, write_work, task, task_free, done, userdata);
}

/* The definition is what counts: a link that stays behind is swept away by the next start of the daemon. */
static int remove_work(void *data, Error *error)
{
        NamedTask *task = data;
        int r = store_remove(store_dir_fd(task->store.config), task->file, STORE_DURABLE, error);

        if (r < 0)
                return r;
        (void) store_remove(store_dir_fd(task->store.autostart), task->file, STORE_DURABLE, NULL);
        return 0;
}

WorkerTask *named_store_remove(NamedStore *store, WorkerPool *pool, const char *name, WorkerDone done, void *userdata)
{
        return worker_run(pool, remove_work, task_new(store, name), task_free, done, userdata);
}

static int autostart_work(void *data, Error *error)
{
        NamedTask *task = data;
        int fd = store_dir_fd(task->store.autostart), r;

        if (task->autostart) {
                g_autofree char *target = g_strconcat("../", task->file, NULL);

                r = store_symlink(fd, task->file, target, STORE_DURABLE, error);
        } else
                r = store_remove(fd, task->file, STORE_DURABLE, error);
        return r < 0 ? r : 0;
}

WorkerTask *named_store_set_autostart(NamedStore *store, WorkerPool *pool, const char *name, bool autostart,
                                      WorkerDone done, void *userdata)
{
        NamedTask *task = task_new(store, name);

        task->autostart = autostart;
        return worker_run(pool, autostart_work, task, task_free, done, userdata);
}

int named_store_put_running(NamedStore *store, const char *name, const char *text, Error *error)
{
        g_autofree char *file = file_of(name);

        return store_write(store_dir_fd(store->run), file, text, strlen(text), 0, error);
}

void named_store_drop_running(NamedStore *store, const char *name)
{
        g_autofree char *file = file_of(name);
        _cleanup_error_ Error error = ERROR_INIT;

        if (store_remove(store_dir_fd(store->run), file, 0, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_warning("%s '%s' will be taken for running: %s", store->what, name, text);
        }
}

bool named_store_is_booted(const NamedStore *store)
{
        return faccessat(store_dir_fd(store->run), BOOTED, F_OK, 0) == 0;
}

void named_store_set_booted(NamedStore *store)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (store_write(store_dir_fd(store->run), BOOTED, "", 0, 0, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_warning("the next start of the daemon will autostart each %s again: %s", store->what, text);
        }
}
