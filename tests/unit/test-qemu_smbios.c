/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_smbios.h"

#include "service/base/util.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void put(const char *root, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(root, "sys/class/dmi/id", name, NULL);

        assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int setup(void **state)
{
        char *root = g_dir_make_tmp("test-smbios-XXXXXX", NULL);
        g_autofree char *dir = g_build_filename(root, "sys/class/dmi/id", NULL);

        assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
        *state = root;
        return 0;
}

static int teardown(void **state)
{
        g_autofree char *root = *state, *command = g_strdup_printf("rm -rf '%s'", root);

        return system(command);
}

static DomainDef *parse(const char *mode)
{
        g_autofree char *xml = g_strdup_printf(
                "<domain type='qemu'><name>x</name><memory>65536</memory><os><type arch='x86_64'>hvm</type>%s</os>"
                "<sysinfo type='smbios'><bios><entry name='vendor'>own</entry></bios></sysinfo>"
                "<sysinfo type='fwcfg'><entry name='opt/a'>b</entry></sysinfo></domain>", mode);
        DomainDef *def = NULL;

        assert_int_equal(domain_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
        return def;
}

/* The machine's firmware says what the host's says, but has its own identity. */
static void test_host(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse("<smbios mode='host'/>");
        g_autofree char *text = NULL;

        put(*state, "bios_vendor", "Maker\n");
        put(*state, "sys_vendor", "Builder\n");
        put(*state, "product_uuid", "7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a0001\n");
        put(*state, "product_serial", "S, 1\n");
        put(*state, "board_name", "Board\n");
        put(*state, "chassis_asset_tag", "Tag\n");
        assert_int_equal(qemu_smbios_choose(*state, &def, NULL), 0);
        assert_int_equal(def->os.smbios, DOMAIN_SMBIOS_SYSINFO);
        assert_int_equal(def->sysinfo.n, 2);
        text = domain_def_format(def, 0);
        assert_non_null(strstr(text, "<entry name='vendor'>Maker</entry>"));
        assert_non_null(strstr(text, "<entry name='serial'>S, 1</entry>"));
        assert_non_null(strstr(text, "<entry name='product'>Board</entry>"));
        assert_non_null(strstr(text, "<entry name='asset'>Tag</entry>"));
        assert_non_null(strstr(text, "opt/a"));
        assert_null(strstr(text, "own"));
        assert_null(strstr(text, "0c6b5f9a0001"));
}

static void test_nothing_to_say(void **state)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = parse("<smbios mode='host'/>"),
                                               *other = parse("<smbios mode='sysinfo'/>"),
                                               *before = domain_def_ref(other);
        _cleanup_error_ Error error = ERROR_INIT;

        assert_true(qemu_smbios_choose(*state, &def, &error) < 0);
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
        assert_int_equal(qemu_smbios_choose(*state, &other, NULL), 0);
        assert_ptr_equal(other, before);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_host, setup, teardown),
                cmocka_unit_test_setup_teardown(test_nothing_to_say, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
