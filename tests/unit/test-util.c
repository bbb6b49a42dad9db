/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/util.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

typedef enum Fruit { FRUIT_APPLE, FRUIT_GAP, FRUIT_PEAR, _FRUIT_MAX } Fruit;
DECLARE_STRING_TABLE(fruit, Fruit);
static const char *const fruit_table[_FRUIT_MAX] = { [FRUIT_APPLE] = "apple", [FRUIT_PEAR] = "pear" };
DEFINE_STRING_TABLE(fruit, Fruit)

static void test_string_table(void **state)
{
        assert_string_equal(fruit_to_string(FRUIT_PEAR), "pear");
        assert_null(fruit_to_string(FRUIT_GAP));
        assert_null(fruit_to_string(_FRUIT_MAX));
        assert_null(fruit_to_string((Fruit) -1));
        assert_int_equal(fruit_from_string("apple"), FRUIT_APPLE);
        assert_int_equal(fruit_from_string("pear"), FRUIT_PEAR);
        assert_int_equal(fruit_from_string("Apple"), -EINVAL);
        assert_int_equal(fruit_from_string(""), -EINVAL);
        assert_int_equal(fruit_from_string(NULL), -EINVAL);
}

static void test_unsigned_numbers(void **state)
{
        static const char *const wrong[] = {
                "", " 1", "1 ", "+1", "-1", "-0", "0x1", "1.0", "a", "1a", NULL
        };
        uint64_t t = 7;
        uint32_t u = 7;

        for (const char *const *s = wrong; *s; s++) {
                assert_int_equal(parse_u64(*s, &t), -EINVAL);
                assert_int_equal(parse_u32(*s, &u), -EINVAL);
        }
        assert_int_equal(parse_u64(NULL, &t), -EINVAL);
        assert_int_equal(parse_u64("18446744073709551616", &t), -ERANGE);
        assert_int_equal(parse_u32("4294967296", &u), -ERANGE);
        assert_int_equal(t, 7);
        assert_int_equal(u, 7);
        assert_int_equal(parse_u64("18446744073709551615", &t), 0);
        assert_true(t == UINT64_MAX);
        assert_int_equal(parse_u64("007", &t), 0);
        assert_int_equal(t, 7);
        assert_int_equal(parse_u32("4294967295", &u), 0);
        assert_int_equal(u, UINT32_MAX);
}

static void test_signed_numbers(void **state)
{
        static const char *const wrong[] = { "", "-", "--1", "- 1", "+1", " -1", "1 ", "x", NULL };
        int64_t x = 7;

        for (const char *const *s = wrong; *s; s++)
                assert_int_equal(parse_i64(*s, &x), -EINVAL);
        assert_int_equal(parse_i64(NULL, &x), -EINVAL);
        assert_int_equal(parse_i64("9223372036854775808", &x), -ERANGE);
        assert_int_equal(parse_i64("-9223372036854775809", &x), -ERANGE);
        assert_int_equal(x, 7);
        assert_int_equal(parse_i64("-9223372036854775808", &x), 0);
        assert_true(x == INT64_MIN);
        assert_int_equal(parse_i64("9223372036854775807", &x), 0);
        assert_true(x == INT64_MAX);
}

static void test_boolean(void **state)
{
        static const char *const yes[] = { "yes", "on", "TRUE", "1" }, *const no[] = { "no", "Off", "false",
                                                                                       "0" };
        static const char *const wrong[] = { "", "y", "2", "yes ", "enable" };

        for (size_t i = 0; i < ELEMENTSOF(yes); i++) {
                assert_int_equal(parse_boolean(yes[i]), 1);
                assert_int_equal(parse_boolean(no[i]), 0);
        }
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                assert_int_equal(parse_boolean(wrong[i]), -EINVAL);
        assert_int_equal(parse_boolean(NULL), -EINVAL);
}

