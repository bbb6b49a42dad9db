/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a domain's definition says about its share of the host. Words are libvirt's; def.h has the conventions. */

#include "drivers/model/def.h"

/* <blkiotune>; weights are 100 to 1000, limits per second. */
typedef struct DomainBlkioDevice {
        DefSet set;
        uint32_t weight;
        uint32_t read_iops;
        uint32_t write_iops;
        uint64_t read_bytes;
        uint64_t write_bytes;
        const char *path; /* of the host's block device */
} DomainBlkioDevice;

typedef struct DomainBlkioTune {
        DefSet set;
        DefRaw *raw;
        uint32_t weight;
        DEF_LIST(DomainBlkioDevice) devices;
} DomainBlkioTune;

/* <memtune>, KiB. */
typedef struct DomainMemTune {
        DefSet set;
        DefRaw *raw;
        uint64_t hard_limit;
        uint64_t soft_limit;
        uint64_t min_guarantee;
        uint64_t swap_hard_limit;
} DomainMemTune;

/* <memoryBacking> */
typedef struct DomainHugepage {
        DefSet set;
        uint64_t size;       /* KiB */
        const char *nodeset; /* of the guest; NULL: all others */
} DomainHugepage;

typedef struct DomainMemoryBacking {
        DefSet set;
        uint32_t allocation_threads;
        bool hugepages;
        bool nosharepages;
        bool locked;
        bool discard;
        const char *source;     /* "file", "anonymous", "memfd" */
        const char *access;     /* "shared", "private" */
        const char *allocation; /* "immediate", "ondemand" */
        DEF_LIST(DomainHugepage) pages;
} DomainMemoryBacking;

/* <vcpus> */
typedef struct DomainVcpu {
        DefSet set;
        uint32_t id;
        uint32_t order; /* of being plugged in, from 1 */
        Tristate enabled;
        Tristate hotpluggable;
} DomainVcpu;

/* <iothreadids> */
typedef struct DomainIoThread {
        DefSet set;
        uint32_t id; /* from 1 */
        uint32_t pool_min;
        uint32_t pool_max;
        uint32_t poll_grow;
        uint32_t poll_shrink;
        uint64_t poll_max; /* ns */
} DomainIoThread;

typedef struct DomainDefaultIoThread {
        DefSet set;
        uint32_t pool_min;
        uint32_t pool_max;
} DomainDefaultIoThread;

/* <throttlegroups> and <iotune> of a disk: bytes and operations per second, lengths in seconds. */
typedef struct DomainIoTune {
        DefSet set;
        DefRaw *raw;
        uint64_t total_bytes;
        uint64_t read_bytes;
        uint64_t write_bytes;
        uint64_t total_iops;
        uint64_t read_iops;
        uint64_t write_iops;
        uint64_t total_bytes_max;
        uint64_t read_bytes_max;
        uint64_t write_bytes_max;
        uint64_t total_iops_max;
        uint64_t read_iops_max;
        uint64_t write_iops_max;
        uint64_t size_iops;
        uint64_t total_bytes_max_length;
        uint64_t read_bytes_max_length;
        uint64_t write_bytes_max_length;
        uint64_t total_iops_max_length;
        uint64_t read_iops_max_length;
        uint64_t write_iops_max_length;
        const char *group;
} DomainIoTune;

/* <cputune> */
typedef struct DomainPin {
        DefSet set;
        uint32_t id; /* of a virtual processor or I/O thread */
        const char *cpuset;
} DomainPin;

typedef DEF_LIST(DomainPin) DomainPins;

typedef enum DomainSchedPolicy {
        DOMAIN_SCHED_BATCH = 1,
        DOMAIN_SCHED_IDLE,
        DOMAIN_SCHED_FIFO,
        DOMAIN_SCHED_RR,
        _DOMAIN_SCHED_MAX,
} DomainSchedPolicy;
DECLARE_WORDS(domain_sched, DomainSchedPolicy, _DOMAIN_SCHED_MAX);

