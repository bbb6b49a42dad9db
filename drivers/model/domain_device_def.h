/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The devices of a domain's definition. Words are libvirt's; def.h has the conventions. */

#include "drivers/model/domain_tune_def.h"

typedef enum DomainAddressType {
        DOMAIN_ADDRESS_PCI = 1,
        DOMAIN_ADDRESS_DRIVE,
        DOMAIN_ADDRESS_VIRTIO_SERIAL,
        DOMAIN_ADDRESS_CCID,
        DOMAIN_ADDRESS_USB,
        DOMAIN_ADDRESS_SPAPR_VIO,
        DOMAIN_ADDRESS_CCW,
        DOMAIN_ADDRESS_VIRTIO_MMIO,
        DOMAIN_ADDRESS_ISA,
        DOMAIN_ADDRESS_DIMM,
        DOMAIN_ADDRESS_UNASSIGNED,
        _DOMAIN_ADDRESS_MAX,
} DomainAddressType;
DECLARE_WORDS(domain_address, DomainAddressType, _DOMAIN_ADDRESS_MAX);

/* type says which member of the union counts. */
typedef struct DomainAddress {
        DefSet set;
        DefRaw *raw;
        DomainAddressType type;
        union {
                struct {
                        uint32_t domain;
                        uint32_t bus;
                        uint32_t slot;
                        uint32_t function;
                        Tristate multifunction;
                } pci;
                struct {
                        uint32_t controller;
                        uint32_t bus;
                        uint32_t target;
                        uint32_t unit;
                } drive;
                struct {
                        uint32_t controller;
                        uint32_t bus;
                        uint32_t port;
                } virtio_serial;
                struct {
                        uint32_t controller;
                        uint32_t slot;
                } ccid;
                struct {
                        uint32_t bus;
                        const char *port; /* "1", "1.2" */
                } usb;
                struct {
                        uint64_t reg;
                } spapr_vio;
                struct {
                        uint32_t cssid;
                        uint32_t ssid;
                        uint32_t devno;
                } ccw;
                struct {
                        uint32_t iobase;
                        uint32_t irq;
                } isa;
                struct {
                        uint32_t slot;
                        uint64_t base;
                } dimm;
        };
} DomainAddress;

/* What every device has. */
typedef struct DomainDevice {
        DefSet set;
        DefRaw *raw;
        uint32_t boot_order; /* from 1 */
        const char *boot_loadparm;
        const char *alias; /* "ua-…" is the user's, others are live facts */
        DomainAddress *address;
} DomainDevice;

/* Options of virtio devices, in <driver>. */
typedef struct DomainVirtio {
        DefSet set;
        Tristate iommu;
        Tristate ats;
        Tristate packed;
        Tristate page_per_vq;
} DomainVirtio;

typedef enum DomainDiskType {
        DOMAIN_DISK_FILE = 1,
        DOMAIN_DISK_BLOCK,
        DOMAIN_DISK_DIR,
        DOMAIN_DISK_NETWORK,
        DOMAIN_DISK_VOLUME,
        DOMAIN_DISK_NVME,
        DOMAIN_DISK_VHOST_USER,
        DOMAIN_DISK_VHOST_VDPA,
        _DOMAIN_DISK_TYPE_MAX,
} DomainDiskType;
DECLARE_WORDS(domain_disk_type, DomainDiskType, _DOMAIN_DISK_TYPE_MAX);

typedef enum DomainDiskDevice {
        DOMAIN_DISK_DEVICE_DISK = 1,
        DOMAIN_DISK_DEVICE_CDROM,
        DOMAIN_DISK_DEVICE_FLOPPY,
        DOMAIN_DISK_DEVICE_LUN,
        _DOMAIN_DISK_DEVICE_MAX,
} DomainDiskDevice;
DECLARE_WORDS(domain_disk_device, DomainDiskDevice, _DOMAIN_DISK_DEVICE_MAX);

