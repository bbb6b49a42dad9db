/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Networks of a driver: looked up, listed, defined and made. */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/list.h"
#include "interfaces/lookup.h"
#include "interfaces/object_job.h"
#include "interfaces/support.h"

/* virConnectListAllNetworksFlags */
enum {
        LIST_INACTIVE = 1 << 0,
        LIST_ACTIVE = 1 << 1,
        LIST_PERSISTENT = 1 << 2,
        LIST_TRANSIENT = 1 << 3,
        LIST_AUTOSTART = 1 << 4,
        LIST_NO_AUTOSTART = 1 << 5,
};

static const uint32_t list_groups[] = {
        LIST_INACTIVE | LIST_ACTIVE,
        LIST_PERSISTENT | LIST_TRANSIENT,
        LIST_AUTOSTART | LIST_NO_AUTOSTART,
};

/* virNetworkDefineFlags, virNetworkCreateFlags */
enum {
        NETWORK_VALIDATE = 1 << 0,
};

static uint32_t network_facts(const Object *object)
{
        const Network *network = (const Network *) object;

        return (network_is_active(network) ? LIST_ACTIVE : LIST_INACTIVE) |
               (network->config ? LIST_PERSISTENT : LIST_TRANSIENT) |
               (network->autostart ? LIST_AUTOSTART : LIST_NO_AUTOSTART);
}

static const ListInfo networks_info = {
        .type = OBJECT_NETWORK,
        .function = "virConnectListAllNetworks",
        .groups = list_groups,
        .n_groups = ELEMENTSOF(list_groups),
        .facts = network_facts,
        .active = LIST_ACTIVE,
        .inactive = LIST_INACTIVE,
};

int connect_list_networks(Call *call, Driver *connect, const ConnectListNetworksArgs *args, Error *error)
{
        return list_reply_paths(call, &networks_info, args->flags, NULL, error);
}

int connect_list_networks_detailed(Call *call, Driver *connect, const ConnectListNetworksDetailedArgs *args,
                                   Error *error)
{
        return list_reply_details(call, &networks_info, &args->options, NULL, error);
}

int connect_network_lookup_by_uuid(Call *call, Driver *connect, const ConnectNetworkLookupByUUIDArgs *args,
                                   Error *error)
{
        return lookup_by_uuid(call, OBJECT_NETWORK, args->uuid, error);
}

int connect_network_lookup_by_name(Call *call, Driver *connect, const ConnectNetworkLookupByNameArgs *args,
                                   Error *error)
{
        return lookup_by_name(call, OBJECT_NETWORK, args->name, "virNetworkLookupByName", error);
}

/*
 * Reads a definition and finds the network that it is about; without a UUID it gets that of this one, or stays as it
 * is. Then asks for both permissions. Returns as call_require().
 */
static int read_definition(Call *call, Driver *driver, const char *xml, uint32_t flags, Permission first,
                           Permission second, NetworkDef **ret, Network **ret_network, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *def = NULL;
        Details details = {};
        Network *network = NULL;
        int r = flags_check(flags, NETWORK_VALIDATE, error);

        if (r >= 0)
                r = network_def_parse(xml, strlen(xml), flags & NETWORK_VALIDATE ? DEFINITION_PARSE_VALIDATE : 0, NULL,
                                      &def, error);
        if (r >= 0)
                r = network_list_resolve(driver->lists[OBJECT_NETWORK], def, &network, error);
        if (r >= 0 && network && !def->uuid) {
                NetworkDef *copy = network_def_copy(def);

                network_def_unref(def);
                def = copy;
                def->uuid = arena_strdup(def->arena, network->uuid);
                r = network_def_seal(def, NULL, error);
        }
        if (r < 0)
                return r;
        details_of_driver(&details, driver);
        network_describe_def(def, &details);
        if ((r = call_require(call, first, &details, error)) <= 0 ||
            (r = call_require(call, second, &details, error)) <= 0)
                return r;
        *ret = g_steal_pointer(&def);
        *ret_network = network;
        return 1;
}

/* The definition as it is kept, and a job on its network, which may be new. */
static int begin(Call *call, Driver *driver, const char *kind, const NetworkDef *parsed, NetworkDef **ret_def,
                 Network **network, Job **ret_job, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *def = NULL;
        int r = network_def_normalize(parsed, driver->info->network.own_mac, &def, error);

        if (r >= 0 && !*network)
                r = network_list_add(driver->lists[OBJECT_NETWORK], def, network, error);
        if (r < 0)
                return r;
        r = object_job_begin(call, kind, &(*network)->object, ret_job, error);
        if (r > 0)
                *ret_def = g_steal_pointer(&def);
        return r;
}

static int define(Call *call, Driver *driver, const char *xml, uint32_t flags, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *parsed = NULL, *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        Network *network = NULL;
        int r;

        if (!driver_supports(driver, network.define))
                return error_unsupported(error, "virNetworkDefineXML");
        r = read_definition(call, driver, xml, flags, PERMISSION_NETWORK_WRITE, PERMISSION_NETWORK_SAVE, &parsed,
                            &network, error);
        if (r > 0)
                r = begin(call, driver, "define", parsed, &def, &network, &job, error);
        if (r <= 0)
                return r;
        r = driver->info->network.define(network, def, job, error);
        return call_job_end(call, job, r, object_job_reply, error);
}

static int create(Call *call, Driver *driver, const char *xml, uint32_t flags, Error *error)
{
        _cleanup_(network_def_unrefp) NetworkDef *parsed = NULL, *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        Network *network = NULL;
        int r;

        if (!driver_supports(driver, network.start))
                return error_unsupported(error, "virNetworkCreateXML");
        r = read_definition(call, driver, xml, flags, PERMISSION_NETWORK_WRITE, PERMISSION_NETWORK_START, &parsed,
                            &network, error);
        if (r <= 0)
                return r;
        if (network && network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network is already active as '%s'", network->name);
        r = begin(call, driver, "create", parsed, &def, &network, &job, error);
        if (r <= 0)
                return r;
        r = driver->info->network.start(network, def, job, error);
        return call_job_end(call, job, r, object_job_reply, error);
}

int connect_network_define_xml(Call *call, Driver *connect, const ConnectNetworkDefineXMLArgs *args, Error *error)
{
        return define(call, connect, args->xml, 0, error);
}

int connect_network_define_xml_flags(Call *call, Driver *connect, const ConnectNetworkDefineXMLFlagsArgs *args,
                                     Error *error)
{
        return define(call, connect, args->xml, args->flags, error);
}

int connect_network_create_xml(Call *call, Driver *connect, const ConnectNetworkCreateXMLArgs *args, Error *error)
{
        return create(call, connect, args->xml, 0, error);
}

int connect_network_create_xml_flags(Call *call, Driver *connect, const ConnectNetworkCreateXMLFlagsArgs *args,
                                     Error *error)
{
        return create(call, connect, args->xml, args->flags, error);
}
