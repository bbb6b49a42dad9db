/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_open.h"

#include <linux/openat2.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

/* What is copied into memory at most: kernels and initial RAM disks. */
#define COPY_MAX ((off_t) 2 * 1024 * 1024 * 1024)

static const char *kind_text(mode_t mode)
{
        switch (mode & S_IFMT) {
        case S_IFREG:
                return "a regular file";
        case S_IFDIR:
                return "a directory";
        case S_IFBLK:
                return "a block device";
        case S_IFCHR:
                return "a character device";
        case S_IFIFO:
                return "a pipe";
        case S_IFSOCK:
                return "a socket";
        }
        return "something unknown";
}

static mode_t kind_mode(OpenKind kind)
{
        switch (kind) {
        case OPEN_FILE:
                return S_IFREG;
        case OPEN_BLOCK:
                return S_IFBLK;
        case OPEN_CHARACTER:
                return S_IFCHR;
        case OPEN_DIRECTORY:
                return S_IFDIR;
        case OPEN_PIPE:
                return S_IFIFO;
        }
        g_assert_not_reached();
}

/* What a person wants to know of the component that is in the way. */
static char *describe_node(const char *path)
{
        struct stat st;

        if (stat(path, &st) < 0)
                return g_strdup_printf("'%s' cannot be looked at", path);
        return g_strdup_printf("'%s', %s of user %u and group %u with mode %04o, denies access", path,
                               kind_text(st.st_mode), (unsigned) st.st_uid, (unsigned) st.st_gid,
                               (unsigned) st.st_mode & 07777);
}

/* The first directory on the way that is missing or may not be searched, else the file itself. */
static char *describe_failure(const char *path, int saved_errno)
{
        for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
                g_autofree char *dir = g_strndup(path, (size_t) (at - path));

                if (faccessat(AT_FDCWD, dir, X_OK, AT_EACCESS) == 0)
                        continue;
                if (errno == ENOENT)
                        return g_strdup_printf("there is no directory '%s'", dir);
                if (errno == EACCES)
                        return describe_node(dir);
                break;
        }
        if (saved_errno == EACCES || saved_errno == EPERM)
                return describe_node(path);
        return NULL;
}

static int fail_open(const char *path, const char *place, int saved_errno, Error *error)
{
        g_autofree char *why = describe_failure(path, saved_errno);

        if (why)
                return error_set_errno(error, saved_errno, "cannot open '%s' of %s: %s", path, place, why);
        return error_set_errno(error, saved_errno, "cannot open '%s' of %s", path, place);
}

/* Nothing else than the kind may be opened: opening a tape or a pipe can have effects or never return. */
static int check_kind(int fd, const char *path, OpenKind kind, const char *place, struct stat *ret_st,
                      Error *error)
{
        struct stat st;

        if (fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "cannot look at '%s' of %s", path, place);
        if ((st.st_mode & S_IFMT) != kind_mode(kind))
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: '%s' is %s and not %s", place, path,
                                 kind_text(st.st_mode), kind_text(kind_mode(kind)));
        if (ret_st)
                *ret_st = st;
        return 0;
}

/* From an O_PATH descriptor, whose kind is known by now, to one that can be used. */
static int reopen(int path_fd, int flags)
{
        g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", path_fd);

        return open(link, flags | O_CLOEXEC | O_NOCTTY);
}

static int open_existing(int path_fd, const char *path, OpenKind kind, int flags, const char *place,
                         int *ret_fd, struct stat *ret_st, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r;

        r = check_kind(path_fd, path, kind, place, &st, error);
        if (r < 0)
                return r;
        fd = reopen(path_fd, flags);
        if (fd < 0)
                return fail_open(path, place, errno, error);

        if (ret_st)
                *ret_st = st;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

/* O_NOFOLLOW alone would take a pipe for a file and wait: O_NONBLOCK. */
static int open_created(const char *path, int flags, const char *place, int *ret_fd, struct stat *ret_st,
                        Error *error)
{
        _cleanup_close_ int fd = open(
                        path, (flags & ~O_TRUNC) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600);
        int r;

        if (fd < 0)
                return fail_open(path, place, errno, error);
        r = check_kind(fd, path, OPEN_FILE, place, ret_st, error);
        if (r < 0)
                return r;
        if ((flags & O_TRUNC) && ftruncate(fd, 0) < 0)
                return error_set_errno(error, errno, "cannot truncate '%s' of %s", path, place);
        if (fcntl(fd, F_SETFL, flags & O_APPEND) < 0)
                return error_set_errno(error, errno, "cannot prepare '%s' of %s", path, place);

        *ret_fd = TAKE_FD(fd);
        return 0;
}

int qemu_open(const char *path, OpenKind kind, int flags, const char *place, int *ret_fd,
              struct stat *ret_st, Error *error)
{
        _cleanup_close_ int path_fd = -EBADF;

        if (*path != '/')
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: '%s' is no absolute path", place,
                                 path);
        if (flags & O_CREAT)
                return open_created(path, flags, place, ret_fd, ret_st, error);

        path_fd = open(path, O_PATH | O_CLOEXEC);
        if (path_fd < 0)
                return fail_open(path, place, errno, error);
        return open_existing(path_fd, path, kind, flags, place, ret_fd, ret_st, error);
}

