/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/model/ip_address.h"
#include "drivers/model/net_def.h"
#include "drivers/qemu/qemu_tap.h"

/* What QEMU, the host or this driver cannot do of an interface, each with the reason. */

/* Something that the definition says, where, and why it cannot be. */
typedef struct Refusal {
        bool given;
        const char *where, *why;
} Refusal;

static int check_all(Build *b, const DomainInterface *interface, const Refusal *all, size_t n, Error *error)
{
        for (size_t i = 0; i < n; i++)
                if (all[i].given)
                        return qemu_refuse(b->def, interface, all[i].where, error, "%s", all[i].why);
        return 0;
}

static int check_types(Build *b, const DomainInterface *interface, Error *error)
{
        const char *why = NULL;

        switch (interface->type) {
        case DOMAIN_INTERFACE_NETWORK:
                if (!interface->bridge && !interface->dev)
                        return qemu_refuse(b->def, interface, "source/@network", error,
                                           "the network '%s' has no bridge that is known here",
                                           strempty(interface->network));
                return 0;
        case DOMAIN_INTERFACE_INTERNAL:
                why = "networks of the hypervisor's own are those of others than QEMU";
                break;
        case DOMAIN_INTERFACE_NULL:
                why = "QEMU has no card that is plugged into nothing: <link state='down'/> is its like";
                break;
        case DOMAIN_INTERFACE_VDS:
                why = "distributed switches are those of VMware";
                break;
        case DOMAIN_INTERFACE_USER:
        case DOMAIN_INTERFACE_ETHERNET:
        case DOMAIN_INTERFACE_VHOSTUSER:
        case DOMAIN_INTERFACE_SERVER:
        case DOMAIN_INTERFACE_CLIENT:
        case DOMAIN_INTERFACE_MCAST:
        case DOMAIN_INTERFACE_BRIDGE:
        case DOMAIN_INTERFACE_DIRECT:
        case DOMAIN_INTERFACE_HOSTDEV:
        case DOMAIN_INTERFACE_UDP:
        case DOMAIN_INTERFACE_VDPA:
        case _DOMAIN_INTERFACE_MAX:
                break;
        }
        return why ? qemu_refuse(b->def, interface, "@type", error, "%s", why) : 0;
}

/* Queues are what a card shares with a device of the host, or with another process. */
static bool has_queues(const DomainInterface *interface)
{
        return qemu_interface_is_tap(interface) || interface->type == DOMAIN_INTERFACE_VHOSTUSER ||
               interface->type == DOMAIN_INTERFACE_VDPA;
}

static int check_queues(Build *b, const DomainInterface *interface, Error *error)
{
        uint32_t n = def_get(interface, queues, 1);

        if (n > 1 && !has_queues(interface))
                return qemu_refuse(b->def, interface, "driver/@queues", error, "interfaces of type '%s' have one queue",
                                   domain_interface_to_string(interface->type));
        if (n > TAP_QUEUES_MAX)
                return qemu_refuse(b->def, interface, "driver/@queues", error, "there can be at most %u",
                                   TAP_QUEUES_MAX);
        if (n > 1 && !qemu_interface_is_virtio(interface))
                return qemu_refuse(b->def, interface, "driver/@queues", error, "the model '%s' has one queue",
                                   strempty(interface->model));
        return 0;
}

/* 224.0.0.0/4 or ff00::/8 (RFC 5771, RFC 4291). */
static bool is_multicast(const char *address)
{
        IpAddress parsed;

        return address && ip_address_parse(address, &parsed) >= 0 &&
               (parsed.v6 ? parsed.bytes[0] == 0xff : parsed.bytes[0] >> 4 == 0xe);
}

/* What is done to the link on the host's side needs one that we have made. */
static int check_link(Build *b, const DomainInterface *interface, Error *error)
{
        static const DomainInterfaceRare none = {};
        const DomainInterfaceRare *rare = interface->rare ?: &none;
        bool tap = qemu_interface_is_tap(interface), direct = qemu_interface_is_direct(interface);
        bool ethernet = interface->type == DOMAIN_INTERFACE_ETHERNET, made = tap && !direct;
        bool hostdev = qemu_interface_is_hostdev(interface);
        const Refusal all[] = {
                { interface->type == DOMAIN_INTERFACE_MCAST && !is_multicast(rare->source_address), "source/@address",
                  "it is no address of a group" },
                { interface->type == DOMAIN_INTERFACE_BRIDGE && !interface->bridge, "source/@bridge", "it is missing" },
                { direct && !interface->dev, "source/@dev", "it is missing" },
                { rare->host_ips.n > 0 && !ethernet, "source/ip",
                  "only interfaces of type 'ethernet' have addresses of the host" },
                { rare->host_routes.n > 0 && !ethernet, "source/route",
                  "only interfaces of type 'ethernet' have routes of the host" },
                { interface->script && !ethernet, "script", "only interfaces of type 'ethernet' have scripts" },
                { rare->downscript && !ethernet, "downscript", "only interfaces of type 'ethernet' have scripts" },
                { interface->isolated == TRISTATE_YES && !interface->bridge, "port/@isolated",
                  "only ports of bridges can be isolated" },
                { rare->vlan && rare->vlan->tags.n > 0 && !interface->bridge && !hostdev, "vlan",
                  "only ports of bridges and cards of the host have VLANs" },
                { rare->coalesce_frames > 0 && !made, "coalesce", "only tap devices can do it" },
                { interface->bandwidth && !tap, "bandwidth",
                  "only traffic through a device of the host can be limited" },
                { interface->bandwidth && interface->bandwidth->inbound && interface->bandwidth->inbound->floor > 0,
                  "bandwidth/inbound/@floor",
                  "rates are not guaranteed here" },
                { def_is_set(interface, sndbuf) && !tap, "tune/sndbuf", "only tap devices have it" },
                { rare->backend_tap && !made, "backend/@tap", "only tap devices have it" },
                { rare->backend_vhost && !tap, "backend/@vhost", "only tap devices have it" },
        };

        return check_all(b, interface, all, ELEMENTSOF(all), error);
}

