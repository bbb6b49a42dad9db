/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

/* The first release that takes a time to connect again in milliseconds. */
#define RECONNECT_MS_VERSION 9002000u

static bool is_member(const void *list, const DomainChardev *chardev)
{
        const DefList *items = list;

        for (uint32_t i = 0; i < items->n; i++)
                if (items->items[i] == chardev)
                        return true;
        return false;
}

static int refuse_type(Build *b, const DomainChardev *chardev, Error *error)
{
        return qemu_refuse(b->def, chardev, "@type", error,
                           "character devices of type '%s' are not supported",
                           strempty(domain_chardev_to_string(chardev->type)));
}

/* Host names and services are text of the caller: "key=value,…" must not grow options from it. */
static void put_text(GString *s, const char *key, const char *value)
{
        g_autofree char *escaped = value ? build_escape(value) : NULL;

        if (escaped)
                g_string_append_printf(s, ",%s=%s", key, escaped);
}

void build_put_reconnect(Build *b, GString *s, const DomainReconnect *reconnect)
{
        bool msec = qemu_caps_version(b->caps) >= RECONNECT_MS_VERSION;

        g_string_append_printf(s, ",%s=%" PRIu32, msec ? "reconnect-ms" : "reconnect",
                               MAX(reconnect->timeout, 1u) * (msec ? 1000 : 1));
}

static int put_tcp(Build *b, GString *s, const DomainChardev *chardev, Error *error)
{
        if (!chardev->host || !chardev->service)
                return qemu_refuse(b->def, chardev, "source", error, "a host and a service are needed");

        g_string_append(s, "socket");
        put_text(s, "host", chardev->host);
        put_text(s, "port", chardev->service);
        if (chardev->mode == DOMAIN_SOCKET_BIND)
                g_string_append(s, ",server=on,wait=off");
        if (qemu_chardev_is_tls(chardev))
                g_string_append_printf(s, ",tls-creds=%s", build_tls(b, chardev->mode == DOMAIN_SOCKET_BIND));
        if (chardev->protocol == DOMAIN_CHARDEV_PROTOCOL_TELNET || chardev->protocol == DOMAIN_CHARDEV_PROTOCOL_TELNETS)
                g_string_append(s, ",telnet=on");
        if (qemu_chardev_reconnects(chardev))
                build_put_reconnect(b, s, chardev->reconnect);
        return 0;
}

static int put_udp(Build *b, GString *s, const DomainChardev *chardev, Error *error)
{
        bool connects = false;

        DEF_FOREACH(endpoint, chardev->endpoints)
                connects |= endpoint->mode != DOMAIN_SOCKET_BIND && endpoint->service;
        if (!connects)
                return qemu_refuse(b->def, chardev, "source", error, "a port to connect to is needed");
        g_string_append(s, "udp");
        DEF_FOREACH(endpoint, chardev->endpoints) {
                bool local = endpoint->mode == DOMAIN_SOCKET_BIND;

                put_text(s, local ? "localaddr" : "host", endpoint->host);
                put_text(s, local ? "localport" : "port", endpoint->service);
        }
        return 0;
}

/* One that QEMU connects to again and again it must find by itself: in a directory that it is given. */
static int put_unix(Build *b, GString *s, const DomainChardev *chardev, const char *id, Error *error)
{
        g_autofree char *number = NULL;

        if (!chardev->path)
                return qemu_refuse(b->def, chardev, "source/@path", error, "a path is needed");
        number = build_file(b, id);
        if (qemu_chardev_reconnects(chardev)) {
                g_autofree char *name = g_path_get_basename(chardev->path),
                        *path = g_build_filename(number, name, NULL);

                g_string_append(s, "socket");
                put_text(s, "path", path);
                build_put_reconnect(b, s, chardev->reconnect);
                return 0;
        }
        g_string_append_printf(s, "socket,%s=%s", number[0] == '/' ? "path" : "fd", number);
        if (chardev->mode != DOMAIN_SOCKET_CONNECT)
                g_string_append(s, ",server=on,wait=off");
        return 0;
}

/* A printer's port is driven in another way than a line. */
static const char *file_backend(const Build *b, const DomainChardev *chardev)
{
        if (chardev->type == DOMAIN_CHARDEV_FILE)
                return "file";
        if (chardev->type == DOMAIN_CHARDEV_PIPE)
                return "pipe";
        return is_member(&b->def->parallels, chardev) ? "parallel" : "serial";
}

static int put_file(Build *b, GString *s, const DomainChardev *chardev, const char *id, Error *error)
{
        g_autofree char *name = NULL;

        if (!chardev->path)
                return qemu_refuse(b->def, chardev, "source/@path", error, "a path is needed");
        name = build_file(b, id);
        g_string_append_printf(s, "%s,path=%s%s", file_backend(b, chardev), name,
                               chardev->type == DOMAIN_CHARDEV_FILE ? ",append=on" : "");
        return 0;
}

