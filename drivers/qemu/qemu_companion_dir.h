/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The directory, in that of a machine, in which one of its companions makes a socket that QEMU connects to by
 * "/proc/self/fd/N/socket". It belongs to the companion's user. Blocks: for workers.
 */

#include "drivers/qemu/qemu_files.h"

#define QEMU_COMPANION_SOCKET "socket"

/*
 * id is that among the files, and the directory's name. *ret_ready_fd is that of a plan: readable when the socket is
 * made; the caller's. The directory is the program's working directory.
 */
int qemu_companion_dir_make(QemuFiles *files, QemuProgram *program, const char *id, const QemuFilesConfig *config,
                            int *ret_ready_fd, Error *error);
/* One that is somebody else's, for QEMU alone. */
int qemu_companion_dir_open(QemuFiles *files, const char *id, const char *dir, const char *place, Error *error);
