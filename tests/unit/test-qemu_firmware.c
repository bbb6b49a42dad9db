/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_firmware.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef struct Fixture {
        char *root, *first, *second;
        const char *dirs[4];
} Fixture;

static void make_descriptor(const char *dir, const char *name, const char *loader, const char *nvram,
                            const char *machine, const char *features)
{
        g_autofree char *path = g_build_filename(dir, name, NULL);
        g_autofree char *nvram_text = nvram ? g_strdup_printf(",\"nvram-template\":{\"filename\":\"%s\","
                                                              "\"format\":\"raw\"}",
                                                              nvram)
                                            : g_strdup(",\"mode\":\"stateless\"");
        g_autofree char *text = g_strdup_printf(
                "{\"description\":\"x\",\"interface-types\":[\"uefi\"],\"mapping\":{\"device\":\"flash\","
                "\"executable\":{\"filename\":\"%s\",\"format\":\"raw\"}%s},\"targets\":[{\"architecture\":"
                "\"x86_64\",\"machines\":[\"%s\"]}],\"features\":[%s],\"tags\":[]}",
                loader, nvram_text, machine, features);

        assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void make_text(const char *dir, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(dir, name, NULL);

        assert_true(g_file_set_contents(path, text, -1, NULL));
}

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->root = g_dir_make_tmp("test-firmware-XXXXXX", NULL);
        f->first = g_build_filename(f->root, "etc", NULL);
        f->second = g_build_filename(f->root, "usr", NULL);
        assert_int_equal(g_mkdir(f->first, 0700), 0);
        assert_int_equal(g_mkdir(f->second, 0700), 0);
        f->dirs[0] = "/nowhere";
        f->dirs[1] = f->first;
        f->dirs[2] = f->second;
        make_descriptor(f->second, "40-secure.json", "/fw/secure", "/fw/secure-vars", "pc-q35-*",
                        "\"requires-smm\",\"secure-boot\"");
        make_descriptor(f->second, "50-plain.json", "/fw/plain", "/fw/plain-vars", "pc-q35-*", "");
        make_descriptor(f->second, "60-old.json", "/fw/old", "/fw/old-vars", "pc-i440fx-*", "");
        make_descriptor(f->second, "70-stateless.json", "/fw/stateless", NULL, "pc-q35-*", "");
        make_text(f->second, "10-broken.json", "{\"mapping\": [");
        make_text(f->second, "11-shape.json", "{\"targets\":[7],\"mapping\":{\"device\":\"flash\"}}");
        make_text(f->second, "12-pathless.json", "{\"targets\":[],\"mapping\":{\"device\":\"memory\"}}");
        make_text(f->second, "13-kernel.json",
                  "{\"targets\":[],\"mapping\":{\"device\":\"kernel\",\"filename\":\"/fw/kernel\"}}");
        make_text(f->second, "14-mode.json",
                  "{\"targets\":[],\"mapping\":{\"device\":\"flash\",\"mode\":\"new\",\"executable\":"
                  "{\"filename\":\"/fw/new\",\"format\":\"raw\"}}}");
        make_text(f->second, "15-bios.json",
                  "{\"targets\":[],\"interface-types\":[\"bios\"],\"mapping\":"
                  "{\"device\":\"memory\",\"filename\":\"/fw/bios\"}}");
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;
        const char *const argv[] = { "rm", "-rf", f->root, NULL };

        assert_true(g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL,
                                 NULL, NULL));
        g_free(f->root);
        g_free(f->first);
        g_free(f->second);
        g_free(f);
        return 0;
}

static void assert_order(Fixture *f, const char *const *executables)
{
        _cleanup_(firmwares_clear) Firmwares firmwares = {};

        qemu_firmwares_read(f->dirs, &firmwares);
        assert_int_equal(firmwares.n, g_strv_length((char **) executables));
        for (size_t i = 0; i < firmwares.n; i++)
                assert_string_equal(firmwares.items[i].executable, executables[i]);
}

/* Descriptors that are none are left out. */
static void test_read(void **state)
{
        Fixture *f = *state;
        _cleanup_(firmwares_clear) Firmwares firmwares = {};
        const Firmware *secure, *bios, *stateless;

        assert_order(f, (const char *const[]) { "/fw/bios", "/fw/secure", "/fw/plain", "/fw/old", "/fw/stateless",
                                                NULL });
        qemu_firmwares_read(f->dirs, &firmwares);
        bios = firmwares.items;
        assert_int_equal(bios->device, FIRMWARE_MEMORY);
        assert_int_equal(bios->features, FIRMWARE_BIOS);
        secure = firmwares.items + 1;
        assert_int_equal(secure->device, FIRMWARE_FLASH);
        assert_int_equal(secure->mode, FIRMWARE_SPLIT);
        assert_int_equal(secure->features, FIRMWARE_UEFI | FIRMWARE_SECURE_BOOT | FIRMWARE_REQUIRES_SMM);
        assert_string_equal(secure->nvram, "/fw/secure-vars");
        assert_string_equal(secure->nvram_format, "raw");
        assert_true(firmware_suits_machine(secure, "x86_64", "pc-q35-7.2"));
        assert_false(firmware_suits_machine(secure, "i686", "pc-q35-7.2"));
        stateless = firmwares.items + 4;
        assert_int_equal(stateless->mode, FIRMWARE_STATELESS);
        assert_null(stateless->nvram);
}

/* The administrator's directory goes first, and an empty file there hides one of the packages. */
static void test_order(void **state)
{
        Fixture *f = *state;

        make_text(f->first, "40-secure.json", "");
        make_descriptor(f->first, "50-plain.json", "/fw/mine", "/fw/my-vars", "pc-q35-*", "");
        make_descriptor(f->first, "99-last.json", "/fw/last", "/fw/my-vars", "pc-q35-*", "");
        assert_order(f, (const char *const[]) { "/fw/bios", "/fw/mine", "/fw/old", "/fw/stateless", "/fw/last",
                                                NULL });
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_read, setup, teardown),
                cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
