/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpuset.h"
#include "drivers/model/domain_def_table.h"

#include <stdio.h>
#include <string.h>

/* What has to fit together in resources, placement and what the guest is told of its machine. */

static void check_blkiotune(const void *p, DefChecker *checker)
{
        const DomainBlkioTune *tune = p;

        for (uint32_t i = 0; i < tune->devices.n; i++)
                for (uint32_t j = 0; j < i; j++)
                        if (streq(tune->devices.items[i]->path, tune->devices.items[j]->path))
                                checker_fail(checker, ERROR_XML_ERROR, "device",
                                             "duplicate blkio device path '%s'",
                                             tune->devices.items[i]->path);
}

const DefRule domain_blkiotune_rules[] = {
        { "a device has one weight", check_blkiotune },
        {},
};

static bool is_no_node(uint32_t n, void *userdata)
{
        uint32_t *node = userdata;

        if (n < *node)
                return false;
        *node = n;
        return true;
}

/* Pages are for nodes that there are; a guest without nodes has number 0. */
static void check_page_nodes(DefChecker *checker, const DomainHugepage *page)
{
        const DomainDef *def = checker_root(checker);
        uint32_t node = def->cpu && def->cpu->cells.n > 0 ? def->cpu->cells.n : 1;

        if (cpuset_any(page->nodeset, is_no_node, &node))
                checker_fail(checker, ERROR_XML_DETAIL, "hugepages/page/@nodeset",
                             "hugepages: node %" PRIu32 " not found", node);
}

