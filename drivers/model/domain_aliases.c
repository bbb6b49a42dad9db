/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_device.h"
#include "drivers/model/domain_machine.h"
#include "drivers/model/domain_normalize.h"

#include <string.h>

/* The names that QEMU and its events call devices by (qemu_alias.c): people and tools know them. */

typedef struct Namer {
        DomainDef *def;
        const MachineTraits *traits;
        GHashTable *taken; /* aliases */
} Namer;

static void take_alias(Namer *namer, DomainDevice *device, const char *alias)
{
        if (device->alias)
                return;
        device->alias = domain_def_strdup(namer->def, alias);
        g_hash_table_add(namer->taken, (void *) device->alias);
}

/* "net0", "net1", …, the first that is free. */
static void number_alias(Namer *namer, DomainDevice *device, const char *prefix)
{
        for (unsigned i = 0; !device->alias; i++) {
                g_autofree char *alias = g_strdup_printf("%s%u", prefix, i);

                if (!g_hash_table_contains(namer->taken, alias))
                        take_alias(namer, device, alias);
        }
}

static void alias_controller(Namer *namer, DomainController *controller)
{
        const char *word = domain_controller_to_string(controller->type);
        g_autofree char *alias = NULL;

        if (controller->type == DOMAIN_CONTROLLER_PCI)
                alias = controller->model == DOMAIN_CONTROLLER_MODEL_PCIE_ROOT ?
                        g_strdup("pcie.0") : g_strdup_printf("pci.%" PRIu32, controller->index);
        else if (controller->type == DOMAIN_CONTROLLER_USB && controller->index == 0)
                alias = g_strdup("usb");
        else if (controller->index == 0 &&
                 ((controller->type == DOMAIN_CONTROLLER_IDE && namer->traits->ide) ||
                  (controller->type == DOMAIN_CONTROLLER_SATA && namer->traits->sata)))
                alias = g_strdup("ide");
        else
                alias = g_strdup_printf("%s%" PRIu32, word, controller->index);
        take_alias(namer, &controller->info, alias);
}

/* Whether a place on the disk's bus has a target of its own: the oldest SCSI controller numbers units alone. */
static bool has_target(const Namer *namer, const DomainDisk *disk)
{
        const DomainController *controller;

        if (disk->bus != DOMAIN_DISK_BUS_SCSI)
                return false;
        controller = domain_find_controller(namer->def, DOMAIN_CONTROLLER_SCSI, disk->info.address->drive.controller);
        return !controller || controller->model != DOMAIN_CONTROLLER_MODEL_LSILOGIC;
}

static void alias_disk(Namer *namer, DomainDisk *disk)
{
        const DomainAddress *address = disk->info.address;
        const char *bus = strempty(domain_disk_bus_to_string(disk->bus));
        g_autofree char *alias = NULL;

        if (address && address->type == DOMAIN_ADDRESS_DRIVE)
                alias = has_target(namer, disk) ?
                        g_strdup_printf("%s%" PRIu32 "-%" PRIu32 "-%" PRIu32 "-%" PRIu32, bus,
                                        address->drive.controller, address->drive.bus, address->drive.target,
                                        address->drive.unit) :
                        g_strdup_printf("%s%" PRIu32 "-%" PRIu32 "-%" PRIu32, bus, address->drive.controller,
                                        address->drive.bus, address->drive.unit);
        else
                alias = g_strdup_printf("%s-disk%d", bus, MAX(domain_disk_number(disk->target), 0));
        take_alias(namer, &disk->info, alias);
}

static void alias_chardevs(Namer *namer, DomainChardev **items, uint32_t n, const char *prefix)
{
        for (uint32_t i = 0; i < n; i++)
                number_alias(namer, &items[i]->info, prefix);
}

/* A console that is a serial port is that one. */
static void alias_consoles(Namer *namer)
{
        DomainDef *def = namer->def;

        if (def->consoles.n > 0 && def->serials.n > 0 &&
            def->consoles.items[0]->target_type == DOMAIN_CHARDEV_TARGET_SERIAL)
                take_alias(namer, &def->consoles.items[0]->info, def->serials.items[0]->info.alias);
        alias_chardevs(namer, def->consoles.items, def->consoles.n, "console");
}

