/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The rules of a binding as a table of nftables, "bridge virtbus_nwfilter_vnet0". Frames from the guest are looked at
 * where they enter the bridge, frames to it where they leave; twice each time, as libvirt does by ebtables and by
 * iptables: what the first chain accepts (of mac, vlan, stp, arp, rarp, ip, ipv6) the second one (of tcp, udp, all and
 * their likes) may still drop. Every value is written as what it is, and what is nothing such is refused by its place.
 */

#include "drivers/nwfilter/nwfilter_ruleset.h"

/* Of the set in the table that has the addresses which the guest was found to have. */
#define NWFILTER_ADDRESS_SET "address"

/* Free with g_free(). */
char *nwfilter_nft_table(const char *port_dev);

/* The commands that put the table in place of the one that there is, or make it. Free with g_free(). */
int nwfilter_nft_rules(const NwfilterRuleset *set, char **ret, Error *error);
/* Whether the commands follow connections, or tell senders: not every kernel does so on bridges. */
bool nwfilter_nft_tracks(const char *commands);
bool nwfilter_nft_rejects(const char *commands);
