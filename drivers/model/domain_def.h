/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a domain: libvirt's <domain> format (11.3). What is a field here is understood; the rest
 * of the format is kept as text, printed in its place and found by domain_def_first_raw(). def.h has the
 * conventions.
 */

#include "drivers/model/domain_device_def.h"

#define DOMAIN_QEMU_NAMESPACE "http://libvirt.org/schemas/domain/qemu/1.0"

typedef enum DomainVirtType {
        DOMAIN_VIRT_QEMU = 1,
        DOMAIN_VIRT_KQEMU,
        DOMAIN_VIRT_KVM,
        DOMAIN_VIRT_XEN,
        DOMAIN_VIRT_LXC,
        DOMAIN_VIRT_UML,
        DOMAIN_VIRT_OPENVZ,
        DOMAIN_VIRT_TEST,
        DOMAIN_VIRT_VMWARE,
        DOMAIN_VIRT_HYPERV,
        DOMAIN_VIRT_VBOX,
        DOMAIN_VIRT_PHYP,
        DOMAIN_VIRT_PARALLELS,
        DOMAIN_VIRT_BHYVE,
        DOMAIN_VIRT_VZ,
        DOMAIN_VIRT_HVF,
        _DOMAIN_VIRT_MAX,
} DomainVirtType;
DECLARE_WORDS(domain_virt, DomainVirtType, _DOMAIN_VIRT_MAX);

typedef enum DomainVcpuPlacement {
        DOMAIN_VCPU_PLACEMENT_STATIC = 1,
        DOMAIN_VCPU_PLACEMENT_AUTO,
        _DOMAIN_VCPU_PLACEMENT_MAX,
} DomainVcpuPlacement;
DECLARE_WORDS(domain_vcpu_placement, DomainVcpuPlacement, _DOMAIN_VCPU_PLACEMENT_MAX);

typedef enum DomainBootDevice {
        DOMAIN_BOOT_FLOPPY = 1,
        DOMAIN_BOOT_CDROM,
        DOMAIN_BOOT_DISK,
        DOMAIN_BOOT_NETWORK,
        _DOMAIN_BOOT_MAX,
} DomainBootDevice;
DECLARE_WORDS(domain_boot, DomainBootDevice, _DOMAIN_BOOT_MAX);

typedef enum DomainFirmware {
        DOMAIN_FIRMWARE_BIOS = 1,
        DOMAIN_FIRMWARE_EFI,
        _DOMAIN_FIRMWARE_MAX,
} DomainFirmware;
DECLARE_WORDS(domain_firmware, DomainFirmware, _DOMAIN_FIRMWARE_MAX);

typedef enum DomainLoaderType {
        DOMAIN_LOADER_ROM = 1,
        DOMAIN_LOADER_PFLASH,
        _DOMAIN_LOADER_MAX,
} DomainLoaderType;
DECLARE_WORDS(domain_loader, DomainLoaderType, _DOMAIN_LOADER_MAX);

typedef enum DomainSmbiosMode {
        DOMAIN_SMBIOS_NONE = 1,
        DOMAIN_SMBIOS_EMULATE,
        DOMAIN_SMBIOS_HOST,
        DOMAIN_SMBIOS_SYSINFO,
        _DOMAIN_SMBIOS_MAX,
} DomainSmbiosMode;
DECLARE_WORDS(domain_smbios, DomainSmbiosMode, _DOMAIN_SMBIOS_MAX);

typedef enum DomainCpuMode {
        DOMAIN_CPU_CUSTOM = 1,
        DOMAIN_CPU_HOST_MODEL,
        DOMAIN_CPU_HOST_PASSTHROUGH,
        DOMAIN_CPU_MAXIMUM,
        _DOMAIN_CPU_MODE_MAX,
} DomainCpuMode;
DECLARE_WORDS(domain_cpu_mode, DomainCpuMode, _DOMAIN_CPU_MODE_MAX);

typedef enum DomainCpuMatch {
        DOMAIN_CPU_MATCH_MINIMUM = 1,
        DOMAIN_CPU_MATCH_EXACT,
        DOMAIN_CPU_MATCH_STRICT,
        _DOMAIN_CPU_MATCH_MAX,
} DomainCpuMatch;
DECLARE_WORDS(domain_cpu_match, DomainCpuMatch, _DOMAIN_CPU_MATCH_MAX);

