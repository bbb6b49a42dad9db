/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/* <features> and what of <cpu> is no feature of the model: options of QEMU's processor, machine and accelerator. */

#include <string.h>

/* -- the processor ------------------------------------------------------------------------------------------- */

typedef struct Option {
        const char *name; /* QEMU's property */
        Tristate value;
} Option;

static void put_enabled(GString *s, const Option *options, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (options[i].value == TRISTATE_ON)
                        g_string_append_printf(s, ",%s=on", options[i].name);
}

static int put_hyperv(Build *b, GString *s, const DomainHyperv *hyperv, Error *error)
{
        const Option options[] = {
                { "hv-relaxed", hyperv->relaxed },
                { "hv-vapic", hyperv->vapic },
                { "hv-vpindex", hyperv->vpindex },
                { "hv-runtime", hyperv->runtime },
                { "hv-synic", hyperv->synic },
                { "hv-stimer", hyperv->stimer },
                { "hv-stimer-direct", hyperv->stimer_direct },
                { "hv-reset", hyperv->reset },
                { "hv-frequencies", hyperv->frequencies },
                { "hv-reenlightenment", hyperv->reenlightenment },
                { "hv-tlbflush", hyperv->tlbflush },
                { "hv-tlbflush-direct", hyperv->tlbflush_direct },
                { "hv-tlbflush-ext", hyperv->tlbflush_extended },
                { "hv-ipi", hyperv->ipi },
                { "hv-evmcs", hyperv->evmcs },
                { "hv-avic", hyperv->avic },
                { "hv-emsr-bitmap", hyperv->emsr_bitmap },
                { "hv-xmm-input", hyperv->xmm_input },
        };

        if (streq_ptr(hyperv->mode, "passthrough")) {
                if (b->def->type != DOMAIN_VIRT_KVM)
                        return qemu_refuse(b->def, NULL, "features/hyperv/@mode", error,
                                           "'passthrough' needs a domain of type 'kvm'");
                g_string_append(s, ",hv-passthrough=on");
        }
        put_enabled(s, options, ELEMENTSOF(options));
        if (hyperv->spinlocks == TRISTATE_ON)
                g_string_append_printf(s, ",hv-spinlocks=0x%" PRIx32, def_get(hyperv, spinlock_retries, 0xffffffff));
        if (hyperv->vendor_id_state != TRISTATE_ON || !hyperv->vendor_id)
                return 0;
        if (strlen(hyperv->vendor_id) > 12 || strchr(hyperv->vendor_id, ','))
                return qemu_refuse(b->def, NULL, "features/hyperv/vendor_id/@value", error,
                                   "it must have at most 12 characters and no comma");
        g_string_append_printf(s, ",hv-vendor-id=%s", hyperv->vendor_id);
        return 0;
}

static void put_kvm(GString *s, const DomainKvm *kvm)
{
        const Option options[] = {
                { "kvm-hint-dedicated", kvm->hint_dedicated },
                { "kvm-poll-control", kvm->poll_control },
                { "kvm-pv-ipi", kvm->pv_ipi },
        };

        /* the one that QEMU's processors of the host's kind have by themselves */
        if (kvm->pv_ipi == TRISTATE_OFF)
                g_string_append(s, ",kvm-pv-ipi=off");

        if (kvm->hidden == TRISTATE_ON)
                g_string_append(s, ",kvm=off");
        put_enabled(s, options, ELEMENTSOF(options));
}

/* Only processors that are the host's in other ways, too, can show its caches. */
static void put_cache(GString *s, const DomainCpu *cpu)
{
        const char *mode = cpu->cache;
        bool like_host = cpu->mode == DOMAIN_CPU_HOST_PASSTHROUGH || cpu->mode == DOMAIN_CPU_MAXIMUM;

        if (!mode)
                return;
        if (like_host)
                g_string_append_printf(s, ",host-cache-info=%s", streq(mode, "passthrough") ? "on" : "off");
        g_string_append_printf(s, ",l3-cache=%s", streq(mode, "emulate") ? "on" : "off");
}

static int put_address_bits(Build *b, GString *s, const DomainCpu *cpu, Error *error)
{
        if (!cpu->physical_address)
                return 0;
        if (streq(cpu->physical_address, "passthrough")) {
                if (b->def->type != DOMAIN_VIRT_KVM)
                        return qemu_refuse(b->def, NULL, "cpu/maxphysaddr/@mode", error,
                                           "'passthrough' needs a domain of type 'kvm'");
                g_string_append(s, ",host-phys-bits=on");
                if (def_is_set(cpu, physical_address_limit))
                        g_string_append_printf(s, ",host-phys-bits-limit=%" PRIu32, cpu->physical_address_limit);
                return 0;
        }
        if (def_is_set(cpu, physical_address_bits))
                g_string_append_printf(s, ",phys-bits=%" PRIu32, cpu->physical_address_bits);
        else
                g_string_append(s, ",host-phys-bits=off");
        return 0;
}

