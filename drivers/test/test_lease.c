/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_lease.h"

#include "drivers/model/ip_address.h"

/* What dnsmasq lends for when nothing is said. */
#define LEASE_DEFAULT_SEC 3600
#define SEARCH_MAX 65536

static const NetworkDhcpHost *find_host(const NetworkIp *ip, const NetworkPortDef *port)
{
        DEF_FOREACH(host, ip->hosts) {
                char mac[32];

                if (host->mac && def_syntax_mac.canonicalize(host->mac, mac, sizeof(mac)) && streq(mac, port->mac))
                        return host;
                if (!host->mac && streq_ptr(host->name, port->owner_name))
                        return host;
        }
        return NULL;
}

static bool is_reserved(const NetworkIp *ip, const char *address)
{
        DEF_FOREACH(host, ip->hosts)
                if (streq_ptr(host->ip, address))
                        return true;
        return false;
}

/* The first address of the range that nobody has. Free with g_free(). */
static char *first_free(const Network *network, const NetworkIp *ip, const NetworkDhcpRange *range)
{
        IpAddress address, last;

        if (ip_address_parse(range->start, &address) < 0 || ip_address_parse(range->end, &last) < 0)
                return NULL;
        for (unsigned i = 0; i < SEARCH_MAX && ip_address_compare(&address, &last) <= 0; i++) {
                g_autofree char *text = ip_address_to_string(&address);

                if (!streq(text, ip->address) && !is_reserved(ip, text) && !network_find_lease(network, text))
                        return g_steal_pointer(&text);
                address = ip_address_next(&address);
        }
        return NULL;
}

static int64_t expiry_of(const NetworkLease *lease)
{
        static const int64_t seconds[] = {
                [NETWORK_LEASE_SECONDS] = 1, [NETWORK_LEASE_MINUTES] = 60, [NETWORK_LEASE_HOURS] = 3600,
        };
        int64_t now = g_get_real_time() / (int64_t) USEC_PER_SEC;

        if (!def_is_set(lease, expiry))
                return now + LEASE_DEFAULT_SEC;
        return lease->expiry == 0 ? 0 : now + (int64_t) lease->expiry * seconds[lease->unit];
}

static void give(Network *network, const NetworkIp *ip, const NetworkPortDef *port, const NetworkLease *terms,
                 char *address, const char *hostname, const char *client_id)
{
        NetworkDhcpLease *lease = g_new(NetworkDhcpLease, 1);

        *lease = (NetworkDhcpLease) {
                .interface = g_strdup(strempty(network->live->bridge.name)),
                .expiry = expiry_of(terms),
                .type = ip->family == NET_FAMILY_IPV6 ? NETWORK_ADDRESS_IPV6 : NETWORK_ADDRESS_IPV4,
                .mac = g_strdup(port->mac),
                .iaid = g_strdup(""),
                .ip = address,
                .prefix = network_ip_prefix(ip),
                .hostname = g_strdup(strempty(hostname)),
                .client_id = g_strdup(strempty(client_id)),
        };
        network_put_lease(network, lease);
}

static void give_on(Network *network, const NetworkIp *ip, const NetworkPortDef *port)
{
        const NetworkDhcpHost *host = find_host(ip, port);

        if (host && host->ip) {
                give(network, ip, port, &host->lease, g_strdup(host->ip), host->name, host->id);
                return;
        }
        DEF_FOREACH(range, ip->ranges) {
                char *address = first_free(network, ip, range);

                if (address) {
                        give(network, ip, port, &range->lease, address, port->owner_name, NULL);
                        return;
                }
        }
}

void test_lease_give(Network *network, const NetworkPortDef *port)
{
        bool given[_NET_FAMILY_MAX] = {};

        if (!network_forward_has_own_bridge(network->live->forward.mode))
                return;
        DEF_FOREACH(ip, network->live->ips) {
                NetFamily family = ip->family ?: NET_FAMILY_IPV4;

                if (given[family] || (ip->ranges.n == 0 && ip->hosts.n == 0))
                        continue;
                given[family] = true;
                give_on(network, ip, port);
        }
}
