/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Which firmware a definition gets. */

#include "drivers/model/domain_def.h"
#include "drivers/qemu/qemu_firmware_descriptor.h"
#include "service/base/worker.h"

/* Whether qemu_firmware_choose() has something to do. */
bool qemu_firmware_is_needed(const DomainDef *def);

/*
 * Fills in what <os> leaves to us: with firmware='efi', the loader that suits machine and features, and SMM
 * where that needs it; for a loader with a store of variables, its template and its file,
 * "<nvram_dir>/<name>_VARS.fd". Reads files, so it is for a worker. *ret is sealed; a reference to def when
 * there is nothing to do. ERROR_CONFIG_UNSUPPORTED when there is no such firmware.
 */
int qemu_firmware_choose(const DomainDef *def, QemuFirmwareDirs dirs, const char *nvram_dir, DomainDef **ret,
                         Error *error);

/* def is the callee's, NULL exactly when error is set; error is the caller's for the time of the call. */
typedef void (*QemuFirmwareDone)(void *userdata, DomainDef *def, Error *error);

/* The same on a worker, with the default directories. Cancel with worker_cancel(). */
WorkerTask *qemu_firmware_choose_later(WorkerPool *pool, const DomainDef *def, const char *nvram_dir,
                                       QemuFirmwareDone done, void *userdata);
