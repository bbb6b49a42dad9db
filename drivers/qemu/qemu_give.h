/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Files that change hands: from who made them to the user of a machine. All of it blocks: for workers. */

#include "service/base/error.h"

#include <sys/types.h>

/* A directory that gets its final name with its new owner. */
typedef struct QemuGift {
        char *made, *final; /* final NULL: it keeps its name */
        uid_t uid;          /* 0: nobody else */
        gid_t gid;
} QemuGift;

QemuGift *qemu_gift_new(const char *made, const char *final, uid_t uid, gid_t gid);
void qemu_gift_free(void *gift);

/*
 * The directory and the regular files in it become the user's; other kinds, and files with more than one name, stay as
 * they are, since a former owner may have put them there.
 */
int qemu_give(const QemuGift *gift, Error *error);

/*
 * Removes a directory with all beneath it, never following links. Beneath AT_FDCWD name may be a path. Returns 0, also
 * when it was not there, or -errno.
 */
int qemu_remove_tree(int dir_fd, const char *name);
