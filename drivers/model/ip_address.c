/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/ip_address.h"

#include <arpa/inet.h>
#include <string.h>

int ip_address_parse(const char *text, IpAddress *ret)
{
        IpAddress address = {};

        if (inet_pton(AF_INET, text, address.bytes) != 1) {
                if (inet_pton(AF_INET6, text, address.bytes) != 1)
                        return -EINVAL;
                address.v6 = true;
        }
        *ret = address;
        return 0;
}

char *ip_address_strip_zeroes(const char *text)
{
        GString *out = g_string_new(NULL);

        for (const char *p = text; *p; p++) {
                bool first = out->len == 0 || out->str[out->len - 1] == '.';

                if (*p != '0' || !first || !g_ascii_isdigit(p[1]))
                        g_string_append_c(out, *p);
        }
        return g_string_free(out, FALSE);
}

char *ip_address_to_string(const IpAddress *address)
{
        char text[INET6_ADDRSTRLEN];

        g_assert(inet_ntop(address->v6 ? AF_INET6 : AF_INET, address->bytes, text, sizeof(text)));
        return g_strdup(text);
}

int ip_address_compare(const IpAddress *a, const IpAddress *b)
{
        if (a->v6 != b->v6)
                return a->v6 - b->v6;
        return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/* Bits behind the prefix become all 0 or all 1. */
static IpAddress fill(const IpAddress *address, unsigned prefix, bool ones)
{
        IpAddress result = *address;

        for (unsigned i = 0; i < ip_address_bits(address) / 8; i++) {
                unsigned kept = prefix >= (i + 1) * 8 ? 8 : prefix > i * 8 ? prefix - i * 8 : 0;
                uint8_t mask = (uint8_t) (0xff << (8 - kept));

                result.bytes[i] = (uint8_t) (ones ? result.bytes[i] | ~mask : result.bytes[i] & mask);
        }
        return result;
}

IpAddress ip_address_network(const IpAddress *address, unsigned prefix)
{
        return fill(address, prefix, false);
}

IpAddress ip_address_last(const IpAddress *address, unsigned prefix)
{
        return fill(address, prefix, true);
}

bool ip_address_same_network(const IpAddress *a, const IpAddress *b, unsigned prefix)
{
        IpAddress x = ip_address_network(a, prefix), y = ip_address_network(b, prefix);

        return ip_address_compare(&x, &y) == 0;
}

bool ip_address_is_any(const IpAddress *address)
{
        static const uint8_t zero[16];

        return memcmp(address->bytes, zero, sizeof(zero)) == 0;
}

uint64_t ip_address_range_size(const IpAddress *a, const IpAddress *b)
{
        uint64_t difference = 0;
        int borrow = 0;
        uint8_t bytes[16];

        if (a->v6 != b->v6 || ip_address_compare(a, b) > 0)
                return 0;
        for (int i = (int) ip_address_bits(a) / 8 - 1; i >= 0; i--) {
                int d = b->bytes[i] - a->bytes[i] - borrow;

                borrow = d < 0;
                bytes[i] = (uint8_t) (d + (borrow ? 256 : 0));
        }
        for (unsigned i = 0; i < ip_address_bits(a) / 8; i++) {
                if (difference >> 56)
                        return UINT64_MAX;
                difference = difference << 8 | bytes[i];
        }
        return difference == UINT64_MAX ? UINT64_MAX : difference + 1;
}

IpAddress ip_address_next(const IpAddress *address)
{
        IpAddress next = *address;

        for (int i = (int) ip_address_bits(address) / 8 - 1; i >= 0; i--)
                if (++next.bytes[i] != 0)
                        break;
        return next;
}

int ip_address_netmask_prefix(const IpAddress *mask)
{
        int prefix = 0, bits = (int) ip_address_bits(mask);

        while (prefix < bits && mask->bytes[prefix / 8] & (0x80 >> (prefix % 8)))
                prefix++;
        for (int i = prefix; i < bits; i++)
                if (mask->bytes[i / 8] & (0x80 >> (i % 8)))
                        return -EINVAL;
        return prefix;
}

unsigned ip_address_default_prefix(const IpAddress *address)
{
        if (address->v6)
                return 64;
        if (address->bytes[0] < 128)
                return 8;
        if (address->bytes[0] < 192)
                return 16;
        return address->bytes[0] < 224 ? 24 : 32;
}
