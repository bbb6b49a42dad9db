/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * How a definition becomes a domain: decode, ask polkit about what stands in it, let the driver normalise it,
 * occupy name and UUID, then define or start. Normalising may await a probe of the emulator, so everything else
 * is looked up behind it.
 */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/definition.h"
#include "interfaces/support.h"
#include "service/call.h"

int definition_resolve_uuid(const Driver *driver, DomainDef **def, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = NULL;
        const Domain *domain;
        int r;

        if ((*def)->uuid)
                return 0;
        domain = domain_list_find_any_name(driver->domains, (*def)->name);
        if (!domain)
                return 0;
        copy = domain_def_copy(*def);
        copy->uuid = domain_def_strdup(copy, domain->uuid);
        r = domain_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = g_steal_pointer(&copy);
        return 0;
}

int definition_require(Call *call, Permission first, Permission second, const DomainDef *def, Error *error)
{
        Details details = {};
        int r;

        details_of_driver(&details, call_driver(call));
        domain_describe_def(def, &details);
        r = call_require(call, first, &details, error);
        if (r <= 0)
                return r;
        return call_require(call, second, &details, error);
}

int definition_normalize(Call *call, Driver *driver, DomainDef *def, CallJobReply then, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *own = def;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        r = call_job_begin(call, "normalize", NULL, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        r = driver->info->domain.normalize(driver, own, job, error);
        return call_job_end(call, job, r, then, error);
}

int definition_check_same(const DomainDef *own, const DomainDef *given, Error *error)
{
        if (!streq(own->name, given->name))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "Target domain name '%s' does not match source '%s'", given->name, own->name);
        return domain_def_check_abi(own, given, error);
}

static int parse(const char *xml, bool validate, DomainDef **ret, Error *error)
{
        return domain_def_parse(xml, strlen(xml), validate ? DOMAIN_DEF_PARSE_VALIDATE : 0, NULL, ret,
                                error);
}

static int reply_domain(Call *call, Job *job, Error *error)
{
        return call_reply_object(call, job_object(job));
}

int definition_begin_new(Call *call, const char *kind, const DomainDef *def, Domain **ret, Job **ret_job,
                     Error *error)
{
        Domain *domain;
        int r;

        r = domain_list_add(call_driver(call)->domains, def, &domain, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, kind, &domain->object, 0, ret_job, error);
        if (r <= 0)
                domain_list_remove(domain);
        else
                *ret = domain;
        return r;
}

static int define_normalized(Call *call, Job *normalized, Error *error)
{
        Driver *driver = call_driver(call);
        _cleanup_(domain_def_unrefp) DomainDef *def = domain_def_ref(job_result_object(normalized));
        _cleanup_(job_unrefp) Job *job = NULL;
        Domain *domain = domain_list_find_any_uuid(driver->domains, def->uuid);
        int r;

        if (domain && streq(domain->name, def->name))
                r = call_job_begin(call, "define", &domain->object, 0, &job, error);
        else
                r = definition_begin_new(call, "define", def, &domain, &job, error);
        if (r <= 0)
                return r;
        r = driver->info->domain.define(domain, def, job, error);
        return call_job_end(call, job, r, reply_domain, error);
}

static int define(Call *call, Driver *driver, const char *xml, bool validate, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        int r;

        if (!driver_supports(driver, domain.define))
                return error_unsupported(error, "virDomainDefineXMLFlags");
        r = parse(xml, validate, &def, error);
        if (r < 0)
                return r;
        r = definition_resolve_uuid(driver, &def, error);
        if (r < 0)
                return r;
        r = definition_require(call, PERMISSION_DOMAIN_WRITE, PERMISSION_DOMAIN_SAVE, def, error);
        if (r <= 0)
                return r;
        return definition_normalize(call, driver, g_steal_pointer(&def), define_normalized, error);
}

int connect_domain_define_xml(Call *call, Driver *connect, const ConnectDomainDefineXMLArgs *args,
                              Error *error)
{
        return define(call, connect, args->xml, false, error);
}

int connect_domain_define_xml_flags(Call *call, Driver *connect, const ConnectDomainDefineXMLFlagsArgs *args,
                                    Error *error)
{
        int r = flags_check(args->flags, DOMAIN_DEFINE_VALIDATE, error);

        if (r < 0)
                return r;
        return define(call, connect, args->xml, args->flags & DOMAIN_DEFINE_VALIDATE, error);
}

static int create_normalized(Call *call, Job *normalized, Error *error)
{
        Driver *driver = call_driver(call);
        _cleanup_(domain_def_unrefp) DomainDef *def = domain_def_ref(job_result_object(normalized));
        _cleanup_(job_unrefp) Job *job = NULL;
        Domain *domain = domain_list_find_any_uuid(driver->domains, def->uuid);
        int r;

        if (domain && streq(domain->name, def->name)) {
                if (domain_is_active(domain))
                        return error_set(error, ERROR_OPERATION_INVALID, "domain '%s' is already active",
                                         domain->name);
                r = call_job_begin(call, "create", &domain->object, 0, &job, error);
        } else
                r = definition_begin_new(call, "create", def, &domain, &job, error);
        if (r <= 0)
                return r;
        r = driver->info->domain.start(domain, def, GPOINTER_TO_UINT(call_data(call)), job, error);
        return call_job_end(call, job, r, reply_domain, error);
}

int connect_domain_create_xml(Call *call, Driver *connect, const ConnectDomainCreateXMLArgs *args,
                              Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        int r;

        r = flags_check(args->flags, DOMAIN_START_PAUSED | DOMAIN_START_AUTODESTROY | DOMAIN_START_VALIDATE |
                                DOMAIN_START_RESET_NVRAM, error);
        if (r < 0)
                return r;
        if (!driver_supports(connect, domain.start))
                return error_unsupported(error, "virDomainCreateXML");
        r = parse(args->xml, args->flags & DOMAIN_START_VALIDATE, &def, error);
        if (r < 0)
                return r;
        r = definition_require(call, PERMISSION_DOMAIN_WRITE, PERMISSION_DOMAIN_START, def, error);
        if (r <= 0)
                return r;
        call_set_data(call, GUINT_TO_POINTER(args->flags & ~DOMAIN_START_VALIDATE), NULL);
        return definition_normalize(call, connect, g_steal_pointer(&def), create_normalized, error);
}

int connect_domain_create_xml_with_files(Call *call, Driver *connect,
                                         const ConnectDomainCreateXMLWithFilesArgs *args, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        int r;

        r = flags_check(args->flags, DOMAIN_START_PAUSED | DOMAIN_START_AUTODESTROY | DOMAIN_START_VALIDATE |
                                DOMAIN_START_RESET_NVRAM, error);
        if (r >= 0)
                r = parse(args->xml, args->flags & DOMAIN_START_VALIDATE, &def, error);
        if (r < 0)
                return r;
        r = definition_require(call, PERMISSION_DOMAIN_WRITE, PERMISSION_DOMAIN_START, def, error);
        return r <= 0 ? r : error_unsupported(error, "virDomainCreateXMLWithFiles");
}
