/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The processors and the memory of this host, from /proc and /sys: files that the kernel answers from memory.
 * Read anew each time, since processors and memory come and go.
 */

#include "service/base/error.h"

/* A set of small numbers, as the kernel writes it: "0-3,8". */
typedef struct NodeSet {
        bool *has; /* owned */
        size_t n;  /* one more than the largest number */
} NodeSet;

void node_set_clear(NodeSet *set);
/* -EINVAL when the text is not such a list, or has a number beyond any machine's. */
int node_set_parse(const char *text, NodeSet *ret);

/* The processors that the host could have, and which of them are online. */
int node_read_cpus(NodeSet *ret_present, NodeSet *ret_online, Error *error);

/* Nanoseconds since boot. */
typedef struct NodeCpuTimes {
        uint64_t kernel;
        uint64_t user;
        uint64_t idle;
        uint64_t iowait;
} NodeCpuTimes;

/* cpu -1: all of them together. ERROR_INVALID_ARG for one that is not online. */
int node_read_cpu_times(int cpu, NodeCpuTimes *ret, Error *error);

/* KiB. */
typedef struct NodeMemory {
        uint64_t total;
        uint64_t free;
        uint64_t buffers; /* of the whole host only */
        uint64_t cached;
} NodeMemory;

/* cell is a NUMA node, -1: the whole host. ERROR_INVALID_ARG for one that is not there. */
int node_read_memory(int cell, NodeMemory *ret, Error *error);

/* As virNodeInfo: nodes * sockets * cores * threads are all processors; 1 * 1 * cpus * 1 on an irregular host. */
typedef struct NodeTopology {
        uint32_t cpus; /* online */
        uint32_t mhz;  /* 0: not known */
        uint32_t nodes;
        uint32_t sockets; /* per node */
        uint32_t cores;   /* per socket */
        uint32_t threads; /* per core */
} NodeTopology;

int node_read_topology(NodeTopology *ret, Error *error);
