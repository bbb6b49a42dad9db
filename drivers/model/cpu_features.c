/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpu_features.h"

#include <string.h>

static const struct {
        const char *name;
        uint8_t leaf, place, bit;
} features_table[_CPU_FEATURE_MAX] = {
#define X(identifier, word, leaf_, register_, bit_) [X86_##identifier] = { word, CPU_##leaf_, CPU_##register_, bit_ },
        CPU_FEATURES(X)
#undef X
};

static const struct {
        const char *spelled, *word;
} vendors[] = {
        { "GenuineIntel", "Intel" },
        { "AuthenticAMD", "AMD" },
        { "HygonGenuine", "Hygon" },
};

const char *cpu_feature_name(CpuFeature feature)
{
        return features_table[feature].name;
}

bool cpu_feature_find(const char *name, CpuFeature *ret)
{
        for (CpuFeature i = 0; i < _CPU_FEATURE_MAX; i++)
                if (streq(features_table[i].name, name)) {
                        *ret = i;
                        return true;
                }
        return false;
}

bool cpu_feature_stays(CpuFeature feature)
{
        return feature == X86_INVTSC || feature == X86_XSAVES;
}

bool cpu_features_add(CpuFeatures *features, const char *name)
{
        CpuFeature feature;

        if (!cpu_feature_find(name, &feature))
                return false;
        cpu_features_put(features, feature);
        return true;
}

bool cpu_features_has_name(const CpuFeatures *features, const char *name)
{
        CpuFeature feature;

        return cpu_feature_find(name, &feature) && cpu_features_has(features, feature);
}

void cpu_features_unite(CpuFeatures *features, const CpuFeatures *other)
{
        for (size_t i = 0; i < ELEMENTSOF(features->bits); i++)
                features->bits[i] |= other->bits[i];
}

void cpu_features_intersect(CpuFeatures *features, const CpuFeatures *other)
{
        for (size_t i = 0; i < ELEMENTSOF(features->bits); i++)
                features->bits[i] &= other->bits[i];
}

void cpu_features_subtract(CpuFeatures *features, const CpuFeatures *other)
{
        for (size_t i = 0; i < ELEMENTSOF(features->bits); i++)
                features->bits[i] &= ~other->bits[i];
}

void cpu_features_drop_staying(CpuFeatures *features)
{
        CpuFeatures staying = {};

        for (CpuFeature i = 0; i < _CPU_FEATURE_MAX; i++)
                if (cpu_feature_stays(i))
                        cpu_features_put(&staying, i);
        cpu_features_subtract(features, &staying);
}

bool cpu_features_contains(const CpuFeatures *all, const CpuFeatures *some)
{
        CpuFeatures missing = *some;

        cpu_features_subtract(&missing, all);
        return cpu_features_is_empty(&missing);
}

bool cpu_features_is_empty(const CpuFeatures *features)
{
        return cpu_features_size(features) == 0;
}

size_t cpu_features_size(const CpuFeatures *features)
{
        size_t n = 0;

        for (size_t i = 0; i < ELEMENTSOF(features->bits); i++)
                n += (size_t) __builtin_popcountll(features->bits[i]);
        return n;
}

char *cpu_features_join(const CpuFeatures *features, const char *separator)
{
        GString *text = g_string_new(NULL);

        CPU_FEATURES_FOREACH(feature, features)
                g_string_append_printf(text, "%s%s", text->len > 0 ? separator : "", cpu_feature_name(feature));
        return g_string_free(text, FALSE);
}

const char *cpu_vendor_word(const char *spelled)
{
        for (size_t i = 0; i < ELEMENTSOF(vendors); i++)
                if (streq_ptr(vendors[i].spelled, spelled))
                        return vendors[i].word;
        return NULL;
}

bool cpu_vendor_is_known(const char *vendor)
{
        for (size_t i = 0; i < ELEMENTSOF(vendors); i++)
                if (streq(vendors[i].word, vendor))
                        return true;
        return false;
}

void cpu_features_read(CpuFeatures *features, CpuLeafFunc read, void *userdata)
{
        for (CpuLeaf leaf = 0; leaf < _CPU_LEAF_MAX; leaf++) {
                uint32_t registers[_CPU_REGISTER_MAX] = {};

                if (!read(userdata, leaf, registers))
                        continue;
                for (CpuFeature i = 0; i < _CPU_FEATURE_MAX; i++)
                        if (features_table[i].leaf == leaf &&
                            registers[features_table[i].place] >> features_table[i].bit & 1)
                                cpu_features_put(features, i);
        }
}
