/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_machine.h"

#define MODEL(m) DOMAIN_CONTROLLER_MODEL_##m

#define X86                                                                                         \
        .scsi = MODEL(LSILOGIC), .network = "rtl8139", .panic = "isa", .video = DOMAIN_VIDEO_CIRRUS
#define Q35                                                                                         \
        X86, .root = MODEL(PCIE_ROOT), .usb = MODEL(QEMU_XHCI), .usb_default = MODEL(PIIX3_UHCI),   \
        .sata = true, .ps2 = true, .watchdog = true, .balloon = true
#define I440FX                                                                                      \
        X86, .root = MODEL(PCI_ROOT), .usb = MODEL(PIIX3_UHCI), .usb_default = MODEL(PIIX3_UHCI),   \
        .ide = true, .ps2 = true, .balloon = true
#define VIRT                                                                                        \
        .root = MODEL(PCIE_ROOT), .usb_default = MODEL(QEMU_XHCI), .scsi = MODEL(VIRTIO_SCSI),      \
        .network = "virtio", .panic = "pvpanic", .video = DOMAIN_VIDEO_VIRTIO
#define PC_USB .usb = MODEL(PIIX3_UHCI), .usb_default = MODEL(PIIX3_UHCI)
#define CIRRUS .video = DOMAIN_VIDEO_CIRRUS
/* A board of old with PCI and USB. */
#define BOARD .root = MODEL(PCI_ROOT), .scsi = MODEL(LSILOGIC), PC_USB, CIRRUS
#define POWER                                                                                       \
        .root = MODEL(PCI_ROOT), .usb = MODEL(PCI_OHCI), .usb_default = MODEL(PCI_OHCI),            \
        .usb_new = MODEL(QEMU_XHCI), .usb_input = true, .balloon = true, .network = "rtl8139",      \
        .video = DOMAIN_VIDEO_VGA
#define PSERIES POWER, .scsi = MODEL(IBMVSCSI), .panic = "pseries", .panic_added = true
#define S390                                                                                        \
        .usb_default = MODEL(NONE), .scsi = MODEL(VIRTIO_SCSI), .balloon = true, .network = "virtio", \
        .panic = "s390", .panic_added = true, .video = DOMAIN_VIDEO_VIRTIO
#define PLAIN .usb_default = MODEL(PIIX3_UHCI), .scsi = MODEL(LSILOGIC), CIRRUS

/* The first row that fits. i440fx was called after its version alone. */
static const MachineTraits traits_table[] = {
        { .arch = "x86_64", .machine = "pc-q35", Q35 },
        { .arch = "x86_64", .machine = "q35", Q35 },
        { .arch = "x86_64", .machine = "pc", I440FX },
        { .arch = "x86_64", .machine = "isapc", X86, .ide = true, .ps2 = true },
        { .arch = "x86_64", .machine = "", X86 },
        { .arch = "i686", .machine = "pc-q35", Q35 },
        { .arch = "i686", .machine = "q35", Q35 },
        { .arch = "i686", .machine = "pc", I440FX },
        { .arch = "i686", .machine = "isapc", X86, .ide = true, .ps2 = true },
        { .arch = "i686", .machine = "", X86 },
        { .arch = "aarch64", .machine = "virt", VIRT },
        { .arch = "armv7l", .machine = "virt", VIRT },
        { .arch = "riscv64", .machine = "virt", VIRT },
        { .arch = "riscv32", .machine = "virt", VIRT },
        { .arch = "loongarch64", .machine = "virt", VIRT },
        { .arch = "aarch64", .machine = "", PLAIN, .network = "lan9118" },
        { .arch = "armv7l", .machine = "versatilepb", BOARD, .network = "smc91c111" },
        { .arch = "armv7l", .machine = "realview-eb", BOARD, .network = "lan9118" },
        { .arch = "armv7l", .machine = "", PLAIN, .network = "lan9118" },
        { .arch = "armv6l", .machine = "", PLAIN, .network = "lan9118" },
        { .arch = "ppc64", .machine = "pseries", PSERIES },
        { .arch = "ppc64le", .machine = "pseries", PSERIES },
        { .arch = "ppc64", .machine = "", POWER, .scsi = MODEL(LSILOGIC) },
        { .arch = "ppc64le", .machine = "", POWER, .scsi = MODEL(LSILOGIC) },
        { .arch = "s390x", .machine = "s390-ccw", S390, .root = MODEL(PCI_ROOT), .ccw = true },
        { .arch = "s390x", .machine = "", S390 },
        { .arch = "ppc", .machine = "", BOARD, .balloon = true, .network = "rtl8139" },
        { .arch = "sparc64", .machine = "", BOARD, .balloon = true, .network = "rtl8139" },
        { .arch = "alpha", .machine = "", BOARD, .balloon = true, .network = "rtl8139" },
        { .arch = "sh4", .machine = "", BOARD, .balloon = true, .network = "rtl8139" },
        { .arch = "mips", .machine = "malta", BOARD, .balloon = true, .network = "rtl8139" },
        { .arch = "mipsel", .machine = "malta", BOARD, .balloon = true, .network = "rtl8139" },
        { .arch = "mips64", .machine = "malta", BOARD, .balloon = true, .network = "rtl8139" },
        { .arch = "mips64el", .machine = "malta", BOARD, .balloon = true, .network = "rtl8139" },
        { .machine = "", PLAIN, .network = "rtl8139" },
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

bool machine_is_x86(const MachineTraits *traits)
{
        return streq_ptr(traits->arch, "x86_64") || streq_ptr(traits->arch, "i686");
}
