/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_rules.h"

#include <string.h>

/* What has to fit together in what a guest shares with its host. */

/* A limit has an average; a floor alone is for networks that have one. */
static void check_bandwidth(const void *p, DefChecker *checker)
{
        const DomainRate *rate = p;

        if (!def_is_set(rate, average) && !def_is_set(rate, floor))
                checker_fail(checker, ERROR_XML_DETAIL, NULL, "Missing mandatory average or floor attributes");
        else if (!def_is_set(rate, average) && (def_is_set(rate, peak) || def_is_set(rate, burst)))
                checker_fail(checker, ERROR_XML_DETAIL, NULL, "'peak' and 'burst' require 'average' attribute");
}

const DefRule domain_bandwidth_rules[] = {
        { "a rate has an average or a floor", check_bandwidth },
        {},
};

static void check_hostdev_mode(const void *p, DefChecker *checker)
{
        const DomainHostdev *hostdev = p;
        bool is_capability = hostdev->type >= DOMAIN_HOSTDEV_STORAGE;

        if (is_capability != streq(hostdev->mode, "capabilities"))
                checker_fail(checker, ERROR_XML_ERROR, "@type", "unknown host device source address type '%s'",
                             domain_hostdev_to_string(hostdev->type));
}

static bool is_model_of_hostdev(const DomainHostdev *hostdev)
{
        static const char *const mdev[] = { "vfio-pci", "vfio-ccw", "vfio-ap" };
        static const char *const scsi_host[] = { "virtio", "virtio-transitional", "virtio-non-transitional" };
        const char *const *models = hostdev->type == DOMAIN_HOSTDEV_MDEV ? mdev : scsi_host;

        for (unsigned i = 0; i < ELEMENTSOF(mdev); i++)
                if (streq(models[i], hostdev->model))
                        return true;
        return false;
}

static void check_hostdev_options(const void *p, DefChecker *checker)
{
        const DomainHostdev *hostdev = p;
        bool has_model = hostdev->type == DOMAIN_HOSTDEV_MDEV || hostdev->type == DOMAIN_HOSTDEV_SCSI_HOST;

        if (hostdev->sgio && hostdev->type != DOMAIN_HOSTDEV_SCSI)
                checker_fail(checker, ERROR_XML_ERROR, "@sgio", "sgio is only supported for scsi host device");
        if (streq_ptr(hostdev->sgio, "unfiltered"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@sgio", "unfiltered sgio is no longer supported");
        if (hostdev->rawio != TRISTATE_ABSENT && hostdev->type != DOMAIN_HOSTDEV_SCSI)
                checker_fail(checker, ERROR_XML_ERROR, "@rawio",
                             "rawio is only supported for scsi host device");
        if (hostdev->model && !has_model)
                checker_fail(checker, ERROR_XML_ERROR, "@model",
                             "'model' attribute in <hostdev> is only supported when type='mdev' or "
                             "'scsi_host'");
        else if (hostdev->model && !is_model_of_hostdev(hostdev))
                checker_fail(checker, ERROR_XML_ERROR, "@model", "unknown hostdev model '%s'", hostdev->model);
        if (hostdev->type == DOMAIN_HOSTDEV_MDEV && !hostdev->model)
                checker_fail(checker, ERROR_XML_ERROR, "@model",
                             "Missing 'model' attribute in mediated device's <hostdev> element");
        if (hostdev->display != TRISTATE_ABSENT &&
            !(hostdev->type == DOMAIN_HOSTDEV_MDEV && streq_ptr(hostdev->model, "vfio-pci")))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@display",
                             "<hostdev> attribute 'display' is only supported with model='vfio-pci'");
        if (hostdev->ramfb == TRISTATE_ON && hostdev->display != TRISTATE_ON)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@ramfb",
                             "'ramfb' requires display='on'");
}

