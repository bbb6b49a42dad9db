/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The part's own struct, and what its files share. */

#include "drivers/nwfilter/nwfilter_ruleset.h"
#include "drivers/part.h"
#include "service/base/named_store.h"

typedef struct NwfilterPart {
        Part part;
        Driver *driver;
        NamedStore *store; /* of definitions; what runs there are bindings, by their ports */
        uint64_t n_bound;  /* bindings that were begun so far */
} NwfilterPart;

extern const PartInfo nwfilter_part_info;

static inline NwfilterPart *nwfilter_part_of(const Object *object)
{
        return (NwfilterPart *) driver_part(object->driver, &nwfilter_part_info);
}

/* nwfilter_ops.c */
int nwfilter_part_define(NWFilter *filter, NwfilterDef *def, Job *job, Error *error);
int nwfilter_part_undefine(NWFilter *filter, Job *job, Error *error);
int nwfilter_part_bind(NWFilterBinding *binding, Job *job, Error *error);
int nwfilter_part_rebind(NWFilterBinding *binding, NwfilterBindingDef *def, Job *job, Error *error);
int nwfilter_part_unbind(NWFilterBinding *binding, Job *job, Error *error);

/* nwfilter_apply.c: the rules of some bindings, which the kernel takes all, or none. */
typedef struct NwfilterApply NwfilterApply;
NwfilterApply *nwfilter_apply_new(NwfilterPart *part);
NwfilterApply *nwfilter_apply_free(NwfilterApply *apply);
DEFINE_TRIVIAL_CLEANUP(NwfilterApply *, nwfilter_apply_free)
/* instead stands for the filter of its name, or is NULL. Errors as of nwfilter_ruleset_new(), and of its values. */
int nwfilter_apply_add(NwfilterApply *apply, const NwfilterDef *instead, const NwfilterBindingDef *binding,
                       Error *error);
/* Those of all bindings that have the rules of the filter. */
int nwfilter_apply_add_users(NwfilterApply *apply, const char *filter, const NwfilterDef *instead, Error *error);
bool nwfilter_apply_is_empty(const NwfilterApply *apply);
/* On the worker of networks, which takes it over. */
WorkerTask *nwfilter_apply_run(NwfilterApply *apply, WorkerDone done, void *userdata);
/* The same when nobody waits: what fails is logged. */
void nwfilter_apply_run_alone(NwfilterApply *apply);
/* The rules of the port go. */
WorkerTask *nwfilter_apply_remove(NwfilterPart *part, const char *port_dev, WorkerDone done, void *userdata);

/* nwfilter_predefined.c: a host that has no filters yet gets those of the directory. Blocks. */
int nwfilter_predefine(const char *config_dir, const char *from, Error *error);
