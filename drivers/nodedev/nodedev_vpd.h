/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Vital product data of a PCI device, as its file "vpd" in /sys has them: PCI Local Bus Specification 3.0, appendix I.
 * What a device says there is a stranger's.
 */

#include "drivers/model/nodedev_def.h"

/* What is longer than that, libvirt does not read either. */
#define NODEDEV_VPD_BYTES_MAX 32768

/* False, and nothing in part, when it breaks the format or its checksum is wrong. part gets its type, too. */
bool nodedev_vpd_parse(const uint8_t *data, size_t size, Arena *arena, NodeDevPart *part);
