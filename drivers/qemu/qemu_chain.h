/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Opens a disk with all its layers: part of qemu_files.c. */

#include "drivers/qemu/qemu_files.h"

/* What the definition says about one disk, or about the firmware, which is one file or block device. */
typedef struct QemuChainSource {
        const char *alias;
        const char *place; /* XPath of the disk, or of the file; for errors */
        const DomainDisk *disk; /* NULL: path, format and block */
        const char *path;
        const char *format; /* NULL: raw */
        bool block;
        bool writable;
        uint32_t writable_layers; /* those of which it is not usual: bits */
        const char *const *image_dirs; /* see QemuFilesConfig */
        const GPtrArray *fd_groups;    /* likewise */
        uid_t uid;                     /* QEMU's: to whom a directory is shown as its own */
        gid_t gid;
} QemuChainSource;

/*
 * Appends to both lists of files. A failure leaves what was opened there; -ENOENT with an empty chain as the
 * last one when the image itself does not exist.
 */
int qemu_chain_open(QemuFiles *files, const QemuChainSource *source, Error *error);

/* Accepts NULL, returns NULL. */
QemuChain *qemu_chain_free(QemuChain *chain);

/* Takes fd in any case. */
void qemu_files_add(QemuFiles *files, QemuFileKind kind, const char *id, const char *path, int fd);
