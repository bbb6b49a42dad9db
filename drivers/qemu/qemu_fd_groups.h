/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Open files that callers have given to a domain under a name, for disks whose source has that name as its fdgroup.
 * They stay until the caller who gave them leaves, or gives others under the same name.
 */

#include "drivers/qemu/qemu_private.h"

#include <sys/stat.h>

/* UUID -> GPtrArray of groups. */
GHashTable *qemu_fd_groups_new(void);

/* MachineOps.associate_fds. */
int qemu_associate_fds(Domain *domain, const char *name, const int *fds, size_t n, uint32_t flags, Job *job,
                       Error *error);
void qemu_fd_groups_caller_left(QemuDriver *driver, const char *owner);

/* Those of the domain, for a worker: with descriptors of their own. Drop with g_ptr_array_unref(). */
GPtrArray *qemu_fd_groups_copy(const QemuDriver *driver, const char *uuid);

/*
 * A descriptor of the group, which is open as it has to be. ERROR_INVALID_ARG when there is no such group (groups may
 * be NULL) or it has no such descriptor; place is an XPath. *ret_fd is the caller's.
 */
int qemu_fd_groups_open(const GPtrArray *groups, const char *name, bool writable, const char *place, int *ret_fd,
                        struct stat *ret_st, Error *error);
