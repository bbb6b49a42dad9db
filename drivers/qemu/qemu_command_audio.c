/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/* Sound devices of the guest, and what plays and records for them. */

#include <string.h>

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

static int build_virtio_sound(Build *b, const DomainSound *sound, const char *audiodev, Error *error)
{
        JsonObject *props = qmp_object("s:driver", "virtio-sound-pci", "s:audiodev", audiodev, NULL);

        build_put_number(props, "streams", sound, streams);
        build_virtio_options(props, &sound->virtio);
        return build_device(b, sound, &sound->info, props, error);
}

static int build_sound(Build *b, const DomainSound *sound, Error *error)
{
        g_autofree char *audiodev = g_strdup_printf("audio%" PRIu32, def_get(sound, audio_id, 1));
        JsonObject *props;
        size_t i = 0;
        int r;

        while (i < ELEMENTSOF(sound_drivers) && !streq_ptr(sound_drivers[i].model, sound->model))
                i++;
        /* an option of the machine, as it has the speaker anyway */
        if (streq_ptr(sound->model, "pcspk") && b->x86)
                return 0;
        if (streq_ptr(sound->model, "virtio"))
                return build_virtio_sound(b, sound, audiodev, error);
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

/* -- the host's side ----------------------------------------------------------------------------------------- */

static void put_number(GString *s, const char *prefix, const char *name, uint32_t value)
{
        if (value > 0)
                g_string_append_printf(s, ",%s%s=%" PRIu32, prefix, name, value);
}

static void put_switch(GString *s, const char *prefix, const char *name, Tristate value)
{
        if (value != TRISTATE_ABSENT)
                g_string_append_printf(s, ",%s%s=%s", prefix, name, value == TRISTATE_ON ? "on" : "off");
}

static void put_text(GString *s, const char *prefix, const char *name, const char *value)
{
        g_autofree char *escaped = value ? build_escape(value) : NULL;

        if (escaped)
                g_string_append_printf(s, ",%s%s=%s", prefix, name, escaped);
}

/* What the format lets each kind of audio say; the rest is empty there. */
static void put_side(GString *s, const char *prefix, const DomainAudioSide *side)
{
        if (!side)
                return;
        put_switch(s, prefix, "mixing-engine", side->mixing_engine);
        put_switch(s, prefix, "fixed-settings", side->fixed_settings);
        put_number(s, prefix, "frequency", side->frequency);
        put_number(s, prefix, "channels", side->channels);
        put_number(s, prefix, "voices", side->voices);
        put_number(s, prefix, "buffer-length", side->buffer_length);
        put_text(s, prefix, "format", side->format);
        put_number(s, prefix, "buffer-count", side->buffer_count);
        put_switch(s, prefix, "try-poll", side->try_poll);
        put_text(s, prefix, "dev", side->dev);
        put_text(s, prefix, "name", side->name);
        put_text(s, prefix, "stream-name", side->stream_name);
        put_number(s, prefix, "latency", side->latency);
        put_text(s, prefix, "server-name", side->server_name);
        put_text(s, prefix, "client-name", side->client_name);
        put_text(s, prefix, "connect-ports", side->connect_ports);
        put_switch(s, prefix, "exact-name", side->exact_name);
}

/* QEMU's words; coreaudio is of another system. */
static const struct {
        const char *word;
        QemuFeature feature;
} audio_drivers[_DOMAIN_AUDIO_MAX] = {
        [DOMAIN_AUDIO_NONE] = { "none", _QEMU_FEATURE_MAX },
        [DOMAIN_AUDIO_FILE] = { "wav", _QEMU_FEATURE_MAX },
        [DOMAIN_AUDIO_ALSA] = { "alsa", QEMU_FEATURE_AUDIO_ALSA },
        [DOMAIN_AUDIO_DBUS] = { "dbus", QEMU_FEATURE_AUDIO_DBUS },
        [DOMAIN_AUDIO_JACK] = { "jack", QEMU_FEATURE_AUDIO_JACK },
        [DOMAIN_AUDIO_OSS] = { "oss", QEMU_FEATURE_AUDIO_OSS },
        [DOMAIN_AUDIO_PIPEWIRE] = { "pipewire", QEMU_FEATURE_AUDIO_PIPEWIRE },
        [DOMAIN_AUDIO_PULSEAUDIO] = { "pa", QEMU_FEATURE_AUDIO_PULSEAUDIO },
        [DOMAIN_AUDIO_SDL] = { "sdl", QEMU_FEATURE_AUDIO_SDL },
        [DOMAIN_AUDIO_SPICE] = { "spice", QEMU_FEATURE_AUDIO_SPICE },
};

static int check_audio(Build *b, const DomainAudio *audio, Error *error)
{
        const char *word = audio_drivers[audio->type].word;
        QemuFeature feature = audio_drivers[audio->type].feature;

        if (!word)
                return qemu_refuse(b->def, audio, "@type", error, "'%s' does not exist on Linux",
                                   strempty(domain_audio_to_string(audio->type)));
        if (feature != _QEMU_FEATURE_MAX && !qemu_caps_has(b->caps, feature))
                return qemu_refuse(b->def, audio, "@type", error,
                                   "%s has no audio driver '%s'; a package of the distribution may have it as a module",
                                   qemu_caps_binary(b->caps), word);
        return 0;
}

/* Frames that are mixed by a D-Bus display come as they are when the definition does not say otherwise. */
static int build_audio(Build *b, const DomainAudio *audio, Error *error)
{
        GString *s;
        int r = check_audio(b, audio, error);

        if (r < 0)
                return r;
        s = g_string_new(NULL);
        g_string_append_printf(s, "%s,id=audio%" PRIu32, audio_drivers[audio->type].word, def_get(audio, id, 1));
        put_number(s, "", "timer-period", audio->timer_period);
        put_text(s, "", "server", audio->server_name);
        if (audio->type == DOMAIN_AUDIO_OSS) {
                put_switch(s, "", "try-mmap", audio->try_mmap);
                put_switch(s, "", "exclusive", audio->exclusive);
                if (def_is_set(audio, dsp_policy))
                        g_string_append_printf(s, ",dsp-policy=%" PRIu32, audio->dsp_policy);
        }
        if (audio->type == DOMAIN_AUDIO_FILE) {
                g_autofree char *id = qemu_audio_id(audio), *path = build_file(b, id);

                put_text(s, "", "path", path);
        }
        put_side(s, "in.", audio->input);
        put_side(s, "out.", audio->output);
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
