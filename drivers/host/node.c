/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/node.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

/* Far above what the files have on the largest machines; /proc/stat has a line per interrupt. */
#define FILE_MAX ((size_t) 4 * 1024 * 1024)
#define CPU_DIR "sys/devices/system/cpu"
#define NODE_DIR "sys/devices/system/node"

int node_read_text(const char *root, const char *name, char **ret, Error *error)
{
        g_autofree char *path = g_build_filename(root, name, NULL);
        int r = read_file_at(AT_FDCWD, path, FILE_MAX, ret, NULL);

        return r < 0 ? error_set_errno(error, r, "cannot read %s", path) : 0;
}

static int read_set(const char *root, const char *path, NodeSet *ret, Error *error)
{
        g_autofree char *text = NULL;
        int r;

        r = node_read_text(root, path, &text, error);
        if (r < 0)
                return r;
        r = node_set_parse(text, ret);
        return r < 0 ? error_set_errno(error, r, "/%s is not a list of numbers", path) : 0;
}

int node_read_cpus(const char *root, NodeSet *ret_present, NodeSet *ret_online, Error *error)
{
        _cleanup_(node_set_clear) NodeSet present = {};
        int r;

        r = read_set(root, CPU_DIR "/present", &present, error);
        if (r < 0)
                return r;
        r = read_set(root, CPU_DIR "/online", ret_online, error);
        if (r < 0)
                return r;
        *ret_present = present;
        present = (NodeSet) {};
        return 0;
}

/* The rest of the first line that begins with the key, or NULL. */
static const char *find_line(const char *text, const char *key)
{
        size_t n = strlen(key);

        for (const char *line = text; line; line = strchr(line, '\n')) {
                if (*line == '\n')
                        line++;
                if (strncmp(line, key, n) == 0)
                        return line + n;
        }
        return NULL;
}

int node_read_cpu_times(const char *root, int cpu, NodeCpuTimes *ret, Error *error)
{
        uint64_t tick = NSEC_PER_SEC / (uint64_t) sysconf(_SC_CLK_TCK);
        g_autofree char *text = NULL;
        char key[24] = "cpu ";
        uint64_t user, nice, system, idle, iowait, irq, softirq;
        const char *line;
        int r;

        if (cpu < -1)
                return error_set(error, ERROR_INVALID_ARG, "there is no processor %d", cpu);
        if (cpu >= 0)
                (void) snprintf(key, sizeof(key), "cpu%d ", cpu);
        r = node_read_text(root, "proc/stat", &text, error);
        if (r < 0)
                return r;
        line = find_line(text, key);
        if (!line)
                return error_set(error, ERROR_INVALID_ARG, "there is no processor %d", cpu);
        /* proc(5): the columns in this order */
        if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
                   &user, &nice, &system, &idle, &iowait, &irq, &softirq) != 7)
                return error_set(error, ERROR_SYSTEM_ERROR, "cannot understand /proc/stat");
        *ret = (NodeCpuTimes) {
                .kernel = (system + irq + softirq) * tick,
                .user = (user + nice) * tick,
                .idle = idle * tick,
                .iowait = iowait * tick,
        };
        return 0;
}

static int find_kib(const char *text, const char *prefix, const char *name, uint64_t *ret)
{
        g_autofree char *key = g_strdup_printf("%s%s:", prefix, name);
        const char *line = find_line(text, key);

        return line && sscanf(line, "%" SCNu64 " kB", ret) == 1 ? 0 : -EBADMSG;
}

int node_read_memory(const char *root, int cell, NodeMemory *ret, Error *error)
{
        g_autofree char *path = g_strdup_printf(NODE_DIR "/node%d/meminfo", cell);
        g_autofree char *prefix = g_strdup_printf("Node %d ", cell);
        g_autofree char *text = NULL;
        _cleanup_error_ Error unreadable = ERROR_INIT;
        NodeMemory memory = {};
        int r;

        if (cell < -1)
                return error_set(error, ERROR_INVALID_ARG, "there is no NUMA node %d", cell);
        r = node_read_text(root, cell < 0 ? "proc/meminfo" : path, &text, &unreadable);
        if (r == -ENOENT && cell >= 0)
                return error_set(error, ERROR_INVALID_ARG, "there is no NUMA node %d", cell);
        if (r < 0) {
                error_move(error, &unreadable);
                return r;
        }
        if (cell < 0)
                *prefix = '\0';
        r = find_kib(text, prefix, "MemTotal", &memory.total);
        if (r >= 0)
                r = find_kib(text, prefix, "MemFree", &memory.free);
        if (r >= 0 && cell < 0)
                r = find_kib(text, prefix, "Buffers", &memory.buffers);
        if (r >= 0 && cell < 0)
                r = find_kib(text, prefix, "Cached", &memory.cached);
        if (r < 0)
                return error_set(error, ERROR_SYSTEM_ERROR, "cannot understand %s",
                                 cell < 0 ? "/proc/meminfo" : path);
        *ret = memory;
        return 0;
}