typedef enum DomainCpuCheck {
        DOMAIN_CPU_CHECK_NONE = 1,
        DOMAIN_CPU_CHECK_PARTIAL,
        DOMAIN_CPU_CHECK_FULL,
        _DOMAIN_CPU_CHECK_MAX,
} DomainCpuCheck;
DECLARE_WORDS(domain_cpu_check, DomainCpuCheck, _DOMAIN_CPU_CHECK_MAX);

typedef enum DomainCpuFallback {
        DOMAIN_CPU_FALLBACK_ALLOW = 1,
        DOMAIN_CPU_FALLBACK_FORBID,
        _DOMAIN_CPU_FALLBACK_MAX,
} DomainCpuFallback;
DECLARE_WORDS(domain_cpu_fallback, DomainCpuFallback, _DOMAIN_CPU_FALLBACK_MAX);

typedef enum DomainCpuPolicy {
        DOMAIN_CPU_POLICY_FORCE = 1,
        DOMAIN_CPU_POLICY_REQUIRE,
        DOMAIN_CPU_POLICY_OPTIONAL,
        DOMAIN_CPU_POLICY_DISABLE,
        DOMAIN_CPU_POLICY_FORBID,
        _DOMAIN_CPU_POLICY_MAX,
} DomainCpuPolicy;
DECLARE_WORDS(domain_cpu_policy, DomainCpuPolicy, _DOMAIN_CPU_POLICY_MAX);

typedef enum DomainClockOffset {
        DOMAIN_CLOCK_UTC = 1,
        DOMAIN_CLOCK_LOCALTIME,
        DOMAIN_CLOCK_VARIABLE,
        DOMAIN_CLOCK_TIMEZONE,
        DOMAIN_CLOCK_ABSOLUTE,
        _DOMAIN_CLOCK_MAX,
} DomainClockOffset;
DECLARE_WORDS(domain_clock, DomainClockOffset, _DOMAIN_CLOCK_MAX);

typedef enum DomainTimerName {
        DOMAIN_TIMER_PLATFORM = 1,
        DOMAIN_TIMER_PIT,
        DOMAIN_TIMER_RTC,
        DOMAIN_TIMER_HPET,
        DOMAIN_TIMER_TSC,
        DOMAIN_TIMER_KVMCLOCK,
        DOMAIN_TIMER_HYPERVCLOCK,
        DOMAIN_TIMER_ARMVTIMER,
        _DOMAIN_TIMER_MAX,
} DomainTimerName;
DECLARE_WORDS(domain_timer, DomainTimerName, _DOMAIN_TIMER_MAX);

typedef enum DomainTimerTrack {
        DOMAIN_TIMER_TRACK_BOOT = 1,
        DOMAIN_TIMER_TRACK_GUEST,
        DOMAIN_TIMER_TRACK_WALL,
        DOMAIN_TIMER_TRACK_REALTIME,
        _DOMAIN_TIMER_TRACK_MAX,
} DomainTimerTrack;
DECLARE_WORDS(domain_timer_track, DomainTimerTrack, _DOMAIN_TIMER_TRACK_MAX);

typedef enum DomainTickPolicy {
        DOMAIN_TICK_DELAY = 1,
        DOMAIN_TICK_CATCHUP,
        DOMAIN_TICK_MERGE,
        DOMAIN_TICK_DISCARD,
        _DOMAIN_TICK_MAX,
} DomainTickPolicy;
DECLARE_WORDS(domain_tick, DomainTickPolicy, _DOMAIN_TICK_MAX);

/* What happens on power-off, reboot and crash. The last two are for crashes only. */
typedef enum DomainLifecycle {
        DOMAIN_LIFECYCLE_DESTROY = 1,
        DOMAIN_LIFECYCLE_RESTART,
        DOMAIN_LIFECYCLE_RESTART_RENAME,
        DOMAIN_LIFECYCLE_PRESERVE,
        DOMAIN_LIFECYCLE_COREDUMP_DESTROY,
        DOMAIN_LIFECYCLE_COREDUMP_RESTART,
        _DOMAIN_LIFECYCLE_MAX,
} DomainLifecycle;
DECLARE_WORDS(domain_lifecycle, DomainLifecycle, _DOMAIN_LIFECYCLE_MAX);

