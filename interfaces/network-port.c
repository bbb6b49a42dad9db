/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Ports of networks: made, found and listed by their network, and what they tell and take themselves. */

#include "interfaces/network-contract.h"
#include "interfaces/network_port-contract.h"

#include <string.h>

#include "interfaces/list.h"
#include "interfaces/object_job.h"
#include "interfaces/support.h"

/* virNetworkPortCreateFlags */
enum {
        PORT_RECLAIM = 1 << 0,
        PORT_VALIDATE = 1 << 1,
};

static const NetworkOps *ops(const Network *network)
{
        return &network->object.driver->info->network;
}

static const ListInfo ports_info = {
        .type = OBJECT_NETWORK_PORT,
        .function = "virNetworkListAllPorts",
};

int network_list_ports(Call *call, Network *network, const NetworkListPortsArgs *args, Error *error)
{
        g_autofree char *within = g_strconcat(network->uuid, "/", NULL);

        return list_reply_paths(call, &ports_info, args->flags, within, error);
}

int network_list_ports_detailed(Call *call, Network *network, const NetworkListPortsDetailedArgs *args, Error *error)
{
        g_autofree char *within = g_strconcat(network->uuid, "/", NULL);

        return list_reply_details(call, &ports_info, &args->options, within, error);
}

int network_port_lookup_by_uuid(Call *call, Network *network, const NetworkPortLookupByUUIDArgs *args, Error *error)
{
        const ObjectList *list = network->object.driver->lists[OBJECT_NETWORK_PORT];
        g_autofree char *key = NULL;
        const Object *port;
        char uuid[37];

        if (!list)
                return error_unsupported(error, "virNetworkPortLookupByUUID");
        if (uuid_normalize(args->uuid, uuid) < 0)
                return error_set(error, ERROR_INVALID_ARG, "'%s' is not a UUID", args->uuid);
        key = g_strconcat(network->uuid, "/", uuid, NULL);
        port = object_list_find(list, key);
        if (!port)
                return error_set(error, ERROR_NO_NETWORK_PORT, "no network port with UUID %s", uuid);
        return call_reply_object(call, port);
}

/* A port that is plugged in already says where, others do not. */
static int check_plug(const NetworkPortDef *def, uint32_t flags, Error *error)
{
        if ((flags & PORT_RECLAIM) && def->plug.type == NETWORK_PLUG_NONE)
                return error_set(error, ERROR_INVALID_ARG, "Port reclaim requested but plug type is none");
        if (!(flags & PORT_RECLAIM) && def->plug.type != NETWORK_PLUG_NONE)
                return error_set(error, ERROR_INVALID_ARG, "Port reclaim not requested but plug type is not none");
        return 0;
}

int network_port_create_xml(Call *call, Network *network, const NetworkPortCreateXMLArgs *args, Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *def = NULL;
        Driver *driver = network->object.driver;
        _cleanup_(job_unrefp) Job *job = NULL;
        NetworkPort *port = NULL;
        Details details = {};
        int r = flags_check(args->flags, PORT_RECLAIM | PORT_VALIDATE, error);

        if (r < 0)
                return r;
        if (!ops(network)->create_port)
                return error_unsupported(error, "virNetworkPortCreateXML");
        r = network_port_def_parse(args->xml, strlen(args->xml),
                                   args->flags & PORT_VALIDATE ? DEFINITION_PARSE_VALIDATE : 0, NULL, &def, error);
        if (r < 0)
                return r;
        details_of_driver(&details, driver);
        network_port_describe_def(network, def, &details);
        r = call_require(call, PERMISSION_NETWORK_PORT_CREATE, &details, error);
        if (r <= 0)
                return r;
        r = check_plug(def, args->flags, error);
        if (r >= 0 && !network_is_active(network))
                r = error_set(error, ERROR_OPERATION_INVALID, "network '%s' is not active", network->name);
        if (r >= 0)
                r = network_port_list_add(driver->lists[OBJECT_NETWORK_PORT], network, def, &port, error);
        if (r < 0)
                return r;
        r = object_job_begin(call, "create", &port->object, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(network)->create_port(port, job, error), object_job_reply, error);
}

