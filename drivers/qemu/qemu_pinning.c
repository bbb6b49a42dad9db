/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_pinning.h"

#include "drivers/model/cpuset.h"
#include "drivers/qemu/qmp.h"

#include <dirent.h>
#include <sched.h>
#include <string.h>

#define HOST_CPUS 8192
#define IDS_MAX 4096

bool qemu_pinning_is_wanted(const DomainDef *def)
{
        const DomainCpuTune *tune = def->cpu_tune;

        return def->vcpu_cpuset ||
               (tune && (tune->emulator_cpuset || tune->emulator_sched || tune->vcpu_pins.n || tune->iothread_pins.n ||
                         tune->vcpu_scheds.n || tune->iothread_scheds.n));
}

static int pin(pid_t tid, const char *cpuset, const char *place, Error *error)
{
        g_autofree uint8_t *map = g_new0(uint8_t, HOST_CPUS);
        size_t size = CPU_ALLOC_SIZE(HOST_CPUS);
        g_autofree cpu_set_t *set = g_malloc0(size);

        if (cpuset_to_map(cpuset, map, HOST_CPUS) < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: '%s' is no set of processors", place, cpuset);
        for (size_t i = 0; i < HOST_CPUS; i++)
                if (map[i])
                        CPU_SET_S(i, size, set);
        if (sched_setaffinity(tid, size, set) < 0) {
                if (errno == EINVAL)
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: the host has none of the processors '%s'",
                                         place, cpuset);
                return error_set_errno(error, errno, "%s: cannot pin thread %d", place, (int) tid);
        }
        return 0;
}

static int schedule(pid_t tid, const DomainSched *sched, const char *place, Error *error)
{
        static const int policies[_DOMAIN_SCHED_MAX] = {
                [DOMAIN_SCHED_BATCH] = SCHED_BATCH,
                [DOMAIN_SCHED_IDLE] = SCHED_IDLE,
                [DOMAIN_SCHED_FIFO] = SCHED_FIFO,
                [DOMAIN_SCHED_RR] = SCHED_RR,
        };
        bool real_time = sched->policy == DOMAIN_SCHED_FIFO || sched->policy == DOMAIN_SCHED_RR;
        const struct sched_param param = { .sched_priority = real_time ? (int) sched->priority : 0 };

        if (sched_setscheduler(tid, policies[sched->policy], &param) < 0)
                return error_set_errno(error, errno, "%s: cannot set the scheduler of thread %d", place, (int) tid);
        return 0;
}

/* All threads there are; those of processors and I/O get their own afterwards. */
static int apply_process(const DomainDef *def, pid_t pid, Error *error)
{
        const DomainCpuTune *tune = def->cpu_tune;
        const char *cpuset = tune && tune->emulator_cpuset ? tune->emulator_cpuset : def->vcpu_cpuset;
        const char *place = tune && tune->emulator_cpuset ? "/domain/cputune/emulatorpin/@cpuset"
                                                          : "/domain/vcpu/@cpuset";
        const DomainSched *sched = tune ? tune->emulator_sched : NULL;
        g_autofree char *path = g_strdup_printf("/proc/%d/task", (int) pid);
        DIR *dir = opendir(path);
        struct dirent *entry;
        int r = 0;

        if (!dir)
                return error_set_errno(error, errno, "cannot list the threads of process %d", (int) pid);
        while (r >= 0 && (entry = readdir(dir))) {
                uint32_t tid;

                if (parse_u32(entry->d_name, &tid) < 0)
                        continue;
                if (cpuset)
                        r = pin((pid_t) tid, cpuset, place, error);
                if (r >= 0 && sched)
                        r = schedule((pid_t) tid, sched, "/domain/cputune/emulatorsched", error);
        }
        (void) closedir(dir);
        return r;
}

static const char *pin_of(const void *list, uint32_t id)
{
        const DefList *pins = list;

        for (uint32_t i = 0; i < pins->n; i++) {
                const DomainPin *item = pins->items[i];

                if (item->id == id)
                        return item->cpuset;
        }
        return NULL;
}

static const DomainSched *sched_of(const void *list, uint32_t id)
{
        const DefList *scheds = list;
        g_autofree uint8_t *map = g_new0(uint8_t, IDS_MAX);

        for (uint32_t i = 0; id < IDS_MAX && i < scheds->n; i++) {
                const DomainSched *item = scheds->items[i];

                memset(map, 0, IDS_MAX);
                if (item->ids && cpuset_to_map(item->ids, map, IDS_MAX) >= 0 && map[id])
                        return item;
        }
        return NULL;
}

static int apply_thread(const DomainDef *def, bool vcpu, uint32_t id, pid_t tid, Error *error)
{
        const DomainCpuTune *tune = def->cpu_tune;
        const char *own, *cpuset;
        const DomainSched *sched;
        int r = 0;

        if (!tune)
                return 0;
        own = pin_of(vcpu ? (const void *) &tune->vcpu_pins : &tune->iothread_pins, id);
        /* what is said of the emulator is not said of these */
        cpuset = own ?: tune->emulator_cpuset ? def->vcpu_cpuset : NULL;
        sched = sched_of(vcpu ? (const void *) &tune->vcpu_scheds : &tune->iothread_scheds, id);
        if (cpuset)
                r = pin(tid, cpuset, vcpu ? "/domain/cputune/vcpupin/@cpuset" : "/domain/cputune/iothreadpin/@cpuset",
                        error);
        if (r >= 0 && sched)
                r = schedule(tid, sched, vcpu ? "/domain/cputune/vcpusched" : "/domain/cputune/iothreadsched", error);
        return r;
}

/* "iothread7" */
static bool iothread_number(JsonObject *object, uint32_t *ret)
{
        const char *id = NULL;

        return qmp_get_string(object, "id", &id) > 0 && g_str_has_prefix(id, "iothread") &&
               parse_u32(id + strlen("iothread"), ret) >= 0;
}

/* QEMU could name somebody else's. */
static bool is_thread_of(pid_t pid, uint64_t tid)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/task/%" PRIu64, (int) pid, tid);

        return tid > 0 && tid <= INT32_MAX && access(path, F_OK) == 0;
}

static int apply_threads(const DomainDef *def, pid_t pid, bool vcpu, JsonNode *node, Error *error)
{
        JsonArray *array = qmp_node_array(node);

        for (guint i = 0; array && i < json_array_get_length(array); i++) {
                JsonObject *object = qmp_array_object(array, i);
                uint64_t tid = 0, index = 0;
                uint32_t id = 0;
                int r;

                if (!object || qmp_get_u64(object, "thread-id", &tid) <= 0 || !is_thread_of(pid, tid))
                        continue;
                if (vcpu && qmp_get_u64(object, "cpu-index", &index) > 0)
                        id = (uint32_t) index;
                else if (vcpu || !iothread_number(object, &id))
                        continue;
                r = apply_thread(def, vcpu, id, (pid_t) tid, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

int qemu_pinning_apply(const DomainDef *def, pid_t pid, JsonNode *cpus, JsonNode *iothreads, Error *error)
{
        int r = apply_process(def, pid, error);

        if (r >= 0)
                r = apply_threads(def, pid, true, cpus, error);
        return r < 0 ? r : apply_threads(def, pid, false, iothreads, error);
}
