/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/domain-edit.h"

#include "interfaces/support.h"

int run_edit(Call *call, Domain *domain, DomainEdit *edit, uint32_t known, Error *error)
{
        const DomainOps *ops = &domain->object.driver->info->domain;
        _cleanup_(job_unrefp) Job *job = NULL;
        uint32_t impact;
        int r;

        r = flags_check(edit->flags, known, error);
        if (r >= 0 && !ops->edit)
                r = error_unsupported(error, domain_edit_function(edit->kind));
        if (r >= 0)
                r = domain_resolve_impact(domain, edit->flags, &impact, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, domain_edit_name(edit->kind), &domain->object, 0, &job, error);
        if (r <= 0)
                return r;
        /* what runs now is what the caller meant, also when it ends while the driver waits */
        edit->flags |= impact;
        return call_job_end(call, job, ops->edit(domain, edit, job, error), NULL, error);
}

int run_number_edit(Call *call, Domain *domain, DomainEditKind kind, uint64_t number, uint32_t flags,
                    uint32_t known, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(kind, flags);

        edit->number = number;
        return run_edit(call, domain, edit, known, error);
}

int run_text_edit(Call *call, Domain *domain, DomainEditKind kind, const char *text, uint32_t flags,
                  uint32_t known, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(kind, flags);

        edit->text = g_strdup(text);
        return run_edit(call, domain, edit, known, error);
}

int run_params_edit(Call *call, Domain *domain, DomainEditKind kind, const char *name, const Params *params,
                    uint32_t flags, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(kind, flags);

        edit->name = g_strdup(name);
        params_add_all(&edit->params, "", params);
        return run_edit(call, domain, edit, AFFECT_FLAGS, error);
}

int get_definition(const Domain *domain, uint32_t flags, uint32_t known, DomainDef **ret, Error *error)
{
        uint32_t impact;
        int r;

        r = flags_check(flags, known, error);
        if (r >= 0)
                r = flags_check_exclusive(flags, AFFECT_FLAGS, "live and config", error);
        if (r >= 0)
                r = domain_resolve_impact(domain, flags, &impact, error);
        if (r < 0)
                return r;
        *ret = impact & DOMAIN_AFFECT_LIVE ? domain_def_ref(domain->live) : domain_get_config(domain);
        return 0;
}

int reply_params(Call *call, const Params *params)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = call_reply_new(call, &reply);

        if (r >= 0)
                r = call_append_params(call, reply, params);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}
