/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

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
        ELEMENT(DomainBlkioDevice, "path", path, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_absolute_path)),
        ELEMENT(DomainBlkioDevice, "weight", weight),
        ELEMENT(DomainBlkioDevice, "read_iops_sec", read_iops),
        ELEMENT(DomainBlkioDevice, "write_iops_sec", write_iops),
        ELEMENT(DomainBlkioDevice, "read_bytes_sec", read_bytes),
        ELEMENT(DomainBlkioDevice, "write_bytes_sec", write_bytes),
};
static DEF_TYPE_PLAIN(blkio_device_type, DomainBlkioDevice, blkio_device_rows);

static const DefRow blkio_tune_rows[] = {
        ELEMENT(DomainBlkioTune, "weight", weight),
        LIST(DomainBlkioTune, "device", devices, blkio_device_type),
};
DEF_TYPE(domain_blkio_tune_type, DomainBlkioTune, blkio_tune_rows);

/* <memtune> */

static const DefRow mem_tune_rows[] = {
        ELEMENT(DomainMemTune, "hard_limit", hard_limit, KIB),
        ELEMENT(DomainMemTune, "soft_limit", soft_limit, KIB),
        ELEMENT(DomainMemTune, "min_guarantee", min_guarantee, KIB),
        ELEMENT(DomainMemTune, "swap_hard_limit", swap_hard_limit, KIB),
};
DEF_TYPE(domain_mem_tune_type, DomainMemTune, mem_tune_rows);

/* <vcpus>, <iothreadids>, <defaultiothread> */

static const DefRow vcpu_rows[] = {
        ATTR(DomainVcpu, "id", id, FLAGS(DEF_REQUIRED), RANGE(0, UINT16_MAX - 1)),
        ATTR(DomainVcpu, "enabled", enabled, YES_NO),
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
DEF_TYPE(domain_io_tune_type, DomainIoTune, io_tune_rows);

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
static DEF_TYPE_PLAIN(sched_type, DomainSched, sched_rows);

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

#define PERIOD RANGE(1000, 1000000)
#define QUOTA RANGE(-1, INT64_C(18446744073709551))

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
        RAW("cachetune"),
        RAW("memorytune"),
};
DEF_TYPE(domain_cpu_tune_type, DomainCpuTune, cpu_tune_rows);

/* <numatune> */

static const DefRow numa_memory_rows[] = {
        HERE(DomainNumaTune, memory),
        ATTR(DomainNumaTune, "mode", mode, WORDS(domain_numa_mode)),
        ATTR(DomainNumaTune, "nodeset", nodeset, SYNTAX(def_syntax_cpuset)),
        ATTR(DomainNumaTune, "placement", placement),
};
static DEF_TYPE(numa_memory_type, DomainNumaTune, numa_memory_rows);

static const DefRow memnode_rows[] = {
        ATTR(DomainMemNode, "cellid", cell, FLAGS(DEF_REQUIRED)),
        ATTR(DomainMemNode, "mode", mode, WORDS(domain_numa_mode)),
        ATTR(DomainMemNode, "nodeset", nodeset, FLAGS(DEF_REQUIRED), SYNTAX(def_syntax_cpuset)),
};
static DEF_TYPE_PLAIN(memnode_type, DomainMemNode, memnode_rows);

static const DefRow numa_tune_rows[] = {
        GROUP("memory", numa_memory_type),
        LIST(DomainNumaTune, "memnode", nodes, memnode_type),
};
DEF_TYPE(domain_numa_tune_type, DomainNumaTune, numa_tune_rows);

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
DEF_TYPE(domain_perf_type, DomainDef, perf_rows);

/* <bandwidth> */

static const DefRow rate_rows[] = {
        ATTR(DomainRate, "average", average),
        ATTR(DomainRate, "peak", peak),
        ATTR(DomainRate, "floor", floor),
        ATTR(DomainRate, "burst", burst),
};
static DEF_TYPE_PLAIN(rate_type, DomainRate, rate_rows);

static const DefRow bandwidth_rows[] = {
        CHILD(DomainBandwidth, "inbound", inbound, rate_type),
        CHILD(DomainBandwidth, "outbound", outbound, rate_type),
};
DEF_TYPE(domain_bandwidth_type, DomainBandwidth, bandwidth_rows);
