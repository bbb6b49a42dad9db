/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_private.h"

#include "drivers/host/link.h"
#include "drivers/network/network_dnsmasq.h"
#include "drivers/network/network_host.h"
#include "drivers/network/network_server.h"
#include "drivers/network/network_status.h"
#include "service/base/log.h"

/*
 * What a former life of the daemon left: networks that run go on without a packet noticing; what was being made or
 * taken away is taken away; a network whose bridge somebody has removed is over.
 */

#define LOG_CATEGORY "network"

static int down_work(void *data, Error *error)
{
        network_host_down(data);
        return 0;
}

static void is_down(void *userdata, int r, Error *error)
{
}

static void undo(NetworkPart *part, const NetworkFound *found)
{
        log_notice("network '%s', which does not run as a whole, is taken away", found->def->name);
        network_server_end_stray(found->server, found->server_start);
        (void) worker_run(part->net_workers, down_work, network_def_ref(found->def), network_unref_def, is_down, NULL);
        network_status_remove(part->run_fd, found->uuid);
}

static void adopt_ports(NetworkPart *part, Network *network, const NetworkFound *found)
{
        for (guint i = 0; i < found->ports->len; i++) {
                const NetworkPortDef *def = found->ports->pdata[i];
                NetworkPort *port = NULL;

                if (network_port_list_add(part->driver->lists[OBJECT_NETWORK_PORT], network, def, &port, NULL) >= 0)
                        object_publish(&port->object);
        }
}

static int find_network(NetworkPart *part, const NetworkDef *def, Network **ret, Error *error)
{
        ObjectList *list = part->driver->lists[OBJECT_NETWORK];
        int r = network_list_resolve(list, def, ret, error);

        return r < 0 || *ret ? r : network_list_add(list, def, ret, error);
}

static void adopt(const NetworkFound *found, void *userdata)
{
        NetworkPart *part = userdata;
        bool own = network_forward_has_own_bridge(found->def->forward.mode);
        _cleanup_error_ Error error = ERROR_INIT;
        Network *network = NULL;

        if (!found->runs || (own && !link_is_bridge(found->def->bridge.name))) {
                undo(part, found);
                return;
        }
        if (find_network(part, found->def, &network, &error) < 0) {
                g_autofree char *text = error_message(&error);

                log_error("network '%s', which is running, cannot be taken over: %s", found->def->name, text);
                undo(part, found);
                return;
        }
        network_put_live(network, found->def);
        if (!network->object.published)
                object_publish(&network->object);
        adopt_ports(part, network, found);
        if (network_dnsmasq_is_needed(found->def))
                network_server_adopt(network_server_new(network), found->def, found->server, found->server_start);
        log_info("network '%s' is still running", network->name);
}

void network_part_adopt_all(NetworkPart *part)
{
        network_status_load(part->run_fd, adopt, part);
}
