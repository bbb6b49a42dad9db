/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_caps.h"

#include "drivers/qemu/qemu_caps_file.h"
#include "drivers/qemu/qemu_caps_private.h"

#include <fnmatch.h>
#include <malloc.h>
#include <string.h>
#include <sys/utsname.h>

#define LOG_CATEGORY "qemu"
#include "service/base/log.h"
#include "service/base/store.h"

#define TIMEOUT_DEFAULT (30 * USEC_PER_SEC)

static const char *const default_emulators[] = {
        "/usr/bin/qemu-system-*",
        "/usr/bin/qemu-kvm",
        "/usr/bin/kvm",
        "/usr/libexec/qemu-kvm",
        NULL,
};

/* Where distributions have QEMU's modules: packages of them come and go without the emulator. */
static const char *const default_modules[] = { "/usr/lib/*/qemu", "/usr/lib64/qemu*", "/usr/lib/qemu", NULL };

/* A binary that exists or is being looked for. */
typedef struct Entry {
        QemuCapsCache *cache;
        char *path;
        char *key; /* of caps */
        QemuCaps *caps;
        char *new_key; /* of the probe under way */
        WorkerTask *loading;
        QemuCapsLoad *load; /* its data */
        QemuProbe *probe;
        GQueue waiting; /* of QemuCapsRequest */
} Entry;

/*
 * Waits in the queue of its entry, then with its answer in the cache's queue of those that are ready. One
 * for all emulators has a request for each of them, and is in no queue until these are answered.
 */
struct QemuCapsRequest {
        GList link;
        QemuCapsCache *cache;
        GQueue *queue;
        QemuCapsDone done;
        void *userdata;
        QemuCaps *caps;
        Error error;

        QemuCapsRequest *parent; /* of one that serves all emulators */
        guint index;             /* in it */

        QemuCapsAllDone all_done; /* set for all emulators */
        WorkerTask *listing;
        QemuCapsList *list;
        GPtrArray *children; /* in order of preference; NULL where the answer has come */
        GPtrArray *found;    /* in the same order; NULL where there is none */
        unsigned n_missing;
};

struct QemuCapsCache {
        sd_event *event;
        Launcher *launcher;
        WorkerPool *workers;
        char **emulators;
        char *kvm_path;
        char **modules;
        char *user_key; /* the part of the key that is the same for all */
        int dir_fd;
        gid_t *groups;
        QemuProbeUser user;
        GHashTable *entries; /* path → Entry */
        GQueue ready;
        GHashTable *all; /* requests for all emulators */
        sd_event_source *answering;
        bool *freed; /* set while answers are given */
};

static void entry_free(void *data)
{
        Entry *entry = data;

        worker_cancel(entry->loading);
        qemu_probe_free(entry->probe);
        qemu_caps_unref(entry->caps);
        g_free(entry->path);
        g_free(entry->key);
        g_free(entry->new_key);
        g_free(entry);
}

/* Without those that it may have for single emulators. */
static void request_free(QemuCapsRequest *request)
{
        if (request->queue)
                g_queue_unlink(request->queue, &request->link);
        if (request->all_done)
                g_hash_table_remove(request->cache->all, request);
        worker_cancel(request->listing);
        error_clear(&request->error);
        qemu_caps_unref(request->caps);
        if (request->children)
                g_ptr_array_unref(request->children);
        if (request->found)
                g_ptr_array_unref(request->found);
        g_free(request);
}

static void request_enqueue(QemuCapsRequest *request, GQueue *queue)
{
        if (request->queue)
                g_queue_unlink(request->queue, &request->link);
        request->queue = queue;
        g_queue_push_tail_link(queue, &request->link);
}

static void cache_answer_soon(QemuCapsCache *cache)
{
        int r = sd_event_source_set_enabled(cache->answering, SD_EVENT_ONESHOT);

        g_assert(r >= 0);
}

static void request_set_ready(QemuCapsRequest *request)
{
        request_enqueue(request, &request->cache->ready);
        cache_answer_soon(request->cache);
}

static void all_finish(QemuCapsRequest *request)
{
        /* those that failed leave no gap; NULL ends the array */
        for (guint i = 0; i < request->found->len;)
                if (request->found->pdata[i])
                        i++;
                else
                        g_ptr_array_remove_index(request->found, i);
        g_ptr_array_add(request->found, NULL);
        request_set_ready(request);
}

static void all_take(QemuCapsRequest *request, guint i, QemuCaps *caps, const Error *error)
{
        request->children->pdata[i] = NULL;
        if (caps)
                request->found->pdata[i] = qemu_caps_ref(caps);
        else
                log_debug("%s", strempty(error->detail));
        if (--request->n_missing == 0)
                all_finish(request);
}

