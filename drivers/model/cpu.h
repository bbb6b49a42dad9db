/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * <cpu> elements: processors of hosts and of guests, compared, and brought to what they have in common. Answers and
 * errors are those of libvirt 9.0, whose models and features these are.
 */

#include "drivers/model/cpu_model.h"
#include "drivers/model/def.h"

/* Whether libvirt has an architecture of that name. */
bool cpu_arch_is_known(const char *arch);
bool cpu_arch_is_x86(const char *arch);

/*
 * The names of the models of an architecture, NULL-terminated, free with g_free(). ERROR_INVALID_ARG for a word that is
 * no architecture, ERROR_NO_SUPPORT for one that libvirt has no names in. But for x86 they are no more than names.
 */
int cpu_models(const char *arch, const char ***ret, Error *error);

typedef struct Cpu Cpu;

typedef enum CpuKind {
        CPU_HOST,   /* an architecture is needed, policies do not count */
        CPU_EITHER, /* that of a host when it has an architecture, else that of a guest */
} CpuKind;

/* ERROR_XML_ERROR, ERROR_XML_DETAIL, ERROR_CONFIG_UNSUPPORTED; strict: ERROR_XML_INVALID_SCHEMA. */
int cpu_parse(const char *xml, CpuKind kind, bool strict, Cpu **ret, Error *error);
Cpu *cpu_free(Cpu *cpu);
DEFINE_TRIVIAL_CLEANUP(Cpu *, cpu_free)

/* Where guests are to run: a host's processor, or what an emulator makes of it. */
typedef struct CpuHost {
        const char *arch; /* static */
        CpuFeatures features;
        CpuFeatures switches; /* what the emulator has a word for; of a host itself nothing */
        CpuFeatures staying;  /* what its guests cannot take along to another host, as the emulator says */
        CpuOffers offers;     /* its items are owned, their names not; of a host itself there are none */
} CpuHost;

CpuHost *cpu_host_free(CpuHost *host);
DEFINE_TRIVIAL_CLEANUP(CpuHost *, cpu_host_free)

/* virCPUCompareResult */
typedef enum CpuCompare {
        CPU_INCOMPATIBLE = 0,
        CPU_IDENTICAL = 1,
        CPU_SUPERSET = 2, /* the host has what the processor has, and more */
} CpuCompare;

/*
 * Returns a CpuCompare. *ret_reason is why they are incompatible, or NULL; free with g_free(). ERROR_INTERNAL for a
 * model or feature that is not known, ERROR_NO_SUPPORT for a host that is not x86.
 */
int cpu_compare(const CpuHost *host, const Cpu *cpu, char **ret_reason, Error *error);

typedef enum CpuBaselineFlags {
        CPU_BASELINE_EXPAND = 1 << 0,     /* all features are named, also those of the model */
        CPU_BASELINE_MIGRATABLE = 1 << 1, /* none that keeps a guest where it is */
} CpuBaselineFlags;

/*
 * The <cpu> element for guests that run on all of the processors and, unless it is NULL, on this host; its offers count
 * then, not its vendor. Free with g_free(). ERROR_OPERATION_FAILED when they have nothing in common, ERROR_INTERNAL for
 * a model or feature that is not known, ERROR_INVALID_ARG when one has no model, ERROR_NO_SUPPORT when not x86,
 * ERROR_OPERATION_UNSUPPORTED when the host is not.
 */
int cpu_baseline(Cpu *const *cpus, size_t n, const CpuHost *host, CpuBaselineFlags flags, char **ret, Error *error);