static void check_memory_backing(const void *p, DefChecker *checker)
{
        g_autoptr(GHashTable) nodes = g_hash_table_new(NULL, NULL);
        const DomainMemoryBacking *backing = p;
        unsigned n_default = 0;

        DEF_FOREACH(page, backing->pages) {
                n_default += !page->nodeset;
                if (cpuset_any(page->nodeset, cpuset_add, nodes))
                        checker_fail(checker, ERROR_XML_DETAIL, "hugepages/page",
                                     "nodeset attribute of hugepages of size %" PRIu64
                                     " intersects with another page",
                                     page->size);
        }
        DEF_FOREACH(page, backing->pages)
                check_page_nodes(checker, page);
        if (n_default > 1)
                checker_fail(checker, ERROR_XML_DETAIL, "hugepages/page",
                             "two master hugepages detected");
        if (!backing->hugepages)
                return;
        if (streq_ptr(backing->allocation, "ondemand"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "allocation/@mode",
                             "hugepages are not allowed with memory allocation ondemand");
        if (streq_ptr(backing->source, "anonymous"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source/@type",
                             "hugepages are not allowed with anonymous memory source");
}

const DefRule domain_memory_backing_rules[] = {
        { "a node has pages of one size", check_memory_backing },
        {},
};

static void check_sched(const void *p, DefChecker *checker)
{
        const DomainSched *sched = p;
        bool is_realtime = sched->policy == DOMAIN_SCHED_FIFO || sched->policy == DOMAIN_SCHED_RR;

        if (is_realtime && !def_is_set(sched, priority))
                checker_fail(checker, ERROR_XML_ERROR, "@priority", "Missing required attribute 'priority'");
}

const DefRule domain_sched_rules[] = {
        { "real-time schedulers have a priority", check_sched },
        {},
};

static void check_overlap(DefChecker *checker, DomainSched *const *items, uint32_t n, const char *element,
                          const char *attribute)
{
        g_autoptr(GHashTable) ids = g_hash_table_new(NULL, NULL);

        for (uint32_t i = 0; i < n; i++)
                if (cpuset_any(items[i]->ids, cpuset_add, ids)) {
                        checker_fail(checker, ERROR_XML_DETAIL, element,
                                     "'%s' attributes '%s' must not overlap", element, attribute);
                        return;
                }
}

static void check_pins(DefChecker *checker, DomainPin *const *items, uint32_t n, const char *element,
                       const char *attribute)
{
        for (uint32_t i = 1; i < n; i++)
                if (items[i]->id == items[i - 1]->id)
                        checker_fail(checker, ERROR_XML_DETAIL, element, "duplicate %s for same %s '%" PRIu32 "'",
                                     element, attribute, items[i]->id);
}

static bool is_missing(uint32_t n, void *userdata)
{
        return !g_hash_table_contains(userdata, GUINT_TO_POINTER(n + 1));
}

/* What is for code and data is for each of them. */
static bool share_cache(const DomainCacheAllocation *a, const DomainCacheAllocation *b)
{
        return a->level == b->level && a->id == b->id &&
                (streq(a->type, b->type) || streq(a->type, "both") || streq(b->type, "both"));
}

static void check_caches(const DomainResctrl *group, DefChecker *checker)
{
        for (uint32_t i = 0; i < group->caches.n; i++)
                for (uint32_t j = 0; j < i; j++) {
                        const DomainCacheAllocation *cache = group->caches.items[i];

                        if (share_cache(cache, group->caches.items[j]))
                                checker_fail(checker, ERROR_XML_ERROR, "cachetune/cache",
                                             "Colliding cache allocations for cache level '%" PRIu32 "' id '%" PRIu32
                                             "', type '%s'", cache->level, cache->id, cache->type);
                }
}

#define MONITORED_LEVEL 3u

static void check_monitors(const DomainResctrl *group, const char *element, DefChecker *checker)
{
        for (uint32_t i = 0; i < group->monitors.n; i++) {
                const DomainMonitor *monitor = group->monitors.items[i];

                if (def_is_set(monitor, level) && monitor->level != MONITORED_LEVEL)
                        checker_fail(checker, ERROR_XML_ERROR, element, "Invalid monitor cache level '%" PRIu32 "'",
                                     monitor->level);
                for (uint32_t j = 0; j < i; j++)
                        if (streq(monitor->vcpus, group->monitors.items[j]->vcpus))
                                checker_fail(checker, ERROR_INVALID_ARG, element,
                                             "Identical vcpus found in same type monitors");
        }
}

static void check_nodes(const DomainResctrl *group, DefChecker *checker)
{
        for (uint32_t i = 0; i < group->nodes.n; i++) {
                const DomainBandwidthAllocation *node = group->nodes.items[i];

                if (node->bandwidth > 100)
                        checker_fail(checker, ERROR_XML_ERROR, "memorytune/node",
                                     "Memory Bandwidth value exceeding 100 is invalid.");
                for (uint32_t j = 0; j < i; j++)
                        if (node->id == group->nodes.items[j]->id)
                                checker_fail(checker, ERROR_XML_ERROR, "memorytune/node",
                                             "Memory Bandwidth already defined for node %" PRIu32, node->id);
        }
}

static void check_groups(DefChecker *checker, DomainResctrl *const *groups, uint32_t n, const char *element)
{
        g_autoptr(GHashTable) all = g_hash_table_new(NULL, NULL);

        for (uint32_t i = 0; i < n; i++) {
                g_autoptr(GHashTable) own = g_hash_table_new(NULL, NULL);

                if (cpuset_any(groups[i]->vcpus, cpuset_add, all)) {
                        checker_fail(checker, ERROR_XML_ERROR, element, "Overlapping vcpus in resctrls");
                        return;
                }
                (void) cpuset_any(groups[i]->vcpus, cpuset_add, own);
                DEF_FOREACH(monitor, groups[i]->monitors)
                        if (cpuset_any(monitor->vcpus, is_missing, own))
                                checker_fail(checker, ERROR_XML_ERROR, element,
                                             "vcpus '%s' of a monitor are not among those of its group",
                                             monitor->vcpus);
                check_caches(groups[i], checker);
                check_monitors(groups[i], element, checker);
                check_nodes(groups[i], checker);
        }
}

static void check_resctrl(const void *p, DefChecker *checker)
{
        const DomainCpuTune *tune = p;

        check_groups(checker, tune->cache_tunes.items, tune->cache_tunes.n, "cachetune");
        check_groups(checker, tune->memory_tunes.items, tune->memory_tunes.n, "memorytune");
}

static void check_cputune(const void *p, DefChecker *checker)
{
        const DomainCpuTune *tune = p;

        check_overlap(checker, tune->vcpu_scheds.items, tune->vcpu_scheds.n, "vcpusched", "vcpus");
        check_overlap(checker, tune->iothread_scheds.items, tune->iothread_scheds.n, "iothreadsched",
                      "iothreads");
        check_pins(checker, tune->vcpu_pins.items, tune->vcpu_pins.n, "vcpupin", "vcpu");
        check_pins(checker, tune->iothread_pins.items, tune->iothread_pins.n, "iothreadpin", "iothread");
}

/* A quota is at least a millisecond, or below 0: none. */
static void check_quotas(const void *p, DefChecker *checker)
{
        const DomainCpuTune *tune = p;
        const struct {
                const char *name;
                int64_t quota;
        } quotas[] = {
                { "quota", tune->quota },
                { "global_quota", tune->global_quota },
                { "emulator_quota", tune->emulator_quota },
                { "iothread_quota", tune->iothread_quota },
        };

        for (unsigned i = 0; i < ELEMENTSOF(quotas); i++)
                if (quotas[i].quota > 0 && quotas[i].quota < 1000)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, quotas[i].name,
                                     "Value of cputune '%s' must be in range [1000, 18446744073709551]",
                                     quotas[i].name);
}

const DefRule domain_cputune_rules[] = {
        { "a thread is pinned and scheduled once", check_cputune },
        { "quotas are long enough", check_quotas },
        { "a processor is in one group, and a part of a cache is given once", check_resctrl },
        {},
};

static void check_numatune(const void *p, DefChecker *checker)
{
        const DomainNumaTune *tune = p;
        const DomainDef *def = checker_root(checker);
        bool is_auto = streq_ptr(tune->placement, "auto");
        uint32_t n_cells = def->cpu ? def->cpu->cells.n : 0;

        if (tune->memory && !is_auto && !tune->nodeset &&
            (tune->placement || def->vcpu_placement != DOMAIN_VCPU_PLACEMENT_AUTO))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "memory",
                             "nodeset for NUMA memory tuning must be set if 'placement' is 'static'");
        if (tune->nodes.n > 0 && n_cells == 0) {
                checker_fail(checker, ERROR_XML_ERROR, "memnode",
                             "Element 'memnode' is invalid without any guest NUMA cells");
                return;
        }
        if (tune->nodes.n > 0 && is_auto)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "memnode",
                             "Per-node binding is not compatible with automatic NUMA placement.");
        for (uint32_t i = 0; i < tune->nodes.n; i++) {
                const DomainMemNode *memnode = tune->nodes.items[i];

                if (memnode->cell >= n_cells)
                        checker_fail(checker, ERROR_XML_ERROR, "memnode",
                                     "Argument 'cellid' in memnode element must correspond to existing "
                                     "guest's NUMA cell");
                for (uint32_t j = 0; j < i; j++)
                        if (tune->nodes.items[j]->cell == memnode->cell)
                                checker_fail(checker, ERROR_XML_ERROR, "memnode",
                                             "Multiple memnode elements with cellid %" PRIu32, memnode->cell);
                if (memnode->mode == DOMAIN_NUMA_RESTRICTIVE && tune->memory &&
                    tune->mode != DOMAIN_NUMA_RESTRICTIVE)
                        checker_fail(checker, ERROR_XML_ERROR, "memnode",
                                     "'restrictive' mode is required in memory element when mode is "
                                     "'restrictive' in memnode element");
        }
}

