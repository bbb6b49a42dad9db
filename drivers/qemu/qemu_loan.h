/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What the host lends to a machine: devices that no other machine may have meanwhile, nodes and files that QEMU's user
 * may open meanwhile, drivers that stand aside meanwhile. Each is written down before it is done, in the file "loans"
 * of the machine's directory, and undone when its device leaves the machine, or when that directory is removed: by this
 * life of the daemon or by a later one.
 * Which machine has a device stands in the directory "loans" beside those of the machines. All of it blocks: for
 * workers.
 */

#include "drivers/model/domain_interface_def.h"
#include "service/base/error.h"

#include <sys/types.h>

typedef struct QemuLoans QemuLoans;

/* root: "" or where a test has /sys and /dev. run_dir is the machine's directory. uid is QEMU's; 0: our own. */
int qemu_loans_open(const char *root, const char *run_dir, uid_t uid, QemuLoans **ret, Error *error);
QemuLoans *qemu_loans_free(QemuLoans *loans);
DEFINE_TRIVIAL_CLEANUP(QemuLoans *, qemu_loans_free)

/* What is lent from now on is for the machine's device of that alias; "": for the machine as a whole. */
int qemu_loans_serve(QemuLoans *loans, const char *alias, Error *error);

/*
 * The device is this machine's, or ERROR_OPERATION_INVALID names the machine that has it. One that is just being given
 * back is waited for. key is "pci-0000:03:00.0" and the like.
 */
int qemu_loans_claim(QemuLoans *loans, const char *key, const char *place, Error *error);

/* QEMU's user may read and write the file, which is open at fd. */
int qemu_loans_grant(QemuLoans *loans, int fd, const char *path, const char *place, Error *error);

/* See pci_device_take(). One that is not managed must be VFIO's already. */
int qemu_loans_take_pci(QemuLoans *loans, const char *name, bool managed, const char *place, Error *error);

/* The virtual function gets what the interface says, see qemu_vf.h; it must be this machine's already. */
int qemu_loans_set_vf(QemuLoans *loans, const char *name, const DomainInterface *interface, const char *place,
                      Error *error);

/*
 * The device of that alias has gone: undoes what was lent for it alone. run_dir is the machine's directory, which may
 * be gone as well. Errors are logged.
 */
void qemu_loans_give_back(const char *root, const char *run_dir, const char *alias);

/* Undoes everything of a machine; dir_fd is its directory, run_fd the one above. Errors are logged. */
void qemu_loans_undo(const char *root, int run_fd, int dir_fd);
