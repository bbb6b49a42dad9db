/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The addresses that dnsmasq has lent, as its file has them (lease_update_file() in its lease.c). */

#include "drivers/model/network.h"

/*
 * The leases in the text, of NetworkDhcpLease, of the network's addresses; those that have run out at now (seconds
 * since the epoch) and lines that are none are left out. The caller's.
 */
GPtrArray *network_leases_parse(const char *text, const NetworkDef *def, int64_t now);
