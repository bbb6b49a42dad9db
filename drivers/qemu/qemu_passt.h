/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The user network passt(1), a companion of the machine for each interface that has it. For workers. */

#include "drivers/qemu/qemu_files.h"

/* Opens QEMU's end as "net0-socket" and plans the program. */
int qemu_files_open_passt(QemuFiles *files, const DomainDef *def, const DomainInterface *interface,
                          const QemuFilesConfig *config, Error *error);
