/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/store.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define TEMPORARY_PREFIX ".virtbus-"
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

static int sync_dir(int dir_fd, StoreFlags flags, const char *name, Error *error)
{
        if ((flags & STORE_DURABLE) && fsync(dir_fd) < 0)
                return error_set_errno(error, errno, "cannot make the change of '%s' durable", name);
        return 0;
}

static int write_temporary(int dir_fd, const char *temporary, const char *name, const void *data, size_t size,
                           StoreFlags flags, Error *error)
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
        g_autofree char *temporary = g_strdup_printf(TEMPORARY_PREFIX "%08x%08x", g_random_int(), g_random_int());
        int r;

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
        int r;

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
        if (renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE) < 0)
                return error_set_errno(error, errno, "cannot rename '%s' to '%s'", from, to);
        return sync_dir(dir_fd, flags, to, error);
}

int store_symlink(int dir_fd, const char *name, const char *target, StoreFlags flags, Error *error)
{
        g_autofree char *temporary = g_strdup_printf(TEMPORARY_PREFIX "%08x%08x", g_random_int(), g_random_int());

        if (symlinkat(target, dir_fd, temporary) < 0)
                return error_set_errno(error, errno, "cannot create link '%s'", name);
        if (renameat(dir_fd, temporary, dir_fd, name) < 0) {
                int r = error_set_errno(error, errno, "cannot create link '%s'", name);

                (void) unlinkat(dir_fd, temporary, 0);
                return r;
        }
        return sync_dir(dir_fd, flags, name, error);
}

int store_read(int dir_fd, const char *name, size_t max, char **ret, size_t *ret_size, Error *error)
{
        struct stat st;
        int r;

        if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return error_set_errno(error, errno, "cannot read '%s'", name);
        if (!S_ISREG(st.st_mode))
                return error_set_errno(error, EINVAL, "cannot read '%s', which is no regular file", name);
        r = read_file_at(dir_fd, name, max, ret, ret_size);
        if (r < 0)
                return error_set_errno(error, r, "cannot read '%s'", name);
        return 0;
}

int store_quarantine(int dir_fd, const char *name, char **ret_new_name, Error *error)
{
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

int store_list(int dir_fd, const char *suffix, char ***ret, Error *error)
{
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
        struct dirent *entry;

        if (!dir) {
                int r = error_set_errno(error, errno, "cannot list a directory");

                safe_close(fd);
                return r;
        }
        while ((entry = readdir(dir))) {
                if (g_str_has_prefix(entry->d_name, TEMPORARY_PREFIX))
                        (void) unlinkat(dir_fd, entry->d_name, 0);
                else if (g_str_has_suffix(entry->d_name, suffix) && entry->d_name[0] != '.')
                        g_ptr_array_add(names, g_strdup(entry->d_name));
        }
        (void) closedir(dir);
        g_ptr_array_sort(names, compare_names);
        g_ptr_array_add(names, NULL);
        *ret = (char **) g_ptr_array_steal(names, NULL);
        return 0;
}
