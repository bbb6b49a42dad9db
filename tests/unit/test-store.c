/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/store.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

typedef struct Fixture {
        char *path;
        int fd;
} Fixture;

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->path = g_dir_make_tmp("test-store-XXXXXX", NULL);
        assert_int_equal(store_open_dir(f->path, 0700, &f->fd, NULL), 0);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;
        g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->path);

        safe_close(f->fd);
        g_free(f->path);
        g_free(f);
        return system(command);
}

static void put(Fixture *f, const char *name, const char *text)
{
        Error error = ERROR_INIT;

        if (store_write(f->fd, name, text, strlen(text), 0, &error) < 0)
                fail_msg("%s", error.detail);
}

static void assert_content(Fixture *f, const char *name, const char *want)
{
        g_autofree char *text = NULL;
        Error error = ERROR_INIT;

        if (store_read(f->fd, name, 1 << 20, &text, NULL, &error) < 0)
                fail_msg("%s", error.detail);
        assert_string_equal(text, want);
}

/* Names of all files, "." and ".." left out. */
static char *listing(Fixture *f)
{
        g_autofree char *command = g_strdup_printf("ls -A '%s' | tr '\\n' ' '", f->path);
        char buffer[4096] = "";
        FILE *pipe = popen(command, "r");

        assert_non_null(pipe);
        (void) !fread(buffer, 1, sizeof(buffer) - 1, pipe);
        assert_int_equal(pclose(pipe), 0);
        return g_strdup(buffer);
}

static void assert_listing(Fixture *f, const char *want)
{
        g_autofree char *text = listing(f);

        assert_string_equal(text, want);
}

static void test_names(void **state)
{
        g_autofree char *longest = g_strnfill(200, 'x'), *too_long = g_strnfill(201, 'x');

        assert_true(store_name_is_valid("web"));
        assert_true(store_name_is_valid("..."));
        assert_true(store_name_is_valid("m\xc3\xbcller 1"));
        assert_true(store_name_is_valid(longest));
        assert_false(store_name_is_valid(too_long));
        assert_false(store_name_is_valid(NULL));
        assert_false(store_name_is_valid(""));
        assert_false(store_name_is_valid("."));
        assert_false(store_name_is_valid(".."));
        assert_false(store_name_is_valid("a/b"));
        assert_false(store_name_is_valid("a\nb"));
        assert_false(store_name_is_valid("a\x7f"));
}

static void test_paths_are_refused(void **state)
{
        static const char *const wrong[] = { "", ".", "..", "../x", "a/b", "/etc/passwd" };
        Fixture *f = *state;

        put(f, "a", "1");
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                char *text = NULL;

                assert_int_equal(store_write(f->fd, wrong[i], "x", 1, 0, NULL), -EINVAL);
                assert_int_equal(store_read(f->fd, wrong[i], 10, &text, NULL, NULL), -EINVAL);
                assert_int_equal(store_remove(f->fd, wrong[i], 0, NULL), -EINVAL);
                assert_int_equal(store_rename(f->fd, wrong[i], "b", 0, NULL), -EINVAL);
                assert_int_equal(store_rename(f->fd, "a", wrong[i], 0, NULL), -EINVAL);
                assert_int_equal(store_symlink(f->fd, wrong[i], "a", 0, NULL), -EINVAL);
                assert_int_equal(store_quarantine(f->fd, wrong[i], NULL, NULL), -EINVAL);
        }
        assert_listing(f, "a ");
}

