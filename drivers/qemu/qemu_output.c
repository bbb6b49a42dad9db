/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_output.h"

#include "service/base/store.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* To find a name that is free. */
#define N_ATTEMPTS 16u

static void discard(QemuOutput *output)
{
        output->fd = safe_close(output->fd);
        if (output->temporary && output->dir_fd >= 0)
                (void) unlinkat(output->dir_fd, output->temporary, 0);
        g_clear_pointer(&output->temporary, g_free);
        output->dir_fd = safe_close(output->dir_fd);
}

static void output_clear(gpointer p)
{
        QemuOutput *output = p;

        discard(output);
        g_free(output->name);
        g_free(output->path);
}

QemuOutput *qemu_output_ref(QemuOutput *output)
{
        return g_atomic_rc_box_acquire(output);
}

QemuOutput *qemu_output_unref(QemuOutput *output)
{
        if (output)
                g_atomic_rc_box_release_full(output, output_clear);
        return NULL;
}

static void release(void *output)
{
        qemu_output_unref(output);
}

static int release_work(void *output, Error *error)
{
        discard(output);
        return 0;
}

static void released(void *userdata, int r, Error *error)
{
}

QemuOutput *qemu_output_release(QemuOutput *output, WorkerPool *pool)
{
        if (output)
                (void) worker_run(pool, release_work, output, release, released, NULL);
        return NULL;
}

static int open_directory(QemuOutput *output, Error *error)
{
        g_autofree char *directory = g_path_get_dirname(output->path);

        output->name = g_path_get_basename(output->path);
        if (!g_path_is_absolute(output->path) || g_str_has_suffix(output->path, "/"))
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' is no absolute path of a file", output->path);
        if (!store_name_is_valid(output->name))
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' cannot be the name of a file", output->name);
        output->dir_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (output->dir_fd < 0)
                return error_set_errno(error, errno, "cannot open directory '%s'", directory);
        return 0;
}

/* Whoever names a file must not thereby get rid of what is none of these. */
static int check_former(const QemuOutput *output, bool (*may_replace)(int fd), Error *error)
{
        _cleanup_close_ int fd = openat(output->dir_fd, output->name,
                                        O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
        struct stat st;

        if (fd < 0 && errno == ENOENT)
                return 0;
        if (fd < 0 || fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "cannot open '%s'", output->path);
        if (!S_ISREG(st.st_mode))
                return error_set(error, ERROR_OPERATION_FAILED, "'%s' is no regular file", output->path);
        if (st.st_size > 0 && !may_replace(fd))
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "'%s' is another kind of file, which is not overwritten: remove it, or choose "
                                 "another name", output->path);
        return 0;
}

static char *temporary_name(const QemuOutput *output)
{
        return g_strdup_printf(".%s.%08x" QEMU_OUTPUT_PARTIAL, output->name, g_random_int());
}

/* One without a name does not even outlive a daemon that is killed; not all file systems have those. */
static int open_file(QemuOutput *output)
{
        output->fd = openat(output->dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        for (unsigned i = 0; output->fd < 0 && i < N_ATTEMPTS; i++) {
                g_autofree char *temporary = temporary_name(output);

                output->fd = openat(output->dir_fd, temporary,
                                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
                if (output->fd >= 0)
                        output->temporary = g_steal_pointer(&temporary);
                else if (errno != EEXIST)
                        break;
        }
        return output->fd < 0 ? -errno : 0;
}

static int give_name(QemuOutput *output)
{
        g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", output->fd), *temporary = temporary_name(output);

        if (output->temporary)
                return 0;
        if (linkat(AT_FDCWD, link, output->dir_fd, temporary, AT_SYMLINK_FOLLOW) < 0)
                return -errno;
        output->temporary = g_steal_pointer(&temporary);
        return 0;
}

int qemu_output_open(const char *path, bool (*may_replace)(int fd), QemuOutput **ret, Error *error)
{
        _cleanup_(qemu_output_unrefp) QemuOutput *output = g_atomic_rc_box_new0(QemuOutput);
        int r;

        output->path = g_strdup(path);
        output->fd = output->dir_fd = -EBADF;
        r = open_directory(output, error);
        if (r >= 0)
                r = check_former(output, may_replace, error);
        if (r < 0)
                return r;
        r = open_file(output);
        if (r < 0)
                return error_set_errno(error, r, "cannot make a file beside '%s'", path);
        *ret = g_steal_pointer(&output);
        return 0;
}

int qemu_output_publish(QemuOutput *output, Error *error)
{
        int r;

        if (fsync(output->fd) < 0)
                return error_set_errno(error, errno, "cannot write '%s' to the disk", output->path);
        r = give_name(output);
        if (r >= 0 && renameat(output->dir_fd, output->temporary, output->dir_fd, output->name) < 0)
                r = -errno;
        if (r < 0)
                return error_set_errno(error, r, "cannot give '%s' its name", output->path);
        g_clear_pointer(&output->temporary, g_free);
        if (fsync(output->dir_fd) < 0) {
                int saved = errno;

                (void) unlinkat(output->dir_fd, output->name, 0);
                return error_set_errno(error, saved, "cannot write the directory of '%s' to the disk", output->path);
        }
        return 0;
}
