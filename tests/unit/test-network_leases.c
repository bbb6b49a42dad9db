/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/network/network_leases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/network-fixture.h"

/* As dnsmasq 2.90 wrote it. */
static const char *const file = "1795962244 52:54:00:00:00:07 192.168.122.33 nearby 01:52:54:00:00:00:07\n"
                                "0 52:54:00:00:00:08 192.168.122.34 * *\n"
                                "100 52:54:00:00:00:09 192.168.122.35 late *\n"
                                "duid 00:01:00:01:2c:aa:bb:cc:52:54:00:11:22:33\n"
                                "1795962300 7344 fd00:1234::42 six 00:01:00:01:2c:aa:bb:cc:52:54:00:11:22:33\n"
                                "1795962300 7345 fd00:1234::43 * 00:02:00:00:ab:11:0a\n"
                                "nonsense\n"
                                "1795962300 x 300.1.1.1 a b\n";

static void test_parsed(void **state)
{
        _cleanup_(network_def_unrefp) NetworkDef *def = network_read("nat");
        GPtrArray *leases = network_leases_parse(file, def, 1000);
        const NetworkDhcpLease *lease;

        assert_int_equal(leases->len, 4);
        lease = leases->pdata[0];
        assert_string_equal(lease->interface, "virbr0");
        assert_int_equal(lease->expiry, 1795962244);
        assert_int_equal(lease->type, NETWORK_ADDRESS_IPV4);
        assert_string_equal(lease->mac, "52:54:00:00:00:07");
        assert_string_equal(lease->ip, "192.168.122.33");
        assert_int_equal(lease->prefix, 24);
        assert_string_equal(lease->hostname, "nearby");
        assert_string_equal(lease->client_id, "01:52:54:00:00:00:07");
        lease = leases->pdata[1];
        assert_int_equal(lease->expiry, 0);
        assert_string_equal(lease->hostname, "");
        lease = leases->pdata[2];
        assert_int_equal(lease->type, NETWORK_ADDRESS_IPV6);
        assert_string_equal(lease->mac, "52:54:00:11:22:33");
        assert_string_equal(lease->iaid, "7344");
        assert_string_equal(lease->ip, "fd00:1234::42");
        assert_int_equal(lease->prefix, 64);
        lease = leases->pdata[3];
        assert_string_equal(lease->mac, "");
        g_ptr_array_unref(leases);
}

int main(void)
{
        const struct CMUnitTest tests[] = { cmocka_unit_test(test_parsed) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