static void test_small_helpers(void **state)
{
        int pipes[2], fd;

        assert_true(isempty(NULL) && isempty("") && !isempty("a"));
        assert_string_equal(strempty(NULL), "");
        assert_true(streq_ptr(NULL, NULL) && !streq_ptr(NULL, "") && streq_ptr("a", "a"));
        assert_int_equal(pipe(pipes), 0);
        fd = pipes[0];
        assert_int_equal(TAKE_FD(pipes[0]), fd);
        assert_int_equal(pipes[0], -EBADF);
        errno = 42;
        assert_int_equal(safe_close(fd), -EBADF);
        assert_int_equal(safe_close(-1), -EBADF);
        assert_int_equal(errno, 42);
        assert_int_equal(fcntl(fd, F_GETFD), -1);
        safe_close(pipes[1]);
}

/* Through a pipe, which takes 64 KiB at a time: the other side reads slowly. */
static void test_write_all(void **state)
{
        const size_t size = 300000;
        g_autofree char *data = g_strnfill(size, 'x');
        int pipes[2], status;
        pid_t pid;

        assert_int_equal(pipe(pipes), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                size_t n = 0;
                char buffer[5000];
                ssize_t k;

                (void) close(pipes[1]);
                while ((k = read(pipes[0], buffer, sizeof(buffer))) > 0)
                        n += (size_t) k;
                _exit(n == size ? 0 : 1);
        }
        safe_close(pipes[0]);
        assert_int_equal(write_all(pipes[1], data, size), 0);
        safe_close(pipes[1]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);

        (void) signal(SIGPIPE, SIG_IGN);
        assert_int_equal(pipe(pipes), 0);
        safe_close(pipes[0]);
        assert_int_equal(write_all(pipes[1], data, 10), -EPIPE);
        safe_close(pipes[1]);
        assert_int_equal(write_all(-1, data, 10), -EBADF);
        assert_int_equal(write_all(-1, data, 0), 0);
}

static void test_files(void **state)
{
        g_autofree char *dir = g_dir_make_tmp("test-util-XXXXXX", NULL),
                        *deep = g_build_filename(dir, "a/b/c", NULL);
        g_autofree char *file = g_build_filename(deep, "f", NULL), *over = g_build_filename(file, "x", NULL);
        g_autofree char *text = NULL, *large = g_strnfill(100000, 'y'), *command = NULL;
        size_t size = 0;
        struct stat st;

        assert_int_equal(mkdir_parents(deep, 0750), 0);
        assert_int_equal(mkdir_parents(deep, 0750), 0);
        assert_int_equal(stat(deep, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0750);
        assert_true(g_file_set_contents(file, large, 100000, NULL));
        assert_int_equal(mkdir_parents(over, 0750), -ENOTDIR);

        assert_int_equal(read_file_at(AT_FDCWD, file, 99999, &text, &size), -EFBIG);
        assert_null(text);
        assert_int_equal(read_file_at(AT_FDCWD, file, 100000, &text, &size), 0);
        assert_int_equal(size, 100000);
        assert_int_equal(strlen(text), 100000);
        g_clear_pointer(&text, g_free);
        assert_true(g_file_set_contents(file, "", 0, NULL));
        assert_int_equal(read_file_at(AT_FDCWD, file, 0, &text, NULL), 0);
        assert_string_equal(text, "");
        assert_int_equal(read_file_at(AT_FDCWD, deep, 10, &text, NULL), -EISDIR);
        assert_int_equal(read_file_at(AT_FDCWD, "/nonexistent", 10, &text, NULL), -ENOENT);
        command = g_strdup_printf("rm -rf '%s'", dir);
        assert_int_equal(system(command), 0);
}

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_string_table),   cmocka_unit_test(test_unsigned_numbers),
                cmocka_unit_test(test_signed_numbers), cmocka_unit_test(test_boolean),
                cmocka_unit_test(test_small_helpers),  cmocka_unit_test(test_write_all),
                cmocka_unit_test(test_files),
        };

        return cmocka_run_group_tests_name("util", tests, NULL, NULL);
}
