/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpu.h"

#include "drivers/model/def_table.h"
#include "drivers/model/xml_reader.h"

#include <string.h>

/* A model has what its base has, without some and with others. */
typedef struct CpuModel {
        const char *name;
        const char *base;    /* an earlier row, or NULL */
        const char *without; /* words, or NULL */
        const char *with;    /* words, or NULL */
} CpuModel;

static const CpuModel models[] = {
        { "486", NULL, NULL,
          "fpu pse vme" },
        { "pentium", "486", NULL,
          "cx8 de mce mmx msr tsc" },
        { "pentium2", "pentium", NULL,
          "cmov fxsr mca mtrr pae pat pge pse36 sep" },
        { "pentium3", "pentium2", NULL,
          "sse" },
        { "pentiumpro", "pentium", "vme",
          "apic cmov fxsr pae pat pge sep sse sse2" },
        { "coreduo", "pentiumpro", NULL,
          "clflush mca monitor mtrr nx pni vme" },
        { "n270", "coreduo", NULL,
          "ssse3" },
        { "core2duo", "n270", NULL,
          "lm pse36 syscall" },
        { "qemu32", "pentiumpro", NULL,
          "pni" },
        { "kvm32", "qemu32", NULL,
          "clflush mca mtrr pse36" },
        { "cpu64-rhel5", "kvm32", NULL,
          "lm nx syscall" },
        { "cpu64-rhel6", "cpu64-rhel5", NULL,
          "cx16 lahf_lm" },
        { "qemu64", "cpu64-rhel5", NULL,
          "cx16 svm" },
        { "kvm64", "cpu64-rhel5", NULL,
          "cx16" },
        { "Conroe", "cpu64-rhel5", NULL,
          "lahf_lm ssse3" },
        { "Penryn", "cpu64-rhel6", NULL,
          "sse4.1 ssse3" },
        { "Nehalem", "Penryn", NULL,
          "popcnt sse4.2" },
        { "Nehalem-IBRS", "Nehalem", NULL,
          "spec-ctrl" },
        { "Westmere", "Nehalem", NULL,
          "aes" },
        { "Westmere-IBRS", "Nehalem-IBRS", NULL,
          "aes" },
        { "SandyBridge", "Westmere", NULL,
          "avx pclmuldq rdtscp tsc-deadline x2apic xsave" },
        { "SandyBridge-IBRS", "SandyBridge", NULL,
          "spec-ctrl" },
        { "IvyBridge", "SandyBridge", NULL,
          "erms f16c fsgsbase rdrand smep vme" },
        { "IvyBridge-IBRS", "IvyBridge", NULL,
          "spec-ctrl" },
        { "Haswell-noTSX", "SandyBridge", NULL,
          "avx2 bmi1 bmi2 erms fma fsgsbase invpcid movbe pcid smep" },
        { "Haswell-noTSX-IBRS", "Haswell-noTSX", NULL,
          "spec-ctrl" },
        { "Haswell", "Haswell-noTSX", NULL,
          "hle rtm" },
        { "Haswell-IBRS", "Haswell", NULL,
          "spec-ctrl" },
        { "Broadwell-noTSX", "Haswell-noTSX", NULL,
          "3dnowprefetch adx rdseed smap" },
        { "Broadwell-noTSX-IBRS", "Broadwell-noTSX", NULL,
          "spec-ctrl" },
        { "Broadwell", "Broadwell-noTSX", NULL,
          "hle rtm" },
        { "Broadwell-IBRS", "Broadwell", NULL,
          "spec-ctrl" },
        { "Skylake-Client", "Broadwell", NULL,
          "abm arat f16c mpx rdrand vme xgetbv1 xsavec xsaveopt" },
        { "Skylake-Client-IBRS", "Skylake-Client", NULL,
          "spec-ctrl" },
        { "Skylake-Client-noTSX-IBRS", "Skylake-Client-IBRS", "hle rtm",
          NULL },
        { "Skylake-Server", "Skylake-Client", NULL,
          "avx512bw avx512cd avx512dq avx512f avx512vl clwb pdpe1gb" },
        { "Skylake-Server-IBRS", "Skylake-Server", NULL,
          "spec-ctrl" },
        { "Skylake-Server-noTSX-IBRS", "Skylake-Server-IBRS", "hle rtm",
          NULL },
        { "Cascadelake-Server", "Skylake-Server-IBRS", NULL,
          "avx512vnni clflushopt ssbd" },
        { "Cascadelake-Server-noTSX", "Skylake-Server-noTSX-IBRS", NULL,
          "avx512vnni clflushopt ssbd" },
        { "Icelake-Client", "Skylake-Client-IBRS", NULL,
          "avx512-vpopcntdq avx512bitalg avx512vbmi avx512vbmi2 avx512vnni gfni pku ssbd "
          "umip vaes vpclmulqdq wbnoinvd" },
        { "Icelake-Client-noTSX", "Icelake-Client", "hle rtm",
          NULL },
        { "Icelake-Server", "Icelake-Client", NULL,
          "avx512bw avx512cd avx512dq avx512f avx512vl clflushopt clwb la57 pdpe1gb" },
        { "Icelake-Server-noTSX", "Icelake-Server", "hle rtm",
          NULL },
        { "Cooperlake", "Cascadelake-Server", "mpx",
          "arch-capabilities avx512-bf16 ibrs-all mds-no pku pschange-mc-no rdctl-no "
          "skip-l1dfl-vmentry stibp taa-no" },
        { "Snowridge", "IvyBridge-IBRS", "avx f16c",
          "3dnowprefetch arat arch-capabilities cldemote clflushopt clwb core-capability "
          "gfni movbe movdir64b movdiri pdpe1gb rdseed sha-ni smap split-lock-detect ssbd "
          "umip xgetbv1 xsavec xsaveopt" },
        { "athlon", "pentiumpro", NULL,
          "3dnow 3dnowext mmxext mtrr pse36 vme" },
        { "phenom", "cpu64-rhel5", NULL,
          "3dnow 3dnowext fxsr_opt mmxext monitor svm" },
        { "Opteron_G1", "cpu64-rhel5", NULL,
          NULL },
        { "Opteron_G2", "cpu64-rhel6", NULL,
          "rdtscp svm" },
        { "Opteron_G3", "Opteron_G2", NULL,
          "abm misalignsse popcnt sse4a" },
        { "Opteron_G4", "Opteron_G3", NULL,
          "3dnowprefetch aes avx fma4 pclmuldq pdpe1gb sse4.1 sse4.2 ssse3 xop xsave" },
        { "Opteron_G5", "Opteron_G4", NULL,
          "f16c fma tbm" },
        { "EPYC", "Opteron_G4", "fma4 xop",
          "adx arat avx2 bmi1 bmi2 clflushopt cr8legacy f16c fma fsgsbase fxsr_opt mmxext "
          "movbe osvw rdrand rdseed sha-ni smap smep vme xgetbv1 xsavec xsaveopt" },
        { "EPYC-IBPB", "EPYC", NULL,
          "ibpb" },
        { "EPYC-Rome", "EPYC-IBPB", NULL,
          "amd-stibp clwb clzero npt nrip-save perfctr_core rdpid umip wbnoinvd "
          "xsaveerptr" },
        { "EPYC-Milan", "EPYC-Rome", NULL,
          "amd-ssbd erms fsrm ibrs invpcid pcid pku svme-addr-chk xsaves" },
        { "Dhyana", "EPYC-IBPB", "aes pclmuldq sha-ni",
          NULL },
};

