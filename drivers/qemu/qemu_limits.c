/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_limits.h"

#include "drivers/model/domain_tune.h"

#include <string.h>
#include <sys/stat.h>

/* The kernel's, in microseconds. */
#define PERIOD_DEFAULT 100000
#define UNLIMITED (-1)
#define SHARES_DEFAULT(v2) ((v2) ? 100 : 1024)
#define WEIGHT_DEFAULT(v2) ((v2) ? 100 : 500)

static const char *const cpu_places[] = {
        "/domain/cputune/shares",
        "/domain/cputune/*period",
        "/domain/cputune/*quota",
        NULL,
};
static const char *const other_places[] = {
        "/domain/blkiotune/*",
        "/domain/memtune/*",
        NULL,
};

static const DomainCpuTune *cpu_tune(const DomainDef *def)
{
        static const DomainCpuTune none;

        return def && def->cpu_tune ? def->cpu_tune : &none;
}

static const DomainMemTune *mem_tune(const DomainDef *def)
{
        static const DomainMemTune none;

        return def && def->mem_tune ? def->mem_tune : &none;
}

static const DomainBlkioTune *blkio_tune(const DomainDef *def)
{
        static const DomainBlkioTune none;

        return def && def->blkio_tune ? def->blkio_tune : &none;
}

/* Nodes that the whole process is held to; of other modes QEMU takes care for each piece of memory. */
static const char *strict_nodes(const DomainDef *def)
{
        const DomainNumaTune *tune = def ? def->numa_tune : NULL;

        if (!tune || !tune->memory || streq_ptr(tune->placement, "auto"))
                return NULL;
        return tune->mode == DOMAIN_NUMA_RESTRICTIVE || tune->mode <= DOMAIN_NUMA_STRICT ? tune->nodeset : NULL;
}

char *qemu_limits_place(const DomainDef *def)
{
        char *place = NULL;

        if (domain_def_first_of(def, cpu_places, &place) || domain_def_first_of(def, other_places, &place))
                return place;
        if (def->partition && !streq(def->partition, "/machine"))
                return g_strdup("/domain/resource/partition");
        if (def->numa_tune && def->numa_tune->mode == DOMAIN_NUMA_RESTRICTIVE)
                return g_strdup("/domain/numatune/memory/@mode");
        return NULL;
}

/* Puts the place before what an error says. */
static int at_place(int r, const char *place, Error *error)
{
        g_autofree char *detail = NULL;

        if (r >= 0)
                return r;
        detail = g_steal_pointer(&error->detail);
        error->detail = g_strconcat(place, ": ", detail, NULL);
        /* a definition's number that this host does not take is not the caller's mistake alone */
        if (error->code == ERROR_INVALID_ARG)
                error->code = ERROR_CONFIG_UNSUPPORTED;
        return r;
}

static bool is_real_time(const DomainSched *sched)
{
        return sched && (sched->policy == DOMAIN_SCHED_FIFO || sched->policy == DOMAIN_SCHED_RR);
}

static bool has_real_time(const DomainDef *def)
{
        const DomainCpuTune *tune = cpu_tune(def);

        DEF_FOREACH(vcpu, tune->vcpu_scheds)
                if (is_real_time(vcpu))
                        return true;
        DEF_FOREACH(iothread, tune->iothread_scheds)
                if (is_real_time(iothread))
                        return true;
        return is_real_time(tune->emulator_sched);
}

int qemu_limits_check(const DomainDef *def, const Cgroups *groups, Error *error)
{
        g_autofree char *place = qemu_limits_place(def);
        g_autofree char *cpu_place = NULL;

        if (place && !groups)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: the daemon of an ordinary user has no cgroups",
                                 place);
        if (def_is_set(mem_tune(def), swap_hard_limit) && !def_is_set(mem_tune(def), hard_limit))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "/domain/memtune/swap_hard_limit: it needs a hard_limit");
        if (groups && cgroups_divide_real_time(groups) && has_real_time(def) &&
            domain_def_first_of(def, cpu_places, &cpu_place))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: this host's kernel has no real-time threads in cgroups with limits", cpu_place);
        return 0;
}

uint32_t qemu_limits_controllers(const DomainDef *def, const Cgroups *groups)
{
        bool apart = has_real_time(def) && cgroups_divide_real_time(groups);

        return apart ? CGROUP_ALL & ~CGROUP_BIT(CGROUP_CPU) : CGROUP_ALL;
}

