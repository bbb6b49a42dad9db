/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A network filter as the daemon knows it. */

#include "drivers/model/nwfilter_def.h"
#include "drivers/model/object.h"

enum {
        NWFILTER_CHANGED_CONFIG = 1 << 0,
};

typedef struct NWFilter {
        Object object; /* its key is the UUID */
        char uuid[37];
        char *name;
        NwfilterDef *def;
} NWFilter;

/* Adds what polkit is told of a definition, which may have no UUID yet. */
void nwfilter_describe_def(const NwfilterDef *def, Details *details);

/*
 * The filter that the definition is about, or NULL for a new one: that of its UUID, and without one that of its name.
 * ERROR_OPERATION_FAILED when name and UUID are not of the same one, or when it would refer to itself.
 */
int nwfilter_list_resolve(const ObjectList *list, const NwfilterDef *def, NWFilter **ret, Error *error);
/* *ret is borrowed and has the definition. Errors as above. */
int nwfilter_list_add(ObjectList *list, const NwfilterDef *def, NWFilter **ret, Error *error);

/* Whether the rules of "filter" (its name) apply where those of "name" do: it is that, or referred to on the way. */
bool nwfilter_list_includes(const ObjectList *list, const char *name, const char *filter);
/* The first filter that is referred to on the way from "name" and that there is not; NULL: all are there. Borrowed. */
const char *nwfilter_list_missing(const ObjectList *list, const char *name);

/* It announces. */
void nwfilter_put_def(NWFilter *filter, const NwfilterDef *def);