/* <os>; enum values for the list of boot devices are in items[i]->device. */
typedef struct DomainBoot {
        DefSet set;
        DomainBootDevice device;
} DomainBoot;

typedef struct DomainOs {
        DefSet set;
        DefRaw *raw;
        uint32_t bootmenu_timeout; /* ms */
        int32_t reboot_timeout;    /* ms; -1: never */
        DomainFirmware firmware;
        DomainLoaderType loader_type;
        Tristate loader_readonly;
        Tristate loader_secure;
        Tristate loader_stateless;
        Tristate bootmenu;
        Tristate bios_useserial;
        DomainSmbiosMode smbios;
        const char *type;    /* "hvm" */
        const char *arch;    /* "x86_64" */
        const char *machine; /* "pc-q35-7.2" */
        const char *loader;
        const char *loader_format;
        const char *nvram;
        const char *nvram_template;
        const char *nvram_template_format;
        const char *nvram_format;
        const char *kernel;
        const char *initrd;
        const char *cmdline;
        const char *dtb;
        const char *shim;
        DEF_LIST(DomainBoot) boot;
} DomainOs;

/* <features> */
typedef struct DomainFeatures {
        DefSet set;
        DefRaw *raw;
        bool acpi;
        bool apic;
        bool pae;
        Tristate apic_eoi;
        Tristate hap;
        Tristate pmu;
        Tristate vmport;
        Tristate pvspinlock;
        Tristate smm;
        Tristate vmcoreinfo;
} DomainFeatures;

/* <cpu> */
typedef struct DomainCpuFeature {
        DefSet set;
        DomainCpuPolicy policy;
        const char *name;
} DomainCpuFeature;

typedef struct DomainCpu {
        DefSet set;
        DefRaw *raw;
        uint32_t sockets;
        uint32_t dies;
        uint32_t clusters;
        uint32_t cores;
        uint32_t threads;
        DomainCpuMode mode;
        DomainCpuMatch match;
        DomainCpuCheck check;
        DomainCpuFallback fallback;
        Tristate migratable;
        const char *model;
        const char *vendor_id;
        const char *vendor;
        DEF_LIST(DomainCpuFeature) features;
} DomainCpu;

/* <clock> */
typedef struct DomainTimer {
        DefSet set;
        DefRaw *raw;
        uint64_t frequency; /* Hz */
        DomainTimerName name;
        DomainTimerTrack track;
        DomainTickPolicy tickpolicy;
        Tristate present;
        const char *mode;
} DomainTimer;

typedef struct DomainClock {
        DefSet set;
        DefRaw *raw;
        int64_t start; /* seconds since 1970, for "absolute" */
        DomainClockOffset offset;
        const char *adjustment; /* "reset" or seconds */
        const char *basis;      /* "utc", "localtime" */
        const char *timezone;
        DEF_LIST(DomainTimer) timers;
} DomainClock;

/* <qemu:commandline>: pass-through arguments. */
typedef struct DomainQemuArg {
        DefSet set;
        const char *value;
} DomainQemuArg;

typedef struct DomainQemuEnv {
        DefSet set;
        const char *name;
        const char *value;
} DomainQemuEnv;

