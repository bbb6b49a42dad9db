/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Machines with the host's UEFI firmware: chosen at define time, with a store of variables of their own. */

#include "tests/guest/linux.h"

#include "drivers/host/image.h"

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

/* A machine that boots Linux by the host's firmware. */
static char *efi_linux(const char *name, const char *os, const char *features)
{
        g_autofree char *plain = linux_machine(name, "efi=runtime", NULL, NULL);
        g_autofree char *firmware = replace(plain, "<os>", "<os firmware='efi'>");
        g_autofree char *more = g_strconcat("</type>", os, NULL), *with_os = replace(firmware, "</type>", more);

        return replace(with_os, "<features>", features);
}

#define VARIABLE "/v/VirtbusTest-12345678-9abc-def0-1234-56789abcdef0"
#define MOUNT "\nmkdir /v; mount -t efivarfs none /v\n"

static void stop(World *world, Domain *domain, Line *line)
{
        line_send(line, "\npoweroff -f\n");
        world_expect(world, "uefi:event stopped");
        line_close(line);
}

static void boot_again(World *world, Domain *domain, Line *line, uint32_t flags)
{
        assert_int_equal(world_start(world, domain, DOMAIN_START_PAUSED | flags), 0);
        line_open(line, world, domain, NULL);
        assert_int_equal(world_do(world, domain, qemu_resume), 0);
        line_expect(line, LINUX_BANNER);
        line_send(line, "\necho rea''dy\n");
        line_expect(line, "ready\r");
        line_send(line, MOUNT);
        world_forget(world);
}

/* What the guest writes into its firmware is there after a restart, until somebody resets it. */
static void check_variables(World *world, const char *os, bool qcow2)
{
        g_autofree char *xml = efi_linux("uefi", os, "<features>");
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_(image_info_clear) ImageInfo info = {};
        _cleanup_close_ int fd = -EBADF;
        Domain *domain;
        Line line;

        domain = linux_boot(world, xml, &line);
        line_send(&line, MOUNT "printf '\\007\\0\\0\\0kept' >" VARIABLE " && echo writ''ten\n");
        line_expect(&line, "written\r");
        stop(world, domain, &line);
        def = domain_get_config(domain);
        assert_int_equal(def->features.smm, TRISTATE_ABSENT);
        fd = open(def->os.nvram, O_RDONLY | O_CLOEXEC);
        assert_true(fd >= 0);
        assert_int_equal(image_read_qcow2(fd, &info, NULL) >= 0, qcow2);

        boot_again(world, domain, &line, 0);
        line_send(&line, "tail -c 4 " VARIABLE "; echo e''nd\n");
        line_expect(&line, "keptend\r");
        stop(world, domain, &line);
        boot_again(world, domain, &line, DOMAIN_START_RESET_NVRAM);
        line_send(&line, "tail -c 4 " VARIABLE "; echo e''nd\n");
        line_expect(&line, "end\r");
        assert_false(line_has(&line, "kept"));
        stop(world, domain, &line);
}

#define NO_SECURE_BOOT "<firmware><feature enabled='no' name='secure-boot'/></firmware>"

static void test_variables(void **state)
{
        need_firmware();
        check_variables(*state, NO_SECURE_BOOT, false);
}

static void test_qcow2(void **state)
{
        need_firmware();
        check_variables(*state, NO_SECURE_BOOT "<nvram templateFormat='raw' format='qcow2'/>", true);
}

