/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_machine.h"

#define MODEL(m) DOMAIN_CONTROLLER_MODEL_##m

#define Q35                                                                                         \
        .root = MODEL(PCIE_ROOT), .usb = MODEL(QEMU_XHCI), .usb_default = MODEL(PIIX3_UHCI),        \
        .sata = true, .ps2 = true, .watchdog = true, .network = "rtl8139", .video = DOMAIN_VIDEO_CIRRUS
#define I440FX                                                                                      \
        .root = MODEL(PCI_ROOT), .usb = MODEL(PIIX3_UHCI), .usb_default = MODEL(PIIX3_UHCI),        \
        .ide = true, .ps2 = true, .network = "rtl8139", .video = DOMAIN_VIDEO_CIRRUS
#define VIRT                                                                                        \
        .root = MODEL(PCIE_ROOT), .usb_default = MODEL(QEMU_XHCI), .network = "virtio",             \
        .video = DOMAIN_VIDEO_VIRTIO

/* The first row that fits. i440fx was called after its version alone. */
static const MachineTraits traits_table[] = {
        { .arch = "x86_64", .machine = "pc-q35", Q35 },
        { .arch = "x86_64", .machine = "q35", Q35 },
        { .arch = "x86_64", .machine = "pc", I440FX },
        { .arch = "x86_64", .machine = "isapc", .ide = true, .ps2 = true, .network = "ne2k_isa" },
        { .arch = "x86_64", .machine = "microvm" },
        { .arch = "i686", .machine = "pc-q35", Q35 },
        { .arch = "i686", .machine = "q35", Q35 },
        { .arch = "i686", .machine = "pc", I440FX },
        { .arch = "i686", .machine = "isapc", .ide = true, .ps2 = true, .network = "ne2k_isa" },
        { .arch = "aarch64", .machine = "virt", VIRT },
        { .arch = "armv7l", .machine = "virt", VIRT },
        { .arch = "riscv64", .machine = "virt", VIRT },
        { .arch = "riscv32", .machine = "virt", VIRT },
        { .arch = "loongarch64", .machine = "virt", VIRT },
        { .machine = "", .network = "virtio", .video = DOMAIN_VIDEO_VGA },
};

const MachineTraits *machine_traits(const char *arch, const char *machine)
{
        const MachineTraits *traits = traits_table;

        while ((traits->arch && !streq_ptr(traits->arch, arch)) ||
               !g_str_has_prefix(strempty(machine), traits->machine))
                traits++;
        return traits;
}

bool machine_is_q35(const MachineTraits *traits)
{
        return traits->root == MODEL(PCIE_ROOT) && traits->sata;
}

bool machine_is_i440fx(const MachineTraits *traits)
{
        return traits->root == MODEL(PCI_ROOT) && traits->ide;
}
