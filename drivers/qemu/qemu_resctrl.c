/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_resctrl.h"

#include "drivers/host/resctrl.h"
#include "drivers/model/cpuset.h"
#include "drivers/qemu/qemu_cgroup.h"
#include "drivers/qemu/qemu_threads.h"
#include "service/base/store.h"

#include <string.h>

#define LOG_CATEGORY "qemu"
#include "service/base/log.h"

#define PATHS_FILE "resctrl"
#define PATHS_MAX (1024u * 1024)
/* QEMU's machines have less. */
#define VCPUS_MAX 4096u

typedef struct Vcpus {
        uint8_t map[VCPUS_MAX];
} Vcpus;

/* A group that something is kept for; that of <cachetune> and of <memorytune> is the same when its processors are. */
typedef struct Group {
        char *path;
        Vcpus *vcpus;
        GArray *caches;     /* of ResctrlCache */
        GArray *bandwidths; /* of ResctrlBandwidth */
} Group;

typedef struct Plan {
        const DomainDef *def;
        const char *machine;
        GPtrArray *groups; /* of Group */
        GPtrArray *places; /* of char: XPaths that wishes borrow */
} Plan;

static void group_destroy(gpointer data)
{
        Group *group = data;

        g_array_unref(group->caches);
        g_array_unref(group->bandwidths);
        g_free(group->vcpus);
        g_free(group->path);
        g_free(group);
}

static void plan_clear(Plan *plan)
{
        g_ptr_array_unref(plan->groups);
        g_ptr_array_unref(plan->places);
}

static Vcpus *vcpus_new(const char *text)
{
        Vcpus *vcpus = g_new0(Vcpus, 1);

        (void) cpuset_to_map(text, vcpus->map, VCPUS_MAX);
        return vcpus;
}

static bool vcpus_are_same(const Vcpus *a, const Vcpus *b)
{
        return memcmp(a->map, b->map, VCPUS_MAX) == 0;
}

static bool vcpus_overlap(const Vcpus *a, const Vcpus *b)
{
        for (size_t i = 0; i < VCPUS_MAX; i++)
                if (a->map[i] && b->map[i])
                        return true;
        return false;
}

/* "vcpus_0-1"; free with g_free(). */
static char *vcpus_name(const char *text)
{
        g_autofree Vcpus *vcpus = vcpus_new(text);
        g_autofree char *shortest = cpuset_from_map(vcpus->map, VCPUS_MAX);

        return g_strconcat("vcpus_", strempty(shortest), NULL);
}

/* -- the definition ------------------------------------------------------------------------------------------- */

bool qemu_resctrl_is_wanted(const DomainDef *def)
{
        return def->cpu_tune && (def->cpu_tune->cache_tunes.n > 0 || def->cpu_tune->memory_tunes.n > 0);
}

int qemu_resctrl_check(const DomainDef *def, Error *error)
{
        uint32_t i = 0;

        if (!qemu_resctrl_is_wanted(def))
                return 0;
        DEF_FOREACH(memory, def->cpu_tune->memory_tunes) {
                g_autofree Vcpus *a = vcpus_new(memory->vcpus);

                i++;
                DEF_FOREACH(cache, def->cpu_tune->cache_tunes) {
                        g_autofree Vcpus *b = vcpus_new(cache->vcpus);

                        if (vcpus_overlap(a, b) && !vcpus_are_same(a, b))
                                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                                 "/domain/cputune/memorytune[%" PRIu32 "]/@vcpus: a <cachetune> has "
                                                 "some of these processors, and others: they are one group", i);
                }
        }
        return 0;
}

static void name_all(DomainDef *def, DomainResctrl *const *tunes, uint32_t n)
{
        for (uint32_t i = 0; i < n; i++) {
                g_autofree char *name = vcpus_name(tunes[i]->vcpus);

                tunes[i]->id = domain_def_strdup(def, name);
        }
}

void qemu_resctrl_name(DomainDef *def)
{
        if (!qemu_resctrl_is_wanted(def))
                return;
        name_all(def, def->cpu_tune->cache_tunes.items, def->cpu_tune->cache_tunes.n);
        name_all(def, def->cpu_tune->memory_tunes.items, def->cpu_tune->memory_tunes.n);
}

/* -- the plan ------------------------------------------------------------------------------------------------- */

static Group *find_group(const Plan *plan, const Vcpus *vcpus)
{
        for (guint i = 0; i < plan->groups->len; i++) {
                Group *group = plan->groups->pdata[i];

                if (vcpus_are_same(group->vcpus, vcpus))
                        return group;
        }
        return NULL;
}

/* The path of what belongs to those processors of the machine; free with g_free(). */
static char *path_of(const Plan *plan, const char *vcpus)
{
        g_autofree char *name = vcpus_name(vcpus);

        return g_strdup_printf("%s-%s", plan->machine, name);
}

