/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include <string.h>

/* Numbers of descriptors in QEMU begin behind the standard ones. */
#define FIRST_FD 3

void build_arg(Build *b, const char *option, char *value)
{
        g_ptr_array_add(b->argv, g_strdup(option));
        if (value)
                g_ptr_array_add(b->argv, value);
}

void build_argf(Build *b, const char *option, const char *format, ...)
{
        va_list ap;

        va_start(ap, format);
        build_arg(b, option, g_strdup_vprintf(format, ap));
        va_end(ap);
}

void build_json(Build *b, const char *option, JsonObject *object)
{
        JsonNode *node = json_node_new(JSON_NODE_OBJECT);

        json_node_take_object(node, object);
        build_arg(b, option, json_to_string(node, false));
        json_node_unref(node);
}

void build_setup(Build *b, const char *command, JsonObject *arguments, bool secret)
{
        QemuSetup setup = { command, arguments, secret };

        g_array_append_val(b->setup, setup);
}

char *build_escape(const char *text)
{
        GString *s = g_string_new(NULL);

        for (; *text; text++) {
                if (*text == ',')
                        g_string_append_c(s, ',');
                g_string_append_c(s, *text);
        }
        return g_string_free(s, false);
}

void build_put_tristate(JsonObject *props, const char *name, Tristate value)
{
        if (value != TRISTATE_ABSENT)
                json_object_set_boolean_member(props, name, value == TRISTATE_ON);
}

void build_put_on_off(JsonObject *props, const char *name, Tristate value)
{
        if (value != TRISTATE_ABSENT)
                json_object_set_string_member(props, name, value == TRISTATE_ON ? "on" : "off");
}

void build_put_iothread(JsonObject *props, uint32_t number)
{
        g_autofree char *id = g_strdup_printf("iothread%" PRIu32, number);

        json_object_set_string_member(props, "iothread", id);
}

void build_virtio_options(JsonObject *props, const DomainVirtio *virtio)
{
        build_put_tristate(props, "iommu_platform", virtio->iommu);
        build_put_tristate(props, "ats", virtio->ats);
        build_put_tristate(props, "packed", virtio->packed);
        build_put_tristate(props, "page-per-vq", virtio->page_per_vq);
}

int build_virtio_driver(Build *b, const void *item, const char *base, const char *model, char **ret,
                        Error *error)
{
        const char *suffix = NULL;

        if (!model || streq(model, "virtio"))
                suffix = "-pci";
        else if (streq(model, "virtio-transitional"))
                suffix = "-pci-transitional";
        else if (streq(model, "virtio-non-transitional"))
                suffix = "-pci-non-transitional";
        if (!suffix)
                return qemu_refuse(b->def, item, NULL, error, "the model '%s' is not supported", model);
        *ret = g_strconcat(base, suffix, NULL);
        return 0;
}

int build_check_driver(Build *b, const void *item, const char *driver, Error *error)
{
        uint32_t version = qemu_caps_version(b->caps);

        if (qemu_caps_has_device(b->caps, driver))
                return 0;
        return qemu_refuse(b->def, item, NULL, error, "%s (version %u.%u.%u) has no device '%s'",
                           qemu_caps_binary(b->caps), version / 1000000, version / 1000 % 1000,
                           version % 1000, driver);
}

int build_check_version(Build *b, const void *item, const char *rest, uint32_t version, Error *error)
{
        uint32_t own = qemu_caps_version(b->caps);

        if (own >= version)
                return 0;
        return qemu_refuse(b->def, item, rest, error, "it needs QEMU %u.%u, but %s is version %u.%u.%u",
                           version / 1000000, version / 1000 % 1000, qemu_caps_binary(b->caps), own / 1000000,
                           own / 1000 % 1000, own % 1000);
}

const DomainController *build_controller(const Build *b, DomainControllerType type, uint32_t index)
{
        DEF_FOREACH(controller, b->def->controllers)
                if (controller->type == type && controller->index == index)
                        return controller;
        return NULL;
}

/* The classes of <os><boot>: the first device of each class boots at the class's place. */
static DomainDiskDevice class_of(const DomainDisk *disk)
{
        return disk->device == 0 || disk->device == DOMAIN_DISK_DEVICE_LUN ? DOMAIN_DISK_DEVICE_DISK : disk->device;
}