/* What processors have beside that, in libvirt's words, as far as the kernel tells it. */
static const char *const other_features[] = {
        "acpi",          "amx-bf16",    "amx-int8",        "amx-tile",      "arch-lbr",      "avic",
        "avx-vnni",      "avx512-4fmaps", "avx512-4vnniw", "avx512-fp16",   "avx512-vp2intersect",
        "avx512er",      "avx512ifma",  "avx512pf",        "bus-lock-detect", "cid",         "cmp_legacy",
        "cmt",           "dca",         "decodeassists",   "ds",            "ds_cpl",        "dtes64",
        "est",           "extapic",     "flush-l1d",       "flushbyasid",   "ht",            "hypervisor",
        "ibt",           "intel-pt",    "invtsc",          "lbrv",          "lwp",           "mbm_local",
        "mbm_total",     "md-clear",    "nodeid_msr",      "ospke",         "pbe",           "pdcm",
        "perfctr_nb",    "pfthreshold", "pks",             "pn",            "rdpru",         "serialize",
        "sgx",           "shstk",       "skinit",          "smx",           "ss",            "svm-lock",
        "tce",           "tm",          "tm2",             "topoext",       "tsc-scale",     "tsc_adjust",
        "tsx-ldtrk",     "v-vmsave-vmload", "vgif",        "virt-ssbd",     "vmcb-clean",    "vmx",
        "waitpkg",       "wdt",         "xfd",             "xtpr",
};

