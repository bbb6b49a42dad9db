/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def.h"

/* The words of what guests share with the host, in libvirt's spelling. */

const char *const domain_protocol_table[_DOMAIN_PROTOCOL_MAX] = {
        [DOMAIN_PROTOCOL_NBD] = "nbd",
        [DOMAIN_PROTOCOL_RBD] = "rbd",
        [DOMAIN_PROTOCOL_SHEEPDOG] = "sheepdog",
        [DOMAIN_PROTOCOL_GLUSTER] = "gluster",
        [DOMAIN_PROTOCOL_ISCSI] = "iscsi",
        [DOMAIN_PROTOCOL_HTTP] = "http",
        [DOMAIN_PROTOCOL_HTTPS] = "https",
        [DOMAIN_PROTOCOL_FTP] = "ftp",
        [DOMAIN_PROTOCOL_FTPS] = "ftps",
        [DOMAIN_PROTOCOL_TFTP] = "tftp",
        [DOMAIN_PROTOCOL_SSH] = "ssh",
        [DOMAIN_PROTOCOL_VXHS] = "vxhs",
        [DOMAIN_PROTOCOL_NFS] = "nfs",
};
DEFINE_STRING_TABLE(domain_protocol, DomainStorageProtocol)

const char *const domain_mac_table[_DOMAIN_MAC_MAX] = {
        [DOMAIN_MAC_GENERATED] = "generated",
        [DOMAIN_MAC_STATIC] = "static",
};
DEFINE_STRING_TABLE(domain_mac, DomainMacType)

const char *const domain_audio_table[_DOMAIN_AUDIO_MAX] = {
        [DOMAIN_AUDIO_NONE] = "none",
        [DOMAIN_AUDIO_ALSA] = "alsa",
        [DOMAIN_AUDIO_COREAUDIO] = "coreaudio",
        [DOMAIN_AUDIO_JACK] = "jack",
        [DOMAIN_AUDIO_OSS] = "oss",
        [DOMAIN_AUDIO_PULSEAUDIO] = "pulseaudio",
        [DOMAIN_AUDIO_SDL] = "sdl",
        [DOMAIN_AUDIO_SPICE] = "spice",
        [DOMAIN_AUDIO_FILE] = "file",
        [DOMAIN_AUDIO_DBUS] = "dbus",
        [DOMAIN_AUDIO_PIPEWIRE] = "pipewire",
};
DEFINE_STRING_TABLE(domain_audio, DomainAudioType)

const char *const domain_hostdev_table[_DOMAIN_HOSTDEV_MAX] = {
        [DOMAIN_HOSTDEV_USB] = "usb",
        [DOMAIN_HOSTDEV_PCI] = "pci",
        [DOMAIN_HOSTDEV_SCSI] = "scsi",
        [DOMAIN_HOSTDEV_SCSI_HOST] = "scsi_host",
        [DOMAIN_HOSTDEV_MDEV] = "mdev",
        [DOMAIN_HOSTDEV_STORAGE] = "storage",
        [DOMAIN_HOSTDEV_MISC] = "misc",
        [DOMAIN_HOSTDEV_NET] = "net",
};
DEFINE_STRING_TABLE(domain_hostdev, DomainHostdevType)

const char *const domain_pci_driver_table[_DOMAIN_PCI_DRIVER_MAX] = {
        [DOMAIN_PCI_DRIVER_KVM] = "kvm",
        [DOMAIN_PCI_DRIVER_VFIO] = "vfio",
        [DOMAIN_PCI_DRIVER_XEN] = "xen",
};
DEFINE_STRING_TABLE(domain_pci_driver, DomainPciDriver)

const char *const domain_smartcard_table[_DOMAIN_SMARTCARD_MAX] = {
        [DOMAIN_SMARTCARD_HOST] = "host",
        [DOMAIN_SMARTCARD_HOST_CERTIFICATES] = "host-certificates",
        [DOMAIN_SMARTCARD_PASSTHROUGH] = "passthrough",
};
DEFINE_STRING_TABLE(domain_smartcard, DomainSmartcardMode)

const char *const domain_fs_table[_DOMAIN_FS_MAX] = {
        [DOMAIN_FS_MOUNT] = "mount",
        [DOMAIN_FS_BLOCK] = "block",
        [DOMAIN_FS_FILE] = "file",
        [DOMAIN_FS_TEMPLATE] = "template",
        [DOMAIN_FS_RAM] = "ram",
        [DOMAIN_FS_BIND] = "bind",
        [DOMAIN_FS_VOLUME] = "volume",
};
DEFINE_STRING_TABLE(domain_fs, DomainFsType)

