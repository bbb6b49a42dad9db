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
        build_virtio_options(props, &input->virtio);
        return build_device(b, input, &input->info, props, error);
}

int build_inputs(Build *b, Error *error)
{
        DEF_FOREACH(input, b->def->inputs) {
                size_t i = 0;
                int r;

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
        const char *driver =
                        primary ? video_drivers[video->type].primary : video_drivers[video->type].secondary;

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

static int build_video(Build *b, const DomainVideo *video, bool primary, Error *error)
{
        const char *driver = video_driver(b, video, primary);
        JsonObject *props;

        if (video->type == DOMAIN_VIDEO_NONE)
                return 0;
        if (!driver)
                return qemu_refuse(b->def, video, "model/@type", error, "'%s' is not supported%s",
                                   strempty(domain_video_to_string(video->type)),
                                   primary ? "" : " for another than the first video device");
        if (video->accel3d == TRISTATE_YES)
                return qemu_refuse(b->def, video, "model/acceleration/@accel3d", error,
                                   "it is not supported");
        if (video->rendernode)
                return qemu_refuse(b->def, video, "model/acceleration/@rendernode", error,
                                   "it is not supported");
        if (video->driver_name && !streq(video->driver_name, "qemu"))
                return qemu_refuse(b->def, video, "driver/@name", error, "'%s' is not supported",
                                   video->driver_name);

        props = qmp_object("s:driver", driver, NULL);
        put_video_memory(props, video);
        if (has_heads(video))
                build_put_number(props, "max_outputs", video, heads);
        if (video->type == DOMAIN_VIDEO_VIRTIO)
                build_put_tristate(props, "blob", video->blob);
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

/* -- sound ------------------------------------------------------------------------------------------------
 */

static const struct {
        const char *model;  /* libvirt's */
        const char *driver; /* QEMU's */
        bool hda;           /* a bus that needs a codec */
} sound_drivers[] = {
        { "ac97", "AC97", false },      { "es1370", "ES1370", false }, { "sb16", "sb16", false },
        { "usb", "usb-audio", false },  { "ich6", "intel-hda", true }, { "ich9", "ich9-intel-hda", true },
};

static int build_codec(Build *b, const DomainSound *sound, const char *type, uint32_t index, const char *audiodev,
                       Error *error)
{
        g_autofree char *id = g_strdup_printf("%s-codec%" PRIu32, sound->info.alias, index);
        g_autofree char *bus = g_strconcat(sound->info.alias, ".0", NULL), *driver = g_strconcat("hda-", type, NULL);

        return build_bare_device(b, sound,
                                 qmp_object("s:driver", driver, "s:id", id, "s:bus", bus, "u:cad", index,
                                            "s:audiodev", audiodev, NULL),
                                 error);
}

/* One that names none has one for both ways. */
static int build_codecs(Build *b, const DomainSound *sound, const char *audiodev, Error *error)
{
        if (sound->codecs.n == 0)
                return build_codec(b, sound, "duplex", 0, audiodev, error);
        for (uint32_t i = 0; i < sound->codecs.n; i++) {
                int r = build_codec(b, sound, sound->codecs.items[i]->type ?: "duplex", i, audiodev, error);

                if (r < 0)
                        return r;
        }
        return 0;
}

static int build_sound(Build *b, const DomainSound *sound, Error *error)
{
        g_autofree char *audiodev = g_strdup_printf("audio%" PRIu32, def_get(sound, audio_id, 1));
        JsonObject *props;
        size_t i = 0;
        int r;

        while (i < ELEMENTSOF(sound_drivers) && !streq_ptr(sound_drivers[i].model, sound->model))
                i++;
        if (i == ELEMENTSOF(sound_drivers))
                return qemu_refuse(b->def, sound, "@model", error, "'%s' is not supported",
                                   strempty(sound->model));
        props = qmp_object("s:driver", sound_drivers[i].driver, NULL);
        if (!sound_drivers[i].hda)
                json_object_set_string_member(props, "audiodev", audiodev);
        if (streq(sound->model, "usb"))
                build_put_tristate(props, "multi", sound->multichannel);
        r = build_device(b, sound, &sound->info, props, error);
        if (r < 0 || !sound_drivers[i].hda)
                return r;
        return build_codecs(b, sound, audiodev, error);
}

static void put_audio_side(GString *s, const char *prefix, const DomainAudioSide *side)
{
        const struct {
                const char *name;
                uint32_t value;
        } numbers[] = {
                { "frequency", side->frequency },         { "channels", side->channels }, { "voices", side->voices },
                { "buffer-length", side->buffer_length },
        };
        const struct {
                const char *name;
                Tristate value;
        } switches[] = {
                { "mixing-engine", side->mixing_engine },
                { "fixed-settings", side->fixed_settings },
        };

        for (size_t i = 0; i < ELEMENTSOF(switches); i++)
                if (switches[i].value != TRISTATE_ABSENT)
                        g_string_append_printf(s, ",%s.%s=%s", prefix, switches[i].name,
                                               switches[i].value == TRISTATE_ON ? "on" : "off");
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++)
                if (numbers[i].value > 0)
                        g_string_append_printf(s, ",%s.%s=%" PRIu32, prefix, numbers[i].name, numbers[i].value);
        if (side->format) {
                g_autofree char *format = build_escape(side->format);

                g_string_append_printf(s, ",%s.format=%s", prefix, format);
        }
}

/* Nothing is played on the host: QEMU's user has no access to its sound. */
static int build_audio(Build *b, const DomainAudio *audio, Error *error)
{
        bool spice = audio->type == DOMAIN_AUDIO_SPICE;
        GString *s;

        if (audio->type != DOMAIN_AUDIO_NONE && !spice)
                return qemu_refuse(b->def, audio, "@type", error, "'%s' is not supported",
                                   strempty(domain_audio_to_string(audio->type)));
        s = g_string_new(NULL);
        g_string_append_printf(s, "%s,id=audio%" PRIu32, spice ? "spice" : "none", def_get(audio, id, 1));
        if (audio->timer_period > 0)
                g_string_append_printf(s, ",timer-period=%" PRIu32, audio->timer_period);
        if (audio->input)
                put_audio_side(s, "in", audio->input);
        if (audio->output)
                put_audio_side(s, "out", audio->output);
        build_arg(b, "-audiodev", g_string_free(s, false));
        return 0;
}

static int build_audios(Build *b, Error *error)
{
        const DomainDef *def = b->def;

        DEF_FOREACH(audio, def->audios) {
                int r = build_audio(b, audio, error);

                if (r < 0)
                        return r;
        }
        if (def->audios.n == 0 && def->sounds.n > 0)
                build_arg(b, "-audiodev", g_strdup("none,id=audio1"));
        return 0;
}

int build_sounds(Build *b, Error *error)
{
        int r;

        r = build_audios(b, error);
        if (r < 0)
                return r;
        DEF_FOREACH(sound, b->def->sounds) {
                r = build_sound(b, sound, error);
                if (r < 0)
                        return r;
        }
        return 0;
}
