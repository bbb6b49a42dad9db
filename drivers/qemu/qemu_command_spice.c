/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include <string.h>

static void put(GString *s, const char *key, const char *value)
{
        g_autofree char *escaped = value ? build_escape(value) : NULL;

        if (escaped)
                g_string_append_printf(s, "%s%s=%s", s->len > 0 ? "," : "", key, escaped);
}

static void put_flag(GString *s, const char *key, bool wanted)
{
        if (wanted)
                put(s, key, "on");
}

/* The ports have been chosen in qemu_ports.c. */
static int put_listen(Build *b, GString *s, const DomainGraphics *graphics, uint32_t index, Error *error)
{
        const char *listen = graphics->listen ?: b->options->vnc_listen ?: QEMU_LISTEN_DEFAULT;
        const DomainListen *first = graphics->listens.n > 0 ? graphics->listens.items[0] : NULL;
        g_autofree char *id = qemu_display_id(index), *dir = NULL, *name = NULL, *path = NULL;

        if (graphics->listens.n > 1)
                return qemu_refuse(b->def, graphics, "listen", error, "a display listens at one place only");
        if (first && first->type == DOMAIN_LISTEN_NETWORK && !graphics->listen)
                return qemu_refuse(b->def, graphics, "listen/@network", error, "the network was not looked up");
        if (first && first->type == DOMAIN_LISTEN_NONE) {
                put(s, "port", "0");
                return 0;
        }
        if (first && first->type == DOMAIN_LISTEN_SOCKET) {
                dir = build_file(b, id);
                name = g_path_get_basename(strempty(first->socket));
                path = g_build_filename(dir, name, NULL);
                put(s, "unix", "on");
                put(s, "addr", path);
                return 0;
        }
        g_string_append_printf(s, "port=%d", MAX(def_get(graphics, port, 0), 0));
        if (b->options->tls.spice && def_get(graphics, tls_port, 0) > 0)
                g_string_append_printf(s, ",tls-port=%d", graphics->tls_port);
        put(s, "addr", listen);
        return 0;
}

static void put_compression(GString *s, const DomainSpice *spice)
{
        put(s, "image-compression", spice->image);
        put(s, "jpeg-wan-compression", spice->jpeg);
        put(s, "zlib-glz-wan-compression", spice->zlib);
        if (spice->playback != TRISTATE_ABSENT)
                put(s, "playback-compression", spice->playback == TRISTATE_ON ? "on" : "off");
        put(s, "streaming-video", spice->streaming);
        if (spice->mouse)
                put(s, "agent-mouse", streq(spice->mouse, "server") ? "off" : "on");
        put_flag(s, "disable-copy-paste", spice->copypaste == TRISTATE_NO);
        put_flag(s, "disable-agent-file-xfer", spice->filetransfer == TRISTATE_NO);
}

/* Which channels must be encrypted and which must not. */
static void put_channels(Build *b, GString *s, const DomainGraphics *graphics)
{
        bool tls = b->options->tls.spice && def_get(graphics, tls_port, 0) > 0;

        if (tls) {
                g_autofree char *dir = build_file(b, QEMU_FILE_TLS_SPICE);

                put(s, "x509-dir", dir);
        }
        if (streq_ptr(graphics->default_mode, "secure"))
                put(s, "tls-channel", "default");
        if (streq_ptr(graphics->default_mode, "insecure"))
                put(s, "plaintext-channel", "default");
        if (graphics->spice)
                DEF_FOREACH(channel, graphics->spice->channels) {
                        if (streq_ptr(channel->mode, "secure"))
                                put(s, "tls-channel", channel->name);
                        if (streq_ptr(channel->mode, "insecure"))
                                put(s, "plaintext-channel", channel->name);
                }
}

static int check(Build *b, const DomainGraphics *graphics, Error *error)
{
        if (!qemu_caps_has(b->caps, QEMU_FEATURE_SPICE))
                return qemu_refuse(b->def, graphics, "@type", error, "%s was built without SPICE",
                                   qemu_caps_binary(b->caps));
        if (b->options->tls.spice)
                return 0;
        if (def_get(graphics, tls_port, 0) > 0 || streq_ptr(graphics->default_mode, "secure"))
                return qemu_refuse(b->def, graphics, "@tlsPort", error, "the host has no certificates for SPICE");
        if (graphics->spice)
                DEF_FOREACH(channel, graphics->spice->channels)
                        if (streq_ptr(channel->mode, "secure"))
                                return qemu_refuse(b->def, graphics, "channel/@mode", error,
                                                   "the host has no certificates for SPICE");
        return 0;
}

int build_spice(Build *b, const DomainGraphics *graphics, uint32_t index, Error *error)
{
        GString *s;
        int r = check(b, graphics, error);

        if (r < 0)
                return r;
        s = g_string_new(NULL);
        r = put_listen(b, s, graphics, index, error);
        if (r < 0) {
                g_string_free(s, true);
                return r;
        }
        put_channels(b, s, graphics);
        if (graphics->gl_enable == TRISTATE_YES) {
                put(s, "gl", "on");
                build_render_node(b, s, index);
        }
        put_flag(s, "disable-ticketing", !graphics->passwd);
        if (graphics->spice)
                put_compression(s, graphics->spice);
        put(s, "seamless-migration", "on");
        build_arg(b, "-spice", g_string_free(s, false));
        if (graphics->keymap)
                build_arg(b, "-k", g_strdup(graphics->keymap));
        if (!graphics->passwd)
                return 0;
        return build_graphics_password(b, graphics, "spice", error);
}
