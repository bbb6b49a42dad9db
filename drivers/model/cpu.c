/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpu.h"

#include "drivers/model/def_table.h"

#include <string.h>

bool cpu_arch_is_x86(const char *arch)
{
        return streq(arch, "x86_64") || streq(arch, "i686");
}

bool cpu_arch_is_known(const char *arch)
{
        /* libvirt's words, virArch */
        static const char *const others[] = {
                "alpha", "armv6l", "armv7l", "armv7b", "aarch64", "cris", "itanium", "lm32", "loongarch64", "m68k",
                "microblaze", "microblazeel", "mips", "mipsel", "mips64", "mips64el", "openrisc", "parisc", "parisc64",
                "ppc", "ppcle", "ppc64", "ppc64le", "ppcemb", "riscv32", "riscv64", "s390", "s390x", "sh4", "sh4eb",
                "sparc", "sparc64", "unicore32", "xtensa", "xtensaeb", NULL,
        };

        return cpu_arch_is_x86(arch) || g_strv_contains(others, arch);
}

int cpu_models(const char *arch, const char ***ret, Error *error)
{
        static const char *const power[] = {
                "POWER6", "POWER7", "POWER8", "POWER9", "POWER10", "POWERPC_e5500", "POWERPC_e6500",
        };
        static const char *const without[] = { "s390", "s390x", "armv6l", "armv7b", "armv7l", "aarch64", NULL };
        g_autofree const char **names = g_new0(const char *, cpu_model_count() + ELEMENTSOF(power) + 1);

        if (!cpu_arch_is_known(arch))
                return error_set(error, ERROR_INVALID_ARG, "cannot find architecture %s", arch);
        if (cpu_arch_is_x86(arch))
                for (size_t i = 0; i < cpu_model_count(); i++)
                        names[i] = cpu_model_name(cpu_model_at(i));
        else if (streq(arch, "ppc64") || streq(arch, "ppc64le"))
                memcpy(names, power, sizeof(power));
        else if (!g_strv_contains(without, arch))
                return error_set(error, ERROR_NO_SUPPORT, "'%s' architecture is not supported by CPU driver", arch);
        *ret = g_steal_pointer(&names);
        return 0;
}

/* The element */

typedef enum CpuPolicy {
        CPU_POLICY_FORCE = 1,
        CPU_POLICY_REQUIRE,
        CPU_POLICY_OPTIONAL,
        CPU_POLICY_DISABLE,
        CPU_POLICY_FORBID,
        _CPU_POLICY_MAX,
} CpuPolicy;

static const char *const cpu_policy_table[_CPU_POLICY_MAX] = {
        [CPU_POLICY_FORCE] = "force",     [CPU_POLICY_REQUIRE] = "require", [CPU_POLICY_OPTIONAL] = "optional",
        [CPU_POLICY_DISABLE] = "disable", [CPU_POLICY_FORBID] = "forbid",
};

typedef struct FeatureElement {
        DefSet set;
        const char *name;
        const char *word; /* of the policy, as it was written */
        CpuPolicy policy;
} FeatureElement;

/* What is read to be checked alone has no other use. */
typedef struct CpuElement {
        DefSet set;
        DefRaw *raw;
        const char *mode, *match, *check, *migratable;
        const char *arch;
        const char *model, *fallback, *vendor_id;
        const char *vendor;
        uint32_t sockets, dies, cores, threads;
        const char *cache;
        uint32_t cache_level;
        const char *address_mode;
        uint32_t address_bits, address_limit;
        DEF_LIST(FeatureElement) features;
} CpuElement;

struct Cpu {
        CpuElement element;
        bool guest;
        Arena *arena;
};

static const DefRow feature_rows[] = {
        ATTR(FeatureElement, "policy", word),
        ATTR(FeatureElement, "name", name),
};
static DEF_TYPE_PLAIN(feature_type, FeatureElement, feature_rows);

static const DefRow model_rows[] = {
        ATTR(CpuElement, "fallback", fallback),
        ATTR(CpuElement, "vendor_id", vendor_id),
        TEXT(CpuElement, model),
};
static DEF_TYPE(model_type, CpuElement, model_rows);

