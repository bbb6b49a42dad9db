/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/host_pci_def.h"

#include "drivers/model/def_table.h"

static const DefRow place_rows[] = {
        ATTR(HostPciAddress, "bus", bus, HEX(2), RANGE(0, 0xff)),
        ATTR(HostPciAddress, "slot", slot, HEX(2), RANGE(0, 0x1f)),
        ATTR(HostPciAddress, "function", function, HEX(1), RANGE(0, 7)),
};
DEF_TYPE_PLAIN(host_pci_place_rows, HostPciAddress, place_rows);

static const DefRow address_rows[] = {
        ATTR(HostPciAddress, "domain", domain, HEX(4), RANGE(0, UINT16_MAX)),
        EMBED_SELF(host_pci_place_rows),
};
DEF_TYPE_PLAIN(host_pci_address_rows, HostPciAddress, address_rows);

void host_pci_address_finish(void *p, Arena *arena, bool live)
{
        HostPciAddress *address = p;

        def_put(address, domain, address->domain);
        def_put(address, bus, address->bus);
        def_put(address, slot, address->slot);
        def_put(address, function, address->function);
}

DEF_TYPE_PLAIN(host_pci_address_type, HostPciAddress, address_rows, .finish = host_pci_address_finish);
