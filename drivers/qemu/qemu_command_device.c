/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include <string.h>

/* -- input ------------------------------------------------------------------------------------------------
 */

static const struct {
        DomainInputType type;
        DomainInputBus bus;
        const char *driver; /* of virtio without its suffix; NULL: in the machine anyway */
} input_drivers[] = {
        { DOMAIN_INPUT_PASSTHROUGH, DOMAIN_INPUT_BUS_VIRTIO, "virtio-input-host" },
        { DOMAIN_INPUT_MOUSE, DOMAIN_INPUT_BUS_PS2, NULL },
        { DOMAIN_INPUT_KEYBOARD, DOMAIN_INPUT_BUS_PS2, NULL },
        { DOMAIN_INPUT_MOUSE, DOMAIN_INPUT_BUS_USB, "usb-mouse" },
        { DOMAIN_INPUT_TABLET, DOMAIN_INPUT_BUS_USB, "usb-tablet" },
        { DOMAIN_INPUT_KEYBOARD, DOMAIN_INPUT_BUS_USB, "usb-kbd" },
        { DOMAIN_INPUT_MOUSE, DOMAIN_INPUT_BUS_VIRTIO, "virtio-mouse" },
        { DOMAIN_INPUT_TABLET, DOMAIN_INPUT_BUS_VIRTIO, "virtio-tablet" },
        { DOMAIN_INPUT_KEYBOARD, DOMAIN_INPUT_BUS_VIRTIO, "virtio-keyboard" },
};

static int build_input_driver(Build *b, const DomainInput *input, const char *base, Error *error)
{
        g_autofree char *driver = NULL;
        JsonObject *props;
        int r;

        if (!base)
                return 0;
        if (input->bus != DOMAIN_INPUT_BUS_VIRTIO)
                return build_device(b, input, &input->info, qmp_object("s:driver", base, NULL), error);
        r = build_virtio_driver(b, input, base, input->model, &driver, error);
        if (r < 0)
                return r;
        props = qmp_object("s:driver", driver, NULL);
        if (input->type == DOMAIN_INPUT_PASSTHROUGH) {
                g_autofree char *path = build_file(b, input->info.alias);

                json_object_set_string_member(props, "evdev", path);
        }
        build_virtio_options(props, &input->virtio);
        return build_device(b, input, &input->info, props, error);
}

/* A device of the host that the guest's own keyboard or mouse follows: no device of the guest. */
static int build_evdev(Build *b, const DomainInput *input, Error *error)
{
        g_autofree char *path = NULL;
        JsonObject *props;

        if (!qemu_caps_has_object(b->caps, "input-linux"))
                return qemu_refuse(b->def, input, "@type", error, "%s has no object 'input-linux'",
                                   qemu_caps_binary(b->caps));
        path = build_file(b, input->info.alias);
        props = qmp_object("s:qom-type", "input-linux", "s:id", input->info.alias, "s:evdev", path, NULL);
        build_put_tristate(props, "repeat", input->repeat);
        if (input->grab)
                json_object_set_boolean_member(props, "grab_all", true);
        if (input->grab_toggle)
                json_object_set_string_member(props, "grab-toggle", input->grab_toggle);
        build_json(b, "-object", props);
        return 0;
}

