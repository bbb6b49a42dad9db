/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/model/cpuset.h"

/* Memory of the guest: what backs it on the host, its nodes, and devices that are memory. */

#include <string.h>

#define RAM_NODE "ram-node%" PRIu32
/* Of a huge page without a size: the kernel's. */
#define HUGEPAGE_DEFAULT UINT64_MAX
#define SET_MAX 4096
/* QEMU whose virtio-mem takes slots of memory as they are needed. */
#define MEMSLOTS_VERSION 8002000
/* KiB; a signed number of bytes, in whole MiB. */
#define MEMORY_MAX ((uint64_t) INT64_MAX / 1024 / 1024 * 1024 - 1024)

static GArray *parse_set(const char *text)
{
        GArray *array = g_array_new(false, false, sizeof(uint32_t));
        g_autofree uint8_t *map = g_new0(uint8_t, SET_MAX);

        if (text && cpuset_to_map(text, map, SET_MAX) >= 0)
                for (uint32_t i = 0; i < SET_MAX; i++)
                        if (map[i])
                                g_array_append_val(array, i);
        return array;
}

/* QEMU wants sizes to be multiples of its own; what libvirt takes is enough for all of them. */
static uint64_t whole_mebibytes(uint64_t kib)
{
        return (kib + 1023) / 1024 * 1024;
}

/* KiB that are no device's. */
static uint64_t initial_memory(const DomainDef *def)
{
        uint64_t size = 0;

        if (def->cpu && def->cpu->cells.n > 0) {
                DEF_FOREACH(cell, def->cpu->cells)
                        size += whole_mebibytes(cell->memory);
                return size;
        }
        size = def->memory;
        DEF_FOREACH(memory, def->memories)
                if (memory->model == DOMAIN_MEMORY_DIMM && memory->size < size)
                        size -= memory->size;
        return whole_mebibytes(size);
}

static JsonArray *numbers(const char *text)
{
        JsonArray *array = json_array_new();
        g_autoptr(GArray) set = parse_set(text);

        for (guint i = 0; i < set->len; i++)
                json_array_add_int_element(array, g_array_index(set, uint32_t, i));
        return array;
}

static bool set_has(const char *text, uint32_t number)
{
        g_autoptr(GArray) set = parse_set(text);

        for (guint i = 0; i < set->len; i++)
                if (g_array_index(set, uint32_t, i) == number)
                        return true;
        return false;
}

/* What memory of the guest is made of; zeros are what nobody asked for. */
typedef struct Backing {
        const char *id;
        uint64_t size;     /* KiB */
        uint32_t node;     /* of the guest, for pages and placement */
        bool has_node;
        uint64_t pagesize; /* KiB; 0: as for the node */
        const char *access;
        const char *nodemask; /* of the host */
        const char *path;     /* of a file that is the memory */
        uint64_t align;       /* KiB, of where the file is mapped; 0: QEMU's choice */
        bool pmem, readonly;
        bool sparse;          /* most of it may never be plugged: neither reserved nor allocated before */
        Tristate discard;
} Backing;

/* The page that is meant for the node: the one that names it, or that for all others. 0: no huge page. */
static uint64_t page_size(const DomainDef *def, const Backing *backing)
{
        const DomainMemoryBacking *memory = def->memory_backing;
        uint64_t other = 0;

        if (backing->pagesize > 0)
                return backing->pagesize;
        if (!memory || !memory->hugepages)
                return 0;
        if (memory->pages.n == 0)
                return HUGEPAGE_DEFAULT;
        DEF_FOREACH(page, memory->pages) {
                if (!page->nodeset)
                        other = page->size;
                else if (set_has(page->nodeset, backing->has_node ? backing->node : 0))
                        return page->size;
        }
        return other;
}

