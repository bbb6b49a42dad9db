/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_store_internal.h"

#include "drivers/qemu/qemu_give.h"
#include "service/base/store.h"

#include <string.h>
#include <sys/stat.h>

struct QemuStore {
        StoreDir *config;
        StoreDir *autostart;
};

static void store_clear(QemuStore *store)
{
        store->config = store_dir_unref(store->config);
        store->autostart = store_dir_unref(store->autostart);
}

QemuStore *qemu_store_free(QemuStore *store)
{
        if (store)
                store_clear(store);
        g_free(store);
        return NULL;
}

int qemu_store_open(const char *config_dir, QemuStore **ret, Error *error)
{
        _cleanup_(qemu_store_freep) QemuStore *store = g_new0(QemuStore, 1);
        g_autofree char *dir = g_build_filename(config_dir, "qemu", NULL);
        g_autofree char *autostart = g_build_filename(dir, "autostart", NULL);
        int r;

        r = store_dir_open(dir, &store->config, error);
        if (r >= 0)
                r = store_dir_open(autostart, &store->autostart, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&store);
        return 0;
}

int qemu_store_config_fd(const QemuStore *store)
{
        return store_dir_fd(store->config);
}

int qemu_store_autostart_fd(const QemuStore *store)
{
        return store_dir_fd(store->autostart);
}

typedef struct StoreTask {
        QemuStore store; /* references of its own */
        char *file;
        char *new_file;
        char *text;
        char *nvram;
        bool remove_nvram;
        char *tpm_dir;
        unsigned autostart; /* mask of 1 << QemuAutostartKind */
        QemuAutostartKind kind; /* that is set or not */
} StoreTask;

static void store_task_free(void *data)
{
        StoreTask *task = data;

        store_clear(&task->store);
        g_free(task->file);
        g_free(task->new_file);
        if (task->text) {
                /* passwords of consoles are in it */
                explicit_bzero(task->text, strlen(task->text));
                g_free(task->text);
        }
        g_free(task->nvram);
        g_free(task->tpm_dir);
        g_free(task);
}

static StoreTask *store_task_new(QemuStore *store, const char *name)
{
        StoreTask *task = g_new0(StoreTask, 1);

        task->store = (QemuStore) { store_dir_ref(store->config), store_dir_ref(store->autostart) };
        task->file = g_strconcat(name, ".xml", NULL);
        return task;
}

static int write_work(void *data, Error *error)
{
        StoreTask *task = data;

        return store_write(qemu_store_config_fd(&task->store), task->file, task->text, strlen(task->text),
                           STORE_DURABLE, error);
}

WorkerTask *qemu_store_write(QemuStore *store, WorkerPool *pool, const char *name, char *text,
                             WorkerDone done, void *userdata)
{
        StoreTask *task = store_task_new(store, name);

        task->text = text;
        return worker_run(pool, write_work, task, store_task_free, done, userdata);
}

WorkerTask *qemu_store_write_def(QemuStore *store, WorkerPool *pool, const DomainDef *def, WorkerDone done,
                                 void *userdata)
{
        return qemu_store_write(store, pool, def->name,
                                domain_def_format(def, DOMAIN_DEF_FORMAT_SECURE | DOMAIN_DEF_FORMAT_INACTIVE), done,
                                userdata);
}

static char *link_name(const char *file, QemuAutostartKind kind)
{
        return g_strconcat(file, kind == QEMU_AUTOSTART_ONCE ? QEMU_ONCE_SUFFIX : "", NULL);
}

static int remove_link(const QemuStore *store, const char *file, QemuAutostartKind kind, StoreFlags flags, Error *error)
{
        g_autofree char *name = link_name(file, kind);

        return store_remove(qemu_store_autostart_fd(store), name, flags, error);
}

static void remove_links(const QemuStore *store, const char *file)
{
        for (QemuAutostartKind kind = 0; kind < _QEMU_AUTOSTART_MAX; kind++)
                (void) remove_link(store, file, kind, 0, NULL);
}

