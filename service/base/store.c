/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/store.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TEMPORARY_PREFIX ".virtbus-" /* the writer's pid and a random number follow */
#define NAME_LENGTH_MAX 200 /* leaves room for suffixes below NAME_MAX */

bool store_name_is_valid(const char *name)
{
        if (isempty(name) || streq(name, ".") || streq(name, "..") || strlen(name) > NAME_LENGTH_MAX)
                return false;
        for (const char *p = name; *p; p++)
                if (*p == '/' || (unsigned char) *p < ' ' || *p == 127)
                        return false;
        return true;
}

/* What the calls below take: beneath the directory and nowhere else. */
static int check_name(const char *name, Error *error)
{
        if (isempty(name) || streq(name, ".") || streq(name, "..") || strchr(name, '/'))
                return error_set_errno(error, EINVAL, "'%s' cannot be the name of a file", strempty(name));
        return 0;
}

static char *temporary_prefix(void)
{
        return g_strdup_printf(TEMPORARY_PREFIX "%d-", (int) getpid());
}

static char *temporary_name(void)
{
        g_autofree char *prefix = temporary_prefix();

        return g_strdup_printf("%s%08x%08x", prefix, g_random_int(), g_random_int());
}

int store_open_dir(const char *path, mode_t mode, int *ret_fd, Error *error)
{
        int r = mkdir_parents(path, mode);
        int fd;

        if (r < 0)
                return error_set_errno(error, r, "cannot create directory '%s'", path);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open directory '%s'", path);
        *ret_fd = fd;
        return 0;
}

struct StoreDir {
        int fd;
};

int store_dir_open(const char *path, StoreDir **ret, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        int r = store_open_dir(path, 0700, &fd, error);
        StoreDir *dir;

        if (r < 0)
                return r;
        dir = g_atomic_rc_box_new0(StoreDir);
        dir->fd = TAKE_FD(fd);
        *ret = dir;
        return 0;
}

StoreDir *store_dir_ref(StoreDir *dir)
{
        return g_atomic_rc_box_acquire(dir);
}

static void store_dir_clear(gpointer p)
{
        StoreDir *dir = p;

        dir->fd = safe_close(dir->fd);
}

StoreDir *store_dir_unref(StoreDir *dir)
{
        if (dir)
                g_atomic_rc_box_release_full(dir, store_dir_clear);
        return NULL;
}

int store_dir_fd(const StoreDir *dir)
{
        return dir->fd;
}

static int sync_dir(int dir_fd, StoreFlags flags, const char *name, Error *error)
{
        if ((flags & STORE_DURABLE) && fsync(dir_fd) < 0)
                return error_set_errno(error, errno, "cannot make the change of '%s' durable", name);
        return 0;
}

static int write_temporary(int dir_fd, const char *temporary, const char *name, const void *data,
                           size_t size, StoreFlags flags, Error *error)
{
        _cleanup_close_ int fd =
                openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        int r;

        if (fd < 0)
                return error_set_errno(error, errno, "cannot create a file for '%s'", name);
        r = write_all(fd, data, size);
        if (r >= 0 && (flags & STORE_DURABLE) && fsync(fd) < 0)
                r = -errno;
        if (r < 0)
                return error_set_errno(error, r, "cannot write '%s'", name);
        return 0;
}

int store_write(int dir_fd, const char *name, const void *data, size_t size, StoreFlags flags, Error *error)
{
        g_autofree char *temporary = temporary_name();
        int r = check_name(name, error);

        if (r < 0)
                return r;
        r = write_temporary(dir_fd, temporary, name, data, size, flags, error);
        if (r >= 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
                r = error_set_errno(error, errno, "cannot replace '%s'", name);
        if (r < 0) {
                (void) unlinkat(dir_fd, temporary, 0);
                return r;
        }
        return sync_dir(dir_fd, flags, name, error);
}

int store_remove(int dir_fd, const char *name, StoreFlags flags, Error *error)
{
        int r = check_name(name, error);

        if (r < 0)
                return r;
        if (unlinkat(dir_fd, name, 0) < 0) {
                if (errno == ENOENT)
                        return 0;
                return error_set_errno(error, errno, "cannot remove '%s'", name);
        }
        r = sync_dir(dir_fd, flags, name, error);
        return r < 0 ? r : 1;
}

int store_rename(int dir_fd, const char *from, const char *to, StoreFlags flags, Error *error)
{
        int r = check_name(from, error);

        if (r >= 0)
                r = check_name(to, error);
        if (r < 0)
                return r;
        if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) < 0)
                return error_set_errno(error, errno, "cannot rename '%s' to '%s'", from, to);
        return sync_dir(dir_fd, flags, to, error);
}

