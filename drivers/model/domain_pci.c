/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include "drivers/model/domain_rules.h"
#include "drivers/model/pci_address.h"

#include <string.h>

/*
 * Which devices of a domain sit on PCI and where. The order in which they get their places is libvirt's
 * (qemu_domain_address.c). Two passes: the first finds out how many buses that takes, the second, with a
 * controller for each of them, gives the places out.
 */

typedef struct PciDevice {
        DomainDevice *info;
        PciPlug plug;
} PciDevice;

typedef struct PciPass {
        Normalizer *normalizer;
        PciTopology *topology;
        GHashTable *placed; /* of DomainDevice: have a place in this pass */
        bool dry;           /* places are not kept, buses may be added */
} PciPass;

static PciPlug plug_of_model(const char *model)
{
        return streq_ptr(model, "virtio-transitional") ? PCI_PLUG_DEVICE : PCI_PLUG_EXPRESS;
}

static PciPlug plug_of_interface(const DomainInterface *interface)
{
        static const char *const express[] = { "e1000e", "igb" };
        static const char *const elsewhere[] = { "usb-net", "spapr-vlan", "lan9118", "ne2k_isa",
                                                 "smc91c111" };

        if (interface->type == DOMAIN_INTERFACE_HOSTDEV)
                return PCI_PLUG_EXPRESS;
        if (!interface->model)
                return 0;
        if (g_str_has_prefix(interface->model, "virtio"))
                return plug_of_model(interface->model);
        for (unsigned i = 0; i < ELEMENTSOF(express); i++)
                if (streq(interface->model, express[i]))
                        return PCI_PLUG_EXPRESS;
        for (unsigned i = 0; i < ELEMENTSOF(elsewhere); i++)
                if (streq(interface->model, elsewhere[i]))
                        return 0;
        return PCI_PLUG_DEVICE;
}

static PciPlug plug_of_sound(const DomainSound *sound)
{
        if (streq(sound->model, "usb") || streq(sound->model, "sb16") || streq(sound->model, "pcspk"))
                return 0;
        return streq(sound->model, "virtio") ? PCI_PLUG_EXPRESS : PCI_PLUG_DEVICE;
}

static PciPlug plug_of_scsi(DomainControllerModel model)
{
        if (model == DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI ||
            model == DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL)
                return PCI_PLUG_EXPRESS;
        return model == DOMAIN_CONTROLLER_MODEL_IBMVSCSI ? 0 : PCI_PLUG_DEVICE;
}

static PciPlug plug_of_usb(DomainControllerModel model)
{
        if (model == DOMAIN_CONTROLLER_MODEL_QEMU_XHCI || model == DOMAIN_CONTROLLER_MODEL_NEC_XHCI)
                return PCI_PLUG_EXPRESS;
        return model == DOMAIN_CONTROLLER_MODEL_NONE || model == DOMAIN_CONTROLLER_MODEL_QUSB1 ||
                model == DOMAIN_CONTROLLER_MODEL_QUSB2 ? 0 : PCI_PLUG_DEVICE;
}

static PciPlug plug_of_controller(const DomainController *controller)
{
        switch (controller->type) {
        case DOMAIN_CONTROLLER_PCI:
                return pci_plug_of_model(controller->model);
        case DOMAIN_CONTROLLER_SCSI:
                return plug_of_scsi(controller->model);
        case DOMAIN_CONTROLLER_USB:
                return plug_of_usb(controller->model);
        case DOMAIN_CONTROLLER_VIRTIO_SERIAL:
                return controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL ? PCI_PLUG_DEVICE :
                                                                                           PCI_PLUG_EXPRESS;
        case DOMAIN_CONTROLLER_SATA:
        case DOMAIN_CONTROLLER_IDE:
        case DOMAIN_CONTROLLER_NVME:
                return PCI_PLUG_DEVICE;
        case DOMAIN_CONTROLLER_FDC:
        case DOMAIN_CONTROLLER_CCID:
        case DOMAIN_CONTROLLER_XENBUS:
        case DOMAIN_CONTROLLER_ISA:
        case _DOMAIN_CONTROLLER_MAX:
                break;
        }
        return 0;
}

