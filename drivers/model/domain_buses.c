/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include <string.h>

/*
 * Where drives and virtio-serial ports are, and the controllers that this takes. Numbers follow from the
 * name of the target, as in libvirt: "hdc" is unit 0 of the second channel.
 */

typedef struct DriveBus {
        DomainDiskBus bus;
        DomainControllerType controller;
        uint32_t per_controller;
        uint32_t per_bus;
} DriveBus;

static const DriveBus drive_buses[] = {
        { DOMAIN_DISK_BUS_FDC, DOMAIN_CONTROLLER_FDC, 2, 2 },
        { DOMAIN_DISK_BUS_IDE, DOMAIN_CONTROLLER_IDE, 4, 2 },
        { DOMAIN_DISK_BUS_SCSI, DOMAIN_CONTROLLER_SCSI, 7, 7 },
        { DOMAIN_DISK_BUS_SATA, DOMAIN_CONTROLLER_SATA, 6, 6 },
};

static const DriveBus *drive_bus(DomainDiskBus bus)
{
        for (unsigned i = 0; i < ELEMENTSOF(drive_buses); i++)
                if (drive_buses[i].bus == bus)
                        return drive_buses + i;
        return NULL;
}

static int assign_drive(DomainDef *def, DomainDisk *disk, Error *error)
{
        const DriveBus *bus = drive_bus(disk->bus);
        DomainAddress *address;
        int number;

        if (!bus || disk->info.address)
                return 0;
        number = domain_disk_number(disk->target);
        if (number < 0)
                return error_set(error, ERROR_XML_ERROR, "Unknown disk name '%s' and no address specified",
                                 disk->target);
        address = domain_new_address(def, &disk->info, DOMAIN_ADDRESS_DRIVE);
        def_put(address, drive.controller, (uint32_t) number / bus->per_controller);
        def_put(address, drive.bus, (uint32_t) number % bus->per_controller / bus->per_bus);
        def_put(address, drive.target, 0);
        def_put(address, drive.unit, (uint32_t) number % bus->per_bus);
        return 0;
}

/* Controllers that are added are like those that the definition has. */
static DomainControllerModel model_of_others(const DomainDef *def, DomainControllerType type,
                                             DomainControllerModel otherwise)
{
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == type && controller->model != 0)
                        return controller->model;
        return otherwise;
}

static bool is_scsi_unit_free(const DomainDef *def, uint32_t controller, uint32_t unit)
{
        DEF_FOREACH(disk, def->disks) {
                const DomainAddress *address = disk->info.address;

                if (disk->bus == DOMAIN_DISK_BUS_SCSI && address && address->type == DOMAIN_ADDRESS_DRIVE &&
                    address->drive.controller == controller && address->drive.bus == 0 &&
                    address->drive.target == 0 && address->drive.unit == unit)
                        return false;
        }
        DEF_FOREACH(hostdev, def->hostdevs) {
                const DomainAddress *address = hostdev->info.address;

                if (hostdev->type == DOMAIN_HOSTDEV_SCSI && address && address->type == DOMAIN_ADDRESS_DRIVE &&
                    address->drive.controller == controller && address->drive.bus == 0 &&
                    address->drive.target == 0 && address->drive.unit == unit)
                        return false;
        }
        return true;
}

#define SCSI_UNITS 7u

/* A SCSI device of the host: the first free unit of a controller. */
static void assign_scsi_hostdev(DomainDef *def, DomainHostdev *hostdev)
{
        DomainAddress *address;
        uint32_t controller = 0, unit = 0;

        while (!is_scsi_unit_free(def, controller, unit))
                if (++unit == SCSI_UNITS) {
                        controller++;
                        unit = 0;
                }
        address = domain_new_address(def, &hostdev->info, DOMAIN_ADDRESS_DRIVE);
        def_put(address, drive.controller, controller);
        def_put(address, drive.bus, 0);
        def_put(address, drive.target, 0);
        def_put(address, drive.unit, unit);
}

