/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"
#include "drivers/model/domain_rules.h"

#include <string.h>

/* What libvirt fills in for devices (domain_postparse.c, qemu_postparse.c), in its order. */

static void add_builtin_controller(DomainDef *def, DomainControllerType type, DomainControllerModel model)
{
        if (!domain_find_controller(def, type, 0))
                domain_add_controller(def, type, 0, model);
}

static void add_builtin_devices(Normalizer *normalizer)
{
        const MachineTraits *traits = normalizer->traits;
        DomainDef *def = normalizer->def;

        if (traits->usb != 0 && !domain_find_controller(def, DOMAIN_CONTROLLER_USB, 0))
                domain_add_controller(def, DOMAIN_CONTROLLER_USB, 0,
                                      traits->usb_new != 0 && !normalizer->host->keep_abi ? traits->usb_new :
                                                                                            traits->usb);
        if (traits->sata)
                add_builtin_controller(def, DOMAIN_CONTROLLER_SATA, 0);
        if (traits->root != 0)
                add_builtin_controller(def, DOMAIN_CONTROLLER_PCI, traits->root);
        if (traits->balloon && !def->memballoon) {
                def->memballoon = domain_def_new(def, DomainMemballoon);
                def->memballoon->model = DOMAIN_MEMBALLOON_VIRTIO;
        }
        if (traits->watchdog) {
                DomainWatchdog *watchdog;

                DEF_FOREACH(other, def->watchdogs)
                        if (other->model == DOMAIN_WATCHDOG_ITCO)
                                return;
                watchdog = domain_def_new(def, DomainWatchdog);
                watchdog->model = DOMAIN_WATCHDOG_ITCO;
                watchdog->action = def->watchdogs.n > 0 ? def->watchdogs.items[0]->action :
                                                          DOMAIN_WATCHDOG_ACTION_RESET;
                domain_def_append(def, &def->watchdogs, watchdog);
        }
}

static bool has_input(const DomainDef *def, DomainInputType type, DomainInputBus bus)
{
        DEF_FOREACH(input, def->inputs)
                if (input->type == type && input->bus == bus)
                        return true;
        return false;
}

static void add_input(DomainDef *def, DomainInputType type, DomainInputBus bus)
{
        DomainInput *input;

        if (has_input(def, type, bus))
                return;
        input = domain_def_new(def, DomainInput);
        input->type = type;
        input->bus = bus;
        domain_def_append(def, &def->inputs, input);
}

static void add_inputs(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;

        if (normalizer->traits->ps2 && def->features.ps2 != TRISTATE_OFF) {
                add_input(def, DOMAIN_INPUT_MOUSE, DOMAIN_INPUT_BUS_PS2);
                add_input(def, DOMAIN_INPUT_KEYBOARD, DOMAIN_INPUT_BUS_PS2);
        }
        if (!normalizer->traits->usb_input || def->graphics.n == 0)
                return;
        add_input(def, DOMAIN_INPUT_KEYBOARD, DOMAIN_INPUT_BUS_USB);
        if (!has_input(def, DOMAIN_INPUT_TABLET, DOMAIN_INPUT_BUS_USB))
                add_input(def, DOMAIN_INPUT_MOUSE, DOMAIN_INPUT_BUS_USB);
}

/* Where SDL or D-Bus plays sound is said elsewhere. */
static void add_audio(DomainDef *def)
{
        DomainAudio *audio;
        DomainAudioType type = DOMAIN_AUDIO_NONE;

        if (def->audios.n > 0)
                return;
        DEF_FOREACH(graphics, def->graphics) {
                if (graphics->type == DOMAIN_GRAPHICS_SDL || graphics->type == DOMAIN_GRAPHICS_DBUS)
                        return;
                if (graphics->type == DOMAIN_GRAPHICS_SPICE)
                        type = DOMAIN_AUDIO_SPICE;
        }
        audio = domain_def_new(def, DomainAudio);
        def_put(audio, id, 1);
        audio->type = type;
        domain_def_append(def, &def->audios, audio);
}

int domain_disk_number(const char *target)
{
        static const char *const prefixes[] = { "fd", "hd", "vd", "sd", "xvd", "ubd", NULL };
        const char *p = NULL;
        int n = 0;

        for (unsigned i = 0; prefixes[i] && !p; i++)
                if (g_str_has_prefix(target, prefixes[i]))
                        p = target + strlen(prefixes[i]);
        if (!p || !g_ascii_islower(*p))
                return -EINVAL;
        for (; g_ascii_islower(*p); p++) {
                if (n > 100000)
                        return -EINVAL;
                n = n * 26 + (*p - 'a' + 1);
        }
        while (g_ascii_isdigit(*p))
                p++;
        return *p ? -EINVAL : n - 1;
}

