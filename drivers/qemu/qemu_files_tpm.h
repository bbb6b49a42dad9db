/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * TPMs on the host: the emulator swtpm(8) with its state, a device of the host, or somebody else's emulator. The state
 * of a machine's TPM is <state>/qemu/swtpm/UUID/tpm2 (or tpm1.2), which belongs to the user that the machine runs as;
 * where the definition names a place itself, that. All of it blocks: for workers.
 */

#include "drivers/qemu/qemu_files.h"

/* Opens what the TPM needs as "tpm0-socket", or "tpm0-device" and "tpm0-cancel", and plans its emulator. */
int qemu_files_open_tpm(QemuFiles *files, const DomainDef *def, const DomainTpm *tpm, const QemuFilesConfig *config,
                        Error *error);

/* The directory of a machine's states, beneath QemuPrograms.tpm_dir. Free with g_free(). */
char *qemu_tpm_state_dir(const QemuPrograms *programs, const char *uuid);
/* Removes the machine's states, in the background: not those at a place that a definition names. */
void qemu_tpm_forget(WorkerPool *pool, const QemuPrograms *programs, const char *uuid);
/* Whether the state goes with the definition when nobody says what is to become of it. */
bool qemu_tpm_is_forgotten(const DomainDef *def);
