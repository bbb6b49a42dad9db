/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/snapshot_def.h"

#include "drivers/model/def_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/moment-fixture.h"

static SnapshotDef *parse(const char *xml, SnapshotDefParseFlags flags)
{
        _cleanup_error_ Error error = ERROR_INIT;
        SnapshotDef *def = NULL;

        if (snapshot_def_parse(xml, strlen(xml), flags, &def, &error) < 0) {
                g_autofree char *message = error_message(&error);

                fail_msg("%s", message);
        }
        return def;
}

static void assert_refused(const char *xml, SnapshotDefParseFlags flags, ErrorCode code, const char *part)
{
        Error error = ERROR_INIT;
        SnapshotDef *def = NULL;

        assert_failed(snapshot_def_parse(xml, strlen(xml), flags, &def, &error), &error, code, part);
        assert_null(def);
}

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&snapshot_def_type, &text))
                fail_msg("%s", text);
        for (int i = 1; i < _SNAPSHOT_STATE_MAX; i++)
                assert_int_equal(snapshot_state_from_string(snapshot_state_to_string(i)), i);
}

/* What is known of a snapshot that there is comes back as it went in. */
static void test_redefine_round_trip(void **state)
{
        static const char xml[] =
                "<domainsnapshot>\n"
                "  <name>before the upgrade</name>\n"
                "  <description>two\nlines</description>\n"
                "  <state>running</state>\n"
                "  <parent>\n"
                "    <name>clean</name>\n"
                "  </parent>\n"
                "  <creationTime>1600000000</creationTime>\n"
                "  <memory snapshot='external' file='/images/ram'/>\n"
                "  <disks>\n"
                "    <disk name='vda' snapshot='external' type='file'>\n"
                "      <driver type='qcow2'/>\n"
                "      <source file='/images/root.2'/>\n"
                "    </disk>\n"
                "    <disk name='vdb' snapshot='no'/>\n"
                "    <disk name='vdc' snapshot='external' type='network'>\n"
                "      <driver type='qcow2'/>\n"
                "      <source protocol='nbd' name='x'>\n"
                "        <host name='h' port='10809'/>\n"
                "      </source>\n"
                "    </disk>\n"
                "  </disks>\n"
                "  <domain type='test'>\n"
                "    <name>d</name>\n"
                "    <memory unit='KiB'>1024</memory>\n"
                "    <os>\n"
                "      <type>hvm</type>\n"
                "    </os>\n"
                "    <devices/>\n"
                "  </domain>\n"
                "  <inactiveDomain type='test'>\n"
                "    <name>d</name>\n"
                "    <os>\n"
                "      <type>hvm</type>\n"
                "    </os>\n"
                "    <devices/>\n"
                "  </inactiveDomain>\n"
                "</domainsnapshot>\n";
        _cleanup_(snapshot_def_freep) SnapshotDef *def = parse(xml, SNAPSHOT_DEF_PARSE_REDEFINE);
        g_autofree char *text = snapshot_def_format(def, NULL, false);

        assert_string_equal(text, xml);
        assert_int_equal(def->state, snapshot_state_of(1));
        assert_string_equal(def->parent, "clean");
        assert_int_equal(def->domain->memory, 1024);
        assert_false(def_is_set(def->inactive_domain, memory));
}

/* Without the flag only the daemon knows when and of what a snapshot is. */
static void test_past_is_not_the_users(void **state)
{
        static const char xml[] = "<domainsnapshot><name>s</name><state>paused</state><creationTime>7</creationTime>"
                                  "<parent><name>p</name></parent><domain type='nonsense'/></domainsnapshot>";
        _cleanup_(snapshot_def_freep) SnapshotDef *def = parse(xml, 0);
        g_autofree char *text = snapshot_def_format(def, "0f6a1f0e-6a4b-4bd0-a3a9-7a4f7f6f1f10", false);

        assert_string_equal(text, "<domainsnapshot>\n"
                                  "  <name>s</name>\n"
                                  "  <domain>\n"
                                  "    <uuid>0f6a1f0e-6a4b-4bd0-a3a9-7a4f7f6f1f10</uuid>\n"
                                  "  </domain>\n"
                                  "</domainsnapshot>\n");
}

static void test_redefine_needs_a_past(void **state)
{
        const SnapshotDefParseFlags redefine = SNAPSHOT_DEF_PARSE_REDEFINE;

        assert_refused("<domainsnapshot><state>running</state></domainsnapshot>", redefine, ERROR_XML_ERROR,
                       "must have a name");
        assert_refused("<domainsnapshot><name>s</name></domainsnapshot>", redefine, ERROR_XML_ERROR,
                       "missing state");
        assert_refused("<domainsnapshot><name>s</name><state>running</state></domainsnapshot>", redefine,
                       ERROR_XML_ERROR, "missing creationTime");
        assert_refused("<domainsnapshot><name>s</name><state>asleep</state></domainsnapshot>", redefine,
                       ERROR_XML_ERROR, "asleep");
        assert_refused("<domainsnapshot><name>s</name><state>running</state><creationTime>1</creationTime>"
                       "<domain type='test'/></domainsnapshot>", redefine, ERROR_XML_ERROR, "name");
}

