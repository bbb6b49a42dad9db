/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

#include "service/base/store.h"

#include <string.h>

/*
 * What several fields must be together, whatever the driver. The sentences are libvirt's where it has one.
 * What depends on a machine or an emulator is the driver's matter.
 */

#define XHCI_PORTS 15u

static void check_name(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        if (strchr(def->name, '/'))
                checker_fail(checker, ERROR_XML_ERROR, "name", "name %s cannot contain '/'", def->name);
        else if (!store_name_is_valid(def->name))
                checker_fail(checker, ERROR_XML_ERROR, "name", "name '%.80s' is not valid", def->name);
}

static void check_vcpus(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;
        uint32_t max = def_get(def, vcpus, 1);
        uint64_t product;

        if (def_is_set(def, vcpus_current) && def->vcpus_current > max)
                checker_fail(checker, ERROR_XML_ERROR, "vcpu",
                             "maxvcpus must not be less than current vcpus (%" PRIu32 " < %" PRIu32 ")", max,
                             def->vcpus_current);
        if (!def->cpu || !def_is_set(def->cpu, sockets))
                return;
        if (__builtin_mul_overflow((uint64_t) def->cpu->sockets * def->cpu->dies, def->cpu->clusters,
                                   &product) ||
            __builtin_mul_overflow(product, def->cpu->cores, &product) ||
            __builtin_mul_overflow(product, def->cpu->threads, &product) || product != max)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cpu/topology",
                             "CPU topology doesn't match maximum vcpu count");
}

static void check_lifecycle(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        if (def->on_poweroff >= DOMAIN_LIFECYCLE_COREDUMP_DESTROY)
                checker_fail(checker, ERROR_XML_ERROR, "on_poweroff", "unknown lifecycle action '%s'",
                             domain_lifecycle_to_string(def->on_poweroff));
        if (def->on_reboot >= DOMAIN_LIFECYCLE_COREDUMP_DESTROY)
                checker_fail(checker, ERROR_XML_ERROR, "on_reboot", "unknown lifecycle action '%s'",
                             domain_lifecycle_to_string(def->on_reboot));
}

static void check_boot_order_of(const DomainDef *def, const DomainDevice *device, GHashTable *orders,
                                DefChecker *checker)
{
        if (!def_is_set(device, boot_order))
                return;
        if (def->os.boot.n > 0 && g_hash_table_size(orders) == 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL,
                             "per-device boot elements cannot be used together with os/boot elements");
        if (!g_hash_table_add(orders, GUINT_TO_POINTER(device->boot_order)))
                checker_fail(checker, ERROR_XML_ERROR, NULL,
                             "boot order %" PRIu32 " used for more than one device", device->boot_order);
}

static void check_boot_order(const void *p, DefChecker *checker)
{
        g_autoptr(GHashTable) orders = g_hash_table_new(NULL, NULL);
        const DomainDef *def = p;

        DEF_FOREACH(disk, def->disks)
                check_boot_order_of(def, &disk->info, orders, checker);
        DEF_FOREACH(interface, def->interfaces)
                check_boot_order_of(def, &interface->info, orders, checker);
}

static void check_disk_targets(const void *p, DefChecker *checker)
{
        g_autoptr(GHashTable) targets = g_hash_table_new(g_str_hash, g_str_equal);
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->disks.n; i++)
                if (!g_hash_table_add(targets, (void *) def->disks.items[i]->target)) {
                        g_autofree char *where =
                                        g_strdup_printf("devices/disk[%" PRIu32 "]/target/@dev", i + 1);

                        checker_fail(checker, ERROR_XML_ERROR, where, "target '%s' duplicated",
                                     def->disks.items[i]->target);
                }
}

static bool is_same_address(const DomainAddress *a, const DomainAddress *b)
{
        return a && b && a->type == DOMAIN_ADDRESS_DRIVE && b->type == DOMAIN_ADDRESS_DRIVE &&
                a->drive.controller == b->drive.controller && a->drive.bus == b->drive.bus &&
                a->drive.target == b->drive.target && a->drive.unit == b->drive.unit;
}

