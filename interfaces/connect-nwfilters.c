/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Network filters of a driver and their bindings: looked up, listed, defined and made. */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/list.h"
#include "interfaces/lookup.h"
#include "interfaces/object_job.h"
#include "interfaces/support.h"
#include "service/kind.h"

/* virNWFilterDefineFlags, virNWFilterBindingCreateFlags */
enum {
        NWFILTER_VALIDATE = 1 << 0,
};

static const ListInfo filters_info = { .type = OBJECT_NWFILTER, .function = "virConnectListAllNWFilters" };
static const ListInfo bindings_info = {
        .type = OBJECT_NWFILTER_BINDING, .function = "virConnectListAllNWFilterBindings",
};

int connect_list_nw_filters(Call *call, Driver *connect, const ConnectListNWFiltersArgs *args, Error *error)
{
        return list_reply_paths(call, &filters_info, args->flags, NULL, error);
}

int connect_list_nw_filters_detailed(Call *call, Driver *connect, const ConnectListNWFiltersDetailedArgs *args,
                                     Error *error)
{
        return list_reply_details(call, &filters_info, &args->options, NULL, error);
}

int connect_list_nw_filter_bindings(Call *call, Driver *connect, const ConnectListNWFilterBindingsArgs *args,
                                    Error *error)
{
        return list_reply_paths(call, &bindings_info, args->flags, NULL, error);
}

int connect_list_nw_filter_bindings_detailed(Call *call, Driver *connect,
                                             const ConnectListNWFilterBindingsDetailedArgs *args, Error *error)
{
        return list_reply_details(call, &bindings_info, &args->options, NULL, error);
}

int connect_nw_filter_lookup_by_uuid(Call *call, Driver *connect, const ConnectNWFilterLookupByUUIDArgs *args,
                                     Error *error)
{
        return lookup_by_uuid(call, OBJECT_NWFILTER, args->uuid, error);
}

int connect_nw_filter_lookup_by_name(Call *call, Driver *connect, const ConnectNWFilterLookupByNameArgs *args,
                                     Error *error)
{
        return lookup_by_name(call, OBJECT_NWFILTER, args->name, "virNWFilterLookupByName", error);
}

int connect_nw_filter_binding_lookup_by_port_dev(Call *call, Driver *connect,
                                                 const ConnectNWFilterBindingLookupByPortDevArgs *args, Error *error)
{
        return lookup_by_key(call, OBJECT_NWFILTER_BINDING, args->portdev, error);
}

/* The definition with the UUID of the filter that it is about, where it has none; as it is for a new one. */
static int read_definition(const Driver *driver, const char *xml, uint32_t flags, NwfilterDef **ret,
                           NWFilter **ret_filter, Error *error)
{
        _cleanup_(nwfilter_def_unrefp) NwfilterDef *def = NULL, *copy = NULL;
        int r = flags_check(flags, NWFILTER_VALIDATE, error);

        if (r >= 0)
                r = nwfilter_def_parse(xml, strlen(xml), flags & NWFILTER_VALIDATE ? DEFINITION_PARSE_VALIDATE : 0,
                                       NULL, &def, error);
        if (r >= 0)
                r = nwfilter_list_resolve(driver->lists[OBJECT_NWFILTER], def, ret_filter, error);
        if (r < 0)
                return r;
        if (*ret_filter && !def->uuid) {
                copy = nwfilter_def_copy(def);
                copy->uuid = arena_strdup(copy->arena, (*ret_filter)->uuid);
                r = nwfilter_def_seal(copy, NULL, error);
                *ret = g_steal_pointer(&copy);
                return r;
        }
        *ret = g_steal_pointer(&def);
        return 0;
}

static int require_both(Call *call, const Driver *driver, const NwfilterDef *def, Error *error)
{
        Details details = {};
        int r;

        details_of_driver(&details, driver);
        nwfilter_describe_def(def, &details);
        r = call_require(call, PERMISSION_NWFILTER_WRITE, &details, error);
        return r <= 0 ? r : call_require(call, PERMISSION_NWFILTER_SAVE, &details, error);
}

static int define(Call *call, Driver *driver, const char *xml, uint32_t flags, Error *error)
{
        _cleanup_(nwfilter_def_unrefp) NwfilterDef *parsed = NULL, *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        NWFilter *filter = NULL;
        int r;

        if (!driver_supports(driver, nwfilter.define))
                return error_unsupported(error, "virNWFilterDefineXML");
        r = read_definition(driver, xml, flags, &parsed, &filter, error);
        if (r >= 0)
                r = require_both(call, driver, parsed, error);
        if (r <= 0)
                return r;
        r = nwfilter_def_normalize(parsed, &def, error);
        if (r >= 0 && !filter)
                r = nwfilter_list_add(driver->lists[OBJECT_NWFILTER], def, &filter, error);
        if (r < 0)
                return r;
        r = object_job_begin(call, "define", &filter->object, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, driver->info->nwfilter.define(filter, def, job, error), object_job_reply, error);
}

int connect_nw_filter_define_xml(Call *call, Driver *connect, const ConnectNWFilterDefineXMLArgs *args, Error *error)
{
        return define(call, connect, args->xml, 0, error);
}

int connect_nw_filter_define_xml_flags(Call *call, Driver *connect, const ConnectNWFilterDefineXMLFlagsArgs *args,
                                       Error *error)
{
        return define(call, connect, args->xml, args->flags, error);
}

int connect_nw_filter_binding_create_xml(Call *call, Driver *connect,
                                         const ConnectNWFilterBindingCreateXMLArgs *args, Error *error)
{
        _cleanup_(nwfilter_binding_def_unrefp) NwfilterBindingDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        NWFilterBinding *binding = NULL;
        Details details = {};
        int r = flags_check(args->flags, NWFILTER_VALIDATE, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, nwfilter.bind))
                return error_unsupported(error, "virNWFilterBindingCreateXML");
        r = nwfilter_binding_def_parse(args->xml, strlen(args->xml),
                                       args->flags & NWFILTER_VALIDATE ? DEFINITION_PARSE_VALIDATE : 0, NULL, &def,
                                       error);
        if (r < 0)
                return r;
        details_of_driver(&details, connect);
        nwfilter_binding_describe_def(def, &details);
        r = call_require(call, PERMISSION_NWFILTER_BINDING_CREATE, &details, error);
        if (r <= 0)
                return r;
        r = nwfilter_binding_list_add(connect->lists[OBJECT_NWFILTER_BINDING], def, &binding, error);
        if (r < 0)
                return r;
        r = object_job_begin(call, "create", &binding->object, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, connect->info->nwfilter.bind(binding, job, error), object_job_reply, error);
}
