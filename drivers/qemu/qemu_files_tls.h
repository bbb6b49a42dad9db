/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Certificates: part of qemu_files.c. */

#include "drivers/qemu/qemu_files.h"

/*
 * Where the machine speaks TLS: copies of the host's certificates and keys that only QEMU's user can read, in
 * directories of the machine's own directory. QEMU's names of the files are those of the host.
 */
int qemu_files_open_tls(QemuFiles *files, const DomainDef *def, const QemuFilesConfig *config, Error *error);