typedef enum DomainDiskBus {
        DOMAIN_DISK_BUS_IDE = 1,
        DOMAIN_DISK_BUS_FDC,
        DOMAIN_DISK_BUS_SCSI,
        DOMAIN_DISK_BUS_VIRTIO,
        DOMAIN_DISK_BUS_XEN,
        DOMAIN_DISK_BUS_USB,
        DOMAIN_DISK_BUS_UML,
        DOMAIN_DISK_BUS_SATA,
        DOMAIN_DISK_BUS_SD,
        DOMAIN_DISK_BUS_NVME,
        _DOMAIN_DISK_BUS_MAX,
} DomainDiskBus;
DECLARE_WORDS(domain_disk_bus, DomainDiskBus, _DOMAIN_DISK_BUS_MAX);

typedef enum DomainDiskCache {
        DOMAIN_DISK_CACHE_DEFAULT = 1,
        DOMAIN_DISK_CACHE_NONE,
        DOMAIN_DISK_CACHE_WRITETHROUGH,
        DOMAIN_DISK_CACHE_WRITEBACK,
        DOMAIN_DISK_CACHE_DIRECTSYNC,
        DOMAIN_DISK_CACHE_UNSAFE,
        _DOMAIN_DISK_CACHE_MAX,
} DomainDiskCache;
DECLARE_WORDS(domain_disk_cache, DomainDiskCache, _DOMAIN_DISK_CACHE_MAX);

typedef enum DomainDiskIo {
        DOMAIN_DISK_IO_DEFAULT = 1,
        DOMAIN_DISK_IO_NATIVE,
        DOMAIN_DISK_IO_THREADS,
        DOMAIN_DISK_IO_URING,
        _DOMAIN_DISK_IO_MAX,
} DomainDiskIo;
DECLARE_WORDS(domain_disk_io, DomainDiskIo, _DOMAIN_DISK_IO_MAX);

typedef enum DomainDiskErrorPolicy {
        DOMAIN_DISK_ERROR_POLICY_DEFAULT = 1,
        DOMAIN_DISK_ERROR_POLICY_STOP,
        DOMAIN_DISK_ERROR_POLICY_REPORT,
        DOMAIN_DISK_ERROR_POLICY_IGNORE,
        DOMAIN_DISK_ERROR_POLICY_ENOSPACE,
        _DOMAIN_DISK_ERROR_POLICY_MAX,
} DomainDiskErrorPolicy;
DECLARE_WORDS(domain_disk_error_policy, DomainDiskErrorPolicy, _DOMAIN_DISK_ERROR_POLICY_MAX);

typedef enum DomainDiskDiscard {
        DOMAIN_DISK_DISCARD_DEFAULT = 1,
        DOMAIN_DISK_DISCARD_UNMAP,
        DOMAIN_DISK_DISCARD_IGNORE,
        _DOMAIN_DISK_DISCARD_MAX,
} DomainDiskDiscard;
DECLARE_WORDS(domain_disk_discard, DomainDiskDiscard, _DOMAIN_DISK_DISCARD_MAX);

typedef enum DomainDiskDetectZeroes {
        DOMAIN_DISK_DETECT_ZEROES_DEFAULT = 1,
        DOMAIN_DISK_DETECT_ZEROES_OFF,
        DOMAIN_DISK_DETECT_ZEROES_ON,
        DOMAIN_DISK_DETECT_ZEROES_UNMAP,
        _DOMAIN_DISK_DETECT_ZEROES_MAX,
} DomainDiskDetectZeroes;
DECLARE_WORDS(domain_disk_detect_zeroes, DomainDiskDetectZeroes, _DOMAIN_DISK_DETECT_ZEROES_MAX);

typedef enum DomainDiskSnapshot {
        DOMAIN_DISK_SNAPSHOT_NO = 1,
        DOMAIN_DISK_SNAPSHOT_INTERNAL,
        DOMAIN_DISK_SNAPSHOT_EXTERNAL,
        DOMAIN_DISK_SNAPSHOT_MANUAL,
        _DOMAIN_DISK_SNAPSHOT_MAX,
} DomainDiskSnapshot;
DECLARE_WORDS(domain_disk_snapshot, DomainDiskSnapshot, _DOMAIN_DISK_SNAPSHOT_MAX);

