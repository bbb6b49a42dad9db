/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The pretended server of DHCP. */

#include "drivers/model/network_port_def.h"
#include "drivers/model/network.h"

/*
 * Lends the port an address of each family that the network's definition has for it: that of its host, or the first of
 * a range that is free. Nothing when there is none.
 */
void test_lease_give(Network *network, const NetworkPortDef *port);
