/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_normalize.h"

#include <string.h>

/*
 * What libvirt fills in for devices that are rarer (domain_postparse.c, qemu_postparse.c). Words are those of the
 * tables.
 */

const char *domain_iscsi_name(DomainDef *def, const char *name)
{
        return !name || strchr(name, '/') ? name : domain_def_printf(def, "%s/0", name);
}

/* An emulator of a TPM of another version is another TPM: the version is written down. */
static void default_tpm(const Normalizer *normalizer, DomainTpm *tpm)
{
        bool x86 = machine_is_x86(normalizer->traits);

        if (tpm->model == 0)
                tpm->model = g_str_has_prefix(strempty(normalizer->def->os.arch), "ppc64") ? DOMAIN_TPM_SPAPR :
                                                                                             DOMAIN_TPM_TIS;
        if (tpm->backend == DOMAIN_TPM_EMULATOR && !tpm->version)
                tpm->version = tpm->model == DOMAIN_TPM_TIS && x86 ? "1.2" : "2.0";
}

#define SHMEM_MIB 4u

static void default_shmem(DomainShmem *shmem)
{
        if (shmem->model == 0)
                shmem->model = DOMAIN_SHMEM_IVSHMEM;
        if (shmem->model != DOMAIN_SHMEM_IVSHMEM_DOORBELL && !def_is_set(shmem, size))
                def_put(shmem, size, SHMEM_MIB);
        if (shmem->model != DOMAIN_SHMEM_IVSHMEM_DOORBELL)
                return;
        shmem->has_msi = true;
        if (shmem->ioeventfd == TRISTATE_ABSENT)
                shmem->ioeventfd = TRISTATE_ON;
}

static void default_vsock(DomainVsock *vsock)
{
        if (!vsock->model)
                vsock->model = "virtio";
        if (vsock->cid_auto == TRISTATE_ABSENT)
                vsock->cid_auto = tristate(!def_is_set(vsock, cid));
}

static void default_hostdev(DomainDef *def, DomainHostdev *hostdev)
{
        if (hostdev->type == DOMAIN_HOSTDEV_MDEV && streq_ptr(hostdev->model, "vfio-pci") &&
            hostdev->display == TRISTATE_ABSENT)
                hostdev->display = TRISTATE_OFF;
        if (hostdev->type == DOMAIN_HOSTDEV_SCSI && hostdev->protocol == DOMAIN_PROTOCOL_ISCSI)
                hostdev->name = domain_iscsi_name(def, hostdev->name);
}

/* More processors than the old interrupt controller can address. */
#define VCPUS_WITHOUT_EIM 255u

static bool needs_eim(const Normalizer *normalizer)
{
        return machine_is_q35(normalizer->traits) && normalizer->def->vcpus > VCPUS_WITHOUT_EIM;
}

static void default_iommus(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;
        DomainIommu *iommu;

        if (needs_eim(normalizer) && def->iommus.n == 0) {
                iommu = domain_def_new(def, DomainIommu);
                iommu->model = DOMAIN_IOMMU_INTEL;
                iommu->intremap = iommu->eim = TRISTATE_ON;
                domain_def_append(def, &def->iommus, iommu);
        }
        if (def->iommus.n == 0)
                return;
        iommu = def->iommus.items[0];
        if ((iommu->intremap == TRISTATE_ON || needs_eim(normalizer)) && !def->features.ioapic)
                def->features.ioapic = "qemu";
        if (normalizer->host->keep_abi || !needs_eim(normalizer) || iommu->model != DOMAIN_IOMMU_INTEL)
                return;
        if (iommu->intremap == TRISTATE_ABSENT)
                iommu->intremap = TRISTATE_ON;
        if (iommu->eim == TRISTATE_ABSENT)
                iommu->eim = TRISTATE_ON;
}

/* The one that emulation has with all that PCI Express needs; with KVM the host decides. */
static void default_gic(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;
        bool virt = g_str_has_prefix(strempty(def->os.machine), "virt") &&
                    (streq_ptr(def->os.arch, "aarch64") || streq_ptr(def->os.arch, "armv7l"));

        if (!virt || def->type != DOMAIN_VIRT_QEMU || def->features.gic_version)
                return;
        def->features.gic = true;
        def->features.gic_version = "2";
}

static bool is_dimm(const DomainMemoryDevice *memory)
{
        return (memory->model == DOMAIN_MEMORY_DIMM || memory->model == DOMAIN_MEMORY_NVDIMM) &&
               (!memory->info.address || memory->info.address->type == DOMAIN_ADDRESS_DIMM);
}

static bool is_slot_taken(const DomainDef *def, uint32_t slot)
{
        DEF_FOREACH(memory, def->memories)
                if (is_dimm(memory) && memory->info.address && def_is_set(memory->info.address, dimm.slot) &&
                    memory->info.address->dimm.slot == slot)
                        return true;
        return false;
}

void domain_assign_memories(DomainDef *def)
{
        DEF_FOREACH(memory, def->memories) {
                DomainAddress *address;
                uint32_t slot = 0;

                if (!is_dimm(memory) || (memory->info.address && def_is_set(memory->info.address, dimm.slot)))
                        continue;
                while (is_slot_taken(def, slot))
                        slot++;
                address = domain_new_address(def, &memory->info, DOMAIN_ADDRESS_DIMM);
                def_put(address, dimm.slot, slot);
        }
}

void domain_default_others(Normalizer *normalizer)
{
        DomainDef *def = normalizer->def;
        const char *dir = normalizer->host->nvram_dir;

        default_gic(normalizer);

        DEF_FOREACH(panic, def->panics)
                if (!panic->model)
                        panic->model = normalizer->traits->panic;
        DEF_FOREACH(tpm, def->tpms)
                default_tpm(normalizer, tpm);
        DEF_FOREACH(shmem, def->shmems)
                default_shmem(shmem);
        DEF_FOREACH(hostdev, def->hostdevs)
                default_hostdev(def, hostdev);
        DEF_FOREACH(memory, def->memories) {
                if (memory->model == DOMAIN_MEMORY_VIRTIO_PMEM && !memory->access)
                        memory->access = "shared";
                if (memory->model == DOMAIN_MEMORY_NVDIMM && !memory->uuid &&
                    g_str_has_prefix(strempty(def->os.arch), "ppc64"))
                        memory->uuid = domain_new_uuid(normalizer);
        }
        if (def->memballoon && def->memballoon->model == DOMAIN_MEMBALLOON_NONE)
                def->memballoon->info.address = NULL;
        if (def->vsock)
                default_vsock(def->vsock);
        if (def->pstore && isempty(def->pstore->path) && dir)
                def->pstore->path = domain_def_printf(def, "%s/%s_PSTORE.raw", dir, def->name);
        default_iommus(normalizer);
}
