/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The companions of a machine, as they run. They outlive the daemon as QEMU does: a file in the machine's directory,
 * written when each has begun, names them by pid and start time, and a later life watches them again. The machine is
 * over when its last companion has ended, so that neither its user number nor its files are given to another one
 * before. One that ends though its device is needed is lost: the machine goes on, the domain says so
 * (domain_set_unserved()), and the file keeps its line, without a pid, until the device is unplugged.
 */

#include "drivers/model/domain_def.h"
#include "drivers/qemu/qemu_program.h"

#define QEMU_COMPANIONS_FILE "companions"

typedef struct QemuDriver QemuDriver;
typedef struct QemuGuest QemuGuest;
typedef struct QemuCompanions QemuCompanions;

QemuCompanions *qemu_companions_new(QemuGuest *guest);
/* Lets go of the processes without a word to them. Accepts NULL, returns NULL. */
QemuCompanions *qemu_companions_free(QemuCompanions *companions);

/*
 * Starts one. ready: once, error unset when it does its work; else it has ended, and the error says why. Not after
 * qemu_companions_forget_start().
 */
typedef void (*QemuCompanionReady)(void *userdata, Error *error);
int qemu_companions_start(QemuCompanions *companions, const QemuCompanionPlan *plan, QemuCompanionReady ready,
                          void *userdata, Error *error);
void qemu_companions_forget_start(QemuCompanions *companions);

/* Ends those that serve the device, which is not there any more: nobody waits for it. */
void qemu_companions_end(QemuCompanions *companions, const char *alias);

/* Removes the logs of those that a machine with the definition has; nobody waits for it. */
void qemu_companions_remove_logs(QemuDriver *driver, const DomainDef *def, const char *machine);

/* Watches those of an earlier life again. Reads a file in memory: does not wait. */
void qemu_companions_adopt(QemuCompanions *companions);
/* The machine has turned out to run: says which of them it has lost, then and since. */
void qemu_companions_miss(QemuCompanions *companions);

/*
 * Ends them: SIGTERM, and a moment later SIGKILL. Returns true when some have to be waited for: gone(guest) follows,
 * once, as the last call.
 */
bool qemu_companions_stop(QemuCompanions *companions, void (*gone)(QemuGuest *guest));
