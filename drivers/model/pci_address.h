/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Which slots of a machine's PCI buses are taken, and where the next device goes. The choices are libvirt's
 * (domain_addr.c), so that a definition gets the addresses that it would get there. Buses are numbered by
 * the index of the controller that provides them; bus 0 is the root.
 */

#include "drivers/model/domain_def.h"

#define PCI_BUSES_MAX 256
#define PCI_SLOTS 32
#define PCI_FUNCTIONS 8

/* What plugs into a bus. */
typedef enum PciPlug {
        PCI_PLUG_DEVICE = 1 << 0,            /* conventional PCI */
        PCI_PLUG_EXPRESS = 1 << 1,           /* PCI Express endpoint, and switch upstream ports */
        PCI_PLUG_BRIDGE = 1 << 2,            /* pci-bridge */
        PCI_PLUG_ROOT_PORT = 1 << 3,
        PCI_PLUG_DOWNSTREAM_PORT = 1 << 4,
        PCI_PLUG_DMI_BRIDGE = 1 << 5,
        PCI_PLUG_EXPRESS_BRIDGE = 1 << 6,    /* pcie-to-pci-bridge */
        PCI_PLUG_EXPANDER = 1 << 7,
        PCI_PLUG_EXPRESS_EXPANDER = 1 << 8,
        PCI_PLUG_AGGREGATE = 1 << 9, /* may share a slot with its like, a function each */
        PCI_PLUG_INTEGRATED = 1 << 11, /* part of the root itself */
        PCI_PLUG_HOT = 1 << 10,      /* wants to be plugged while the machine runs */
} PciPlug;

typedef struct PciAddress {
        uint32_t bus;
        uint32_t slot;
        uint32_t function;
} PciAddress;

typedef struct PciBus {
        DomainControllerModel model; /* 0: not there (yet) */
        bool no_hotplug;
        uint8_t used[PCI_SLOTS];      /* a bit per function */
        uint8_t devices[PCI_SLOTS];   /* those of devices of the definition, not reserved for the chipset */
        uint8_t aggregate[PCI_SLOTS]; /* 1: the slot is shared by its like */
} PciBus;

typedef struct PciTopology {
        unsigned n_buses;
        bool many_roots; /* what is added is a host bridge, not a bridge behind one */
        PciBus buses[PCI_BUSES_MAX];
} PciTopology;

/* What a controller of this model is to the bus above it; 0: a root. */
PciPlug pci_plug_of_model(DomainControllerModel model);

/* Declares the bus of a controller; one without a model is made up as needed. */
void pci_add_bus(PciTopology *topology, unsigned index, DomainControllerModel model, bool no_hotplug);
/* Gives every bus below n a model, as libvirt fills gaps. */
void pci_fill_buses(PciTopology *topology, unsigned n);

bool pci_is_free(const PciTopology *topology, const PciAddress *address);
/* Whether no slot is free on any bus. */
bool pci_is_full(const PciTopology *topology);
/* For the chipset. */
void pci_reserve_function(PciTopology *topology, const PciAddress *address);
/*
 * An address that the definition gives, or that a table does. ERROR_XML_ERROR when it is taken or outside of
 * the machine's buses.
 */
int pci_take(PciTopology *topology, const PciAddress *address, PciPlug plug, Error *error);

/*
 * The next free address for what plugs in so, taken. With grow, buses are added as needed; without, there
 * being none is ERROR_XML_ERROR.
 */
int pci_take_next(PciTopology *topology, PciPlug plug, bool grow, PciAddress *ret, Error *error);

/* A slot of which all functions are free, not taken. Otherwise like pci_take_next(). */
int pci_find_slot(PciTopology *topology, PciPlug plug, bool grow, PciAddress *ret, Error *error);
