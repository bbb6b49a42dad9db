/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Configurations as they are written, and as dnsmasq itself reads them. */

#include "drivers/network/network_dnsmasq.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/network-fixture.h"

#define DNSMASQ "/usr/sbin/dnsmasq"

static void check(const char *name)
{
        _cleanup_(network_def_unrefp) NetworkDef *def = network_read(name);
        g_autofree char *golden = g_strdup_printf("network/%s.dnsmasq", name), *all = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        NetworkDnsmasq dnsmasq;

        assert_true(network_dnsmasq_is_needed(def));
        if (network_dnsmasq_write(def, "/run/x", &dnsmasq, &error) < 0)
                fail_msg("%s", error.detail);
        all = g_strdup_printf("%s-- hosts\n%s-- addresses\n%s", dnsmasq.config, dnsmasq.hosts, dnsmasq.addresses);
        golden_compare(golden, all);
        network_dnsmasq_clear(&dnsmasq);
}

static void test_written(void **state)
{
        check("nat");
        check("isolated");
        check("routed");
}

static void read_back(const char *name)
{
        _cleanup_(network_def_unrefp) NetworkDef *def = network_read(name);
        g_autofree char *dir = g_dir_make_tmp("virtbus-dnsmasq-XXXXXX", NULL), *path = NULL, *said = NULL;
        g_autofree char *option = NULL;
        const char *argv[] = { DNSMASQ, "--test", NULL, NULL };
        NetworkDnsmasq dnsmasq;
        int status = -1;

        assert_int_equal(network_dnsmasq_write(def, dir, &dnsmasq, NULL), 0);
        path = g_build_filename(dir, NETWORK_DNSMASQ_CONFIG, NULL);
        assert_true(g_file_set_contents(path, dnsmasq.config, -1, NULL));
        option = g_strconcat("--conf-file=", path, NULL);
        argv[2] = option;
        assert_true(g_spawn_sync(NULL, (char **) argv, NULL, 0, NULL, NULL, NULL, &said, &status, NULL));
        if (status != 0)
                fail_msg("%s: %s", name, said);
        (void) g_unlink(path);
        (void) g_rmdir(dir);
        network_dnsmasq_clear(&dnsmasq);
}

static void test_read_back(void **state)
{
        if (access(DNSMASQ, X_OK) < 0) {
                print_message("skipped: dnsmasq-base is not installed\n");
                skip();
        }
        read_back("nat");
        read_back("isolated");
        read_back("routed");
}

/* No value becomes an option of its own. */
static void assert_refused(const char *content, const char *part)
{
        g_autofree char *xml = g_strdup_printf("<network><name>a</name><bridge name='b'/>%s</network>", content);
        _cleanup_(network_def_unrefp) NetworkDef *def = network_parse(xml);
        _cleanup_error_ Error error = ERROR_INIT;
        NetworkDnsmasq dnsmasq;

        assert_true(network_dnsmasq_write(def, "/run/x", &dnsmasq, &error) < 0);
        if (!strstr(error.detail, part))
                fail_msg("%s", error.detail);
}

static void test_refused(void **state)
{
        assert_refused("<domain name='a#b'/>", "/network/domain/@name: 'a#b'");
        assert_refused("<dns><host ip='10.0.0.9'><hostname>a b</hostname></host></dns>", "/network/dns/host/hostname");
        assert_refused("<ip address='10.0.0.1' prefix='8'><tftp root='/srv,x'/></ip>", "/network/ip/tftp/@root");
}

static void test_not_needed(void **state)
{
        _cleanup_(network_def_unrefp) NetworkDef *bare = network_parse("<network><name>a</name></network>");
        _cleanup_(network_def_unrefp) NetworkDef *silent =
                network_parse("<network><name>a</name><dns enable='no'/><ip address='10.0.0.1' prefix='8'/></network>");
        _cleanup_(network_def_unrefp) NetworkDef *foreign =
                network_parse("<network><name>a</name><forward mode='bridge'/><bridge name='br0'/></network>");

        assert_false(network_dnsmasq_is_needed(bare));
        assert_false(network_dnsmasq_is_needed(silent));
        assert_false(network_dnsmasq_is_needed(foreign));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_written),
                cmocka_unit_test(test_read_back),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_not_needed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
