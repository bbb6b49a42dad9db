/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpu_model.h"

#include <string.h>

/* Family, model and steppings of processors of a model, as CPUID tells them. */
typedef struct CpuSignature {
        uint16_t family, model;
        uint16_t first, last;
} CpuSignature;

/* Who is not described by a model. */
enum {
        UNNAMED_HOST = 1 << 0,
        UNNAMED_GUEST = 1 << 1,
};

/* A model has what its base has, without some and with others. */
struct CpuModel {
        const char *name;
        const char *vendor;   /* NULL: anybody's */
        const char *base;     /* an earlier row, or NULL */
        const uint8_t *more;  /* features, so many */
        const uint8_t *less;
        const uint8_t *gone;  /* of the same model in earlier releases of hypervisors */
        uint8_t n_more, n_less, n_gone;
        uint8_t unnamed;
        const CpuSignature *signatures; /* the last one is of family 0; NULL: none */
};

#define ANY_STEPPING(family_, model_) { family_, model_, 0, UINT16_MAX }
#define LIST_OF(field, ...) \
        .field = (const uint8_t[]) { __VA_ARGS__ }, .n_##field = sizeof((const uint8_t[]) { __VA_ARGS__ })
#define MORE(...) LIST_OF(more, __VA_ARGS__)
#define LESS(...) LIST_OF(less, __VA_ARGS__)
#define GONE(...) LIST_OF(gone, __VA_ARGS__)

static const CpuSignature conroe[] = { ANY_STEPPING(6, 15), ANY_STEPPING(6, 22), {} };
static const CpuSignature penryn[] = { ANY_STEPPING(6, 23), ANY_STEPPING(6, 29), {} };
static const CpuSignature nehalem[] = {
        ANY_STEPPING(6, 26), ANY_STEPPING(6, 30), ANY_STEPPING(6, 31), ANY_STEPPING(6, 46), {}
};
static const CpuSignature westmere[] = { ANY_STEPPING(6, 44), ANY_STEPPING(6, 47), ANY_STEPPING(6, 37), {} };
static const CpuSignature westmere_ibrs[] = { ANY_STEPPING(6, 44), {} };
static const CpuSignature sandybridge[] = { ANY_STEPPING(6, 42), ANY_STEPPING(6, 45), {} };
static const CpuSignature ivybridge[] = { ANY_STEPPING(6, 58), ANY_STEPPING(6, 62), {} };
static const CpuSignature haswell[] = {
        ANY_STEPPING(6, 60), ANY_STEPPING(6, 63), ANY_STEPPING(6, 69), ANY_STEPPING(6, 70), {}
};
static const CpuSignature broadwell[] = {
        ANY_STEPPING(6, 61), ANY_STEPPING(6, 71), ANY_STEPPING(6, 79), ANY_STEPPING(6, 86), {}
};
static const CpuSignature skylake_client[] = {
        ANY_STEPPING(6, 94), ANY_STEPPING(6, 78), ANY_STEPPING(6, 142), ANY_STEPPING(6, 158), {}
};
static const CpuSignature skylake_server[] = { { 6, 85, 0, 4 }, {} };
static const CpuSignature cascadelake_server[] = { { 6, 85, 5, 7 }, {} };
static const CpuSignature icelake_client[] = { ANY_STEPPING(6, 126), {} };
static const CpuSignature icelake_server[] = { ANY_STEPPING(6, 106), {} };
static const CpuSignature cooperlake[] = { { 6, 85, 10, 11 }, {} };
static const CpuSignature snowridge[] = { ANY_STEPPING(6, 134), {} };
static const CpuSignature opteron_g1[] = { ANY_STEPPING(15, 6), {} };
static const CpuSignature opteron_g4[] = { ANY_STEPPING(21, 1), {} };
static const CpuSignature opteron_g5[] = { ANY_STEPPING(21, 2), {} };
static const CpuSignature epyc[] = { ANY_STEPPING(23, 1), {} };
static const CpuSignature epyc_rome[] = { ANY_STEPPING(23, 49), {} };
static const CpuSignature epyc_milan[] = { ANY_STEPPING(25, 1), {} };
static const CpuSignature dhyana[] = { ANY_STEPPING(24, 0), {} };