static void check_drive_addresses(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->disks.n; i++)
                for (uint32_t j = 0; j < i; j++) {
                        const DomainDisk *a = def->disks.items[i], *b = def->disks.items[j];
                        const DomainAddress *address = a->info.address;
                        g_autofree char *where = NULL;

                        if (a->bus != b->bus || !is_same_address(address, b->info.address))
                                continue;
                        where = g_strdup_printf("devices/disk[%" PRIu32 "]/address", i + 1);
                        checker_fail(checker, ERROR_XML_ERROR, where,
                                     "Found duplicate drive address for disk with target name '%s' "
                                     "controller='%" PRIu32 "' bus='%" PRIu32 "' target='%" PRIu32
                                     "' unit='%" PRIu32 "'",
                                     a->target, address->drive.controller, address->drive.bus,
                                     address->drive.target, address->drive.unit);
                }
}

static void check_controllers(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->controllers.n; i++)
                for (uint32_t j = 0; j < i; j++) {
                        const DomainController *a = def->controllers.items[i],
                                               *b = def->controllers.items[j];
                        g_autofree char *where = NULL;

                        /* the companions of a USB 2 controller share its index */
                        if (a->type != b->type || a->type == DOMAIN_CONTROLLER_USB ||
                            !def_is_set(a, index) || !def_is_set(b, index) || a->index != b->index)
                                continue;
                        where = g_strdup_printf("devices/controller[%" PRIu32 "]/@index", i + 1);
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, where,
                                     "Multiple '%s' controllers with index '%" PRIu32 "'",
                                     domain_controller_to_string(a->type), a->index);
                }
}

static void check_videos(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;
        unsigned n = 0;

        DEF_FOREACH(video, def->videos)
                n += video->primary == TRISTATE_YES;
        if (n > 1)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/video",
                             "Only one primary video device is supported");
}

/* What is found by a name or a number. */
static void check_names(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->iothread_items.n; i++)
                for (uint32_t j = 0; j < i; j++)
                        if (def->iothread_items.items[i]->id == def->iothread_items.items[j]->id)
                                checker_fail(checker, ERROR_XML_ERROR, "iothreadids/iothread",
                                             "duplicate iothread id '%" PRIu32 "' found",
                                             def->iothread_items.items[i]->id);
        for (uint32_t i = 0; i < def->audios.n; i++)
                for (uint32_t j = 0; j < i; j++)
                        if (def->audios.items[i]->id == def->audios.items[j]->id)
                                checker_fail(checker, ERROR_XML_ERROR, "devices/audio/@id",
                                             "audio ID '%" PRIu32 "' is used multiple times", def->audios.items[i]->id);
        for (uint32_t i = 0; i < def->seclabels.n; i++)
                for (uint32_t j = 0; j < i; j++)
                        if (def->seclabels.items[i]->model &&
                            streq_ptr(def->seclabels.items[i]->model, def->seclabels.items[j]->model))
                                checker_fail(checker, ERROR_XML_DETAIL, "seclabel/@model",
                                             "seclabel for model %s is already provided",
                                             def->seclabels.items[i]->model);
        if (def->cpu && def->cpu->mode == 0 && !def->cpu->model && def->cpu->check != 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cpu/@check",
                             "check attribute specified for CPU with no model");
        DEF_FOREACH(vcpu, def->vcpu_items)
                if (vcpu->id == 0 && vcpu->enabled == TRISTATE_NO)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "vcpus/vcpu", "vcpu 0 can't be offline");
        if (def->vsock && def->vsock->cid_auto == TRISTATE_NO && !def_is_set(def->vsock, cid))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/vsock/cid", "guest CIDs must be >= 3");
}

static void check_panics(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->panics.n; i++)
                for (uint32_t j = 0; j < i; j++)
                        if (streq_ptr(def->panics.items[i]->model, def->panics.items[j]->model)) {
                                checker_fail(checker, ERROR_XML_ERROR, "devices/panic",
                                             "Multiple panic devices with model '%s'",
                                             def->panics.items[i]->model ?: "default");
                                return;
                        }
}

