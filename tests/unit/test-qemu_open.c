/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_open.h"

#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#define PLACE "/domain/devices/disk[1]/source/@file"

typedef struct Fixture {
        char *dir;
        int fd; /* that a child of another user shall open again */
} Fixture;

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        f->dir = g_dir_make_tmp("test-open-XXXXXX", NULL);
        *state = f;
        return f->dir ? 0 : -1;
}

static int teardown(void **state)
{
        Fixture *f = *state;
        g_autofree char *command = g_strdup_printf("rm -rf '%s'", f->dir);

        assert_int_equal(system(command), 0);
        g_free(f->dir);
        g_free(f);
        return 0;
}

static char *at(Fixture *f, const char *name)
{
        return g_build_filename(f->dir, name, NULL);
}

static void make_file(Fixture *f, const char *name, const char *text)
{
        g_autofree char *path = at(f, name);

        assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void check_refused(const char *path, OpenKind kind, int flags, const char *text)
{
        _cleanup_error_ Error error = ERROR_INIT;
        int fd = -EBADF;

        assert_true(qemu_open(path, kind, flags, PLACE, &fd, NULL, &error) < 0);
        assert_int_equal(fd, -EBADF);
        if (!strstr(error.detail, text) || !strstr(error.detail, PLACE))
                fail_msg("'%s' is not in '%s'", text, error.detail);
}

static void test_kinds(void **state)
{
        Fixture *f = *state;
        g_autofree char *file = at(f, "file"), *pipe = at(f, "pipe"), *dir = at(f, "dir"),
                        *sub = at(f, "no/x");
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        make_file(f, "file", "text");
        assert_int_equal(mkfifo(pipe, 0600), 0);
        assert_int_equal(g_mkdir(dir, 0700), 0);

        assert_int_equal(qemu_open(file, OPEN_FILE, O_RDWR, PLACE, &fd, &st, NULL), 0);
        assert_int_equal(st.st_size, 4);
        assert_int_equal(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
        assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);

        /* None of these may wait for anybody. */
        check_refused(pipe, OPEN_FILE, O_RDONLY, "is a pipe and not a regular file");
        check_refused(pipe, OPEN_FILE, O_RDWR, "is a pipe and not a regular file");
        check_refused(dir, OPEN_FILE, O_RDONLY, "is a directory");
        check_refused("/dev/null", OPEN_FILE, O_RDONLY, "is a character device");
        check_refused("/dev/null", OPEN_BLOCK, O_RDONLY, "is a character device and not a block device");
        check_refused(file, OPEN_BLOCK, O_RDONLY, "is a regular file and not a block device");
        check_refused("file", OPEN_FILE, O_RDONLY, "is no absolute path");
        check_refused(sub, OPEN_FILE, O_RDONLY, "there is no directory");
}

static void test_created(void **state)
{
        Fixture *f = *state;
        g_autofree char *file = at(f, "log"), *link = at(f, "link"), *pipe = at(f, "pipe"), *text = NULL;
        int fd;

        make_file(f, "log", "old");
        assert_int_equal(qemu_open(file, OPEN_FILE, O_WRONLY | O_CREAT | O_APPEND, PLACE, &fd, NULL, NULL),
                         0);
        assert_int_equal(write(fd, "+", 1), 1);
        close(fd);
        assert_true(g_file_get_contents(file, &text, NULL, NULL));
        assert_string_equal(text, "old+");
        assert_int_equal(qemu_open(file, OPEN_FILE, O_WRONLY | O_CREAT | O_TRUNC, PLACE, &fd, NULL, NULL),
                         0);
        assert_int_equal(lseek(fd, 0, SEEK_END), 0);
        assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
        close(fd);

        assert_int_equal(symlink("log", link), 0);
        assert_int_equal(mkfifo(pipe, 0600), 0);
        check_refused(link, OPEN_FILE, O_WRONLY | O_CREAT | O_TRUNC, "Too many levels of symbolic links");
        check_refused(pipe, OPEN_FILE, O_RDWR | O_CREAT, "is a pipe");
}

static void test_beneath(void **state)
{
        Fixture *f = *state;
        g_autofree char *inner = at(f, "pool"), *in = at(f, "pool/in"), *out = at(f, "pool/out");
        g_autofree char *up = at(f, "pool/up");
        _cleanup_close_ int fd = -EBADF, fd2 = -EBADF;
        const char *const escapes[] = { "out", "up", "../secret", "/etc/passwd" };

        assert_int_equal(g_mkdir(inner, 0700), 0);
        make_file(f, "secret", "x");
        make_file(f, "pool/image", "x");
        assert_int_equal(symlink("image", in), 0);
        assert_int_equal(symlink("../secret", out), 0);
        assert_int_equal(symlink("/etc/passwd", up), 0);

        assert_int_equal(qemu_open_beneath(inner, "image", OPEN_FILE, O_RDONLY, PLACE, &fd, NULL, NULL), 0);
        assert_int_equal(qemu_open_beneath(inner, "in", OPEN_FILE, O_RDONLY, PLACE, &fd2, NULL, NULL), 0);
        for (size_t i = 0; i < ELEMENTSOF(escapes); i++) {
                _cleanup_error_ Error error = ERROR_INIT;
                int no = -EBADF;

                assert_true(qemu_open_beneath(inner, escapes[i], OPEN_FILE, O_RDONLY, PLACE, &no, NULL, &error) < 0);
                assert_int_equal(error.code, ERROR_CONFIG_UNSUPPORTED);
                assert_non_null(strstr(error.detail, "leads out of"));
        }
}

/* Runs check in a process of another user and returns what it returned. */
static int as_nobody(int (*check)(Fixture *f), Fixture *f)
{
        pid_t pid = fork();
        int status;

        assert_true(pid >= 0);
        if (pid == 0)
                _exit(setgid(65534) == 0 && setuid(65534) == 0 ? check(f) : 99);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
        return WEXITSTATUS(status);
}

static int check_denied(Fixture *f)
{
        g_autofree char *path = at(f, "a/b/image"), *file = at(f, "private"), *culprit = at(f, "a/b");
        _cleanup_error_ Error error = ERROR_INIT, error2 = ERROR_INIT;
        int fd;

        if (qemu_open(path, OPEN_FILE, O_RDONLY, PLACE, &fd, NULL, &error) != -EACCES)
                return 1;
        if (!strstr(error.detail, culprit) || !strstr(error.detail, "a directory of user 0 and group 0") ||
            !strstr(error.detail, "mode 0700, denies access"))
                return 2;
        if (qemu_open(file, OPEN_FILE, O_RDONLY, PLACE, &fd, NULL, &error2) != -EACCES)
                return 3;
        return strstr(error2.detail, "a regular file of user 0") ? 0 : 4;
}

static void test_denied(void **state)
{
        Fixture *f = *state;
        g_autofree char *a = at(f, "a"), *b = at(f, "a/b"), *file = at(f, "private");

        if (geteuid() != 0) {
                print_message("only root can become another user\n");
                skip();
        }
        assert_int_equal(chmod(f->dir, 0755), 0);
        assert_int_equal(g_mkdir(a, 0755), 0);
        assert_int_equal(g_mkdir(b, 0700), 0);
        make_file(f, "a/b/image", "x");
        make_file(f, "private", "x");
        assert_int_equal(chmod(file, 0600), 0);
        assert_int_equal(as_nobody(check_denied, f), 0);
}

static int check_reopen(Fixture *f)
{
        g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", f->fd);
        char text[8] = "";
        int fd = open(link, O_RDONLY);

        if (fd < 0)
                return 1;
        return read(fd, text, sizeof(text) - 1) == 4 && streq(text, "boot") ? 0 : 2;
}

static void test_for_user(void **state)
{
        Fixture *f = *state;
        g_autofree char *open_path = at(f, "open"), *closed_path = at(f, "closed");
        _cleanup_close_ int fd = -EBADF;
        int before;

        if (geteuid() != 0) {
                print_message("only root can become another user\n");
                skip();
        }
        make_file(f, "open", "boot");
        make_file(f, "closed", "boot");
        assert_int_equal(chmod(open_path, 0644), 0);
        assert_int_equal(chmod(closed_path, 0600), 0);

        /* What everybody may read is passed on itself ... */
        assert_int_equal(qemu_open(open_path, OPEN_FILE, O_RDONLY, PLACE, &fd, NULL, NULL), 0);
        before = fd;
        assert_int_equal(qemu_open_for_user(&fd, open_path, 65534, 65534, NULL), 0);
        assert_int_equal(fd, before);
        assert_int_equal(fcntl(fd, F_GET_SEALS), -1);
        f->fd = fd;
        assert_int_equal(as_nobody(check_reopen, f), 0);
        close(fd);

        /* ... and the rest as a copy that nobody can change. */
        assert_int_equal(qemu_open(closed_path, OPEN_FILE, O_RDONLY, PLACE, &fd, NULL, NULL), 0);
        f->fd = fd;
        assert_int_equal(as_nobody(check_reopen, f), 1);
        assert_int_equal(qemu_open_for_user(&fd, closed_path, 65534, 65534, NULL), 0);
        assert_int_equal(fcntl(fd, F_GET_SEALS), F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
        f->fd = fd;
        assert_int_equal(as_nobody(check_reopen, f), 0);
}

static void check_socket(Fixture *f, const char *path)
{
        _cleanup_close_ int server = -EBADF, again = -EBADF, client = -EBADF, peer = -EBADF;
        struct stat st;

        assert_int_equal(qemu_open_listen(path, PLACE, &server, NULL), 0);
        assert_int_equal(stat(path, &st), 0);
        assert_true(S_ISSOCK(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0600);
        /* A socket that somebody left is replaced. */
        assert_int_equal(qemu_open_listen(path, PLACE, &again, NULL), 0);
        assert_int_equal(qemu_open_connect(path, PLACE, &client, NULL), 0);
        peer = accept(again, NULL, NULL);
        assert_true(peer >= 0);
        assert_int_equal(fcntl(client, F_GETFL) & O_NONBLOCK, 0);
        qemu_remove_socket(path);
        assert_int_equal(stat(path, &st), -1);
}

static void test_sockets(void **state)
{
        Fixture *f = *state;
        g_autofree char *path = at(f, "s"), *file = at(f, "file"), *deep = NULL, *long_path = NULL;
        _cleanup_error_ Error error = ERROR_INIT, error2 = ERROR_INIT;
        char name[91];
        int fd = -EBADF;

        check_socket(f, path);
        memset(name, 'd', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        deep = at(f, name);
        assert_int_equal(g_mkdir(deep, 0700), 0);
        long_path = g_build_filename(deep, "socket-with-a-long-path", NULL);
        assert_true(strlen(long_path) > sizeof(((struct sockaddr_un *) NULL)->sun_path));
        check_socket(f, long_path);

        /* A file is no left-over socket. */
        make_file(f, "file", "precious");
        assert_int_equal(qemu_open_listen(file, PLACE, &fd, &error), -EADDRINUSE);
        qemu_remove_socket(file);
        assert_int_equal(access(file, F_OK), 0);
        assert_int_equal(qemu_open_connect(path, PLACE, &fd, &error2), -ENOENT);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(test_kinds, setup, teardown),
                cmocka_unit_test_setup_teardown(test_created, setup, teardown),
                cmocka_unit_test_setup_teardown(test_beneath, setup, teardown),
                cmocka_unit_test_setup_teardown(test_denied, setup, teardown),
                cmocka_unit_test_setup_teardown(test_for_user, setup, teardown),
                cmocka_unit_test_setup_teardown(test_sockets, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
