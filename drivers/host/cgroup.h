/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Control groups (cgroups(7), Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of Linux): which hierarchies
 * the host has, and groups in them. A group is one path in every hierarchy that it needs, held by descriptors of its
 * directories; version 2 and version 1 may stand side by side. What changes or creates a group waits for the kernel,
 * which may take a while (it takes memory back, or waits for all processors): call it on a worker. Reading does not
 * wait. Both types are immutable and counted, so that workers may hold them.
 */

#include "service/base/error.h"

#include <sys/types.h>

typedef enum CgroupController {
        CGROUP_CPU,
        CGROUP_CPUACCT, /* version 2 counts in every group */
        CGROUP_CPUSET,
        CGROUP_MEMORY,
        CGROUP_IO,
        _CGROUP_CONTROLLER_MAX,
} CgroupController;

#define CGROUP_BIT(controller) (UINT32_C(1) << (controller))
#define CGROUP_ALL (CGROUP_BIT(_CGROUP_CONTROLLER_MAX) - 1)

typedef struct Cgroups Cgroups;
typedef struct Cgroup Cgroup;

/*
 * Those that are mounted, from /proc/self/mountinfo. None at all is no error. ERROR_SYSTEM_ERROR when that cannot be
 * read.
 */
int cgroups_open(Cgroups **ret, Error *error);
Cgroups *cgroups_ref(Cgroups *groups);
Cgroups *cgroups_unref(Cgroups *groups);
DEFINE_TRIVIAL_CLEANUP(Cgroups *, cgroups_unref)

/* Whether a hierarchy has the controller. */
bool cgroups_have(const Cgroups *groups, CgroupController controller);
/* Whether threads in groups of their own may not be real-time ones (CONFIG_RT_GROUP_SCHED with version 1). */
bool cgroups_divide_real_time(const Cgroups *groups);

/*
 * Makes the group at the path ("/machine/qemu-1-web.virtbus"), with the groups above it where they are missing, in
 * all hierarchies that have one of the controllers (a mask of CGROUP_BIT()). The first n_given bytes of the path
 * are a group that somebody else made and lent to us: nothing above it is touched. An empty group that is there
 * already is made anew. holder, if not 0, is a process in the lent group that moves to the new one, since version
 * 2 lets no group divide what it has among groups below while it has processes itself. What was made is removed
 * when it fails.
 */
int cgroup_create(Cgroups *groups, const char *path, size_t n_given, uint32_t controllers, pid_t holder, Cgroup **ret,
                  Error *error);
/* A group that is there. ERROR_SYSTEM_ERROR when no hierarchy has it. */
int cgroup_open(Cgroups *groups, const char *path, Cgroup **ret, Error *error);
/*
 * Makes a group beneath another for single threads of its processes, in the hierarchy of the processor's time
 * alone; one that is there is opened.
 */
int cgroup_create_threads(Cgroup *parent, const char *name, Cgroup **ret, Error *error);
int cgroup_open_threads(Cgroup *parent, const char *name, Cgroup **ret, Error *error);

Cgroup *cgroup_ref(Cgroup *group);
Cgroup *cgroup_unref(Cgroup *group);
DEFINE_TRIVIAL_CLEANUP(Cgroup *, cgroup_unref)

const char *cgroup_path(const Cgroup *group);
/* Whether the group has the controller, and in a hierarchy of which version: not every one need have it. */
bool cgroup_has(const Cgroup *group, CgroupController controller);
bool cgroup_is_v2(const Cgroup *group, CgroupController controller);

/*
 * Opens what a new process enters the group by, for ProcessSpec.cgroup_fds: at most _CGROUP_CONTROLLER_MAX
 * descriptors, which are the caller's. Returns their number.
 */
int cgroup_open_entries(const Cgroup *group, int *ret_fds, Error *error);
int cgroup_add_process(const Cgroup *group, pid_t pid, Error *error);
/* Of a process that is in the group above; 1 when the thread has ended meanwhile. */
int cgroup_add_thread(const Cgroup *group, pid_t tid, Error *error);

/*
 * Removes the groups of the path with those beneath them; processes that are ending get a second for it. The groups
 * above stay. What is not there is no error.
 */
int cgroups_remove(const Cgroups *groups, const char *path, Error *error);

/* What can be set and read. Sizes are KiB, times µs. */
typedef enum CgroupValue {
        CGROUP_CPU_SHARES,  /* version 1: 2 to 262144; version 2: 1 to 10000 */
        CGROUP_CPU_PERIOD,  /* 1,000 to 1,000,000; set by cgroup_set_bandwidth() */
        CGROUP_CPU_QUOTA,   /* from 1,000, of a period; CGROUP_UNLIMITED; set by cgroup_set_bandwidth() */
        CGROUP_MEMORY_HARD, /* CGROUP_UNLIMITED; set by cgroup_set_memory() */
        CGROUP_MEMORY_SOFT, /* above it memory is taken back; CGROUP_UNLIMITED */
        CGROUP_MEMORY_SWAP, /* memory and swap together; CGROUP_UNLIMITED; set by cgroup_set_memory() */
        CGROUP_IO_WEIGHT,   /* version 1: 10 to 1000; version 2: 1 to 10000 */
        /* of a block device; 0: as it was, or unlimited */
        CGROUP_IO_DEVICE_WEIGHT,
        CGROUP_IO_READ_IOPS,
        CGROUP_IO_WRITE_IOPS,
        CGROUP_IO_READ_BYTES,
        CGROUP_IO_WRITE_BYTES,
        _CGROUP_VALUE_MAX,
} CgroupValue;

#define CGROUP_UNLIMITED INT64_MAX

/* The controller that the value belongs to. */
CgroupController cgroup_value_controller(CgroupValue value);

/*
 * ERROR_CONFIG_UNSUPPORTED when the kernel has no such value, ERROR_INVALID_ARG with the range when the number is
 * outside it, ERROR_SYSTEM_ERROR else. device counts for those of block devices only.
 */
int cgroup_set(const Cgroup *group, CgroupValue value, int64_t number, dev_t device, Error *error);
/* Not for those of devices. -ENOENT when the kernel has no such value, without an error being set. */
int cgroup_get(const Cgroup *group, CgroupValue value, int64_t *ret);

/*
 * Values that the kernel takes in one order only. quota, hard and swap may be CGROUP_UNLIMITED; swap counts memory
 * too and is no less than hard.
 */
int cgroup_set_bandwidth(const Cgroup *group, int64_t period, int64_t quota, Error *error);
int cgroup_set_memory(const Cgroup *group, int64_t hard, int64_t swap, Error *error);

/* On which nodes memory is found, "0-1"; pages that are elsewhere move. */
int cgroup_set_nodes(const Cgroup *group, const char *nodes, Error *error);
/* Free with g_free(). -ENOENT when the kernel does not say. */
int cgroup_get_nodes(const Cgroup *group, char **ret);

/* Processor time that the group has used, nanoseconds. */
typedef struct CgroupCpuTime {
        uint64_t total, user, system;
} CgroupCpuTime;

int cgroup_get_cpu_time(const Cgroup *group, CgroupCpuTime *ret);
/* Of one processor of the host; -ENOENT when the kernel does not count them apart (version 2), or has it not. */
int cgroup_get_cpu_time_of(const Cgroup *group, uint32_t cpu, uint64_t *ret);
/* Memory that is charged to the group, KiB: caches of files included. */
int cgroup_get_memory_used(const Cgroup *group, uint64_t *ret);