static int apply_cpu(const Cgroup *group, const DomainDef *old, const DomainDef *def, Error *error)
{
        const DomainCpuTune *a = cpu_tune(old), *b = cpu_tune(def);
        bool v2 = cgroup_is_v2(group, CGROUP_CPU);
        uint64_t shares = def_get(b, shares, (uint64_t) SHARES_DEFAULT(v2));
        uint64_t period = def_get(b, global_period, PERIOD_DEFAULT);
        int64_t quota = def_get(b, global_quota, UNLIMITED);
        int r = 0;

        if (shares != def_get(a, shares, (uint64_t) SHARES_DEFAULT(v2)))
                r = at_place(cgroup_set(group, CGROUP_CPU_SHARES, (int64_t) shares, 0, error), "/domain/cputune/shares",
                             error);
        if (r >= 0 &&
            (period != def_get(a, global_period, PERIOD_DEFAULT) || quota != def_get(a, global_quota, UNLIMITED)))
                r = at_place(cgroup_set_bandwidth(group, (int64_t) period, quota, error),
                             "/domain/cputune/global_quota", error);
        return r;
}

/* KiB; libvirt's number for "unlimited" is one of many. */
static int64_t kib(uint64_t number)
{
        return number >= (uint64_t) TUNE_MEMORY_UNLIMITED ? CGROUP_UNLIMITED : (int64_t) number;
}

static int apply_memory(const Cgroup *group, const DomainDef *old, const DomainDef *def, Error *error)
{
        const uint64_t nothing = TUNE_MEMORY_UNLIMITED;
        const DomainMemTune *a = mem_tune(old), *b = mem_tune(def);
        uint64_t soft = def_get(b, soft_limit, nothing), hard = def_get(b, hard_limit, nothing);
        uint64_t swap = def_get(b, swap_hard_limit, nothing);
        int r = 0;

        if (hard != def_get(a, hard_limit, nothing) || swap != def_get(a, swap_hard_limit, nothing))
                r = at_place(cgroup_set_memory(group, kib(hard), kib(swap), error),
                             swap == nothing ? "/domain/memtune/hard_limit" : "/domain/memtune/swap_hard_limit", error);
        if (r >= 0 && soft != def_get(a, soft_limit, nothing))
                r = at_place(cgroup_set(group, CGROUP_MEMORY_SOFT, kib(soft), 0, error), "/domain/memtune/soft_limit",
                             error);
        return r;
}

static int apply_nodes(const Cgroup *group, const DomainDef *old, const DomainDef *def, Error *error)
{
        const char *nodes = strict_nodes(def);

        if (!nodes || streq_ptr(nodes, strict_nodes(old)))
                return 0;
        return at_place(cgroup_set_nodes(group, nodes, error), "/domain/numatune/memory/@nodeset", error);
}

/* What can be said of a disk of the host, in the order of CgroupValue from CGROUP_IO_DEVICE_WEIGHT on. */
static const char *const device_places[] = {
        "/domain/blkiotune/device/weight",          "/domain/blkiotune/device/read_iops_sec",
        "/domain/blkiotune/device/write_iops_sec",  "/domain/blkiotune/device/read_bytes_sec",
        "/domain/blkiotune/device/write_bytes_sec",
};
#define N_DEVICE_VALUES ELEMENTSOF(device_places)

static void device_numbers(const DomainBlkioDevice *device, uint64_t ret[static N_DEVICE_VALUES])
{
        memset(ret, 0, N_DEVICE_VALUES * sizeof(*ret));
        if (!device)
                return;
        ret[0] = device->weight;
        ret[1] = device->read_iops;
        ret[2] = device->write_iops;
        ret[3] = device->read_bytes;
        ret[4] = device->write_bytes;
}

static const DomainBlkioDevice *find_device(const DomainBlkioTune *tune, const char *path)
{
        DEF_FOREACH(device, tune->devices)
                if (streq_ptr(device->path, path))
                        return device;
        return NULL;
}