static void check_usb_hostdev(const DomainHostdev *hostdev, DefChecker *checker)
{
        if (!def_is_set(hostdev, vendor) && !hostdev->address)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "no vendor or address given for USB hostdev");
        if (def_is_set(hostdev, vendor) && hostdev->vendor == 0)
                checker_fail(checker, ERROR_XML_ERROR, "source/vendor", "vendor cannot be 0.");
        if (def_is_set(hostdev, vendor) && !def_is_set(hostdev, product))
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing product");
        if (def_is_set(hostdev, product) && !def_is_set(hostdev, vendor))
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing vendor");
        if (hostdev->address && !def_is_set(hostdev->address, device) && !hostdev->address->port)
                checker_fail(checker, ERROR_XML_ERROR, "source/address", "usb address needs device id or port");
}

static void check_scsi_hostdev(const DomainHostdev *hostdev, DefChecker *checker)
{
        bool is_iscsi = hostdev->protocol == DOMAIN_PROTOCOL_ISCSI;

        if (hostdev->protocol != 0 && !is_iscsi)
                checker_fail(checker, ERROR_XML_ERROR, "source/@protocol",
                             "unsupported hostdev protocol '%s'",
                             domain_protocol_to_string(hostdev->protocol));
        if (is_iscsi && !hostdev->name)
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing iSCSI hostdev source path name");
        if (is_iscsi && hostdev->hosts.n == 0)
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing the host address for the iSCSI hostdev");
        if (!is_iscsi && (!hostdev->adapter || !hostdev->address))
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "'adapter' and 'address' must be specified for scsi hostdev source");
}

static void check_scsi_host(const DomainHostdev *hostdev, DefChecker *checker)
{
        if (!streq_ptr(hostdev->host_protocol, "vhost"))
                checker_fail(checker, ERROR_XML_ERROR, "source/@protocol", "Missing scsi_host subsystem protocol");
        else if (!hostdev->wwpn || !g_str_has_prefix(hostdev->wwpn, "naa.") ||
                 strlen(hostdev->wwpn) != strlen("naa.") + 16 ||
                 hostdev->wwpn[4 + strspn(hostdev->wwpn + 4, "0123456789abcdefABCDEF")])
                checker_fail(checker, ERROR_XML_ERROR, "source/@wwpn", "malformed 'wwpn' value");
}

static void check_hostdev_source(const void *p, DefChecker *checker)
{
        const DomainHostdev *hostdev = p;

        switch (hostdev->type) {
        case DOMAIN_HOSTDEV_USB:
                check_usb_hostdev(hostdev, checker);
                break;
        case DOMAIN_HOSTDEV_SCSI:
                check_scsi_hostdev(hostdev, checker);
                break;
        case DOMAIN_HOSTDEV_SCSI_HOST:
                check_scsi_host(hostdev, checker);
                break;
        case DOMAIN_HOSTDEV_PCI:
        case DOMAIN_HOSTDEV_MDEV:
                if (!hostdev->address)
                        checker_fail(checker, ERROR_XML_ERROR, "source",
                                     "'address' must be specified for a %s device",
                                     domain_hostdev_to_string(hostdev->type));
                break;
        case DOMAIN_HOSTDEV_STORAGE:
        case DOMAIN_HOSTDEV_MISC:
        case DOMAIN_HOSTDEV_NET:
        case _DOMAIN_HOSTDEV_MAX:
                break;
        }
}

static void check_hostdev_boot(const void *p, DefChecker *checker)
{
        const DomainHostdev *hostdev = p;

        if (hostdev->type == DOMAIN_HOSTDEV_SCSI_HOST && def_is_set(&hostdev->info, boot_order))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "boot",
                             "booting from assigned devices is not supported by vhost SCSI devices");
}

