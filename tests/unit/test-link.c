/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * A real tap device on a real bridge, in a network namespace of the test's own; iproute2 says what the kernel has of
 * it.
 */

#include "drivers/host/link.h"

#include "drivers/model/domain_def.h"
#include "drivers/qemu/qemu_tap.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PLACE "/domain/devices/interface[1]"

static char *run(const char *line)
{
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        char *out = NULL;
        g_autofree char *err = NULL;
        int status = -1;

        if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, NULL) || status != 0)
                fail_msg("%s: %s", line, err);
        return out;
}

static void expect(const char *line, const char *text)
{
        g_autofree char *out = run(line);

        if (!strstr(out, text))
                fail_msg("'%s' is not in what '%s' says: %s", text, line, out);
}

static int open_tap_on(const char *bridge, char **ret_name)
{
        const TapConfig config = { .bridge = bridge, .mac = "52:54:00:01:02:03", .n_queues = 1 };
        _cleanup_error_ Error error = ERROR_INIT;
        int fd;

        if (tap_open(&config, PLACE, &fd, ret_name, &error) < 0)
                fail_msg("%s", error.detail);
        return fd;
}

/* The first interface of a definition with that in it. */
static DomainDef *parse(const char *content)
{
        g_autofree char *xml = g_strdup_printf("<domain type='qemu'><name>x</name><memory>65536</memory><os>"
                                               "<type arch='x86_64'>hvm</type></os><devices><interface type='ethernet'>"
                                               "%s</interface></devices></domain>",
                                               content);
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *def = NULL;

        if (domain_def_parse(xml, strlen(xml), 0, NULL, &def, &error) < 0)
                fail_msg("%s", error.detail);
        return def;
}

static void test_addresses(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(
                "<source><ip address='192.168.123.1' family='ipv4' prefix='32' peer='10.0.0.10'/>"
                "<ip address='fd77::1' family='ipv6' prefix='64'/>"
                "<route family='ipv4' address='192.168.222.0' prefix='24' gateway='10.0.0.10'/></source>");
        g_autofree char *name = NULL;
        _unused_ _cleanup_close_ int fd = open_tap_on(NULL, &name);
        _cleanup_error_ Error error = ERROR_INIT;

        if (link_set_addresses(name, def->interfaces.items[0]->rare, PLACE, &error) < 0)
                fail_msg("%s", error.detail);
        expect("ip -4 addr show dev vnet0", "192.168.123.1 peer 10.0.0.10/32");
        expect("ip -6 addr show dev vnet0", "fd77::1/64");
        expect("ip route show", "192.168.222.0/24 via 10.0.0.10 dev vnet0");
}

static void test_isolated(void **state)
{
        _unused_ g_autofree char *made = run("ip link add br7 type bridge");
        g_autofree char *name = NULL;
        _unused_ _cleanup_close_ int fd = open_tap_on("br7", &name);
        _cleanup_error_ Error error = ERROR_INIT;

        if (link_isolate(name, PLACE, &error) < 0)
                fail_msg("%s", error.detail);
        expect("bridge -d link show dev vnet0", "isolated on");
}

static void check_vlans(void)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse(
                "<vlan trunk='yes'><tag id='42' nativeMode='untagged'/><tag id='43'/></vlan>");
        g_autofree char *name = NULL;
        _unused_ _cleanup_close_ int fd = open_tap_on("br8", &name);
        _cleanup_error_ Error error = ERROR_INIT;

        if (link_set_vlans(name, def->interfaces.items[0]->rare->vlan, PLACE, &error) < 0)
                fail_msg("%s", error.detail);
        expect("bridge vlan show dev vnet0", "42 PVID Egress Untagged");
        expect("bridge vlan show dev vnet0", "43");
}

static void test_vlans(void **state)
{
        const char *const argv[] = { "ip", "link", "add", "br8", "type", "bridge", "vlan_filtering", "1", NULL };
        int status = -1;

        (void) g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                            NULL, NULL, &status, NULL);
        if (status != 0) {
                print_message("skipped: the kernel's bridges do not filter VLANs\n");
                skip();
        }
        check_vlans();
}

static void test_coalesce(void **state)
{
        g_autofree char *name = NULL;
        _unused_ _cleanup_close_ int fd = open_tap_on(NULL, &name);
        _cleanup_error_ Error error = ERROR_INIT;

        if (link_set_coalesce(name, 7, PLACE, &error) < 0)
                fail_msg("%s", error.detail);
        error_clear(&error);
        assert_true(link_set_coalesce("nothing", 7, PLACE, &error) < 0);
        assert_non_null(strstr(error.detail, PLACE ": cannot set the coalescing of 'nothing'"));
}

static int enter_namespace(void **state)
{
        if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0 || access("/dev/net/tun", R_OK | W_OK) < 0) {
                print_message("this needs root, and a network namespace with tap devices\n");
                exit(77);
        }
        return 0;
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_addresses),
                cmocka_unit_test(test_isolated),
                cmocka_unit_test(test_vlans),
                cmocka_unit_test(test_coalesce),
        };

        return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
