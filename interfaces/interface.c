/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/interface-contract.h"

#include "interfaces/support.h"
#include "service/call.h"

/* virInterfaceXMLFlags */
enum {
        XML_INACTIVE = 1 << 0,
};

static const InterfaceOps *ops(const Interface *interface)
{
        return &interface->object.driver->info->interface;
}

int interface_property_active(sd_bus_message *reply, Interface *interface, Error *error)
{
        return sd_bus_message_append(reply, "b", interface->active);
}

int interface_property_mac(sd_bus_message *reply, Interface *interface, Error *error)
{
        return sd_bus_message_append(reply, "s", interface_mac(interface));
}

int interface_property_name(sd_bus_message *reply, Interface *interface, Error *error)
{
        return sd_bus_message_append(reply, "s", interface->name);
}

/* An operation that takes nothing but the interface. */
static int run(Call *call, const char *kind, Interface *interface, uint32_t flags,
               int (*op)(Interface *interface, Job *job, Error *error), const char *function, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(flags, 0, error);

        if (r < 0)
                return r;
        if (!op)
                return error_unsupported(error, function);
        r = call_job_begin(call, kind, &interface->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, op(interface, job, error), NULL, error);
}

int interface_create(Call *call, Interface *interface, const InterfaceCreateArgs *args, Error *error)
{
        return run(call, "start", interface, args->flags, ops(interface)->start, "virInterfaceCreate", error);
}

int interface_destroy(Call *call, Interface *interface, const InterfaceDestroyArgs *args, Error *error)
{
        return run(call, "destroy", interface, args->flags, ops(interface)->stop, "virInterfaceDestroy", error);
}

int interface_undefine(Call *call, Interface *interface, Error *error)
{
        return run(call, "undefine", interface, 0, ops(interface)->undefine, "virInterfaceUndefine", error);
}

int interface_get_xml_desc(Call *call, Interface *interface, const InterfaceGetXMLDescArgs *args, Error *error)
{
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, XML_INACTIVE, error);

        if (r < 0)
                return r;
        xml = interface_def_format(interface->def, args->flags & XML_INACTIVE ? DEF_FORMAT_INACTIVE : 0);
        return call_reply(call, "s", xml);
}
