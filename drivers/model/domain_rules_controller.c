/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

/* What has to fit together in a <controller>. */

#define XHCI_PORTS 15u
#define PCI_INDEX_MAX 255u

#define MODEL(m) DOMAIN_CONTROLLER_MODEL_##m

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
        bool is_xhci = controller->model == MODEL(NEC_XHCI) || controller->model == MODEL(QEMU_XHCI);

        if (is_xhci && def_get(controller, ports, 0) > XHCI_PORTS)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@ports",
                             "'%s' controller only supports up to '%u' ports",
                             domain_controller_model_to_string(controller->model), XHCI_PORTS);
        if (def_is_set(controller, iothread) && !is_virtio_scsi(controller))
                checker_fail(checker, ERROR_XML_ERROR, "driver/@iothread",
                             "'iothread' attribute only supported for virtio scsi controllers");
}

static void check_pci(const void *p, DefChecker *checker)
{
        const DomainController *controller = p;
        bool is_root = controller->model == MODEL(PCI_ROOT) || controller->model == MODEL(PCIE_ROOT);
        uint32_t index = def_get(controller, index, 0);

        if (controller->type != DOMAIN_CONTROLLER_PCI)
                return;
        EXPECT_NONE(checker, { is_root && controller->info.address, "address",
                               "pci-root and pcie-root controllers should not have an address" },
                    { index > PCI_INDEX_MAX, "@index", "PCI controller index too high, maximum is 255" },
                    { def_is_set(controller, target_index) && def_is_set(controller, index) &&
                      (index == 0) != (controller->target_index == 0), "target/@index",
                      "Only the PCI controller with index 0 can have target index 0, and vice versa" },
                    { def_is_set(controller, node) && def_is_set(controller, index) && index == 0, "target/node",
                      "The PCI controller with index=0 can't be associated with a NUMA node" });
}

const DefRule domain_controller_rules[] = {
        { "the model suits the type", check_controller_model },
        { "options suit the model", check_controller_options },
        { "a PCI controller has the numbers that its place takes", check_pci },
        { "QEMU can have the controller", domain_check_qemu_controller },
        {},
};
