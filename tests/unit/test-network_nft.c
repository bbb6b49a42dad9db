/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Rules as they are written, and as the kernel takes them in a network namespace of the test's own. */

#include "drivers/network/network_nft.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/network-fixture.h"

static void check(const char *name)
{
        _cleanup_(network_def_unrefp) NetworkDef *def = network_read(name);
        g_autofree char *rules = network_nft_rules(def), *golden = g_strdup_printf("network/%s.nft", name);

        golden_compare(golden, rules);
}

static void test_written(void **state)
{
        check("nat");
        check("isolated");
        check("routed");
}

static void test_open(void **state)
{
        _cleanup_(network_def_unrefp) NetworkDef *def =
                network_parse("<network><name>a</name><forward mode='open'/><bridge name='b'/>"
                              "<ip address='10.0.0.1' prefix='8'/></network>");

        assert_null(network_nft_rules(def));
        assert_int_equal(network_nft_apply(def, NULL), 0);
}

static void apply(const char *name)
{
        _cleanup_(network_def_unrefp) NetworkDef *def = network_read(name);
        _cleanup_error_ Error error = ERROR_INIT;

        /* again, in place of the first ones */
        for (unsigned i = 0; i < 2; i++)
                if (network_nft_apply(def, &error) < 0)
                        fail_msg("%s: %s", name, strempty(error.detail));
        network_nft_remove(def->bridge.name);
        network_nft_remove(def->bridge.name);
}

static void test_taken(void **state)
{
        if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
                print_message("skipped: this needs root, and a network namespace\n");
                skip();
        }
        apply("nat");
        apply("isolated");
        apply("routed");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_written),
                cmocka_unit_test(test_open),
                cmocka_unit_test(test_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
