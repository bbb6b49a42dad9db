/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/backup_def.h"

#include "drivers/model/def_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "tests/unit/moment-fixture.h"

/* The aligned definition, or the sentence that says why it cannot be. */
static char *align(const char *xml)
{
        _cleanup_(domain_def_unrefp) DomainDef *domain = moment_fixture();
        _cleanup_(backup_def_freep) BackupDef *def = NULL;
        _cleanup_error_ Error error = ERROR_INIT;

        if (backup_def_parse(xml, strlen(xml), &def, &error) < 0 ||
            backup_def_align(def, domain, "now", &error) < 0)
                return error_message(&error);
        return backup_def_format(def);
}

static void assert_aligned(const char *xml, const char *expected)
{
        g_autofree char *text = align(xml);

        assert_string_equal(text, expected);
}

static void assert_refused(const char *xml, const char *part)
{
        g_autofree char *text = align(xml);

        if (!strstr(text, part))
                fail_msg("'%s' is not in '%s'", part, text);
}

static void test_table(void **state)
{
        g_autofree char *text = NULL;

        if (!def_type_check(&backup_def_type, &text))
                fail_msg("%s", text);
        for (int i = 1; i < _BACKUP_MODE_MAX; i++)
                assert_int_equal(backup_mode_from_string(backup_mode_to_string(i)), i);
        for (int i = 1; i < _BACKUP_DISK_MODE_MAX; i++)
                assert_int_equal(backup_disk_mode_from_string(backup_disk_mode_to_string(i)), i);
        for (int i = 1; i < _BACKUP_TRANSPORT_MAX; i++)
                assert_int_equal(backup_transport_from_string(backup_transport_to_string(i)), i);
}

/* What a definition becomes before there is a domain. */
static void test_forms(void **state)
{
        static const char *const forms[][2] = {
                { "<domainbackup/>", "<domainbackup mode='push'/>\n" },
                { "<domainbackup mode='pull'><disks><disk name='a' backup='no' type='block' backupmode='full' "
                  "exportname='e'><driver type='qcow2'/><scratch dev='/d'/></disk>"
                  "<disk name='b'><driver type='qcow2'><metadata_cache><max_size unit='KiB'>4</max_size>"
                  "</metadata_cache></driver><scratch file='/s'/></disk>"
                  "<disk name='c'><driver type='raw'><metadata_cache><max_size>0</max_size></metadata_cache></driver>"
                  "</disk></disks></domainbackup>",
                  "<domainbackup mode='pull'>\n  <disks>\n    <disk name='a' backup='no'/>\n"
                  "    <disk name='b' backup='yes' type='file'>\n      <driver type='qcow2'>\n"
                  "        <metadata_cache>\n          <max_size unit='bytes'>4096</max_size>\n"
                  "        </metadata_cache>\n      </driver>\n      <scratch file='/s'/>\n    </disk>\n"
                  "    <disk name='c' backup='yes' type='file'>\n      <driver type='raw'/>\n    </disk>\n"
                  "  </disks>\n</domainbackup>\n" },
        };

        for (unsigned i = 0; i < ELEMENTSOF(forms); i++) {
                _cleanup_(backup_def_freep) BackupDef *def = NULL;
                g_autofree char *text = NULL;

                assert_int_equal(backup_def_parse(forms[i][0], strlen(forms[i][0]), &def, NULL), 0);
                text = backup_def_format(def);
                assert_string_equal(text, forms[i][1]);
        }
}

static void test_push(void **state)
{
        assert_aligned("<domainbackup><incremental>c1</incremental><disks>"
                       "<disk name='vda' type='file'><driver type='raw'/><target file='/b/root'/></disk>"
                       "<disk name='vdb' type='block' backupmode='full'><target dev='/dev/b'/></disk>"
                       "<disk name='vdc' backup='no'/></disks></domainbackup>",
                       "<domainbackup mode='push'>\n"
                       "  <incremental>c1</incremental>\n"
                       "  <disks>\n"
                       "    <disk name='vda' backup='yes' type='file' backupmode='incremental' incremental='c1'>\n"
                       "      <driver type='raw'/>\n"
                       "      <target file='/b/root'/>\n"
                       "    </disk>\n"
                       "    <disk name='vdb' backup='yes' type='block' backupmode='full'>\n"
                       "      <target dev='/dev/b'/>\n"
                       "    </disk>\n"
                       "    <disk name='vdc' backup='no'/>\n"
                       "    <disk name='hda' backup='no'/>\n"
                       "    <disk name='vdd' backup='no'/>\n"
                       "  </disks>\n"
                       "</domainbackup>\n");
}

static void test_pull(void **state)
{
        assert_aligned("<domainbackup mode='pull'><server name='localhost' port='10809' tls='yes'/><disks>"
                       "<disk name='vda' exportname='root' exportbitmap='map' incremental='c2'>"
                       "<scratch file='/s/root'/></disk></disks></domainbackup>",
                       "<domainbackup mode='pull'>\n"
                       "  <server transport='tcp' tls='yes' name='localhost' port='10809'/>\n"
                       "  <disks>\n"
                       "    <disk name='vda' backup='yes' type='file' backupmode='incremental' incremental='c2' "
                       "exportname='root' exportbitmap='map'>\n"
                       "      <scratch file='/s/root'/>\n"
                       "    </disk>\n"
                       "    <disk name='vdb' backup='no'/>\n"
                       "    <disk name='hda' backup='no'/>\n"
                       "    <disk name='vdc' backup='no'/>\n"
                       "    <disk name='vdd' backup='no'/>\n"
                       "  </disks>\n"
                       "</domainbackup>\n");
}

static void test_names_are_made(void **state)
{
        g_autofree char *text = align("<domainbackup><disks><disk name='vda'/></disks></domainbackup>");

        assert_non_null(strstr(text, "<target file='/images/root.qcow2.now'/>"));
        assert_refused("<domainbackup><disks><disk name='vdb'/></disks></domainbackup>", "refusing to generate");
        /* every disk is meant, and one of them is no file */
        assert_refused("<domainbackup/>", "refusing to generate file name for disk 'vdb'");
}

static void test_refused(void **state)
{
        assert_refused("<domainbackup mode='sideways'/>", "sideways");
        assert_refused("<domainbackup><server name='h'/></domainbackup>", "requires pull mode");
        assert_refused("<domainbackup mode='pull'><server transport='unix' socket='s'/></domainbackup>",
                       "must be absolute");
        assert_refused("<domainbackup mode='pull'><server transport='unix' socket='/s' tls='yes'/></domainbackup>",
                       "TLS");
        assert_refused("<domainbackup><disks><disk name='vda' exportname='x'/></disks></domainbackup>",
                       "pull mode");
        assert_refused("<domainbackup><disks><disk name='vda' type='network'/></disks></domainbackup>",
                       "unsupported disk backup type 'network'");
        assert_refused("<domainbackup><disks><disk name='vda' backupmode='incremental'/></disks></domainbackup>",
                       "requires setting 'incremental'");
        assert_refused("<domainbackup><disks><disk name='vda'/><disk name='vda'/></disks></domainbackup>",
                       "specified twice");
        assert_refused("<domainbackup><disks><disk name='hda'/></disks></domainbackup>", "without a medium");
        assert_refused("<domainbackup><disks><disk name='sdq'/></disks></domainbackup>", "no disk named 'sdq'");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_table),
                cmocka_unit_test(test_forms),
                cmocka_unit_test(test_push),
                cmocka_unit_test(test_pull),
                cmocka_unit_test(test_names_are_made),
                cmocka_unit_test(test_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
