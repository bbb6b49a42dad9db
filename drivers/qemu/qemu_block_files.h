/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What jobs of disks open and make, on workers. QEMU gets descriptors of it, as of all images. */

#include "drivers/qemu/qemu_files.h"

/* A file or block device that is to be written to. */
typedef struct QemuBlockTarget {
        char *path;
        char *format; /* "raw", "qcow2" */
        bool block;
        bool reuse;   /* it is there, as an image of the format */
        uint64_t size; /* bytes that a guest sees */
        char *backing, *backing_format; /* what is recorded in a new one; NULL: nothing */
        bool created; /* it was not there */
        int fd;
} QemuBlockTarget;

QemuBlockTarget *qemu_block_target_new(const char *path, const char *format, bool block, bool reuse, uint64_t size);
/* Accepts NULL, returns NULL. */
QemuBlockTarget *qemu_block_target_free(QemuBlockTarget *target);
DEFINE_TRIVIAL_CLEANUP(QemuBlockTarget *, qemu_block_target_free)
/* Makes it, unless it is there, and opens it for reading and writing. disk is for the errors. */
int qemu_block_target_open(QemuBlockTarget *target, const char *disk, Error *error);
/* Removes what was made. */
void qemu_block_target_undo(QemuBlockTarget *target);

/* A layer that QEMU has open for reading and shall write to. */
typedef struct QemuBlockLoan {
        size_t layer;
        int qemu_fd; /* its descriptor there */
        int fd; /* what is lent */
} QemuBlockLoan;

typedef struct QemuBlockLoans {
        DomainDef *def; /* with the disk, as the definition names it */
        char *alias;
        pid_t pid; /* of QEMU */
        char **image_dirs;
        GPtrArray *fd_groups;
        QemuBlockLoan items[2];
        size_t n;
} QemuBlockLoans;

/* Accepts NULL, returns NULL. */
QemuBlockLoans *qemu_block_loans_free(QemuBlockLoans *loans);
/* Opens them, and sees that they are the files that QEMU has. */
int qemu_block_loans_open(QemuBlockLoans *loans, Error *error);
