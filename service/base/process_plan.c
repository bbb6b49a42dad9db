/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/process_plan.h"

#include "service/base/exec_plan.h"

#include <string.h>
#include <sys/mman.h>

static const char *const default_env[] = {
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL=C",
        NULL,
};

static const struct {
        ProcessFlags flag;
        PlanFlags plan;
} flag_table[] = {
        { PROCESS_DIE_WITH_PARENT, PLAN_DIE_WITH_PARENT },
        { PROCESS_PRIVATE_MOUNTS, PLAN_PRIVATE_MOUNTS },
        { PROCESS_PRIVATE_IPC, PLAN_PRIVATE_IPC },
        { PROCESS_PRIVATE_NETWORK, PLAN_PRIVATE_NETWORK },
};

int process_spec_check(const ProcessSpec *spec, int *ret_floor, Error *error)
{
        int floor = STDERR_FILENO + 1;

        if (isempty(spec->path) || spec->path[0] != '/')
                return error_set(error, ERROR_INVALID_ARG, "program '%s' is not an absolute path",
                                 strempty(spec->path));
        if (!spec->argv || !spec->argv[0])
                return error_set(error, ERROR_INVALID_ARG, "program '%s' has no argument vector",
                                 spec->path);
        if (spec->uid != 0 && spec->gid == 0)
                return error_set(error, ERROR_INVALID_ARG, "user %u would run '%s' in group 0", spec->uid,
                                 spec->path);
        for (size_t i = 0; i < spec->n_fds; i++) {
                const ProcessFd *a = spec->fds + i;

                if (a->fd < 0 || a->target < 0 || a->target >= PROCESS_FD_MAX)
                        return error_set(error, ERROR_INVALID_ARG, "cannot pass file descriptor %d as %d",
                                         a->fd, a->target);
                for (size_t j = 0; j < i; j++)
                        if (spec->fds[j].target == a->target)
                                return error_set(error, ERROR_INVALID_ARG,
                                                 "file descriptor number %d is passed twice", a->target);
                floor = MAX(floor, a->target + 1);
        }
        *ret_floor = floor;
        return 0;
}

static void append_text(GByteArray *out, const char *text)
{
        g_byte_array_append(out, (const guint8 *) text, (guint) strlen(text) + 1);
}

static void append_arrays(GByteArray *out, const ProcessSpec *spec, int first_cgroup)
{
        for (size_t i = 0; i < spec->n_limits; i++) {
                PlanLimit l = {
                        .resource = spec->limits[i].resource,
                        .soft = spec->limits[i].soft,
                        .hard = spec->limits[i].hard,
                };

                g_byte_array_append(out, (const guint8 *) &l, sizeof(l));
        }
        for (size_t i = 0; i < spec->n_fds; i++) {
                PlanFd f = { .target = spec->fds[i].target, .listen = spec->fds[i].listen };

                g_byte_array_append(out, (const guint8 *) &f, sizeof(f));
        }
        for (size_t i = 0; i < spec->n_groups; i++)
                g_byte_array_append(out, (const guint8 *) &(uint32_t) { spec->groups[i] }, sizeof(uint32_t));
        for (size_t i = 0; i < spec->n_cgroup_fds; i++)
                g_byte_array_append(out, (const guint8 *) &(int32_t) { first_cgroup + (int32_t) i },
                                    sizeof(int32_t));
}

static void append_texts(GByteArray *out, const ProcessSpec *spec, const char *const *env)
{
        append_text(out, spec->path);
        append_text(out, spec->cwd ?: "/");
        for (const char *const *s = spec->argv; *s; s++)
                append_text(out, *s);
        for (const char *const *s = env; *s; s++)
                append_text(out, *s);
}

int process_plan_new(const ProcessSpec *spec, int first_cgroup, int *ret_fd, Error *error)
{
        g_autoptr(GByteArray) out = g_byte_array_new();
        const char *const *env = spec->env ?: default_env;
        _cleanup_close_ int fd = -EBADF;
        Plan plan = {
                .magic = PLAN_MAGIC,
                .parent = getpid(),
                .uid = spec->uid,
                .gid = spec->gid,
                .n_limits = (uint32_t) spec->n_limits,
                .n_fds = (uint32_t) spec->n_fds,
                .n_groups = (uint32_t) spec->n_groups,
                .n_cgroups = (uint32_t) spec->n_cgroup_fds,
                .n_args = g_strv_length((char **) spec->argv),
                .n_env = g_strv_length((char **) env),
                .capabilities = spec->capabilities,
        };
        int r;

        for (size_t i = 0; i < ELEMENTSOF(flag_table); i++)
                if (spec->flags & flag_table[i].flag)
                        plan.flags |= flag_table[i].plan;
        if (spec->uid != 0 && (spec->uid != geteuid() || spec->gid != getegid()))
                plan.flags |= PLAN_CHANGE_IDS;
        g_byte_array_append(out, (const guint8 *) &plan, sizeof(plan));
        append_arrays(out, spec, first_cgroup);
        append_texts(out, spec, env);
        ((Plan *) (void *) out->data)->size = out->len;

        fd = memfd_create("virtbus-exec", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return error_set_errno(error, errno, "cannot make a file in memory");
        r = write_all(fd, out->data, out->len);
        if (r >= 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
                r = -errno;
        if (r < 0)
                return error_set_errno(error, r, "cannot write the plan for '%s'", spec->path);
        *ret_fd = TAKE_FD(fd);
        return 0;
}
