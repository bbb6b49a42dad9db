/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The definition of a domain: libvirt's <domain> format (11.3). What is a field here is understood; the rest
 * of the format is kept as text, printed in its place and found by domain_def_first_raw(). def.h has the
 * conventions.
 */

#include "drivers/model/domain_machine_def.h"
#include "drivers/model/domain_guest_def.h"

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

/* What happens when the lock manager loses a lease. */
typedef enum DomainLockFailure {
        DOMAIN_LOCK_FAILURE_POWEROFF = 1,
        DOMAIN_LOCK_FAILURE_RESTART,
        DOMAIN_LOCK_FAILURE_PAUSE,
        DOMAIN_LOCK_FAILURE_IGNORE,
        _DOMAIN_LOCK_FAILURE_MAX,
} DomainLockFailure;
DECLARE_WORDS(domain_lock_failure, DomainLockFailure, _DOMAIN_LOCK_FAILURE_MAX);

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
        DomainLockFailure on_lockfailure;

        const char *name;
        const char *uuid;  /* lower case with hyphens */
        const char *hwuuid; /* what the guest sees when that is another one */
        const char *genid; /* likewise */
        const char *title;
        const char *description;
        const char *metadata; /* <metadata>…</metadata>, byte for byte */
        const char *vcpu_cpuset;
        const char *partition; /* <resource> */
        const char *appid;     /* likewise, of Fibre Channel */
        const char *bootloader;
        const char *bootloader_args;
        const char *emulator;

        DomainOs os;
        DomainFeatures features;
        DomainCpu *cpu;
        DomainClock *clock;
        DomainMemoryBacking *memory_backing;
        DomainIdMap *idmap;
        DomainLaunchSecurity *launch_security;
        DEF_LIST(DomainSysinfo) sysinfo;
        DEF_LIST(DomainSeclabel) seclabels;
        DEF_LIST(DomainKeywrapCipher) keywrap;

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
        DEF_LIST(DomainLease) leases;
        DEF_LIST(DomainFs) filesystems;
        DEF_LIST(DomainSmartcard) smartcards;
        DEF_LIST(DomainTpm) tpms;
        DEF_LIST(DomainHostdev) hostdevs;
        DEF_LIST(DomainRedirdev) redirdevs;
        DomainRedirfilter *redirfilter;
        DomainNvram *nvram;
        DEF_LIST(DomainShmem) shmems;
        DEF_LIST(DomainMemoryDevice) memories;
        DEF_LIST(DomainCrypto) cryptos;
        DEF_LIST(DomainIommu) iommus;
        DomainVsock *vsock;
        DomainPstore *pstore;

        DEF_LIST(DomainQemuArg) qemu_args;
        DEF_LIST(DomainQemuEnv) qemu_env;
        DomainQemuCapabilities *qemu_capabilities;
        DEF_LIST(DomainQemuOverride) qemu_overrides;
        const char *qemu_deprecation; /* "none", "omit", "reject", "crash" */
} DomainDef;

typedef enum DomainDefParseFlags { /* the values of DefinitionParseFlags */
        DOMAIN_DEF_PARSE_VALIDATE = 1 << 0, /* what the format does not know is an error */
        DOMAIN_DEF_PARSE_LIVE = 1 << 1,     /* facts of a running machine (id, aliases) are not skipped */
        DOMAIN_DEF_PARSE_STORED = 1 << 2,   /* our own text: larger, and need not obey rules that have come since */
} DomainDefParseFlags;

/* The first four have the values of virDomainXMLFlags. */
typedef enum DomainDefFormatFlags {
        DOMAIN_DEF_FORMAT_SECURE = 1 << 0,     /* with passwords */
        DOMAIN_DEF_FORMAT_INACTIVE = 1 << 1,   /* without facts of a running machine */
        DOMAIN_DEF_FORMAT_UPDATE_CPU = 1 << 2, /* these two make another definition, see domain_portable.h: */
        DOMAIN_DEF_FORMAT_MIGRATABLE = 1 << 3, /* there is no difference here */
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

/* What a job writes to beside the disk, in a live definition that is not sealed: <mirror>; NULL: nothing. */
void domain_disk_set_mirror(DomainDef *def, DomainDisk *disk, const char *xml);

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
/* A sealed copy of another name. */
int domain_def_rename(const DomainDef *def, const char *name, DomainDef **ret, Error *error);

typedef struct Firmwares Firmwares; /* firmware.h */

/* What normalisation has to ask of a driver. Any function may be NULL. */
typedef struct DomainDefHost {
        void *userdata;
        const char *arch; /* for a definition that names none; NULL: the machine's own */
        /*
         * A definition that was accepted before: what the guest sees of memory and USB stays as it says, which
         * for a new one is completed. Firmware that cannot be had is no error then.
         */
        bool keep_abi;
        /* What firmware is chosen from, NULL: none is; and the directory of variable stores that are not placed. */
        const Firmwares *firmwares;
        const char *nvram_dir;
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
 * again changes nothing. ERROR_CONFIG_UNSUPPORTED or ERROR_XML_ERROR when devices do not fit, ERROR_OPERATION_FAILED
 * when there is no such firmware.
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

/*
 * The first thing given whose place matches one of the patterns, which end with NULL: for a driver that cannot
 * do all that the format says. "/domain/devices/disk/source/slices", "*driver?@packed"; places have no
 * numbers there. *ret_path, which may be NULL, is the caller's.
 */
bool domain_def_first_of(const DomainDef *def, const char *const *patterns, char **ret_path);

/* A definition in its idle form, secrets included. Free with g_free(). */
typedef struct PackedText DomainPacked;

DomainPacked *domain_def_pack(const DomainDef *def);
/*
 * For a start with thousands of them: takes text that DOMAIN_DEF_PARSE_STORED reads as it stands, in whatever format,
 * which makes it larger and slower to read than domain_def_pack() does.
 */
DomainPacked *domain_def_keep(const char *text, size_t size);
DomainDef *domain_def_unpack(const DomainPacked *packed);
/* Its XML for DOMAIN_DEF_FORMAT_INACTIVE, without passwords. Free with g_free(). */
char *domain_packed_format(const DomainPacked *packed);

/* The format as a table in Markdown. Free with g_free(). */
char *domain_def_document(void);
