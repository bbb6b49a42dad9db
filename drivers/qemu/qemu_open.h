/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Opening what a definition names. All of it blocks: for workers. */

#include "service/base/error.h"

#include <sys/stat.h>
#include <sys/types.h>

typedef enum OpenKind {
        OPEN_FILE,      /* a regular file */
        OPEN_BLOCK,     /* a block device */
        OPEN_CHARACTER, /* a character device */
        OPEN_DIRECTORY, /* with O_RDONLY */
        OPEN_PIPE,      /* opened O_RDWR it waits for nobody */
} OpenKind;

/*
 * flags are O_RDONLY, O_RDWR, O_WRONLY, and for files O_CREAT (mode 0600, never through a symbolic link),
 * O_APPEND and O_TRUNC. A path that leads to another kind of file is refused without side effect. The error
 * says which component of the path is missing or denies access; place, an XPath, names the culprit. ret_st
 * may be NULL.
 */
int qemu_open(const char *path, OpenKind kind, int flags, const char *place, int *ret_fd,
              struct stat *ret_st, Error *error);

/*
 * The same for a path that a stranger wrote (O_RDONLY, O_RDWR): it must be beneath the directory whichever links
 * there are on the way (RESOLVE_BENEATH). rest is relative to dir.
 */
int qemu_open_beneath(const char *dir, const char *rest, OpenKind kind, int flags, const char *place, int *ret_fd,
                      struct stat *ret_st, Error *error);

/*
 * A file that somebody with these ids may open again through /proc/self/fd: the file itself or, when its
 * mode is in the way, a sealed copy in memory. Takes *fd, gives it back.
 */
int qemu_open_for_user(int *fd, const char *path, uid_t uid, gid_t gid, Error *error);

/* The same for what is in our memory. */
int qemu_open_bytes(GBytes *bytes, int *ret_fd, Error *error);

/*
 * A listening unix socket with mode 0600 at the path, in place of a socket that may be there already.
 */
int qemu_open_listen(const char *path, const char *place, int *ret_fd, Error *error);
/* A connected one. */
int qemu_open_connect(const char *path, const char *place, int *ret_fd, Error *error);

/* Removes a socket; anything else stays. */
void qemu_remove_socket(const char *path);
