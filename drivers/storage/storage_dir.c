/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_dir.h"

#include "drivers/storage/storage_probe.h"
#define LOG_CATEGORY "storage"
#include "service/base/log.h"

#include <dirent.h>
#include <linux/fs.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

/* Names of what is not whole: the host's, then the daemon's pid, then a random number. */
#define TEMPORARY_PREFIX ".virtbus-volume-"

int storage_dir_open(StorageWork *work, Error *error)
{
        if (work->dir_fd >= 0)
                return 0;
        work->dir_fd = open(work->pool->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (work->dir_fd < 0)
                return error_set_errno(error, errno, "cannot open directory '%s'", work->pool->path);
        return 0;
}

/* -- names of what is not whole ------------------------------------------------------------------------------ */

/* A shared directory has daemons of several hosts. */
static char *host_mark(void)
{
        g_autofree char *id = NULL;

        if (read_file_at(AT_FDCWD, "/etc/machine-id", 64, &id, NULL) < 0 || strlen(id) < 8)
                return g_strdup("0");
        return g_strndup(id, 8);
}

static char *temporary_name(void)
{
        g_autofree char *mark = host_mark();

        return g_strdup_printf(TEMPORARY_PREFIX "%s-%d-%08x%08x", mark, (int) getpid(), g_random_int(), g_random_int());
}

/* One of this host, whose daemon is gone. */
static bool is_left_over(const char *name)
{
        g_autofree char *mark = host_mark();
        g_autofree char *prefix = g_strdup_printf(TEMPORARY_PREFIX "%s-", mark);
        pid_t pid;

        if (!g_str_has_prefix(name, prefix))
                return false;
        pid = (pid_t) g_ascii_strtoll(name + strlen(prefix), NULL, 10);
        return pid > 0 && kill(pid, 0) < 0 && errno == ESRCH;
}

/* -- looking ------------------------------------------------------------------------------------------------- */

int storage_dir_open_file(int dir_fd, const char *name, int flags, int *ret_fd, Error *error)
{
        _cleanup_close_ int fd = -EBADF;
        struct stat before, st;

        if (fstatat(dir_fd, name, &before, AT_SYMLINK_NOFOLLOW) < 0)
                return error_set_errno(error, errno, "cannot open volume '%s'", name);
        if (!S_ISREG(before.st_mode) && !S_ISBLK(before.st_mode) && !S_ISDIR(before.st_mode))
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "volume '%s' is no regular file, block device or directory, and not followed", name);
        fd = openat(dir_fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &st) < 0)
                return error_set_errno(error, errno, "cannot open volume '%s'", name);
        if (st.st_ino != before.st_ino || st.st_dev != before.st_dev)
                return error_set(error, ERROR_OPERATION_FAILED, "volume '%s' was replaced while it was opened", name);
        *ret_fd = TAKE_FD(fd);
        return 0;
}

/*
 * Bytes that QEMU locks of a file that it has open (block/file-posix.c): from 100 on what it does, from 200 on what
 * others may not do.
 */
#define QEMU_LOCK_START 100
#define QEMU_LOCK_LENGTH 200

int storage_dir_check_unlocked(int fd, const char *name, Error *error)
{
        struct flock lock = {
                .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = QEMU_LOCK_START, .l_len = QEMU_LOCK_LENGTH,
        };

        if (fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type == F_UNLCK)
                return 0;
        return error_set(error, ERROR_OPERATION_INVALID, "volume '%s' is still in use: QEMU has it open", name);
}

static bool is_listed(const char *name)
{
        if (streq(name, ".") || streq(name, "..") || streq(name, "lost+found") ||
            g_str_has_prefix(name, TEMPORARY_PREFIX) || !g_utf8_validate(name, -1, NULL))
                return false;
        for (const char *p = name; *p; p++)
                if ((unsigned char) *p < ' ' || *p == 0x7f)
                        return false;
        return true;
}