typedef struct DomainSched {
        DefSet set;
        uint32_t priority; /* 1 to 99, of fifo and rr */
        DomainSchedPolicy policy;
        const char *ids; /* a set of numbers; NULL for the emulator */
} DomainSched;

typedef struct DomainCacheAllocation {
        DefSet set;
        uint32_t id;
        uint32_t level;
        uint64_t size;    /* KiB */
        const char *type; /* "both", "code", "data" */
} DomainCacheAllocation;

typedef struct DomainMonitor {
        DefSet set;
        uint32_t level;
        const char *vcpus;
} DomainMonitor;

typedef struct DomainBandwidthAllocation {
        DefSet set;
        uint32_t id; /* of a node */
        uint32_t bandwidth; /* percent */
} DomainBandwidthAllocation;

/* <cachetune> and <memorytune>: a group of virtual CPUs. */
typedef struct DomainResctrl {
        DefSet set;
        const char *id; /* live */
        const char *vcpus;
        DEF_LIST(DomainCacheAllocation) caches;
        DEF_LIST(DomainMonitor) monitors;
        DEF_LIST(DomainBandwidthAllocation) nodes;
} DomainResctrl;

/* Periods in µs, 1,000 to 1,000,000; quotas in µs of a period, -1 or 0: unlimited. */
typedef struct DomainCpuTune {
        DefSet set;
        DefRaw *raw;
        uint64_t shares;
        uint64_t period;
        uint64_t global_period;
        uint64_t emulator_period;
        uint64_t iothread_period;
        int64_t quota;
        int64_t global_quota;
        int64_t emulator_quota;
        int64_t iothread_quota;
        const char *emulator_cpuset;
        DomainPins vcpu_pins;
        DomainPins iothread_pins;
        DomainSched *emulator_sched;
        DEF_LIST(DomainSched) vcpu_scheds;
        DEF_LIST(DomainSched) iothread_scheds;
        DEF_LIST(DomainResctrl) cache_tunes;
        DEF_LIST(DomainResctrl) memory_tunes;
} DomainCpuTune;

/* <numatune>; virDomainNumatuneMemMode is one less. */
typedef enum DomainNumaMode {
        DOMAIN_NUMA_STRICT = 1,
        DOMAIN_NUMA_PREFERRED,
        DOMAIN_NUMA_INTERLEAVE,
        DOMAIN_NUMA_RESTRICTIVE,
        _DOMAIN_NUMA_MODE_MAX,
} DomainNumaMode;
DECLARE_WORDS(domain_numa_mode, DomainNumaMode, _DOMAIN_NUMA_MODE_MAX);

typedef struct DomainMemNode {
        DefSet set;
        uint32_t cell;
        DomainNumaMode mode;
        const char *nodeset;
} DomainMemNode;

typedef struct DomainNumaTune {
        DefSet set;
        DefRaw *raw;
        bool memory; /* <memory> is there */
        DomainNumaMode mode;
        const char *nodeset;
        const char *placement; /* "static", "auto" */
        DEF_LIST(DomainMemNode) nodes;
} DomainNumaTune;

/* <perf> */
typedef struct DomainPerfEvent {
        DefSet set;
        Tristate enabled;
        const char *name; /* "cmt", "cpu_cycles", … */
} DomainPerfEvent;

/* The names of events, libvirt's virPerfEventType; ends with NULL. */
extern const char *const domain_perf_events[];

/* <bandwidth> of an interface: KiB/s, burst in KiB. */
typedef struct DomainRate {
        DefSet set;
        uint64_t average;
        uint64_t peak;
        uint64_t floor;
        uint64_t burst;
} DomainRate;

typedef struct DomainBandwidth {
        DefSet set;
        DefRaw *raw;
        DomainRate *inbound;
        DomainRate *outbound;
} DomainBandwidth;
