/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What there is to say about a host, or a pretended one. libvirt calls it a node. */

#include "service/base/error.h"

/* A set of small numbers, as the kernel writes it: "0-3,8". */
typedef struct NodeSet {
        bool *has; /* owned */
        size_t n;  /* one more than the largest number */
} NodeSet;

void node_set_clear(NodeSet *set);
/* -EINVAL when the text is not such a list, or has a number beyond any machine's. */
int node_set_parse(const char *text, NodeSet *ret);

/* Nanoseconds since boot. */
typedef struct NodeCpuTimes {
        uint64_t kernel;
        uint64_t user;
        uint64_t idle;
        uint64_t iowait;
} NodeCpuTimes;

/* KiB. */
typedef struct NodeMemory {
        uint64_t total;
        uint64_t free;
        uint64_t buffers; /* of the whole host only */
        uint64_t cached;
} NodeMemory;

/* As virNodeInfo: nodes * sockets * cores * threads are all processors; 1 * 1 * cpus * 1 on an irregular host. */
typedef struct NodeTopology {
        uint32_t cpus; /* online */
        uint32_t mhz;  /* 0: not known */
        uint32_t nodes;
        uint32_t sockets; /* per node */
        uint32_t cores;   /* per socket */
        uint32_t threads; /* per core */
} NodeTopology;

typedef struct NodeInfo {
        char model[32]; /* the architecture */
        uint64_t memory; /* KiB */
        NodeTopology topology;
} NodeInfo;

/* So many pages of a size. */
typedef struct NodePages {
        uint32_t size; /* KiB */
        uint64_t count;
} NodePages;

/* virNodeSuspendTarget */
typedef enum NodeSuspendTarget {
        NODE_SUSPEND_MEM,
        NODE_SUSPEND_DISK,
        NODE_SUSPEND_HYBRID,
        _NODE_SUSPEND_MAX,
} NodeSuspendTarget;
