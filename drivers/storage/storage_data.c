/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/storage/storage_data.h"

#include "drivers/storage/storage_backend.h"
#include "drivers/storage/storage_dir.h"
#include "drivers/storage/storage_image.h"
#include "drivers/storage/storage_probe.h"

#include <linux/capability.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#define SCRUB "/usr/bin/scrub"

/* Between two looks whether anybody still waits. */
#define CHUNK ((size_t) 1024 * 1024)
#define CHUNK_ALLOCATED (UINT64_C(256) * 1024 * 1024)

static int open_volume(StorageWork *work, int flags, Error *error)
{
        int r;

        if (work->fd >= 0)
                return 0;
        if (storage_has_files(work->pool)) {
                r = storage_dir_open(work, error);
                return r < 0 ? r : storage_dir_open_file(work->dir_fd, work->vol->name, flags, &work->fd, error);
        }
        work->fd = open(work->vol->target.path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (work->fd < 0)
                return error_set_errno(error, errno, "cannot open '%s'", work->vol->target.path);
        return 0;
}

/* The same of one that nobody else uses. */
static int open_to_change(StorageWork *work, Error *error)
{
        int r = open_volume(work, O_RDWR, error);

        return r < 0 ? r : storage_dir_check_unlocked(work->fd, work->vol->name, error);
}

/* -- writing ------------------------------------------------------------------------------------------------- */

static void fill_zeroes(void *data, size_t size)
{
        memset(data, 0, size);
}

static void fill_random(void *data, size_t size)
{
        for (size_t n = 0; n < size;) {
                ssize_t k = getrandom((uint8_t *) data + n, size - n, 0);

                n += k > 0 ? (size_t) k : 0;
        }
}

static int overwrite(StorageWork *work, uint64_t begin, uint64_t end, void (*fill)(void *data, size_t size),
                     Error *error)
{
        g_autofree uint8_t *buffer = g_malloc0(CHUNK);

        for (uint64_t at = begin; at < end;) {
                size_t size = (size_t) MIN(CHUNK, end - at);
                ssize_t n;
                int r;

                fill(buffer, size);
                n = pwrite(work->fd, buffer, size, (off_t) at);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return error_set_errno(error, errno, "cannot write to '%s'", work->vol->target.path);
                at += (uint64_t) n;
                r = storage_work_advance(work, (uint64_t) n, error);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int allocate(StorageWork *work, uint64_t begin, uint64_t end, Error *error)
{
        int r = 0;

        for (uint64_t at = begin; r >= 0 && at < end;) {
                uint64_t size = MIN(CHUNK_ALLOCATED, end - at);

                if (fallocate(work->fd, 0, (off_t) at, (off_t) size) < 0) {
                        if (errno == EOPNOTSUPP)
                                return overwrite(work, at, end, fill_zeroes, error);
                        return error_set_errno(error, errno, "cannot allocate %" PRIu64 " bytes in file '%s'", end,
                                               work->vol->target.path);
                }
                at += size;
                r = storage_work_advance(work, size, error);
        }
        return r;
}

static int set_size(StorageWork *work, uint64_t size, Error *error)
{
        if (ftruncate(work->fd, (off_t) size) < 0)
                return error_set_errno(error, errno, "cannot extend file '%s'", work->vol->target.path);
        return 0;
}

/* -- making -------------------------------------------------------------------------------------------------- */

static int create_work(StorageWork *work, Error *error)
{
        const uint64_t allocation = MIN(work->vol->allocation, work->vol->capacity);
        int r = storage_dir_make_file(work, error);

        work->total = allocation;
        if (r >= 0)
                r = set_size(work, work->vol->capacity, error);
        if (r >= 0)
                r = allocate(work, 0, allocation, error);
        if (r >= 0)
                storage_probe_record(work->fd, "raw");
        return r;
}

const StorageAction storage_data_create[] = {
        { .work = create_work },
        { .work = storage_dir_keep },
        {},
};

static int clone_work(StorageWork *work, Error *error)
{
        _cleanup_close_ int from = -EBADF, dir_fd = open(work->source_pool->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        int r;

        if (dir_fd < 0)
                return error_set_errno(error, errno, "cannot open directory '%s'", work->source_pool->path);
        r = storage_dir_open_file(dir_fd, work->source->name, O_RDONLY, &from, error);
        if (r >= 0)
                r = storage_dir_make_file(work, error);
        if (r < 0)
                return r;
        if (ioctl(work->fd, FICLONE, from) < 0)
                return error_set_errno(error, errno, "failed to clone files from '%s'", work->source->target.path);
        storage_probe_record(work->fd, "raw");
        return work->vol->capacity > work->source->capacity ? set_size(work, work->vol->capacity, error) : 0;
}

const StorageAction storage_data_clone[] = {
        { .work = clone_work },
        { .work = storage_dir_keep },
        {},
};

static int resize_work(StorageWork *work, Error *error)
{
        uint64_t size;
        int r = open_to_change(work, error);

        if (r >= 0)
                r = storage_file_size(work->fd, &size, error);
        if (r < 0)
                return r;
        if ((work->flags & STORAGE_IMAGE_PREALLOCATE) && work->vol->capacity > size) {
                r = allocate(work, size, work->vol->capacity, error);
                if (r < 0) {
                        (void) ftruncate(work->fd, (off_t) size);
                        return r;
                }
        }
        r = set_size(work, work->vol->capacity, error);
        if (r >= 0 && fsync(work->fd) < 0)
                r = error_set_errno(error, errno, "cannot write '%s'", work->vol->target.path);
        return r;
}

const StorageAction storage_data_resize[] = {
        { .work = resize_work },
        { .work = storage_dir_scan_one },
        {},
};

/* -- wiping -------------------------------------------------------------------------------------------------- */

/* virStorageVolWipeAlgorithm: the name that scrub(1) has for it; NULL: done here. */
static const struct {
        const char *word;
        const char *scrub;
} algorithms[STORAGE_VOL_WIPE_MAX] = {
        { "zero", NULL },          { "nnsa", "nnsa" },           { "dod", "dod" },
        { "bsi", "bsi" },          { "gutmann", "gutmann" },     { "schneier", "schneier" },
        { "pfitzner7", "pfitzner7" }, { "pfitzner33", "pfitzner33" }, { "random", NULL },
        { "trim", NULL },
};

enum {
        WIPE_ZERO = 0,
        WIPE_RANDOM = 8,
        WIPE_TRIM = 9,
};

const char *storage_data_wipe_refusal(unsigned algorithm)
{
        if (algorithms[algorithm].scrub && access(SCRUB, X_OK) < 0)
                return "the program scrub is not installed";
        return NULL;
}

static int wipe_zero(StorageWork *work, uint64_t size, const struct stat *st, Error *error)
{
        /* holes stay holes: what was there is given back, and its blocks are read by nobody before they are written */
        if (S_ISREG(st->st_mode) && (uint64_t) st->st_blocks * 512 < size) {
                int r = set_size(work, 0, error);

                return r < 0 ? r : set_size(work, size, error);
        }
        return overwrite(work, 0, size, fill_zeroes, error);
}

static int wipe_trim(StorageWork *work, uint64_t size, const struct stat *st, Error *error)
{
        uint64_t range[2] = { 0, size };
        int r = S_ISBLK(st->st_mode) ? ioctl(work->fd, BLKDISCARD, range)
                                     : fallocate(work->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t) size);

        return r < 0 ? error_set_errno(error, errno, "cannot give back the blocks of '%s'", work->vol->target.path) : 0;
}

static int wipe_work(StorageWork *work, Error *error)
{
        struct stat st;
        uint64_t size = 0;
        int r = open_to_change(work, error);

        if (r >= 0)
                r = storage_file_size(work->fd, &size, error);
        if (r < 0)
                return r;
        if (fstat(work->fd, &st) < 0)
                return error_set_errno(error, errno, "cannot look at '%s'", work->vol->target.path);
        work->total = size;
        if (algorithms[work->algorithm].scrub || size == 0)
                return 0;
        if (work->algorithm == WIPE_RANDOM)
                r = overwrite(work, 0, size, fill_random, error);
        else if (work->algorithm == WIPE_TRIM)
                r = wipe_trim(work, size, &st, error);
        else
                r = wipe_zero(work, size, &st, error);
        if (r >= 0 && fsync(work->fd) < 0)
                r = error_set_errno(error, errno, "cannot write '%s'", work->vol->target.path);
        return r < 0 ? r : 1;
}

static int wipe_command(StorageWork *work, StorageCommand *command, Error *error)
{
        g_autofree char *file = NULL;

        if (work->total == 0)
                return 1;
        storage_command_set(command, SCRUB);
        file = storage_command_add_fd(command, work->fd);
        storage_command_add(command, "-f", "-p", algorithms[work->algorithm].scrub, file, NULL);
        command->capabilities = UINT64_C(1) << CAP_DAC_OVERRIDE;
        return 0;
}

/* What was an image is none any more. */
static int wiped_work(StorageWork *work, Error *error)
{
        storage_probe_record(work->fd, "raw");
        return 0;
}

const StorageAction storage_data_wipe[] = {
        { .work = wipe_work, .command = wipe_command },
        { .work = wiped_work },
        {},
};

/* -- moving -------------------------------------------------------------------------------------------------- */

static int open_read_work(StorageWork *work, Error *error)
{
        return open_volume(work, O_RDONLY, error);
}

const StorageAction storage_data_open_read[] = { { .work = open_read_work }, {} };

static int open_write_work(StorageWork *work, Error *error)
{
        int r = open_to_change(work, error);

        if (r >= 0)
                storage_probe_record(work->fd, NULL);
        return r;
}

const StorageAction storage_data_open_write[] = { { .work = open_write_work }, {} };
