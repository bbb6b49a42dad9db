/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a processor can do and whose it is: a plain value, all zero for one that can do nothing. */

#include "drivers/model/cpu_map.h"
#include "service/base/util.h"

typedef struct CpuFeatures {
        uint64_t bits[(_CPU_FEATURE_MAX + 63) / 64];
        const char *vendor;                /* libvirt's word, static: "Intel"; NULL: not known */
        unsigned family, model, stepping;  /* all 0: not known */
} CpuFeatures;

#define CPU_FEATURES_FOREACH(feature, features)                                      \
        for (CpuFeature feature = 0; feature < _CPU_FEATURE_MAX; feature++)          \
                if (!cpu_features_has((features), feature)) {                        \
                } else

static inline bool cpu_features_has(const CpuFeatures *features, CpuFeature feature)
{
        return features->bits[feature / 64] >> feature % 64 & 1;
}

static inline void cpu_features_put(CpuFeatures *features, CpuFeature feature)
{
        features->bits[feature / 64] |= UINT64_C(1) << feature % 64;
}

/* libvirt's word for it, and back: false for a word that it has not. */
const char *cpu_feature_name(CpuFeature feature);
bool cpu_feature_find(const char *name, CpuFeature *ret);
/* Whether a guest that has it cannot leave its host. */
bool cpu_feature_stays(CpuFeature feature);

/* By name; false, and nothing happens, for a word that libvirt has not. */
bool cpu_features_add(CpuFeatures *features, const char *name);
bool cpu_features_has_name(const CpuFeatures *features, const char *name);

/* Sets of features: what else is known of a processor stays as it is. */
void cpu_features_unite(CpuFeatures *features, const CpuFeatures *other);
void cpu_features_intersect(CpuFeatures *features, const CpuFeatures *other);
void cpu_features_subtract(CpuFeatures *features, const CpuFeatures *other);
void cpu_features_drop_staying(CpuFeatures *features);
bool cpu_features_is_empty(const CpuFeatures *features);
bool cpu_features_contains(const CpuFeatures *all, const CpuFeatures *some);
size_t cpu_features_size(const CpuFeatures *features);

/* Their words, in libvirt's order, with the separator between them. Free with g_free(). */
char *cpu_features_join(const CpuFeatures *features, const char *separator);

/* What the vendor is called ("Intel") that spells itself so ("GenuineIntel"); NULL for any other. Static. */
const char *cpu_vendor_word(const char *spelled);
/* Whether libvirt has a vendor of that name. */
bool cpu_vendor_is_known(const char *vendor);

/* What registers hold of a leaf: false when the processor has no such leaf. */
typedef bool (*CpuLeafFunc)(void *userdata, CpuLeaf leaf, uint32_t registers[_CPU_REGISTER_MAX]);
/* Adds what the registers say. */
void cpu_features_read(CpuFeatures *features, CpuLeafFunc read, void *userdata);
