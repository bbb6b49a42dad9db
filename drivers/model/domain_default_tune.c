/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include "drivers/model/cpuset.h"

#include <stdlib.h>
#include <string.h>

/* Memory, nodes, threads and what runs where, as libvirt completes it. */

/* The sum of what the guest's nodes have; 0: it has none. */
static uint64_t sum_of_cells(const DomainDef *def)
{
        uint64_t sum = 0;

        if (def->cpu)
                DEF_FOREACH(cell, def->cpu->cells)
                        sum += cell->memory;
        return sum;
}

int domain_default_memory(Normalizer *normalizer, Error *error)
{
        DomainDef *def = normalizer->def;
        bool given = def_is_set(def, memory) && def->memory > 0;
        uint64_t cells = given && normalizer->host->keep_abi ? 0 : sum_of_cells(def), devices = 0;

        DEF_FOREACH(memory, def->memories)
                devices += memory->size;
        if (cells > 0)
                def_put(def, memory, cells + devices);
        else if (!given)
                return error_set(error, ERROR_XML_ERROR, "Memory size must be specified via <memory> or in "
                                                         "the <numa> configuration");
        else if (devices > def->memory)
                return error_set(error, ERROR_XML_ERROR,
                                 "Total size of memory devices exceeds the total memory size");
        if (!def_is_set(def, current_memory) || def->current_memory == 0 ||
            def->current_memory > def->memory)
                def_put(def, current_memory, def->memory);
        return 0;
}

static DomainNumaSibling *find_sibling(const DomainNumaCell *cell, uint32_t id)
{
        DEF_FOREACH(sibling, cell->distances)
                if (sibling->id == id)
                        return sibling;
        return NULL;
}

static void add_sibling(DomainDef *def, DomainNumaCell *cell, uint32_t id, uint32_t value)
{
        DomainNumaSibling *sibling;

        if (find_sibling(cell, id))
                return;
        sibling = domain_def_new(def, DomainNumaSibling);
        def_put(sibling, id, id);
        def_put(sibling, value, value);
        domain_def_append(def, &cell->distances, sibling);
}

static int compare_siblings(const void *a, const void *b)
{
        const DomainNumaSibling *x = *(const DomainNumaSibling *const *) a,
                                *y = *(const DomainNumaSibling *const *) b;

        return x->id < y->id ? -1 : x->id > y->id;
}

#define LOCAL_DISTANCE 10u

/* A distance holds in both directions, and a node is near itself. */
static void default_distances(DomainDef *def)
{
        uint32_t n = def->cpu ? def->cpu->cells.n : 0;

        for (uint32_t i = 0; i < n; i++) {
                DomainNumaCell *cell = def->cpu->cells.items[i];
                uint32_t n_given = cell->distances.n;

                for (uint32_t k = 0; k < n_given; k++) {
                        const DomainNumaSibling *sibling = cell->distances.items[k];

                        if (sibling->id >= n)
                                continue;
                        add_sibling(def, def->cpu->cells.items[sibling->id], sibling->id, LOCAL_DISTANCE);
                        add_sibling(def, def->cpu->cells.items[sibling->id], i, sibling->value);
                }
                if (n_given > 0)
                        add_sibling(def, cell, i, LOCAL_DISTANCE);
        }
        for (uint32_t i = 0; i < n; i++) {
                DomainNumaCell *cell = def->cpu->cells.items[i];

                if (cell->distances.n > 1)
                        qsort(cell->distances.items, cell->distances.n, sizeof(void *), compare_siblings);
        }
}

/* A new guest that memory can be added to has a node for it. */
static void add_node(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;
        uint64_t memory = def->memory;
        DomainNumaCell *cell;

        if (normalizer->host->keep_abi || def->max_memory == 0 || normalizer->traits->ccw ||
            (def->cpu && def->cpu->cells.n > 0))
                return;
        DEF_FOREACH(device, def->memories) {
                memory -= device->size;
                if (!def_is_set(device, node) && (device->model == DOMAIN_MEMORY_DIMM ||
                                                  device->model == DOMAIN_MEMORY_NVDIMM ||
                                                  device->model == DOMAIN_MEMORY_VIRTIO_MEM))
                        def_put(device, node, 0);
        }
        if (!def->cpu)
                def->cpu = domain_def_new(def, DomainCpu);
        cell = domain_def_new(def, DomainNumaCell);
        def_put(cell, id, 0);
        def_put(cell, memory, memory);
        domain_def_append(def, &def->cpu->cells, cell);
}

