/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libvirt's <capabilities> and <domainCapabilities> documents (formatcaps.html, formatdomaincaps.html). */

#include "drivers/qemu/qemu_caps.h"

typedef struct QemuHostCpu {
        char *arch;    /* uname's machine */
        char *vendor;  /* libvirt's word: "Intel", "AMD", …; may be NULL */
        char *model;   /* what the processor calls itself; may be NULL */
        unsigned cpus;   /* online */
        unsigned sockets, dies, cores, threads; /* of one: sockets per host, dies per socket, … */
} QemuHostCpu;

typedef struct QemuHostCell {
        unsigned id;
        uint64_t memory_kib;
        unsigned *cpus;
        size_t n_cpus;
} QemuHostCell;

/* The machine we run on, as sysfs and procfs describe it. */
typedef struct QemuHost {
        char uuid[37];
        QemuHostCpu cpu;
        QemuHostCell *cells;
        size_t n_cells;
        uint64_t memory_kib;
        bool iommu;
        bool suspend_mem, suspend_disk, suspend_hybrid;
        bool kvm;
} QemuHost;

/*
 * Reads the host's facts beneath root ("/" but in tests); blocks on sysfs, so run it on a worker. The UUID
 * is that of the firmware (product_uuid) or, where it cannot be read, derived from the machine id.
 */
int qemu_host_read(const char *root, QemuHost **ret, Error *error);
QemuHost *qemu_host_free(QemuHost *host);
DEFINE_TRIVIAL_CLEANUP(QemuHost *, qemu_host_free)

/* caps are the emulators that can be used. Free with g_free(). */
char *qemu_capabilities_xml(const QemuHost *host, QemuCaps *const *caps, size_t n_caps);

/*
 * What a domain of this machine (NULL: the default), architecture (NULL: the emulator's) and type ("kvm",
 * "qemu"; NULL: kvm if it can be had) may have. ERROR_INVALID_ARG for what the emulator does not know. *ret
 * is the caller's.
 */
int qemu_domain_capabilities_xml(const QemuHost *host, const QemuCaps *caps, const char *arch,
                                 const char *machine, const char *type, char **ret, Error *error);
