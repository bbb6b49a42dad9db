/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The firmware of a host with Fedora's packages, which definitions of others were normalised on. */

#include "drivers/model/firmware.h"

#define OVMF(name) "/usr/share/edk2/ovmf/" name
#define AAVMF(name) "/usr/share/edk2/aarch64/" name
#define SECURE (FIRMWARE_ACPI_S3 | FIRMWARE_SECURE_BOOT | FIRMWARE_REQUIRES_SMM)
#define SEV (FIRMWARE_AMD_SEV | FIRMWARE_AMD_SEV_ES)

typedef struct FirmwareRow {
        const char *executable, *nvram, *format;
        const char *machines; /* ARCH:PATTERN, with blanks between */
        FirmwareMode mode;    /* 0: in memory, not in flash */
        uint32_t features;
} FirmwareRow;

static const FirmwareRow firmware_rows[] = {
        { "/usr/share/seabios/bios-256k.bin", NULL, "raw",
          "i686:pc-i440fx-* i686:pc-q35-* x86_64:pc-i440fx-* x86_64:pc-q35-*", 0,
          FIRMWARE_BIOS | FIRMWARE_ACPI_S3 | FIRMWARE_ACPI_S4 },
        { OVMF("OVMF_CODE_4M.secboot.qcow2"), OVMF("OVMF_VARS_4M.secboot.qcow2"), "qcow2", "x86_64:pc-q35-*",
          FIRMWARE_SPLIT, FIRMWARE_UEFI | SECURE | FIRMWARE_ENROLLED_KEYS },
        { OVMF("OVMF_CODE.secboot.fd"), OVMF("OVMF_VARS.secboot.fd"), "raw", "x86_64:pc-q35-*", FIRMWARE_SPLIT,
          FIRMWARE_UEFI | SECURE | FIRMWARE_ENROLLED_KEYS },
        { OVMF("OVMF_CODE_4M.secboot.qcow2"), OVMF("OVMF_VARS_4M.qcow2"), "qcow2", "x86_64:pc-q35-*",
          FIRMWARE_SPLIT, FIRMWARE_UEFI | SECURE },
        { OVMF("OVMF_CODE.secboot.fd"), OVMF("OVMF_VARS.fd"), "raw", "x86_64:pc-q35-*", FIRMWARE_SPLIT,
          FIRMWARE_UEFI | SECURE },
        { AAVMF("QEMU_EFI-silent-pflash.qcow2"), AAVMF("vars-template-pflash.qcow2"), "qcow2", "aarch64:virt-*",
          FIRMWARE_SPLIT, FIRMWARE_UEFI },
        { OVMF("OVMF_CODE_4M.qcow2"), OVMF("OVMF_VARS_4M.qcow2"), "qcow2", "x86_64:pc-i440fx-* x86_64:pc-q35-*",
          FIRMWARE_SPLIT, FIRMWARE_UEFI | FIRMWARE_ACPI_S3 | SEV },
        { OVMF("MICROVM.fd"), NULL, "raw", "x86_64:microvm", 0, FIRMWARE_UEFI },
        { "/usr/share/edk2/riscv/RISCV_VIRT_CODE.qcow2", "/usr/share/edk2/riscv/RISCV_VIRT_VARS.qcow2", "qcow2",
          "riscv64:virt riscv64:virt-*", FIRMWARE_SPLIT, FIRMWARE_UEFI },
        { "/usr/share/edk2/loongarch64/QEMU_EFI-silent-pflash.raw",
          "/usr/share/edk2/loongarch64/vars-template-pflash.raw", "raw", "loongarch64:virt loongarch64:virt-*",
          FIRMWARE_SPLIT, FIRMWARE_UEFI },
        { AAVMF("QEMU_EFI-silent-pflash.raw"), AAVMF("vars-template-pflash.raw"), "raw", "aarch64:virt-*",
          FIRMWARE_SPLIT, FIRMWARE_UEFI },
        { OVMF("OVMF_CODE.fd"), OVMF("OVMF_VARS.fd"), "raw", "x86_64:pc-i440fx-* x86_64:pc-q35-*", FIRMWARE_SPLIT,
          FIRMWARE_UEFI | FIRMWARE_ACPI_S3 | SEV },
        { AAVMF("QEMU_EFI-pflash.qcow2"), AAVMF("vars-template-pflash.qcow2"), "qcow2", "aarch64:virt-*",
          FIRMWARE_SPLIT, FIRMWARE_UEFI },
        { AAVMF("QEMU_EFI-pflash.raw"), AAVMF("vars-template-pflash.raw"), "raw", "aarch64:virt-*", FIRMWARE_SPLIT,
          FIRMWARE_UEFI },
        { OVMF("OVMF.secboot.fd"), NULL, "raw", "x86_64:pc-q35-*", FIRMWARE_COMBINED,
          FIRMWARE_UEFI | SECURE | FIRMWARE_ENROLLED_KEYS | FIRMWARE_AMD_SEV },
        { OVMF("OVMF.amdsev.fd"), NULL, "raw", "x86_64:pc-q35-*", FIRMWARE_STATELESS,
          FIRMWARE_UEFI | SEV | FIRMWARE_AMD_SEV_SNP },
        { OVMF("OVMF.inteltdx.fd"), NULL, "raw", "x86_64:pc-q35-*", FIRMWARE_STATELESS,
          FIRMWARE_UEFI | FIRMWARE_INTEL_TDX | FIRMWARE_SECURE_BOOT | FIRMWARE_ENROLLED_KEYS },
};

static inline Firmware firmware_of_row(const FirmwareRow *row)
{
        g_auto(GStrv) machines = g_strsplit(row->machines, " ", 0);
        Firmware firmware = {
                .device = row->mode == 0 ? FIRMWARE_MEMORY : FIRMWARE_FLASH,
                .mode = row->mode,
                .features = row->features,
                .executable = g_strdup(row->executable),
                .format = g_strdup(row->format),
                .nvram = g_strdup(row->nvram),
                .nvram_format = g_strdup(row->nvram ? row->format : NULL),
        };

        for (char **machine = machines; *machine; machine++) {
                g_auto(GStrv) parts = g_strsplit(*machine, ":", 2);

                firmware_add_target(&firmware, parts[0], parts[1]);
        }
        return firmware;
}

/* Clear with firmwares_clear(). */
static inline Firmwares firmwares_of_test(void)
{
        Firmwares firmwares = { .items = g_new0(Firmware, ELEMENTSOF(firmware_rows)), .n = ELEMENTSOF(firmware_rows) };

        for (size_t i = 0; i < ELEMENTSOF(firmware_rows); i++)
                firmwares.items[i] = firmware_of_row(firmware_rows + i);
        return firmwares;
}
