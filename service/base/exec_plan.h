/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What virtbus-exec is to do, as bytes in a sealed memfd that its parent wrote: this header, then n_limits
 * PlanLimit, n_fds PlanFd, n_groups uint32_t, n_cgroups int32_t, and NUL-terminated texts: path, cwd, n_args
 * arguments and n_env variables. Both sides come from one build and one machine, so byte order and padding
 * are nobody's concern.
 */

#include <stdint.h>

#define PLAN_MAGIC 0x76624531 /* "vbE1": changes with the layout */

/*
 * First byte of the report when everything is done but exec itself; without it nothing is known to be done.
 */
#define PLAN_REPORT_READY 'x'

typedef enum PlanFlags {
        PLAN_CHANGE_IDS = 1 << 0,
        PLAN_DIE_WITH_PARENT = 1 << 1,
        PLAN_PRIVATE_MOUNTS = 1 << 2,
        PLAN_PRIVATE_IPC = 1 << 3,
        PLAN_PRIVATE_NETWORK = 1 << 4,
} PlanFlags;

typedef struct Plan {
        uint32_t magic;
        uint32_t flags;
        uint32_t uid, gid;
        int32_t parent; /* pid */
        uint32_t n_limits, n_fds, n_groups, n_cgroups, n_args, n_env;
        uint32_t size;  /* of all, for a check */
        uint64_t capabilities;
} Plan;

typedef struct PlanLimit {
        uint64_t soft, hard;
        int32_t resource;
        uint32_t unused;
} PlanLimit;

typedef struct PlanFd {
        int32_t target;
        uint32_t listen;
} PlanFd;

/* What follows PLAN_REPORT_READY, or stands alone, when something failed: this and a text without NUL. */
typedef struct PlanFailure {
        int32_t error; /* positive errno */
} PlanFailure;
