/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Disks whose partitions are volumes. */

#include "drivers/storage/storage_backend.h"

#include <libfdisk.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/ops_storage.h"
#include "drivers/storage/storage_device.h"
#include "drivers/storage/storage_probe.h"

DEFINE_TRIVIAL_CLEANUP(struct fdisk_context *, fdisk_unref_context)
DEFINE_TRIVIAL_CLEANUP(struct fdisk_table *, fdisk_unref_table)
DEFINE_TRIVIAL_CLEANUP(struct fdisk_iter *, fdisk_free_iter)
DEFINE_TRIVIAL_CLEANUP(struct fdisk_partition *, fdisk_unref_partition)

/* Types of partitions in a DOS table, and the formats that they mean. */
static const struct {
        unsigned code;
        const char *format;
} types[] = {
                {0x83, "linux"},    {0x82, "linux-swap"}, {0x8e, "linux-lvm"}, {0xfd, "linux-raid"}, {0x05, "extended"},
                {0x0f, "extended"}, {0x06, "fat16"},      {0x0b, "fat32"},     {0x0c, "fat32"},
};

/* Names of tables, where libfdisk's is another one than libvirt's. NULL: none is made of the format. */
static const char *label_of(const char *format)
{
        if (streq(format, "unknown"))
                return "dos";
        return streq(format, "dos") || streq(format, "gpt") || streq(format, "sun") ? format : NULL;
}

static const char *device_of(const StoragePoolDef *pool)
{
        return pool->devices.items[0]->path;
}

static int open_disk(const StoragePoolDef *pool, bool writable, struct fdisk_context **ret, Error *error)
{
        _cleanup_(fdisk_unref_contextp) struct fdisk_context *disk = fdisk_new_context();
        int r;

        (void) fdisk_disable_dialogs(disk, 1);
        r = fdisk_assign_device(disk, device_of(pool), !writable);
        if (r < 0)
                return error_set_errno(error, r, "cannot open device '%s'", device_of(pool));
        *ret = g_steal_pointer(&disk);
        return 0;
}

/* The same of one that has partitions. */
static int open_labelled(const StoragePoolDef *pool, bool writable, struct fdisk_context **ret, Error *error)
{
        _cleanup_(fdisk_unref_contextp) struct fdisk_context *disk = NULL;
        int r = open_disk(pool, writable, &disk, error);

        if (r < 0)
                return r;
        if (!fdisk_has_label(disk))
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "device '%s' has no table of partitions: build the pool", device_of(pool));
        *ret = g_steal_pointer(&disk);
        return 0;
}

/* -- looking ------------------------------------------------------------------------------------------------- */

/* "sda1", "nvme0n1p1". Free with g_free(). */
static char *partition_name(struct fdisk_context *disk, size_t number)
{
        char *path = fdisk_partname(fdisk_get_devname(disk), number + 1);
        char *name = g_path_get_basename(path);

        free(path);
        return name;
}

static const char *format_of(struct fdisk_partition *partition)
{
        struct fdisk_parttype *type = fdisk_partition_get_type(partition);

        for (size_t i = 0; type && i < ELEMENTSOF(types); i++)
                if (fdisk_parttype_get_code(type) == types[i].code)
                        return types[i].format;
        return "none";
}

static void add_extent(StorageVolDef *def, const StoragePoolDef *pool, uint64_t start, uint64_t size)
{
        StorageVolDevice *device = arena_new0(def->arena, StorageVolDevice);
        StoragePoolExtent *extent = arena_new0(def->arena, StoragePoolExtent);

        device->path = arena_strdup(def->arena, device_of(pool));
        def_put(extent, start, start);
        def_put(extent, end, start + size);
        def_append(def->arena, &device->extents, extent);
        def_append(def->arena, &def->devices, device);
}

