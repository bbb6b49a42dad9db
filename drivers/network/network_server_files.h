/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The files of a server: all of it blocks, for workers. */

#include "drivers/model/network_def.h"
#include "service/base/error.h"

#include <sys/types.h>

typedef struct NetworkServerFiles {
        /* given */
        NetworkDef *def;
        char *directory, *log_dir, *program, *user;
        /* found */
        uid_t uid;
        gid_t gid;
        int log_fd;            /* open for appending */
        uint64_t log_offset;   /* where this run begins */
        bool config_changed;   /* it does not read that again by itself */
} NetworkServerFiles;

/* Shared by a worker and the loop, which reads what was found when the worker is done. */
NetworkServerFiles *network_server_files_new(void);
NetworkServerFiles *network_server_files_ref(NetworkServerFiles *files);
/* For worker_run(), too. Accepts NULL. */
void network_server_files_unref(void *files);

/*
 * Writes what the server reads. ERROR_CONFIG_UNSUPPORTED when there is no dnsmasq, or no user for it. data is the
 * files', as WorkerFunc has it.
 */
int network_server_files_write(void *data, Error *error);

/* What it wrote behind the offset, as one line. Free with g_free(). */
char *network_server_files_complaint(const NetworkServerFiles *files);
