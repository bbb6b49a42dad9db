/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From a definition to QEMU's command line: functions of their arguments alone, no file is touched. The
 * order:
 *
 *   qemu_live_prepare()    id, aliases, paths of sockets                   (qemu_live.h)
 *   qemu_command_check()   what can be refused before a file is opened
 *   qemu_files_open()      on a worker                                     (qemu_files.h)
 *   qemu_command_build()   argv, descriptors, and commands for the monitor
 *   process_spawn(), then, before "cont", the commands in QemuCommand.setup
 *
 * The machine stops before its first instruction (-S), and QEMU stays when the guest powers off
 * (-no-shutdown).
 */

#include "drivers/model/domain_def.h"
#include "drivers/qemu/qemu_caps.h"
#include "drivers/qemu/qemu_files.h"
#include "service/base/process.h"

#include <json-glib/json-glib.h>

/* A command of the monitor that completes the machine: passwords, links that are down, the balloon. */
typedef struct QemuSetup {
        const char *command;   /* static */
        JsonObject *arguments; /* owned; give json_object_ref() of it to qmp_execute() */
        bool secret;           /* never log the arguments */
} QemuSetup;

typedef struct QemuCommand {
        char **argv; /* [0] is the binary; everybody may read it, so it has no secrets */
        char **env;  /* the whole environment; NULL: that of ProcessSpec */
        ProcessFd *fds; /* the descriptors are those of QemuFiles and the options: keep them until the spawn
                         */
        size_t n_fds;
        QemuSetup *setup; /* to be executed in this order before "cont" */
        size_t n_setup;
        uint64_t locked_memory; /* bytes that QEMU may keep from being swapped out; UINT64_MAX: all, 0: the usual */
        uint64_t capabilities; /* that the process keeps: 1 << CAP_* */
} QemuCommand;

/* Displays that the host has certificates for, which are among the files. */
typedef struct QemuCommandTls {
        bool vnc, spice;
        bool vnc_verify; /* clients need a certificate, too */
} QemuCommandTls;

/* Nobody but this host. */
#define QEMU_LISTEN_DEFAULT "127.0.0.1"

/* Zeros take the value in brackets. */
typedef struct QemuCommandOptions {
        int monitor_fd;         /* a bound unix socket: the child listens on it; at most 0: no monitor */
        uint16_t vnc_port_min;  /* of automatic ports [5900] */
        uint16_t vnc_port_max;  /* [65535] */
        const char *vnc_listen; /* for displays without an address; NULL: QEMU_LISTEN_DEFAULT */
        bool incoming;          /* the state comes later, by the monitor */
        QemuCommandTls tls;
        /* "NAME=VALUE" of the user's session, for machines that show or play something there; NULL: there is none */
        const char *const *session_env;
        int64_t now;            /* seconds since 1970, for clocks that are set [the real time] */
} QemuCommandOptions;

QemuCommand *qemu_command_free(QemuCommand *command);
DEFINE_TRIVIAL_CLEANUP(QemuCommand *, qemu_command_free)

/*
 * Refuses what QEMU, this build of it, or this driver cannot do: ERROR_CONFIG_UNSUPPORTED with the place in
 * the definition and the reason. def must be as qemu_live_prepare() left it. options NULL: all zeros.
 */
int qemu_command_check(const DomainDef *def, const QemuCaps *caps, const QemuCommandOptions *options, Error *error);

/* The same for a definition whose files are open. */
int qemu_command_build(const DomainDef *def, const QemuCaps *caps, const QemuFiles *files,
                       const QemuCommandOptions *options, QemuCommand **ret, Error *error);

/* For a log: quoted as for a shell. Free with g_free(). */
char *qemu_command_to_string(const QemuCommand *command);

/*
 * The group that QEMU's user needs to open KVM's device (path NULL: /dev/kvm): 1 and *ret_gid when it needs
 * one, 0 when it may without, ERROR_CONFIG_UNSUPPORTED with the reason when nothing helps. uid 0 stands for
 * ourselves. Only looks at the device's node, so it does not wait.
 */
int qemu_kvm_group(const char *path, uid_t uid, gid_t gid, gid_t *ret_gid, Error *error);