static void check_graphics_types(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;
        bool headless = false, reachable = false;

        DEF_FOREACH(graphics, def->graphics) {
                headless |= graphics->type == DOMAIN_GRAPHICS_EGL_HEADLESS;
                reachable |= graphics->type == DOMAIN_GRAPHICS_VNC ||
                             graphics->type == DOMAIN_GRAPHICS_SPICE;
        }
        if (headless && !reachable && def->graphics.n > 1)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/graphics",
                             "graphics type 'egl-headless' is only supported with one of: 'vnc', 'spice' "
                             "graphics types");
}

static bool is_same_hostdev(const DomainHostdev *a, const DomainHostdev *b)
{
        const DomainHostAddress *x = a->address, *y = b->address;

        if (a->type != b->type)
                return false;
        switch (a->type) {
        case DOMAIN_HOSTDEV_PCI:
                return x && y && x->domain == y->domain && x->bus == y->bus && x->slot == y->slot &&
                        x->function == y->function;
        case DOMAIN_HOSTDEV_USB:
                if (x && y)
                        return x->bus == y->bus && x->device == y->device && streq_ptr(x->port, y->port);
                return !x && !y && a->vendor == b->vendor && a->product == b->product;
        case DOMAIN_HOSTDEV_MDEV:
                return x && y && streq_ptr(x->uuid, y->uuid);
        case DOMAIN_HOSTDEV_SCSI_HOST:
                return streq_ptr(a->wwpn, b->wwpn);
        case DOMAIN_HOSTDEV_SCSI:
                return x && y && streq_ptr(a->adapter, b->adapter) && x->bus == y->bus &&
                        x->target == y->target && x->unit == y->unit;
        case DOMAIN_HOSTDEV_STORAGE:
        case DOMAIN_HOSTDEV_MISC:
        case DOMAIN_HOSTDEV_NET:
        case _DOMAIN_HOSTDEV_MAX:
                break;
        }
        return false;
}

static void check_hostdevs(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;
        unsigned n_ramfb = 0;

        for (uint32_t i = 0; i < def->hostdevs.n; i++) {
                const DomainHostdev *hostdev = def->hostdevs.items[i];

                n_ramfb += hostdev->ramfb == TRISTATE_ON;
                for (uint32_t j = 0; j < i; j++)
                        if (is_same_hostdev(hostdev, def->hostdevs.items[j]))
                                checker_fail(checker, ERROR_XML_ERROR, "devices/hostdev",
                                             "Hostdev already exists in the domain configuration");
        }
        if (n_ramfb > 1)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/hostdev",
                             "Only one vgpu device can have 'ramfb' enabled");
}

static bool memory_range(const DomainMemoryDevice *memory, uint64_t *ret_start)
{
        const DomainAddress *address = memory->info.address;

        if (address && address->type == DOMAIN_ADDRESS_DIMM && def_is_set(address, dimm.base))
                *ret_start = address->dimm.base;
        else if (def_is_set(memory, base))
                *ret_start = memory->base;
        else
                return false;
        return true;
}

static void check_memories(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;
        uint64_t a, b;

        for (uint32_t i = 0; i < def->memories.n; i++) {
                const DomainMemoryDevice *memory = def->memories.items[i];
                uint64_t size = memory->size * 1024;

                if (memory->model != DOMAIN_MEMORY_SGX_EPC && def->max_memory == 0)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/memory",
                                     "cannot use/hotplug a memory device when domain 'maxMemory' is not defined");
                if (def_is_set(memory, node) && def->cpu && def->cpu->cells.n > 0 && memory->node >= def->cpu->cells.n)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/memory/target/node",
                                     "can't add memory backend for guest node '%" PRIu32
                                     "' as the guest has only '%" PRIu32 "' NUMA nodes configured",
                                     memory->node, def->cpu->cells.n);
                for (uint32_t j = 0; j < def->memories.n; j++)
                        if (i != j && memory_range(memory, &a) && memory_range(def->memories.items[j], &b) &&
                            b >= a && b - a < size && (b > a || j > i)) {
                                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/memory",
                                             "memory device address [0x%" PRIx64 ":0x%" PRIx64
                                             "] overlaps with other memory device (0x%" PRIx64 ")",
                                             a, a + size, b);
                                return;
                        }
        }
}

