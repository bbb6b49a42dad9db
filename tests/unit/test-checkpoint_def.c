/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/checkpoint_def.h"

#include "drivers/model/def_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/moment-fixture.h"

static CheckpointDef *parse(const char *xml, bool redefine)
{
        _cleanup_error_ Error error = ERROR_INIT;
        CheckpointDef *def = NULL;

        if (checkpoint_def_parse(xml, strlen(xml), redefine, &def, &error) < 0) {
                g_autofree char *message = error_message(&error);

                fail_msg("%s", message);
        }
        return def;
}

static void assert_refused(const char *xml, bool redefine, const char *part)
{
        Error error = ERROR_INIT;
        CheckpointDef *def = NULL;

        assert_failed(checkpoint_def_parse(xml, strlen(xml), redefine, &def, &error), &error, ERROR_XML_ERROR,
                      part);
        assert_null(def);
}

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&checkpoint_def_type, &text))
                fail_msg("%s", text);
        for (int i = 1; i < _CHECKPOINT_TYPE_MAX; i++)
                assert_int_equal(checkpoint_type_from_string(checkpoint_type_to_string(i)), i);
}

static void test_redefine(void **state)
{
        static const char disks[] = "  <disks>\n"
                                    "    <disk name='vda' checkpoint='bitmap' bitmap='c1'/>\n"
                                    "    <disk name='vdb' checkpoint='no'/>\n"
                                    "  </disks>\n";
        g_autofree char *xml = g_strconcat("<domaincheckpoint>\n  <name>c1</name>\n"
                                           "  <parent>\n    <name>c0</name>\n  </parent>\n"
                                           "  <creationTime>1600000000</creationTime>\n", disks,
                                           "  <domain type='test'>\n    <name>d</name>\n    <os>\n"
                                           "      <type>hvm</type>\n    </os>\n    <devices/>\n  </domain>\n"
                                           "</domaincheckpoint>\n", NULL);
        _cleanup_(checkpoint_def_freep) CheckpointDef *def = parse(xml, true);
        g_autofree char *text = checkpoint_def_format(def, 0), *sized = NULL;

        assert_string_equal(text, xml);
        def_put(def->disks.items[0], size, 65536);
        sized = checkpoint_def_format(def, CHECKPOINT_DEF_FORMAT_NO_DOMAIN | CHECKPOINT_DEF_FORMAT_SIZE);
        assert_non_null(strstr(sized, "bitmap='c1' size='65536'/>"));
        assert_null(strstr(sized, "<domain "));
        assert_refused("<domaincheckpoint><name>c</name></domaincheckpoint>", true, "creationTime");
        assert_refused("<domaincheckpoint><creationTime>1</creationTime></domaincheckpoint>", true, "name");
        assert_refused("<domaincheckpoint><name>c</name><creationTime>1</creationTime><domain><uuid>x</uuid>"
                       "</domain></domaincheckpoint>", true, "missing domain");
}

static void test_new(void **state)
{
        _cleanup_(checkpoint_def_freep) CheckpointDef *def = NULL;
        g_autofree char *text = NULL;

        def = parse("<domaincheckpoint><creationTime>1</creationTime><parent><name>p</name></parent>"
                    "<disks><disk name='vda'/></disks></domaincheckpoint>", false);
        text = checkpoint_def_format(def, 0);
        assert_string_equal(text, "<domaincheckpoint>\n"
                                  "  <disks>\n"
                                  "    <disk name='vda' checkpoint='bitmap'/>\n"
                                  "  </disks>\n"
                                  "</domaincheckpoint>\n");
        assert_refused("<domaincheckpoint><disks><disk name='a' checkpoint='no' bitmap='b'/></disks>"
                       "</domaincheckpoint>", false, "requires type='bitmap'");
}

static char *align(const char *disks)
{
        _cleanup_(domain_def_unrefp) DomainDef *domain = moment_fixture();
        g_autofree char *xml = g_strdup_printf("<domaincheckpoint><name>c</name>%s</domaincheckpoint>", disks);
        _cleanup_(checkpoint_def_freep) CheckpointDef *def = parse(xml, false);
        _cleanup_error_ Error error = ERROR_INIT;

        if (checkpoint_def_align(def, domain, &error) < 0)
                return error_message(&error);
        return checkpoint_def_format(def, 0);
}

static void test_align(void **state)
{
        g_autofree char *all = align(""), *one = align("<disks><disk name='vdb' bitmap='mine'/></disks>"),
                        *missing = align("<disks><disk name='sda'/></disks>"),
                        *empty = align("<disks><disk name='hda'/></disks>");

        assert_string_equal(all, "<domaincheckpoint>\n"
                                 "  <name>c</name>\n"
                                 "  <disks>\n"
                                 "    <disk name='vda' checkpoint='bitmap' bitmap='c'/>\n"
                                 "    <disk name='vdb' checkpoint='bitmap' bitmap='c'/>\n"
                                 "    <disk name='hda' checkpoint='no'/>\n"
                                 "    <disk name='vdc' checkpoint='no'/>\n"
                                 "    <disk name='vdd' checkpoint='bitmap' bitmap='c'/>\n"
                                 "  </disks>\n"
                                 "</domaincheckpoint>\n");
        assert_non_null(strstr(one, "<disk name='vda' checkpoint='no'/>"));
        assert_non_null(strstr(one, "<disk name='vdb' checkpoint='bitmap' bitmap='mine'/>"));
        assert_non_null(strstr(missing, "no disk named 'sda'"));
        assert_non_null(strstr(empty, "disk 'hda' is empty or readonly"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_redefine),
                cmocka_unit_test(test_new),
                cmocka_unit_test(test_align),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
