/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Devices of the host, a part of a driver of machines: found by libudev in the background when it is opened, and kept
 * current by its events, or by the kernel's where no udevd runs. Definitions of mediated devices are mdevctl's files.
 * The section "nodedev" of the configuration has no settings.
 */

#include "drivers/part.h"

extern const PartInfo nodedev_part_info;
