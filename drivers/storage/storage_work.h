/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What is done for a pool or one of its volumes, apart from the loop: a chain of actions, each of which is a function
 * on a worker, then a program, either of which may be missing. All of them share one StorageWork: it belongs to
 * whichever action runs, so that an abandoned worker has nothing in common with the loop but two counters.
 */

#include "drivers/model/storage_vol.h"
#include "service/base/process.h"
#include "service/base/worker.h"

/* Layers of an image that are followed. */
#define STORAGE_CHAIN_MAX 64u

typedef struct StorageWork {
        gint n_ref;
        /* what it is about; constant */
        StoragePoolDef *pool;
        StorageVolDef *vol;          /* as it is, or is to be; NULL: the pool as a whole */
        StoragePoolDef *source_pool; /* of a copy */
        StorageVolDef *source;
        uint32_t flags;              /* of the operation */
        unsigned algorithm;          /* of wiping */
        GBytes *secret, *source_secret; /* of encrypted volumes; NULL: none */
        /* from one action to the next */
        int dir_fd;      /* the pool's directory, once it was opened */
        int fd;          /* the data of the volume */
        char *temporary; /* the volume's name in dir_fd until it is whole; NULL: it has none, or its own */
        char *format;    /* of a file system that was looked at */
        uint64_t capacity; /* bytes of the volume that is made */
        bool is_made;      /* a volume that is no file; the loop's */
        int chain_fds[STORAGE_CHAIN_MAX]; /* the source, and what it builds upon */
        char *chain_formats[STORAGE_CHAIN_MAX];
        unsigned n_chain;
        /* shared with the loop; bytes */
        gint cancelled;
        guint64 done, total;
        /* what was found out */
        GPtrArray *found; /* of StorageVolDef */
        StoragePoolInfo info;
        StoragePoolDef *found_pool; /* the definition with facts of the pool; NULL: none */
        GString *text;
} StorageWork;

StorageWork *storage_work_new(const StoragePoolDef *pool, const StorageVolDef *vol);
StorageWork *storage_work_ref(StorageWork *work);
/* The last one clears away what is not whole: may block. Accepts NULL. */
StorageWork *storage_work_unref(StorageWork *work);
DEFINE_TRIVIAL_CLEANUP(StorageWork *, storage_work_unref)

/* For loops on workers: ERROR_OPERATION_ABORTED when nobody waits any more. */
int storage_work_advance(StorageWork *work, uint64_t bytes, Error *error);
void storage_work_add_found(StorageWork *work, StorageVolDef *def);
/* The block device is a volume as a whole: found, and all of it counted as the pool's. May block. */
int storage_work_add_device(StorageWork *work, const char *name, const char *path, Error *error);

/* A program and what it gets. */
typedef struct StorageCommand {
        const char *program; /* absolute */
        GPtrArray *argv;
        ProcessFd fds[STORAGE_CHAIN_MAX + 8];
        size_t n_fds;
        int secret_fds[2]; /* the command's own */
        uint64_t capabilities;
        bool shows_progress; /* prints "(12.50/100%)" */
        bool keeps_mounts; /* sees the mounts of the host, and its network */
        uint64_t timeout_usec; /* 0: none */
} StorageCommand;

void storage_command_set(StorageCommand *command, const char *program);
/* Arguments up to NULL; copied. */
void storage_command_add(StorageCommand *command, ...) G_GNUC_NULL_TERMINATED;
/* fd stays the caller's. Returns the path by which the program opens it: free with g_free(). */
char *storage_command_add_fd(StorageCommand *command, int fd);
/* The same of bytes that are nobody else's to read. */
int storage_command_add_secret(StorageCommand *command, GBytes *secret, char **ret_path, Error *error);

typedef struct StorageAction {
        /* On a worker. Positive: there is nothing for the program to do. */
        int (*work)(StorageWork *work, Error *error);
        /* On the loop. Positive: no program is run. */
        int (*command)(StorageWork *work, StorageCommand *command, Error *error);
        /* On the loop: what it printed. May be NULL. */
        int (*read)(StorageWork *work, const char *output, Error *error);
} StorageAction;

/* Chains end with an action that is empty. */
#define STORAGE_CHAINS_MAX 6u

typedef struct StorageTask StorageTask;
/* Once, never from within storage_task_run(). error is the caller's for the time of the call. */
typedef void (*StorageTaskDone)(void *userdata, int r, Error *error);

/* Told now and then how far it is; may be NULL. */
typedef void (*StorageTaskProgress)(void *userdata, uint64_t done, uint64_t total);

typedef struct StorageTaskSpec {
        sd_event *event;
        WorkerPool *workers;
        Launcher *launcher;
        StorageWork *work;
        const StorageAction *chains[STORAGE_CHAINS_MAX]; /* in this order; NULL: none */
        StorageTaskDone done;
        StorageTaskProgress progress;
        void *userdata;
} StorageTaskSpec;

/* Returns 1 when it goes on, 0 when there was nothing to do, or negative with the error. */
int storage_task_run(const StorageTaskSpec *spec, StorageTask **ret, Error *error);
/* Nobody is told any more: programs are killed, workers abandoned. Accepts NULL, returns NULL. */
StorageTask *storage_task_cancel(StorageTask *task);