static const DefRow topology_rows[] = {
        ATTR(CpuElement, "sockets", sockets, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(CpuElement, "dies", dies, RANGE(1, UINT32_MAX)),
        ATTR(CpuElement, "cores", cores, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(CpuElement, "threads", threads, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        RAW_ATTR("clusters"),
};
static DEF_TYPE(topology_type, CpuElement, topology_rows);

static const DefRow cache_rows[] = {
        ATTR(CpuElement, "level", cache_level, RANGE(1, 3)),
        ATTR(CpuElement, "mode", cache, ONE_OF("emulate", "passthrough", "disable"), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(cache_type, CpuElement, cache_rows);

static const DefRow address_rows[] = {
        ATTR(CpuElement, "mode", address_mode, ONE_OF("emulate", "passthrough"), FLAGS(DEF_REQUIRED)),
        ATTR(CpuElement, "bits", address_bits),
        ATTR(CpuElement, "limit", address_limit),
};
static DEF_TYPE(address_type, CpuElement, address_rows);

static const DefRow cpu_rows[] = {
        ATTR(CpuElement, "mode", mode),
        ATTR(CpuElement, "match", match, ONE_OF("minimum", "exact", "strict")),
        ATTR(CpuElement, "check", check, ONE_OF("none", "partial", "full")),
        ATTR(CpuElement, "migratable", migratable, ONE_OF("on", "off")),
        ELEMENT(CpuElement, "arch", arch),
        GROUP("model", model_type),
        ELEMENT(CpuElement, "vendor", vendor),
        RAW("microcode"),
        RAW("signature"),
        RAW("counter"),
        GROUP("topology", topology_type),
        GROUP("cache", cache_type),
        GROUP("maxphysaddr", address_type),
        LIST(CpuElement, "feature", features, feature_type),
        RAW("numa"),
        RAW("pages"),
};
static DEF_TYPE(cpu_type, CpuElement, cpu_rows);

static int unsupported(Error *error, const char *text)
{
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s", text);
}

static int malformed(Error *error, const char *text)
{
        return error_set(error, ERROR_XML_ERROR, "%s", text);
}

static const char *const modes[] = { "custom", "host-model", "host-passthrough", "maximum", NULL };

static int check_mode(const CpuElement *element, bool guest, Error *error)
{
        const char *mode = element->mode;

        if (mode && !guest)
                return unsupported(error, "Attribute mode is only allowed for guest CPU");
        if (mode && !g_strv_contains(modes, mode))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "Invalid mode attribute '%s'", mode);
        if (element->migratable && guest && !streq_ptr(mode, "host-passthrough") && !streq_ptr(mode, "maximum"))
                return unsupported(error, "Attribute migratable is only allowed for 'host-passthrough' / 'maximum' "
                                          "CPU mode");
        return 0;
}

static int check_model(const CpuElement *element, bool guest, Error *error)
{
        if (isempty(element->model)) {
                if (!guest)
                        return malformed(error, "Missing CPU model name");
                return element->vendor ? malformed(error, "CPU vendor specified without CPU model") : 0;
        }
        if (!guest)
                return 0;
        if (element->fallback && !streq(element->fallback, "allow") && !streq(element->fallback, "forbid"))
                return unsupported(error, "Invalid fallback attribute");
        if (element->vendor_id && strlen(element->vendor_id) != 12)
                return malformed(error, "vendor_id must be exactly 12 characters long");
        return element->vendor_id && strchr(element->vendor_id, ',') ? malformed(error, "vendor id is invalid") : 0;
}

static CpuPolicy policy_of(const char *word)
{
        for (CpuPolicy policy = 1; policy < _CPU_POLICY_MAX; policy++)
                if (streq(cpu_policy_table[policy], word))
                        return policy;
        return 0;
}

static int check_features(CpuElement *element, bool guest, Error *error)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

        if (element->features.n > 0 && isempty(element->model) && (!element->mode || streq(element->mode, "custom")))
                return malformed(error, "Non-empty feature list specified without CPU model");
        DEF_FOREACH(feature, element->features) {
                feature->policy = guest && feature->word ? policy_of(feature->word) : CPU_POLICY_REQUIRE;
                if (feature->policy == 0)
                        return unsupported(error, "Invalid CPU feature policy");
                if (isempty(feature->name))
                        return malformed(error, "Invalid CPU feature name");
                if (!g_hash_table_add(seen, (char *) feature->name))
                        return error_set(error, ERROR_XML_ERROR, "CPU feature '%s' specified more than once",
                                         feature->name);
        }
        return 0;
}

/* What libvirt's schema says beyond the rows. */
static int check_schema(const CpuElement *element, Error *error)
{
        const char *wrong = NULL;

        if (element->arch && (element->mode || element->match || !cpu_arch_is_known(element->arch)))
                wrong = "arch";
        else if (element->mode && !g_strv_contains(modes, element->mode))
                wrong = "mode";
        else if (element->vendor_id && (strlen(element->vendor_id) != 12 || strchr(element->vendor_id, ',')))
                wrong = "vendor_id";
        DEF_FOREACH(feature, element->features)
                if (isempty(feature->name) || (feature->word ? !policy_of(feature->word) : !element->arch))
                        wrong = "feature";
        return wrong ? error_set(error, ERROR_XML_INVALID_SCHEMA, "'%s' is not what it has to be", wrong) : 0;
}

static int check_element(Cpu *cpu, CpuKind kind, Error *error)
{
        CpuElement *element = &cpu->element;
        int r;

        if (kind == CPU_EITHER && element->arch && element->match)
                return malformed(error, "'arch' element cannot be used inside 'cpu' element with 'match' attribute'");
        r = check_mode(element, cpu->guest, error);
        if (r < 0)
                return r;
        if (!cpu->guest && !element->arch)
                return malformed(error, "Missing CPU architecture");
        if (!cpu->guest && !cpu_arch_is_known(element->arch))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "Unknown architecture %s", element->arch);
        r = check_model(element, cpu->guest, error);
        return r < 0 ? r : check_features(element, cpu->guest, error);
}

int cpu_parse(const char *xml, CpuKind kind, bool strict, Cpu **ret, Error *error)
{
        _cleanup_(cpu_freep) Cpu *cpu = g_new0(Cpu, 1);
        int r;

        cpu->arena = arena_new();
        r = def_parse(&cpu_type, "cpu", "CPU_definition", xml, strlen(xml), strict ? DEF_DECODE_STRICT : 0, cpu->arena,
                      &cpu->element, NULL, error);
        if (r < 0)
                return r;
        cpu->guest = kind == CPU_EITHER && !cpu->element.arch;
        r = strict ? check_schema(&cpu->element, error) : 0;
        if (r >= 0)
                r = check_element(cpu, kind, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&cpu);
        return 0;
}

Cpu *cpu_free(Cpu *cpu)
{
        if (!cpu)
                return NULL;
        arena_unref(cpu->arena);
        g_free(cpu);
        return NULL;
}

CpuHost *cpu_host_free(CpuHost *host)
{
        if (!host)
                return NULL;
        g_free((CpuOffer *) host->offers.items);
        g_free(host);
        return NULL;
}

/* What an element says of features: each policy's, the model's among those that are required. */
typedef struct CpuSets {
        CpuFeatures by_policy[_CPU_POLICY_MAX];
        const char *vendor; /* of the model */
} CpuSets;

static int read_sets(const Cpu *cpu, CpuSets *ret, Error *error)
{
        const CpuElement *element = &cpu->element;
        CpuSets sets = {};

        if (!isempty(element->model)) {
                const CpuModel *model = cpu_model_find(element->model);

                if (!model)
                        return error_set(error, ERROR_INTERNAL, "Unknown CPU model %s", element->model);
                sets.by_policy[CPU_POLICY_REQUIRE] = cpu_model_features(model);
                sets.vendor = cpu_model_vendor(model);
        }
        DEF_FOREACH(feature, element->features)
                if (!cpu_features_add(&sets.by_policy[feature->policy], feature->name))
                        return error_set(error, ERROR_INTERNAL, "Unknown CPU feature %s", feature->name);
        *ret = sets;
        return 0;
}

/* Comparison */

static CpuCompare incompatible(const char *text, const CpuFeatures *features, char **ret_reason)
{
        g_autofree char *names = cpu_features_join(features, ", ");

        *ret_reason = g_strdup_printf("%s: %s", text, names);
        return CPU_INCOMPATIBLE;
}

static CpuCompare compare_sets(const CpuFeatures *host, const Cpu *cpu, const CpuSets *sets, char **ret_reason)
{
        static const CpuPolicy others[] = { CPU_POLICY_FORCE, CPU_POLICY_OPTIONAL, CPU_POLICY_DISABLE };
        CpuFeatures forbidden = sets->by_policy[CPU_POLICY_FORBID], required = sets->by_policy[CPU_POLICY_REQUIRE];
        CpuFeatures extra = *host;

        cpu_features_intersect(&forbidden, host);
        if (!cpu_features_is_empty(&forbidden))
                return incompatible("Host CPU provides forbidden features", &forbidden, ret_reason);
        for (size_t i = 0; i < ELEMENTSOF(others); i++) {
                cpu_features_subtract(&required, &sets->by_policy[others[i]]);
                cpu_features_subtract(&extra, &sets->by_policy[others[i]]);
        }
        cpu_features_subtract(&extra, &required);
        if (!cpu_features_contains(host, &required)) {
                cpu_features_subtract(&required, host);
                return incompatible("Host CPU does not provide required features", &required, ret_reason);
        }
        if (cpu_features_is_empty(&extra))
                return CPU_IDENTICAL;
        if (cpu->guest && streq_ptr(cpu->element.match, "strict"))
                return incompatible("Host CPU does not strictly match guest CPU: Extra features", &extra, ret_reason);
        return CPU_SUPERSET;
}

int cpu_compare(const CpuHost *host, const Cpu *cpu, char **ret_reason, Error *error)
{
        const CpuElement *element = &cpu->element;
        CpuSets sets;
        int r;

        *ret_reason = NULL;
        if (!cpu_arch_is_x86(host->arch))
                return error_set(error, ERROR_NO_SUPPORT, "cannot compare CPUs of %s architecture", host->arch);
        if (!cpu->guest && !cpu_arch_is_x86(element->arch)) {
                *ret_reason = g_strdup_printf("CPU arch %s does not match host arch", element->arch);
                return CPU_INCOMPATIBLE;
        }
        if (!isempty(element->vendor) && !streq_ptr(element->vendor, host->features.vendor)) {
                *ret_reason = g_strdup_printf("host CPU vendor does not match required CPU vendor %s",
                                              element->vendor);
                return CPU_INCOMPATIBLE;
        }
        r = read_sets(cpu, &sets, error);
        return r < 0 ? r : (int) compare_sets(&host->features, cpu, &sets, ret_reason);
}

/* What several have in common */

typedef struct Common {
        CpuFeatures features; /* with the vendor that they have, as far as one is told */
        bool tell_vendor;
        const char **models; /* NULL-terminated, each once */
        size_t n_models;
} Common;

static int common_add_vendor(Common *common, const char *vendor, Error *error)
{
        if (!vendor)
                return 0;
        if (common->features.vendor)
                return streq(common->features.vendor, vendor)
                               ? 0
                               : error_set(error, ERROR_OPERATION_FAILED, "CPU vendors do not match");
        if (!cpu_vendor_is_known(vendor))
                return error_set(error, ERROR_OPERATION_FAILED, "Unknown CPU vendor %s", vendor);
        common->features.vendor = vendor;
        return 0;
}

/* The first one's vendor is what the element says; of the others the model's counts, too. */
static int common_add(Common *common, const Cpu *cpu, bool first, Error *error)
{
        const char *vendor = isempty(cpu->element.vendor) ? NULL : cpu->element.vendor, *model_vendor;
        CpuSets sets;
        int r = read_sets(cpu, &sets, error);

        if (r < 0)
                return r;
        model_vendor = first ? NULL : sets.vendor;
        if (vendor && model_vendor && !streq(vendor, model_vendor))
                return error_set(error, ERROR_OPERATION_FAILED, "CPU vendor %s of model %s differs from vendor %s",
                                 model_vendor, cpu->element.model, vendor);
        common->tell_vendor = common->tell_vendor && vendor;
        cpu_features_unite(&sets.by_policy[CPU_POLICY_REQUIRE], &sets.by_policy[CPU_POLICY_FORCE]);
        cpu_features_subtract(&sets.by_policy[CPU_POLICY_REQUIRE], &sets.by_policy[CPU_POLICY_DISABLE]);
        cpu_features_subtract(&sets.by_policy[CPU_POLICY_REQUIRE], &sets.by_policy[CPU_POLICY_FORBID]);
        if (first)
                cpu_features_unite(&common->features, &sets.by_policy[CPU_POLICY_REQUIRE]);
        else
                cpu_features_intersect(&common->features, &sets.by_policy[CPU_POLICY_REQUIRE]);
        if (!g_strv_contains(common->models, cpu->element.model))
                common->models[common->n_models++] = cpu->element.model;
        return common_add_vendor(common, vendor ?: model_vendor, error);
}

static int check_baseline(Cpu *const *cpus, size_t n, const CpuHost *host, Error *error)
{
        for (size_t i = 0; i < n; i++)
                if (isempty(cpus[i]->element.model))
                        return error_set(error, ERROR_INVALID_ARG, "no CPU model specified at index %zu", i);
        if (host && !cpu_arch_is_x86(host->arch))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "computing baseline hypervisor CPU is not supported for arch %s", host->arch);
        if (!host && !cpu_arch_is_x86(cpus[0]->element.arch))
                return error_set(error, ERROR_NO_SUPPORT, "cannot compute baseline CPU of %s architecture",
                                 cpus[0]->element.arch);
        return 0;
}

static void append_feature(GString *out, CpuFeature feature, bool there)
{
        g_string_append_printf(out, "  <feature policy='%s' name='%s'/>\n", there ? "require" : "disable",
                               cpu_feature_name(feature));
}

static int compare_names(const void *a, const void *b)
{
        return strcmp(cpu_feature_name(*(const CpuFeature *) a), cpu_feature_name(*(const CpuFeature *) b));
}

/* All of the model and what is different, in the order of the alphabet. */
static void append_expanded(GString *out, const CpuDescription *d)
{
        CpuFeatures there = cpu_model_features(d->model), all;
        CpuFeature order[_CPU_FEATURE_MAX];
        size_t n = 0;

        cpu_features_subtract(&there, &d->less);
        cpu_features_unite(&there, &d->more);
        all = there;
        cpu_features_unite(&all, &d->less);
        cpu_features_unite(&all, &d->gone);
        CPU_FEATURES_FOREACH(feature, &all)
                order[n++] = feature;
        qsort(order, n, sizeof(*order), compare_names);
        for (size_t i = 0; i < n; i++)
                append_feature(out, order[i], cpu_features_has(&there, order[i]));
}

static void append_differences(GString *out, const CpuDescription *d)
{
        CPU_FEATURES_FOREACH(feature, &d->more)
                append_feature(out, feature, true);
        CPU_FEATURES_FOREACH(feature, &d->less)
                append_feature(out, feature, false);
        CPU_FEATURES_FOREACH(feature, &d->gone)
                append_feature(out, feature, false);
}

static char *format_baseline(const CpuDescription *d, const char *vendor, bool forbid, bool expand)
{
        GString *out = g_string_new("<cpu mode='custom' match='exact'>\n");

        g_string_append_printf(out, "  <model fallback='%s'>%s</model>\n", forbid ? "forbid" : "allow",
                               cpu_model_name(d->model));
        if (vendor)
                g_string_append_printf(out, "  <vendor>%s</vendor>\n", vendor);
        if (expand)
                append_expanded(out, d);
        else
                append_differences(out, d);
        g_string_append(out, "</cpu>\n");
        return g_string_free(out, FALSE);
}

/* What keeps a guest where it is and stands in the model itself remains. */
static void make_migratable(CpuDescription *d)
{
        cpu_features_drop_staying(&d->more);
        cpu_features_drop_staying(&d->less);
        cpu_features_drop_staying(&d->gone);
}

static int describe_common(Common *common, const CpuHost *host, CpuBaselineFlags flags, char **ret, Error *error)
{
        const CpuOffers *offers = host ? &host->offers : NULL;
        bool emulated = host && !cpu_features_is_empty(&host->switches), forbid;
        CpuDescription d;
        int r;

        if (emulated)
                cpu_features_intersect(&common->features, &host->switches);
        if (emulated && (flags & CPU_BASELINE_MIGRATABLE))
                cpu_features_subtract(&common->features, &host->staying);
        if (cpu_features_is_empty(&common->features))
                return error_set(error, ERROR_OPERATION_FAILED, "CPUs are incompatible");
        r = cpu_describe_guest(&common->features, offers, (const char *const *) common->models, &d, error);
        if (r < 0)
                return r;
        if (!emulated && (flags & CPU_BASELINE_MIGRATABLE))
                make_migratable(&d);
        forbid = host || (common->n_models == 1 && streq(common->models[0], cpu_model_name(d.model)));
        *ret = format_baseline(&d, common->tell_vendor ? common->features.vendor : NULL, forbid,
                               flags & CPU_BASELINE_EXPAND);
        return 0;
}

int cpu_baseline(Cpu *const *cpus, size_t n, const CpuHost *host, CpuBaselineFlags flags, char **ret, Error *error)
{
        g_autofree const char **models = g_new0(const char *, n + 1);
        Common common = { .tell_vendor = true, .models = models };
        int r = check_baseline(cpus, n, host, error);

        for (size_t i = 0; r >= 0 && i < n; i++)
                r = common_add(&common, cpus[i], i == 0, error);
        return r < 0 ? r : describe_common(&common, host, flags, ret, error);
}