typedef enum DomainStartupPolicy {
        DOMAIN_STARTUP_POLICY_DEFAULT = 1,
        DOMAIN_STARTUP_POLICY_MANDATORY,
        DOMAIN_STARTUP_POLICY_REQUISITE,
        DOMAIN_STARTUP_POLICY_OPTIONAL,
        _DOMAIN_STARTUP_POLICY_MAX,
} DomainStartupPolicy;
DECLARE_WORDS(domain_startup_policy, DomainStartupPolicy, _DOMAIN_STARTUP_POLICY_MAX);

/* A server of a network disk. */
typedef struct DomainStorageHost {
        DefSet set;
        const char *name;
        const char *port;
        const char *transport;
        const char *socket;
} DomainStorageHost;

/* Where the bytes of a disk or of a layer below it are: type says which of the fields of <source> count. */
typedef struct DomainStorage {
        DefSet set;
        DefRaw *raw;
        uint32_t index; /* live */
        DomainDiskType type;
        DomainStartupPolicy startup_policy;
        Tristate tls;
        const char *file;     /* DOMAIN_DISK_FILE */
        const char *dev;      /* DOMAIN_DISK_BLOCK */
        const char *dir;      /* DOMAIN_DISK_DIR */
        const char *protocol; /* DOMAIN_DISK_NETWORK from here: "nbd", "rbd", "https", … */
        const char *name;
        const char *query;
        const char *tls_hostname;
        DEF_LIST(DomainStorageHost) hosts;
        const char *pool; /* DOMAIN_DISK_VOLUME */
        const char *volume;
        const char *mode;
} DomainStorage;

/* <backingStore>: given without a type, it ends the chain. */
typedef struct DomainBacking {
        DefSet set;
        DefRaw *raw;
        uint32_t index; /* live */
        const char *format;
        DomainStorage source;
        struct DomainBacking *backing;
} DomainBacking;

typedef struct DomainDisk {
        DefSet set;
        DefRaw *raw;
        uint32_t queues;
        uint32_t queue_size;
        uint32_t iothread;
        uint32_t rotation_rate;
        DomainDiskDevice device;
        DomainDiskCache cache;
        DomainDiskIo io;
        DomainDiskErrorPolicy error_policy;
        DomainDiskErrorPolicy rerror_policy;
        DomainDiskDiscard discard;
        DomainDiskDetectZeroes detect_zeroes;
        DomainDiskSnapshot snapshot;
        DomainDiskBus bus;
        Tristate ioeventfd;
        Tristate event_idx;
        Tristate copy_on_read;
        Tristate tray_open; /* target/@tray: on is "open" */
        Tristate removable;
        bool readonly;
        bool shareable;
        bool transient;
        const char *model; /* "virtio-transitional", … */
        const char *driver_name;
        const char *format; /* driver/@type: "raw", "qcow2" */
        const char *target; /* "vda" */
        const char *serial;
        const char *wwn;
        const char *vendor;
        const char *product;
        DomainVirtio virtio;
        DomainStorage source;
        DomainBacking *backing;
        DomainIoTune *iotune;
        DomainDevice info;
} DomainDisk;

typedef enum DomainControllerType {
        DOMAIN_CONTROLLER_IDE = 1,
        DOMAIN_CONTROLLER_FDC,
        DOMAIN_CONTROLLER_SCSI,
        DOMAIN_CONTROLLER_SATA,
        DOMAIN_CONTROLLER_VIRTIO_SERIAL,
        DOMAIN_CONTROLLER_CCID,
        DOMAIN_CONTROLLER_USB,
        DOMAIN_CONTROLLER_PCI,
        DOMAIN_CONTROLLER_XENBUS,
        DOMAIN_CONTROLLER_ISA,
        DOMAIN_CONTROLLER_NVME,
        _DOMAIN_CONTROLLER_MAX,
} DomainControllerType;
DECLARE_WORDS(domain_controller, DomainControllerType, _DOMAIN_CONTROLLER_MAX);