static void request_answer(QemuCapsRequest *request)
{
        QemuCapsRequest *parent = request->parent;
        QemuCapsDone done = request->done;
        QemuCapsAllDone all_done = request->all_done;
        void *userdata = request->userdata;
        guint index = request->index;
        _cleanup_(qemu_caps_unrefp) QemuCaps *caps = g_steal_pointer(&request->caps);
        g_autoptr(GPtrArray) found = g_steal_pointer(&request->found);
        _cleanup_error_ Error error = ERROR_INIT;

        error_move(&error, &request->error);
        request_free(request);
        if (parent)
                all_take(parent, index, caps, &error);
        else if (all_done)
                all_done(userdata, (QemuCaps *const *) found->pdata, found->len - 1);
        else
                done(userdata, caps, &error);
}

/* The only place that calls back, so that nothing of ours stands above a callback that frees. */
static int on_answering(sd_event_source *source, void *userdata)
{
        QemuCapsCache *cache = userdata;
        bool freed = false;
        GList *link;

        cache->freed = &freed;
        for (guint n = cache->ready.length; n > 0 && (link = g_queue_peek_head_link(&cache->ready)); n--) {
                request_answer(link->data);
                if (freed)
                        return 0;
        }
        cache->freed = NULL;
        if (!g_queue_is_empty(&cache->ready))
                cache_answer_soon(cache);
        return 0;
}

/* Everybody who waits gets the capabilities or the error; an entry without any is forgotten. */
static void entry_resolve(Entry *entry, const Error *error)
{
        QemuCapsCache *cache = entry->cache;
        GList *link;

        if (error)
                entry->caps = qemu_caps_unref(entry->caps);
        while ((link = g_queue_peek_head_link(&entry->waiting))) {
                QemuCapsRequest *request = link->data;

                if (error)
                        error_copy(&request->error, error);
                else
                        request->caps = qemu_caps_ref(entry->caps);
                request_set_ready(request);
        }
        if (error)
                g_hash_table_remove(cache->entries, entry->path);
}

static void entry_set_caps(Entry *entry, QemuCaps *caps, char *key)
{
        qemu_caps_unref(entry->caps);
        entry->caps = caps;
        g_free(entry->key);
        entry->key = key;
        entry_resolve(entry, NULL);
}

static void on_saved(void *userdata, int r, Error *error)
{
        if (r < 0)
                log_debug("capabilities are not kept: %s", strempty(error->detail));
        /* the schema of QEMU's monitor alone is megabytes of small pieces; they are free now */
        (void) malloc_trim(0);
}

static void entry_save(const Entry *entry, JsonNode *json)
{
        QemuCapsCache *cache = entry->cache;
        g_autofree char *text = NULL;
        QemuCapsSave *task;

        if (cache->dir_fd < 0)
                return;
        text = json_to_string(json, FALSE);
        task = g_new0(QemuCapsSave, 1);
        task->dir_fd = fcntl(cache->dir_fd, F_DUPFD_CLOEXEC, 0);
        task->name = qemu_caps_file_name(entry->path);
        task->text = g_strdup_printf("%s\n%s\n", entry->key, text);
        (void) worker_run(cache->workers, qemu_caps_save_run, task, qemu_caps_save_free, on_saved, NULL);
}

static void on_probed(void *userdata, JsonNode *json, Error *error)
{
        Entry *entry = userdata;
        QemuCaps *caps = NULL;

        entry->probe = qemu_probe_free(entry->probe);
        if (!json || qemu_caps_from_json(json, &caps, error) < 0) {
                entry_resolve(entry, error);
                return;
        }
        entry_set_caps(entry, caps, g_steal_pointer(&entry->new_key));
        entry_save(entry, json);
}

static void on_loaded(void *userdata, int r, Error *error)
{
        Entry *entry = userdata;
        QemuCapsLoad *task = entry->load;
        _cleanup_error_ Error failure = ERROR_INIT;

        entry->loading = NULL;
        entry->load = NULL;
        if (r < 0) {
                entry_resolve(entry, error);
                return;
        }
        if (task->caps) {
                entry_set_caps(entry, g_steal_pointer(&task->caps), g_steal_pointer(&task->key));
                return;
        }
        if (entry->caps && streq_ptr(task->key, entry->key)) {
                entry_resolve(entry, NULL);
                return;
        }
        g_free(entry->new_key);
        entry->new_key = g_steal_pointer(&task->key);
        if (qemu_probe_new(entry->cache->launcher, entry->path, &entry->cache->user, on_probed, entry,
                           &entry->probe, &failure) < 0)
                entry_resolve(entry, &failure);
}

