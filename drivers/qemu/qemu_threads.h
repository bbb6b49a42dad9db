/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The threads of a machine's process, as QEMU names them; those of nothing in particular are the emulator's. */

#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

typedef struct QemuThread {
        bool vcpu;   /* or of I/O */
        uint32_t id; /* of the processor, from 0, or the I/O thread, from 1 */
        pid_t tid;
} QemuThread;

/*
 * Of the answers to query-cpus-fast and query-iothreads, either of which may be NULL. What is no thread of the
 * process is left out: QEMU could name somebody else's. The array is the caller's.
 */
GArray *qemu_threads_read(pid_t pid, JsonNode *cpus, JsonNode *iothreads);

/* All threads there are at the moment, of pid_t; NULL when the process is gone. The array is the caller's. */
GArray *qemu_threads_list(pid_t pid);
