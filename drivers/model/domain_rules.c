/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include "service/base/store.h"

#include <string.h>

/*
 * What several fields must be together, whatever the driver. The sentences are libvirt's where it has one. What depends on
 * a machine or an emulator is the driver's matter.
 */

static void check_name(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        if (strchr(def->name, '/'))
                checker_fail(checker, ERROR_XML_ERROR, "name", "name %s cannot contain '/'", def->name);
        else if (!store_name_is_valid(def->name))
                checker_fail(checker, ERROR_XML_ERROR, "name", "name '%.80s' is not valid", def->name);
}

static void check_vcpus(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;
        uint32_t max = def_get(def, vcpus, 1);
        uint64_t product;

        if (def_is_set(def, vcpus_current) && def->vcpus_current > max)
                checker_fail(checker, ERROR_XML_ERROR, "vcpu",
                             "maxvcpus must not be less than current vcpus (%" PRIu32 " < %" PRIu32 ")", max,
                             def->vcpus_current);
        if (!def->cpu || !def_is_set(def->cpu, sockets))
                return;
        if (__builtin_mul_overflow((uint64_t) def->cpu->sockets * def->cpu->dies, def->cpu->clusters, &product) ||
            __builtin_mul_overflow(product, def->cpu->cores, &product) ||
            __builtin_mul_overflow(product, def->cpu->threads, &product) || product != max)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cpu/topology",
                             "CPU topology doesn't match maximum vcpu count");
}

static void check_lifecycle(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        if (def->on_poweroff >= DOMAIN_LIFECYCLE_COREDUMP_DESTROY)
                checker_fail(checker, ERROR_XML_ERROR, "on_poweroff", "unknown lifecycle action '%s'",
                             domain_lifecycle_to_string(def->on_poweroff));
        if (def->on_reboot >= DOMAIN_LIFECYCLE_COREDUMP_DESTROY)
                checker_fail(checker, ERROR_XML_ERROR, "on_reboot", "unknown lifecycle action '%s'",
                             domain_lifecycle_to_string(def->on_reboot));
}

static void check_boot_order_of(const DomainDef *def, const DomainDevice *device, GHashTable *orders,
                                DefChecker *checker)
{
        if (!def_is_set(device, boot_order))
                return;
        if (def->os.boot.n > 0 && g_hash_table_size(orders) == 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL,
                             "per-device boot elements cannot be used together with os/boot elements");
        if (!g_hash_table_add(orders, GUINT_TO_POINTER(device->boot_order)))
                checker_fail(checker, ERROR_XML_ERROR, NULL,
                             "boot order %" PRIu32 " used for more than one device", device->boot_order);
}

static void check_boot_order(const void *p, DefChecker *checker)
{
        g_autoptr(GHashTable) orders = g_hash_table_new(NULL, NULL);
        const DomainDef *def = p;

        DEF_FOREACH(disk, def->disks)
                check_boot_order_of(def, &disk->info, orders, checker);
        DEF_FOREACH(interface, def->interfaces)
                check_boot_order_of(def, &interface->info, orders, checker);
}

static void check_disk_targets(const void *p, DefChecker *checker)
{
        g_autoptr(GHashTable) targets = g_hash_table_new(g_str_hash, g_str_equal);
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->disks.n; i++)
                if (!g_hash_table_add(targets, (void *) def->disks.items[i]->target)) {
                        g_autofree char *where = g_strdup_printf("devices/disk[%" PRIu32 "]/target/@dev", i + 1);

                        checker_fail(checker, ERROR_XML_ERROR, where, "target '%s' duplicated",
                                     def->disks.items[i]->target);
                }
}

static bool is_same_address(const DomainAddress *a, const DomainAddress *b)
{
        return a && b && a->type == DOMAIN_ADDRESS_DRIVE && b->type == DOMAIN_ADDRESS_DRIVE &&
                a->drive.controller == b->drive.controller && a->drive.bus == b->drive.bus &&
                a->drive.target == b->drive.target && a->drive.unit == b->drive.unit;
}

static void check_drive_addresses(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->disks.n; i++)
                for (uint32_t j = 0; j < i; j++) {
                        const DomainDisk *a = def->disks.items[i], *b = def->disks.items[j];
                        const DomainAddress *address = a->info.address;
                        g_autofree char *where = NULL;

                        if (a->bus != b->bus || !is_same_address(address, b->info.address))
                                continue;
                        where = g_strdup_printf("devices/disk[%" PRIu32 "]/address", i + 1);
                        checker_fail(checker, ERROR_XML_ERROR, where,
                                     "Found duplicate drive address for disk with target name '%s' controller='%"
                                     PRIu32 "' bus='%" PRIu32 "' target='%" PRIu32 "' unit='%" PRIu32 "'",
                                     a->target, address->drive.controller, address->drive.bus,
                                     address->drive.target, address->drive.unit);
                }
}

static void check_controllers(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->controllers.n; i++)
                for (uint32_t j = 0; j < i; j++) {
                        const DomainController *a = def->controllers.items[i], *b = def->controllers.items[j];
                        g_autofree char *where = NULL;

                        /* the companions of a USB 2 controller share its index */
                        if (a->type != b->type || a->type == DOMAIN_CONTROLLER_USB || !def_is_set(a, index) ||
                            !def_is_set(b, index) || a->index != b->index)
                                continue;
                        where = g_strdup_printf("devices/controller[%" PRIu32 "]/@index", i + 1);
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, where,
                                     "Multiple '%s' controllers with index '%" PRIu32 "'",
                                     domain_controller_to_string(a->type), a->index);
                }
}