static const char *policy_word(DomainNumaMode mode)
{
        switch (mode) {
        case DOMAIN_NUMA_STRICT:
                return "bind";
        case DOMAIN_NUMA_PREFERRED:
                return "preferred";
        case DOMAIN_NUMA_INTERLEAVE:
                return "interleave";
        case DOMAIN_NUMA_RESTRICTIVE:
        case _DOMAIN_NUMA_MODE_MAX:
                break;
        }
        return NULL;
}

static void put_host_nodes(JsonObject *props, const char *nodeset, DomainNumaMode mode)
{
        const char *policy = policy_word(mode ?: DOMAIN_NUMA_STRICT);

        if (!nodeset || !policy)
                return;
        json_object_set_array_member(props, "host-nodes", numbers(nodeset));
        json_object_set_string_member(props, "policy", policy);
}

static void put_placement(const DomainDef *def, const Backing *backing, JsonObject *props)
{
        const DomainNumaTune *tune = def->numa_tune;

        if (backing->nodemask) {
                put_host_nodes(props, backing->nodemask, tune ? tune->mode : 0);
                return;
        }
        if (!tune)
                return;
        if (backing->has_node)
                DEF_FOREACH(node, tune->nodes)
                        if (node->cell == backing->node) {
                                put_host_nodes(props, node->nodeset, node->mode);
                                return;
                        }
        put_host_nodes(props, tune->nodeset, tune->mode);
}

/* Huge pages come from a memfd: no file system has to be mounted and opened to QEMU's user for them. */
static void put_kind(const DomainDef *def, const Backing *backing, const char *source, bool shared, JsonObject *props)
{
        uint64_t page = page_size(def, backing);

        if (backing->path) {
                json_object_set_string_member(props, "qom-type", "memory-backend-file");
                return;
        }
        if (page == 0 && !streq_ptr(source, "memfd") && !streq_ptr(source, "file") && !shared) {
                json_object_set_string_member(props, "qom-type", "memory-backend-ram");
                return;
        }
        json_object_set_string_member(props, "qom-type", "memory-backend-memfd");
        if (page == 0)
                return;
        json_object_set_boolean_member(props, "hugetlb", true);
        if (page != HUGEPAGE_DEFAULT)
                json_object_set_int_member(props, "hugetlbsize", (gint64) page * 1024);
}

static bool is_preallocated(const DomainDef *def, const Backing *backing)
{
        return page_size(def, backing) > 0 ||
               (def->memory_backing && streq_ptr(def->memory_backing->allocation, "immediate"));
}

static void put_allocation(Build *b, const Backing *backing, JsonObject *props)
{
        const DomainMemoryBacking *memory = b->def->memory_backing;

        if (backing->sparse) {
                if (qemu_caps_has(b->caps, QEMU_FEATURE_MEMORY_BACKEND_RESERVE))
                        json_object_set_boolean_member(props, "reserve", false);
                return;
        }
        if (!is_preallocated(b->def, backing))
                return;
        json_object_set_boolean_member(props, "prealloc", true);
        if (memory && memory->allocation_threads > 0)
                json_object_set_int_member(props, "prealloc-threads", memory->allocation_threads);
}

static JsonObject *backend(Build *b, const Backing *backing)
{
        static const DomainMemoryBacking none = {};
        const DomainDef *def = b->def;
        const DomainMemoryBacking *memory = def->memory_backing ?: &none;
        const char *access = backing->access ?: memory->access;
        bool shared = streq_ptr(access, "shared");
        JsonObject *props = qmp_object("s:qom-type", "", "s:id", backing->id, "U:size", backing->size * 1024, NULL);

        put_kind(def, backing, memory->source, shared, props);
        if (access || backing->path)
                json_object_set_boolean_member(props, "share", shared);
        put_allocation(b, backing, props);
        if (def->dump_core != TRISTATE_ON)
                json_object_set_boolean_member(props, "dump", false);
        if (memory->nosharepages)
                json_object_set_boolean_member(props, "merge", false);
        if (backing->path && tristate_get(backing->discard, memory->discard))
                json_object_set_boolean_member(props, "discard-data", true);
        if (backing->align > 0)
                json_object_set_int_member(props, "align", (gint64) backing->align * 1024);
        if (backing->pmem)
                json_object_set_boolean_member(props, "pmem", true);
        if (backing->readonly)
                json_object_set_boolean_member(props, "readonly", true);
        put_placement(def, backing, props);
        return props;
}

