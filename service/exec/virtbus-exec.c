/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Becomes another program with less rights: virtbus-exec PLAN-FD REPORT-FD. Not set-uid and nothing of its
 * own: it does what the plan says with the rights it was started with. It runs between fork and exec of a
 * process with threads, in a process of its own, so it may use all of libc.
 */

#include "service/base/exec_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LISTEN_BACKLOG 4
#define CAPABILITY_LAST 63

typedef struct Job {
        const Plan *plan;
        const PlanLimit *limits;
        const PlanFd *fds;
        const uint32_t *groups;
        const int32_t *cgroups;
        char *path;
        char *cwd;
        char **argv;
        char **env;
        int report_fd;
} Job;

/* The parent learns errno and sentence; only it knows what they are to be part of. */
__attribute__((noreturn, format(printf, 2, 3)))
static void fail(const Job *job, const char *format, ...)
{
        struct {
                PlanFailure head;
                char text[1024];
        } record = { .head.error = errno };
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(record.text, sizeof(record.text), format, ap);
        va_end(ap);
        if (n < 0)
                n = 0;
        if ((size_t) n >= sizeof(record.text))
                n = sizeof(record.text) - 1;
        /* nobody is left to tell if this fails; the exit status still says so */
        (void) !write(job->report_fd, &record, sizeof(record.head) + (size_t) n);
        _exit(126);
}

static void require(const Job *job, bool ok, const char *what)
{
        if (ok)
                return;
        errno = EBADMSG;
        fail(job, "the plan of virtbus-exec is damaged (%s)", what);
}

/* The next size bytes of the plan. */
static const void *take(const Job *job, const char **p, const char *end, size_t n, size_t size)
{
        const void *here = *p;

        require(job, n <= (size_t) (end - *p) / size, "it is too short");
        *p += n * size;
        return here;
}

static char *take_text(const Job *job, const char **p, const char *end)
{
        const char *here = *p;
        const char *nul = memchr(here, '\0', (size_t) (end - here));

        require(job, nul != NULL, "a text has no end");
        *p = nul + 1;
        return (char *) here;
}

static char **take_texts(const Job *job, const char **p, const char *end, uint32_t n)
{
        char **list = calloc((size_t) n + 1, sizeof(char *));

        if (!list)
                fail(job, "no memory for the program's arguments");
        for (uint32_t i = 0; i < n; i++)
                list[i] = take_text(job, p, end);
        return list;
}

static void read_plan(Job *job, int fd)
{
        const char *p, *end;
        struct stat st;

        if (fstat(fd, &st) < 0)
                fail(job, "cannot read the plan of virtbus-exec");
        require(job, st.st_size >= (off_t) sizeof(Plan) && st.st_size <= INT32_MAX, "its size");
        p = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED)
                fail(job, "cannot map the plan of virtbus-exec");
        end = p + st.st_size;
        job->plan = take(job, &p, end, 1, sizeof(Plan));
        require(job, job->plan->magic == PLAN_MAGIC && job->plan->size == st.st_size, "its head");
        job->limits = take(job, &p, end, job->plan->n_limits, sizeof(PlanLimit));
        job->fds = take(job, &p, end, job->plan->n_fds, sizeof(PlanFd));
        job->groups = take(job, &p, end, job->plan->n_groups, sizeof(uint32_t));
        job->cgroups = take(job, &p, end, job->plan->n_cgroups, sizeof(int32_t));
        job->path = take_text(job, &p, end);
        job->cwd = take_text(job, &p, end);
        require(job, job->plan->n_args > 0 && job->plan->n_args <= (size_t) (end - p), "its arguments");
        job->argv = take_texts(job, &p, end, job->plan->n_args);
        require(job, job->plan->n_env <= (size_t) (end - p), "its environment");
        job->env = take_texts(job, &p, end, job->plan->n_env);
        require(job, p == end, "it is too long");
}

static uint64_t own_capabilities(const Job *job)
{
        struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[2] = {};

        if (syscall(SYS_capget, &head, data) < 0)
                fail(job, "cannot read the own capabilities");
        return (uint64_t) data[1].permitted << 32 | data[0].permitted;
}

static bool have(uint64_t capabilities, unsigned capability)
{
        return capabilities >> capability & 1;
}

static void enter_cgroups(const Job *job)
{
        for (uint32_t i = 0; i < job->plan->n_cgroups; i++)
                if (write(job->cgroups[i], "0", 1) != 1)
                        fail(job, "cannot enter the cgroup");
}