typedef enum DomainControllerModel {
        DOMAIN_CONTROLLER_MODEL_AUTO = 1, /* SCSI from here */
        DOMAIN_CONTROLLER_MODEL_BUSLOGIC,
        DOMAIN_CONTROLLER_MODEL_LSILOGIC,
        DOMAIN_CONTROLLER_MODEL_LSISAS1068,
        DOMAIN_CONTROLLER_MODEL_VMPVSCSI,
        DOMAIN_CONTROLLER_MODEL_IBMVSCSI,
        DOMAIN_CONTROLLER_MODEL_VIRTIO_SCSI,
        DOMAIN_CONTROLLER_MODEL_LSISAS1078,
        DOMAIN_CONTROLLER_MODEL_NCR53C90,
        DOMAIN_CONTROLLER_MODEL_DC390,
        DOMAIN_CONTROLLER_MODEL_AM53C974,
        DOMAIN_CONTROLLER_MODEL_VIRTIO, /* virtio-serial */
        DOMAIN_CONTROLLER_MODEL_VIRTIO_TRANSITIONAL,
        DOMAIN_CONTROLLER_MODEL_VIRTIO_NON_TRANSITIONAL,
        DOMAIN_CONTROLLER_MODEL_PIIX3_UHCI, /* USB from here */
        DOMAIN_CONTROLLER_MODEL_PIIX4_UHCI,
        DOMAIN_CONTROLLER_MODEL_EHCI,
        DOMAIN_CONTROLLER_MODEL_ICH9_EHCI1,
        DOMAIN_CONTROLLER_MODEL_ICH9_UHCI1,
        DOMAIN_CONTROLLER_MODEL_ICH9_UHCI2,
        DOMAIN_CONTROLLER_MODEL_ICH9_UHCI3,
        DOMAIN_CONTROLLER_MODEL_VT82C686B_UHCI,
        DOMAIN_CONTROLLER_MODEL_PCI_OHCI,
        DOMAIN_CONTROLLER_MODEL_NEC_XHCI,
        DOMAIN_CONTROLLER_MODEL_QUSB1,
        DOMAIN_CONTROLLER_MODEL_QUSB2,
        DOMAIN_CONTROLLER_MODEL_QEMU_XHCI,
        DOMAIN_CONTROLLER_MODEL_NONE, /* no USB at all */
        DOMAIN_CONTROLLER_MODEL_PIIX3, /* IDE */
        DOMAIN_CONTROLLER_MODEL_PIIX4,
        DOMAIN_CONTROLLER_MODEL_ICH6,
        DOMAIN_CONTROLLER_MODEL_PCI_ROOT, /* PCI from here */
        DOMAIN_CONTROLLER_MODEL_PCIE_ROOT,
        DOMAIN_CONTROLLER_MODEL_PCI_BRIDGE,
        DOMAIN_CONTROLLER_MODEL_DMI_TO_PCI_BRIDGE,
        DOMAIN_CONTROLLER_MODEL_PCIE_TO_PCI_BRIDGE,
        DOMAIN_CONTROLLER_MODEL_PCIE_ROOT_PORT,
        DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_UPSTREAM_PORT,
        DOMAIN_CONTROLLER_MODEL_PCIE_SWITCH_DOWNSTREAM_PORT,
        DOMAIN_CONTROLLER_MODEL_PCI_EXPANDER_BUS,
        DOMAIN_CONTROLLER_MODEL_PCIE_EXPANDER_BUS,
        _DOMAIN_CONTROLLER_MODEL_MAX,
} DomainControllerModel;
DECLARE_WORDS(domain_controller_model, DomainControllerModel, _DOMAIN_CONTROLLER_MODEL_MAX);

typedef struct DomainController {
        DefSet set;
        DefRaw *raw;
        uint32_t index;
        uint32_t ports;   /* USB, virtio-serial */
        uint32_t vectors; /* virtio-serial */
        uint32_t master_startport; /* companion controllers of USB 2 */
        uint32_t queues;
        uint32_t cmd_per_lun;
        uint32_t max_sectors;
        uint32_t iothread;
        uint32_t chassis_nr; /* PCI from here: target/@… */
        uint32_t chassis;
        uint32_t port;
        uint32_t bus_nr;
        uint32_t target_index;
        uint32_t node;
        uint64_t pcihole64; /* KiB */
        DomainControllerType type;
        DomainControllerModel model;
        Tristate hotplug;
        Tristate ioeventfd;
        const char *model_name; /* of PCI controllers: "pcie-root-port", "ioh3420" */
        DomainVirtio virtio;
        DomainDevice info;
} DomainController;

