/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/network_port.h"

#include <string.h>

static void network_port_free(Object *object)
{
        NetworkPort *port = (NetworkPort *) object;

        object_unref(port->network);
        network_port_def_unref(port->def);
        g_free(port);
}

static void describe(const Network *network, const char *uuid, Details *details)
{
        details_add(details, "network_name", network->name);
        details_add(details, "network_uuid", network->uuid);
        details_add(details, "port_uuid", uuid);
}

static void network_port_describe(const Object *object, Details *details)
{
        const NetworkPort *port = (const NetworkPort *) object;

        describe(port->network, port->uuid, details);
}

void network_port_describe_def(const Network *network, const NetworkPortDef *def, Details *details)
{
        describe(network, def->uuid, details);
}

static const ObjectClass network_port_class = {
        .type = OBJECT_NETWORK_PORT,
        .free = network_port_free,
        .describe = network_port_describe,
};

int network_port_list_add(ObjectList *list, Network *network, const NetworkPortDef *def, NetworkPort **ret,
                          Error *error)
{
        NetworkPort *port = g_new0(NetworkPort, 1);

        g_snprintf(port->key, sizeof(port->key), "%s/%s", network->uuid, def->uuid);
        port->uuid = port->key + strlen(network->uuid) + 1;
        port->network = object_ref(network);
        port->def = network_port_def_ref(def);
        port->object = (Object) {
                .class = &network_port_class,
                .type = OBJECT_NETWORK_PORT,
                .n_ref = 1,
                .key = port->key,
        };
        if (object_list_add(list, &port->object) < 0) {
                object_unref(port);
                return error_set(error, ERROR_OPERATION_FAILED, "network port with UUID %s already exists", def->uuid);
        }
        *ret = port;
        return 0;
}

void network_port_put_def(NetworkPort *port, const NetworkPortDef *def)
{
        NetworkPortDef *old = port->def;

        port->def = network_port_def_ref(def);
        network_port_def_unref(old);
        object_changed(&port->object, NETWORK_PORT_CHANGED_CONFIG);
}

NetworkPort *network_port_list_at(const ObjectList *list, const Network *network, size_t i)
{
        g_autofree char *prefix = g_strconcat(network->uuid, "/", NULL);
        size_t at = object_list_position(list, prefix) + i;
        NetworkPort *port = at < object_list_size(list) ? object_list_get(list, at) : NULL;

        return port && port->network == network ? port : NULL;
}

static unsigned n_ports_on(const ObjectList *list, const Network *network, const char *dev)
{
        const NetworkPort *port;
        unsigned n = 0;

        for (size_t i = 0; (port = network_port_list_at(list, network, i)); i++)
                n += port->object.published && (!dev || streq_ptr(port->def->plug.dev, dev));
        return n;
}

static unsigned n_ports_at(const ObjectList *list, const Network *network, const HostPciAddress *address)
{
        const NetworkPort *port;
        unsigned n = 0;

        for (size_t i = 0; (port = network_port_list_at(list, network, i)); i++) {
                const HostPciAddress *other = &port->def->plug.address;

                n += port->object.published && port->def->plug.type == NETWORK_PLUG_HOSTDEV_PCI &&
                        other->domain == address->domain && other->bus == address->bus &&
                        other->slot == address->slot && other->function == address->function;
        }
        return n;
}

uint32_t network_port_list_choose(const ObjectList *list, const Network *network)
{
        const NetworkForward *forward = &network->live->forward;
        bool exclusive = forward->mode == NETWORK_FORWARD_PASSTHROUGH || forward->mode == NETWORK_FORWARD_HOSTDEV;
        uint32_t n = forward->mode == NETWORK_FORWARD_HOSTDEV ? forward->addresses.n : forward->interfaces.n;
        uint32_t best = n;
        unsigned fewest = exclusive ? 1 : UINT_MAX;

        for (uint32_t i = 0; i < n; i++) {
                unsigned users = forward->mode == NETWORK_FORWARD_HOSTDEV ?
                        n_ports_at(list, network, &forward->addresses.items[i]->pci) :
                        n_ports_on(list, network, forward->interfaces.items[i]->dev);

                if (users < fewest) {
                        fewest = users;
                        best = i;
                }
        }
        return best;
}

void network_port_list_count(const ObjectList *list, Network *network)
{
        _cleanup_(network_def_unrefp) NetworkDef *copy = network_def_copy(network->live);
        unsigned n = n_ports_on(list, network, NULL);

        if (n > 0)
                def_put(copy, connections, n);
        else
                def_drop(copy, connections);
        DEF_FOREACH(interface, copy->forward.interfaces) {
                unsigned users = n_ports_on(list, network, interface->dev);

                if (users > 0)
                        def_put(interface, connections, users);
                else
                        def_drop(interface, connections);
        }
        if (network_def_seal(copy, NULL, NULL) >= 0)
                network_put_live(network, copy);
}