static DomainDiskBus bus_of_target(const DomainDisk *disk)
{
        static const struct {
                const char *prefix;
                DomainDiskBus bus;
        } table[] = {
                { "hd", DOMAIN_DISK_BUS_IDE },
                { "sd", DOMAIN_DISK_BUS_SCSI },
                { "vd", DOMAIN_DISK_BUS_VIRTIO },
                { "xvd", DOMAIN_DISK_BUS_XEN },
                { "ubd", DOMAIN_DISK_BUS_UML },
                { "fd", DOMAIN_DISK_BUS_FDC },
                { "nvme", DOMAIN_DISK_BUS_NVME },
        };

        if (disk->device == DOMAIN_DISK_DEVICE_FLOPPY)
                return DOMAIN_DISK_BUS_FDC;
        for (unsigned i = 0; i < ELEMENTSOF(table); i++)
                if (g_str_has_prefix(disk->target, table[i].prefix))
                        return table[i].bus;
        return DOMAIN_DISK_BUS_IDE;
}

/* QEMU itself decrypts what it can; newer LUKS is Ceph's own. */
static void default_engine(StorageEncryption *encryption)
{
        if (!encryption || encryption->engine)
                return;
        encryption->engine = encryption->format == STORAGE_ENCRYPTION_LUKS ||
                        encryption->format == STORAGE_ENCRYPTION_QCOW ?
                STORAGE_ENCRYPTION_ENGINE_QEMU : STORAGE_ENCRYPTION_ENGINE_LIBRBD;
}

static void default_source(DomainDef *def, DomainDisk *disk)
{
        DomainStorage *source = &disk->source;

        if (source->type == DOMAIN_DISK_NETWORK && source->protocol == DOMAIN_PROTOCOL_ISCSI)
                source->name = domain_iscsi_name(def, source->name);
        if (source->type == DOMAIN_DISK_NVME && source->managed == TRISTATE_ABSENT)
                source->managed = TRISTATE_YES;
        if (source->type == DOMAIN_DISK_VHOST_USER && disk->snapshot == 0)
                disk->snapshot = DOMAIN_DISK_SNAPSHOT_NO;
}

/* A disk that names a group and no limit has those of the first that does. */
static void default_iotune(DomainDef *def, DomainDisk *disk)
{
        if (!disk->iotune || !disk->iotune->group || iotune_has_limit(disk->iotune))
                return;
        DEF_FOREACH(other, def->disks)
                if (other->iotune && streq_ptr(other->iotune->group, disk->iotune->group) &&
                    iotune_has_limit(other->iotune)) {
                        *disk->iotune = *other->iotune;
                        return;
                }
}

static void default_disk(Normalizer *normalizer, DomainDisk *disk)
{
        if (disk->bus == 0)
                disk->bus = bus_of_target(disk);
        if (disk->device == DOMAIN_DISK_DEVICE_CDROM)
                disk->readonly = true;
        if (disk->device != DOMAIN_DISK_DEVICE_DISK && disk->source.type == DOMAIN_DISK_NETWORK &&
            !disk->source.protocol)
                disk->source.type = DOMAIN_DISK_FILE;
        if (!normalizer->emulated)
                return;
        default_engine(disk->encryption);
        default_engine(disk->source.encryption);
        for (DomainBacking *backing = disk->backing; backing; backing = backing->backing)
                default_engine(backing->source.encryption);
        default_source(normalizer->def, disk);
        default_iotune(normalizer->def, disk);
        if (!disk->driver_name)
                disk->driver_name = domain_def_strdup(normalizer->def, "qemu");
        if (!disk->format && disk->source.type != DOMAIN_DISK_VOLUME)
                disk->format = domain_def_strdup(normalizer->def, "raw");
}

static void default_interface(Normalizer *normalizer, DomainInterface *interface)
{
        DomainDef *def = normalizer->def;

        if (!interface->mac) {
                uint8_t b[3];

                domain_random(normalizer->host, b, sizeof(b));
                interface->mac = domain_def_printf(def, "52:54:00:%02x:%02x:%02x", b[0], b[1], b[2]);
        }
        if (interface->model || !normalizer->emulated || interface->type == DOMAIN_INTERFACE_HOSTDEV)
                return;
        if (interface->type == DOMAIN_INTERFACE_VDPA || interface->type == DOMAIN_INTERFACE_VHOSTUSER)
                interface->model = "virtio";
        else
                interface->model = normalizer->traits->network;
}

