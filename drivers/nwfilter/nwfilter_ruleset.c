/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/nwfilter/nwfilter_ruleset.h"

#include <stdlib.h>
#include <string.h>

/* More references than that are followed for no binding. */
#define VISITS_MAX 1000u
#define ITERATORS_MAX 8u

const char nwfilter_learned[] = "$IP";

static const char *const nwfilter_learning_table[_NWFILTER_LEARN_MAX] = {
        [NWFILTER_LEARN_NONE] = "none",
        [NWFILTER_LEARN_ANY] = "any",
        [NWFILTER_LEARN_DHCP] = "dhcp",
};
DEFINE_STRING_TABLE(nwfilter_learning, NwfilterLearning)

/* The values that a reference gives, within those of the one that led to its filter. */
typedef struct Scope {
        const struct Scope *outer; /* NULL: the binding's */
        const NwfilterRef *ref;
} Scope;

typedef struct Flatten {
        const ObjectList *list;
        const NwfilterDef *instead;
        NwfilterRuleset *set;
        NwfilterLearning learning; /* that is allowed */
        unsigned n_visits;
} Flatten;

/* -- variables ------------------------------------------------------------------------------------------------ */

static const char *ref_value(const NwfilterRef *ref, const char *name, unsigned n)
{
        DEF_FOREACH(parameter, ref->parameters)
                if (streq(parameter->name, name) && n-- == 0)
                        return parameter->value;
        return NULL;
}

const char *nwfilter_binding_value(const NwfilterBindingDef *binding, const char *name, unsigned n)
{
        return ref_value(&binding->ref, name, n);
}

/* The outermost reference that has the variable: whoever uses a filter knows better than the filter. */
static const NwfilterRef *find_ref(const Scope *scope, const char *name)
{
        const NwfilterRef *ref = scope->outer ? find_ref(scope->outer, name) : NULL;

        return ref ?: ref_value(scope->ref, name, 0) ? scope->ref : NULL;
}

/* NULL when it has not that many. */
static const char *variable_value(Flatten *flatten, const Scope *scope, const char *name, unsigned n)
{
        const NwfilterRef *ref = find_ref(scope, name);

        if (ref)
                return ref_value(ref, name, n);
        if (n > 0)
                return NULL;
        if (streq(name, "MAC"))
                return flatten->set->binding->mac;
        if (!streq(name, "IP") || flatten->learning == NWFILTER_LEARN_NONE)
                return NULL;
        flatten->set->learning = flatten->learning;
        return nwfilter_learned;
}

/* "$NAME", "$NAME[3]", "$NAME[@2]", as nwfilter_value.c writes them. */
typedef struct Access {
        char *name;
        bool iterates;
        unsigned long number; /* of the iterator, or of the value */
} Access;

static void access_clear(Access *access)
{
        g_free(access->name);
}

static bool access_parse(const char *text, Access *ret)
{
        const char *bracket;

        *ret = (Access) { .iterates = true };
        if (*text != '$')
                return false;
        bracket = strchrnul(text, '[');
        ret->name = g_strndup(text + 1, (size_t) (bracket - text - 1));
        if (*bracket) {
                ret->iterates = bracket[1] == '@';
                ret->number = strtoul(bracket + 1 + ret->iterates, NULL, 10);
        }
        return true;
}

/* -- one rule ------------------------------------------------------------------------------------------------- */

typedef struct Iterators {
        size_t n;
        unsigned long numbers[ITERATORS_MAX];
        unsigned sizes[ITERATORS_MAX];
        unsigned at[ITERATORS_MAX];
} Iterators;

static size_t find_iterator(const Iterators *iterators, unsigned long number)
{
        size_t i = 0;

        while (i < iterators->n && iterators->numbers[i] != number)
                i++;
        return i;
}

static int unresolved(const NwfilterDef *filter, const char *text, Error *error)
{
        return error_set(error, ERROR_INTERNAL,
                         "Cannot instantiate filter due to unresolvable variables or unavailable list elements: %s, in "
                         "filter '%s'", text + 1, filter->name);
}

