/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpuset.h"
#include "drivers/model/domain_rules.h"

/* Virtual CPUs and I/O threads: which there are, and that those exist that are named. */

static void check_topology(const DomainDef *def, DefChecker *checker)
{
        uint32_t max = def_get(def, vcpus, 1);
        uint64_t product;

        if (def_is_set(def, vcpus_current) && def->vcpus_current > max)
                checker_fail(checker, ERROR_XML_ERROR, "vcpu",
                             "maxvcpus must not be less than current vcpus (%" PRIu32 " < %" PRIu32 ")", max,
                             def->vcpus_current);
        if (!def->cpu || !def_is_set(def->cpu, sockets))
                return;
        if (__builtin_mul_overflow((uint64_t) def->cpu->sockets * def->cpu->dies, def->cpu->clusters,
                                   &product) ||
            __builtin_mul_overflow(product, def->cpu->cores, &product) ||
            __builtin_mul_overflow(product, def->cpu->threads, &product) || product != max)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cpu/topology",
                             "CPU topology doesn't match maximum vcpu count");
}

/* Where they are listed, the first is on from the beginning. */
static void check_listed(const DomainDef *def, DefChecker *checker)
{
        bool first = false;

        if (def->vcpu_items.n == 0)
                return;
        DEF_FOREACH(vcpu, def->vcpu_items) {
                if (vcpu->id >= def_get(def, vcpus, 1))
                        checker_fail(checker, ERROR_XML_ERROR, "vcpus/vcpu",
                                     "vcpu id '%" PRIu32 "' is out of range of maximum vcpu count", vcpu->id);
                if (vcpu->id != 0)
                        continue;
                first = vcpu->enabled == TRISTATE_YES;
                if (vcpu->hotpluggable == TRISTATE_YES)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "vcpus/vcpu", "vcpu0 can't be hotpluggable");
        }
        if (!first)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "vcpus/vcpu", "vcpu 0 can't be offline");
}

static bool is_at_least(uint32_t n, void *userdata)
{
        return n >= *(const uint32_t *) userdata;
}

static void check_placed(const DomainDef *def, DefChecker *checker)
{
        uint32_t max = def_get(def, vcpus, 1);

        if (def->cpu)
                DEF_FOREACH(cell, def->cpu->cells)
                        if (cpuset_any(cell->cpus, is_at_least, &max)) {
                                checker_fail(checker, ERROR_INTERNAL, "cpu/numa",
                                             "Number of CPUs in <numa> exceeds the <vcpu> count");
                                break;
                        }
        if (def->cpu_tune)
                DEF_FOREACH(sched, def->cpu_tune->vcpu_scheds)
                        if (cpuset_any(sched->ids, is_at_least, &max))
                                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cputune/vcpusched",
                                             "vCPU '%" PRIu32 "' is not present in domain definition", max);
}

void domain_check_vcpus(const void *p, DefChecker *checker)
{
        check_topology(p, checker);
        check_listed(p, checker);
        check_placed(p, checker);
}

static void check_devices(const DomainDef *def, DefChecker *checker)
{
        DEF_FOREACH(disk, def->disks)
                if (def_is_set(disk, iothread) && !domain_has_iothread(def, disk->iothread))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/disk",
                                     "Disk iothread '%" PRIu32 "' not defined in iothreadid", disk->iothread);
        DEF_FOREACH(controller, def->controllers)
                if (def_is_set(controller, iothread) && !domain_has_iothread(def, controller->iothread))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/controller",
                                     "controller iothread '%" PRIu32 "' not defined in iothreadid",
                                     controller->iothread);
}

static void check_missing(const DomainDef *def, uint32_t id, const char *where, DefChecker *checker)
{
        if (!domain_has_iothread(def, id))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, where, "Cannot find 'iothread' : %" PRIu32, id);
}

typedef struct Lookup {
        const DomainDef *def;
        DefChecker *checker;
} Lookup;

static bool look_up(uint32_t id, void *userdata)
{
        Lookup *lookup = userdata;

        check_missing(lookup->def, id, "cputune/iothreadsched", lookup->checker);
        return false;
}

void domain_check_threads(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->iothread_items.n; i++)
                for (uint32_t j = 0; j < i; j++)
                        if (def->iothread_items.items[i]->id == def->iothread_items.items[j]->id)
                                checker_fail(checker, ERROR_XML_ERROR, "iothreadids/iothread",
                                             "duplicate iothread id '%" PRIu32 "' found",
                                             def->iothread_items.items[i]->id);
        check_devices(def, checker);
        if (!def->cpu_tune)
                return;
        DEF_FOREACH(pin, def->cpu_tune->iothread_pins)
                check_missing(def, pin->id, "cputune/iothreadpin", checker);
        DEF_FOREACH(sched, def->cpu_tune->iothread_scheds)
                (void) cpuset_any(sched->ids, look_up, &(Lookup) { def, checker });
}
