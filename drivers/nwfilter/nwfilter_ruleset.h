/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the filter of a binding comes down to: a flat list of rules, of it and of all filters that it refers to, with
 * values in place of variables. A rule whose variables have several values becomes several: those of "$A" and "$B" go
 * along with each other, "$A[@1]" goes through all for each of them.
 */

#include "drivers/model/nwfilter.h"
#include "drivers/model/nwfilter_binding.h"

/* More than that are nobody's; what refers to itself over and over in twos gets there fast. */
#define NWFILTER_RULES_MAX 10000u

/* In place of the value of $IP when nobody has said it: the address that the guest turns out to have. */
extern const char nwfilter_learned[];

/* How that address is found out: the parameter CTRL_IP_LEARNING. */
typedef enum NwfilterLearning {
        NWFILTER_LEARN_NONE = 1,
        NWFILTER_LEARN_ANY,  /* the guest's first packet has it */
        NWFILTER_LEARN_DHCP, /* a server gives it */
        _NWFILTER_LEARN_MAX,
} NwfilterLearning;
DECLARE_STRING_TABLE(nwfilter_learning, NwfilterLearning);

typedef struct NwfilterFlatRule {
        const NwfilterDef *filter;
        const NwfilterRule *rule;
        NwfilterProtocol protocol; /* 0: any */
        const char *values[_NWFILTER_FIELD_MAX];
        bool negated[_NWFILTER_FIELD_MAX];
} NwfilterFlatRule;

typedef struct NwfilterRuleset {
        NwfilterBindingDef *binding;
        GPtrArray *filters; /* that the rules point into */
        GPtrArray *rules;   /* by priority, those of one in the order of their definitions */
        NwfilterLearning learning; /* NONE: nothing has to be found out */
} NwfilterRuleset;

/*
 * instead stands for the filter of its name, or is NULL. ERROR_NO_NWFILTER when a filter is missing,
 * ERROR_INTERNAL for a variable without value, ERROR_CONFIG_UNSUPPORTED for lists that do not go together.
 */
int nwfilter_ruleset_new(const ObjectList *filters, const NwfilterDef *instead, const NwfilterBindingDef *binding,
                         NwfilterRuleset **ret, Error *error);
NwfilterRuleset *nwfilter_ruleset_free(NwfilterRuleset *set);
DEFINE_TRIVIAL_CLEANUP(NwfilterRuleset *, nwfilter_ruleset_free)

/* The n-th value of the binding's own parameter, or NULL. */
const char *nwfilter_binding_value(const NwfilterBindingDef *binding, const char *name, unsigned n);
