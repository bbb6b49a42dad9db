/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_pci.h"

#include <string.h>

/* Which devices of a domain sit on PCI, and how they plug in, in libvirt's order (qemu_domain_address.c). */

static PciPlug plug_of_model(const char *model)
{
        return streq_ptr(model, "virtio-transitional") ? PCI_PLUG_DEVICE : PCI_PLUG_EXPRESS;
}

static PciPlug plug_of_interface(const DomainInterface *interface)
{
        static const char *const express[] = { "e1000e", "igb" };
        static const char *const elsewhere[] = { "usb-net", "spapr-vlan", "lan9118", "ne2k_isa",
                                                 "smc91c111" };

        /* those of the host stand with the others of the host */
        if (!interface->model || interface->type == DOMAIN_INTERFACE_HOSTDEV)
                return 0;
        if (g_str_has_prefix(interface->model, "virtio"))
                return plug_of_model(interface->model);
        for (unsigned i = 0; i < ELEMENTSOF(express); i++)
                if (streq(interface->model, express[i]))
                        return PCI_PLUG_EXPRESS;
        for (unsigned i = 0; i < ELEMENTSOF(elsewhere); i++)
                if (streq(interface->model, elsewhere[i]))
                        return 0;
        return PCI_PLUG_DEVICE;
}

static PciPlug plug_of_sound(const DomainSound *sound)
{
        if (streq(sound->model, "usb") || streq(sound->model, "sb16") || streq(sound->model, "pcspk"))
                return 0;
        return streq(sound->model, "virtio") ? PCI_PLUG_EXPRESS : PCI_PLUG_DEVICE;
}

static PciPlug plug_of_scsi(DomainControllerModel model)
{
        if (model == DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI ||
            model == DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL)
                return PCI_PLUG_EXPRESS;
        return model == DOMAIN_CONTROLLER_MODEL_IBMVSCSI ? 0 : PCI_PLUG_DEVICE;
}

static PciPlug plug_of_usb(DomainControllerModel model)
{
        if (model == DOMAIN_CONTROLLER_MODEL_QEMU_XHCI || model == DOMAIN_CONTROLLER_MODEL_NEC_XHCI)
                return PCI_PLUG_EXPRESS;
        return model == DOMAIN_CONTROLLER_MODEL_NONE || model == DOMAIN_CONTROLLER_MODEL_QUSB1 ||
                model == DOMAIN_CONTROLLER_MODEL_QUSB2 ? 0 : PCI_PLUG_DEVICE;
}

PciPlug domain_pci_plug_of_controller(const DomainController *controller)
{
        switch (controller->type) {
        case DOMAIN_CONTROLLER_PCI:
                return pci_plug_of_model(controller->model);
        case DOMAIN_CONTROLLER_SCSI:
                return plug_of_scsi(controller->model);
        case DOMAIN_CONTROLLER_USB:
                return plug_of_usb(controller->model);
        case DOMAIN_CONTROLLER_VIRTIO_SERIAL:
                return controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL ? PCI_PLUG_DEVICE :
                                                                                           PCI_PLUG_EXPRESS;
        case DOMAIN_CONTROLLER_SATA:
        case DOMAIN_CONTROLLER_IDE:
        case DOMAIN_CONTROLLER_NVME:
                return PCI_PLUG_DEVICE;
        case DOMAIN_CONTROLLER_FDC:
        case DOMAIN_CONTROLLER_CCID:
        case DOMAIN_CONTROLLER_XENBUS:
        case DOMAIN_CONTROLLER_ISA:
        case _DOMAIN_CONTROLLER_MAX:
                break;
        }
        return 0;
}

PciPlug domain_pci_plug_of_video(const DomainVideo *video)
{
        if (video->type == 0 || video->type == DOMAIN_VIDEO_NONE || video->type == DOMAIN_VIDEO_RAMFB)
                return 0;
        return video->type == DOMAIN_VIDEO_VIRTIO ? PCI_PLUG_EXPRESS : PCI_PLUG_DEVICE;
}

static PciPlug plug_of_memballoon(const DomainMemballoon *memballoon)
{
        switch (memballoon->model) {
        case DOMAIN_MEMBALLOON_VIRTIO:
        case DOMAIN_MEMBALLOON_VIRTIO_NON_TRANSITIONAL:
                return PCI_PLUG_EXPRESS;
        case DOMAIN_MEMBALLOON_VIRTIO_TRANSITIONAL:
                return PCI_PLUG_DEVICE;
        case DOMAIN_MEMBALLOON_XEN:
        case DOMAIN_MEMBALLOON_NONE:
        case _DOMAIN_MEMBALLOON_MAX:
                break;
        }
        return 0;
}

static void add_device(GArray *devices, DomainDevice *info, PciPlug plug)
{
        PciDevice device = { info, plug };

        if (plug != 0)
                g_array_append_val(devices, device);
}

bool domain_is_ich9_usb(const DomainController *controller)
{
        return controller->type == DOMAIN_CONTROLLER_USB &&
                (controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_EHCI1 ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1 ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2 ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3);
}