static Group *need_group(Plan *plan, const char *text)
{
        g_autofree Vcpus *vcpus = vcpus_new(text);
        Group *group = find_group(plan, vcpus);

        if (group)
                return group;
        group = g_new0(Group, 1);
        group->path = path_of(plan, text);
        group->vcpus = g_steal_pointer(&vcpus);
        group->caches = g_array_new(false, false, sizeof(ResctrlCache));
        group->bandwidths = g_array_new(false, false, sizeof(ResctrlBandwidth));
        g_ptr_array_add(plan->groups, group);
        return group;
}

static const char *keep_place(Plan *plan, const char *tune, uint32_t i, const char *item, uint32_t k)
{
        char *place = g_strdup_printf("/domain/cputune/%s[%" PRIu32 "]/%s[%" PRIu32 "]", tune, i + 1, item, k + 1);

        g_ptr_array_add(plan->places, place);
        return place;
}

static ResctrlScope scope_of(const char *type)
{
        return streq(type, "code") ? RESCTRL_CODE : streq(type, "data") ? RESCTRL_DATA : RESCTRL_BOTH;
}

static void plan_caches(Plan *plan, uint32_t i)
{
        const DomainResctrl *tune = plan->def->cpu_tune->cache_tunes.items[i];

        for (uint32_t k = 0; k < tune->caches.n; k++) {
                const DomainCacheAllocation *cache = tune->caches.items[k];
                const ResctrlCache wish = {
                        .level = cache->level,
                        .id = cache->id,
                        .scope = scope_of(cache->type),
                        .kib = cache->size,
                        .place = keep_place(plan, "cachetune", i, "cache", k),
                };

                g_array_append_val(need_group(plan, tune->vcpus)->caches, wish);
        }
}

static void plan_bandwidths(Plan *plan, uint32_t i)
{
        const DomainResctrl *tune = plan->def->cpu_tune->memory_tunes.items[i];

        for (uint32_t k = 0; k < tune->nodes.n; k++) {
                const DomainBandwidthAllocation *node = tune->nodes.items[k];
                const ResctrlBandwidth wish = {
                        .node = node->id,
                        .percent = node->bandwidth,
                        .place = keep_place(plan, "memorytune", i, "node", k),
                };

                g_array_append_val(need_group(plan, tune->vcpus)->bandwidths, wish);
        }
}

static void plan_init(Plan *plan, const DomainDef *def, const char *machine)
{
        *plan = (Plan) {
                .def = def,
                .machine = machine,
                .groups = g_ptr_array_new_with_free_func(group_destroy),
                .places = g_ptr_array_new_with_free_func(g_free),
        };
        for (uint32_t i = 0; i < def->cpu_tune->cache_tunes.n; i++)
                plan_caches(plan, i);
        for (uint32_t i = 0; i < def->cpu_tune->memory_tunes.n; i++)
                plan_bandwidths(plan, i);
}

/* *ret_group is "" for one of processors that nothing is kept for. Free the others with g_free(). */
static void find_monitor(const Plan *plan, const DomainResctrl *tune, const DomainMonitor *monitor,
                         const char **ret_group, char **ret_name, char **ret_path)
{
        g_autofree Vcpus *all = vcpus_new(tune->vcpus), *own = vcpus_new(monitor->vcpus);
        const Group *group = find_group(plan, all);

        *ret_group = group ? group->path : "";
        *ret_name = path_of(plan, monitor->vcpus);
        /* a group is the monitor of all that is in it */
        *ret_path = group && vcpus_are_same(all, own) ? g_strdup(group->path)
                                                      : resctrl_monitor_path(*ret_group, *ret_name);
}

typedef int (*MonitorVisitor)(const char *group, const char *name, const char *path, const DomainMonitor *monitor,
                              void *userdata, Error *error);

static int visit_monitors_of(const Plan *plan, DomainResctrl *const *tunes, uint32_t n, MonitorVisitor visit,
                             void *userdata, Error *error)
{
        for (uint32_t i = 0; i < n; i++)
                DEF_FOREACH(monitor, tunes[i]->monitors) {
                        g_autofree char *name = NULL, *path = NULL;
                        const char *group;
                        int r;

                        find_monitor(plan, tunes[i], monitor, &group, &name, &path);
                        r = visit(group, name, path, monitor, userdata, error);
                        if (r < 0)
                                return r;
                }
        return 0;
}

static int visit_monitors(const Plan *plan, MonitorVisitor visit, void *userdata, Error *error)
{
        const DomainCpuTune *tune = plan->def->cpu_tune;
        int r = visit_monitors_of(plan, tune->cache_tunes.items, tune->cache_tunes.n, visit, userdata, error);

        return r < 0 ? r
                     : visit_monitors_of(plan, tune->memory_tunes.items, tune->memory_tunes.n, visit, userdata, error);
}

