/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What stands in the header of a disk image. Guests and strangers write images, so nothing here guesses a
 * format: a caller says what the image must be and gets the facts or a refusal. The layout is that of QEMU's
 * docs/interop/qcow2.txt. Everything is read with pread(2), bounded and checked; that blocks on the disk.
 */

#include "service/base/error.h"

/* Bytes that are looked at: header, extensions and names stand in the first cluster, which is no larger. */
#define IMAGE_HEADER_MAX (2 * 1024 * 1024)
/* Of the name of a backing file; QEMU's limit. */
#define IMAGE_NAME_MAX 1023

typedef enum ImageEncryption {
        IMAGE_ENCRYPTION_NONE,
        IMAGE_ENCRYPTION_AES, /* of old, which QEMU does not run any more */
        IMAGE_ENCRYPTION_LUKS,
        _IMAGE_ENCRYPTION_MAX,
} ImageEncryption;
DECLARE_STRING_TABLE(image_encryption, ImageEncryption);

typedef struct ImageInfo {
        uint32_t version;
        uint32_t cluster_size;
        uint64_t size; /* bytes that a guest sees */
        ImageEncryption encryption;
        bool corrupt;         /* QEMU has marked it so and will not write to it */
        bool data_file;       /* the data is in another file */
        bool extended_l2;
        bool lazy_refcounts;
        char *data_file_name; /* as recorded, or NULL */
        char *backing_file;   /* as recorded, any text; NULL: none */
        char *backing_format; /* as recorded, or NULL */
} ImageInfo;

/*
 * The formats (in libvirt's words) whose images can be used: those that are whole in one file, VMDK when it is, and
 * qcow2, whose other files are found here. QED and the first qcow can name any file of the host, and are not followed.
 */
bool image_format_is_usable(const char *format);
/* Whether an image must be looked at before QEMU is, since it may name other files. */
bool image_format_is_read_first(const char *format);
/* Whether a guest can write to it in QEMU. */
bool image_format_is_writable(const char *format);

void image_info_clear(ImageInfo *info);

/*
 * Of a file open for reading. ERROR_CONFIG_UNSUPPORTED with the reason, as the end of a sentence, when it is
 * no sound qcow2 image; ERROR_SYSTEM_ERROR when it cannot be read.
 */
int image_read_qcow2(int fd, ImageInfo *ret, Error *error);

/*
 * Whether a VMDK image, open for reading, is whole in this file: neither split, nor a description of other files, nor a
 * difference from another image. Errors as above.
 */
int image_check_vmdk(int fd, Error *error);

/* image_read_qcow2() of a header in memory: the file, or its first IMAGE_HEADER_MAX bytes. */
int image_parse_qcow2(const void *data, size_t size, ImageInfo *ret, Error *error);

/*
 * Makes the empty file an empty qcow2 image for a guest that sees so many bytes (rounded up to sectors of 512). backing
 * is recorded as it is, with its format; NULL: nothing is. Returns 0 or -errno; -EFBIG beyond 1 PiB, -ENAMETOOLONG.
 */
int image_write_overlay(int fd, uint64_t size, const char *backing, const char *backing_format);

/*
 * The path that a recorded backing file means, with a relative one starting at the directory of the image,
 * whose own path is absolute. Refuses, with the reason, "json:", protocols ("nbd:…", "http://…") and what
 * is no plain path. Nothing is looked up. Free with g_free().
 */
int image_backing_path(const char *image_path, const char *backing_file, char **ret, Error *error);
