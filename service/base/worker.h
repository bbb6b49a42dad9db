/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Work that blocks, on a thread of its own: fsync, opening files on a possibly dead NFS, directory scans.
 * The task owns a copy of its input and shares nothing with the loop; its result arrives as one event. A
 * task that never returns costs one thread and delays nobody else; cancelling abandons it.
 */

#include "service/base/error.h"

#include <systemd/sd-event.h>

typedef struct WorkerPool WorkerPool;
typedef struct WorkerTask WorkerTask;

/* Runs on the thread. Returns 0 or -errno and may set the error. */
typedef int (*WorkerFunc)(void *data, Error *error);
/*
 * Runs on the loop, exactly once unless the task was cancelled. r and error are what the function left;
 * error is the caller's for the time of the call (error_move() it to keep it).
 */
typedef void (*WorkerDone)(void *userdata, int r, Error *error);

/*
 * n_max bounds the threads that work at the same time; tasks beyond wait in order. A task that has been
 * abandoned while it runs does not count any more, as long as there are at most WORKER_ABANDONED_FACTOR * n_max of
 * those; each one more keeps its place. When no place is left, tasks fail with ERROR_RESOURCE_BUSY until an abandoned
 * one returns: so what hangs in the system never costs more than (WORKER_ABANDONED_FACTOR + 1) * n_max threads.
 */
#define WORKER_ABANDONED_FACTOR 4u
int worker_pool_new(sd_event *event, unsigned n_max, WorkerPool **ret);
/*
 * Drops what waits; what still runs gets a quarter of a second and is then abandoned. May be called in done.
 */
WorkerPool *worker_pool_free(WorkerPool *pool);
DEFINE_TRIVIAL_CLEANUP(WorkerPool *, worker_pool_free)

/*
 * Starts func(data). destroy(data) runs on whichever side holds it last: after done, or on the thread when
 * the task was abandoned. The task is valid until done has returned or it was cancelled.
 */
WorkerTask *worker_run(WorkerPool *pool, WorkerFunc func, void *data, GDestroyNotify destroy,
                       WorkerDone done, void *userdata);

/* done will not be called any more; within done it does nothing. Accepts NULL, returns NULL. */
WorkerTask *worker_cancel(WorkerTask *task);
