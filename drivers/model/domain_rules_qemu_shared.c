/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

/* What no QEMU can share with a guest, whichever is installed. */

static void check_mediated(const DomainDef *def, const DomainHostdev *hostdev, DefChecker *checker)
{
        bool pci = streq_ptr(hostdev->model, "vfio-pci"), ap = streq_ptr(hostdev->model, "vfio-ap");
        unsigned n = 0;

        DEF_FOREACH(other, def->hostdevs)
                n += streq_ptr(other->model, "vfio-ap");
        EXPECT_NONE(checker, { (pci || ap) && def_is_set(&hostdev->info, boot_order), "boot",
                               "booting from assigned devices is not supported by mediated devices of this model" },
                    { ap && n > 1, "@model", "Only one hostdev of model vfio-ap is supported" },
                    { !pci && def->os.arch && !domain_is_s390(def), "@model",
                      "mediated devices of the models vfio-ccw and vfio-ap are for s390 only" });
}

void domain_check_qemu_hostdev(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainHostdev *hostdev = p;
        bool has_rom;

        if (!def)
                return;
        has_rom = hostdev->type == DOMAIN_HOSTDEV_PCI || hostdev->type == DOMAIN_HOSTDEV_MDEV ||
                hostdev->type == DOMAIN_HOSTDEV_SCSI_HOST;
        EXPECT_NONE(checker, { hostdev->type >= DOMAIN_HOSTDEV_STORAGE, "@mode",
                               "hostdev mode 'capabilities' is not supported by QEMU" },
                    { hostdev->write_filtering != TRISTATE_ABSENT, "source/@writeFiltering",
                      "Write filtering of PCI device configuration space is not supported by qemu" },
                    { hostdev->info.rom && !has_rom, "rom", "rombar and romfile are supported only for PCI devices" });
        if (hostdev->type == DOMAIN_HOSTDEV_MDEV)
                check_mediated(def, hostdev, checker);
}

void domain_check_qemu_fs(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainFs *fs = p;
        bool virtiofs = fs->driver == DOMAIN_FS_DRIVER_VIRTIOFS;
        bool passthrough = streq_ptr(fs->access_mode, "passthrough");
        bool foreign = fs->driver == DOMAIN_FS_DRIVER_LOOP || fs->driver == DOMAIN_FS_DRIVER_NBD ||
                fs->driver == DOMAIN_FS_DRIVER_PLOOP;

        if (!def)
                return;
        EXPECT_NONE(checker, { fs->type != DOMAIN_FS_MOUNT, "@type", "QEMU only supports mount filesystem type" },
                    { foreign, "driver/@type", "Filesystem driver type not supported" },
                    { fs->driver == DOMAIN_FS_DRIVER_HANDLE && !passthrough, "@accessmode",
                      "the driver 'handle' only supports passthrough accessmode" },
                    { virtiofs && fs->model, "@model", "virtiofs does not support model" },
                    { virtiofs && fs->format, "driver/@format", "virtiofs does not support format" });
        if (virtiofs)
                check_shared_memory(def, "virtiofs", checker);
}

void domain_check_qemu_tpm(const void *p, DefChecker *checker)
{
        const MachineTraits *traits = NULL;
        const DomainDef *def = checker_qemu_machine(checker, &traits);
        const DomainTpm *tpm = p;
        bool old = tpm->backend == DOMAIN_TPM_EMULATOR && streq_ptr(tpm->version, "1.2"), ppc, arm;

        if (!def || tpm->model == 0)
                return;
        ppc = g_str_has_prefix(def->os.arch, "ppc64");
        arm = streq(def->os.arch, "aarch64");
        EXPECT_NONE(checker, { old && tpm->model == DOMAIN_TPM_CRB, "backend/@version",
                               "Unsupported interface tpm-crb for TPM 1.2" },
                    { old && tpm->model == DOMAIN_TPM_SPAPR, "backend/@version",
                      "TPM 1.2 is not supported with the SPAPR device model" },
                    { old && arm, "backend/@version", "TPM 1.2 is not supported on ARM" },
                    { tpm->model == DOMAIN_TPM_SPAPR_PROXY && !ppc, "@model",
                      "TPM Proxy model spapr-tpm-proxy is only available for PPC64 guests" },
                    { tpm->model == DOMAIN_TPM_SPAPR_PROXY && tpm->backend != DOMAIN_TPM_PASSTHROUGH, "backend/@type",
                      "TPM Proxy model spapr-tpm-proxy requires 'Passthrough' backend" },
                    { tpm->model == DOMAIN_TPM_SPAPR && !ppc, "@model", "the TPM model tpm-spapr is for PPC64 guests" },
                    { tpm->model == DOMAIN_TPM_CRB && !machine_is_x86(traits), "@model",
                      "the TPM model tpm-crb is for x86 guests" },
                    { tpm->model == DOMAIN_TPM_TIS && (ppc || domain_is_s390(def)), "@model",
                      "machines of this architecture have no TPM of the model tpm-tis" });
}

static bool is_on(const DomainMemoryDevice *memory, uint32_t types)
{
        return !has_other_address(&memory->info, types);
}

void domain_check_qemu_memory(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_qemu_domain(checker);
        const DomainMemoryDevice *memory = p;
        const DomainAddress *address = memory->info.address;
        bool dimm = memory->model == DOMAIN_MEMORY_DIMM || memory->model == DOMAIN_MEMORY_NVDIMM;
        bool virtio = memory->model == DOMAIN_MEMORY_VIRTIO_MEM || memory->model == DOMAIN_MEMORY_VIRTIO_PMEM;

        if (!def)
                return;
        EXPECT_NONE(checker, { dimm && !is_on(memory, IS(DOMAIN_ADDRESS_DIMM)), "address/@type",
                               "only 'dimm' addresses are supported for this memory device" },
                    { virtio && !is_on(memory, IS(DOMAIN_ADDRESS_PCI) | IS(DOMAIN_ADDRESS_CCW)), "address/@type",
                      "only 'pci' addresses are supported for this memory device" });
        if (address && address->type == DOMAIN_ADDRESS_DIMM && def_is_set(address, dimm.slot) &&
            def_is_set(def, max_memory_slots) && address->dimm.slot >= def->max_memory_slots)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "address/@slot",
                             "memory device slot '%" PRIu32 "' exceeds slots count '%" PRIu32 "'",
                             address->dimm.slot, def->max_memory_slots);
}
