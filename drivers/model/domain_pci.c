/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_pci.h"

#include "drivers/model/domain_rules.h"

#include <string.h>

/*
 * Where the devices of a domain are on PCI. The order in which they get their places is libvirt's
 * (qemu_domain_address.c). Two passes: the first finds out how many buses that takes, the second, with a
 * controller for each of them, gives the places out.
 */

bool domain_pci_has_place(const DomainDevice *device)
{
        const DomainAddress *address = device->address;

        return address && address->type == DOMAIN_ADDRESS_PCI &&
               (address->pci.domain != 0 || address->pci.bus != 0 || address->pci.slot != 0 ||
                address->pci.function != 0);
}

bool domain_pci_is_settled(const PciPass *pass, const DomainDevice *device)
{
        return domain_pci_has_place(device) || (device->address && device->address->type != DOMAIN_ADDRESS_PCI) ||
                g_hash_table_contains(pass->placed, device);
}

PciAddress domain_pci_place(const DomainDevice *device)
{
        const DomainAddress *address = device->address;

        return (PciAddress) { address->pci.bus, address->pci.slot, address->pci.function };
}

void domain_pci_settle(PciPass *pass, DomainDevice *device, const PciAddress *place)
{
        DomainAddress *address;

        g_hash_table_insert(pass->placed, device, g_memdup2(place, sizeof(*place)));
        if (pass->dry)
                return;
        address = domain_new_address(pass->normalizer->def, device, DOMAIN_ADDRESS_PCI);
        def_put(address, pci.domain, 0);
        def_put(address, pci.bus, place->bus);
        def_put(address, pci.slot, place->slot);
        def_put(address, pci.function, place->function);
}

static bool find_place(const PciPass *pass, const DomainDevice *device, PciAddress *ret)
{
        const PciAddress *place = g_hash_table_lookup(pass->placed, device);

        if (!place && !domain_pci_has_place(device))
                return false;
        *ret = place ? *place : domain_pci_place(device);
        return true;
}

static uint32_t ich9_function(DomainControllerModel model)
{
        return model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1 ? 0 :
               model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2 ? 1 :
               model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3 ? 2 : 7;
}

/* A USB 2 controller and its companions share a slot. */
static int settle_ich9(PciPass *pass, DomainController *controller, Error *error)
{
        PciAddress place;
        bool found = false;
        int r = 0;

        DEF_FOREACH(other, pass->normalizer->def->controllers)
                if (!found && domain_is_ich9_usb(other) && other->index == controller->index)
                        found = find_place(pass, &other->info, &place);
        if (!found)
                r = pci_find_slot(pass->topology, PCI_PLUG_DEVICE, pass->dry, &place, error);
        if (r < 0)
                return r;
        place.function = ich9_function(controller->model);
        r = pci_take(pass->topology, &place, PCI_PLUG_DEVICE, error);
        if (r >= 0)
                domain_pci_settle(pass, &controller->info, &place);
        return r;
}

static DomainController *controller_of(DomainDef *def, const DomainDevice *info)
{
        DEF_FOREACH(controller, def->controllers)
                if (&controller->info == info)
                        return controller;
        return NULL;
}

static int settle_one(PciPass *pass, const PciDevice *device, Error *error)
{
        DomainController *controller = controller_of(pass->normalizer->def, device->info);
        PciAddress place;
        int r;

        if (domain_pci_is_settled(pass, device->info))
                return 0;
        if (controller && domain_is_ich9_usb(controller))
                return settle_ich9(pass, controller, error);
        /* the first IDE controller is where the chipset has it, or nowhere */
        if (controller && controller->type == DOMAIN_CONTROLLER_IDE && controller->index == 0)
                return 0;
        r = pci_take_next(pass->topology, device->plug, pass->dry, &place, error);
        if (r < 0)
                return r;
        domain_pci_settle(pass, device->info, &place);
        return 0;
}

static bool is_conventional(const PciTopology *topology)
{
        return topology->n_buses > 0 && topology->buses[0].model == DOMAIN_CONTROLLER_MODEL_PCI_ROOT;
}