static const CpuModel models[] = {
        { "486", NULL, NULL,
          MORE(X86_FPU, X86_VME, X86_PSE) },
        { "pentium", NULL, "486",
          MORE(X86_DE, X86_TSC, X86_MSR, X86_MCE, X86_CX8, X86_MMX) },
        { "pentium2", NULL, "pentium",
          MORE(X86_PAE, X86_SEP, X86_MTRR, X86_PGE, X86_MCA, X86_CMOV, X86_PAT, X86_PSE36, X86_FXSR) },
        { "pentium3", NULL, "pentium2",
          MORE(X86_SSE) },
        { "pentiumpro", NULL, "pentium",
          LESS(X86_VME),
          MORE(X86_PAE, X86_APIC, X86_SEP, X86_PGE, X86_CMOV, X86_PAT, X86_FXSR, X86_SSE, X86_SSE2) },
        { "coreduo", "Intel", "pentiumpro",
          MORE(X86_VME, X86_MTRR, X86_MCA, X86_CLFLUSH, X86_PNI, X86_MONITOR, X86_NX) },
        { "n270", "Intel", "coreduo",
          MORE(X86_SSSE3) },
        { "core2duo", "Intel", "n270",
          MORE(X86_PSE36, X86_SYSCALL, X86_LM) },
        { "qemu32", NULL, "pentiumpro",
          MORE(X86_PNI) },
        { "kvm32", NULL, "qemu32",
          MORE(X86_MTRR, X86_MCA, X86_PSE36, X86_CLFLUSH) },
        { "cpu64-rhel5", NULL, "kvm32",
          .unnamed = UNNAMED_HOST | UNNAMED_GUEST,
          MORE(X86_SYSCALL, X86_NX, X86_LM) },
        { "cpu64-rhel6", NULL, "cpu64-rhel5",
          .unnamed = UNNAMED_HOST | UNNAMED_GUEST,
          MORE(X86_CX16, X86_LAHF_LM) },
        { "qemu64", NULL, "cpu64-rhel5",
          MORE(X86_CX16, X86_SVM) },
        { "kvm64", NULL, "cpu64-rhel5",
          MORE(X86_CX16) },
        { "Conroe", "Intel", "cpu64-rhel5",
          .signatures = conroe,
          MORE(X86_SSSE3, X86_LAHF_LM) },
        { "Penryn", "Intel", "cpu64-rhel6",
          .signatures = penryn,
          MORE(X86_SSSE3, X86_SSE4_1) },
        { "Nehalem", "Intel", "Penryn",
          .signatures = nehalem,
          MORE(X86_SSE4_2, X86_POPCNT) },
        { "Nehalem-IBRS", "Intel", "Nehalem",
          .signatures = nehalem,
          MORE(X86_SPEC_CTRL) },
        { "Westmere", "Intel", "Nehalem",
          .signatures = westmere,
          MORE(X86_AES) },
        { "Westmere-IBRS", "Intel", "Nehalem-IBRS",
          .signatures = westmere_ibrs,
          MORE(X86_AES) },
        { "SandyBridge", "Intel", "Westmere",
          .signatures = sandybridge,
          MORE(X86_PCLMULDQ, X86_X2APIC, X86_TSC_DEADLINE, X86_XSAVE, X86_AVX, X86_RDTSCP) },
        { "SandyBridge-IBRS", "Intel", "SandyBridge",
          .signatures = sandybridge,
          MORE(X86_SPEC_CTRL) },
        { "IvyBridge", "Intel", "SandyBridge",
          .signatures = ivybridge,
          MORE(X86_VME, X86_F16C, X86_RDRAND, X86_FSGSBASE, X86_SMEP, X86_ERMS) },
        { "IvyBridge-IBRS", "Intel", "IvyBridge",
          .signatures = ivybridge,
          MORE(X86_SPEC_CTRL) },
        { "Haswell-noTSX", "Intel", "SandyBridge",
          .signatures = haswell,
          MORE(X86_FMA, X86_PCID, X86_MOVBE, X86_FSGSBASE, X86_BMI1, X86_AVX2, X86_SMEP, X86_BMI2, X86_ERMS,
               X86_INVPCID) },
        { "Haswell-noTSX-IBRS", "Intel", "Haswell-noTSX",
          .signatures = haswell,
          MORE(X86_SPEC_CTRL) },
        { "Haswell", "Intel", "Haswell-noTSX",
          .signatures = haswell,
          MORE(X86_HLE, X86_RTM) },
        { "Haswell-IBRS", "Intel", "Haswell",
          .signatures = haswell,
          MORE(X86_SPEC_CTRL) },
        { "Broadwell-noTSX", "Intel", "Haswell-noTSX",
          .signatures = broadwell,
          MORE(X86_RDSEED, X86_ADX, X86_SMAP, X86_3DNOWPREFETCH) },
        { "Broadwell-noTSX-IBRS", "Intel", "Broadwell-noTSX",
          .signatures = broadwell,
          MORE(X86_SPEC_CTRL) },
        { "Broadwell", "Intel", "Broadwell-noTSX",
          .signatures = broadwell,
          MORE(X86_HLE, X86_RTM) },
        { "Broadwell-IBRS", "Intel", "Broadwell",
          .signatures = broadwell,
          MORE(X86_SPEC_CTRL) },
        { "Skylake-Client", "Intel", "Broadwell",
          .signatures = skylake_client,
          MORE(X86_VME, X86_F16C, X86_RDRAND, X86_ARAT, X86_MPX, X86_XSAVEOPT, X86_XSAVEC, X86_XGETBV1,
               X86_ABM) },
        { "Skylake-Client-IBRS", "Intel", "Skylake-Client",
          .signatures = skylake_client,
          MORE(X86_SPEC_CTRL) },
        { "Skylake-Client-noTSX-IBRS", "Intel", "Skylake-Client-IBRS",
          .signatures = skylake_client,
          .unnamed = UNNAMED_GUEST,
          LESS(X86_HLE, X86_RTM) },
        { "Skylake-Server", "Intel", "Skylake-Client",
          .signatures = skylake_server,
          MORE(X86_AVX512F, X86_AVX512DQ, X86_CLWB, X86_AVX512CD, X86_AVX512BW, X86_AVX512VL, X86_PDPE1GB) },
        { "Skylake-Server-IBRS", "Intel", "Skylake-Server",
          .signatures = skylake_server,
          MORE(X86_SPEC_CTRL) },
        { "Skylake-Server-noTSX-IBRS", "Intel", "Skylake-Server-IBRS",
          .signatures = skylake_server,
          .unnamed = UNNAMED_GUEST,
          LESS(X86_HLE, X86_RTM) },
        { "Cascadelake-Server", "Intel", "Skylake-Server-IBRS",
          .signatures = cascadelake_server,
          MORE(X86_CLFLUSHOPT, X86_AVX512VNNI, X86_SSBD) },
        { "Cascadelake-Server-noTSX", "Intel", "Skylake-Server-noTSX-IBRS",
          .signatures = cascadelake_server,
          .unnamed = UNNAMED_GUEST,
          MORE(X86_CLFLUSHOPT, X86_AVX512VNNI, X86_SSBD) },
        { "Icelake-Client", "Intel", "Skylake-Client-IBRS",
          .signatures = icelake_client,
          MORE(X86_AVX512VBMI, X86_UMIP, X86_PKU, X86_AVX512VBMI2, X86_GFNI, X86_VAES, X86_VPCLMULQDQ,
               X86_AVX512VNNI, X86_AVX512BITALG, X86_AVX512_VPOPCNTDQ, X86_SSBD, X86_WBNOINVD),
          GONE(X86_INTEL_PT) },
        { "Icelake-Client-noTSX", "Intel", "Icelake-Client",
          .signatures = icelake_client,
          .unnamed = UNNAMED_GUEST,
          LESS(X86_HLE, X86_RTM),
          GONE(X86_INTEL_PT) },
        { "Icelake-Server", "Intel", "Icelake-Client",
          .signatures = icelake_server,
          MORE(X86_AVX512F, X86_AVX512DQ, X86_CLFLUSHOPT, X86_CLWB, X86_AVX512CD, X86_AVX512BW, X86_AVX512VL,
               X86_LA57, X86_PDPE1GB),
          GONE(X86_INTEL_PT) },
        { "Icelake-Server-noTSX", "Intel", "Icelake-Server",
          .signatures = icelake_server,
          .unnamed = UNNAMED_GUEST,
          LESS(X86_HLE, X86_RTM),
          GONE(X86_INTEL_PT) },
        { "Cooperlake", "Intel", "Cascadelake-Server",
          .signatures = cooperlake,
          LESS(X86_MPX),
          MORE(X86_PKU, X86_STIBP, X86_ARCH_CAPABILITIES, X86_AVX512_BF16, X86_RDCTL_NO, X86_IBRS_ALL,
               X86_SKIP_L1DFL_VMENTRY, X86_MDS_NO, X86_PSCHANGE_MC_NO, X86_TAA_NO) },
        { "Snowridge", "Intel", "IvyBridge-IBRS",
          .signatures = snowridge,
          LESS(X86_AVX, X86_F16C),
          MORE(X86_MOVBE, X86_ARAT, X86_RDSEED, X86_SMAP, X86_CLFLUSHOPT, X86_CLWB, X86_SHA_NI, X86_UMIP,
               X86_GFNI, X86_CLDEMOTE, X86_MOVDIRI, X86_MOVDIR64B, X86_ARCH_CAPABILITIES, X86_CORE_CAPABILITY,
               X86_SSBD, X86_XSAVEOPT, X86_XSAVEC, X86_XGETBV1, X86_PDPE1GB, X86_3DNOWPREFETCH,
               X86_SPLIT_LOCK_DETECT) },
        { "athlon", "AMD", "pentiumpro",
          MORE(X86_VME, X86_MTRR, X86_PSE36, X86_MMXEXT, X86_3DNOWEXT, X86_3DNOW) },
        { "phenom", "AMD", "cpu64-rhel5",
          MORE(X86_MONITOR, X86_MMXEXT, X86_FXSR_OPT, X86_3DNOWEXT, X86_3DNOW, X86_SVM) },
        { "Opteron_G1", "AMD", "cpu64-rhel5",
          .signatures = opteron_g1 },
        { "Opteron_G2", "AMD", "cpu64-rhel6",
          .signatures = opteron_g1,
          MORE(X86_RDTSCP, X86_SVM) },
        { "Opteron_G3", "AMD", "Opteron_G2",
          .signatures = opteron_g1,
          MORE(X86_POPCNT, X86_ABM, X86_SSE4A, X86_MISALIGNSSE),
          GONE(X86_MONITOR) },
        { "Opteron_G4", "AMD", "Opteron_G3",
          .signatures = opteron_g4,
          MORE(X86_PCLMULDQ, X86_SSSE3, X86_SSE4_1, X86_SSE4_2, X86_AES, X86_XSAVE, X86_AVX, X86_PDPE1GB,
               X86_3DNOWPREFETCH, X86_XOP, X86_FMA4) },
        { "Opteron_G5", "AMD", "Opteron_G4",
          .signatures = opteron_g5,
          MORE(X86_FMA, X86_F16C, X86_TBM) },
        { "EPYC", "AMD", "Opteron_G4",
          .signatures = epyc,
          LESS(X86_XOP, X86_FMA4),
          MORE(X86_VME, X86_FMA, X86_MOVBE, X86_F16C, X86_RDRAND, X86_ARAT, X86_FSGSBASE, X86_BMI1, X86_AVX2,
               X86_SMEP, X86_BMI2, X86_RDSEED, X86_ADX, X86_SMAP, X86_CLFLUSHOPT, X86_SHA_NI, X86_XSAVEOPT,
               X86_XSAVEC, X86_XGETBV1, X86_MMXEXT, X86_FXSR_OPT, X86_CR8LEGACY, X86_OSVW),
          GONE(X86_MONITOR) },
        { "EPYC-IBPB", "AMD", "EPYC",
          .signatures = epyc,
          MORE(X86_IBPB),
          GONE(X86_MONITOR) },
        { "EPYC-Rome", "AMD", "EPYC-IBPB",
          .signatures = epyc_rome,
          MORE(X86_CLWB, X86_UMIP, X86_RDPID, X86_PERFCTR_CORE, X86_CLZERO, X86_XSAVEERPTR, X86_WBNOINVD,
               X86_AMD_STIBP, X86_NPT, X86_NRIP_SAVE) },
        { "EPYC-Milan", "AMD", "EPYC-Rome",
          .signatures = epyc_milan,
          MORE(X86_PCID, X86_ERMS, X86_INVPCID, X86_PKU, X86_FSRM, X86_XSAVES, X86_IBRS, X86_AMD_SSBD,
               X86_SVME_ADDR_CHK) },
        { "Dhyana", "Hygon", "EPYC-IBPB",
          .signatures = dhyana,
          LESS(X86_PCLMULDQ, X86_AES, X86_SHA_NI),
          GONE(X86_MONITOR) },
};