struct CpuFeatures {
        GHashTable *names; /* owned words */
        const char *vendor; /* interned, or NULL */
};

CpuFeatures *cpu_features_new(void)
{
        CpuFeatures *features = g_new0(CpuFeatures, 1);

        features->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        return features;
}

CpuFeatures *cpu_features_free(CpuFeatures *features)
{
        if (!features)
                return NULL;
        g_hash_table_unref(features->names);
        g_free(features);
        return NULL;
}

void cpu_features_add(CpuFeatures *features, const char *name)
{
        g_hash_table_add(features->names, g_strdup(name));
}

void cpu_features_set_vendor(CpuFeatures *features, const char *vendor)
{
        features->vendor = g_intern_string(vendor);
}

const char *cpu_features_vendor(const CpuFeatures *features)
{
        return features->vendor;
}

void cpu_features_remove(CpuFeatures *features, const char *name)
{
        g_hash_table_remove(features->names, name);
}

bool cpu_features_has(const CpuFeatures *features, const char *name)
{
        return g_hash_table_contains(features->names, name);
}

size_t cpu_features_size(const CpuFeatures *features)
{
        return g_hash_table_size(features->names);
}

static const CpuModel *find_model(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(models); i++)
                if (streq(models[i].name, name))
                        return models + i;
        return NULL;
}

/* Whose it is, in libvirt's word; NULL: anybody's. */
static const char *model_vendor(const CpuModel *model)
{
        static const struct {
                const char *begin;
                const char *vendor;
        } vendors[] = {
                { "486", NULL },     { "pentium", NULL }, { "qemu", NULL },   { "kvm", NULL },
                { "cpu64-rhel", NULL }, { "athlon", "AMD" }, { "phenom", "AMD" }, { "Opteron", "AMD" },
                { "EPYC", "AMD" },   { "Dhyana", "Hygon" },
        };

        for (size_t i = 0; i < ELEMENTSOF(vendors); i++)
                if (g_str_has_prefix(model->name, vendors[i].begin))
                        return vendors[i].vendor;
        return "Intel";
}

static bool list_has(const char *list, const char *word)
{
        size_t n = strlen(word);

        for (const char *at = list; at && (at = strstr(at, word)); at += n)
                if ((at == list || at[-1] == ' ') && (at[n] == ' ' || !at[n]))
                        return true;
        return false;
}

bool cpu_feature_is_known(const char *name)
{
        if (isempty(name))
                return false;
        for (size_t i = 0; i < ELEMENTSOF(other_features); i++)
                if (streq(other_features[i], name))
                        return true;
        for (size_t i = 0; i < ELEMENTSOF(models); i++)
                if (list_has(models[i].with, name))
                        return true;
        return false;
}