typedef enum DomainInterfaceType {
        DOMAIN_INTERFACE_USER = 1,
        DOMAIN_INTERFACE_ETHERNET,
        DOMAIN_INTERFACE_VHOSTUSER,
        DOMAIN_INTERFACE_SERVER,
        DOMAIN_INTERFACE_CLIENT,
        DOMAIN_INTERFACE_MCAST,
        DOMAIN_INTERFACE_NETWORK,
        DOMAIN_INTERFACE_BRIDGE,
        DOMAIN_INTERFACE_INTERNAL,
        DOMAIN_INTERFACE_DIRECT,
        DOMAIN_INTERFACE_HOSTDEV,
        DOMAIN_INTERFACE_UDP,
        DOMAIN_INTERFACE_VDPA,
        DOMAIN_INTERFACE_NULL,
        DOMAIN_INTERFACE_VDS,
        _DOMAIN_INTERFACE_MAX,
} DomainInterfaceType;
DECLARE_WORDS(domain_interface, DomainInterfaceType, _DOMAIN_INTERFACE_MAX);

typedef enum DomainLinkState {
        DOMAIN_LINK_UP = 1,
        DOMAIN_LINK_DOWN,
        _DOMAIN_LINK_MAX,
} DomainLinkState;
DECLARE_WORDS(domain_link, DomainLinkState, _DOMAIN_LINK_MAX);

typedef struct DomainInterface {
        DefSet set;
        DefRaw *raw;
        uint32_t queues;
        uint32_t rx_queue_size;
        uint32_t tx_queue_size;
        uint32_t mtu;
        uint32_t sndbuf;
        DomainInterfaceType type;
        DomainLinkState link;
        Tristate trust_guest_rx_filters;
        Tristate target_managed;
        Tristate ioeventfd;
        Tristate event_idx;
        const char *mac;     /* lower case */
        const char *network; /* of "network" */
        const char *portgroup;
        const char *portid;  /* live */
        const char *bridge;  /* of "bridge", and live of "network" */
        const char *dev;     /* of "direct" */
        const char *mode;
        const char *target;  /* name of the tap device; names that virtbus makes up are live facts */
        const char *model;   /* "virtio", "e1000" */
        const char *driver_name;
        const char *txmode;
        const char *script;
        DomainBandwidth *bandwidth;
        DomainVirtio virtio;
        DomainDevice info;
} DomainInterface;

typedef enum DomainChardevType {
        DOMAIN_CHARDEV_NULL = 1,
        DOMAIN_CHARDEV_VC,
        DOMAIN_CHARDEV_PTY,
        DOMAIN_CHARDEV_DEV,
        DOMAIN_CHARDEV_FILE,
        DOMAIN_CHARDEV_PIPE,
        DOMAIN_CHARDEV_STDIO,
        DOMAIN_CHARDEV_UDP,
        DOMAIN_CHARDEV_TCP,
        DOMAIN_CHARDEV_UNIX,
        DOMAIN_CHARDEV_SPICEVMC,
        DOMAIN_CHARDEV_SPICEPORT,
        DOMAIN_CHARDEV_NMDM,
        DOMAIN_CHARDEV_QEMU_VDAGENT,
        DOMAIN_CHARDEV_DBUS,
        _DOMAIN_CHARDEV_MAX,
} DomainChardevType;
DECLARE_WORDS(domain_chardev, DomainChardevType, _DOMAIN_CHARDEV_MAX);

typedef enum DomainSocketMode {
        DOMAIN_SOCKET_BIND = 1,
        DOMAIN_SOCKET_CONNECT,
        _DOMAIN_SOCKET_MAX,
} DomainSocketMode;
DECLARE_WORDS(domain_socket, DomainSocketMode, _DOMAIN_SOCKET_MAX);

typedef enum DomainChardevProtocol {
        DOMAIN_CHARDEV_PROTOCOL_RAW = 1,
        DOMAIN_CHARDEV_PROTOCOL_TELNET,
        DOMAIN_CHARDEV_PROTOCOL_TELNETS,
        DOMAIN_CHARDEV_PROTOCOL_TLS,
        _DOMAIN_CHARDEV_PROTOCOL_MAX,
} DomainChardevProtocol;
DECLARE_WORDS(domain_chardev_protocol, DomainChardevProtocol, _DOMAIN_CHARDEV_PROTOCOL_MAX);

