/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/qemu/qemu_hostdev.h"

/* Devices of the host that the guest has for itself. */

/* For what the device has beside the guest's memory. */
#define VFIO_EXTRA_KIB ((uint64_t) 1024 * 1024)

static int refuse(Build *b, const DomainHostdev *hostdev, const char *where, Error *error, const char *why)
{
        return qemu_refuse(b->def, hostdev, where, error, "%s", why);
}

static bool has_graphics(const DomainDef *def)
{
        return def->graphics.n > 0;
}

static int check_display(Build *b, const DomainHostdev *hostdev, Error *error)
{
        if (hostdev->display == TRISTATE_ON && !has_graphics(b->def))
                return refuse(b, hostdev, "@display", error, "there is no display that could show it");
        if (hostdev->ramfb == TRISTATE_ON && hostdev->display != TRISTATE_ON)
                return refuse(b, hostdev, "@ramfb", error, "it needs display='on'");
        return 0;
}

/* libvirt allows as much beyond the guest's memory. */
void build_lock_memory(Build *b)
{
        const DomainDef *def = b->def;
        uint64_t bytes = (MAX(def->max_memory, def->memory) + VFIO_EXTRA_KIB) * 1024;

        b->locked_memory = MAX(b->locked_memory, bytes);
}

static int build_pci(Build *b, const DomainHostdev *hostdev, Error *error)
{
        g_autofree char *name = hostdev_pci_name(hostdev->address);

        build_lock_memory(b);
        if (hostdev->driver != 0 && hostdev->driver != DOMAIN_PCI_DRIVER_VFIO)
                return refuse(b, hostdev, "driver/@name", error, "devices are given to guests by 'vfio' only");
        return build_device(b, hostdev, &hostdev->info,
                            qmp_object("s:driver", "vfio-pci", "s:host", name, "s:failover_pair_id",
                                       hostdev->teaming_persistent, NULL),
                            error);
}

int build_interface_hostdev(Build *b, const DomainInterface *interface, Error *error)
{
        const DomainInterfaceRare *rare = interface->rare;
        g_autofree char *name = hostdev_interface_name(interface);

        build_lock_memory(b);
        return build_device(b, interface, &interface->info,
                            qmp_object("s:driver", "vfio-pci", "s:host", name, "s:failover_pair_id",
                                       rare->teaming_persistent, NULL),
                            error);
}

static int build_mdev(Build *b, const DomainHostdev *hostdev, Error *error)
{
        g_autofree char *path = hostdev_mdev_path(hostdev->address);
        bool ramfb = hostdev->ramfb == TRISTATE_ON;
        JsonObject *props;
        int r = check_display(b, hostdev, error);

        if (r < 0)
                return r;
        props = qmp_object("s:driver", ramfb ? "vfio-pci-nohotplug" : hostdev->model, "s:sysfsdev", path, NULL);
        build_lock_memory(b);
        build_put_on_off(props, "display", hostdev->display);
        if (ramfb)
                json_object_set_boolean_member(props, "ramfb", true);
        return build_device(b, hostdev, &hostdev->info, props, error);
}

/* What happens to the device when the guest resets it. */
static void put_guest_reset(const DomainHostdev *hostdev, JsonObject *props)
{
        const char *reset = hostdev->guest_reset;

        if (!reset)
                return;
        json_object_set_boolean_member(props, "guest-reset", !streq(reset, "off"));
        if (!streq(reset, "off"))
                json_object_set_boolean_member(props, "guest-resets-all", streq(reset, "on"));
}

static int build_usb(Build *b, const DomainHostdev *hostdev, Error *error)
{
        g_autofree char *path = NULL;
        JsonObject *props;

        if (!def_is_set(hostdev, vendor) && !hostdev->address)
                return refuse(b, hostdev, "source", error, "vendor and product, or an address are needed");
        /* one that need not be there is not */
        if (hostdev->startup_policy == DOMAIN_STARTUP_POLICY_OPTIONAL && b->files &&
            !qemu_files_find(b->files, hostdev->info.alias))
                return 0;
        path = build_file(b, hostdev->info.alias);
        props = qmp_object("s:driver", "usb-host", "s:hostdevice", path, NULL);
        put_guest_reset(hostdev, props);
        return build_device(b, hostdev, &hostdev->info, props, error);
}

/* -- SCSI ---------------------------------------------------------------------------------------------------- */

static JsonObject *iscsi_node(Build *b, const DomainHostdev *hostdev)
{
        g_autofree char *id = hostdev->auth ? qemu_hostdev_secret_id(hostdev) : NULL;
        JsonObject *node = build_iscsi_node(hostdev->hosts.items[0], hostdev->name, hostdev->initiator);

        if (!hostdev->auth)
                return node;
        build_secret_object(b, id);
        json_object_set_string_member(node, "user", hostdev->auth->username);
        json_object_set_string_member(node, "password-secret", id);
        return node;
}

