/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * From a definition to the command line of QEMU: pure functions of their arguments, no file is touched. The order is
 *
 *   qemu_live_prepare()    id, aliases, paths of sockets                           (qemu_live.h)
 *   qemu_command_check()   everything that can be refused before a file is opened
 *   qemu_files_open()      on a worker                                             (qemu_files.h)
 *   qemu_command_build()   argv, descriptors, and commands for the monitor
 *   process_spawn(), then, before "cont", the commands in QemuCommand.setup
 *
 * Commands stop before the first instruction (-S), and keep QEMU alive when the guest powers off (-no-shutdown).
 */

#include "drivers/model/domain_def.h"
#include "drivers/qemu/qemu_caps.h"
#include "drivers/qemu/qemu_files.h"
#include "service/base/process.h"

#include <json-glib/json-glib.h>

/* A command of the monitor that completes the machine: passwords, polling of the balloon. */
typedef struct QemuSetup {
        const char *command;   /* static */
        JsonObject *arguments; /* owned; hand json_object_ref() of it to qmp_execute() */
        bool secret;           /* never log the arguments */
} QemuSetup;

typedef struct QemuCommand {
        char **argv; /* [0] is the binary; shown to everybody, so without secrets */
        ProcessFd *fds; /* borrowed from QemuFiles and the options, which must live until process_spawn() */
        size_t n_fds;
        QemuSetup *setup; /* to be executed in this order before "cont" */
        size_t n_setup;
} QemuCommand;

/* Wants no more than the build did: may be zero. */
typedef struct QemuCommandOptions {
        int monitor_fd; /* a bound unix socket: the child listens on it (ProcessFd.listen) */
        /* Range of ports for autoport [5900..65535]. */
        uint16_t vnc_port_min, vnc_port_max;
        const char *vnc_listen; /* for graphics without an address [127.0.0.1] */
} QemuCommandOptions;

QemuCommand *qemu_command_free(QemuCommand *command);
DEFINE_TRIVIAL_CLEANUP(QemuCommand *, qemu_command_free)

/*
 * Refuses what QEMU, this build of it, or this driver cannot do: ERROR_CONFIG_UNSUPPORTED with the place in the definition and
 * the reason. def must have been through qemu_live_prepare().
 */
int qemu_command_check(const DomainDef *def, const QemuCaps *caps, Error *error);

int qemu_command_build(const DomainDef *def, const QemuCaps *caps, const QemuFiles *files,
                       const QemuCommandOptions *options, QemuCommand **ret, Error *error);

/* One line for a log, quoted as for a shell. Free with g_free(). */
char *qemu_command_to_string(const QemuCommand *command);

/*
 * Which group QEMU's user needs to open KVM's device (NULL: /dev/kvm). Returns 1 and the group in *ret_gid when it needs one, 0 when
 * it may without, or ERROR_CONFIG_UNSUPPORTED with the reason. uid 0 stands for ourselves. Only looks at the node.
 */
int qemu_kvm_group(const char *path, uid_t uid, gid_t gid, gid_t *ret_gid, Error *error);
