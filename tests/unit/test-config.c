/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/config.h"

#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "service/base/log.h"

static char *write_config(const char *text)
{
        char *path = NULL;
        int fd = g_file_open_tmp("virtbus-config-XXXXXX", &path, NULL);

        assert_true(fd >= 0);
        assert_int_equal(write_all(fd, text, strlen(text)), 0);
        safe_close(fd);
        return path;
}

/* Runs config_load() on a file with the text and more arguments. */
static int load(const char *text, const char *const *more, Config **ret, char **ret_path)
{
        g_autofree char *path = write_config(text);
        g_autofree char *option = g_strdup_printf("--config=%s", path);
        g_autoptr(GPtrArray) argv = g_ptr_array_new();
        int r;

        g_ptr_array_add(argv, (char *) "virtbusd");
        g_ptr_array_add(argv, option);
        for (; more && *more; more++)
                g_ptr_array_add(argv, (char *) *more);
        optind = 0; /* getopt starts anew */
        r = config_load((int) argv->len, (char **) argv->pdata, ret);
        if (ret_path)
                *ret_path = g_steal_pointer(&path);
        else
                (void) unlink(path);
        return r;
}

static void test_defaults(void **state)
{
        _cleanup_(config_freep) Config *config = NULL;

        assert_int_equal(load("", (const char *const[]) { "--system", NULL }, &config, NULL), 1);
        assert_false(config->session);
        assert_string_equal(config->drivers[0], "QEMU");
        assert_string_equal(config->drivers[1], "Test");
        assert_null(config->drivers[2]);
        assert_int_equal(config->libvirt_face, LIBVIRT_FACE_AUTO);
        assert_int_equal(config->authorize_reads, AUTHORIZE_READS_KIND);
        assert_int_equal(config->limits.parked, 16);
        assert_int_equal(config->limits.parked_bytes, 8 * 1024 * 1024);
        assert_true(g_str_has_suffix(config->paths.config, "/virtbus"));
        assert_string_equal(config->paths.run, "/run/virtbus");
}

static void test_file_and_command_line(void **state)
{
        static const char text[] = "[daemon]\nlog=notice qemu:debug\nlibvirt-face=no\ndrivers=Test\n"
                                   "[limits]\njobs=3\n[qemu]\nuser=nobody\n";
        _cleanup_(config_freep) Config *config = NULL;
        g_autofree char *filters = NULL;

        assert_int_equal(load(text,
                              (const char *const[]) { "--session", "--root=/scratch", "--driver=QEMU",
                                                      "--libexec-dir=/x", "--address=unix:path=/y", NULL },
                              &config, NULL),
                         1);
        assert_true(config->session);
        assert_string_equal(config->address, "unix:path=/y");
        assert_string_equal(config->drivers[0], "QEMU");
        assert_null(config->drivers[1]);
        assert_int_equal(config->libvirt_face, LIBVIRT_FACE_NO);
        assert_int_equal(config->limits.jobs, 3);
        assert_int_equal(config->limits.calls, 128);
        assert_string_equal(config_setting(config, "qemu", "user"), "nobody");
        assert_null(config_setting(config, "qemu", "group"));
        assert_null(config_setting(config, "nothing", "group"));
        assert_string_equal(config->paths.config, "/scratch/etc");
        assert_string_equal(config->paths.libexec, "/x");
        filters = log_get_filters();
        assert_string_equal(filters, "notice qemu:debug");
        assert_int_equal(log_set_filters("info"), 0);
}

static void test_what_is_wrong_is_refused(void **state)
{
        static const char *const bad[] = {
                "[daemon]\nlog=loud\n", "[daemon]\nlibvirt-face=perhaps\n", "[limits]\ncalls=many\n",
                "[daemon]\nauthorize-reads=all\n", "[limits]\nparked=-1\n", "[daemon]\nlog-target=printer\n",
                "no section\n",
        };
        Config *config = NULL;

        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_true(load(bad[i], NULL, &config, NULL) < 0);
        assert_true(load("", (const char *const[]) { "--unknown", NULL }, &config, NULL) < 0);
        assert_true(load("", (const char *const[]) { "argument", NULL }, &config, NULL) < 0);
        assert_null(config);
}

static void test_reload_takes_thresholds(void **state)
{
        _cleanup_(config_freep) Config *config = NULL;
        g_autofree char *path = NULL;
        g_autofree char *filters = NULL;

        assert_int_equal(load("[daemon]\nlog=err\n", NULL, &config, &path), 1);
        assert_true(g_file_set_contents(path, "[daemon]\nlog=warning bus:info\n", -1, NULL));
        assert_int_equal(config_reload(config), 0);
        filters = log_get_filters();
        assert_string_equal(filters, "warning bus:info");
        assert_true(g_file_set_contents(path, "[daemon]\nlog=nonsense\n", -1, NULL));
        assert_true(config_reload(config) < 0);
        (void) unlink(path);
        assert_true(config_reload(config) < 0);
        assert_int_equal(log_set_filters("info"), 0);
}

static void test_words(void **state)
{
        for (int i = 0; i < _LIBVIRT_FACE_MAX; i++)
                assert_int_equal(libvirt_face_from_string(libvirt_face_to_string(i)), i);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_defaults),
                cmocka_unit_test(test_file_and_command_line),
                cmocka_unit_test(test_what_is_wrong_is_refused),
                cmocka_unit_test(test_reload_takes_thresholds),
                cmocka_unit_test(test_words),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
