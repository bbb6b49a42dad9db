/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* IPv4 and IPv6 addresses, networks and ranges, as numbers. Names are not looked up. */

#include "service/base/util.h"

typedef struct IpAddress {
        bool v6;
        uint8_t bytes[16]; /* network order; of IPv4 the first 4 */
} IpAddress;

/* IPV4 or IPV6 text; nothing else. Returns 0 or -EINVAL. */
int ip_address_parse(const char *text, IpAddress *ret);
/* "01.002.3.4" without what would make it octal elsewhere. Free with g_free(). */
char *ip_address_strip_zeroes(const char *text);
/* The canonical text. Free with g_free(). */
char *ip_address_to_string(const IpAddress *address);

static inline unsigned ip_address_bits(const IpAddress *address)
{
        return address->v6 ? 128 : 32;
}

/* Less than, equal to or greater than 0; IPv4 comes before IPv6. */
int ip_address_compare(const IpAddress *a, const IpAddress *b);
/* Both within one network of the prefix; false for different families. */
bool ip_address_same_network(const IpAddress *a, const IpAddress *b, unsigned prefix);
/* The first address of its network. */
IpAddress ip_address_network(const IpAddress *address, unsigned prefix);
/* The last one: of IPv4 the broadcast address. */
IpAddress ip_address_last(const IpAddress *address, unsigned prefix);
bool ip_address_is_any(const IpAddress *address);
/* The number of addresses from a to b, both counted; UINT64_MAX when there are more. 0 when b is before a. */
uint64_t ip_address_range_size(const IpAddress *a, const IpAddress *b);
/* The next one; the last one's is the first. */
IpAddress ip_address_next(const IpAddress *address);

/* The prefix of an address used as a netmask: 255.255.255.0 gives 24. -EINVAL for one with holes. */
int ip_address_netmask_prefix(const IpAddress *mask);
/* What an address has as prefix when nothing is said: its class's, 64 for IPv6. */
unsigned ip_address_default_prefix(const IpAddress *address);
