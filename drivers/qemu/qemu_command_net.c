/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include <string.h>

/* Cards that QEMU emulates under the same name. */
static const char *const emulated_models[] = {
                "e1000",    "e1000e",  "e1000-82544gc", "e1000-82545em", "igb",     "rtl8139",
                "ne2k_pci", "pcnet",   "i82550",        "i82551",        "i82557a", "i82557b",
                "i82557c",  "i82558a", "i82558b",       "i82559a",       "i82559b", "i82559c",
                "i82559er", "i82562",  "i82801",        "tulip",         "vmxnet3", "usb-net",
};

static bool is_virtio(const char *model)
{
        return streq(model, "virtio") || streq(model, "virtio-transitional") ||
               streq(model, "virtio-non-transitional");
}

static void put_offloads(JsonObject *props, const DomainInterfaceRare *rare)
{
        static const DomainOffloads none = {};
        const DomainOffloads *host = rare->host_offloads ?: &none, *guest = rare->guest_offloads ?: &none;
        const struct {
                const char *name;
                Tristate value;
        } all[] = {
                { "csum", host->csum },           { "gso", host->gso },
                { "host_tso4", host->tso4 },      { "host_tso6", host->tso6 },
                { "host_ecn", host->ecn },        { "host_ufo", host->ufo },
                { "mrg_rxbuf", host->mrg_rxbuf }, { "guest_csum", guest->csum },
                { "guest_tso4", guest->tso4 },    { "guest_tso6", guest->tso6 },
                { "guest_ecn", guest->ecn },      { "guest_ufo", guest->ufo },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                build_put_tristate(props, all[i].name, all[i].value);
}

static int virtio_props(Build *b, const DomainInterface *interface, const char *model, JsonObject **ret,
                        Error *error)
{
        g_autofree char *driver = NULL;
        JsonObject *props;
        int r;

        r = build_virtio_driver(b, interface, "virtio-net", model, &driver, error);
        if (r < 0)
                return r;
        props = qmp_object("s:driver", driver, NULL);
        if (interface->txmode)
                json_object_set_string_member(props, "tx",
                                              streq(interface->txmode, "iothread") ? "bh" : "timer");
        build_put_tristate(props, "ioeventfd", interface->ioeventfd);
        build_put_tristate(props, "event_idx", interface->event_idx);
        build_put_tristate(props, "rss", interface->rss);
        build_put_tristate(props, "hash", interface->rss_hash_report);
        if (interface->rare && streq_ptr(interface->rare->teaming, "persistent"))
                json_object_set_boolean_member(props, "failover", true);
        build_put_number(props, "rx_queue_size", interface, rx_queue_size);
        build_put_number(props, "tx_queue_size", interface, tx_queue_size);
        build_put_number(props, "host_mtu", interface, mtu);
        build_virtio_options(props, &interface->virtio);
        if (interface->rare)
                put_offloads(props, interface->rare);
        *ret = props;
        return 0;
}

static int nic_props(Build *b, const DomainInterface *interface, JsonObject **ret, Error *error)
{
        const char *model = interface->model ?: (b->x86 ? "rtl8139" : "virtio");

        if (is_virtio(model))
                return virtio_props(b, interface, model, ret, error);
        for (size_t i = 0; i < ELEMENTSOF(emulated_models); i++)
                if (streq(emulated_models[i], model)) {
                        *ret = qmp_object("s:driver", model, NULL);
                        return 0;
                }
        return qemu_refuse(b->def, interface, "model/@type", error, "there is no network card '%s'", model);
}

/* The ids of the descriptors of one kind as QEMU's "1:2:3"; those that are not among the files stand in for others. */
static char *join_fds(Build *b, const DomainInterface *interface, const char *what, uint32_t n)
{
        g_autoptr(GString) s = g_string_new(NULL);

        for (uint32_t i = 0; i < n; i++) {
                g_autofree char *id = g_strdup_printf("%s-%s%" PRIu32, interface->info.alias, what, i), *number = NULL;

                number = build_file(b, id);
                g_string_append_printf(s, "%s%s", i > 0 ? ":" : "", number);
        }
        return g_string_free(g_steal_pointer(&s), false);
}

static bool has_vhost(const Build *b, const DomainInterface *interface)
{
        g_autofree char *id = g_strconcat(interface->info.alias, "-vhost0", NULL);

        return b->files && qemu_files_find(b->files, id);
}

static JsonObject *tap_netdev(Build *b, const DomainInterface *interface)
{
        uint32_t n = MAX(def_get(interface, queues, 1), 1u);
        g_autofree char *fds = join_fds(b, interface, "fd", n);
        g_autofree char *vhosts = has_vhost(b, interface) ? join_fds(b, interface, "vhost", n) : NULL;
        JsonObject *netdev = qmp_object("s:type", "tap", n > 1 ? "s:fds" : "s:fd", fds, NULL);

        if (vhosts) {
                json_object_set_boolean_member(netdev, "vhost", true);
                json_object_set_string_member(netdev, n > 1 ? "vhostfds" : "vhostfd", vhosts);
        }
        if (def_is_set(interface, sndbuf))
                json_object_set_int_member(netdev, "sndbuf", interface->sndbuf);
        return netdev;
}

/* The network that the guest sees, "10.0.2.0/24" unless an address says otherwise. */
static JsonObject *user_netdev(const DomainInterface *interface)
{
        JsonObject *netdev = qmp_object("s:type", "user", NULL);

        if (interface->rare)
                DEF_FOREACH(ip, interface->rare->ips) {
                        bool v6 = streq_ptr(ip->family, "ipv6");
                        g_autofree char *network =
                                g_strdup_printf(def_is_set(ip, prefix) ? "%s/%" PRIu32 : "%s", ip->address, ip->prefix);

                        json_object_set_string_member(netdev, v6 ? "ipv6-prefix" : "net", v6 ? ip->address : network);
                        if (v6 && def_is_set(ip, prefix))
                                json_object_set_int_member(netdev, "ipv6-prefixlen", ip->prefix);
                }
        return netdev;
}

static char *place_of(const char *address, uint32_t port)
{
        return g_strdup_printf("%s:%" PRIu32, strempty(address), port);
}

/* Machines that are joined by sockets: each packet is one of UDP, or one on a TCP stream. */
static JsonObject *socket_netdev(const DomainInterface *interface)
{
        const DomainInterfaceRare *rare = interface->rare;
        g_autofree char *place = place_of(rare->source_address, rare->source_port);
        g_autofree char *local = place_of(rare->local_address, rare->local_port);

        switch ((int) interface->type) {
        case DOMAIN_INTERFACE_SERVER:
                return qmp_object("s:type", "socket", "s:listen", place, NULL);
        case DOMAIN_INTERFACE_CLIENT:
                return qmp_object("s:type", "socket", "s:connect", place, NULL);
        case DOMAIN_INTERFACE_MCAST:
                return qmp_object("s:type", "socket", "s:mcast", place, NULL);
        }
        return qmp_object("s:type", "socket", "s:udp", place, "s:localaddr", local, NULL);
}

/* The end of a pair of sockets whose other end passt has. */
static JsonObject *passt_netdev(Build *b, const DomainInterface *interface)
{
        g_autofree char *id = g_strconcat(interface->info.alias, "-socket", NULL), *fd = build_file(b, id);

        return qmp_object("s:type", "stream", "o:addr", qmp_object("s:type", "fd", "s:str", fd, NULL), "b:server",
                          false, NULL);
}

/* A client that connects again does so by the socket's name, seen from its directory. */
static void build_vhostuser_socket(Build *b, const DomainInterface *interface, const char *id)
{
        const DomainInterfaceRare *rare = interface->rare;
        bool reconnects = qemu_interface_reconnects(interface);
        g_autofree char *file_id = g_strconcat(interface->info.alias, reconnects ? "-dir" : "-socket", NULL);
        g_autofree char *file = build_file(b, file_id);

        if (reconnects) {
                g_autofree char *name = g_path_get_basename(rare->socket), *escaped = build_escape(name);
                g_autoptr(GString) again = g_string_new(NULL);

                build_put_reconnect(b, again, rare->reconnect);
                build_argf(b, "-chardev", "socket,id=%s,path=%s/%s%s", id, file, escaped, again->str);
        } else
                build_argf(b, "-chardev", "socket,id=%s,fd=%s%s", id, file,
                           streq_ptr(rare->socket_mode, "server") ? ",server=on" : "");
}

static JsonObject *vhostuser_netdev(Build *b, const DomainInterface *interface)
{
        g_autofree char *chardev = g_strconcat("char", interface->info.alias, NULL);
        JsonObject *netdev = qmp_object("s:type", "vhost-user", "s:chardev", chardev, NULL);

        build_vhostuser_socket(b, interface, chardev);
        if (def_get(interface, queues, 1) > 1)
                json_object_set_int_member(netdev, "queues", interface->queues);
        return netdev;
}

static JsonObject *vdpa_netdev(Build *b, const DomainInterface *interface)
{
        g_autofree char *id = g_strconcat(interface->info.alias, "-vdpa", NULL), *path = build_file(b, id);
        JsonObject *netdev = qmp_object("s:type", "vhost-vdpa", "s:vhostdev", path, NULL);

        if (def_get(interface, queues, 1) > 1)
                json_object_set_int_member(netdev, "queues", interface->queues);
        return netdev;
}

static int make_netdev(Build *b, const DomainInterface *interface, JsonObject **ret, Error *error)
{
        switch (interface->type) {
        case DOMAIN_INTERFACE_USER:
                *ret = qemu_interface_is_passt(interface) ? passt_netdev(b, interface) : user_netdev(interface);
                return 0;
        case DOMAIN_INTERFACE_VHOSTUSER:
                *ret = vhostuser_netdev(b, interface);
                return 0;
        case DOMAIN_INTERFACE_VDPA:
                *ret = vdpa_netdev(b, interface);
                return 0;
        case DOMAIN_INTERFACE_SERVER:
        case DOMAIN_INTERFACE_CLIENT:
        case DOMAIN_INTERFACE_MCAST:
        case DOMAIN_INTERFACE_UDP:
                if (!interface->rare)
                        return qemu_refuse(b->def, interface, "source", error, "it is missing");
                *ret = socket_netdev(interface);
                return 0;
        case DOMAIN_INTERFACE_BRIDGE:
        case DOMAIN_INTERFACE_ETHERNET:
        case DOMAIN_INTERFACE_DIRECT:
        case DOMAIN_INTERFACE_NETWORK:
                *ret = tap_netdev(b, interface);
                return 0;
        case DOMAIN_INTERFACE_INTERNAL:
        case DOMAIN_INTERFACE_HOSTDEV:
        case DOMAIN_INTERFACE_NULL:
        case DOMAIN_INTERFACE_VDS:
        case _DOMAIN_INTERFACE_MAX:
                break;
        }
        return qemu_refuse(b->def, interface, "@type", error, "interfaces of type '%s' are not supported",
                           strempty(domain_interface_to_string(interface->type)));
}

static void put_multiqueue(const DomainInterface *interface, JsonObject *props)
{
        uint32_t n = def_get(interface, queues, 1);

        if (n <= 1)
                return;
        json_object_set_boolean_member(props, "mq", true);
        json_object_set_int_member(props, "vectors", 2 * n + 2); /* one for each way, control and configuration */
}

static int build_interface(Build *b, const DomainInterface *interface, Error *error)
{
        g_autofree char *id = g_strconcat("host", interface->info.alias, NULL);
        JsonObject *props = NULL, *netdev = NULL;
        int r;

        r = build_check_interface(b, interface, error);
        if (r >= 0 && qemu_interface_is_hostdev(interface))
                return build_interface_hostdev(b, interface, error);
        if (r >= 0)
                r = make_netdev(b, interface, &netdev, error);
        if (r < 0)
                return r;
        json_object_set_string_member(netdev, "id", id);
        build_json(b, "-netdev", netdev);

        r = nic_props(b, interface, &props, error);
        if (r < 0)
                return r;
        put_multiqueue(interface, props);
        json_object_set_string_member(props, "netdev", id);
        if (interface->mac)
                json_object_set_string_member(props, "mac", interface->mac);
        r = build_device(b, interface, &interface->info, props, error);
        if (r < 0)
                return r;
        if (interface->link == DOMAIN_LINK_DOWN)
                build_setup(b, "set_link",
                            qmp_object("s:name", interface->info.alias, "b:up", false, NULL), false);
        return 0;
}

int build_interfaces(Build *b, Error *error)
{
        DEF_FOREACH(interface, b->def->interfaces) {
                int r = build_interface(b, interface, error);

                if (r < 0)
                        return r;
        }
        return 0;
}