static int check_iscsi(Build *b, const DomainHostdev *hostdev, Error *error)
{
        if (!qemu_caps_has(b->caps, QEMU_FEATURE_ISCSI_BLOCKDEV))
                return qemu_refuse(b->def, hostdev, "source/@protocol", error, "%s was built without iSCSI",
                                   qemu_caps_binary(b->caps));
        if (hostdev->hosts.n != 1 || !hostdev->hosts.items[0]->name)
                return refuse(b, hostdev, "source/host", error, "one server is needed");
        return 0;
}

static int put_scsi_node(Build *b, const DomainHostdev *hostdev, const char *node, Error *error)
{
        bool iscsi = hostdev->protocol == DOMAIN_PROTOCOL_ISCSI;
        g_autofree char *path = NULL;
        JsonObject *object;
        int r = iscsi ? check_iscsi(b, hostdev, error) : 0;

        if (r < 0)
                return r;
        if (iscsi)
                object = iscsi_node(b, hostdev);
        else {
                path = build_file(b, hostdev->info.alias);
                object = qmp_object("s:driver", "host_device", "s:filename", path, NULL);
        }
        json_object_set_string_member(object, "node-name", node);
        json_object_set_boolean_member(object, "read-only", hostdev->readonly);
        build_json(b, "-blockdev", object);
        return 0;
}

static int build_scsi(Build *b, const DomainHostdev *hostdev, Error *error)
{
        const DomainAddress *address = hostdev->info.address;
        bool drive = address && address->type == DOMAIN_ADDRESS_DRIVE;
        const DomainController *controller =
                drive ? build_controller(b, DOMAIN_CONTROLLER_SCSI, address->drive.controller) : NULL;
        g_autofree char *node = g_strconcat(hostdev->info.alias, "-backend", NULL), *bus = NULL;
        JsonObject *props;
        int r;

        if (!controller || !controller->info.alias)
                return refuse(b, hostdev, "address", error, "there is no SCSI controller for it");
        r = put_scsi_node(b, hostdev, node, error);
        if (r < 0)
                return r;
        bus = g_strconcat(controller->info.alias, ".0", NULL);
        props = qmp_object("s:driver", "scsi-generic", "s:drive", node, "s:bus", bus, NULL);
        if (build_controller_is_narrow(controller))
                json_object_set_int_member(props, "scsi-id", address->drive.unit);
        else {
                json_object_set_int_member(props, "channel", address->drive.bus);
                json_object_set_int_member(props, "scsi-id", address->drive.target);
                json_object_set_int_member(props, "lun", address->drive.unit);
        }
        return build_device(b, hostdev, &hostdev->info, props, error);
}

static int build_vhost_scsi(Build *b, const DomainHostdev *hostdev, Error *error)
{
        g_autofree char *driver = NULL, *fd = NULL;
        int r;

        if (!streq_ptr(hostdev->host_protocol, "vhost") || !hostdev->wwpn)
                return refuse(b, hostdev, "source", error, "the protocol 'vhost' and a WWPN are needed");
        r = build_virtio_driver(b, hostdev, "vhost-scsi", hostdev->model, &driver, error);
        if (r < 0)
                return r;
        fd = build_file(b, hostdev->info.alias);
        return build_device(b, hostdev, &hostdev->info,
                            qmp_object("s:driver", driver, "s:wwpn", hostdev->wwpn, "s:vhostfd", fd, NULL), error);
}

static int build_hostdev(Build *b, const DomainHostdev *hostdev, Error *error)
{
        if (hostdev->teaming && (hostdev->type != DOMAIN_HOSTDEV_PCI || !streq(hostdev->teaming, "transient")))
                return refuse(b, hostdev, "teaming", error, "a PCI device is the part of a team that comes and goes");
        switch (hostdev->type) {
        case DOMAIN_HOSTDEV_PCI:
                return build_pci(b, hostdev, error);
        case DOMAIN_HOSTDEV_MDEV:
                return build_mdev(b, hostdev, error);
        case DOMAIN_HOSTDEV_USB:
                return build_usb(b, hostdev, error);
        case DOMAIN_HOSTDEV_SCSI:
                return build_scsi(b, hostdev, error);
        case DOMAIN_HOSTDEV_SCSI_HOST:
                return build_vhost_scsi(b, hostdev, error);
        case DOMAIN_HOSTDEV_STORAGE:
        case DOMAIN_HOSTDEV_MISC:
        case DOMAIN_HOSTDEV_NET:
        case _DOMAIN_HOSTDEV_MAX:
                break;
        }
        return refuse(b, hostdev, "@mode", error, "only containers have 'capabilities'");
}

int build_hostdevs(Build *b, Error *error)
{
        DEF_FOREACH(hostdev, b->def->hostdevs) {
                int r = build_hostdev(b, hostdev, error);

                if (r < 0)
                        return r;
        }
        return 0;
}