static PciPlug plug_of_video(const DomainVideo *video)
{
        if (video->type == 0 || video->type == DOMAIN_VIDEO_NONE || video->type == DOMAIN_VIDEO_RAMFB)
                return 0;
        return video->type == DOMAIN_VIDEO_VIRTIO ? PCI_PLUG_EXPRESS : PCI_PLUG_DEVICE;
}

static PciPlug plug_of_memballoon(const DomainMemballoon *memballoon)
{
        switch (memballoon->model) {
        case DOMAIN_MEMBALLOON_VIRTIO:
        case DOMAIN_MEMBALLOON_VIRTIO_NON_TRANSITIONAL:
                return PCI_PLUG_EXPRESS;
        case DOMAIN_MEMBALLOON_VIRTIO_TRANSITIONAL:
                return PCI_PLUG_DEVICE;
        case DOMAIN_MEMBALLOON_XEN:
        case DOMAIN_MEMBALLOON_NONE:
        case _DOMAIN_MEMBALLOON_MAX:
                break;
        }
        return 0;
}

static void add_device(GArray *devices, DomainDevice *info, PciPlug plug)
{
        PciDevice device = { info, plug };

        if (plug != 0)
                g_array_append_val(devices, device);
}

/* Companions of a USB 2 controller share its slot: assigned with their group. */
static bool is_ich9(const DomainController *controller)
{
        return controller->type == DOMAIN_CONTROLLER_USB &&
                (controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_EHCI1 ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1 ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2 ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3);
}

static PciPlug plug_of_hostdev(const DomainHostdev *hostdev)
{
        switch (hostdev->type) {
        case DOMAIN_HOSTDEV_PCI:
                return PCI_PLUG_EXPRESS;
        case DOMAIN_HOSTDEV_MDEV:
                return streq_ptr(hostdev->model, "vfio-pci") ? PCI_PLUG_EXPRESS : 0;
        case DOMAIN_HOSTDEV_SCSI_HOST:
                return plug_of_model(hostdev->model);
        case DOMAIN_HOSTDEV_USB:
        case DOMAIN_HOSTDEV_SCSI:
        case DOMAIN_HOSTDEV_STORAGE:
        case DOMAIN_HOSTDEV_MISC:
        case DOMAIN_HOSTDEV_NET:
        case _DOMAIN_HOSTDEV_MAX:
                break;
        }
        return 0;
}

static PciPlug plug_of_fs(const DomainFs *fs)
{
        return fs->driver == DOMAIN_FS_DRIVER_MTP ? 0 : plug_of_model(fs->model);
}

static PciPlug plug_of_memory(const DomainMemoryDevice *memory)
{
        return memory->model == DOMAIN_MEMORY_VIRTIO_MEM || memory->model == DOMAIN_MEMORY_VIRTIO_PMEM ?
                PCI_PLUG_EXPRESS : 0;
}

/* Controllers and what stands before them, in the order in which they get their places. */
static void add_controllers_and_disks(DomainDef *def, GArray *devices)
{
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_PCI)
                        add_device(devices, &controller->info, plug_of_controller(controller));
        DEF_FOREACH(fs, def->filesystems)
                add_device(devices, &fs->info, plug_of_fs(fs));
        DEF_FOREACH(interface, def->interfaces)
                add_device(devices, &interface->info, plug_of_interface(interface));
        DEF_FOREACH(sound, def->sounds)
                add_device(devices, &sound->info, plug_of_sound(sound));
        DEF_FOREACH(controller, def->controllers)
                if (controller->type != DOMAIN_CONTROLLER_PCI)
                        add_device(devices, &controller->info, plug_of_controller(controller));
        DEF_FOREACH(disk, def->disks)
                if (disk->bus == DOMAIN_DISK_BUS_VIRTIO)
                        add_device(devices, &disk->info, plug_of_model(disk->model));
}