static PciPlug plug_of_hostdev(const DomainHostdev *hostdev)
{
        switch (hostdev->type) {
        case DOMAIN_HOSTDEV_PCI:
                return PCI_PLUG_EXPRESS;
        case DOMAIN_HOSTDEV_MDEV:
                return streq_ptr(hostdev->model, "vfio-pci") ? PCI_PLUG_EXPRESS : 0;
        case DOMAIN_HOSTDEV_SCSI_HOST:
                return plug_of_model(hostdev->model);
        case DOMAIN_HOSTDEV_USB:
        case DOMAIN_HOSTDEV_SCSI:
        case DOMAIN_HOSTDEV_STORAGE:
        case DOMAIN_HOSTDEV_MISC:
        case DOMAIN_HOSTDEV_NET:
        case _DOMAIN_HOSTDEV_MAX:
                break;
        }
        return 0;
}

static PciPlug plug_of_fs(const DomainFs *fs)
{
        return fs->driver == DOMAIN_FS_DRIVER_MTP ? 0 : plug_of_model(fs->model);
}

static PciPlug plug_of_memory(const DomainMemoryDevice *memory)
{
        return memory->model == DOMAIN_MEMORY_VIRTIO_MEM || memory->model == DOMAIN_MEMORY_VIRTIO_PMEM ?
                PCI_PLUG_EXPRESS : 0;
}

/* Controllers and what stands before them, in the order in which they get their places. */
static void add_controllers_and_disks(DomainDef *def, GArray *devices)
{
        DEF_FOREACH(controller, def->controllers)
                if (controller->type == DOMAIN_CONTROLLER_PCI)
                        add_device(devices, &controller->info, domain_pci_plug_of_controller(controller));
        DEF_FOREACH(fs, def->filesystems)
                add_device(devices, &fs->info, plug_of_fs(fs));
        DEF_FOREACH(interface, def->interfaces)
                add_device(devices, &interface->info, plug_of_interface(interface));
        DEF_FOREACH(sound, def->sounds)
                add_device(devices, &sound->info, plug_of_sound(sound));
        DEF_FOREACH(controller, def->controllers)
                if (controller->type != DOMAIN_CONTROLLER_PCI)
                        add_device(devices, &controller->info, domain_pci_plug_of_controller(controller));
        DEF_FOREACH(disk, def->disks)
                if (disk->bus == DOMAIN_DISK_BUS_VIRTIO)
                        add_device(devices, &disk->info, plug_of_model(disk->model));
}

/* What few machines have comes last. */
static void add_rare_devices(DomainDef *def, GArray *devices)
{
        DEF_FOREACH(shmem, def->shmems)
                add_device(devices, &shmem->info, PCI_PLUG_DEVICE);
        DEF_FOREACH(input, def->inputs)
                if (input->bus == DOMAIN_INPUT_BUS_VIRTIO)
                        add_device(devices, &input->info, plug_of_model(input->model));
        DEF_FOREACH(serial, def->serials)
                if (serial->target_type == DOMAIN_CHARDEV_TARGET_PCI_SERIAL)
                        add_device(devices, &serial->info, PCI_PLUG_DEVICE);
        DEF_FOREACH(iommu, def->iommus)
                if (iommu->model == DOMAIN_IOMMU_VIRTIO || iommu->model == DOMAIN_IOMMU_AMD)
                        add_device(devices, &iommu->info, PCI_PLUG_INTEGRATED);
        if (def->vsock)
                add_device(devices, &def->vsock->info, plug_of_model(def->vsock->model));
        DEF_FOREACH(memory, def->memories)
                add_device(devices, &memory->info, plug_of_memory(memory));
        DEF_FOREACH(crypto, def->cryptos)
                add_device(devices, &crypto->info, PCI_PLUG_DEVICE);
        DEF_FOREACH(panic, def->panics)
                if (streq_ptr(panic->model, "pvpanic"))
                        add_device(devices, &panic->info, PCI_PLUG_DEVICE);
        if (def->pstore)
                add_device(devices, &def->pstore->info, PCI_PLUG_DEVICE);
}

GArray *domain_pci_devices(DomainDef *def)
{
        GArray *devices = g_array_new(FALSE, FALSE, sizeof(PciDevice));

        add_controllers_and_disks(def, devices);
        DEF_FOREACH(interface, def->interfaces)
                if (interface->type == DOMAIN_INTERFACE_HOSTDEV)
                        add_device(devices, &interface->info, PCI_PLUG_EXPRESS);
        DEF_FOREACH(hostdev, def->hostdevs)
                add_device(devices, &hostdev->info, plug_of_hostdev(hostdev));
        if (def->memballoon)
                add_device(devices, &def->memballoon->info, plug_of_memballoon(def->memballoon));
        DEF_FOREACH(rng, def->rngs)
                add_device(devices, &rng->info, plug_of_model(rng->model));
        DEF_FOREACH(watchdog, def->watchdogs)
                if (watchdog->model == DOMAIN_WATCHDOG_I6300ESB)
                        add_device(devices, &watchdog->info, PCI_PLUG_DEVICE);
        DEF_FOREACH(video, def->videos)
                add_device(devices, &video->info, domain_pci_plug_of_video(video));
        add_rare_devices(def, devices);
        return devices;
}
