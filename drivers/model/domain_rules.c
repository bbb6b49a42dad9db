/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

#include "drivers/model/domain_device.h"

#include "service/base/store.h"

#include <string.h>

/*
 * What several fields must be together, whatever the driver. The sentences are libvirt's where it has one.
 * What depends on a machine or an emulator is the driver's matter.
 */

static void check_name(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        if (strchr(def->name, '/'))
                checker_fail(checker, ERROR_XML_ERROR, "name", "name %s cannot contain '/'", def->name);
        else if (!store_name_is_valid(def->name))
                checker_fail(checker, ERROR_XML_ERROR, "name", "name '%.80s' is not valid", def->name);
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

typedef struct DeviceWalk {
        const DomainDef *def;
        DefChecker *checker;
        GHashTable *orders;
        GHashTable *aliases;
        GHashTable *indexes; /* of ACPI */
} DeviceWalk;

static void check_order_of(DeviceWalk *walk, const DomainDevice *device)
{
        if (!def_is_set(device, boot_order))
                return;
        if (walk->def->os.boot.n > 0 && g_hash_table_size(walk->orders) == 0)
                checker_fail(walk->checker, ERROR_CONFIG_UNSUPPORTED, NULL,
                             "per-device boot elements cannot be used together with os/boot elements");
        if (!g_hash_table_add(walk->orders, GUINT_TO_POINTER(device->boot_order)))
                checker_fail(walk->checker, ERROR_XML_ERROR, NULL,
                             "boot order %" PRIu32 " used for more than one device", device->boot_order);
}

/* A console that is a serial port has the name of that one. */
static bool shares_alias(const DomainDef *def, const DomainDevice *device)
{
        return def->consoles.n > 0 && def->serials.n > 0 && device == &def->consoles.items[0]->info &&
               (def->consoles.items[0]->target_type == 0 ||
                def->consoles.items[0]->target_type == DOMAIN_CHARDEV_TARGET_SERIAL);
}

static void check_identity(const DefRow *row, const void *item, void *userdata)
{
        const DomainDevice *device = domain_device_info(row, item);
        DeviceWalk *walk = userdata;

        if (!device)
                return;
        check_order_of(walk, device);
        if (device->alias && g_str_has_prefix(device->alias, "ua-") && !shares_alias(walk->def, device) &&
            !g_hash_table_add(walk->aliases, (void *) device->alias))
                checker_fail(walk->checker, ERROR_XML_ERROR, NULL, "non unique alias detected: %s", device->alias);
        if (def_is_set(device, acpi_index) && has_other_address(device, IS(DOMAIN_ADDRESS_PCI)))
                checker_fail(walk->checker, ERROR_CONFIG_UNSUPPORTED, NULL, "only PCI devices have an ACPI index");
        if (def_is_set(device, acpi_index) && !g_hash_table_add(walk->indexes, GUINT_TO_POINTER(device->acpi_index)))
                checker_fail(walk->checker, ERROR_XML_ERROR, NULL,
                             "ACPI index '%" PRIu32 "' used for more than one device", device->acpi_index);
}

static void check_devices(const void *p, DefChecker *checker)
{
        g_autoptr(GHashTable) orders = g_hash_table_new(NULL, NULL), indexes = g_hash_table_new(NULL, NULL);
        g_autoptr(GHashTable) aliases = g_hash_table_new(g_str_hash, g_str_equal);
        DeviceWalk walk = { p, checker, orders, aliases, indexes };

        domain_device_foreach(p, check_identity, &walk);
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

#define DRIVE_FORMAT "controller='%" PRIu32 "' bus='%" PRIu32 "' target='%" PRIu32 "' unit='%" PRIu32 "'"
#define DRIVE_ARGS(address)                                                                         \
        (address)->drive.controller, (address)->drive.bus, (address)->drive.target, (address)->drive.unit

static void check_disk_address(const DomainDef *def, uint32_t i, DefChecker *checker)
{
        const DomainDisk *disk = def->disks.items[i];
        const DomainAddress *address = disk->info.address;

        for (uint32_t j = 0; j < i; j++) {
                const DomainDisk *other = def->disks.items[j];
                g_autofree char *where = NULL;

                if (disk->bus != other->bus || !is_same_address(address, other->info.address))
                        continue;
                where = g_strdup_printf("devices/disk[%" PRIu32 "]/address", i + 1);
                checker_fail(checker, ERROR_XML_ERROR, where,
                             "Found duplicate drive address for disk with target name '%s' " DRIVE_FORMAT,
                             disk->target, DRIVE_ARGS(address));
        }
}

static bool is_scsi_address_taken(const DomainDef *def, const DomainHostdev *hostdev)
{
        DEF_FOREACH(disk, def->disks)
                if (disk->bus == DOMAIN_DISK_BUS_SCSI && is_same_address(disk->info.address, hostdev->info.address))
                        return true;
        DEF_FOREACH(other, def->hostdevs) {
                if (other == hostdev)
                        break;
                if (other->type == DOMAIN_HOSTDEV_SCSI && is_same_address(other->info.address, hostdev->info.address))
                        return true;
        }
        return false;
}

static void check_drive_addresses(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        for (uint32_t i = 0; i < def->disks.n; i++)
                check_disk_address(def, i, checker);
        DEF_FOREACH(hostdev, def->hostdevs)
                if (hostdev->type == DOMAIN_HOSTDEV_SCSI && is_scsi_address_taken(def, hostdev))
                        checker_fail(checker, ERROR_XML_ERROR, "devices/hostdev",
                                     "SCSI host address " DRIVE_FORMAT " in use by another SCSI device",
                                     DRIVE_ARGS(hostdev->info.address));
}

static bool is_usb_companion(const DomainController *controller)
{
        return controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1 ||
               controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2 ||
               controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3;
}

static bool is_usb2(const DomainController *controller)
{
        return is_usb_companion(controller) || controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_EHCI1;
}

/* Controllers with an index are one, with a master and its companions. */
static void check_usb_controllers(const DomainDef *def, DefChecker *checker)
{
        DEF_FOREACH(controller, def->controllers) {
                unsigned n_masters = 0, n_others = 0;

                if (controller->type != DOMAIN_CONTROLLER_USB || !def_is_set(controller, index))
                        continue;
                DEF_FOREACH(other, def->controllers) {
                        bool same = other->type == DOMAIN_CONTROLLER_USB && def_is_set(other, index) &&
                                    other->index == controller->index;

                        n_masters += same && !is_usb_companion(other);
                        n_others += same && other != controller && !(is_usb2(other) && is_usb2(controller));
                }
                if (n_others > 0) {
                        checker_fail(checker, ERROR_XML_ERROR, "devices/controller",
                                     "Duplicate USB controllers with index %" PRIu32, controller->index);
                        return;
                }
                if (n_masters == 0) {
                        checker_fail(checker, ERROR_XML_DETAIL, "devices/controller",
                                     "No master USB controller specified");
                        return;
                }
        }
}

static void check_controllers(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        check_usb_controllers(def, checker);
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
        for (uint32_t i = 1; i < def->iommus.n; i++)
                if (def->iommus.items[i]->model != DOMAIN_IOMMU_SMMUV3)
                        checker_fail(checker, ERROR_XML_ERROR, "devices/iommu",
                                     "only a single IOMMU device is supported");
        if (def->cpu && def->cpu->mode == 0 && !def->cpu->model && def->cpu->check != 0)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "cpu/@check",
                             "check attribute specified for CPU with no model");
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

static void check_max_memory(const void *p, DefChecker *checker)
{
        const DomainDef *def = p;

        if (def->max_memory == 0 && def->max_memory_slots > 0)
                checker_fail(checker, ERROR_XML_ERROR, "maxMemory",
                             "maximum memory size must be specified for slots");
        else if (def->max_memory > 0 && def->max_memory < def->memory)
                checker_fail(checker, ERROR_XML_ERROR, "maxMemory",
                             "maximum memory size must be equal or greater than the actual memory size");
}

const DefRule domain_rules[] = {
        { "a device of the host is there once", check_hostdevs },
        { "memory devices have room of their own", check_memories },
        { "threads exist where they are named", domain_check_threads },
        { "no video is alone, and its memory is a power of two", check_whole_video },
        { "the name can stand for a file", check_name },
        { "virtual CPUs fit the topology", domain_check_vcpus },
        { "there is room for memory to come", check_max_memory },
        { "core dumps are for crashes", check_lifecycle },
        { "boot order, aliases and ACPI indexes are said in one place and once", check_devices },
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
