/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A guest that has been asked to let go of a device does so in its own time, or says no, or never says anything. At
 * most one job of a machine waits for it, as each makes the domain busy.
 */

#include "drivers/qemu/qemu_guest.h"

typedef enum QemuUnplugEnd {
        QEMU_UNPLUG_GONE,
        QEMU_UNPLUG_REFUSED,
        QEMU_UNPLUG_LATE, /* some seconds have passed; it may still go */
} QemuUnplugEnd;

/* Once; the wait is over, and freed by its owner as ever. */
typedef void (*QemuUnplugDone)(void *userdata, QemuUnplugEnd end);

int qemu_unplug_wait(Domain *domain, const char *alias, QemuUnplugDone done, void *userdata, QemuUnplug **ret,
                     Error *error);
/* Waits no more. Accepts NULL, returns NULL. */
QemuUnplug *qemu_unplug_free(QemuUnplug *unplug);

/* What an event said, for who waits for it. */
void qemu_unplug_tell(QemuGuest *guest, const char *alias, QemuUnplugEnd end);