static int scan_file(StorageWork *work, const char *name, Error *error)
{
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r = storage_dir_open_file(work->dir_fd, name, O_RDONLY, &fd, error);

        if (r < 0)
                return r;
        def = storage_vol_def_new(work->pool->type);
        def->name = arena_strdup(def->arena, name);
        def->target.path =
                        arena_printf(def->arena, "%s/%s", streq(work->pool->path, "/") ? "" : work->pool->path, name);
        def->key = def->target.path;
        r = storage_probe(fd, def, error);
        if (r >= 0 && work->pool->refresh_allocation == STORAGE_REFRESH_CAPACITY)
                def_put(def, allocation, def->capacity);
        if (r >= 0)
                r = storage_vol_def_seal(def, NULL, error);
        if (r >= 0)
                storage_work_add_found(work, g_steal_pointer(&def));
        return r;
}

static int measure(StorageWork *work, Error *error)
{
        struct statvfs fs;

        if (fstatvfs(work->dir_fd, &fs) < 0)
                return error_set_errno(error, errno, "cannot look at '%s'", work->pool->path);
        work->info.capacity = (uint64_t) fs.f_frsize * fs.f_blocks;
        work->info.available = (uint64_t) fs.f_frsize * fs.f_bfree;
        work->info.allocation = work->info.capacity - work->info.available;
        return 0;
}

static int scan_entry(StorageWork *work, const char *name, Error *error)
{
        _cleanup_error_ Error why = ERROR_INIT;

        if (is_left_over(name))
                (void) unlinkat(work->dir_fd, name, 0);
        if (is_listed(name) && scan_file(work, name, &why) < 0) {
                g_autofree char *text = error_message(&why);

                log_debug("storage pool '%s' is without a file: %s", work->pool->name, text);
        }
        return storage_work_advance(work, 0, error);
}

