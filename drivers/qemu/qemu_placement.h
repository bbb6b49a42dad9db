/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Where a machine goes whose definition leaves that to the host (placement='auto'). */

#include "drivers/model/domain_def.h"

/*
 * As few nodes of the host as have the memory and the processors, the emptiest first; *def is replaced by one that
 * names them. Nothing when the definition says itself where. root is "/" or where a test has /sys and /proc. Reads only
 * what the kernel answers from memory.
 */
int qemu_placement_choose(const char *root, DomainDef **def, Error *error);
