/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the pretended host has stored of a volume: it stays while the pool is stopped. Data are in memory. */

#include "drivers/model/storage_vol.h"

#include <systemd/sd-event.h>

/* Bytes that may be written into one volume. */
#define TEST_VOLUME_DATA_MAX (256u * 1024 * 1024)

typedef struct TestVolume {
        unsigned n_ref;
        StorageVolDef *def;
        int fd; /* its data: a file in memory, as long as the capacity */
        struct TestUpload *upload;
} TestVolume;

int test_volume_new(const StorageVolDef *def, TestVolume **ret, Error *error);
TestVolume *test_volume_ref(TestVolume *volume);
TestVolume *test_volume_unref(TestVolume *volume);
void test_volume_release(void *volume); /* the same, for containers */
DEFINE_TRIVIAL_CLEANUP(TestVolume *, test_volume_unref)

/* The data follow the capacity of the definition. */
int test_volume_put_def(TestVolume *volume, const StorageVolDef *def, Error *error);

/* to gets the data of from, as far as it has room. */
int test_volume_copy(const TestVolume *from, TestVolume *to, Error *error);
int test_volume_wipe(TestVolume *volume, Error *error);

/* A descriptor with a copy of the bytes. */
int test_volume_read(const TestVolume *volume, uint64_t offset, uint64_t length, int *ret_fd, Error *error);
/* A descriptor whose bytes go into the volume until its last copy is closed. */
int test_volume_write(TestVolume *volume, sd_event *event, uint64_t offset, uint64_t length, int *ret_fd, Error *error);
/* Ends an upload where it is. */
void test_volume_end_upload(TestVolume *volume);
