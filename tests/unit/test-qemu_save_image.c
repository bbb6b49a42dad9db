/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_save_image.h"

#include <byteswap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#define DOMAIN(more)                                                                                        \
        "<domain type='qemu'><name>web</name><uuid>11111111-2222-4333-8444-555555555555</uuid>" more        \
        "<memory>1024</memory><vcpu>1</vcpu><os><type>hvm</type></os></domain>"
#define XML DOMAIN("")
#define COOKIE "<cookie/>"

/* As libvirt writes it; numbers from the version on, in native byte order. */
typedef struct Numbers {
        uint32_t version, size, running, format, cookie;
} Numbers;

static GString *image_of(const char *magic, Numbers numbers, bool swapped)
{
        GString *out = g_string_new(magic);
        uint32_t words[19] = { numbers.version, numbers.size, numbers.running, numbers.format, numbers.cookie };

        for (size_t i = 0; swapped && i < ELEMENTSOF(words); i++)
                words[i] = bswap_32(words[i]);
        g_string_append_len(out, (const char *) words, sizeof(words));
        assert_int_equal(out->len, 92);
        g_string_append_len(out, XML, sizeof(XML));
        g_string_append_len(out, COOKIE, sizeof(COOKIE));
        g_string_append_len(out, "\0\0\0\0QEVM", 8);
        return out;
}

static QemuSaveImage *decode(GString *text, Error *error)
{
        QemuSaveImage *image = NULL;
        int r = qemu_save_image_decode(text->str, text->len, "/file", &image, error);

        assert_int_equal(r < 0, !image);
        assert_int_equal(r < 0, error_is_set(error));
        g_string_free(text, TRUE);
        return image;
}

static void test_libvirt(void **state)
{
        for (unsigned swapped = 0; swapped < 2; swapped++) {
                Numbers numbers = { 2, sizeof(XML) + sizeof(COOKIE) + 4, 1, QEMU_SAVE_ZSTD, sizeof(XML) };
                _cleanup_error_ Error error = ERROR_INIT;
                _cleanup_(qemu_save_image_freep) QemuSaveImage *image =
                        decode(image_of("LibvirtQemudSave", numbers, swapped), &error);
                _cleanup_(domain_def_unrefp) DomainDef *def = NULL;

                assert_non_null(image);
                assert_string_equal(image->xml, XML);
                assert_string_equal(image->cookie, COOKIE);
                assert_false(image->paused);
                assert_int_equal(image->format, QEMU_SAVE_ZSTD);
                assert_int_equal(image->size, 92 + numbers.size);
                assert_int_equal(qemu_save_image_parse(image, "/file", &def, &error), 0);
                assert_string_equal(def->name, "web");
        }
}

static void test_bad(void **state)
{
        const uint32_t all = sizeof(XML) + sizeof(COOKIE) + 4;
        static const char *const magics[] = { "LibvirtQemudPart", "LibvirtQemudXave" };
        const Numbers bad[] = {
                { 0, all, 1, 0, 0 },
                { 3, all, 1, 0, 0 },
                { 2, 0, 1, 0, 0 },
                { 2, 0xffffffff, 1, 0, 0 },
                { 2, all + 100, 1, 0, 0 },             /* beyond the end */
                { 2, sizeof(XML) - 1, 1, 0, 0 },       /* no end of the definition */
                { 2, all, 1, _QEMU_SAVE_FORMAT_MAX, 0 },
                { 2, all, 1, 0, all },                 /* the cookie behind everything */
                { 2, sizeof(XML) + 3, 1, 0, sizeof(XML) }, /* no end of the cookie */
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                _cleanup_error_ Error error = ERROR_INIT;

                assert_null(decode(image_of("LibvirtQemudSave", bad[i], false), &error));
                assert_int_equal(error.code, ERROR_OPERATION_FAILED);
        }
        for (size_t i = 0; i < ELEMENTSOF(magics); i++) {
                _cleanup_error_ Error error = ERROR_INIT;

                assert_null(decode(image_of(magics[i], (Numbers) { 2, all, 1, 0, 0 }, false), &error));
        }
        for (size_t n = 0; n < 92 + all; n++) {
                _cleanup_error_ Error error = ERROR_INIT;
                GString *text = image_of("LibvirtQemudSave", (Numbers) { 2, all, 1, 0, 0 }, false);

                g_string_truncate(text, n);
                assert_null(decode(text, &error));
        }
}

/* What we write, we read; another definition fits as long as there is room, and the state stays where it is. */
static void test_written(void **state)
{
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL, *large = NULL;
        _cleanup_(qemu_save_image_freep) QemuSaveImage *image = NULL, *again = NULL;
        _cleanup_close_ int fd = memfd_create("image", MFD_CLOEXEC);
        char state_text[] = "state", got[sizeof(state_text)] = "";
        g_autofree char *padding = g_strnfill(16 * 1024, 'x'), *xml = NULL;
        size_t size;

        assert_int_equal(domain_def_parse(XML, strlen(XML), 0, NULL, &def, &error), 0);
        image = qemu_save_image_new(def, true, QEMU_SAVE_RAW);
        assert_int_equal(image->size % 4096, 0);
        image->cookie = g_strdup(COOKIE);
        size = image->size;
        assert_int_equal(qemu_save_image_write(image, fd, false, "/file", &error), 0);
        assert_int_equal(pwrite(fd, state_text, sizeof(state_text), (off_t) size), sizeof(state_text));
        assert_true(qemu_save_image_is_one(fd));
        assert_true(qemu_save_image_read(fd, "/file", &again, &error) < 0);
        error_clear(&error);
        assert_int_equal(qemu_save_image_write(image, fd, true, "/file", &error), 0);
        assert_int_equal(qemu_save_image_read(fd, "/file", &again, &error), 0);
        assert_true(again->paused);
        assert_string_equal(again->xml, image->xml);
        assert_string_equal(again->cookie, COOKIE);
        assert_int_equal(again->size, size);

        xml = g_strdup_printf(DOMAIN("<description>%s</description>"), padding);
        assert_int_equal(domain_def_parse(xml, strlen(xml), 0, NULL, &large, &error), 0);
        assert_true(qemu_save_image_change(again, large, "/file", &error) < 0);
        assert_string_equal(again->xml, image->xml);
        error_clear(&error);
        assert_int_equal(qemu_save_image_change(again, def, "/file", &error), 0);
        assert_int_equal(pread(fd, got, sizeof(got), (off_t) size), sizeof(got));
        assert_string_equal(got, state_text);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_libvirt),
                cmocka_unit_test(test_bad),
                cmocka_unit_test(test_written),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
