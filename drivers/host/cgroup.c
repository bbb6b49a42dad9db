/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/host/cgroup_private.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define FILE_MAX (64u * 1024)
/* Processes that have been killed leave their group when the kernel has torn them down. */
#define REMOVE_TRIES 100u
#define REMOVE_WAIT_USEC (10 * USEC_PER_MSEC)

static const char *const controller_names[_CGROUP_CONTROLLER_MAX] = {
        [CGROUP_CPU] = "cpu",
        [CGROUP_CPUACCT] = "cpuacct",
        [CGROUP_CPUSET] = "cpuset",
        [CGROUP_MEMORY] = "memory",
        [CGROUP_IO] = "blkio",
};
/* The same in version 2; what every group has needs no name. */
static const char *const controller_names_v2[_CGROUP_CONTROLLER_MAX] = {
        [CGROUP_CPU] = "cpu",
        [CGROUP_CPUSET] = "cpuset",
        [CGROUP_MEMORY] = "memory",
        [CGROUP_IO] = "io",
};

int cgroup_write_file(int dir_fd, const char *file, const char *text)
{
        _cleanup_close_ int fd = openat(dir_fd, file, O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, text, strlen(text)) < 0)
                return -errno;
        return 0;
}

int cgroup_read_file(int dir_fd, const char *file, char **ret)
{
        int r = read_file_at(dir_fd, file, FILE_MAX, ret, NULL);

        if (r >= 0)
                g_strchomp(*ret);
        return r;
}

/* ---- hierarchies */

static bool has_word(const char *words, const char *delimiters, const char *word)
{
        g_auto(GStrv) all = g_strsplit_set(words, delimiters, -1);

        return word && g_strv_contains((const char *const *) all, word);
}

static uint32_t controllers_in(const char *words, const char *delimiters, const char *const *names)
{
        uint32_t mask = 0;

        for (CgroupController i = 0; i < _CGROUP_CONTROLLER_MAX; i++)
                if (has_word(words, delimiters, names[i]))
                        mask |= CGROUP_BIT(i);
        return mask;
}

/* Takes the fd. What an earlier hierarchy has is its alone: one may be mounted twice. */
static void add_hierarchy(Cgroups *groups, int fd, bool v2, uint32_t controllers)
{
        for (size_t i = 0; i < groups->n; i++)
                controllers &= ~groups->hierarchies[i].controllers;
        if (controllers == 0 || groups->n == CGROUP_HIERARCHIES_MAX) {
                safe_close(fd);
                return;
        }
        groups->hierarchies[groups->n++] = (CgroupHierarchy) { fd, v2, controllers };
}