static int add_iterator(Flatten *flatten, const Scope *scope, const NwfilterDef *filter, const char *text,
                        Iterators *iterators, Error *error)
{
        Access access;
        unsigned size = 0;
        size_t i;
        int r = 0;

        if (!access_parse(text, &access) || !access.iterates) {
                access_clear(&access);
                return 0;
        }
        while (size <= NWFILTER_RULES_MAX && variable_value(flatten, scope, access.name, size))
                size++;
        i = find_iterator(iterators, access.number);
        if (size == 0)
                r = unresolved(filter, text, error);
        else if (i == ITERATORS_MAX)
                r = error_set(error, ERROR_CONFIG_UNSUPPORTED, "filter '%s': a rule has more than %u iterators",
                              filter->name, ITERATORS_MAX);
        else if (i < iterators->n && iterators->sizes[i] != size)
                r = error_set(error, ERROR_CONFIG_UNSUPPORTED,
                              "filter '%s': lists that are gone through together have %u and %u values", filter->name,
                              iterators->sizes[i], size);
        access_clear(&access);
        if (r < 0)
                return r;
        iterators->numbers[i] = access.number;
        iterators->sizes[i] = size;
        iterators->n = MAX(iterators->n, i + 1);
        return 0;
}

/* Goes to the next combination; false: that was the last one. */
static bool step(Iterators *iterators)
{
        for (size_t i = iterators->n; i-- > 0;) {
                if (++iterators->at[i] < iterators->sizes[i])
                        return true;
                iterators->at[i] = 0;
        }
        return false;
}

static int resolve(Flatten *flatten, const Scope *scope, const NwfilterDef *filter, const char *text,
                   const Iterators *iterators, const char **ret, Error *error)
{
        Access access;

        *ret = text;
        if (access_parse(text, &access)) {
                unsigned long n = access.iterates ? iterators->at[find_iterator(iterators, access.number)]
                                                  : access.number;

                *ret = n <= UINT_MAX ? variable_value(flatten, scope, access.name, (unsigned) n) : NULL;
        }
        access_clear(&access);
        return *ret ? 0 : unresolved(filter, text, error);
}

static int add_combination(Flatten *flatten, const Scope *scope, const NwfilterDef *filter, const NwfilterRule *rule,
                           const Iterators *iterators, Error *error)
{
        NwfilterFlatRule *flat;

        if (flatten->set->rules->len >= NWFILTER_RULES_MAX)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "filter '%s' has more than %u rules",
                                 flatten->set->binding->ref.filter, NWFILTER_RULES_MAX);
        flat = g_new0(NwfilterFlatRule, 1);
        flat->filter = filter;
        flat->rule = rule;
        g_ptr_array_add(flatten->set->rules, flat);
        DEF_FOREACH(match, rule->matches) {
                flat->protocol = match->protocol;
                for (unsigned i = 0; i < _NWFILTER_FIELD_MAX; i++) {
                        int r;

                        if (!match->values[i])
                                continue;
                        flat->negated[i] = match->match == TRISTATE_NO;
                        flat->values[i] = match->values[i];
                        if (i == NWFILTER_COMMENT) /* may look like anything */
                                continue;
                        r = resolve(flatten, scope, filter, match->values[i], iterators, flat->values + i, error);
                        if (r < 0)
                                return r;
                }
        }
        return 0;
}

static int add_rule(Flatten *flatten, const Scope *scope, const NwfilterDef *filter, const NwfilterRule *rule,
                    Error *error)
{
        Iterators iterators = {};
        int r = 0;

        DEF_FOREACH(match, rule->matches)
                for (unsigned i = 0; r >= 0 && i < _NWFILTER_FIELD_MAX; i++)
                        if (match->values[i] && i != NWFILTER_COMMENT)
                                r = add_iterator(flatten, scope, filter, match->values[i], &iterators, error);
        do {
                if (r >= 0)
                        r = add_combination(flatten, scope, filter, rule, &iterators, error);
        } while (r >= 0 && step(&iterators));
        return r;
}

