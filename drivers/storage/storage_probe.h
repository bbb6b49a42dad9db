/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a file is said to be in a list of volumes. Whoever can write to an image decides what is found here: it is
 * shown, and never a reason to open it as something else. All of it blocks.
 */

#include "drivers/model/storage_vol_def.h"
#include "service/base/error.h"

#include <sys/stat.h>

/*
 * Fills in what file says of a volume whose name and path stand in the definition: type, format, sizes, owner, times,
 * what it builds upon. Never fails for what stands in a file.
 */
int storage_probe(int fd, StorageVolDef *def, Error *error);

/*
 * Bytes that a guest sees of an image of this format, which is not guessed. ERROR_CONFIG_UNSUPPORTED when it is of
 * another format, or of one that is not read.
 */
int storage_probe_capacity(int fd, const char *format, uint64_t *ret, Error *error);

/*
 * The format that a file was made with is written beside it, where a guest cannot write: what it puts into a raw disk
 * does not make another image of that. NULL: whatever is found, as when somebody else's data come. File systems without
 * extended attributes do without.
 */
void storage_probe_record(int fd, const char *format);

/* Bytes of a file or block device. */
int storage_file_size(int fd, uint64_t *ret, Error *error);

/* Owner, mode and times of the definition's target become those of the file. */
void storage_probe_target(int fd, const struct stat *st, StorageVolDef *def);
