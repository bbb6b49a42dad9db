/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Models of x86 processors that have a name, those of libvirt's release 9.0, and how a processor is said by one. */

#include "drivers/model/cpu_features.h"
#include "service/base/error.h"

typedef struct CpuModel CpuModel;

/* From the oldest to the newest, libvirt's order. */
size_t cpu_model_count(void);
const CpuModel *cpu_model_at(size_t i);
/* NULL for one that is not known. */
const CpuModel *cpu_model_find(const char *name);
const char *cpu_model_name(const CpuModel *model);
/* NULL: anybody's. */
const char *cpu_model_vendor(const CpuModel *model);
/* What it has; the vendor is the model's. */
CpuFeatures cpu_model_features(const CpuModel *model);

/* A processor in words. */
typedef struct CpuDescription {
        const CpuModel *model;
        CpuFeatures more; /* beside the model */
        CpuFeatures less; /* of the model, but not of the processor */
        CpuFeatures gone; /* what the model had once, so that some hypervisor may still give it: to be ruled out */
} CpuDescription;

/* The models that a hypervisor has for its guests. */
typedef struct CpuOffer {
        const char *model;
        CpuFeatures blockers; /* what its guests lack of this model here */
} CpuOffer;

typedef struct CpuOffers {
        const CpuOffer *items;
        size_t n;
} CpuOffers;

/*
 * The model that comes closest, as libvirt chooses: that of the same family and number, otherwise the one that takes
 * fewest words. Of a host a model has to be there as a whole. offers (NULL: all models) says what may be chosen; of
 * preferred (NULL-terminated or NULL: no preference) a single model is taken if it can be, and of several one of which
 * less is missing. ERROR_INTERNAL: there is none.
 */
int cpu_describe_guest(const CpuFeatures *features, const CpuOffers *offers, const char *const *preferred,
                       CpuDescription *ret, Error *error);
int cpu_describe_host(const CpuFeatures *features, CpuDescription *ret, Error *error);