/* Processors that are in no node are in the first. */
static void complete_cells(DomainDef *def)
{
        g_autofree uint8_t *rest = NULL, *own = NULL;
        g_autofree char *text = NULL;
        uint32_t n_given = 0;

        if (!def->cpu || def->cpu->cells.n == 0)
                return;
        rest = g_malloc(def->vcpus);
        own = g_malloc(def->vcpus);
        memset(rest, 1, def->vcpus);
        for (uint32_t i = 0; i < def->cpu->cells.n; i++) {
                const DomainNumaCell *cell = def->cpu->cells.items[i];

                if (!cell->cpus || cpuset_to_map(cell->cpus, own, def->vcpus) < 0)
                        continue;
                for (uint32_t k = 0; k < def->vcpus; k++) {
                        n_given += own[k];
                        rest[k] = rest[k] && !(own[k] && i > 0);
                }
        }
        if (n_given == def->vcpus)
                return;
        text = cpuset_from_map(rest, def->vcpus);
        ((DomainNumaCell *) def->cpu->cells.items[0])->cpus = domain_def_strdup(def, text);
}

void domain_default_nodes(Normalizer *normalizer)
{
        add_node(normalizer);
        complete_cells(normalizer->def);
}

/* Where some processors are listed, all are: those that were not are off. */
static void default_vcpus(DomainDef *def)
{
        g_autofree DomainVcpu **by_id = NULL;
        uint32_t n_on = 0;

        if (def->vcpu_items.n == 0)
                return;
        by_id = g_new0(DomainVcpu *, def->vcpus);
        DEF_FOREACH(vcpu, def->vcpu_items)
                if (vcpu->id < def->vcpus)
                        by_id[vcpu->id] = vcpu;
        def->vcpu_items.n = 0;
        def->vcpu_items.items = NULL;
        for (uint32_t i = 0; i < def->vcpus; i++) {
                DomainVcpu *vcpu = by_id[i];

                if (!vcpu) {
                        vcpu = domain_def_new(def, DomainVcpu);
                        def_put(vcpu, id, i);
                        vcpu->enabled = TRISTATE_NO;
                }
                if (vcpu->hotpluggable == TRISTATE_ABSENT)
                        vcpu->hotpluggable = tristate(vcpu->enabled == TRISTATE_NO);
                n_on += vcpu->enabled == TRISTATE_YES;
                domain_def_append(def, &def->vcpu_items, vcpu);
        }
        if (n_on < def->vcpus)
                def_put(def, vcpus_current, n_on);
        else
                def_drop(def, vcpus_current);
}

/* There is nothing to pin where there is no processor. */
static void limit_pins(DomainDef *def)
{
        DomainPins *pins = &def->cpu_tune->vcpu_pins;

        while (pins->n > 0 && pins->items[pins->n - 1]->id >= def->vcpus)
                pins->n--;
}

/* A guest without nodes has one, and pages for it are for all. */
static void default_pages(DomainDef *def)
{
        if (!def->memory_backing || (def->cpu && def->cpu->cells.n > 0))
                return;
        DEF_FOREACH(page, def->memory_backing->pages)
                if (streq_ptr(page->nodeset, "0"))
                        page->nodeset = NULL;
}

static bool has_iothread(const DomainDef *def, uint32_t id)
{
        DEF_FOREACH(thread, def->iothread_items)
                if (thread->id == id)
                        return true;
        return false;
}

/* Where some threads have numbers, all have. */
static void default_iothreads(DomainDef *def)
{
        uint32_t id = 1;

        if (def->iothread_items.n == 0)
                return;
        if (!def_is_set(def, iothreads) || def->iothreads < def->iothread_items.n)
                def_put(def, iothreads, def->iothread_items.n);
        while (def->iothread_items.n < def->iothreads) {
                DomainIoThread *thread;

                while (has_iothread(def, id))
                        id++;
                thread = domain_def_new(def, DomainIoThread);
                def_put(thread, id, id);
                domain_def_append(def, &def->iothread_items, thread);
        }
}

