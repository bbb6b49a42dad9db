/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Firmware of the host by its descriptors (QEMU's docs/interop/firmware.json): JSON files in a few
 * directories, those of the administrator before those of the packages, in the order of their names.
 */

#include "service/base/util.h"

#include <json-glib/json-glib.h>

/* NULL-terminated, the first wins; NULL stands for /etc/qemu/firmware and /usr/share/qemu/firmware. */
typedef const char *const *QemuFirmwareDirs;

/* What a descriptor of firmware in flash memory says. Strings and array belong to the tree. */
typedef struct QemuFirmware {
        JsonNode *tree;
        const char *executable, *executable_format;
        const char *nvram, *nvram_format; /* NULL: it keeps no variables */
        JsonArray *targets;
        bool uefi;
        bool secure_boot;
        bool requires_smm;
} QemuFirmware;

typedef struct QemuFirmwares {
        QemuFirmware *items;
        size_t n;
} QemuFirmwares;

/*
 * All of them; descriptors that are none, and firmware that is not in flash, are left out. Reads files, so
 * it is for a worker.
 */
void qemu_firmwares_read(QemuFirmwareDirs dirs, QemuFirmwares *ret);
void qemu_firmwares_clear(QemuFirmwares *firmwares);

/* arch is libvirt's word, machine the full name: "x86_64", "pc-q35-7.2". */
bool qemu_firmware_suits_machine(const QemuFirmware *firmware, const char *arch, const char *machine);