/* Where a device of a type can be. */
static void check_hostdev_address(const void *p, DefChecker *checker)
{
        static const uint32_t allowed[_DOMAIN_HOSTDEV_MAX] = {
                [DOMAIN_HOSTDEV_USB] = IS(DOMAIN_ADDRESS_USB),
                [DOMAIN_HOSTDEV_PCI] = IS(DOMAIN_ADDRESS_PCI) | IS(DOMAIN_ADDRESS_UNASSIGNED),
                [DOMAIN_HOSTDEV_SCSI] = IS(DOMAIN_ADDRESS_DRIVE),
                [DOMAIN_HOSTDEV_SCSI_HOST] = IS(DOMAIN_ADDRESS_PCI) | IS(DOMAIN_ADDRESS_CCW),
        };
        const DomainHostdev *hostdev = p;
        uint32_t types = allowed[hostdev->type];

        if (hostdev->type == DOMAIN_HOSTDEV_MDEV && hostdev->model && !streq(hostdev->model, "vfio-ap"))
                types = streq(hostdev->model, "vfio-ccw") ? IS(DOMAIN_ADDRESS_CCW) : IS(DOMAIN_ADDRESS_PCI);
        if (types != 0 && has_other_address(&hostdev->info, types))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "address/@type",
                             "Unsupported address type '%s' for a host device of the type '%s'",
                             domain_address_to_string(hostdev->info.address->type),
                             domain_hostdev_to_string(hostdev->type));
}

static void check_hostdev_teaming(const void *p, DefChecker *checker)
{
        const DomainHostdev *hostdev = p;

        if (!hostdev->teaming)
                return;
        if (!streq(hostdev->teaming, "transient"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "teaming/@type",
                             "teaming hostdev devices must have type='transient'");
        else if (!hostdev->teaming_persistent)
                checker_fail(checker, ERROR_XML_ERROR, "teaming",
                             "missing required 'persistent' attribute in <teaming> of type 'transient'");
        if (hostdev->type != DOMAIN_HOSTDEV_PCI)
                checker_fail(checker, ERROR_XML_ERROR, "teaming",
                             "teaming is only supported for pci hostdev devices");
}

const DefRule domain_hostdev_rules[] = {
        { "the type suits the mode", check_hostdev_mode },
        { "options suit the type", check_hostdev_options },
        { "the source suits the type", check_hostdev_source },
        { "who can be booted from", check_hostdev_boot },
        { "who stands in for another says for whom", check_hostdev_teaming },
        { "the address suits the type", check_hostdev_address },
        { "QEMU can have the device", domain_check_qemu_hostdev },
        {},
};

static void check_fs(const void *p, DefChecker *checker)
{
        const DomainFs *fs = p;
        bool is_virtiofs = fs->driver == DOMAIN_FS_DRIVER_VIRTIOFS;

        if (!fs->source && !fs->socket && fs->type != DOMAIN_FS_RAM && fs->type != DOMAIN_FS_VOLUME)
                checker_fail(checker, ERROR_XML_ERROR, "source",
                             "missing source information for device");
        if (!fs->target)
                checker_fail(checker, ERROR_XML_ERROR, "target", "Missing target element");
        if (fs->type == DOMAIN_FS_RAM && !def_is_set(fs, usage))
                checker_fail(checker, ERROR_XML_ERROR, "source", "missing 'usage' attribute for RAM filesystem");
        if (fs->virtiofs && !is_virtiofs)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "binary",
                             "Filesystem 'binary' element is only supported for driver type='virtiofs'");
        if (fs->socket && !is_virtiofs)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "source/@socket",
                             "Filesystem 'socket' attribute is only supported for driver type='virtiofs'");
        if (is_virtiofs && fs->access_mode && !streq(fs->access_mode, "passthrough"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@accessmode",
                             "virtiofs only supports passthrough accessmode");
        if (is_virtiofs && (def_is_set(fs, fmode) || def_is_set(fs, dmode)))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@fmode",
                             "virtiofs does not support fmode and dmode");
        if (is_virtiofs && fs->wrpolicy)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@wrpolicy",
                             "virtiofs does not support wrpolicy");
        if (is_virtiofs && fs->multidevs)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@multidevs",
                             "virtiofs does not support multidevs");
        if ((def_is_set(fs, fmode) || def_is_set(fs, dmode)) && streq_ptr(fs->access_mode, "passthrough"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@fmode",
                             "'fmode' and 'dmode' must be used with accessmode=mapped");
}

