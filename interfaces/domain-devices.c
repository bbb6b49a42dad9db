/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Devices come and go; and what else of a domain is changed by one value. */

#include "interfaces/domain-contract.h"
#include "interfaces/domain-edit.h"
#include "interfaces/support.h"

/* virDomainDeviceModifyFlags beside the impact */
#define DEVICE_FORCE (UINT32_C(1) << 2)

int domain_attach_device(Call *call, Domain *domain, const DomainAttachDeviceArgs *args, Error *error)
{
        return run_text_edit(call, domain, DOMAIN_EDIT_ATTACH_DEVICE, args->xml, args->flags, AFFECT_FLAGS,
                             error);
}

int domain_detach_device(Call *call, Domain *domain, const DomainDetachDeviceArgs *args, Error *error)
{
        return run_text_edit(call, domain, DOMAIN_EDIT_DETACH_DEVICE, args->xml, args->flags, AFFECT_FLAGS,
                             error);
}

int domain_detach_device_alias(Call *call, Domain *domain, const DomainDetachDeviceAliasArgs *args,
                               Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_DETACH_ALIAS, args->flags);

        edit->name = g_strdup(args->alias);
        return run_edit(call, domain, edit, AFFECT_FLAGS, error);
}

int domain_update_device(Call *call, Domain *domain, const DomainUpdateDeviceArgs *args, Error *error)
{
        return run_text_edit(call, domain, DOMAIN_EDIT_UPDATE_DEVICE, args->xml, args->flags,
                             AFFECT_FLAGS | DEVICE_FORCE, error);
}

int domain_set_memory(Call *call, Domain *domain, const DomainSetMemoryArgs *args, Error *error)
{
        if (args->memory == 0)
                return error_set(error, ERROR_INVALID_ARG,
                                 "memory in virDomainSetMemoryFlags must not be zero");
        return run_number_edit(call, domain, DOMAIN_EDIT_MEMORY, args->memory, args->flags,
                               AFFECT_FLAGS | DOMAIN_MEM_MAXIMUM, error);
}

int domain_set_memory_stats_period(Call *call, Domain *domain, const DomainSetMemoryStatsPeriodArgs *args,
                                   Error *error)
{
        if (args->period < 0)
                return error_set(error, ERROR_INVALID_ARG,
                                 "period in virDomainSetMemoryStatsPeriod must be zero or greater");
        return run_number_edit(call, domain, DOMAIN_EDIT_STATS_PERIOD, (uint64_t) args->period, args->flags,
                               AFFECT_FLAGS, error);
}

int domain_set_lifecycle_action(Call *call, Domain *domain, const DomainSetLifecycleActionArgs *args,
                                Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_LIFECYCLE, args->flags);
        /* virDomainLifecycleAction has the order of the words, from 0 */
        const char *word = args->action < _DOMAIN_LIFECYCLE_MAX ?
                        domain_lifecycle_to_string((DomainLifecycle) (args->action + 1)) : NULL;

        if (!word)
                return error_set(error, ERROR_INVALID_ARG, "Lifecycle action '%" PRIu32 "' is not known",
                                 args->action);
        edit->number = args->type;
        edit->text = g_strdup(word);
        return run_edit(call, domain, edit, AFFECT_FLAGS, error);
}
