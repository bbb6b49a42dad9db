/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A part of a start: runs the errands of a machine one after the other, then starts its companions. */

#include "drivers/qemu/qemu_files.h"

typedef struct QemuGuest QemuGuest;
typedef struct QemuLaunch QemuLaunch;

/* error is unset on success; it is the caller's for the time of the call. The launch is freed afterwards. */
typedef void (*QemuLaunchDone)(void *userdata, Error *error);

/*
 * Returns 0 when there is nothing to do, 1 when done will be called. files must live that long. Companions that have
 * been started are the guest's, also when a later one fails.
 */
int qemu_launch_begin(QemuGuest *guest, const QemuFiles *files, QemuLaunchDone done, void *userdata, QemuLaunch **ret);
/* The machine has ended, or lost what def has: runs what is to be run then, without anybody waiting. */
void qemu_farewell(QemuGuest *guest, const DomainDef *def);
/* Of the driver's list of those that are being run. */
void qemu_farewell_free(void *farewell);

/* done will not be called any more. Accepts NULL, returns NULL. */
QemuLaunch *qemu_launch_cancel(QemuLaunch *launch);
