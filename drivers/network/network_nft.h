/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a network lets through, as rules of nftables: a table of its own for each network, "inet virtbus_virbr0", which
 * comes and goes as a whole. Whatever else filters on the host has its say as well.
 */

#include "drivers/model/network_def.h"
#include "service/base/error.h"

/*
 * As nft(8) reads it, free with g_free(); NULL for a network that filters nothing. The bridge has its name, and
 * network_check_start() has seen it.
 */
char *network_nft_rules(const NetworkDef *def);

/*
 * Both block: for the one worker of networks (drivers/host/nft.h). apply puts the rules in place of those that there
 * are, in one go.
 */
int network_nft_apply(const NetworkDef *def, Error *error);
void network_nft_remove(const char *bridge);
