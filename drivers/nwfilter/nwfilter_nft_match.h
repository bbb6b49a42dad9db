/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a rule matches on, as nftables says it. */

#include "drivers/nwfilter/nwfilter_ruleset.h"

/*
 * Appends all matches of the rule, each with a blank behind, but state and number of connections; those that say which
 * protocol it is as well. reversed: of the answers, whose source is the destination.
 */
int nwfilter_nft_match(const NwfilterFlatRule *rule, bool reversed, GString *out, Error *error);

/* Whether the rule looks at what a frame carries, as iptables does: tcp, all and their likes. */
bool nwfilter_nft_is_packet(const NwfilterFlatRule *rule);
bool nwfilter_nft_is_ipv6(NwfilterProtocol protocol);

/* "filter 'web': rule/tcp/@dscp: " and the text. Returns negative. */
int nwfilter_nft_refuse(const NwfilterFlatRule *rule, const char *attribute, ErrorCode code, Error *error,
                        const char *format, ...) G_GNUC_PRINTF(5, 6);
