/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Stands in for the kernel's file system "resctrl" where the processor has no caches that can be divided: a directory
 * that becomes a group when it is made, with the files of one, goes as a whole when it is removed, and refuses masks
 * with gaps. usage: resctrl-fs BACKING MOUNTPOINT; the backing directory is what the file system begins with.
 */

#define FUSE_USE_VERSION 35

#include "service/base/util.h"

#include <dirent.h>
#include <errno.h>
#include <fuse3/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A processor with 4 numbers for groups. */
#define GROUPS_MAX 4

static char *real(const char *path)
{
        return g_strconcat(fuse_get_context()->private_data, path, NULL);
}

static int fs_getattr(const char *path, struct stat *st, struct fuse_file_info *info)
{
        g_autofree char *file = real(path);

        return lstat(file, st) < 0 ? -errno : 0;
}

static int fs_readdir(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset, struct fuse_file_info *info,
                      enum fuse_readdir_flags flags)
{
        g_autofree char *directory = real(path);
        DIR *dir = opendir(directory);
        struct dirent *entry;

        if (!dir)
                return -errno;
        while ((entry = readdir(dir)))
                (void) fill(buffer, entry->d_name, NULL, 0, 0);
        (void) closedir(dir);
        return 0;
}

static int fs_open(const char *path, struct fuse_file_info *info)
{
        info->direct_io = 1;
        return 0;
}

static int fs_read(const char *path, char *buffer, size_t size, off_t offset, struct fuse_file_info *info)
{
        g_autofree char *file = real(path), *text = NULL;
        gsize n;

        if (!g_file_get_contents(file, &text, &n, NULL))
                return -EIO;
        if ((gsize) offset >= n)
                return 0;
        n = MIN(size, n - (gsize) offset);
        memcpy(buffer, text + offset, n);
        return (int) n;
}

static void put(const char *directory, const char *name, const char *text)
{
        g_autofree char *path = g_build_filename(directory, name, NULL);

        (void) g_file_set_contents(path, text, -1, NULL);
}

static bool has_gap(uint64_t mask)
{
        while (mask && !(mask & 1))
                mask >>= 1;
        return mask == 0 || (mask & (mask + 1));
}

/* "L3:0=f;1=f": the line of the same resource is replaced. */
static int change_schemata(const char *file, const char *text)
{
        g_autofree char *old = NULL;
        g_auto(GStrv) fresh = g_strsplit(text, "\n", -1), lines = NULL;
        g_autofree char *joined = NULL;

        (void) g_file_get_contents(file, &old, NULL, NULL);
        lines = g_strsplit(old, "\n", -1);
        for (char **line = fresh; *line; line++) {
                const char *colon = strchr(*line, ':');

                if (!colon)
                        continue;
                for (const char *at = colon; g_str_has_prefix(*line, "L") && (at = strchr(at, '=')); at++)
                        if (has_gap(strtoull(at + 1, NULL, 16)))
                                return -EINVAL;
                for (char **l = lines; *l; l++)
                        if (strncmp(g_strchug(*l), *line, (size_t) (colon - *line) + 1) == 0) {
                                g_free(*l);
                                *l = g_strdup(*line);
                        }
        }
        joined = g_strjoinv("\n", lines);
        return g_file_set_contents(file, joined, -1, NULL) ? 0 : -EIO;
}

static int fs_write(const char *path, const char *data, size_t size, off_t offset, struct fuse_file_info *info)
{
        g_autofree char *file = real(path), *text = g_strndup(data, size), *old = NULL, *all = NULL;
        int r = 0;

        if (g_str_has_suffix(path, "/schemata"))
                r = change_schemata(file, text);
        else if (g_str_has_suffix(path, "/tasks")) {
                (void) g_file_get_contents(file, &old, NULL, NULL);
                all = g_strconcat(strempty(old), text, "\n", NULL);
                r = g_file_set_contents(file, all, -1, NULL) ? 0 : -EIO;
        } else
                r = -EPERM;
        return r < 0 ? r : (int) size;
}

static unsigned n_groups(const char *root)
{
        g_autoptr(GDir) dir = g_dir_open(root, 0, NULL);
        unsigned n = 0;

        while (dir && g_dir_read_name(dir))
                n++;
        return n;
}

static void make_monitor(const char *directory)
{
        g_autofree char *data = g_build_filename(directory, "mon_data", "mon_L3_00", NULL);

        (void) g_mkdir_with_parents(data, 0755);
        put(directory, "tasks", "");
        put(data, "llc_occupancy", "65536\n");
        put(data, "mbm_total_bytes", "3000\n");
        put(data, "mbm_local_bytes", "2000\n");
}

static int fs_mkdir(const char *path, mode_t mode)
{
        g_autofree char *directory = real(path), *root = real("/"), *schemata = real("/full"), *text = NULL;
        g_autofree char *monitors = NULL;
        bool monitor = strstr(path, "/mon_groups/");

        /* info, mon_groups, mon_data, schemata, tasks, full are there */
        if (!monitor && n_groups(root) >= 6 + GROUPS_MAX - 1)
                return -ENOSPC;
        if (mkdir(directory, 0755) < 0)
                return -errno;
        make_monitor(directory);
        if (monitor)
                return 0;
        monitors = g_build_filename(directory, "mon_groups", NULL);
        (void) mkdir(monitors, 0755);
        (void) g_file_get_contents(schemata, &text, NULL, NULL);
        put(directory, "schemata", strempty(text));
        return 0;
}

static int fs_rmdir(const char *path)
{
        g_autofree char *directory = real(path);
        const char *const argv[] = { "rm", "-r", directory, NULL };

        if (access(directory, F_OK) < 0)
                return -errno;
        return g_spawn_sync(NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL) ? 0
                                                                                                                : -EIO;
}

int main(int argc, char **argv)
{
        static const struct fuse_operations operations = {
                .getattr = fs_getattr, .readdir = fs_readdir, .open = fs_open, .read = fs_read,
                .write = fs_write,     .mkdir = fs_mkdir,     .rmdir = fs_rmdir,
        };
        char *args[] = { argv[0], (char *) "-f", (char *) "-s", argc > 2 ? argv[2] : NULL, NULL };

        return argc > 2 ? fuse_main(4, args, &operations, argv[1]) : 1;
}
