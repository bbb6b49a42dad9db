/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What came and went while nobody listened: the daemon was killed, or the monitor was lost. The status file names a
 * device before QEMU is given it, so that what is there is known, and what did not get there is cleared away.
 */

#include "drivers/qemu/qemu_guest.h"

typedef struct QemuReconcile QemuReconcile;

/* Asks the monitor, which must be there; what is found out changes the definition of the machine. */
void qemu_plug_reconcile(QemuGuest *guest);
/* Of the machine. Accepts NULL, returns NULL. */
QemuReconcile *qemu_reconcile_free(QemuReconcile *reconcile);
