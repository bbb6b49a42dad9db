/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_pci.h"

/* What the chipset of a machine has at a fixed place. */

static bool is_at(const DomainDevice *device, const PciAddress *place)
{
        PciAddress given = domain_pci_place(device);

        return given.bus == place->bus && given.slot == place->slot && given.function == place->function;
}

/* A part of the chipset: only here, and nothing else may be. */
static int settle_builtin(PciPass *pass, DomainDevice *device, const PciAddress *place, const char *name, Error *error)
{
        int r;

        if (domain_pci_has_place(device) && !is_at(device, place))
                return error_set(error, ERROR_INTERNAL, "%s must have PCI address 0:0:%x.%x", name, place->slot,
                                 place->function);
        if (domain_pci_has_place(device) && place->slot != PIIX3_SLOT)
                return 0;
        /* it can be nowhere else, whatever is said */
        if (!pass->dry && device->address && device->address->type != DOMAIN_ADDRESS_PCI)
                device->address = NULL;
        r = pci_take(pass->topology, place, PCI_PLUG_DEVICE, error);
        if (r >= 0)
                domain_pci_settle(pass, device, place);
        return r;
}

static bool is_slot_free(const PciPass *pass, uint32_t slot)
{
        return pass->topology->buses[0].used[slot] == 0;
}

/* What likes to be at a place, when that is free. */
static void settle_at(PciPass *pass, DomainDevice *device, uint32_t slot)
{
        PciAddress place = { 0, slot, 0 };

        if (domain_pci_is_settled(pass, device) || !is_slot_free(pass, slot))
                return;
        (void) pci_take(pass->topology, &place, PCI_PLUG_DEVICE, NULL);
        domain_pci_settle(pass, device, &place);
}

/* The first display comes right behind the chipset, or in the next slot that is free. */
static int settle_primary_video(PciPass *pass, uint32_t slot, Error *error)
{
        const DomainDef *def = pass->normalizer->def;
        DomainVideo *video = def->videos.n > 0 ? def->videos.items[0] : NULL;
        PciAddress place;
        int r;

        if (!video || domain_pci_plug_of_video(video) == 0 || domain_pci_is_settled(pass, &video->info))
                return 0;
        settle_at(pass, &video->info, slot);
        if (domain_pci_is_settled(pass, &video->info))
                return 0;
        r = pci_take_next(pass->topology, domain_pci_plug_of_video(video), pass->dry, &place, error);
        if (r >= 0)
                domain_pci_settle(pass, &video->info, &place);
        return r;
}

static bool is_first(const DomainController *controller, DomainControllerType type, DomainControllerModel model)
{
        return controller->type == type && controller->index == 0 && (model == 0 || controller->model == model);
}

bool domain_pci_is_piix3(const DomainController *controller, uint32_t function)
{
        return (function == 1 && is_first(controller, DOMAIN_CONTROLLER_IDE, 0)) ||
               (function == 2 && is_first(controller, DOMAIN_CONTROLLER_USB, DOMAIN_CONTROLLER_MODEL_PIIX3_UHCI));
}

/* PIIX3 fills slot 1: ISA bridge, IDE, USB, power management. */
static int settle_i440fx(PciPass *pass, Error *error)
{
        static const PciAddress ide = { 0, PIIX3_SLOT, 1 }, usb = { 0, PIIX3_SLOT, 2 };
        static const PciAddress bridges[] = { { 0, PIIX3_SLOT, 0 }, { 0, PIIX3_SLOT, 3 } };

        DEF_FOREACH(controller, pass->normalizer->def->controllers) {
                int r = 0;

                if (domain_pci_is_piix3(controller, ide.function))
                        r = settle_builtin(pass, &controller->info, &ide, "Primary IDE controller", error);
                else if (domain_pci_is_piix3(controller, usb.function))
                        r = settle_builtin(pass, &controller->info, &usb, "PIIX3 USB controller at index 0", error);
                if (r < 0)
                        return r;
        }
        for (unsigned i = 0; i < ELEMENTSOF(bridges); i++) {
                if (!pci_is_free(pass->topology, bridges + i))
                        return error_set(error, ERROR_XML_ERROR, "Attempted double use of PCI Address 0000:00:01.%x",
                                         bridges[i].function);
                pci_reserve_function(pass->topology, bridges + i);
        }
        return settle_primary_video(pass, 2, error);
}

/* The first two USB 2 controllers without a place have slots of their own; their companions come later. */
static void settle_ich9_usb(PciPass *pass, DomainController *controller)
{
        static const uint32_t slots[] = { 0x1d, 0x1a };

        if (controller->info.address)
                return;
        for (unsigned i = 0; i < ELEMENTSOF(slots); i++)
                settle_at(pass, &controller->info, slots[i]);
}

static int settle_q35(PciPass *pass, Error *error)
{
        static const PciAddress sata = { 0, 0x1f, 2 };
        const DomainDef *def = pass->normalizer->def;
        int r;

        DEF_FOREACH(controller, def->controllers)
                if (is_first(controller, DOMAIN_CONTROLLER_SATA, 0)) {
                        r = settle_builtin(pass, &controller->info, &sata, "Primary SATA controller", error);
                        if (r < 0)
                                return r;
                } else if (controller->type == DOMAIN_CONTROLLER_USB &&
                           controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1)
                        settle_ich9_usb(pass, controller);
                else if (controller->type == DOMAIN_CONTROLLER_PCI &&
                         controller->model == DOMAIN_CONTROLLER_MODEL_DMI_TO_PCI_BRIDGE)
                        settle_at(pass, &controller->info, 0x1e);
        pci_reserve_function(pass->topology, &(PciAddress) { 0, 0x1f, 0 });
        pci_reserve_function(pass->topology, &(PciAddress) { 0, 0x1f, 3 });
        r = settle_primary_video(pass, 1, error);
        if (r < 0)
                return r;
        DEF_FOREACH(sound, def->sounds)
                if (streq(sound->model, "ich9"))
                        settle_at(pass, &sound->info, 0x1b);
        return 0;
}

int domain_pci_settle_chipset(PciPass *pass, Error *error)
{
        const MachineTraits *traits = pass->normalizer->traits;

        if (machine_is_i440fx(traits))
                return settle_i440fx(pass, error);
        return machine_is_q35(traits) ? settle_q35(pass, error) : 0;
}
