/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Children and other processes. A child is started by posix_spawn() of virtbus-exec, which reduces its
 * rights and then becomes the program: no code of ours runs between fork and exec, since libraries of ours
 * have threads. Ends are seen through pidfds on the event loop. Nothing here blocks.
 */

#include "service/base/error.h"

#include <sys/types.h>
#include <systemd/sd-event.h>

typedef struct Launcher Launcher;
typedef struct Process Process;
typedef struct ProcessRun ProcessRun;

/* Target numbers of fds lie below this. */
#define PROCESS_FD_MAX 1024
/* capabilities: keep all that we have, for tools of the administrator (mount, ip) that run as ourselves. */
#define PROCESS_CAPABILITIES_ALL UINT64_MAX

typedef enum ProcessFlags {
        PROCESS_DIE_WITH_PARENT = 1 << 0, /* SIGKILL when ours ends: for probes and tools, not guests */
        /* New namespaces; left out silently where we lack the right to make them (session mode). */
        PROCESS_PRIVATE_MOUNTS = 1 << 1, /* later mounts of the host are seen, own ones are not */
        PROCESS_PRIVATE_IPC = 1 << 2,
        PROCESS_PRIVATE_NETWORK = 1 << 3,
} ProcessFlags;

/*
 * fd stays the caller's and becomes number target in the child. Numbers 0 to 2 that are not given are
 * /dev/null.
 */
typedef struct ProcessFd {
        int fd;
        int target;
        /*
         * fd is a bound unix socket on which the child calls listen(2) after its change of user and before
         * it becomes the program: SO_PEERCRED of a client names the program then, whatever becomes of us.
         */
        bool listen;
} ProcessFd;

typedef struct ProcessLimit {
        int resource;        /* RLIMIT_* */
        uint64_t soft, hard; /* RLIM_INFINITY for none */
} ProcessLimit;

/*
 * All pointers are borrowed for the time of the call. A zeroed spec with path and argv is the safest
 * program: our own user without capabilities or supplementary groups, no fds, no core dump, umask 0077, own
 * session, cwd "/". PR_SET_NO_NEW_PRIVS is always set; signals are at their defaults and unblocked. As an
 * ordinary user, who cannot give them up, supplementary groups stay.
 */
typedef struct ProcessSpec {
        const char *path;        /* absolute; PATH is never searched */
        const char *const *argv; /* NULL-terminated, [0] included; visible to everybody, so no secrets */
        const char *const *env;  /* the whole environment; NULL: a standard PATH and LC_ALL=C */
        uid_t uid;               /* 0: who we are */
        gid_t gid;               /* must not be 0 when uid is not */
        const gid_t *groups;     /* supplementary groups; used when we are root */
        size_t n_groups;
        uint64_t capabilities;   /* to keep, as bits 1 << CAP_*; those we lack do not matter */
        const ProcessFd *fds;
        size_t n_fds;
        const int *cgroup_fds;   /* open cgroup.procs files that the child enters first */
        size_t n_cgroup_fds;
        const char *cwd;         /* NULL: "/" */
        const ProcessLimit *limits; /* RLIMIT_CORE is 0 unless it is among them */
        size_t n_limits;
        ProcessFlags flags;
} ProcessSpec;

/* How a process ended. Of one that is not our child nothing but the fact is known. */
typedef struct ProcessExit {
        bool known;
        int status; /* exit status when signal is 0 */
        int signal; /* that killed it, or 0 */
} ProcessExit;

/* "exited with status 1", "was killed by signal 9 (Killed)", "ended". Free with g_free(). */
char *process_exit_describe(const ProcessExit *exit);

/*
 * exec_path is virtbus-exec, NULL for the installed one. It is kept open, so that an upgrade of the files
 * does not pair it with another version of ourselves.
 */
int launcher_new(sd_event *event, const char *exec_path, Launcher **ret, Error *error);
/* All processes must have been freed before; those that still run are left alone. */
Launcher *launcher_free(Launcher *launcher);
DEFINE_TRIVIAL_CLEANUP(Launcher *, launcher_free)
sd_event *launcher_event(const Launcher *launcher);

