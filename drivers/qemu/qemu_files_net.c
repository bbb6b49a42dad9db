/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_files_net.h"

#include "drivers/qemu/qemu_chain.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_place.h"
#include "drivers/qemu/qemu_tap.h"

static void add_queues(QemuFiles *files, const char *alias, const char *what, const char *path, const int *fds,
                       unsigned n)
{
        for (unsigned i = 0; i < n; i++) {
                g_autofree char *id = g_strdup_printf("%s-%s%u", alias, what, i);

                qemu_files_add(files, QEMU_FILE_FD, id, path, fds[i]);
        }
}

static int open_tap(QemuFiles *files, const DomainInterface *interface, unsigned n, const char *place, Error *error)
{
        const TapConfig config = {
                .name = interface->target,
                .bridge = interface->bridge,
                .mac = interface->mac,
                .mtu = def_get(interface, mtu, 0),
                .n_queues = n,
                .existing = interface->target_managed == TRISTATE_NO,
                .vnet_hdr = qemu_interface_is_virtio(interface),
        };
        g_autofree char *name = NULL;
        int fds[TAP_QUEUES_MAX], r;

        r = tap_open(&config, place, fds, &name, error);
        if (r >= 0)
                add_queues(files, interface->info.alias, "fd", name, fds, n);
        return r;
}

static int open_macvtap(QemuFiles *files, const DomainInterface *interface, unsigned n, const char *place,
                        Error *error)
{
        const MacvtapConfig config = {
                .parent = interface->dev,
                .mode = interface->mode ?: "vepa",
                .name = interface->target,
                .mac = interface->mac,
                .n_queues = n,
                .vnet_hdr = qemu_interface_is_virtio(interface),
        };
        g_autofree char *name = NULL;
        int fds[TAP_QUEUES_MAX], r;

        r = macvtap_open(&config, place, fds, &name, error);
        if (r < 0)
                return r;
        add_queues(files, interface->info.alias, "fd", name, fds, n);
        g_ptr_array_add(files->macvtaps, g_steal_pointer(&name));
        return 0;
}

/* In the kernel packets take a shorter way; who does not ask for it can do without. */
static int open_vhost(QemuFiles *files, const DomainDef *def, const DomainInterface *interface, unsigned n,
                      const char *place, Error *error)
{
        bool asked = streq_ptr(interface->driver_name, "vhost");
        int fds[TAP_QUEUES_MAX], r;

        if (!qemu_interface_is_virtio(interface) ||
            (!asked && (interface->driver_name || def->type != DOMAIN_VIRT_KVM)))
                return 0;
        r = vhost_net_open(n, place, fds, asked ? error : NULL);
        if (r < 0)
                return asked ? r : 0;
        add_queues(files, interface->info.alias, "vhost", "/dev/vhost-net", fds, n);
        return 0;
}

int qemu_files_open_interface(QemuFiles *files, const DomainDef *def, const DomainInterface *interface, Error *error)
{
        g_autofree char *place = qemu_place(def, interface, NULL);
        unsigned n = MAX(def_get(interface, queues, 1), 1u);
        int r;

        if (!qemu_interface_is_tap(interface) || n > TAP_QUEUES_MAX)
                return 0;
        if (interface->type == DOMAIN_INTERFACE_DIRECT)
                r = open_macvtap(files, interface, n, place, error);
        else
                r = open_tap(files, interface, n, place, error);
        return r < 0 ? r : open_vhost(files, def, interface, n, place, error);
}

const char *qemu_files_interface(const QemuFiles *files, const DomainInterface *interface)
{
        g_autofree char *id = g_strconcat(interface->info.alias, "-fd0", NULL);
        const QemuFile *file = qemu_files_find(files, id);

        return file ? file->path : NULL;
}
