/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_leases.h"

#include "drivers/model/ip_address.h"

#include <string.h>

/* "EXPIRY MAC ADDRESS NAME CLIENT-ID", of IPv6 "EXPIRY IAID ADDRESS NAME DUID"; what is not known is "*". */
enum {
        FIELD_EXPIRY,
        FIELD_HARDWARE,
        FIELD_ADDRESS,
        FIELD_NAME,
        FIELD_CLIENT,
        N_FIELDS,
};

static char *known(const char *field)
{
        return g_strdup(streq(field, "*") ? "" : field);
}

/* Clients that name themselves by a link-layer address say it in their DUID (RFC 8415, 11.2 and 11.4). */
static char *mac_of_duid(const char *duid)
{
        bool is_llt = g_str_has_prefix(duid, "00:01:00:01:"), is_ll = g_str_has_prefix(duid, "00:03:00:01:");
        size_t skip = is_llt ? strlen("00:01:00:01:tt:tt:tt:tt:") : strlen("00:03:00:01:");

        if ((!is_llt && !is_ll) || strlen(duid) != skip + strlen("52:54:00:00:00:00"))
                return g_strdup("");
        return g_ascii_strdown(duid + skip, -1);
}

/* "06-52:54:00:…" names a kind of hardware other than Ethernet's. */
static char *mac_of(const char *hardware)
{
        const char *dash = strchr(hardware, '-');

        return g_ascii_strdown(dash ? dash + 1 : hardware, -1);
}

static unsigned prefix_of(const NetworkDef *def, const IpAddress *address)
{
        DEF_FOREACH(ip, def->ips) {
                IpAddress own;

                if (ip_address_parse(ip->address, &own) >= 0 &&
                    ip_address_same_network(&own, address, network_ip_prefix(ip)))
                        return network_ip_prefix(ip);
        }
        return ip_address_default_prefix(address);
}

static NetworkDhcpLease *parse_line(const char *line, const NetworkDef *def, int64_t now)
{
        g_auto(GStrv) fields = g_strsplit(line, " ", -1);
        NetworkDhcpLease *lease;
        IpAddress address;
        int64_t expiry;

        if (g_strv_length(fields) < N_FIELDS || parse_i64(fields[FIELD_EXPIRY], &expiry) < 0 ||
            ip_address_parse(fields[FIELD_ADDRESS], &address) < 0 || (expiry != 0 && expiry <= now))
                return NULL;
        lease = g_new(NetworkDhcpLease, 1);
        *lease = (NetworkDhcpLease) {
                .interface = g_strdup(strempty(def->bridge.name)),
                .expiry = expiry,
                .type = address.v6 ? NETWORK_ADDRESS_IPV6 : NETWORK_ADDRESS_IPV4,
                .mac = address.v6 ? mac_of_duid(fields[FIELD_CLIENT]) : mac_of(fields[FIELD_HARDWARE]),
                .iaid = address.v6 ? known(fields[FIELD_HARDWARE]) : g_strdup(""),
                .ip = ip_address_to_string(&address),
                .prefix = prefix_of(def, &address),
                .hostname = known(fields[FIELD_NAME]),
                .client_id = known(fields[FIELD_CLIENT]),
        };
        return lease;
}

static void release(gpointer lease)
{
        network_dhcp_lease_free(lease);
}

GPtrArray *network_leases_parse(const char *text, const NetworkDef *def, int64_t now)
{
        GPtrArray *leases = g_ptr_array_new_with_free_func(release);
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (char **line = lines; *line; line++) {
                NetworkDhcpLease *lease = parse_line(*line, def, now);

                if (lease)
                        g_ptr_array_add(leases, lease);
        }
        return leases;
}
