/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What bridges are called. */

#include "drivers/model/network.h"

/*
 * The definition with a name for its bridge, if it has one of its own and does not say: "virbr" and the first number
 * that no network and no interface has; sealed, the caller's. ERROR_INTERNAL, as in libvirt, when another network
 * has the name that it says.
 */
int network_bridge_name_choose(const Network *network, const NetworkDef *def, NetworkDef **ret, Error *error);
