/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/firmware.h"

void firmware_clear(Firmware *firmware)
{
        for (size_t i = 0; i < firmware->n_targets; i++) {
                g_free(firmware->targets[i].arch);
                g_free(firmware->targets[i].machine);
        }
        g_free(firmware->targets);
        g_free(firmware->executable);
        g_free(firmware->format);
        g_free(firmware->nvram);
        g_free(firmware->nvram_format);
        *firmware = (Firmware) {};
}

void firmwares_clear(Firmwares *firmwares)
{
        for (size_t i = 0; i < firmwares->n; i++)
                firmware_clear(firmwares->items + i);
        g_free(firmwares->items);
        *firmwares = (Firmwares) {};
}

void firmware_add_target(Firmware *firmware, const char *arch, const char *machine)
{
        firmware->targets = g_renew(FirmwareTarget, firmware->targets, firmware->n_targets + 1);
        firmware->targets[firmware->n_targets++] = (FirmwareTarget) {
                .arch = g_strdup(arch), .machine = g_strdup(machine),
        };
}

bool firmware_suits_machine(const Firmware *firmware, const char *arch, const char *machine)
{
        for (size_t i = 0; i < firmware->n_targets; i++)
                if (streq(firmware->targets[i].arch, arch) &&
                    g_pattern_match_simple(firmware->targets[i].machine, machine))
                        return true;
        return false;
}
