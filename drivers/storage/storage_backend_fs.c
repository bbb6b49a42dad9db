/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Directories, and file systems of devices and servers that are mounted on one. */

#include "drivers/storage/storage_backend.h"

#include <libmount/libmount.h>
#include <string.h>
#include <sys/stat.h>

#include "drivers/ops_storage.h"
#include "drivers/storage/storage_device.h"
#include "drivers/storage/storage_dir.h"

#define MOUNT "/usr/bin/mount"
#define UMOUNT "/usr/bin/umount"

/* A server that does not answer is given up. */
#define MOUNT_USEC (45 * USEC_PER_SEC)

/* libvirt's VIR_STORAGE_DEFAULT_POOL_PERM_MODE */
#define DIRECTORY_MODE 0711

/* -- the directory ------------------------------------------------------------------------------------------- */

static int make_parents(const char *path)
{
        g_autofree char *parent = g_path_get_dirname(path);

        return mkdir_parents(parent, 0755);
}

static int make_directory(StorageWork *work, Error *error)
{
        const char *path = work->pool->path;
        _cleanup_close_ int fd = -EBADF;
        bool is_new;
        int r = make_parents(path);

        if (r < 0)
                return error_set_errno(error, r, "cannot create path '%s'", path);
        is_new = mkdir(path, 0700) == 0;
        if (!is_new && errno != EEXIST)
                return error_set_errno(error, errno, "failed to create directory '%s'", path);
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot open directory '%s'", path);
        return storage_dir_give(fd, &work->pool->permissions, is_new ? DIRECTORY_MODE : 0, path, error);
}

static int build_directory(StorageWork *work, Error *error)
{
        if (work->flags)
                return error_set(error, ERROR_OPERATION_INVALID, "No source device specified when formatting pool '%s'",
                                 work->pool->name);
        return make_directory(work, error);
}

static int remove_directory(StorageWork *work, Error *error)
{
        if (work->flags)
                return error_set(error, ERROR_ARGUMENT_UNSUPPORTED, "a directory is deleted without being zeroed");
        if (rmdir(work->pool->path) < 0)
                return error_set_errno(error, errno, "failed to remove pool '%s'", work->pool->path);
        return 0;
}

static const StorageAction build_dir[] = { { .work = build_directory }, {} };
static const StorageAction remove_dir[] = { { .work = remove_directory }, {} };
static const StorageAction scan_dir[] = { { .work = storage_dir_scan }, {} };

const StorageBackend storage_backend_dir = {
        .has_files = true,
        .scan = scan_dir,
        .build = build_dir,
        .remove = remove_dir,
};

/* -- mounts -------------------------------------------------------------------------------------------------- */

/* As mount(8) is told. Free with g_free(). */
static char *source_of(const StoragePoolDef *pool)
{
        if (pool->type == STORAGE_POOL_FS)
                return g_strdup(pool->devices.items[0]->path);
        if (streq_ptr(pool->format, "cifs"))
                return g_strdup_printf("//%s%s%s", pool->hosts.items[0]->name, *pool->dir == '/' ? "" : "/", pool->dir);
        /* an address of IPv6 has colons of its own */
        return g_strdup_printf(strchr(pool->hosts.items[0]->name, ':') ? "[%s]:%s" : "%s:%s",
                               pool->hosts.items[0]->name, pool->dir);
}

DEFINE_TRIVIAL_CLEANUP(struct libmnt_table *, mnt_unref_table)

/* What is mounted on the directory, as the kernel names it; NULL: nothing. Looks at no file system. */
static int find_mount(const StorageWork *work, char **ret, Error *error)
{
        _cleanup_(mnt_unref_tablep) struct libmnt_table *table = mnt_new_table();
        struct libmnt_fs *fs;

        if (!table || mnt_table_parse_mtab(table, NULL) != 0)
                return error_set(error, ERROR_SYSTEM_ERROR, "the list of mounts cannot be read");
        fs = mnt_table_find_target(table, work->pool->path, MNT_ITER_BACKWARD);
        *ret = fs ? g_strdup(strempty(mnt_fs_get_source(fs))) : NULL;
        return 0;
}

static bool is_same_device(const char *a, const char *b)
{
        struct stat x, y;

        return streq(a, b) || (stat(a, &x) == 0 && stat(b, &y) == 0 && S_ISBLK(x.st_mode) && S_ISBLK(y.st_mode) &&
                               x.st_rdev == y.st_rdev);
}

static bool is_mounted_from(const StoragePoolDef *pool, const char *mounted)
{
        g_autofree char *source = source_of(pool);

        if (pool->type == STORAGE_POOL_FS)
                return is_same_device(source, mounted);
        return g_str_has_prefix(mounted, source) &&
               streq(mounted + strlen(source) + strspn(mounted + strlen(source), "/"), "");
}

