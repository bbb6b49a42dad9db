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
