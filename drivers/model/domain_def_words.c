/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_def.h"

/* The words of the format, in libvirt's spelling. */

const char *const domain_address_table[_DOMAIN_ADDRESS_MAX] = {
        [DOMAIN_ADDRESS_PCI] = "pci",
        [DOMAIN_ADDRESS_DRIVE] = "drive",
        [DOMAIN_ADDRESS_VIRTIO_SERIAL] = "virtio-serial",
        [DOMAIN_ADDRESS_CCID] = "ccid",
        [DOMAIN_ADDRESS_USB] = "usb",
        [DOMAIN_ADDRESS_SPAPR_VIO] = "spapr-vio",
        [DOMAIN_ADDRESS_CCW] = "ccw",
        [DOMAIN_ADDRESS_VIRTIO_MMIO] = "virtio-mmio",
        [DOMAIN_ADDRESS_ISA] = "isa",
        [DOMAIN_ADDRESS_DIMM] = "dimm",
        [DOMAIN_ADDRESS_UNASSIGNED] = "unassigned",
};
DEFINE_STRING_TABLE(domain_address, DomainAddressType)

const char *const domain_disk_type_table[_DOMAIN_DISK_TYPE_MAX] = {
        [DOMAIN_DISK_FILE] = "file",
        [DOMAIN_DISK_BLOCK] = "block",
        [DOMAIN_DISK_DIR] = "dir",
        [DOMAIN_DISK_NETWORK] = "network",
        [DOMAIN_DISK_VOLUME] = "volume",
        [DOMAIN_DISK_NVME] = "nvme",
        [DOMAIN_DISK_VHOST_USER] = "vhostuser",
        [DOMAIN_DISK_VHOST_VDPA] = "vhostvdpa",
};
DEFINE_STRING_TABLE(domain_disk_type, DomainDiskType)

const char *const domain_disk_device_table[_DOMAIN_DISK_DEVICE_MAX] = {
        [DOMAIN_DISK_DEVICE_DISK] = "disk",
        [DOMAIN_DISK_DEVICE_CDROM] = "cdrom",
        [DOMAIN_DISK_DEVICE_FLOPPY] = "floppy",
        [DOMAIN_DISK_DEVICE_LUN] = "lun",
};
DEFINE_STRING_TABLE(domain_disk_device, DomainDiskDevice)

const char *const domain_disk_bus_table[_DOMAIN_DISK_BUS_MAX] = {
        [DOMAIN_DISK_BUS_IDE] = "ide",
        [DOMAIN_DISK_BUS_FDC] = "fdc",
        [DOMAIN_DISK_BUS_SCSI] = "scsi",
        [DOMAIN_DISK_BUS_VIRTIO] = "virtio",
        [DOMAIN_DISK_BUS_XEN] = "xen",
        [DOMAIN_DISK_BUS_USB] = "usb",
        [DOMAIN_DISK_BUS_UML] = "uml",
        [DOMAIN_DISK_BUS_SATA] = "sata",
        [DOMAIN_DISK_BUS_SD] = "sd",
        [DOMAIN_DISK_BUS_NVME] = "nvme",
};
DEFINE_STRING_TABLE(domain_disk_bus, DomainDiskBus)

const char *const domain_disk_cache_table[_DOMAIN_DISK_CACHE_MAX] = {
        [DOMAIN_DISK_CACHE_DEFAULT] = "default",
        [DOMAIN_DISK_CACHE_NONE] = "none",
        [DOMAIN_DISK_CACHE_WRITETHROUGH] = "writethrough",
        [DOMAIN_DISK_CACHE_WRITEBACK] = "writeback",
        [DOMAIN_DISK_CACHE_DIRECTSYNC] = "directsync",
        [DOMAIN_DISK_CACHE_UNSAFE] = "unsafe",
};
DEFINE_STRING_TABLE(domain_disk_cache, DomainDiskCache)

const char *const domain_disk_io_table[_DOMAIN_DISK_IO_MAX] = {
        [DOMAIN_DISK_IO_DEFAULT] = "default",
        [DOMAIN_DISK_IO_NATIVE] = "native",
        [DOMAIN_DISK_IO_THREADS] = "threads",
        [DOMAIN_DISK_IO_URING] = "io_uring",
};
DEFINE_STRING_TABLE(domain_disk_io, DomainDiskIo)

