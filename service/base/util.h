/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Small helpers that every layer may use. Containers and strings come from GLib. */

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define ELEMENTSOF(x) (sizeof(x) / sizeof((x)[0]))

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _cleanup_close_ _cleanup_(close_fdp)
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define _unused_ __attribute__((unused))
#define _pure_ __attribute__((pure))

/* Defines "static inline void funcp(type *p)" for _cleanup_(), calling func() when the pointer is set. */
#define DEFINE_TRIVIAL_CLEANUP(type, func)                                                          \
        static inline void func##p(type *p)                                                         \
        {                                                                                           \
                if (*p)                                                                             \
                        func(*p);                                                                   \
        }

/* Moves an fd out of a cleanup-guarded variable. Pointers move with g_steal_pointer(). */
static inline int take_fd(int *fd)
{
        int r = *fd;

        *fd = -EBADF;
        return r;
}
#define TAKE_FD(fd) take_fd(&(fd))

/* Closes fd if it is one, keeps errno, returns an invalid fd: "x->fd = safe_close(x->fd)". */
static inline int safe_close(int fd)
{
        if (fd >= 0) {
                int saved = errno;

                (void) close(fd);
                errno = saved;
        }
        return -EBADF;
}

static inline void close_fdp(int *fd)
{
        safe_close(*fd);
}

static inline bool streq(const char *a, const char *b)
{
        return g_str_equal(a, b);
}

/* Like streq(), but NULL equals NULL only. */
static inline bool streq_ptr(const char *a, const char *b)
{
        return g_strcmp0(a, b) == 0;
}

static inline bool isempty(const char *s)
{
        return !s || !*s;
}

static inline const char *strempty(const char *s)
{
        return s ?: "";
}

#define USEC_PER_SEC ((uint64_t) 1000000)
#define USEC_PER_MSEC ((uint64_t) 1000)
#define NSEC_PER_USEC ((uint64_t) 1000)
#define NSEC_PER_SEC ((uint64_t) 1000000000)

/* Microseconds on CLOCK_MONOTONIC. */
static inline uint64_t now_usec(void)
{
        return (uint64_t) g_get_monotonic_time();
}

/*
 * Enum <-> word tables. DECLARE in the header, DEFINE next to
 * "static const char *const domain_state_table[_DOMAIN_STATE_MAX]". from_string returns -EINVAL for an
 * unknown word; to_string returns NULL for a value out of range.
 */
#define DECLARE_STRING_TABLE(name, type)                                                            \
        const char *name##_to_string(type i);                                                       \
        int name##_from_string(const char *s)

#define DEFINE_STRING_TABLE(name, type)                                                             \
        const char *name##_to_string(type i)                                                        \
        {                                                                                           \
                return string_table_get(name##_table, ELEMENTSOF(name##_table), (int) i);           \
        }                                                                                           \
        int name##_from_string(const char *s)                                                       \
        {                                                                                           \
                return string_table_find(name##_table, ELEMENTSOF(name##_table), s);                \
        }

const char *string_table_get(const char *const *table, size_t n, int i);
int string_table_find(const char *const *table, size_t n, const char *s);

/*
 * Reads a decimal number that fills the whole string: no sign for the unsigned form, no blanks, no
 * overflow. Returns 0, -EINVAL or -ERANGE; *ret is untouched on failure.
 */
int parse_u64(const char *s, uint64_t *ret);
int parse_u32(const char *s, uint32_t *ret);
int parse_i64(const char *s, int64_t *ret);

/* A random UUID (version 4), in lower case with hyphens. */
void uuid_new(char ret[static 37]);

/* Reads "yes"/"no", "on"/"off", "true"/"false", "1"/"0". Returns 0 or 1, or -EINVAL. */
int parse_boolean(const char *s);

/* Writes all of it, retrying on EINTR and short writes. Returns 0 or -errno. */
int write_all(int fd, const void *data, size_t n);

/*
 * Reads a file of at most max bytes beneath dirfd (AT_FDCWD for a plain path). The result is
 * NUL-terminated; *ret_size, which may be NULL, does not count that byte. Returns 0 or -errno;
 * -EFBIG when it is larger.
 */
int read_file_at(int dirfd, const char *path, size_t max, char **ret, size_t *ret_size);

/* The same from an open file, from where it stands. */
int read_fd(int fd, size_t max, char **ret, size_t *ret_size);

/* Creates the directory and its parents with the mode. Returns 0 or -errno. */
int mkdir_parents(const char *path, mode_t mode);