int build_inputs(Build *b, Error *error)
{
        DEF_FOREACH(input, b->def->inputs) {
                size_t i = 0;
                int r;

                if (input->type == DOMAIN_INPUT_EVDEV) {
                        r = build_evdev(b, input, error);
                        if (r < 0)
                                return r;
                        continue;
                }
                while (i < ELEMENTSOF(input_drivers) &&
                       (input_drivers[i].type != input->type || input_drivers[i].bus != input->bus))
                        i++;
                if (i == ELEMENTSOF(input_drivers))
                        return qemu_refuse(b->def, input, NULL, error,
                                           "a '%s' on the bus '%s' is not supported",
                                           strempty(domain_input_to_string(input->type)),
                                           strempty(domain_input_bus_to_string(input->bus)));
                r = build_input_driver(b, input, input_drivers[i].driver, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* -- video ------------------------------------------------------------------------------------------------
 */

static const struct {
        const char *primary;   /* with a VGA part for the firmware */
        const char *secondary; /* NULL: it can only be the first one */
} video_drivers[_DOMAIN_VIDEO_MAX] = {
        [DOMAIN_VIDEO_VGA] = { "VGA", "secondary-vga" },
        [DOMAIN_VIDEO_CIRRUS] = { "cirrus-vga", NULL },
        [DOMAIN_VIDEO_VMVGA] = { "vmware-svga", NULL },
        [DOMAIN_VIDEO_QXL] = { "qxl-vga", "qxl" },
        [DOMAIN_VIDEO_VIRTIO] = { "virtio-vga", "virtio-gpu-pci" },
        [DOMAIN_VIDEO_BOCHS] = { "bochs-display", "bochs-display" },
        [DOMAIN_VIDEO_RAMFB] = { "ramfb", NULL },
};

static const char *video_driver(const Build *b, const DomainVideo *video, bool primary)
{
        bool served = qemu_video_is_served(video);
        const char *driver =
                        primary ? video_drivers[video->type].primary : video_drivers[video->type].secondary;

        if (served)
                return primary && b->x86 ? "vhost-user-vga" : "vhost-user-gpu-pci";
        if (driver && video->type == DOMAIN_VIDEO_VIRTIO && video->accel3d == TRISTATE_YES)
                return primary && b->x86 ? "virtio-vga-gl" : "virtio-gpu-gl-pci";
        /* Boards without VGA have the plain one only. */
        if (driver && streq(driver, "virtio-vga") && (!b->x86 || !qemu_caps_has_device(b->caps, driver)))
                return "virtio-gpu-pci";
        return driver;
}

/* Sizes are KiB here; QEMU wants bytes or, in names that say so, MiB. */
static void put_video_memory(JsonObject *props, const DomainVideo *video)
{
        switch ((int) video->type) {
        case DOMAIN_VIDEO_QXL:
                if (def_is_set(video, ram))
                        json_object_set_int_member(props, "ram_size", (gint64) video->ram * 1024);
                if (def_is_set(video, vram))
                        json_object_set_int_member(props, "vram_size", (gint64) video->vram * 1024);
                if (def_is_set(video, vram64))
                        json_object_set_int_member(props, "vram64_size_mb", video->vram64 / 1024);
                if (def_is_set(video, vgamem))
                        json_object_set_int_member(props, "vgamem_mb", video->vgamem / 1024);
                return;
        case DOMAIN_VIDEO_VGA:
        case DOMAIN_VIDEO_VMVGA:
                if (def_is_set(video, vram))
                        json_object_set_int_member(props, "vgamem_mb", video->vram / 1024);
                return;
        case DOMAIN_VIDEO_BOCHS:
                if (def_is_set(video, vram))
                        json_object_set_int_member(props, "vgamem", (gint64) video->vram * 1024);
                return;
        }
}

static bool has_heads(const DomainVideo *video)
{
        return video->type == DOMAIN_VIDEO_QXL || video->type == DOMAIN_VIDEO_VIRTIO;
}

static bool has_edid(const DomainVideo *video)
{
        return video->type == DOMAIN_VIDEO_VGA || video->type == DOMAIN_VIDEO_VIRTIO ||
                video->type == DOMAIN_VIDEO_BOCHS;
}

static int check_video(Build *b, const DomainVideo *video, Error *error)
{
        bool served = qemu_video_is_served(video);
        const struct {
                bool given;
                const char *where, *why;
        } all[] = {
                { video->accel3d == TRISTATE_YES && video->type != DOMAIN_VIDEO_VIRTIO, "model/acceleration/@accel3d",
                  "only the model 'virtio' has it" },
                { video->vgaconf, "driver/@vgaconf", "only bhyve has it" },
                { video->edid != TRISTATE_ABSENT && !has_edid(video), "model/@edid", "this model does not have it" },
                { streq_ptr(video->driver_name, "vhostuser") && !served, "driver/@name",
                  "only the model 'virtio' can be drawn by another program" },
                { served && !build_memory_is_shared(b->def), "driver/@name",
                  "'vhostuser' needs memory that is shared: <memoryBacking> with <access mode='shared'/>" },
                { video->rendernode && !served, "model/acceleration/@rendernode",
                  "the display says which GPU of the host draws, unless another program does" },
        };

        for (size_t i = 0; i < ELEMENTSOF(all); i++)
                if (all[i].given)
                        return qemu_refuse(b->def, video, all[i].where, error, "%s", all[i].why);
        /* what is behind both, in a package of its own */
        if (video->accel3d != TRISTATE_YES || served)
                return 0;
        return build_check_driver(b, video, "virtio-gpu-gl-device", error);
}

/* The way to the program that draws: its name, or NULL. Free with g_free(). */
static char *put_video_socket(Build *b, const DomainVideo *video)
{
        g_autofree char *id = g_strconcat(video->info.alias, "-socket", NULL), *fd = NULL;
        char *chardev;

        if (!qemu_video_is_served(video))
                return NULL;
        fd = build_file(b, id);
        chardev = g_strconcat("chr-vu-", video->info.alias, NULL);
        build_argf(b, "-chardev", "socket,id=%s,fd=%s", chardev, fd);
        return chardev;
}

static int build_video(Build *b, const DomainVideo *video, bool primary, Error *error)
{
        const char *driver = video_driver(b, video, primary);
        g_autofree char *chardev = NULL;
        JsonObject *props;
        int r;

        if (video->type == DOMAIN_VIDEO_NONE)
                return 0;
        if (!driver)
                return qemu_refuse(b->def, video, "model/@type", error, "'%s' is not supported%s",
                                   strempty(domain_video_to_string(video->type)),
                                   primary ? "" : " for another than the first video device");
        r = check_video(b, video, error);
        if (r < 0)
                return r;
        chardev = put_video_socket(b, video);

        props = qmp_object("s:driver", driver, "s:chardev", chardev, NULL);
        put_video_memory(props, video);
        if (has_heads(video))
                build_put_number(props, "max_outputs", video, heads);
        if (video->type == DOMAIN_VIDEO_VIRTIO)
                build_put_tristate(props, "blob", video->blob);
        build_put_tristate(props, "edid", video->edid);
        if (def_is_set(video, resolution_x) && def_is_set(video, resolution_y)) {
                json_object_set_int_member(props, "xres", video->resolution_x);
                json_object_set_int_member(props, "yres", video->resolution_y);
        }
        build_virtio_options(props, &video->virtio);
        return build_device(b, video, &video->info, props, error);
}

int build_videos(Build *b, Error *error)
{
        bool primary = true;

        DEF_FOREACH(video, b->def->videos) {
                int r = build_video(b, video, primary, error);

                if (r < 0)
                        return r;
                primary = false;
        }
        return 0;
}