bool build_ram_backend(const Build *b, const char **ret_id)
{
        const DomainDef *def = b->def;
        const QemuMachine *machine = qemu_caps_machine(b->caps, def->os.machine);

        *ret_id = machine && machine->default_ram_id ? machine->default_ram_id : "pc.ram";
        return (!def->cpu || def->cpu->cells.n == 0) &&
               (def->memory_backing || (def->numa_tune && def->numa_tune->memory));
}

/* The machine's memory as one object, which has the name that the machine type gives its own. */
static void put_ram(Build *b)
{
        Backing backing = { .size = initial_memory(b->def) };

        JsonObject *props;

        if (!build_ram_backend(b, &backing.id))
                return;
        props = backend(b, &backing);
        /* machines up to 3.1 would call it by its path in a saved state, where libvirt's do not */
        if (!streq(json_object_get_string_member(props, "qom-type"), "memory-backend-ram"))
                json_object_set_boolean_member(props, "x-use-canonical-path-for-ramblock-id", false);
        build_json(b, "-object", props);
}

/* "0-3,8" as QEMU wants it: cpus=0-3,cpus=8. */
static void put_cpus(GString *s, const char *cpus)
{
        g_auto(GStrv) parts = g_strsplit(strempty(cpus), ",", -1);

        for (char **part = parts; *part; part++)
                if (**part)
                        g_string_append_printf(s, ",cpus=%s", *part);
}

static bool has_hmat(const DomainCpu *cpu)
{
        DEF_FOREACH(cell, cpu->cells)
                if (cell->caches.n > 0)
                        return true;
        return cpu->latencies.n > 0 || cpu->bandwidths.n > 0;
}

bool build_has_hmat(const DomainDef *def)
{
        return def->cpu && has_hmat(def->cpu);
}

/* Whose processors the memory of a node without any is nearest to: those of the first node that has some. */
static uint32_t initiator(const DomainCpu *cpu, const DomainNumaCell *cell)
{
        if (cell->cpus)
                return cell->id;
        DEF_FOREACH(other, cpu->cells)
                if (other->cpus)
                        return other->id;
        return 0;
}

static void put_cell(Build *b, const DomainCpu *cpu, const DomainNumaCell *cell)
{
        g_autofree char *id = g_strdup_printf(RAM_NODE, cell->id);
        const Backing backing = {
                .id = id,
                .size = whole_mebibytes(cell->memory),
                .node = cell->id,
                .has_node = true,
                .access = cell->access,
                .discard = cell->discard,
        };
        GString *s = g_string_new(NULL);

        if (cell->memory > 0)
                build_json(b, "-object", backend(b, &backing));
        g_string_append_printf(s, "node,nodeid=%" PRIu32, cell->id);
        put_cpus(s, cell->cpus);
        if (has_hmat(cpu))
                g_string_append_printf(s, ",initiator=%" PRIu32, initiator(cpu, cell));
        if (cell->memory > 0)
                g_string_append_printf(s, ",memdev=%s", id);
        build_arg(b, "-numa", g_string_free(s, false));
}

static void put_distances(Build *b, const DomainNumaCell *cell)
{
        DEF_FOREACH(sibling, cell->distances)
                build_argf(b, "-numa", "dist,src=%" PRIu32 ",dst=%" PRIu32 ",val=%" PRIu32, cell->id, sibling->id,
                           sibling->value);
}

