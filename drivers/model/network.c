/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/network.h"

NetworkDhcpLease *network_dhcp_lease_free(NetworkDhcpLease *lease)
{
        if (!lease)
                return NULL;
        g_free(lease->interface);
        g_free(lease->mac);
        g_free(lease->iaid);
        g_free(lease->ip);
        g_free(lease->hostname);
        g_free(lease->client_id);
        g_free(lease);
        return NULL;
}

static void release_lease(gpointer lease)
{
        network_dhcp_lease_free(lease);
}

static void network_free(Object *object)
{
        Network *network = (Network *) object;

        network_def_unref(network->config);
        network_def_unref(network->live);
        g_ptr_array_unref(network->leases);
        g_free(network->name);
        g_free(network);
}

static void describe(const char *name, const char *uuid, Details *details)
{
        details_add(details, "network_name", name);
        if (uuid)
                details_add(details, "network_uuid", uuid);
}

static void network_describe(const Object *object, Details *details)
{
        const Network *network = (const Network *) object;

        describe(network->name, network->uuid, details);
}

void network_describe_def(const NetworkDef *def, Details *details)
{
        describe(def->name, def->uuid, details);
}

static const ObjectClass network_class = {
        .type = OBJECT_NETWORK,
        .free = network_free,
        .describe = network_describe,
};

const NetworkDef *network_def_of(const Network *network, bool inactive)
{
        if (inactive)
                return network->config ?: network->live;
        return network->live ?: network->config;
}

int network_list_resolve(const ObjectList *list, const NetworkDef *def, Network **ret, Error *error)
{
        Network *same_uuid = def->uuid ? object_list_find_any(list, def->uuid) : NULL;
        Network *same_name = object_list_find_any_name(list, def->name);

        if (same_uuid && !streq(same_uuid->name, def->name))
                return error_set(error, ERROR_OPERATION_FAILED, "network '%s' is already defined with uuid %s",
                                 same_uuid->name, same_uuid->uuid);
        if (same_name && def->uuid && same_name != same_uuid)
                return error_set(error, ERROR_OPERATION_FAILED, "network '%s' already exists with uuid %s",
                                 same_name->name, same_name->uuid);
        *ret = same_uuid ?: same_name;
        return 0;
}

int network_list_add(ObjectList *list, const NetworkDef *def, Network **ret, Error *error)
{
        Network *network = NULL;
        int r = network_list_resolve(list, def, &network, error);

        if (r < 0)
                return r;
        if (network)
                return error_set(error, ERROR_OPERATION_FAILED, "network '%s' already exists with uuid %s",
                                 network->name, network->uuid);
        network = g_new0(Network, 1);
        g_strlcpy(network->uuid, def->uuid, sizeof(network->uuid));
        network->name = g_strdup(def->name);
        network->leases = g_ptr_array_new_with_free_func(release_lease);
        network->object = (Object) {
                .class = &network_class,
                .type = OBJECT_NETWORK,
                .n_ref = 1,
                .key = network->uuid,
                .name = network->name,
        };
        (void) object_list_add(list, &network->object);
        *ret = network;
        return 0;
}

static void put(Network *network, NetworkDef **at, const NetworkDef *def, uint64_t changed)
{
        NetworkDef *old = *at;

        if (!old == !def)
                changed = 0;
        *at = def ? network_def_ref(def) : NULL;
        network_def_unref(old);
        object_changed(&network->object, changed | NETWORK_CHANGED_CONFIG);
}

void network_put_config(Network *network, const NetworkDef *def)
{
        put(network, &network->config, def, NETWORK_CHANGED_PERSISTENT);
}

void network_put_live(Network *network, const NetworkDef *def)
{
        put(network, &network->live, def, NETWORK_CHANGED_ACTIVE);
}

void network_put_autostart(Network *network, bool autostart)
{
        if (network->autostart == autostart)
                return;
        network->autostart = autostart;
        object_changed(&network->object, NETWORK_CHANGED_AUTOSTART);
}

static bool drop_if(Network *network, const char *mac, const char *ip)
{
        bool dropped = false;

        for (unsigned i = network->leases->len; i-- > 0;) {
                const NetworkDhcpLease *lease = network->leases->pdata[i];

                if ((mac && !streq(lease->mac, mac)) || (ip && !streq(lease->ip, ip)))
                        continue;
                g_ptr_array_remove_index(network->leases, i);
                dropped = true;
        }
        return dropped;
}

void network_put_lease(Network *network, NetworkDhcpLease *lease)
{
        (void) drop_if(network, NULL, lease->ip);
        g_ptr_array_add(network->leases, lease);
        object_changed(&network->object, NETWORK_CHANGED_LEASES);
}

static bool lease_equal(const NetworkDhcpLease *a, const NetworkDhcpLease *b)
{
        return a->expiry == b->expiry && a->type == b->type && a->prefix == b->prefix &&
               streq(a->interface, b->interface) && streq(a->mac, b->mac) && streq(a->iaid, b->iaid) &&
               streq(a->ip, b->ip) && streq(a->hostname, b->hostname) && streq(a->client_id, b->client_id);
}

void network_put_leases(Network *network, GPtrArray *leases)
{
        bool same = leases->len == network->leases->len;

        for (unsigned i = 0; same && i < leases->len; i++)
                same = lease_equal(leases->pdata[i], network->leases->pdata[i]);
        g_ptr_array_unref(network->leases);
        network->leases = leases;
        if (!same)
                object_changed(&network->object, NETWORK_CHANGED_LEASES);
}

void network_drop_leases(Network *network, const char *mac)
{
        if (drop_if(network, mac, NULL))
                object_changed(&network->object, NETWORK_CHANGED_LEASES);
}

const NetworkDhcpLease *network_find_lease(const Network *network, const char *ip)
{
        for (unsigned i = 0; i < network->leases->len; i++) {
                const NetworkDhcpLease *lease = network->leases->pdata[i];

                if (streq(lease->ip, ip))
                        return lease;
        }
        return NULL;
}

const char *network_find_hostname(const Network *network, const char *mac)
{
        for (unsigned i = 0; i < network->leases->len; i++) {
                const NetworkDhcpLease *lease = network->leases->pdata[i];

                if (streq(lease->mac, mac) && !isempty(lease->hostname))
                        return lease->hostname;
        }
        return NULL;
}

void network_announce(Network *network, NetworkEvent event)
{
        object_emit(&network->object, NETWORK_SIGNAL_EVENT, &event);
}

void network_announce_metadata(Network *network, NetworkMetadata type, const char *uri)
{
        NetworkMetadataArgs args = { .type = (int32_t) type, .uri = strempty(uri) };

        object_emit(&network->object, NETWORK_SIGNAL_METADATA, &args);
}
