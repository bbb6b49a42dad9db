/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_caps_private.h"

#include "drivers/qemu/qmp.h"

/* Where the words differ: SysEmuTarget of QEMU's qapi/machine.json, and virArch of libvirt. */
static const struct {
        const char *target, *arch;
} arch_table[] = {
        { "i386", "i686" },
        { "arm", "armv7l" },
        { "or1k", "or32" },
};

const char *qemu_arch_from_target(const char *target)
{
        for (size_t i = 0; i < ELEMENTSOF(arch_table); i++)
                if (streq(arch_table[i].target, target))
                        return arch_table[i].arch;
        return target;
}

const char *qemu_arch_to_target(const char *arch)
{
        for (size_t i = 0; i < ELEMENTSOF(arch_table); i++)
                if (streq(arch_table[i].arch, arch))
                        return arch_table[i].target;
        return arch;
}