/* Threads without a number of their own have the lowest that are free. */
static bool has_iothread(const DomainDef *def, uint32_t id)
{
        uint32_t n_lower = 0;

        DEF_FOREACH(thread, def->iothread_items) {
                if (thread->id == id)
                        return true;
                n_lower += thread->id < id;
        }
        return def->iothreads > def->iothread_items.n && id - n_lower <= def->iothreads - def->iothread_items.n;
}

static void check_iothreads(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        DEF_FOREACH(disk, def->disks)
                if (def_is_set(disk, iothread) && !has_iothread(def, disk->iothread))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/disk",
                                     "Disk iothread '%" PRIu32 "' not defined in iothreadid", disk->iothread);
        DEF_FOREACH(controller, def->controllers)
                if (def_is_set(controller, iothread) && !has_iothread(def, controller->iothread))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/controller",
                                     "controller iothread '%" PRIu32 "' not defined in iothreadid",
                                     controller->iothread);
}

static void check_serials(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        DEF_FOREACH(serial, def->serials)
                if (serial->target_type == DOMAIN_CHARDEV_TARGET_SPAPR_VIO_SERIAL && def->os.machine &&
                    !g_str_has_prefix(def->os.machine, "pseries"))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/serial",
                                     "Serial device with target type 'spapr-vio-serial' and target model '%s' "
                                     "not compatible with guest architecture or machine type",
                                     serial->target_model ?: "spapr-vty");
}

static void check_whole_video(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        DEF_FOREACH(video, def->videos) {
                if (video->type == DOMAIN_VIDEO_NONE && def->videos.n > 1) {
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/video",
                                     "a 'none' video type must be the only video device defined for the domain");
                        return;
                }
                if (def_is_set(video, vgamem) && video->vgamem < 1024)
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/video/model/@vgamem",
                                     "value for 'vgamem' must be at least 1 MiB (1024 KiB)");
                else if (def_is_set(video, vgamem) && (video->vgamem & (video->vgamem - 1)))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "devices/video/model/@vgamem",
                                     "value for 'vgamem' must be power of two");
        }
}

static void check_cpu_cache(const void *p, DefChecker *checker)
{
        const DomainCpu *cpu = ((const DomainDef *) p)->cpu;
        bool has_level = cpu && def_is_set(cpu, cache_level);

        if (!cpu || !cpu->cache)
                return;
        if (streq(cpu->cache, "emulate") ? has_level && cpu->cache_level != 3 : has_level)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cpu/cache/@level",
                             "unsupported CPU cache level for mode '%s'", cpu->cache);
        if (streq(cpu->cache, "passthrough") && cpu->mode != DOMAIN_CPU_HOST_PASSTHROUGH &&
            cpu->mode != DOMAIN_CPU_MAXIMUM)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cpu/cache/@mode",
                             "CPU cache mode '%s' can only be used with 'host-passthrough' / 'maximum' CPUs",
                             cpu->cache);
}

const DefRule domain_rules[] = {
        { "a device of the host is there once", check_hostdevs },
        { "memory devices have room of their own", check_memories },
        { "I/O threads of devices exist", check_iothreads },
        { "serial ports suit the machine", check_serials },
        { "no video is alone, and its memory is a power of two", check_whole_video },
        { "the CPU's cache is emulated, passed through or off", check_cpu_cache },
        { "the name can stand for a file", check_name },
        { "virtual CPUs fit the topology", check_vcpus },
        { "core dumps are for crashes", check_lifecycle },
        { "boot order is said in one place and once", check_boot_order },
        { "disks have targets of their own", check_disk_targets },
        { "disks have addresses of their own", check_drive_addresses },
        { "controllers have indexes of their own", check_controllers },
        { "one video device is primary", check_videos },
        { "firmware and its memory agree", domain_check_firmware },
        { "panics are of different models", check_panics },
        { "names and numbers are there once", check_names },
        { "QEMU could have it", domain_check_qemu },
        { "who renders is seen by somebody", check_graphics_types },
        {},
};

