/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files of what is neither a disk nor a network interface; see qemu_files.h. Blocks: for workers. */

#include "drivers/qemu/qemu_files.h"

int qemu_files_open_devices(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error);

/* qemu_files_hostdev.c: devices of the host, which no other machine gets meanwhile. */
int qemu_files_open_hostdevs(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error);
