/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What decoding the definitions came to the last time: a file in the cache directory that makes a start with
 * thousands of them quick. It may be deleted at any time. An entry counts while the file of the definition
 * has the inode, size and times that it had, and the whole while the daemon is the same program, since
 * entries have the form that definitions have in its memory, passwords included.
 */

#include "drivers/model/domain_def.h"

#include <sys/stat.h>

typedef struct QemuIndex QemuIndex;

/* cache_dir may be NULL or have no index: an empty one then. Never NULL. */
QemuIndex *qemu_index_open(const char *cache_dir);
QemuIndex *qemu_index_free(QemuIndex *index);
DEFINE_TRIVIAL_CLEANUP(QemuIndex *, qemu_index_free)

/*
 * Returns whether the file is known. ret_outline, which may be NULL, then has name, UUID and the fields that
 * DomainSummary is made of, and no arena: its strings belong to the index. *ret_packed, if not NULL, is the
 * caller's. Any thread.
 */
bool qemu_index_find(const QemuIndex *index, const char *file, const struct stat *st, DomainDef *ret_outline,
                     DomainPacked **ret_packed);

/* Collects the next index. */
typedef struct QemuIndexWriter QemuIndexWriter;
QemuIndexWriter *qemu_index_writer_new(void);
QemuIndexWriter *qemu_index_writer_free(QemuIndexWriter *writer);
DEFINE_TRIVIAL_CLEANUP(QemuIndexWriter *, qemu_index_writer_free)
/* A file that may still change within the time that its clock can tell is left out. */
void qemu_index_writer_add(QemuIndexWriter *writer, const char *file, const struct stat *st,
                           const DomainDef *def, const DomainPacked *packed);
int qemu_index_writer_save(QemuIndexWriter *writer, const char *cache_dir, Error *error);