static bool is_model_of(DomainControllerType type, DomainControllerModel model)
{
        static const struct {
                DomainControllerType type;
                DomainControllerModel first;
                DomainControllerModel last;
        } ranges[] = {
                { DOMAIN_CONTROLLER_SCSI, DOMAIN_CONTROLLER_MODEL_AUTO, DOMAIN_CONTROLLER_MODEL_AM53C974 },
                { DOMAIN_CONTROLLER_SCSI, DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL,
                  DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL },
                { DOMAIN_CONTROLLER_VIRTIO_SERIAL, DOMAIN_CONTROLLER_MODEL_VIRTIO,
                  DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL },
                { DOMAIN_CONTROLLER_USB, DOMAIN_CONTROLLER_MODEL_PIIX3_UHCI, DOMAIN_CONTROLLER_MODEL_NONE },
                { DOMAIN_CONTROLLER_IDE, DOMAIN_CONTROLLER_MODEL_PIIX3, DOMAIN_CONTROLLER_MODEL_ICH6 },
                { DOMAIN_CONTROLLER_PCI, DOMAIN_CONTROLLER_MODEL_PCI_ROOT,
                  DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS },
        };

        for (unsigned i = 0; i < ELEMENTSOF(ranges); i++)
                if (ranges[i].type == type && model >= ranges[i].first && model <= ranges[i].last)
                        return true;
        return false;
}

static void check_controller_model(const void *p, DefChecker *checker)
{
        const DomainController *controller = p;

        if (controller->model != 0 && !is_model_of(controller->type, controller->model))
                checker_fail(checker, ERROR_XML_ERROR, "@model", "Unknown model type '%s'",
                             domain_controller_model_to_string(controller->model));
}

static void check_controller_options(const void *p, DefChecker *checker)
{
        const DomainController *controller = p;
        bool is_xhci = controller->model == DOMAIN_CONTROLLER_MODEL_NEC_XHCI ||
                controller->model == DOMAIN_CONTROLLER_MODEL_QEMU_XHCI;
        bool is_virtio_scsi = controller->type == DOMAIN_CONTROLLER_SCSI &&
                (controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL ||
                 controller->model == DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL);

        if (is_xhci && def_get(controller, ports, 0) > XHCI_PORTS)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@ports",
                             "'%s' controller only supports up to '%u' ports",
                             domain_controller_model_to_string(controller->model), XHCI_PORTS);
        if (def_is_set(controller, iothread) && !is_virtio_scsi)
                checker_fail(checker, ERROR_XML_ERROR, "driver/@iothread",
                             "'iothread' attribute only supported for virtio scsi controllers");
}

const DefRule domain_controller_rules[] = {
        { "the model suits the type", check_controller_model },
        { "options suit the model", check_controller_options },
        {},
};

static void check_disk_bus(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->bus == 0)
                return;
        if (disk->device == DOMAIN_DISK_DEVICE_FLOPPY && disk->bus != DOMAIN_DISK_BUS_FDC)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@bus",
                             "Invalid bus type '%s' for floppy disk", domain_disk_bus_to_string(disk->bus));
        if (disk->device != DOMAIN_DISK_DEVICE_FLOPPY && disk->bus == DOMAIN_DISK_BUS_FDC)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@bus",
                             "Invalid bus type '%s' for disk", domain_disk_bus_to_string(disk->bus));
}