static int64_t last_scsi_controller(const DomainDef *def, int64_t last)
{
        DEF_FOREACH(hostdev, def->hostdevs)
                if (hostdev->type == DOMAIN_HOSTDEV_SCSI && hostdev->info.address &&
                    hostdev->info.address->type == DOMAIN_ADDRESS_DRIVE)
                        last = MAX(last, hostdev->info.address->drive.controller);
        return last;
}

static int add_drive_controllers(Normalizer *normalizer, const DriveBus *bus, Error *error)
{
        DomainDef *def = normalizer->def;
        DomainControllerModel model = 0;
        int64_t last = -1;

        DEF_FOREACH(disk, def->disks)
                if (disk->bus == bus->bus && disk->info.address &&
                    disk->info.address->type == DOMAIN_ADDRESS_DRIVE)
                        last = MAX(last, disk->info.address->drive.controller);
        if (bus->bus == DOMAIN_DISK_BUS_SCSI)
                last = last_scsi_controller(def, last);
        if (last > UINT8_MAX)
                return error_set(error, ERROR_XML_ERROR,
                                 "there is no controller '%s' with index '%" PRId64 "'",
                                 domain_controller_to_string(bus->controller), last);
        if (bus->bus == DOMAIN_DISK_BUS_SCSI)
                model = model_of_others(def, bus->controller, normalizer->emulated ? normalizer->traits->scsi : 0);
        for (int i = 0; i <= (int) last; i++)
                if (!domain_find_controller(def, bus->controller, (uint32_t) i))
                        domain_add_controller(def, bus->controller, i, model);
        return 0;
}

