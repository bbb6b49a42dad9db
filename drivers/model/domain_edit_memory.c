/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_edit_private.h"
#include "drivers/model/domain_tune.h"

/* Memory: how much, and how the host gives it. */

static int set_maximum(DomainEditing *editing, uint64_t kib, Error *error)
{
        DomainDef *def = editing->def;

        if (editing->live)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "cannot resize the maximum memory on an active domain");
        def_put(def, memory, kib);
        if (def->current_memory > kib)
                def_put(def, current_memory, kib);
        return 0;
}

int edit_memory(DomainEditing *editing, Error *error)
{
        DomainDef *def = editing->def;
        uint64_t kib = editing->edit->number;

        if (editing->edit->flags & DOMAIN_MEM_MAXIMUM)
                return set_maximum(editing, kib, error);
        if (kib > def->memory)
                return error_set(error, ERROR_INVALID_ARG, "cannot set memory higher than max memory");
        if (editing->live && (!def->memballoon || def->memballoon->model == DOMAIN_MEMBALLOON_NONE))
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "Unable to change memory of active domain without the balloon device and "
                                 "guest OS balloon driver");
        def_put(def, current_memory, kib);
        return 0;
}

int edit_stats_period(DomainEditing *editing, Error *error)
{
        DomainMemballoon *balloon = editing->def->memballoon;

        if (!balloon || balloon->model == DOMAIN_MEMBALLOON_NONE)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "Memory balloon model must be virtio to set the collection period");
        if (editing->edit->number > 0)
                def_put(balloon, stats_period, (uint32_t) editing->edit->number);
        else
                def_drop(balloon, stats_period);
        return 0;
}

/* What is unlimited is not said. */
static void drop_unlimited(DomainMemTune *tune)
{
        if (tune->hard_limit >= TUNE_MEMORY_UNLIMITED)
                def_drop(tune, hard_limit);
        if (tune->soft_limit >= TUNE_MEMORY_UNLIMITED)
                def_drop(tune, soft_limit);
        if (tune->swap_hard_limit >= TUNE_MEMORY_UNLIMITED)
                def_drop(tune, swap_hard_limit);
}

int edit_memory_tune(DomainEditing *editing, Error *error)
{
        DomainDef *def = editing->def;
        DomainMemTune *tune = def->mem_tune ?: domain_def_new(def, DomainMemTune);
        int r = tune_write(&tune_memory, &editing->edit->params, def, tune, error);

        if (r < 0)
                return r;
        drop_unlimited(tune);
        if (def_is_set(tune, swap_hard_limit) &&
            def_get(tune, hard_limit, TUNE_MEMORY_UNLIMITED) > tune->swap_hard_limit)
                return error_set(error, ERROR_INVALID_ARG,
                                 "memory hard_limit tunable value must be lower than or equal to "
                                 "swap_hard_limit");
        def->mem_tune = tune->set != 0 ? tune : NULL;
        return 0;
}

static int set_numa_mode(DomainEditing *editing, DomainNumaTune *tune, const Param *param, Error *error)
{
        DomainNumaMode mode = (DomainNumaMode) (param->i + 1);

        if (param->type != PARAM_INT32 || mode < DOMAIN_NUMA_STRICT || mode >= _DOMAIN_NUMA_MODE_MAX)
                return error_set(error, ERROR_INVALID_ARG, "unsupported numatune mode: '%" PRId32 "'",
                                 param->type == PARAM_INT32 ? param->i : -1);
        if (editing->live && mode != (tune->mode ?: DOMAIN_NUMA_STRICT))
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "can't change numatune mode for running domain");
        tune->mode = mode;
        return 0;
}

static int set_numa_nodes(DomainDef *def, DomainNumaTune *tune, const Param *param, Error *error)
{
        if (param->type != PARAM_STRING || isempty(param->s) || !def_syntax_cpuset.check(param->s))
                return error_set(error, ERROR_OPERATION_INVALID, "Invalid nodeset of 'numatune': %s",
                                 param->type == PARAM_STRING ? param->s : "not a string");
        tune->nodeset = domain_def_strdup(def, param->s);
        return 0;
}

int edit_numa(DomainEditing *editing, Error *error)
{
        const Params *params = &editing->edit->params;
        DomainDef *def = editing->def;
        DomainNumaTune *tune = def->numa_tune ?: domain_def_new(def, DomainNumaTune);
        int r = 0;

        for (size_t i = 0; r >= 0 && i < params->n; i++) {
                const Param *param = params->items + i;

                if (streq(param->name, "numa_mode"))
                        r = set_numa_mode(editing, tune, param, error);
                else if (streq(param->name, "numa_nodeset"))
                        r = set_numa_nodes(def, tune, param, error);
                else
                        r = error_set(error, ERROR_INVALID_ARG, "parameter '%s' not supported", param->name);
        }
        if (r < 0)
                return r;
        tune->memory = true;
        if (tune->mode == 0)
                tune->mode = DOMAIN_NUMA_STRICT;
        def->numa_tune = tune;
        return 0;
}
