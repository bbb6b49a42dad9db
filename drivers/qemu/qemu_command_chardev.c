/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_build.h"

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
        if (chardev->mode == DOMAIN_SOCKET_CONNECT && chardev->reconnect && chardev->reconnect->enabled == TRISTATE_YES)
                g_string_append_printf(s, ",reconnect=%" PRIu32, MAX(chardev->reconnect->timeout, 1u));
        return 0;
}

static void put_udp(GString *s, const DomainChardev *chardev)
{
        g_string_append(s, "udp");
        DEF_FOREACH(endpoint, chardev->endpoints) {
                bool local = endpoint->mode == DOMAIN_SOCKET_BIND;

                put_text(s, local ? "localaddr" : "host", endpoint->host);
                put_text(s, local ? "localport" : "port", endpoint->service);
        }
}

static int put_unix(Build *b, GString *s, const DomainChardev *chardev, const char *id, Error *error)
{
        g_autofree char *number = NULL;

        if (!chardev->path)
                return qemu_refuse(b->def, chardev, "source/@path", error, "a path is needed");
        if (chardev->reconnect && chardev->reconnect->enabled == TRISTATE_YES)
                return qemu_refuse(b->def, chardev, "source/reconnect", error,
                                   "QEMU gets the connection and cannot make another one");
        number = build_file(b, id);
        g_string_append_printf(s, "socket,%s=%s", number[0] == '/' ? "path" : "fd", number);
        if (chardev->mode != DOMAIN_SOCKET_CONNECT)
                g_string_append(s, ",server=on,wait=off");
        return 0;
}

static int put_file(Build *b, GString *s, const DomainChardev *chardev, const char *id, Error *error)
{
        bool file = chardev->type == DOMAIN_CHARDEV_FILE;
        g_autofree char *name = NULL;

        if (!chardev->path)
                return qemu_refuse(b->def, chardev, "source/@path", error, "a path is needed");
        name = build_file(b, id);
        g_string_append_printf(s, "%s,path=%s%s", file ? "file" : "serial", name, file ? ",append=on" : "");
        return 0;
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
        case DOMAIN_CHARDEV_DEV:
        case DOMAIN_CHARDEV_FILE:
                return put_file(b, s, chardev, id, error);
        case DOMAIN_CHARDEV_UDP:
                put_udp(s, chardev);
                return 0;
        case DOMAIN_CHARDEV_TCP:
                return put_tcp(b, s, chardev, error);
        case DOMAIN_CHARDEV_UNIX:
                return put_unix(b, s, chardev, id, error);
        case DOMAIN_CHARDEV_SPICEVMC:
        case DOMAIN_CHARDEV_SPICEPORT:
                return put_spice(b, s, chardev, channel, error);
        case DOMAIN_CHARDEV_PIPE:
        case DOMAIN_CHARDEV_STDIO:
        case DOMAIN_CHARDEV_NMDM:
        case DOMAIN_CHARDEV_QEMU_VDAGENT:
        case DOMAIN_CHARDEV_DBUS:
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

static int build_channel(Build *b, const DomainChardev *chardev, const char *id, Error *error)
{
        const char *name = chardev->target_name;

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

static bool is_member(const void *list, const DomainChardev *chardev)
{
        const DefList *items = list;

        for (uint32_t i = 0; i < items->n; i++)
                if (items->items[i] == chardev)
                        return true;
        return false;
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