static void run(const World *world, const char *line)
{
        g_auto(GStrv) argv = NULL;
        int status = -1;

        assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
        assert_true(g_spawn_sync(world->dir, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
        assert_int_equal(status, 0);
}

/* A store on a server has what the guest wrote. */
static void test_served_store(void **state)
{
        /* the beginning of the variable's name, as firmware writes it */
        static const char name[] = "V\0i\0r\0t\0b\0u\0s\0T\0e\0s\0t";
        World *world = *state;
        g_autofree char *plain = NULL, *xml = NULL, *path = g_build_filename(world->dir, "store", NULL), *data = NULL;
        Domain *domain;
        gsize size = 0;
        Line line;

        need_firmware();
        plain = linux_machine("uefi", "efi=runtime", NULL, NULL);
        xml = replace(plain, "</type>", "</type><loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd"
                                        "</loader><nvram type='network'><source protocol='nbd' name='store'>"
                                        "<host name='127.0.0.1' port='10812'/></source></nvram>");
        run(world, "cp /usr/share/OVMF/OVMF_VARS_4M.fd store");
        run(world, "qemu-nbd --fork --pid-file=nbd.pid -t -f raw -x store -b 127.0.0.1 -p 10812 store");
        domain = linux_boot(world, xml, &line);
        line_send(&line, MOUNT "printf '\\007\\0\\0\\0kept' >" VARIABLE " && echo writ''ten\n");
        line_expect(&line, "written\r");
        stop(world, domain, &line);
        run(world, "sh -c 'kill $(cat nbd.pid)'");
        assert_true(g_file_get_contents(path, &data, &size, NULL));
        assert_non_null(memmem(data, size, name, sizeof(name)));
        assert_true(world_start(world, domain, DOMAIN_START_RESET_NVRAM) < 0);
        assert_non_null(strstr(world->text, "/domain/os/nvram: a store on a server is not reset"));
}

/* Firmware that checks what it starts, in a machine with SMM: without keys it takes all, and says so. */
static void test_secure_boot(void **state)
{
        World *world = *state;
        g_autofree char *xml = efi_linux("uefi", "<firmware><feature enabled='no' name='enrolled-keys'/>"
                                                 "<feature enabled='yes' name='secure-boot'/></firmware>",
                                         "<features>");
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Domain *domain;
        Line line;

        need_firmware();
        domain = linux_boot(world, xml, &line);
        def = domain_get_config(domain);
        assert_int_equal(def->features.smm, TRISTATE_ON);
        assert_int_equal(def->os.loader_secure, TRISTATE_YES);
        assert_true(strstr(def->os.loader, "secboot"));
        line_send(&line, MOUNT "od -An -tx1 /v/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c; echo e''nd\n");
        line_expect(&line, "end\r");
        assert_true(line_has(&line, " 06 00 00 00 01"));
        stop(world, domain, &line);
}

/* A definition that was written without us: its firmware is chosen for each start. */
static void test_open_choice(void **state)
{
        World *world = *state;
        g_autofree char *anonymous = efi_machine("uefi"), *xml = NULL, *file = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        Domain *domain;

        need_firmware();
        xml = replace(anonymous, "</name>", "</name><uuid>7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a0042</uuid>");
        world_close(world);
        file = g_build_filename(world->paths.config, "qemu", "uefi.xml", NULL);
        assert_true(g_file_set_contents(file, xml, -1, NULL));
        world_open(world);
        domain = world_find(world, "uefi");
        assert_non_null(domain);
        def = domain_get_config(domain);
        assert_null(def->os.loader);
        if (world_start(world, domain, 0) < 0)
                fail_msg("%s", world->text);
        assert_non_null(domain->live->os.loader);
        assert_true(g_str_has_suffix(domain->live->os.nvram, "/uefi_VARS.fd"));
        assert_int_equal(access(domain->live->os.nvram, F_OK), 0);
        assert_int_equal(world_do_flags(world, domain, qemu_destroy, 0), 0);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_efi, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_none, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_open_choice, world_setup, world_teardown),
        };
        const struct CMUnitTest linux_tests[] = {
                cmocka_unit_test_setup_teardown(test_variables, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_qcow2, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_served_store, world_setup, world_teardown),
                cmocka_unit_test_setup_teardown(test_secure_boot, world_setup, world_teardown),
        };
        int r;

        world_require_qemu();
        r = cmocka_run_group_tests(tests, NULL, NULL);
        if (r != 0)
                return r;
        linux_require();
        return cmocka_run_group_tests(linux_tests, NULL, NULL);
}