static void check_disk_address(const void *p, DefChecker *checker)
{
#define DRIVE IS(DOMAIN_ADDRESS_DRIVE)
        static const uint32_t allowed[_DOMAIN_DISK_BUS_MAX] = {
                [DOMAIN_DISK_BUS_IDE] = DRIVE,
                [DOMAIN_DISK_BUS_FDC] = DRIVE,
                [DOMAIN_DISK_BUS_SCSI] = DRIVE,
                [DOMAIN_DISK_BUS_SATA] = DRIVE,
                [DOMAIN_DISK_BUS_USB] = IS(DOMAIN_ADDRESS_USB),
                [DOMAIN_DISK_BUS_VIRTIO] = IS(DOMAIN_ADDRESS_PCI) | IS(DOMAIN_ADDRESS_CCW) |
                        IS(DOMAIN_ADDRESS_VIRTIO_MMIO),
        };
#undef DRIVE
        const DomainDisk *disk = p;
        const DomainAddress *address = disk->info.address;

        if (disk->bus != 0 && address && allowed[disk->bus] != 0 &&
            !(allowed[disk->bus] & IS(address->type)))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "address/@type",
                             "Invalid address type '%s' for the disk '%s' with the bus type '%s'",
                             domain_address_to_string(address->type), disk->target,
                             domain_disk_bus_to_string(disk->bus));
}

static void check_disk_names(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->vendor && strlen(disk->vendor) > 8)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "vendor",
                             "disk vendor is more than 8 characters");
        if (disk->product && strlen(disk->product) > 16)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "product",
                             "disk product is more than 16 characters");
        if (disk->vendor && disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_SCSI)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "vendor",
                             "Only scsi disk supports 'vendor'");
}

static bool storage_is_empty(const DomainStorage *storage)
{
        switch (storage->type) {
        case DOMAIN_DISK_FILE:
                return !storage->file;
        case DOMAIN_DISK_BLOCK:
        case DOMAIN_DISK_VHOST_VDPA:
                return !storage->dev;
        case DOMAIN_DISK_DIR:
                return !storage->dir;
        case DOMAIN_DISK_NETWORK:
                return !storage->protocol;
        case DOMAIN_DISK_VOLUME:
                return !storage->volume;
        case DOMAIN_DISK_NVME:
        case DOMAIN_DISK_VHOST_USER:
        case _DOMAIN_DISK_TYPE_MAX:
                break;
        }
        return false;
}

static void check_disk_source(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->bus == DOMAIN_DISK_BUS_USB && storage_is_empty(&disk->source)) {
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source", "'usb' disk must not be empty");
                return;
        }
        if (disk->device != DOMAIN_DISK_DEVICE_DISK && disk->device != DOMAIN_DISK_DEVICE_LUN)
                return;
        if (storage_is_empty(&disk->source))
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing source information for device %s",
                             disk->target);
}

static void check_disk_places(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->encryption && disk->source.encryption)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "encryption",
                             "an <encryption> definition already found for disk source");
        if (disk->auth && disk->source.auth)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "auth",
                             "an <auth> definition already found for disk source");
        if (disk->iotune && disk->throttle_filters.n > 0)
                checker_fail(checker, ERROR_OPERATION_UNSUPPORTED, "throttlefilters",
                             "block 'throttlefilters' can't be used together with 'iotune' for disk '%s'",
                             disk->target);
}

static void check_lun(const DomainDisk *disk, DefChecker *checker)
{
        const DomainStorage *source = &disk->source;
        bool is_block = source->type == DOMAIN_DISK_BLOCK || source->type == DOMAIN_DISK_VOLUME ||
                (source->type == DOMAIN_DISK_NETWORK && source->protocol == DOMAIN_PROTOCOL_ISCSI);

        if (disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_SCSI && disk->bus != DOMAIN_DISK_BUS_VIRTIO)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@bus",
                             "disk device='lun' is not supported for bus='%s'",
                             domain_disk_bus_to_string(disk->bus));
        else if (disk->bus == DOMAIN_DISK_BUS_VIRTIO)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@device",
                             "This QEMU doesn't support SCSI emulation with 'virtio-blk' device");
        if (!is_block)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@type",
                             "disk device='lun' is not supported for protocol='%s'",
                             source->type == DOMAIN_DISK_NETWORK ?
                             strempty(domain_protocol_to_string(source->protocol)) :
                             domain_disk_type_to_string(source->type));
        if (disk->format && !streq(disk->format, "raw"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@type",
                             "disk device 'lun' using target '%s' must use 'raw' format", disk->target);
        if (disk->serial || disk->wwn || disk->vendor || disk->product)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@device",
                             "Setting serial, wwn, vendor or product is not supported for lun device");
}

