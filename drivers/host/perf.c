/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/perf.h"

#include "service/base/util.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>

typedef struct Event {
        const char *name;
        uint32_t type;
        uint64_t config;
} Event;

/* enum perf_hw_id and perf_sw_ids of linux/perf_event.h */
static const Event events[] = {
        { "cpu_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
        { "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
        { "cache_references", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_REFERENCES },
        { "cache_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
        { "branch_instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_INSTRUCTIONS },
        { "branch_misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES },
        { "bus_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES },
        { "stalled_cycles_frontend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_FRONTEND },
        { "stalled_cycles_backend", PERF_TYPE_HARDWARE, PERF_COUNT_HW_STALLED_CYCLES_BACKEND },
        { "ref_cpu_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_REF_CPU_CYCLES },
        { "cpu_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK },
        { "task_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
        { "page_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS },
        { "context_switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES },
        { "cpu_migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS },
        { "page_faults_min", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN },
        { "page_faults_maj", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MAJ },
        { "alignment_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_ALIGNMENT_FAULTS },
        { "emulation_faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_EMULATION_FAULTS },
};

struct PerfCounter {
        const Event *event;
        GArray *fds; /* of int */
};

static const Event *find_event(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(events); i++)
                if (streq(events[i].name, name))
                        return events + i;
        return NULL;
}

PerfCounter *perf_counter_free(PerfCounter *counter)
{
        if (!counter)
                return NULL;
        for (guint i = 0; i < counter->fds->len; i++)
                safe_close(g_array_index(counter->fds, int, i));
        g_array_unref(counter->fds);
        g_free(counter);
        return NULL;
}

static int open_event(const Event *event, pid_t tid)
{
        struct perf_event_attr attr = {
                .type = event->type,
                .size = sizeof(attr),
                .config = event->config,
                .inherit = 1,
        };
        long fd = syscall(SYS_perf_event_open, &attr, tid, -1, -1, PERF_FLAG_FD_CLOEXEC);

        return fd < 0 ? -errno : (int) fd;
}

static int refuse(int r, const char *name, const char *place, Error *error)
{
        const char *why = NULL;

        switch (-r) {
        case ENOENT:
        case EOPNOTSUPP:
        case ENODEV:
                why = "the host's processor does not count it";
                break;
        case ENOSYS:
                why = "the host's kernel counts no events";
                break;
        case EACCES:
        case EPERM:
                why = "the host's kernel does not let the daemon count it (kernel.perf_event_paranoid)";
                break;
        }
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: the event '%s' cannot be counted: %s", place, name,
                         why ?: g_strerror(-r));
}

int perf_counter_open(const char *event, const GArray *tids, const char *place, PerfCounter **ret, Error *error)
{
        _cleanup_(perf_counter_freep) PerfCounter *counter = g_new0(PerfCounter, 1);

        counter->fds = g_array_new(false, false, sizeof(int));
        counter->event = find_event(event);
        if (!counter->event)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the event '%s' cannot be counted: Linux has no counter of caches' use since 4.14 "
                                 "(resctrl has: <cachetune> with <monitor>)", place, event);
        for (guint i = 0; i < tids->len; i++) {
                int fd = open_event(counter->event, g_array_index(tids, pid_t, i));

                if (fd >= 0)
                        g_array_append_val(counter->fds, fd);
                else if (fd != -ESRCH)
                        return refuse(fd, event, place, error);
        }
        *ret = g_steal_pointer(&counter);
        return 0;
}

const char *perf_counter_event(const PerfCounter *counter)
{
        return counter->event->name;
}

int perf_counter_read(const PerfCounter *counter, uint64_t *ret)
{
        uint64_t sum = 0;

        for (guint i = 0; i < counter->fds->len; i++) {
                uint64_t value;

                if (read(g_array_index(counter->fds, int, i), &value, sizeof(value)) != (ssize_t) sizeof(value))
                        return -EIO;
                sum += value;
        }
        *ret = sum;
        return 0;
}