static int64_t read_cpu_number(const char *root, uint32_t cpu, const char *name)
{
        g_autofree char *path = g_strdup_printf(CPU_DIR "/cpu%u/%s", cpu, name);
        g_autofree char *text = NULL;
        int64_t number;

        if (node_read_text(root, path, &text, NULL) < 0 ||
            parse_i64(g_strchomp(text), &number) < 0)
                return -1;
        return number;
}

/* Base frequency, else the highest, else what the first processor runs at. */
static uint32_t read_mhz(const char *root, uint32_t cpu)
{
        static const char *const files[] = { "cpufreq/base_frequency", "cpufreq/cpuinfo_max_freq" };
        g_autofree char *text = NULL;
        const char *line;
        double mhz;

        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                int64_t khz = read_cpu_number(root, cpu, files[i]);

                if (khz > 0)
                        return (uint32_t) (khz / 1000);
        }
        if (node_read_text(root, "proc/cpuinfo", &text, NULL) < 0)
                return 0;
        line = find_line(text, "cpu MHz");
        return line && sscanf(line, " : %lf", &mhz) == 1 ? (uint32_t) mhz : 0;
}

uint32_t node_count_cells(const char *root)
{
        _cleanup_(node_set_clear) NodeSet nodes = {};
        uint32_t n = 0;

        /* not there in a kernel without NUMA */
        if (read_set(root, NODE_DIR "/online", &nodes, NULL) < 0)
                return 1;
        for (size_t i = 0; i < nodes.n; i++)
                n += nodes.has[i];
        return MAX(n, 1);
}

int node_read_topology(const char *root, NodeTopology *ret, Error *error)
{
        _cleanup_(node_set_clear) NodeSet present = {};
        _cleanup_(node_set_clear) NodeSet online = {};
        g_autoptr(GHashTable) sockets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable) cores = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        NodeTopology topology = { .nodes = node_count_cells(root) };
        uint32_t n_sockets, n_cores;
        int r;

        r = node_read_cpus(root, &present, &online, error);
        if (r < 0)
                return r;
        for (uint32_t i = 0; i < online.n; i++) {
                int64_t package, die, core;

                if (!online.has[i])
                        continue;
                topology.cpus++;
                package = read_cpu_number(root, i, "topology/physical_package_id");
                die = read_cpu_number(root, i, "topology/die_id");
                core = read_cpu_number(root, i, "topology/core_id");
                g_hash_table_add(sockets, g_strdup_printf("%" PRIi64, package));
                g_hash_table_add(cores,
                                 g_strdup_printf("%" PRIi64 "/%" PRIi64 "/%" PRIi64, package, die, core));
        }
        n_sockets = g_hash_table_size(sockets);
        n_cores = g_hash_table_size(cores);
        topology.mhz = read_mhz(root, 0);
        if (n_sockets % topology.nodes == 0 && n_cores % n_sockets == 0 && topology.cpus % n_cores == 0) {
                topology.sockets = n_sockets / topology.nodes;
                topology.cores = n_cores / n_sockets;
                topology.threads = topology.cpus / n_cores;
        } else {
                topology.nodes = topology.sockets = topology.threads = 1;
                topology.cores = topology.cpus;
        }
        *ret = topology;
        return 0;
}

int node_read_info(const char *root, NodeInfo *ret, Error *error)
{
        NodeInfo info = {};
        struct utsname name;
        NodeMemory memory;
        int r = node_read_topology(root, &info.topology, error);

        if (r >= 0)
                r = node_read_memory(root, -1, &memory, error);
        if (r < 0)
                return r;
        if (uname(&name) < 0)
                return error_set_errno(error, errno, "cannot get the architecture of the host");
        g_strlcpy(info.model, name.machine, sizeof(info.model));
        info.memory = memory.total;
        *ret = info;
        return 0;
}
