/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Shared directories on the host: those that QEMU serves itself (9p), those that virtiofsd serves, and sockets of
 * somebody else's server. All of it blocks: for workers.
 */

#include "drivers/qemu/qemu_files.h"

/* Opens the directory as "fs0-dir", or the socket of its server as "fs0-socket", and plans the server. */
int qemu_files_open_fs(QemuFiles *files, const DomainDef *def, const DomainFs *fs, const QemuFilesConfig *config,
                       Error *error);