static QemuCapsLoad *load_new(const Entry *entry)
{
        const QemuCapsCache *cache = entry->cache;
        QemuCapsLoad *task = g_new0(QemuCapsLoad, 1);

        task->path = g_strdup(entry->path);
        task->kvm_path = g_strdup(cache->kvm_path);
        task->modules = g_strdupv(cache->modules);
        task->user_key = g_strdup(cache->user_key);
        task->known_key = entry->caps ? g_strdup(entry->key) : NULL;
        task->dir_fd = cache->dir_fd >= 0 ? fcntl(cache->dir_fd, F_DUPFD_CLOEXEC, 0) : -EBADF;
        return task;
}

static void entry_load(Entry *entry)
{
        entry->load = load_new(entry);
        entry->loading = worker_run(entry->cache->workers, qemu_caps_load_run, entry->load, qemu_caps_load_free,
                                    on_loaded, entry);
}

/* Finds or makes it. */
static Entry *cache_entry(QemuCapsCache *cache, const char *binary)
{
        Entry *entry = g_hash_table_lookup(cache->entries, binary);

        if (!entry) {
                entry = g_new0(Entry, 1);
                entry->cache = cache;
                entry->path = g_strdup(binary);
                g_queue_init(&entry->waiting);
                g_hash_table_insert(cache->entries, entry->path, entry);
        }
        return entry;
}

bool qemu_caps_binary_allowed(const QemuCapsCache *cache, const char *path)
{
        g_autofree char *plain = NULL;

        if (isempty(path) || path[0] != '/')
                return false;
        plain = g_canonicalize_filename(path, NULL);
        if (!streq(plain, path))
                return false;
        for (char **p = cache->emulators; *p; p++)
                if (fnmatch(*p, path, FNM_PATHNAME | FNM_PERIOD | FNM_NOESCAPE) == 0)
                        return true;
        return false;
}

QemuCapsRequest *qemu_caps_get(QemuCapsCache *cache, const char *binary, QemuCapsDone done, void *userdata)
{
        QemuCapsRequest *request = g_new0(QemuCapsRequest, 1);
        Entry *entry;

        request->link.data = request;
        request->cache = cache;
        request->done = done;
        request->userdata = userdata;
        if (!qemu_caps_binary_allowed(cache, binary)) {
                (void) error_set(&request->error, ERROR_INVALID_ARG,
                                 "'%s' is not an emulator that may be run", strempty(binary));
                request_set_ready(request);
                return request;
        }
        entry = cache_entry(cache, binary);
        request_enqueue(request, &entry->waiting);
        if (!entry->loading && !entry->probe)
                entry_load(entry);
        return request;
}

QemuCapsRequest *qemu_caps_cancel(QemuCapsRequest *request)
{
        if (!request)
                return NULL;
        for (guint i = 0; request->children && i < request->children->len; i++)
                qemu_caps_cancel(request->children->pdata[i]);
        request_free(request);
        return NULL;
}

void qemu_caps_load(QemuCapsCache *cache, const char *binary)
{
        Entry *entry = cache_entry(cache, binary);
        QemuCapsLoad *task = load_new(entry);
        _cleanup_error_ Error error = ERROR_INIT;

        if (qemu_caps_load_run(task, &error) >= 0 && task->caps)
                entry_set_caps(entry, g_steal_pointer(&task->caps), g_steal_pointer(&task->key));
        qemu_caps_load_free(task);
}

QemuCaps *qemu_caps_peek(const QemuCapsCache *cache, const char *binary)
{
        const Entry *entry = g_hash_table_lookup(cache->entries, binary);

        return entry ? entry->caps : NULL;
}

static void caps_unref(void *data)
{
        qemu_caps_unref(data);
}

static void on_listed(void *userdata, int r, Error *error)
{
        QemuCapsRequest *request = userdata;
        GPtrArray *paths = request->list->paths;

        request->listing = NULL;
        request->list = NULL;
        request->n_missing = paths->len;
        for (guint i = 0; i < paths->len; i++) {
                QemuCapsRequest *child = qemu_caps_get(request->cache, paths->pdata[i], NULL, NULL);

                child->parent = request;
                child->index = i;
                g_ptr_array_add(request->children, child);
                g_ptr_array_add(request->found, NULL);
        }
        if (request->n_missing == 0)
                all_finish(request);
}