/* Heterogeneous memory attributes of ACPI: "memory" or the level of a cache. */
static void put_interconnect(Build *b, const DomainInterconnect *item, bool latency)
{
        static const char *const levels[] = { "memory", "first-level", "second-level", "third-level" };
        g_autofree char *type = g_strdup_printf("%s-%s", item->type ?: "access", latency ? "latency" : "bandwidth");

        build_argf(b, "-numa",
                   "hmat-lb,initiator=%" PRIu32 ",target=%" PRIu32 ",hierarchy=%s,data-type=%s,%s=%" PRIu64 "%s",
                   item->initiator, item->target, levels[MIN(item->cache, 3u)], type, latency ? "latency" : "bandwidth",
                   item->value, latency ? "" : "K");
}

static const char *cache_word(const char *word, const char *from, const char *to)
{
        return streq_ptr(word, from) ? to : word;
}

static void put_caches(Build *b, const DomainNumaCell *cell)
{
        DEF_FOREACH(cache, cell->caches)
                build_argf(b, "-numa",
                           "hmat-cache,node-id=%" PRIu32 ",size=%" PRIu64 "K,level=%" PRIu32
                           ",associativity=%s,policy=%s,line=%" PRIu64,
                           cell->id, cache->size, cache->level, cache_word(cache->associativity, "full", "complex"),
                           cache_word(cache_word(cache->policy, "writeback", "write-back"), "writethrough",
                                      "write-through"),
                           cache->line);
}

static void put_numa(Build *b)
{
        const DomainCpu *cpu = b->def->cpu;

        DEF_FOREACH(cell, cpu->cells)
                put_cell(b, cpu, cell);
        DEF_FOREACH(cell, cpu->cells)
                put_distances(b, cell);
        if (!has_hmat(cpu))
                return;
        DEF_FOREACH(item, cpu->latencies)
                put_interconnect(b, item, true);
        DEF_FOREACH(item, cpu->bandwidths)
                put_interconnect(b, item, false);
        DEF_FOREACH(cell, cpu->cells)
                put_caches(b, cell);
}

static int check_memory(Build *b, Error *error)
{
        const DomainDef *def = b->def;
        const DomainMemoryBacking *memory = def->memory_backing;
        int r;

        if (initial_memory(def) > MEMORY_MAX || def->max_memory > MEMORY_MAX)
                return qemu_refuse(def, NULL, "memory", error, "it must be at most %" PRIu64 " KiB", MEMORY_MAX);
        if (def->max_memory > 0 && def->max_memory < initial_memory(def))
                return qemu_refuse(def, NULL, "maxMemory", error,
                                   "it must be at least the memory that there is at first");
        if (memory && (streq_ptr(memory->source, "memfd") || memory->hugepages) &&
            !qemu_caps_has_object(b->caps, "memory-backend-memfd"))
                return qemu_refuse(def, NULL, "memoryBacking", error, "%s has no memory-backend-memfd",
                                   qemu_caps_binary(b->caps));
        if (def->memories.n > 0 && b->x86 && !def->features.acpi)
                return qemu_refuse(def, NULL, "features/acpi", error, "memory devices need it");
        DEF_FOREACH(device, def->memories) {
                if (device->model == DOMAIN_MEMORY_SGX_EPC)
                        return qemu_refuse(def, device, "@model", error,
                                           "QEMU opens the memory of enclaves by its path, which its user may not");
                if (def->max_memory_slots == 0 && def->max_memory == 0)
                        return qemu_refuse(def, NULL, "maxMemory", error, "memory devices need it");
                if (device->dynamic_slots != TRISTATE_ABSENT &&
                    (r = build_check_version(b, device, "target/@dynamicMemslots", MEMSLOTS_VERSION, error)) < 0)
                        return r;
        }
        return 0;
}

int build_memory(Build *b, Error *error)
{
        const DomainDef *def = b->def;
        uint64_t size = initial_memory(def);
        int r = check_memory(b, error);

        if (r < 0)
                return r;
        if (def->max_memory > 0)
                build_argf(b, "-m", "size=%" PRIu64 "k,slots=%" PRIu32 ",maxmem=%" PRIu64 "k", size,
                           def->max_memory_slots, def->max_memory);
        else
                build_argf(b, "-m", "size=%" PRIu64 "k", size);
        if (def->memory_backing && def->memory_backing->locked) {
                build_arg(b, "-overcommit", g_strdup("mem-lock=on"));
                b->locked_memory = UINT64_MAX;
        }
        if (def->cpu && def->cpu->cells.n > 0)
                put_numa(b);
        else
                put_ram(b);
        return 0;
}

