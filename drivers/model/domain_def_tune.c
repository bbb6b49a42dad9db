/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include <stdlib.h>

/* What a domain may take of the host: <blkiotune>, <memtune>, <cputune>, <numatune>, <perf>, …. */

const char *const domain_sched_table[_DOMAIN_SCHED_MAX] = {
        [DOMAIN_SCHED_BATCH] = "batch",
        [DOMAIN_SCHED_IDLE] = "idle",
        [DOMAIN_SCHED_FIFO] = "fifo",
        [DOMAIN_SCHED_RR] = "rr",
};
DEFINE_STRING_TABLE(domain_sched, DomainSchedPolicy)

const char *const domain_numa_mode_table[_DOMAIN_NUMA_MODE_MAX] = {
        [DOMAIN_NUMA_STRICT] = "strict",
        [DOMAIN_NUMA_PREFERRED] = "preferred",
        [DOMAIN_NUMA_INTERLEAVE] = "interleave",
        [DOMAIN_NUMA_RESTRICTIVE] = "restrictive",
};
DEFINE_STRING_TABLE(domain_numa_mode, DomainNumaMode)

const char *const domain_perf_events[] = {
        "cmt", "mbmt", "mbml", "cpu_cycles", "instructions", "cache_references", "cache_misses",
        "branch_instructions", "branch_misses", "bus_cycles", "stalled_cycles_frontend",
        "stalled_cycles_backend", "ref_cpu_cycles", "cpu_clock", "task_clock", "page_faults",
        "context_switches", "cpu_migrations", "page_faults_min", "page_faults_maj", "alignment_faults",
        "emulation_faults", NULL,
};

/* <blkiotune> */

static const DefRow blkio_device_rows[] = {
        ELEMENT(DomainBlkioDevice, "path", path, FLAGS(DEF_REQUIRED)),
        ELEMENT(DomainBlkioDevice, "weight", weight),
        ELEMENT(DomainBlkioDevice, "read_iops_sec", read_iops),
        ELEMENT(DomainBlkioDevice, "write_iops_sec", write_iops),
        ELEMENT(DomainBlkioDevice, "read_bytes_sec", read_bytes),
        ELEMENT(DomainBlkioDevice, "write_bytes_sec", write_bytes),
};

/* 0 is no limit. */
static void blkio_device_finish(void *p, Arena *arena, bool live)
{
        DomainBlkioDevice *device = p;

        if (device->weight == 0)
                def_drop(device, weight);
        if (device->read_iops == 0)
                def_drop(device, read_iops);
        if (device->write_iops == 0)
                def_drop(device, write_iops);
        if (device->read_bytes == 0)
                def_drop(device, read_bytes);
        if (device->write_bytes == 0)
                def_drop(device, write_bytes);
}

static DEF_TYPE_PLAIN(blkio_device_type, DomainBlkioDevice, blkio_device_rows, .finish = blkio_device_finish);

static const DefRow blkio_tune_rows[] = {
        ELEMENT(DomainBlkioTune, "weight", weight),
        LIST(DomainBlkioTune, "device", devices, blkio_device_type),
};
/* 0 is no weight, and a device without any limit is none. */
static void blkiotune_finish(void *p, Arena *arena, bool live)
{
        DomainBlkioTune *tune = p;

        if (tune->weight == 0)
                def_drop(tune, weight);
        for (uint32_t i = tune->devices.n; i-- > 0;)
                if (tune->devices.items[i]->path && tune->devices.items[i]->set == 0)
                        def_remove(&tune->devices, i);
}

DEF_TYPE(domain_blkio_tune_type, DomainBlkioTune, blkio_tune_rows, .finish = blkiotune_finish,
         .rules = domain_blkiotune_rules);

/* <memtune> */

static const DefRow mem_tune_rows[] = {
        ELEMENT(DomainMemTune, "hard_limit", hard_limit, KIB),
        ELEMENT(DomainMemTune, "soft_limit", soft_limit, KIB),
        ELEMENT(DomainMemTune, "min_guarantee", min_guarantee, KIB),
        ELEMENT(DomainMemTune, "swap_hard_limit", swap_hard_limit, KIB),
};
#define UNLIMITED (UINT64_C(9007199254740991)) /* KiB, and above: no limit, as in libvirt */

