/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

/* Controllers that no QEMU can have, whichever is installed. */

#define MODEL(m) DOMAIN_CONTROLLER_MODEL_##m
#define BIT(m) (UINT64_C(1) << MODEL(m))

#define ROOTS (BIT(PCI_ROOT) | BIT(PCIE_ROOT))
#define EXPANDERS (BIT(PCI_EXPANDER_BUS) | BIT(PCIE_EXPANDER_BUS))
#define PORTS (BIT(PCIE_ROOT_PORT) | BIT(PCIE_SWITCH_DOWNSTREAM_PORT))

/* Which models of PCI controllers have an option. */
static void check_pci_options(const DomainController *controller, DefChecker *checker)
{
        uint64_t model = UINT64_C(1) << controller->model;
        const struct {
                bool given;
                uint64_t models;
                const char *where, *name;
        } options[] = {
                { def_is_set(controller, target_index), BIT(PCI_ROOT), "target/@index", "targetIndex" },
                { def_is_set(controller, pcihole64), ROOTS, "pcihole64", "pcihole64" },
                { def_is_set(controller, bus_nr), EXPANDERS, "target/@busNr", "busNr" },
                { def_is_set(controller, node), EXPANDERS | BIT(PCI_ROOT), "target/node", "numaNode" },
                { def_is_set(controller, chassis_nr), BIT(PCI_BRIDGE), "target/@chassisNr", "chassisNr" },
                { def_is_set(controller, chassis), PORTS, "target/@chassis", "chassis" },
                { def_is_set(controller, port), PORTS, "target/@port", "port" },
                { controller->hotplug != TRISTATE_ABSENT, PORTS | BIT(PCI_ROOT), "target/@hotplug", "hotplug" },
        };

        for (size_t i = 0; i < ELEMENTSOF(options); i++)
                if (options[i].given && !(options[i].models & model))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, options[i].where,
                                     "Option '%s' is not valid for PCI controller with index '%" PRIu32
                                     "', model '%s'", options[i].name, def_get(controller, index, 0),
                                     domain_controller_model_to_string(controller->model));
}

static bool is_device_of(DomainControllerModel model, const char *name)
{
        static const struct {
                DomainControllerModel model;
                const char *name;
        } names[] = {
                { MODEL(PCI_ROOT), "spapr-pci-host-bridge" },
                { MODEL(PCI_BRIDGE), "pci-bridge" },
                { MODEL(DMI_TO_PCI_BRIDGE), "i82801b11-bridge" },
                { MODEL(PCIE_TO_PCI_BRIDGE), "pcie-pci-bridge" },
                { MODEL(PCIE_ROOT_PORT), "pcie-root-port" },
                { MODEL(PCIE_ROOT_PORT), "ioh3420" },
                { MODEL(PCIE_SWITCH_UPSTREAM_PORT), "x3130-upstream" },
                { MODEL(PCIE_SWITCH_DOWNSTREAM_PORT), "xio3130-downstream" },
                { MODEL(PCI_EXPANDER_BUS), "pxb" },
                { MODEL(PCIE_EXPANDER_BUS), "pxb-pcie" },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (names[i].model == model && streq(names[i].name, name))
                        return true;
        return false;
}

static void check_pci(const DomainDef *def, const DomainController *controller, DefChecker *checker)
{
        uint32_t n_cells = def->cpu ? def->cpu->cells.n : 0;
        const char *model;

        if (controller->model == 0)
                return;
        model = domain_controller_model_to_string(controller->model);
        check_pci_options(controller, checker);
        if (controller->model_name && !is_device_of(controller->model, controller->model_name))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "model/@name",
                             "QEMU has no '%s' for a PCI controller of the model '%s'", controller->model_name, model);
        if (!(ROOTS & (UINT64_C(1) << controller->model)) && def_is_set(controller, index) && controller->index == 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@index", "Index for '%s' controllers must be > 0",
                             model);
        if (def_is_set(controller, node) && controller->node >= n_cells)
                checker_fail(checker, ERROR_XML_ERROR, "target/node",
                             "%s with index %" PRIu32 " is configured for a NUMA node (%" PRIu32
                             ") not present in the domain's <cpu><numa> array (%" PRIu32 ")",
                             model, def_get(controller, index, 0), controller->node, n_cells);
}

