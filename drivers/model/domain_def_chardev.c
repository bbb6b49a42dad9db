/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def_table.h"

/*
 * <serial>, <parallel>, <console>, <channel>: a host side that they share and a guest side that they do not.
 */

#define TYPE(t) IS(DOMAIN_CHARDEV_##t)
#define ONLY(t) WHEN(DomainChardev, type, TYPE(t))

static const DefRow clipboard_rows[] = {
        ATTR(DomainChardev, "copypaste", clipboard_copypaste, YES_NO),
};
static DEF_TYPE(clipboard_type, DomainChardev, clipboard_rows);

static const DefRow mouse_rows[] = {
        ATTR(DomainChardev, "mode", mouse_mode, ONE_OF("server", "client")),
};
static DEF_TYPE(mouse_type, DomainChardev, mouse_rows);

static const DefRow source_rows[] = {
        ATTR(DomainChardev, "mode", mode, WORDS(domain_socket),
             WHEN(DomainChardev, type, TYPE(TCP) | TYPE(UNIX))),
        ATTR(DomainChardev, "channel", channel, WHEN(DomainChardev, type, TYPE(SPICEPORT) | TYPE(DBUS))),
        ATTR(DomainChardev, "path", path, ONLY(PTY), FLAGS(DEF_LIVE)),
        ATTR(DomainChardev, "path", path,
             WHEN(DomainChardev, type, TYPE(DEV) | TYPE(FILE) | TYPE(PIPE) | TYPE(UNIX))),
        ATTR(DomainChardev, "append", append, ON_OFF, ONLY(FILE)),
        ATTR(DomainChardev, "host", host, ONLY(TCP)),
        ATTR(DomainChardev, "service", service, ONLY(TCP)),
        ATTR(DomainChardev, "tls", tls, YES_NO, ONLY(TCP)),
        ATTR(DomainChardev, "master", master, ONLY(NMDM)),
        ATTR(DomainChardev, "slave", slave, ONLY(NMDM)),
        GROUP("clipboard", clipboard_type, ONLY(QEMU_VDAGENT)),
        GROUP("mouse", mouse_type, ONLY(QEMU_VDAGENT)),
        CHILD(DomainChardev, "reconnect", reconnect, domain_reconnect_type,
              WHEN(DomainChardev, type, TYPE(TCP) | TYPE(UNIX))),
        LIST(DomainChardev, "seclabel", labels, domain_source_label_type),
};
static DEF_TYPE(source_type, DomainChardev, source_rows);

static const DefRow endpoint_rows[] = {
        ATTR(DomainChardevEndpoint, "mode", mode, WORDS(domain_socket)),
        ATTR(DomainChardevEndpoint, "host", host),
        ATTR(DomainChardevEndpoint, "service", service),
        LIST(DomainChardevEndpoint, "seclabel", labels, domain_source_label_type),
};

static void endpoint_begin(void *p)
{
        DomainChardevEndpoint *endpoint = p;

        if (endpoint->mode == 0)
                endpoint->mode = DOMAIN_SOCKET_CONNECT;
}

static DEF_TYPE(endpoint_type, DomainChardevEndpoint, endpoint_rows, .begin = endpoint_begin);

static const DefRow protocol_rows[] = {
        ATTR(DomainChardev, "type", protocol, WORDS(domain_chardev_protocol)),
};
static DEF_TYPE(protocol_type, DomainChardev, protocol_rows);

static const DefRow log_rows[] = {
        ATTR(DomainChardev, "file", log_file, FLAGS(DEF_REQUIRED)),
        ATTR(DomainChardev, "append", log_append, ON_OFF),
};
static DEF_TYPE(log_type, DomainChardev, log_rows);

static const DefRow host_rows[] = {
        ATTR(DomainChardev, "type", type, WORDS(domain_chardev), FLAGS(DEF_HOST)),
        GROUP("source", source_type, WHEN(DomainChardev, type, ~TYPE(UDP)), FLAGS(DEF_HOST)),
        LIST(DomainChardev, "source", endpoints, endpoint_type, ONLY(UDP), FLAGS(DEF_HOST)),
        GROUP("protocol", protocol_type, ONLY(TCP), FLAGS(DEF_HOST)),
        GROUP("log", log_type, FLAGS(DEF_HOST)),
};

static void chardev_begin(void *p)
{
        DomainChardev *chardev = p;

        if (chardev->type == 0)
                chardev->type = DOMAIN_CHARDEV_PTY;
}

/* Of the two ends of a UDP socket its own comes first. */
static void order_endpoints(DomainChardev *chardev)
{
        DomainChardevEndpoint **items = chardev->endpoints.items;

        if (chardev->endpoints.n == 2 && items[0]->mode == DOMAIN_SOCKET_CONNECT &&
            items[1]->mode == DOMAIN_SOCKET_BIND) {
                DomainChardevEndpoint *connect = items[0];

                items[0] = items[1];
                items[1] = connect;
        }
}

