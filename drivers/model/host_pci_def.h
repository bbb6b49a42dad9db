/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a PCI device of the host is, as definitions of all kinds write it: domain='0x0000' bus='0x02' slot='0x00'. */

#include "drivers/model/def.h"

typedef struct HostPciAddress {
        DefSet set;
        uint32_t domain; /* at most 0xffff, but of devices that a host has */
        uint32_t bus;
        uint32_t slot;
        uint32_t function;
} HostPciAddress;

extern const struct DefType host_pci_place_rows;   /* attributes but "domain", for EMBED_SELF */
extern const struct DefType host_pci_address_rows; /* all of them, for EMBED and GROUP_IN */
/* The same as an element of its own: what is not written is 0, and given after decoding. */
extern const struct DefType host_pci_address_type;

/* Decoding's last step where what is not written is 0; p is one. */
void host_pci_address_finish(void *p, Arena *arena, bool live);