/* -- making --------------------------------------------------------------------------------------------------- */

typedef struct Making {
        const Resctrl *resctrl;
        const Plan *plan;
        const GArray *threads;
        GString *paths;    /* what is to be removed again, a line each */
        GHashTable *made; /* paths of monitors: <cachetune> and <memorytune> may name the same */
} Making;

static int note_monitor(const char *group, const char *name, const char *path, const DomainMonitor *monitor,
                        void *userdata, Error *error)
{
        Making *making = userdata;

        /* others go with their group */
        if (!*group)
                g_string_append_printf(making->paths, "%s\n", path);
        return 0;
}

static int add_threads(const Making *making, const char *path, const Vcpus *vcpus, Error *error)
{
        int r = 0;

        for (guint i = 0; r >= 0 && i < making->threads->len; i++) {
                const QemuThread *thread = &g_array_index(making->threads, QemuThread, i);

                if (thread->vcpu && thread->id < VCPUS_MAX && vcpus->map[thread->id])
                        r = resctrl_add_thread(making->resctrl, path, thread->tid, error);
        }
        return r;
}

static int make_group(const Making *making, const Group *group, Error *error)
{
        const ResctrlWish wish = {
                .caches = (const ResctrlCache *) (const void *) group->caches->data,
                .n_caches = group->caches->len,
                .bandwidths = (const ResctrlBandwidth *) (const void *) group->bandwidths->data,
                .n_bandwidths = group->bandwidths->len,
        };
        int r = resctrl_create(making->resctrl, group->path, &wish, error);

        return r < 0 ? r : add_threads(making, group->path, group->vcpus, error);
}

static int make_monitor(const char *group, const char *name, const char *path, const DomainMonitor *monitor,
                        void *userdata, Error *error)
{
        g_autofree Vcpus *vcpus = vcpus_new(monitor->vcpus);
        Making *making = userdata;
        int r;

        if (streq(group, path) || !g_hash_table_add(making->made, g_strdup(path)))
                return 0;
        r = resctrl_create_monitor(making->resctrl, group, name, error);
        return r < 0 ? r : add_threads(making, path, vcpus, error);
}

static int make_all(Making *making, int dir_fd, Error *error)
{
        const Plan *plan = making->plan;
        int r = 0;

        for (guint i = 0; i < plan->groups->len; i++)
                g_string_append_printf(making->paths, "%s\n", ((const Group *) plan->groups->pdata[i])->path);
        (void) visit_monitors(plan, note_monitor, making, NULL);
        r = store_write(dir_fd, PATHS_FILE, making->paths->str, making->paths->len, 0, error);
        for (guint i = 0; r >= 0 && i < plan->groups->len; i++)
                r = make_group(making, plan->groups->pdata[i], error);
        return r < 0 ? r : visit_monitors(plan, make_monitor, making, error);
}

int qemu_resctrl_make(const char *root, int dir_fd, const char *machine, const DomainDef *def, const GArray *threads,
                      Error *error)
{
        _cleanup_(resctrl_freep) Resctrl *resctrl = NULL;
        _cleanup_(plan_clear) Plan plan = {};
        g_autoptr(GString) paths = g_string_new(NULL);
        g_autoptr(GHashTable) made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        _cleanup_error_ Error why = ERROR_INIT;
        Making making = { .plan = &plan, .threads = threads, .paths = paths, .made = made };
        int r;

        plan_init(&plan, def, machine);
        r = resctrl_open(root, &resctrl, &why);
        if (r < 0)
                return error_set(error, why.code, "/domain/cputune/%s[1]: %s",
                                 def->cpu_tune->cache_tunes.n > 0 ? "cachetune" : "memorytune", why.detail);
        making.resctrl = resctrl;
        return make_all(&making, dir_fd, error);
}

void qemu_resctrl_undo(const char *root, int dir_fd)
{
        _cleanup_(resctrl_freep) Resctrl *resctrl = NULL;
        g_autofree char *text = NULL;
        g_auto(GStrv) paths = NULL;

        if (store_read(dir_fd, PATHS_FILE, PATHS_MAX, &text, NULL, NULL) < 0 ||
            resctrl_open(root, &resctrl, NULL) < 0)
                return;
        paths = g_strsplit(text, "\n", -1);
        for (char **path = paths; *path; path++) {
                _cleanup_error_ Error error = ERROR_INIT;

                if (**path && resctrl_remove(resctrl, *path, &error) < 0)
                        log_warning("%s", error.detail);
        }
        (void) store_remove(dir_fd, PATHS_FILE, 0, NULL);
}

