/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Facts of the host, the Node* members of the interface Connect. */

#include "interfaces/connect-contract.h"

#include <sys/utsname.h>

#include "interfaces/node_facts.h"
#include "interfaces/support.h"
#include "service/call.h"

int connect_node_get_cpu_map(Call *call, Driver *connect, const ConnectNodeGetCPUMapArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(node_set_clear) NodeSet present = {};
        _cleanup_(node_set_clear) NodeSet online = {};
        int r;

        r = flags_check(args->flags, 0, error);
        if (r < 0)
                return r;
        r = node_read_cpus(&present, &online, error);
        if (r < 0)
                return r;
        r = call_reply_new(call, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', "b");
        for (size_t i = 0; r >= 0 && i < present.n; i++)
                r = sd_bus_message_append(reply, "b", i < online.n && online.has[i]);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;
        return call_reply_send(call, g_steal_pointer(&reply));
}

int connect_node_get_cpu_stats(Call *call, Driver *connect, const ConnectNodeGetCPUStatsArgs *args,
                               Error *error)
{
        NodeCpuTimes times;
        int r;

        r = flags_check(args->flags, 0, error);
        if (r < 0)
                return r;
        r = node_read_cpu_times(args->cpu_num, &times, error);
        if (r < 0)
                return r;
        return call_reply(call, "a{st}", 4, "kernel", times.kernel, "user", times.user, "idle", times.idle,
                          "iowait", times.iowait);
}

int connect_node_get_free_memory(Call *call, Driver *connect, Error *error)
{
        NodeMemory memory;
        int r = node_read_memory(-1, &memory, error);

        return r < 0 ? r : call_reply(call, "t", memory.free * 1024);
}

int connect_node_get_info(Call *call, Driver *connect, Error *error)
{
        NodeTopology topology;
        struct utsname name;
        NodeMemory memory;
        int r;

        r = node_read_topology(&topology, error);
        if (r < 0)
                return r;
        r = node_read_memory(-1, &memory, error);
        if (r < 0)
                return r;
        if (uname(&name) < 0)
                return error_set_errno(error, errno, "cannot get the architecture of the host");
        return call_reply(call, "(stuuuuuu)", name.machine, memory.total, topology.cpus, topology.mhz,
                          topology.nodes, topology.sockets, topology.cores, topology.threads);
}

int connect_node_get_memory_stats(Call *call, Driver *connect, const ConnectNodeGetMemoryStatsArgs *args,
                                  Error *error)
{
        NodeMemory memory;
        int r;

        r = flags_check(args->flags, 0, error);
        if (r < 0)
                return r;
        r = node_read_memory(args->cell_num, &memory, error);
        if (r < 0)
                return r;
        if (args->cell_num >= 0)
                return call_reply(call, "a{st}", 2, "total", memory.total, "free", memory.free);
        return call_reply(call, "a{st}", 4, "total", memory.total, "free", memory.free, "buffers",
                          memory.buffers, "cached", memory.cached);
}

int connect_node_get_security_model(Call *call, Driver *connect, Error *error)
{
        return call_reply(call, "(ss)", "", "");
}
