/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/* <audio>: what sound devices play to on the host. Each kind of backend has rows of its own for a side. */

static const DefRow settings_rows[] = {
        ATTR(DomainAudioSide, "frequency", frequency),
        ATTR(DomainAudioSide, "channels", channels),
        ATTR(DomainAudioSide, "format", format, ONE_OF("s8", "u8", "s16", "u16", "s32", "u32", "f32")),
};
static DEF_TYPE_PLAIN(settings_type, DomainAudioSide, settings_rows);

/* The order of attributes is that of libvirt, which prints those of the backend first. */
static const DefRow common_rows[] = {
        ATTR(DomainAudioSide, "mixingEngine", mixing_engine, YES_NO),
        ATTR(DomainAudioSide, "fixedSettings", fixed_settings, YES_NO),
        ATTR(DomainAudioSide, "voices", voices),
        ATTR(DomainAudioSide, "bufferLength", buffer_length),
};
static DEF_TYPE_PLAIN(common_type, DomainAudioSide, common_rows);

#define SIDE_TYPE(name, ...)                                                                        \
        static const DefRow name##_side_rows[] = {                                                  \
                EMBED_SELF(common_type),                                                            \
                __VA_ARGS__                                                                         \
                GROUP("settings", settings_type),                                                   \
        };                                                                                          \
        static DEF_TYPE_PLAIN(name##_side_type, DomainAudioSide, name##_side_rows)
#define SIDE(name, field, ...) ATTR(DomainAudioSide, name, field, ##__VA_ARGS__)

SIDE_TYPE(plain);
SIDE_TYPE(alsa, SIDE("dev", dev),);
SIDE_TYPE(coreaudio, SIDE("bufferCount", buffer_count),);
SIDE_TYPE(jack, SIDE("serverName", server_name), SIDE("clientName", client_name),
          SIDE("connectPorts", connect_ports), SIDE("exactName", exact_name, YES_NO),);
SIDE_TYPE(oss, SIDE("dev", dev), SIDE("bufferCount", buffer_count), SIDE("tryPoll", try_poll, YES_NO),);
SIDE_TYPE(pulse, SIDE("name", name), SIDE("streamName", stream_name), SIDE("latency", latency),);

#define AUDIO(t) WHEN(DomainAudio, type, IS(DOMAIN_AUDIO_##t))
#define SIDES(t, rows)                                                                              \
        CHILD(DomainAudio, "input", input, rows, AUDIO(t), FLAGS(DEF_BRIEF)),                       \
                CHILD(DomainAudio, "output", output, rows, AUDIO(t), FLAGS(DEF_BRIEF))

static const DefRow audio_rows[] = {
        ATTR(DomainAudio, "id", id, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
        ATTR(DomainAudio, "type", type, WORDS(domain_audio), FLAGS(DEF_REQUIRED)),
        ATTR(DomainAudio, "timerPeriod", timer_period),
        ATTR(DomainAudio, "tryMMap", try_mmap, YES_NO, AUDIO(OSS)),
        ATTR(DomainAudio, "exclusive", exclusive, YES_NO, AUDIO(OSS)),
        ATTR(DomainAudio, "dspPolicy", dsp_policy, AUDIO(OSS)),
        ATTR(DomainAudio, "serverName", server_name, AUDIO(PULSEAUDIO)),
        ATTR(DomainAudio, "runtimeDir", runtime_dir, AUDIO(PIPEWIRE)),
        ATTR(DomainAudio, "driver", driver, AUDIO(SDL),
             ONE_OF("esd", "alsa", "arts", "pulseaudio")),
        ATTR(DomainAudio, "path", path, AUDIO(FILE)),
        SIDES(NONE, plain_side_type),
        SIDES(ALSA, alsa_side_type),
        SIDES(COREAUDIO, coreaudio_side_type),
        SIDES(JACK, jack_side_type),
        SIDES(OSS, oss_side_type),
        SIDES(PULSEAUDIO, pulse_side_type),
        SIDES(SDL, coreaudio_side_type),
        SIDES(SPICE, plain_side_type),
        SIDES(FILE, plain_side_type),
        SIDES(DBUS, plain_side_type),
        SIDES(PIPEWIRE, pulse_side_type),
};
DEF_TYPE(domain_audio_type, DomainAudio, audio_rows);
