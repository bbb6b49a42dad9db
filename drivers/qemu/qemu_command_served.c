/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/*
 * Disks that another program serves, by the protocol vhost-user: it has the guest's memory and does what the guest asks
 * for, so there is no image and nothing to be set here but how the device looks.
 */

static int check_served(Build *b, const DomainDisk *disk, Error *error)
{
        const struct {
                bool wrong;
                const char *where;
                const char *why;
        } all[] = {
                { !disk->source.path, "source/@path", "it is missing" },
                { disk->bus != DOMAIN_DISK_BUS_VIRTIO || disk->device != DOMAIN_DISK_DEVICE_DISK, "target/@bus",
                  "it can only be a disk on the bus 'virtio'" },
                { !build_memory_is_shared(b->def), "@type",
                  "it needs memory that is shared: <memoryBacking> with <access mode='shared'/>" },
                { disk->format && !streq(disk->format, "raw"), "driver/@type", "the program alone knows the format" },
                { disk->readonly, "readonly", "the program alone says what may be written" },
                { disk->transient, "transient", "the program alone writes" },
                { disk->iotune || disk->throttle_filters.n > 0, "iotune",
                  "QEMU does not see what is read and written" },
                { disk->copy_on_read == TRISTATE_ON, "driver/@copy_on_read", "QEMU does not see what is read" },
                { disk->serial || disk->wwn, "serial", "the program alone gives numbers" },
                { disk->blockio || disk->geometry, "blockio", "the program alone says how large blocks are" },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].wrong)
                        return qemu_refuse(b->def, disk, all[i].where, error, "%s", all[i].why);
        return 0;
}

/* One that QEMU connects again to is named, as seen from its directory. */
static void put_socket(Build *b, const DomainDisk *disk, const char *chardev)
{
        g_autofree char *id = qemu_disk_socket_id(disk), *socket = build_file(b, id);
        g_autofree char *name = g_path_get_basename(disk->source.path), *escaped = build_escape(name);
        g_autoptr(GString) again = g_string_new(NULL);

        if (qemu_disk_reconnects(disk)) {
                build_put_reconnect(b, again, disk->source.reconnect);
                build_argf(b, "-chardev", "socket,id=%s,path=%s/%s%s", chardev, socket, escaped, again->str);
        } else
                build_argf(b, "-chardev", "socket,id=%s,%s=%s", chardev, socket[0] == '/' ? "path" : "fd", socket);
}

int build_served_disk(Build *b, const DomainDisk *disk, Error *error)
{
        g_autofree char *chardev = g_strconcat("chr-vu-", disk->info.alias, NULL), *driver = NULL;
        JsonObject *props;
        int r = check_served(b, disk, error);

        if (r >= 0)
                r = build_virtio_driver(b, disk, "vhost-user-blk", disk->model, &driver, error);
        if (r < 0)
                return r;
        put_socket(b, disk, chardev);
        props = qmp_object("s:driver", driver, "s:chardev", chardev, NULL);
        build_put_number(props, "num-queues", disk, queues);
        build_put_number(props, "queue-size", disk, queue_size);
        build_virtio_options(props, &disk->virtio);
        return build_device(b, disk, &disk->info, props, error);
}