/* What few machines have comes last. */
static void add_rare_devices(DomainDef *def, GArray *devices)
{
        DEF_FOREACH(shmem, def->shmems)
                add_device(devices, &shmem->info, PCI_PLUG_DEVICE);
        DEF_FOREACH(input, def->inputs)
                if (input->bus == DOMAIN_INPUT_BUS_VIRTIO)
                        add_device(devices, &input->info, plug_of_model(input->model));
        DEF_FOREACH(serial, def->serials)
                if (serial->target_type == DOMAIN_CHARDEV_TARGET_PCI_SERIAL)
                        add_device(devices, &serial->info, PCI_PLUG_DEVICE);
        DEF_FOREACH(panic, def->panics)
                if (streq_ptr(panic->model, "pvpanic"))
                        add_device(devices, &panic->info, PCI_PLUG_DEVICE);
        DEF_FOREACH(memory, def->memories)
                add_device(devices, &memory->info, plug_of_memory(memory));
        if (def->vsock)
                add_device(devices, &def->vsock->info, plug_of_model(def->vsock->model));
        DEF_FOREACH(crypto, def->cryptos)
                add_device(devices, &crypto->info, PCI_PLUG_EXPRESS);
        DEF_FOREACH(iommu, def->iommus)
                if (iommu->model == DOMAIN_IOMMU_VIRTIO || iommu->model == DOMAIN_IOMMU_AMD)
                        add_device(devices, &iommu->info, PCI_PLUG_INTEGRATED);
        if (def->pstore)
                add_device(devices, &def->pstore->info, PCI_PLUG_DEVICE);
}

/* All devices that may sit on PCI, in the order in which they get their places. */
static GArray *pci_devices(DomainDef *def)
{
        GArray *devices = g_array_new(FALSE, FALSE, sizeof(PciDevice));

        add_controllers_and_disks(def, devices);
        DEF_FOREACH(hostdev, def->hostdevs)
                add_device(devices, &hostdev->info, plug_of_hostdev(hostdev));
        if (def->memballoon)
                add_device(devices, &def->memballoon->info, plug_of_memballoon(def->memballoon));
        DEF_FOREACH(rng, def->rngs)
                add_device(devices, &rng->info, plug_of_model(rng->model));
        DEF_FOREACH(watchdog, def->watchdogs)
                if (watchdog->model == DOMAIN_WATCHDOG_I6300ESB)
                        add_device(devices, &watchdog->info, PCI_PLUG_DEVICE);
        DEF_FOREACH(video, def->videos)
                add_device(devices, &video->info, plug_of_video(video));
        add_rare_devices(def, devices);
        return devices;
}

static bool is_on_pci(const DomainDevice *device)
{
        return device->address && device->address->type == DOMAIN_ADDRESS_PCI &&
                def_is_set(device->address, pci.slot);
}

/* Whether it needs no place (any more). */
static bool is_settled(const PciPass *pass, const DomainDevice *device)
{
        return is_on_pci(device) || (device->address && device->address->type != DOMAIN_ADDRESS_PCI) ||
                g_hash_table_contains(pass->placed, device);
}

static PciAddress address_of(const DomainDevice *device)
{
        const DomainAddress *address = device->address;

        return (PciAddress) { address->pci.bus, address->pci.slot, address->pci.function };
}

static void settle(PciPass *pass, DomainDevice *device, const PciAddress *place)
{
        DomainAddress *address;

        g_hash_table_add(pass->placed, device);
        if (pass->dry)
                return;
        address = domain_new_address(pass->normalizer->def, device, DOMAIN_ADDRESS_PCI);
        def_put(address, pci.domain, 0);
        def_put(address, pci.bus, place->bus);
        def_put(address, pci.slot, place->slot);
        def_put(address, pci.function, place->function);
}

/* What the machine puts at a fixed place, when that is free. In the dry pass the mark is what counts. */
static void settle_at(PciPass *pass, DomainDevice *device, uint32_t slot, uint32_t function)
{
        PciAddress place = { 0, slot, function };

        if (is_settled(pass, device) || !pci_is_free(pass->topology, &place))
                return;
        (void) pci_take(pass->topology, &place, PCI_PLUG_DEVICE, NULL);
        settle(pass, device, &place);
}