static const DomainDevice *first_of_class(const DomainDef *def, DomainBootDevice class)
{
        static const DomainDiskDevice disks[_DOMAIN_BOOT_MAX] = {
                [DOMAIN_BOOT_FLOPPY] = DOMAIN_DISK_DEVICE_FLOPPY,
                [DOMAIN_BOOT_CDROM] = DOMAIN_DISK_DEVICE_CDROM,
                [DOMAIN_BOOT_DISK] = DOMAIN_DISK_DEVICE_DISK,
        };

        if (class == DOMAIN_BOOT_NETWORK)
                return def->interfaces.n > 0 ? &def->interfaces.items[0]->info : NULL;
        DEF_FOREACH(disk, def->disks)
                if (class_of(disk) == disks[class])
                        return &disk->info;
        return NULL;
}

uint32_t build_boot_index(const Build *b, const DomainDevice *info)
{
        const DomainOs *os = &b->def->os;

        if (def_is_set(info, boot_order))
                return info->boot_order;
        for (uint32_t i = 0; i < os->boot.n; i++)
                if (first_of_class(b->def, os->boot.items[i]->device) == info)
                        return i + 1;
        return 0;
}

static int put_pci_address(Build *b, const void *item, const DomainAddress *address, JsonObject *props,
                           Error *error)
{
        const DomainController *controller;
        const char *bus = b->pci_root;
        g_autofree char *addr = NULL;

        if (address->pci.domain != 0)
                return qemu_refuse(b->def, item, "address/@domain", error, "there is only the PCI domain 0");
        if (address->pci.bus != 0) {
                controller = build_controller(b, DOMAIN_CONTROLLER_PCI, address->pci.bus);
                if (!controller || !controller->info.alias)
                        return qemu_refuse(b->def, item, "address/@bus", error,
                                           "there is no PCI controller with index %u", address->pci.bus);
                bus = controller->info.alias;
        }
        addr = address->pci.function == 0
                       ? g_strdup_printf("0x%x", address->pci.slot)
                       : g_strdup_printf("0x%x.0x%x", address->pci.slot, address->pci.function);
        json_object_set_string_member(props, "bus", bus);
        build_put_tristate(props, "multifunction", address->pci.multifunction);
        json_object_set_string_member(props, "addr", addr);
        return 0;
}

static int put_usb_address(Build *b, const void *item, const DomainAddress *address, JsonObject *props,
                           Error *error)
{
        const DomainController *controller = build_controller(b, DOMAIN_CONTROLLER_USB, address->usb.bus);
        g_autofree char *bus = NULL;

        if (!controller || !controller->info.alias)
                return qemu_refuse(b->def, item, "address/@bus", error,
                                   "there is no USB controller with index %u", address->usb.bus);
        bus = g_strconcat(controller->info.alias, ".0", NULL);
        json_object_set_string_member(props, "bus", bus);
        if (address->usb.port)
                json_object_set_string_member(props, "port", address->usb.port);
        return 0;
}

static int put_serial_address(Build *b, const void *item, const DomainAddress *address, JsonObject *props,
                              Error *error)
{
        uint32_t index = address->virtio_serial.controller;
        const DomainController *controller = build_controller(b, DOMAIN_CONTROLLER_VIRTIO_SERIAL, index);
        g_autofree char *bus = NULL;

        if (!controller || !controller->info.alias)
                return qemu_refuse(b->def, item, "address/@controller", error,
                                   "there is no virtio-serial controller with index %u", index);
        bus = g_strdup_printf("%s.%u", controller->info.alias, address->virtio_serial.bus);
        json_object_set_string_member(props, "bus", bus);
        json_object_set_int_member(props, "nr", address->virtio_serial.port);
        return 0;
}

/* Drive addresses mean something else on each bus: the disks' own matter. */
static int put_address(Build *b, const void *item, const DomainAddress *address, JsonObject *props,
                       Error *error)
{
        switch (address->type) {
        case DOMAIN_ADDRESS_PCI:
                return put_pci_address(b, item, address, props, error);
        case DOMAIN_ADDRESS_USB:
                return put_usb_address(b, item, address, props, error);
        case DOMAIN_ADDRESS_VIRTIO_SERIAL:
                return put_serial_address(b, item, address, props, error);
        case DOMAIN_ADDRESS_ISA:
                if (def_is_set(address, isa.iobase))
                        json_object_set_int_member(props, "iobase", address->isa.iobase);
                if (def_is_set(address, isa.irq))
                        json_object_set_int_member(props, "irq", address->isa.irq);
                return 0;
        case DOMAIN_ADDRESS_DRIVE:
        case DOMAIN_ADDRESS_UNASSIGNED:
                return 0;
        case DOMAIN_ADDRESS_CCID:
        case DOMAIN_ADDRESS_SPAPR_VIO:
        case DOMAIN_ADDRESS_CCW:
        case DOMAIN_ADDRESS_VIRTIO_MMIO:
        case DOMAIN_ADDRESS_DIMM:
        case _DOMAIN_ADDRESS_MAX:
                break;
        }
        return qemu_refuse(b->def, item, "address/@type", error, "addresses of type '%s' are not supported",
                           strempty(domain_address_to_string(address->type)));
}

