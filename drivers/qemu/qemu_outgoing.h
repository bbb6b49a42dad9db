/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A machine writes its state to a descriptor (QEMU's migration), and goes on when that comes to nothing. */

#include "drivers/qemu/qemu_guest.h"

typedef struct QemuOutgoing QemuOutgoing;

/* Once: error is unset when the state is complete. The processors stand then. Never from within begin. */
typedef void (*QemuOutgoingDone)(void *userdata, Error *error);

/*
 * Takes fd. The job's progress is that of the memory, in bytes; path is for errors. The machine must have a monitor.
 * Fails when nothing has been written for minutes.
 */
QemuOutgoing *qemu_outgoing_begin(Domain *domain, int fd, Job *job, const char *path, QemuOutgoingDone done,
                                  void *userdata);
/* Forgets it; one that still goes on is ended. Accepts NULL, returns NULL. May be called in done. */
QemuOutgoing *qemu_outgoing_free(QemuOutgoing *outgoing);

/*
 * The processors, which the daemon has stopped for this (guest->status.saving), run again as soon as the state is not
 * being written any more. Also for one whose writer has died.
 */
void qemu_outgoing_resume(QemuGuest *guest);
