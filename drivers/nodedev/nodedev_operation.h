/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What is done to a device: one function on a worker, and then the list has what there is afterwards. */

#include "drivers/nodedev/nodedev_private.h"

/* The worker's: it shares nothing with the loop. All that is pointed to is its own. */
typedef struct NodedevWork {
        int (*func)(struct NodedevWork *work, Error *error);
        char *path;      /* in /sys, of the device or of what it is to be a part of */
        char *name;      /* of the PCI device, the UUID, "WWPN:WWNN" */
        char *type;      /* of a mediated device */
        char *text;      /* of a file */
        NodeDevDef *def; /* what is wanted */
        char *look;      /* at this place of /sys afterwards; NULL: nowhere. func may set it */
        GPtrArray *found;
} NodedevWork;

typedef struct NodedevOperation NodedevOperation;
/* On the loop, when the work is done. device is what was found, borrowed, or NULL. */
typedef int (*NodedevDone)(NodedevOperation *operation, NodeDevice *device, Error *error);

struct NodedevOperation {
        NodedevPart *part;
        Job *job;
        NodeDevice *device; /* that it is about, referenced; NULL: none yet */
        NodeDevDef *def;    /* for done; a reference */
        NodedevWork *work;  /* the task's */
        WorkerTask *task;
        NodedevDone done;   /* may be NULL */
};

/* device and def, which may be NULL, get references of their own; work is taken over. */
int nodedev_operation_run(NodedevPart *part, NodeDevice *device, NodeDevDef *def, NodedevWork *work, NodedevDone done,
                          Job *job, Error *error);

/* For done: the device is what the operation yields. ERROR_OPERATION_FAILED when there is none. */
int nodedev_operation_yield(NodedevOperation *operation, NodeDevice *device, Error *error);

/* For func: until a directory is there, or has gone. */
bool nodedev_work_wait(const char *path, bool there);

NodedevWork *nodedev_work_new(int (*func)(NodedevWork *work, Error *error), const char *path, const char *name);