static DomainController *first_controller(const DomainDef *def, DomainControllerType type,
                                          DomainControllerModel model)
{
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == type && controller->index == 0 && controller->model == model)
                        return controller;
        return NULL;
}

static void settle_primary_video(PciPass *pass, uint32_t slot)
{
        DomainDef *def = pass->normalizer->def;

        if (def->videos.n > 0 && plug_of_video(def->videos.items[0]) != 0)
                settle_at(pass, &def->videos.items[0]->info, slot, 0);
}

/* PIIX3 fills slot 1: ISA bridge, IDE, USB, power management. */
static int settle_i440fx(PciPass *pass, Error *error)
{
        DomainDef *def = pass->normalizer->def;
        DomainController *ide = domain_find_controller(def, DOMAIN_CONTROLLER_IDE, 0);
        DomainController *usb =
                first_controller(def, DOMAIN_CONTROLLER_USB, DOMAIN_CONTROLLER_MODEL_PIIX3_UHCI);

        if (ide && !is_settled(pass, &ide->info) && !pci_is_free(pass->topology, &(PciAddress) { 0, 1, 1 }))
                return error_set(error, ERROR_XML_ERROR, "Attempted double use of PCI Address 0000:00:01.1");
        if (ide)
                settle_at(pass, &ide->info, 1, 1);
        if (usb)
                settle_at(pass, &usb->info, 1, 2);
        pci_reserve_slot(pass->topology, &(PciAddress) { 0, 1, 0 });
        settle_primary_video(pass, 2);
        return 0;
}

static uint32_t ich9_function(DomainControllerModel model)
{
        return model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1 ? 0 :
               model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2 ? 1 :
               model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3 ? 2 : 7;
}

static bool is_group_settled(const PciPass *pass, uint32_t index)
{
        DEF_FOREACH(controller, pass->normalizer->def->controllers)
                if (is_ich9(controller) && controller->index == index && is_settled(pass, &controller->info))
                        return true;
        return false;
}

static void settle_group(PciPass *pass, uint32_t index, const PciAddress *slot)
{
        DEF_FOREACH(controller, pass->normalizer->def->controllers) {
                PciAddress place = { slot->bus, slot->slot, 0 };

                if (!is_ich9(controller) || controller->index != index ||
                    is_settled(pass, &controller->info))
                        continue;
                place.function = ich9_function(controller->model);
                if (!pci_is_free(pass->topology, &place))
                        continue;
                (void) pci_take(pass->topology, &place, PCI_PLUG_DEVICE, NULL);
                settle(pass, &controller->info, &place);
        }
}

/* The first two USB 2 controllers of ICH9 have slots of their own. */
static void settle_ich9_usb(PciPass *pass)
{
        static const uint32_t slots[] = { 0x1d, 0x1a };
        for (uint32_t index = 0; index < ELEMENTSOF(slots); index++) {
                PciAddress slot = { 0, slots[index], 0 };

                if (!is_group_settled(pass, index) && pass->topology->buses[0].used[slots[index]] == 0)
                        settle_group(pass, index, &slot);
        }
}

static void settle_q35(PciPass *pass)
{
        DomainDef *def = pass->normalizer->def;
        DomainController *sata = domain_find_controller(def, DOMAIN_CONTROLLER_SATA, 0);

        if (sata)
                settle_at(pass, &sata->info, 0x1f, 2);
        pci_reserve_function(pass->topology, &(PciAddress) { 0, 0x1f, 0 });
        pci_reserve_function(pass->topology, &(PciAddress) { 0, 0x1f, 3 });
        settle_ich9_usb(pass);
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_PCI &&
                    controller->model == DOMAIN_CONTROLLER_MODEL_DMI_TO_PCI_BRIDGE)
                        settle_at(pass, &controller->info, 0x1e, 0);
        DEF_FOREACH(sound, def->sounds)
                if (streq(sound->model, "ich9"))
                        settle_at(pass, &sound->info, 0x1b, 0);
        settle_primary_video(pass, 1);
}