/* The clipboard and the mouse of a display that is not SPICE's. */
static int put_vdagent(Build *b, GString *s, const DomainChardev *chardev, Error *error)
{
        if (!qemu_caps_has(b->caps, QEMU_FEATURE_CHARDEV_VDAGENT))
                return qemu_refuse(b->def, chardev, "@type", error, "%s does not have it", qemu_caps_binary(b->caps));
        g_string_append(s, "qemu-vdagent,name=vdagent");
        if (chardev->clipboard_copypaste != TRISTATE_ABSENT)
                put_text(s, "clipboard", chardev->clipboard_copypaste == TRISTATE_YES ? "on" : "off");
        if (chardev->mouse_mode)
                put_text(s, "mouse", streq(chardev->mouse_mode, "client") ? "on" : "off");
        return 0;
}

static int put_dbus(Build *b, GString *s, const DomainChardev *chardev, Error *error)
{
        if (!qemu_caps_has(b->caps, QEMU_FEATURE_CHARDEV_DBUS))
                return qemu_refuse(b->def, chardev, "@type", error, "%s does not have it", qemu_caps_binary(b->caps));
        DEF_FOREACH(graphics, b->def->graphics)
                if (graphics->type == DOMAIN_GRAPHICS_DBUS) {
                        g_string_append(s, "dbus");
                        put_text(s, "name", chardev->channel);
                        return 0;
                }
        return qemu_refuse(b->def, chardev, "@type", error, "it needs a display of type 'dbus'");
}

static int put_spice(Build *b, GString *s, const DomainChardev *chardev, const char *channel, Error *error)
{
        bool port = chardev->type == DOMAIN_CHARDEV_SPICEPORT;

        if (!qemu_caps_has(b->caps, QEMU_FEATURE_SPICE))
                return qemu_refuse(b->def, chardev, "@type", error, "%s was built without SPICE",
                                   qemu_caps_binary(b->caps));
        g_string_append(s, port ? "spiceport" : "spicevmc");
        put_text(s, "name", port ? chardev->channel : channel);
        return 0;
}

/* The kind of device and its options; id and log follow. */
static int put_source(Build *b, GString *s, const DomainChardev *chardev, const char *id, const char *channel,
                      Error *error)
{
        switch (chardev->type) {
        case DOMAIN_CHARDEV_NULL:
                g_string_append(s, "null");
                return 0;
        case DOMAIN_CHARDEV_VC:
                g_string_append(s, "vc");
                return 0;
        case DOMAIN_CHARDEV_PTY:
                g_string_append(s, "pty");
                return 0;
        case DOMAIN_CHARDEV_STDIO:
                g_string_append(s, "stdio");
                return 0;
        case DOMAIN_CHARDEV_DEV:
        case DOMAIN_CHARDEV_FILE:
        case DOMAIN_CHARDEV_PIPE:
                return put_file(b, s, chardev, id, error);
        case DOMAIN_CHARDEV_UDP:
                return put_udp(b, s, chardev, error);
        case DOMAIN_CHARDEV_TCP:
                return put_tcp(b, s, chardev, error);
        case DOMAIN_CHARDEV_UNIX:
                return put_unix(b, s, chardev, id, error);
        case DOMAIN_CHARDEV_SPICEVMC:
        case DOMAIN_CHARDEV_SPICEPORT:
                return put_spice(b, s, chardev, channel, error);
        case DOMAIN_CHARDEV_QEMU_VDAGENT:
                return put_vdagent(b, s, chardev, error);
        case DOMAIN_CHARDEV_DBUS:
                return put_dbus(b, s, chardev, error);
        case DOMAIN_CHARDEV_NMDM:
        case _DOMAIN_CHARDEV_MAX:
                break;
        }
        return refuse_type(b, chardev, error);
}

static void put_log(Build *b, GString *s, const DomainChardev *chardev, const char *chardev_id)
{
        g_autofree char *id = g_strconcat(chardev_id, "-log", NULL), *name = NULL;

        if (!chardev->log_file)
                return;
        name = build_file(b, id);
        g_string_append_printf(s, ",logfile=%s,logappend=on", name);
}

int build_chardev_backend(Build *b, const DomainChardev *chardev, const char *id, const char *channel, Error *error)
{
        GString *s = g_string_new(NULL);
        int r;

        r = put_source(b, s, chardev, id, channel, error);
        if (r < 0) {
                g_string_free(s, true);
                return r;
        }
        put_text(s, "id", id);
        put_log(b, s, chardev, id);
        build_arg(b, "-chardev", g_string_free(s, false));
        return 0;
}

/* QEMU's driver of a serial line by its target, NULL for one that it has not. */
static const char *const serial_drivers[_DOMAIN_CHARDEV_TARGET_MAX] = {
        [0] = "isa-serial",
        [DOMAIN_CHARDEV_TARGET_ISA_SERIAL] = "isa-serial",
        [DOMAIN_CHARDEV_TARGET_USB_SERIAL] = "usb-serial",
        [DOMAIN_CHARDEV_TARGET_PCI_SERIAL] = "pci-serial",
        [DOMAIN_CHARDEV_TARGET_ISA_DEBUG] = "isa-debugcon",
};