int qemu_open_beneath(const char *dir, const char *rest, OpenKind kind, int flags, const char *place, int *ret_fd,
                      struct stat *ret_st, Error *error)
{
        g_autofree char *path = g_build_filename(dir, rest, NULL);
        _cleanup_close_ int dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC), path_fd = -EBADF;
        struct open_how how = {
                .flags = O_PATH | O_CLOEXEC,
                .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
        };

        if (dir_fd < 0)
                return fail_open(path, place, errno, error);
        path_fd = (int) syscall(SYS_openat2, dir_fd, rest, &how, sizeof(how));
        if (path_fd < 0 && errno == EXDEV)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "%s: '%s' leads out of '%s'", place, path,
                                 dir);
        if (path_fd < 0)
                return fail_open(path, place, errno, error);
        return open_existing(path_fd, path, kind, flags, place, ret_fd, ret_st, error);
}

/* Access lists are not asked: they can only make the mode a worse guess, and then the file is copied. */
static bool mode_allows(const struct stat *st, uid_t uid, gid_t gid)
{
        if (uid == 0 || uid == geteuid())
                return true;
        if (st->st_uid == uid)
                return st->st_mode & S_IRUSR;
        if (st->st_gid == gid)
                return st->st_mode & S_IRGRP;
        return st->st_mode & S_IROTH;
}

/* So that what QEMU reads stays what it was, whoever else opens it. */
static int seal(int fd, Error *error)
{
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                return error_set_errno(error, errno, "cannot seal a file in memory");
        return 0;
}

static int open_memory(int *ret_fd, Error *error)
{
        int fd = memfd_create("virtbus", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        if (fd < 0)
                return error_set_errno(error, errno, "cannot create a file in memory");
        *ret_fd = fd;
        return 0;
}

int qemu_open_bytes(GBytes *bytes, int *ret_fd, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        gsize size;
        const void *data = g_bytes_get_data(bytes, &size);
        int r = open_memory(&fd, error);

        if (r < 0)
                return r;
        r = write_all(fd, data, size);
        if (r < 0)
                return error_set_errno(error, r, "cannot write a file in memory");
        r = seal(fd, error);
        if (r < 0)
                return r;
        *ret_fd = TAKE_FD(fd);
        return 0;
}

int qemu_open_for_user(int *fd, const char *path, uid_t uid, gid_t gid, Error *error)
{
        _cleanup_close_ int copy = -EBADF;
        struct stat st;
        off_t at = 0;
        int r;

        if (fstat(*fd, &st) < 0)
                return error_set_errno(error, errno, "cannot look at '%s'", path);
        if (mode_allows(&st, uid, gid))
                return 0;
        if (st.st_size > COPY_MAX)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "'%s' is larger than %jd bytes and QEMU's user may not read it", path,
                                 (intmax_t) COPY_MAX);

        r = open_memory(&copy, error);
        if (r < 0)
                return r;
        while (at < st.st_size) {
                ssize_t n = sendfile(copy, *fd, &at, (size_t) (st.st_size - at));

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return error_set_errno(error, errno, "cannot copy '%s' into memory", path);
                if (n == 0)
                        break;
        }
        r = seal(copy, error);
        if (r < 0)
                return r;

        (void) safe_close(*fd);
        *fd = TAKE_FD(copy);
        return 0;
}

/* Paths beyond the length that an address has room for go through a descriptor of the directory. */
static int unix_address(const char *path, int *ret_dir_fd, struct sockaddr_un *ret)
{
        g_autofree char *dir = NULL, *name = NULL;

        *ret = (struct sockaddr_un) { .sun_family = AF_UNIX };
        if (*path != '/')
                return -EINVAL;
        if (strlen(path) < sizeof(ret->sun_path)) {
                strcpy(ret->sun_path, path);
                return 0;
        }
        dir = g_path_get_dirname(path);
        name = g_path_get_basename(path);
        *ret_dir_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (*ret_dir_fd < 0)
                return -errno;
        if (g_snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", *ret_dir_fd, name) >=
            (int) sizeof(ret->sun_path))
                return -ENAMETOOLONG;
        return 0;
}

static int fail_socket(const char *what, const char *path, const char *place, int saved_errno, Error *error)
{
        g_autofree char *why = saved_errno == ECONNREFUSED ? NULL : describe_failure(path, saved_errno);

        return error_set_errno(error, saved_errno, "cannot %s the socket '%s' of %s%s%s", what, path, place,
                               why ? ": " : "", strempty(why));
}

int qemu_open_listen(const char *path, const char *place, int *ret_fd, Error *error)
{
        _cleanup_close_ int dir_fd = -EBADF, fd = -EBADF;
        struct sockaddr_un address;
        int r;

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot create a socket");
        r = unix_address(path, &dir_fd, &address);
        if (r < 0)
                return fail_socket("make", path, place, -r, error);

        qemu_remove_socket(path);
        /* The mode of the socket is that of the node which bind(2) makes, whatever the umask of the process.
         */
        if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return fail_socket("make", path, place, errno, error);
        if (listen(fd, 1) < 0)
                return fail_socket("listen on", path, place, errno, error);
        *ret_fd = TAKE_FD(fd);
        return 0;
}

int qemu_open_connect(const char *path, const char *place, int *ret_fd, Error *error)
{
        _cleanup_close_ int dir_fd = -EBADF, fd = -EBADF;
        struct sockaddr_un address;
        int r;

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot create a socket");
        r = unix_address(path, &dir_fd, &address);
        if (r < 0)
                return fail_socket("connect to", path, place, -r, error);
        if (connect(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                return fail_socket("connect to", path, place, errno, error);
        if (fcntl(fd, F_SETFL, 0) < 0)
                return error_set_errno(error, errno, "cannot prepare a socket");
        *ret_fd = TAKE_FD(fd);
        return 0;
}

void qemu_remove_socket(const char *path)
{
        struct stat st;

        if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
                (void) unlink(path);
}
