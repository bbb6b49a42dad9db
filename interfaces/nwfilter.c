/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/nw_filter-contract.h"
#include "interfaces/nw_filter_binding-contract.h"

#include "interfaces/support.h"
#include "service/call.h"

static const NWFilterOps *ops(const Object *object)
{
        return &object->driver->info->nwfilter;
}

int nwfilter_property_name(sd_bus_message *reply, NWFilter *filter, Error *error)
{
        return sd_bus_message_append(reply, "s", filter->name);
}

int nwfilter_property_uuid(sd_bus_message *reply, NWFilter *filter, Error *error)
{
        return sd_bus_message_append(reply, "s", filter->uuid);
}

int nwfilter_get_xml_desc(Call *call, NWFilter *filter, const NWFilterGetXMLDescArgs *args, Error *error)
{
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        xml = nwfilter_def_format(filter->def, 0);
        return call_reply(call, "s", xml);
}

int nwfilter_undefine(Call *call, NWFilter *filter, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(&filter->object)->undefine)
                return error_unsupported(error, "virNWFilterUndefine");
        r = call_job_begin(call, "undefine", &filter->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(&filter->object)->undefine(filter, job, error), NULL, error);
}

int nwfilter_binding_property_filter_name(sd_bus_message *reply, NWFilterBinding *binding, Error *error)
{
        return sd_bus_message_append(reply, "s", binding->def->ref.filter);
}

int nwfilter_binding_property_port_dev(sd_bus_message *reply, NWFilterBinding *binding, Error *error)
{
        return sd_bus_message_append(reply, "s", binding->def->port_dev);
}

int nwfilter_binding_get_xml_desc(Call *call, NWFilterBinding *binding, const NWFilterBindingGetXMLDescArgs *args,
                                  Error *error)
{
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        xml = nwfilter_binding_def_format(binding->def, 0);
        return call_reply(call, "s", xml);
}

int nwfilter_binding_delete(Call *call, NWFilterBinding *binding, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(&binding->object)->unbind)
                return error_unsupported(error, "virNWFilterBindingDelete");
        r = call_job_begin(call, "delete", &binding->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(&binding->object)->unbind(binding, job, error), NULL, error);
}