static void put_rom(Build *b, const DomainDevice *info, JsonObject *props)
{
        const DomainRom *rom = info->rom;

        if (!rom)
                return;
        if (rom->enabled == TRISTATE_NO) {
                json_object_set_string_member(props, "romfile", "");
                return;
        }
        if (rom->bar != TRISTATE_ABSENT)
                json_object_set_int_member(props, "rombar", rom->bar == TRISTATE_ON);
        if (rom->file) {
                g_autofree char *id = qemu_rom_id(info), *path = build_file(b, id);

                json_object_set_string_member(props, "romfile", path);
        }
}

/* What only devices on PCI have. */
static int put_pci_options(Build *b, const void *item, const DomainDevice *info, JsonObject *props, Error *error)
{
        bool pci = info->address && info->address->type == DOMAIN_ADDRESS_PCI;

        if (def_is_set(info, acpi_index) && !pci)
                return qemu_refuse(b->def, item, "acpi/@index", error, "only devices on PCI have it");
        if (info->rom && !pci)
                return qemu_refuse(b->def, item, "rom", error, "only devices on PCI have one");
        if (def_is_set(info, acpi_index))
                json_object_set_int_member(props, "acpi-index", info->acpi_index);
        put_rom(b, info, props);
        return 0;
}

int build_device_info(Build *b, const void *item, const DomainDevice *info, JsonObject *props, Error *error)
{
        uint32_t index = build_boot_index(b, info);
        int r = put_pci_options(b, item, info, props, error);

        if (r < 0)
                return r;
        if (info->boot_loadparm)
                return qemu_refuse(b->def, item, "boot/@loadparm", error, "no machine of ours has it");
        if (info->alias)
                json_object_set_string_member(props, "id", info->alias);
        if (index > 0)
                json_object_set_int_member(props, "bootindex", index);
        return info->address ? put_address(b, item, info->address, props, error) : 0;
}

int build_bare_device(Build *b, const void *item, JsonObject *props, Error *error)
{
        int r;

        r = build_check_driver(b, item, json_object_get_string_member(props, "driver"), error);
        if (r >= 0)
                r = build_override(b, props, error);
        if (r < 0) {
                json_object_unref(props);
                return r;
        }
        build_json(b, "-device", props);
        return 0;
}

/* QEMU has no device of virtio that guests of before 1.0 can use and that is behind an IOMMU. */
static void drop_legacy(Build *b, JsonObject *props)
{
        g_autofree char *legacy =
                g_strconcat(json_object_get_string_member(props, "driver"), "-transitional", NULL);

        if (json_object_get_boolean_member_with_default(props, "iommu_platform", false) &&
            qemu_caps_has_device(b->caps, legacy))
                json_object_set_string_member(props, "disable-legacy", "on");
}

int build_device(Build *b, const void *item, const DomainDevice *info, JsonObject *props, Error *error)
{
        int r;

        drop_legacy(b, props);
        r = build_device_info(b, item, info, props, error);
        if (r < 0) {
                json_object_unref(props);
                return r;
        }
        return build_bare_device(b, item, props, error);
}

int build_fd(Build *b, int fd, bool listen)
{
        ProcessFd entry = { .fd = fd, .target = FIRST_FD + (int) b->fds->len, .listen = listen };

        g_array_append_val(b->fds, entry);
        return entry.target;
}

char *build_file(Build *b, const char *id)
{
        const QemuFile *file = b->files ? qemu_files_find(b->files, id) : NULL;
        int target;

        if (!file)
                return g_strdup("/dev/null");
        if (file->kind == QEMU_FILE_SHOWN)
                return g_strdup(file->path);
        target = build_fd(b, file->fd, false);
        switch (file->kind) {
        case QEMU_FILE_SET:
                b->n_sets++;
                build_argf(b, "-add-fd", "fd=%d,set=%u,opaque=%s", target, b->n_sets, id);
                return g_strdup_printf("/dev/fdset/%u", b->n_sets);
        case QEMU_FILE_PATH:
                return g_strdup_printf("/proc/self/fd/%d", target);
        case QEMU_FILE_FD:
                return g_strdup_printf("%d", target);
        case QEMU_FILE_SHOWN:
                break;
        }
        g_assert_not_reached();
}
