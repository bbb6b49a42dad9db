/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What an emulator binary can do: asked of the binary itself over its monitor, when first needed, as an
 * unprivileged user in a sandbox. The answer is an immutable value, kept in memory and in a file beside
 * path, size and times of the binary.
 */

#include "drivers/model/cpu_features.h"
#include "service/base/process.h"
#include "service/base/worker.h"

typedef struct QemuCaps QemuCaps;
typedef struct QemuCapsCache QemuCapsCache;
typedef struct QemuCapsRequest QemuCapsRequest;

typedef struct QemuMachine {
        const char *name;
        const char *alias; /* "q35" of "pc-q35-7.2", or NULL */
        const char *default_cpu; /* QOM type, or NULL */
        const char *default_ram_id; /* or NULL */
        uint32_t cpu_max;
        bool is_default;
        bool hotpluggable_cpus;
        bool numa_memory;
        bool deprecated;
        bool acpi;
} QemuMachine;

typedef enum QemuUsable {
        QEMU_USABLE_UNKNOWN, /* QEMU does not tell, as for "host" under another accelerator */
        QEMU_USABLE_YES,
        QEMU_USABLE_NO,
} QemuUsable;

typedef struct QemuCpu {
        const char *name;
        const char *type; /* QOM type */
        QemuUsable usable; /* on this host with the accelerator of the probe */
        bool deprecated;
        CpuFeatures blockers; /* what guests lack of it there, as far as libvirt has a word for it */
} QemuCpu;

/*
 * What cannot be told from a command, event, device or object having a name. Words: see
 * qemu_feature_to_string().
 */
typedef enum QemuFeature {
        QEMU_FEATURE_DEVICE_JSON,          /* -device '{…}' */
        QEMU_FEATURE_DEVICE_JSON_HOTPLUG,  /* … and such devices can be unplugged */
        QEMU_FEATURE_NETDEV_JSON,          /* -netdev '{…}' */
        QEMU_FEATURE_NETDEV_STREAM,        /* netdev type stream (passt) */
        QEMU_FEATURE_NETDEV_STREAM_RECONNECT,
        QEMU_FEATURE_NETDEV_VHOST_VDPA,
        QEMU_FEATURE_CHARDEV_VDAGENT,
        QEMU_FEATURE_CHARDEV_DBUS,
        QEMU_FEATURE_BLOCKDEV_BACKING_MASK, /* block-commit with backing-mask-protocol */
        QEMU_FEATURE_BLOCKDEV_IO_URING,
        QEMU_FEATURE_BLOCKDEV_SNAPSHOT_ALLOW_WRITE_ONLY, /* overlay may lack a file when it is write-only */
        QEMU_FEATURE_MIGRATION_MULTIFD,
        QEMU_FEATURE_MIGRATION_ZEROCOPY,
        QEMU_FEATURE_MIGRATION_FILE,       /* migrate to file:… */
        QEMU_FEATURE_SAVEVM_QMP,           /* snapshot-save */
        QEMU_FEATURE_DISPLAY_DBUS,
        QEMU_FEATURE_DISPLAY_SDL,
        QEMU_FEATURE_DISPLAY_EGL_HEADLESS,
        QEMU_FEATURE_AUDIO_ALSA,           /* -audiodev of that kind: some are modules in packages of their own */
        QEMU_FEATURE_AUDIO_DBUS,
        QEMU_FEATURE_AUDIO_JACK,
        QEMU_FEATURE_AUDIO_OSS,
        QEMU_FEATURE_AUDIO_PIPEWIRE,
        QEMU_FEATURE_AUDIO_PULSEAUDIO,
        QEMU_FEATURE_AUDIO_SDL,
        QEMU_FEATURE_AUDIO_SPICE,
        QEMU_FEATURE_DISPLAY_RELOAD,       /* display-reload of TLS certificates */
        QEMU_FEATURE_SPICE,
        QEMU_FEATURE_VNC,
        QEMU_FEATURE_SANDBOX,              /* -sandbox on,… */
        QEMU_FEATURE_RUN_WITH_ASYNC_TEARDOWN,
        QEMU_FEATURE_FW_CFG,
        QEMU_FEATURE_SMBIOS,
        QEMU_FEATURE_MEMORY_BACKEND_RESERVE, /* memory-backend-*,reserve= */
        QEMU_FEATURE_ISCSI_BLOCKDEV,
        QEMU_FEATURE_RBD_BLOCKDEV,
        QEMU_FEATURE_NFS_BLOCKDEV,
        QEMU_FEATURE_NVME_BLOCKDEV,
        QEMU_FEATURE_SSH_BLOCKDEV,
        QEMU_FEATURE_CURL_BLOCKDEV,        /* http, https, ftp, ftps */
        QEMU_FEATURE_GLUSTER_BLOCKDEV,
        _QEMU_FEATURE_MAX,
} QemuFeature;
DECLARE_STRING_TABLE(qemu_feature, QemuFeature);

QemuCaps *qemu_caps_ref(QemuCaps *caps);
/* Any thread. Accepts NULL, returns NULL. */
QemuCaps *qemu_caps_unref(QemuCaps *caps);
DEFINE_TRIVIAL_CLEANUP(QemuCaps *, qemu_caps_unref)

/* All of these live as long as the value. */
const char *qemu_caps_binary(const QemuCaps *caps);
const char *qemu_caps_arch(const QemuCaps *caps); /* libvirt's word: "x86_64", "aarch64", "ppc64", … */
uint32_t qemu_caps_version(const QemuCaps *caps); /* 7002022 is 7.2.22 */
bool qemu_caps_kvm(const QemuCaps *caps); /* the unprivileged user could use KVM at the time of the probe */

