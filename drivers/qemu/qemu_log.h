/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * The log of a machine, <log>/qemu/NAME.log: the command line of each run and all that QEMU prints. A log
 * beyond QEMU_LOG_MAX moves to NAME.log.0 when the machine starts, and while it runs when QEMU is too
 * talkative. All of this works on the disk: it runs on workers. A log that cannot be written keeps no
 * machine from starting.
 */

#include "service/base/worker.h"

#define QEMU_LOG_MAX (2 * 1024 * 1024)
#define QEMU_LOG_TAIL 2048

/* fd is the callee's, open for appending; offset is where this run begins. Error as in WorkerDone. */
typedef void (*QemuLogOpened)(void *userdata, int fd, uint64_t offset, Error *error);
/* Text is appended, a time put before it. */
WorkerTask *qemu_log_open(WorkerPool *pool, const char *dir, const char *name, const char *text,
                          QemuLogOpened opened, void *userdata);
/* The same in the calling thread; *ret_fd is the caller's. */
int qemu_log_open_now(const char *dir, const char *name, const char *text, int *ret_fd, uint64_t *ret_offset,
                      Error *error);

/*
 * The last lines that QEMU wrote behind the offset, without those of ours, at most QEMU_LOG_TAIL bytes;
 * perhaps "".
 */
typedef void (*QemuLogRead)(void *userdata, const char *tail);
WorkerTask *qemu_log_read_tail(WorkerPool *pool, const char *dir, const char *name, uint64_t offset,
                               QemuLogRead done, void *userdata);

/* Adds a line of ours; nobody waits for it. */
void qemu_log_note(WorkerPool *pool, const char *dir, const char *name, const char *text);
/* Removes both files; nobody waits for it. */
void qemu_log_remove(WorkerPool *pool, const char *dir, const char *name);

/* Watches the directory and keeps the logs of running machines within bounds. */
typedef struct QemuLogWatch QemuLogWatch;
int qemu_log_watch_new(sd_event *event, WorkerPool *pool, const char *dir, QemuLogWatch **ret, Error *error);
QemuLogWatch *qemu_log_watch_free(QemuLogWatch *watch);
DEFINE_TRIVIAL_CLEANUP(QemuLogWatch *, qemu_log_watch_free)

/* For tests: what the worker does. */
char *qemu_log_tail_of(const char *text, size_t size);
