/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A directory of the host that QEMU serves: its user is one that owns no files. So what belongs to the owner of the
 * directory is shown to it as its own, by a mount of the directory that nobody else sees, with the ids mapped
 * (mount_setattr(2)), and what it makes belongs to the owner. A directory of root, or on a file system without such
 * maps, is what its modes allow.
 */

#include "service/base/error.h"

#include <sys/types.h>

/* Blocks. Takes *fd, an open directory, and gives it or the mapped one back. Returns 1 when it is mapped. */
int qemu_share_map(int *fd, uid_t uid, gid_t gid, bool readonly, const char *place, Error *error);