const char *const domain_disk_error_policy_table[_DOMAIN_DISK_ERROR_POLICY_MAX] = {
        [DOMAIN_DISK_ERROR_POLICY_DEFAULT] = "default",
        [DOMAIN_DISK_ERROR_POLICY_STOP] = "stop",
        [DOMAIN_DISK_ERROR_POLICY_REPORT] = "report",
        [DOMAIN_DISK_ERROR_POLICY_IGNORE] = "ignore",
        [DOMAIN_DISK_ERROR_POLICY_ENOSPACE] = "enospace",
};
DEFINE_STRING_TABLE(domain_disk_error_policy, DomainDiskErrorPolicy)

const char *const domain_disk_discard_table[_DOMAIN_DISK_DISCARD_MAX] = {
        [DOMAIN_DISK_DISCARD_DEFAULT] = "default",
        [DOMAIN_DISK_DISCARD_UNMAP] = "unmap",
        [DOMAIN_DISK_DISCARD_IGNORE] = "ignore",
};
DEFINE_STRING_TABLE(domain_disk_discard, DomainDiskDiscard)

const char *const domain_disk_detect_zeroes_table[_DOMAIN_DISK_DETECT_ZEROES_MAX] = {
        [DOMAIN_DISK_DETECT_ZEROES_DEFAULT] = "default",
        [DOMAIN_DISK_DETECT_ZEROES_OFF] = "off",
        [DOMAIN_DISK_DETECT_ZEROES_ON] = "on",
        [DOMAIN_DISK_DETECT_ZEROES_UNMAP] = "unmap",
};
DEFINE_STRING_TABLE(domain_disk_detect_zeroes, DomainDiskDetectZeroes)

const char *const domain_disk_snapshot_table[_DOMAIN_DISK_SNAPSHOT_MAX] = {
        [DOMAIN_DISK_SNAPSHOT_NO] = "no",
        [DOMAIN_DISK_SNAPSHOT_INTERNAL] = "internal",
        [DOMAIN_DISK_SNAPSHOT_EXTERNAL] = "external",
        [DOMAIN_DISK_SNAPSHOT_MANUAL] = "manual",
};
DEFINE_STRING_TABLE(domain_disk_snapshot, DomainDiskSnapshot)

const char *const domain_startup_policy_table[_DOMAIN_STARTUP_POLICY_MAX] = {
        [DOMAIN_STARTUP_POLICY_DEFAULT] = "default",
        [DOMAIN_STARTUP_POLICY_MANDATORY] = "mandatory",
        [DOMAIN_STARTUP_POLICY_REQUISITE] = "requisite",
        [DOMAIN_STARTUP_POLICY_OPTIONAL] = "optional",
};
DEFINE_STRING_TABLE(domain_startup_policy, DomainStartupPolicy)

const char *const domain_controller_table[_DOMAIN_CONTROLLER_MAX] = {
        [DOMAIN_CONTROLLER_IDE] = "ide",
        [DOMAIN_CONTROLLER_FDC] = "fdc",
        [DOMAIN_CONTROLLER_SCSI] = "scsi",
        [DOMAIN_CONTROLLER_SATA] = "sata",
        [DOMAIN_CONTROLLER_VIRTIO_SERIAL] = "virtio-serial",
        [DOMAIN_CONTROLLER_CCID] = "ccid",
        [DOMAIN_CONTROLLER_USB] = "usb",
        [DOMAIN_CONTROLLER_PCI] = "pci",
        [DOMAIN_CONTROLLER_XENBUS] = "xenbus",
        [DOMAIN_CONTROLLER_ISA] = "isa",
        [DOMAIN_CONTROLLER_NVME] = "nvme",
};
DEFINE_STRING_TABLE(domain_controller, DomainControllerType)