static void collect_given(const DefRow *row, const void *item, void *userdata)
{
        const DomainDevice *device = domain_device_info(row, item);
        Namer *namer = userdata;

        if (device && device->alias)
                g_hash_table_add(namer->taken, (void *) device->alias);
}

static void alias_memory(Namer *namer, DomainMemoryDevice *memory)
{
        static const char *const prefixes[_DOMAIN_MEMORY_MAX] = {
                [DOMAIN_MEMORY_DIMM] = "dimm",
                [DOMAIN_MEMORY_NVDIMM] = "nvdimm",
                [DOMAIN_MEMORY_VIRTIO_PMEM] = "virtiopmem",
                [DOMAIN_MEMORY_VIRTIO_MEM] = "virtiomem",
                [DOMAIN_MEMORY_SGX_EPC] = "epc",
        };

        number_alias(namer, &memory->info, prefixes[memory->model]);
}

/* What the guest shares with the host. */
static void alias_shared(Namer *namer)
{
        DomainDef *def = namer->def;

        DEF_FOREACH(fs, def->filesystems)
                number_alias(namer, &fs->info, "fs");
        DEF_FOREACH(hostdev, def->hostdevs)
                number_alias(namer, &hostdev->info, "hostdev");
        DEF_FOREACH(redirdev, def->redirdevs)
                number_alias(namer, &redirdev->info, "redir");
        DEF_FOREACH(smartcard, def->smartcards)
                number_alias(namer, &smartcard->info, "smartcard");
        DEF_FOREACH(shmem, def->shmems)
                number_alias(namer, &shmem->info, "shmem");
        DEF_FOREACH(tpm, def->tpms)
                number_alias(namer, &tpm->info, "tpm");
        DEF_FOREACH(memory, def->memories)
                alias_memory(namer, memory);
        DEF_FOREACH(crypto, def->cryptos)
                number_alias(namer, &crypto->info, "crypto");
        DEF_FOREACH(iommu, def->iommus)
                number_alias(namer, &iommu->info, "iommu");
        if (def->nvram)
                take_alias(namer, &def->nvram->info, "nvram");
        if (def->vsock)
                number_alias(namer, &def->vsock->info, "vsock");
        if (def->pstore)
                number_alias(namer, &def->pstore->info, "pstore");
}

void domain_def_assign_aliases(DomainDef *def)
{
        g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
        Namer namer = { def, machine_traits(def->os.arch, def->os.machine), taken };

        domain_device_foreach(def, collect_given, &namer);
        DEF_FOREACH(disk, def->disks)
                alias_disk(&namer, disk);
        DEF_FOREACH(interface, def->interfaces)
                number_alias(&namer, &interface->info,
                             interface->type == DOMAIN_INTERFACE_HOSTDEV ? "hostdev" : "net");
        DEF_FOREACH(sound, def->sounds)
                number_alias(&namer, &sound->info, "sound");
        DEF_FOREACH(video, def->videos)
                number_alias(&namer, &video->info, "video");
        DEF_FOREACH(controller, def->controllers)
                alias_controller(&namer, controller);
        DEF_FOREACH(input, def->inputs)
                number_alias(&namer, &input->info, "input");
        alias_chardevs(&namer, def->parallels.items, def->parallels.n, "parallel");
        alias_chardevs(&namer, def->serials.items, def->serials.n, "serial");
        alias_chardevs(&namer, def->channels.items, def->channels.n, "channel");
        alias_consoles(&namer);
        DEF_FOREACH(hub, def->hubs)
                number_alias(&namer, &hub->info, "hub");
        DEF_FOREACH(watchdog, def->watchdogs)
                number_alias(&namer, &watchdog->info, "watchdog");
        if (def->memballoon)
                number_alias(&namer, &def->memballoon->info, "balloon");
        DEF_FOREACH(rng, def->rngs)
                number_alias(&namer, &rng->info, "rng");
        DEF_FOREACH(panic, def->panics)
                number_alias(&namer, &panic->info, "panic");
        alias_shared(&namer);
}