/* The definition is what counts: a link without one means nothing and is cleared away at the next start. */
static int remove_work(void *data, Error *error)
{
        StoreTask *task = data;
        struct stat st;
        int r;

        if (task->nvram && !task->remove_nvram && lstat(task->nvram, &st) == 0)
                return error_set(error, ERROR_OPERATION_INVALID, "cannot undefine domain with nvram");
        r = store_remove(qemu_store_config_fd(&task->store), task->file, STORE_DURABLE, error);
        if (r < 0)
                return r;
        remove_links(&task->store, task->file);
        if (task->nvram && task->remove_nvram && unlink(task->nvram) < 0 && errno != ENOENT)
                return error_set_errno(error, errno, "cannot remove '%s'", task->nvram);
        r = task->tpm_dir ? qemu_remove_tree(AT_FDCWD, task->tpm_dir) : 0;
        return r < 0 ? error_set_errno(error, r, "cannot remove '%s'", task->tpm_dir) : 0;
}

WorkerTask *qemu_store_remove(QemuStore *store, WorkerPool *pool, const char *name, const char *nvram,
                              bool remove_nvram, const char *tpm_dir, WorkerDone done, void *userdata)
{
        StoreTask *task = store_task_new(store, name);

        task->nvram = g_strdup(nvram);
        task->remove_nvram = remove_nvram;
        task->tpm_dir = g_strdup(tpm_dir);
        return worker_run(pool, remove_work, task, store_task_free, done, userdata);
}

static int link_autostart(const QemuStore *store, const char *file, QemuAutostartKind kind, Error *error)
{
        g_autofree char *name = link_name(file, kind), *target = g_strconcat("../", file, NULL);

        return store_symlink(qemu_store_autostart_fd(store), name, target, STORE_DURABLE, error);
}

static int rename_work(void *data, Error *error)
{
        StoreTask *task = data;
        const QemuStore *store = &task->store;
        int r;

        for (QemuAutostartKind kind = 0; kind < _QEMU_AUTOSTART_MAX; kind++) {
                /* dangles until the rename, and is cleared away if that never happens */
                r = task->autostart & (1u << kind) ? link_autostart(store, task->new_file, kind, error) : 0;
                if (r < 0)
                        return r;
        }
        r = store_rename(qemu_store_config_fd(store), task->file, task->new_file, STORE_DURABLE, error);
        if (r < 0) {
                /* it may have failed after the change of names, which must not stay then */
                if (faccessat(qemu_store_config_fd(store), task->file, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
                        (void) store_rename(qemu_store_config_fd(store), task->new_file, task->file, STORE_DURABLE,
                                            NULL);
                if (task->autostart)
                        remove_links(store, task->new_file);
                return r;
        }
        /* it is done: whatever fails from here on, loading puts right */
        (void) store_write(qemu_store_config_fd(store), task->new_file, task->text, strlen(task->text), STORE_DURABLE,
                           NULL);
        remove_links(store, task->file);
        return 0;
}

WorkerTask *qemu_store_rename(QemuStore *store, WorkerPool *pool, const char *from, const char *to,
                              char *text, unsigned autostart, WorkerDone done, void *userdata)
{
        StoreTask *task = store_task_new(store, from);

        task->new_file = g_strconcat(to, ".xml", NULL);
        task->text = text;
        task->autostart = autostart;
        return worker_run(pool, rename_work, task, store_task_free, done, userdata);
}

static int autostart_work(void *data, Error *error)
{
        StoreTask *task = data;
        int r;

        if (task->autostart)
                r = link_autostart(&task->store, task->file, task->kind, error);
        else
                r = remove_link(&task->store, task->file, task->kind, STORE_DURABLE, error);
        return r < 0 ? r : 0;
}

WorkerTask *qemu_store_set_autostart(QemuStore *store, WorkerPool *pool, const char *name, QemuAutostartKind kind,
                                     bool autostart, WorkerDone done, void *userdata)
{
        StoreTask *task = store_task_new(store, name);

        task->kind = kind;
        task->autostart = autostart;
        return worker_run(pool, autostart_work, task, store_task_free, done, userdata);
}