/* -- on a worker ---------------------------------------------------------------------------------------------- */

typedef struct Task {
        int dir_fd;
        char *machine;
        DomainDef *def;
        GArray *threads;
} Task;

static void task_free(void *data)
{
        Task *task = data;

        safe_close(task->dir_fd);
        domain_def_unref(task->def);
        g_array_unref(task->threads);
        g_free(task->machine);
        g_free(task);
}

static int task_run(void *data, Error *error)
{
        const Task *task = data;

        return qemu_resctrl_make("", task->dir_fd, task->machine, task->def, task->threads, error);
}

WorkerTask *qemu_resctrl_begin(QemuGuest *guest, const GArray *threads, WorkerDone done, void *userdata)
{
        Task *task = g_new(Task, 1);

        *task = (Task) {
                .dir_fd = fcntl(guest->dir_fd, F_DUPFD_CLOEXEC, 0),
                .machine = qemu_cgroup_machine(guest),
                .def = domain_def_ref(guest->live),
                .threads = g_array_copy((GArray *) threads),
        };
        return worker_run(guest->driver->host->path_workers, task_run, task, task_free, done, userdata);
}

/* -- statistics ----------------------------------------------------------------------------------------------- */

typedef struct Telling {
        const Resctrl *resctrl;
        bool bandwidth;
        Params *params;
        unsigned n;
} Telling;

static void tell_cache(const Telling *telling, const char *prefix, const GArray *uses)
{
        Params *params = telling->params;
        unsigned n = 0;

        for (guint i = 0; uses && i < uses->len; i++) {
                const ResctrlUse *use = &g_array_index(uses, ResctrlUse, i);

                if (!use->has_cache)
                        continue;
                params_add_u32(params, params_name(params, "%s.bank.%u.id", prefix, n), use->id);
                params_add_u32(params, params_name(params, "%s.bank.%u.bytes", prefix, n),
                               (uint32_t) MIN(use->cache, UINT32_MAX));
                n++;
        }
        params_add_u32(params, params_name(params, "%s.bank.count", prefix), n);
}

static void tell_bandwidth(const Telling *telling, const char *prefix, const GArray *uses)
{
        Params *params = telling->params;
        unsigned n = 0;

        for (guint i = 0; uses && i < uses->len; i++) {
                const ResctrlUse *use = &g_array_index(uses, ResctrlUse, i);

                if (!use->has_memory)
                        continue;
                params_add_u32(params, params_name(params, "%s.node.%u.id", prefix, n), use->id);
                params_add_u64(params, params_name(params, "%s.node.%u.bytes.local", prefix, n), use->memory_local);
                params_add_u64(params, params_name(params, "%s.node.%u.bytes.total", prefix, n), use->memory_total);
                n++;
        }
        params_add_u32(params, params_name(params, "%s.node.count", prefix), n);
}

static int tell_monitor(const char *group, const char *name, const char *path, const DomainMonitor *monitor,
                        void *userdata, Error *error)
{
        Telling *telling = userdata;
        g_autofree char *prefix = g_strdup_printf("%s.monitor.%u",
                                                  telling->bandwidth ? "memory.bandwidth" : "cpu.cache", telling->n++);
        g_autofree char *id = vcpus_name(monitor->vcpus);
        g_autoptr(GArray) uses = telling->resctrl ? resctrl_read(telling->resctrl, path) : NULL;

        params_add_string(telling->params, params_name(telling->params, "%s.name", prefix), id);
        params_add_string(telling->params, params_name(telling->params, "%s.vcpus", prefix), id + strlen("vcpus_"));
        if (telling->bandwidth)
                tell_bandwidth(telling, prefix, uses);
        else
                tell_cache(telling, prefix, uses);
        return 0;
}

void qemu_resctrl_add_stats(const char *root, const char *machine, const DomainDef *def, bool bandwidth, Params *ret)
{
        _cleanup_(resctrl_freep) Resctrl *resctrl = NULL;
        _cleanup_(plan_clear) Plan plan = {};
        Telling telling = { .bandwidth = bandwidth, .params = ret };
        const DomainCpuTune *tune = def->cpu_tune;

        plan_init(&plan, def, machine);
        (void) resctrl_open(root, &resctrl, NULL);
        telling.resctrl = resctrl;
        if (bandwidth)
                (void) visit_monitors_of(&plan, tune->memory_tunes.items, tune->memory_tunes.n, tell_monitor, &telling,
                                         NULL);
        else
                (void) visit_monitors_of(&plan, tune->cache_tunes.items, tune->cache_tunes.n, tell_monitor, &telling,
                                         NULL);
        params_add_u32(ret, bandwidth ? "memory.bandwidth.monitor.count" : "cpu.cache.monitor.count", telling.n);
}
