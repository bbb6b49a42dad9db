/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include "service/base/store.h"

#include <string.h>

/*
 * What several fields must be together, whatever the driver. The sentences are libvirt's where it has one.
 * What depends on a machine or an emulator is the driver's matter.
 */

#define XHCI_PORTS 15u

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
        if (__builtin_mul_overflow((uint64_t) def->cpu->sockets * def->cpu->dies, def->cpu->clusters,
                                   &product) ||
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
                        g_autofree char *where =
                                        g_strdup_printf("devices/disk[%" PRIu32 "]/target/@dev", i + 1);

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
                                     "Found duplicate drive address for disk with target name '%s' "
                                     "controller='%" PRIu32 "' bus='%" PRIu32 "' target='%" PRIu32
                                     "' unit='%" PRIu32 "'",
                                     a->target, address->drive.controller, address->drive.bus,
                                     address->drive.target, address->drive.unit);
                }
}

static void check_controllers(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->controllers.n; i++)
                for (uint32_t j = 0; j < i; j++) {
                        const DomainController *a = def->controllers.items[i],
                                               *b = def->controllers.items[j];
                        g_autofree char *where = NULL;

                        /* the companions of a USB 2 controller share its index */
                        if (a->type != b->type || a->type == DOMAIN_CONTROLLER_USB ||
                            !def_is_set(a, index) || !def_is_set(b, index) || a->index != b->index)
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

static void check_firmware(const void *p, DefChecker *checker)
{
        const DomainOs *os = &((const DomainDef *) p)->os;

        if (os->firmware == DOMAIN_FIRMWARE_BIOS && (os->nvram || os->nvram_template))
                checker_fail(checker, ERROR_XML_DETAIL, "os/nvram",
                             "firmware type 'bios' does not support nvram");
        if (os->loader_stateless == TRISTATE_YES && os->nvram_template)
                checker_fail(checker, ERROR_XML_DETAIL, "os/nvram/@template",
                             "NVRAM template is not permitted when loader is stateless");
        if (os->loader_stateless == TRISTATE_YES && os->nvram)
                checker_fail(checker, ERROR_XML_DETAIL, "os/nvram",
                             "NVRAM is not permitted when loader is stateless");
}

static void check_graphics_types(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;
        bool headless = false, reachable = false;

        DEF_FOREACH(graphics, def->graphics) {
                headless |= graphics->type == DOMAIN_GRAPHICS_EGL_HEADLESS;
                reachable |= graphics->type == DOMAIN_GRAPHICS_VNC ||
                             graphics->type == DOMAIN_GRAPHICS_SPICE;
        }
        if (headless && !reachable && def->graphics.n > 1)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/graphics",
                             "graphics type 'egl-headless' is only supported with one of: 'vnc', 'spice' "
                             "graphics types");
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
        { "firmware and its memory agree", check_firmware },
        { "who renders is seen by somebody", check_graphics_types },
        {},
};

static bool is_model_of(DomainControllerType type, DomainControllerModel model)
{
        static const struct {
                DomainControllerType type;
                DomainControllerModel first;
                DomainControllerModel last;
        } ranges[] = {
                { DOMAIN_CONTROLLER_SCSI, DOMAIN_CONTROLLER_MODEL_AUTO, DOMAIN_CONTROLLER_MODEL_AM53C974 },
                { DOMAIN_CONTROLLER_SCSI, DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL,
                  DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL },
                { DOMAIN_CONTROLLER_VIRTIO_SERIAL, DOMAIN_CONTROLLER_MODEL_VIRTIO,
                  DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL },
                { DOMAIN_CONTROLLER_USB, DOMAIN_CONTROLLER_MODEL_PIIX3_UHCI, DOMAIN_CONTROLLER_MODEL_NONE },
                { DOMAIN_CONTROLLER_IDE, DOMAIN_CONTROLLER_MODEL_PIIX3, DOMAIN_CONTROLLER_MODEL_ICH6 },
                { DOMAIN_CONTROLLER_PCI, DOMAIN_CONTROLLER_MODEL_PCI_ROOT,
                  DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS },
        };

        for (unsigned i = 0; i < ELEMENTSOF(ranges); i++)
                if (ranges[i].type == type && model >= ranges[i].first && model <= ranges[i].last)
                        return true;
        return false;
}

static void check_controller_model(const void *p, DefChecker *checker)
{
        const DomainController *controller = p;

        if (controller->model != 0 && !is_model_of(controller->type, controller->model))
                checker_fail(checker, ERROR_XML_ERROR, "@model", "Unknown model type '%s'",
                             domain_controller_model_to_string(controller->model));
}

