/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/util.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

const char *string_table_get(const char *const *table, size_t n, int i)
{
        return i >= 0 && (size_t) i < n ? table[i] : NULL;
}

int string_table_find(const char *const *table, size_t n, const char *s)
{
        if (!s)
                return -EINVAL;
        for (size_t i = 0; i < n; i++)
                if (table[i] && streq(table[i], s))
                        return (int) i;
        return -EINVAL;
}

int parse_u64(const char *s, uint64_t *ret)
{
        char *end;
        unsigned long long v;

        if (!s || !g_ascii_isdigit(*s))
                return -EINVAL;
        errno = 0;
        v = strtoull(s, &end, 10);
        if (errno == ERANGE)
                return -ERANGE;
        if (*end)
                return -EINVAL;
        *ret = v;
        return 0;
}

int parse_u32(const char *s, uint32_t *ret)
{
        uint64_t v;
        int r = parse_u64(s, &v);

        if (r < 0)
                return r;
        if (v > UINT32_MAX)
                return -ERANGE;
        *ret = (uint32_t) v;
        return 0;
}

int parse_i64(const char *s, int64_t *ret)
{
        char *end;
        long long v;

        if (!s || !g_ascii_isdigit(*s == '-' ? s[1] : *s))
                return -EINVAL;
        errno = 0;
        v = strtoll(s, &end, 10);
        if (errno == ERANGE)
                return -ERANGE;
        if (*end)
                return -EINVAL;
        *ret = v;
        return 0;
}

int parse_boolean(const char *s)
{
        static const char *const words[][2] = {
                { "no", "yes" }, { "off", "on" }, { "false", "true" }, { "0", "1" },
        };

        if (!s)
                return -EINVAL;
        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                for (int v = 0; v < 2; v++)
                        if (g_ascii_strcasecmp(words[i][v], s) == 0)
                                return v;
        return -EINVAL;
}

int write_all(int fd, const void *data, size_t n)
{
        const char *p = data;

        while (n > 0) {
                ssize_t k = write(fd, p, n);

                if (k < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                p += k;
                n -= (size_t) k;
        }
        return 0;
}

int read_fd(int fd, size_t max, char **ret, size_t *ret_size)
{
        g_autofree char *data = NULL;
        size_t size = 0, room = 0;

        for (;;) {
                ssize_t k;

                if (size + 1 >= room) {
                        room = room ? room * 2 : 4096;
                        data = g_realloc(data, room);
                }
                k = read(fd, data + size, room - size - 1);
                if (k < 0) {
                        if (errno == EINTR)
                                continue;
                        return -errno;
                }
                if (k == 0)
                        break;
                size += (size_t) k;
                if (size > max)
                        return -EFBIG;
        }
        data[size] = '\0';
        *ret = g_steal_pointer(&data);
        if (ret_size)
                *ret_size = size;
        return 0;
}

int read_file_at(int dirfd, const char *path, size_t max, char **ret, size_t *ret_size)
{
        _cleanup_close_ int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

        return fd < 0 ? -errno : read_fd(fd, max, ret, ret_size);
}

int mkdir_parents(const char *path, mode_t mode)
{
        return g_mkdir_with_parents(path, (int) mode) < 0 ? -errno : 0;
}

void uuid_new(char ret[static 37])
{
        g_autofree char *uuid = g_uuid_string_random();

        g_strlcpy(ret, uuid, 37);
}