const char *const domain_controller_model_table[_DOMAIN_CONTROLLER_MODEL_MAX] = {
        [DOMAIN_CONTROLLER_MODEL_AUTO] = "auto",
        [DOMAIN_CONTROLLER_MODEL_BUSLOGIC] = "buslogic",
        [DOMAIN_CONTROLLER_MODEL_LSILOGIC] = "lsilogic",
        [DOMAIN_CONTROLLER_MODEL_LSISAS1068] = "lsisas1068",
        [DOMAIN_CONTROLLER_MODEL_VMPVSCSI] = "vmpvscsi",
        [DOMAIN_CONTROLLER_MODEL_IBMVSCSI] = "ibmvscsi",
        [DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI] = "virtio-scsi",
        [DOMAIN_CONTROLLER_MODEL_LSISAS1078] = "lsisas1078",
        [DOMAIN_CONTROLLER_MODEL_NCR53C90] = "ncr53c90",
        [DOMAIN_CONTROLLER_MODEL_DC390] = "dc390",
        [DOMAIN_CONTROLLER_MODEL_AM53C974] = "am53c974",
        [DOMAIN_CONTROLLER_MODEL_VIRTIO] = "virtio",
        [DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL] = "virtio-transitional",
        [DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional",
        [DOMAIN_CONTROLLER_MODEL_PIIX3_UHCI] = "piix3-uhci",
        [DOMAIN_CONTROLLER_MODEL_PIIX4_UHCI] = "piix4-uhci",
        [DOMAIN_CONTROLLER_MODEL_EHCI] = "ehci",
        [DOMAIN_CONTROLLER_MODEL_ICH9_EHCI1] = "ich9-ehci1",
        [DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1] = "ich9-uhci1",
        [DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2] = "ich9-uhci2",
        [DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3] = "ich9-uhci3",
        [DOMAIN_CONTROLLER_MODEL_VT82C686B_UHCI] = "vt82c686b-uhci",
        [DOMAIN_CONTROLLER_MODEL_PCI_OHCI] = "pci-ohci",
        [DOMAIN_CONTROLLER_MODEL_NEC_XHCI] = "nec-xhci",
        [DOMAIN_CONTROLLER_MODEL_QUSB1] = "qusb1",
        [DOMAIN_CONTROLLER_MODEL_QUSB2] = "qusb2",
        [DOMAIN_CONTROLLER_MODEL_QEMU_XHCI] = "qemu-xhci",
        [DOMAIN_CONTROLLER_MODEL_NONE] = "none",
        [DOMAIN_CONTROLLER_MODEL_PIIX3] = "piix3",
        [DOMAIN_CONTROLLER_MODEL_PIIX4] = "piix4",
        [DOMAIN_CONTROLLER_MODEL_ICH6] = "ich6",
        [DOMAIN_CONTROLLER_MODEL_PCI_ROOT] = "pci-root",
        [DOMAIN_CONTROLLER_MODEL_PCIE_ROOT] = "pcie-root",
        [DOMAIN_CONTROLLER_MODEL_PCI_BRIDGE] = "pci-bridge",
        [DOMAIN_CONTROLLER_MODEL_DMI_TO_PCI_BRIDGE] = "dmi-to-pci-bridge",
        [DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE] = "pcie-to-pci-bridge",
        [DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT] = "pcie-root-port",
        [DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_UPSTREAM_PORT] = "pcie-switch-upstream-port",
        [DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_DOWNSTREAM_PORT] = "pcie-switch-downstream-port",
        [DOMAIN_CONTROLLER_MODEL_PCI_EXPANDER_BUS] = "pci-expander-bus",
        [DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS] = "pcie-expander-bus",
};
DEFINE_STRING_TABLE(domain_controller_model, DomainControllerModel)

const char *const domain_interface_table[_DOMAIN_INTERFACE_MAX] = {
        [DOMAIN_INTERFACE_USER] = "user",
        [DOMAIN_INTERFACE_ETHERNET] = "ethernet",
        [DOMAIN_INTERFACE_VHOSTUSER] = "vhostuser",
        [DOMAIN_INTERFACE_SERVER] = "server",
        [DOMAIN_INTERFACE_CLIENT] = "client",
        [DOMAIN_INTERFACE_MCAST] = "mcast",
        [DOMAIN_INTERFACE_NETWORK] = "network",
        [DOMAIN_INTERFACE_BRIDGE] = "bridge",
        [DOMAIN_INTERFACE_INTERNAL] = "internal",
        [DOMAIN_INTERFACE_DIRECT] = "direct",
        [DOMAIN_INTERFACE_HOSTDEV] = "hostdev",
        [DOMAIN_INTERFACE_UDP] = "udp",
        [DOMAIN_INTERFACE_VDPA] = "vdpa",
        [DOMAIN_INTERFACE_NULL] = "null",
        [DOMAIN_INTERFACE_VDS] = "vds",
};
DEFINE_STRING_TABLE(domain_interface, DomainInterfaceType)

const char *const domain_link_table[_DOMAIN_LINK_MAX] = {
        [DOMAIN_LINK_UP] = "up",
        [DOMAIN_LINK_DOWN] = "down",
};
DEFINE_STRING_TABLE(domain_link, DomainLinkState)

const char *const domain_chardev_table[_DOMAIN_CHARDEV_MAX] = {
        [DOMAIN_CHARDEV_NULL] = "null",
        [DOMAIN_CHARDEV_VC] = "vc",
        [DOMAIN_CHARDEV_PTY] = "pty",
        [DOMAIN_CHARDEV_DEV] = "dev",
        [DOMAIN_CHARDEV_FILE] = "file",
        [DOMAIN_CHARDEV_PIPE] = "pipe",
        [DOMAIN_CHARDEV_STDIO] = "stdio",
        [DOMAIN_CHARDEV_UDP] = "udp",
        [DOMAIN_CHARDEV_TCP] = "tcp",
        [DOMAIN_CHARDEV_UNIX] = "unix",
        [DOMAIN_CHARDEV_SPICEVMC] = "spicevmc",
        [DOMAIN_CHARDEV_SPICEPORT] = "spiceport",
        [DOMAIN_CHARDEV_NMDM] = "nmdm",
        [DOMAIN_CHARDEV_QEMU_VDAGENT] = "qemu-vdagent",
        [DOMAIN_CHARDEV_DBUS] = "dbus",
};
DEFINE_STRING_TABLE(domain_chardev, DomainChardevType)

const char *const domain_socket_table[_DOMAIN_SOCKET_MAX] = {
        [DOMAIN_SOCKET_BIND] = "bind",
        [DOMAIN_SOCKET_CONNECT] = "connect",
};
DEFINE_STRING_TABLE(domain_socket, DomainSocketMode)

const char *const domain_chardev_protocol_table[_DOMAIN_CHARDEV_PROTOCOL_MAX] = {
        [DOMAIN_CHARDEV_PROTOCOL_RAW] = "raw",
        [DOMAIN_CHARDEV_PROTOCOL_TELNET] = "telnet",
        [DOMAIN_CHARDEV_PROTOCOL_TELNETS] = "telnets",
        [DOMAIN_CHARDEV_PROTOCOL_TLS] = "tls",
};
DEFINE_STRING_TABLE(domain_chardev_protocol, DomainChardevProtocol)

const char *const domain_chardev_target_table[_DOMAIN_CHARDEV_TARGET_MAX] = {
        [DOMAIN_CHARDEV_TARGET_ISA_SERIAL] = "isa-serial",
        [DOMAIN_CHARDEV_TARGET_USB_SERIAL] = "usb-serial",
        [DOMAIN_CHARDEV_TARGET_PCI_SERIAL] = "pci-serial",
        [DOMAIN_CHARDEV_TARGET_SPAPR_VIO_SERIAL] = "spapr-vio-serial",
        [DOMAIN_CHARDEV_TARGET_SYSTEM_SERIAL] = "system-serial",
        [DOMAIN_CHARDEV_TARGET_SCLP_SERIAL] = "sclp-serial",
        [DOMAIN_CHARDEV_TARGET_ISA_DEBUG] = "isa-debug",
        [DOMAIN_CHARDEV_TARGET_SERIAL] = "serial",
        [DOMAIN_CHARDEV_TARGET_XEN] = "xen",
        [DOMAIN_CHARDEV_TARGET_UML] = "uml",
        [DOMAIN_CHARDEV_TARGET_VIRTIO] = "virtio",
        [DOMAIN_CHARDEV_TARGET_LXC] = "lxc",
        [DOMAIN_CHARDEV_TARGET_OPENVZ] = "openvz",
        [DOMAIN_CHARDEV_TARGET_SCLP] = "sclp",
        [DOMAIN_CHARDEV_TARGET_SCLPLM] = "sclplm",
        [DOMAIN_CHARDEV_TARGET_GUESTFWD] = "guestfwd",
};
DEFINE_STRING_TABLE(domain_chardev_target, DomainChardevTarget)

const char *const domain_input_table[_DOMAIN_INPUT_MAX] = {
        [DOMAIN_INPUT_MOUSE] = "mouse",
        [DOMAIN_INPUT_TABLET] = "tablet",
        [DOMAIN_INPUT_KEYBOARD] = "keyboard",
        [DOMAIN_INPUT_PASSTHROUGH] = "passthrough",
        [DOMAIN_INPUT_EVDEV] = "evdev",
};
DEFINE_STRING_TABLE(domain_input, DomainInputType)

const char *const domain_input_bus_table[_DOMAIN_INPUT_BUS_MAX] = {
        [DOMAIN_INPUT_BUS_PS2] = "ps2",
        [DOMAIN_INPUT_BUS_USB] = "usb",
        [DOMAIN_INPUT_BUS_XEN] = "xen",
        [DOMAIN_INPUT_BUS_PARALLELS] = "parallels",
        [DOMAIN_INPUT_BUS_VIRTIO] = "virtio",
        [DOMAIN_INPUT_BUS_NONE] = "none",
};
DEFINE_STRING_TABLE(domain_input_bus, DomainInputBus)

const char *const domain_graphics_table[_DOMAIN_GRAPHICS_MAX] = {
        [DOMAIN_GRAPHICS_SDL] = "sdl",
        [DOMAIN_GRAPHICS_VNC] = "vnc",
        [DOMAIN_GRAPHICS_RDP] = "rdp",
        [DOMAIN_GRAPHICS_DESKTOP] = "desktop",
        [DOMAIN_GRAPHICS_SPICE] = "spice",
        [DOMAIN_GRAPHICS_EGL_HEADLESS] = "egl-headless",
        [DOMAIN_GRAPHICS_DBUS] = "dbus",
};
DEFINE_STRING_TABLE(domain_graphics, DomainGraphicsType)

const char *const domain_listen_table[_DOMAIN_LISTEN_MAX] = {
        [DOMAIN_LISTEN_NONE] = "none",
        [DOMAIN_LISTEN_ADDRESS] = "address",
        [DOMAIN_LISTEN_NETWORK] = "network",
        [DOMAIN_LISTEN_SOCKET] = "socket",
};
DEFINE_STRING_TABLE(domain_listen, DomainListenType)

const char *const domain_video_table[_DOMAIN_VIDEO_MAX] = {
        [DOMAIN_VIDEO_VGA] = "vga",
        [DOMAIN_VIDEO_CIRRUS] = "cirrus",
        [DOMAIN_VIDEO_VMVGA] = "vmvga",
        [DOMAIN_VIDEO_XEN] = "xen",
        [DOMAIN_VIDEO_VBOX] = "vbox",
        [DOMAIN_VIDEO_QXL] = "qxl",
        [DOMAIN_VIDEO_PARALLELS] = "parallels",
        [DOMAIN_VIDEO_VIRTIO] = "virtio",
        [DOMAIN_VIDEO_GOP] = "gop",
        [DOMAIN_VIDEO_NONE] = "none",
        [DOMAIN_VIDEO_BOCHS] = "bochs",
        [DOMAIN_VIDEO_RAMFB] = "ramfb",
};
DEFINE_STRING_TABLE(domain_video, DomainVideoType)

const char *const domain_watchdog_table[_DOMAIN_WATCHDOG_MAX] = {
        [DOMAIN_WATCHDOG_I6300ESB] = "i6300esb",
        [DOMAIN_WATCHDOG_IB700] = "ib700",
        [DOMAIN_WATCHDOG_DIAG288] = "diag288",
        [DOMAIN_WATCHDOG_ITCO] = "itco",
};
DEFINE_STRING_TABLE(domain_watchdog, DomainWatchdogModel)

const char *const domain_watchdog_action_table[_DOMAIN_WATCHDOG_ACTION_MAX] = {
        [DOMAIN_WATCHDOG_ACTION_RESET] = "reset",
        [DOMAIN_WATCHDOG_ACTION_SHUTDOWN] = "shutdown",
        [DOMAIN_WATCHDOG_ACTION_POWEROFF] = "poweroff",
        [DOMAIN_WATCHDOG_ACTION_PAUSE] = "pause",
        [DOMAIN_WATCHDOG_ACTION_DUMP] = "dump",
        [DOMAIN_WATCHDOG_ACTION_NONE] = "none",
        [DOMAIN_WATCHDOG_ACTION_INJECT_NMI] = "inject-nmi",
};
DEFINE_STRING_TABLE(domain_watchdog_action, DomainWatchdogAction)

const char *const domain_memballoon_table[_DOMAIN_MEMBALLOON_MAX] = {
        [DOMAIN_MEMBALLOON_VIRTIO] = "virtio",
        [DOMAIN_MEMBALLOON_XEN] = "xen",
        [DOMAIN_MEMBALLOON_NONE] = "none",
        [DOMAIN_MEMBALLOON_VIRTIO_TRANSITIONAL] = "virtio-transitional",
        [DOMAIN_MEMBALLOON_VIRTIO_NON_TRANSITIONAL] = "virtio-non-transitional",
};
DEFINE_STRING_TABLE(domain_memballoon, DomainMemballoonModel)

const char *const domain_rng_table[_DOMAIN_RNG_MAX] = {
        [DOMAIN_RNG_RANDOM] = "random",
        [DOMAIN_RNG_EGD] = "egd",
        [DOMAIN_RNG_BUILTIN] = "builtin",
};
DEFINE_STRING_TABLE(domain_rng, DomainRngBackend)

const char *const domain_virt_table[_DOMAIN_VIRT_MAX] = {
        [DOMAIN_VIRT_QEMU] = "qemu",
        [DOMAIN_VIRT_KQEMU] = "kqemu",
        [DOMAIN_VIRT_KVM] = "kvm",
        [DOMAIN_VIRT_XEN] = "xen",
        [DOMAIN_VIRT_LXC] = "lxc",
        [DOMAIN_VIRT_UML] = "uml",
        [DOMAIN_VIRT_OPENVZ] = "openvz",
        [DOMAIN_VIRT_TEST] = "test",
        [DOMAIN_VIRT_VMWARE] = "vmware",
        [DOMAIN_VIRT_HYPERV] = "hyperv",
        [DOMAIN_VIRT_VBOX] = "vbox",
        [DOMAIN_VIRT_PHYP] = "phyp",
        [DOMAIN_VIRT_PARALLELS] = "parallels",
        [DOMAIN_VIRT_BHYVE] = "bhyve",
        [DOMAIN_VIRT_VZ] = "vz",
        [DOMAIN_VIRT_HVF] = "hvf",
};
DEFINE_STRING_TABLE(domain_virt, DomainVirtType)

const char *const domain_vcpu_placement_table[_DOMAIN_VCPU_PLACEMENT_MAX] = {
        [DOMAIN_VCPU_PLACEMENT_STATIC] = "static",
        [DOMAIN_VCPU_PLACEMENT_AUTO] = "auto",
};
DEFINE_STRING_TABLE(domain_vcpu_placement, DomainVcpuPlacement)

const char *const domain_boot_table[_DOMAIN_BOOT_MAX] = {
        [DOMAIN_BOOT_FLOPPY] = "fd",
        [DOMAIN_BOOT_CDROM] = "cdrom",
        [DOMAIN_BOOT_DISK] = "hd",
        [DOMAIN_BOOT_NETWORK] = "network",
};
DEFINE_STRING_TABLE(domain_boot, DomainBootDevice)

const char *const domain_firmware_table[_DOMAIN_FIRMWARE_MAX] = {
        [DOMAIN_FIRMWARE_BIOS] = "bios",
        [DOMAIN_FIRMWARE_EFI] = "efi",
};
DEFINE_STRING_TABLE(domain_firmware, DomainFirmware)

const char *const domain_loader_table[_DOMAIN_LOADER_MAX] = {
        [DOMAIN_LOADER_ROM] = "rom",
        [DOMAIN_LOADER_PFLASH] = "pflash",
};
DEFINE_STRING_TABLE(domain_loader, DomainLoaderType)

const char *const domain_smbios_table[_DOMAIN_SMBIOS_MAX] = {
        [DOMAIN_SMBIOS_NONE] = "none",
        [DOMAIN_SMBIOS_EMULATE] = "emulate",
        [DOMAIN_SMBIOS_HOST] = "host",
        [DOMAIN_SMBIOS_SYSINFO] = "sysinfo",
};
DEFINE_STRING_TABLE(domain_smbios, DomainSmbiosMode)

const char *const domain_cpu_mode_table[_DOMAIN_CPU_MODE_MAX] = {
        [DOMAIN_CPU_CUSTOM] = "custom",
        [DOMAIN_CPU_HOST_MODEL] = "host-model",
        [DOMAIN_CPU_HOST_PASSTHROUGH] = "host-passthrough",
        [DOMAIN_CPU_MAXIMUM] = "maximum",
};
DEFINE_STRING_TABLE(domain_cpu_mode, DomainCpuMode)

const char *const domain_cpu_match_table[_DOMAIN_CPU_MATCH_MAX] = {
        [DOMAIN_CPU_MATCH_MINIMUM] = "minimum",
        [DOMAIN_CPU_MATCH_EXACT] = "exact",
        [DOMAIN_CPU_MATCH_STRICT] = "strict",
};
DEFINE_STRING_TABLE(domain_cpu_match, DomainCpuMatch)

const char *const domain_cpu_check_table[_DOMAIN_CPU_CHECK_MAX] = {
        [DOMAIN_CPU_CHECK_NONE] = "none",
        [DOMAIN_CPU_CHECK_PARTIAL] = "partial",
        [DOMAIN_CPU_CHECK_FULL] = "full",
};
DEFINE_STRING_TABLE(domain_cpu_check, DomainCpuCheck)

const char *const domain_cpu_fallback_table[_DOMAIN_CPU_FALLBACK_MAX] = {
        [DOMAIN_CPU_FALLBACK_ALLOW] = "allow",
        [DOMAIN_CPU_FALLBACK_FORBID] = "forbid",
};
DEFINE_STRING_TABLE(domain_cpu_fallback, DomainCpuFallback)

const char *const domain_cpu_policy_table[_DOMAIN_CPU_POLICY_MAX] = {
        [DOMAIN_CPU_POLICY_FORCE] = "force",
        [DOMAIN_CPU_POLICY_REQUIRE] = "require",
        [DOMAIN_CPU_POLICY_OPTIONAL] = "optional",
        [DOMAIN_CPU_POLICY_DISABLE] = "disable",
        [DOMAIN_CPU_POLICY_FORBID] = "forbid",
};
DEFINE_STRING_TABLE(domain_cpu_policy, DomainCpuPolicy)

const char *const domain_clock_table[_DOMAIN_CLOCK_MAX] = {
        [DOMAIN_CLOCK_UTC] = "utc",
        [DOMAIN_CLOCK_LOCALTIME] = "localtime",
        [DOMAIN_CLOCK_VARIABLE] = "variable",
        [DOMAIN_CLOCK_TIMEZONE] = "timezone",
        [DOMAIN_CLOCK_ABSOLUTE] = "absolute",
};
DEFINE_STRING_TABLE(domain_clock, DomainClockOffset)

const char *const domain_timer_table[_DOMAIN_TIMER_MAX] = {
        [DOMAIN_TIMER_PLATFORM] = "platform",
        [DOMAIN_TIMER_PIT] = "pit",
        [DOMAIN_TIMER_RTC] = "rtc",
        [DOMAIN_TIMER_HPET] = "hpet",
        [DOMAIN_TIMER_TSC] = "tsc",
        [DOMAIN_TIMER_KVMCLOCK] = "kvmclock",
        [DOMAIN_TIMER_HYPERVCLOCK] = "hypervclock",
        [DOMAIN_TIMER_ARMVTIMER] = "armvtimer",
};
DEFINE_STRING_TABLE(domain_timer, DomainTimerName)

const char *const domain_timer_track_table[_DOMAIN_TIMER_TRACK_MAX] = {
        [DOMAIN_TIMER_TRACK_BOOT] = "boot",
        [DOMAIN_TIMER_TRACK_GUEST] = "guest",
        [DOMAIN_TIMER_TRACK_WALL] = "wall",
        [DOMAIN_TIMER_TRACK_REALTIME] = "realtime",
};
DEFINE_STRING_TABLE(domain_timer_track, DomainTimerTrack)

const char *const domain_tick_table[_DOMAIN_TICK_MAX] = {
        [DOMAIN_TICK_DELAY] = "delay",
        [DOMAIN_TICK_CATCHUP] = "catchup",
        [DOMAIN_TICK_MERGE] = "merge",
        [DOMAIN_TICK_DISCARD] = "discard",
};
DEFINE_STRING_TABLE(domain_tick, DomainTickPolicy)

const char *const domain_lifecycle_table[_DOMAIN_LIFECYCLE_MAX] = {
        [DOMAIN_LIFECYCLE_DESTROY] = "destroy",
        [DOMAIN_LIFECYCLE_RESTART] = "restart",
        [DOMAIN_LIFECYCLE_RESTART_RENAME] = "rename-restart",
        [DOMAIN_LIFECYCLE_PRESERVE] = "preserve",
        [DOMAIN_LIFECYCLE_COREDUMP_DESTROY] = "coredump-destroy",
        [DOMAIN_LIFECYCLE_COREDUMP_RESTART] = "coredump-restart",
};
DEFINE_STRING_TABLE(domain_lifecycle, DomainLifecycle)