/* -- filters -------------------------------------------------------------------------------------------------- */

static const NwfilterDef *find_filter(const Flatten *flatten, const char *name)
{
        const NWFilter *filter;

        if (flatten->instead && streq(flatten->instead->name, name))
                return flatten->instead;
        filter = object_list_find_name(flatten->list, name);
        return filter ? filter->def : NULL;
}

static int add_filter(Flatten *flatten, const Scope *scope, Error *error)
{
        const NwfilterDef *filter = find_filter(flatten, scope->ref->filter);
        int r = 0;

        if (!filter)
                return error_set(error, ERROR_NO_NWFILTER, "referenced filter '%s' is missing", scope->ref->filter);
        if (++flatten->n_visits > VISITS_MAX)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "filter '%s' has more than %u references",
                                 flatten->set->binding->ref.filter, VISITS_MAX);
        g_ptr_array_add(flatten->set->filters, nwfilter_def_ref(filter));
        DEF_FOREACH(entry, filter->entries) {
                const Scope inner = { .outer = scope, .ref = &entry->ref };

                if (r >= 0)
                        r = entry->type == NWFILTER_ENTRY_REF ? add_filter(flatten, &inner, error)
                                                              : add_rule(flatten, scope, filter, &entry->rule, error);
        }
        return r;
}

static int compare_rules(const void *a, const void *b, void *userdata)
{
        const NwfilterFlatRule *x = *(NwfilterFlatRule *const *) a, *y = *(NwfilterFlatRule *const *) b;

        return (x->rule->priority > y->rule->priority) - (x->rule->priority < y->rule->priority);
}

static void release_def(gpointer def)
{
        nwfilter_def_unref(def);
}

NwfilterRuleset *nwfilter_ruleset_free(NwfilterRuleset *set)
{
        if (!set)
                return NULL;
        g_ptr_array_unref(set->rules);
        g_ptr_array_unref(set->filters);
        nwfilter_binding_def_unref(set->binding);
        g_free(set);
        return NULL;
}

static int read_learning(const NwfilterBindingDef *binding, NwfilterLearning *ret, Error *error)
{
        const char *text = nwfilter_binding_value(binding, "CTRL_IP_LEARNING", 0);
        int learning = NWFILTER_LEARN_ANY;

        if (text) {
                g_autofree char *lower = g_ascii_strdown(text, -1);

                learning = nwfilter_learning_from_string(lower);
        }
        if (learning < 0)
                return error_set(error, ERROR_INTERNAL, "filter '%s': parameter 'CTRL_IP_LEARNING': '%s' is no way of "
                                 "learning an address: any, dhcp, none", binding->ref.filter, text);
        *ret = learning;
        return 0;
}

int nwfilter_ruleset_new(const ObjectList *filters, const NwfilterDef *instead, const NwfilterBindingDef *binding,
                         NwfilterRuleset **ret, Error *error)
{
        _cleanup_(nwfilter_ruleset_freep) NwfilterRuleset *set = g_new0(NwfilterRuleset, 1);
        const Scope scope = { .ref = &binding->ref };
        Flatten flatten = { .list = filters, .instead = instead, .set = set };
        int r;

        set->binding = nwfilter_binding_def_ref(binding);
        set->filters = g_ptr_array_new_with_free_func(release_def);
        set->rules = g_ptr_array_new_with_free_func(g_free);
        set->learning = NWFILTER_LEARN_NONE;
        r = read_learning(binding, &flatten.learning, error);
        if (r >= 0)
                r = add_filter(&flatten, &scope, error);
        if (r < 0)
                return r;
        if (set->rules->len > 1)
                g_qsort_with_data(set->rules->pdata, (int) set->rules->len, sizeof(void *), compare_rules, NULL);
        *ret = g_steal_pointer(&set);
        return 0;
}