/* virtiofs goes by the name of the target. */
static void check_fs_target(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_root(checker);
        const DomainFs *fs = p;

        if (fs->driver != DOMAIN_FS_DRIVER_VIRTIOFS && def_is_set(&fs->info, boot_order))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "boot", "boot order is only supported for virtiofs");
        DEF_FOREACH(other, def->filesystems) {
                if (other == fs)
                        return;
                if (streq_ptr(other->target, fs->target) && (fs->driver == DOMAIN_FS_DRIVER_VIRTIOFS ||
                                                             other->driver == DOMAIN_FS_DRIVER_VIRTIOFS))
                        checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "target/@dir",
                                     "filesystem target '%s' specified twice", fs->target);
        }
}

const DefRule domain_fs_rules[] = {
        { "a filesystem has a source, a target and options of its driver", check_fs },
        { "what goes by its target has one of its own", check_fs_target },
        { "QEMU can have the filesystem", domain_check_qemu_fs },
        {},
};

static void check_shmem(const void *p, DefChecker *checker)
{
        const DomainShmem *shmem = p;

        if (strchr(shmem->name, '/') || streq(shmem->name, ".") || streq(shmem->name, ".."))
                checker_fail(checker, ERROR_XML_ERROR, "@name",
                             "shmem name cannot include '/' and cannot be '.' or '..'");
        if (def_is_set(shmem, size) && (shmem->size == 0 || (shmem->size & (shmem->size - 1))))
                checker_fail(checker, ERROR_XML_ERROR, "size",
                             "shmem size must be a power of 2 and at least 1 MiB (1024 KiB)");
        if (shmem->model == DOMAIN_SHMEM_IVSHMEM_PLAIN && shmem->has_server)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "server",
                             "shmem model 'ivshmem-plain' doesn't support server");
        if (shmem->model == DOMAIN_SHMEM_IVSHMEM_PLAIN && shmem->has_msi)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "msi",
                             "shmem model 'ivshmem-plain' doesn't support msi");
        if (shmem->has_server && def_is_set(shmem, size))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "size",
                             "shmem model 'ivshmem-doorbell' doesn't support size setting");
        EXPECT_NONE(checker, { shmem->model == DOMAIN_SHMEM_IVSHMEM_DOORBELL && !shmem->has_server, "server",
                               "shmem model 'ivshmem-doorbell' is supported only with server option enabled" },
                    { has_other_address(&shmem->info, IS(DOMAIN_ADDRESS_PCI)), "address/@type",
                      "shared memory is a PCI device" });
        if (shmem->has_msi && !shmem->has_server)
                checker_fail(checker, ERROR_XML_ERROR, "msi", "msi option is only supported with a server");
}

const DefRule domain_shmem_rules[] = {
        { "shared memory has a name, a size and what its model takes", check_shmem },
        {},
};

static void check_tpm(const void *p, DefChecker *checker)
{
        const DomainTpm *tpm = p;

        if (tpm->backend == 0) {
                checker_fail(checker, ERROR_XML_ERROR, "backend", "missing TPM device backend");
                return;
        }
        if (tpm->backend == DOMAIN_TPM_EXTERNAL && tpm->external->type != DOMAIN_CHARDEV_UNIX)
                checker_fail(checker, ERROR_XML_ERROR, "backend/source/@type",
                             "only 'unix' is supported for the source of an external TPM");
        if (tpm->backend == DOMAIN_TPM_EXTERNAL)
                EXPECT_NONE(checker, { !tpm->external->path, "backend/source", "missing the path of an external TPM" },
                            { tpm->external->mode == DOMAIN_SOCKET_BIND, "backend/source/@mode",
                              "only mode 'connect' is supported for an external TPM" });
        if (streq_ptr(tpm->version, "1.2") && (tpm->sha1 || tpm->sha256 || tpm->sha384 || tpm->sha512))
                checker_fail(checker, ERROR_XML_ERROR, "backend/active_pcr_banks",
                             "<active_pcr_banks/> requires TPM version '2.0'");
        if (streq_ptr(tpm->version, "1.2") && tpm->profile_source)
                checker_fail(checker, ERROR_XML_ERROR, "backend/profile",
                             "<profile/> requires TPM version '2.0'");
}