static void memtune_finish(void *p, Arena *arena, bool live)
{
        DomainMemTune *tune = p;

        if (tune->hard_limit >= UNLIMITED)
                def_drop(tune, hard_limit);
        if (tune->soft_limit >= UNLIMITED)
                def_drop(tune, soft_limit);
        if (tune->min_guarantee == 0)
                def_drop(tune, min_guarantee);
        if (tune->swap_hard_limit >= UNLIMITED)
                def_drop(tune, swap_hard_limit);
}

DEF_TYPE(domain_mem_tune_type, DomainMemTune, mem_tune_rows, .finish = memtune_finish);

/* <memoryBacking> */

static const DefRow page_rows[] = {
        ATTR(DomainHugepage, "size", size, KIB, FLAGS(DEF_REQUIRED)),
        ATTR(DomainHugepage, "nodeset", nodeset, SYNTAX(def_syntax_cpuset)),
};
static DEF_TYPE_PLAIN(page_type, DomainHugepage, page_rows);

static const DefRow hugepages_rows[] = {
        HERE(DomainMemoryBacking, hugepages),
        LIST(DomainMemoryBacking, "page", pages, page_type),
};
static DEF_TYPE_PLAIN(hugepages_type, DomainMemoryBacking, hugepages_rows);

static const DefRow backing_source_rows[] = {
        ATTR(DomainMemoryBacking, "type", source, ONE_OF("file", "anonymous", "memfd")),
};
static DEF_TYPE_PLAIN(backing_source_type, DomainMemoryBacking, backing_source_rows);

static const DefRow backing_access_rows[] = {
        ATTR(DomainMemoryBacking, "mode", access, ONE_OF("shared", "private")),
};
static DEF_TYPE_PLAIN(backing_access_type, DomainMemoryBacking, backing_access_rows);

static const DefRow backing_allocation_rows[] = {
        ATTR(DomainMemoryBacking, "mode", allocation, ONE_OF("immediate", "ondemand")),
        ATTR(DomainMemoryBacking, "threads", allocation_threads, RANGE(1, UINT32_MAX)),
};
static DEF_TYPE_PLAIN(backing_allocation_type, DomainMemoryBacking, backing_allocation_rows);

static const DefRow memory_backing_rows[] = {
        GROUP("hugepages", hugepages_type),
        PRESENCE(DomainMemoryBacking, "nosharepages", nosharepages),
        PRESENCE(DomainMemoryBacking, "locked", locked),
        GROUP("source", backing_source_type),
        GROUP("access", backing_access_type),
        GROUP("allocation", backing_allocation_type),
        PRESENCE(DomainMemoryBacking, "discard", discard),
};
DEF_TYPE_PLAIN(domain_memory_backing_type, DomainMemoryBacking, memory_backing_rows,
               .rules = domain_memory_backing_rules);

/* <vcpus>, <iothreadids>, <defaultiothread> */

static const DefRow vcpu_rows[] = {
        ATTR(DomainVcpu, "id", id, FLAGS(DEF_REQUIRED), RANGE(0, UINT16_MAX - 1)),
        ATTR(DomainVcpu, "enabled", enabled, YES_NO, FLAGS(DEF_REQUIRED)),
        ATTR(DomainVcpu, "hotpluggable", hotpluggable, YES_NO),
        ATTR(DomainVcpu, "order", order, RANGE(1, UINT16_MAX)),
};
static DEF_TYPE_PLAIN(vcpu_type, DomainVcpu, vcpu_rows);

static const DefRow vcpus_rows[] = {
        LIST(DomainDef, "vcpu", vcpu_items, vcpu_type),
};
DEF_TYPE(domain_vcpus_type, DomainDef, vcpus_rows);

static const DefRow poll_rows[] = {
        ATTR(DomainIoThread, "max", poll_max, RANGE(0, INT64_MAX)),
        ATTR(DomainIoThread, "grow", poll_grow, RANGE(0, INT32_MAX)),
        ATTR(DomainIoThread, "shrink", poll_shrink, RANGE(0, INT32_MAX)),
};
static DEF_TYPE_PLAIN(poll_type, DomainIoThread, poll_rows);