const DefRule domain_numatune_rules[] = {
        { "placement is said once for every node", check_numatune },
        {},
};

static void check_perf(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 1; i < def->perf_events.n; i++)
                if (streq(def->perf_events.items[i]->name, def->perf_events.items[i - 1]->name))
                        checker_fail(checker, ERROR_XML_ERROR, "event", "perf event '%s' was already specified",
                                     def->perf_events.items[i]->name);
}

const DefRule domain_perf_rules[] = {
        { "an event is counted or not", check_perf },
        {},
};

static void check_keywrap(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 1; i < def->keywrap.n; i++)
                if (streq(def->keywrap.items[i]->name, def->keywrap.items[i - 1]->name))
                        checker_fail(checker, ERROR_INTERNAL, "cipher",
                                     "A domain definition can have no more than one cipher node with name %s",
                                     def->keywrap.items[i]->name);
}

const DefRule domain_keywrap_rules[] = {
        { "keys of a kind are wrapped or not", check_keywrap },
        {},
};

static void check_hyperv(const void *p, DefChecker *checker)
{
        const DomainHyperv *hyperv = p;

        if (hyperv->spinlocks == TRISTATE_ON && !def_is_set(hyperv, spinlock_retries))
                checker_fail(checker, ERROR_XML_ERROR, "spinlocks",
                             "missing HyperV spinlock retry count");
        if (hyperv->vendor_id_state == TRISTATE_ON &&
            (!hyperv->vendor_id || strlen(hyperv->vendor_id) > 12 || strchr(hyperv->vendor_id, ',')))
                checker_fail(checker, ERROR_XML_ERROR, "vendor_id", "HyperV vendor_id value is invalid");
}