static void check_disk_options(const void *p, DefChecker *checker)
{
        const DomainDisk *disk = p;

        if (disk->device == DOMAIN_DISK_DEVICE_LUN)
                check_lun(disk, checker);
        else if (disk->rawio == TRISTATE_YES || disk->sgio)
                checker_fail(checker, ERROR_XML_ERROR, "@device",
                             "rawio or sgio can be used only with device='lun'");
        if (disk->shareable && disk->format && !streq(disk->format, "raw"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "shareable",
                             "shared access for disk '%s' requires use of supported storage format",
                             disk->target);
        if (streq_ptr(disk->format, "dir"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@type",
                             "'directory' storage format is not directly supported by QEMU, use 'dir' disk "
                             "type instead");
        if (disk->removable != TRISTATE_ABSENT && disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_USB &&
            disk->bus != DOMAIN_DISK_BUS_SCSI)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@removable",
                             "removable is only valid for usb or scsi disks");
        if (def_is_set(disk, metadata_cache) && !streq_ptr(disk->format, "qcow2"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/metadata_cache",
                             "metadata_cache is only supported for qcow2 driver");
        if (def_is_set(disk, queues) && disk->bus != 0 && disk->bus != DOMAIN_DISK_BUS_VIRTIO)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@queues",
                             "queues attribute in disk driver element is only supported by virtio-blk");
        if (def_is_set(disk, rotation_rate) && (disk->bus == DOMAIN_DISK_BUS_VIRTIO ||
                                                disk->bus == DOMAIN_DISK_BUS_FDC))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@rotation_rate",
                             "rotation rate is only valid for SCSI/IDE/SATA bus");
        if (disk->copy_on_read == TRISTATE_ON && (disk->readonly || disk->shareable))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@copy_on_read",
                             "copy_on_read is not compatible with read-only disk '%s'", disk->target);
}

const DefRule domain_disk_rules[] = {
        { "what is said in one place is not said in another", check_disk_places },
        { "options suit the device", check_disk_options },
        { "the bus suits the device", check_disk_bus },
        { "what cannot be changed has a source", check_disk_source },
        { "the address suits the bus", check_disk_address },
        { "vendor and product fit", check_disk_names },
        {},
};

static void check_interface_mac(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (interface->mac && (g_ascii_xdigit_value(interface->mac[1]) & 1))
                checker_fail(checker, ERROR_XML_ERROR, "mac/@address",
                             "expected unicast mac address, found multicast '%s'", interface->mac);
}

static void check_interface_model(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (interface->model && interface->model[strspn(interface->model, "abcdefghijklmnopqrstuvwxyz"
                                                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                                          "0123456789-_")])
                checker_fail(checker, ERROR_INVALID_ARG, "model/@type",
                             "Model name contains invalid characters");
}

static void check_interface_source(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (interface->type == DOMAIN_INTERFACE_NETWORK && !interface->network)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "No <source> 'network' attribute specified with <interface type='network'/>");
        if (interface->type == DOMAIN_INTERFACE_BRIDGE && !interface->bridge)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "No <source> 'bridge' attribute specified with <interface type='bridge'/>");
        if (interface->type == DOMAIN_INTERFACE_DIRECT && !interface->dev)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "No <source> 'dev' attribute specified with <interface type='direct'/>");
}

static bool is_power_of_two(uint32_t n)
{
        return n > 0 && (n & (n - 1)) == 0;
}

static void check_interface_queues(const void *p, DefChecker *checker)
{
        const DomainInterface *interface = p;

        if (def_is_set(interface, rx_queue_size) && !is_power_of_two(interface->rx_queue_size))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@rx_queue_size",
                             "rx_queue_size has to be a power of two");
        if (def_is_set(interface, tx_queue_size) && !is_power_of_two(interface->tx_queue_size))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@tx_queue_size",
                             "tx_queue_size has to be a power of two");
}