static int add_partition(StorageWork *work, struct fdisk_context *disk, struct fdisk_partition *partition, Error *error)
{
        const uint64_t sector = fdisk_get_sector_size(disk), size = fdisk_partition_get_size(partition) * sector;
        _cleanup_(storage_vol_def_unrefp) StorageVolDef *def = storage_vol_def_new(work->pool->type);
        g_autofree char *name = partition_name(disk, fdisk_partition_get_partno(partition));
        g_autofree char *path = storage_device_path(work->pool->path, name);
        _cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        struct stat st;
        int r;

        def->name = arena_strdup(def->arena, name);
        def->type = STORAGE_VOL_BLOCK;
        def->target.path = arena_strdup(def->arena, path);
        def->target.format = format_of(partition);
        def->key = def->target.path;
        def_put(def, capacity, size);
        def_put(def, allocation, size);
        def_put(def, physical, size);
        add_extent(def, work->pool, fdisk_partition_get_start(partition) * sector, size);
        if (fd >= 0 && fstat(fd, &st) == 0)
                storage_probe_target(fd, &st, def);
        r = storage_vol_def_seal(def, NULL, error);
        if (r >= 0)
                storage_work_add_found(work, g_steal_pointer(&def));
        work->info.allocation += size;
        return r;
}

static int find_free(StorageWork *work, struct fdisk_context *disk, Error *error)
{
        _cleanup_(storage_pool_def_unrefp) StoragePoolDef *def = storage_pool_def_copy(work->pool);
        _cleanup_(fdisk_free_iterp) struct fdisk_iter *iter = fdisk_new_iter(FDISK_ITER_FORWARD);
        _cleanup_(fdisk_unref_tablep) struct fdisk_table *table = NULL;
        const uint64_t sector = fdisk_get_sector_size(disk);
        StoragePoolDevice *device = def->devices.items[0];
        struct fdisk_partition *gap;
        int r;

        if (fdisk_get_freespaces(disk, &table) < 0)
                return error_set(error, ERROR_OPERATION_FAILED, "cannot see what is free on '%s'", device->path);
        device->free_extents.n = 0;
        while (fdisk_table_next_partition(table, iter, &gap) == 0) {
                StoragePoolExtent *extent = arena_new0(def->arena, StoragePoolExtent);
                uint64_t start = fdisk_partition_get_start(gap) * sector, size = fdisk_partition_get_size(gap) * sector;

                def_put(extent, start, start);
                def_put(extent, end, start + size);
                def_append(def->arena, &device->free_extents, extent);
                work->info.available += size;
        }
        r = storage_pool_def_seal(def, NULL, error);
        if (r >= 0)
                work->found_pool = g_steal_pointer(&def);
        return r;
}

static int scan_work(StorageWork *work, Error *error)
{
        _cleanup_(fdisk_free_iterp) struct fdisk_iter *iter = fdisk_new_iter(FDISK_ITER_FORWARD);
        _cleanup_(fdisk_unref_contextp) struct fdisk_context *disk = NULL;
        _cleanup_(fdisk_unref_tablep) struct fdisk_table *table = NULL;
        struct fdisk_partition *partition;
        int r = open_labelled(work->pool, false, &disk, error);

        if (r < 0)
                return r;
        work->info = (StoragePoolInfo) { .capacity = fdisk_get_nsectors(disk) * fdisk_get_sector_size(disk) };
        if (fdisk_get_partitions(disk, &table) < 0)
                return error_set(error, ERROR_OPERATION_FAILED, "cannot read the partitions of '%s'",
                                 device_of(work->pool));
        while (r >= 0 && fdisk_table_next_partition(table, iter, &partition) == 0)
                if (!fdisk_partition_is_freespace(partition))
                        r = add_partition(work, disk, partition, error);
        return r < 0 ? r : find_free(work, disk, error);
}

/* -- changing ------------------------------------------------------------------------------------------------ */

static int build_work(StorageWork *work, Error *error)
{
        _cleanup_(fdisk_unref_contextp) struct fdisk_context *disk = NULL;
        const char *label = label_of(work->pool->format);
        g_autofree char *there = NULL;
        int r = 0;

        if (!label)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED,
                                 "source/format/@type: a table of the type '%s' is not made here; it can be dos, gpt "
                                 "or sun",
                                 work->pool->format);
        if (!(work->flags & STORAGE_POOL_BUILD_OVERWRITE))
                r = storage_device_probe(device_of(work->pool), &there, error);
        if (r >= 0 && there)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "device '%s' already has '%s' on it, use the flag overwrite", device_of(work->pool),
                                 there);
        if (r >= 0)
                r = open_disk(work->pool, true, &disk, error);
        if (r < 0)
                return r;
        r = fdisk_create_disklabel(disk, label);
        if (r >= 0)
                r = fdisk_write_disklabel(disk);
        if (r < 0)
                return error_set_errno(error, r, "cannot make a table of partitions on '%s'", device_of(work->pool));
        (void) fdisk_reread_partition_table(disk);
        return 0;
}

