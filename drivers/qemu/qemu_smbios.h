/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A machine whose firmware tells what the host's does (<smbios mode='host'>). */

#include "drivers/model/domain_def.h"

/*
 * What the host's firmware says of itself, the system, the board and the chassis, but for the system's UUID, which is
 * the machine's own; *def is replaced by one that has it in <sysinfo>. Nothing for another mode. root is "/" or where a
 * test has /sys. Reads only what the kernel answers from memory. ERROR_CONFIG_UNSUPPORTED when the host says nothing.
 */
int qemu_smbios_choose(const char *root, DomainDef **def, Error *error);
