/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/image.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

typedef struct Fixture {
        char *dir;
} Fixture;

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->dir = g_dir_make_tmp("test-image-XXXXXX", NULL);
        *state = f;
        return f->dir ? 0 : -1;
}

static int teardown(void **state)
{
        Fixture *f = *state;
        g_autoptr(GDir) dir = g_dir_open(f->dir, 0, NULL);
        const char *name;

        while ((name = g_dir_read_name(dir))) {
                g_autofree char *path = g_build_filename(f->dir, name, NULL);

                (void) g_unlink(path);
        }
        (void) g_rmdir(f->dir);
        g_free(f->dir);
        g_free(f);
        return 0;
}

static void need_qemu_img(void)
{
        g_autofree char *path = g_find_program_in_path("qemu-img");

        if (!path) {
                print_message("qemu-img is not installed\n");
                skip();
        }
}

/* Runs qemu-img in the directory of the fixture; the arguments are separated by blanks. */
static void qemu_img(Fixture *f, const char *arguments)
{
        g_autofree char *line = g_strdup_printf("qemu-img %s", arguments);
        g_autofree char *err = NULL;
        g_auto(GStrv) argv = g_strsplit(line, " ", -1);
        int status = -1;

        assert_true(g_spawn_sync(f->dir, argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                                 NULL, NULL, &err, &status, NULL));
        if (status != 0)
                fail_msg("%s: %s", line, err);
}

static int read_image(Fixture *f, const char *name, ImageInfo *ret, Error *error)
{
        g_autofree char *path = g_build_filename(f->dir, name, NULL);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

        assert_true(fd >= 0);
        return image_read_qcow2(fd, ret, error);
}

static void read_ok(Fixture *f, const char *name, ImageInfo *ret)
{
        _cleanup_error_ Error error = ERROR_INIT;

        if (read_image(f, name, ret, &error) < 0)
                fail_msg("%s: %s", name, error.detail);
}

static void read_refused(Fixture *f, const char *name, const char *text)
{
        _cleanup_error_ Error error = ERROR_INIT;
        ImageInfo info = {};

        assert_true(read_image(f, name, &info, &error) < 0);
        assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
        if (!strstr(error.detail, text))
                fail_msg("'%s' is not in '%s'", text, error.detail);
}

static void write_file(Fixture *f, const char *name, const void *data, size_t size)
{
        g_autofree char *path = g_build_filename(f->dir, name, NULL);

        assert_true(g_file_set_contents(path, data, (gssize) size, NULL));
}

static void test_plain(void **state)
{
        Fixture *f = *state;
        _cleanup_(image_info_clear) ImageInfo a = {}, b = {}, c = {};

        need_qemu_img();
        qemu_img(f, "create -f qcow2 a 64M");
        qemu_img(f, "create -f qcow2 -o compat=0.10 b 1G");
        qemu_img(f, "create -f qcow2 -o cluster_size=2M,extended_l2=on,compression_type=zstd c 5T");
        read_ok(f, "a", &a);
        assert_int_equal(a.version, 3);
        assert_int_equal(a.cluster_size, 65536);
        assert_int_equal(a.size, 64 * 1024 * 1024);
        assert_int_equal(a.encryption, IMAGE_ENCRYPTION_NONE);
        assert_null(a.backing_file);
        assert_null(a.backing_format);
        assert_false(a.data_file);
        assert_false(a.corrupt);
        read_ok(f, "b", &b);
        assert_int_equal(b.version, 2);
        assert_int_equal(b.size, 1024 * 1024 * 1024);
        read_ok(f, "c", &c);
        assert_int_equal(c.cluster_size, 2 * 1024 * 1024);
        assert_int_equal(c.size, 5ull << 40);
}

static void test_backing(void **state)
{
        Fixture *f = *state;
        _cleanup_(image_info_clear) ImageInfo mid = {}, old = {}, top = {};

        need_qemu_img();
        qemu_img(f, "create -f raw base 4M");
        qemu_img(f, "create -f qcow2 -b base -F raw mid");
        qemu_img(f, "create -f qcow2 -o compat=0.10 -b mid -F qcow2 old");
        qemu_img(f, "create -f qcow2 -u -b json:{\"driver\":\"null-co\"} -F raw top 4M");
        read_ok(f, "mid", &mid);
        assert_string_equal(mid.backing_file, "base");
        assert_string_equal(mid.backing_format, "raw");
        read_ok(f, "old", &old);
        assert_string_equal(old.backing_file, "mid");
        assert_string_equal(old.backing_format, "qcow2");
        read_ok(f, "top", &top);
        assert_string_equal(top.backing_file, "json:{\"driver\":\"null-co\"}");
}

