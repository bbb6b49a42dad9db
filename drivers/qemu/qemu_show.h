/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "drivers/qemu/qemu_files.h"

/*
 * The files of a machine under their own names, none of them opened, for a command line that people read. def is as
 * qemu_live_prepare() left it; tls_dir is where the host's certificates are, or NULL.
 */
QemuFiles *qemu_show_files(const DomainDef *def, const char *tls_dir);
