/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/model/domain_vcpu.h"

/*
 * Processors: -smp counts those that are there for good; those that can be taken away again are plugged in before the
 * first instruction, as QEMU wants to know them by a name.
 */

/* Interrupts reach no more of them without x2APIC, which QEMU has with KVM only (before 9.0). */
#define XAPIC_CPUS_MAX 255u

/* Of a machine that says how its processors are arranged; else each is a socket of its own. */
typedef struct Topology {
        uint32_t sockets, dies, cores, threads;
} Topology;

static int get_topology(Build *b, Topology *ret, Error *error)
{
        const DomainDef *def = b->def;
        const DomainCpu *cpu = def->cpu;
        Topology t = { .sockets = def->vcpus, .dies = 1, .cores = 1, .threads = 1 };

        if (cpu && def_is_set(cpu, clusters) && cpu->clusters > 1)
                return qemu_refuse(def, NULL, "cpu/topology/@clusters", error, "clusters are not supported");
        if (cpu && def_is_set(cpu, sockets))
                t = (Topology) { cpu->sockets, def_get(cpu, dies, 1), cpu->cores, cpu->threads };
        if (def->vcpus > XAPIC_CPUS_MAX && b->x86 && def->type != DOMAIN_VIRT_KVM)
                return qemu_refuse(def, NULL, "vcpu", error,
                                   "more than %u processors need the interrupt controller of KVM, so a domain of type "
                                   "'kvm'", XAPIC_CPUS_MAX);
        if ((uint64_t) t.sockets * t.dies * t.cores * t.threads != def->vcpus)
                return qemu_refuse(def, NULL, "cpu/topology", error,
                                   "%" PRIu32 " sockets of %" PRIu32 " dies, %" PRIu32 " cores and %" PRIu32
                                   " threads are not %" PRIu32 " processors",
                                   t.sockets, t.dies, t.cores, t.threads, def->vcpus);
        *ret = t;
        return 0;
}

static bool is_plugged(const DomainVcpu *vcpu)
{
        return vcpu->enabled == TRISTATE_YES && vcpu->hotpluggable == TRISTATE_YES;
}

static uint32_t count_plugged(const DomainDef *def)
{
        uint32_t n = 0;

        DEF_FOREACH(vcpu, def->vcpu_items)
                n += is_plugged(vcpu);
        return n;
}

/* QEMU's own ones are the first; the definition must not mean others. */
static int check_fixed(Build *b, uint32_t n_fixed, Error *error)
{
        DEF_FOREACH(vcpu, b->def->vcpu_items) {
                if (vcpu->enabled == TRISTATE_YES && !is_plugged(vcpu) && vcpu->id >= n_fixed)
                        return qemu_refuse(b->def, NULL, "vcpus/vcpu/@hotpluggable", error,
                                           "processors that stay must be the first, so processor %" PRIu32
                                           " must be hotpluggable",
                                           vcpu->id);
        }
        return 0;
}

int build_smp(Build *b, Error *error)
{
        const DomainDef *def = b->def;
        uint32_t fixed = domain_vcpus_current(def) - count_plugged(def);
        Topology t = {};
        GString *s;
        int r = get_topology(b, &t, error);

        if (r >= 0)
                r = check_fixed(b, fixed, error);
        if (r < 0)
                return r;
        s = g_string_new(NULL);
        g_string_append_printf(s, "%" PRIu32, fixed);
        if (fixed != def->vcpus)
                g_string_append_printf(s, ",maxcpus=%" PRIu32, def->vcpus);
        g_string_append_printf(s, ",sockets=%" PRIu32, t.sockets);
        if (def->cpu && def_is_set(def->cpu, dies))
                g_string_append_printf(s, ",dies=%" PRIu32, t.dies);
        g_string_append_printf(s, ",cores=%" PRIu32 ",threads=%" PRIu32, t.cores, t.threads);
        build_arg(b, "-smp", g_string_free(s, false));
        return 0;
}

/* Where it is: what query-hotpluggable-cpus of x86 machines would say of this number. */
static void plug(Build *b, const DomainVcpu *vcpu, const Topology *t, const char *type)
{
        uint32_t core = vcpu->id / t->threads, die = core / t->cores, socket = die / t->dies;
        g_autofree char *id = g_strdup_printf("vcpu%" PRIu32, vcpu->id);
        JsonObject *arguments = qmp_object("s:driver", type, "s:id", id, "u:socket-id", socket, NULL);

        if (t->dies > 1)
                json_object_set_int_member(arguments, "die-id", die % t->dies);
        json_object_set_int_member(arguments, "core-id", core % t->cores);
        json_object_set_int_member(arguments, "thread-id", vcpu->id % t->threads);
        build_setup(b, "device_add", arguments, false);
}

static int compare_order(const void *a, const void *b)
{
        const DomainVcpu *const *x = a, *const *y = b;

        if ((*x)->order != (*y)->order)
                return (*x)->order < (*y)->order ? -1 : 1;
        return (*x)->id < (*y)->id ? -1 : (*x)->id > (*y)->id;
}

int build_plugged_vcpus(Build *b, Error *error)
{
        const DomainDef *def = b->def;
        const QemuMachine *machine = qemu_caps_machine(b->caps, def->os.machine);
        const QemuCpu *cpu = qemu_caps_cpu(b->caps, build_cpu_name(b));
        g_autofree const DomainVcpu **sorted = NULL;
        Topology t = {};
        size_t n = 0;
        int r;

        if (count_plugged(def) == 0)
                return 0;
        if (!b->x86 || !machine || !machine->hotpluggable_cpus || !cpu || !cpu->type)
                return qemu_refuse(def, NULL, "vcpus", error,
                                   "processors of this machine cannot be plugged in one by one");
        r = get_topology(b, &t, error);
        if (r < 0)
                return r;
        sorted = g_new(const DomainVcpu *, def->vcpu_items.n);
        DEF_FOREACH(vcpu, def->vcpu_items)
                if (is_plugged(vcpu))
                        sorted[n++] = vcpu;
        qsort(sorted, n, sizeof(*sorted), compare_order);
        for (size_t i = 0; i < n; i++)
                plug(b, sorted[i], &t, cpu->type);
        return 0;
}