static void test_data_file(void **state)
{
        Fixture *f = *state;
        _cleanup_(image_info_clear) ImageInfo data = {};

        need_qemu_img();
        qemu_img(f, "create -f qcow2 -o data_file=ext,data_file_raw=on data 4M");
        read_ok(f, "data", &data);
        assert_true(data.data_file);
        assert_string_equal(data.data_file_name, "ext");
}

static void test_not_qcow2(void **state)
{
        Fixture *f = *state;

        need_qemu_img();
        qemu_img(f, "create -f vmdk v 4M");
        qemu_img(f, "create -f qcow q 4M");
        write_file(f, "empty", "", 0);
        write_file(f, "short", "QFI\xfb\0\0\0\3", 8);
        read_refused(f, "v", "no qcow2 image");
        read_refused(f, "q", "version 1");
        read_refused(f, "empty", "no qcow2 image");
        read_refused(f, "short", "shorter than its header");
}

/* A sound header of 112 bytes with cluster size 512 and a name behind it, for the tests to spoil. */
static void make_header(uint8_t data[512])
{
        static const uint8_t start[] = {
                'Q', 'F', 'I', 0xfb, 0, 0, 0, 3,
                0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 4, /* name of 4 bytes at 256 */
                0, 0, 0, 9,                         /* clusters of 512 bytes */
                0, 0, 0, 0, 0, 0x10, 0, 0,          /* 1 MiB */
        };
        static const uint8_t format[] = { 0xe2, 0x79, 0x2a, 0xca, 0, 0, 0, 3, 'r', 'a', 'w' };

        memset(data, 0, 512);
        memcpy(data, start, sizeof(start));
        data[99] = 4;    /* refcount order */
        data[103] = 104; /* length of the header */
        memcpy(data + 104, format, sizeof(format));
        memcpy(data + 256, "base", 4);
}

static void test_hostile(void **state)
{
        static const struct {
                size_t at;
                uint8_t value;
                const char *text;
        } cases[] = {
                { 7, 4, "version 4" },
                { 15, 253, "backing file is not in the first cluster" },
                { 14, 2, "backing file is not in the first cluster" },
                { 8, 0x80, "backing file is not in the first cluster" },
                { 18, 4, "backing file is not in the first cluster" },
                { 19, 0, "impossible length" },
                { 23, 8, "impossible size of 2^8" },
                { 23, 22, "impossible size of 2^22" },
                { 24, 0x80, "its size is impossible" },
                { 35, 3, "unknown encryption method 3" },
                { 79, 0x20, "unknown features (incompatible bits 0x20)" },
                { 72, 0x80, "unknown features" },
                { 103, 103, "impossible length 103" },
                { 101, 1, "impossible length" },
                { 108, 1, "extension is longer than the header" },
                { 257, 0, "control character" },
                { 257, 0xff, "not valid UTF-8" },
                { 113, '\n', "control character" },
        };
        uint8_t data[512];
        ImageInfo info = {};

        make_header(data);
        assert_int_equal(image_parse_qcow2(data, sizeof(data), &info, NULL), 0);
        assert_string_equal(info.backing_file, "base");
        assert_string_equal(info.backing_format, "raw");
        image_info_clear(&info);
        data[35] = 2;
        data[79] = 2;
        assert_int_equal(image_parse_qcow2(data, sizeof(data), &info, NULL), 0);
        assert_int_equal(info.encryption, IMAGE_ENCRYPTION_LUKS);
        assert_true(info.corrupt);
        image_info_clear(&info);

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ Error error = ERROR_INIT;
                int r;

                make_header(data);
                data[cases[i].at] = cases[i].value;
                r = image_parse_qcow2(data, sizeof(data), &info, &error);
                if (r >= 0 || !strstr(error.detail, cases[i].text))
                        fail_msg("case %zu: %s", i, error.detail ?: "accepted");
        }
        for (size_t size = 0; size < 260; size++) {
                make_header(data);
                assert_true(image_parse_qcow2(data, size, &info, NULL) < 0);
        }
}