/* 1: it is mounted already. */
static int mount_work(StorageWork *work, Error *error)
{
        const StoragePoolDef *pool = work->pool;
        g_autofree char *mounted = NULL;
        int r = find_mount(work, &mounted, error);

        if (r < 0)
                return r;
        if (mounted && is_mounted_from(pool, mounted))
                return 1;
        if (mounted)
                return error_set(error, ERROR_OPERATION_FAILED, "on '%s' there is '%s' mounted already", pool->path,
                                 mounted);
        if (!g_file_test(pool->path, G_FILE_TEST_IS_DIR))
                return error_set_errno(error, ENOENT, "cannot mount on '%s', which is no directory", pool->path);
        if (pool->type == STORAGE_POOL_NETFS || !streq(pool->format, "auto"))
                return 0;
        r = storage_device_probe(pool->devices.items[0]->path, &work->format, error);
        if (r >= 0 && !work->format)
                return error_set(error, ERROR_OPERATION_FAILED, "there is no file system on device '%s'",
                                 pool->devices.items[0]->path);
        return r;
}

static void append_options(const StoragePoolDef *pool, GString *options)
{
        if (pool->protocol_version)
                g_string_append_printf(options, ",nfsvers=%s", pool->protocol_version);
        if (streq_ptr(pool->format, "cifs"))
                g_string_append(options, ",guest");
        DEF_FOREACH(option, pool->mount_options)
                g_string_append_printf(options, ",%s", option->name);
}

static int mount_command(StorageWork *work, StorageCommand *command, Error *error)
{
        const StoragePoolDef *pool = work->pool;
        g_autoptr(GString) options = g_string_new("nodev,nosuid,noexec");
        g_autofree char *source = source_of(pool);
        const char *format = work->format ?: pool->format;

        append_options(pool, options);
        storage_command_set(command, MOUNT);
        storage_command_add(command, "-o", options->str, NULL);
        if (format && !streq(format, "auto"))
                storage_command_add(command, "-t", format, NULL);
        storage_command_add(command, "--", source, pool->path, NULL);
        command->capabilities = PROCESS_CAPABILITIES_ALL;
        command->keeps_mounts = true;
        command->timeout_usec = MOUNT_USEC;
        return 0;
}

static const StorageAction start_mount[] = { { .work = mount_work, .command = mount_command }, {} };

static int unmount_work(StorageWork *work, Error *error)
{
        g_autofree char *mounted = NULL;
        int r = find_mount(work, &mounted, error);

        return r < 0 ? r : !mounted || !is_mounted_from(work->pool, mounted);
}

static int unmount_command(StorageWork *work, StorageCommand *command, Error *error)
{
        storage_command_set(command, UMOUNT);
        storage_command_add(command, "--", work->pool->path, NULL);
        command->capabilities = PROCESS_CAPABILITIES_ALL;
        command->keeps_mounts = true;
        command->timeout_usec = MOUNT_USEC;
        return 0;
}

static const StorageAction stop_mount[] = { { .work = unmount_work, .command = unmount_command }, {} };

/* -- making a file system ------------------------------------------------------------------------------------ */

/* Those that can be made, and how the program is told to overwrite what is there. */
static const struct {
        const char *format;
        const char *program;
        const char *force;
} makers[] = {
        { "ext2", "/usr/sbin/mkfs.ext2", "-F" }, { "ext3", "/usr/sbin/mkfs.ext3", "-F" },
        { "ext4", "/usr/sbin/mkfs.ext4", "-F" }, { "xfs", "/usr/sbin/mkfs.xfs", "-f" },
        { "vfat", "/usr/sbin/mkfs.vfat", "-I" },
};

/* 1: only the directory is wanted. */
static int format_work(StorageWork *work, Error *error)
{
        const StoragePoolDef *pool = work->pool;
        const char *device;
        int r = make_directory(work, error);

        if (r < 0)
                return r;
        if (!(work->flags & (STORAGE_POOL_BUILD_OVERWRITE | STORAGE_POOL_BUILD_NO_OVERWRITE)))
                return 1;
        device = pool->devices.items[0]->path;
        if (work->flags & STORAGE_POOL_BUILD_OVERWRITE)
                return 0;
        r = storage_device_probe(device, &work->format, error);
        if (r >= 0 && work->format)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "device '%s' already has '%s' on it, use the flag overwrite", device, work->format);
        return r;
}

static int format_command(StorageWork *work, StorageCommand *command, Error *error)
{
        const StoragePoolDef *pool = work->pool;

        for (size_t i = 0; i < ELEMENTSOF(makers); i++) {
                if (!streq(makers[i].format, pool->format))
                        continue;
                storage_command_set(command, makers[i].program);
                storage_command_add(command, makers[i].force, pool->devices.items[0]->path, NULL);
                command->capabilities = PROCESS_CAPABILITIES_ALL;
                return 0;
        }
        return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                         "source/format/@type: a file system of the type '%s' is not made here; it can be ext2, ext3, "
                         "ext4, xfs or vfat", pool->format);
}

static const StorageAction build_fs[] = { { .work = format_work, .command = format_command }, {} };

const StorageBackend storage_backend_fs = {
        .for_root = true,
        .has_files = true,
        .program = MOUNT,
        .start = start_mount,
        .stop = stop_mount,
        .scan = scan_dir,
        .build = build_fs,
        .remove = remove_dir,
};

const StorageBackend storage_backend_netfs = {
        .for_root = true,
        .has_files = true,
        .program = MOUNT,
        .start = start_mount,
        .stop = stop_mount,
        .scan = scan_dir,
        .build = build_dir,
        .remove = remove_dir,
};
