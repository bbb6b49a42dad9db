/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/json_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static void test_valid_texts(void **state)
{
        static const char *const texts[] = {
                "{}",
                "[]",
                " [ ] ",
                "0",
                "-0",
                "-12.5e+3",
                "1E9",
                "\"\"",
                "true",
                "false",
                "null",
                "{\"a\":1,\"b\":[true,{\"c\":null}],\"d\":{}}",
                "[[],[[]],{}]",
                "\"\\u00e9\\n\\/\"",
                "\"\\ud83d\\ude00\"",
                "\"\xf0\x9f\x98\x80\"",
                "18446744073709551615",
                "1e-999",
                "[1,2,\"]\"]",
                "{ \"a\" : [ 1 , 2 ] }",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                g_autoptr(JsonNode) node = NULL;
                const char *wrong = json_check(texts[i], strlen(texts[i]), JSON_DEPTH_MAX, NULL);

                if (wrong)
                        fail_msg("%s: %s", texts[i], wrong);
                assert_int_equal(json_parse("x", texts[i], strlen(texts[i]), 64, &node, NULL), 0);
                assert_non_null(node);
        }
}

static void test_invalid_texts(void **state)
{
        static const struct {
                const char *text;
                size_t where;
                const char *wrong;
        } cases[] = {
                { "", 0, "an incomplete text" },
                { "  ", 2, "an incomplete text" },
                { "{", 1, "no string where one must be" },
                { "[", 1, "an incomplete text" },
                { "[1", 2, "an incomplete text" },
                { "[1,]", 3, "no value where one must be" },
                { "[1 2]", 3, "no comma where one must be" },
                { "[1}", 2, "no comma where one must be" },
                { "{\"a\":1]", 6, "no comma where one must be" },
                { "{\"a\" 1}", 5, "a member without a value" },
                { "{\"a\":1,}", 7, "no string where one must be" },
                { "{a:1}", 1, "no string where one must be" },
                { "{'a':1}", 1, "no string where one must be" },
                { "/* \" */ [[[", 0, "no value where one must be" },
                { "1 2", 2, "more than one value" },
                { "{}}", 2, "more than one value" },
                { "01", 2, "a wrong number" },
                { "1.", 2, "a wrong number" },
                { "1e", 2, "a wrong number" },
                { "-", 1, "a wrong number" },
                { "+1", 0, "no value where one must be" },
                { "NaN", 0, "no value where one must be" },
                { "tru", 0, "no value where one must be" },
                { "truex", 4, "more than one value" },
                { "\"a", 2, "a string without end" },
                { "\"a\\", 3, "a wrong escape" },
                { "\"\\x\"", 3, "a wrong escape" },
                { "\"\\u12", 3, "an incomplete escape" },
                { "\"\\u12g4\"", 5, "a wrong escape" },
                { "\"\\u0000\"", 7, "an escape that is no character" },
                { "\"\\udc00\"", 7, "an escape that is no character" },
                { "\"\\ud800x\"", 7, "an escape that is no character" },
                { "\"\\ud800\\ud800\"", 13, "an escape that is no character" },
                { "\"\t\"", 1, "a control character in a string" },
                { "\"\xff\"", 1, "text that is not UTF-8" },
                { "\"\xc0\x80\"", 1, "text that is not UTF-8" },
                { "\"\xed\xa0\x80\"", 1, "text that is not UTF-8" },
                { "123456789012345678901", 21, "a number that is too large" },
                { "[1E890]", 6, "a number that is too large" },
                { "-1e999", 6, "a number that is too large" },
                { "1.00000000000000000000000000000000000000000000000000000000000000000001", 70,
                  "a number that is too long" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_error_ Error error = ERROR_INIT;
                g_autoptr(JsonNode) node = NULL;
                size_t where = SIZE_MAX;
                const char *wrong = json_check(cases[i].text, strlen(cases[i].text), 64, &where);

                if (!streq_ptr(wrong, cases[i].wrong) || where != cases[i].where)
                        fail_msg("'%s': %s at %zu", cases[i].text, wrong ?: "nothing", where);
                assert_true(json_parse("peer", cases[i].text, strlen(cases[i].text), 64, &node, &error) < 0);
                assert_true(g_str_has_prefix(error.detail, "peer sent "));
                assert_null(node);
        }
        assert_string_equal(json_check("1\0", 2, 64, NULL), "text that is not UTF-8");
}

static void test_depth(void **state)
{
        g_autofree char *open = g_strnfill(1000000, '[');
        char text[130];

        for (unsigned n = 1; n <= 65; n++) {
                memset(text, '[', n);
                memset(text + n, ']', n);
                assert_int_equal(json_check(text, 2 * n, 64, NULL) == NULL, n <= 64);
                assert_int_equal(json_check(text, 2 * n, 3, NULL) == NULL, n <= 3);
        }
        assert_string_equal(json_check(open, 1000000, 64, NULL), "values that are nested too deeply");
        /* kinds of levels are kept apart all the way down */
        memset(text, '[', 64);
        memset(text + 64, ']', 64);
        text[64] = '}';
        assert_non_null(json_check(text, 128, 64, NULL));
}

static void feed(JsonStream *stream, const char *data, size_t n)
{
        while (n > 0) {
                size_t room;
                char *p = json_stream_reserve(stream, &room);
                size_t k = MIN(room, n);

                assert_true(room > 0);
                memcpy(p, data, k);
                json_stream_advance(stream, k);
                data += k;
                n -= k;
        }
}

static void assert_next(JsonStream *stream, const char *want)
{
        _cleanup_error_ Error error = ERROR_INIT;
        g_autoptr(JsonNode) node = NULL;
        g_autofree char *text = NULL;

        if (json_stream_next(stream, &node, &error) != 1)
                fail_msg("%s", strempty(error.detail));
        text = json_to_string(node, FALSE);
        assert_string_equal(text, want);
}

static void assert_none(JsonStream *stream)
{
        g_autoptr(JsonNode) node = NULL;

        assert_int_equal(json_stream_next(stream, &node, NULL), 0);
        assert_null(node);
}

static void test_lines(void **state)
{
        static const char text[] = "{\"a\":1}\r\n\n  \r\n[2]\n{\"b";
        JsonStream stream;

        for (size_t step = 1; step <= sizeof(text); step++) {
                g_autoptr(GString) seen = g_string_new(NULL);

                json_stream_init(&stream, "peer", 100, 64);
                assert_none(&stream);
                for (size_t i = 0; i < strlen(text); i += step) {
                        JsonNode *node;

                        feed(&stream, text + i, MIN(step, strlen(text) - i));
                        while (json_stream_next(&stream, &node, NULL) > 0) {
                                g_autofree char *s = json_to_string(node, FALSE);

                                g_string_append(seen, s);
                                json_node_unref(node);
                        }
                }
                assert_string_equal(seen->str, "{\"a\":1}[2]");
                feed(&stream, "\":3}\n", 5);
                assert_next(&stream, "{\"b\":3}");
                assert_none(&stream);
                json_stream_clear(&stream);
        }
}

static void test_line_limit(void **state)
{
        g_autofree char *line = g_strnfill(2000, '1');
        _cleanup_error_ Error error = ERROR_INIT, late = ERROR_INIT;
        JsonStream stream;
        JsonNode *node;

        memset(line, ' ', 1999);
        json_stream_init(&stream, "peer", 2000, 64);
        feed(&stream, line, 2000);
        assert_none(&stream);
        feed(&stream, "\n", 1);
        assert_next(&stream, "1");
        /* complete or not, it is too long */
        feed(&stream, line, 2000);
        feed(&stream, " ", 1);
        assert_true(json_stream_next(&stream, &node, &error) < 0);
        assert_string_equal(error.detail, "peer sent a message of more than 2000 bytes");
        json_stream_clear(&stream);

        json_stream_init(&stream, "peer", 2000, 64);
        feed(&stream, line, 2000);
        feed(&stream, " \n", 2);
        assert_true(json_stream_next(&stream, &node, &late) < 0);
        json_stream_clear(&stream);
}

static void drop_next(JsonStream *stream)
{
        g_autoptr(JsonNode) node = NULL;

        assert_int_equal(json_stream_next(stream, &node, NULL), 1);
}

/* Bytes one by one must not be looked at again and again; memory must go back. */
static void test_linear(void **state)
{
        const size_t size = 4 * 1024 * 1024;
        g_autofree char *text = g_strnfill(size, 'a');
        clock_t begin = clock(), small, large; /* of the processor, so that other programs do not count */
        JsonStream stream;

        json_stream_init(&stream, "peer", size, 64);
        text[0] = text[size / 8 - 1] = '"';
        for (size_t i = 0; i < size / 8; i++) {
                feed(&stream, text + i, 1);
                assert_none(&stream);
        }
        feed(&stream, "\n", 1);
        drop_next(&stream);
        small = clock() - begin;

        text[size / 8 - 1] = 'a';
        text[size - 1] = '"';
        begin = clock();
        for (size_t i = 0; i < size; i++) {
                feed(&stream, text + i, 1);
                assert_none(&stream);
        }
        feed(&stream, "\n", 1);
        drop_next(&stream);
        large = clock() - begin;
        assert_true(large < small * 32); /* 8 when linear, 64 when quadratic */

        assert_true(stream.room >= size);
        feed(&stream, "1\n", 2);
        assert_next(&stream, "1");
        assert_true(stream.room < size / 8);
        json_stream_clear(&stream);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_valid_texts), cmocka_unit_test(test_invalid_texts),
                cmocka_unit_test(test_depth),       cmocka_unit_test(test_lines),
                cmocka_unit_test(test_line_limit),  cmocka_unit_test(test_linear),
        };

        return cmocka_run_group_tests_name("json_stream", tests, NULL, NULL);
}