static void check_controller_options(const void *p, DefChecker *checker)
{
        const DomainController *controller = p;
        bool is_xhci = controller->model == DOMAIN_CONTROLLER_MODEL_NEC_XHCI ||
                controller->model == DOMAIN_CONTROLLER_MODEL_QEMU_XHCI;
        bool is_virtio_scsi = controller->type == DOMAIN_CONTROLLER_SCSI &&
                (controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL);

        if (is_xhci && def_get(controller, ports, 0) > XHCI_PORTS)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@ports",
                             "'%s' controller only supports up to '%u' ports",
                             domain_controller_model_to_string(controller->model), XHCI_PORTS);
        if (def_is_set(controller, iothread) && !is_virtio_scsi)
                checker_fail(checker, ERROR_XML_ERROR, "driver/@iothread",
                             "'iothread' attribute only supported for virtio scsi controllers");
}

const DefRule domain_controller_rules[] = {
        { "the model suits the type", check_controller_model },
        { "options suit the model", check_controller_options },
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

static void check_disk_address(const void *p, DefChecker *checker)
{
#define DRIVE IS(DOMAIN_ADDRESS_DRIVE)
        static const uint32_t allowed[_DOMAIN_DISK_BUS_MAX] = {
                [DOMAIN_DISK_BUS_IDE] = DRIVE,
                [DOMAIN_DISK_BUS_FDC] = DRIVE,
                [DOMAIN_DISK_BUS_SCSI] = DRIVE,
                [DOMAIN_DISK_BUS_SATA] = DRIVE,
                [DOMAIN_DISK_BUS_USB] = IS(DOMAIN_ADDRESS_USB),
                [DOMAIN_DISK_BUS_VIRTIO] = IS(DOMAIN_ADDRESS_PCI) | IS(DOMAIN_ADDRESS_CCW) |
                        IS(DOMAIN_ADDRESS_VIRTIO_MMIO),
        };
#undef DRIVE
        const DomainDisk *disk = p;
        const DomainAddress *address = disk->info.address;

        if (disk->bus != 0 && address && allowed[disk->bus] != 0 &&
            !(allowed[disk->bus] & IS(address->type)))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "address/@type",
                             "Invalid address type '%s' for the disk '%s' with the bus type '%s'",
                             domain_address_to_string(address->type), disk->target,
                             domain_disk_bus_to_string(disk->bus));
}

static void check_disk_names(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->vendor && strlen(disk->vendor) > 8)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "vendor",
                             "disk vendor is more than 8 characters");
        if (disk->product && strlen(disk->product) > 16)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "product",
                             "disk product is more than 16 characters");
        if (disk->vendor && disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_SCSI)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "vendor",
                             "Only scsi disk supports 'vendor'");
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

        if (disk->bus == DOMAIN_DISK_BUS_USB && storage_is_empty(&disk->source)) {
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source", "'usb' disk must not be empty");
                return;
        }
        if (disk->device != DOMAIN_DISK_DEVICE_DISK && disk->device != DOMAIN_DISK_DEVICE_LUN)
                return;
        if (storage_is_empty(&disk->source))
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing source information for device %s",
                             disk->target);
}

const DefRule domain_disk_rules[] = {
        { "the bus suits the device", check_disk_bus },
        { "what cannot be changed has a source", check_disk_source },
        { "the address suits the bus", check_disk_address },
        { "vendor and product fit", check_disk_names },
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

static bool is_power_of_two(uint32_t n)
{
        return n > 0 && (n & (n - 1)) == 0;
}

static void check_interface_queues(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (def_is_set(interface, rx_queue_size) && !is_power_of_two(interface->rx_queue_size))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@rx_queue_size",
                             "rx_queue_size has to be a power of two");
        if (def_is_set(interface, tx_queue_size) && !is_power_of_two(interface->tx_queue_size))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@tx_queue_size",
                             "tx_queue_size has to be a power of two");
}

const DefRule domain_interface_rules[] = {
        { "queues are powers of two", check_interface_queues },
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
                     "graphics 'listen' attribute '%s' must match 'address' attribute of first listen "
                     "element (found '%s')",
                     strempty(graphics->listen), strempty(first->address));
}

const DefRule domain_graphics_rules[] = {
        { "both forms of the listen address agree", check_graphics_listen },
        {},
};