const QemuMachine *qemu_caps_machines(const QemuCaps *caps, size_t *ret_n);
/* By name or alias; NULL name: the default machine. NULL when there is none. */
const QemuMachine *qemu_caps_machine(const QemuCaps *caps, const char *name);
const QemuCpu *qemu_caps_cpus(const QemuCaps *caps, size_t *ret_n);
const QemuCpu *qemu_caps_cpu(const QemuCaps *caps, const char *name);
/*
 * What the best processor of a guest can do and whose it is, with KVM or without it, as QEMU's
 * query-cpu-model-expansion says; nothing when the emulator does not say, or has no such guests here.
 */
const CpuFeatures *qemu_caps_cpu_features(const QemuCaps *caps, bool kvm);
/* All that the emulator has a switch for, whether or not a guest can have it here. */
const CpuFeatures *qemu_caps_cpu_switches(const QemuCaps *caps);

bool qemu_caps_has_device(const QemuCaps *caps, const char *device);   /* "virtio-net-pci" */
bool qemu_caps_has_object(const QemuCaps *caps, const char *object);   /* "memory-backend-memfd" */
bool qemu_caps_has_command(const QemuCaps *caps, const char *command); /* "blockdev-reopen" */
bool qemu_caps_has_event(const QemuCaps *caps, const char *event);     /* "MEMORY_FAILURE" */
bool qemu_caps_has_option(const QemuCaps *caps, const char *option);   /* "sandbox" of -sandbox */
bool qemu_caps_has(const QemuCaps *caps, QemuFeature feature);

/* One of one's own, to be changed before it is shared. */
QemuCaps *qemu_caps_copy(QemuCaps *caps);
/*
 * Whether the device, object, command, option or feature counts as there; features by libvirt's words, too. False: it
 * is none that we know.
 */
bool qemu_caps_set(QemuCaps *caps, const char *name, bool there);

/*
 * From the file form, a JSON object (read_*() in qemu_caps.c name its members). Everything is checked, as
 * somebody may have written the file; tests write their own.
 */
int qemu_caps_parse(const char *text, size_t size, QemuCaps **ret, Error *error);

/* Everything is copied. */
typedef struct QemuCapsConfig {
        /* Shell patterns of emulators that may be run, in order of preference; NULL: the usual places. */
        const char *const *emulators;
        const char *cache_dir; /* created with mode 0700; NULL: no files */
        const char *kvm_path;  /* NULL: /dev/kvm */
        /* Shell patterns of directories of QEMU's modules: what changes there is noticed; NULL: the usual places. */
        const char *const *modules;
        uid_t uid;             /* who runs probes; 0: who we are */
        gid_t gid;
        const gid_t *groups;   /* such as kvm */
        size_t n_groups;
        uint64_t timeout_usec; /* of a probe; 0: 30 s */
} QemuCapsConfig;

int qemu_caps_cache_new(sd_event *event, Launcher *launcher, WorkerPool *workers,
                        const QemuCapsConfig *config, QemuCapsCache **ret, Error *error);
/* Drops requests that are under way without calling them. */
QemuCapsCache *qemu_caps_cache_free(QemuCapsCache *cache);
DEFINE_TRIVIAL_CLEANUP(QemuCapsCache *, qemu_caps_cache_free)

/*
 * Whether this path may ever be executed: absolute, without "..", and matching a pattern. Every use of a
 * path that came from a caller or a definition goes through here.
 */
bool qemu_caps_binary_allowed(const QemuCapsCache *cache, const char *path);

/* caps is borrowed and NULL exactly when error is set; error is the caller's for the time of the call. */
typedef void (*QemuCapsDone)(void *userdata, QemuCaps *caps, Error *error);

/*
 * Capabilities of a binary. Requests for the same one share a probe. done is called once unless cancelled
 * and never from within this call; the request is valid until then. ERROR_INVALID_ARG for a path that is not
 * allowed; a failed probe is ERROR_OPERATION_FAILED with the end of QEMU's stderr, and is tried again by the
 * next request.
 */
QemuCapsRequest *qemu_caps_get(QemuCapsCache *cache, const char *binary, QemuCapsDone done, void *userdata);
/* Accepts NULL, returns NULL. */
QemuCapsRequest *qemu_caps_cancel(QemuCapsRequest *request);

/*
 * Reads what an earlier life has kept of the binary, if that is still the same, for qemu_caps_peek(): two small
 * files are touched. Nothing when there is nothing.
 */
void qemu_caps_load(QemuCapsCache *cache, const char *binary);

/*
 * What the last request for the binary found, without looking whether it changed since; NULL when none did.
 */
QemuCaps *qemu_caps_peek(const QemuCapsCache *cache, const char *binary);

/*
 * Of all installed emulators; those that cannot be probed are left out and logged. The array ends with NULL
 * and is borrowed for the call; its order is that of preference.
 */
typedef void (*QemuCapsAllDone)(void *userdata, QemuCaps *const *caps, size_t n);
QemuCapsRequest *qemu_caps_get_all(QemuCapsCache *cache, QemuCapsAllDone done, void *userdata);

/*
 * The emulator that an omitted <emulator> means for the architecture ("x86_64"): the first installed one of
 * the patterns. Free with g_free(); NULL when none is installed.
 */
char *qemu_caps_default_binary(const QemuCapsCache *cache, const char *arch);

/*
 * Whether we can open KVM's device. *ret_reason, which may be NULL, is set when not: missing, no permission
 * or the kernel's refusal. Free with g_free().
 */
bool qemu_kvm_available(const char *path, char **ret_reason);