size_t cpu_model_count(void)
{
        return ELEMENTSOF(models);
}

const CpuModel *cpu_model_at(size_t i)
{
        return models + i;
}

const CpuModel *cpu_model_find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(models); i++)
                if (streq(models[i].name, name))
                        return models + i;
        return NULL;
}

const char *cpu_model_name(const CpuModel *model)
{
        return model->name;
}

const char *cpu_model_vendor(const CpuModel *model)
{
        return model->vendor;
}

static CpuFeatures set_of(const uint8_t *list, size_t n)
{
        CpuFeatures set = {};

        for (size_t i = 0; i < n; i++)
                cpu_features_put(&set, (CpuFeature) list[i]);
        return set;
}

CpuFeatures cpu_model_features(const CpuModel *model)
{
        CpuFeatures features = model->base ? cpu_model_features(cpu_model_find(model->base)) : (CpuFeatures) {};
        const CpuFeatures more = set_of(model->more, model->n_more), less = set_of(model->less, model->n_less);

        cpu_features_subtract(&features, &less);
        cpu_features_unite(&features, &more);
        features.vendor = model->vendor;
        return features;
}

/* Description */

static bool has_signature(const CpuModel *model, const CpuFeatures *features)
{
        for (const CpuSignature *s = model->signatures; s && s->family > 0; s++)
                if (s->family == features->family && s->model == features->model && s->first <= features->stepping &&
                    features->stepping <= s->last)
                        return true;
        return false;
}

