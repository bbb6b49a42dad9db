/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The cgroup of a machine: QEMU is placed there before it runs an instruction, and so is what else belongs to the
 * machine (cgroup_open_entries() of guest->cgroup). Where systemd is the host's service manager the group is
 * within a scope that it makes, "machine-qemu\x2d1\x2dweb.scope"; a process that does nothing holds the scope
 * until QEMU is there. Elsewhere the group is our own directory, "/machine/qemu-1-web.virtbus". The partition of
 * the definition stands above either. An ordinary user's daemon makes none; where cgroups cannot be written, a
 * machine that does not need one runs without.
 *
 * A file in the machine's directory has the group's path, from before it is made: so that a later life finds it.
 */

#include "drivers/qemu/qemu_guest.h"

/* error is unset when all is done. */
typedef void (*QemuCgroupDone)(void *userdata, Error *error);

/*
 * Where <partition> is, free with g_free(): "/machine/production" is the slice "machine-production.slice", or the group
 * "/machine/production.partition", as libvirt has it.
 */
char *qemu_cgroup_slice(const char *partition);
char *qemu_cgroup_directory(const char *partition);

/* "qemu-1-web", which no other machine of the host is called at the same time. Free with g_free(). */
char *qemu_cgroup_machine(const QemuGuest *guest);

/* Finds the host's, for the life of the driver. */
int qemu_cgroup_open(QemuDriver *driver, Error *error);

/*
 * Makes the group of a machine that starts, with the limits of guest->live. Returns 1 when done will be called,
 * which must not be waited for any more when the guest is forgotten; 0: there is none to be made.
 */
int qemu_cgroup_begin(QemuGuest *guest, QemuCgroupDone done, void *userdata, Error *error);
/* The process is in its group: nothing else need hold it. */
void qemu_cgroup_settled(QemuGuest *guest);
/* Finds the group of a machine that runs already. */
void qemu_cgroup_adopt(QemuGuest *guest);
/*
 * Removes the group that a machine's directory names, before that itself is removed: on a worker, when its processes
 * have ended or are about to. groups may be NULL.
 */
int qemu_cgroup_remove(const Cgroups *groups, int dir_fd, Error *error);
/* Lets go of it: it stays as it is. */
void qemu_cgroup_forget(QemuGuest *guest);

/*
 * Sets what def limits and old did not limit so, in the group and, with threads (of QemuThread; NULL: none of them
 * is limited), in those of its threads. old NULL: threads of a machine whose group has its limits already.
 * ERROR_OPERATION_INVALID when the machine has no group. The task may be cancelled.
 */
int qemu_cgroup_change(QemuGuest *guest, const DomainDef *old, const DomainDef *def, const GArray *threads,
                       WorkerDone done, void *userdata, WorkerTask **ret, Error *error);

/* DomainOps.read_limits */
void qemu_read_limits(Domain *domain, DomainEditKind kind, Params *params);