static void test_twice(void **state)
{
        static const uint8_t format[] = { 0xe2, 0x79, 0x2a, 0xca, 0, 0, 0, 3, 'r', 'a', 'w' };
        _cleanup_error_ Error error = ERROR_INIT;
        ImageInfo info = {};
        uint8_t data[512];

        make_header(data);
        memcpy(data + 120, format, sizeof(format));
        assert_true(image_parse_qcow2(data, sizeof(data), &info, &error) < 0);
        assert_non_null(strstr(error.detail, "recorded twice"));
}

static void test_backing_path(void **state)
{
        static const struct {
                const char *name, *path, *text;
        } cases[] = {
                { "base", "/pool/base", NULL },
                { "sub/base", "/pool/sub/base", NULL },
                { "/other/base", "/other/base", NULL },
                { "./a:b", "/pool/./a:b", NULL },
                { "json:{}", NULL, "JSON" },
                { "nbd:unix:/x", NULL, "protocol" },
                { "https://x/y", NULL, "protocol" },
                { "file:/etc/shadow", NULL, "protocol" },
                { "", NULL, "no path" },
                { "dir/", NULL, "no path" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *path = NULL;
                int r = image_backing_path("/pool/top.qcow2", cases[i].name, &path, &error);

                if (cases[i].path) {
                        assert_int_equal(r, 0);
                        assert_string_equal(path, cases[i].path);
                } else {
                        assert_true(r < 0);
                        assert_non_null(strstr(error.detail, cases[i].text));
                }
        }
}

static void assert_vmdk(Fixture *f, const char *name, const char *refusal)
{
        g_autofree char *path = g_build_filename(f->dir, name, NULL);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
        _cleanup_error_ Error error = ERROR_INIT;
        int r = image_check_vmdk(fd, &error);

        assert_int_equal(r < 0, refusal != NULL);
        if (refusal && !strstr(error.detail, refusal))
                fail_msg("%s: '%s'", name, error.detail);
}

static void test_vmdk(void **state)
{
        Fixture *f = *state;

        need_qemu_img();
        qemu_img(f, "create -f vmdk whole 4M");
        qemu_img(f, "create -f vmdk -o subformat=streamOptimized stream 4M");
        qemu_img(f, "create -f vmdk -b whole -F vmdk difference");
        qemu_img(f, "create -f vmdk -o subformat=monolithicFlat flat.vmdk 4M");
        qemu_img(f, "create -f qcow2 other 4M");
        assert_vmdk(f, "whole", NULL);
        assert_vmdk(f, "stream", NULL);
        assert_vmdk(f, "difference", "only the difference");
        assert_vmdk(f, "flat.vmdk", "whole in one file");
        assert_vmdk(f, "other", "whole in one file");
}

/* An overlay of our own is an image in QEMU's eyes, of the size that the guest sees. */
static void test_overlay(void **state)
{
        static const struct {
                uint64_t size, rounded;
        } sizes[] = {
                { 0, 0 },
                { 513, 1024 },
                { UINT64_C(512) << 20, UINT64_C(512) << 20 },
                { UINT64_C(9) << 40, UINT64_C(9) << 40 },
                { UINT64_C(1) << 50, UINT64_C(1) << 50 },
        };
        Fixture *f = *state;

        need_qemu_img();
        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                g_autofree char *path = g_build_filename(f->dir, "overlay", NULL);
                _cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
                _cleanup_(image_info_clear) ImageInfo info = {};

                assert_int_equal(image_write_overlay(fd, sizes[i].size, NULL, NULL), 0);
                qemu_img(f, "check -q -f qcow2 overlay");
                assert_int_equal(image_read_qcow2(fd, &info, NULL), 0);
                assert_int_equal(info.size, sizes[i].rounded);
                assert_null(info.backing_file);
                assert_int_equal(image_write_overlay(fd, (UINT64_C(1) << 50) + 1, NULL, NULL), -EFBIG);
        }
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_plain, setup, teardown),
                cmocka_unit_test_setup_teardown(test_backing, setup, teardown),
                cmocka_unit_test_setup_teardown(test_data_file, setup, teardown),
                cmocka_unit_test_setup_teardown(test_not_qcow2, setup, teardown),
                cmocka_unit_test_setup_teardown(test_overlay, setup, teardown),
                cmocka_unit_test_setup_teardown(test_vmdk, setup, teardown),
                cmocka_unit_test(test_hostile),
                cmocka_unit_test(test_twice),
                cmocka_unit_test(test_backing_path),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
