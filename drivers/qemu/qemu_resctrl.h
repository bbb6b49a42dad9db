/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * <cachetune>, <memorytune> and their <monitor>s of a machine: groups "qemu-1-web-vcpus_0-1" of resctrl, with the
 * threads of its processors in them. Their paths are written into the machine's directory, file "resctrl", before they
 * are made: they go with it, by this life of the daemon or a later one.
 */

#include "drivers/qemu/qemu_guest.h"

/* Refuses groups that share some processors, but not all. */
int qemu_resctrl_check(const DomainDef *def, Error *error);
bool qemu_resctrl_is_wanted(const DomainDef *def);
/* What groups and monitors are called: "vcpus_0-1". Changes a definition that is not sealed. */
void qemu_resctrl_name(DomainDef *def);

/*
 * Makes the groups; threads are QemuThreads. machine is "qemu-1-web". root: "" or where a test has /proc and /sys.
 * Blocks: for workers.
 */
int qemu_resctrl_make(const char *root, int dir_fd, const char *machine, const DomainDef *def, const GArray *threads,
                      Error *error);
/* The same on a worker; threads are copied. */
WorkerTask *qemu_resctrl_begin(QemuGuest *guest, const GArray *threads, WorkerDone done, void *userdata);
/* Removes what the file in the directory names. Errors are logged. Blocks. */
void qemu_resctrl_undo(const char *root, int dir_fd);

/* "cpu.cache.monitor.count" and so on; with bandwidth "memory.bandwidth.monitor.count". */
void qemu_resctrl_add_stats(const char *root, const char *machine, const DomainDef *def, bool bandwidth, Params *ret);
