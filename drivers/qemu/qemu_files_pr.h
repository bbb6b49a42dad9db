/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Who makes persistent reservations of SCSI disks for the guest: part of qemu_files.c. */

#include "drivers/qemu/qemu_files.h"

/*
 * Plans the machine's own helper, when a disk wants a managed one, and opens the directories of the sockets of others.
 * The helper is QEMU's user with the right to send any command to a disk, and checks what QEMU asks of it.
 */
int qemu_files_open_reservations(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error);
