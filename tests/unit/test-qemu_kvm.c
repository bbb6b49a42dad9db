/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static void test_missing(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;
        gid_t gid = 7;

        assert_true(qemu_kvm_group("/nowhere/kvm", 1000, 1000, &gid, &error) < 0);
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(error.detail, "/domain/@type: KVM cannot be used"));
        assert_non_null(strstr(error.detail, "/nowhere/kvm"));
        assert_int_equal(gid, 7);
}

/* Modes decide, so a file can stand for the device. */
static void test_modes(void **state)
{
        static const struct {
                mode_t mode;
                uid_t owner;
                gid_t group;
                int r; /* 2: refused */
        } cases[] = {
                { 0666, 0, 0, 0 },
                { 0660, 0, 107, 1 },
                { 0640, 0, 107, 2 },
                { 0600, 0, 107, 2 },
                { 0660, 0, 0, 2 },
                { 0600, 1000, 0, 0 },
                { 0060, 1000, 107, 2 },
                { 0660, 0, 1001, 0 },
        };
        g_autofree char *path = NULL;
        int fd;

        if (geteuid() != 0) {
                print_message("only root can give files away\n");
                skip();
        }
        fd = g_file_open_tmp("test-kvm-XXXXXX", &path, NULL);
        assert_true(fd >= 0);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                gid_t gid = 7;
                int r;

                assert_int_equal(fchown(fd, cases[i].owner, cases[i].group), 0);
                assert_int_equal(fchmod(fd, cases[i].mode), 0);
                r = qemu_kvm_group(path, 1000, 1001, &gid, NULL);
                if (r < 0 ? cases[i].r != 2 : r != cases[i].r)
                        fail_msg("case %zu: %d", i, r);
                assert_int_equal(gid, r == 1 ? cases[i].group : 7);
                assert_int_equal(qemu_kvm_group(path, 0, 0, &gid, NULL), 0);
        }
        close(fd);
        (void) unlink(path);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_missing),
                cmocka_unit_test(test_modes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
