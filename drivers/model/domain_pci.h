/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the devices of a domain are to its PCI buses. */

#include "drivers/model/domain_normalize.h"
#include "drivers/model/pci_address.h"

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

/* The multifunction device of i440FX that has ISA, IDE and USB. */
#define PIIX3_SLOT 1u

/* Whether its place is said; "0000:00:00.0" leaves it open. */
bool domain_pci_has_place(const DomainDevice *device);
PciAddress domain_pci_place(const DomainDevice *device);
/* Whether it needs no place (any more). */
bool domain_pci_is_settled(const PciPass *pass, const DomainDevice *device);
void domain_pci_settle(PciPass *pass, DomainDevice *device, const PciAddress *place);

/* Whether the controller is that function of PIIX3. */
bool domain_pci_is_piix3(const DomainController *controller, uint32_t function);
/* Parts of the chipset and what likes to be beside them. */
int domain_pci_settle_chipset(PciPass *pass, Error *error);

/* What QEMU has to be told of a PCI controller: its device, and where the guest sees it. */
int domain_pci_default_options(DomainDef *def, DomainController *controller, Error *error);

/* All devices that may sit on PCI (of PciDevice), in the order in which they get their places. */
GArray *domain_pci_devices(DomainDef *def);

/* 0: not on PCI. */
PciPlug domain_pci_plug_of_controller(const DomainController *controller);
PciPlug domain_pci_plug_of_video(const DomainVideo *video);

/* Companions of a USB 2 controller share its slot: assigned with their group. */
bool domain_is_ich9_usb(const DomainController *controller);