QemuCapsRequest *qemu_caps_get_all(QemuCapsCache *cache, QemuCapsAllDone done, void *userdata)
{
        QemuCapsRequest *request = g_new0(QemuCapsRequest, 1);
        QemuCapsList *task = g_new0(QemuCapsList, 1);

        request->link.data = request;
        request->cache = cache;
        request->all_done = done;
        request->userdata = userdata;
        request->children = g_ptr_array_new();
        request->found = g_ptr_array_new_with_free_func(caps_unref);
        g_hash_table_add(cache->all, request);
        task->patterns = g_strdupv(cache->emulators);
        task->paths = g_ptr_array_new_with_free_func(g_free);
        request->list = task;
        request->listing =
                worker_run(cache->workers, qemu_caps_list_run, task, qemu_caps_list_free, on_listed, request);
        return request;
}

/* A pattern "…/qemu-system-*" is asked for the architecture's name, any other one serves the host's own. */
char *qemu_caps_default_binary(const QemuCapsCache *cache, const char *arch)
{
        struct utsname host = {};

        (void) uname(&host);
        for (char **p = cache->emulators; *p; p++) {
                const char *star = strchr(*p, '*');
                g_autofree char *path = NULL;

                if (star && star[1] == '\0' && g_str_has_suffix(*p, "-*"))
                        path = g_strdup_printf("%.*s%s", (int) (star - *p), *p, qemu_arch_to_target(arch));
                else if (!strpbrk(*p, "*?[") && streq(arch, host.machine))
                        path = g_strdup(*p);
                if (path && qemu_caps_binary_allowed(cache, path) && access(path, X_OK) == 0)
                        return g_steal_pointer(&path);
        }
        return NULL;
}

static void config_copy(QemuCapsCache *cache, const QemuCapsConfig *config)
{
        g_autoptr(GString) key = g_string_new(NULL);

        cache->emulators = g_strdupv((char **) (config->emulators ?: default_emulators));
        cache->kvm_path = g_strdup(config->kvm_path);
        cache->modules = g_strdupv((char **) (config->modules ?: default_modules));
        if (config->n_groups > 0)
                cache->groups = g_memdup2(config->groups, config->n_groups * sizeof(gid_t));
        cache->user = (QemuProbeUser) {
                .uid = config->uid,
                .gid = config->gid,
                .groups = cache->groups,
                .n_groups = config->n_groups,
                .timeout_usec = config->timeout_usec ?: TIMEOUT_DEFAULT,
        };
        g_string_append_printf(key, "user=%u:%u", config->uid, config->gid);
        for (size_t i = 0; i < config->n_groups; i++)
                g_string_append_printf(key, ",%u", config->groups[i]);
        cache->user_key = g_string_free(g_steal_pointer(&key), FALSE);
}

int qemu_caps_cache_new(sd_event *event, Launcher *launcher, WorkerPool *workers,
                        const QemuCapsConfig *config, QemuCapsCache **ret, Error *error)
{
        _cleanup_(qemu_caps_cache_freep) QemuCapsCache *cache = g_new0(QemuCapsCache, 1);
        int r;

        cache->launcher = launcher;
        cache->workers = workers;
        cache->dir_fd = -EBADF;
        config_copy(cache, config);
        cache->entries = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
        cache->all = g_hash_table_new(NULL, NULL);
        g_queue_init(&cache->ready);
        r = sd_event_add_defer(event, &cache->answering, on_answering, cache);
        if (r >= 0)
                r = sd_event_source_set_enabled(cache->answering, SD_EVENT_OFF);
        if (r < 0)
                return error_set_errno(error, r, "cannot prepare the cache of capabilities");
        if (config->cache_dir) {
                r = store_open_dir(config->cache_dir, 0700, &cache->dir_fd, error);
                if (r < 0)
                        return r;
        }
        *ret = g_steal_pointer(&cache);
        return 0;
}

static void queue_drop(GQueue *queue)
{
        GList *link;

        while ((link = g_queue_peek_head_link(queue)))
                request_free(link->data);
}

QemuCapsCache *qemu_caps_cache_free(QemuCapsCache *cache)
{
        g_autoptr(GList) all = NULL, entries = NULL;

        if (!cache)
                return NULL;
        if (cache->freed)
                *cache->freed = true;
        all = g_hash_table_get_keys(cache->all);
        for (GList *l = all; l; l = l->next)
                qemu_caps_cancel(l->data);
        entries = g_hash_table_get_values(cache->entries);
        for (GList *l = entries; l; l = l->next)
                queue_drop(&((Entry *) l->data)->waiting);
        queue_drop(&cache->ready);
        g_hash_table_unref(cache->entries);
        g_hash_table_unref(cache->all);
        sd_event_source_disable_unref(cache->answering);
        safe_close(cache->dir_fd);
        g_strfreev(cache->emulators);
        g_free(cache->kvm_path);
        g_strfreev(cache->modules);
        g_free(cache->user_key);
        g_free(cache->groups);
        g_free(cache);
        return NULL;
}