typedef struct DomainDef {
        DefSet set;
        DefRaw *raw;
        Arena *arena;
        uint32_t id; /* live */
        uint32_t vcpus;         /* maximum */
        uint32_t vcpus_current; /* at start; not given: all of them */
        uint32_t iothreads;
        uint32_t max_memory_slots;
        uint64_t max_memory;     /* KiB */
        uint64_t memory;         /* KiB */
        uint64_t current_memory; /* KiB */
        DomainVirtType type;
        Tristate dump_core;
        DomainVcpuPlacement vcpu_placement;
        DomainLifecycle on_poweroff;
        DomainLifecycle on_reboot;
        DomainLifecycle on_crash;
        Tristate suspend_to_mem;
        Tristate suspend_to_disk;
        bool genid_given; /* <genid/> without text: to be generated */

        const char *name;
        const char *uuid;  /* lower case with hyphens */
        const char *genid; /* likewise */
        const char *title;
        const char *description;
        const char *metadata; /* <metadata>…</metadata>, byte for byte */
        const char *vcpu_cpuset;
        const char *partition; /* <resource> */
        const char *emulator;

        DomainOs os;
        DomainFeatures features;
        DomainCpu *cpu;
        DomainClock *clock;

        DomainBlkioTune *blkio_tune;
        DomainMemTune *mem_tune;
        DEF_LIST(DomainVcpu) vcpu_items;
        DEF_LIST(DomainIoThread) iothread_items; /* ids that are given; see domain_iothread_find() */
        DomainDefaultIoThread *default_iothread;
        DEF_LIST(DomainIoTune) throttle_groups;
        DomainCpuTune *cpu_tune;
        DomainNumaTune *numa_tune;
        DEF_LIST(DomainPerfEvent) perf_events;

        DEF_LIST(DomainDisk) disks;
        DEF_LIST(DomainController) controllers;
        DEF_LIST(DomainInterface) interfaces;
        DEF_LIST(DomainChardev) serials;
        DEF_LIST(DomainChardev) parallels;
        DEF_LIST(DomainChardev) consoles;
        DEF_LIST(DomainChardev) channels;
        DEF_LIST(DomainInput) inputs;
        DEF_LIST(DomainGraphics) graphics;
        DEF_LIST(DomainSound) sounds;
        DEF_LIST(DomainAudio) audios;
        DEF_LIST(DomainVideo) videos;
        DEF_LIST(DomainHub) hubs;
        DEF_LIST(DomainWatchdog) watchdogs;
        DomainMemballoon *memballoon;
        DEF_LIST(DomainRng) rngs;
        DEF_LIST(DomainPanic) panics;

        DEF_LIST(DomainQemuArg) qemu_args;
        DEF_LIST(DomainQemuEnv) qemu_env;
} DomainDef;

typedef enum DomainDefParseFlags {
        DOMAIN_DEF_PARSE_VALIDATE = 1 << 0, /* what the format does not know is an error */
        DOMAIN_DEF_PARSE_LIVE = 1 << 1,     /* facts of a running machine (id, aliases) are not skipped */
        DOMAIN_DEF_PARSE_STORED = 1 << 2,   /* written by domain_def_format(): may be larger than what is accepted */
} DomainDefParseFlags;

/* The first four have the values of virDomainXMLFlags. */
typedef enum DomainDefFormatFlags {
        DOMAIN_DEF_FORMAT_SECURE = 1 << 0,     /* with passwords */
        DOMAIN_DEF_FORMAT_INACTIVE = 1 << 1,   /* without facts of a running machine */
        DOMAIN_DEF_FORMAT_UPDATE_CPU = 1 << 2, /* the driver's matter, no difference here */
        DOMAIN_DEF_FORMAT_MIGRATABLE = 1 << 3, /* without what an older host would not know */
        DOMAIN_DEF_FORMAT_STATUS = 1 << 16,    /* for our own state files: all facts of a running machine */
} DomainDefFormatFlags;

/*
 * Reads a definition of size bytes (not necessarily NUL-terminated). ERROR_XML_DETAIL when it is no XML,
 * ERROR_XML_ERROR when it is no domain, ERROR_LIMITS_EXCEEDED, ERROR_XML_INVALID_SCHEMA under VALIDATE,
 * ERROR_CONFIG_UNSUPPORTED when rules are broken: the text has the XPath and the line of the first.
 * diagnostics, which may be NULL, has all of them and what was left out. No default is filled in: that is
 * domain_def_normalize(). *ret is sealed.
 */
int domain_def_parse(const char *xml, size_t size, DomainDefParseFlags flags, Diagnostics *diagnostics,
                     DomainDef **ret, Error *error);

DomainDef *domain_def_ref(const DomainDef *def);
/* Accepts NULL, returns NULL. */
DomainDef *domain_def_unref(DomainDef *def);
DEFINE_TRIVIAL_CLEANUP(DomainDef *, domain_def_unref)