const DefRule domain_tpm_rules[] = {
        { "a TPM has a backend and what its version takes", check_tpm },
        { "QEMU's machine can have the TPM", domain_check_qemu_tpm },
        {},
};

static void check_memory_device(const void *p, DefChecker *checker)
{
        const DomainMemoryDevice *memory = p;
        bool is_virtio_mem = memory->model == DOMAIN_MEMORY_VIRTIO_MEM;

        if ((memory->model == DOMAIN_MEMORY_NVDIMM || memory->model == DOMAIN_MEMORY_VIRTIO_PMEM) &&
            !memory->path)
                checker_fail(checker, ERROR_XML_DETAIL, "source", "path is required for model '%s'",
                             domain_memory_to_string(memory->model));
        if (memory->model == DOMAIN_MEMORY_VIRTIO_PMEM && memory->nodemask)
                checker_fail(checker, ERROR_XML_DETAIL, "source/nodemask",
                             "nodemask is not supported for model '%s'",
                             domain_memory_to_string(memory->model));
        if (memory->model == DOMAIN_MEMORY_VIRTIO_PMEM && !streq_ptr(memory->access, "shared") &&
            memory->access)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "@access",
                             "shared access mode required for virtio-pmem device");
        if (is_virtio_mem && !def_is_set(memory, block))
                checker_fail(checker, ERROR_XML_ERROR, "target", "Missing required element 'block'");
        if (is_virtio_mem && def_is_set(memory, block) &&
            (memory->block == 0 || (memory->block & (memory->block - 1))))
                checker_fail(checker, ERROR_XML_DETAIL, "target/block", "block size must be a power of two");
        else if (is_virtio_mem && def_is_set(memory, block) && memory->requested % memory->block != 0)
                checker_fail(checker, ERROR_XML_DETAIL, "target/requested",
                             "requested size must be an integer multiple of block size");
        if (is_virtio_mem && memory->requested > memory->size)
                checker_fail(checker, ERROR_XML_DETAIL, "target/requested",
                             "requested size must be smaller than or equal to @size");
        if (def_is_set(memory, label) && memory->label >= memory->size)
                checker_fail(checker, ERROR_XML_DETAIL, "target/label",
                             "label size must be smaller than NVDIMM size");
        if (memory->discard == TRISTATE_YES && memory->model == DOMAIN_MEMORY_VIRTIO_PMEM)
                checker_fail(checker, ERROR_XML_DETAIL, "@discard", "discard is not supported for %s",
                             domain_memory_to_string(memory->model));
}

#define PAGE 4096u
#define LABEL_MIN 128u  /* KiB */
#define BLOCK_MIN 2048u /* KiB: a transparent huge page */

static void check_memory_options(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_root(checker);
        const DomainMemoryDevice *memory = p;
        bool nvdimm = memory->model == DOMAIN_MEMORY_NVDIMM, pmem = memory->model == DOMAIN_MEMORY_VIRTIO_PMEM;
        bool mem = memory->model == DOMAIN_MEMORY_VIRTIO_MEM, known = def->os.arch;
        bool ppc = known && g_str_has_prefix(def->os.arch, "ppc64");
        uint64_t block = def_get(memory, block, 0);

        EXPECT_NONE(checker, { nvdimm && memory->discard == TRISTATE_YES, "@discard",
                               "discard is not supported for nvdimms" },
                    { nvdimm && ppc && !def_is_set(memory, label), "target/label",
                      "label size is required for NVDIMM device" },
                    { nvdimm && known && !ppc && memory->uuid, "uuid", "UUID is not supported for NVDIMM device" },
                    { nvdimm && def_is_set(memory, label) && memory->label < LABEL_MIN, "target/label",
                      "nvdimm label must be at least 128KiB" },
                    { pmem && def_is_set(memory, node), "target/node", "virtio-pmem does not support NUMA nodes" },
                    { pmem && memory->base % PAGE != 0, "target/address/@base",
                      "memory address must be aligned to 4096 bytes" },
                    { mem && !def_is_set(memory, requested), "target", "Missing required element 'requested'" },
                    { mem && block < BLOCK_MIN, "target/block", "block size too small, must be at least 2048KiB" },
                    { mem && block > 0 && memory->base % (block * 1024) != 0, "target/address/@base",
                      "memory device address must be aligned to blocksize" },
                    { memory->model == DOMAIN_MEMORY_SGX_EPC && memory->info.address, "address",
                      "memory device address is not supported for model 'sgx-epc'" });
}

