/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Firmware of a host, as its descriptors tell (QEMU's docs/interop/firmware.json), and which of it a definition gets
 * (domain_def_normalize()). Who reads the descriptors is a driver's matter.
 */

#include "drivers/model/domain_def.h"

/* How QEMU gets it. */
typedef enum FirmwareDevice {
        FIRMWARE_FLASH = 1,
        FIRMWARE_MEMORY,
} FirmwareDevice;

/* Where flash has the variables of the guest. */
typedef enum FirmwareMode {
        FIRMWARE_SPLIT = 1, /* in a file of their own, a copy of the template */
        FIRMWARE_COMBINED,  /* in the file of the code */
        FIRMWARE_STATELESS, /* nowhere */
} FirmwareMode;

typedef enum FirmwareFeature {
        FIRMWARE_BIOS = 1 << 0, /* interfaces */
        FIRMWARE_UEFI = 1 << 1,
        FIRMWARE_ACPI_S3 = 1 << 2,
        FIRMWARE_ACPI_S4 = 1 << 3,
        FIRMWARE_AMD_SEV = 1 << 4,
        FIRMWARE_AMD_SEV_ES = 1 << 5,
        FIRMWARE_AMD_SEV_SNP = 1 << 6,
        FIRMWARE_INTEL_TDX = 1 << 7,
        FIRMWARE_SECURE_BOOT = 1 << 8,
        FIRMWARE_ENROLLED_KEYS = 1 << 9,
        FIRMWARE_REQUIRES_SMM = 1 << 10,
} FirmwareFeature;

typedef struct FirmwareTarget {
        char *arch;    /* libvirt's word: "x86_64", "i686" */
        char *machine; /* a pattern for the full name: "pc-q35-*" */
} FirmwareTarget;

typedef struct Firmware {
        FirmwareDevice device;
        FirmwareMode mode; /* of flash */
        uint32_t features; /* FirmwareFeature */
        char *executable;  /* absolute, like the template */
        char *format;
        char *nvram;       /* the template; NULL unless the mode is split */
        char *nvram_format;
        FirmwareTarget *targets;
        size_t n_targets;
} Firmware;

/* In order of preference. */
struct Firmwares {
        Firmware *items;
        size_t n;
};

void firmware_clear(Firmware *firmware);
void firmwares_clear(Firmwares *firmwares);
void firmware_add_target(Firmware *firmware, const char *arch, const char *machine);
/* machine is the full name: "pc-q35-7.2". */
bool firmware_suits_machine(const Firmware *firmware, const char *arch, const char *machine);

/* What the definition says of a feature of the firmware: "secure-boot". */
Tristate domain_wanted_feature(const DomainOs *os, const char *name);
/* Whether normalising it has to know the host's firmware. */
bool domain_needs_firmwares(const DomainDef *def);
/* Whether it was normalised without them, so that firmware, or the file for its variables, is still to be chosen. */
bool domain_lacks_firmware(const DomainDef *def);