static void test_write_and_read(void **state)
{
        Fixture *f = *state;
        _cleanup_error_ Error missing = ERROR_INIT, large = ERROR_INIT;
        g_autofree char *data = NULL;
        size_t size = 0;
        struct stat st;

        assert_int_equal(store_write(f->fd, "f", "a\0b", 3, STORE_DURABLE, NULL), 0);
        assert_int_equal(fstatat(f->fd, "f", &st, 0), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(store_read(f->fd, "f", 3, &data, &size, NULL), 0);
        assert_int_equal(size, 3);
        assert_memory_equal(data, "a\0b", 4);
        put(f, "f", "other");
        assert_content(f, "f", "other");
        put(f, "f", "");
        assert_content(f, "f", "");
        assert_listing(f, "f ");

        assert_int_equal(store_read(f->fd, "none", 10, &data, NULL, &missing), -ENOENT);
        assert_string_equal(missing.detail, "cannot read 'none': No such file or directory");
        put(f, "f", "12345");
        assert_int_equal(store_read(f->fd, "f", 4, &data, NULL, &large), -EFBIG);
        assert_memory_equal(data, "a\0b", 4);
}

static void test_remove(void **state)
{
        Fixture *f = *state;

        put(f, "f", "1");
        assert_int_equal(store_remove(f->fd, "f", STORE_DURABLE, NULL), 1);
        assert_int_equal(store_remove(f->fd, "f", STORE_DURABLE, NULL), 0);
        assert_listing(f, "");
}

static void test_rename(void **state)
{
        Fixture *f = *state;

        put(f, "a", "1");
        put(f, "b", "2");
        assert_int_equal(store_rename(f->fd, "a", "b", STORE_DURABLE, NULL), -EEXIST);
        assert_content(f, "a", "1");
        assert_content(f, "b", "2");
        assert_int_equal(store_rename(f->fd, "a", "c", STORE_DURABLE, NULL), 0);
        assert_content(f, "c", "1");
        assert_int_equal(store_rename(f->fd, "a", "d", 0, NULL), -ENOENT);
}

/* A link is an entry of the directory, never a way out of it. */
static void test_links(void **state)
{
        Fixture *f = *state;
        g_autofree char *outside = g_strdup_printf("%s.outside", f->path), *text = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        char target[64] = "";

        assert_true(g_file_set_contents(outside, "secret", -1, NULL));
        assert_int_equal(symlinkat(outside, f->fd, "l"), 0);
        assert_int_equal(store_read(f->fd, "l", 100, &text, NULL, &error), -ELOOP);
        put(f, "l", "mine");
        assert_content(f, "l", "mine");

        put(f, "s", "file");
        assert_int_equal(store_symlink(f->fd, "s", outside, STORE_DURABLE, NULL), 0);
        assert_int_equal(store_symlink(f->fd, "s", "../x.xml", STORE_DURABLE, NULL), 0);
        assert_true(readlinkat(f->fd, "s", target, sizeof(target)) > 0);
        assert_string_equal(target, "../x.xml");
        assert_int_equal(store_remove(f->fd, "s", 0, NULL), 1);
        assert_true(g_file_get_contents(outside, &text, NULL, NULL));
        assert_string_equal(text, "secret");
        assert_int_equal(unlink(outside), 0);
}

/* Nothing that is no regular file is read, and a fifo without a writer keeps nobody. */
static void test_special_files(void **state)
{
        Fixture *f = *state;
        _cleanup_error_ Error fifo = ERROR_INIT, dir = ERROR_INIT;
        char *text = NULL;

        assert_int_equal(mkfifoat(f->fd, "fifo", 0600), 0);
        assert_int_equal(mkdirat(f->fd, "dir", 0700), 0);
        assert_int_equal(store_read(f->fd, "fifo", 100, &text, NULL, &fifo), -EINVAL);
        assert_non_null(strstr(fifo.detail, "no regular file"));
        assert_int_equal(store_read(f->fd, "dir", 100, &text, NULL, &dir), -EINVAL);
        assert_true(store_write(f->fd, "dir", "x", 1, 0, NULL) < 0);
        assert_listing(f, "dir fifo ");
}

static void test_quarantine(void **state)
{
        static const char *const names[] = { "f.xml.broken", "f.xml.broken.1", "f.xml.broken.2" };
        Fixture *f = *state;
        g_auto(GStrv) list = NULL;

        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                g_autofree char *name = NULL, *text = g_strdup_printf("try %zu", i);

                put(f, "f.xml", text);
                assert_int_equal(store_quarantine(f->fd, "f.xml", &name, NULL), 0);
                assert_string_equal(name, names[i]);
                assert_content(f, name, text);
        }
        assert_int_equal(store_quarantine(f->fd, "f.xml", NULL, NULL), -ENOENT);
        assert_int_equal(store_list(f->fd, ".xml", &list, NULL), 0);
        assert_null(list[0]);
}

