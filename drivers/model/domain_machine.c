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
#define PC_USB .usb = MODEL(PIIX3_UHCI), .usb_default = MODEL(PIIX3_UHCI)
#define CIRRUS .video = DOMAIN_VIDEO_CIRRUS
#define PLAIN .usb_default = MODEL(PIIX3_UHCI), .scsi = MODEL(LSILOGIC), CIRRUS
#define ARM(hub) .usb_default = MODEL(hub), .scsi = MODEL(LSILOGIC), CIRRUS
#define VIRT .root = MODEL(PCIE_ROOT), .network = "virtio", .video = DOMAIN_VIDEO_VIRTIO
#define ARM_VIRT(hub)                                                                              \
        VIRT, .usb_default = MODEL(hub), .scsi = MODEL(LSILOGIC), .panic = "pvpanic", .mmio = true
#define RISCV .usb_default = MODEL(PIIX3_UHCI), .scsi = MODEL(LSILOGIC), .balloon = true
/* Boards of old; the second had PCI once, of which a USB controller is left. */
#define VERSATILE(hub)                                                                             \
        .root = MODEL(PCI_ROOT), .usb = MODEL(PCI_OHCI), .network = "smc91c111", ARM(hub)
#define REALVIEW(hub) .usb = MODEL(PCI_OHCI), .network = "lan9118", ARM(hub)
#define VEXPRESS(hub) .network = "lan9118", .mmio = true, ARM(hub)
/* A board of old with PCI and USB. */
#define BOARD .root = MODEL(PCI_ROOT), .scsi = MODEL(LSILOGIC), PC_USB, CIRRUS, .balloon = true
#define IDE_BOARD BOARD, .ide = true
#define POWER                                                                                       \
        .root = MODEL(PCI_ROOT), .usb = MODEL(PCI_OHCI), .usb_default = MODEL(PCI_OHCI),            \
        .usb_new = MODEL(QEMU_XHCI), .usb_input = true, .balloon = true, .network = "rtl8139",      \
        .video = DOMAIN_VIDEO_VGA
#define PSERIES POWER, .scsi = MODEL(IBMVSCSI), .panic = "pseries", .panic_added = true
#define S390                                                                                        \
        .usb_default = MODEL(NONE), .scsi = MODEL(VIRTIO_SCSI), .balloon = true, .network = "virtio", \
        .panic = "s390", .panic_added = true, .video = DOMAIN_VIDEO_VIRTIO

#define X86_MACHINES(name)                                                                          \
        { .arch = name, .machine = "pc-q35", Q35 },                                                 \
        { .arch = name, .machine = "q35", Q35 },                                                    \
        { .arch = name, .machine = "pc", I440FX },                                                  \
        { .arch = name, .machine = "isapc", X86, .usb_default = MODEL(PIIX3_UHCI), .ps2 = true, .balloon = true }, \
        { .arch = name, .machine = "microvm", X86, PC_USB, .balloon = true },                       \
        { .arch = name, .machine = "", X86 }
#define ARM_MACHINES(name, hub)                                                                     \
        { .arch = name, .machine = "virt", ARM_VIRT(hub) },                                         \
        { .arch = name, .machine = "versatilepb", VERSATILE(hub) },                                 \
        { .arch = name, .machine = "realview-eb", REALVIEW(hub) },                                  \
        { .arch = name, .machine = "vexpress-", VEXPRESS(hub) },                                    \
        { .arch = name, .machine = "", ARM(hub), .network = "lan9118" }
#define RISCV_MACHINES(name)                                                                        \
        { .arch = name, .machine = "virt", VIRT, RISCV },                                           \
        { .arch = name, .machine = "", RISCV, CIRRUS, .network = "rtl8139" }
#define POWER_MACHINES(name)                                                                        \
        { .arch = name, .machine = "pseries", PSERIES },                                            \
        { .arch = name, .machine = "", POWER, .scsi = MODEL(LSILOGIC) }
#define MIPS_MACHINES(name)                                                                         \
        { .arch = name, .machine = "malta", IDE_BOARD, .network = "rtl8139" },                      \
        { .arch = name, .machine = "", PLAIN, .usb = MODEL(PIIX3_UHCI), .balloon = true, .network = "rtl8139" }

/* The first row that fits. i440fx was called after its version alone. */
static const MachineTraits traits_table[] = {
        X86_MACHINES("x86_64"),
        X86_MACHINES("i686"),
        ARM_MACHINES("aarch64", QEMU_XHCI),
        ARM_MACHINES("armv7l", PIIX3_UHCI),
        ARM_MACHINES("armv6l", PIIX3_UHCI),
        RISCV_MACHINES("riscv64"),
        RISCV_MACHINES("riscv32"),
        { .arch = "loongarch64", .machine = "virt", VIRT, .usb_default = MODEL(QEMU_XHCI),
          .scsi = MODEL(VIRTIO_SCSI) },
        POWER_MACHINES("ppc64"),
        POWER_MACHINES("ppc64le"),
        { .arch = "s390x", .machine = "s390-ccw", S390, .root = MODEL(PCI_ROOT), .ccw = true },
        { .arch = "s390x", .machine = "", S390 },
        { .arch = "ppc", .machine = "g3beige", IDE_BOARD, .network = "rtl8139" },
        { .arch = "ppc", .machine = "", BOARD, .network = "rtl8139" },
        { .arch = "sparc64", .machine = "sun4u", IDE_BOARD, .network = "rtl8139" },
        { .arch = "sparc64", .machine = "", BOARD, .network = "rtl8139" },
        { .arch = "sparc", .machine = "", .scsi = MODEL(NCR53C90), CIRRUS, .network = "rtl8139" },
        { .arch = "alpha", .machine = "", BOARD, .network = "rtl8139" },
        { .arch = "sh4", .machine = "", BOARD, .network = "rtl8139" },
        MIPS_MACHINES("mips"),
        MIPS_MACHINES("mipsel"),
        MIPS_MACHINES("mips64"),
        MIPS_MACHINES("mips64el"),
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
        return machine_is_x86(traits) && traits->ide;
}

bool machine_is_x86(const MachineTraits *traits)
{
        return streq_ptr(traits->arch, "x86_64") || streq_ptr(traits->arch, "i686");
}