static void add_model(CpuFeatures *features, const CpuModel *model)
{
        g_auto(GStrv) with = g_strsplit(strempty(model->with), " ", -1);
        g_auto(GStrv) without = g_strsplit(strempty(model->without), " ", -1);

        if (model->base)
                add_model(features, find_model(model->base));
        for (char **word = without; *word; word++)
                g_hash_table_remove(features->names, *word);
        for (char **word = with; *word; word++)
                cpu_features_add(features, *word);
}

void cpu_features_add_model(CpuFeatures *features, const char *name)
{
        _cleanup_(cpu_features_freep) CpuFeatures *own = cpu_features_new();
        const CpuModel *model = find_model(name);
        GHashTableIter iter;
        gpointer word;

        if (!model)
                return;
        add_model(own, model);
        g_hash_table_iter_init(&iter, own->names);
        while (g_hash_table_iter_next(&iter, &word, NULL))
                cpu_features_add(features, word);
}

static bool is_x86(const char *arch)
{
        return streq(arch, "x86_64") || streq(arch, "i686");
}

int cpu_models(const char *arch, const char ***ret, Error *error)
{
        /* libvirt's words, virArch */
        static const char *const others[] = {
                "alpha", "armv6l", "armv7l", "armv7b", "aarch64", "cris", "itanium", "lm32", "loongarch64", "m68k",
                "microblaze", "microblazeel", "mips", "mipsel", "mips64", "mips64el", "openrisc", "parisc", "parisc64",
                "ppc", "ppcle", "ppc64", "ppc64le", "ppcemb", "riscv32", "riscv64", "s390", "s390x", "sh4", "sh4eb",
                "sparc", "sparc64", "unicore32", "xtensa", "xtensaeb", NULL,
        };
        g_autofree const char **names = g_new0(const char *, ELEMENTSOF(models) + 1);

        if (!is_x86(arch) && !g_strv_contains(others, arch))
                return error_set(error, ERROR_INVALID_ARG, "cannot find architecture %s", arch);
        for (size_t i = 0; is_x86(arch) && i < ELEMENTSOF(models); i++)
                names[i] = models[i].name;
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

typedef struct CpuFeature {
        DefSet set;
        const char *name;
        CpuPolicy policy;
} CpuFeature;

typedef struct CpuElement {
        DefSet set;
        const char *arch;
        const char *model;
        const char *vendor;
        DEF_LIST(CpuFeature) features;
} CpuElement;

static const DefRow feature_rows[] = {
        ATTR(CpuFeature, "policy", policy, WORDS(cpu_policy)),
        ATTR(CpuFeature, "name", name, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(feature_type, CpuFeature, feature_rows);

static const DefRow cpu_rows[] = {
        ELEMENT(CpuElement, "arch", arch),
        ELEMENT(CpuElement, "model", model, FLAGS(DEF_REQUIRED)),
        ELEMENT(CpuElement, "vendor", vendor),
        LIST(CpuElement, "feature", features, feature_type),
};
static DEF_TYPE_PLAIN(cpu_type, CpuElement, cpu_rows);

static void apply_feature(CpuFeatures *features, const CpuFeature *feature)
{
        if (feature->policy == CPU_POLICY_DISABLE || feature->policy == CPU_POLICY_FORBID)
                g_hash_table_remove(features->names, feature->name);
        else if (feature->policy != CPU_POLICY_OPTIONAL)
                cpu_features_add(features, feature->name);
}

int cpu_parse(const char *xml, Cpu **ret, Error *error)
{
        _cleanup_(cpu_freep) Cpu *cpu = g_new0(Cpu, 1);
        const CpuModel *model;
        CpuElement element = {};
        int r;

        cpu->arena = arena_new();
        cpu->features = cpu_features_new();
        r = def_parse(&cpu_type, "cpu", "CPU_definition", xml, strlen(xml), 0, cpu->arena, &element, NULL, error);
        if (r < 0)
                return r;
        model = find_model(element.model);
        if (!model)
                return error_set(error, ERROR_INTERNAL, "Unknown CPU model %s", element.model);
        add_model(cpu->features, model);
        DEF_FOREACH(feature, element.features)
                apply_feature(cpu->features, feature);
        cpu->arch = element.arch;
        cpu->model = element.model;
        cpu->vendor = element.vendor;
        *ret = g_steal_pointer(&cpu);
        return 0;
}

Cpu *cpu_free(Cpu *cpu)
{
        if (!cpu)
                return NULL;
        cpu_features_free(cpu->features);
        arena_unref(cpu->arena);
        g_free(cpu);
        return NULL;
}

/* Comparison */

static int compare_words(const void *a, const void *b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* In the order of the alphabet, NULL-terminated; free with g_free(). */
static const char **sorted(const CpuFeatures *features)
{
        guint n;
        const char **words = (const char **) g_hash_table_get_keys_as_array(features->names, &n);

        qsort(words, n, sizeof(*words), compare_words);
        return words;
}

static bool contains_all(const CpuFeatures *all, const CpuFeatures *some)
{
        GHashTableIter iter;
        gpointer name;

        g_hash_table_iter_init(&iter, some->names);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                if (!cpu_features_has(all, name))
                        return false;
        return true;
}

CpuCompare cpu_compare(const char *arch, const CpuFeatures *host, const Cpu *cpu, char **ret_missing)
{
        g_autofree const char **words = sorted(cpu->features);
        GString *missing = g_string_new(NULL);
        bool compatible = !cpu->arch || streq(cpu->arch, arch);

        if (!compatible)
                g_string_append(missing, cpu->arch);
        for (const char **word = words; *word; word++) {
                if (cpu_features_has(host, *word))
                        continue;
                compatible = false;
                g_string_append_printf(missing, "%s%s", missing->len > 0 ? "," : "", *word);
        }
        if (ret_missing)
                *ret_missing = g_string_free(missing, FALSE);
        else
                (void) g_string_free(missing, TRUE);
        if (!compatible)
                return CPU_INCOMPATIBLE;
        return cpu_features_size(host) == cpu_features_size(cpu->features) ? CPU_IDENTICAL : CPU_SUPERSET;
}

static CpuFeatures *common_features(Cpu *const *cpus, size_t n)
{
        CpuFeatures *common = cpu_features_new();
        g_autofree const char **words = sorted(cpus[0]->features);

        for (const char **word = words; *word; word++) {
                bool all = true;

                for (size_t i = 1; i < n && all; i++)
                        all = cpu_features_has(cpus[i]->features, *word);
                if (all)
                        cpu_features_add(common, *word);
        }
        return common;
}

/*
 * The model of which nothing is missing and least is left over; of those that are as good, one that was asked about, or
 * the latest. vendor NULL: whosever it is.
 */
static const CpuModel *best_model(const CpuFeatures *common, const char *vendor, Cpu *const *cpus, size_t n)
{
        const CpuModel *best = NULL;
        size_t best_size = 0;

        for (size_t i = 0; i < ELEMENTSOF(models); i++) {
                _cleanup_(cpu_features_freep) CpuFeatures *features = cpu_features_new();
                size_t size;
                const char *whose = model_vendor(models + i);
                bool given = false;

                add_model(features, models + i);
                if ((vendor && whose && !streq(vendor, whose)) || !contains_all(common, features))
                        continue;
                for (size_t j = 0; j < n && !given; j++)
                        given = streq(cpus[j]->model, models[i].name);
                size = 2 * cpu_features_size(features) + given;
                if (size < best_size)
                        continue;
                best = models + i;
                best_size = size;
        }
        return best;
}

/* Those that the other has not, sorted and NULL-terminated; free with g_free(). */
static const char **difference(const CpuFeatures *features, const CpuFeatures *other)
{
        const char **words = sorted(features);
        size_t n = 0;

        for (const char **word = words; *word; word++)
                if (!cpu_features_has(other, *word))
                        words[n++] = *word;
        words[n] = NULL;
        return words;
}

const char *cpu_describe(const CpuFeatures *features, const char *vendor, const char ***ret_rest)
{
        _cleanup_(cpu_features_freep) CpuFeatures *own = cpu_features_new();
        const CpuModel *model = best_model(features, vendor, NULL, 0);

        if (model)
                add_model(own, model);
        *ret_rest = difference(features, own);
        return model ? model->name : NULL;
}

/* How many words it takes to say what is different. */
static size_t distance(const CpuFeatures *features, const CpuFeatures *model)
{
        GHashTableIter iter;
        gpointer name;
        size_t common = 0;

        g_hash_table_iter_init(&iter, model->names);
        while (g_hash_table_iter_next(&iter, &name, NULL))
                common += cpu_features_has(features, name);
        return cpu_features_size(features) + cpu_features_size(model) - 2 * common;
}

static const CpuModel *closest_model(const CpuFeatures *features, const char *vendor)
{
        const CpuModel *best = NULL;
        size_t best_distance = SIZE_MAX;

        for (size_t i = 0; i < ELEMENTSOF(models); i++) {
                _cleanup_(cpu_features_freep) CpuFeatures *model = cpu_features_new();
                size_t words;

                if (!streq_ptr(model_vendor(models + i), vendor))
                        continue;
                add_model(model, models + i);
                words = distance(features, model);
                if (words >= best_distance)
                        continue;
                best = models + i;
                best_distance = words;
        }
        return best;
}

const char *cpu_describe_closest(const CpuFeatures *features, const char *vendor, const char ***ret_rest,
                                 const char ***ret_less)
{
        _cleanup_(cpu_features_freep) CpuFeatures *own = cpu_features_new();
        const CpuModel *model = closest_model(features, vendor);

        if (model)
                add_model(own, model);
        *ret_rest = difference(features, own);
        *ret_less = difference(own, features);
        /* those of the table outlive own */
        for (const char **word = *ret_less; *word; word++)
                *word = g_intern_string(*word);
        return model ? model->name : NULL;
}

/* The first that is named. */
static const char *common_vendor(Cpu *const *cpus, size_t n)
{
        for (size_t i = 0; i < n; i++)
                if (cpus[i]->vendor)
                        return cpus[i]->vendor;
        return NULL;
}

static int check_same(Cpu *const *cpus, size_t n, Error *error)
{
        for (size_t i = 0; i < n; i++) {
                if (!cpus[i]->arch)
                        return error_set(error, ERROR_XML_ERROR, "Missing CPU architecture");
                if (!streq(cpus[0]->arch, cpus[i]->arch))
                        return error_set(error, ERROR_INVALID_ARG, "CPUs with different architectures");
                if (cpus[i]->vendor && !streq(common_vendor(cpus, n), cpus[i]->vendor))
                        return error_set(error, ERROR_OPERATION_FAILED, "CPU vendors do not match");
        }
        return 0;
}

int cpu_baseline(Cpu *const *cpus, size_t n, bool expand, char **ret, Error *error)
{
        _cleanup_(cpu_features_freep) CpuFeatures *common = NULL, *own = cpu_features_new();
        g_autofree const char **words = NULL;
        const CpuModel *model;
        GString *out;
        int r = check_same(cpus, n, error);

        if (r < 0)
                return r;
        common = common_features(cpus, n);
        model = best_model(common, common_vendor(cpus, n), cpus, n);
        if (!model)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "CPUs are incompatible");
        if (!expand)
                add_model(own, model);
        out = g_string_new(NULL);
        g_string_printf(out, "<cpu mode='custom' match='exact'>\n  <model fallback='%s'>%s</model>\n",
                        n == 1 ? "forbid" : "allow", model->name);
        words = sorted(common);
        for (const char **word = words; *word; word++) {
                if (cpu_features_has(own, *word))
                        continue;
                g_string_append(out, "  <feature policy='require' name='");
                xml_escape(out, *word, true);
                g_string_append(out, "'/>\n");
        }
        g_string_append(out, "</cpu>\n");
        *ret = g_string_free(out, FALSE);
        return 0;
}
