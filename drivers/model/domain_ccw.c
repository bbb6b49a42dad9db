/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

/* The channel subsystem of s390: every virtio device has a number there, in an order of its own. */

/* That of virtual devices, as QEMU has it. */
#define VIRTUAL_CSSID 0xfeu
#define DEVNO_MAX 0xffffu

static void add_if(GPtrArray *devices, bool wanted, DomainDevice *device)
{
        if (wanted && (!device->address || device->address->type == DOMAIN_ADDRESS_CCW))
                g_ptr_array_add(devices, device);
}

static bool is_virtio_controller(const DomainController *controller)
{
        return controller->type == DOMAIN_CONTROLLER_VIRTIO_SERIAL ||
               (controller->type == DOMAIN_CONTROLLER_SCSI && controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI);
}

static bool is_ccw_hostdev(const DomainHostdev *hostdev)
{
        return hostdev->type == DOMAIN_HOSTDEV_SCSI_HOST ||
               (hostdev->type == DOMAIN_HOSTDEV_MDEV && streq_ptr(hostdev->model, "vfio-ccw"));
}

static void add_others(DomainDef *def, GPtrArray *devices)
{
        if (def->memballoon)
                add_if(devices, def->memballoon->model == DOMAIN_MEMBALLOON_VIRTIO, &def->memballoon->info);
        DEF_FOREACH(rng, def->rngs)
                add_if(devices, true, &rng->info);
        DEF_FOREACH(memory, def->memories)
                add_if(devices, memory->model == DOMAIN_MEMORY_VIRTIO_MEM || memory->model == DOMAIN_MEMORY_VIRTIO_PMEM,
                       &memory->info);
        if (def->vsock)
                add_if(devices, true, &def->vsock->info);
        DEF_FOREACH(crypto, def->cryptos)
                add_if(devices, true, &crypto->info);
}

static GPtrArray *ccw_devices(DomainDef *def)
{
        GPtrArray *devices = g_ptr_array_new();

        DEF_FOREACH(disk, def->disks)
                add_if(devices, disk->bus == DOMAIN_DISK_BUS_VIRTIO, &disk->info);
        DEF_FOREACH(interface, def->interfaces)
                add_if(devices, streq_ptr(interface->model, "virtio"), &interface->info);
        DEF_FOREACH(hostdev, def->hostdevs)
                add_if(devices, is_ccw_hostdev(hostdev), &hostdev->info);
        DEF_FOREACH(video, def->videos)
                add_if(devices, video->type == DOMAIN_VIDEO_VIRTIO, &video->info);
        DEF_FOREACH(controller, def->controllers)
                add_if(devices, is_virtio_controller(controller), &controller->info);
        DEF_FOREACH(input, def->inputs)
                add_if(devices, input->bus == DOMAIN_INPUT_BUS_VIRTIO, &input->info);
        DEF_FOREACH(filesystem, def->filesystems)
                add_if(devices, true, &filesystem->info);
        add_others(def, devices);
        return devices;
}

static gpointer key_of(const DomainAddress *address)
{
        return GUINT_TO_POINTER(address->ccw.cssid << 24 | address->ccw.ssid << 16 | address->ccw.devno);
}

static int place(DomainDef *def, DomainDevice *device, GHashTable *taken, Error *error)
{
        DomainAddress *address = domain_new_address(def, device, DOMAIN_ADDRESS_CCW);

        if (def_is_set(address, ccw.devno))
                return 0;
        def_put(address, ccw.cssid, VIRTUAL_CSSID);
        def_put(address, ccw.ssid, 0);
        for (uint32_t devno = 0; devno <= DEVNO_MAX; devno++) {
                def_put(address, ccw.devno, devno);
                if (g_hash_table_add(taken, key_of(address)))
                        return 0;
        }
        return error_set(error, ERROR_XML_ERROR, "There are no more free CCW devnos.");
}

int domain_assign_ccw(Normalizer *normalizer, Error *error)
{
        DomainDef *def = normalizer->def;
        g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
        g_autoptr(GPtrArray) devices = NULL;
        int r = 0;

        if (!normalizer->traits->ccw)
                return 0;
        devices = ccw_devices(def);
        for (guint i = 0; i < devices->len; i++) {
                const DomainAddress *address = ((const DomainDevice *) devices->pdata[i])->address;

                if (address && def_is_set(address, ccw.devno) && !g_hash_table_add(taken, key_of(address)))
                        return error_set(error, ERROR_XML_ERROR, "The CCW devno '%x.%x.%04x' is in use already",
                                         address->ccw.cssid, address->ccw.ssid, address->ccw.devno);
        }
        for (guint i = 0; i < devices->len && r >= 0; i++)
                r = place(def, devices->pdata[i], taken, error);
        return r;
}
