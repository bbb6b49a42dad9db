/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Programs that a machine needs beside QEMU, as a worker plans them: errands, which must have been run before QEMU
 * starts (a TPM is manufactured, a script sets an interface up), and companions, which live as long as the machine (the
 * emulator of its TPM, the server of a shared directory, its user network). Where the programs are is the
 * administrator's word (section [qemu] of virtbusd.conf(5)): no PATH is searched and no definition names them.
 */

#include "service/base/process.h"

#include <linux/capability.h>

typedef enum QemuCompanionKind {
        QEMU_COMPANION_SWTPM,
        QEMU_COMPANION_VIRTIOFSD,
        QEMU_COMPANION_PASST,
        QEMU_COMPANION_PR_HELPER,
        QEMU_COMPANION_NBDKIT,
        QEMU_COMPANION_VHOST_USER_GPU,
        QEMU_COMPANION_DBUS_DAEMON,
        _QEMU_COMPANION_MAX,
} QemuCompanionKind;
DECLARE_STRING_TABLE(qemu_companion, QemuCompanionKind);

/* Where things are: constant, and shared with workers. All of it set; "" stands for what the host's descriptors say. */
typedef struct QemuPrograms {
        char *companion[_QEMU_COMPANION_MAX];
        char *swtpm_setup;
        char *tc;
        char *tpm_dir; /* states of TPMs, in directories named after the machine's UUID */
        char *tpm_ca;  /* of swtpm_localca(8): its owner alone can make certificates */
        char *log_dir;
} QemuPrograms;

/* setting(userdata, "swtpm") returns what the administrator has said, or NULL. */
QemuPrograms *qemu_programs_new(const char *state_dir, const char *log_dir,
                                const char *(*setting)(const void *userdata, const char *key), const void *userdata);
/* Whether a companion of the kind is where distributions have it, at this path. */
bool qemu_companion_is_known(QemuCompanionKind kind, const char *path);
QemuPrograms *qemu_programs_ref(QemuPrograms *programs);
QemuPrograms *qemu_programs_unref(QemuPrograms *programs);
DEFINE_TRIVIAL_CLEANUP(QemuPrograms *, qemu_programs_unref)

/* ERROR_CONFIG_UNSUPPORTED naming the place and the setting when the program is not there. Blocks: for workers. */
int qemu_program_check(const char *path, const char *setting, const char *place, Error *error);

/* What is to be started. Its descriptors are its own. */
typedef struct QemuProgram {
        char *place; /* XPath of what needs it, for errors */
        GPtrArray *argv;
        GArray *fds; /* of ProcessFd */
        char *cwd;   /* NULL: "/" */
        GPtrArray *env; /* of char, NULL at its end, beside the standard; NULL: nothing */
        uid_t uid;   /* 0: our own */
        gid_t gid;
        uint64_t capabilities;
} QemuProgram;

QemuProgram *qemu_program_new(const char *place, const char *path, uid_t uid, gid_t gid);
QemuProgram *qemu_program_free(QemuProgram *program);
DEFINE_TRIVIAL_CLEANUP(QemuProgram *, qemu_program_free)
void qemu_program_arg(QemuProgram *program, const char *arg);
void qemu_program_argf(QemuProgram *program, const char *format, ...) _printf_(2, 3);
/* "NAME=value", which everybody may see. */
void qemu_program_env(QemuProgram *program, const char *variable);
/* Takes fd; returns the number that it has in the program. */
int qemu_program_fd(QemuProgram *program, int fd);
/* Takes fd: the directory is its working directory, whatever the rights of those above. */
void qemu_program_cwd(QemuProgram *program, int fd);
/* Descriptors of something that is read once and never written to the disk, such as a pass phrase. */
int qemu_program_secret(QemuProgram *program, const void *data, size_t size, Error *error);
/* The spec borrows from the program. */
ProcessSpec qemu_program_spec(const QemuProgram *program);

typedef struct QemuErrand {
        QemuProgram *program;
        /*
         * What is done when it has succeeded, on a worker: the directory goes to another user, and gets its final name.
         * Until then it is removed with the errand.
         */
        char *made, *final; /* NULL: nothing */
        uid_t uid;
        gid_t gid;
} QemuErrand;

/* Takes the program. */
QemuErrand *qemu_errand_new(QemuProgram *program);
QemuErrand *qemu_errand_free(QemuErrand *errand);
DEFINE_TRIVIAL_CLEANUP(QemuErrand *, qemu_errand_free)

typedef struct QemuCompanionPlan {
        QemuCompanionKind kind;
        char *alias;      /* of the device that it serves: "tpm0" */
        QemuProgram *program;
        char *log;        /* name of its log, "web-swtpm" */
        uint64_t log_offset;
        /*
         * It is ready when it has written so many bytes, after it was greeted: all of its answer, so that nothing is
         * left of it for QEMU. ready_fd is its own end.
         */
        int ready_fd;
        const char *greeting; /* static; NULL: it speaks by itself */
        size_t greeting_size;
        size_t answer_size; /* 0: whatever there is */
} QemuCompanionPlan;

/* Takes the program, whose output goes to the log: that of the machine, with the kind in its name. */
QemuCompanionPlan *qemu_companion_plan_new(QemuCompanionKind kind, const char *alias, QemuProgram *program);
/*
 * It is ready when it answers its client's first question of vhost-user, which is asked on the client's socket; fd
 * stays the caller's.
 */
void qemu_companion_plan_greet_vhost_user(QemuCompanionPlan *plan, int fd);
/* "web-swtpm"; of kinds that there can be several of, "web-fs0-virtiofsd". Free with g_free(). */
char *qemu_companion_log_name(QemuCompanionKind kind, const char *alias, const char *machine);
QemuCompanionPlan *qemu_companion_plan_free(QemuCompanionPlan *plan);
DEFINE_TRIVIAL_CLEANUP(QemuCompanionPlan *, qemu_companion_plan_free)
/* Blocks. Returns the log's descriptor, the plan's; -1: it cannot be opened, which is no reason not to start. */
int qemu_companion_plan_log(QemuCompanionPlan *plan, const char *log_dir, const char *machine);
/* A log that somebody else reads. Takes fd. */
void qemu_companion_plan_take_log(QemuCompanionPlan *plan, int fd, const char *machine);