/* target/@type of serial, console and channel; a word belongs to some of the three only. */
typedef enum DomainChardevTarget {
        DOMAIN_CHARDEV_TARGET_ISA_SERIAL = 1, /* serial from here */
        DOMAIN_CHARDEV_TARGET_USB_SERIAL,
        DOMAIN_CHARDEV_TARGET_PCI_SERIAL,
        DOMAIN_CHARDEV_TARGET_SPAPR_VIO_SERIAL,
        DOMAIN_CHARDEV_TARGET_SYSTEM_SERIAL,
        DOMAIN_CHARDEV_TARGET_SCLP_SERIAL,
        DOMAIN_CHARDEV_TARGET_ISA_DEBUG,
        DOMAIN_CHARDEV_TARGET_SERIAL, /* console from here */
        DOMAIN_CHARDEV_TARGET_XEN,
        DOMAIN_CHARDEV_TARGET_UML,
        DOMAIN_CHARDEV_TARGET_VIRTIO, /* console, channel */
        DOMAIN_CHARDEV_TARGET_LXC,
        DOMAIN_CHARDEV_TARGET_OPENVZ,
        DOMAIN_CHARDEV_TARGET_SCLP,
        DOMAIN_CHARDEV_TARGET_SCLPLM,
        DOMAIN_CHARDEV_TARGET_GUESTFWD, /* channel */
        _DOMAIN_CHARDEV_TARGET_MAX,
} DomainChardevTarget;
DECLARE_WORDS(domain_chardev_target, DomainChardevTarget, _DOMAIN_CHARDEV_TARGET_MAX);

/* One end of a socket; only "udp" has two, one of each mode. */
typedef struct DomainChardevEndpoint {
        DefSet set;
        DefRaw *raw;
        DomainSocketMode mode;
        const char *host;
        const char *service;
} DomainChardevEndpoint;

/* serial, parallel, console and channel. Which fields of <source> count follows from the type. */
typedef struct DomainChardev {
        DefSet set;
        DefRaw *raw;
        uint32_t target_port;
        DomainChardevType type;
        DomainChardevTarget target_type;
        DomainSocketMode mode; /* unix, tcp */
        DomainChardevProtocol protocol; /* tcp */
        Tristate append; /* file */
        Tristate tls;    /* tcp */
        Tristate log_append;
        Tristate target_connected; /* channel, live: whether the guest has opened it */
        const char *path;    /* dev, file, pipe, unix; pty when live */
        const char *host;    /* tcp */
        const char *service; /* tcp */
        const char *channel; /* spiceport, dbus */
        const char *master;  /* nmdm */
        const char *slave;
        DEF_LIST(DomainChardevEndpoint) endpoints; /* udp */
        const char *log_file;
        const char *target_model;   /* serial: "isa-serial", "pl011", … */
        const char *target_name;    /* channel; "com.redhat.spice.0" when spicevmc has none */
        const char *target_address; /* guestfwd */
        const char *target_service; /* guestfwd: target/@port */
        DomainDevice info;
} DomainChardev;

typedef enum DomainInputType {
        DOMAIN_INPUT_MOUSE = 1,
        DOMAIN_INPUT_TABLET,
        DOMAIN_INPUT_KEYBOARD,
        DOMAIN_INPUT_PASSTHROUGH,
        DOMAIN_INPUT_EVDEV,
        _DOMAIN_INPUT_MAX,
} DomainInputType;
DECLARE_WORDS(domain_input, DomainInputType, _DOMAIN_INPUT_MAX);

typedef enum DomainInputBus {
        DOMAIN_INPUT_BUS_PS2 = 1,
        DOMAIN_INPUT_BUS_USB,
        DOMAIN_INPUT_BUS_XEN,
        DOMAIN_INPUT_BUS_PARALLELS,
        DOMAIN_INPUT_BUS_VIRTIO,
        DOMAIN_INPUT_BUS_NONE,
        _DOMAIN_INPUT_BUS_MAX,
} DomainInputBus;
DECLARE_WORDS(domain_input_bus, DomainInputBus, _DOMAIN_INPUT_BUS_MAX);