/* a and b are what was and what is said of the disk; either may be NULL. */
static int apply_device(const Cgroup *group, const char *path, const DomainBlkioDevice *a, const DomainBlkioDevice *b,
                        Error *error)
{
        uint64_t before[N_DEVICE_VALUES], after[N_DEVICE_VALUES];
        struct stat st;

        device_numbers(a, before);
        device_numbers(b, after);
        if (memcmp(before, after, sizeof(before)) == 0)
                return 0;
        if (stat(path, &st) < 0)
                return error_set_errno(error, errno, "/domain/blkiotune/device/path: cannot find '%s'", path);
        if (!S_ISBLK(st.st_mode))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "/domain/blkiotune/device/path: '%s' is no block device", path);
        for (size_t i = 0; i < N_DEVICE_VALUES; i++) {
                CgroupValue value = (CgroupValue) (CGROUP_IO_DEVICE_WEIGHT + i);
                int r;

                if (before[i] == after[i])
                        continue;
                r = at_place(cgroup_set(group, value, (int64_t) MIN(after[i], INT64_MAX), st.st_rdev, error),
                             device_places[i], error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int apply_io(const Cgroup *group, const DomainDef *old, const DomainDef *def, Error *error)
{
        const DomainBlkioTune *a = blkio_tune(old), *b = blkio_tune(def);
        uint32_t otherwise = WEIGHT_DEFAULT(cgroup_is_v2(group, CGROUP_IO));
        uint32_t weight = def_get(b, weight, otherwise);
        int r = 0;

        if (weight != def_get(a, weight, otherwise))
                r = at_place(cgroup_set(group, CGROUP_IO_WEIGHT, weight, 0, error), "/domain/blkiotune/weight", error);
        for (uint32_t i = 0; r >= 0 && i < b->devices.n; i++) {
                const DomainBlkioDevice *device = b->devices.items[i];

                r = apply_device(group, device->path, find_device(a, device->path), device, error);
        }
        for (uint32_t i = 0; r >= 0 && i < a->devices.n; i++) {
                const DomainBlkioDevice *device = a->devices.items[i];

                if (!find_device(b, device->path))
                        r = apply_device(group, device->path, device, NULL, error);
        }
        return r;
}

int qemu_limits_apply(const Cgroup *group, const DomainDef *old, const DomainDef *def, Error *error)
{
        int r = apply_cpu(group, old, def, error);

        if (r >= 0)
                r = apply_memory(group, old, def, error);
        if (r >= 0)
                r = apply_nodes(group, old, def, error);
        return r < 0 ? r : apply_io(group, old, def, error);
}

/* ---- threads */

typedef enum Part {
        PART_EMULATOR,
        PART_VCPU,
        PART_IOTHREAD,
        _PART_MAX,
} Part;

typedef struct Bandwidth {
        bool given;
        uint64_t period;
        int64_t quota;
} Bandwidth;

#define BANDWIDTH(tune, period_, quota_)                                                                             \
        ((Bandwidth) { def_is_set(tune, period_) || def_is_set(tune, quota_),                                        \
                       def_get(tune, period_, PERIOD_DEFAULT), def_get(tune, quota_, UNLIMITED) })

static Bandwidth bandwidth_of(const DomainDef *def, Part part)
{
        const DomainCpuTune *tune = cpu_tune(def);

        switch (part) {
        case PART_EMULATOR:
                return BANDWIDTH(tune, emulator_period, emulator_quota);
        case PART_VCPU:
                return BANDWIDTH(tune, period, quota);
        case PART_IOTHREAD:
                return BANDWIDTH(tune, iothread_period, iothread_quota);
        case _PART_MAX:
                break;
        }
        g_assert_not_reached();
}

static bool is_divided(const DomainDef *old, const DomainDef *def, Part part)
{
        return bandwidth_of(old, part).given || bandwidth_of(def, part).given;
}

bool qemu_limits_divide(const DomainDef *old, const DomainDef *def)
{
        for (Part i = 0; i < _PART_MAX; i++)
                if (is_divided(old, def, i))
                        return true;
        return false;
}

static const char *const part_places[_PART_MAX] = {
        [PART_EMULATOR] = "/domain/cputune/emulator_quota",
        [PART_VCPU] = "/domain/cputune/quota",
        [PART_IOTHREAD] = "/domain/cputune/iothread_quota",
};

static int make_part(Cgroup *group, const char *name, const DomainDef *def, Part part, Cgroup **ret, Error *error)
{
        Bandwidth bandwidth = bandwidth_of(def, part);
        _cleanup_(cgroup_unrefp) Cgroup *threads = NULL;
        int r = cgroup_create_threads(group, name, &threads, error);

        if (r >= 0)
                r = cgroup_set_bandwidth(threads, (int64_t) bandwidth.period, bandwidth.quota, error);
        if (r >= 0)
                *ret = g_steal_pointer(&threads);
        return at_place(r, part_places[part], error);
}

static int place_thread(Cgroup *group, const QemuThread *thread, const DomainDef *def, Error *error)
{
        g_autofree char *name = g_strdup_printf("%s%" PRIu32, thread->vcpu ? "vcpu" : "iothread", thread->id);
        Part part = thread->vcpu ? PART_VCPU : PART_IOTHREAD;
        _cleanup_(cgroup_unrefp) Cgroup *own = NULL;
        int r = make_part(group, name, def, part, &own, error);

        return r < 0 ? r : at_place(cgroup_add_thread(own, thread->tid, error), part_places[part], error);
}

static bool is_emulator(pid_t tid, const GArray *threads)
{
        for (guint i = 0; i < threads->len; i++)
                if (g_array_index(threads, QemuThread, i).tid == tid)
                        return false;
        return true;
}

static int place_emulator(Cgroup *group, pid_t pid, const GArray *threads, const DomainDef *def, Error *error)
{
        _cleanup_(cgroup_unrefp) Cgroup *own = NULL;
        g_autoptr(GArray) tids = qemu_threads_list(pid);
        int r = make_part(group, "emulator", def, PART_EMULATOR, &own, error);

        for (guint i = 0; r >= 0 && tids && i < tids->len; i++) {
                pid_t tid = g_array_index(tids, pid_t, i);

                if (is_emulator(tid, threads))
                        r = at_place(cgroup_add_thread(own, tid, error), part_places[PART_EMULATOR], error);
        }
        return r;
}

int qemu_limits_apply_threads(Cgroup *group, pid_t pid, const GArray *threads, const DomainDef *old,
                              const DomainDef *def, Error *error)
{
        int r = is_divided(old, def, PART_EMULATOR) ? place_emulator(group, pid, threads, def, error) : 0;

        for (guint i = 0; r >= 0 && i < threads->len; i++) {
                const QemuThread *thread = &g_array_index(threads, QemuThread, i);

                if (is_divided(old, def, thread->vcpu ? PART_VCPU : PART_IOTHREAD))
                        r = place_thread(group, thread, def, error);
        }
        return r;
}

/* ---- reading */

static void put_number(Params *params, const char *name, int64_t number)
{
        for (size_t i = 0; i < params->n; i++) {
                Param *param = params->items + i;

                if (!streq(param->name, name))
                        continue;
                if (param->type == PARAM_UINT32)
                        param->u = (uint32_t) number;
                else if (param->type == PARAM_INT64)
                        param->x = number;
                else if (param->type == PARAM_UINT64)
                        param->t = (uint64_t) number;
        }
}

static void read_value(const Cgroup *group, CgroupValue value, const char *name, int64_t unlimited, Params *params)
{
        int64_t number;

        if (group && cgroup_get(group, value, &number) >= 0)
                put_number(params, name, number == CGROUP_UNLIMITED ? unlimited : number);
}

static void read_scheduler(Cgroup *group, Params *params)
{
        static const struct {
                const char *group; /* NULL: of the whole machine */
                const char *period, *quota;
        } parts[] = {
                { NULL, "global_period", "global_quota" },
                { "emulator", "emulator_period", "emulator_quota" },
                { "vcpu0", "vcpu_period", "vcpu_quota" },
                { "iothread1", "iothread_period", "iothread_quota" },
        };

        read_value(group, CGROUP_CPU_SHARES, "cpu_shares", 0, params);
        for (size_t i = 0; i < ELEMENTSOF(parts); i++) {
                _cleanup_(cgroup_unrefp) Cgroup *threads = NULL;
                const Cgroup *which = group;

                if (parts[i].group) {
                        (void) cgroup_open_threads(group, parts[i].group, &threads, NULL);
                        which = threads;
                }
                read_value(which, CGROUP_CPU_PERIOD, parts[i].period, PERIOD_DEFAULT, params);
                read_value(which, CGROUP_CPU_QUOTA, parts[i].quota, UNLIMITED, params);
        }
}

static void read_nodes(const Cgroup *group, Params *params)
{
        g_autofree char *nodes = NULL;

        if (cgroup_get_nodes(group, &nodes) < 0)
                return;
        for (size_t i = 0; i < params->n; i++)
                if (streq(params->items[i].name, "numa_nodeset"))
                        params->items[i].s = params_name(params, "%s", nodes);
}

void qemu_limits_read(Cgroup *group, DomainEditKind kind, Params *params)
{
        if (kind == DOMAIN_EDIT_SCHEDULER) {
                read_scheduler(group, params);
        } else if (kind == DOMAIN_EDIT_MEMORY_TUNE) {
                read_value(group, CGROUP_MEMORY_HARD, "hard_limit", TUNE_MEMORY_UNLIMITED, params);
                read_value(group, CGROUP_MEMORY_SOFT, "soft_limit", TUNE_MEMORY_UNLIMITED, params);
                read_value(group, CGROUP_MEMORY_SWAP, "swap_hard_limit", TUNE_MEMORY_UNLIMITED, params);
        } else if (kind == DOMAIN_EDIT_BLKIO_TUNE) {
                read_value(group, CGROUP_IO_WEIGHT, "weight", 0, params);
        } else if (kind == DOMAIN_EDIT_NUMA) {
                read_nodes(group, params);
        }
}
