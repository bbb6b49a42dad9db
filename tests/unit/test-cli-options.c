/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/options.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const Option globals[] = {
        { "driver", 'd', "DRIVER", "Which driver" },
        { "json", 'j', NULL, "Print JSON" },
        { "quiet", 'q', NULL, "Be quiet" },
        {},
};

static const Option of_start[] = {
        { "paused", 0, NULL, "Leave it paused" },
        { "mode", 0, "MODE,…", "How" },
        {},
};

static int parse(Arguments *arguments, const char *line, char ***argv, Error *error)
{
        size_t index = 0;

        *argv = g_strsplit(line, " ", -1);
        arguments_init(arguments, globals);
        arguments->tables[1] = of_start;
        return arguments_parse(arguments, *argv, &index, false, error);
}

static void test_forms(void **state)
{
        static const struct {
                const char *line, *driver;
                bool json, quiet, paused;
                const char *words;
        } cases[] = {
                { "start web", NULL, false, false, false, "start web" },
                { "--driver Test start --paused web", "Test", false, false, true, "start web" },
                { "start -jq web --driver=Test", "Test", true, true, false, "start web" },
                { "-qdTest start", "Test", false, true, false, "start" },
                { "-d Test -d QEMU start", "QEMU", false, false, false, "start" },
                { "start -- --json -q", NULL, false, false, false, "start --json -q" },
                { "define -", NULL, false, false, false, "define -" },
                { "--driver= x", "", false, false, false, "x" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_arguments_ Arguments arguments = {};
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *words = NULL;
                g_auto(GStrv) argv = NULL;

                assert_int_equal(parse(&arguments, cases[i].line, &argv, &error), 0);
                g_ptr_array_add(arguments.words, NULL);
                words = g_strjoinv(" ", (char **) arguments.words->pdata);
                assert_string_equal(words, cases[i].words);
                assert_true(streq_ptr(arguments_value(&arguments, "driver"), cases[i].driver));
                assert_int_equal(arguments_has(&arguments, "json"), cases[i].json);
                assert_int_equal(arguments_has(&arguments, "quiet"), cases[i].quiet);
                assert_int_equal(arguments_has(&arguments, "paused"), cases[i].paused);
        }
}

static void test_words_by_name(void **state)
{
        static const struct {
                const char *pattern, *line, *words;
        } cases[] = {
                { "POOL VOLUME…", "a.img --pool default", "default a.img" },
                { "POOL VOLUME…", "--vol=a.img --pool=default", "default a.img" },
                { "POOL VOLUME SIZE", "a.img 4G --pool default -q", "default a.img 4G" },
                { "DOMAIN… [on|off]", "--domain web off", "web off" },
                { "[POOL…]", "--pool default", "default" },
                { "DOMAIN NAME", "web --newname blog", "web blog" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_arguments_ Arguments arguments = {};
                _cleanup_error_ Error error = ERROR_INIT;
                g_autofree char *words = NULL;
                g_auto(GStrv) argv = g_strsplit(cases[i].line, " ", -1);
                size_t index = 0;

                arguments_init(&arguments, globals);
                arguments.pattern = cases[i].pattern;
                assert_int_equal(arguments_parse(&arguments, argv, &index, false, &error), 0);
                g_ptr_array_add(arguments.words, NULL);
                words = g_strjoinv(" ", (char **) arguments.words->pdata);
                assert_string_equal(words, cases[i].words);
        }
}

static void test_repeated(void **state)
{
        _cleanup_arguments_ Arguments arguments = {};
        _cleanup_error_ Error error = ERROR_INIT;
        g_auto(GStrv) argv = NULL;

        assert_int_equal(parse(&arguments, "-d Test --json --driver=QEMU x", &argv, &error), 0);
        assert_string_equal(arguments_nth_value(&arguments, "driver", 0), "Test");
        assert_string_equal(arguments_nth_value(&arguments, "driver", 1), "QEMU");
        assert_null(arguments_nth_value(&arguments, "driver", 2));
        assert_null(arguments_nth_value(&arguments, "json", 0));
}

static void test_mistakes(void **state)
{
        static const struct {
                const char *line, *sentence;
        } cases[] = {
                { "--jso", "unknown option '--jso'" },
                { "--jsonx", "unknown option '--jsonx'" },
                { "--json=yes", "option '--json' takes no value" },
                { "-x", "unknown option '-x'" },
                { "-jx", "unknown option '-x'" },
                { "start --driver", "option '--driver' needs a value: --driver=DRIVER" },
                { "start -jd", "option '-d' needs a value: -d DRIVER" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_arguments_ Arguments arguments = {};
                _cleanup_error_ Error error = ERROR_INIT;
                g_auto(GStrv) argv = NULL;

                assert_int_equal(parse(&arguments, cases[i].line, &argv, &error), -EINVAL);
                assert_string_equal(error.detail, cases[i].sentence);
        }
}

static void test_until_word(void **state)
{
        g_auto(GStrv) argv = g_strsplit("-j --driver Test start --paused -- -x", " ", -1);
        _cleanup_arguments_ Arguments arguments = {};
        size_t index = 0;

        /* What stands behind the command is not looked at before its options are known. */
        arguments_init(&arguments, globals);
        assert_int_equal(arguments_parse(&arguments, argv, &index, true, NULL), 0);
        assert_string_equal(argv[index], "start");
        assert_int_equal(arguments_count(&arguments), 0);
        index++;
        arguments.tables[1] = of_start;
        assert_int_equal(arguments_parse(&arguments, argv, &index, false, NULL), 0);
        assert_int_equal(arguments_count(&arguments), 1);
        assert_string_equal(arguments_word(&arguments, 0), "-x");
        assert_null(arguments_word(&arguments, 1));
        assert_true(arguments_has(&arguments, "json") && arguments_has(&arguments, "paused"));
}

static void test_bits(void **state)
{
        static const OptionBit bits[] = {
                { "json", 1 << 0 }, { "quiet", 1 << 1 }, { "paused", 1 << 5 }, {}
        };
        _cleanup_arguments_ Arguments arguments = {};
        g_auto(GStrv) argv = NULL;

        assert_int_equal(parse(&arguments, "--paused -j", &argv, NULL), 0);
        assert_int_equal(arguments_bits(&arguments, bits), 1 << 0 | 1 << 5);
}

static void test_help(void **state)
{
        g_autofree char *help = options_help(globals);

        assert_string_equal(help, "  -d --driver=DRIVER      Which driver\n"
                                  "  -j --json               Print JSON\n"
                                  "  -q --quiet              Be quiet\n");
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_forms),      cmocka_unit_test(test_mistakes),
                cmocka_unit_test(test_until_word), cmocka_unit_test(test_bits),
                cmocka_unit_test(test_help),       cmocka_unit_test(test_words_by_name),
                cmocka_unit_test(test_repeated),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
