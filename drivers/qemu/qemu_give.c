/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_give.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

/* Of directories that a user of a machine may write to, so what is in there is anybody's guess. */
#define DEPTH_MAX 32u

QemuGift *qemu_gift_new(const char *made, const char *final, uid_t uid, gid_t gid)
{
        QemuGift *gift = g_new(QemuGift, 1);

        *gift = (QemuGift) { g_strdup(made), g_strdup(final), uid, gid };
        return gift;
}

void qemu_gift_free(void *data)
{
        QemuGift *gift = data;

        g_free(gift->made);
        g_free(gift->final);
        g_free(gift);
}

static int give_file(int dir_fd, const char *name, const QemuGift *gift)
{
        _cleanup_close_ int fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        struct stat st;

        if (fd < 0 || fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
                return 0;
        return fchownat(fd, "", gift->uid, gift->gid, AT_EMPTY_PATH) < 0 ? -errno : 0;
}

/* Takes fd. */
static int give_entries(int fd, const QemuGift *gift)
{
        DIR *dir = fdopendir(fd);
        struct dirent *entry;
        int r = 0;

        if (!dir) {
                safe_close(fd);
                return -errno;
        }
        while (r >= 0 && (entry = readdir(dir)))
                r = give_file(dirfd(dir), entry->d_name, gift);
        (void) closedir(dir);
        return r;
}

static int give_directory(const QemuGift *gift)
{
        int fd = open(gift->made, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

        if (fd < 0)
                return -errno;
        if (fchown(fd, gift->uid, gift->gid) < 0) {
                safe_close(fd);
                return -errno;
        }
        return give_entries(fd, gift);
}

int qemu_give(const QemuGift *gift, Error *error)
{
        int r = gift->uid != 0 ? give_directory(gift) : 0;

        if (r < 0)
                return error_set_errno(error, r, "cannot give the directory '%s' to the machine's user", gift->made);
        if (gift->final && rename(gift->made, gift->final) < 0)
                return error_set_errno(error, errno, "cannot rename '%s' to '%s'", gift->made, gift->final);
        return 0;
}

static void remove_entries(int fd, unsigned depth)
{
        DIR *dir = fdopendir(fd);
        struct dirent *entry;

        if (!dir) {
                safe_close(fd);
                return;
        }
        while ((entry = readdir(dir))) {
                int child;

                if (streq(entry->d_name, ".") || streq(entry->d_name, "..") ||
                    unlinkat(dirfd(dir), entry->d_name, 0) >= 0 || depth == 0)
                        continue;
                child = openat(dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
                if (child >= 0)
                        remove_entries(child, depth - 1);
                (void) unlinkat(dirfd(dir), entry->d_name, AT_REMOVEDIR);
        }
        (void) closedir(dir);
}

int qemu_remove_tree(int dir_fd, const char *name)
{
        int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

        if (fd >= 0)
                remove_entries(fd, DEPTH_MAX);
        return unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}