static void check_machine_pci(const DomainDef *def, const MachineTraits *traits, const DomainController *controller,
                              DefChecker *checker)
{
        bool root = controller->model == MODEL(PCI_ROOT), express_root = controller->model == MODEL(PCIE_ROOT);
        bool pseries = domain_is_pseries(def), i440fx = machine_is_i440fx(traits), q35 = machine_is_q35(traits);

        EXPECT_NONE(checker, { root && !pseries && controller->model_name, "model/@name",
                               "Option 'modelName' is not valid for the controller pci-root of this machine" },
                    { root && !pseries && def_is_set(controller, target_index), "target/@index",
                      "Option 'targetIndex' is not valid for the controller pci-root of this machine" },
                    { root && !pseries && def_is_set(controller, node), "target/node",
                      "Option 'numaNode' is not valid for the controller pci-root of this machine" },
                    { root && !i440fx && controller->hotplug != TRISTATE_ABSENT, "target/@hotplug",
                      "Option 'hotplug' is not valid for the controller pci-root of this machine" },
                    { def_is_set(controller, pcihole64) && ((root && !i440fx) || (express_root && !q35)), "pcihole64",
                      "Setting the 64-bit PCI hole size is not supported for this machine" },
                    { controller->model == MODEL(PCI_EXPANDER_BUS) && !i440fx, "@model",
                      "pci-expander-bus controllers are only supported on 440fx-based machinetypes" },
                    { controller->model == MODEL(PCIE_EXPANDER_BUS) && traits->root != MODEL(PCIE_ROOT), "@model",
                      "pcie-expander-bus controllers are not supported with this machine type" });
}

static void check_options(const DomainController *controller, DefChecker *checker)
{
        bool scsi = is_virtio_scsi(controller);
        bool virtio = scsi || controller->type == DOMAIN_CONTROLLER_VIRTIO_SERIAL || controller->model == 0;

        EXPECT_NONE(checker, { !virtio && def_is_set(controller, queues), "driver/@queues",
                               "'queues' is only supported by virtio-scsi controller" },
                    { !virtio && def_is_set(controller, cmd_per_lun), "driver/@cmd_per_lun",
                      "'cmd_per_lun' is only supported by virtio-scsi controller" },
                    { !virtio && def_is_set(controller, max_sectors), "driver/@max_sectors",
                      "'max_sectors' is only supported by virtio-scsi controller" },
                    { !virtio && controller->ioeventfd != TRISTATE_ABSENT, "driver/@ioeventfd",
                      "'ioeventfd' is only supported by virtio-scsi controller" },
                    { !virtio && virtio_is_given(&controller->virtio), "driver",
                      "iommu, ats, packed and page_per_vq are options of virtio devices only" },
                    { controller->model == MODEL(BUSLOGIC) || controller->model == MODEL(QUSB1) ||
                      controller->model == MODEL(QUSB2), "@model", "QEMU has no controller of this model" });
}

/* Machines that have IDE; others have no controller for it that could be added. */
static void check_ide(const MachineTraits *traits, DefChecker *checker)
{
        if (!traits->ide)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL,
                             "IDE controllers are unsupported for this QEMU binary or machine type");
}

void domain_check_qemu_controller(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainController *controller = p;
        const MachineTraits *traits;

        if (!def)
                return;
        check_options(controller, checker);
        check_iothread_mapping(def, (const DomainIothreadMapping *const *) controller->iothreads.items,
                               controller->iothreads.n, def_get(controller, queues, 0), checker);
        if (controller->type == DOMAIN_CONTROLLER_PCI)
                check_pci(def, controller, checker);
        if (!checker_qemu_machine(checker, &traits))
                return;
        if (controller->type == DOMAIN_CONTROLLER_PCI)
                check_machine_pci(def, traits, controller, checker);
        if (controller->type == DOMAIN_CONTROLLER_IDE)
                check_ide(traits, checker);
}
