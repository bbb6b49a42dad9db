/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What becomes of filters: their text, and whether the kernel takes it, in a network namespace of the test's own. */

#include "drivers/nwfilter/nwfilter_nft.h"

#include "drivers/host/nft.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/golden.h"

#define BINDING(filter, more)                                                                       \
        "<filterbinding><owner><name>web</name><uuid>5c6d49af-b071-6127-b4ec-6f8ed4b55335</uuid></owner>" \
        "<portdev name='vnet0'/><mac address='52:54:00:00:00:07'/><filterref filter='" filter "'>" more   \
        "</filterref></filterbinding>"
#define VALUES                                                                                      \
        "<parameter name='PORT' value='80'/><parameter name='PORT' value='0x1bb'/>"                 \
        "<parameter name='NET' value='10.1.0.0'/><parameter name='NET' value='10.2.0.0'/>"          \
        "<parameter name='DHCPSERVER' value='10.0.0.1'/><parameter name='DHCPSERVERV6' value='fe80::1'/>" \
        "<parameter name='IPV6' value='fd00::7'/><parameter name='GATEWAY_MAC' value='52:54:00:00:00:01'/>"

static void add(ObjectList *list, const char *xml)
{
        _cleanup_(nwfilter_def_unrefp) NwfilterDef *parsed = NULL, *def = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        NWFilter *filter = NULL;

        if (nwfilter_def_parse(xml, strlen(xml), DEFINITION_PARSE_VALIDATE, NULL, &parsed, &error) < 0 ||
            nwfilter_def_normalize(parsed, &def, &error) < 0 || nwfilter_list_add(list, def, &filter, &error) < 0)
                fail_msg("%s", strempty(error.detail));
        filter->object.published = true;
}

static void add_file(ObjectList *list, const char *name)
{
        g_autofree char *file = g_strdup_printf("nwfilter/%s.xml", name), *xml = golden_read(file, NULL);

        add(list, xml);
}

/* Those that are installed are the ones that users have. */
static GPtrArray *add_predefined(ObjectList *list)
{
        const char *path = g_getenv("NWFILTER_DIR");
        g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
        GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
        const char *name;

        assert_non_null(dir);
        while ((name = g_dir_read_name(dir))) {
                g_autofree char *file = g_build_filename(path, name, NULL), *xml = NULL;

                if (!g_str_has_suffix(name, ".xml"))
                        continue;
                assert_true(g_file_get_contents(file, &xml, NULL, NULL));
                add(list, xml);
                g_ptr_array_add(names, g_strndup(name, strlen(name) - 4));
        }
        assert_true(names->len > 20);
        return names;
}

static char *rules(const ObjectList *list, const char *binding, Error *error)
{
        _cleanup_(nwfilter_binding_def_unrefp) NwfilterBindingDef *def = NULL;
        _cleanup_(nwfilter_ruleset_freep) NwfilterRuleset *set = NULL;
        char *text = NULL;

        assert_true(nwfilter_binding_def_parse(binding, strlen(binding), 0, NULL, &def, NULL) >= 0);
        if (nwfilter_ruleset_new(list, NULL, def, &set, error) >= 0)
                (void) nwfilter_nft_rules(set, &text, error);
        return text;
}

static char *rules_of(const ObjectList *list, const char *filter)
{
        g_autofree char *start = g_strdup_printf(BINDING("%s", VALUES), filter);
        _cleanup_error_ Error error = ERROR_INIT;
        char *text = rules(list, start, &error);

        if (!text)
                fail_msg("%s: %s", filter, strempty(error.detail));
        return text;
}

static void expect_error(const ObjectList *list, const char *binding, const char *part)
{
        _cleanup_error_ Error error = ERROR_INIT;

        assert_null(rules(list, binding, &error));
        if (!strstr(strempty(error.detail), part))
                fail_msg("'%s' does not say '%s'", strempty(error.detail), part);
}

static void check(const ObjectList *list, const char *filter)
{
        g_autofree char *golden = g_strdup_printf("nwfilter/%s.nft", filter), *text = rules_of(list, filter);

        golden_compare(golden, text);
}

static void test_written(void **state)
{
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, NULL, NULL);
        g_autoptr(GPtrArray) _unused_ names = add_predefined(list);

        add_file(list, "frames");
        add_file(list, "packets");
        check(list, "frames");
        check(list, "packets");
        check(list, "clean-traffic");
}

