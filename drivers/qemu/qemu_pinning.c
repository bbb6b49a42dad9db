/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_pinning.h"

#include "drivers/model/cpuset.h"

#include <sched.h>
#include <string.h>

#define HOST_CPUS 8192
#define IDS_MAX 4096
/* The kernel leaves out those that the host does not have. */
#define ANYWHERE "0-8191"

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
                        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                         "%s: the host has none of the processors '%s'", place, cpuset);
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
        g_autoptr(GArray) tids = qemu_threads_list(pid);
        int r = 0;

        if (!tids)
                return error_set_errno(error, ESRCH, "cannot list the threads of process %d", (int) pid);
        for (guint i = 0; r >= 0 && i < tids->len; i++) {
                pid_t tid = g_array_index(tids, pid_t, i);

                if (cpuset)
                        r = pin(tid, cpuset, place, error);
                if (r >= 0 && sched)
                        r = schedule(tid, sched, "/domain/cputune/emulatorsched", error);
        }
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

static int apply_thread(const DomainDef *def, const QemuThread *thread, Error *error)
{
        const DomainCpuTune *tune = def->cpu_tune;
        bool vcpu = thread->vcpu;
        const char *own, *cpuset;
        const DomainSched *sched;
        int r = 0;

        if (!tune)
                return 0;
        own = pin_of(vcpu ? (const void *) &tune->vcpu_pins : &tune->iothread_pins, thread->id);
        /* what is said of the emulator is not said of these */
        cpuset = own ?: tune->emulator_cpuset ? def->vcpu_cpuset ?: ANYWHERE : NULL;
        sched = sched_of(vcpu ? (const void *) &tune->vcpu_scheds : &tune->iothread_scheds, thread->id);
        if (cpuset)
                r = pin(thread->tid, cpuset,
                        vcpu ? "/domain/cputune/vcpupin/@cpuset" : "/domain/cputune/iothreadpin/@cpuset", error);
        if (r >= 0 && sched)
                r = schedule(thread->tid, sched,
                             vcpu ? "/domain/cputune/vcpusched" : "/domain/cputune/iothreadsched", error);
        return r;
}

int qemu_pinning_apply_threads(const DomainDef *def, const GArray *threads, Error *error)
{
        int r = 0;

        for (guint i = 0; r >= 0 && i < threads->len; i++)
                r = apply_thread(def, &g_array_index(threads, QemuThread, i), error);
        return r;
}

int qemu_pinning_apply(const DomainDef *def, pid_t pid, const GArray *threads, Error *error)
{
        int r = apply_process(def, pid, error);

        return r < 0 ? r : qemu_pinning_apply_threads(def, threads, error);
}