static int assign_drives(Normalizer *normalizer, Error *error)
{
        int r;

        DEF_FOREACH(disk, normalizer->def->disks) {
                r = assign_drive(normalizer->def, disk, error);
                if (r < 0)
                        return r;
        }
        DEF_FOREACH(hostdev, normalizer->def->hostdevs)
                if (hostdev->type == DOMAIN_HOSTDEV_SCSI && !hostdev->info.address)
                        assign_scsi_hostdev(normalizer->def, hostdev);
        for (unsigned i = 0; i < ELEMENTSOF(drive_buses); i++) {
                r = add_drive_controllers(normalizer, drive_buses + i, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

#define VIRTIO_SERIAL_PORTS 31u

static bool is_virtio_port(const DomainChardev *chardev)
{
        return chardev->target_type == DOMAIN_CHARDEV_TARGET_VIRTIO &&
                (!chardev->info.address || chardev->info.address->type == DOMAIN_ADDRESS_VIRTIO_SERIAL);
}

static uint32_t ports_of(const DomainController *controller)
{
        return MIN(def_get(controller, ports, VIRTIO_SERIAL_PORTS), 64);
}

static void collect_used_ports(const DomainDef *def, uint32_t index, uint64_t *used)
{
        const DomainChardev *const *lists[] = { (const DomainChardev *const *) def->consoles.items,
                                                (const DomainChardev *const *) def->channels.items };
        uint32_t n[] = { def->consoles.n, def->channels.n };

        *used = 0;
        for (unsigned k = 0; k < ELEMENTSOF(lists); k++)
                for (uint32_t i = 0; i < n[k]; i++) {
                        const DomainAddress *address = lists[k][i]->info.address;

                        if (is_virtio_port(lists[k][i]) && address &&
                            def_is_set(address, virtio_serial.port) &&
                            address->virtio_serial.controller == index && address->virtio_serial.port < 64)
                                *used |= UINT64_C(1) << address->virtio_serial.port;
                }
}

static bool find_port(const DomainDef *def, const DomainController *controller, uint32_t *ret)
{
        uint64_t used;

        collect_used_ports(def, controller->index, &used);
        /* port 0 is for consoles */
        for (uint32_t port = 1; port < ports_of(controller); port++)
                if (!(used & (UINT64_C(1) << port))) {
                        *ret = port;
                        return true;
                }
        return false;
}

static void assign_port(DomainDef *def, DomainChardev *chardev)
{
        DomainAddress *address = domain_new_address(def, &chardev->info, DOMAIN_ADDRESS_VIRTIO_SERIAL);
        bool given = def_is_set(address, virtio_serial.controller);
        const DomainController *found = NULL;
        uint32_t port = 0;

        def_put(address, virtio_serial.bus, 0);
        DEF_FOREACH(controller, def->controllers)
                if (!found && controller->type == DOMAIN_CONTROLLER_VIRTIO_SERIAL &&
                    (!given || controller->index == address->virtio_serial.controller) &&
                    find_port(def, controller, &port))
                        found = controller;
        if (!found) {
                found = domain_add_controller(def, DOMAIN_CONTROLLER_VIRTIO_SERIAL, -1, 0);
                port = 1;
        }
        def_put(address, virtio_serial.controller, found->index);
        def_put(address, virtio_serial.port, port);
}

static void add_virtio_serial(DomainDef *def, const DomainChardev *chardev)
{
        const DomainAddress *address = chardev->info.address;
        uint32_t index;

        if (!is_virtio_port(chardev))
                return;
        index = address ? def_get(address, virtio_serial.controller, 0) : 0;
        if (!domain_find_controller(def, DOMAIN_CONTROLLER_VIRTIO_SERIAL, index))
                domain_add_controller(def, DOMAIN_CONTROLLER_VIRTIO_SERIAL, (int) index, 0);
}

static bool needs_port(const DomainChardev *chardev)
{
        return is_virtio_port(chardev) &&
                !(chardev->info.address && def_is_set(chardev->info.address, virtio_serial.port));
}

static bool is_same_port(const DomainChardev *a, const DomainChardev *b)
{
        const DomainAddress *x = a->info.address, *y = b->info.address;

        return x->virtio_serial.controller == y->virtio_serial.controller &&
               x->virtio_serial.bus == y->virtio_serial.bus && x->virtio_serial.port == y->virtio_serial.port;
}

/* Ports that are given exist, and each is one device's. */
static int check_ports(const DomainDef *def, Error *error)
{
        g_autoptr(GPtrArray) given = g_ptr_array_new();

        DEF_FOREACH(channel, def->channels)
                if (is_virtio_port(channel) && !needs_port(channel))
                        g_ptr_array_add(given, channel);
        DEF_FOREACH(console, def->consoles)
                if (is_virtio_port(console) && !needs_port(console))
                        g_ptr_array_add(given, console);
        for (guint i = 0; i < given->len; i++) {
                const DomainChardev *chardev = given->pdata[i];
                const DomainAddress *address = chardev->info.address;
                const DomainController *controller =
                                domain_find_controller(def, DOMAIN_CONTROLLER_VIRTIO_SERIAL,
                                                       address->virtio_serial.controller);

                if (controller && address->virtio_serial.port >= ports_of(controller))
                        return error_set(error, ERROR_XML_ERROR,
                                         "virtio serial controller %" PRIu32 " does not have port %" PRIu32,
                                         controller->index, address->virtio_serial.port);
                for (guint j = 0; j < i; j++)
                        if (is_same_port(chardev, given->pdata[j]))
                                return error_set(error, ERROR_XML_ERROR,
                                                 "virtio serial port %" PRIu32 " on controller %" PRIu32
                                                 " is already occupied", address->virtio_serial.port,
                                                 address->virtio_serial.controller);
        }
        return 0;
}

/* Consoles get their port from the emulator. */
static int assign_virtio_serial(DomainDef *def, Error *error)
{
        int r;

        DEF_FOREACH(channel, def->channels)
                add_virtio_serial(def, channel);
        DEF_FOREACH(console, def->consoles)
                add_virtio_serial(def, console);
        r = check_ports(def, error);
        if (r < 0)
                return r;
        DEF_FOREACH(channel, def->channels)
                if (needs_port(channel))
                        assign_port(def, channel);
        return 0;
}

/* Smart cards plug into readers. */
static void assign_smartcards(DomainDef *def)
{
        uint32_t next = 0;

        DEF_FOREACH(card, def->smartcards)
                if (card->info.address && card->info.address->type == DOMAIN_ADDRESS_CCID &&
                    card->info.address->ccid.controller == 0)
                        next = MAX(next, card->info.address->ccid.slot + 1);
        DEF_FOREACH(card, def->smartcards) {
                DomainAddress *address = card->info.address;

                if (!address) {
                        address = domain_new_address(def, &card->info, DOMAIN_ADDRESS_CCID);
                        def_put(address, ccid.controller, 0);
                        def_put(address, ccid.slot, next++);
                }
                if (address->type == DOMAIN_ADDRESS_CCID &&
                    !domain_find_controller(def, DOMAIN_CONTROLLER_CCID, address->ccid.controller))
                        domain_add_controller(def, DOMAIN_CONTROLLER_CCID, (int) address->ccid.controller, 0);
        }
}

/* pSeries' own bus: each kind of device begins at an address of its own. */
#define SPAPR_STEP 0x1000u

typedef struct SpaprBus {
        DomainDef *def;
        GHashTable *taken; /* registers */
        const DomainAddress *clash; /* is taken already */
} SpaprBus;

static void take_spapr(SpaprBus *bus, DomainDevice *device, uint32_t first, bool assign)
{
        DomainAddress *address = device->address;
        uint64_t reg = first;

        if (address && address->type != DOMAIN_ADDRESS_SPAPR_VIO)
                return;
        if (address && def_is_set(address, spapr_vio.reg)) {
                if (!assign && !g_hash_table_add(bus->taken, (void *) (uintptr_t) address->spapr_vio.reg))
                        bus->clash = address;
                return;
        }
        if (!assign)
                return;
        while (g_hash_table_contains(bus->taken, (void *) (uintptr_t) reg))
                reg += SPAPR_STEP;
        g_hash_table_add(bus->taken, (void *) (uintptr_t) reg);
        address = domain_new_address(bus->def, device, DOMAIN_ADDRESS_SPAPR_VIO);
        def_put(address, spapr_vio.reg, reg);
}

static void walk_spapr(SpaprBus *bus, bool assign)
{
        DomainDef *def = bus->def;
        bool is_pseries = g_str_has_prefix(strempty(def->os.machine), "pseries");

        DEF_FOREACH(interface, def->interfaces)
                if (streq_ptr(interface->model, "spapr-vlan"))
                        take_spapr(bus, &interface->info, 0x1000, assign);
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_SCSI &&
                    controller->model == DOMAIN_CONTROLLER_MODEL_IBMVSCSI)
                        take_spapr(bus, &controller->info, 0x2000, assign);
        DEF_FOREACH(serial, def->serials)
                if (serial->target_type == DOMAIN_CHARDEV_TARGET_SPAPR_VIO_SERIAL && is_pseries)
                        take_spapr(bus, &serial->info, 0x30000000, assign);
        if (def->nvram)
                take_spapr(bus, &def->nvram->info, 0x3000, assign);
}

static int assign_spapr(DomainDef *def, Error *error)
{
        g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
        SpaprBus bus = { def, taken, NULL };

        walk_spapr(&bus, false);
        if (bus.clash)
                return error_set(error, ERROR_XML_ERROR, "spapr-vio address 0x%" PRIx64 " already in use",
                                 bus.clash->spapr_vio.reg);
        walk_spapr(&bus, true);
        return 0;
}

int domain_assign_buses(Normalizer *normalizer, Error *error)
{
        int r;

        r = assign_drives(normalizer, error);
        if (r < 0)
                return r;
        r = assign_virtio_serial(normalizer->def, error);
        if (r < 0)
                return r;
        assign_smartcards(normalizer->def);
        if (!normalizer->emulated)
                return 0;
        r = assign_spapr(normalizer->def, error);
        if (r < 0)
                return r;
        domain_assign_memories(normalizer->def);
        return domain_assign_usb(normalizer, error);
}
