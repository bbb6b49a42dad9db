/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_private.h"

#include "drivers/model/domain_network.h"
#include "drivers/network/network_host.h"
#include "drivers/network/network_status.h"
#include "service/base/log.h"

#define LOG_CATEGORY "network"

static ObjectList *ports_of(const Network *network)
{
        return network->object.driver->lists[OBJECT_NETWORK_PORT];
}

static void count(Network *network)
{
        network_port_list_count(ports_of(network), network);
        network_status_put(network_part_of(network)->run_fd, network->uuid, network->live);
}

/* The port knows where its machine is to be plugged in; whoever has the machine does that. */
static int plug(NetworkPort *port, Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *def = NULL;
        Network *network = port->network;
        int r;

        if (!network_is_active(network))
                return error_set(error, ERROR_OPERATION_INVALID, "network '%s' is not active", network->name);
        r = network_port_def_plug(port->def, network->live, network_port_list_choose(ports_of(network), network), &def,
                                  error);
        if (r >= 0 && def->bandwidth.inbound.floor > 0)
                r = error_set(error, ERROR_CONFIG_UNSUPPORTED,
                              "/networkport/bandwidth/inbound/@floor: rates are not guaranteed here");
        if (r < 0)
                return r;
        network_port_put_def(port, def);
        object_publish(&port->object);
        network_status_put_port(network_part_of(network)->run_fd, port);
        count(network);
        return 0;
}

int network_part_create_port(NetworkPort *port, Job *job, Error *error)
{
        int r = plug(port, error);

        if (r < 0)
                object_remove(&port->object);
        return r;
}

int network_part_delete_port(NetworkPort *port, Job *job, Error *error)
{
        Network *network = object_ref(port->network);

        network_status_drop_port(network_part_of(network)->run_fd, port);
        object_remove(&port->object);
        if (network_is_active(network))
                count(network);
        object_unref(network);
        return 0;
}

void network_part_unplug_all(Network *network)
{
        NetworkPort *port;

        while ((port = network_port_list_at(ports_of(network), network, 0)))
                object_remove(&port->object);
}

/* -- machines that run already -------------------------------------------------------------------------------- */

typedef struct Replug {
        NetworkPortDef *port;
        char *tap;
} Replug;

static void replug_free(void *data)
{
        Replug *replug = data;

        network_port_def_unref(replug->port);
        g_free(replug->tap);
        g_free(replug);
}

static int replug_work(void *data, Error *error)
{
        const Replug *replug = data;
        const NetworkTap tap = {
                .name = replug->tap,
                .isolated = replug->port->isolated == TRISTATE_YES,
                .vlan = replug->port->vlan,
        };

        return network_host_plug(replug->port->plug.bridge, &tap, error);
}

static void on_replugged(void *userdata, int r, Error *error)
{
        if (r < 0) {
                g_autofree char *text = error_message(error);

                log_error("a running machine is not plugged in again: %s", text);
        }
}

static int plug_machine(Network *network, const DomainDef *live, const DomainInterface *nic, Error *error)
{
        _cleanup_(network_port_def_unrefp) NetworkPortDef *def = NULL;
        NetworkPort *port = NULL;
        Replug *replug;
        int r = domain_network_port(live, nic, nic->portid, &def, error);

        if (r >= 0)
                r = network_port_list_add(ports_of(network), network, def, &port, error);
        if (r < 0)
                return r;
        r = plug(port, error);
        if (r < 0) {
                object_remove(&port->object);
                return r;
        }
        /* a device of its own on another device has stayed there */
        if (!port->def->plug.bridge || !nic->target)
                return 0;
        replug = g_new(Replug, 1);
        *replug = (Replug) { .port = network_port_def_ref(port->def), .tap = g_strdup(nic->target) };
        (void) worker_run(network_part_of(network)->net_workers, replug_work, replug, replug_free, on_replugged, NULL);
        return 0;
}

void network_part_plug_machines(Network *network)
{
        DomainList *domains = network->object.driver->domains;

        for (size_t i = 0; i < domain_list_size(domains); i++) {
                const Domain *domain = domain_list_get(domains, i);

                if (!domain->live)
                        continue;
                DEF_FOREACH(nic, domain->live->interfaces) {
                        _cleanup_error_ Error error = ERROR_INIT;

                        if (nic->portid && streq_ptr(nic->network, network->name) &&
                            plug_machine(network, domain->live, nic, &error) < 0)
                                on_replugged(NULL, -EIO, &error);
                }
        }
}