/* Writes what was changed, and tells the kernel the difference from before. */
static int write_changes(StorageWork *work, struct fdisk_context *disk, struct fdisk_table *before, Error *error)
{
        int r = fdisk_write_disklabel(disk);

        if (r < 0)
                return error_set_errno(error, r, "cannot write the partitions of '%s'", device_of(work->pool));
        r = fdisk_reread_changes(disk, before);
        return r < 0 ? error_set_errno(error, r, "the kernel does not take the partitions of '%s'",
                                       device_of(work->pool))
                     : 0;
}

static struct fdisk_partition *describe_partition(StorageWork *work, struct fdisk_context *disk)
{
        struct fdisk_partition *partition = fdisk_new_partition();
        const uint64_t sector = fdisk_get_sector_size(disk);

        (void) fdisk_partition_set_size(partition, (work->vol->capacity + sector - 1) / sector);
        (void) fdisk_partition_size_explicit(partition, 1);
        (void) fdisk_partition_start_follow_default(partition, 1);
        (void) fdisk_partition_partno_follow_default(partition, 1);
        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                struct fdisk_parttype *type = NULL;

                if (streq_ptr(work->vol->target.format, types[i].format))
                        type = fdisk_label_get_parttype_from_code(fdisk_get_label(disk, NULL), types[i].code);
                if (type)
                        (void) fdisk_partition_set_type(partition, type);
        }
        return partition;
}

/* The name of a volume is that of the partition, which the table gives. */
static int create_work(StorageWork *work, Error *error)
{
        _cleanup_(fdisk_unref_contextp) struct fdisk_context *disk = NULL;
        _cleanup_(fdisk_unref_partitionp) struct fdisk_partition *partition = NULL;
        _cleanup_(fdisk_unref_tablep) struct fdisk_table *before = NULL;
        g_autofree char *name = NULL;
        size_t number = 0;
        int r = open_labelled(work->pool, true, &disk, error);

        if (r < 0)
                return r;
        (void) fdisk_get_partitions(disk, &before);
        partition = describe_partition(work, disk);
        r = fdisk_add_partition(disk, partition, &number);
        if (r < 0)
                return error_set_errno(error, r, "there is no room for a partition of %" PRIu64 " bytes on '%s'",
                                       work->vol->capacity, device_of(work->pool));
        name = partition_name(disk, number);
        if (!streq(name, work->vol->name))
                return error_set(error, ERROR_INVALID_ARG, "invalid partition name '%s', expected '%s'",
                                 work->vol->name, name);
        return write_changes(work, disk, before, error);
}

static int created(StorageWork *work, StorageCommand *command, Error *error)
{
        work->is_made = true;
        return 1;
}

static int remove_work(StorageWork *work, Error *error)
{
        _cleanup_(fdisk_unref_contextp) struct fdisk_context *disk = NULL;
        _cleanup_(fdisk_unref_tablep) struct fdisk_table *before = NULL;
        int r = open_labelled(work->pool, true, &disk, error);

        if (r < 0)
                return r;
        (void) fdisk_get_partitions(disk, &before);
        for (size_t i = 0; i < fdisk_get_npartitions(disk); i++) {
                g_autofree char *name = partition_name(disk, i);

                if (!streq(name, work->vol->name) || !fdisk_is_partition_used(disk, i))
                        continue;
                r = fdisk_delete_partition(disk, i);
                if (r < 0)
                        return error_set_errno(error, r, "cannot delete partition '%s'", name);
                return write_changes(work, disk, before, error);
        }
        return 0;
}

static const StorageAction build[] = { { .work = build_work }, {} };
static const StorageAction scan[] = { { .work = scan_work }, {} };
static const StorageAction create_volume[] = { { .work = create_work, .command = created }, {} };
static const StorageAction remove_volume[] = { { .work = remove_work }, {} };

const StorageBackend storage_backend_disk = {
        .for_root = true,
        .scan = scan,
        .build = build,
        .create_volume = create_volume,
        .remove_volume = remove_volume,
};
