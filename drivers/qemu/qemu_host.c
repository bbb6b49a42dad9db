/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_capabilities_xml.h"

#include "drivers/qemu/qemu_caps_private.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define FACT_MAX (64 * 1024)
#define CPU_NUMBER_MAX 65535

/* Text of the file beneath root without blanks around it; NULL when it cannot be read. */
static char *read_fact(const char *root, size_t max, const char *format, ...) _printf_(3, 4);

static char *read_fact(const char *root, size_t max, const char *format, ...)
{
        g_autofree char *name = NULL, *path = NULL, *text = NULL;
        va_list ap;

        va_start(ap, format);
        name = g_strdup_vprintf(format, ap);
        va_end(ap);
        path = g_build_filename(root, name, NULL);
        if (read_file_at(AT_FDCWD, path, max, &text, NULL) < 0)
                return NULL;
        return g_strstrip(g_steal_pointer(&text));
}

static unsigned read_number(const char *root, const char *format, unsigned cpu, const char *leaf)
{
        g_autofree char *name = g_strdup_printf(format, cpu);
        g_autofree char *text = read_fact(root, FACT_MAX, "%s/%s", name, leaf);
        uint32_t v;

        /* the kernel says -1 where the platform does not tell */
        return text && parse_u32(text, &v) >= 0 ? v : 0;
}

/* "0-3,8" as numbers (cpulist of the kernel's cputopology); NULL is an empty list. */
static GArray *parse_list(const char *text)
{
        GArray *numbers = g_array_new(FALSE, FALSE, sizeof(unsigned));
        g_auto(GStrv) parts = g_strsplit(strempty(text), ",", -1);

        for (char **p = parts; *p; p++) {
                unsigned first, last;
                int n = sscanf(*p, "%u-%u", &first, &last);

                if (n < 1)
                        continue;
                if (n == 1)
                        last = first;
                for (unsigned i = first; i <= last && i <= CPU_NUMBER_MAX; i++)
                        g_array_append_val(numbers, i);
        }
        return numbers;
}

QemuHost *qemu_host_free(QemuHost *host)
{
        if (!host)
                return NULL;
        for (size_t i = 0; i < host->n_cells; i++) {
                for (size_t j = 0; j < host->cells[i].n_threads; j++)
                        g_free(host->cells[i].threads[j].siblings);
                g_free(host->cells[i].threads);
                g_clear_pointer(&host->cells[i].pages, g_array_unref);
                g_clear_pointer(&host->cells[i].distances, g_array_unref);
        }
        g_clear_pointer(&host->caches, g_array_unref);
        firmwares_clear(&host->firmwares);
        g_free(host->cells);
        g_free(host->arch);
        node_cpu_clear(&host->cpu);
        g_free(host);
        return NULL;
}

static void read_uuid(QemuHost *host, const char *root)
{
        g_autofree char *product = read_fact(root, FACT_MAX, "sys/class/dmi/id/product_uuid");
        g_autofree char *machine = NULL, *hash = NULL;

        if (product && g_uuid_string_is_valid(product)) {
                g_autofree char *lower = g_ascii_strdown(product, -1);

                (void) g_strlcpy(host->uuid, lower, sizeof(host->uuid));
                return;
        }
        machine = read_fact(root, FACT_MAX, "etc/machine-id");
        if (isempty(machine))
                return;
        /*
         * not the machine id itself, which is confidential (machine-id(5)); version and variant of a random
         * UUID
         */
        hash = g_compute_hmac_for_string(G_CHECKSUM_SHA256, (const guchar *) machine, strlen(machine),
                                         "virtbus host", -1);
        (void) snprintf(host->uuid, sizeof(host->uuid), "%.8s-%.4s-4%.3s-8%.3s-%.12s", hash, hash + 8,
                        hash + 12, hash + 15, hash + 18);
}

static void read_cpu(QemuHost *host, const char *root)
{
        if (node_read_cpu(root, &host->cpu, NULL) >= 0 && host->cpu.vendor)
                host->vendor = cpu_vendor_word(host->cpu.vendor);
}

static void read_thread(QemuHostThread *thread, const char *root, unsigned cpu)
{
        static const char topology[] = "sys/devices/system/cpu/cpu%u/topology";
        g_autofree char *dir = g_strdup_printf(topology, cpu);

        thread->id = cpu;
        thread->socket = read_number(root, topology, cpu, "physical_package_id");
        thread->die = read_number(root, topology, cpu, "die_id");
        thread->core = read_number(root, topology, cpu, "core_id");
        thread->siblings = read_fact(root, FACT_MAX, "%s/thread_siblings_list", dir)
                                   ?: g_strdup_printf("%u", cpu);
}

static uint64_t parse_memory(const char *text)
{
        const char *line = text ? strstr(text, "MemTotal:") : NULL;
        uint64_t kib = 0;

        if (line)
                (void) sscanf(line, "MemTotal: %" SCNu64, &kib);
        return kib;
}

