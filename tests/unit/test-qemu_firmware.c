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
        make_text(f->second, "12-bios.json", "{\"targets\":[],\"mapping\":{\"device\":\"memory\"}}");
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

static int choose(Fixture *f, const char *attribute, const char *machine, const char *os,
                  const char *features, DomainDef **ret, Error *error)
{
        g_autofree char *xml = g_strdup_printf(
                        "<domain "
                        "type='qemu'><name>vm</name><uuid>7b0a4f2e-1d1c-4a6e-9f0a-0c6b5f9a00ff</uuid>"
                        "<memory>65536</memory><vcpu>1</vcpu><os%s><type arch='x86_64' "
                        "machine='%s'>hvm</type>%s</os>"
                        "<features>%s</features></domain>",
                        attribute, machine, os, features);
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;

        assert_int_equal(domain_def_parse(xml, strlen(xml), 0, NULL, &def, NULL), 0);
        return qemu_firmware_choose(def, f->dirs, "/nv", ret, error);
}

static void test_choice(void **state)
{
        static const struct {
                const char *machine, *os, *features, *loader, *template;
        } cases[] = {
                { "pc-q35-7.2", "", "", "/fw/secure", "/fw/secure-vars" },
                { "pc-q35-7.2", "", "<smm state='off'/>", "/fw/plain", "/fw/plain-vars" },
                { "pc-q35-7.2", "<loader secure='no'/>", "", "/fw/plain", "/fw/plain-vars" },
                { "pc-q35-7.2", "<loader secure='yes'/>", "", "/fw/secure", "/fw/secure-vars" },
                { "pc-i440fx-7.2", "", "", "/fw/old", "/fw/old-vars" },
                { "pc-q35-7.2", "<loader stateless='yes'/>", "", "/fw/stateless", NULL },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
                bool secure = streq(cases[i].loader, "/fw/secure");

                assert_int_equal(choose(f, " firmware='efi'", cases[i].machine, cases[i].os,
                                        cases[i].features, &def, NULL),
                                 0);
                assert_string_equal(def->os.loader, cases[i].loader);
                assert_int_equal(def->os.loader_type, DOMAIN_LOADER_PFLASH);
                assert_int_equal(def->os.loader_readonly, TRISTATE_YES);
                assert_int_equal(def->features.smm == TRISTATE_ON, secure);
                assert_int_equal(def->os.loader_secure == TRISTATE_YES, secure);
                if (cases[i].template) {
                        assert_string_equal(def->os.nvram_template, cases[i].template);
                        assert_string_equal(def->os.nvram, "/nv/vm_VARS.fd");
                } else {
                        assert_null(def->os.nvram);
                }
        }
}

/* The administrator's directory goes first, and an empty file there hides one of the packages. */
static void test_order(void **state)
{
        Fixture *f = *state;
        _cleanup_(domain_def_unrefp) DomainDef *hidden = NULL, *replaced = NULL;

        make_text(f->first, "40-secure.json", "");
        assert_int_equal(choose(f, " firmware='efi'", "pc-q35-7.2", "", "", &hidden, NULL), 0);
        assert_string_equal(hidden->os.loader, "/fw/plain");
        make_descriptor(f->first, "50-plain.json", "/fw/mine", "/fw/my-vars", "pc-q35-*", "");
        assert_int_equal(choose(f, " firmware='efi'", "pc-q35-7.2", "", "", &replaced, NULL), 0);
        assert_string_equal(replaced->os.loader, "/fw/mine");
}

static void test_given(void **state)
{
        Fixture *f = *state;
        _cleanup_(domain_def_unrefp) DomainDef *known = NULL, *unknown = NULL, *bios = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDef *none = NULL;

        assert_int_equal(choose(f, "", "pc-q35-7.2",
                                "<loader readonly='yes' type='pflash'>/fw/plain</loader>", "", &known, NULL),
                         0);
        assert_string_equal(known->os.nvram_template, "/fw/plain-vars");
        assert_string_equal(known->os.nvram, "/nv/vm_VARS.fd");
        assert_int_equal(choose(f, "", "pc-q35-7.2", "<loader readonly='yes' type='pflash'>/fw/own</loader>",
                                "", &unknown, NULL),
                         0);
        assert_null(unknown->os.nvram);
        assert_int_equal(choose(f, "", "pc-q35-7.2", "", "", &bios, NULL), 0);
        assert_null(bios->os.loader);
        assert_true(choose(f, " firmware='efi'", "microvm", "", "", &none, &error) < 0);
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
        assert_non_null(strstr(error.detail, "/domain/os/@firmware: the host has no UEFI firmware"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_choice, setup, teardown),
                cmocka_unit_test_setup_teardown(test_order, setup, teardown),
                cmocka_unit_test_setup_teardown(test_given, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
