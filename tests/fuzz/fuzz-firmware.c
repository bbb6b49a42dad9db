/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_firmware.h"

#include <string.h>

/* Descriptors of firmware: those of whoever is not root are the person's own. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const Firmware *firmware)
{
        g_assert(firmware->executable && *firmware->executable == '/');
        g_assert(firmware->format);
        switch (firmware->device) {
        case FIRMWARE_FLASH:
                g_assert(firmware->mode >= FIRMWARE_SPLIT && firmware->mode <= FIRMWARE_STATELESS);
                break;
        case FIRMWARE_MEMORY:
                g_assert(firmware->mode == 0);
                break;
        }
        g_assert((firmware->mode == FIRMWARE_SPLIT) == (firmware->nvram != NULL));
        g_assert(!firmware->nvram || (*firmware->nvram == '/' && firmware->nvram_format));
        for (size_t i = 0; i < firmware->n_targets; i++) {
                const FirmwareTarget *target = firmware->targets + i;

                g_assert(target->arch && target->machine);
                (void) firmware_suits_machine(firmware, target->arch, "pc-q35-7.2");
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
        /* ended by NUL, as a file is read */
        g_autofree char *text = g_malloc0(size + 1);
        _cleanup_(firmware_clear) Firmware firmware = {};

        if (size > 0)
                memcpy(text, data, size);
        if (qemu_firmware_parse("fuzz", text, size, &firmware) >= 0)
                check(&firmware);
        return 0;
}
