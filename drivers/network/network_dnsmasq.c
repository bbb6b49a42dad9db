/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_dnsmasq.h"

#include "drivers/model/ip_address.h"

#include <string.h>

typedef struct Writer {
        const NetworkDef *def;
        GString *config, *hosts, *addresses;
        Error *error;
        int r;
} Writer;

/* -- values --------------------------------------------------------------------------------------------------- */

static void refuse(Writer *w, const char *place, const char *value)
{
        if (w->r >= 0)
                w->r = error_set(w->error, ERROR_CONFIG_UNSUPPORTED,
                                 "/network/%s: '%s' has a character that dnsmasq has no form for", place, value);
}

/* What stands between the commas of an option: names, paths, numbers. */
static const char *word(Writer *w, const char *place, const char *value)
{
        for (const char *p = value; *p; p++)
                if ((unsigned char) *p <= ' ' || strchr(",\"#\\", *p)) {
                        refuse(w, place, value);
                        return "";
                }
        return value;
}

/* Free text, in the quotes of dnsmasq's files. */
static void append_quoted(Writer *w, const char *place, const char *value)
{
        g_string_append_c(w->config, '"');
        for (const char *p = value; *p; p++) {
                if ((unsigned char) *p < ' ')
                        refuse(w, place, value);
                if (*p == '"' || *p == '\\')
                        g_string_append_c(w->config, '\\');
                g_string_append_c(w->config, *p);
        }
        g_string_append_c(w->config, '"');
}

static void line(Writer *w, const char *format, ...) _printf_(2, 3);

static void line(Writer *w, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        g_string_append_vprintf(w->config, format, ap);
        va_end(ap);
        g_string_append_c(w->config, '\n');
}

/* "45s", "5m", "2h", "infinite", behind a comma. */
static void append_lease(GString *s, const NetworkLease *lease)
{
        static const char units[] = {
                [NETWORK_LEASE_SECONDS] = 's', [NETWORK_LEASE_MINUTES] = 'm', [NETWORK_LEASE_HOURS] = 'h',
        };

        if (!def_is_set(lease, expiry))
                return;
        if (lease->expiry == 0)
                g_string_append(s, ",infinite");
        else
                g_string_append_printf(s, ",%" PRIu32 "%c", lease->expiry, units[lease->unit]);
}

/* -- DNS ------------------------------------------------------------------------------------------------------ */

static bool has_dns(const NetworkDef *def)
{
        return def->dns.enable != TRISTATE_NO;
}

static bool is_isolated(const NetworkDef *def)
{
        return def->forward.mode == NETWORK_FORWARD_NONE;
}

static void write_forwarders(Writer *w)
{
        bool general = false;

        DEF_FOREACH(forwarder, w->def->dns.forwarders) {
                g_autoptr(GString) s = g_string_new("server=");

                if (forwarder->domain)
                        g_string_append_printf(s, "/%s/", word(w, "dns/forwarder/@domain", forwarder->domain));
                if (forwarder->address)
                        g_string_append(s, forwarder->address);
                else
                        g_string_append_c(s, '#'); /* whatever the host asks */
                general |= !forwarder->domain;
                line(w, "%s", s->str);
        }
        /* nobody else is asked then, and by guests that are shut in nobody at all */
        if (general || is_isolated(w->def))
                line(w, "no-resolv");
}

static void write_domain(Writer *w)
{
        const NetworkDef *def = w->def;

        if (def->dns.forward_plain_names == TRISTATE_NO) {
                line(w, "domain-needed");
                line(w, "local=//");
        }
        if (!def->domain)
                return;
        if (def->domain_local_only == TRISTATE_YES)
                line(w, "local=/%s/", word(w, "domain/@name", def->domain));
        line(w, "domain=%s", word(w, "domain/@name", def->domain));
        line(w, "expand-hosts");
}

static void write_records(Writer *w)
{
        DEF_FOREACH(txt, w->def->dns.txts) {
                g_string_append_printf(w->config, "txt-record=%s,", word(w, "dns/txt/@name", txt->name));
                append_quoted(w, "dns/txt/@value", txt->value);
                g_string_append_c(w->config, '\n');
        }
        DEF_FOREACH(srv, w->def->dns.srvs) {
                g_autoptr(GString) s = g_string_new(NULL);

                g_string_append_printf(s, "_%s._%s", word(w, "dns/srv/@service", srv->service),
                                       word(w, "dns/srv/@protocol", srv->protocol));
                if (srv->domain)
                        g_string_append_printf(s, ".%s", word(w, "dns/srv/@domain", srv->domain));
                g_string_append_printf(s, ",%s", srv->target ? word(w, "dns/srv/@target", srv->target) : "");
                if (srv->target)
                        g_string_append_printf(s, ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, def_get(srv, port, 1),
                                               def_get(srv, priority, 0), def_get(srv, weight, 0));
                line(w, "srv-host=%s", s->str);
        }
}