static void chardev_finish(void *p, Arena *arena, bool live)
{
        DomainChardev *chardev = p;

        order_endpoints(chardev);
        if (chardev->type == DOMAIN_CHARDEV_TCP && chardev->protocol == 0)
                chardev->protocol = DOMAIN_CHARDEV_PROTOCOL_RAW;
        if ((chardev->type == DOMAIN_CHARDEV_TCP || chardev->type == DOMAIN_CHARDEV_UNIX) &&
            chardev->mode == 0 && (chardev->path || chardev->service))
                chardev->mode = DOMAIN_SOCKET_CONNECT;
        /* where the path is left to the daemon, so is the mode */
        if (chardev->type == DOMAIN_CHARDEV_UNIX && !chardev->path)
                chardev->mode = 0;
}

DEF_TYPE(domain_chardev_source_type, DomainChardev, host_rows, .rules = domain_chardev_rules,
         .finish = chardev_finish);

static const DefRow serial_model_rows[] = {
        ATTR(DomainChardev, "name", target_model),
};
static DEF_TYPE(serial_model_type, DomainChardev, serial_model_rows);

static const DefRow serial_target_rows[] = {
        ATTR(DomainChardev, "type", target_type, WORDS(domain_chardev_target)),
        ATTR(DomainChardev, "port", target_port),
        GROUP("model", serial_model_type),
};
static DEF_TYPE(serial_target_type, DomainChardev, serial_target_rows);

static const DefRow parallel_target_rows[] = {
        ATTR(DomainChardev, "port", target_port),
};
static DEF_TYPE(parallel_target_type, DomainChardev, parallel_target_rows);

static const DefRow console_target_rows[] = {
        ATTR(DomainChardev, "type", target_type, WORDS(domain_chardev_target)),
        ATTR(DomainChardev, "port", target_port),
};
static DEF_TYPE(console_target_type, DomainChardev, console_target_rows);

static const char *const connected_table[_TRISTATE_MAX] = {
        [TRISTATE_YES] = "connected",
        [TRISTATE_NO] = "disconnected",
};

#define TARGET(t) WHEN(DomainChardev, target_type, IS(DOMAIN_CHARDEV_TARGET_##t))
static const DefRow channel_target_rows[] = {
        ATTR(DomainChardev, "type", target_type, WORDS(domain_chardev_target), FLAGS(DEF_REQUIRED)),
        ATTR(DomainChardev, "address", target_address, TARGET(GUESTFWD), FLAGS(DEF_REQUIRED)),
        ATTR(DomainChardev, "port", target_service, TARGET(GUESTFWD), FLAGS(DEF_REQUIRED)),
        ATTR(DomainChardev, "name", target_name,
             WHEN(DomainChardev, target_type,
                  IS(DOMAIN_CHARDEV_TARGET_VIRTIO) | IS(DOMAIN_CHARDEV_TARGET_XEN))),
        ATTR(DomainChardev, "state", target_connected, WORDS(connected), FLAGS(DEF_LIVE),
             WHEN(DomainChardev, target_type, IS(DOMAIN_CHARDEV_TARGET_VIRTIO))),
};
static DEF_TYPE(channel_target_type, DomainChardev, channel_target_rows);

#define HOOKS .begin = chardev_begin

static const DefRow serial_rows[] = {
        EMBED_SELF(domain_chardev_source_type),
        GROUP("target", serial_target_type),
        EMBED(DomainChardev, info, domain_device_type),
};
DEF_TYPE(domain_serial_type, DomainChardev, serial_rows, HOOKS, .rules = domain_serial_rules);

static const DefRow parallel_rows[] = {
        EMBED_SELF(domain_chardev_source_type),
        GROUP("target", parallel_target_type),
        EMBED(DomainChardev, info, domain_device_type),
};
DEF_TYPE(domain_parallel_type, DomainChardev, parallel_rows, HOOKS, .rules = domain_parallel_rules);

static const DefRow console_rows[] = {
        EMBED_SELF(domain_chardev_source_type),
        ATTR(DomainChardev, "tty", path, ONLY(PTY), FLAGS(DEF_LIVE)),
        GROUP("target", console_target_type),
        EMBED(DomainChardev, info, domain_device_type),
};
DEF_TYPE(domain_console_type, DomainChardev, console_rows, HOOKS, .rules = domain_console_rules);

static const DefRow channel_rows[] = {
        EMBED_SELF(domain_chardev_source_type),
        GROUP("target", channel_target_type, FLAGS(DEF_REQUIRED)),
        EMBED(DomainChardev, info, domain_device_type),
};
DEF_TYPE(domain_channel_type, DomainChardev, channel_rows, HOOKS, .rules = domain_channel_rules);
