/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

#include "drivers/qemu/qemu_companion_dir.h"

#include <string.h>

#define VNC_BASE 5900

static int put_vnc_port(Build *b, GString *s, const DomainGraphics *graphics, Error *error)
{
        unsigned min = b->options->vnc_port_min ?: VNC_BASE, max = b->options->vnc_port_max ?: 65535;
        bool fixed = def_is_set(graphics, port) && graphics->port > 0 && graphics->autoport != TRISTATE_YES;

        if (!fixed) {
                g_string_append_printf(s, ":%u,to=%u", min - VNC_BASE, max - VNC_BASE);
                return 0;
        }
        if (graphics->port < VNC_BASE || graphics->port > 65535)
                return qemu_refuse(b->def, graphics, "@port", error, "it must be between %d and 65535",
                                   VNC_BASE);
        g_string_append_printf(s, ":%d", graphics->port - VNC_BASE);
        return 0;
}

static int put_vnc_address(Build *b, GString *s, const DomainGraphics *graphics, Error *error)
{
        const char *listen = graphics->listen ?: b->options->vnc_listen ?: QEMU_LISTEN_DEFAULT;
        g_autofree char *escaped = build_escape(listen);

        if (strspn(listen, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:%") !=
            strlen(listen))
                return qemu_refuse(b->def, graphics, "listen/@address", error, "'%s' is no address", listen);
        g_string_append_printf(s, strchr(escaped, ':') ? "[%s]" : "%s", escaped);
        return put_vnc_port(b, s, graphics, error);
}

/* The directory is passed on, as QEMU's user need not be able to reach it by its path. */
static void put_vnc_socket(Build *b, GString *s, const DomainGraphics *graphics, const char *id)
{
        g_autofree char *dir = build_file(b, id);
        g_autofree char *name = g_path_get_basename(graphics->socket);
        g_autofree char *escaped = build_escape(name);

        g_string_append_printf(s, "unix:%s/%s", dir, escaped);
}

static int put_vnc_listen(Build *b, GString *s, const DomainGraphics *graphics, uint32_t index, Error *error)
{
        DomainListenType type = graphics->listens.n > 0 ? graphics->listens.items[0]->type : 0;
        g_autofree char *id = qemu_display_id(index);

        if (graphics->listens.n > 1)
                return qemu_refuse(b->def, graphics, "listen", error, "a display listens at one place only");
        if (type == DOMAIN_LISTEN_NETWORK && !graphics->listen)
                return qemu_refuse(b->def, graphics, "listen/@network", error, "the network was not looked up");
        if (type == DOMAIN_LISTEN_NONE) {
                g_string_append(s, "none");
                return 0;
        }
        if (graphics->socket) {
                put_vnc_socket(b, s, graphics, id);
                return 0;
        }
        return put_vnc_address(b, s, graphics, error);
}

/* "2026-01-31T12:00:00" as seconds since 1970. */
static int parse_valid_to(const char *text, char **ret)
{
        g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
        g_autoptr(GDateTime) when = g_date_time_new_from_iso8601(text, utc);

        if (!when)
                return -EINVAL;
        *ret = g_strdup_printf("%" G_GINT64_FORMAT, g_date_time_to_unix(when));
        return 0;
}

/*
 * Passwords go by the monitor. The display refuses everybody until it has one: an empty password is none,
 * and lets nobody in.
 */
int build_graphics_password(Build *b, const DomainGraphics *graphics, const char *protocol, Error *error)
{
        const char *connected = streq(protocol, "vnc") ? NULL : graphics->connected;
        g_autofree char *when = NULL;

        if (graphics->passwd_valid_to && parse_valid_to(graphics->passwd_valid_to, &when) < 0)
                return qemu_refuse(b->def, graphics, "@passwdValidTo", error, "'%s' is no time",
                                   graphics->passwd_valid_to);
        if (*graphics->passwd)
                build_setup(b, "set_password",
                            qmp_object("s:protocol", protocol, "s:password", graphics->passwd, "s:connected", connected,
                                       NULL),
                            true);
        if (when)
                build_setup(b, "expire_password", qmp_object("s:protocol", protocol, "s:time", when, NULL), false);
        return 0;
}

static int setup_vnc_password(Build *b, const DomainGraphics *graphics, Error *error)
{
        if (graphics->connected && !streq(graphics->connected, "keep"))
                return qemu_refuse(b->def, graphics, "@connected", error, "VNC can only 'keep' its clients");
        if (strlen(graphics->passwd) > 8)
                return qemu_refuse(b->def, graphics, "@passwd", error,
                                   "a password of VNC has at most 8 characters");
        return build_graphics_password(b, graphics, "vnc", error);
}

/* What a client of the display hears; it is the first sound of the definition when it does not say. */
static void put_audio(Build *b, GString *s, const DomainGraphics *graphics)
{
        const DomainDef *def = b->def;

        if (def_is_set(graphics, audio_id))
                g_string_append_printf(s, ",audiodev=audio%" PRIu32, graphics->audio_id);
        else if (def->audios.n > 0 && graphics->type == DOMAIN_GRAPHICS_VNC)
                g_string_append_printf(s, ",audiodev=audio%" PRIu32, def_get(def->audios.items[0], id, 1));
}

static int put_vnc_options(Build *b, GString *s, const DomainGraphics *graphics, Error *error)
{
        if (graphics->passwd)
                g_string_append(s, ",password=on");
        if (def_is_set(graphics, websocket)) {
                if (graphics->websocket == -1)
                        g_string_append(s, ",websocket=on");
                else if (graphics->websocket > 0 && graphics->websocket <= 65535)
                        g_string_append_printf(s, ",websocket=%d", graphics->websocket);
                else
                        return qemu_refuse(b->def, graphics, "@websocket", error, "it is no port");
        }
        if (b->options->tls.vnc) {
                g_autofree char *dir = build_file(b, QEMU_FILE_TLS_VNC);

                build_json(b, "-object",
                           qmp_object("s:qom-type", "tls-creds-x509", "s:id", "vnc-tls-creds0", "s:dir", dir,
                                      "s:endpoint", "server", "b:verify-peer", b->options->tls.vnc_verify, NULL));
                g_string_append(s, ",tls-creds=vnc-tls-creds0");
        }
        put_audio(b, s, graphics);
        if (graphics->power_control != TRISTATE_ABSENT)
                g_string_append_printf(s, ",power-control=%s", graphics->power_control == TRISTATE_YES ? "on" : "off");
        if (graphics->share_policy) {
                g_autofree char *policy = build_escape(graphics->share_policy);

                g_string_append_printf(s, ",share=%s", policy);
        }
        return graphics->passwd ? setup_vnc_password(b, graphics, error) : 0;
}

static int put_vnc(Build *b, GString *s, const DomainGraphics *graphics, uint32_t index, Error *error)
{
        int r;

        r = put_vnc_listen(b, s, graphics, index, error);
        return r < 0 ? r : put_vnc_options(b, s, graphics, error);
}

static int build_vnc(Build *b, const DomainGraphics *graphics, uint32_t index, Error *error)
{
        GString *s;
        int r;

        if (!qemu_caps_has(b->caps, QEMU_FEATURE_VNC))
                return qemu_refuse(b->def, graphics, "@type", error, "%s was built without VNC",
                                   qemu_caps_binary(b->caps));
        s = g_string_new(NULL);
        r = put_vnc(b, s, graphics, index, error);
        if (r < 0) {
                g_string_free(s, true);
                return r;
        }
        build_arg(b, "-vnc", g_string_free(s, false));
        if (graphics->keymap) {
                if (strspn(graphics->keymap, "abcdefghijklmnopqrstuvwxyz-") != strlen(graphics->keymap))
                        return qemu_refuse(b->def, graphics, "@keymap", error, "'%s' is no keyboard layout",
                                           graphics->keymap);
                build_arg(b, "-k", g_strdup(graphics->keymap));
        }
        return 0;
}

/* -- displays of QEMU itself --------------------------------------------------------------------------------- */

static int check_display(Build *b, const DomainGraphics *graphics, QemuFeature feature, Error *error)
{
        if (qemu_caps_has(b->caps, feature))
                return 0;
        return qemu_refuse(b->def, graphics, "@type", error,
                           "%s has no display of type '%s'; a package of the distribution may have it as a module",
                           qemu_caps_binary(b->caps), domain_graphics_to_string(graphics->type));
}

/* The node was opened for QEMU, which takes it from there. */
void build_render_node(Build *b, GString *s, uint32_t index)
{
        g_autofree char *id = qemu_render_id(index), *node = build_file(b, id);

        g_string_append_printf(s, ",rendernode=%s", node);
}

static int build_egl(Build *b, const DomainGraphics *graphics, uint32_t index, Error *error)
{
        int r = check_display(b, graphics, QEMU_FEATURE_DISPLAY_EGL_HEADLESS, error);
        GString *s;

        if (r < 0)
                return r;
        s = g_string_new("egl-headless");
        build_render_node(b, s, index);
        build_arg(b, "-display", g_string_free(s, false));
        return 0;
}

/* On the display of whoever runs us, or whom DISPLAY and XAUTHORITY name. */
static int build_sdl(Build *b, const DomainGraphics *graphics, Error *error)
{
        int r = check_display(b, graphics, QEMU_FEATURE_DISPLAY_SDL, error);
        GString *s;

        if (r < 0)
                return r;
        s = g_string_new("sdl");
        if (graphics->gl_enable != TRISTATE_ABSENT)
                g_string_append_printf(s, ",gl=%s", graphics->gl_enable == TRISTATE_YES ? "on" : "off");
        if (graphics->fullscreen == TRISTATE_YES)
                g_string_append(s, ",full-screen=on");
        build_arg(b, "-display", g_string_free(s, false));
        return 0;
}

/* The one that is named, or the machine's own. */
static void put_bus(Build *b, GString *s, const DomainGraphics *graphics, uint32_t index)
{
        g_autofree char *id = qemu_bus_id(index), *dir = NULL, *address = NULL;
        bool own = !graphics->address || (b->files && qemu_files_find(b->files, id));

        if (own) {
                dir = build_file(b, id);
                g_string_append_printf(s, ",addr=unix:path=%s/" QEMU_COMPANION_SOCKET, dir);
                return;
        }
        address = build_escape(graphics->address);
        g_string_append_printf(s, ",addr=%s", address);
}

/* Clients come over a bus, or over a socket that OpenGraphics hands to QEMU. */
static int build_dbus(Build *b, const DomainGraphics *graphics, uint32_t index, Error *error)
{
        int r = check_display(b, graphics, QEMU_FEATURE_DISPLAY_DBUS, error);
        GString *s;

        if (r < 0)
                return r;
        s = g_string_new("dbus");
        if (graphics->p2p == TRISTATE_YES)
                g_string_append(s, ",p2p=on");
        else
                put_bus(b, s, graphics, index);
        put_audio(b, s, graphics);
        if (graphics->gl_enable == TRISTATE_YES) {
                g_string_append(s, ",gl=on");
                build_render_node(b, s, index);
        }
        build_arg(b, "-display", g_string_free(s, false));
        return 0;
}

static int build_display(Build *b, const DomainGraphics *graphics, uint32_t index, Error *error)
{
        switch (graphics->type) {
        case DOMAIN_GRAPHICS_VNC:
                return build_vnc(b, graphics, index, error);
        case DOMAIN_GRAPHICS_SPICE:
                return build_spice(b, graphics, index, error);
        case DOMAIN_GRAPHICS_EGL_HEADLESS:
                return build_egl(b, graphics, index, error);
        case DOMAIN_GRAPHICS_SDL:
                return build_sdl(b, graphics, error);
        case DOMAIN_GRAPHICS_DBUS:
                return build_dbus(b, graphics, index, error);
        case DOMAIN_GRAPHICS_RDP:
        case DOMAIN_GRAPHICS_DESKTOP:
        case _DOMAIN_GRAPHICS_MAX:
                break;
        }
        return qemu_refuse(b->def, graphics, "@type", error, "QEMU has no display of type '%s'",
                           strempty(domain_graphics_to_string(graphics->type)));
}

int build_graphics(Build *b, Error *error)
{
        const DomainDef *def = b->def;
        bool seen[_DOMAIN_GRAPHICS_MAX] = {};

        for (uint32_t i = 0; i < def->graphics.n; i++) {
                const DomainGraphics *graphics = def->graphics.items[i];
                int r;

                if (seen[graphics->type])
                        return qemu_refuse(def, graphics, NULL, error, "there can be one display of type '%s'",
                                           strempty(domain_graphics_to_string(graphics->type)));
                seen[graphics->type] = true;
                r = build_display(b, graphics, i, error);
                if (r < 0)
                        return r;
        }
        return 0;
}
