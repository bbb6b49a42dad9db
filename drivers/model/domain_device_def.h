/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The devices of a domain's definition. Words are libvirt's; def.h has the conventions. */

#include "drivers/model/domain_hostdev_def.h"

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
        uint32_t max_grant_frames; /* xenbus */
        uint32_t max_event_channels;
        uint64_t mem_reserve; /* KiB of the bridge's window; pcie-root-port, likewise */
        uint64_t pcihole64; /* KiB */
        DomainControllerType type;
        DomainControllerModel model;
        Tristate hotplug;
        Tristate ioeventfd;
        const char *model_name; /* of PCI controllers: "pcie-root-port", "ioh3420" */
        const char *serial; /* nvme */
        DEF_LIST(DomainIothreadMapping) iothreads;
        DomainVirtio virtio;
        DomainDevice info;
} DomainController;

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
        Tristate repeat; /* evdev, likewise grab */
        const char *source_evdev; /* passthrough, evdev */
        const char *grab;         /* "all" */
        const char *grab_toggle;  /* "ctrl-ctrl", … */
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

typedef struct DomainSpiceChannel {
        DefSet set;
        const char *name; /* "main", "display", … */
        const char *mode; /* "any", "secure", "insecure" */
} DomainSpiceChannel;

/* What a SPICE server is told of compression and of what it offers. */
typedef struct DomainSpice {
        DefSet set;
        Tristate playback;
        Tristate copypaste;
        Tristate filetransfer;
        const char *image;     /* "auto_glz", "auto_lz", "quic", "glz", "lz", "off" */
        const char *jpeg;      /* "auto", "never", "always" */
        const char *zlib;      /* likewise */
        const char *streaming; /* "filter", "all", "off" */
        const char *mouse;     /* "server", "client" */
        DEF_LIST(DomainSpiceChannel) channels;
} DomainSpice;

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
        Tristate p2p;        /* dbus */
        Tristate replace_user; /* rdp */
        Tristate multi_user;
        Tristate power_control; /* vnc */
        uint32_t audio_id;   /* vnc, dbus */
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
        const char *address;  /* dbus */
        const char *username; /* rdp */
        DomainSpice *spice;   /* what few say */
        DEF_LIST(DomainListen) listens;
} DomainGraphics;

typedef struct DomainCodec {
        DefSet set;
        const char *type; /* "duplex", "micro", "output" */
} DomainCodec;

typedef struct DomainSound {
        DefSet set;
        DefRaw *raw;
        uint32_t audio_id;
        uint32_t streams; /* virtio */
        Tristate multichannel; /* usb */
        const char *model; /* "ich9", "ac97", … */
        DEF_LIST(DomainCodec) codecs; /* of ich6, ich9 and ich7 */
        DomainVirtio virtio;
        DomainDevice info;
} DomainSound;

typedef enum DomainAudioType {
        DOMAIN_AUDIO_NONE = 1,
        DOMAIN_AUDIO_ALSA,
        DOMAIN_AUDIO_COREAUDIO,
        DOMAIN_AUDIO_JACK,
        DOMAIN_AUDIO_OSS,
        DOMAIN_AUDIO_PULSEAUDIO,
        DOMAIN_AUDIO_SDL,
        DOMAIN_AUDIO_SPICE,
        DOMAIN_AUDIO_FILE,
        DOMAIN_AUDIO_DBUS,
        DOMAIN_AUDIO_PIPEWIRE,
        _DOMAIN_AUDIO_MAX,
} DomainAudioType;
DECLARE_WORDS(domain_audio, DomainAudioType, _DOMAIN_AUDIO_MAX);

/* <input> and <output> of <audio>: which fields count follows from its type. */
typedef struct DomainAudioSide {
        DefSet set;
        uint32_t frequency; /* Hz */
        uint32_t channels;
        uint32_t voices;
        uint32_t buffer_length; /* µs */
        uint32_t buffer_count;
        uint32_t latency;       /* µs; pulseaudio, pipewire */
        Tristate mixing_engine;
        Tristate fixed_settings;
        Tristate try_poll;      /* oss */
        Tristate exact_name;    /* jack */
        const char *format;     /* "s16", … */
        const char *dev;        /* alsa, oss */
        const char *name;       /* pulseaudio, pipewire */
        const char *stream_name;
        const char *server_name; /* jack from here */
        const char *client_name;
        const char *connect_ports;
} DomainAudioSide;

/* The side of the host that sound devices play to. */
typedef struct DomainAudio {
        DefSet set;
        DefRaw *raw;
        uint32_t id;
        uint32_t timer_period; /* µs */
        uint32_t dsp_policy;   /* oss */
        Tristate try_mmap;     /* oss */
        Tristate exclusive;    /* oss */
        DomainAudioType type;
        const char *server_name; /* pulseaudio */
        const char *runtime_dir; /* pipewire */
        const char *driver;      /* sdl */
        const char *path;        /* file */
        DomainAudioSide *input;
        DomainAudioSide *output;
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
        Tristate edid;
        const char *vgaconf; /* "io", "on", "off" */
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
        DomainChardev *egd;   /* the socket of the daemon */
        DomainVirtio virtio;
        DomainDevice info;
} DomainRng;

typedef struct DomainPanic {
        DefSet set;
        DefRaw *raw;
        const char *model; /* "isa", "pvpanic", "hyperv", … */
        DomainDevice info;
} DomainPanic;