static int compare_pages(const void *a, const void *b)
{
        const QemuHostPages *x = a, *y = b;

        return x->kib < y->kib ? -1 : x->kib > y->kib;
}

/* Huge pages that are set aside, and what is left of the memory in pages of the plain size. */
static GArray *read_pages(const char *root, const char *directory, uint64_t memory_kib)
{
        GArray *pages = g_array_new(FALSE, FALSE, sizeof(QemuHostPages));
        g_autofree char *path = g_build_filename(root, directory, NULL);
        QemuHostPages plain = { .kib = (uint64_t) sysconf(_SC_PAGESIZE) / 1024 };
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        uint64_t huge_kib = 0;
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
                g_autofree char *text = read_fact(root, FACT_MAX, "%s/%s/nr_hugepages", directory, name);
                QemuHostPages huge = {};

                if (sscanf(name, "hugepages-%" SCNu64 "kB", &huge.kib) != 1 || !text || parse_u64(text, &huge.n) < 0 ||
                    (huge.kib > 0 && huge.n > memory_kib / huge.kib))
                        continue;
                huge_kib += huge.kib * huge.n;
                g_array_append_val(pages, huge);
        }
        plain.n = (memory_kib - MIN(huge_kib, memory_kib)) / plain.kib;
        g_array_append_val(pages, plain);
        g_array_sort(pages, compare_pages);
        return pages;
}

/* One for each node that is online, in their order. */
static GArray *read_distances(const char *root, unsigned id, const GArray *nodes)
{
        GArray *distances = g_array_new(FALSE, FALSE, sizeof(QemuHostDistance));
        g_autofree char *text = read_fact(root, FACT_MAX, "sys/devices/system/node/node%u/distance", id);
        g_auto(GStrv) words = g_strsplit_set(strempty(text), " \t", -1);
        guint n = 0;

        for (char **word = words; *word && n < nodes->len; word++) {
                QemuHostDistance distance = { .id = g_array_index(nodes, unsigned, n) };

                if (parse_u32(*word, &distance.value) < 0)
                        continue;
                g_array_append_val(distances, distance);
                n++;
        }
        return distances;
}

static void cache_clear(gpointer data)
{
        QemuHostCache *cache = data;

        g_free(cache->cpus);
}

static bool has_cache(const GArray *caches, const QemuHostCache *cache)
{
        for (guint i = 0; i < caches->len; i++) {
                const QemuHostCache *other = &g_array_index(caches, QemuHostCache, i);

                if (other->level == cache->level && streq(other->cpus, cache->cpus))
                        return true;
        }
        return false;
}

/* The kernel numbers a processor's caches from the nearest; sizes are like "8192K". */
static void read_cache(QemuHost *host, const char *root, unsigned cpu)
{
        static const char dir[] = "sys/devices/system/cpu/cpu%u/cache/index3";
        g_autofree char *name = g_strdup_printf(dir, cpu), *size = read_fact(root, FACT_MAX, "%s/size", name);
        QemuHostCache cache = {.id = read_number(root, dir, cpu, "id"), .level = read_number(root, dir, cpu, "level")};

        if (cache.level < 3 || !size || sscanf(size, "%" SCNu64 "K", &cache.kib) != 1)
                return;
        cache.cpus = read_fact(root, FACT_MAX, "%s/shared_cpu_list", name);
        if (isempty(cache.cpus) || has_cache(host->caches, &cache))
                g_free(cache.cpus);
        else
                g_array_append_val(host->caches, cache);
}

static void read_caches(QemuHost *host, const char *root)
{
        host->caches = g_array_new(FALSE, FALSE, sizeof(QemuHostCache));
        g_array_set_clear_func(host->caches, cache_clear);
        for (size_t i = 0; i < host->n_cells; i++)
                for (size_t j = 0; j < host->cells[i].n_threads; j++)
                        read_cache(host, root, host->cells[i].threads[j].id);
}

static void fill_cell(QemuHostCell *cell, const char *root, unsigned id, const char *cpus,
                      uint64_t memory_kib)
{
        g_autofree char *online = read_fact(root, FACT_MAX, "sys/devices/system/cpu/online");
        g_autoptr(GArray) mine = parse_list(cpus), up = parse_list(online);

        cell->id = id;
        cell->memory_kib = memory_kib;
        cell->threads = g_new0(QemuHostThread, mine->len);
        for (guint i = 0; i < mine->len; i++)
                for (guint j = 0; j < up->len; j++)
                        if (g_array_index(mine, unsigned, i) == g_array_index(up, unsigned, j))
                                read_thread(cell->threads + cell->n_threads++, root,
                                            g_array_index(up, unsigned, j));
}

