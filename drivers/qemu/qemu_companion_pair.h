/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Companions that speak with QEMU on a pair of sockets, and get theirs with the option --fd. */

#include "drivers/qemu/qemu_files.h"

/*
 * Adds the companion to the files, and QEMU's socket as the file "ALIAS-socket". *ret stays theirs; *ret_fd is that
 * socket, likewise.
 */
int qemu_companion_pair(QemuFiles *files, QemuCompanionKind kind, const char *alias, const char *path,
                        const char *place, const QemuFilesConfig *config, QemuCompanionPlan **ret, int *ret_fd,
                        Error *error);