const DefRule domain_hyperv_rules[] = {
        { "what has a value says it", check_hyperv },
        {},
};

static void check_kvm(const void *p, DefChecker *checker)
{
        const DomainKvm *kvm = p;
        uint32_t size = kvm->dirty_ring_size;

        if (kvm->dirty_ring == TRISTATE_ON && (size < 1024 || size > 65536 || (size & (size - 1))))
                checker_fail(checker, ERROR_XML_ERROR, "dirty-ring",
                             "dirty ring must be power of 2 and ranges [1024, 65536]");
}

const DefRule domain_kvm_rules[] = {
        { "the dirty ring has a size", check_kvm },
        {},
};

static const char *find_entry(const DomainSysinfoBlock *block, const char *name)
{
        if (block)
                DEF_FOREACH(entry, block->entries)
                        if (streq_ptr(entry->name, name))
                                return entry->value;
        return NULL;
}

/* "02/29/2024" or, of the last century, "02/29/96". */
static bool is_bios_date(const char *text)
{
        unsigned month, day, year;
        int end = 0;

        return sscanf(text, "%2u/%2u/%4u%n", &month, &day, &year, &end) == 3 && !text[end] && month >= 1 &&
                month <= 12 && day >= 1 && day <= 31 && (year < 100 || year >= 1900);
}

/* Names under which QEMU and its firmware look for what is theirs. */
static bool is_reserved(const char *name)
{
        return g_str_has_prefix(name, "opt/ovmf/") || g_str_has_prefix(name, "opt/org.qemu/");
}

static void check_sysinfo(const void *p, DefChecker *checker)
{
        const DomainSysinfo *sysinfo = p;
        const DomainDef *def = checker_root(checker);
        const char *text = find_entry(sysinfo->system, "uuid"), *date = find_entry(sysinfo->bios, "date");

        if (text && def->uuid) {
                g_autofree char *uuid = g_ascii_strdown(text, -1);

                if (!streq(uuid, def->uuid))
                        checker_fail(checker, ERROR_XML_DETAIL, "system",
                                     "UUID mismatch between <uuid> and <sysinfo>");
        }
        if (date && !is_bios_date(date))
                checker_fail(checker, ERROR_XML_DETAIL, "bios", "Invalid BIOS 'date' format");
        DEF_FOREACH(entry, sysinfo->entries) {
                if (entry->name && is_reserved(entry->name))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "entry", "That firmware name is reserved");
                if (!entry->name || !g_str_has_prefix(entry->name, "opt/"))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "entry",
                                     "Invalid firmware name");
                if (!entry->value == !entry->file)
                        checker_fail(checker, ERROR_XML_ERROR, "entry",
                                     "Invalid combination of value and 'file' attribute in firmware blob");
        }
}