typedef struct DomainInput {
        DefSet set;
        DefRaw *raw;
        DomainInputType type;
        DomainInputBus bus;
        const char *model;
        const char *source_evdev; /* passthrough */
        DomainVirtio virtio;
        DomainDevice info;
} DomainInput;

typedef enum DomainGraphicsType {
        DOMAIN_GRAPHICS_SDL = 1,
        DOMAIN_GRAPHICS_VNC,
        DOMAIN_GRAPHICS_RDP,
        DOMAIN_GRAPHICS_DESKTOP,
        DOMAIN_GRAPHICS_SPICE,
        DOMAIN_GRAPHICS_EGL_HEADLESS,
        DOMAIN_GRAPHICS_DBUS,
        _DOMAIN_GRAPHICS_MAX,
} DomainGraphicsType;
DECLARE_WORDS(domain_graphics, DomainGraphicsType, _DOMAIN_GRAPHICS_MAX);

typedef enum DomainListenType {
        DOMAIN_LISTEN_NONE = 1,
        DOMAIN_LISTEN_ADDRESS,
        DOMAIN_LISTEN_NETWORK,
        DOMAIN_LISTEN_SOCKET,
        _DOMAIN_LISTEN_MAX,
} DomainListenType;
DECLARE_WORDS(domain_listen, DomainListenType, _DOMAIN_LISTEN_MAX);

typedef struct DomainListen {
        DefSet set;
        DefRaw *raw;
        DomainListenType type;
        const char *address;
        const char *network;
        const char *socket;
} DomainListen;

typedef struct DomainGraphics {
        DefSet set;
        DefRaw *raw;
        int32_t port;     /* not given with autoport: chosen at start */
        int32_t tls_port; /* spice; likewise */
        int32_t websocket; /* vnc; -1: automatic */
        DomainGraphicsType type;
        Tristate autoport;
        Tristate gl_enable;
        Tristate fullscreen; /* sdl */
        const char *listen;   /* that of the first listen of type address; both are printed */
        const char *socket;   /* vnc; likewise of type socket */
        const char *keymap;
        const char *passwd;   /* secret */
        const char *passwd_valid_to; /* ISO 8601 */
        const char *connected;    /* action on a changed password: "keep", "fail", "disconnect" */
        const char *share_policy; /* vnc: "allow-exclusive", "force-shared", "ignore" */
        const char *default_mode; /* spice: "any", "secure", "insecure" */
        const char *display;      /* sdl */
        const char *xauth;
        const char *rendernode;
        DEF_LIST(DomainListen) listens;
} DomainGraphics;

typedef struct DomainSound {
        DefSet set;
        DefRaw *raw;
        uint32_t audio_id;
        uint32_t streams; /* virtio */
        Tristate multichannel; /* usb */
        const char *model; /* "ich9", "ac97", … */
        DomainVirtio virtio;
        DomainDevice info;
} DomainSound;

/* The side of the host that sound devices play to. */
typedef struct DomainAudio {
        DefSet set;
        DefRaw *raw;
        uint32_t id;
        const char *type; /* "none", "spice", "alsa", … */
} DomainAudio;

typedef enum DomainVideoType {
        DOMAIN_VIDEO_VGA = 1,
        DOMAIN_VIDEO_CIRRUS,
        DOMAIN_VIDEO_VMVGA,
        DOMAIN_VIDEO_XEN,
        DOMAIN_VIDEO_VBOX,
        DOMAIN_VIDEO_QXL,
        DOMAIN_VIDEO_PARALLELS,
        DOMAIN_VIDEO_VIRTIO,
        DOMAIN_VIDEO_GOP,
        DOMAIN_VIDEO_NONE,
        DOMAIN_VIDEO_BOCHS,
        DOMAIN_VIDEO_RAMFB,
        _DOMAIN_VIDEO_MAX,
} DomainVideoType;
DECLARE_WORDS(domain_video, DomainVideoType, _DOMAIN_VIDEO_MAX);