static void default_controller(Normalizer *normalizer, DomainController *controller)
{
        static const struct {
                DomainControllerModel model;
                uint32_t startport;
        } companions[] = {
                { DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1, 0 },
                { DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2, 2 },
                { DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3, 4 },
        };
        const MachineTraits *traits = normalizer->traits;

        if (controller->type == DOMAIN_CONTROLLER_USB && controller->model == 0 && normalizer->emulated)
                controller->model = traits->usb_new != 0 && !normalizer->host->keep_abi ? traits->usb_new :
                                                                                           traits->usb_default;
        if (controller->type == DOMAIN_CONTROLLER_USB && controller->model == DOMAIN_CONTROLLER_MODEL_NONE)
                controller->info.address = NULL;
        if (controller->type == DOMAIN_CONTROLLER_SCSI && normalizer->emulated &&
            (controller->model == 0 || controller->model == DOMAIN_CONTROLLER_MODEL_AUTO))
                controller->model = normalizer->traits->scsi;
        for (unsigned i = 0; i < ELEMENTSOF(companions); i++)
                if (controller->type == DOMAIN_CONTROLLER_USB && controller->model == companions[i].model &&
                    !def_is_set(&controller->info, master_startport))
                        def_put(&controller->info, master_startport, companions[i].startport);
}

static bool is_usb2(const DomainController *controller)
{
        return controller->type == DOMAIN_CONTROLLER_USB &&
               (controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_EHCI1 ||
                controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1 ||
                controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2 ||
                controller->model == DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3);
}

/* Companions of USB 2 that follow each other are one controller, until a model comes twice. */
static bool joins_companions(DomainDef *def, uint32_t i, uint32_t *ret)
{
        const DomainController *controller = def->controllers.items[i], *before = NULL;

        if (!is_usb2(controller))
                return false;
        for (uint32_t k = i; k > 0 && !before; k--)
                if (((const DomainController *) def->controllers.items[k - 1])->type == DOMAIN_CONTROLLER_USB)
                        before = def->controllers.items[k - 1];
        if (!before || !is_usb2(before))
                return false;
        DEF_FOREACH(other, def->controllers)
                if (other->type == DOMAIN_CONTROLLER_USB && def_is_set(other, index) &&
                    other->index == before->index && other->model == controller->model)
                        return false;
        *ret = before->index;
        return true;
}

/* Controllers stand with those of their type, by index; one that names none gets the next. */
static void order_controllers(DomainDef *def)
{
        DefList old = { (void **) def->controllers.items, def->controllers.n };

        for (uint32_t i = 0; i < def->controllers.n; i++) {
                DomainController *controller = def->controllers.items[i];
                uint32_t next = 0;

                if (def_is_set(controller, index))
                        continue;
                if (!joins_companions(def, i, &next))
                        while (domain_find_controller(def, controller->type, next))
                                next++;
                def_put(controller, index, next);
        }
        def->controllers.items = NULL;
        def->controllers.n = 0;
        for (uint32_t i = 0; i < old.n; i++)
                domain_insert_controller(def, old.items[i]);
}

static void default_input(Normalizer *normalizer, DomainInput *input)
{
        if (input->bus != 0)
                return;
        if ((input->type == DOMAIN_INPUT_MOUSE || input->type == DOMAIN_INPUT_KEYBOARD) &&
            machine_is_x86(normalizer->traits))
                input->bus = DOMAIN_INPUT_BUS_PS2;
        else if (input->type == DOMAIN_INPUT_PASSTHROUGH || streq_ptr(normalizer->traits->arch, "s390x"))
                input->bus = DOMAIN_INPUT_BUS_VIRTIO;
        else
                input->bus = DOMAIN_INPUT_BUS_USB;
}

static uint32_t power_of_two(uint32_t n)
{
        return n > 1 && n <= UINT32_C(1) << 31 ? UINT32_C(1) << (32 - __builtin_clz(n - 1)) : n;
}

