/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The host sleeps: through the init system, so that programs with a reason to stay awake are heard. */

#include "drivers/model/node.h"
#include "service/base/job.h"
#include "service/base/worker.h"

/* Seconds; libvirt's limit. */
#define NODE_SUSPEND_MIN 60u

/* Borrowed for the life of the job. */
typedef struct NodeSuspend {
        sd_event *event;
        WorkerPool *workers;
        const char *libexec_dir; /* where virtbus-exec is */
        const char *root;        /* "/", or where a test has its sys/class/rtc */
        const char *tool;        /* systemctl */
} NodeSuspend;

/*
 * Sets the clock of the host to wake it after so many seconds, then lets it sleep. The job has no slot; a sleep that is
 * refused takes the alarm back.
 */
int node_suspend(const NodeSuspend *config, NodeSuspendTarget target, uint64_t seconds, Job *job, Error *error);