static void test_list(void **state)
{
        Fixture *f = *state;
        g_auto(GStrv) list = NULL, all = NULL;
        g_autofree char *ours = g_strdup_printf(".virtbus-%d-1", (int) getpid()), *text = NULL;

        put(f, "b.xml", "");
        put(f, "a.xml", "");
        put(f, "B.xml", "");
        put(f, "c.xml.broken", "");
        put(f, ".hidden.xml", "");
        put(f, ".virtbus-ab.xml", "of a domain of that name");
        put(f, ".virtbus-1-0123", "left by a process that is gone");
        put(f, ours, "being written by another thread");
        assert_int_equal(store_list(f->fd, ".xml", &list, NULL), 0);
        assert_int_equal(g_strv_length(list), 5);
        assert_string_equal(list[0], ".hidden.xml");
        assert_string_equal(list[1], ".virtbus-ab.xml");
        assert_string_equal(list[2], "B.xml");
        assert_string_equal(list[3], "a.xml");
        assert_string_equal(list[4], "b.xml");
        assert_int_equal(store_list(f->fd, "", &all, NULL), 0);
        assert_int_equal(g_strv_length(all), 6);
        text = listing(f);
        assert_null(strstr(text, ".virtbus-1-0123"));
        assert_non_null(strstr(text, ours));
}

static void test_open_dir(void **state)
{
        Fixture *f = *state;
        g_autofree char *deep = g_build_filename(f->path, "x", "y", NULL),
                        *file = g_build_filename(f->path, "f", NULL);
        _cleanup_error_ Error error = ERROR_INIT;
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        assert_int_equal(store_open_dir(deep, 0700, &fd, NULL), 0);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0700);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
        put(f, "f", "");
        assert_true(store_open_dir(file, 0700, &fd, &error) < 0);
        assert_non_null(strstr(error.detail, file));
}

/* What cannot be written completely changes nothing and leaves nothing. */
static void test_no_room(void **state)
{
        Fixture *f = *state;
        g_autofree char *large = g_strnfill(100000, 'x');
        _cleanup_error_ Error error = ERROR_INIT;
        struct rlimit old;

        put(f, "f", "old");
        (void) signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit) { 50000, old.rlim_max }), 0);
        assert_int_equal(store_write(f->fd, "f", large, 100000, STORE_DURABLE, &error), -EFBIG);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_string_equal(error.detail, "cannot write 'f': File too large");
        assert_content(f, "f", "old");
        assert_listing(f, "f ");
}

#define LARGE 200000

/* Until it is killed: two contents in turn. */
static void write_for_ever(int fd, StoreFlags flags)
{
        char *a = g_strnfill(LARGE, 'a'), *b = g_strnfill(LARGE / 2, 'b');

        for (;;) {
                if (store_write(fd, "f", a, LARGE, flags, NULL) < 0 ||
                    store_write(fd, "f", b, LARGE / 2, flags, NULL) < 0)
                        _exit(1);
        }
}

static void assert_whole(Fixture *f)
{
        g_autofree char *text = NULL;
        size_t size;

        assert_int_equal(store_read(f->fd, "f", LARGE, &text, &size, NULL), 0);
        assert_true((size == LARGE && text[0] == 'a') || (size == LARGE / 2 && text[0] == 'b'));
        assert_int_equal(strspn(text, (const char[]) { text[0], 0 }), size);
}

static void test_killed_writer(void **state)
{
        Fixture *f = *state;
        g_auto(GStrv) list = NULL;
        bool left = false;

        g_autofree char *first = g_strnfill(LARGE, 'a');

        put(f, "f", first);
        for (int i = 0; i < 60; i++) {
                pid_t pid = fork();
                int status;

                assert_true(pid >= 0);
                if (pid == 0)
                        write_for_ever(f->fd, i % 6 == 0 ? STORE_DURABLE : 0);
                g_usleep(2000 + (gulong) g_random_int_range(0, 6000));
                assert_int_equal(kill(pid, SIGKILL), 0);
                assert_int_equal(waitpid(pid, &status, 0), pid);
                assert_true(WIFSIGNALED(status));
                assert_whole(f);
        }
        g_autofree char *before = listing(f);

        left = strstr(before, ".virtbus-");
        assert_int_equal(store_list(f->fd, "", &list, NULL), 0);
        assert_listing(f, "f ");
        /* if none had been left, nothing of this was tested */
        assert_true(left);
}

#define test_in_dir(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
        static const struct CMUnitTest tests[] = {
                cmocka_unit_test(test_names),
                test_in_dir(test_paths_are_refused),
                test_in_dir(test_write_and_read),
                test_in_dir(test_remove),
                test_in_dir(test_rename),
                test_in_dir(test_links),
                test_in_dir(test_special_files),
                test_in_dir(test_quarantine),
                test_in_dir(test_list),
                test_in_dir(test_open_dir),
                test_in_dir(test_no_room),
                test_in_dir(test_killed_writer),
        };

        return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