static void default_video_memory(DomainVideo *video)
{
        bool is_qxl = video->type == DOMAIN_VIDEO_QXL;

        if (is_qxl && !def_is_set(video, ram))
                def_put(video, ram, 64 * 1024);
        if (is_qxl && !def_is_set(video, vgamem))
                def_put(video, vgamem, 16 * 1024);
        if (def_is_set(video, vram))
                return;
        switch (video->type) {
        case DOMAIN_VIDEO_VGA:
        case DOMAIN_VIDEO_CIRRUS:
        case DOMAIN_VIDEO_VMVGA:
        case DOMAIN_VIDEO_BOCHS:
        case DOMAIN_VIDEO_GOP:
                def_put(video, vram, 16 * 1024);
                break;
        case DOMAIN_VIDEO_QXL:
                def_put(video, vram, 64 * 1024);
                break;
        case DOMAIN_VIDEO_XEN:
                def_put(video, vram, 4 * 1024);
                break;
        case DOMAIN_VIDEO_VBOX:
                def_put(video, vram, 8 * 1024);
                break;
        case DOMAIN_VIDEO_PARALLELS:
        case DOMAIN_VIDEO_VIRTIO:
        case DOMAIN_VIDEO_NONE:
        case DOMAIN_VIDEO_RAMFB:
        case _DOMAIN_VIDEO_MAX:
                break;
        }
}

static void default_video(Normalizer *normalizer, DomainVideo *video)
{
        if (video->type == 0)
                video->type = normalizer->traits->video;
        if (video->type == 0)
                return;
        if (video->type == DOMAIN_VIDEO_NONE) {
                /* what is not there has nothing but a name */
                *video = (DomainVideo) { .type = video->type, .info.alias = video->info.alias };
                return;
        }
        if (!def_is_set(video, heads))
                def_put(video, heads, 1);
        default_video_memory(video);
        if (def_is_set(video, ram))
                def_put(video, ram, power_of_two(video->ram));
        if (def_is_set(video, vram))
                def_put(video, vram, power_of_two(video->vram));
}

/* One is primary and stands first. */
static void order_videos(DomainDef *def)
{
        for (uint32_t i = 0; i < def->videos.n; i++) {
                DomainVideo *video = def->videos.items[i];

                if (video->primary != TRISTATE_YES)
                        continue;
                memmove(def->videos.items + 1, def->videos.items, i * sizeof(*def->videos.items));
                def->videos.items[0] = video;
                return;
        }
        if (def->videos.n > 0 && def->videos.items[0]->type != DOMAIN_VIDEO_NONE)
                def->videos.items[0]->primary = TRISTATE_YES;
}

static void default_videos(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;

        if (def->graphics.n > 0 && def->videos.n == 0 && normalizer->traits->video != 0)
                domain_def_append(def, &def->videos, domain_def_new(def, DomainVideo));
        DEF_FOREACH(video, def->videos)
                default_video(normalizer, video);
        order_videos(def);
}

/* A disk stands before those of its bus whose names come later. */
static void order_disks(DomainDef *def)
{
        for (uint32_t i = 1; i < def->disks.n; i++) {
                DomainDisk *disk = def->disks.items[i];
                int number = domain_disk_number(disk->target);
                uint32_t at = i;

                for (uint32_t j = i; j > 0; j--) {
                        const DomainDisk *other = def->disks.items[j - 1];

                        if (other->bus != disk->bus)
                                continue;
                        if (domain_disk_number(other->target) > number)
                                at = j - 1;
                        else {
                                at = at == i ? j : at;
                                break;
                        }
                }
                memmove(def->disks.items + at + 1, def->disks.items + at, (i - at) * sizeof(disk));
                def->disks.items[at] = disk;
        }
}

int domain_default_devices(Normalizer *normalizer, Error *error)
{
        DomainDef *def = normalizer->def;

        order_controllers(def);
        if (normalizer->emulated)
                add_builtin_devices(normalizer);
        if (normalizer->emulated && normalizer->traits->panic_added && def->panics.n == 0)
                domain_def_append(def, &def->panics, domain_def_new(def, DomainPanic));
        DEF_FOREACH(disk, def->disks)
                default_disk(normalizer, disk);
        order_disks(def);
        DEF_FOREACH(controller, def->controllers)
                default_controller(normalizer, controller);
        DEF_FOREACH(interface, def->interfaces)
                default_interface(normalizer, interface);
        /* what is built in is added before those that are given have their bus */
        if (normalizer->emulated)
                add_inputs(normalizer);
        DEF_FOREACH(input, def->inputs)
                default_input(normalizer, input);
        if (!normalizer->emulated)
                return 0;
        default_videos(normalizer);
        add_audio(def);
        domain_default_others(normalizer);
        DEF_FOREACH(sound, def->sounds)
                if (streq(sound->model, "virtio") && !def_is_set(sound, streams))
                        def_put(sound, streams, 2);
        DEF_FOREACH(rng, def->rngs)
                if (rng->backend == DOMAIN_RNG_RANDOM && !rng->path)
                        rng->path = domain_def_strdup(def, "/dev/random");
        return 0;
}
