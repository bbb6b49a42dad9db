/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"
#include "drivers/model/net_def.h"

#include <string.h>

/* What has to fit together in an <interface>. */

#define TYPE(t) IS(DOMAIN_INTERFACE_##t)
#define SOCKETS (TYPE(SERVER) | TYPE(CLIENT) | TYPE(MCAST) | TYPE(UDP))

/* What an interface has that says nothing of what is rare. */
static const DomainInterfaceRare *rare_of(const DomainInterface *interface)
{
        static const DomainInterfaceRare nothing;

        return interface->rare ?: &nothing;
}

static bool is_passt(const DomainInterface *interface)
{
        return streq_ptr(interface->backend, "passt");
}

static void check_mac(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (interface->mac && (g_ascii_xdigit_value(interface->mac[1]) & 1))
                checker_fail(checker, ERROR_XML_ERROR, "mac/@address",
                             "expected unicast mac address, found multicast '%s'", interface->mac);
}

static void check_model(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;
        bool vhost_user = interface->type == DOMAIN_INTERFACE_VHOSTUSER;
        bool foreign = interface->model && !is_virtio_model(interface->model);

        if (interface->model && interface->model[strspn(interface->model, "abcdefghijklmnopqrstuvwxyz"
                                                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                          "0123456789-_")])
                checker_fail(checker, ERROR_INVALID_ARG, "model/@type",
                             "Model name contains invalid characters");
        EXPECT_NONE(checker, { vhost_user && foreign, "model/@type",
                               "vhostuser requires the virtio-net* frontend" },
                    { foreign && virtio_is_given(&interface->virtio), "driver",
                      "iommu, ats, packed and page_per_vq are options of virtio devices only" });
}

/* Which attribute of <source> an interface of a type cannot do without. */
static void check_source(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;
        const DomainInterfaceRare *rare = rare_of(interface);
        bool vhost_user = interface->type == DOMAIN_INTERFACE_VHOSTUSER && !is_passt(interface);
        bool sockets = SOCKETS & IS(interface->type), udp = interface->type == DOMAIN_INTERFACE_UDP;
        const struct {
                bool missing;
                const char *attribute;
        } all[] = {
                { interface->type == DOMAIN_INTERFACE_NETWORK && !interface->network, "network" },
                { interface->type == DOMAIN_INTERFACE_BRIDGE && !interface->bridge, "bridge" },
                { (interface->type == DOMAIN_INTERFACE_DIRECT || interface->type == DOMAIN_INTERFACE_VDPA) &&
                  !interface->dev, "dev" },
                { interface->type == DOMAIN_INTERFACE_INTERNAL && !interface->internal, "name" },
                { vhost_user && !rare->socket_type, "type" },
                { vhost_user && !rare->socket, "path" },
                { vhost_user && !rare->socket_mode, "mode" },
                { sockets && !def_is_set(rare, source_port), "port" },
                { sockets && interface->type != DOMAIN_INTERFACE_SERVER && !rare->source_address, "address" },
                { udp && !def_is_set(rare, local_port), "local/@port" },
                { udp && !rare->local_address, "local/@address" },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].missing) {
                        checker_fail(checker, ERROR_XML_ERROR, "source",
                                     "No <source> '%s' attribute specified with <interface type='%s'/>",
                                     all[i].attribute, domain_interface_to_string(interface->type));
                        return;
                }
        if (interface->type == DOMAIN_INTERFACE_HOSTDEV && !rare->host_pci)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "No <source> <address> given for <interface type='hostdev'/>");
        if (vhost_user && streq_ptr(rare->socket_mode, "server") && rare->reconnect &&
            rare->reconnect->enabled == TRISTATE_YES)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source/reconnect",
                             "'reconnect' attribute unsupported 'server' mode for <interface type='vhostuser'>");
}

/* What only interfaces of a few types have. */
static void check_type(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;
        const DomainInterfaceRare *rare = rare_of(interface);
        uint32_t type = IS(interface->type), switched = TYPE(NETWORK) | TYPE(BRIDGE);
        const DomainRate *in = interface->bandwidth ? interface->bandwidth->inbound : NULL;

        EXPECT_NONE(checker, { (rare->host_ips.n > 0 || rare->host_routes.n > 0) && !(type & TYPE(ETHERNET)), "source",
                               "addresses and routes of the host's side are only supported on interfaces of type "
                               "'ethernet'" },
                    { interface->target_managed == TRISTATE_NO && !(type & TYPE(ETHERNET)), "target/@managed",
                      "unmanaged target dev is only supported on interfaces of type 'ethernet'" },
                    { interface->isolated == TRISTATE_YES && !(type & switched), "port/@isolated",
                      "<port isolated='yes'/> is only supported on interfaces of type 'network' and 'bridge'" },
                    { interface->isolated == TRISTATE_YES && rare->virtual_port && rare->virtual_port->type != 0,
                      "port/@isolated", "<port isolated='yes'/> is not supported with a virtualport" },
                    { rare->virtual_port && !(type & (switched | TYPE(DIRECT) | TYPE(HOSTDEV))), "virtualport",
                      "<virtualport> element unsupported for interfaces of this type" },
                    { is_passt(interface) && !(type & (TYPE(USER) | TYPE(VHOSTUSER))), "backend/@type",
                      "The 'passt' backend can only be used with interface type='user' or type='vhostuser'" },
                    { rare->port_forwards.n > 0 && !is_passt(interface), "portForward",
                      "The <portForward> element can only be used with <interface type='user'> and its 'passt' "
                      "backend" },
                    { in && def_is_set(in, floor) && !(type & TYPE(NETWORK)), "bandwidth/inbound/@floor",
                      "a floor is only for interfaces of type 'network'" });
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
        return !word || streq(word, a) || streq(word, b);
}

