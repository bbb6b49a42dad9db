/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_placement.h"

#include "drivers/host/node.h"
#include "drivers/model/cpuset.h"
#include "drivers/model/domain_vcpu.h"

#include <string.h>

#define NODES_MAX 1024u
#define CPUS_MAX 8192u

typedef struct HostNode {
        uint32_t number;
        uint64_t free; /* KiB */
        char *cpus;
} HostNode;

static void clear_node(gpointer data)
{
        HostNode *node = data;

        g_free(node->cpus);
}

static int compare_free(const void *a, const void *b)
{
        const HostNode *x = a, *y = b;

        if (x->free != y->free)
                return x->free > y->free ? -1 : 1;
        return x->number < y->number ? -1 : x->number > y->number;
}

/* Those with processors, the emptiest first. */
static GArray *read_nodes(const char *root)
{
        GArray *nodes = g_array_new(false, false, sizeof(HostNode));
        _cleanup_(node_set_clear) NodeSet online = {};
        g_autofree char *text = NULL;

        g_array_set_clear_func(nodes, clear_node);
        if (node_read_text(root, "sys/devices/system/node/online", &text, NULL) < 0 ||
            node_set_parse(text, &online) < 0)
                return nodes;
        for (uint32_t i = 0; i < MIN(online.n, NODES_MAX); i++) {
                g_autofree char *name = g_strdup_printf("sys/devices/system/node/node%" PRIu32 "/cpulist", i),
                        *cpus = NULL;
                HostNode node = { .number = i };
                NodeMemory memory = {};

                if (!online.has[i] || node_read_text(root, name, &cpus, NULL) < 0 || isempty(g_strstrip(cpus)))
                        continue;
                if (node_read_memory(root, (int) i, &memory, NULL) >= 0)
                        node.free = memory.free;
                node.cpus = g_steal_pointer(&cpus);
                g_array_append_val(nodes, node);
        }
        g_array_sort(nodes, compare_free);
        return nodes;
}

static uint32_t add_cpus(const char *cpus, uint8_t *map)
{
        uint32_t n = 0;

        (void) cpuset_to_map(cpus, map, CPUS_MAX);
        for (uint32_t i = 0; i < CPUS_MAX; i++)
                n += map[i];
        return n;
}

static void merge(uint8_t *to, const uint8_t *from, size_t n)
{
        for (size_t i = 0; i < n; i++)
                to[i] |= from[i];
}

static void choose(const GArray *nodes, const DomainDef *def, char **ret_nodes, char **ret_cpus)
{
        g_autofree uint8_t *chosen = g_new0(uint8_t, NODES_MAX), *cpus = g_new0(uint8_t, CPUS_MAX);
        uint64_t free_ = 0;
        uint32_t n_cpus = 0;

        for (guint i = 0; i < nodes->len; i++) {
                const HostNode *node = &g_array_index(nodes, HostNode, i);
                g_autofree uint8_t *own = g_new0(uint8_t, CPUS_MAX);

                if (i > 0 && free_ >= def->memory && n_cpus >= domain_vcpus_max(def))
                        break;
                n_cpus += add_cpus(node->cpus, own);
                free_ += node->free;
                merge(cpus, own, CPUS_MAX);
                chosen[node->number] = 1;
        }
        *ret_nodes = cpuset_from_map(chosen, NODES_MAX);
        *ret_cpus = cpuset_from_map(cpus, CPUS_MAX);
}

int qemu_placement_choose(const char *root, DomainDef **def, Error *error)
{
        bool memory = (*def)->numa_tune && streq_ptr((*def)->numa_tune->placement, "auto");
        bool vcpus = (*def)->vcpu_placement == DOMAIN_VCPU_PLACEMENT_AUTO;
        _cleanup_(domain_def_unrefp) DomainDef *copy = NULL;
        g_autofree char *node_text = NULL, *cpu_text = NULL;
        g_autoptr(GArray) nodes = NULL;
        int r;

        if (!memory && !vcpus)
                return 0;
        nodes = read_nodes(root);
        if (nodes->len == 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "%s: the host does not say which nodes it has; name them",
                                 memory ? "/domain/numatune/memory/@placement" : "/domain/vcpu/@placement");
        choose(nodes, *def, &node_text, &cpu_text);
        copy = domain_def_copy(*def);
        if (vcpus) {
                copy->vcpu_placement = DOMAIN_VCPU_PLACEMENT_STATIC;
                copy->vcpu_cpuset = domain_def_strdup(copy, cpu_text);
        }
        if (memory) {
                copy->numa_tune->placement = "static";
                copy->numa_tune->nodeset = domain_def_strdup(copy, node_text);
        }
        r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = g_steal_pointer(&copy);
        return 0;
}
