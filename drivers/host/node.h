/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Processors and memory of this host, from files of /proc and /sys, which the kernel answers from memory. Read anew
 * each time, since processors and memory come and go. root is "/", or where a test has such files.
 */

#include "drivers/model/cpu.h"
#include "drivers/model/node.h"
#include "service/base/params.h"

/* The contents of a file beneath root, at most 4 MiB. name does not begin with a slash. */
int node_read_text(const char *root, const char *name, char **ret, Error *error);

/* As HostOps has them. */
int node_read_info(const char *root, NodeInfo *ret, Error *error);
int node_read_topology(const char *root, NodeTopology *ret, Error *error);
int node_read_cpus(const char *root, NodeSet *ret_present, NodeSet *ret_online, Error *error);
int node_read_cpu_times(const char *root, int cpu, NodeCpuTimes *ret, Error *error);
int node_read_memory(const char *root, int cell, NodeMemory *ret, Error *error);
/* At least 1. */
uint32_t node_count_cells(const char *root);

/* node_cpu.c: the first processor, as /proc/cpuinfo has it. x86 only: of others nothing is told. */
typedef struct NodeCpu {
        char *vendor; /* "GenuineIntel"; NULL: not told */
        unsigned family, model, stepping;
        uint64_t microcode;     /* 0: not told */
        unsigned physical_bits; /* of addresses; 0: not told */
} NodeCpu;

int node_read_cpu(const char *root, NodeCpu *ret, Error *error);
void node_cpu_clear(NodeCpu *cpu);
/*
 * What the processor that we run on says of itself, by its instruction CPUID; nothing when it is not x86. The kernel
 * tells another part of that, and what it makes of it.
 */
CpuFeatures node_cpu_features(void);

/* node_pages.c */
int node_read_free_pages(const char *root, uint32_t first, uint32_t n_cells, const uint32_t *sizes, size_t n_sizes,
                         uint64_t *ret, Error *error);
/* Waits for the kernel to make room: for a worker. *ret is how many pools were changed. */
int node_alloc_pages(const char *root, uint32_t first, uint32_t n_cells, const NodePages *pages, size_t n, bool add,
                     uint32_t *ret, Error *error);
int node_read_memory_parameters(const char *root, Params *ret, Error *error);
int node_write_memory_parameters(const char *root, const Params *params, Error *error);

/*
 * node_sysinfo.c: what the firmware says of the machine, entry by entry, in libvirt's words: element is "bios",
 * "system", "baseBoard" or "chassis". Returns how many there are.
 */
typedef void (*NodeSysinfoFunc)(void *userdata, const char *element, const char *name, const char *value);
unsigned node_sysinfo_foreach(const char *root, NodeSysinfoFunc func, void *userdata);
/* The same as a <sysinfo> element. Free with g_free(). */
int node_read_sysinfo(const char *root, char **ret, Error *error);
