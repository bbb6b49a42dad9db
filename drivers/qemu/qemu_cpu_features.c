/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_cpu_features.h"

#include "drivers/model/domain_portable.h"

#include <string.h>

/* QEMU's properties that are another name of a feature, or spell it otherwise than libvirt. */
static const struct {
        const char *property;
        const char *word;
} feature_words[] = {
        { "i64", "lm" },
        { "xd", "nx" },
        { "sse3", "pni" },
        { "sse4-1", "sse4.1" },
        { "sse4-2", "sse4.2" },
        { "pclmulqdq", "pclmuldq" },
        { "ffxsr", "fxsr_opt" },
        { "fxsr-opt", "fxsr_opt" },
        { "lahf-lm", "lahf_lm" },
        { "cmp-legacy", "cmp_legacy" },
        { "ds-cpl", "ds_cpl" },
        { "nodeid-msr", "nodeid_msr" },
        { "perfctr-core", "perfctr_core" },
        { "perfctr-nb", "perfctr_nb" },
        { "tsc-adjust", "tsc_adjust" },
};

/* QEMU lists a feature by each of its names. */
void qemu_cpu_features_add(CpuFeatures *features, const char *property)
{
        g_autofree char *hyphens = g_strdelimit(g_strdup(property), "_", '-');

        for (size_t i = 0; i < ELEMENTSOF(feature_words); i++)
                if (streq(feature_words[i].property, property) || streq(feature_words[i].property, hyphens)) {
                        (void) cpu_features_add(features, feature_words[i].word);
                        return;
                }
        (void) cpu_features_add(features, hyphens);
}

CpuHost *qemu_cpu_host(const QemuCaps *caps, const char *arch, bool kvm)
{
        CpuHost *host = g_new0(CpuHost, 1);
        size_t n;
        const QemuCpu *cpus = qemu_caps_cpus(caps, &n);
        CpuOffer *offers = g_new0(CpuOffer, n);

        for (size_t i = 0; i < n; i++)
                offers[i] = (CpuOffer) { cpus[i].name, cpus[i].blockers };
        host->arch = g_intern_string(arch);
        host->features = *qemu_caps_cpu_features(caps, kvm);
        host->switches = *qemu_caps_cpu_switches(caps);
        /* the one that QEMU takes from a processor that is to be migratable; it is not emulated */
        if (kvm)
                cpu_features_put(&host->staying, X86_INVTSC);
        host->offers = (CpuOffers) { offers, n };
        return host;
}

int qemu_cpu_spell(const QemuCaps *caps, DomainDef **def, Error *error)
{
        _cleanup_(cpu_host_freep) CpuHost *host = NULL;
        DomainDef *spelled = NULL;
        int r;

        if (!(*def)->cpu || (*def)->cpu->mode != DOMAIN_CPU_HOST_MODEL)
                return 0;
        host = qemu_cpu_host(caps, (*def)->os.arch, (*def)->type == DOMAIN_VIRT_KVM);
        r = domain_def_spell_cpu(*def, host, &spelled, error);
        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = spelled;
        return 0;
}
