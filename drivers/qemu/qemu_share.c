/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_share.h"

#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int write_map(pid_t pid, const char *which, unsigned inside, unsigned outside)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/%s", (int) pid, which);
        g_autofree char *line = g_strdup_printf("%u %u 1\n", inside, outside);
        _cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

        return fd < 0 ? -errno : write_all(fd, line, strlen(line));
}

static int open_namespace(pid_t pid, const struct stat *owner, uid_t uid, gid_t gid, int *ret_fd)
{
        g_autofree char *path = g_strdup_printf("/proc/%d/ns/user", (int) pid);
        int r = write_map(pid, "uid_map", owner->st_uid, uid);

        if (r >= 0)
                r = write_map(pid, "gid_map", owner->st_gid, gid);
        if (r < 0)
                return r;
        *ret_fd = open(path, O_RDONLY | O_CLOEXEC);
        return *ret_fd < 0 ? -errno : 0;
}

/*
 * A map is a user namespace, and the kernel makes one with a process only. That does nothing but wait for its end, so
 * no code of a library runs in it.
 */
static int make_map(const struct stat *owner, uid_t uid, gid_t gid, int *ret_fd)
{
        pid_t pid = (pid_t) syscall(SYS_clone, CLONE_NEWUSER, NULL, NULL, NULL, NULL);
        int r;

        if (pid < 0)
                return -errno;
        while (pid == 0)
                (void) syscall(SYS_pause);
        r = open_namespace(pid, owner, uid, gid, ret_fd);
        (void) kill(pid, SIGKILL);
        (void) waitpid(pid, NULL, __WALL);
        return r;
}

/* Returns negative where the kernel or the file system cannot do it. */
static int open_mapped(int fd, const struct stat *owner, uid_t uid, gid_t gid, bool readonly, int *ret_fd)
{
        struct mount_attr attr = {
                        .attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                    (readonly ? MOUNT_ATTR_RDONLY : 0),
        };
        _cleanup_close_ int map_fd = -EBADF;
        _cleanup_close_ int tree_fd = (int) syscall(SYS_open_tree, fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | O_CLOEXEC);
        int r = tree_fd < 0 ? -errno : make_map(owner, uid, gid, &map_fd);

        if (r < 0)
                return r;
        attr.userns_fd = (uint64_t) map_fd;
        if (syscall(SYS_mount_setattr, tree_fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
                return -errno;
        *ret_fd = TAKE_FD(tree_fd);
        return 0;
}

int qemu_share_map(int *fd, uid_t uid, gid_t gid, bool readonly, const char *place, Error *error)
{
        struct stat st;
        int mapped = -EBADF;

        if (fstat(*fd, &st) < 0)
                return error_set_errno(error, errno, "%s: cannot look at the directory", place);
        if (uid == 0 || st.st_uid == 0 || st.st_gid == 0 ||
            open_mapped(*fd, &st, uid, gid, readonly, &mapped) < 0)
                return 0;
        safe_close(*fd);
        *fd = mapped;
        return 1;
}