static void write_dns(Writer *w)
{
        if (!has_dns(w->def)) {
                line(w, "port=0");
                return;
        }
        line(w, "strict-order");
        write_domain(w);
        write_forwarders(w);
        write_records(w);
        DEF_FOREACH(host, w->def->dns.hosts) {
                g_string_append(w->addresses, host->ip);
                DEF_FOREACH(name, host->names)
                        g_string_append_printf(w->addresses, "\t%s", word(w, "dns/host/hostname", name->name));
                g_string_append_c(w->addresses, '\n');
        }
}

/* The zone of addresses of a network that ends at a whole byte, as that of the reverse look-up. */
static void write_local_pointer(Writer *w, const NetworkIp *ip, const IpAddress *address)
{
        unsigned prefix = network_ip_prefix(ip), step = address->v6 ? 4 : 8;
        g_autoptr(GString) s = g_string_new("local=/");

        for (unsigned i = prefix / step; i-- > 0;) {
                uint8_t byte = address->bytes[i * step / 8];

                if (address->v6)
                        g_string_append_printf(s, "%x.", i % 2 == 0 ? byte >> 4 : byte & 15);
                else
                        g_string_append_printf(s, "%u.", byte);
        }
        line(w, "%s%s/", s->str, address->v6 ? "ip6.arpa" : "in-addr.arpa");
}

/* -- DHCP ----------------------------------------------------------------------------------------------------- */

static bool ip_has_dhcp(const NetworkIp *ip)
{
        return ip->ranges.n > 0 || ip->hosts.n > 0;
}

static void write_ranges(Writer *w, const NetworkIp *ip, const IpAddress *address, uint64_t *total)
{
        unsigned prefix = network_ip_prefix(ip);
        IpAddress network = ip_address_network(address, prefix);
        g_autofree char *text = ip_address_to_string(&network), *mask = NULL;

        if (address->v6) {
                mask = g_strdup_printf("%u", prefix);
        } else {
                const IpAddress all = { .bytes = { 255, 255, 255, 255 } };
                const IpAddress bits = ip_address_network(&all, prefix);

                mask = ip_address_to_string(&bits);
        }
        DEF_FOREACH(range, ip->ranges) {
                g_autoptr(GString) s = g_string_new(NULL);
                IpAddress start, end;

                g_string_append_printf(s, "dhcp-range=%s,%s,%s", range->start, range->end, mask);
                append_lease(s, &range->lease);
                line(w, "%s", s->str);
                if (ip_address_parse(range->start, &start) >= 0 && ip_address_parse(range->end, &end) >= 0)
                        *total += MIN(ip_address_range_size(&start, &end), (uint64_t) UINT16_MAX);
        }
        /* hosts of fixed addresses alone */
        if (ip->ranges.n == 0 && ip->hosts.n > 0) {
                if (address->v6)
                        line(w, "dhcp-range=%s,static,%s", text, mask);
                else
                        line(w, "dhcp-range=%s,static", text);
        }
}

static void write_host(Writer *w, const NetworkDhcpHost *host, bool v6)
{
        g_autoptr(GString) s = g_string_new(NULL);

        if (host->mac)
                g_string_append_printf(s, "%s,", word(w, "ip/dhcp/host/@mac", host->mac));
        if (host->id)
                g_string_append_printf(s, "id:%s,", word(w, "ip/dhcp/host/@id", host->id));
        if (host->name && v6)
                g_string_append_printf(s, "%s,", word(w, "ip/dhcp/host/@name", host->name));
        if (host->ip)
                g_string_append_printf(s, v6 ? "[%s]," : "%s,", host->ip);
        if (host->name && !v6)
                g_string_append_printf(s, "%s,", word(w, "ip/dhcp/host/@name", host->name));
        if (s->len > 0)
                g_string_truncate(s, s->len - 1);
        append_lease(s, &host->lease);
        g_string_append_printf(w->hosts, "%s\n", s->str);
}