static const DefRow iothread_rows[] = {
        ATTR(DomainIoThread, "id", id, FLAGS(DEF_REQUIRED), RANGE(1, UINT32_MAX)),
        ATTR(DomainIoThread, "thread_pool_min", pool_min, RANGE(0, INT32_MAX)),
        ATTR(DomainIoThread, "thread_pool_max", pool_max, RANGE(0, INT32_MAX)),
        GROUP("poll", poll_type),
};
static DEF_TYPE_PLAIN(iothread_type, DomainIoThread, iothread_rows);

static const DefRow iothreadids_rows[] = {
        LIST(DomainDef, "iothread", iothread_items, iothread_type),
};
DEF_TYPE(domain_iothreadids_type, DomainDef, iothreadids_rows);

static const DefRow default_iothread_rows[] = {
        ATTR(DomainDefaultIoThread, "thread_pool_min", pool_min, RANGE(0, INT32_MAX)),
        ATTR(DomainDefaultIoThread, "thread_pool_max", pool_max, RANGE(0, INT32_MAX)),
};
DEF_TYPE_PLAIN(domain_default_iothread_type, DomainDefaultIoThread, default_iothread_rows);

/* <iotune>, <throttlegroups> */

static const DefRow io_tune_rows[] = {
        ELEMENT(DomainIoTune, "total_bytes_sec", total_bytes),
        ELEMENT(DomainIoTune, "read_bytes_sec", read_bytes),
        ELEMENT(DomainIoTune, "write_bytes_sec", write_bytes),
        ELEMENT(DomainIoTune, "total_iops_sec", total_iops),
        ELEMENT(DomainIoTune, "read_iops_sec", read_iops),
        ELEMENT(DomainIoTune, "write_iops_sec", write_iops),
        ELEMENT(DomainIoTune, "total_bytes_sec_max", total_bytes_max),
        ELEMENT(DomainIoTune, "read_bytes_sec_max", read_bytes_max),
        ELEMENT(DomainIoTune, "write_bytes_sec_max", write_bytes_max),
        ELEMENT(DomainIoTune, "total_iops_sec_max", total_iops_max),
        ELEMENT(DomainIoTune, "read_iops_sec_max", read_iops_max),
        ELEMENT(DomainIoTune, "write_iops_sec_max", write_iops_max),
        ELEMENT(DomainIoTune, "size_iops_sec", size_iops),
        ELEMENT(DomainIoTune, "group_name", group),
        ELEMENT(DomainIoTune, "total_bytes_sec_max_length", total_bytes_max_length),
        ELEMENT(DomainIoTune, "read_bytes_sec_max_length", read_bytes_max_length),
        ELEMENT(DomainIoTune, "write_bytes_sec_max_length", write_bytes_max_length),
        ELEMENT(DomainIoTune, "total_iops_sec_max_length", total_iops_max_length),
        ELEMENT(DomainIoTune, "read_iops_sec_max_length", read_iops_max_length),
        ELEMENT(DomainIoTune, "write_iops_sec_max_length", write_iops_max_length),
};
/* 0 is no limit, and not said. */
static void iotune_finish(void *p, Arena *arena, bool live)
{
        DomainIoTune *iotune = p;
        uint64_t *numbers = &iotune->total_bytes;
        size_t first = offsetof(DomainIoTune, total_bytes);

        for (size_t at = first; at < offsetof(DomainIoTune, group); at += sizeof(*numbers))
                if (numbers[(at - first) / sizeof(*numbers)] == 0)
                        iotune->set &= ~(UINT64_C(1) << (at / 4));
}

DEF_TYPE(domain_io_tune_type, DomainIoTune, io_tune_rows, .finish = iotune_finish,
         .rules = domain_iotune_rules);

static const DefRow throttlegroups_rows[] = {
        LIST(DomainDef, "throttlegroup", throttle_groups, domain_io_tune_type),
};
DEF_TYPE(domain_throttlegroups_type, DomainDef, throttlegroups_rows);

/* <cputune> */

