/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Firmware of the host by its descriptors (QEMU's docs/interop/firmware.json): JSON files in a few
 * directories, those of the administrator before those of the packages, in the order of their names.
 */

#include "drivers/model/domain_def.h"

/* NULL-terminated, the first wins; NULL stands for /etc/qemu/firmware and /usr/share/qemu/firmware. */
typedef const char *const *QemuFirmwareDirs;

/*
 * Fills in what <os> leaves to us: with firmware='efi', the loader that suits machine and features, and SMM
 * where that needs it; for a loader with a store of variables, its template and its file,
 * "<nvram_dir>/<name>_VARS.fd". Reads files, so it is for a worker. *ret is sealed; a reference to def when
 * there is nothing to do. ERROR_CONFIG_UNSUPPORTED when there is no such firmware.
 */
int qemu_firmware_choose(const DomainDef *def, QemuFirmwareDirs dirs, const char *nvram_dir, DomainDef **ret,
                         Error *error);
