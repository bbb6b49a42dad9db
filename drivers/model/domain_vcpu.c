/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_vcpu.h"

#include <string.h>

bool domain_vcpu_is_enabled(const DomainDef *def, uint32_t id)
{
        if (id < def->vcpu_items.n && def->vcpu_items.items[id]->id == id)
                return def->vcpu_items.items[id]->enabled == TRISTATE_YES;
        DEF_FOREACH(vcpu, def->vcpu_items)
                if (vcpu->id == id)
                        return vcpu->enabled == TRISTATE_YES;
        return id < domain_vcpus_current(def);
}

/* From the first ones being on to saying so of each: then the list is as long as it can be, and in order. */
static void enumerate(DomainDef *def)
{
        uint32_t max = domain_vcpus_max(def);
        g_autofree DomainVcpu **by_id = g_new0(DomainVcpu *, max);

        DEF_FOREACH(vcpu, def->vcpu_items)
                if (vcpu->id < max)
                        by_id[vcpu->id] = vcpu;
        def->vcpu_items.n = 0;
        def->vcpu_items.items = NULL;
        for (uint32_t i = 0; i < max; i++) {
                DomainVcpu *vcpu = by_id[i];

                if (!vcpu) {
                        vcpu = domain_def_new(def, DomainVcpu);
                        def_put(vcpu, id, i);
                        vcpu->enabled = tristate(i < domain_vcpus_current(def));
                        vcpu->hotpluggable = tristate(vcpu->enabled != TRISTATE_YES);
                }
                domain_def_append(def, &def->vcpu_items, vcpu);
        }
}

static void set_current(DomainDef *def, uint32_t n)
{
        if (n < domain_vcpus_max(def))
                def_put(def, vcpus_current, n);
        else
                def_drop(def, vcpus_current);
}

/* Where one says when it comes all must, so none does. What was not there from the beginning can go again. */
static void set_enabled(DomainDef *def, DomainVcpu *vcpu, bool enabled, bool hotpluggable)
{
        vcpu->enabled = tristate(enabled);
        vcpu->hotpluggable = tristate(hotpluggable);
        DEF_FOREACH(other, def->vcpu_items)
                def_drop(other, order);
}

void domain_vcpus_set(DomainDef *def, const uint8_t *map, bool enabled)
{
        uint32_t n = 0;

        enumerate(def);
        DEF_FOREACH(vcpu, def->vcpu_items) {
                if (map[vcpu->id] && vcpu->enabled != tristate(enabled))
                        set_enabled(def, vcpu, enabled, true);
                n += vcpu->enabled == TRISTATE_YES;
        }
        set_current(def, n);
}

void domain_vcpus_set_count(DomainDef *def, uint32_t n, bool hotpluggable)
{
        uint32_t on = 0, max = domain_vcpus_max(def);

        if (def->vcpu_items.n > 0 || (hotpluggable && n > domain_vcpus_current(def)))
                enumerate(def);
        set_current(def, n);
        DEF_FOREACH(vcpu, def->vcpu_items)
                on += vcpu->enabled == TRISTATE_YES;
        /* the lowest that is off comes first, the highest that is on goes first */
        for (uint32_t i = 0; i < MIN(max, def->vcpu_items.n) && on < n; i++)
                if (def->vcpu_items.items[i]->enabled != TRISTATE_YES) {
                        set_enabled(def, def->vcpu_items.items[i], true, hotpluggable);
                        on++;
                }
        for (uint32_t i = MIN(max, def->vcpu_items.n); i-- > 0 && on > n;)
                if (def->vcpu_items.items[i]->enabled == TRISTATE_YES) {
                        set_enabled(def, def->vcpu_items.items[i], false, true);
                        on--;
                }
}

void domain_pin_set(DomainDef *def, DomainPins *pins, uint32_t id, const char *cpuset)
{
        DomainPin *pin;
        uint32_t i = 0;

        while (i < pins->n && pins->items[i]->id < id)
                i++;
        if (i == pins->n || pins->items[i]->id != id) {
                pin = domain_def_new(def, DomainPin);
                def_put(pin, id, id);
                domain_def_append(def, pins, pin);
                memmove(pins->items + i + 1, pins->items + i, (pins->n - 1 - i) * sizeof(*pins->items));
                pins->items[i] = pin;
        }
        pins->items[i]->cpuset = domain_def_strdup(def, cpuset);
}

static void fill_map(const char *cpuset, uint8_t *map, size_t n)
{
        if (!cpuset || cpuset_to_map(cpuset, map, n) < 0)
                memset(map, 1, n);
}

static const char *pinned(const DomainPins *pins, uint32_t id)
{
        for (uint32_t i = 0; i < pins->n; i++)
                if (pins->items[i]->id == id)
                        return pins->items[i]->cpuset;
        return NULL;
}

void domain_vcpu_pin(const DomainDef *def, uint32_t id, uint8_t *map, size_t n)
{
        const char *cpuset = def->cpu_tune ? pinned(&def->cpu_tune->vcpu_pins, id) : NULL;

        fill_map(cpuset ?: def->vcpu_cpuset, map, n);
}

void domain_emulator_pin(const DomainDef *def, uint8_t *map, size_t n)
{
        const char *cpuset = def->cpu_tune ? def->cpu_tune->emulator_cpuset : NULL;

        fill_map(cpuset ?: def->vcpu_cpuset, map, n);
}

void domain_iothread_pin(const DomainDef *def, uint32_t id, uint8_t *map, size_t n)
{
        const char *cpuset = def->cpu_tune ? pinned(&def->cpu_tune->iothread_pins, id) : NULL;

        fill_map(cpuset ?: def->vcpu_cpuset, map, n);
}

DomainIoThread *domain_iothread_find(const DomainDef *def, uint32_t id)
{
        DEF_FOREACH(thread, def->iothread_items)
                if (thread->id == id)
                        return thread;
        return NULL;
}

static int compare_ids(const void *a, const void *b)
{
        uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

        return x < y ? -1 : x > y;
}

GArray *domain_iothread_ids(const DomainDef *def)
{
        g_autoptr(GHashTable) given = g_hash_table_new(NULL, NULL);
        GArray *ids = g_array_new(FALSE, FALSE, sizeof(uint32_t));

        DEF_FOREACH(thread, def->iothread_items)
                if (g_hash_table_add(given, GUINT_TO_POINTER(thread->id)))
                        g_array_append_val(ids, thread->id);
        /* those that are only counted get the lowest numbers that are free */
        for (uint32_t id = 1; ids->len < def->iothreads; id++)
                if (!g_hash_table_contains(given, GUINT_TO_POINTER(id)))
                        g_array_append_val(ids, id);
        g_array_sort(ids, compare_ids);
        return ids;
}

bool domain_iothread_exists(const DomainDef *def, uint32_t id)
{
        g_autoptr(GArray) ids = domain_iothread_ids(def);

        for (guint i = 0; i < ids->len; i++)
                if (g_array_index(ids, uint32_t, i) == id)
                        return true;
        return false;
}
