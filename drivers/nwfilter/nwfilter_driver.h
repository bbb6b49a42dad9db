/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The part of a driver that has network filters, which outlive the daemon, and their bindings to the taps of machines,
 * which outlive it until the next boot, as the rules in the kernel do.
 */

#include "drivers/part.h"

extern const PartInfo nwfilter_part_info;
