/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_capabilities_xml.h"

#include "drivers/qemu/qemu_caps_private.h"
#include "drivers/qemu/qemu_xml.h"

#include <string.h>

static void add_page_sizes(xmlNode *cpu, const GArray *pages)
{
        for (guint i = 0; pages && i < pages->len; i++) {
                xmlNode *node = xml_add(cpu, "pages");

                xml_set(node, "unit", "KiB");
                xml_set_u64(node, "size", g_array_index(pages, QemuHostPages, i).kib);
        }
}

static void add_pages(xmlNode *cell, const GArray *pages)
{
        for (guint i = 0; pages && i < pages->len; i++) {
                const QemuHostPages *item = &g_array_index(pages, QemuHostPages, i);
                g_autofree char *n = g_strdup_printf("%" PRIu64, item->n);
                xmlNode *node = xml_add_text(cell, "pages", n);

                xml_set(node, "unit", "KiB");
                xml_set_u64(node, "size", item->kib);
        }
}

static void add_distances(xmlNode *cell, const GArray *distances)
{
        xmlNode *list = distances && distances->len > 0 ? xml_add(cell, "distances") : NULL;

        for (guint i = 0; list && i < distances->len; i++) {
                const QemuHostDistance *item = &g_array_index(distances, QemuHostDistance, i);
                xmlNode *node = xml_add(list, "sibling");

                xml_set_u64(node, "id", item->id);
                xml_set_u64(node, "value", item->value);
        }
}

/* In whole MiB where it is, as libvirt has it. */
static void add_caches(xmlNode *host_node, const GArray *caches)
{
        xmlNode *list = caches && caches->len > 0 ? xml_add(host_node, "cache") : NULL;

        for (guint i = 0; list && i < caches->len; i++) {
                const QemuHostCache *cache = &g_array_index(caches, QemuHostCache, i);
                bool whole = cache->kib % 1024 == 0;
                xmlNode *node = xml_add(list, "bank");

                xml_set_u64(node, "id", cache->id);
                xml_set_u64(node, "level", cache->level);
                xml_set(node, "type", "both");
                xml_set_u64(node, "size", whole ? cache->kib / 1024 : cache->kib);
                xml_set(node, "unit", whole ? "MiB" : "KiB");
                xml_set(node, "cpus", cache->cpus);
        }
}

/* Each machine has a user of its own, which is discretionary access control; there is no other kind. */
static void add_security(xmlNode *host_node)
{
        xmlNode *node = xml_add(host_node, "secmodel");

        xml_add_text(node, "model", "dac");
        xml_add_text(node, "doi", "0");
}

/* Which one it is, which the vendor's errata go by. */
static void add_signature(xmlNode *cpu, const NodeCpu *facts)
{
        xmlNode *signature;

        if (facts->microcode > 0)
                xml_set_u64(xml_add(cpu, "microcode"), "version", facts->microcode);
        if (facts->family == 0)
                return;
        signature = xml_add(cpu, "signature");
        xml_set_u64(signature, "family", facts->family);
        xml_set_u64(signature, "model", facts->model);
        xml_set_u64(signature, "stepping", facts->stepping);
}

static void add_physical_bits(xmlNode *cpu, const NodeCpu *facts)
{
        xmlNode *node = facts->physical_bits > 0 ? xml_add(cpu, "maxphysaddr") : NULL;

        if (!node)
                return;
        xml_set(node, "mode", "emulate");
        xml_set_u64(node, "bits", facts->physical_bits);
}

static void add_host_cpu(xmlNode *host_node, const QemuHost *host)
{
        xmlNode *cpu = xml_add(host_node, "cpu"), *topology;
        CpuDescription description = {};
        bool described = !cpu_features_is_empty(&host->features) &&
                         cpu_describe_host(&host->features, &description, NULL) >= 0;

        xml_add_text(cpu, "arch", host->arch);
        if (described)
                xml_add_text(cpu, "model", cpu_model_name(description.model));
        if (host->vendor)
                xml_add_text(cpu, "vendor", host->vendor);
        add_signature(cpu, &host->cpu);
        topology = xml_add(cpu, "topology");
        xml_set_u64(topology, "sockets", host->sockets);
        xml_set_u64(topology, "dies", host->dies);
        xml_set_u64(topology, "cores", host->cores);
        xml_set_u64(topology, "threads", host->threads);
        add_physical_bits(cpu, &host->cpu);
        CPU_FEATURES_FOREACH(feature, &description.more)
                xml_set(xml_add(cpu, "feature"), "name", cpu_feature_name(feature));
        if (host->n_cells > 0)
                add_page_sizes(cpu, host->cells[0].pages);
}

static void add_cell(xmlNode *cells, const QemuHostCell *cell)
{
        xmlNode *node = xml_add(cells, "cell"), *memory, *cpus;
        g_autofree char *kib = g_strdup_printf("%" PRIu64, cell->memory_kib);

        xml_set_u64(node, "id", cell->id);
        memory = xml_add_text(node, "memory", kib);
        xml_set(memory, "unit", "KiB");
        add_pages(node, cell->pages);
        add_distances(node, cell->distances);
        cpus = xml_add(node, "cpus");
        xml_set_u64(cpus, "num", cell->n_threads);
        for (size_t i = 0; i < cell->n_threads; i++) {
                const QemuHostThread *t = cell->threads + i;
                xmlNode *cpu = xml_add(cpus, "cpu");

                xml_set_u64(cpu, "id", t->id);
                xml_set_u64(cpu, "socket_id", t->socket);
                xml_set_u64(cpu, "die_id", t->die);
                xml_set_u64(cpu, "core_id", t->core);
                xml_set(cpu, "siblings", t->siblings);
        }
}

