/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a driver knows of its host and does with it. Those without a job answer at once, from memory or from files that
 * the kernel answers from memory. drivers/host/host_ops.h has them for the host that we run on. See drivers/driver.h.
 */

#include "drivers/model/node.h"
#include "drivers/model/object.h"
#include "service/base/params.h"

typedef struct HostOps {
        int (*get_info)(Driver *driver, NodeInfo *ret, Error *error);
        /* The processors that the host could have, and which of them are online. */
        int (*get_cpus)(Driver *driver, NodeSet *ret_present, NodeSet *ret_online, Error *error);
        /* cpu -1: all of them together. ERROR_INVALID_ARG for one that is not online. */
        int (*get_cpu_times)(Driver *driver, int cpu, NodeCpuTimes *ret, Error *error);
        /* Bytes that nobody uses. */
        int (*get_free_memory)(Driver *driver, uint64_t *ret, Error *error);
        /* cell is a NUMA node, -1: the whole host. ERROR_INVALID_ARG for one that is not there. */
        int (*get_memory_stats)(Driver *driver, int cell, NodeMemory *ret, Error *error);

        /* NUMA nodes are numbered without a gap: 0 … n - 1. */
        uint32_t (*get_n_cells)(Driver *driver);
        /* Bytes of the NUMA node that nobody uses. */
        int (*get_cell_free_memory)(Driver *driver, uint32_t cell, uint64_t *ret, Error *error);
        /*
         * Free pages of each size in n_cells NUMA nodes from first on: n_cells * n_sizes numbers, those of a node
         * together. ERROR_OPERATION_FAILED for a size that the host does not have.
         */
        int (*get_free_pages)(Driver *driver, uint32_t first, uint32_t n_cells, const uint32_t *sizes, size_t n_sizes,
                              uint64_t *ret, Error *error);
        /*
         * Sets how many huge pages each of these NUMA nodes has, or adds as many (add). Result:
         * job_result_object() is a GUINT_TO_POINTER of how many pools of pages were changed, of n_cells * n.
         */
        int (*alloc_pages)(Driver *driver, uint32_t first, uint32_t n_cells, const NodePages *pages, size_t n, bool add,
                           Job *job, Error *error);

        /* Of the kernel's merging of equal pages. Names are libvirt's: "shm_pages_to_scan". */
        int (*get_memory_parameters)(Driver *driver, Params *ret, Error *error);
        /* ERROR_INVALID_ARG for a name or type that is not known. */
        int (*set_memory_parameters)(Driver *driver, const Params *params, Job *job, Error *error);

        /* Words without end of life; model "": guests are not labelled. */
        void (*get_security_model)(Driver *driver, const char **ret_model, const char **ret_doi);
        /* Result: text, a <sysinfo> element. */
        int (*get_sysinfo)(Driver *driver, Job *job, Error *error);
        /* virNodeGetSEVInfo(): adds what the host has for guests with encrypted memory. */
        int (*get_sev_info)(Driver *driver, Params *ret, Error *error);
        /* Sleeps now and wakes after so many seconds, 60 at least. */
        int (*suspend)(Driver *driver, NodeSuspendTarget target, uint64_t seconds, Job *job, Error *error);
} HostOps;
