/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

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
        build_put_number(props, "rx_queue_size", interface, rx_queue_size);
        build_put_number(props, "tx_queue_size", interface, tx_queue_size);
        build_put_number(props, "host_mtu", interface, mtu);
        build_virtio_options(props, &interface->virtio);
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

static int check_interface(Build *b, const DomainInterface *interface, Error *error)
{
        if (interface->type != DOMAIN_INTERFACE_USER)
                return qemu_refuse(b->def, interface, "@type", error,
                                   "interfaces of type '%s' are not supported",
                                   strempty(domain_interface_to_string(interface->type)));
        if (def_get(interface, queues, 1) > 1)
                return qemu_refuse(b->def, interface, "driver/@queues", error,
                                   "the user's network has one queue only");
        if (interface->driver_name && !streq(interface->driver_name, "qemu"))
                return qemu_refuse(b->def, interface, "driver/@name", error,
                                   "the user's network has no '%s'", interface->driver_name);
        if (def_is_set(interface, sndbuf))
                return qemu_refuse(b->def, interface, "tune/sndbuf", error, "the user's network has none");
        if (interface->script)
                return qemu_refuse(b->def, interface, "script", error, "scripts are not supported");
        return 0;
}

static int build_interface(Build *b, const DomainInterface *interface, Error *error)
{
        g_autofree char *netdev = NULL;
        JsonObject *props = NULL;
        int r;

        r = check_interface(b, interface, error);
        if (r < 0)
                return r;
        r = nic_props(b, interface, &props, error);
        if (r < 0)
                return r;

        netdev = g_strconcat("host", interface->info.alias, NULL);
        build_json(b, "-netdev", qmp_object("s:type", "user", "s:id", netdev, NULL));
        json_object_set_string_member(props, "netdev", netdev);
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