static const DefRow vcpu_pin_rows[] = {
        ATTR(DomainPin, "vcpu", id, FLAGS(DEF_REQUIRED)),
        ATTR(DomainPin, "cpuset", cpuset, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_cpuset)),
};
static DEF_TYPE_PLAIN(vcpu_pin_type, DomainPin, vcpu_pin_rows);

static const DefRow iothread_pin_rows[] = {
        ATTR(DomainPin, "iothread", id, FLAGS(DEF_REQUIRED)),
        ATTR(DomainPin, "cpuset", cpuset, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_cpuset)),
};
static DEF_TYPE_PLAIN(iothread_pin_type, DomainPin, iothread_pin_rows);

static const DefRow emulator_pin_rows[] = {
        ATTR(DomainCpuTune, "cpuset", emulator_cpuset, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_cpuset)),
};
static DEF_TYPE(emulator_pin_type, DomainCpuTune, emulator_pin_rows);

static const DefRow sched_rows[] = {
        ATTR(DomainSched, "scheduler", policy, FLAGS(DEF_REQUIRED), WORDS(domain_sched)),
        ATTR(DomainSched, "priority", priority),
};

/* Only real-time schedulers have one. */
static void sched_finish(void *p, Arena *arena, bool live)
{
        DomainSched *sched = p;

        if (sched->policy == DOMAIN_SCHED_BATCH || sched->policy == DOMAIN_SCHED_IDLE)
                def_drop(sched, priority);
}

static DEF_TYPE_PLAIN(sched_type, DomainSched, sched_rows, .finish = sched_finish, .rules = domain_sched_rules);

static const DefRow vcpu_sched_rows[] = {
        ATTR(DomainSched, "vcpus", ids, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_cpuset)),
        EMBED_SELF(sched_type),
};
static DEF_TYPE_PLAIN(vcpu_sched_type, DomainSched, vcpu_sched_rows);

static const DefRow iothread_sched_rows[] = {
        ATTR(DomainSched, "iothreads", ids, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_cpuset)),
        EMBED_SELF(sched_type),
};
static DEF_TYPE_PLAIN(iothread_sched_type, DomainSched, iothread_sched_rows);