/* -- devices ------------------------------------------------------------------------------------------------- */

static const char *memory_driver(DomainMemoryModel model)
{
        switch (model) {
        case DOMAIN_MEMORY_DIMM:
                return "pc-dimm";
        case DOMAIN_MEMORY_NVDIMM:
                return "nvdimm";
        case DOMAIN_MEMORY_VIRTIO_PMEM:
                return "virtio-pmem-pci";
        case DOMAIN_MEMORY_VIRTIO_MEM:
                return "virtio-mem-pci";
        case DOMAIN_MEMORY_SGX_EPC:
        case _DOMAIN_MEMORY_MAX:
                break;
        }
        return NULL;
}

/* The place in the guest's memory is a property here, and no bus address. */
static void put_slot(const DomainMemoryDevice *memory, DomainDevice *info, JsonObject *props)
{
        const DomainAddress *address = info->address;

        if (!address || address->type != DOMAIN_ADDRESS_DIMM)
                return;
        build_put_number(props, "slot", address, dimm.slot);
        if (def_is_set(address, dimm.base))
                json_object_set_int_member(props, "addr", (gint64) address->dimm.base);
        info->address = NULL;
}

static int build_memory_device(Build *b, const DomainMemoryDevice *memory, Error *error)
{
        g_autofree char *id = g_strconcat("mem", memory->info.alias, NULL);
        const Backing backing = {
                .id = id,
                .size = memory->size,
                .node = memory->node,
                .has_node = def_is_set(memory, node),
                .pagesize = memory->pagesize,
                .access = memory->access,
                .nodemask = memory->nodemask,
                .path = memory->path,
                .align = memory->path ? memory->alignsize : 0,
                .sparse = memory->model == DOMAIN_MEMORY_VIRTIO_MEM,
                .pmem = memory->pmem,
                .readonly = memory->readonly,
                .discard = memory->discard,
        };
        const char *driver = memory_driver(memory->model);
        DomainDevice info = memory->info;
        JsonObject *object, *props;

        if (!driver)
                return qemu_refuse(b->def, memory, "@model", error, "'%s' is not supported",
                                   strempty(domain_memory_to_string(memory->model)));
        object = backend(b, &backing);
        if (memory->path) {
                g_autofree char *path = build_file(b, id);

                json_object_set_string_member(object, "mem-path", path);
        }
        build_json(b, "-object", object);
        props = qmp_object("s:driver", driver, "s:memdev", id, NULL);
        build_put_number(props, "node", memory, node);
        if (memory->label > 0)
                json_object_set_int_member(props, "label-size", (gint64) memory->label * 1024);
        if (memory->uuid)
                json_object_set_string_member(props, "uuid", memory->uuid);
        if (memory->readonly && memory->model == DOMAIN_MEMORY_NVDIMM)
                json_object_set_boolean_member(props, "unarmed", true);
        if (memory->model == DOMAIN_MEMORY_VIRTIO_MEM) {
                json_object_set_int_member(props, "block-size", (gint64) memory->block * 1024);
                json_object_set_int_member(props, "requested-size", (gint64) memory->requested * 1024);
                if (is_preallocated(b->def, &backing))
                        json_object_set_boolean_member(props, "prealloc", true);
                build_put_tristate(props, "dynamic-memslots", memory->dynamic_slots);
        }
        build_put_number(props, "memaddr", memory, base);
        put_slot(memory, &info, props);
        return build_device(b, memory, &info, props, error);
}

int build_memory_devices(Build *b, Error *error)
{
        DEF_FOREACH(memory, b->def->memories) {
                int r = build_memory_device(b, memory, error);

                if (r < 0)
                        return r;
        }
        return 0;
}
