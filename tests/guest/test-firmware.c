/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Machines with the host's UEFI firmware: chosen at define time, with a store of variables of their own. */

#include "tests/guest/world.h"

#include <string.h>
#include <sys/stat.h>

static char *replace(const char *text, const char *from, const char *to)
{
        g_auto(GStrv) parts = g_strsplit(text, from, 2);

        assert_int_equal(g_strv_length(parts), 2);
        return g_strjoinv(to, parts);
}

/* The world's machine, on a board that the host's firmware is for. */
static char *efi_machine(const char *name)
{
        g_autofree char *plain = world_machine(name, NULL, NULL);

        return replace(plain, "<os>", "<os firmware='efi'>");
}

static void need_firmware(void)
{
        if (access("/usr/share/qemu/firmware", F_OK) < 0) {
                print_message("no UEFI firmware is installed\n");
                skip();
        }
}

static void test_efi(void **state)
{
        World *world = *state;
        g_autofree char *xml = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        struct stat st, template;
        Domain *domain;

        need_firmware();
        xml = efi_machine("uefi");
        domain = world_define(world, xml);
        def = domain_get_config(domain);
        assert_non_null(def->os.loader);
        assert_int_equal(def->os.loader_type, DOMAIN_LOADER_PFLASH);
        assert_non_null(def->os.nvram_template);
        assert_true(g_str_has_prefix(def->os.nvram, world->paths.state));
        assert_true(g_str_has_suffix(def->os.nvram, "/uefi_VARS.fd"));
        assert_int_equal(stat(def->os.nvram, &st), -1);

        assert_int_equal(world_start(world, domain, 0), 0);
        assert_int_equal(stat(def->os.nvram, &st), 0);
        assert_int_equal(stat(def->os.nvram_template, &template), 0);
        assert_int_equal(st.st_size, template.st_size);
        assert_int_equal(st.st_mode & 0777, 0600);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);

        /* The store belongs to the machine, whoever runs it, until the machine goes. */
        assert_int_equal(world_start(world, domain, 0), 0);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
        assert_int_equal(world_do_flags(world, domain, qemu_undefine, DOMAIN_UNDEFINE_NVRAM), 0);
        assert_int_equal(stat(def->os.nvram, &st), -1);
}

static void test_none(void **state)
{
        World *world = *state;
        g_autofree char *efi = NULL, *xml = NULL;
        Domain *domain;

        need_firmware();
        efi = efi_machine("uefi");
        xml = replace(efi, "machine='q35'", "machine='isapc'");
        assert_true(world_try_define(world, xml, &domain) < 0);
        assert_int_equal(world->code, ERROR_OPERATION_FAILED);
        assert_non_null(strstr(world->text, "Unable to find 'efi' firmware"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_efi, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_none, world_setup, world_teardown),
        };

        world_require_qemu();
        return cmocka_run_group_tests(tests, NULL, NULL);
}