const DefRule domain_interface_rules[] = {
        { "queues are powers of two", check_interface_queues },
        { "the MAC address is that of one station", check_interface_mac },
        { "the model's name is a name", check_interface_model },
        { "the source suits the type", check_interface_source },
        {},
};

static void check_input_model(const void *p, DefChecker *checker)
{
        const DomainInput *input = p;

        if (input->model && !streq(input->model, "virtio") && input->type != DOMAIN_INPUT_PASSTHROUGH)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@model",
                             "virtio (non-)transitional models are not supported for input type=%s",
                             domain_input_to_string(input->type));
        if (input->type == DOMAIN_INPUT_PASSTHROUGH && input->bus != 0 && input->bus != DOMAIN_INPUT_BUS_VIRTIO)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@bus",
                             "input device type 'passthrough' is only supported for the bus 'virtio'");
        if ((input->type == DOMAIN_INPUT_PASSTHROUGH || input->type == DOMAIN_INPUT_EVDEV) &&
            !input->source_evdev)
                checker_fail(checker, ERROR_XML_ERROR, "source", "Missing evdev path for input device passthrough");
}

static void check_rng(const void *p, DefChecker *checker)
{
        const DomainRng *rng = p;

        if (rng->backend != DOMAIN_RNG_EGD)
                return;
        if (!rng->egd || rng->egd->type == 0)
                checker_fail(checker, ERROR_XML_ERROR, "backend/@type",
                             "missing EGD backend type");
        else if (rng->egd->type == DOMAIN_CHARDEV_UNIX && !rng->egd->path)
                checker_fail(checker, ERROR_XML_ERROR, "backend/source",
                             "Missing source path attribute for char device");
}

static void check_chardev_source(const void *p, DefChecker *checker)
{
        const DomainChardev *chardev = p;
        bool needs_path = chardev->type == DOMAIN_CHARDEV_DEV || chardev->type == DOMAIN_CHARDEV_FILE ||
                chardev->type == DOMAIN_CHARDEV_PIPE;

        if (needs_path && !chardev->path)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Missing source path attribute for char device");
        if (chardev->type != DOMAIN_CHARDEV_TCP)
                return;
        if (!chardev->host)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Missing source host attribute for char device");
        if (!chardev->service)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "Missing source service attribute for char device");
}

static void check_chardev_reconnect(const void *p, DefChecker *checker)
{
        const DomainChardev *chardev = p;

        if (chardev->reconnect && chardev->reconnect->enabled == TRISTATE_YES &&
            chardev->mode != DOMAIN_SOCKET_CONNECT)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source/reconnect",
                             "chardev reconnect is possible only for connect mode");
        if (chardev->target_type == DOMAIN_CHARDEV_TARGET_GUESTFWD && chardev->target_address &&
            strchr(chardev->target_address, ':'))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@address",
                             "guestfwd channel only supports IPv4 addresses");
}

const DefRule domain_input_rules[] = {
        { "the model suits the type", check_input_model },
        {},
};

const DefRule domain_rng_rules[] = {
        { "a daemon is behind a socket", check_rng },
        {},
};

const DefRule domain_chardev_rules[] = {
        { "only who connects does it again", check_chardev_reconnect },
        { "the source suits the type", check_chardev_source },
        {},
};

static void check_graphics_listen(const void *p, DefChecker *checker)
{
        const DomainGraphics *graphics = p;
        const DomainListen *first = graphics->listens.n > 0 ? graphics->listens.items[0] : NULL;

        if (!first || first->type != DOMAIN_LISTEN_ADDRESS || streq_ptr(first->address, graphics->listen))
                return;
        checker_fail(checker, ERROR_XML_ERROR, "@listen",
                     "graphics 'listen' attribute '%s' must match 'address' attribute of first listen "
                     "element (found '%s')",
                     strempty(graphics->listen), strempty(first->address));
}

const DefRule domain_graphics_rules[] = {
        { "both forms of the listen address agree", check_graphics_listen },
        {},
};