/* A missing right is no failure: an ordinary user has none to take away from the program. */
static void unshare_optionally(const Job *job, uint32_t flag, int clone_flag, const char *what)
{
        if (!(job->plan->flags & flag))
                return;
        if (unshare(clone_flag) < 0) {
                if (errno == EPERM)
                        return;
                fail(job, "cannot make a new namespace of %s", what);
        }
        if (clone_flag == CLONE_NEWNS && mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
                fail(job, "cannot keep mounts from going back to the host");
}

static void set_limits(const Job *job)
{
        bool core = false;

        for (uint32_t i = 0; i < job->plan->n_limits; i++) {
                const PlanLimit *l = job->limits + i;

                core = core || l->resource == RLIMIT_CORE;
                if (setrlimit((__rlimit_resource_t) l->resource,
                              &(struct rlimit) { .rlim_cur = l->soft, .rlim_max = l->hard }) < 0)
                        fail(job, "cannot set resource limit %d", (int) l->resource);
        }
        if (!core && setrlimit(RLIMIT_CORE, &(struct rlimit) {}) < 0)
                fail(job, "cannot forbid core dumps");
}

static void drop_bounding_set(const Job *job, uint64_t own)
{
        /* who may not change the set cannot use it either, since there is no new privilege to gain */
        if (!have(own, CAP_SETPCAP))
                return;
        for (unsigned i = 0; i <= CAPABILITY_LAST; i++)
                if (!have(job->plan->capabilities, i) && prctl(PR_CAPBSET_READ, i, 0, 0, 0) > 0 &&
                    prctl(PR_CAPBSET_DROP, i, 0, 0, 0) < 0)
                        fail(job, "cannot drop capability %u from the bounding set", i);
}

static void change_ids(const Job *job, uint64_t own)
{
        const Plan *plan = job->plan;

        /* an ordinary user cannot give groups up, and has not got more by them than before */
        if (have(own, CAP_SETGID) && setgroups(plan->n_groups, job->groups) < 0)
                fail(job, "cannot set the supplementary groups");
        if (!(plan->flags & PLAN_CHANGE_IDS))
                return;
        if (plan->capabilities && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
                fail(job, "cannot keep capabilities");
        if (setresgid(plan->gid, plan->gid, plan->gid) < 0)
                fail(job, "cannot change to group %u", plan->gid);
        if (setresuid(plan->uid, plan->uid, plan->uid) < 0)
                fail(job, "cannot change to user %u", plan->uid);
}

static void set_capabilities(const Job *job, uint64_t own)
{
        struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
        uint64_t keep = own & job->plan->capabilities;
        uint32_t low = (uint32_t) keep, high = (uint32_t) (keep >> 32);
        struct __user_cap_data_struct data[2] = { { low, low, low }, { high, high, high } };

        if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
                fail(job, "cannot clear the ambient capabilities");
        if (syscall(SYS_capset, &head, data) < 0)
                fail(job, "cannot set the capabilities");
        /* root gets them by exec itself */
        if (getuid() == 0)
                return;
        for (unsigned i = 0; i <= CAPABILITY_LAST; i++)
                if (have(keep, i) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0) < 0)
                        fail(job, "cannot hand over capability %u", i);
}

static void bind_to_parent(const Job *job)
{
        if (!(job->plan->flags & PLAN_DIE_WITH_PARENT))
                return;
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
                fail(job, "cannot bind the life to the parent's");
        if (getppid() != job->plan->parent)
                _exit(126);
}

static void start_listening(const Job *job)
{
        for (uint32_t i = 0; i < job->plan->n_fds; i++)
                if (job->fds[i].listen && listen(job->fds[i].target, LISTEN_BACKLOG) < 0)
                        fail(job, "cannot listen on socket %d", (int) job->fds[i].target);
}

static int compare_ints(const void *a, const void *b)
{
        const int *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* Everything but standard fds, the targets and the report, which exec closes. */
static void close_others(const Job *job)
{
        size_t n = job->plan->n_fds, n_kept = 0;
        int *kept = calloc(n + 4, sizeof(int));
        unsigned next = 0;

        if (!kept)
                fail(job, "no memory for the list of file descriptors");
        for (int fd = 0; fd <= 2; fd++)
                kept[n_kept++] = fd;
        for (size_t i = 0; i < n; i++)
                kept[n_kept++] = job->fds[i].target;
        kept[n_kept++] = job->report_fd;
        qsort(kept, n_kept, sizeof(int), compare_ints);
        for (size_t i = 0; i < n_kept; next = (unsigned) kept[i++] + 1)
                if ((unsigned) kept[i] > next && close_range(next, (unsigned) kept[i] - 1, 0) < 0)
                        fail(job, "cannot close file descriptors");
        if (close_range(next, ~0U, 0) < 0)
                fail(job, "cannot close file descriptors");
        free(kept);
}

int main(int argc, char **argv)
{
        Job job = { .report_fd = argc == 3 ? atoi(argv[2]) : STDERR_FILENO };
        uint64_t own;

        if (argc != 3 || fcntl(job.report_fd, F_SETFD, FD_CLOEXEC) < 0) {
                (void) fprintf(stderr, "virtbus-exec is started by virtbusd, not by hand.\n");
                return 2;
        }
        read_plan(&job, atoi(argv[1]));
        own = own_capabilities(&job);

        (void) umask(0077);
        enter_cgroups(&job);
        unshare_optionally(&job, PLAN_PRIVATE_MOUNTS, CLONE_NEWNS, "mounts");
        unshare_optionally(&job, PLAN_PRIVATE_IPC, CLONE_NEWIPC, "IPC objects");
        unshare_optionally(&job, PLAN_PRIVATE_NETWORK, CLONE_NEWNET, "network interfaces");
        set_limits(&job);

        drop_bounding_set(&job, own);
        change_ids(&job, own);
        set_capabilities(&job, own);
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
                fail(&job, "cannot give up new privileges");

        bind_to_parent(&job);
        if (chdir(job.cwd) < 0)
                fail(&job, "cannot change to directory '%s'", job.cwd);
        start_listening(&job);
        close_others(&job);

        if (write(job.report_fd, &(char) { PLAN_REPORT_READY }, 1) != 1)
                _exit(126);
        execve(job.path, job.argv, job.env);
        fail(&job, "cannot run '%s'", job.path);
}
