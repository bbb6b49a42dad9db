/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_volume.h"

#include <fcntl.h>
#include <sys/mman.h>

#define CHUNK (64u * 1024)
#define CHUNKS_PER_TURN 16u

typedef struct TestUpload {
        TestVolume *volume;
        sd_event_source *source;
        int fd;
        uint64_t offset;
        uint64_t left;
} TestUpload;

static int make_file(uint64_t size, int *ret, Error *error)
{
        _cleanup_close_ int fd = memfd_create("volume", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        if (fd < 0 || ftruncate(fd, (off_t) size) < 0)
                return error_set_errno(error, errno, "cannot make a file in memory");
        *ret = TAKE_FD(fd);
        return 0;
}

int test_volume_new(const StorageVolDef *def, TestVolume **ret, Error *error)
{
        TestVolume *volume;
        int fd = -EBADF, r = make_file(def->capacity, &fd, error);

        if (r < 0)
                return r;
        volume = g_new0(TestVolume, 1);
        volume->n_ref = 1;
        volume->def = storage_vol_def_ref(def);
        volume->fd = fd;
        *ret = volume;
        return 0;
}

TestVolume *test_volume_ref(TestVolume *volume)
{
        volume->n_ref++;
        return volume;
}

TestVolume *test_volume_unref(TestVolume *volume)
{
        if (!volume || --volume->n_ref > 0)
                return NULL;
        test_volume_end_upload(volume);
        storage_vol_def_unref(volume->def);
        close(volume->fd);
        g_free(volume);
        return NULL;
}

void test_volume_release(void *volume)
{
        test_volume_unref(volume);
}

int test_volume_put_def(TestVolume *volume, const StorageVolDef *def, Error *error)
{
        StorageVolDef *old = volume->def;

        if (ftruncate(volume->fd, (off_t) def->capacity) < 0)
                return error_set_errno(error, errno, "cannot resize volume '%s'", def->name);
        volume->def = storage_vol_def_ref(def);
        storage_vol_def_unref(old);
        return 0;
}

/* Only what was written: the rest of both files are holes. */
static int copy_range(int from, uint64_t begin, uint64_t end, int to, uint64_t at)
{
        g_autofree char *buffer = g_malloc(CHUNK);
        off_t data = lseek(from, (off_t) begin, SEEK_DATA);

        while (data >= 0 && (uint64_t) data < end) {
                ssize_t n = pread(from, buffer, MIN(CHUNK, end - (uint64_t) data), data);

                if (n < 0 || pwrite(to, buffer, (size_t) n, (off_t) (at + ((uint64_t) data - begin))) != n)
                        return -errno;
                data = n == 0 ? -1 : lseek(from, data + n, SEEK_DATA);
        }
        return 0;
}

int test_volume_copy(const TestVolume *from, TestVolume *to, Error *error)
{
        int r = copy_range(from->fd, 0, MIN(from->def->capacity, to->def->capacity), to->fd, 0);

        return r < 0 ? error_set_errno(error, r, "cannot copy volume '%s'", from->def->name) : 0;
}

int test_volume_wipe(TestVolume *volume, Error *error)
{
        if (ftruncate(volume->fd, 0) < 0 || ftruncate(volume->fd, (off_t) volume->def->capacity) < 0)
                return error_set_errno(error, errno, "cannot wipe volume '%s'", volume->def->name);
        return 0;
}

int test_volume_read(const TestVolume *volume, uint64_t offset, uint64_t length, int *ret_fd, Error *error)
{
        const uint64_t size = length ?: volume->def->capacity - offset;
        _cleanup_close_ int fd = -EBADF;
        int r = make_file(size, &fd, error);

        if (r < 0)
                return r;
        r = copy_range(volume->fd, offset, offset + size, fd, 0);
        if (r < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
                return error_set_errno(error, r < 0 ? r : errno, "cannot read volume '%s'", volume->def->name);
        *ret_fd = TAKE_FD(fd);
        return 0;
}

void test_volume_end_upload(TestVolume *volume)
{
        TestUpload *upload = g_steal_pointer(&volume->upload);

        if (!upload)
                return;
        sd_event_source_disable_unref(upload->source);
        close(upload->fd);
        g_free(upload);
}

/* 1: there may be more. */
static int take_chunk(TestUpload *upload)
{
        char buffer[CHUNK];
        ssize_t n = read(upload->fd, buffer, sizeof(buffer));

        if (n < 0)
                return errno == EAGAIN || errno == EINTR ? -EAGAIN : 0;
        /* one byte too many closes the descriptor: the writer gets EPIPE */
        if (n == 0 || (uint64_t) n > upload->left || pwrite(upload->volume->fd, buffer, (size_t) n,
                                                            (off_t) upload->offset) != n)
                return 0;
        upload->offset += (uint64_t) n;
        upload->left -= (uint64_t) n;
        return 1;
}

static int on_data(sd_event_source *source, int fd, uint32_t events, void *userdata)
{
        TestUpload *upload = userdata;
        int r = 1;

        for (unsigned i = 0; r > 0 && i < CHUNKS_PER_TURN; i++)
                r = take_chunk(upload);
        if (r == 0)
                test_volume_end_upload(upload->volume);
        return 0;
}

int test_volume_write(TestVolume *volume, sd_event *event, uint64_t offset, uint64_t length, int *ret_fd, Error *error)
{
        const uint64_t left = length ?: volume->def->capacity - offset;
        _cleanup_close_ int own = -EBADF, theirs = -EBADF;
        TestUpload *upload;
        int fds[2], r;

        if (pipe2(fds, O_CLOEXEC) < 0)
                return error_set_errno(error, errno, "cannot make a pipe");
        own = fds[0];
        theirs = fds[1];
        if (fcntl(own, F_SETFL, O_NONBLOCK) < 0)
                return error_set_errno(error, errno, "cannot set up a pipe");
        upload = g_new0(TestUpload, 1);
        *upload = (TestUpload) { .volume = volume, .offset = offset, .left = MIN(left, TEST_VOLUME_DATA_MAX) };
        r = sd_event_add_io(event, &upload->source, own, EPOLLIN, on_data, upload);
        if (r < 0) {
                g_free(upload);
                return error_set_errno(error, r, "cannot watch a pipe");
        }
        upload->fd = TAKE_FD(own);
        volume->upload = upload;
        *ret_fd = TAKE_FD(theirs);
        return 0;
}