static void test_dhcp(void **state)
{
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, NULL, NULL);
        g_autofree char *text = NULL;

        add(list, "<filter name='own'><rule action='drop' direction='out'>"
                  "<ip match='no' srcipaddr='$IP'/></rule></filter>");
        text = rules(list, BINDING("own", "<parameter name='CTRL_IP_LEARNING' value='DHCP'/>"
                                          "<parameter name='DHCPSERVER' value='10.0.0.1'/>"), NULL);
        golden_compare("nwfilter/dhcp.nft", text);
        expect_error(list, BINDING("own", "<parameter name='CTRL_IP_LEARNING' value='none'/>"), "variables");
        expect_error(list, BINDING("own", "<parameter name='CTRL_IP_LEARNING' value='x'/>"), "CTRL_IP_LEARNING");
        expect_error(list, BINDING("own", "<parameter name='IP' value='drop'/>"), "rule/ip/@srcipaddr: 'drop'");
        expect_error(list, BINDING("own", "<parameter name='IP' value='fe80::1'/>"), "'fe80::1' is no value");
        expect_error(list, BINDING("none", ""), "referenced filter 'none' is missing");
}

static void test_refused(void **state)
{
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, NULL, NULL);

        add(list, "<filter name='set'><rule action='drop' direction='in'>"
                  "<all ipset='a' ipsetflags='src'/></rule></filter>");
        add(list, "<filter name='own'><rule action='drop' direction='in'><arp gratuitous='true'/></rule></filter>");
        add(list, "<filter name='two'><rule action='drop' direction='in'>"
                  "<tcp srcipaddr='$A' srcportstart='$B'/></rule></filter>");
        expect_error(list, BINDING("set", ""), "rule/all/@ipset: nftables cannot match on sets of iptables");
        expect_error(list, BINDING("own", ""), "rule/arp/@gratuitous");
        expect_error(list, BINDING("two", "<parameter name='A' value='10.0.0.1'/>"), "variables");
        expect_error(list, BINDING("two", "<parameter name='A' value='10.0.0.1'/><parameter name='B' value='1'/>"
                                          "<parameter name='B' value='2'/>"), "gone through together");
        expect_error(list, BINDING("two", "<parameter name='A' value='10.0.0.1'/><parameter name='B' value='1a'/>"),
                     "rule/tcp/@srcportstart: '1a'");
}

static void apply(const ObjectList *list, const char *filter, bool tracks)
{
        g_autofree char *text = rules_of(list, filter), *listed = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        if (!tracks && (nwfilter_nft_tracks(text) || nwfilter_nft_rejects(text))) {
                print_message("%s: not tried, since this kernel follows no connections through bridges\n", filter);
                return;
        }
        /* again, in place of the first ones */
        for (unsigned i = 0; i < 2; i++)
                if (nft_run(text, filter, &error) < 0)
                        fail_msg("%s: %s\n%s", filter, strempty(error.detail), text);
        listed = nft_ask("list table bridge virtbus_nwfilter_vnet0", true);
        assert_non_null(listed);
        assert_non_null(strstr(listed, "\"vnet0\""));
        nft_remove_table("bridge", "virtbus_nwfilter_vnet0");
        nft_remove_table("bridge", "virtbus_nwfilter_vnet0");
}

static void test_taken(void **state)
{
        _cleanup_(object_list_freep) ObjectList *list = object_list_new(NULL, NULL, NULL);
        g_autoptr(GPtrArray) names = add_predefined(list);
        bool tracks;

        if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0) {
                print_message("skipped: this needs root, and a network namespace\n");
                skip();
        }
        tracks = nft_would_run("add table bridge t\nadd chain bridge t c { type filter hook prerouting priority 0; }\n"
                               "add rule bridge t c ct state new\n");
        add_file(list, "frames");
        add_file(list, "packets");
        apply(list, "frames", tracks);
        apply(list, "packets", tracks);
        for (guint i = 0; i < names->len; i++)
                apply(list, names->pdata[i], tracks);
}

static void test_words(void **state)
{
        for (NwfilterLearning i = 1; i < _NWFILTER_LEARN_MAX; i++)
                assert_int_equal(nwfilter_learning_from_string(nwfilter_learning_to_string(i)), i);
        assert_int_equal(nwfilter_learning_from_string("some"), -EINVAL);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_words),
                cmocka_unit_test(test_written),
                cmocka_unit_test(test_dhcp),
                cmocka_unit_test(test_refused),
                cmocka_unit_test(test_taken),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
