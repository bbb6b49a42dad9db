/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/sysfs.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>

#define ATTRIBUTE_MAX 4096

char *sysfs_text(int fd, const char *name)
{
        g_autofree char *text = NULL;

        if (read_file_at(fd, name, ATTRIBUTE_MAX, &text, NULL) < 0)
                return NULL;
        g_strstrip(text);
        return *text && g_utf8_validate(text, -1, NULL) ? g_steal_pointer(&text) : NULL;
}

bool sysfs_number(int fd, const char *name, unsigned base, uint64_t *ret)
{
        g_autofree char *text = sysfs_text(fd, name);
        const char *digits = text;
        guint64 value;

        if (base == 16 && text && g_str_has_prefix(text, "0x"))
                digits += 2;
        if (!text || !g_ascii_string_to_unsigned(digits, base, 0, UINT64_MAX, &value, NULL))
                return false;
        *ret = value;
        return true;
}

char *sysfs_link(int fd, const char *name)
{
        char target[PATH_MAX];
        ssize_t n = readlinkat(fd, name, target, sizeof(target) - 1);

        if (n <= 0)
                return NULL;
        target[n] = '\0';
        return g_path_get_basename(target);
}

static int compare_names(const void *a, const void *b)
{
        return strverscmp(*(char *const *) a, *(char *const *) b);
}

char **sysfs_list(int fd, const char *name, const char *prefix)
{
        _cleanup_close_ int dir_fd = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
        DIR *dir = dir_fd < 0 ? NULL : fdopendir(dir_fd);

        if (!dir)
                return NULL;
        (void) TAKE_FD(dir_fd);
        for (const struct dirent *entry; (entry = readdir(dir));)
                if (entry->d_name[0] != '.' && g_str_has_prefix(entry->d_name, prefix))
                        g_ptr_array_add(names, g_strdup(entry->d_name));
        closedir(dir);
        if (names->len == 0)
                return NULL;
        g_ptr_array_sort(names, compare_names);
        g_ptr_array_add(names, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&names), FALSE);
}

int sysfs_write(int fd, const char *name, const char *value, const char *path, Error *error)
{
        _cleanup_close_ int file = openat(fd, name, O_WRONLY | O_CLOEXEC | O_NOCTTY);

        if (file < 0 || write(file, value, strlen(value)) < 0)
                return error_set_errno(error, errno, "cannot write '%s' to '%s/%s'", value, path, name);
        return 0;
}