/* libvirt's form: two blanks per level, single quotes. Free with g_free(). */
char *domain_def_format(const DomainDef *def, DomainDefFormatFlags flags);
/* For a definition within another one: from '<' to the line break, so many levels deep, as the element "root". */
char *domain_def_format_nested(const DomainDef *def, DomainDefFormatFlags flags, const char *root,
                               unsigned indent);

/*
 * Editing: domain_def_copy() gives a definition that may be changed by its only owner, with strings from
 * domain_def_strdup() and structs from domain_def_new(); domain_def_seal() checks it like a parsed one and
 * makes it immutable. Until then do not share it.
 */
DomainDef *domain_def_copy(const DomainDef *def);
const char *domain_def_strdup(DomainDef *def, const char *s);
const char *domain_def_printf(DomainDef *def, const char *format, ...) _printf_(2, 3);
#define domain_def_new(def, type) arena_new0((def)->arena, type)
/* domain_def_append(def, &def->disks, disk) */
#define domain_def_append(def, list, item) def_append((def)->arena, list, item)
int domain_def_seal(DomainDef *def, Diagnostics *diagnostics, Error *error);

/* What normalisation has to ask of a driver. Any function may be NULL. */
typedef struct DomainDefHost {
        void *userdata;
        const char *arch; /* for a definition that names none; NULL: the machine's own */
        /*
         * Each returns a string that lives as long as the call of domain_def_normalize(), or NULL: none
         * known.
         */
        const char *(*emulator)(void *userdata, DomainVirtType type, const char *arch);
        const char *(*default_machine)(void *userdata, const char *emulator, const char *arch);
        const char *(*expand_machine)(void *userdata, const char *emulator, const char *machine);
        /* The CPU model of a definition that names none; "host" and "max" are modes. NULL: left open. */
        const char *(*default_cpu)(void *userdata, DomainVirtType type, const char *emulator,
                                   const char *arch, const char *machine);
        /* Random bytes for UUIDs and MAC addresses; NULL: the kernel's. Tests give their own. */
        void (*random)(void *userdata, uint8_t *bytes, size_t n);
} DomainDefHost;

/*
 * Fills in what libvirt fills in when a domain is defined: UUID, memory, MAC addresses, machine type,
 * implicit controllers and devices, drive, PCI and other addresses. The result is sealed; normalising it
 * again changes nothing. ERROR_CONFIG_UNSUPPORTED or ERROR_XML_ERROR when devices do not fit.
 */
int domain_def_normalize(const DomainDef *def, const DomainDefHost *host, DomainDef **ret, Error *error);

/*
 * Gives each device its alias ("virtio-disk0", "net0") that has none, for a definition about to run; def is
 * not sealed.
 */
void domain_def_assign_aliases(DomainDef *def);

/* The same in every field; comparing what a guest can see is enough for "guest". NULL equals NULL only. */
bool domain_def_equal(const DomainDef *a, const DomainDef *b);
/*
 * Whether a guest that runs on a would notice being on b (virDomainDefCheckABIStability).
 * ERROR_CONFIG_UNSUPPORTED names the first difference.
 */
int domain_def_check_abi(const DomainDef *a, const DomainDef *b, Error *error);

/*
 * The first element that was kept but not understood and that changes the machine: a driver refuses to start
 * with it, "unsupported configuration: …". *ret_path, which may be NULL, is the caller's. Returns whether
 * there is one.
 */
bool domain_def_first_raw(const DomainDef *def, char **ret_path);

/* A definition in its idle form, secrets included. Free with g_free(). */
typedef struct PackedText DomainPacked;

DomainPacked *domain_def_pack(const DomainDef *def);
/*
 * For a start with thousands of them: takes text that DOMAIN_DEF_PARSE_STORED reads as it stands, in whatever format, which
 * makes it larger and slower to read than domain_def_pack() does.
 */
DomainPacked *domain_def_keep(const char *text, size_t size);
DomainDef *domain_def_unpack(const DomainPacked *packed);
/* Its XML for DOMAIN_DEF_FORMAT_INACTIVE, without passwords. Free with g_free(). */
char *domain_packed_format(const DomainPacked *packed);

/* The format as a table in Markdown. Free with g_free(). */
char *domain_def_document(void);
