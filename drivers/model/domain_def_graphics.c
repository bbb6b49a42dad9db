/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/* <graphics>, <video>, <sound> */

#define TYPE(t) IS(DOMAIN_GRAPHICS_##t)
#define ONLY(t) WHEN(DomainGraphics, type, TYPE(t))
#define VNC_OR_SPICE WHEN(DomainGraphics, type, TYPE(VNC) | TYPE(SPICE))
#define WITH_PORT WHEN(DomainGraphics, type, TYPE(VNC) | TYPE(SPICE) | TYPE(RDP))

#define LISTEN(t) WHEN(DomainListen, type, IS(DOMAIN_LISTEN_##t))
static const DefRow listen_rows[] = {
        ATTR(DomainListen, "type", type, WORDS(domain_listen), FLAGS(DEF_REQUIRED)),
        ATTR(DomainListen, "network", network, LISTEN(NETWORK), FLAGS(DEF_REQUIRED)),
        ATTR(DomainListen, "address", address, LISTEN(ADDRESS)),
        ATTR(DomainListen, "address", address, LISTEN(NETWORK), FLAGS(DEF_LIVE)),
        ATTR(DomainListen, "socket", socket, LISTEN(SOCKET)),
};
static DEF_TYPE(listen_type, DomainListen, listen_rows);

/* A port that was chosen for the running machine is not part of the definition. */
static bool print_port(const void *p, const void *field, unsigned flags, GString *out)
{
        const DomainGraphics *graphics = p;
        int32_t port = *(const int32_t *) field;

        if (graphics->autoport == TRISTATE_YES && ((flags & DEF_FORMAT_INACTIVE) || port <= 0)) {
                if (graphics->type == DOMAIN_GRAPHICS_SPICE || field == &graphics->tls_port)
                        return false;
                port = -1;
        }
        if (port == 0)
                return false;
        g_string_append_printf(out, "%" PRId32, port);
        return true;
}

static const DefHatch port_hatch = { .print = print_port };

static const DefRow gl_rows[] = {
        ATTR(DomainGraphics, "enable", gl_enable, YES_NO),
        ATTR(DomainGraphics, "rendernode", rendernode),
};
static DEF_TYPE(gl_type, DomainGraphics, gl_rows);

