/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The host's end of network cards, as descriptors "net0-fd0", "net0-vhost0" and so on, one for each queue. */

#include "drivers/qemu/qemu_files.h"

/*
 * Also plans what is to be done to it once it is there: limits of its traffic, the definition's script. One whose
 * packets go to another process has a socket instead, "net0-socket", or the directory of it, "net0-dir".
 */
int qemu_files_open_interface(QemuFiles *files, const DomainDef *def, const DomainInterface *interface,
                              const QemuFilesConfig *config, Error *error);
/* Adds the errands that set the limits of its traffic anew, or end them. Blocks. */
int qemu_files_change_bandwidth(QemuFiles *files, const DomainDef *def, const DomainInterface *interface,
                                const QemuPrograms *programs, Error *error);
/* The programs that are to be run when a machine has ended: of QemuProgram, the caller's. */
GPtrArray *qemu_files_farewell(const DomainDef *def);
/* The name of the host's interface, borrowed; NULL when there is none. */
const char *qemu_files_interface(const QemuFiles *files, const DomainInterface *interface);
