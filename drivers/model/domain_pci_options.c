/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_pci.h"

#include "drivers/model/domain_rules.h"

/* What QEMU has to be told of a PCI controller, when all of them have their places. */

/* Host bridges of their own are numbered from the top. */
static int next_bus_number(const DomainDef *def)
{
        int lowest = 256;

        DEF_FOREACH(controller, def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_PCI && def_is_set(controller, bus_nr))
                        lowest = MIN(lowest, (int) controller->bus_nr);
        return lowest <= 2 ? -ENOSPC : lowest - 2;
}

static uint32_t next_host_bridge(const DomainDef *def)
{
        uint32_t taken = 0, next = 1;

        DEF_FOREACH(controller, def->controllers)
                if (controller->model == DOMAIN_CONTROLLER_MODEL_PCI_ROOT && def_get(controller, target_index, 32) < 32)
                        taken |= UINT32_C(1) << controller->target_index;
        while (next < 31 && (taken & UINT32_C(1) << next))
                next++;
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

int domain_pci_default_options(DomainDef *def, DomainController *controller, Error *error)
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
        int bus_nr;

        for (unsigned i = 0; i < ELEMENTSOF(names); i++)
                if (controller->model == names[i].model && !controller->model_name)
                        controller->model_name = domain_def_strdup(def, names[i].name);
        if (domain_pci_has_place(&controller->info))
                place = domain_pci_place(&controller->info);
        default_host_bridge(def, controller);
        if (controller->model == DOMAIN_CONTROLLER_MODEL_PCI_BRIDGE && !def_is_set(controller, chassis_nr))
                def_put(controller, chassis_nr, controller->index);
        if ((is_root_port || is_downstream) && !def_is_set(controller, chassis))
                def_put(controller, chassis, controller->index);
        if (is_root_port && !def_is_set(controller, port))
                def_put(controller, port, (place.slot << 3) + place.function);
        if (is_downstream && !def_is_set(controller, port))
                def_put(controller, port, place.slot);
        if (!is_expander || def_is_set(controller, bus_nr))
                return 0;
        bus_nr = next_bus_number(def);
        if (bus_nr < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "No free busNr lower than current lowest busNr is available to auto-assign to bus %u. "
                                 "Must be manually assigned", place.bus);
        def_put(controller, bus_nr, (uint32_t) bus_nr);
        return 0;
}