static int compare_scheds(const void *a, const void *b)
{
        const DomainSched *x = *(const DomainSched *const *) a, *y = *(const DomainSched *const *) b;
        unsigned long i = strtoul(x->ids, NULL, 10), j = strtoul(y->ids, NULL, 10);

        return i < j ? -1 : i > j;
}

/* A row for each thread, in their order. */
static void split_scheds(DomainDef *def, DefList *list)
{
        DefList old = *list;

        *list = (DefList) {};
        for (uint32_t i = 0; i < old.n; i++) {
                const DomainSched *from = old.items[i];

                for (const char *at = from->ids; at && *at;) {
                        char *end;
                        unsigned long first = strtoul(at, &end, 10), last = first;

                        if (*end == '-')
                                last = strtoul(end + 1, &end, 10);
                        for (; first <= last; first++) {
                                DomainSched *sched = domain_def_new(def, DomainSched);

                                *sched = *from;
                                sched->ids = domain_def_printf(def, "%lu", first);
                                def_append_item(def->arena, list, sched);
                        }
                        at = *end == ',' ? end + 1 : end;
                }
        }
        if (list->n > 1)
                qsort(list->items, list->n, sizeof(void *), compare_scheds);
}

/* A group is of processors that there are; one without any is none. */
static void limit_groups(DomainDef *def, DefList *groups)
{
        g_autofree uint8_t *map = g_new0(uint8_t, def->vcpus);
        uint32_t n = 0;

        for (uint32_t i = 0; i < groups->n; i++) {
                DomainResctrl *group = groups->items[i];
                g_autofree char *vcpus = NULL;

                if (cpuset_to_map(group->vcpus, map, def->vcpus) >= 0)
                        vcpus = cpuset_from_map(map, def->vcpus);
                if (!vcpus)
                        continue;
                group->vcpus = domain_def_strdup(def, vcpus);
                groups->items[n++] = group;
        }
        groups->n = n;
}

/* Nothing is pinned by hand. */
static bool is_placed_freely(const DomainDef *def)
{
        return !def->vcpu_cpuset &&
                (!def->cpu_tune || (def->cpu_tune->vcpu_pins.n == 0 && !def->cpu_tune->emulator_cpuset &&
                                    def->cpu_tune->iothread_pins.n == 0));
}

/* Automatic placement is of processors and memory together. */
static void default_placement(DomainDef *def)
{
        DomainNumaTune *tune = def->numa_tune;

        if (def->vcpu_placement == DOMAIN_VCPU_PLACEMENT_AUTO && !(tune && tune->memory)) {
                if (!tune)
                        tune = def->numa_tune = domain_def_new(def, DomainNumaTune);
                tune->memory = true;
                tune->mode = DOMAIN_NUMA_STRICT;
                tune->placement = "auto";
        }
        if (def->vcpu_placement == DOMAIN_VCPU_PLACEMENT_AUTO && !tune->nodeset && !tune->placement)
                tune->placement = "auto";
        if (tune && streq_ptr(tune->placement, "auto") && is_placed_freely(def))
                def->vcpu_placement = DOMAIN_VCPU_PLACEMENT_AUTO;
        if (def->vcpu_placement == 0)
                def->vcpu_placement = DOMAIN_VCPU_PLACEMENT_STATIC;
        if (def->vcpu_placement == DOMAIN_VCPU_PLACEMENT_AUTO)
                def->vcpu_cpuset = NULL;
}

void domain_default_tune(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;

        default_distances(def);
        default_vcpus(def);
        default_iothreads(def);
        default_placement(def);
        default_pages(def);
        if (def->cpu_tune) {
                limit_pins(def);
                split_scheds(def, (DefList *) (void *) &def->cpu_tune->vcpu_scheds);
                split_scheds(def, (DefList *) (void *) &def->cpu_tune->iothread_scheds);
                limit_groups(def, (DefList *) (void *) &def->cpu_tune->cache_tunes);
                limit_groups(def, (DefList *) (void *) &def->cpu_tune->memory_tunes);
        }
}
