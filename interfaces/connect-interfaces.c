/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Network interfaces of the host: looked up, listed, defined, and changed as one transaction. */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/list.h"
#include "interfaces/lookup.h"
#include "interfaces/object_job.h"
#include "interfaces/support.h"

/* virConnectListAllInterfacesFlags */
enum {
        LIST_INACTIVE = 1 << 0,
        LIST_ACTIVE = 1 << 1,
};

static const uint32_t list_groups[] = { LIST_INACTIVE | LIST_ACTIVE };

/* virInterfaceDefineFlags */
enum {
        INTERFACE_VALIDATE = 1 << 0,
};

static uint32_t interface_facts(const Object *object)
{
        return ((const Interface *) object)->active ? LIST_ACTIVE : LIST_INACTIVE;
}

static const ListInfo interfaces_info = {
        .type = OBJECT_INTERFACE,
        .function = "virConnectListAllInterfaces",
        .groups = list_groups,
        .n_groups = ELEMENTSOF(list_groups),
        .facts = interface_facts,
        .active = LIST_ACTIVE,
        .inactive = LIST_INACTIVE,
};

int connect_list_interfaces(Call *call, Driver *connect, const ConnectListInterfacesArgs *args, Error *error)
{
        return list_reply_paths(call, &interfaces_info, args->flags, NULL, error);
}

int connect_list_interfaces_detailed(Call *call, Driver *connect, const ConnectListInterfacesDetailedArgs *args,
                                     Error *error)
{
        return list_reply_details(call, &interfaces_info, &args->options, NULL, error);
}

int connect_interface_lookup_by_name(Call *call, Driver *connect, const ConnectInterfaceLookupByNameArgs *args,
                                     Error *error)
{
        return lookup_by_key(call, OBJECT_INTERFACE, args->name, error);
}

int connect_interface_lookup_by_mac(Call *call, Driver *connect, const ConnectInterfaceLookupByMACArgs *args,
                                    Error *error)
{
        Interface *interface = NULL;
        unsigned n;

        if (!connect->lists[OBJECT_INTERFACE])
                return error_unsupported(error, "virInterfaceLookupByMACString");
        n = interface_list_find_mac(connect->lists[OBJECT_INTERFACE], args->mac, &interface);
        if (n == 0)
                return error_set(error, ERROR_NO_INTERFACE, "couldn't find interface with MAC address '%s'", args->mac);
        if (n > 1)
                return error_set(error, ERROR_MULTIPLE_INTERFACES, "multiple interfaces with matching MAC address");
        return call_reply_object(call, &interface->object);
}

int connect_interface_define_xml(Call *call, Driver *connect, const ConnectInterfaceDefineXMLArgs *args, Error *error)
{
        _cleanup_(interface_def_unrefp) InterfaceDef *def = NULL;
        ObjectList *list = connect->lists[OBJECT_INTERFACE];
        _cleanup_(job_unrefp) Job *job = NULL;
        Interface *interface;
        Details details = {};
        int r = flags_check(args->flags, INTERFACE_VALIDATE, error);

        if (r < 0)
                return r;
        if (!driver_supports(connect, interface.define))
                return error_unsupported(error, "virInterfaceDefineXML");
        r = interface_def_parse(args->xml, strlen(args->xml),
                                args->flags & INTERFACE_VALIDATE ? DEFINITION_PARSE_VALIDATE : 0, NULL, &def, error);
        if (r < 0)
                return r;
        details_of_driver(&details, connect);
        interface_describe_def(def, &details);
        if ((r = call_require(call, PERMISSION_INTERFACE_WRITE, &details, error)) <= 0 ||
            (r = call_require(call, PERMISSION_INTERFACE_SAVE, &details, error)) <= 0)
                return r;
        interface = object_list_find_any(list, def->name);
        if (!interface)
                r = interface_list_add(list, def, &interface, error);
        if (r < 0)
                return r;
        r = object_job_begin(call, "define", &interface->object, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, connect->info->interface.define(interface, def, job, error), object_job_reply,
                            error);
}

/* An operation on all interfaces. */
static int run(Call *call, const char *kind, Driver *driver, uint32_t flags,
               int (*op)(Driver *driver, Job *job, Error *error), const char *function, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(flags, 0, error);

        if (r < 0)
                return r;
        if (!op)
                return error_unsupported(error, function);
        r = call_job_begin(call, kind, NULL, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, op(driver, job, error), NULL, error);
}

int connect_interface_change_begin(Call *call, Driver *connect, const ConnectInterfaceChangeBeginArgs *args,
                                   Error *error)
{
        return run(call, "interface-begin", connect, args->flags, connect->info->interface.begin,
                   "virInterfaceChangeBegin", error);
}

int connect_interface_change_commit(Call *call, Driver *connect, const ConnectInterfaceChangeCommitArgs *args,
                                    Error *error)
{
        return run(call, "interface-commit", connect, args->flags, connect->info->interface.commit,
                   "virInterfaceChangeCommit", error);
}

int connect_interface_change_rollback(Call *call, Driver *connect, const ConnectInterfaceChangeRollbackArgs *args,
                                      Error *error)
{
        return run(call, "interface-rollback", connect, args->flags, connect->info->interface.rollback,
                   "virInterfaceChangeRollback", error);
}