static void write_boot(Writer *w, const NetworkIp *ip)
{
        if (ip->tftp_root) {
                line(w, "enable-tftp");
                line(w, "tftp-root=%s", word(w, "ip/tftp/@root", ip->tftp_root));
        }
        if (!ip->bootp_file)
                return;
        if (ip->bootp_server)
                line(w, "dhcp-boot=%s,,%s", word(w, "ip/dhcp/bootp/@file", ip->bootp_file),
                     word(w, "ip/dhcp/bootp/@server", ip->bootp_server));
        else
                line(w, "dhcp-boot=%s", word(w, "ip/dhcp/bootp/@file", ip->bootp_file));
}

/* What the first network of a family with DHCP says counts, as with libvirt. */
static void write_ips(Writer *w)
{
        bool dhcp = false, v6 = false;
        uint64_t total = 0;

        DEF_FOREACH(ip, w->def->ips) {
                IpAddress address;

                if (ip_address_parse(ip->address, &address) < 0)
                        continue;
                if (ip->local_ptr == TRISTATE_YES && has_dns(w->def))
                        write_local_pointer(w, ip, &address);
                write_ranges(w, ip, &address, &total);
                DEF_FOREACH(host, ip->hosts)
                        write_host(w, host, address.v6);
                write_boot(w, ip);
                dhcp |= ip_has_dhcp(ip);
                v6 |= address.v6;
                if (address.v6 && !ip_has_dhcp(ip))
                        line(w, "dhcp-range=%s,ra-only", ip->address);
        }
        if (dhcp) {
                line(w, "dhcp-no-override");
                line(w, "dhcp-authoritative");
                line(w, "dhcp-lease-max=%" PRIu64, CLAMP(total, 1000, 1000000));
        }
        if (v6)
                line(w, "enable-ra");
        if (v6 && is_isolated(w->def))
                line(w, "ra-param=*,0,0"); /* it is no way out */
        if (dhcp && is_isolated(w->def))
                line(w, "dhcp-option=3");
        if (dhcp && w->def->mtu > 0)
                line(w, "dhcp-option=option:mtu,%" PRIu32, w->def->mtu);
}

/* -- the whole ------------------------------------------------------------------------------------------------ */

bool network_dnsmasq_is_needed(const NetworkDef *def)
{
        bool needed = has_dns(def) && def->ips.n > 0;

        if (!network_forward_has_own_bridge(def->forward.mode))
                return false;
        DEF_FOREACH(ip, def->ips)
                needed |= ip_has_dhcp(ip) || ip->tftp_root || ip->family == NET_FAMILY_IPV6;
        return needed;
}

static void write_frame(Writer *w, const char *directory)
{
        line(w, "# written by virtbus for the network of the bridge %s: changes are lost", w->def->bridge.name);
        line(w, "pid-file=%s/" NETWORK_DNSMASQ_PID, directory);
        line(w, "dhcp-leasefile=%s/" NETWORK_DNSMASQ_LEASES, directory);
        line(w, "dhcp-hostsfile=%s/" NETWORK_DNSMASQ_HOSTS, directory);
        line(w, "addn-hosts=%s/" NETWORK_DNSMASQ_ADDRESSES, directory);
        line(w, "log-facility=-");
        line(w, "quiet-dhcp");
        line(w, "quiet-dhcp6");
        line(w, "quiet-ra");
        /* the addresses of the host's other networks are not its business */
        line(w, "except-interface=lo");
        line(w, "bind-dynamic");
        line(w, "interface=%s", word(w, "bridge/@name", w->def->bridge.name));
}

int network_dnsmasq_write(const NetworkDef *def, const char *directory, NetworkDnsmasq *ret, Error *error)
{
        Writer w = {
                .def = def,
                .config = g_string_new(NULL),
                .hosts = g_string_new(NULL),
                .addresses = g_string_new(NULL),
                .error = error,
        };

        write_frame(&w, directory);
        write_dns(&w);
        write_ips(&w);
        DEF_FOREACH(option, def->dnsmasq_options)
                line(&w, "%s", option->value);
        *ret = (NetworkDnsmasq) {
                .config = g_string_free(w.config, FALSE),
                .hosts = g_string_free(w.hosts, FALSE),
                .addresses = g_string_free(w.addresses, FALSE),
        };
        if (w.r < 0)
                network_dnsmasq_clear(ret);
        return w.r;
}

void network_dnsmasq_clear(NetworkDnsmasq *dnsmasq)
{
        g_clear_pointer(&dnsmasq->config, g_free);
        g_clear_pointer(&dnsmasq->hosts, g_free);
        g_clear_pointer(&dnsmasq->addresses, g_free);
}
