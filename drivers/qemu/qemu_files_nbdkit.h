/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Images that QEMU's own client cannot have, since it is given neither passwords nor keys: those of a server of SSH.
 * The program nbdkit(1), a companion, logs in and serves the image to QEMU. It reads password and key from
 * descriptors, in memory: they are in no argument, no environment and no file. Part of qemu_files.c.
 */

#include "drivers/qemu/qemu_files.h"

int qemu_files_open_nbdkit(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error);
