/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What stands in the header of a disk image. Guests write images, so nothing here guesses a format: a caller says what
 * the image must be and gets the facts or a refusal. Layout: QEMU's docs/interop/qcow2.txt. Everything is read
 * with pread(2), bounded and checked; these calls block on the disk.
 */

#include "service/base/error.h"

/* Bytes of an image that are looked at: QEMU wants header and extensions within the first cluster, at most 2 MiB. */
#define IMAGE_HEADER_MAX (2 * 1024 * 1024)
/* Of the name of a backing file (QEMU: 1023). */
#define IMAGE_NAME_MAX 1023

typedef enum ImageEncryption {
        IMAGE_ENCRYPTION_NONE,
        IMAGE_ENCRYPTION_AES, /* the broken one of version 1 and 2, which QEMU refuses to run */
        IMAGE_ENCRYPTION_LUKS,
        _IMAGE_ENCRYPTION_MAX,
} ImageEncryption;
DECLARE_STRING_TABLE(image_encryption, ImageEncryption);

typedef struct ImageInfo {
        uint32_t version; /* of the format */
        uint64_t size;    /* bytes that the guest sees */
        uint32_t cluster_size;
        ImageEncryption encryption;
        bool corrupt;     /* marked so by QEMU, which opens it read-only then */
        bool data_file;   /* the data is in another file */
        char *data_file_name;  /* as recorded, or NULL: the user must know */
        char *backing_file;    /* as recorded, any text; NULL: none */
        char *backing_format;  /* as recorded, or NULL */
} ImageInfo;

void image_info_clear(ImageInfo *info);

/* Of a file open for reading. ERROR_CONFIG_UNSUPPORTED with the reason when it is not a sound qcow2 image. */
int image_read_qcow2(int fd, ImageInfo *ret, Error *error);

/* The same of a header in memory, of which file_size bytes exist on disk: for image_read_qcow2() and the fuzzer. */
int image_parse_qcow2(const void *data, size_t size, uint64_t file_size, ImageInfo *ret, Error *error);

/*
 * The absolute path that a recorded backing file means: relative ones start at the directory of the image. Refuses, with the
 * reason, "json:", protocols ("nbd:…", "http://…") and what is no plain path. Free with g_free().
 */
int image_backing_path(const char *image_path, const char *backing_file, char **ret, Error *error);
