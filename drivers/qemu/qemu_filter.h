/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A program between a machine and the file of its state: it packs or unpacks the state, or goes around the cache of the
 * file system (dd with O_DIRECT); or one of either. They run as the machine's user, with the two descriptors.
 */

#include "drivers/qemu/qemu_save_image.h"
#include "service/base/process.h"

typedef struct QemuFilter QemuFilter;

/* Once, when all programs have ended: with an error that says what the one that failed had to say. */
typedef void (*QemuFilterDone)(void *userdata, Error *error);

typedef struct QemuFilterSpec {
        QemuSaveFormat format;
        bool direct; /* around the cache */
        bool unpack; /* reads from the file */
        int file_fd; /* stays the caller's; stands where the state begins */
        uid_t uid;   /* 0: our own */
        gid_t gid;
} QemuFilterSpec;

/* Whether there has to be one. */
static inline bool qemu_filter_is_needed(const QemuFilterSpec *spec)
{
        return spec->format != QEMU_SAVE_RAW || spec->direct;
}

/*
 * *ret_fd, the machine's end, is the caller's. ERROR_CONFIG_UNSUPPORTED when a program is not installed. done is never
 * called from within.
 */
int qemu_filter_new(Launcher *launcher, const QemuFilterSpec *spec, QemuFilterDone done, void *userdata,
                    QemuFilter **ret, int *ret_fd, Error *error);
/* Ends what still runs; done is not called any more. Accepts NULL, returns NULL. May be called in done. */
QemuFilter *qemu_filter_free(QemuFilter *filter);
DEFINE_TRIVIAL_CLEANUP(QemuFilter *, qemu_filter_free)
