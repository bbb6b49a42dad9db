/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts of the host and what can be done with it: the Node* members of the interface Connect. */

#include "interfaces/connect-contract.h"

#include "interfaces/domain-edit.h"
#include "interfaces/support.h"
#include "service/call.h"

/* virNodeAllocPagesFlags */
enum {
        ALLOC_SET = 1 << 0,
};

/* More than any host has. */
#define PAGE_SIZES_MAX 64u

#define host_supports(driver, op) ((driver)->info->host && (driver)->info->host->op)

int connect_node_get_cpu_map(Call *call, Driver *connect, const ConnectNodeGetCPUMapArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(node_set_clear) NodeSet present = {};
        _cleanup_(node_set_clear) NodeSet online = {};
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, get_cpus))
                return error_unsupported(error, "virNodeGetCPUMap");
        r = connect->info->host->get_cpus(connect, &present, &online, error);
        if (r < 0)
                return r;
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "b");
        for (size_t i = 0; r >= 0 && i < present.n; i++)
                r = sd_bus_message_append(reply, "b", i < online.n && online.has[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int connect_node_get_cpu_stats(Call *call, Driver *connect, const ConnectNodeGetCPUStatsArgs *args, Error *error)
{
        NodeCpuTimes times;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, get_cpu_times))
                return error_unsupported(error, "virNodeGetCPUStats");
        r = connect->info->host->get_cpu_times(connect, args->cpu_num, &times, error);
        if (r < 0)
                return r;
        return call_reply(call, "a{st}", 4, "kernel", times.kernel, "user", times.user, "idle", times.idle, "iowait",
                          times.iowait);
}

int connect_node_get_free_memory(Call *call, Driver *connect, Error *error)
{
        uint64_t bytes;
        int r;

        if (!host_supports(connect, get_free_memory))
                return error_unsupported(error, "virNodeGetFreeMemory");
        r = connect->info->host->get_free_memory(connect, &bytes, error);
        return r < 0 ? r : call_reply(call, "t", bytes);
}

int connect_node_get_info(Call *call, Driver *connect, Error *error)
{
        NodeInfo info;
        int r;

        if (!host_supports(connect, get_info))
                return error_unsupported(error, "virNodeGetInfo");
        r = connect->info->host->get_info(connect, &info, error);
        if (r < 0)
                return r;
        return call_reply(call, "(stuuuuuu)", info.model, info.memory, info.topology.cpus, info.topology.mhz,
                          info.topology.nodes, info.topology.sockets, info.topology.cores, info.topology.threads);
}

int connect_node_get_memory_stats(Call *call, Driver *connect, const ConnectNodeGetMemoryStatsArgs *args,
                                  Error *error)
{
        NodeMemory memory;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, get_memory_stats))
                return error_unsupported(error, "virNodeGetMemoryStats");
        r = connect->info->host->get_memory_stats(connect, args->cell_num, &memory, error);
        if (r < 0)
                return r;
        if (args->cell_num >= 0)
                return call_reply(call, "a{st}", 2, "total", memory.total, "free", memory.free);
        return call_reply(call, "a{st}", 4, "total", memory.total, "free", memory.free, "buffers", memory.buffers,
                          "cached", memory.cached);
}

int connect_node_get_sev_info(Call *call, Driver *connect, const ConnectNodeGetSEVInfoArgs *args, Error *error)
{
        _cleanup_params_ Params params = PARAMS_INIT;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, get_sev_info))
                return error_unsupported(error, "virNodeGetSEVInfo");
        r = connect->info->host->get_sev_info(connect, &params, error);
        return r < 0 ? r : reply_params(call, &params);
}

/* From a first NUMA node on, so many of them: as many as there are. */
static int clamp_cells(Driver *driver, int32_t first, uint32_t *n, Error *error)
{
        uint32_t n_cells = driver->info->host->get_n_cells(driver);

        if (first < 0 || (uint32_t) first >= n_cells)
                return error_set(error, ERROR_INVALID_ARG, "start cell %d out of range (0-%u)", first, n_cells - 1);
        *n = MIN(*n, n_cells - (uint32_t) first);
        return 0;
}