int storage_dir_scan(StorageWork *work, Error *error)
{
        struct dirent *entry;
        DIR *dir = NULL;
        int fd, r = storage_dir_open(work, error);

        if (r < 0)
                return r;
        fd = openat(work->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        dir = fd < 0 ? NULL : fdopendir(fd);
        if (!dir) {
                r = error_set_errno(error, errno, "cannot list '%s'", work->pool->path);
                safe_close(fd);
                return r;
        }
        while (r >= 0 && (errno = 0, entry = readdir(dir)))
                r = scan_entry(work, entry->d_name, error);
        if (r >= 0 && errno != 0)
                r = error_set_errno(error, errno, "cannot list '%s'", work->pool->path);
        (void) closedir(dir);
        return r < 0 ? r : measure(work, error);
}

int storage_dir_scan_one(StorageWork *work, Error *error)
{
        int r = storage_dir_open(work, error);

        if (r >= 0)
                r = scan_file(work, work->vol->name, error);
        return r < 0 ? r : measure(work, error);
}

/* -- making -------------------------------------------------------------------------------------------------- */

static void set_nocow(int fd)
{
        int flags;

        /* file systems other than btrfs have nothing to switch off */
        if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
                return;
        flags |= FS_NOCOW_FL;
        (void) ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

static int check_name_is_free(const StorageWork *work, Error *error)
{
        struct stat st;

        if (fstatat(work->dir_fd, work->vol->name, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
                return 0;
        return error_set(error, ERROR_OPERATION_FAILED, "volume target path '%s' already exists",
                         work->vol->target.path);
}

int storage_dir_make_file(StorageWork *work, Error *error)
{
        int r = storage_dir_open(work, error);

        if (r >= 0)
                r = check_name_is_free(work, error);
        if (r < 0)
                return r;
        work->fd = openat(work->dir_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (work->fd < 0) {
                g_autofree char *name = temporary_name();

                work->fd = openat(work->dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
                if (work->fd >= 0)
                        work->temporary = g_steal_pointer(&name);
        }
        if (work->fd < 0)
                return error_set_errno(error, errno, "cannot create file '%s'", work->vol->target.path);
        if (work->vol->target.nocow || work->pool->cow == TRISTATE_NO)
                set_nocow(work->fd);
        return 0;
}

int storage_dir_give(int fd, const StoragePermissions *permissions, mode_t mode, const char *path, Error *error)
{
        const uid_t owner = def_is_set(permissions, owner) ? permissions->owner : (uid_t) -1;
        const gid_t group = def_is_set(permissions, group) ? permissions->group : (gid_t) -1;

        if ((owner != (uid_t) -1 || group != (gid_t) -1) && fchown(fd, owner, group) < 0)
                return error_set_errno(error, errno, "cannot chown '%s' to (%u, %u)", path, owner, group);
        if (def_is_set(permissions, mode) && permissions->mode != (uint32_t) -1)
                mode = permissions->mode;
        if (mode != 0 && fchmod(fd, mode) < 0)
                return error_set_errno(error, errno, "cannot set mode of '%s' to %04o", path, mode);
        /* without SELinux a label has no meaning */
        if (permissions->label &&
            fsetxattr(fd, "security.selinux", permissions->label, strlen(permissions->label) + 1, 0) < 0 &&
            errno != ENOTSUP)
                return error_set_errno(error, errno, "cannot set the label of '%s'", path);
        return 0;
}

static int name_file(StorageWork *work)
{
        g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", work->fd);

        if (!work->temporary)
                return linkat(AT_FDCWD, link, work->dir_fd, work->vol->name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
        if (renameat2(work->dir_fd, work->temporary, work->dir_fd, work->vol->name, RENAME_NOREPLACE) < 0) {
                if (errno != EINVAL)
                        return -errno;
                /* file systems that cannot do that (NFS, FUSE) have hard links */
                if (linkat(work->dir_fd, work->temporary, work->dir_fd, work->vol->name, 0) < 0)
                        return -errno;
                (void) unlinkat(work->dir_fd, work->temporary, 0);
        }
        g_clear_pointer(&work->temporary, g_free);
        return 0;
}

int storage_dir_keep(StorageWork *work, Error *error)
{
        const char *path = work->vol->target.path;
        int r = storage_dir_give(work->fd, &work->vol->target.permissions, 0600, path, error);

        if (r < 0)
                return r;
        if (fsync(work->fd) < 0)
                return error_set_errno(error, errno, "cannot write '%s'", path);
        r = storage_work_advance(work, 0, error);
        if (r < 0)
                return r;
        r = name_file(work);
        if (r == -EEXIST)
                return error_set(error, ERROR_OPERATION_FAILED, "volume target path '%s' already exists", path);
        if (r < 0 || fsync(work->dir_fd) < 0)
                return error_set_errno(error, r < 0 ? r : errno, "cannot create file '%s'", path);
        return storage_dir_scan_one(work, error);
}

int storage_dir_make_dir(StorageWork *work, Error *error)
{
        const StorageVolDef *vol = work->vol;
        int r = storage_dir_open(work, error);

        if (r < 0)
                return r;
        if (mkdirat(work->dir_fd, vol->name, 0700) < 0)
                return error_set_errno(error, errno, "cannot create directory '%s'", vol->target.path);
        r = storage_dir_open_file(work->dir_fd, vol->name, O_RDONLY, &work->fd, error);
        if (r >= 0)
                r = storage_dir_give(work->fd, &vol->target.permissions, 0711, vol->target.path, error);
        if (r < 0) {
                (void) unlinkat(work->dir_fd, vol->name, AT_REMOVEDIR);
                return r;
        }
        return storage_dir_scan_one(work, error);
}

int storage_dir_remove(StorageWork *work, Error *error)
{
        const StorageVolDef *vol = work->vol;
        _cleanup_close_ int fd = -EBADF;
        int r = storage_dir_open(work, error);

        /* what has taken its place is removed without a look */
        if (r >= 0 && storage_dir_open_file(work->dir_fd, vol->name, O_RDONLY, &fd, NULL) >= 0)
                r = storage_dir_check_unlocked(fd, vol->name, error);
        if (r < 0)
                return r;
        if (unlinkat(work->dir_fd, vol->name, vol->type == STORAGE_VOL_DIR ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
                return error_set_errno(error, errno, "cannot unlink file '%s'", vol->target.path);
        if (fsync(work->dir_fd) < 0)
                return error_set_errno(error, errno, "cannot make the end of '%s' durable", vol->target.path);
        return measure(work, error);
}
