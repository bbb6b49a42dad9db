/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Commands for a machine's monitor, one after the other. One that is refused ends them, and undoes those before it. */

#include "drivers/qemu/qemu_guest.h"
#include "drivers/qemu/qemu_plug_commands.h"

typedef struct QemuScript QemuScript;

/* Once, with the error unset when all has been done; never from within run. */
typedef void (*QemuScriptDone)(void *userdata, Error *error);

QemuScript *qemu_script_new(QemuGuest *guest);
/* Forgets a reply that is waited for, and undoes nothing. Accepts NULL, returns NULL. */
QemuScript *qemu_script_free(QemuScript *script);
DEFINE_TRIVIAL_CLEANUP(QemuScript *, qemu_script_free)

/* Takes the arguments; name is static. Borrowed: what else there is to say of it. */
PlugCommand *qemu_script_add(QemuScript *script, const char *name, JsonObject *arguments);
/* One that may fail. */
void qemu_script_add_careless(QemuScript *script, const char *name, JsonObject *arguments);
/* A descriptor for a set of QEMU's, which is taken. undo: the set goes when a later command fails. */
void qemu_script_add_fd(QemuScript *script, uint64_t set, const char *opaque, int fd, bool undo);

/* ERROR_OPERATION_INVALID when there is no monitor. */
int qemu_script_run(QemuScript *script, QemuScriptDone done, void *userdata, Error *error);
/* Sends all of them, and waits for nothing. */
void qemu_script_send(QemuScript *script);
