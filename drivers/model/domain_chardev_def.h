/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Character devices: what a guest's port is on the host. def.h has the conventions. */

#include "drivers/model/domain_disk_def.h"

typedef enum DomainChardevType {
        DOMAIN_CHARDEV_NULL = 1,
        DOMAIN_CHARDEV_VC,
        DOMAIN_CHARDEV_PTY,
        DOMAIN_CHARDEV_DEV,
        DOMAIN_CHARDEV_FILE,
        DOMAIN_CHARDEV_PIPE,
        DOMAIN_CHARDEV_STDIO,
        DOMAIN_CHARDEV_UDP,
        DOMAIN_CHARDEV_TCP,
        DOMAIN_CHARDEV_UNIX,
        DOMAIN_CHARDEV_SPICEVMC,
        DOMAIN_CHARDEV_SPICEPORT,
        DOMAIN_CHARDEV_NMDM,
        DOMAIN_CHARDEV_QEMU_VDAGENT,
        DOMAIN_CHARDEV_DBUS,
        _DOMAIN_CHARDEV_MAX,
} DomainChardevType;
DECLARE_WORDS(domain_chardev, DomainChardevType, _DOMAIN_CHARDEV_MAX);

typedef enum DomainSocketMode {
        DOMAIN_SOCKET_BIND = 1,
        DOMAIN_SOCKET_CONNECT,
        _DOMAIN_SOCKET_MAX,
} DomainSocketMode;
DECLARE_WORDS(domain_socket, DomainSocketMode, _DOMAIN_SOCKET_MAX);

typedef enum DomainChardevProtocol {
        DOMAIN_CHARDEV_PROTOCOL_RAW = 1,
        DOMAIN_CHARDEV_PROTOCOL_TELNET,
        DOMAIN_CHARDEV_PROTOCOL_TELNETS,
        DOMAIN_CHARDEV_PROTOCOL_TLS,
        _DOMAIN_CHARDEV_PROTOCOL_MAX,
} DomainChardevProtocol;
DECLARE_WORDS(domain_chardev_protocol, DomainChardevProtocol, _DOMAIN_CHARDEV_PROTOCOL_MAX);

/* target/@type of serial, console and channel; a word belongs to some of the three only. */
typedef enum DomainChardevTarget {
        DOMAIN_CHARDEV_TARGET_ISA_SERIAL = 1, /* serial from here */
        DOMAIN_CHARDEV_TARGET_USB_SERIAL,
        DOMAIN_CHARDEV_TARGET_PCI_SERIAL,
        DOMAIN_CHARDEV_TARGET_SPAPR_VIO_SERIAL,
        DOMAIN_CHARDEV_TARGET_SYSTEM_SERIAL,
        DOMAIN_CHARDEV_TARGET_SCLP_SERIAL,
        DOMAIN_CHARDEV_TARGET_ISA_DEBUG,
        DOMAIN_CHARDEV_TARGET_SERIAL, /* console from here */
        DOMAIN_CHARDEV_TARGET_XEN,
        DOMAIN_CHARDEV_TARGET_UML,
        DOMAIN_CHARDEV_TARGET_VIRTIO, /* console, channel */
        DOMAIN_CHARDEV_TARGET_LXC,
        DOMAIN_CHARDEV_TARGET_OPENVZ,
        DOMAIN_CHARDEV_TARGET_SCLP,
        DOMAIN_CHARDEV_TARGET_SCLPLM,
        DOMAIN_CHARDEV_TARGET_GUESTFWD, /* channel */
        _DOMAIN_CHARDEV_TARGET_MAX,
} DomainChardevTarget;
DECLARE_WORDS(domain_chardev_target, DomainChardevTarget, _DOMAIN_CHARDEV_TARGET_MAX);

/* One end of a socket; only "udp" has two, one of each mode. */
typedef struct DomainChardevEndpoint {
        DefSet set;
        DefRaw *raw;
        DomainSocketMode mode;
        const char *host;
        const char *service;
        DEF_LIST(DomainSourceLabel) labels;
} DomainChardevEndpoint;

/*
 * serial, parallel, console and channel, and the host side of other devices. Which fields of <source> count
 * follows from the type.
 */
typedef struct DomainChardev {
        DefSet set;
        DefRaw *raw;
        uint32_t target_port;
        DomainChardevType type;
        DomainChardevTarget target_type;
        DomainSocketMode mode; /* unix, tcp */
        DomainChardevProtocol protocol; /* tcp */
        Tristate append; /* file */
        Tristate tls;    /* tcp */
        Tristate log_append;
        Tristate target_connected; /* channel, live: whether the guest has opened it */
        Tristate clipboard_copypaste; /* qemu-vdagent */
        const char *mouse_mode; /* qemu-vdagent: "client", "server" */
        const char *path;    /* dev, file, pipe, unix; pty when live */
        const char *host;    /* tcp */
        const char *service; /* tcp */
        const char *channel; /* spiceport, dbus */
        const char *master;  /* nmdm */
        const char *slave;
        DomainReconnect *reconnect; /* tcp, unix */
        DEF_LIST(DomainChardevEndpoint) endpoints; /* udp */
        DEF_LIST(DomainSourceLabel) labels;
        const char *log_file;
        const char *target_model;   /* serial: "isa-serial", "pl011", … */
        const char *target_name;    /* channel; "com.redhat.spice.0" when spicevmc has none */
        const char *target_address; /* guestfwd */
        const char *target_service; /* guestfwd: target/@port */
        DomainDevice info;
} DomainChardev;
