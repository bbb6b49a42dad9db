/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Network interfaces of the host, a part of a driver of machines: what the kernel has, kept current by netlink. They
 * are brought up and taken down. Their configuration belongs to the host's own service (NetworkManager,
 * systemd-networkd, ifupdown), so there are no definitions. The section "interface" of the configuration has no
 * settings.
 */

#include "drivers/part.h"

extern const PartInfo interface_part_info;
