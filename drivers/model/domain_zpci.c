/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include "drivers/model/domain_device.h"

/* On s390 a PCI device goes by two numbers, each of which is its own: a user's, from 1, and a function's, from 0. */

#define UID_MAX 0xffffu

typedef struct Zpci {
        GHashTable *uids;
        GHashTable *fids;
        const DomainAddress *clash; /* has a number that another one has */
        bool assign;
} Zpci;

static void collect(Zpci *zpci, const DomainAddress *address)
{
        if ((def_is_set(address, pci.zpci_uid) &&
             !g_hash_table_add(zpci->uids, GUINT_TO_POINTER(address->pci.zpci_uid))) ||
            (def_is_set(address, pci.zpci_fid) &&
             !g_hash_table_add(zpci->fids, GUINT_TO_POINTER(address->pci.zpci_fid))))
                zpci->clash = address;
}

static void assign(Zpci *zpci, DomainAddress *address)
{
        if (!def_is_set(address, pci.zpci_uid)) {
                uint32_t uid = 1;

                while (uid < UID_MAX && !g_hash_table_add(zpci->uids, GUINT_TO_POINTER(uid)))
                        uid++;
                def_put(address, pci.zpci_uid, uid);
        }
        if (!def_is_set(address, pci.zpci_fid)) {
                uint32_t fid = 0;

                while (!g_hash_table_add(zpci->fids, GUINT_TO_POINTER(fid)))
                        fid++;
                def_put(address, pci.zpci_fid, fid);
        }
}

static void visit(const DefRow *row, const void *item, void *userdata)
{
        const DomainDevice *device = domain_device_info(row, item);
        Zpci *zpci = userdata;

        if (!device || !device->address || device->address->type != DOMAIN_ADDRESS_PCI)
                return;
        if (zpci->assign)
                assign(zpci, device->address);
        else
                collect(zpci, device->address);
}

int domain_assign_zpci(Normalizer *normalizer, Error *error)
{
        g_autoptr(GHashTable) uids = g_hash_table_new(NULL, NULL), fids = g_hash_table_new(NULL, NULL);
        Zpci zpci = { .uids = uids, .fids = fids };

        if (!normalizer->traits->ccw)
                return 0;
        domain_device_foreach(normalizer->def, visit, &zpci);
        if (zpci.clash)
                return error_set(error, ERROR_XML_ERROR, "zPCI uid 0x%04x or fid 0x%08x is already reserved",
                                 zpci.clash->pci.zpci_uid, zpci.clash->pci.zpci_fid);
        zpci.assign = true;
        domain_device_foreach(normalizer->def, visit, &zpci);
        return 0;
}