const DefRule domain_memory_device_rules[] = {
        { "memory has the source and the sizes that its model takes", check_memory_device },
        { "memory has what its model takes", check_memory_options },
        { "QEMU can have the memory there", domain_check_qemu_memory },
        {},
};

/* With more of them remapping is turned on when the definition is completed. */
#define VCPUS_WITHOUT_EIM 255u

static void check_iommu(const void *p, DefChecker *checker)
{
        const DomainDef *def = checker_root(checker);
        const DomainIommu *iommu = p;
        bool is_intel = iommu->model == DOMAIN_IOMMU_INTEL, is_amd = iommu->model == DOMAIN_IOMMU_AMD;
        bool shared = iommu->intremap != TRISTATE_ABSENT || iommu->iotlb != TRISTATE_ABSENT;
        bool intel = iommu->caching_mode != TRISTATE_ABSENT || iommu->eim != TRISTATE_ABSENT ||
                def_is_set(iommu, aw_bits) || iommu->dma_translation != TRISTATE_ABSENT;
        bool amd = iommu->xtsup != TRISTATE_ABSENT || iommu->passthrough != TRISTATE_ABSENT;

        if ((shared && !is_intel && !is_amd) || (intel && !is_intel) || (amd && !is_amd))
                checker_fail(checker, ERROR_XML_ERROR, "driver",
                             "iommu model '%s' doesn't support additional attributes",
                             domain_iommu_to_string(iommu->model));
        if (iommu->model == DOMAIN_IOMMU_VIRTIO && iommu->info.address &&
            iommu->info.address->type != DOMAIN_ADDRESS_PCI)
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "address",
                             "IOMMU device: 'virtio' needs a PCI address");
        if ((is_intel || iommu->model == DOMAIN_IOMMU_SMMUV3) && iommu->info.address)
                checker_fail(checker, ERROR_XML_ERROR, "address", "iommu model '%s' can't have address",
                             domain_iommu_to_string(iommu->model));
        if (iommu->eim == TRISTATE_ON && iommu->intremap != TRISTATE_ON &&
            (iommu->intremap == TRISTATE_OFF || def->vcpus <= VCPUS_WITHOUT_EIM))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@eim",
                             "IOMMU eim requires interrupt remapping to be enabled");
        if (iommu->intremap == TRISTATE_ON && def->features.ioapic && !streq(def->features.ioapic, "qemu"))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, "driver/@intremap",
                             "IOMMU interrupt remapping requires split I/O APIC (ioapic driver='qemu')");
}

const DefRule domain_iommu_rules[] = {
        { "options suit the model", check_iommu },
        {},
};

static void check_idmap(const void *p, DefChecker *checker)
{
        const DomainIdMap *map = p;

        if ((map->uids.n > 0) != (map->gids.n > 0))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL, "uid and gid should be mapped both");
        else if (map->uids.n > 0 && (map->uids.items[0]->start != 0 || map->gids.items[0]->start != 0))
                checker_fail(checker, ERROR_CONFIG_UNSUPPORTED, NULL, "You must map the root user of container");
}

const DefRule domain_idmap_rules[] = {
        { "root is mapped, as user and as group", check_idmap },
        {},
};
