/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/model/domain_vcpu.h"

/* QEMU that spreads the queues of a SCSI controller over several threads. */
#define IOTHREADS_VERSION 10000000

/* QEMU's driver of controllers that have one for each model. */
static const char *const model_drivers[_DOMAIN_CONTROLLER_MODEL_MAX] = {
        [DOMAIN_CONTROLLER_MODEL_LSILOGIC] = "lsi53c895a",
        [DOMAIN_CONTROLLER_MODEL_LSISAS1068] = "mptsas1068",
        [DOMAIN_CONTROLLER_MODEL_LSISAS1078] = "megasas",
        [DOMAIN_CONTROLLER_MODEL_VMPVSCSI] = "pvscsi",
        [DOMAIN_CONTROLLER_MODEL_DC390] = "dc390",
        [DOMAIN_CONTROLLER_MODEL_AM53C974] = "am53c974",
        [DOMAIN_CONTROLLER_MODEL_PIIX3_UHCI] = "piix3-usb-uhci",
        [DOMAIN_CONTROLLER_MODEL_PIIX4_UHCI] = "piix4-usb-uhci",
        [DOMAIN_CONTROLLER_MODEL_EHCI] = "usb-ehci",
        [DOMAIN_CONTROLLER_MODEL_ICH9_EHCI1] = "ich9-usb-ehci1",
        [DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1] = "ich9-usb-uhci1",
        [DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2] = "ich9-usb-uhci2",
        [DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3] = "ich9-usb-uhci3",
        [DOMAIN_CONTROLLER_MODEL_VT82C686B_UHCI] = "vt82c686b-usb-uhci",
        [DOMAIN_CONTROLLER_MODEL_PCI_OHCI] = "pci-ohci",
        [DOMAIN_CONTROLLER_MODEL_NEC_XHCI] = "nec-usb-xhci",
        [DOMAIN_CONTROLLER_MODEL_QEMU_XHCI] = "qemu-xhci",
        [DOMAIN_CONTROLLER_MODEL_PCI_BRIDGE] = "pci-bridge",
        [DOMAIN_CONTROLLER_MODEL_DMI_TO_PCI_BRIDGE] = "i82801b11-bridge",
        [DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE] = "pcie-pci-bridge",
        [DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT] = "pcie-root-port",
        [DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_UPSTREAM_PORT] = "x3130-upstream",
        [DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_DOWNSTREAM_PORT] = "xio3130-downstream",
        [DOMAIN_CONTROLLER_MODEL_PCI_EXPANDER_BUS] = "pxb",
        [DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS] = "pxb-pcie",
};

bool build_controller_is_narrow(const DomainController *controller)
{
        return controller->model == DOMAIN_CONTROLLER_MODEL_LSILOGIC ||
               controller->model == DOMAIN_CONTROLLER_MODEL_DC390 ||
               controller->model == DOMAIN_CONTROLLER_MODEL_AM53C974;
}

static int refuse_model(Build *b, const DomainController *controller, Error *error)
{
        return qemu_refuse(b->def, controller, "@model", error, "QEMU has no controller '%s' of the type '%s' for x86",
                           domain_controller_model_to_string(controller->model) ?: "(none)",
                           strempty(domain_controller_to_string(controller->type)));
}

/* The model as the word of virtio devices, NULL for one of another kind. */
static const char *virtio_model(DomainControllerModel model)
{
        switch ((int) model) {
        case 0:
        case DOMAIN_CONTROLLER_MODEL_AUTO:
        case DOMAIN_CONTROLLER_MODEL_VIRTIO:
        case DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI:
                return "virtio";
        case DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL:
        case DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL:
                return domain_controller_model_to_string(model);
        }
        return NULL;
}

static int put_virtio(Build *b, const DomainController *controller, const char *base, JsonObject **ret,
                      Error *error)
{
        g_autofree char *driver = NULL;
        JsonObject *props;
        int r;

        r = build_virtio_driver(b, controller, base, virtio_model(controller->model), &driver, error);
        if (r < 0)
                return r;
        props = qmp_object("s:driver", driver, NULL);
        build_virtio_options(props, &controller->virtio);
        build_put_tristate(props, "ioeventfd", controller->ioeventfd);
        *ret = props;
        return 0;
}

static int build_scsi(Build *b, const DomainController *controller, Error *error)
{
        const char *driver = model_drivers[controller->model];
        JsonObject *props = NULL;
        int r;

        if (driver)
                return build_device(b, controller, &controller->info, qmp_object("s:driver", driver, NULL),
                                    error);
        if (!virtio_model(controller->model))
                return refuse_model(b, controller, error);
        r = put_virtio(b, controller, "virtio-scsi", &props, error);
        if (r < 0)
                return r;
        if (def_is_set(controller, iothread))
                build_put_iothread(props, controller->iothread);
        build_put_iothread_mapping(props, controller->iothreads.items, controller->iothreads.n);
        build_put_number(props, "num_queues", controller, queues);
        build_put_number(props, "cmd_per_lun", controller, cmd_per_lun);
        build_put_number(props, "max_sectors", controller, max_sectors);
        return build_device(b, controller, &controller->info, props, error);
}

