/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_fd_groups.h"

#include <fcntl.h>

typedef struct FdGroup {
        char *name;
        char *owner; /* unique name of the caller; NULL: the daemon */
        int *fds;
        size_t n;
} FdGroup;

static void group_free(gpointer p)
{
        FdGroup *group = p;

        for (size_t i = 0; i < group->n; i++)
                safe_close(group->fds[i]);
        g_free(group->fds);
        g_free(group->name);
        g_free(group->owner);
        g_free(group);
}

static void groups_free(gpointer groups)
{
        g_ptr_array_unref(groups);
}

GHashTable *qemu_fd_groups_new(void)
{
        return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, groups_free);
}

/* NULL when a descriptor cannot be copied, errno set. */
static FdGroup *group_new(const char *name, const char *owner, const int *fds, size_t n)
{
        FdGroup *group = g_new0(FdGroup, 1);

        group->name = g_strdup(name);
        group->owner = g_strdup(owner);
        group->fds = g_new0(int, n);
        for (; group->n < n; group->n++) {
                int fd = fcntl(fds[group->n], F_DUPFD_CLOEXEC, 3);

                if (fd < 0) {
                        int saved = errno;

                        group_free(group);
                        errno = saved;
                        return NULL;
                }
                group->fds[group->n] = fd;
        }
        return group;
}

static void forget(GPtrArray *groups, const char *name)
{
        for (guint i = 0; i < groups->len; i++)
                if (streq(((const FdGroup *) groups->pdata[i])->name, name)) {
                        g_ptr_array_remove_index(groups, i);
                        return;
                }
}

int qemu_associate_fds(Domain *domain, const char *name, const int *fds, size_t n, uint32_t flags, Job *job,
                       Error *error)
{
        GHashTable *table = qemu_driver_of(domain)->fd_groups;
        GPtrArray *groups = g_hash_table_lookup(table, domain->uuid);
        FdGroup *group = group_new(name, job_owner(job)->name, fds, n);

        if (!group)
                return error_set_errno(error, errno, "cannot copy a file descriptor");
        if (!groups) {
                groups = g_ptr_array_new_with_free_func(group_free);
                g_hash_table_insert(table, g_strdup(domain->uuid), groups);
        }
        forget(groups, name);
        g_ptr_array_add(groups, group);
        return 0;
}

static gboolean drop_of_owner(gpointer uuid, gpointer value, gpointer owner)
{
        GPtrArray *groups = value;

        for (guint i = groups->len; i-- > 0;)
                if (streq_ptr(((const FdGroup *) groups->pdata[i])->owner, owner))
                        g_ptr_array_remove_index(groups, i);
        return groups->len == 0;
}

void qemu_fd_groups_caller_left(QemuDriver *driver, const char *owner)
{
        (void) g_hash_table_foreach_remove(driver->fd_groups, drop_of_owner, (gpointer) owner);
}

GPtrArray *qemu_fd_groups_copy(const QemuDriver *driver, const char *uuid)
{
        const GPtrArray *groups = g_hash_table_lookup(driver->fd_groups, uuid);
        GPtrArray *copy = g_ptr_array_new_with_free_func(group_free);

        for (guint i = 0; groups && i < groups->len; i++) {
                const FdGroup *group = groups->pdata[i];
                FdGroup *other = group_new(group->name, NULL, group->fds, group->n);

                if (other)
                        g_ptr_array_add(copy, other);
        }
        return copy;
}

static const FdGroup *find(const GPtrArray *groups, const char *name)
{
        for (guint i = 0; groups && i < groups->len; i++) {
                const FdGroup *group = groups->pdata[i];

                if (streq(group->name, name))
                        return group;
        }
        return NULL;
}

/* QEMU wants one that is open exactly so; from one for both ways one for reading can be made. */
static int choose(const FdGroup *group, bool writable)
{
        int both = -1;

        for (size_t i = 0; i < group->n; i++) {
                int mode = fcntl(group->fds[i], F_GETFL) & O_ACCMODE;

                if (mode == (writable ? O_RDWR : O_RDONLY))
                        return fcntl(group->fds[i], F_DUPFD_CLOEXEC, 3);
                if (mode == O_RDWR)
                        both = group->fds[i];
        }
        if (both >= 0) {
                g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", both);

                return open(link, O_RDONLY | O_CLOEXEC);
        }
        errno = EBADF;
        return -1;
}

int qemu_fd_groups_open(const GPtrArray *groups, const char *name, bool writable, const char *place, int *ret_fd,
                        struct stat *ret_st, Error *error)
{
        const FdGroup *group = find(groups, name);
        _cleanup_close_ int fd = -EBADF;

        if (!group)
                return error_set(error, ERROR_INVALID_ARG,
                                 "%s: file descriptor group '%s' was not associated with the domain", place, name);
        fd = choose(group, writable);
        if (fd < 0 && errno == EBADF)
                return error_set(error, ERROR_INVALID_ARG, "%s: no file descriptor of group '%s' is open for %s", place,
                                 name, writable ? "writing" : "reading");
        if (fd < 0 || fstat(fd, ret_st) < 0)
                return error_set_errno(error, errno, "%s: cannot use a file descriptor of group '%s'", place, name);
        if (!S_ISREG(ret_st->st_mode) && !S_ISBLK(ret_st->st_mode))
                return error_set(error, ERROR_INVALID_ARG,
                                 "%s: a file descriptor of group '%s' is neither a file nor a block device", place,
                                 name);
        *ret_fd = TAKE_FD(fd);
        return 0;
}
