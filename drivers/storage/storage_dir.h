/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A directory of volumes. Whoever may write there may put anything there: names are opened beneath its descriptor and
 * never followed. All of it blocks.
 */

#include "drivers/storage/storage_work.h"

#include <sys/stat.h>

/* Opens work->dir_fd, unless it is open. */
int storage_dir_open(StorageWork *work, Error *error);

/*
 * Opens a volume of a directory: a regular file, block device or directory of that name; what is something else is
 * refused without being opened. flags are O_RDONLY or O_RDWR.
 */
int storage_dir_open_file(int dir_fd, const char *name, int flags, int *ret_fd, Error *error);

/* ERROR_OPERATION_INVALID when QEMU or one of its tools has the file open, as a disk or beneath one. */
int storage_dir_check_unlocked(int fd, const char *name, Error *error);

/* All volumes, and how full it is; what a dead daemon left half made is removed. */
int storage_dir_scan(StorageWork *work, Error *error);
/* The volume of work->vol's name, as it is now, and how full the directory is. */
int storage_dir_scan_one(StorageWork *work, Error *error);

/*
 * A new file that has no name yet, or one that is not listed: work->fd. It vanishes with the work, and with the daemon.
 * storage_dir_keep() gives it its owner, its mode and its name, durably.
 */
int storage_dir_make_file(StorageWork *work, Error *error);
int storage_dir_keep(StorageWork *work, Error *error);

/* Makes the directory of the volume's name. */
int storage_dir_make_dir(StorageWork *work, Error *error);
int storage_dir_remove(StorageWork *work, Error *error);

/* Owner, mode and label of the definition, as far as it says so; otherwise mode, unless that is 0. */
int storage_dir_give(int fd, const StoragePermissions *permissions, mode_t mode, const char *path, Error *error);