/* ICH9 groups beyond those with slots of their own get one together. */
static int settle_other_group(PciPass *pass, const DomainController *controller, Error *error)
{
        PciAddress slot;
        int r;

        DEF_FOREACH(other, pass->normalizer->def->controllers)
                if (is_ich9(other) && other->index == controller->index && is_on_pci(&other->info)) {
                        slot = address_of(&other->info);
                        settle_group(pass, controller->index, &slot);
                        return 0;
                }
        r = pci_find_slot(pass->topology, PCI_PLUG_DEVICE, pass->dry, &slot, error);
        if (r < 0)
                return r;
        settle_group(pass, controller->index, &slot);
        return 0;
}

static DomainController *ich9_of(DomainDef *def, const DomainDevice *info)
{
        DEF_FOREACH(controller, def->controllers)
                if (&controller->info == info)
                        return is_ich9(controller) ? controller : NULL;
        return NULL;
}

static int settle_one(PciPass *pass, const PciDevice *device, Error *error)
{
        const DomainController *ich9 = ich9_of(pass->normalizer->def, device->info);
        PciAddress place;
        int r;

        if (is_settled(pass, device->info))
                return 0;
        if (ich9)
                return settle_other_group(pass, ich9, error);
        r = pci_take_next(pass->topology, device->plug, pass->dry, &place, error);
        if (r < 0)
                return r;
        settle(pass, device->info, &place);
        return 0;
}

