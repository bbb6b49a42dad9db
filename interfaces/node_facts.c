/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/node_facts.h"

#include <stdio.h>
#include <string.h>

/* Far above what the files have on the largest machines; /proc/stat has a line per interrupt. */
#define FILE_MAX ((size_t) 4 * 1024 * 1024)
/* The kernel's limit is 8192 processors. */
#define NUMBER_MAX 65535u

#define CPU_DIR "/sys/devices/system/cpu"
#define NODE_DIR "/sys/devices/system/node"

static int read_text(const char *path, char **ret, Error *error)
{
        int r = read_file_at(AT_FDCWD, path, FILE_MAX, ret, NULL);

        return r < 0 ? error_set_errno(error, r, "cannot read %s", path) : 0;
}

void node_set_clear(NodeSet *set)
{
        g_clear_pointer(&set->has, g_free);
        set->n = 0;
}

static void node_set_add(NodeSet *set, uint32_t first, uint32_t last)
{
        if (last >= set->n) {
                set->has = g_renew(bool, set->has, last + 1);
                memset(set->has + set->n, 0, (last + 1 - set->n) * sizeof(bool));
                set->n = last + 1;
        }
        for (uint32_t i = first; i <= last; i++)
                set->has[i] = true;
}

int node_set_parse(const char *text, NodeSet *ret)
{
        _cleanup_(node_set_clear) NodeSet set = {};
        g_autofree char *copy = g_strchomp(g_strdup(text));
        g_auto(GStrv) ranges = g_strsplit(copy, ",", -1);

        for (char **range = ranges; *range; range++) {
                char *hyphen = strchr(*range, '-');
                uint32_t first, last;

                if (hyphen)
                        *hyphen = '\0';
                if (parse_u32(*range, &first) < 0 || parse_u32(hyphen ? hyphen + 1 : *range, &last) < 0 ||
                    first > last || last > NUMBER_MAX)
                        return -EINVAL;
                node_set_add(&set, first, last);
        }
        *ret = set;
        set = (NodeSet) {};
        return 0;
}

static int read_set(const char *path, NodeSet *ret, Error *error)
{
        g_autofree char *text = NULL;
        int r;

        r = read_text(path, &text, error);
        if (r < 0)
                return r;
        r = node_set_parse(text, ret);
        return r < 0 ? error_set_errno(error, r, "%s is not a list of numbers", path) : 0;
}

int node_read_cpus(NodeSet *ret_present, NodeSet *ret_online, Error *error)
{
        _cleanup_(node_set_clear) NodeSet present = {};
        int r;

        r = read_set(CPU_DIR "/present", &present, error);
        if (r < 0)
                return r;
        r = read_set(CPU_DIR "/online", ret_online, error);
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

int node_read_cpu_times(int cpu, NodeCpuTimes *ret, Error *error)
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
        r = read_text("/proc/stat", &text, error);
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

int node_read_memory(int cell, NodeMemory *ret, Error *error)
{
        g_autofree char *path = g_strdup_printf(NODE_DIR "/node%d/meminfo", cell);
        g_autofree char *prefix = g_strdup_printf("Node %d ", cell);
        g_autofree char *text = NULL;
        NodeMemory memory = {};
        int r;

        if (cell < -1 || (cell >= 0 && access(path, F_OK) < 0))
                return error_set(error, ERROR_INVALID_ARG, "there is no NUMA node %d", cell);
        r = read_text(cell < 0 ? "/proc/meminfo" : path, &text, error);
        if (r < 0)
                return r;
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

static int64_t read_cpu_number(uint32_t cpu, const char *name)
{
        g_autofree char *path = g_strdup_printf(CPU_DIR "/cpu%u/%s", cpu, name);
        g_autofree char *text = NULL;
        int64_t number;

        if (read_file_at(AT_FDCWD, path, FILE_MAX, &text, NULL) < 0 ||
            parse_i64(g_strchomp(text), &number) < 0)
                return -1;
        return number;
}

/* Base frequency, else the highest, else what the first processor runs at. */
static uint32_t read_mhz(uint32_t cpu)
{
        static const char *const files[] = { "cpufreq/base_frequency", "cpufreq/cpuinfo_max_freq" };
        g_autofree char *text = NULL;
        const char *line;
        double mhz;

        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                int64_t khz = read_cpu_number(cpu, files[i]);

                if (khz > 0)
                        return (uint32_t) (khz / 1000);
        }
        if (read_file_at(AT_FDCWD, "/proc/cpuinfo", FILE_MAX, &text, NULL) < 0)
                return 0;
        line = find_line(text, "cpu MHz");
        return line && sscanf(line, " : %lf", &mhz) == 1 ? (uint32_t) mhz : 0;
}

static uint32_t count_nodes(void)
{
        _cleanup_(node_set_clear) NodeSet nodes = {};
        uint32_t n = 0;

        /* not there in a kernel without NUMA */
        if (read_set(NODE_DIR "/online", &nodes, NULL) < 0)
                return 1;
        for (size_t i = 0; i < nodes.n; i++)
                n += nodes.has[i];
        return MAX(n, 1);
}

int node_read_topology(NodeTopology *ret, Error *error)
{
        _cleanup_(node_set_clear) NodeSet present = {};
        _cleanup_(node_set_clear) NodeSet online = {};
        g_autoptr(GHashTable) sockets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_autoptr(GHashTable) cores = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        NodeTopology topology = { .nodes = count_nodes() };
        uint32_t n_sockets, n_cores;
        int r;

        r = node_read_cpus(&present, &online, error);
        if (r < 0)
                return r;
        for (uint32_t i = 0; i < online.n; i++) {
                int64_t package, die, core;

                if (!online.has[i])
                        continue;
                topology.cpus++;
                package = read_cpu_number(i, "topology/physical_package_id");
                die = read_cpu_number(i, "topology/die_id");
                core = read_cpu_number(i, "topology/core_id");
                g_hash_table_add(sockets, g_strdup_printf("%" PRIi64, package));
                g_hash_table_add(cores,
                                 g_strdup_printf("%" PRIi64 "/%" PRIi64 "/%" PRIi64, package, die, core));
        }
        n_sockets = g_hash_table_size(sockets);
        n_cores = g_hash_table_size(cores);
        topology.mhz = read_mhz(0);
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