int connect_node_get_cells_free_memory(Call *call, Driver *connect, const ConnectNodeGetCellsFreeMemoryArgs *args,
                                       Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        uint32_t n = (uint32_t) args->max_cells;
        int r;

        if (!host_supports(connect, get_cell_free_memory))
                return error_unsupported(error, "virNodeGetCellsFreeMemory");
        if (args->max_cells <= 0)
                return error_set(error, ERROR_INVALID_ARG, "maxCells must be greater than zero");
        r = clamp_cells(connect, args->start_cell, &n, error);
        if (r >= 0)
                r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "t");
        for (uint32_t i = 0; r >= 0 && i < n; i++) {
                uint64_t bytes;

                r = connect->info->host->get_cell_free_memory(connect, (uint32_t) args->start_cell + i, &bytes, error);
                if (r >= 0)
                        r = sd_bus_message_append_basic(reply, 't', &bytes);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static int append_pages(sd_bus_message *reply, int32_t cell, const uint32_t *sizes, size_t n, const uint64_t *counts)
{
        int r = sd_bus_message_open_container(reply, 'e', "ia{ut}");

        if (r >= 0)
                r = sd_bus_message_append_basic(reply, 'i', &cell);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{ut}");
        for (size_t i = 0; r >= 0 && i < n; i++)
                r = sd_bus_message_append(reply, "{ut}", sizes[i], counts[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int connect_node_get_free_pages(Call *call, Driver *connect, const ConnectNodeGetFreePagesArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autofree uint64_t *counts = NULL;
        uint32_t n = args->cell_count;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, get_free_pages))
                return error_unsupported(error, "virNodeGetFreePages");
        if (args->pages.n == 0 || args->pages.n > PAGE_SIZES_MAX)
                return error_set(error, ERROR_INVALID_ARG, "there must be 1 to %u sizes of pages", PAGE_SIZES_MAX);
        r = clamp_cells(connect, args->start_cell, &n, error);
        if (r < 0)
                return r;
        counts = g_new0(uint64_t, n * args->pages.n + 1);
        r = connect->info->host->get_free_pages(connect, (uint32_t) args->start_cell, n, args->pages.items,
                                                args->pages.n, counts, error);
        if (r >= 0)
                r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{ia{ut}}");
        for (uint32_t i = 0; r >= 0 && i < n; i++)
                r = append_pages(reply, args->start_cell + (int32_t) i, args->pages.items, args->pages.n,
                                 counts + i * args->pages.n);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static int reply_count(Call *call, Job *job, Error *error)
{
        return call_reply(call, "i", GPOINTER_TO_INT(job_result_object(job)));
}

int connect_node_alloc_pages(Call *call, Driver *connect, const ConnectNodeAllocPagesArgs *args, Error *error)
{
        const ArgPair *pairs = args->pages.items;
        _cleanup_(job_unrefp) Job *job = NULL;
        NodePages pages[PAGE_SIZES_MAX];
        uint32_t n = args->cell_count;
        int r = flags_check(args->flags, ALLOC_SET, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, alloc_pages))
                return error_unsupported(error, "virNodeAllocPages");
        if (args->pages.n == 0 || args->pages.n > PAGE_SIZES_MAX)
                return error_set(error, ERROR_INVALID_ARG, "there must be 1 to %u sizes of pages", PAGE_SIZES_MAX);
        for (size_t i = 0; i < args->pages.n; i++)
                pages[i] = (NodePages) { pairs[i].key, pairs[i].value };
        r = clamp_cells(connect, args->start_cell, &n, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, "alloc-pages", NULL, 0, &job, error);
        if (r <= 0)
                return r;
        r = connect->info->host->alloc_pages(connect, (uint32_t) args->start_cell, n, pages, args->pages.n,
                                             !(args->flags & ALLOC_SET), job, error);
        return call_job_end(call, job, r, reply_count, error);
}

int connect_node_get_memory_parameters(Call *call, Driver *connect, const ConnectNodeGetMemoryParametersArgs *args,
                                       Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_params_ Params params = PARAMS_INIT;
        /* virTypedParameterFlags: VIR_TYPED_PARAM_STRING_OKAY, which goes without saying here */
        int r = flags_check(args->flags, 1 << 2, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, get_memory_parameters))
                return error_unsupported(error, "virNodeGetMemoryParameters");
        r = connect->info->host->get_memory_parameters(connect, &params, error);
        if (r >= 0)
                r = call_reply_new(call, &reply);
        if (r >= 0)
                r = call_append_params(call, reply, &params);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int connect_node_set_memory_parameters(Call *call, Driver *connect, const ConnectNodeSetMemoryParametersArgs *args,
                                       Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, set_memory_parameters))
                return error_unsupported(error, "virNodeSetMemoryParameters");
        r = call_job_begin(call, "set-memory-parameters", NULL, 0, &job, error);
        if (r <= 0)
                return r;
        r = connect->info->host->set_memory_parameters(connect, &args->params, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int connect_node_get_security_model(Call *call, Driver *connect, Error *error)
{
        const char *model, *doi;

        if (!host_supports(connect, get_security_model))
                return error_unsupported(error, "virNodeGetSecurityModel");
        connect->info->host->get_security_model(connect, &model, &doi);
        return call_reply(call, "(ss)", model, doi);
}

int connect_node_suspend_for_duration(Call *call, Driver *connect, const ConnectNodeSuspendForDurationArgs *args,
                                      Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, suspend))
                return error_unsupported(error, "virNodeSuspendForDuration");
        r = call_job_begin(call, "suspend-host", NULL, 0, &job, error);
        if (r <= 0)
                return r;
        r = connect->info->host->suspend(connect, (NodeSuspendTarget) args->target, args->duration, job, error);
        return call_job_end(call, job, r, NULL, error);
}

int connect_get_sysinfo(Call *call, Driver *connect, const ConnectGetSysinfoArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!host_supports(connect, get_sysinfo))
                return error_unsupported(error, "virConnectGetSysinfo");
        r = call_job_begin(call, "get-sysinfo", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        r = connect->info->host->get_sysinfo(connect, job, error);
        return call_job_end(call, job, r, call_job_reply_text, error);
}