int build_cpu_features(Build *b, GString *s, Error *error)
{
        const DomainFeatures *features = &b->def->features;
        const DomainCpu *cpu = b->def->cpu;
        int r = 0;

        if (features->kvm)
                put_kvm(s, features->kvm);
        if (features->hyperv)
                r = put_hyperv(b, s, features->hyperv, error);
        DEF_FOREACH(panic, b->def->panics)
                if (streq_ptr(panic->model, "hyperv")) {
                        g_string_append(s, ",hv-crash=on");
                        break;
                }
        if (r < 0 || !cpu)
                return r;
        put_cache(s, cpu);
        return put_address_bits(b, s, cpu, error);
}

/* -- the machine --------------------------------------------------------------------------------------------- */

/* What other architectures have, or other hypervisors. */
static int check_foreign(Build *b, Error *error)
{
        const DomainFeatures *f = &b->def->features;
        const struct {
                bool given;
                const char *where;
        } all[] = {
                { f->viridian, "viridian" }, { f->privnet, "privnet" },       { f->xen, "xen" },
                { f->hpt, "hpt" },           { f->htm == TRISTATE_ON, "htm" },
                { f->nested_hv == TRISTATE_ON, "nested-hv" },
                { f->cfpc, "cfpc" },         { f->sbbc, "sbbc" },             { f->ibs, "ibs" },
                { f->aia, "aia" },           { f->msrs_unknown, "msrs" },
                { f->ccf_assist == TRISTATE_ON, "ccf-assist" },
                { f->gic && b->x86, "gic" }, { f->ras == TRISTATE_ON && b->x86, "ras" },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].given) {
                        g_autofree char *place = g_strconcat("features/", all[i].where, NULL);

                        return qemu_refuse(b->def, NULL, place, error, "this machine does not have it");
                }
        return 0;
}

static int put_irqchip(Build *b, GString *s, Error *error)
{
        const char *ioapic = b->def->features.ioapic;
        bool split = ioapic && streq(ioapic, "qemu");

        /* the part of the IOMMU that remaps interrupts is QEMU's, so the controller must be */
        DEF_FOREACH(iommu, b->def->iommus)
                split |= !ioapic && iommu->intremap == TRISTATE_ON;
        if (b->def->type != DOMAIN_VIRT_KVM) {
                if (streq_ptr(ioapic, "kvm"))
                        return qemu_refuse(b->def, NULL, "features/ioapic/@driver", error,
                                           "'kvm' needs a domain of type 'kvm'");
                return 0;
        }
        if (ioapic || split)
                g_string_append_printf(s, ",kernel_irqchip=%s", split ? "split" : "on");
        return 0;
}

/* Keys of the guest are wrapped by the firmware of the host. */
static int put_keywrap(Build *b, GString *s, Error *error)
{
        if (b->def->keywrap.n > 0 && !streq(qemu_caps_arch(b->caps), "s390x"))
                return qemu_refuse(b->def, NULL, "keywrap", error, "only machines of s390 have it");
        DEF_FOREACH(cipher, b->def->keywrap)
                g_string_append_printf(s, ",%s-key-wrap=%s", cipher->name, cipher->state == TRISTATE_ON ? "on" : "off");
        return 0;
}

int build_machine_features(Build *b, GString *s, Error *error)
{
        const DomainFeatures *features = &b->def->features;
        int r = check_foreign(b, error);

        if (r >= 0)
                r = put_keywrap(b, s, error);
        if (r < 0)
                return r;
        if (b->def->launch_security)
                g_string_append(s, ",confidential-guest-support=lsec0");
        if (features->ps2 != TRISTATE_ABSENT)
                g_string_append_printf(s, ",i8042=%s", features->ps2 == TRISTATE_ON ? "on" : "off");
        if (features->gic && features->gic_version)
                g_string_append_printf(s, ",gic-version=%s", features->gic_version);
        if (build_has_hmat(b->def))
                g_string_append(s, ",hmat=on");
        DEF_FOREACH(memory, b->def->memories)
                if (memory->model == DOMAIN_MEMORY_NVDIMM) {
                        g_string_append(s, ",nvdimm=on");
                        break;
                }
        if (b->def->memory_backing && b->def->memory_backing->nosharepages)
                g_string_append(s, ",mem-merge=off");
        return put_irqchip(b, s, error);
}

int build_accelerator(Build *b, Error *error)
{
        const DomainFeatures *features = &b->def->features;
        bool kvm = b->def->type == DOMAIN_VIRT_KVM;
        GString *s;

        if (features->tb_cache > 0 && kvm)
                return qemu_refuse(b->def, NULL, "features/tcg", error, "it needs a domain of type 'qemu'");
        s = g_string_new(kvm ? "kvm" : "tcg");
        if (features->tb_cache > 0)
                g_string_append_printf(s, ",tb-size=%" PRIu64, features->tb_cache / 1024);
        if (kvm && features->kvm && features->kvm->dirty_ring == TRISTATE_ON)
                g_string_append_printf(s, ",dirty-ring-size=%" PRIu32, features->kvm->dirty_ring_size);
        build_arg(b, "-accel", g_string_free(s, false));
        if (features->tseg > 0) {
                if (!b->q35)
                        return qemu_refuse(b->def, NULL, "features/smm/tseg", error, "only q35 has it");
                build_argf(b, "-global", "mch.extended-tseg-mbytes=%" PRIu64, features->tseg);
        }
        return 0;
}

