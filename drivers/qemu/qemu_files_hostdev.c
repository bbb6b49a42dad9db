/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_device.h"

#include "drivers/model/net_def.h"
#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_hostdev.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_loan.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_open.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qemu_vf.h"

typedef struct Lender {
        QemuFiles *files;
        const DomainDef *def;
        const QemuFilesConfig *config;
        const char *root;
        QemuLoans *loans;
        const DomainHostdev *hostdev;
        char *place; /* of hostdev */
} Lender;

static void lender_clear(Lender *l)
{
        qemu_loans_free(l->loans);
        g_free(l->place);
}

/* The file's path is the host's; that is also what QEMU is told of one that it opens by itself. */
static int open_node(const Lender *l, const char *node, int flags, int *ret_fd, Error *error)
{
        g_autofree char *path = g_strconcat(l->root, node, NULL);

        return qemu_open(path, OPEN_CHARACTER, flags, l->place, ret_fd, NULL, error);
}

static int open_node_for_user(Lender *l, const char *node, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        int r = open_node(l, node, O_RDWR, &fd, error);

        return r < 0 ? r : qemu_loans_grant(l->loans, fd, node, l->place, error);
}

static int claim(Lender *l, const char *kind, const char *name, Error *error)
{
        g_autofree char *key = g_strdup_printf("%s-%s", kind, name);

        return qemu_loans_claim(l->loans, key, l->place, error);
}

/* QEMU opens the group by itself, and its container, which is everybody's where the host has the usual rules. */
static int open_group(Lender *l, const char *directory, Error *error)
{
        g_autofree char *group = NULL, *node = NULL;
        int r = hostdev_find_group(l->root, directory, l->place, &group, error);

        if (r < 0)
                return r;
        node = g_strconcat("/dev/vfio/", group, NULL);
        r = open_node_for_user(l, "/dev/vfio/vfio", error);
        return r < 0 ? r : open_node_for_user(l, node, error);
}

static int open_pci(Lender *l, const char *name, Tristate managed, Error *error)
{
        g_autofree char *directory = g_strconcat("/sys/bus/pci/devices/", name, NULL), *group = NULL;
        int r;

        /* before the host's driver is told to let go of it */
        r = hostdev_find_group(l->root, directory, l->place, &group, error);
        if (r >= 0)
                r = qemu_loans_take_pci(l->loans, name, managed == TRISTATE_YES, l->place, error);
        return r < 0 ? r : open_group(l, directory, error);
}

static int open_hostdev_pci(Lender *l, Error *error)
{
        g_autofree char *name = hostdev_pci_name(l->hostdev->address);

        return open_pci(l, name, l->hostdev->managed, error);
}

/* 802.1Qbg and Qbh are spoken with the switch behind the card. */
static int check_port(const Lender *l, const DomainInterface *interface, Error *error)
{
        const NetVirtualPort *port = interface->rare->virtual_port;

        if (!port || port->type == 0 || port->type == NET_VIRTUAL_PORT_NONE)
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                         "%s/virtualport: no daemon of the host (lldpad) is asked to speak with the switch behind the "
                         "card", l->place);
}

/* The card is told before QEMU has its function, and told again when that is given back. */
static int open_interface(Lender *l, const DomainInterface *interface, Error *error)
{
        g_autofree char *name = hostdev_interface_name(interface), *card = NULL;
        uint32_t number;
        /* before the host's driver is told to let go of what is none */
        int r = check_port(l, interface, error);

        if (r >= 0)
                r = vf_find(l->root, name, l->place, &card, &number, error);
        if (r >= 0)
                r = open_pci(l, name, interface->managed, error);
        return r < 0 ? r : qemu_loans_set_vf(l->loans, name, interface, l->place, error);
}

static int open_nvme(Lender *l, const DomainStorage *source, Error *error)
{
        g_autofree char *name = hostdev_nvme_name(source->nvme);

        return open_pci(l, name, source->managed, error);
}

static int open_mdev(Lender *l, Error *error)
{
        g_autofree char *path = hostdev_mdev_path(l->hostdev->address);
        int r = claim(l, "mdev", l->hostdev->address->uuid, error);

        return r < 0 ? r : open_group(l, path, error);
}

/* One that need not be there is left out. */
static bool may_be_missing(const DomainHostdev *hostdev)
{
        return hostdev->startup_policy == DOMAIN_STARTUP_POLICY_OPTIONAL;
}