static int build_virtio_serial(Build *b, const DomainController *controller, Error *error)
{
        JsonObject *props = NULL;
        int r;

        if (!virtio_model(controller->model))
                return refuse_model(b, controller, error);
        r = put_virtio(b, controller, "virtio-serial", &props, error);
        if (r < 0)
                return r;
        build_put_number(props, "max_ports", controller, ports);
        build_put_number(props, "vectors", controller, vectors);
        return build_device(b, controller, &controller->info, props, error);
}

/* One of the slow companions of an EHCI controller: it has no name, its devices are reached by the master.
 */
static int build_usb_companion(Build *b, const DomainController *controller, JsonObject *props, Error *error)
{
        g_autofree char *bus = g_strconcat(controller->info.alias, ".0", NULL);
        DomainDevice info = controller->info;

        info.alias = NULL;
        json_object_set_string_member(props, "masterbus", bus);
        json_object_set_int_member(props, "firstport", controller->info.master_startport);
        return build_device(b, controller, &info, props, error);
}

static int build_usb(Build *b, const DomainController *controller, Error *error)
{
        const char *driver;
        JsonObject *props;

        if (controller->model == DOMAIN_CONTROLLER_MODEL_NONE)
                return 0;
        driver = controller->model == 0 ? "piix3-usb-uhci" : model_drivers[controller->model];
        if (!driver)
                return refuse_model(b, controller, error);

        props = qmp_object("s:driver", driver, NULL);
        if (def_is_set(&controller->info, master_startport))
                return build_usb_companion(b, controller, props, error);
        if (controller->model == DOMAIN_CONTROLLER_MODEL_QEMU_XHCI ||
            controller->model == DOMAIN_CONTROLLER_MODEL_NEC_XHCI) {
                build_put_number(props, "p2", controller, ports);
                build_put_number(props, "p3", controller, ports);
        }
        return build_device(b, controller, &controller->info, props, error);
}

/* It is on the board; its settings are properties of the chipset. */
static int build_pci_root(Build *b, const DomainController *controller, Error *error)
{
        bool pcie = controller->model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT;

        if (controller->index != 0)
                return qemu_refuse(b->def, controller, "@model", error,
                                   "there is only one root, with index 0");
        if (def_is_set(controller, pcihole64)) {
                if (!b->x86)
                        return qemu_refuse(b->def, controller, "pcihole64", error, "it is not supported");
                build_argf(b, "-global", "%s.pci-hole64-size=%" PRIu64 "K",
                           pcie ? "q35-pcihost" : "i440FX-pcihost", controller->pcihole64);
        }
        if (controller->hotplug != TRISTATE_ABSENT) {
                if (!b->x86 || pcie)
                        return qemu_refuse(b->def, controller, "target/@hotplug", error,
                                           "it is not supported");
                build_argf(b, "-global", "PIIX4_PM.acpi-root-pci-hotplug=%s",
                           controller->hotplug == TRISTATE_ON ? "on" : "off");
        }
        return 0;
}

static int build_pci(Build *b, const DomainController *controller, Error *error)
{
        const char *driver = controller->model_name ?: model_drivers[controller->model];
        JsonObject *props;

        if (controller->model == DOMAIN_CONTROLLER_MODEL_PCI_ROOT ||
            controller->model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT)
                return build_pci_root(b, controller, error);
        if (!driver)
                return refuse_model(b, controller, error);

        props = qmp_object("s:driver", driver, NULL);
        build_put_number(props, "port", controller, port);
        build_put_number(props, "chassis", controller, chassis);
        build_put_number(props, "chassis_nr", controller, chassis_nr);
        build_put_number(props, "bus_nr", controller, bus_nr);
        build_put_number(props, "numa_node", controller, node);
        build_put_tristate(props, "hotplug", controller->hotplug);
        if (def_is_set(controller, mem_reserve))
                json_object_set_int_member(props, "mem-reserve", (gint64) controller->mem_reserve * 1024);
        return build_device(b, controller, &controller->info, props, error);
}

/* The first SATA controller of q35 is in the chipset. */
static int build_sata(Build *b, const DomainController *controller, Error *error)
{
        if (b->q35 && controller->index == 0)
                return 0;
        return build_device(b, controller, &controller->info, qmp_object("s:driver", "ich9-ahci", NULL),
                            error);
}

