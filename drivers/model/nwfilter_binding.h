/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The binding of a network filter to a port of a domain, as the daemon knows it. */

#include "drivers/model/nwfilter_def.h"
#include "drivers/model/object.h"

enum {
        NWFILTER_BINDING_CHANGED_CONFIG = 1 << 0,
};

typedef struct NWFilterBinding {
        Object object; /* its key is the port's device */
        NwfilterBindingDef *def;
} NWFilterBinding;

/* Adds what polkit is told of one. */
void nwfilter_binding_describe_def(const NwfilterBindingDef *def, Details *details);

/* *ret is borrowed and has the definition. ERROR_OPERATION_FAILED when the port has one. */
int nwfilter_binding_list_add(ObjectList *list, const NwfilterBindingDef *def, NWFilterBinding **ret, Error *error);

/* The same port has another filter, or other parameters. It announces. */
void nwfilter_binding_put_def(NWFilterBinding *binding, const NwfilterBindingDef *def);
