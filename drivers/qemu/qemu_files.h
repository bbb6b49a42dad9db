/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The files of a machine, opened by the daemon: QEMU's user may open none of them. Opening blocks, so it runs on a
 * worker, with a reference to the definition. Images go to QEMU as fd sets ("/dev/fdset/N"), kernels as "/proc/self/fd/N"
 * (the file itself where QEMU's user may read it, else a sealed copy in memory), sockets as listening fds.
 */

#include "drivers/model/domain_def.h"
#include "service/base/worker.h"

#include <sys/types.h>

/* Layers of one image; the end of a chain is a raw image or one without backing file. */
#define QEMU_CHAIN_MAX 16

typedef enum QemuFileKind {
        QEMU_FILE_SET,    /* -add-fd: used as /dev/fdset/N */
        QEMU_FILE_PATH,   /* used as /proc/self/fd/N */
        QEMU_FILE_SOCKET, /* a listening unix socket, used by number */
} QemuFileKind;

/* One descriptor that QEMU inherits. */
typedef struct QemuFile {
        QemuFileKind kind;
        char *id;  /* what it is for: "virtio-disk0-file", "kernel", "charserial0", "charserial0-log" */
        char *path; /* where it came from, for people; for a socket the path to connect to */
        int fd;     /* owned */
        bool writable;
} QemuFile;

/* One layer of a disk: a protocol node on a file and, above it, a format node. Node names are at most 31 characters. */
typedef struct QemuLayer {
        char *path;
        char *format;      /* QEMU's driver: "qcow2", "raw" */
        char *file_node;   /* "virtio-disk0-file", of the i-th layer below "virtio-disk0-b1-file" */
        char *format_node; /* "virtio-disk0-format", "virtio-disk0-b1-format" */
        bool block;        /* a block device of the host */
        bool writable;
        uint64_t size;     /* bytes that the guest sees; 0 when not known */
} QemuLayer;

typedef struct QemuChain {
        char *alias; /* of the disk: "virtio-disk0" */
        QemuLayer *layers; /* the first is the one the guest writes to */
        size_t n_layers;
} QemuChain;

typedef struct QemuFiles {
        QemuFile *files;
        size_t n_files;
        QemuChain *chains; /* of disks that have a source, in the definition's order */
        size_t n_chains;
} QemuFiles;

QemuFiles *qemu_files_free(QemuFiles *files);
DEFINE_TRIVIAL_CLEANUP(QemuFiles *, qemu_files_free)

/* Borrowed, or NULL. */
const QemuFile *qemu_files_find(const QemuFiles *files, const char *id);
const QemuChain *qemu_files_chain(const QemuFiles *files, const char *alias);

typedef struct QemuFilesConfig {
        uid_t uid; /* of QEMU; 0: our own */
        gid_t gid;
        /* The machine's own directory, which exists: sockets that the definition gives no path are made in it. */
        const char *run_dir;
        /* Where a variable store of the firmware without path is made: "<nvram_dir>/<name>_VARS.fd". */
        const char *nvram_dir;
} QemuFilesConfig;

/* files is the callee's, and NULL exactly when error is set; error is the caller's for the time of the call. */
typedef void (*QemuFilesDone)(void *userdata, QemuFiles *files, Error *error);

/*
 * Opens everything that def, which must have been through qemu_live_prepare(), names. Errors say where in the definition and,
 * when access was denied, which directory denied it. ERROR_CONFIG_UNSUPPORTED for an image that is not what the definition
 * says, or whose chain cannot be followed safely. Strings of config are copied. Cancel with worker_cancel(): what was opened
 * is closed, sockets that were bound are removed.
 */
WorkerTask *qemu_files_open(WorkerPool *pool, DomainDef *def, const QemuFilesConfig *config,
                            QemuFilesDone done, void *userdata);

/* The same in the calling thread. */
int qemu_files_open_now(const DomainDef *def, const QemuFilesConfig *config, QemuFiles **ret, Error *error);

/* Removes the sockets that were bound, when the machine has ended or did not start. */
void qemu_files_remove_sockets(const DomainDef *def);
