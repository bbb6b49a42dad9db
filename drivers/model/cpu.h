/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Models of x86 processors and what they can do, to compare processors and to find what several have in common. Names
 * of models and features are libvirt's (those of its release 9.0); what a model has is what it has there.
 */

#include "drivers/model/def.h"

/* A set of words: "avx2". */
typedef struct CpuFeatures CpuFeatures;

CpuFeatures *cpu_features_new(void);
CpuFeatures *cpu_features_free(CpuFeatures *features);
DEFINE_TRIVIAL_CLEANUP(CpuFeatures *, cpu_features_free)
void cpu_features_add(CpuFeatures *features, const char *name);
/* What the model has; nothing for one that is not known. */
void cpu_features_add_model(CpuFeatures *features, const char *model);
void cpu_features_remove(CpuFeatures *features, const char *name);
/* Whether libvirt has a word for it: of what the kernel tells of a processor, not all is the processor's. */
bool cpu_feature_is_known(const char *name);
bool cpu_features_has(const CpuFeatures *features, const char *name);
size_t cpu_features_size(const CpuFeatures *features);
/* Whose processor has them, in libvirt's word ("Intel", "AMD"); NULL: unknown, as of a new set. Static. */
void cpu_features_set_vendor(CpuFeatures *features, const char *vendor);
const char *cpu_features_vendor(const CpuFeatures *features);

/*
 * The names of the models of an architecture, NULL-terminated, free with g_free(): none for one that is not x86.
 * ERROR_INVALID_ARG for a word that is no architecture.
 */
int cpu_models(const char *arch, const char ***ret, Error *error);

/*
 * The vendor's model ("Intel"; NULL: anybody's) that has most of the features and no other; NULL when none is like
 * that. *ret_rest has the names of what is beside it, NULL-terminated, free with g_free(); they are those of features.
 */
const char *cpu_describe(const CpuFeatures *features, const char *vendor, const char ***ret_rest);
/*
 * The vendor's model that takes fewest words, whether or not all of it is there; NULL for one without models. *ret_less
 * has the names of what the model has and features have not, as *ret_rest those of what is beside it.
 */
const char *cpu_describe_closest(const CpuFeatures *features, const char *vendor, const char ***ret_rest,
                                 const char ***ret_less);

/* A <cpu> element, as of a host or of a domain. */
typedef struct Cpu {
        const char *arch;  /* "x86_64"; NULL: not given */
        const char *model;
        const char *vendor; /* may be NULL */
        CpuFeatures *features; /* of the model, and those that are required beside it, without the disabled ones */
        Arena *arena;
} Cpu;

/* ERROR_XML_ERROR, ERROR_XML_DETAIL; ERROR_INTERNAL, as in libvirt, for a model that is not known. */
int cpu_parse(const char *xml, Cpu **ret, Error *error);
Cpu *cpu_free(Cpu *cpu);
DEFINE_TRIVIAL_CLEANUP(Cpu *, cpu_free)

/* virCPUCompareResult */
typedef enum CpuCompare {
        CPU_INCOMPATIBLE = 0,
        CPU_IDENTICAL = 1,
        CPU_SUPERSET = 2, /* the host has what the processor has, and more */
} CpuCompare;

/* A host of this architecture with these features beside a processor. *ret_missing, the caller's, may be NULL. */
CpuCompare cpu_compare(const char *arch, const CpuFeatures *host, const Cpu *cpu, char **ret_missing);

/*
 * The <cpu> element for guests that run on all of the processors: a model, and features beside it; with expand all of
 * its features. Free with g_free(). ERROR_CONFIG_UNSUPPORTED when they have no model in common.
 */
int cpu_baseline(Cpu *const *cpus, size_t n, bool expand, char **ret, Error *error);