typedef struct DomainVideo {
        DefSet set;
        DefRaw *raw;
        uint32_t ram;  /* KiB; qxl */
        uint32_t vram; /* KiB */
        uint32_t vram64; /* KiB; qxl */
        uint32_t vgamem; /* KiB; qxl */
        uint32_t heads;
        uint32_t resolution_x;
        uint32_t resolution_y;
        DomainVideoType type;
        Tristate primary;
        Tristate accel2d;
        Tristate accel3d;
        Tristate blob;
        const char *rendernode;
        const char *driver_name; /* "qemu", "vhostuser" */
        DomainVirtio virtio;
        DomainDevice info;
} DomainVideo;

typedef struct DomainHub {
        DefSet set;
        DefRaw *raw;
        const char *type; /* "usb" */
        DomainDevice info;
} DomainHub;

typedef enum DomainWatchdogModel {
        DOMAIN_WATCHDOG_I6300ESB = 1,
        DOMAIN_WATCHDOG_IB700,
        DOMAIN_WATCHDOG_DIAG288,
        DOMAIN_WATCHDOG_ITCO,
        _DOMAIN_WATCHDOG_MAX,
} DomainWatchdogModel;
DECLARE_WORDS(domain_watchdog, DomainWatchdogModel, _DOMAIN_WATCHDOG_MAX);

typedef enum DomainWatchdogAction {
        DOMAIN_WATCHDOG_ACTION_RESET = 1,
        DOMAIN_WATCHDOG_ACTION_SHUTDOWN,
        DOMAIN_WATCHDOG_ACTION_POWEROFF,
        DOMAIN_WATCHDOG_ACTION_PAUSE,
        DOMAIN_WATCHDOG_ACTION_DUMP,
        DOMAIN_WATCHDOG_ACTION_NONE,
        DOMAIN_WATCHDOG_ACTION_INJECT_NMI,
        _DOMAIN_WATCHDOG_ACTION_MAX,
} DomainWatchdogAction;
DECLARE_WORDS(domain_watchdog_action, DomainWatchdogAction, _DOMAIN_WATCHDOG_ACTION_MAX);

typedef struct DomainWatchdog {
        DefSet set;
        DefRaw *raw;
        DomainWatchdogModel model;
        DomainWatchdogAction action;
        DomainDevice info;
} DomainWatchdog;

typedef enum DomainMemballoonModel {
        DOMAIN_MEMBALLOON_VIRTIO = 1,
        DOMAIN_MEMBALLOON_XEN,
        DOMAIN_MEMBALLOON_NONE,
        DOMAIN_MEMBALLOON_VIRTIO_TRANSITIONAL,
        DOMAIN_MEMBALLOON_VIRTIO_NON_TRANSITIONAL,
        _DOMAIN_MEMBALLOON_MAX,
} DomainMemballoonModel;
DECLARE_WORDS(domain_memballoon, DomainMemballoonModel, _DOMAIN_MEMBALLOON_MAX);

typedef struct DomainMemballoon {
        DefSet set;
        DefRaw *raw;
        uint32_t stats_period; /* seconds */
        DomainMemballoonModel model;
        Tristate autodeflate;
        Tristate free_page_reporting;
        DomainVirtio virtio;
        DomainDevice info;
} DomainMemballoon;

typedef enum DomainRngBackend {
        DOMAIN_RNG_RANDOM = 1,
        DOMAIN_RNG_EGD,
        DOMAIN_RNG_BUILTIN,
        _DOMAIN_RNG_MAX,
} DomainRngBackend;
DECLARE_WORDS(domain_rng, DomainRngBackend, _DOMAIN_RNG_MAX);

typedef struct DomainRng {
        DefSet set;
        DefRaw *raw;
        uint32_t rate_bytes;
        uint32_t rate_period; /* ms */
        DomainRngBackend backend;
        const char *model;
        const char *path;     /* of random: "/dev/urandom" */
        const char *egd_type; /* kind of character device; its <source> is not decoded */
        DomainVirtio virtio;
        DomainDevice info;
} DomainRng;

typedef struct DomainPanic {
        DefSet set;
        DefRaw *raw;
        const char *model; /* "isa", "pvpanic", "hyperv", … */
        DomainDevice info;
} DomainPanic;