static void check_driver(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (interface->type != DOMAIN_INTERFACE_HOSTDEV && !is_one_of(interface->driver_name, "qemu", "vhost"))
                checker_fail(checker, ERROR_XML_ERROR, "driver/@name", "Unknown interface <driver name='%s'>",
                             interface->driver_name);
        if (!is_one_of(interface->txmode, "iothread", "timer"))
                checker_fail(checker, ERROR_XML_ERROR, "driver/@txmode", "Unknown interface <driver txmode='%s'>",
                             interface->txmode);
}

static void check_teaming(const void *p, DefChecker *checker)
{
        const DomainInterfaceRare *rare = rare_of(p);
        bool transient = streq_ptr(rare->teaming, "transient");

        EXPECT_NONE(checker, { transient && !rare->teaming_persistent, "teaming",
                               "teaming persistent attribute must be set if teaming type is 'transient'" },
                    { rare->teaming && !transient && rare->teaming_persistent, "teaming/@persistent",
                      "teaming persistent attribute not allowed if teaming type is 'persistent'" });
}

static bool is_power_of_two(uint32_t n)
{
        return n > 0 && (n & (n - 1)) == 0;
}

static void check_queues(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (def_is_set(interface, rx_queue_size) && !is_power_of_two(interface->rx_queue_size))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@rx_queue_size",
                             "rx_queue_size has to be a power of two");
        if (def_is_set(interface, tx_queue_size) && !is_power_of_two(interface->tx_queue_size))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@tx_queue_size",
                             "tx_queue_size has to be a power of two");
}

/* The network that QEMU makes up for a guest: one address of each family. */
#define USER_PREFIX_MIN 4u
#define USER_PREFIX_MAX 27u
#define USER_PREFIX6_MAX 120u

static void check_user_addresses(const DomainInterfaceRare *rare, DefChecker *checker)
{
        unsigned n4 = 0, n6 = 0;

        DEF_FOREACH(ip, rare->ips) {
                bool six = streq_ptr(ip->family, "ipv6");
                uint32_t prefix = def_get(ip, prefix, 0);

                n4 += !six;
                n6 += six;
                EXPECT_NONE(checker, { ip->peer, "ip/@peer", "Invalid attempt to set peer IP for guest" },
                            { n4 > 1, "ip", "only one IPv4 address per interface allowed" },
                            { n6 > 1, "ip", "only one IPv6 address per interface allowed" },
                            { !six && prefix > 0 && (prefix < USER_PREFIX_MIN || prefix > USER_PREFIX_MAX),
                              "ip/@prefix", "invalid prefix, must be in range of 4-27" },
                            { six && prefix > USER_PREFIX6_MAX, "ip/@prefix", "prefix too long" });
        }
}

static void check_qemu(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;
        const DomainInterfaceRare *rare = rare_of(interface);
        uint32_t type = IS(interface->type);
        bool user = interface->type == DOMAIN_INTERFACE_USER, passt = is_passt(interface);
        uint32_t tap = TYPE(NETWORK) | TYPE(BRIDGE) | TYPE(DIRECT) | TYPE(ETHERNET);

        if (!checker_qemu_domain(checker))
                return;
        if (interface->type == DOMAIN_INTERFACE_VHOSTUSER)
                check_shared_memory(checker_qemu_domain(checker), "interface", checker);
        EXPECT_NONE(checker, { rare->routes.n > 0, "route",
                               "Invalid attempt to set network interface guest-side IP route, not supported by QEMU" },
                    { rare->ips.n > 0 && !user && !passt, "ip",
                      "Invalid attempt to set network interface guest-side IP route and/or address info, not supported "
                      "by QEMU" },
                    { def_is_set(interface, mtu) && !passt && !(type & (tap | TYPE(VHOSTUSER) | TYPE(VDPA))), "mtu",
                      "setting MTU is not supported on interfaces of this type" },
                    { def_is_set(rare, coalesce_frames) && !(type & tap), "coalesce",
                      "coalesce settings are not supported on interfaces of this type" },
                    { def_get(interface, queues, 1) > 1 && !(type & (tap | TYPE(VHOSTUSER) | TYPE(VDPA))),
                      "driver/@queues", "Multiqueue network is not supported for interfaces of this type" },
                    { interface->type == DOMAIN_INTERFACE_VDPA && interface->model &&
                      !is_virtio_model(interface->model), "model/@type",
                      "an interface of type 'vdpa' is of a model of virtio" },
                    { type & (TYPE(INTERNAL) | TYPE(VDS)), "@type", "QEMU has no interfaces of this type" });
        if (user)
                check_user_addresses(rare, checker);
}

const DefRule domain_interface_rules[] = {
        { "queues are powers of two", check_queues },
        { "the MAC address is that of one station", check_mac },
        { "the model's name is a name", check_model },
        { "the source suits the type", check_source },
        { "the rest suits the type", check_type },
        { "the driver is one that there is", check_driver },
        { "who stands in for another says for whom", check_teaming },
        { "QEMU can have the interface", check_qemu },
        {},
};