static void check_videos(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;
        unsigned n = 0;

        DEF_FOREACH(video, def->videos)
                n += video->primary == TRISTATE_YES;
        if (n > 1)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/video",
                             "Only one primary video device is supported");
}

const DefRule domain_rules[] = {
        { "the name can stand for a file", check_name },
        { "virtual CPUs fit the topology", check_vcpus },
        { "core dumps are for crashes", check_lifecycle },
        { "boot order is said in one place and once", check_boot_order },
        { "disks have targets of their own", check_disk_targets },
        { "disks have addresses of their own", check_drive_addresses },
        { "controllers have indexes of their own", check_controllers },
        { "one video device is primary", check_videos },
        {},
};

static void check_disk_bus(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->bus == 0)
                return;
        if (disk->device == DOMAIN_DISK_DEVICE_FLOPPY && disk->bus != DOMAIN_DISK_BUS_FDC)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@bus",
                             "Invalid bus type '%s' for floppy disk", domain_disk_bus_to_string(disk->bus));
        if (disk->device != DOMAIN_DISK_DEVICE_FLOPPY && disk->bus == DOMAIN_DISK_BUS_FDC)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@bus",
                             "Invalid bus type '%s' for disk", domain_disk_bus_to_string(disk->bus));
}

static bool storage_is_empty(const DomainStorage *storage)
{
        switch (storage->type) {
        case DOMAIN_DISK_FILE:
                return !storage->file;
        case DOMAIN_DISK_BLOCK:
        case DOMAIN_DISK_VHOST_VDPA:
                return !storage->dev;
        case DOMAIN_DISK_DIR:
                return !storage->dir;
        case DOMAIN_DISK_NETWORK:
                return !storage->protocol;
        case DOMAIN_DISK_VOLUME:
                return !storage->volume;
        case DOMAIN_DISK_NVME:
        case DOMAIN_DISK_VHOST_USER:
        case _DOMAIN_DISK_TYPE_MAX:
                break;
        }
        return false;
}

static void check_disk_source(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->device != DOMAIN_DISK_DEVICE_DISK && disk->device != DOMAIN_DISK_DEVICE_LUN)
                return;
        if (storage_is_empty(&disk->source))
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing source information for device %s",
                             disk->target);
}

const DefRule domain_disk_rules[] = {
        { "the bus suits the device", check_disk_bus },
        { "what cannot be changed has a source", check_disk_source },
        {},
};

static void check_interface_mac(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (interface->mac && (g_ascii_xdigit_value(interface->mac[1]) & 1))
                checker_fail(checker, ERROR_XML_ERROR, "mac/@address",
                             "expected unicast mac address, found multicast '%s'", interface->mac);
}

static void check_interface_model(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (interface->model && interface->model[strspn(interface->model, "abcdefghijklmnopqrstuvwxyz"
                                                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                          "0123456789-_")])
                checker_fail(checker, ERROR_INVALID_ARG, "model/@type",
                             "Model name contains invalid characters");
}

static void check_interface_source(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (interface->type == DOMAIN_INTERFACE_NETWORK && !interface->network)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "No <source> 'network' attribute specified with <interface type='network'/>");
        if (interface->type == DOMAIN_INTERFACE_BRIDGE && !interface->bridge)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "No <source> 'bridge' attribute specified with <interface type='bridge'/>");
        if (interface->type == DOMAIN_INTERFACE_DIRECT && !interface->dev)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "No <source> 'dev' attribute specified with <interface type='direct'/>");
}

const DefRule domain_interface_rules[] = {
        { "the MAC address is that of one station", check_interface_mac },
        { "the model's name is a name", check_interface_model },
        { "the source suits the type", check_interface_source },
        {},
};

static void check_chardev_source(const void *p, DefChecker *checker)
{
        const DomainChardev *chardev = p;
        bool needs_path = chardev->type == DOMAIN_CHARDEV_DEV || chardev->type == DOMAIN_CHARDEV_FILE ||
                chardev->type == DOMAIN_CHARDEV_PIPE;

        if (needs_path && !chardev->path)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Missing source path attribute for char device");
        if (chardev->type != DOMAIN_CHARDEV_TCP)
                return;
        if (!chardev->host)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Missing source host attribute for char device");
        if (!chardev->service)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Missing source service attribute for char device");
}

const DefRule domain_chardev_rules[] = {
        { "the source suits the type", check_chardev_source },
        {},
};

static void check_graphics_listen(const void *p, DefChecker *checker)
{
        const DomainGraphics *graphics = p;
        const DomainListen *first = graphics->listens.n > 0 ? graphics->listens.items[0] : NULL;

        if (!first || first->type != DOMAIN_LISTEN_ADDRESS || streq_ptr(first->address, graphics->listen))
                return;
        checker_fail(checker, ERROR_XML_ERROR, "@listen",
                     "graphics 'listen' attribute '%s' must match 'address' attribute of first listen element "
                     "(found '%s')", strempty(graphics->listen), strempty(first->address));
}

const DefRule domain_graphics_rules[] = {
        { "both forms of the listen address agree", check_graphics_listen },
        {},
};