/* The first steppings of Haswell have transactions that Intel has since switched off. */
static void drop_broken_transactions(CpuFeatures *features)
{
        const CpuFeatures transactions = set_of((const uint8_t[]) { X86_HLE, X86_RTM }, 2);
        const unsigned model = features->model;

        if (streq_ptr(features->vendor, "Intel") && features->family == 6 &&
            ((model == 63 && features->stepping < 4) || model == 60 || model == 69 || model == 70))
                cpu_features_subtract(features, &transactions);
}

/* What is never said of a guest: its kernel decides on these, or they are the host's alone. */
static void drop_hidden(CpuFeatures *features)
{
        static const uint8_t list[] = { X86_OSXSAVE, X86_OSPKE, X86_CMT, X86_MBM_TOTAL, X86_MBM_LOCAL };
        const CpuFeatures hidden = set_of(list, ELEMENTSOF(list));

        cpu_features_subtract(features, &hidden);
}

static const CpuOffer *find_offer(const CpuOffers *offers, const char *model)
{
        for (size_t i = 0; i < offers->n; i++)
                if (streq(offers->items[i].model, model))
                        return offers->items + i;
        return NULL;
}

static CpuDescription describe_by(const CpuModel *model, const CpuFeatures *features, const CpuOffer *offer)
{
        CpuDescription d = { .model = model, .more = *features, .less = cpu_model_features(model),
                             .gone = set_of(model->gone, model->n_gone) };

        cpu_features_subtract(&d.more, &d.less);
        cpu_features_subtract(&d.less, features);
        if (offer) {
                CpuFeatures blockers = offer->blockers;

                cpu_features_subtract(&blockers, &d.more);
                cpu_features_unite(&d.less, &blockers);
        }
        cpu_features_subtract(&d.gone, &d.more);
        cpu_features_subtract(&d.gone, &d.less);
        return d;
}