static int build_serial(Build *b, const DomainChardev *chardev, const char *id, Error *error)
{
        const char *driver = serial_drivers[chardev->target_type];
        JsonObject *props;

        if (chardev->target_type == DOMAIN_CHARDEV_TARGET_SYSTEM_SERIAL) {
                /* It is on the board and only gets its other end. */
                build_argf(b, "-serial", "chardev:%s", id);
                return 0;
        }
        if (!driver)
                return qemu_refuse(b->def, chardev, "target/@type", error,
                                   "serial lines of type '%s' are not supported",
                                   domain_chardev_target_to_string(chardev->target_type));
        if (chardev->target_model && !streq(chardev->target_model, driver))
                return qemu_refuse(b->def, chardev, "target/model/@name", error,
                                   "'%s' is not supported here", chardev->target_model);
        props = qmp_object("s:driver", driver, "s:chardev", id, NULL);
        if (streq(driver, "isa-serial"))
                json_object_set_int_member(props, "index", chardev->target_port);
        return build_device(b, chardev, &chardev->info, props, error);
}

static int build_virtio_console(Build *b, const DomainChardev *chardev, const char *id, Error *error)
{
        if (chardev->target_type != DOMAIN_CHARDEV_TARGET_VIRTIO)
                return qemu_refuse(b->def, chardev, "target/@type", error,
                                   "consoles of type '%s' are not supported",
                                   strempty(domain_chardev_target_to_string(chardev->target_type)));
        return build_device(b, chardev, &chardev->info,
                            qmp_object("s:driver", "virtconsole", "s:chardev", id, NULL), error);
}

static bool name_is_taken(const Build *b, const DomainChardev *chardev, const char *name)
{
        DEF_FOREACH(other, b->def->channels) {
                if (other == chardev)
                        break;
                if (streq_ptr(other->target_name, name))
                        return true;
        }
        return false;
}

/* A port of an address in the guest's private network: no device. */
static int build_guestfwd(Build *b, const DomainChardev *chardev, const char *id, Error *error)
{
        g_autofree char *forward = NULL;
        g_autoptr(JsonArray) forwards = json_array_new();

        if (!chardev->target_address || !chardev->target_service)
                return qemu_refuse(b->def, chardev, "target", error, "an address and a port are needed");
        forward = g_strdup_printf("tcp:%s:%s-chardev:%s", chardev->target_address, chardev->target_service, id);
        json_array_add_object_element(forwards, qmp_object("s:str", forward, NULL));
        build_json(b, "-netdev",
                   qmp_object("s:type", "user", "s:id", chardev->info.alias, "a:guestfwd", json_array_ref(forwards),
                              NULL));
        return 0;
}

static int build_channel(Build *b, const DomainChardev *chardev, const char *id, Error *error)
{
        const char *name = chardev->target_name;

        if (chardev->target_type == DOMAIN_CHARDEV_TARGET_GUESTFWD)
                return build_guestfwd(b, chardev, id, error);
        if (chardev->target_type != DOMAIN_CHARDEV_TARGET_VIRTIO)
                return qemu_refuse(b->def, chardev, "target/@type", error,
                                   "channels of type '%s' are not supported",
                                   strempty(domain_chardev_target_to_string(chardev->target_type)));
        if (!name && chardev->type == DOMAIN_CHARDEV_SPICEVMC)
                name = "com.redhat.spice.0";
        if (name && name_is_taken(b, chardev, name))
                return qemu_refuse(b->def, chardev, "target/@name", error, "another channel is called '%s'",
                                   name);
        return build_device(b, chardev, &chardev->info,
                            qmp_object("s:driver", "virtserialport", "s:chardev", id, "s:name", name, NULL),
                            error);
}

static int build_parallel(Build *b, const DomainChardev *chardev, const char *id, Error *error)
{
        return build_device(b, chardev, &chardev->info,
                            qmp_object("s:driver", "isa-parallel", "s:chardev", id, "u:index",
                                       chardev->target_port, NULL),
                            error);
}

static int build_chardev(const DomainDef *def, const DomainChardev *chardev, void *userdata, Error *error)
{
        g_autofree char *id = qemu_chardev_id(chardev);
        Build *b = userdata;
        int r;

        r = build_chardev_backend(b, chardev, id, "vdagent", error);
        if (r < 0)
                return r;
        if (is_member(&def->serials, chardev))
                return build_serial(b, chardev, id, error);
        if (is_member(&def->parallels, chardev))
                return build_parallel(b, chardev, id, error);
        if (is_member(&def->consoles, chardev))
                return build_virtio_console(b, chardev, id, error);
        return build_channel(b, chardev, id, error);
}

int build_chardevs(Build *b, Error *error)
{
        return qemu_chardevs_foreach(b->def, build_chardev, b, error);
}
