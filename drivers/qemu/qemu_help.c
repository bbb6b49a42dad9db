/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_caps_private.h"

#include <string.h>

const char *qemu_help_option(QemuHelp help)
{
        static const char *const options[_QEMU_HELP_MAX] = {
                [QEMU_HELP_DISPLAY] = "-display",
                [QEMU_HELP_AUDIO] = "-audiodev",
        };

        return options[help];
}

/* What may be a module that is not installed, by QEMU's word. */
static const struct {
        QemuFeature feature;
        QemuHelp help;
        const char *word;
        bool always; /* where QEMU has no such help, it has this */
} modules[] = {
        { QEMU_FEATURE_DISPLAY_DBUS, QEMU_HELP_DISPLAY, "dbus" },
        { QEMU_FEATURE_DISPLAY_SDL, QEMU_HELP_DISPLAY, "sdl" },
        { QEMU_FEATURE_DISPLAY_EGL_HEADLESS, QEMU_HELP_DISPLAY, "egl-headless" },
        { QEMU_FEATURE_AUDIO_ALSA, QEMU_HELP_AUDIO, "alsa", true },
        { QEMU_FEATURE_AUDIO_DBUS, QEMU_HELP_AUDIO, "dbus", true },
        { QEMU_FEATURE_AUDIO_JACK, QEMU_HELP_AUDIO, "jack", true },
        { QEMU_FEATURE_AUDIO_OSS, QEMU_HELP_AUDIO, "oss", true },
        { QEMU_FEATURE_AUDIO_PIPEWIRE, QEMU_HELP_AUDIO, "pipewire" },
        { QEMU_FEATURE_AUDIO_PULSEAUDIO, QEMU_HELP_AUDIO, "pa", true },
        { QEMU_FEATURE_AUDIO_SDL, QEMU_HELP_AUDIO, "sdl", true },
        { QEMU_FEATURE_AUDIO_SPICE, QEMU_HELP_AUDIO, "spice", true },
};

/* A word a line, beneath a title. */
static bool text_has(const char *text, const char *word)
{
        g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

        for (char **line = lines; *line; line++)
                if (streq(g_strstrip(*line), word))
                        return true;
        return false;
}

static void array_remove(JsonArray *words, const char *word)
{
        for (guint i = json_array_get_length(words); i > 0; i--)
                if (streq_ptr(json_array_get_string_element(words, i - 1), word))
                        json_array_remove_element(words, i - 1);
}

void qemu_help_apply(JsonArray *features, QemuHelp help, const char *text)
{
        for (size_t i = 0; i < ELEMENTSOF(modules); i++) {
                const char *feature = qemu_feature_to_string(modules[i].feature);

                if (modules[i].help != help || (!text && !modules[i].always))
                        continue;
                array_remove(features, feature);
                if (!text || text_has(text, modules[i].word))
                        json_array_add_string_element(features, feature);
        }
}