/* A line of mountinfo (proc(5)): "… ROOT POINT OPTIONS … - TYPE SOURCE SUPER-OPTIONS". */
static void take_mount(Cgroups *groups, const char *line)
{
        const char *behind = strstr(line, " - ");
        g_auto(GStrv) words = g_strsplit(line, " ", 7), rest = NULL;
        g_autofree char *point = NULL, *names = NULL;
        uint32_t controllers;
        bool v2;
        int fd;

        if (!behind || g_strv_length(words) < 6)
                return;
        rest = g_strsplit(behind + strlen(" - "), " ", -1);
        v2 = streq_ptr(rest[0], "cgroup2");
        if (g_strv_length(rest) < 3 || (!v2 && !streq(rest[0], "cgroup")))
                return;
        point = g_strcompress(words[4]);
        fd = open(point, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return;
        if (v2)
                controllers = cgroup_read_file(fd, "cgroup.controllers", &names) >= 0
                                      ? controllers_in(names, " ", controller_names_v2)
                                      : 0;
        else
                controllers = controllers_in(rest[2], ",", controller_names);
        if (v2 && (controllers & CGROUP_BIT(CGROUP_CPU)))
                controllers |= CGROUP_BIT(CGROUP_CPUACCT);
        add_hierarchy(groups, fd, v2, controllers);
}

int cgroups_open(Cgroups **ret, Error *error)
{
        _cleanup_(cgroups_unrefp) Cgroups *groups = g_new0(Cgroups, 1);
        g_autofree char *text = NULL;
        g_auto(GStrv) lines = NULL;
        int r = read_file_at(AT_FDCWD, "/proc/self/mountinfo", 1024u * 1024, &text, NULL);

        g_atomic_ref_count_init(&groups->n_ref);
        if (r < 0)
                return error_set_errno(error, r, "cannot read /proc/self/mountinfo");
        lines = g_strsplit(text, "\n", -1);
        for (char **line = lines; *line; line++)
                take_mount(groups, *line);
        *ret = g_steal_pointer(&groups);
        return 0;
}

Cgroups *cgroups_ref(Cgroups *groups)
{
        g_atomic_ref_count_inc(&groups->n_ref);
        return groups;
}

Cgroups *cgroups_unref(Cgroups *groups)
{
        if (!groups || !g_atomic_ref_count_dec(&groups->n_ref))
                return NULL;
        for (size_t i = 0; i < groups->n; i++)
                safe_close(groups->hierarchies[i].root_fd);
        g_free(groups);
        return NULL;
}

int cgroups_find(const Cgroups *groups, CgroupController controller)
{
        for (size_t i = 0; i < groups->n; i++)
                if (groups->hierarchies[i].controllers & CGROUP_BIT(controller))
                        return (int) i;
        return -ENOENT;
}

bool cgroups_have(const Cgroups *groups, CgroupController controller)
{
        return cgroups_find(groups, controller) >= 0;
}

bool cgroups_divide_real_time(const Cgroups *groups)
{
        int i = cgroups_find(groups, CGROUP_CPU);

        return i >= 0 && !groups->hierarchies[i].v2 &&
               faccessat(groups->hierarchies[i].root_fd, "cpu.rt_runtime_us", F_OK, 0) == 0;
}

/* ---- groups */

static Cgroup *group_new(Cgroups *groups, const char *path)
{
        Cgroup *group = g_new0(Cgroup, 1);

        g_atomic_ref_count_init(&group->n_ref);
        group->groups = cgroups_ref(groups);
        group->path = g_strdup(path);
        for (size_t i = 0; i < CGROUP_HIERARCHIES_MAX; i++)
                group->fds[i] = -EBADF;
        return group;
}

Cgroup *cgroup_ref(Cgroup *group)
{
        g_atomic_ref_count_inc(&group->n_ref);
        return group;
}

Cgroup *cgroup_unref(Cgroup *group)
{
        if (!group || !g_atomic_ref_count_dec(&group->n_ref))
                return NULL;
        for (size_t i = 0; i < CGROUP_HIERARCHIES_MAX; i++)
                safe_close(group->fds[i]);
        cgroups_unref(group->groups);
        g_free(group->path);
        g_free(group);
        return NULL;
}

const char *cgroup_path(const Cgroup *group)
{
        return group->path;
}

int cgroup_dir(const Cgroup *group, CgroupController controller, bool *ret_v2)
{
        int i = cgroups_find(group->groups, controller);

        if (i < 0 || group->fds[i] < 0)
                return -ENOENT;
        if (ret_v2)
                *ret_v2 = group->groups->hierarchies[i].v2;
        return group->fds[i];
}

bool cgroup_has(const Cgroup *group, CgroupController controller)
{
        return cgroup_dir(group, controller, NULL) >= 0;
}

bool cgroup_is_v2(const Cgroup *group, CgroupController controller)
{
        bool v2 = false;

        return cgroup_dir(group, controller, &v2) >= 0 && v2;
}

static int open_dir(int dir_fd, const char *name)
{
        int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

        return fd < 0 ? -errno : fd;
}

/* Removes a group with those beneath it, once. */
static int remove_group(int dir_fd, const char *name)
{
        _cleanup_close_ int fd = open_dir(dir_fd, name);
        struct dirent *entry;
        DIR *dir;

        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;
        dir = fdopendir(fd);
        if (!dir)
                return -errno;
        TAKE_FD(fd);
        while ((entry = readdir(dir)))
                if (entry->d_type == DT_DIR && !streq(entry->d_name, ".") && !streq(entry->d_name, ".."))
                        (void) remove_group(dirfd(dir), entry->d_name);
        (void) closedir(dir);
        return unlinkat(dir_fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT ? -errno : 0;
}

/* A new group of cpuset has neither processors nor nodes, and takes no process then. */
static int fill_cpuset(int parent_fd, int fd)
{
        static const char *const files[] = { "cpuset.cpus", "cpuset.mems" };

        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                g_autofree char *own = NULL, *above = NULL;
                int r = cgroup_read_file(fd, files[i], &own);

                if (r >= 0 && !isempty(own))
                        continue;
                if (r >= 0)
                        r = cgroup_read_file(parent_fd, files[i], &above);
                if (r >= 0)
                        r = cgroup_write_file(fd, files[i], above);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* What the groups below are to have; one that cannot be had is missing there, and refused where it is needed. */
static void enable_below(int fd, uint32_t controllers)
{
        for (CgroupController i = 0; i < _CGROUP_CONTROLLER_MAX; i++) {
                g_autofree char *word = g_strconcat("+", controller_names_v2[i], NULL);

                if ((controllers & CGROUP_BIT(i)) && controller_names_v2[i])
                        (void) cgroup_write_file(fd, "cgroup.subtree_control", word);
        }
}

static int write_pid(int dir_fd, const char *file, pid_t pid)
{
        char text[16];

        (void) snprintf(text, sizeof(text), "%d", (int) pid);
        return cgroup_write_file(dir_fd, file, text);
}

/* A path on its way down one hierarchy. */
typedef struct Descent {
        const CgroupHierarchy *hierarchy;
        uint32_t controllers;
        pid_t holder;
} Descent;

/* Makes the group beneath another and opens it. */
static int make_group(const Descent *descent, int parent_fd, const char *name, bool last)
{
        _cleanup_close_ int fd = -EBADF;
        int r = 0;

        if (mkdirat(parent_fd, name, 0755) < 0) {
                if (errno != EEXIST)
                        return -errno;
                if (last)
                        r = remove_group(parent_fd, name);
                if (r >= 0 && last && mkdirat(parent_fd, name, 0755) < 0)
                        r = -errno;
                if (r < 0)
                        return r;
        }
        fd = open_dir(parent_fd, name);
        if (fd < 0)
                return fd;
        if (last && descent->holder > 0)
                r = write_pid(fd, "cgroup.procs", descent->holder);
        if (r >= 0 && descent->hierarchy->v2)
                enable_below(parent_fd, descent->controllers);
        else if (r >= 0 && (descent->controllers & CGROUP_BIT(CGROUP_CPUSET)))
                r = fill_cpuset(parent_fd, fd);
        return r < 0 ? r : TAKE_FD(fd);
}

/* Nothing in it climbs. */
static bool path_is_plain(const char *path)
{
        return !has_word(path, "/", ".") && !has_word(path, "/", "..");
}

/* Returns the directory's fd; -ENOENT when what was given is not in this hierarchy. */
static int descend(const Descent *descent, const char *path, size_t n_given)
{
        g_auto(GStrv) names = g_strsplit(path, "/", -1);
        _cleanup_close_ int fd = open_dir(descent->hierarchy->root_fd, ".");
        size_t at = 0;

        for (char **name = names; *name && fd >= 0; name++) {
                _cleanup_close_ int parent = -EBADF;

                at += strlen(*name) + (name > names);
                if (!**name)
                        continue;
                parent = TAKE_FD(fd);
                fd = at <= n_given ? open_dir(parent, *name) : make_group(descent, parent, *name, !name[1]);
        }
        return TAKE_FD(fd);
}

int cgroup_create(Cgroups *groups, const char *path, size_t n_given, uint32_t controllers, pid_t holder, Cgroup **ret,
                  Error *error)
{
        _cleanup_(cgroup_unrefp) Cgroup *group = group_new(groups, path);
        int r;

        if (!path_is_plain(path))
                return error_set_errno(error, EINVAL, "cannot create the cgroup '%s'", path);
        for (size_t i = 0; i < groups->n; i++) {
                const CgroupHierarchy *hierarchy = groups->hierarchies + i;
                const Descent descent = { hierarchy, hierarchy->controllers & controllers, holder };

                if (descent.controllers == 0)
                        continue;
                group->fds[i] = descend(&descent, path, n_given);
                if (group->fds[i] >= 0 || (n_given > 0 && group->fds[i] == -ENOENT))
                        continue;
                r = error_set_errno(error, group->fds[i], "cannot create the cgroup '%s'", path);
                (void) cgroups_remove(groups, path, NULL);
                return r;
        }
        *ret = g_steal_pointer(&group);
        return 0;
}

int cgroup_open(Cgroups *groups, const char *path, Cgroup **ret, Error *error)
{
        _cleanup_(cgroup_unrefp) Cgroup *group = group_new(groups, path);
        bool any = false;

        for (size_t i = 0; i < groups->n; i++) {
                const Descent descent = { .hierarchy = groups->hierarchies + i };

                group->fds[i] = descend(&descent, path, strlen(path));
                any = any || group->fds[i] >= 0;
        }
        if (!any)
                return error_set_errno(error, ENOENT, "there is no cgroup '%s'", path);
        *ret = g_steal_pointer(&group);
        return 0;
}

int cgroups_remove(const Cgroups *groups, const char *path, Error *error)
{
        g_autofree char *above = g_path_get_dirname(path), *name = g_path_get_basename(path);
        int result = 0;

        for (size_t i = 0; i < groups->n; i++) {
                const Descent descent = { .hierarchy = groups->hierarchies + i };
                _cleanup_close_ int fd = descend(&descent, above, strlen(above));
                int r = fd == -ENOENT ? 0 : fd < 0 ? fd : remove_group(fd, name);

                for (unsigned k = 0; r == -EBUSY && k < REMOVE_TRIES; k++) {
                        g_usleep(REMOVE_WAIT_USEC);
                        r = remove_group(fd, name);
                }
                if (r < 0)
                        result = r;
        }
        return result < 0 ? error_set_errno(error, result, "cannot remove the cgroup '%s'", path) : 0;
}

/* ---- threads */

static int thread_group(Cgroup *parent, const char *name, bool make, Cgroup **ret, Error *error)
{
        g_autofree char *path = g_strconcat(parent->path, "/", name, NULL);
        _cleanup_(cgroup_unrefp) Cgroup *group = group_new(parent->groups, path);
        int i = cgroups_find(parent->groups, CGROUP_CPU), r = 0;
        bool v2;

        if (i < 0 || parent->fds[i] < 0)
                return error_set(error, ERROR_CONFIG_UNSUPPORTED, "the host has no cgroups for processor time");
        v2 = parent->groups->hierarchies[i].v2;
        group->threads = true;
        if (make && mkdirat(parent->fds[i], name, 0755) < 0 && errno != EEXIST)
                r = -errno;
        if (r >= 0)
                r = group->fds[i] = open_dir(parent->fds[i], name);
        if (r >= 0 && make && v2)
                r = cgroup_write_file(group->fds[i], "cgroup.type", "threaded");
        if (r >= 0 && make && v2)
                r = cgroup_write_file(parent->fds[i], "cgroup.subtree_control", "+cpu");
        if (r < 0)
                return error_set_errno(error, r, "cannot %s the cgroup '%s'", make ? "create" : "open", path);
        *ret = g_steal_pointer(&group);
        return 0;
}

int cgroup_create_threads(Cgroup *parent, const char *name, Cgroup **ret, Error *error)
{
        return thread_group(parent, name, true, ret, error);
}

int cgroup_open_threads(Cgroup *parent, const char *name, Cgroup **ret, Error *error)
{
        return thread_group(parent, name, false, ret, error);
}

/* ---- entering */

int cgroup_open_entries(const Cgroup *group, int *ret_fds, Error *error)
{
        int n = 0;

        for (size_t i = 0; i < group->groups->n; i++) {
                int fd;

                if (group->fds[i] < 0)
                        continue;
                fd = openat(group->fds[i], "cgroup.procs", O_WRONLY | O_CLOEXEC);
                if (fd < 0) {
                        int r = error_set_errno(error, errno, "cannot open the cgroup '%s'", group->path);

                        while (n > 0)
                                safe_close(ret_fds[--n]);
                        return r;
                }
                ret_fds[n++] = fd;
        }
        return n;
}

int cgroup_add_process(const Cgroup *group, pid_t pid, Error *error)
{
        for (size_t i = 0; i < group->groups->n; i++) {
                int r = group->fds[i] < 0 ? 0 : write_pid(group->fds[i], "cgroup.procs", pid);

                if (r < 0)
                        return error_set_errno(error, r, "cannot move process %d to the cgroup '%s'", (int) pid,
                                               group->path);
        }
        return 0;
}

int cgroup_add_thread(const Cgroup *group, pid_t tid, Error *error)
{
        for (size_t i = 0; i < group->groups->n; i++) {
                bool v2 = group->groups->hierarchies[i].v2;
                int r = group->fds[i] < 0 ? 0 : write_pid(group->fds[i], v2 ? "cgroup.threads" : "tasks", tid);

                if (r == -ESRCH)
                        return 1;
                if (r < 0)
                        return error_set_errno(error, r, "cannot move thread %d to the cgroup '%s'", (int) tid,
                                               group->path);
        }
        return 0;
}