static void add_power_management(xmlNode *node, const QemuHost *host)
{
        xmlNode *power = xml_add(node, "power_management");

        if (host->suspend_mem)
                xml_add(power, "suspend_mem");
        if (host->suspend_disk)
                xml_add(power, "suspend_disk");
        if (host->suspend_hybrid)
                xml_add(power, "suspend_hybrid");
}

static void add_host(xmlNode *root, const QemuHost *host)
{
        xmlNode *node = xml_add(root, "host"), *migration, *transports, *cells;

        if (*host->uuid)
                xml_add_text(node, "uuid", host->uuid);
        add_host_cpu(node, host);
        add_power_management(node, host);
        xml_set(xml_add(node, "iommu"), "support", host->iommu ? "yes" : "no");
        migration = xml_add(node, "migration_features");
        xml_add(migration, "live");
        transports = xml_add(migration, "uri_transports");
        xml_add_text(transports, "uri_transport", "tcp");
        cells = xml_add(xml_add(node, "topology"), "cells");
        xml_set_u64(cells, "num", host->n_cells);
        for (size_t i = 0; i < host->n_cells; i++)
                add_cell(cells, host->cells + i);
        add_caches(node, host->caches);
        add_security(node);
}

static void add_machine(xmlNode *arch, const QemuMachine *m, const char *name, const char *canonical)
{
        xmlNode *node = xml_add_text(arch, "machine", name);

        if (canonical)
                xml_set(node, "canonical", canonical);
        xml_set_u64(node, "maxCpus", m->cpu_max);
        if (m->deprecated)
                xml_set(node, "deprecated", "yes");
}

/* The default one first, since clients take the first that they meet. */
static void add_machines(xmlNode *arch, const QemuCaps *caps)
{
        size_t n;
        const QemuMachine *machines = qemu_caps_machines(caps, &n);

        for (int pass = 0; pass < 2; pass++)
                for (size_t i = 0; i < n; i++) {
                        const QemuMachine *m = machines + i;

                        if (m->is_default != (pass == 0))
                                continue;
                        if (m->alias)
                                add_machine(arch, m, m->alias, m->name);
                        add_machine(arch, m, m->name, NULL);
                }
}

static void add_toggle(xmlNode *features, const char *name, const char *initially, const char *toggle)
{
        xmlNode *node = xml_add(features, name);

        xml_set(node, "default", initially);
        xml_set(node, "toggle", toggle);
}

static bool is_x86(const char *arch)
{
        return streq(arch, "x86_64") || streq(arch, "i686");
}

static bool has_acpi(const QemuCaps *caps)
{
        const QemuMachine *m = qemu_caps_machine(caps, NULL);
        size_t n;

        if (!m)
                m = qemu_caps_machines(caps, &n);
        return m && m->acpi;
}

static bool is_64_bit(const char *arch)
{
        return strstr(arch, "64") || streq(arch, "s390x") || streq(arch, "alpha");
}

static void add_guest(xmlNode *root, const QemuCaps *caps, const char *arch)
{
        xmlNode *guest = xml_add(root, "guest"), *node, *features;

        xml_add_text(guest, "os_type", "hvm");
        node = xml_add(guest, "arch");
        xml_set(node, "name", arch);
        xml_add_text(node, "wordsize", is_64_bit(arch) ? "64" : "32");
        xml_add_text(node, "emulator", qemu_caps_binary(caps));
        add_machines(node, caps);
        xml_set(xml_add(node, "domain"), "type", "qemu");
        if (qemu_caps_kvm(caps))
                xml_set(xml_add(node, "domain"), "type", "kvm");

        features = xml_add(guest, "features");
        if (streq(arch, "i686")) {
                xml_add(features, "pae");
                xml_add(features, "nonpae");
        }
        if (has_acpi(caps))
                add_toggle(features, "acpi", "on", "yes");
        if (is_x86(arch))
                add_toggle(features, "apic", "on", "no");
        xml_add(features, "cpuselection");
        xml_add(features, "deviceboot");
        add_toggle(features, "disksnapshot", "on", "no");
        xml_add(features, "externalSnapshot");
}

/* The first for the architecture; n when there is none. */
static size_t find_arch(QemuCaps *const *caps, size_t n, const char *arch)
{
        size_t i = 0;

        while (i < n && !streq(qemu_caps_arch(caps[i]), arch))
                i++;
        return i;
}

char *qemu_capabilities_xml(const QemuHost *host, QemuCaps *const *caps, size_t n_caps)
{
        xmlNode *root = xml_new("capabilities");
        size_t x86_64 = find_arch(caps, n_caps, "x86_64");

        add_host(root, host);
        for (size_t i = 0; i < n_caps; i++)
                if (find_arch(caps, n_caps, qemu_caps_arch(caps[i])) == i)
                        add_guest(root, caps[i], qemu_caps_arch(caps[i]));
        /* a processor of 64 bits runs guests of 32 */
        if (x86_64 < n_caps && find_arch(caps, n_caps, "i686") == n_caps)
                add_guest(root, caps[x86_64], "i686");
        return xml_finish(root);
}