static int build_fdc(Build *b, const DomainController *controller, Error *error)
{
        if (!b->q35)
                return 0;
        return build_bare_device(b, controller, qmp_object("s:driver", "isa-fdc", "s:id", "fdc0", NULL),
                                 error);
}

static int build_ide(Build *b, const DomainController *controller, Error *error)
{
        if (b->q35 || controller->index > 0)
                return qemu_refuse(b->def, controller, NULL, error,
                                   "only machines of the 'pc' family have an IDE controller, and just one");
        return 0;
}

static int check_iothread(Build *b, const DomainController *controller, Error *error)
{
        if (controller->iothreads.n > 0) {
                int r = build_check_version(b, controller, "driver/iothreads", IOTHREADS_VERSION, error);

                if (r >= 0 && (controller->type != DOMAIN_CONTROLLER_SCSI || model_drivers[controller->model]))
                        r = qemu_refuse(b->def, controller, "driver/iothreads", error,
                                        "only virtio-scsi controllers have them");
                return r < 0 ? r : build_check_iothread_mapping(b, controller, controller->iothreads.items,
                                                                controller->iothreads.n, error);
        }
        if (!def_is_set(controller, iothread))
                return 0;
        if (controller->type != DOMAIN_CONTROLLER_SCSI || model_drivers[controller->model])
                return qemu_refuse(b->def, controller, "driver/@iothread", error,
                                   "only virtio-scsi controllers have one");
        if (!domain_iothread_exists(b->def, controller->iothread))
                return qemu_refuse(b->def, controller, "driver/@iothread", error,
                                   "there is no I/O thread %u", controller->iothread);
        return 0;
}

static int build_controller_of(Build *b, const DomainController *controller, Error *error)
{
        int r = check_iothread(b, controller, error);

        if (r < 0)
                return r;
        switch (controller->type) {
        case DOMAIN_CONTROLLER_IDE:
                return build_ide(b, controller, error);
        case DOMAIN_CONTROLLER_FDC:
                return build_fdc(b, controller, error);
        case DOMAIN_CONTROLLER_SCSI:
                return build_scsi(b, controller, error);
        case DOMAIN_CONTROLLER_SATA:
                return build_sata(b, controller, error);
        case DOMAIN_CONTROLLER_VIRTIO_SERIAL:
                return build_virtio_serial(b, controller, error);
        case DOMAIN_CONTROLLER_USB:
                return build_usb(b, controller, error);
        case DOMAIN_CONTROLLER_PCI:
                return build_pci(b, controller, error);
        case DOMAIN_CONTROLLER_CCID:
                return build_device(b, controller, &controller->info, qmp_object("s:driver", "usb-ccid", NULL), error);
        case DOMAIN_CONTROLLER_NVME:
                if (!controller->serial)
                        return qemu_refuse(b->def, controller, "serial", error, "QEMU wants one");
                return build_device(b, controller, &controller->info,
                                    qmp_object("s:driver", "nvme", "s:serial", controller->serial, NULL), error);
        case DOMAIN_CONTROLLER_XENBUS:
        case DOMAIN_CONTROLLER_ISA:
        case _DOMAIN_CONTROLLER_MAX:
                break;
        }
        return qemu_refuse(b->def, controller, "@type", error, "controllers of type '%s' are not supported",
                           strempty(domain_controller_to_string(controller->type)));
}

/* One of PCI comes after the one whose bus it is on, whichever has the lower index. */
static int build_pci_after(Build *b, uint32_t i, bool *done, Error *error)
{
        const DomainController *controller = b->def->controllers.items[i];
        const DomainAddress *address = controller->info.address;

        if (controller->type != DOMAIN_CONTROLLER_PCI || done[i])
                return 0;
        done[i] = true;
        for (uint32_t k = 0; address && address->type == DOMAIN_ADDRESS_PCI && k < b->def->controllers.n; k++)
                if (b->def->controllers.items[k]->index == address->pci.bus) {
                        int r = build_pci_after(b, k, done, error);

                        if (r < 0)
                                return r;
                }
        return build_controller_of(b, controller, error);
}

/*
 * Buses before what is on them: PCI first, what is on USB last. QEMU wants a companion's master before it, as libvirt
 * orders them.
 */
int build_controllers(Build *b, Error *error)
{
        g_autofree bool *done = g_new0(bool, b->def->controllers.n + 1);
        int r = 0;

        for (uint32_t i = 0; r >= 0 && i < b->def->controllers.n; i++)
                r = build_pci_after(b, i, done, error);
        for (unsigned last = 0; last < 2; last++)
                DEF_FOREACH(controller, b->def->controllers)
                        if (r >= 0 && controller->type != DOMAIN_CONTROLLER_PCI &&
                            (controller->type == DOMAIN_CONTROLLER_CCID) == last)
                                r = build_controller_of(b, controller, error);
        return r;
}
