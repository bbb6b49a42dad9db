/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include <stdlib.h>

/* <cpu> */

static const DefRow cpu_model_rows[] = {
        ATTR(DomainCpu, "fallback", fallback, WORDS(domain_cpu_fallback)),
        ATTR(DomainCpu, "vendor_id", vendor_id),
        TEXT(DomainCpu, model),
};
static DEF_TYPE(cpu_model_type, DomainCpu, cpu_model_rows);

static const DefRow topology_rows[] = {
        ATTR(DomainCpu, "sockets", sockets, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(DomainCpu, "dies", dies, RANGE(1, UINT32_MAX)),
        ATTR(DomainCpu, "clusters", clusters, RANGE(1, UINT32_MAX)),
        ATTR(DomainCpu, "cores", cores, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(DomainCpu, "threads", threads, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
};

static void topology_finish(void *p, Arena *arena, bool live)
{
        DomainCpu *cpu = p;

        if (!def_is_set(cpu, dies))
                def_put(cpu, dies, 1);
        if (!def_is_set(cpu, clusters))
                def_put(cpu, clusters, 1);
}

static DEF_TYPE(topology_type, DomainCpu, topology_rows, .finish = topology_finish);

static const DefRow cpu_feature_rows[] = {
        ATTR(DomainCpuFeature, "policy", policy, WORDS(domain_cpu_policy)),
        ATTR(DomainCpuFeature, "name", name, FLAGS(DEF_REQUIRED)),
};

static void cpu_feature_begin(void *p)
{
        DomainCpuFeature *feature = p;

        if (feature->policy == 0)
                feature->policy = DOMAIN_CPU_POLICY_REQUIRE;
}

static DEF_TYPE_PLAIN(cpu_feature_type, DomainCpuFeature, cpu_feature_rows, .begin = cpu_feature_begin);

static const DefRow cache_rows[] = {
        ATTR(DomainCpu, "level", cache_level, RANGE(1, 3)),
        ATTR(DomainCpu, "mode", cache, ONE_OF("emulate", "passthrough", "disable"), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(cache_type, DomainCpu, cache_rows);

static const DefRow maxphysaddr_rows[] = {
        ATTR(DomainCpu, "mode", physical_address, ONE_OF("emulate", "passthrough"), FLAGS(DEF_REQUIRED)),
        ATTR(DomainCpu, "bits", physical_address_bits),
        ATTR(DomainCpu, "limit", physical_address_limit),
};
static DEF_TYPE(maxphysaddr_type, DomainCpu, maxphysaddr_rows);

/* <numa> */

static const DefRow sibling_rows[] = {
        ATTR(DomainNumaSibling, "id", id, FLAGS(DEF_REQUIRED)),
        ATTR(DomainNumaSibling, "value", value, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(sibling_type, DomainNumaSibling, sibling_rows);

static const DefRow distances_rows[] = {
        LIST(DomainNumaCell, "sibling", distances, sibling_type),
};
static DEF_TYPE_PLAIN(distances_type, DomainNumaCell, distances_rows);

static const DefRow cache_size_rows[] = {
        ATTR(DomainNumaCache, "value", size, KIB, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(cache_size_type, DomainNumaCache, cache_size_rows);

static const DefRow cache_line_rows[] = {
        ATTR(DomainNumaCache, "value", line, BYTES, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(cache_line_type, DomainNumaCache, cache_line_rows);

static const DefRow numa_cache_rows[] = {
        ATTR(DomainNumaCache, "level", level, FLAGS(DEF_REQUIRED)),
        ATTR(DomainNumaCache, "associativity", associativity, ONE_OF("none", "direct", "full"),
             FLAGS(DEF_REQUIRED)),
        ATTR(DomainNumaCache, "policy", policy, ONE_OF("none", "writeback", "writethrough"),
             FLAGS(DEF_REQUIRED)),
        GROUP("size", cache_size_type, FLAGS(DEF_REQUIRED)),
        GROUP("line", cache_line_type, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(numa_cache_type, DomainNumaCache, numa_cache_rows);

static const DefRow cell_rows[] = {
        ATTR(DomainNumaCell, "id", id),
        ATTR(DomainNumaCell, "cpus", cpus, SYNTAX(def_syntax_cpuset)),
        ATTR(DomainNumaCell, "memory", memory, KIB, FLAGS(DEF_REQUIRED)),
        ATTR(DomainNumaCell, "memAccess", access, ONE_OF("shared", "private")),
        ATTR(DomainNumaCell, "discard", discard, YES_NO),
        GROUP("distances", distances_type),
        LIST(DomainNumaCell, "cache", caches, numa_cache_type),
};
static DEF_TYPE_PLAIN(cell_type, DomainNumaCell, cell_rows);

#define INTERCONNECT_TYPES ONE_OF("access", "read", "write")
static const DefRow latency_rows[] = {
        ATTR(DomainInterconnect, "initiator", initiator, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterconnect, "target", target, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterconnect, "cache", cache),
        ATTR(DomainInterconnect, "type", type, INTERCONNECT_TYPES, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterconnect, "value", value, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(latency_type, DomainInterconnect, latency_rows);

static const DefRow bandwidth_rows[] = {
        ATTR(DomainInterconnect, "initiator", initiator, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterconnect, "target", target, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterconnect, "cache", cache),
        ATTR(DomainInterconnect, "type", type, INTERCONNECT_TYPES, FLAGS(DEF_REQUIRED)),
        ATTR(DomainInterconnect, "value", value, KIB, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(bandwidth_type, DomainInterconnect, bandwidth_rows);

static const DefRow interconnects_rows[] = {
        LIST(DomainCpu, "latency", latencies, latency_type),
        LIST(DomainCpu, "bandwidth", bandwidths, bandwidth_type),
};
static DEF_TYPE(interconnects_type, DomainCpu, interconnects_rows);

static const DefRow numa_rows[] = {
        LIST(DomainCpu, "cell", cells, cell_type),
        GROUP("interconnects", interconnects_type),
};

static int compare_cells(const void *a, const void *b)
{
        const DomainNumaCell *x = *(const DomainNumaCell *const *) a, *y = *(const DomainNumaCell *const *) b;

        return x->id < y->id ? -1 : x->id > y->id;
}

/* Cells stand in the order of their numbers; where none has one they are counted. */
static void numa_finish(void *p, Arena *arena, bool live)
{
        DomainCpu *cpu = p;

        for (uint32_t i = 0; i < cpu->cells.n; i++)
                if (!def_is_set(cpu->cells.items[i], id))
                        def_put(cpu->cells.items[i], id, i);
        if (cpu->cells.n > 1)
                qsort(cpu->cells.items, cpu->cells.n, sizeof(void *), compare_cells);
}

static DEF_TYPE(numa_type, DomainCpu, numa_rows, .finish = numa_finish, .rules = domain_numa_rules);

static const DefRow cpu_rows[] = {
        ATTR(DomainCpu, "mode", mode, WORDS(domain_cpu_mode)),
        ATTR(DomainCpu, "match", match, WORDS(domain_cpu_match)),
        ATTR(DomainCpu, "check", check, WORDS(domain_cpu_check), FLAGS(DEF_HOST)),
        ATTR(DomainCpu, "migratable", migratable, ON_OFF),
        ATTR(DomainCpu, "deprecated_features", deprecated_features, ON_OFF),
        GROUP("model", cpu_model_type),
        ELEMENT(DomainCpu, "vendor", vendor),
        GROUP("topology", topology_type),
        GROUP("cache", cache_type),
        GROUP("maxphysaddr", maxphysaddr_type),
        LIST(DomainCpu, "feature", features, cpu_feature_type),
        GROUP("numa", numa_type),
};

/* libvirt's defaults: a model without a mode is custom and matches exactly. */
static void cpu_finish(void *p, Arena *arena, bool live)
{
        DomainCpu *cpu = p;

        if (cpu->mode == 0 && (cpu->model || cpu->match != 0))
                cpu->mode = DOMAIN_CPU_CUSTOM;
        if (cpu->mode == DOMAIN_CPU_CUSTOM && cpu->match == 0)
                cpu->match = DOMAIN_CPU_MATCH_EXACT;
        if (cpu->mode == DOMAIN_CPU_CUSTOM && cpu->model && cpu->fallback == 0)
                cpu->fallback = DOMAIN_CPU_FALLBACK_ALLOW;
        if (cpu->mode != DOMAIN_CPU_CUSTOM)
                cpu->match = 0;
        if (!cpu->model)
                cpu->fallback = 0;
        /* the host's own has no other model */
        if (cpu->mode == DOMAIN_CPU_HOST_PASSTHROUGH || cpu->mode == DOMAIN_CPU_MAXIMUM) {
                cpu->model = cpu->vendor_id = cpu->vendor = NULL;
                cpu->fallback = 0;
        }
}

DEF_TYPE(domain_cpu_type, DomainCpu, cpu_rows, .finish = cpu_finish, .rules = domain_cpu_rules);
