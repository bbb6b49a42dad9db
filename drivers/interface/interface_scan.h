/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The network interfaces that the kernel has, in libvirt's format. */

#include "drivers/model/interface_def.h"

typedef struct InterfaceFound {
        InterfaceDef *def; /* sealed */
        bool up;           /* the administrator wants it to be */
} InterfaceFound;

/*
 * InterfaceFound of all that are Ethernet's or the loopback: tunnels and the like are none that the format knows.
 * Blocks: for workers. Free with g_ptr_array_unref().
 */
int interface_scan(GPtrArray **ret, Error *error);