static int open_usb(Lender *l, Error *error)
{
        _cleanup_error_ Error why = ERROR_INIT;
        g_autofree char *node = NULL, *name = NULL;
        uint32_t bus = 0, device = 0;
        int fd, r;

        r = hostdev_find_usb(l->root, l->hostdev, l->place, &bus, &device, &why);
        if (r == -ENODEV && may_be_missing(l->hostdev))
                return 0;
        if (r < 0) {
                error_move(error, &why);
                return r;
        }
        name = g_strdup_printf("%03u:%03u", bus, device);
        node = g_strdup_printf("/dev/bus/usb/%03u/%03u", bus, device);
        r = claim(l, "usb", name, error);
        if (r >= 0)
                r = open_node(l, node, O_RDWR, &fd, error);
        if (r >= 0)
                qemu_files_add(l->files, QEMU_FILE_SET, l->hostdev->info.alias, node, fd);
        return r;
}

/* QEMU must see by its path that it is a generic SCSI device, so it opens it by itself. */
static int open_sg(Lender *l, Error *error)
{
        const DomainHostdev *hostdev = l->hostdev;
        g_autofree char *node = NULL, *name = NULL;
        int r = hostdev_find_sg(l->root, hostdev, l->place, &node, error);

        if (r < 0)
                return r;
        name = g_path_get_basename(node);
        r = hostdev->shareable ? 0 : claim(l, "scsi", name, error);
        if (r >= 0)
                r = open_node_for_user(l, node, error);
        if (r >= 0)
                qemu_files_add(l->files, QEMU_FILE_SHOWN, hostdev->info.alias, node, -EBADF);
        return r;
}

static int open_vhost_scsi(Lender *l, Error *error)
{
        int fd, r = claim(l, "vhost-scsi", strempty(l->hostdev->wwpn), error);

        if (r >= 0)
                r = open_node(l, "/dev/vhost-scsi", O_RDWR, &fd, error);
        if (r >= 0)
                qemu_files_add(l->files, QEMU_FILE_FD, l->hostdev->info.alias, "/dev/vhost-scsi", fd);
        return r;
}

static int open_hostdev(Lender *l, Error *error)
{
        switch (l->hostdev->type) {
        case DOMAIN_HOSTDEV_PCI:
                return open_hostdev_pci(l, error);
        case DOMAIN_HOSTDEV_MDEV:
                return open_mdev(l, error);
        case DOMAIN_HOSTDEV_USB:
                return open_usb(l, error);
        case DOMAIN_HOSTDEV_SCSI:
                return l->hostdev->protocol == DOMAIN_PROTOCOL_ISCSI ? 0 : open_sg(l, error);
        case DOMAIN_HOSTDEV_SCSI_HOST:
                return open_vhost_scsi(l, error);
        case DOMAIN_HOSTDEV_STORAGE:
        case DOMAIN_HOSTDEV_MISC:
        case DOMAIN_HOSTDEV_NET:
        case _DOMAIN_HOSTDEV_MAX:
                break;
        }
        return 0;
}

static int lend_to(Lender *l, const void *item, const DomainDevice *info, Error *error)
{
        int r = l->loans ? 0 : qemu_loans_open(l->root, l->config->run_dir, l->config->uid, &l->loans, error);

        g_free(l->place);
        l->place = qemu_place(l->def, item, NULL);
        return r < 0 ? r : qemu_loans_serve(l->loans, strempty(info->alias), error);
}

/* Disks that share a controller share its loan. */
static int open_disk(Lender *l, const DomainDisk *disk, Error *error)
{
        QemuLayerDef layer;
        int r = 0;

        for (size_t i = 0; r >= 0 && qemu_layer_def(disk, i, &layer); i++) {
                if (layer.source->type != DOMAIN_DISK_NVME)
                        continue;
                r = lend_to(l, disk, &disk->info, error);
                if (r >= 0)
                        r = open_nvme(l, layer.source, error);
        }
        return r;
}

int qemu_files_open_hostdevs(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error)
{
        _cleanup_(lender_clear) Lender l = {
                .files = files, .def = def, .config = config, .root = strempty(config->root),
        };
        int r = 0;

        for (uint32_t i = 0; r >= 0 && i < def->disks.n; i++)
                r = open_disk(&l, def->disks.items[i], error);
        for (uint32_t i = 0; r >= 0 && i < def->interfaces.n; i++) {
                const DomainInterface *interface = def->interfaces.items[i];

                if (!qemu_interface_is_hostdev(interface))
                        continue;
                r = lend_to(&l, interface, &interface->info, error);
                if (r >= 0)
                        r = open_interface(&l, interface, error);
        }
        for (uint32_t i = 0; r >= 0 && i < def->hostdevs.n; i++) {
                l.hostdev = def->hostdevs.items[i];
                r = lend_to(&l, l.hostdev, &l.hostdev->info, error);
                if (r >= 0)
                        r = open_hostdev(&l, error);
        }
        return r;
}
