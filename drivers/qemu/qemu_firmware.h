/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Firmware of the host by its descriptors (QEMU's docs/interop/firmware.json): JSON files in a few
 * directories, those of the user and of the administrator before those of the packages, in the order of their names.
 */

#include "drivers/model/firmware.h"
#include "service/base/worker.h"

/*
 * NULL-terminated, the first wins. NULL stands for /etc/qemu/firmware and /usr/share/qemu/firmware, before which
 * whoever is not root has $XDG_CONFIG_HOME/qemu/firmware.
 */
typedef const char *const *QemuFirmwareDirs;

/*
 * The text of one descriptor; name is the file's. -EBADMSG when it is none, or of firmware that is neither in
 * flash nor in memory. Clear with firmware_clear().
 */
int qemu_firmware_parse(const char *name, const char *text, size_t size, Firmware *ret);

/*
 * The files *.json of the directories, in the order of their names; one that an earlier directory has too is hidden by
 * that. Reads directories. Free with g_strfreev().
 */
char **qemu_descriptors_list(QemuFirmwareDirs dirs);

/*
 * All of them; descriptors that are none, and firmware that is neither in flash nor in memory, are left out. Reads
 * files, so it is for a worker. Clear with firmwares_clear().
 */
void qemu_firmwares_read(QemuFirmwareDirs dirs, Firmwares *ret);

/* firmwares are the caller's for the time of the call; NULL exactly when error is set. */
typedef void (*QemuFirmwaresDone)(void *userdata, const Firmwares *firmwares, Error *error);

/* The same on a worker, with the default directories. Cancel with worker_cancel(). */
WorkerTask *qemu_firmwares_read_later(WorkerPool *pool, QemuFirmwaresDone done, void *userdata);
