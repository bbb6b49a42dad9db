/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/text.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define assert_text(call, expected)                                                                 \
        do {                                                                                        \
                g_autofree char *text = (call);                                                     \
                assert_string_equal(text, expected);                                                \
        } while (0)

static void test_printable(void **state)
{
        assert_text(text_printable("plain ä 字"), "plain ä 字");
        assert_text(text_printable(NULL), "");
        assert_text(text_printable("a\nb\tc"), "a b c");
        /* A title must not clear the screen, nor turn the direction of the text. */
        assert_text(text_printable("x\033[2Jy"), "x\\u001b[2Jy");
        assert_text(text_printable("x\u202ey\xc2\x9bz"), "x\\u202ey\\u009bz");
        assert_text(text_printable("bad\xffutf"), "bad\uFFFDutf");
}

static void test_width(void **state)
{
        assert_int_equal(text_width("abc"), 3);
        assert_int_equal(text_width("字字"), 4);
        assert_int_equal(text_width("e\u0301"), 1);
}

static void test_size(void **state)
{
        assert_text(text_size_kib(0), "0 KiB");
        assert_text(text_size_kib(1023), "1023 KiB");
        assert_text(text_size_kib(1024), "1 MiB");
        assert_text(text_size_kib(1536), "1.5 MiB");
        assert_text(text_size_kib(8388608), "8 GiB");
        assert_text(text_size_kib(UINT64_MAX), "16777216.0 PiB");
}

static void test_duration(void **state)
{
        assert_text(text_duration(0), "0s");
        assert_text(text_duration(59999999), "59s");
        assert_text(text_duration(125 * USEC_PER_SEC), "2min 5s");
        assert_text(text_duration(3600 * USEC_PER_SEC), "1h 0min");
        assert_text(text_duration((3 * 86400 + 7300) * USEC_PER_SEC), "3d 2h");
}

static void test_key(void **state)
{
        assert_text(text_key("Name"), "name");
        assert_text(text_key("UUID"), "uuid");
        assert_text(text_key("OSType"), "os_type");
        assert_text(text_key("MaxVcpus"), "max_vcpus");
        assert_text(text_key("URI"), "uri");
        assert_text(text_key("OwnerUid"), "owner_uid");
        assert_text(text_key("name-prefix"), "name_prefix");
}

static void test_uuid(void **state)
{
        static const char uuid[] = "6695eb01-f6a4-8304-79aa-97f2502e193f";
        static const char *const none[] = { "",
                                            "6695eb01",
                                            "6695eb01-f6a4-8304-79aa-97f2502e193",
                                            "web",
                                            "6695eb01-f6a4-8304-79aa-97f2502e193ff",
                                            "g695eb01f6a4830479aa97f2502e193f",
                                            "6695eb01--f6a4-8304-79aa-97f2502e193f",
                                            "66-95eb01f6a4830479aa97f2502e193f" };

        assert_text(text_uuid(uuid), uuid);
        assert_text(text_uuid("6695EB01F6A4830479AA97F2502E193F"), uuid);
        for (size_t i = 0; i < ELEMENTSOF(none); i++)
                assert_null(text_uuid(none[i]));
        assert_text(text_uuid_from_path("/org/virtbus1/Test/domain/_6695eb01_f6a4_8304_79aa_97f2502e193f"),
                    uuid);
        assert_null(text_uuid_from_path("/org/virtbus1/Test/job/7"));
        assert_null(text_uuid_from_path("/"));
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_printable), cmocka_unit_test(test_width), cmocka_unit_test(test_size),
                cmocka_unit_test(test_duration),  cmocka_unit_test(test_key),   cmocka_unit_test(test_uuid),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
