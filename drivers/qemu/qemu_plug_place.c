/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug_place.h"

#include "drivers/model/domain_device.h"
#include "drivers/qemu/qemu_place.h"

/* Looks for what is new, and cannot come while the machine runs. */
typedef struct Search {
        const DomainDef *live, *wanted;
        const char *alias;
        const DomainController *bus; /* a PCI bus that would have to come along */
        const void *unplaced;        /* a device whose slot takes nothing while the machine runs */
        const DomainController *its_bus;
} Search;

static const DomainController *find_bus(const DomainDef *def, uint32_t index)
{
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_PCI && controller->index == index)
                        return controller;
        return NULL;
}

/* The root complex has no slots that open, and neither have expanders of it; of others it can be said. */
static bool takes_devices(const DomainController *bus)
{
        return bus->model != DOMAIN_CONTROLLER_MODEL_PCIE_ROOT &&
               bus->model != DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS &&
               bus->model != DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_UPSTREAM_PORT && bus->hotplug != TRISTATE_OFF;
}

static void look_at(const DefRow *row, const void *item, void *userdata)
{
        const DomainDevice *info = domain_device_info(row, item);
        Search *search = userdata;
        const DomainController *bus = NULL;
        const DefRow *old_row;
        uint32_t index;

        if (!info || !info->alias || domain_device_find_alias(search->live, info->alias, &old_row, &index))
                return;
        DEF_FOREACH(controller, search->wanted->controllers)
                if (&controller->info == info && controller->type == DOMAIN_CONTROLLER_PCI &&
                    !streq(info->alias, search->alias))
                        search->bus = controller;
        if (info->address && info->address->type == DOMAIN_ADDRESS_PCI)
                bus = find_bus(search->wanted, info->address->pci.bus);
        if (bus && !takes_devices(bus)) {
                search->unplaced = item;
                search->its_bus = bus;
        }
}

/* The element that gives the machine such a slot. */
static const char *remedy(const DomainDef *wanted, const DomainController *bus)
{
        const DomainController *root = find_bus(wanted, 0);

        if (bus && (bus->model == DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE ||
                    bus->model == DOMAIN_CONTROLLER_MODEL_DMI_TO_PCI_BRIDGE))
                return "pcie-to-pci-bridge";
        return root && root->model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT ? "pcie-root-port" : "pci-bridge";
}

int qemu_plug_check_places(const DomainDef *live, const DomainDef *wanted, const char *alias, Error *error)
{
        Search search = { .live = live, .wanted = wanted, .alias = alias };
        g_autofree char *place = NULL;

        domain_device_foreach(wanted, look_at, &search);
        if (search.bus)
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "the running machine has no free PCI slot for the device: its definition needs one "
                                 "more <controller type='pci' model='%s'/> when it starts",
                                 remedy(wanted, search.bus));
        if (!search.unplaced)
                return 0;
        place = qemu_place(wanted, search.unplaced, NULL);
        return error_set(error, ERROR_OPERATION_FAILED,
                         "%s: PCI bus %" PRIu32 " ('%s') takes no devices while the machine runs: without an address "
                         "it is put on a <controller type='pci' model='%s'/> that is free",
                         place, search.its_bus->index, domain_controller_model_to_string(search.its_bus->model),
                         remedy(wanted, NULL));
}