static int reserve_given(PciPass *pass, const GArray *devices, Error *error)
{
        for (guint i = 0; i < devices->len; i++) {
                const PciDevice *device = &g_array_index(devices, PciDevice, i);
                const DomainController *controller = controller_of(pass->normalizer->def, device->info);
                PciAddress place;
                int r;

                if (!domain_pci_has_place(device->info))
                        continue;
                if (device->info->address->pci.domain != 0)
                        return error_set(error, ERROR_XML_ERROR, "Invalid PCI address. Only PCI domain 0 is available");
                place = domain_pci_place(device->info);
                if (controller && place.bus == 0 && place.slot == PIIX3_SLOT &&
                    domain_pci_is_piix3(controller, place.function)) {
                        if (pass->topology->n_buses > 0 && !is_conventional(pass->topology))
                                return error_set(error, ERROR_INTERNAL,
                                                 "Bus 0 must be PCI for integrated PIIX3 USB or IDE controllers");
                        /* the chipset's turn is to come */
                        continue;
                }
                /* buses that are taken for granted */
                if (pass->dry && pass->topology->n_buses > 0)
                        pci_fill_buses(pass->topology, place.bus + 1);
                r = pci_take(pass->topology, &place, device->plug, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int settle_all(PciPass *pass, const GArray *devices, Error *error)
{
        PciAddress spare;
        int r;

        r = reserve_given(pass, devices, error);
        if (r >= 0)
                r = domain_pci_settle_chipset(pass, error);
        /* room for one more device is kept, which a bridge could be, unless all is given already */
        if (r >= 0 && pass->dry && is_conventional(pass->topology) && !pci_is_full(pass->topology))
                r = pci_take_next(pass->topology, PCI_PLUG_DEVICE, true, &spare, error);
        for (guint i = 0; i < devices->len && r >= 0; i++)
                r = settle_one(pass, &g_array_index(devices, PciDevice, i), error);
        return r;
}

static int check_root(const Normalizer *normalizer, const DomainController *controller, Error *error)
{
        DomainControllerModel root = normalizer->traits->root;
        bool is_root = controller->model == DOMAIN_CONTROLLER_MODEL_PCI_ROOT ||
                controller->model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT;

        if (root != 0 && controller->index == 0 && controller->model != root)
                return error_set(error, ERROR_XML_ERROR,
                                 "The PCI controller with index='0' must be model='%s' for this machine "
                                 "type, but model='%s' was found instead",
                                 domain_controller_model_to_string(root),
                                 domain_controller_model_to_string(controller->model) ?: "(null)");
        if (controller->model == 0)
                return error_set(error, ERROR_INTERNAL, "PCI controller model was not set correctly");
        if (controller->index > 0 && is_root && !domain_is_pseries(normalizer->def))
                return error_set(error, ERROR_XML_ERROR,
                                 "pci-root and pcie-root controllers should have index 0");
        if (is_root && controller->info.address)
                return error_set(error, ERROR_XML_ERROR,
                                 "pci-root and pcie-root controllers should not have an address");
        return 0;
}

/* The buses of the controllers that there are, and those below them that are taken for granted. */
static int add_known_buses(const Normalizer *normalizer, PciTopology *topology, Error *error)
{
        unsigned n = 0;

        topology->many_roots = domain_is_pseries(normalizer->def);
        DEF_FOREACH(controller, normalizer->def->controllers) {
                int r;

                if (controller->type != DOMAIN_CONTROLLER_PCI)
                        continue;
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
        if (n > 0 && topology->buses[0].model == 0)
                pci_add_bus(topology, 0, DOMAIN_CONTROLLER_MODEL_PCI_ROOT, false);
        pci_fill_buses(topology, n);
        return 0;
}

/* A controller for each bus; those that are added take a place too, for which there may have to be one more. */
static int add_bus_controllers(PciPass *pass, Error *error)
{
        DomainDef *def = pass->normalizer->def;
        PciTopology *topology = pass->topology;
        PciAddress place;
        int r = 0;

        for (unsigned i = 1; i < topology->n_buses && r >= 0; i++) {
                DomainControllerModel model = topology->buses[i].model;

                if (domain_find_controller(def, DOMAIN_CONTROLLER_PCI, i))
                        continue;
                domain_add_controller(def, DOMAIN_CONTROLLER_PCI, (int) i, model);
                /* a bridge behind a root port has its place already */
                if (pci_plug_of_model(model) != 0 && model != DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE)
                        r = pci_take_next(topology, pci_plug_of_model(model), true, &place, error);
        }
        return r;
}

/* Finds out which buses there have to be and adds a controller for each. */
static int plan_buses(Normalizer *normalizer, Error *error)
{
        g_autofree PciTopology *topology = g_new0(PciTopology, 1);
        g_autoptr(GArray) devices = domain_pci_devices(normalizer->def);
        g_autoptr(GHashTable) placed = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        PciPass pass = { normalizer, topology, placed, true };
        PciAddress spare;
        unsigned n_known;
        int r;

        r = add_known_buses(normalizer, topology, error);
        if (r < 0 || topology->n_buses == 0)
                return r;
        n_known = topology->n_buses;
        r = settle_all(&pass, devices, error);
        /* where all ports are of our making, there is one more */
        if (r >= 0 && topology->buses[0].model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT && n_known == 1 &&
            topology->n_buses > n_known)
                r = pci_take_next(topology, PCI_PLUG_EXPRESS | PCI_PLUG_HOT, true, &spare, error);
        return r < 0 ? r : add_bus_controllers(&pass, error);
}

/* Function 0 of a slot that others share says so. */
static void set_multifunction(const GArray *devices, const PciTopology *topology)
{
        for (guint i = 0; i < devices->len; i++) {
                DomainDevice *device = g_array_index(devices, PciDevice, i).info;
                PciAddress place;

                if (!domain_pci_has_place(device))
                        continue;
                place = domain_pci_place(device);
                if (place.function == 0 && device->address->pci.multifunction == TRISTATE_ABSENT &&
                    topology->buses[place.bus].devices[place.slot] > 1)
                        device->address->pci.multifunction = TRISTATE_ON;
        }
}

static int place_devices(Normalizer *normalizer, Error *error)
{
        g_autofree PciTopology *topology = g_new0(PciTopology, 1);
        g_autoptr(GArray) devices = domain_pci_devices(normalizer->def);
        g_autoptr(GHashTable) placed = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        PciPass pass = { normalizer, topology, placed, false };
        int r;

        r = add_known_buses(normalizer, topology, error);
        if (r < 0)
                return r;
        r = settle_all(&pass, devices, error);
        if (r < 0)
                return r;
        set_multifunction(devices, topology);
        return 0;
}

/* Boards of other architectures that nothing is known of have devices without a place. */
static bool has_pci(const Normalizer *normalizer)
{
        static const char *const boards[] = { "armv6l", "armv7l", "aarch64", "riscv32", "riscv64", NULL };

        return normalizer->traits->root != 0 ||
               (normalizer->def->os.machine && !g_strv_contains(boards, strempty(normalizer->def->os.arch)));
}

static int check_order(const DomainController *controller, Error *error)
{
        if (!domain_pci_has_place(&controller->info) || domain_pci_place(&controller->info).bus < controller->index)
                return 0;
        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                         "PCI controller at index %" PRIu32 " (0x%02x) has bus='0x%02x', but index must be larger "
                         "than bus", controller->index, controller->index,
                         domain_pci_place(&controller->info).bus);
}

int domain_assign_pci(Normalizer *normalizer, Error *error)
{
        int r;

        if (!normalizer->emulated || !has_pci(normalizer))
                return 0;
        r = plan_buses(normalizer, error);
        if (r >= 0)
                r = place_devices(normalizer, error);
        if (r < 0)
                return r;
        DEF_FOREACH(controller, normalizer->def->controllers) {
                if (controller->type != DOMAIN_CONTROLLER_PCI)
                        continue;
                r = domain_pci_default_options(normalizer->def, controller, error);
                if (r >= 0)
                        r = check_order(controller, error);
                if (r < 0)
                        return r;
        }
        return 0;
}
