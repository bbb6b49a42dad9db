/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/pci_address.h"

typedef struct BusKind {
        DomainControllerModel model;
        PciPlug plug;    /* of the controller itself */
        PciPlug accepts; /* what is put there unasked */
        uint8_t first;
        uint8_t last;
} BusKind;

#define MODEL(m) DOMAIN_CONTROLLER_MODEL_##m
#define PLUG(p) PCI_PLUG_##p
#define CONVENTIONAL (PLUG(DEVICE) | PLUG(BRIDGE))
#define ENDPOINTS (PLUG(EXPRESS) | PLUG(EXPRESS_BRIDGE))

static const BusKind bus_kinds[] = {
        { MODEL(PCI_ROOT), 0, CONVENTIONAL | PLUG(EXPANDER), 1, 31 },
        { MODEL(PCI_BRIDGE), PLUG(BRIDGE), CONVENTIONAL, 1, 31 },
        { MODEL(PCI_EXPANDER_BUS), PLUG(EXPANDER), CONVENTIONAL, 0, 31 },
        { MODEL(PCIE_ROOT), 0, PLUG(INTEGRATED) | PLUG(ROOT_PORT) | PLUG(DMI_BRIDGE) | PLUG(EXPRESS_EXPANDER), 1, 31 },
        { MODEL(DMI_TO_PCI_BRIDGE), PLUG(DMI_BRIDGE), PLUG(BRIDGE), 0, 31 },
        { MODEL(PCIE_TO_PCI_BRIDGE), PLUG(EXPRESS_BRIDGE), CONVENTIONAL, 1, 31 },
        { MODEL(PCIE_ROOT_PORT), PLUG(ROOT_PORT), ENDPOINTS, 0, 0 },
        { MODEL(PCIE_SWITCH_UPSTREAM_PORT), PLUG(EXPRESS), PLUG(DOWNSTREAM_PORT), 0, 31 },
        { MODEL(PCIE_SWITCH_DOWNSTREAM_PORT), PLUG(DOWNSTREAM_PORT), ENDPOINTS, 0, 0 },
        { MODEL(PCIE_EXPANDER_BUS), PLUG(EXPRESS_EXPANDER), PLUG(ROOT_PORT) | PLUG(DMI_BRIDGE), 0, 0 },
};

static const BusKind *bus_kind(DomainControllerModel model)
{
        for (unsigned i = 0; i < ELEMENTSOF(bus_kinds); i++)
                if (bus_kinds[i].model == model)
                        return bus_kinds + i;
        return NULL;
}

PciPlug pci_plug_of_model(DomainControllerModel model)
{
        const BusKind *kind = bus_kind(model);
        PciPlug plug = kind ? kind->plug : 0;

        return plug == PCI_PLUG_ROOT_PORT ? plug | PCI_PLUG_AGGREGATE : plug;
}

void pci_add_bus(PciTopology *topology, unsigned index, DomainControllerModel model, bool no_hotplug)
{
        g_assert(index < PCI_BUSES_MAX);
        topology->buses[index].model = model;
        topology->buses[index].no_hotplug = no_hotplug;
        topology->n_buses = MAX(topology->n_buses, index + 1);
}

static bool is_express(const PciTopology *topology)
{
        return topology->buses[0].model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT;
}

static DomainControllerModel conventional_bus(const PciTopology *topology)
{
        return topology->many_roots ? MODEL(PCI_ROOT) : MODEL(PCI_BRIDGE);
}

void pci_fill_buses(PciTopology *topology, unsigned n)
{
        for (unsigned i = 1; i < MIN(n, PCI_BUSES_MAX); i++)
                if (topology->buses[i].model == 0)
                        pci_add_bus(topology, i,
                                    !is_express(topology) ? conventional_bus(topology) :
                                                              DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT,
                                    false);
}

static uint8_t function_bit(const PciAddress *address)
{
        return (uint8_t) (1u << address->function);
}

bool pci_is_free(const PciTopology *topology, const PciAddress *address)
{
        return !(topology->buses[address->bus].used[address->slot] & function_bit(address));
}

bool pci_is_full(const PciTopology *topology)
{
        for (unsigned i = 0; i < topology->n_buses; i++) {
                const BusKind *kind = bus_kind(topology->buses[i].model);

                for (unsigned slot = kind->first; slot <= kind->last; slot++)
                        if (topology->buses[i].used[slot] == 0)
                                return false;
        }
        return true;
}

void pci_reserve_function(PciTopology *topology, const PciAddress *address)
{
        topology->buses[address->bus].used[address->slot] |= function_bit(address);
}

static void mark(PciTopology *topology, const PciAddress *address, bool aggregate)
{
        PciBus *bus = topology->buses + address->bus;

        bus->aggregate[address->slot] =
                        aggregate && (bus->aggregate[address->slot] || !bus->used[address->slot]);
        bus->used[address->slot] |= function_bit(address);
        bus->devices[address->slot] |= function_bit(address);
}

/* What a definition asks for may go where nothing is put unasked, but ports and bridges need their like. */
static bool may_plug(const BusKind *kind, PciPlug plug)
{
        if (kind->accepts & plug)
                return true;
        return (plug & (PCI_PLUG_DEVICE | PCI_PLUG_EXPRESS)) &&
                kind->model != DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_UPSTREAM_PORT &&
                kind->model != DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS;
}

