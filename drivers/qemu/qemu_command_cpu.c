/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include <string.h>

/* libvirt's word for a feature where QEMU has another one than the same with hyphens. */
static const struct {
        const char *word;
        const char *property; /* NULL: QEMU has no such property, it follows from others */
} feature_words[] = {
        { "pclmuldq", "pclmulqdq" }, { "osxsave", NULL },   { "ospke", NULL },     { "cmt", NULL },
        { "mbm_total", NULL },       { "mbm_local", NULL }, { "cvt16", NULL },
};

/* The property of QEMU's processor, or NULL. Free with g_free(). */
static char *feature_property(const char *word)
{
        for (size_t i = 0; i < ELEMENTSOF(feature_words); i++)
                if (streq(feature_words[i].word, word))
                        return g_strdup(feature_words[i].property);
        return g_strdelimit(g_strdup(word), "_", '-');
}

static bool is_plain_word(const char *s)
{
        return *s &&
               strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+") == strlen(s);
}

static int put_feature(Build *b, GString *s, const DomainCpuFeature *feature, Error *error)
{
        bool on = feature->policy != DOMAIN_CPU_POLICY_DISABLE &&
                  feature->policy != DOMAIN_CPU_POLICY_FORBID;
        g_autofree char *property = NULL;

        if (!is_plain_word(strempty(feature->name)))
                return qemu_refuse(b->def, NULL, "cpu/feature/@name", error, "'%s' is no name of a feature",
                                   strempty(feature->name));
        property = feature_property(feature->name);
        if (property)
                g_string_append_printf(s, ",%s=%s", property, on ? "on" : "off");
        return 0;
}

static int check_model(Build *b, const DomainCpu *cpu, Error *error)
{
        if (!cpu->model)
                return qemu_refuse(b->def, NULL, "cpu/model", error, "a custom processor needs a model");
        if (!is_plain_word(cpu->model) || !qemu_caps_cpu(b->caps, cpu->model))
                return qemu_refuse(b->def, NULL, "cpu/model", error, "%s has no processor model '%s'",
                                   qemu_caps_binary(b->caps), cpu->model);
        return 0;
}

/*
 * A running machine's "host-model" has been spelled (qemu_cpu_features.h). What could not be is the host's processor as
 * far as guests can keep it on a migration, which is what QEMU makes of "host"; without KVM the best that can be
 * emulated.
 */
const char *build_cpu_name(const Build *b)
{
        const DomainCpu *cpu = b->def->cpu;
        bool kvm = b->def->type == DOMAIN_VIRT_KVM;

        switch (cpu ? cpu->mode : 0) {
        case DOMAIN_CPU_HOST_PASSTHROUGH:
                return "host";
        case DOMAIN_CPU_HOST_MODEL:
                return kvm ? "host" : "max";
        case DOMAIN_CPU_MAXIMUM:
                return "max";
        case DOMAIN_CPU_CUSTOM:
        case _DOMAIN_CPU_MODE_MAX:
                break;
        }
        if (cpu && cpu->model)
                return cpu->model;
        if (!b->x86)
                return "";
        return streq(qemu_caps_arch(b->caps), "x86_64") ? "qemu64" : "qemu32";
}

static int put_model(Build *b, GString *s, const DomainCpu *cpu, Error *error)
{
        bool kvm = b->def->type == DOMAIN_VIRT_KVM, migratable = tristate_get(cpu->migratable, true);
        bool named = cpu->mode == DOMAIN_CPU_CUSTOM || (cpu->mode == 0 && cpu->model);
        int r = named ? check_model(b, cpu, error) : 0;

        if (r < 0)
                return r;
        if (cpu->mode == DOMAIN_CPU_HOST_PASSTHROUGH && !kvm)
                return qemu_refuse(b->def, NULL, "cpu/@mode", error, "'host-passthrough' needs a domain of type 'kvm'");
        g_string_append(s, build_cpu_name(b));
        if (cpu->mode == DOMAIN_CPU_HOST_MODEL && kvm)
                g_string_append(s, ",migratable=on");
        else if (cpu->mode == DOMAIN_CPU_HOST_PASSTHROUGH ||
                 (cpu->mode == DOMAIN_CPU_MAXIMUM && kvm && cpu->migratable != TRISTATE_ABSENT))
                g_string_append_printf(s, ",migratable=%s", migratable ? "on" : "off");
        return 0;
}

static int put_vendor(Build *b, GString *s, const DomainCpu *cpu, Error *error)
{
        if (!cpu->vendor_id)
                return 0;
        if (strlen(cpu->vendor_id) != 12 || strchr(cpu->vendor_id, ','))
                return qemu_refuse(b->def, NULL, "cpu/model/@vendor_id", error,
                                   "it must have 12 characters and no comma");
        g_string_append_printf(s, ",vendor=%s", cpu->vendor_id);
        return 0;
}

/* What stands elsewhere in the definition and is the processor's matter in QEMU. */
static void put_platform_options(Build *b, GString *s)
{
        const DomainFeatures *features = &b->def->features;
        const struct {
                const char *property;
                Tristate value;
        } options[] = {
                { "kvm-pv-eoi", features->apic_eoi },
                { "kvm-pv-unhalt", features->pvspinlock },
                { "pmu", features->pmu },
        };

        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (options[i].value != TRISTATE_ABSENT)
                        g_string_append_printf(s, ",%s=%s", options[i].property,
                                               options[i].value == TRISTATE_ON ? "on" : "off");
        if (!b->def->clock)
                return;
        DEF_FOREACH(timer, b->def->clock->timers) {
                if (timer->name == DOMAIN_TIMER_KVMCLOCK && timer->present != TRISTATE_ABSENT)
                        g_string_append_printf(s, ",kvmclock=%s",
                                               timer->present == TRISTATE_YES ? "on" : "off");
                if (timer->name == DOMAIN_TIMER_HYPERVCLOCK && timer->present == TRISTATE_YES)
                        g_string_append(s, ",hv-time=on");
                if (timer->name == DOMAIN_TIMER_TSC && def_is_set(timer, frequency))
                        g_string_append_printf(s, ",tsc-frequency=%" PRIu64, timer->frequency);
        }
}

static int put_cpu(Build *b, GString *s, Error *error)
{
        static const DomainCpu none = {};
        const DomainCpu *cpu = b->def->cpu ?: &none;
        int r;

        if (cpu->deprecated_features != TRISTATE_ABSENT)
                return qemu_refuse(b->def, NULL, "cpu/@deprecated_features", error, "only processors of s390 have it");
        r = put_model(b, s, cpu, error);
        if (r < 0)
                return r;
        r = put_vendor(b, s, cpu, error);
        if (r < 0)
                return r;
        DEF_FOREACH(feature, cpu->features) {
                r = put_feature(b, s, feature, error);
                if (r < 0)
                        return r;
        }
        if (!b->x86)
                return 0;
        put_platform_options(b, s);
        return build_cpu_features(b, s, error);
}

int build_cpu(Build *b, Error *error)
{
        GString *s = g_string_new(NULL);
        int r;

        r = put_cpu(b, s, error);
        if (r < 0 || s->len == 0) {
                g_string_free(s, true);
                return r;
        }
        build_arg(b, "-cpu", g_string_free(s, false));
        return 0;
}
