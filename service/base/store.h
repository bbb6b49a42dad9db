/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Durable files: what was acknowledged is there after a crash, a file is old or new but never half. These calls
 * block on the disk: run them on a worker where the loop must not wait. Names are one path component beneath a
 * directory fd; symbolic links are never followed.
 */

#include "service/base/error.h"

typedef enum StoreFlags {
        STORE_DURABLE = 1 << 0, /* fsync of file and directory; without it a file survives our death only */
} StoreFlags;

/* A name that can stand for a file: not empty, ".", "..", no '/', no control character, at most 200 bytes. */
bool store_name_is_valid(const char *name);

/*
 * Opens (and creates with the mode) the directory; *ret_fd is the caller's. Returns 0 or -errno and sets the
 * error.
 */
int store_open_dir(const char *path, mode_t mode, int *ret_fd, Error *error);

/* A directory, created with mode 0700, that is open for as long as anybody refers to it: workers too. */
typedef struct StoreDir StoreDir;
int store_dir_open(const char *path, StoreDir **ret, Error *error);
StoreDir *store_dir_ref(StoreDir *dir);
/* Accepts NULL, returns NULL. */
StoreDir *store_dir_unref(StoreDir *dir);
DEFINE_TRIVIAL_CLEANUP(StoreDir *, store_dir_unref)
/* Borrowed. */
int store_dir_fd(const StoreDir *dir);

/* Creates or replaces the file with mode 0600: temporary file, fsync, rename, fsync of the directory. */
int store_write(int dir_fd, const char *name, const void *data, size_t size, StoreFlags flags, Error *error);

/* Removes the file. Returns 1 when it was there, 0 when not. */
int store_remove(int dir_fd, const char *name, StoreFlags flags, Error *error);

/* Renames within the directory; an existing target is an error, EEXIST. */
int store_rename(int dir_fd, const char *from, const char *to, StoreFlags flags, Error *error);

/* Makes a symbolic link, replacing what was there. */
int store_symlink(int dir_fd, const char *name, const char *target, StoreFlags flags, Error *error);

/* A regular file of at most max bytes; *ret is NUL-terminated. */
int store_read(int dir_fd, const char *name, size_t max, char **ret, size_t *ret_size, Error *error);

/*
 * Moves an unusable file aside as NAME.broken (".broken.1", …), so that it is kept but not met again.
 * *ret_new_name, which may be NULL, is the caller's.
 */
int store_quarantine(int dir_fd, const char *name, char **ret_new_name, Error *error);

/*
 * The names in the directory that end with the suffix, sorted; left-over temporary files are removed on the way.
 * Free with g_strfreev().
 */
int store_list(int dir_fd, const char *suffix, char ***ret, Error *error);