static void test_memory(void **state)
{
        _cleanup_(snapshot_def_freep) SnapshotDef *def = NULL;
        _cleanup_(snapshot_def_freep) SnapshotDef *off = NULL;

        def = parse("<domainsnapshot><memory file='/m'/></domainsnapshot>", 0);
        assert_int_equal(def->memory, DOMAIN_DISK_SNAPSHOT_EXTERNAL);
        off = parse("<domainsnapshot><name>s</name><state>shutoff</state><creationTime>1</creationTime>"
                    "</domainsnapshot>", SNAPSHOT_DEF_PARSE_REDEFINE);
        assert_int_equal(off->memory, DOMAIN_DISK_SNAPSHOT_NO);
        assert_null(off->domain);
        assert_refused("<domainsnapshot><memory snapshot='internal' file='/m'/></domainsnapshot>", 0,
                       ERROR_XML_ERROR, "requires external");
        assert_refused("<domainsnapshot><memory snapshot='external'/></domainsnapshot>", 0, ERROR_XML_ERROR,
                       "require a filename");
        assert_refused("<domainsnapshot><memory file='m'/></domainsnapshot>", 0, ERROR_XML_ERROR, "absolute");
        assert_refused("<domainsnapshot><memory snapshot='internal'/></domainsnapshot>",
                       SNAPSHOT_DEF_PARSE_OFFLINE, ERROR_XML_ERROR, "disk-only");
}

static void test_disks(void **state)
{
        assert_refused("<domainsnapshot><disks><disk/></disks></domainsnapshot>", 0, ERROR_XML_ERROR, "'name'");
        assert_refused("<domainsnapshot><disks><disk name='a' snapshot='internal'><source file='/x'/></disk>"
                       "</disks></domainsnapshot>", 0, ERROR_CONFIG_UNSUPPORTED, "external snapshot mode");
        assert_refused("<domainsnapshot><disks><disk name='a'><source file='x'/></disk></disks>"
                       "</domainsnapshot>", 0, ERROR_XML_ERROR, "absolute");
        assert_refused("<domainsnapshot><disks><disk name='a'><source file='/x' startupPolicy='optional'/></disk>"
                       "</disks></domainsnapshot>", SNAPSHOT_DEF_PARSE_VALIDATE, ERROR_XML_INVALID_SCHEMA,
                       "startupPolicy");
        assert_refused("<domain/>", 0, ERROR_XML_ERROR, "domainsnapshot");
}

static void test_align(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *domain = moment_fixture();
        _cleanup_(snapshot_def_freep) SnapshotDef *def = NULL;
        g_autofree char *text = NULL;
        Error error = ERROR_INIT;

        def = parse("<domainsnapshot><name>s1</name><disks><disk name='/dev/lot/two' snapshot='no'/>"
                    "</disks></domainsnapshot>", 0);
        assert_int_equal(snapshot_def_align(def, domain, DOMAIN_DISK_SNAPSHOT_EXTERNAL, &error), 0);
        text = snapshot_def_format(def, NULL, false);
        assert_string_equal(text, "<domainsnapshot>\n"
                                  "  <name>s1</name>\n"
                                  "  <disks>\n"
                                  "    <disk name='vda' snapshot='external' type='file'>\n"
                                  "      <driver type='qcow2'/>\n"
                                  "      <source file='/images/root.s1'/>\n"
                                  "    </disk>\n"
                                  "    <disk name='vdb' snapshot='no'/>\n"
                                  "    <disk name='hda' snapshot='no'/>\n"
                                  "    <disk name='vdc' snapshot='no'/>\n"
                                  "    <disk name='vdd' snapshot='no'/>\n"
                                  "  </disks>\n"
                                  "</domainsnapshot>\n");
}

static void assert_misaligned(const char *disks, const char *part)
{
        _cleanup_(domain_def_unrefp) DomainDef *domain = moment_fixture();
        g_autofree char *xml = g_strdup_printf("<domainsnapshot><name>qcow2</name><disks>%s</disks>"
                                               "</domainsnapshot>", disks);
        _cleanup_(snapshot_def_freep) SnapshotDef *def = parse(xml, 0);
        Error error = ERROR_INIT;

        assert_failed(snapshot_def_align(def, domain, DOMAIN_DISK_SNAPSHOT_INTERNAL, &error), &error,
                      ERROR_CONFIG_UNSUPPORTED, part);
}

static void test_misaligned(void **state)
{
        assert_misaligned("<disk name='sdz'/>", "no disk named 'sdz'");
        assert_misaligned("<disk name='vda'/><disk name='/images/root.qcow2'/>", "'vda' specified twice");
        assert_misaligned("<disk name='vdb' snapshot='external'/>", "on a 'block' device");
        assert_misaligned("<disk name='hda' snapshot='external'/>", "without source");
        assert_misaligned("<disk name='vda' snapshot='external'/>", "collision");
}

static void test_names(void **state)
{
        Error error = ERROR_INIT;

        assert_int_equal(moment_name_check("snapshot", "two words", &error), 0);
        assert_failed(moment_name_check("snapshot", "", &error), &error, ERROR_XML_ERROR, "empty");
        assert_failed(moment_name_check("snapshot", "a/b", &error), &error, ERROR_XML_DETAIL, "'/'");
        assert_failed(moment_name_check("checkpoint", ".x", &error), &error, ERROR_XML_DETAIL, "'.'");
        assert_failed(moment_name_check("checkpoint", "a\nb", &error), &error, ERROR_XML_DETAIL, "invalid");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_redefine_round_trip),
                cmocka_unit_test(test_past_is_not_the_users),
                cmocka_unit_test(test_redefine_needs_a_past),
                cmocka_unit_test(test_memory),
                cmocka_unit_test(test_disks),
                cmocka_unit_test(test_align),
                cmocka_unit_test(test_misaligned),
                cmocka_unit_test(test_names),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
