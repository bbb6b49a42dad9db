/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The file of a saved machine, in libvirt's format (version 2): a head of 92 bytes, the definition and a cookie of
 * libvirt's as texts that end with NUL, room for longer ones, and QEMU's migration stream. Numbers are in the byte
 * order of the machine that wrote it; one of the other order is understood. A file whose state is not complete has
 * another word at its beginning. All of this blocks: for workers.
 */

#include "drivers/model/domain_def.h"

/* virQEMUSaveFormat */
typedef enum QemuSaveFormat {
        QEMU_SAVE_RAW = 0,
        QEMU_SAVE_GZIP = 1,
        QEMU_SAVE_BZIP2 = 2,
        QEMU_SAVE_XZ = 3,
        QEMU_SAVE_LZOP = 4,
        QEMU_SAVE_ZSTD = 5,
        _QEMU_SAVE_FORMAT_MAX,
} QemuSaveFormat;
DECLARE_STRING_TABLE(qemu_save_format, QemuSaveFormat);

/* What is before the state. */
typedef struct QemuSaveImage {
        char *xml;    /* with secrets: zeroed when it is freed */
        char *cookie; /* what else libvirt wants to know; NULL: nothing */
        bool paused;  /* the processors stood when it was saved */
        QemuSaveFormat format;
        size_t size; /* of all of it, in bytes: the state follows; a multiple of 4096 in files of ours */
} QemuSaveImage;

QemuSaveImage *qemu_save_image_new(const DomainDef *def, bool paused, QemuSaveFormat format);
/* Accepts NULL, returns NULL. */
QemuSaveImage *qemu_save_image_free(QemuSaveImage *image);
DEFINE_TRIVIAL_CLEANUP(QemuSaveImage *, qemu_save_image_free)

/*
 * From the beginning of the file. ERROR_OPERATION_FAILED for a file that is none, is incomplete or damaged, or of a
 * format that is not known. path is for the errors.
 */
int qemu_save_image_read(int fd, const char *path, QemuSaveImage **ret, Error *error);
/* Its definition, which has a name and a UUID. */
int qemu_save_image_parse(const QemuSaveImage *image, const char *path, DomainDef **ret, Error *error);
/* Over the beginning of the file. complete: the state is there. */
int qemu_save_image_write(const QemuSaveImage *image, int fd, bool complete, const char *path, Error *error);
/* Puts another definition into it, within its size: ERROR_OPERATION_FAILED when that is too small. */
int qemu_save_image_change(QemuSaveImage *image, const DomainDef *def, const char *path, Error *error);

/* Whether the file begins as one does, complete or not. */
bool qemu_save_image_is_one(int fd);

/* What has been read of a file: for tests, and for fuzzing. data is size bytes from the beginning. */
int qemu_save_image_decode(const void *data, size_t size, const char *path, QemuSaveImage **ret, Error *error);
