/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_cpu_features.h"

#include "drivers/model/domain_portable.h"
#include "drivers/qemu/qemu_caps_private.h"

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

/* Switches of QEMU's processor that are no features. */
static const char *const switches[] = {
        "check",          "cpuid-0xb",    "enforce", "fill-mtrr-mask", "full-cpuid-auto-level",
        "hotpluggable",   "hotplugged",   "kvm",     "l3-cache",       "legacy-cache",
        "lmce",           "migratable",   "pmu",     "realized",       "start-powered-off",
        "tcg-cpuid",      "host-*",       "hv-*",    "kvm-*",          "kvm_*",
        "kvmclock*",      "vmware-*",     "x-*",     "xen-*",
};

static bool is_switch(const char *property)
{
        for (size_t i = 0; i < ELEMENTSOF(switches); i++)
                if (g_pattern_match_simple(switches[i], property))
                        return true;
        return false;
}

/* QEMU lists a feature by each of its names. */
static void add_feature(CpuFeatures *features, const char *property)
{
        g_autofree char *hyphens = g_strdelimit(g_strdup(property), "_", '-');

        for (size_t i = 0; i < ELEMENTSOF(feature_words); i++)
                if (streq(feature_words[i].property, property) || streq(feature_words[i].property, hyphens)) {
                        cpu_features_add(features, feature_words[i].word);
                        return;
                }
        if (!is_switch(property))
                cpu_features_add(features, hyphens);
}

CpuFeatures *qemu_cpu_features(const QemuCaps *caps, bool kvm)
{
        CpuFeatures *features = cpu_features_new();
        size_t n;
        const char *const *names = qemu_caps_cpu_features(caps, kvm, &n);
        const char *vendor = qemu_caps_cpu_vendor(caps, kvm);

        cpu_features_set_vendor(features, vendor ? qemu_vendor_word(vendor) : NULL);
        for (size_t i = 0; i < n; i++)
                add_feature(features, names[i]);
        return features;
}

int qemu_cpu_spell(const QemuCaps *caps, DomainDef **def, Error *error)
{
        _cleanup_(cpu_features_freep) CpuFeatures *features = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *spelled = NULL;
        int r;

        if (!(*def)->cpu || (*def)->cpu->mode != DOMAIN_CPU_HOST_MODEL)
                return 0;
        features = qemu_cpu_features(caps, (*def)->type == DOMAIN_VIRT_KVM);
        r = domain_def_spell_cpu(*def, features, &spelled, error);
        if (r < 0)
                return r;
        /* distributions leave models out */
        if (spelled->cpu->mode == DOMAIN_CPU_CUSTOM && !qemu_caps_cpu(caps, spelled->cpu->model))
                return 0;
        domain_def_unref(*def);
        *def = g_steal_pointer(&spelled);
        return 0;
}
