/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the files of control groups share. */

#include "drivers/host/cgroup.h"

typedef struct CgroupHierarchy {
        int root_fd;
        bool v2;
        uint32_t controllers; /* of ours */
} CgroupHierarchy;

/* Hierarchies without a controller of ours are left out, so there are no more than these. */
#define CGROUP_HIERARCHIES_MAX _CGROUP_CONTROLLER_MAX

struct Cgroups {
        gatomicrefcount n_ref;
        CgroupHierarchy hierarchies[CGROUP_HIERARCHIES_MAX];
        size_t n;
};

struct Cgroup {
        gatomicrefcount n_ref;
        Cgroups *groups;
        char *path;
        bool threads;                      /* it is entered by single threads */
        int fds[CGROUP_HIERARCHIES_MAX]; /* of its directory in each hierarchy, or negative */
};

/* The hierarchy of a controller; negative: there is none. */
int cgroups_find(const Cgroups *groups, CgroupController controller);
/* The directory of the group where the controller is; negative: it has it not. ret_v2 may be NULL. */
int cgroup_dir(const Cgroup *group, CgroupController controller, bool *ret_v2);

/* One write(2), since the kernel takes each as a value of its own. Returns 0 or -errno. */
int cgroup_write_file(int dir_fd, const char *file, const char *text);
/* Without the line's end. Returns 0 or -errno. */
int cgroup_read_file(int dir_fd, const char *file, char **ret);