static void read_cells(QemuHost *host, const char *root)
{
        g_autofree char *online = read_fact(root, FACT_MAX, "sys/devices/system/node/online");
        g_autoptr(GArray) nodes = parse_list(online);

        host->cells = g_new0(QemuHostCell, MAX(nodes->len, 1));
        for (guint i = 0; i < nodes->len; i++) {
                unsigned id = g_array_index(nodes, unsigned, i);
                g_autofree char *cpus =
                        read_fact(root, FACT_MAX, "sys/devices/system/node/node%u/cpulist", id);
                g_autofree char *memory =
                        read_fact(root, FACT_MAX, "sys/devices/system/node/node%u/meminfo", id);

                g_autofree char *pages = g_strdup_printf("sys/devices/system/node/node%u/hugepages", id);
                QemuHostCell *cell = host->cells + host->n_cells++;

                fill_cell(cell, root, id, cpus, parse_memory(memory));
                cell->pages = read_pages(root, pages, cell->memory_kib);
                cell->distances = read_distances(root, id, nodes);
        }
        if (nodes->len == 0) {
                g_autofree char *cpus = read_fact(root, FACT_MAX, "sys/devices/system/cpu/online");
                g_autofree char *memory = read_fact(root, FACT_MAX, "proc/meminfo");

                QemuHostCell *cell = host->cells + host->n_cells++;

                fill_cell(cell, root, 0, cpus, parse_memory(memory));
                cell->pages = read_pages(root, "sys/kernel/mm/hugepages", cell->memory_kib);
        }
}

/*
 * How many different parts of the level there are: sockets (0), dies (1), cores (2), processors (3). A
 * number has its meaning within the levels above.
 */
static unsigned count_parts(const QemuHost *host, unsigned level)
{
        g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        for (size_t i = 0; i < host->n_cells; i++)
                for (size_t j = 0; j < host->cells[i].n_threads; j++) {
                        const QemuHostThread *t = host->cells[i].threads + j;

                        (void) g_hash_table_add(seen, g_strdup_printf("%u %u %u %u", t->socket,
                                                                      level >= 1 ? t->die : 0,
                                                                      level >= 2 ? t->core : 0,
                                                                      level >= 3 ? t->id : 0));
                }
        return g_hash_table_size(seen);
}

static void count_topology(QemuHost *host)
{
        unsigned sockets = count_parts(host, 0), dies = count_parts(host, 1), cores = count_parts(host, 2);

        host->cpus = count_parts(host, 3);
        if (host->cpus > 0 && dies % sockets == 0 && cores % dies == 0 && host->cpus % cores == 0) {
                host->sockets = sockets;
                host->dies = dies / sockets;
                host->cores = cores / dies;
                host->threads = host->cpus / cores;
                return;
        }
        /* with processors offline it may be irregular: one socket of so many cores, as libvirt has it */
        host->sockets = host->dies = host->threads = 1;
        host->cores = MAX(host->cpus, 1);
}

static bool has_entries(const char *root, const char *name)
{
        g_autofree char *path = g_build_filename(root, name, NULL);
        GDir *dir = g_dir_open(path, 0, NULL);
        bool any;

        if (!dir)
                return false;
        any = g_dir_read_name(dir);
        g_dir_close(dir);
        return any;
}

static void read_power(QemuHost *host, const char *root)
{
        g_autofree char *state = read_fact(root, FACT_MAX, "sys/power/state");
        g_autofree char *disk = read_fact(root, FACT_MAX, "sys/power/disk");
        g_auto(GStrv) words = g_strsplit(strempty(state), " ", -1);

        host->suspend_mem = g_strv_contains((const char *const *) words, "mem");
        host->suspend_disk = g_strv_contains((const char *const *) words, "disk");
        host->suspend_hybrid = host->suspend_disk && disk && strstr(disk, "suspend");
}

static void read_firmwares(QemuHost *host, const char *root)
{
        g_autofree char *own = g_build_filename(root, "etc/qemu/firmware", NULL);
        g_autofree char *package = g_build_filename(root, "usr/share/qemu/firmware", NULL);

        qemu_firmwares_read((const char *const[]) { own, package, NULL }, &host->firmwares);
}

int qemu_host_read(const char *root, QemuHost **ret, Error *error)
{
        _cleanup_(qemu_host_freep) QemuHost *host = g_new0(QemuHost, 1);
        struct utsname name;

        if (uname(&name) < 0)
                return error_set_errno(error, errno, "cannot read the name of the host's architecture");
        host->arch = g_strdup(name.machine);
        read_uuid(host, root);
        read_cpu(host, root);
        host->features = node_cpu_features();
        read_cells(host, root);
        count_topology(host);
        read_caches(host, root);
        read_power(host, root);
        read_firmwares(host, root);
        host->iommu = has_entries(root, "sys/class/iommu");
        *ret = g_steal_pointer(&host);
        return 0;
}