int store_symlink(int dir_fd, const char *name, const char *target, StoreFlags flags, Error *error)
{
        g_autofree char *temporary = temporary_name();
        int r = check_name(name, error);

        if (r < 0)
                return r;
        if (symlinkat(target, dir_fd, temporary) < 0)
                return error_set_errno(error, errno, "cannot create link '%s'", name);
        if (renameat(dir_fd, temporary, dir_fd, name) < 0) {
                r = error_set_errno(error, errno, "cannot create link '%s'", name);
                (void) unlinkat(dir_fd, temporary, 0);
                return r;
        }
        return sync_dir(dir_fd, flags, name, error);
}

int store_read(int dir_fd, const char *name, size_t max, char **ret, size_t *ret_size, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat st;
        int r = check_name(name, error);

        if (r < 0)
                return r;
        /* a fifo must not keep us, nor a link lead us elsewhere */
        fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
        if (fd < 0 || fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "cannot read '%s'", name);
        if (!S_ISREG(st.st_mode))
                return error_set_errno(error, EINVAL, "cannot read '%s', which is no regular file", name);
        r = read_fd(fd, max, ret, ret_size);
        if (r < 0)
                return error_set_errno(error, r, "cannot read '%s'", name);
        return 0;
}

int store_quarantine(int dir_fd, const char *name, char **ret_new_name, Error *error)
{
        int r = check_name(name, error);

        if (r < 0)
                return r;
        for (unsigned i = 0; i < 1000; i++) {
                g_autofree char *to = i == 0 ? g_strdup_printf("%s.broken", name)
                                             : g_strdup_printf("%s.broken.%u", name, i);

                if (renameat2(dir_fd, name, dir_fd, to, RENAME_NOREPLACE) == 0) {
                        if (ret_new_name)
                                *ret_new_name = g_steal_pointer(&to);
                        return 0;
                }
                if (errno != EEXIST)
                        return error_set_errno(error, errno, "cannot set '%s' aside", name);
        }
        return error_set_errno(error, EEXIST, "cannot set '%s' aside", name);
}

static int compare_names(gconstpointer a, gconstpointer b)
{
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Whole names only: a domain may be called ".virtbus-web". */
static bool is_temporary(const char *name)
{
        size_t prefix = strlen(TEMPORARY_PREFIX);

        return g_str_has_prefix(name, TEMPORARY_PREFIX) && !name[prefix + strspn(name + prefix, "0123456789abcdef-")];
}

int store_list(int dir_fd, const char *suffix, char ***ret, Error *error)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        g_autofree char *ours = temporary_prefix();
        struct dirent *entry;

        if (!dir) {
                int r = error_set_errno(error, errno, "cannot list a directory");

                safe_close(fd);
                return r;
        }
        while ((errno = 0, entry = readdir(dir))) {
                if (is_temporary(entry->d_name)) {
                        /* one of ours is being written on another thread */
                        if (!g_str_has_prefix(entry->d_name, ours))
                                (void) unlinkat(dir_fd, entry->d_name, 0);
                } else if (g_str_has_suffix(entry->d_name, suffix) && !streq(entry->d_name, ".") &&
                           !streq(entry->d_name, ".."))
                        g_ptr_array_add(names, g_strdup(entry->d_name));
        }
        if (errno != 0) {
                int r = error_set_errno(error, errno, "cannot list a directory");

                (void) closedir(dir);
                return r;
        }
        (void) closedir(dir);
        g_ptr_array_sort(names, compare_names);
        g_ptr_array_add(names, NULL);
        *ret = (char **) g_ptr_array_steal(names, NULL);
        return 0;
}