const DefRule domain_sysinfo_rules[] = {
        { "what is told to the firmware is true", check_sysinfo },
        {},
};

static void check_seclabel(const void *p, DefChecker *checker)
{
        const DomainSeclabel *label = p;
        const DomainDef *def = checker_root(checker);

        if (label->type == DOMAIN_SECLABEL_STATIC && !label->label)
                checker_fail(checker, ERROR_XML_ERROR, "label", "missing security label");
        if (label->type == DOMAIN_SECLABEL_NONE && label->relabel == TRISTATE_YES)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@relabel",
                             "resource relabeling is not compatible with 'none' label type");
        if (label->type == DOMAIN_SECLABEL_DYNAMIC && label->relabel == TRISTATE_NO)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@relabel",
                             "dynamic label type must use resource relabeling");
        /* whoever wants no particular label need not say whose */
        if (!label->model && def->seclabels.n == 1 &&
            (label->type == DOMAIN_SECLABEL_STATIC || (label->type == DOMAIN_SECLABEL_DYNAMIC && label->baselabel)))
                checker_fail(checker, ERROR_XML_ERROR, "@model", "missing security model in domain seclabel");
        if (!label->model && def->seclabels.n > 1)
                checker_fail(checker, ERROR_XML_ERROR, "@model",
                             "missing security model when using multiple labels");
}

const DefRule domain_seclabel_rules[] = {
        { "a label has a text and a model where it needs them", check_seclabel },
        {},
};

static void check_launch(const void *p, DefChecker *checker)
{
        const DomainLaunchSecurity *launch = p;
        bool needs_policy = launch->type == DOMAIN_LAUNCH_SEV || launch->type == DOMAIN_LAUNCH_SEV_SNP;

        if (needs_policy && !def_is_set(launch, policy))
                checker_fail(checker, ERROR_XML_ERROR, "policy",
                             "failed to get launch security policy");
        if (launch->type == DOMAIN_LAUNCH_SEV_SNP && (launch->id_block != NULL) != (launch->id_auth != NULL))
                checker_fail(checker, ERROR_XML_ERROR, "idBlock",
                             "'idBlock' and 'idAuth' must be specified together");
}

const DefRule domain_launch_rules[] = {
        { "the firmware of a sealed guest has a policy", check_launch },
        {},
};

static void check_property(const void *p, DefChecker *checker)
{
        const DomainQemuProperty *property = p;

        int64_t number;
        uint64_t natural;

        if (streq(property->type, "remove") && property->value)
                checker_fail(checker, ERROR_XML_ERROR, "@value",
                             "setting 'value' attribute of property override is not allowed for type 'remove'");
        else if (!streq(property->type, "remove") && !property->value)
                checker_fail(checker, ERROR_XML_ERROR, "@value",
                             "Missing required attribute 'value' in element 'property'");
        else if ((streq(property->type, "bool") && !streq(property->value, "true") &&
                  !streq(property->value, "false")) ||
                 (streq(property->type, "signed") && parse_i64(property->value, &number) < 0) ||
                 (streq(property->type, "unsigned") && parse_u64(property->value, &natural) < 0))
                checker_fail(checker, ERROR_XML_ERROR, "@value",
                             "invalid value '%s' of 'value' attribute of 'qemu:property'", property->value);
}

const DefRule domain_qemu_property_rules[] = {
        { "a property has a value of its type", check_property },
        {},
};