/* What a description costs. Of what is ruled out libvirt counts half, each a little dearer than the one before. */
typedef struct Price {
        size_t total;
        size_t less;
} Price;

static Price price_of(const CpuDescription *d)
{
        size_t less = cpu_features_size(&d->less) + cpu_features_size(&d->gone), counted = (less + 1) / 2;
        Price price = { .less = counted * 2 + counted * (counted - 1) / 2 };

        price.total = cpu_features_size(&d->more) + less - counted + price.less;
        return price;
}

static bool is_better(const CpuDescription *d, const CpuDescription *best, const CpuFeatures *features, bool preferred)
{
        bool matches = has_signature(d->model, features), best_matches = has_signature(best->model, features);
        Price price = price_of(d), best_price = price_of(best);

        if (matches != best_matches)
                return matches;
        return price.total < best_price.total || (price.total == best_price.total && price.less < best_price.less) ||
               (preferred && price.less < best_price.less);
}

typedef struct Choice {
        CpuFeatures features;
        bool guest;
        const CpuOffers *offers;
        const char *const *preferred;
        CpuDescription best;
} Choice;

/* Returns whether no other has to be looked at. */
static bool choose(Choice *choice, const CpuModel *model, const CpuOffer *offer)
{
        const CpuFeatures *features = &choice->features;
        bool preferred = choice->preferred && g_strv_contains(choice->preferred, model->name);
        CpuDescription d;

        if ((features->vendor && model->vendor && !streq(features->vendor, model->vendor)) ||
            (model->unnamed & (choice->guest ? UNNAMED_GUEST : UNNAMED_HOST)))
                return false;
        d = describe_by(model, features, offer);
        if (!choice->guest) {
                if (!cpu_features_is_empty(&d.less))
                        return false;
                d.gone = (CpuFeatures) {};
        }
        if (!choice->best.model || (preferred && !choice->preferred[1]) ||
            is_better(&d, &choice->best, features, preferred))
                choice->best = d;
        return preferred && !choice->preferred[1];
}

/* Newer models come first. */
static int describe(Choice *choice, CpuDescription *ret, Error *error)
{
        if (choice->preferred && !choice->preferred[0])
                choice->preferred = NULL;
        drop_broken_transactions(&choice->features);
        if (choice->guest)
                drop_hidden(&choice->features);
        for (size_t i = ELEMENTSOF(models); i-- > 0;) {
                const CpuOffer *offer = choice->offers ? find_offer(choice->offers, models[i].name) : NULL;

                if (choice->offers && !offer)
                        continue;
                if (choose(choice, models + i, offer))
                        break;
        }
        if (!choice->best.model)
                return error_set(error, ERROR_INTERNAL, "Cannot find suitable CPU model for given data");
        *ret = choice->best;
        return 0;
}

int cpu_describe_guest(const CpuFeatures *features, const CpuOffers *offers, const char *const *preferred,
                       CpuDescription *ret, Error *error)
{
        Choice choice = { .features = *features, .guest = true, .offers = offers, .preferred = preferred };

        return describe(&choice, ret, error);
}

int cpu_describe_host(const CpuFeatures *features, CpuDescription *ret, Error *error)
{
        Choice choice = { .features = *features };

        return describe(&choice, ret, error);
}