int pci_take(PciTopology *topology, const PciAddress *address, PciPlug plug, Error *error)
{
        const BusKind *kind;

        if (topology->n_buses == 0)
                return error_set(error, ERROR_XML_ERROR, "No PCI buses available");
        if (address->bus >= topology->n_buses)
                return error_set(error, ERROR_XML_ERROR,
                                 "Invalid PCI address 0000:%02x:%02x.%x. There is no bus %u", address->bus,
                                 address->slot, address->function, address->bus);
        kind = bus_kind(topology->buses[address->bus].model);
        if (!kind || address->slot < kind->first || address->slot > kind->last)
                return error_set(error, ERROR_XML_ERROR,
                                 "Invalid PCI address 0000:%02x:%02x.%x. slot must be >= %u and <= %u",
                                 address->bus, address->slot, address->function, kind ? kind->first : 0,
                                 kind ? kind->last : 0);
        if (!may_plug(kind, plug))
                return error_set(
                                error, ERROR_XML_ERROR,
                                "The device at PCI address 0000:%02x:%02x.%x cannot be plugged into the PCI "
                                "controller with index='%u'",
                                address->bus, address->slot, address->function, address->bus);
        if (!pci_is_free(topology, address))
                return error_set(error, ERROR_XML_ERROR,
                                 "Attempted double use of PCI Address 0000:%02x:%02x.%x", address->bus,
                                 address->slot, address->function);
        mark(topology, address, plug & PCI_PLUG_AGGREGATE);
        return 0;
}

static bool find_in_slot(const PciBus *bus, unsigned slot, PciPlug plug, uint32_t *ret_function)
{
        if (bus->used[slot] == 0) {
                *ret_function = 0;
                return true;
        }
        if (!(plug & PCI_PLUG_AGGREGATE) || !bus->aggregate[slot] || bus->used[slot] == UINT8_MAX)
                return false;
        *ret_function = 0;
        while (bus->used[slot] & (1u << *ret_function))
                ++*ret_function;
        return true;
}

static bool find_in_bus(const PciTopology *topology, unsigned index, PciPlug plug, PciAddress *ret)
{
        const PciBus *bus = topology->buses + index;
        const BusKind *kind = bus_kind(bus->model);

        if (!kind || !(kind->accepts & plug) || ((plug & PCI_PLUG_HOT) && bus->no_hotplug))
                return false;
        for (unsigned slot = kind->first; slot <= kind->last; slot++) {
                uint32_t function;

                if (find_in_slot(bus, slot, plug, &function)) {
                        *ret = (PciAddress) { index, slot, function };
                        return true;
                }
        }
        return false;
}

static bool find(const PciTopology *topology, PciPlug plug, PciAddress *ret)
{
        for (unsigned i = 0; i < topology->n_buses; i++)
                if (find_in_bus(topology, i, plug, ret))
                        return true;
        return false;
}

/*
 * Adds a bus that takes what plugs in so. Where the new controller itself goes is decided when all of them
 * are known; only a bridge behind a root port is put there at once.
 */
static bool grow_by_one(PciTopology *topology, PciPlug plug)
{
        PciAddress address;

        if (topology->n_buses >= PCI_BUSES_MAX)
                return false;
        if (!is_express(topology)) {
                if (!(plug & (PCI_PLUG_DEVICE | PCI_PLUG_BRIDGE)))
                        return false;
                pci_add_bus(topology, topology->n_buses, conventional_bus(topology), false);
                return true;
        }
        if (plug & ENDPOINTS) {
                pci_add_bus(topology, topology->n_buses, DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT, false);
                return true;
        }
        if (!(plug & (PCI_PLUG_DEVICE | PCI_PLUG_BRIDGE)))
                return false;
        if (!find(topology, PCI_PLUG_EXPRESS_BRIDGE, &address)) {
                if (!grow_by_one(topology, PCI_PLUG_EXPRESS_BRIDGE) ||
                    !find(topology, PCI_PLUG_EXPRESS_BRIDGE, &address) || topology->n_buses >= PCI_BUSES_MAX)
                        return false;
        }
        mark(topology, &address, false);
        pci_add_bus(topology, topology->n_buses, DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE, false);
        return true;
}

int pci_find_slot(PciTopology *topology, PciPlug plug, bool grow, PciAddress *ret, Error *error)
{
        if (topology->n_buses == 0)
                return error_set(error, ERROR_XML_ERROR, "No PCI buses available");
        /* where all is conventional, so are Express devices */
        if (!is_express(topology) && (plug & (PCI_PLUG_EXPRESS | PCI_PLUG_INTEGRATED)))
                plug = (plug & ~(PCI_PLUG_EXPRESS | PCI_PLUG_INTEGRATED)) | PCI_PLUG_DEVICE;
        while (!find(topology, plug, ret))
                if (!grow || !grow_by_one(topology, plug))
                        return error_set(error, ERROR_XML_ERROR, "No more available PCI slots");
        return 0;
}

int pci_take_next(PciTopology *topology, PciPlug plug, bool grow, PciAddress *ret, Error *error)
{
        int r = pci_find_slot(topology, plug, grow, ret, error);

        if (r < 0)
                return r;
        mark(topology, ret, plug & PCI_PLUG_AGGREGATE);
        return 0;
}