/* What a virtual function of a card can be told is little. */
static int check_hostdev(Build *b, const DomainInterface *interface, Error *error)
{
        static const DomainInterfaceRare none = {};
        const DomainInterfaceRare *rare = interface->rare ?: &none;
        const NetVlan *vlan = rare->vlan;
        const Refusal all[] = {
                { !rare->host_pci, "source/address", "it is missing" },
                { interface->driver_name && !streq(interface->driver_name, "vfio"), "driver/@name",
                  "devices are given to guests by 'vfio' only" },
                { vlan && (vlan->trunk == TRISTATE_YES || vlan->tags.n > 1), "vlan",
                  "a virtual function has one VLAN, and no trunk" },
                { vlan && vlan->tags.n == 1 && vlan->tags.items[0]->native_mode != 0, "vlan/tag/@nativeMode",
                  "a virtual function has one VLAN, and no trunk" },
                { interface->mtu > 0, "mtu", "the guest sets that of a card of its own" },
                { rare->teaming && !streq(rare->teaming, "transient"), "teaming/@type",
                  "a card of the host is the part of a team that comes and goes" },
        };

        return qemu_interface_is_hostdev(interface) ? check_all(b, interface, all, ELEMENTSOF(all), error) : 0;
}

static int check_passt(Build *b, const DomainInterface *interface, Error *error)
{
        static const DomainInterfaceRare none = {};
        const DomainInterfaceRare *rare = interface->rare ?: &none;
        bool passt = qemu_interface_is_passt(interface);
        const Refusal all[] = {
                { passt && interface->type != DOMAIN_INTERFACE_USER, "backend/@type",
                  "with 'passt' packets go over a stream: it takes an interface of type 'user'" },
                { passt && qemu_caps_version(b->caps) < 7002000, "backend/@type", "this takes QEMU 7.2" },
                { rare->port_forwards.n > 0 && !passt, "portForward", "only <backend type='passt'/> forwards ports" },
                { rare->backend_log && !passt, "backend/@logFile", "only 'passt' has a log" },
                { rare->backend_hostname || rare->backend_fqdn, "backend/@hostname",
                  "passt as it is here has no names of guests" },
                { interface->type == DOMAIN_INTERFACE_USER && interface->dev && !passt, "source/@dev",
                  "only <backend type='passt'/> chooses an interface" },
                { rare->ips.n > 0 && interface->type != DOMAIN_INTERFACE_USER, "ip",
                  "only containers have their addresses set" },
                { rare->routes.n > 0, "route", "only containers have their routes set" },
        };

        return check_all(b, interface, all, ELEMENTSOF(all), error);
}

static int check_rest(Build *b, const DomainInterface *interface, Error *error)
{
        static const DomainInterfaceRare none = {};
        const DomainInterfaceRare *rare = interface->rare ?: &none;
        const char *port = rare->virtual_port ? net_virtual_port_refusal(rare->virtual_port->type) : NULL;
        bool hostdev = qemu_interface_is_hostdev(interface), virtio = qemu_interface_is_virtio(interface) && !hostdev;
        const Refusal all[] = {
                        {port != NULL && !hostdev, "virtualport/@type", port},
                        {rare->backend_domain != NULL, "backenddomain", "only Xen has such domains"},
                        {rare->guest_dev != NULL, "guest/@dev", "only containers have their interfaces named"},
                        {interface->rss != TRISTATE_ABSENT && !virtio, "driver/@rss", "only virtio has it"},
                        {interface->rss_hash_report != TRISTATE_ABSENT && !virtio, "driver/@rss_hash_report",
                         "only virtio has it"},
                        {streq_ptr(rare->teaming, "transient") && !hostdev, "teaming/@type",
                         "only a card of the host comes and goes"},
                        {rare->teaming && !virtio && !hostdev, "teaming", "only virtio can stand in"},
        };

        return check_all(b, interface, all, ELEMENTSOF(all), error);
}

int build_check_interface(Build *b, const DomainInterface *interface, Error *error)
{
        static int (*const checks[])(Build *, const DomainInterface *, Error *) = {
                check_types, check_queues, check_link, check_hostdev, check_passt, check_rest,
        };

        for (size_t i = 0; i < ELEMENTSOF(checks); i++) {
                int r = checks[i](b, interface, error);

                if (r < 0)
                        return r;
        }
        return 0;
}