int network_port_property_network(sd_bus_message *reply, NetworkPort *port, Error *error)
{
        return message_append_path(reply, &port->network->object);
}

int network_port_property_uuid(sd_bus_message *reply, NetworkPort *port, Error *error)
{
        return sd_bus_message_append(reply, "s", port->uuid);
}

int network_port_get_xml_desc(Call *call, NetworkPort *port, const NetworkPortGetXMLDescArgs *args, Error *error)
{
        g_autofree char *xml = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        xml = network_port_def_format(port->def, 0);
        return call_reply(call, "s", xml);
}

int network_port_delete(Call *call, NetworkPort *port, const NetworkPortDeleteArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(port->network)->delete_port)
                return error_unsupported(error, "virNetworkPortDelete");
        r = call_job_begin(call, "delete", &port->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(port->network)->delete_port(port, job, error), NULL, error);
}

/* VIR_NETWORK_PORT_BANDWIDTH_* */
static const struct Limit {
        const char *name;
        size_t rate, field; /* offsets in NetBandwidth, and in NetRate */
} limits[] = {
        { "inbound.average", offsetof(NetBandwidth, inbound), offsetof(NetRate, average) },
        { "inbound.peak", offsetof(NetBandwidth, inbound), offsetof(NetRate, peak) },
        { "inbound.burst", offsetof(NetBandwidth, inbound), offsetof(NetRate, burst) },
        { "inbound.floor", offsetof(NetBandwidth, inbound), offsetof(NetRate, floor) },
        { "outbound.average", offsetof(NetBandwidth, outbound), offsetof(NetRate, average) },
        { "outbound.peak", offsetof(NetBandwidth, outbound), offsetof(NetRate, peak) },
        { "outbound.burst", offsetof(NetBandwidth, outbound), offsetof(NetRate, burst) },
};

static uint64_t *limit_in(const struct Limit *limit, const NetBandwidth *bandwidth)
{
        return (uint64_t *) (void *) ((char *) (uintptr_t) bandwidth + limit->rate + limit->field);
}

/* 0 takes the limit away. */
static void put_limit(const struct Limit *limit, NetBandwidth *bandwidth, uint32_t value)
{
        NetRate *rate = (NetRate *) (void *) ((char *) bandwidth + limit->rate);
        DefSet bit = UINT64_C(1) << (limit->field / 4);

        *limit_in(limit, bandwidth) = value;
        rate->set = value > 0 ? rate->set | bit : rate->set & ~bit;
}

int network_port_get_parameters(Call *call, NetworkPort *port, const NetworkPortGetParametersArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_params_ Params params = PARAMS_INIT;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        for (unsigned i = 0; i < ELEMENTSOF(limits); i++)
                params_add_u32(&params, limits[i].name,
                               (uint32_t) MIN(*limit_in(limits + i, &port->def->bandwidth), UINT32_MAX));
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = call_append_params(call, reply, &params);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static int change_limits(const NetworkPort *port, const Params *params, NetworkPortDef **ret, Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *copy = network_port_def_copy(port->def);
        const char *names[ELEMENTSOF(limits) + 1] = {};
        int r;

        for (unsigned i = 0; i < ELEMENTSOF(limits); i++)
                names[i] = limits[i].name;
        r = params_check_names(params, names, error);
        for (unsigned i = 0; r >= 0 && i < ELEMENTSOF(limits); i++) {
                uint32_t value = 0;

                r = params_get_u32(params, limits[i].name, &value, error);
                if (r > 0)
                        put_limit(limits + i, &copy->bandwidth, value);
        }
        if (r >= 0)
                r = network_port_def_seal(copy, NULL, error);
        if (r < 0)
                return r;
        *ret = g_steal_pointer(&copy);
        return 0;
}

int network_port_set_parameters(Call *call, NetworkPort *port, const NetworkPortSetParametersArgs *args, Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *def = NULL;
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(port->network)->change_port)
                return error_unsupported(error, "virNetworkPortSetParameters");
        r = change_limits(port, &args->parameters, &def, error);
        if (r < 0)
                return r;
        r = call_job_begin(call, "set-parameters", &port->object, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(port->network)->change_port(port, def, job, error), NULL, error);
}
