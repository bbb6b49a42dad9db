/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libvirt's <capabilities> and <domainCapabilities> documents (formatcaps.html, formatdomaincaps.html). */

#include "drivers/host/node.h"
#include "drivers/qemu/qemu_caps.h"
#include "drivers/qemu/qemu_firmware.h"

typedef struct QemuHostThread {
        unsigned id; /* the kernel's number of the processor */
        unsigned socket, die, core;
        char *siblings; /* "0-1": the threads of its core */
} QemuHostThread;

/* So many pages of a size. */
typedef struct QemuHostPages {
        uint64_t kib;
        uint64_t n;
} QemuHostPages;

/* How far a node is, as ACPI has it: 10 is here. */
typedef struct QemuHostDistance {
        unsigned id;
        unsigned value;
} QemuHostDistance;

/* Of the last level that several processors share. */
typedef struct QemuHostCache {
        unsigned id;
        unsigned level;
        uint64_t kib;
        char *cpus; /* "0-3" */
} QemuHostCache;

/* A NUMA node. */
typedef struct QemuHostCell {
        unsigned id;
        uint64_t memory_kib;
        GArray *pages;     /* of QemuHostPages, the smallest first */
        GArray *distances; /* of QemuHostDistance, in the order of the nodes */
        QemuHostThread *threads;
        size_t n_threads;
} QemuHostCell;

/* The machine we run on, as sysfs, procfs and files describe it. */
typedef struct QemuHost {
        char uuid[37]; /* empty when there is none */
        char *arch;    /* uname's machine */
        NodeCpu cpu;   /* not of x86: nothing */
        CpuFeatures features; /* likewise */
        const char *vendor; /* of the processor in libvirt's word: "Intel", "AMD"; NULL when it has none */
        unsigned cpus; /* online */
        unsigned sockets, dies, cores, threads; /* of the host, of a socket, of a die, of a core */
        QemuHostCell *cells;
        size_t n_cells;
        GArray *caches; /* of QemuHostCache */
        Firmwares firmwares;
        bool iommu;
        bool suspend_mem, suspend_disk, suspend_hybrid;
} QemuHost;

/*
 * Reads the host's facts beneath root ("/" but in tests); blocks on files, so run it on a worker. The UUID
 * is that of the firmware (product_uuid) or, where it cannot be read, derived from the machine id.
 */
int qemu_host_read(const char *root, QemuHost **ret, Error *error);
QemuHost *qemu_host_free(QemuHost *host);
DEFINE_TRIVIAL_CLEANUP(QemuHost *, qemu_host_free)

/*
 * caps are the emulators that can be used, in order of preference; the first of each architecture counts.
 * Free with g_free().
 */
char *qemu_capabilities_xml(const QemuHost *host, QemuCaps *const *caps, size_t n_caps);

/*
 * What a domain of this machine (NULL or "": the default), architecture (likewise: the emulator's) and type
 * ("kvm", "qemu"; likewise: kvm if it can be had) may have, as far as the driver does it.
 * ERROR_INVALID_ARG for what the emulator does not know. *ret is the caller's.
 */
int qemu_domain_capabilities_xml(const QemuHost *host, const QemuCaps *caps, const char *arch,
                                 const char *machine, const char *type, char **ret, Error *error);