/* What only SPICE has. */
#define CHANNEL_MODES ONE_OF("any", "secure", "insecure")
static const DefRow spice_channel_rows[] = {
        ATTR(DomainSpiceChannel, "name", name, FLAGS(DEF_REQUIRED),
             ONE_OF("main", "display", "inputs", "cursor", "playback", "record", "smartcard", "usbredir")),
        ATTR(DomainSpiceChannel, "mode", mode, CHANNEL_MODES, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(spice_channel_type, DomainSpiceChannel, spice_channel_rows);

/* One word or switch in one attribute of an element. */
#define SPICE_TYPE(field, attribute, ...)                                                           \
        static const DefRow spice_##field##_rows[] = {                                              \
                ATTR(DomainSpice, attribute, field, FLAGS(DEF_REQUIRED), ##__VA_ARGS__),            \
        };                                                                                          \
        static DEF_TYPE_PLAIN(spice_##field##_type, DomainSpice, spice_##field##_rows)

SPICE_TYPE(image, "compression", ONE_OF("auto_glz", "auto_lz", "quic", "glz", "lz", "off"));
SPICE_TYPE(jpeg, "compression", ONE_OF("auto", "never", "always"));
SPICE_TYPE(zlib, "compression", ONE_OF("auto", "never", "always"));
SPICE_TYPE(playback, "compression", ON_OFF);
SPICE_TYPE(streaming, "mode", ONE_OF("filter", "all", "off"));
SPICE_TYPE(mouse, "mode", ONE_OF("server", "client"));
SPICE_TYPE(copypaste, "copypaste", YES_NO);
SPICE_TYPE(filetransfer, "enable", YES_NO);

static const DefRow spice_rows[] = {
        LIST(DomainSpice, "channel", channels, spice_channel_type),
        GROUP("image", spice_image_type),
        GROUP("jpeg", spice_jpeg_type),
        GROUP("zlib", spice_zlib_type),
        GROUP("playback", spice_playback_type),
        GROUP("streaming", spice_streaming_type),
        GROUP("mouse", spice_mouse_type),
        GROUP("clipboard", spice_copypaste_type),
        GROUP("filetransfer", spice_filetransfer_type),
};
static DEF_TYPE_PLAIN(spice_type, DomainSpice, spice_rows);

/* "2031-05-31T16:11:22" */
static bool time_check(const char *s)
{
        static const char form[] = "dddd-dd-ddTdd:dd:dd";

        for (size_t i = 0; i < sizeof(form); i++)
                if (form[i] == 'd' ? !g_ascii_isdigit(s[i]) : s[i] != form[i])
                        return false;
        return true;
}

static const DefSyntax time_syntax = { "time, YYYY-MM-DDTHH:MM:SS", time_check, NULL };

static const DefRow audio_id_rows[] = {
        ATTR(DomainGraphics, "id", audio_id, RANGE(1, UINT32_MAX), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(audio_id_type, DomainGraphics, audio_id_rows);

static const DefRow graphics_rows[] = {
        ATTR(DomainGraphics, "type", type, WORDS(domain_graphics), FLAGS(DEF_REQUIRED)),
        ATTR(DomainGraphics, "socket", socket, ONLY(VNC)),
        ATTR(DomainGraphics, "port", port, HATCH(port_hatch), RANGE(-1, 65535), WITH_PORT),
        ATTR(DomainGraphics, "tlsPort", tls_port, HATCH(port_hatch), RANGE(-1, 65535), ONLY(SPICE)),
        ATTR(DomainGraphics, "autoport", autoport, YES_NO, WITH_PORT),
        ATTR(DomainGraphics, "websocket", websocket, RANGE(-1, 65535), ONLY(VNC)),
        ATTR(DomainGraphics, "replaceUser", replace_user, YES_NO, ONLY(RDP)),
        ATTR(DomainGraphics, "multiUser", multi_user, YES_NO, ONLY(RDP)),
        ATTR(DomainGraphics, "display", display, WHEN(DomainGraphics, type, TYPE(SDL) | TYPE(DESKTOP))),
        ATTR(DomainGraphics, "xauth", xauth, ONLY(SDL)),
        ATTR(DomainGraphics, "fullscreen", fullscreen, YES_NO,
             WHEN(DomainGraphics, type, TYPE(SDL) | TYPE(DESKTOP))),
        ATTR(DomainGraphics, "address", address, ONLY(DBUS)),
        ATTR(DomainGraphics, "p2p", p2p, YES_NO, ONLY(DBUS)),
        ATTR(DomainGraphics, "listen", listen, WITH_PORT),
        ATTR(DomainGraphics, "keymap", keymap, VNC_OR_SPICE),
        ATTR(DomainGraphics, "defaultMode", default_mode, ONLY(SPICE), CHANNEL_MODES),
        ATTR(DomainGraphics, "sharePolicy", share_policy, ONLY(VNC),
             ONE_OF("allow-exclusive", "force-shared", "ignore")),
        ATTR(DomainGraphics, "powerControl", power_control, YES_NO, ONLY(VNC)),
        ATTR(DomainGraphics, "username", username, ONLY(RDP)),
        ATTR(DomainGraphics, "passwd", passwd, FLAGS(DEF_SECRET), WITH_PORT),
        ATTR(DomainGraphics, "passwdValidTo", passwd_valid_to, FLAGS(DEF_SECRET), WITH_PORT, SYNTAX(time_syntax)),
        ATTR(DomainGraphics, "connected", connected, FLAGS(DEF_SECRET), WITH_PORT,
             ONE_OF("fail", "disconnect", "keep")),
        LIST(DomainGraphics, "listen", listens, listen_type, WITH_PORT),
        PART_OF(DomainGraphics, spice, spice_type, ONLY(SPICE)),
        GROUP("gl", gl_type),
        GROUP("audio", audio_id_type),
};

static void settle_ports(DomainGraphics *graphics, bool live)
{
        bool is_spice = graphics->type == DOMAIN_GRAPHICS_SPICE;

        if (graphics->port == -1 && (!is_spice || graphics->tls_port == -1))
                graphics->autoport = TRISTATE_YES;
        if (!is_spice && (!def_is_set(graphics, port) || graphics->port == 0))
                graphics->autoport = TRISTATE_YES;
        if (graphics->autoport == TRISTATE_YES && (!live || graphics->port <= 0))
                def_drop(graphics, port);
        if (graphics->autoport == TRISTATE_YES && (!live || graphics->tls_port <= 0))
                def_drop(graphics, tls_port);
        if (graphics->autoport == TRISTATE_YES)
                return;
        /* without any port there is nothing to choose */
        if (graphics->port != 0 || graphics->tls_port != 0)
                graphics->autoport = TRISTATE_NO;
        else
                graphics->autoport = TRISTATE_ABSENT;
}

static DomainListen *add_listen(DomainGraphics *graphics, Arena *arena, DomainListenType type)
{
        DomainListen *listen = arena_new0(arena, DomainListen);

        listen->type = type;
        def_append(arena, &graphics->listens, listen);
        return listen;
}

/* The attributes "listen" and "socket" are an older way to say what the first <listen> says. */
static void settle_listens(DomainGraphics *graphics, Arena *arena)
{
        DomainListen *first;

        if (isempty(graphics->listen))
                graphics->listen = NULL;
        DEF_FOREACH(listen, graphics->listens)
                if (isempty(listen->address))
                        listen->address = NULL;
        if (graphics->listens.n == 0) {
                if (graphics->socket)
                        add_listen(graphics, arena, DOMAIN_LISTEN_SOCKET)->socket = graphics->socket;
                else
                        add_listen(graphics, arena, DOMAIN_LISTEN_ADDRESS)->address = graphics->listen;
        }
        first = graphics->listens.items[0];
        if (first->type == DOMAIN_LISTEN_ADDRESS) {
                if (!first->address)
                        first->address = graphics->listen;
                if (!graphics->listen)
                        graphics->listen = first->address;
        } else if (first->type == DOMAIN_LISTEN_SOCKET && graphics->type == DOMAIN_GRAPHICS_VNC) {
                if (!first->socket)
                        first->socket = graphics->socket;
                if (!graphics->socket)
                        graphics->socket = first->socket;
        }
        if (first->type != DOMAIN_LISTEN_ADDRESS && first->type != DOMAIN_LISTEN_NETWORK)
                graphics->listen = NULL;
}

static void graphics_finish(void *p, Arena *arena, bool live)
{
        DomainGraphics *graphics = p;

        if (graphics->type != DOMAIN_GRAPHICS_VNC && graphics->type != DOMAIN_GRAPHICS_SPICE &&
            graphics->type != DOMAIN_GRAPHICS_RDP)
                return;
        settle_listens(graphics, arena);
        if (graphics->listens.items[0]->type == DOMAIN_LISTEN_SOCKET ||
            graphics->listens.items[0]->type == DOMAIN_LISTEN_NONE) {
                /* no ports, then */
                def_drop(graphics, port);
                def_drop(graphics, tls_port);
                def_drop(graphics, websocket);
                graphics->autoport = TRISTATE_ABSENT;
                return;
        }
        settle_ports(graphics, live);
        /* SPICE without any port is reached through the monitor alone */
        if (graphics->type == DOMAIN_GRAPHICS_SPICE && graphics->autoport == TRISTATE_ABSENT &&
            !graphics->listen && graphics->listens.items[0]->type == DOMAIN_LISTEN_ADDRESS)
                graphics->listens.items[0]->type = DOMAIN_LISTEN_NONE;
}

DEF_TYPE(domain_graphics_type, DomainGraphics, graphics_rows, .rules = domain_graphics_rules,
         .finish = graphics_finish);

/* <video> */

static const DefRow video_driver_rows[] = {
        EMBED(DomainVideo, virtio, domain_virtio_type),
        ATTR(DomainVideo, "name", driver_name, ONE_OF("qemu", "vhostuser")),
        ATTR(DomainVideo, "vgaconf", vgaconf, ONE_OF("io", "on", "off")),
};
static DEF_TYPE(video_driver_type, DomainVideo, video_driver_rows);

static const DefRow acceleration_rows[] = {
        ATTR(DomainVideo, "accel3d", accel3d, YES_NO),
        ATTR(DomainVideo, "accel2d", accel2d, YES_NO),
        ATTR(DomainVideo, "rendernode", rendernode),
};
static DEF_TYPE(acceleration_type, DomainVideo, acceleration_rows);

static const DefRow resolution_rows[] = {
        ATTR(DomainVideo, "x", resolution_x, FLAGS(DEF_REQUIRED)),
        ATTR(DomainVideo, "y", resolution_y, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(resolution_type, DomainVideo, resolution_rows);

static const DefRow video_model_rows[] = {
        ATTR(DomainVideo, "type", type, WORDS(domain_video)),
        ATTR(DomainVideo, "ram", ram),
        ATTR(DomainVideo, "vram", vram),
        ATTR(DomainVideo, "vram64", vram64),
        ATTR(DomainVideo, "vgamem", vgamem),
        ATTR(DomainVideo, "heads", heads, RANGE(1, UINT32_MAX)),
        ATTR(DomainVideo, "primary", primary, YES_NO),
        ATTR(DomainVideo, "blob", blob, ON_OFF),
        ATTR(DomainVideo, "edid", edid, ON_OFF),
        GROUP("acceleration", acceleration_type),
        GROUP("resolution", resolution_type),
};
static DEF_TYPE(video_model_type, DomainVideo, video_model_rows);

static const DefRow video_rows[] = {
        GROUP("driver", video_driver_type),
        GROUP("model", video_model_type),
        EMBED(DomainVideo, info, domain_device_type),
};
static void video_finish(void *p, Arena *arena, bool live)
{
        DomainVideo *video = p;

        if (video->primary == TRISTATE_NO)
                video->primary = TRISTATE_ABSENT;
        /* none is the default, not nothing */
        if (video->ram == 0)
                def_drop(video, ram);
        if (video->vram == 0)
                def_drop(video, vram);
        if (video->vram64 == 0)
                def_drop(video, vram64);
        if (video->vgamem == 0)
                def_drop(video, vgamem);
}

DEF_TYPE(domain_video_type, DomainVideo, video_rows, .finish = video_finish, .rules = domain_video_rules);

/* <sound> */

static const DefRow sound_audio_rows[] = {
        ATTR(DomainSound, "id", audio_id, FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE(sound_audio_type, DomainSound, sound_audio_rows);

static const DefRow sound_driver_rows[] = {
        EMBED(DomainSound, virtio, domain_virtio_type),
};
static DEF_TYPE(sound_driver_type, DomainSound, sound_driver_rows);

static const DefRow codec_rows[] = {
        ATTR(DomainCodec, "type", type, ONE_OF("duplex", "micro", "output"), FLAGS(DEF_REQUIRED)),
};
static DEF_TYPE_PLAIN(codec_type, DomainCodec, codec_rows);

static const DefRow sound_rows[] = {
        ATTR(DomainSound, "model", model, FLAGS(DEF_REQUIRED),
             ONE_OF("sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "ich7", "virtio")),
        ATTR(DomainSound, "multichannel", multichannel, YES_NO),
        ATTR(DomainSound, "streams", streams),
        LIST(DomainSound, "codec", codecs, codec_type),
        GROUP("audio", sound_audio_type, FLAGS(DEF_HOST)),
        EMBED(DomainSound, info, domain_device_type),
        GROUP("driver", sound_driver_type),
};
DEF_TYPE(domain_sound_type, DomainSound, sound_rows, .rules = domain_sound_rules);
