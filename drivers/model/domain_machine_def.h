/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a machine is: <os>, <features>, <cpu>, <clock>. def.h has the conventions. */

#include "drivers/model/domain_disk_def.h"

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

/* <os>; enum values for the list of boot devices are in items[i]->device. */
typedef struct DomainInitArg {
        DefSet set;
        const char *value;
} DomainInitArg;

typedef struct DomainInitEnv {
        DefSet set;
        const char *name;
        const char *value;
} DomainInitEnv;

/* How containers start. */
typedef struct DomainInit {
        DefSet set;
        const char *init;
        DEF_LIST(DomainInitArg) args;
        DEF_LIST(DomainInitEnv) env;
        const char *dir;
        const char *user;
        const char *group;
} DomainInit;

/* What firmware that is chosen must have, or not: "secure-boot", "enrolled-keys". */
typedef struct DomainFirmwareFeature {
        DefSet set;
        Tristate enabled;
        const char *name;
} DomainFirmwareFeature;

typedef struct DomainAcpiTable {
        DefSet set;
        const char *type; /* "slic", "msdm", "raw", "rawset" */
        const char *path;
} DomainAcpiTable;

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
        const char *root;
        DomainInit *init; /* containers */
        DomainStorage *nvram_source; /* where the variables are, unless in the file "nvram" */
        const char *varstore; /* template and path of JSON variables */
        const char *varstore_template;
        DEF_LIST(DomainFirmwareFeature) firmware_features;
        DEF_LIST(DomainAcpiTable) acpi_tables;
        DEF_LIST(DomainBoot) boot;
} DomainOs;

/* <features> */

/* Enlightenments: what a guest may use of Hyper-V's interface. */
typedef struct DomainHyperv {
        DefSet set;
        uint32_t spinlock_retries;
        Tristate relaxed;
        Tristate vapic;
        Tristate spinlocks;
        Tristate vpindex;
        Tristate runtime;
        Tristate synic;
        Tristate stimer;
        Tristate stimer_direct;
        Tristate reset;
        Tristate vendor_id_state;
        Tristate frequencies;
        Tristate reenlightenment;
        Tristate tlbflush;
        Tristate tlbflush_direct;
        Tristate tlbflush_extended;
        Tristate ipi;
        Tristate evmcs;
        Tristate avic;
        Tristate emsr_bitmap;
        Tristate xmm_input;
        const char *mode; /* "custom", "passthrough" */
        const char *vendor_id;
} DomainHyperv;

typedef struct DomainKvm {
        DefSet set;
        uint32_t dirty_ring_size;
        Tristate hidden;
        Tristate hint_dedicated;
        Tristate poll_control;
        Tristate pv_ipi;
        Tristate dirty_ring;
} DomainKvm;

typedef struct DomainXen {
        DefSet set;
        Tristate e820_host;
        Tristate passthrough;
        const char *passthrough_mode; /* "sync_pt", "share_pt" */
} DomainXen;

typedef struct DomainFeatures {
        DefSet set;
        DefRaw *raw;
        uint64_t tseg;     /* MiB */
        uint64_t hpt_maxpagesize; /* KiB */
        uint64_t tb_cache; /* KiB; tcg */
        bool acpi;
        bool apic;
        bool pae;
        bool viridian;
        bool privnet;
        bool gic;
        Tristate apic_eoi;
        Tristate hap;
        Tristate pmu;
        Tristate vmport;
        Tristate pvspinlock;
        Tristate smm;
        Tristate vmcoreinfo;
        Tristate htm;       /* ppc64, here to ccf_assist */
        Tristate nested_hv;
        Tristate ccf_assist;
        Tristate async_teardown; /* s390 */
        Tristate ras;       /* arm */
        Tristate ps2;
        const char *gic_version; /* "2", "3", "host" */
        const char *ioapic; /* "kvm", "qemu" */
        const char *hpt;    /* "enabled", "disabled", "required" */
        const char *msrs_unknown; /* "ignore", "fault" */
        const char *cfpc;   /* ppc64: "broken", "workaround", "fixed" */
        const char *sbbc;
        const char *ibs;
        const char *aia;    /* riscv: "none", "aplic", "aplic-imsic" */
        DomainHyperv *hyperv;
        DomainKvm *kvm;
        DomainXen *xen;
} DomainFeatures;

/* <cpu> */
typedef struct DomainCpuFeature {
        DefSet set;
        DomainCpuPolicy policy;
        const char *name;
} DomainCpuFeature;

typedef struct DomainNumaSibling {
        DefSet set;
        uint32_t id;
        uint32_t value; /* distance: 10 is here */
} DomainNumaSibling;

typedef struct DomainNumaCache {
        DefSet set;
        uint32_t level;
        uint64_t size; /* KiB */
        uint64_t line; /* bytes */
        const char *associativity; /* "none", "direct", "full" */
        const char *policy;        /* "none", "writeback", "writethrough" */
} DomainNumaCache;

/* A node of the guest's memory. */
typedef struct DomainNumaCell {
        DefSet set;
        uint32_t id;
        uint64_t memory; /* KiB */
        Tristate discard;
        const char *cpus;
        const char *access; /* "shared", "private" */
        DEF_LIST(DomainNumaSibling) distances;
        DEF_LIST(DomainNumaCache) caches;
} DomainNumaCell;

/* <latency> (ns) or <bandwidth> (KiB/s) between nodes. */
typedef struct DomainInterconnect {
        DefSet set;
        uint32_t initiator;
        uint32_t target;
        uint32_t cache; /* level */
        uint64_t value;
        const char *type; /* "access", "read", "write" */
} DomainInterconnect;

typedef struct DomainCpu {
        DefSet set;
        DefRaw *raw;
        uint32_t cache_level;
        uint32_t physical_address_bits;
        uint32_t physical_address_limit;
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
        Tristate deprecated_features;
        const char *model;
        const char *vendor_id;
        const char *vendor;
        const char *cache; /* "emulate", "passthrough", "disable" */
        const char *physical_address; /* "emulate", "passthrough" */
        DEF_LIST(DomainCpuFeature) features;
        DEF_LIST(DomainNumaCell) cells;
        DEF_LIST(DomainInterconnect) latencies;
        DEF_LIST(DomainInterconnect) bandwidths;
} DomainCpu;

/* <clock> */
typedef struct DomainTimer {
        DefSet set;
        DefRaw *raw;
        uint64_t frequency; /* Hz */
        uint64_t catchup_threshold; /* ns, like all of catchup */
        uint64_t catchup_slew;
        uint64_t catchup_limit;
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
