/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpuset.h"
#include "drivers/model/domain_def_table.h"

/* What has to fit together in the guest's processor and its nodes. */

#define LOCAL_DISTANCE 10u
#define DISTANCE_MAX 255u

static void check_distances(const DomainCpu *cpu, const DomainNumaCell *cell, DefChecker *checker)
{
        DEF_FOREACH(sibling, cell->distances) {
                if (sibling->id >= cpu->cells.n)
                        checker_fail(checker, ERROR_XML_ERROR, "cell/distances",
                                     "'sibling_id %" PRIu32 "' does not refer to a valid cell within NUMA "
                                     "'cell id %" PRIu32 "'",
                                     sibling->id, cell->id);
                /* a node is near itself, and to no other as near */
                if (sibling->value < LOCAL_DISTANCE || sibling->value > DISTANCE_MAX ||
                    (sibling->id == cell->id) != (sibling->value == LOCAL_DISTANCE))
                        checker_fail(checker, ERROR_XML_ERROR, "cell/distances",
                                     "'value %" PRIu32 "' is invalid for 'sibling id %" PRIu32
                                     "' under NUMA 'cell id %" PRIu32 "'",
                                     sibling->value, sibling->id, cell->id);
        }
}

static void check_numa(const void *p, DefChecker *checker)
{
        g_autoptr(GHashTable) cpus = g_hash_table_new(NULL, NULL);
        const DomainCpu *cpu = p;

        for (uint32_t i = 0; i < cpu->cells.n; i++) {
                const DomainNumaCell *cell = cpu->cells.items[i];

                if (cell->id != i)
                        checker_fail(checker, ERROR_XML_ERROR, "cell",
                                     cell->id >= cpu->cells.n ?
                                     "Exactly one 'cell' element per guest NUMA cell allowed, non-contiguous "
                                     "ranges or ranges not starting from 0 are not allowed" :
                                     "Duplicate NUMA cell info for cell id '%" PRIu32 "'",
                                     cell->id);
                if (cpuset_any(cell->cpus, cpuset_add, cpus))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cell",
                                     "NUMA cells have overlapping vCPU ids");
                check_distances(cpu, cell, checker);
        }
}

const DefRule domain_numa_rules[] = {
        { "nodes are numbered and share no CPU", check_numa },
        {},
};

static void check_physical_address(const void *p, DefChecker *checker)
{
        const DomainCpu *cpu = p;

        if (streq_ptr(cpu->physical_address, "passthrough") && def_is_set(cpu, physical_address_bits))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "maxphysaddr/@bits",
                             "CPU maximum physical address bits number specification cannot be used with "
                             "mode='passthrough'");
        if (streq_ptr(cpu->physical_address, "emulate") && def_is_set(cpu, physical_address_limit))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "maxphysaddr/@limit",
                             "CPU maximum physical address bits limit cannot be used with mode='emulate'");
}

static bool is_of_host(const DomainCpu *cpu)
{
        return cpu->mode == DOMAIN_CPU_HOST_PASSTHROUGH || cpu->mode == DOMAIN_CPU_MAXIMUM;
}

static void check_cache(const void *p, DefChecker *checker)
{
        const DomainCpu *cpu = p;
        uint32_t level = def_get(cpu, cache_level, 0);

        if (!cpu->cache)
                return;
        if (level != (streq(cpu->cache, "emulate") ? 3 : 0))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cache/@level",
                             "unsupported CPU cache level for mode '%s'", cpu->cache);
        if (streq(cpu->cache, "passthrough") && !is_of_host(cpu))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cache/@mode",
                             "CPU cache mode '%s' can only be used with 'host-passthrough' / 'maximum' CPUs",
                             cpu->cache);
}

static void check_model(const void *p, DefChecker *checker)
{
        const DomainCpu *cpu = p;

        if (cpu->migratable != TRISTATE_ABSENT && !is_of_host(cpu))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@migratable",
                             "Attribute migratable is only allowed for 'host-passthrough' / 'maximum' CPU mode");
        if (cpu->vendor && !cpu->model)
                checker_fail(checker, ERROR_XML_ERROR, "vendor", "CPU vendor specified without CPU model");
        if (cpu->features.n > 0 && !cpu->model && cpu->mode <= DOMAIN_CPU_CUSTOM)
                checker_fail(checker, ERROR_XML_ERROR, "feature",
                             "Non-empty feature list specified without CPU model");
        for (uint32_t i = 0; i < cpu->features.n; i++)
                for (uint32_t j = 0; j < i; j++)
                        if (streq(cpu->features.items[i]->name, cpu->features.items[j]->name))
                                checker_fail(checker, ERROR_XML_ERROR, "feature",
                                             "CPU feature '%s' specified more than once",
                                             cpu->features.items[i]->name);
}

const DefRule domain_cpu_rules[] = {
        { "the width of addresses is given or taken over", check_physical_address },
        { "the cache is emulated, passed through or off", check_cache },
        { "what hangs on a model has one", check_model },
        {},
};