/* -- what the firmware tells --------------------------------------------------------------------------------- */

typedef struct Word {
        const char *entry;  /* of the definition */
        const char *option; /* of -smbios */
} Word;

static const Word bios_words[] = {
        { "vendor", "vendor" }, { "version", "version" }, { "date", "date" }, { "release", "release" }, {},
};
static const Word system_words[] = {
        { "manufacturer", "manufacturer" }, { "product", "product" }, { "version", "version" },
        { "serial", "serial" },             { "uuid", "uuid" },       { "sku", "sku" },
        { "family", "family" },             {},
};
static const Word board_words[] = {
        { "manufacturer", "manufacturer" }, { "product", "product" }, { "version", "version" },
        { "serial", "serial" },             { "asset", "asset" },     { "location", "location" }, {},
};
static const Word chassis_words[] = {
        { "manufacturer", "manufacturer" }, { "version", "version" }, { "serial", "serial" },
        { "asset", "asset" },               { "sku", "sku" },         {},
};

static void put_block(Build *b, unsigned type, const DomainSysinfoBlock *block, const Word *words)
{
        g_autoptr(GString) s = g_string_new(NULL);

        if (!block)
                return;
        g_string_append_printf(s, "type=%u", type);
        for (const Word *word = words; word->entry; word++)
                DEF_FOREACH(entry, block->entries)
                        if (streq_ptr(entry->name, word->entry)) {
                                g_autofree char *value = build_escape(strempty(entry->value));

                                g_string_append_printf(s, ",%s=%s", word->option, value);
                        }
        build_arg(b, "-smbios", g_string_free(g_steal_pointer(&s), false));
}

static void put_oem_strings(Build *b, const DomainSysinfoBlock *block)
{
        g_autoptr(GString) s = NULL;

        if (!block)
                return;
        s = g_string_new("type=11");
        DEF_FOREACH(entry, block->entries) {
                g_autofree char *value = build_escape(strempty(entry->value));

                g_string_append_printf(s, ",value=%s", value);
        }
        build_arg(b, "-smbios", g_string_free(g_steal_pointer(&s), false));
}

static int put_fw_cfg(Build *b, const DomainSysinfo *sysinfo, Error *error)
{
        uint32_t i = 0;

        DEF_FOREACH(entry, sysinfo->entries) {
                g_autofree char *name = build_escape(strempty(entry->name)),
                        *id = g_strdup_printf("fwcfg%" PRIu32, i++);
                g_autofree char *value = entry->file ? build_file(b, id) : build_escape(strempty(entry->value));

                if (!g_str_has_prefix(name, "opt/"))
                        return qemu_refuse(b->def, NULL, "sysinfo/entry/@name", error, "it must begin with 'opt/'");
                build_argf(b, "-fw_cfg", "name=%s,%s=%s", name, entry->file ? "file" : "string", value);
        }
        return 0;
}

static int put_sysinfo(Build *b, const DomainSysinfo *sysinfo, Error *error)
{
        if (sysinfo->type == DOMAIN_SYSINFO_FWCFG)
                return put_fw_cfg(b, sysinfo, error);
        if (b->def->os.smbios != DOMAIN_SMBIOS_SYSINFO)
                return 0;
        put_block(b, 0, sysinfo->bios, bios_words);
        put_block(b, 1, sysinfo->system, system_words);
        DEF_FOREACH(board, sysinfo->boards)
                put_block(b, 2, board, board_words);
        put_block(b, 3, sysinfo->chassis, chassis_words);
        put_oem_strings(b, sysinfo->oem_strings);
        return 0;
}

int build_sysinfo(Build *b, Error *error)
{
        if (b->def->os.smbios == DOMAIN_SMBIOS_SYSINFO && b->def->sysinfo.n == 0)
                return qemu_refuse(b->def, NULL, "os/smbios/@mode", error, "there is no <sysinfo>");
        DEF_FOREACH(sysinfo, b->def->sysinfo) {
                int r = put_sysinfo(b, sysinfo, error);

                if (r < 0)
                        return r;
        }
        DEF_FOREACH(table, b->def->os.acpi_tables) {
                g_autofree char *id = g_strconcat("acpi-", table->type ?: "slic", NULL), *file = build_file(b, id);

                /* a table of type "slic" has no header of its own kind to be told by */
                build_argf(b, "-acpitable", "%sfile=%s", streq_ptr(table->type, "raw") ? "" : "sig=SLIC,", file);
        }
        return 0;
}