static int reserve_given(PciPass *pass, const GArray *devices, Error *error)
{
        for (guint i = 0; i < devices->len; i++) {
                const PciDevice *device = &g_array_index(devices, PciDevice, i);
                PciAddress place;
                int r;

                if (!is_on_pci(device->info))
                        continue;
                place = address_of(device->info);
                r = pci_take(pass->topology, &place, device->plug, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int settle_all(PciPass *pass, const GArray *devices, Error *error)
{
        const MachineTraits *traits = pass->normalizer->traits;
        int r;

        r = reserve_given(pass, devices, error);
        if (r < 0)
                return r;
        if (machine_is_i440fx(traits)) {
                r = settle_i440fx(pass, error);
                if (r < 0)
                        return r;
        } else if (machine_is_q35(traits))
                settle_q35(pass);
        for (guint i = 0; i < devices->len; i++) {
                r = settle_one(pass, &g_array_index(devices, PciDevice, i), error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int check_root(const Normalizer *normalizer, const DomainController *controller, Error *error)
{
        DomainControllerModel root = normalizer->traits->root;
        bool is_root = controller->model == DOMAIN_CONTROLLER_MODEL_PCI_ROOT ||
                controller->model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT;

        if (controller->index == 0 && controller->model != root)
                return error_set(error, ERROR_XML_ERROR,
                                 "The PCI controller with index='0' must be model='%s' for this machine "
                                 "type, but model='%s' was found instead",
                                 domain_controller_model_to_string(root),
                                 domain_controller_model_to_string(controller->model));
        if (controller->index > 0 && is_root && !domain_is_pseries(normalizer->def))
                return error_set(error, ERROR_XML_ERROR,
                                 "pci-root and pcie-root controllers should have index 0");
        if (is_root && controller->info.address)
                return error_set(error, ERROR_XML_ERROR,
                                 "pci-root and pcie-root controllers should not have an address");
        return 0;
}

/* The buses of the controllers that there are, and of those that addresses and indexes take for granted. */
static int add_known_buses(const Normalizer *normalizer, const GArray *devices, PciTopology *topology,
                           Error *error)
{
        DomainDef *def = normalizer->def;
        unsigned n = 1;

        DEF_FOREACH(controller, def->controllers) {
                int r;

                if (controller->type != DOMAIN_CONTROLLER_PCI)
                        continue;
                if (controller->index == 0 && controller->model == 0)
                        controller->model = normalizer->traits->root;
                r = check_root(normalizer, controller, error);
                if (r < 0)
                        return r;
                if (controller->index >= PCI_BUSES_MAX)
                        return error_set(error, ERROR_XML_ERROR,
                                         "PCI controller index %" PRIu32 " too high, maximum is %d",
                                         controller->index, PCI_BUSES_MAX - 1);
                pci_add_bus(topology, controller->index, controller->model,
                            controller->hotplug == TRISTATE_OFF);
                n = MAX(n, controller->index + 1);
        }
        for (guint i = 0; i < devices->len; i++) {
                const DomainDevice *device = g_array_index(devices, PciDevice, i).info;

                if (is_on_pci(device))
                        n = MAX(n, device->address->pci.bus + 1);
        }
        pci_fill_buses(topology, n);
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_PCI && controller->model == 0)
                        controller->model = topology->buses[controller->index].model;
        return 0;
}

/*
 * As libvirt does, room for one more device is kept: a slot for a bridge, or a port where all ports are of
 * our making.
 */
static int add_spare(PciPass *pass, unsigned n_known, Error *error)
{
        const MachineTraits *traits = pass->normalizer->traits;
        PciAddress place;

        if (machine_is_i440fx(traits))
                return pci_take_next(pass->topology, PCI_PLUG_DEVICE, true, &place, error);
        if (machine_is_q35(traits) && n_known == 1 && pass->topology->n_buses > n_known)
                return pci_take_next(pass->topology, PCI_PLUG_EXPRESS | PCI_PLUG_HOT, true, &place, error);
        return 0;
}

/* Finds out which buses there have to be and adds a controller for each. */
static int plan_buses(Normalizer *normalizer, Error *error)
{
        g_autofree PciTopology *topology = g_new0(PciTopology, 1);
        g_autoptr(GArray) devices = pci_devices(normalizer->def);
        g_autoptr(GHashTable) placed = g_hash_table_new(NULL, NULL);
        PciPass pass = { normalizer, topology, placed, true };
        unsigned n_known;
        int r;

        r = add_known_buses(normalizer, devices, topology, error);
        if (r < 0)
                return r;
        n_known = topology->n_buses;
        r = settle_all(&pass, devices, error);
        if (r < 0)
                return r;
        r = add_spare(&pass, n_known, error);
        if (r < 0)
                return r;
        for (unsigned i = 1; i < topology->n_buses; i++)
                if (!domain_find_controller(normalizer->def, DOMAIN_CONTROLLER_PCI, i))
                        domain_add_controller(normalizer->def, DOMAIN_CONTROLLER_PCI, (int) i,
                                              topology->buses[i].model);
        return 0;
}

/* Function 0 of a slot that others share says so. */
static void set_multifunction(const GArray *devices, const PciTopology *topology)
{
        for (guint i = 0; i < devices->len; i++) {
                DomainDevice *device = g_array_index(devices, PciDevice, i).info;
                PciAddress place;

                if (!is_on_pci(device))
                        continue;
                place = address_of(device);
                if (place.function == 0 && device->address->pci.multifunction == TRISTATE_ABSENT &&
                    topology->buses[place.bus].devices[place.slot] > 1)
                        device->address->pci.multifunction = TRISTATE_ON;
        }
}

static int place_devices(Normalizer *normalizer, Error *error)
{
        g_autofree PciTopology *topology = g_new0(PciTopology, 1);
        g_autoptr(GArray) devices = pci_devices(normalizer->def);
        g_autoptr(GHashTable) placed = g_hash_table_new(NULL, NULL);
        PciPass pass = { normalizer, topology, placed, false };
        int r;

        r = add_known_buses(normalizer, devices, topology, error);
        if (r < 0)
                return r;
        r = settle_all(&pass, devices, error);
        if (r < 0)
                return r;
        set_multifunction(devices, topology);
        return 0;
}

/* Host bridges of their own are numbered from the top. */
static uint32_t next_bus_number(const DomainDef *def)
{
        uint32_t lowest = 256;

        DEF_FOREACH(controller, def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_PCI && def_is_set(controller, bus_nr))
                        lowest = MIN(lowest, controller->bus_nr);
        return MAX(lowest, 3) - 2;
}

/* What QEMU has to be told of a PCI controller: its device, and where the guest sees it. */
static uint32_t next_host_bridge(const DomainDef *def)
{
        uint32_t next = 1;

        DEF_FOREACH(controller, def->controllers)
                if (controller->model == DOMAIN_CONTROLLER_MODEL_PCI_ROOT && def_is_set(controller, target_index))
                        next = MAX(next, controller->target_index + 1);
        return next;
}

/* pSeries has host bridges of its own, any number of them. */
static void default_host_bridge(DomainDef *def, DomainController *controller)
{
        if (controller->model != DOMAIN_CONTROLLER_MODEL_PCI_ROOT || !domain_is_pseries(def))
                return;
        if (!controller->model_name)
                controller->model_name = domain_def_strdup(def, "spapr-pci-host-bridge");
        if (!def_is_set(controller, target_index))
                def_put(controller, target_index, controller->index == 0 ? 0 : next_host_bridge(def));
}

static void default_options(DomainDef *def, DomainController *controller)
{
        static const struct {
                DomainControllerModel model;
                const char *name;
        } names[] = {
                { DOMAIN_CONTROLLER_MODEL_PCI_BRIDGE, "pci-bridge" },
                { DOMAIN_CONTROLLER_MODEL_DMI_TO_PCI_BRIDGE, "i82801b11-bridge" },
                { DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE, "pcie-pci-bridge" },
                { DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT, "pcie-root-port" },
                { DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_UPSTREAM_PORT, "x3130-upstream" },
                { DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_DOWNSTREAM_PORT, "xio3130-downstream" },
                { DOMAIN_CONTROLLER_MODEL_PCI_EXPANDER_BUS, "pxb" },
                { DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS, "pxb-pcie" },
        };
        bool is_root_port = controller->model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT;
        bool is_downstream = controller->model == DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_DOWNSTREAM_PORT;
        bool is_expander = controller->model == DOMAIN_CONTROLLER_MODEL_PCI_EXPANDER_BUS ||
                controller->model == DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS;
        PciAddress place = {};

        for (unsigned i = 0; i < ELEMENTSOF(names); i++)
                if (controller->model == names[i].model && !controller->model_name)
                        controller->model_name = domain_def_strdup(def, names[i].name);
        if (is_on_pci(&controller->info))
                place = address_of(&controller->info);
        default_host_bridge(def, controller);
        if (controller->model == DOMAIN_CONTROLLER_MODEL_PCI_BRIDGE && !def_is_set(controller, chassis_nr))
                def_put(controller, chassis_nr, controller->index);
        if ((is_root_port || is_downstream) && !def_is_set(controller, chassis))
                def_put(controller, chassis, controller->index);
        if (is_root_port && !def_is_set(controller, port))
                def_put(controller, port, (place.slot << 3) + place.function);
        if (is_downstream && !def_is_set(controller, port))
                def_put(controller, port, place.slot);
        if (is_expander && !def_is_set(controller, bus_nr))
                def_put(controller, bus_nr, next_bus_number(def));
}

/* A machine that is known to have no PCI has no place for a USB controller. */
static int check_without_pci(const Normalizer *normalizer, Error *error)
{
        DEF_FOREACH(controller, normalizer->def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_USB && !controller->info.address &&
                    plug_of_controller(controller) != 0 && normalizer->traits->ide)
                        return error_set(error, ERROR_XML_ERROR, "No PCI buses available");
        return 0;
}

int domain_assign_pci(Normalizer *normalizer, Error *error)
{
        int r;

        if (!normalizer->emulated)
                return 0;
        if (normalizer->traits->root == 0)
                return check_without_pci(normalizer, error);
        r = plan_buses(normalizer, error);
        if (r < 0)
                return r;
        r = place_devices(normalizer, error);
        if (r < 0)
                return r;
        DEF_FOREACH(controller, normalizer->def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_PCI)
                        default_options(normalizer->def, controller);
        return 0;
}
