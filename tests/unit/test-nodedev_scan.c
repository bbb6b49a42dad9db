/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs in a host that umockdev makes of tests/golden/nodedev/host.umockdev. */
#include "drivers/nodedev/nodedev_scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/golden.h"

/* Each is sealed and read again, so what is made obeys the format. */
static void add_text(const NodedevFound *found, GString *out)
{
        _cleanup_(nodedev_def_unrefp) NodeDevDef *again = NULL;
        g_autofree char *text = NULL, *text_again = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        if (nodedev_def_seal(found->def, NULL, &error) < 0)
                fail_msg("%s: %s", found->path, error.detail);
        text = nodedev_def_format(found->def, 0);
        if (nodedev_def_parse(text, strlen(text), DEFINITION_PARSE_LIVE, NULL, &again, &error) < 0)
                fail_msg("%s: %s", found->path, error.detail);
        text_again = nodedev_def_format(again, 0);
        assert_string_equal(text_again, text);
        g_string_append(out, text);
}

static void test_all(void **state)
{
        g_autoptr(GString) out = g_string_new(NULL);
        g_autoptr(GPtrArray) found = NULL;
        NodedevFound *computer;

        assert_int_equal(nodedev_scan_all(&found, NULL), 0);
        /* what the real firmware says is no file of umockdev's, and is no part of what is expected */
        computer = found->pdata[0];
        assert_string_equal(computer->def->name, NODEDEV_COMPUTER);
        for (guint i = 1; i < found->len; i++)
                add_text(found->pdata[i], out);
        golden_compare("nodedev/host.xml", out->str);
}

/* What is not listed has been found, too: as nothing. */
static void test_places(void **state)
{
        static char link[] = "/sys/class/net/wlo7", gone[] = "/sys/class/net/none";
        static char loop[] = "/sys/devices/virtual/block/loop7";
        char *const paths[] = { link, gone, loop, NULL };
        g_autoptr(GPtrArray) all = NULL;
        NodedevFound **found;

        assert_int_equal(nodedev_scan_paths(paths, &all, NULL), 0);
        assert_int_equal(all->len, 3);
        found = (NodedevFound **) all->pdata;
        assert_string_equal(found[0]->path, "/sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/net/wlo7");
        assert_string_equal(found[0]->def->name, "net_wlo7_52_54_00_00_00_07");
        assert_string_equal(found[1]->path, gone);
        assert_null(found[1]->def);
        assert_string_equal(found[2]->path, loop);
        assert_null(found[2]->def);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_all),
                cmocka_unit_test(test_places),
        };

        if (!g_str_has_prefix(strempty(g_getenv("LD_PRELOAD")), "libumockdev-preload")) {
                fprintf(stderr, "skipped: it runs within umockdev-run (tools/lib/packages install test)\n");
                return 77;
        }
        return cmocka_run_group_tests(tests, NULL, NULL);
}
