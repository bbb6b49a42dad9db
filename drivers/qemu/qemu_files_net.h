/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The host's end of network cards, as descriptors "net0-fd0", "net0-vhost0" and so on, one for each queue. */

#include "drivers/qemu/qemu_files.h"

int qemu_files_open_interface(QemuFiles *files, const DomainDef *def, const DomainInterface *interface, Error *error);
/* The name of the host's interface, borrowed; NULL when there is none. */
const char *qemu_files_interface(const QemuFiles *files, const DomainInterface *interface);
