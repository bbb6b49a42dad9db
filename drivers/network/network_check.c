/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_check.h"

#include <net/if.h>
#include <string.h>

bool network_device_is_valid(const char *name)
{
        size_t n = strlen(name);

        return n > 0 && n < IF_NAMESIZE && strspn(name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "_.-:@+") == n &&
               !streq(name, ".") && !streq(name, "..");
}

static int refuse(Error *error, const char *where, const char *why)
{
        return error_set(error, ERROR_CONFIG_UNSUPPORTED, "/network/%s: %s", where, why);
}

static int check_devices(const NetworkDef *def, Error *error)
{
        if (def->bridge.name && !network_device_is_valid(def->bridge.name))
                return refuse(error, "bridge/@name", "it cannot be the name of a network interface");
        if (def->forward.dev && !network_device_is_valid(def->forward.dev))
                return refuse(error, "forward/@dev", "it cannot be the name of a network interface");
        DEF_FOREACH(interface, def->forward.interfaces)
                if (!network_device_is_valid(interface->dev))
                        return refuse(error, "forward/interface/@dev", "it cannot be the name of a network interface");
        return 0;
}

static bool has_rates(const NetBandwidth *bandwidth)
{
        return bandwidth->inbound.average > 0 || bandwidth->outbound.average > 0;
}

int network_check_start(const NetworkDef *def, Error *error)
{
        const NetworkForward *forward = &def->forward;
        const char *port = net_virtual_port_refusal(def->virtual_port.type);
        bool own = network_forward_has_own_bridge(forward->mode);
        const struct {
                bool given;
                const char *where, *why;
        } all[] = {
                { port != NULL, "virtualport/@type", port },
                { forward->mode == NETWORK_FORWARD_HOSTDEV, "forward/@mode",
                  "pools of devices of the host are not supported: <hostdev> gives a machine one that it names" },
                { forward->pf != NULL, "forward/pf",
                  "the functions of a card are not looked for: <interface> elements name them" },
                { !own && !def->bridge.name && forward->interfaces.n == 0, "forward/interface",
                  "there is no device that machines could be connected to" },
                { def->bridge.zone != NULL, "bridge/@zone", "zones of firewalld are not supported" },
                { def->bridge.mac_table_manager == NET_MAC_TABLE_LIBVIRT, "bridge/@macTableManager",
                  "the kernel manages the table of addresses" },
                { has_rates(&def->bandwidth), "bandwidth",
                  "the traffic of a network as a whole is not limited: that of its ports can be" },
        };
        int r = check_devices(def, error);

        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(all); i++)
                if (all[i].given)
                        r = refuse(error, all[i].where, all[i].why);
        DEF_FOREACH(group, def->port_groups) {
                port = net_virtual_port_refusal(group->virtual_port.type);
                if (r >= 0 && port)
                        r = refuse(error, "portgroup/virtualport/@type", port);
        }
        return r;
}