/*
 * started: once, when the program runs (error unset) or could not be started; then exited follows too, as
 * the child ends. error is the caller's for the time of the call. May be NULL. exited: once, after started;
 * the last call. May be NULL. A process may be freed in either.
 */
typedef struct ProcessHandlers {
        void (*started)(Process *process, Error *error, void *userdata);
        void (*exited)(Process *process, const ProcessExit *exit, void *userdata);
} ProcessHandlers;

/*
 * Starts a child. What can be seen at once (invalid spec, no process could be made) is returned, everything
 * else arrives at handlers->started. The handlers are not copied.
 */
int process_spawn(Launcher *launcher, const ProcessSpec *spec, const ProcessHandlers *handlers,
                  void *userdata, Process **ret, Error *error);

/*
 * Watches a process that need not be our child, such as a guest of an earlier life of the daemon. Takes
 * pidfd in any case. handlers->started is not called.
 */
int process_adopt(Launcher *launcher, int pidfd, const ProcessHandlers *handlers, void *userdata,
                  Process **ret, Error *error);

/* Forgets the process without touching it: no handler is called any more, a child is reaped silently. */
Process *process_free(Process *process);
DEFINE_TRIVIAL_CLEANUP(Process *, process_free)

pid_t process_pid(const Process *process);
bool process_has_exited(const Process *process);

/* Sends a signal to exactly this process. Returns 0, also when it has ended meanwhile, or -errno. */
int process_kill(Process *process, int sig, Error *error);

/*
 * Who is at the other end of a connected unix socket: its pidfd (the caller's), pid and uid. ret_pid and
 * ret_uid may be NULL. ERROR_OPERATION_FAILED when it has ended.
 */
int process_open_peer(int socket_fd, int *ret_pidfd, pid_t *ret_pid, uid_t *ret_uid, Error *error);

/*
 * Start time in clock ticks since boot (/proc/PID/stat, field 22): with the pid it names a process uniquely.
 */
int process_start_time(pid_t pid, uint64_t *ret, Error *error);

/*
 * The pidfd (the caller's) of a process that was remembered by both; -ESRCH when it has ended, also where its number
 * has come to mean another one.
 */
int process_open_remembered(pid_t pid, uint64_t start_time);

/* What a tool left: valid for the time of the call. Both texts are NUL-terminated. */
typedef struct ProcessResult {
        ProcessExit exit;
        const char *out;
        size_t out_size;
        const char *err; /* the tail of it, if it was longer than the limit */
        size_t err_size;
} ProcessResult;

/*
 * error is unset when the tool exited with status 0, else says why: it could not be started, took too long,
 * wrote too much, exited with another status (then with the tail of its stderr) or was killed. It is the
 * caller's for the time of the call.
 */
typedef void (*ProcessRunDone)(void *userdata, const ProcessResult *result, Error *error);

typedef struct ProcessRunOptions {
        const void *input; /* its stdin, at most 64 KiB; copied */
        size_t input_size;
        uint64_t timeout_usec; /* then SIGKILL; 0 for none */
        size_t out_max;        /* 0: 1 MiB; more is an error */
        size_t err_max;        /* 0: 16 KiB; older text is dropped */
        /*
         * Sees stdout as it arrives, for progress; it is not collected then. Must not cancel. May be NULL.
         */
        void (*output)(void *userdata, const char *data, size_t size);
} ProcessRunOptions;

/*
 * Runs a tool to its end, with stdin, stdout and stderr (which the spec must not have) as the options say.
 * options may be NULL. done is called exactly once unless the run is cancelled, and never from within this
 * call.
 */
int process_run(Launcher *launcher, const ProcessSpec *spec, const ProcessRunOptions *options,
                ProcessRunDone done, void *userdata, ProcessRun **ret, Error *error);

/* Kills the tool; done will not be called. Valid until done has been called. Accepts NULL, returns NULL. */
ProcessRun *process_run_cancel(ProcessRun *run);
DEFINE_TRIVIAL_CLEANUP(ProcessRun *, process_run_cancel)