const char *const domain_fs_driver_table[_DOMAIN_FS_DRIVER_MAX] = {
        [DOMAIN_FS_DRIVER_PATH] = "path",
        [DOMAIN_FS_DRIVER_HANDLE] = "handle",
        [DOMAIN_FS_DRIVER_LOOP] = "loop",
        [DOMAIN_FS_DRIVER_NBD] = "nbd",
        [DOMAIN_FS_DRIVER_PLOOP] = "ploop",
        [DOMAIN_FS_DRIVER_VIRTIOFS] = "virtiofs",
        [DOMAIN_FS_DRIVER_MTP] = "mtp",
};
DEFINE_STRING_TABLE(domain_fs_driver, DomainFsDriver)

const char *const domain_tpm_model_table[_DOMAIN_TPM_MODEL_MAX] = {
        [DOMAIN_TPM_TIS] = "tpm-tis",
        [DOMAIN_TPM_CRB] = "tpm-crb",
        [DOMAIN_TPM_SPAPR] = "tpm-spapr",
        [DOMAIN_TPM_SPAPR_PROXY] = "spapr-tpm-proxy",
};
DEFINE_STRING_TABLE(domain_tpm_model, DomainTpmModel)

const char *const domain_tpm_table[_DOMAIN_TPM_MAX] = {
        [DOMAIN_TPM_PASSTHROUGH] = "passthrough",
        [DOMAIN_TPM_EMULATOR] = "emulator",
        [DOMAIN_TPM_EXTERNAL] = "external",
};
DEFINE_STRING_TABLE(domain_tpm, DomainTpmBackend)

const char *const domain_shmem_table[_DOMAIN_SHMEM_MAX] = {
        [DOMAIN_SHMEM_IVSHMEM] = "ivshmem",
        [DOMAIN_SHMEM_IVSHMEM_PLAIN] = "ivshmem-plain",
        [DOMAIN_SHMEM_IVSHMEM_DOORBELL] = "ivshmem-doorbell",
};
DEFINE_STRING_TABLE(domain_shmem, DomainShmemModel)

const char *const domain_shmem_role_table[_DOMAIN_SHMEM_ROLE_MAX] = {
        [DOMAIN_SHMEM_MASTER] = "master",
        [DOMAIN_SHMEM_PEER] = "peer",
};
DEFINE_STRING_TABLE(domain_shmem_role, DomainShmemRole)

const char *const domain_memory_table[_DOMAIN_MEMORY_MAX] = {
        [DOMAIN_MEMORY_DIMM] = "dimm",
        [DOMAIN_MEMORY_NVDIMM] = "nvdimm",
        [DOMAIN_MEMORY_VIRTIO_PMEM] = "virtio-pmem",
        [DOMAIN_MEMORY_VIRTIO_MEM] = "virtio-mem",
        [DOMAIN_MEMORY_SGX_EPC] = "sgx-epc",
};
DEFINE_STRING_TABLE(domain_memory, DomainMemoryModel)

const char *const domain_iommu_table[_DOMAIN_IOMMU_MAX] = {
        [DOMAIN_IOMMU_INTEL] = "intel",
        [DOMAIN_IOMMU_SMMUV3] = "smmuv3",
        [DOMAIN_IOMMU_VIRTIO] = "virtio",
        [DOMAIN_IOMMU_AMD] = "amd",
};
DEFINE_STRING_TABLE(domain_iommu, DomainIommuModel)

const char *const domain_sysinfo_table[_DOMAIN_SYSINFO_MAX] = {
        [DOMAIN_SYSINFO_SMBIOS] = "smbios",
        [DOMAIN_SYSINFO_FWCFG] = "fwcfg",
};
DEFINE_STRING_TABLE(domain_sysinfo, DomainSysinfoType)

const char *const domain_seclabel_table[_DOMAIN_SECLABEL_MAX] = {
        [DOMAIN_SECLABEL_NONE] = "none",
        [DOMAIN_SECLABEL_DYNAMIC] = "dynamic",
        [DOMAIN_SECLABEL_STATIC] = "static",
};
DEFINE_STRING_TABLE(domain_seclabel, DomainSeclabelType)

const char *const domain_launch_table[_DOMAIN_LAUNCH_MAX] = {
        [DOMAIN_LAUNCH_SEV] = "sev",
        [DOMAIN_LAUNCH_SEV_SNP] = "sev-snp",
        [DOMAIN_LAUNCH_S390_PV] = "s390-pv",
        [DOMAIN_LAUNCH_TDX] = "tdx",
};
DEFINE_STRING_TABLE(domain_launch, DomainLaunchSecurityType)

const char *const domain_lock_failure_table[_DOMAIN_LOCK_FAILURE_MAX] = {
        [DOMAIN_LOCK_FAILURE_POWEROFF] = "poweroff",
        [DOMAIN_LOCK_FAILURE_RESTART] = "restart",
        [DOMAIN_LOCK_FAILURE_PAUSE] = "pause",
        [DOMAIN_LOCK_FAILURE_IGNORE] = "ignore",
};
DEFINE_STRING_TABLE(domain_lock_failure, DomainLockFailure)
