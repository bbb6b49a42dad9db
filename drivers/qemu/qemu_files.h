/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The files of a machine, opened by the daemon, as QEMU's user may open none of them. Opening blocks, so it
 * runs on a worker, with a reference to the definition. Images go to QEMU as fd sets ("/dev/fdset/N"),
 * kernels as "/proc/self/fd/N" (the file itself where QEMU's user may read it, else a sealed copy in
 * memory), sockets as descriptors.
 */

#include "drivers/model/domain_def.h"
#include "drivers/qemu/qemu_program.h"
#include "service/base/worker.h"

#include <sys/types.h>

/* Layers of one disk. */
#define QEMU_CHAIN_MAX 16

typedef enum QemuFileKind {
        QEMU_FILE_SET,  /* -add-fd: used as /dev/fdset/N */
        QEMU_FILE_PATH, /* used as /proc/self/fd/N; may be a directory */
        QEMU_FILE_FD,   /* used by number: a unix socket */
        QEMU_FILE_SHOWN, /* used by its path, for people: it has not been opened */
} QemuFileKind;

/* One descriptor that QEMU inherits. */
typedef struct QemuFile {
        QemuFileKind kind;
        char *id;   /* what it is for: "virtio-disk0-file", "kernel", "charserial0", "charserial0-log" */
        char *path; /* where it came from, for people */
        int fd;
} QemuFile;

/* One layer of a disk: a protocol node on a file or a server and, above it, a format node. */
typedef struct QemuLayer {
        char *path; /* of a layer on a server, which has not been opened, the name there */
        char *format;      /* QEMU's driver: "qcow2", "raw" */
        char *file_node;   /* "virtio-disk0-file", of the i-th layer below "virtio-disk0-b1-file" */
        char *format_node; /* "virtio-disk0-format", "virtio-disk0-b1-format" */
        bool block;        /* a block device of the host */
        bool network;      /* on a server */
        bool directory;    /* of the host, which QEMU shows as a FAT file system */
        bool writable;
        bool named;        /* by the definition, not by the image above it */
        uint64_t size;     /* bytes that the guest sees; 0 for a block device */
} QemuLayer;

/* The layers of a disk, the one that is written to first, or of the firmware ("pflash0", "pflash1"). */
typedef struct QemuChain {
        char *alias; /* of the disk: "virtio-disk0" */
        QemuLayer layers[QEMU_CHAIN_MAX];
        size_t n_layers;
} QemuChain;

/* A disk whose image is missing and may be (startupPolicy) has no chain: its drive is empty. */
typedef struct QemuFiles {
        GPtrArray *files;  /* of QemuFile */
        GPtrArray *chains; /* of QemuChain */
        GPtrArray *macvtaps; /* names of network devices that stay when their descriptors are closed */
        GPtrArray *errands;    /* of QemuErrand: what is to be run before QEMU */
        GPtrArray *companions; /* of QemuCompanionPlan: what is to run beside it */
        bool kept;           /* they are a machine's now: else they go with this struct */
} QemuFiles;

/* An empty one. */
QemuFiles *qemu_files_new(void);
QemuFiles *qemu_files_free(QemuFiles *files);
DEFINE_TRIVIAL_CLEANUP(QemuFiles *, qemu_files_free)

/* Borrowed, or NULL. */
const QemuFile *qemu_files_find(const QemuFiles *files, const char *id);
const QemuChain *qemu_files_chain(const QemuFiles *files, const char *alias);

/* Directories with certificates of displays, named as QEMU wants them ("ca-cert.pem", "server-key.pem"); NULL: none. */
typedef struct QemuTlsDirs {
        const char *vnc, *spice;
} QemuTlsDirs;

typedef struct QemuFilesConfig {
        uid_t uid; /* of QEMU; 0: our own */
        gid_t gid;
        const char *run_dir; /* the machine's own directory, which exists */
        const char *overlay_dir; /* for what is written to transient disks, see qemu_overlay.h; NULL: nowhere */
        GPtrArray *fd_groups;    /* qemu_fd_groups_copy(); NULL: none. As secrets */
        const char *tls_dir;     /* certificates and keys of the host; needed by machines that speak TLS */
        GPtrArray *secrets; /* qemu_secrets_collect(); NULL: none. Borrowed, or a reference of the worker's */
        /*
         * Where backing files may be that only an image names, besides the directory of the image that the
         * definition names; each with all beneath it. NULL-terminated; NULL: nowhere else. Elsewhere they
         * must be named in <backingStore>.
         */
        const char *const *image_dirs;
        QemuPrograms *programs; /* NULL: the machine needs none */
        GBytes *tpm_secret;     /* value of the secret that the TPM's state is encrypted with; NULL: there is none */
        QemuTlsDirs tls;
        const char *root; /* where a test has /sys and /dev of a host with devices; NULL: "" */
} QemuFilesConfig;

/* files is the callee's, and NULL exactly when error is set; error is the caller's for the time of the call.
 */
typedef void (*QemuFilesDone)(void *userdata, QemuFiles *files, Error *error);

/*
 * Opens everything that def names, which must be as qemu_live_prepare() left it and checked. Errors say
 * where in the definition and, when access was denied, which directory denied it. ERROR_CONFIG_UNSUPPORTED
 * for an image that is not what the definition says, or whose chain cannot be followed safely. config is
 * copied. Cancel with worker_cancel(): everything is closed then, but sockets may be left in the file
 * system.
 */
WorkerTask *qemu_files_open(WorkerPool *pool, const DomainDef *def, const QemuFilesConfig *config,
                            QemuFilesDone done, void *userdata);

/* The same in the calling thread. */
int qemu_files_open_now(const DomainDef *def, const QemuFilesConfig *config, QemuFiles **ret, Error *error);

/*
 * Removes sockets of a machine that has ended or did not start, and network interfaces of one that ran. Blocks
 * like any unlink(2).
 */
void qemu_files_clear_away(const DomainDef *def, bool ran);
