/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A file that the state of a machine is written to. It is written beside its place, under a name of its own, and moved
 * there when it is complete: what was there before stays until then, and a failure leaves nothing. Mode 0600, the
 * daemon's. These calls block but for ref: for workers.
 */

#include "service/base/error.h"
#include "service/base/worker.h"

/* How names of files end that are not complete; those of a daemon that was killed may stay. */
#define QEMU_OUTPUT_PARTIAL ".partial"

typedef struct QemuOutput {
        char *path; /* where it will be */
        char *name;
        char *temporary; /* NULL: it has no name yet */
        int dir_fd;
        int fd; /* for reading and writing */
} QemuOutput;

/*
 * path is absolute. A file that is there already is replaced when it is empty or may_replace() says so of its
 * descriptor; anything else, symbolic links included, is refused with ERROR_OPERATION_FAILED or ERROR_SYSTEM_ERROR.
 */
int qemu_output_open(const char *path, bool (*may_replace)(int fd), QemuOutput **ret, Error *error);
/* Everything reaches the disk, and the file its place. */
int qemu_output_publish(QemuOutput *output, Error *error);

QemuOutput *qemu_output_ref(QemuOutput *output);
/* The last reference takes a file away that was not published. */
QemuOutput *qemu_output_unref(QemuOutput *output);
DEFINE_TRIVIAL_CLEANUP(QemuOutput *, qemu_output_unref)
/* The same from the loop: in the background. Accepts NULL, returns NULL. */
QemuOutput *qemu_output_release(QemuOutput *output, WorkerPool *pool);
