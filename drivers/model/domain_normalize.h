/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The steps of domain_def_normalize(), in their order. Each changes a copy that is not sealed. */

#include "drivers/model/domain_machine.h"

typedef struct Normalizer {
        DomainDef *def;
        const DomainDefHost *host;
        const MachineTraits *traits; /* set when the machine is known */
        bool emulated; /* QEMU or one of its accelerators: it gets what libvirt's QEMU driver adds */
} Normalizer;

/* UUID, memory, CPUs, machine, boot, clock, what happens on which end. */
int domain_default_basics(Normalizer *normalizer, Error *error);
int domain_default_memory(Normalizer *normalizer, Error *error);
/* The host's firmware that suits, and the file for its variables. */
int domain_choose_firmware(Normalizer *normalizer, Error *error);
/* What is in which node of the guest. */
void domain_default_nodes(Normalizer *normalizer);
/* Distances of nodes, threads and what runs where. */
void domain_default_tune(Normalizer *normalizer);
/* Devices that are built in or added unasked, and what devices leave open but for addresses. */
int domain_default_devices(Normalizer *normalizer, Error *error);
/* Those of the devices that need no place: TPM, shared memory, panic, IOMMU, devices of the host. */
void domain_default_others(Normalizer *normalizer);
/* The name of an iSCSI target has a unit. */
const char *domain_iscsi_name(DomainDef *def, const char *name);
/* Serial ports and consoles, ports of virtio-serial. */
void domain_default_chardevs(Normalizer *normalizer);
/*
 * Controllers that other devices need, and the place of drives, virtio-serial ports and USB devices on them.
 */
int domain_assign_buses(Normalizer *normalizer, Error *error);
/* The slots of memory modules. */
void domain_assign_memories(DomainDef *def);
int domain_assign_usb(Normalizer *normalizer, Error *error);
/* The numbers of devices on the channel subsystem. */
int domain_assign_ccw(Normalizer *normalizer, Error *error);
/* The place of controllers and devices on PCI, with the bridges that this takes. */
int domain_assign_pci(Normalizer *normalizer, Error *error);
/* What s390 calls a PCI device by, when that has its place. */
int domain_assign_zpci(Normalizer *normalizer, Error *error);

/*
 * Controllers stand together with those of their type, ordered by index. domain_add_controller() makes one;
 * index -1 is the next free one.
 */
void domain_insert_controller(DomainDef *def, DomainController *controller);
DomainController *domain_add_controller(DomainDef *def, DomainControllerType type, int index,
                                        DomainControllerModel model);
DomainController *domain_find_controller(const DomainDef *def, DomainControllerType type, uint32_t index);

/* Gives the device an address of that type, which it has none of. */
DomainAddress *domain_new_address(DomainDef *def, DomainDevice *device, DomainAddressType type);

/* "vda" is number 0, "sdaa" 26; a partition's number is ignored. -EINVAL when it is no such name. */
int domain_disk_number(const char *target);

/* A random UUID, version 4. */
const char *domain_new_uuid(Normalizer *normalizer);

void domain_random(const DomainDefHost *host, uint8_t *bytes, size_t n);
