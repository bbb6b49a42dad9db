/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a definition says of a machine's share of the host, as values of its cgroup: <blkiotune>, <memtune>,
 * <numatune> and the times in <cputune>. Nothing here keeps a state: changes are the difference of two
 * definitions. Errors begin with the place in the definition.
 */

#include "drivers/host/cgroup.h"
#include "drivers/model/domain_edit.h"
#include "drivers/qemu/qemu_threads.h"

/* The first place that needs a cgroup, free with g_free(); NULL: there is none. */
char *qemu_limits_place(const DomainDef *def);

/*
 * ERROR_CONFIG_UNSUPPORTED for what no cgroup of this host can do. groups NULL: an ordinary user's daemon has
 * none.
 */
int qemu_limits_check(const DomainDef *def, const Cgroups *groups, Error *error);
/* What the machine's group is to have: a mask of CGROUP_BIT(). */
uint32_t qemu_limits_controllers(const DomainDef *def, const Cgroups *groups);

/* Of the machine as a whole. old NULL: a group as it was made. Waits for the kernel, and for the paths of disks. */
int qemu_limits_apply(const Cgroup *group, const DomainDef *old, const DomainDef *def, Error *error);

/* Whether processors, I/O threads or the emulator get shares of their own; old may be NULL. */
bool qemu_limits_divide(const DomainDef *old, const DomainDef *def);
/* Gives them groups beneath that of the machine. Waits for the kernel. */
int qemu_limits_apply_threads(Cgroup *group, pid_t pid, const GArray *threads, const DomainDef *old,
                              const DomainDef *def, Error *error);

/* Puts the kernel's numbers in place of those that the parameters have, for the edits that change them. */
void qemu_limits_read(Cgroup *group, DomainEditKind kind, Params *params);