static const DefRow cache_rows[] = {
        ATTR(DomainCacheAllocation, "id", id, FLAGS(DEF_REQUIRED)),
        ATTR(DomainCacheAllocation, "level", level, FLAGS(DEF_REQUIRED)),
        ATTR(DomainCacheAllocation, "type", type, ONE_OF("both", "code", "data"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainCacheAllocation, "size", size, KIB, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(cache_type, DomainCacheAllocation, cache_rows);

static const DefRow monitor_rows[] = {
        ATTR(DomainMonitor, "level", level),
        ATTR(DomainMonitor, "vcpus", vcpus, SYNTAX(def_syntax_cpuset), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(monitor_type, DomainMonitor, monitor_rows);

static const DefRow cachetune_rows[] = {
        ATTR(DomainResctrl, "vcpus", vcpus, SYNTAX(def_syntax_cpuset), FLAGS(DEF_REQUIRED)),
        ATTR(DomainResctrl, "id", id, FLAGS(DEF_LIVE)),
        LIST(DomainResctrl, "cache", caches, cache_type),
        LIST(DomainResctrl, "monitor", monitors, monitor_type),
};
static DEF_TYPE_PLAIN(cachetune_type, DomainResctrl, cachetune_rows);

static const DefRow node_rows[] = {
        ATTR(DomainBandwidthAllocation, "id", id, FLAGS(DEF_REQUIRED)),
        ATTR(DomainBandwidthAllocation, "bandwidth", bandwidth, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(node_type, DomainBandwidthAllocation, node_rows);

static const DefRow memorytune_rows[] = {
        ATTR(DomainResctrl, "vcpus", vcpus, SYNTAX(def_syntax_cpuset), FLAGS(DEF_REQUIRED)),
        ATTR(DomainResctrl, "id", id, FLAGS(DEF_LIVE)),
        LIST(DomainResctrl, "node", nodes, node_type),
        LIST(DomainResctrl, "monitor", monitors, monitor_type),
};
static DEF_TYPE_PLAIN(memorytune_type, DomainResctrl, memorytune_rows);

#define PERIOD RANGE(1000, 1000000)
#define QUOTA RANGE(INT64_MIN, INT64_C(18446744073709551)) /* below 0: none */

static const DefRow cpu_tune_rows[] = {
        ELEMENT(DomainCpuTune, "shares", shares, RANGE(2, 262144)),
        ELEMENT(DomainCpuTune, "period", period, PERIOD),
        ELEMENT(DomainCpuTune, "quota", quota, QUOTA),
        ELEMENT(DomainCpuTune, "global_period", global_period, PERIOD),
        ELEMENT(DomainCpuTune, "global_quota", global_quota, QUOTA),
        ELEMENT(DomainCpuTune, "emulator_period", emulator_period, PERIOD),
        ELEMENT(DomainCpuTune, "emulator_quota", emulator_quota, QUOTA),
        ELEMENT(DomainCpuTune, "iothread_period", iothread_period, PERIOD),
        ELEMENT(DomainCpuTune, "iothread_quota", iothread_quota, QUOTA),
        LIST(DomainCpuTune, "vcpupin", vcpu_pins, vcpu_pin_type),
        GROUP("emulatorpin", emulator_pin_type),
        LIST(DomainCpuTune, "iothreadpin", iothread_pins, iothread_pin_type),
        CHILD(DomainCpuTune, "emulatorsched", emulator_sched, sched_type),
        LIST(DomainCpuTune, "vcpusched", vcpu_scheds, vcpu_sched_type),
        LIST(DomainCpuTune, "iothreadsched", iothread_scheds, iothread_sched_type),
        LIST(DomainCpuTune, "cachetune", cache_tunes, cachetune_type),
        LIST(DomainCpuTune, "memorytune", memory_tunes, memorytune_type),
};

static int compare_pins(const void *a, const void *b)
{
        const DomainPin *x = *(const DomainPin *const *) a, *y = *(const DomainPin *const *) b;

        return x->id < y->id ? -1 : x->id > y->id;
}

/* A group that divides nothing and watches nothing is none. */
static void drop_empty_groups(DefList *groups)
{
        for (uint32_t i = groups->n; i-- > 0;) {
                const DomainResctrl *group = groups->items[i];

                if (group->caches.n + group->monitors.n + group->nodes.n == 0)
                        def_remove_item(groups, i);
        }
}

/* Pins stand in the order of what they pin; 0 is no period. */
static void cputune_finish(void *p, Arena *arena, bool live)
{
        DomainCpuTune *tune = p;

        drop_empty_groups((DefList *) (void *) &tune->cache_tunes);
        drop_empty_groups((DefList *) (void *) &tune->memory_tunes);

        if (tune->vcpu_pins.n > 1)
                qsort(tune->vcpu_pins.items, tune->vcpu_pins.n, sizeof(void *), compare_pins);
        if (tune->iothread_pins.n > 1)
                qsort(tune->iothread_pins.items, tune->iothread_pins.n, sizeof(void *), compare_pins);
        if (tune->period == 0)
                def_drop(tune, period);
        if (tune->global_period == 0)
                def_drop(tune, global_period);
        if (tune->emulator_period == 0)
                def_drop(tune, emulator_period);
        if (tune->iothread_period == 0)
                def_drop(tune, iothread_period);
        if (tune->quota == 0)
                def_drop(tune, quota);
        if (tune->global_quota == 0)
                def_drop(tune, global_quota);
        if (tune->emulator_quota == 0)
                def_drop(tune, emulator_quota);
        if (tune->iothread_quota == 0)
                def_drop(tune, iothread_quota);
}

DEF_TYPE(domain_cpu_tune_type, DomainCpuTune, cpu_tune_rows, .finish = cputune_finish,
         .rules = domain_cputune_rules);

/* <numatune> */

static const DefRow numa_memory_rows[] = {
        HERE(DomainNumaTune, memory),
        ATTR(DomainNumaTune, "mode", mode, WORDS(domain_numa_mode)),
        ATTR(DomainNumaTune, "nodeset", nodeset, SYNTAX(def_syntax_cpuset)),
        ATTR(DomainNumaTune, "placement", placement, ONE_OF("static", "auto")),
};
static DEF_TYPE(numa_memory_type, DomainNumaTune, numa_memory_rows);

static const DefRow memnode_rows[] = {
        ATTR(DomainMemNode, "cellid", cell, FLAGS(DEF_REQUIRED)),
        ATTR(DomainMemNode, "mode", mode, WORDS(domain_numa_mode)),
        ATTR(DomainMemNode, "nodeset", nodeset, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_cpuset)),
};
static void memnode_finish(void *p, Arena *arena, bool live)
{
        DomainMemNode *memnode = p;

        if (memnode->mode == 0)
                memnode->mode = DOMAIN_NUMA_STRICT;
}

static DEF_TYPE_PLAIN(memnode_type, DomainMemNode, memnode_rows, .finish = memnode_finish);

static const DefRow numa_tune_rows[] = {
        GROUP("memory", numa_memory_type),
        LIST(DomainNumaTune, "memnode", nodes, memnode_type),
};
/* A set of nodes makes the placement static, which is then not said. */
static void numatune_finish(void *p, Arena *arena, bool live)
{
        DomainNumaTune *tune = p;

        /* what says nothing of the memory is not there */
        tune->memory = tune->mode != 0 || tune->nodeset || tune->placement;
        if (!tune->memory)
                return;
        if (tune->mode == 0)
                tune->mode = DOMAIN_NUMA_STRICT;
        if (tune->nodeset && !streq_ptr(tune->placement, "auto"))
                tune->placement = NULL;
        if (streq_ptr(tune->placement, "auto"))
                tune->nodeset = NULL;
}

DEF_TYPE(domain_numa_tune_type, DomainNumaTune, numa_tune_rows, .finish = numatune_finish,
         .rules = domain_numatune_rules);

/* <perf> */

static bool perf_event_check(const char *s)
{
        return g_strv_contains(domain_perf_events, s);
}

static const DefSyntax perf_event_syntax = { "performance event", perf_event_check, NULL };

static const DefRow perf_event_rows[] = {
        ATTR(DomainPerfEvent, "name", name, FLAGS(DEF_REQUIRED), SYNTAX(perf_event_syntax)),
        ATTR(DomainPerfEvent, "enabled", enabled, FLAGS(DEF_REQUIRED), YES_NO),
};
static DEF_TYPE_PLAIN(perf_event_type, DomainPerfEvent, perf_event_rows);

static const DefRow perf_rows[] = {
        LIST(DomainDef, "event", perf_events, perf_event_type),
};

static unsigned perf_event_rank(const DomainPerfEvent *event)
{
        unsigned i = 0;

        while (domain_perf_events[i] && !streq_ptr(domain_perf_events[i], event->name))
                i++;
        return i;
}

static int compare_perf_events(const void *a, const void *b)
{
        return (int) perf_event_rank(*(const DomainPerfEvent *const *) a) -
                (int) perf_event_rank(*(const DomainPerfEvent *const *) b);
}

static void perf_finish(void *p, Arena *arena, bool live)
{
        DomainDef *def = p;

        if (def->perf_events.n > 1)
                qsort(def->perf_events.items, def->perf_events.n, sizeof(void *), compare_perf_events);
}

DEF_TYPE(domain_perf_type, DomainDef, perf_rows, .finish = perf_finish, .rules = domain_perf_rules);

/* <bandwidth> */

static const DefRow rate_rows[] = {
        ATTR(DomainRate, "average", average),
        ATTR(DomainRate, "peak", peak),
        ATTR(DomainRate, "floor", floor),
        ATTR(DomainRate, "burst", burst),
};
static DEF_TYPE_PLAIN(rate_type, DomainRate, rate_rows, .rules = domain_bandwidth_rules);

static const DefRow bandwidth_rows[] = {
        CHILD(DomainBandwidth, "inbound", inbound, rate_type),
        CHILD(DomainBandwidth, "outbound", outbound, rate_type),
};
DEF_TYPE(domain_bandwidth_type, DomainBandwidth, bandwidth_rows);
