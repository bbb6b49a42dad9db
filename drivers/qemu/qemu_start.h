/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A start in progress: what its steps share. The steps of qemu_start.c's table stand in the order of their files: what
 * is made ready before there is a process, the process up to its monitor's answers, the machine until it runs. A step
 * that waits ends with start_done(), unless it was cancelled meanwhile.
 */

#include "drivers/qemu/qemu_command.h"
#include "drivers/qemu/qemu_guest.h"
#include "drivers/qemu/qemu_launch.h"
#include "drivers/qemu/qemu_network.h"
#include "drivers/qemu/qemu_nvram.h"
#include "drivers/qemu/qemu_nwfilter.h"
#include "drivers/qemu/qemu_save.h"

/* From the program's first instruction to the answers of its monitor: large images are opened meanwhile. */
#define START_HANDSHAKE_USEC (120 * USEC_PER_SEC)

/*
 * What is asked of every machine that starts; the answers go to the live definition and to the statistics.
 */
typedef enum Question {
        QUESTION_CHARDEVS,
        QUESTION_VNC,
        QUESTION_CPUS,
        QUESTION_IOTHREADS,
        _QUESTION_MAX,
} Question;

typedef struct Start {
        Job *job; /* not owned: it owns this */
        GList link; /* in the driver's starts, or nowhere */
        QemuDriver *driver;
        Domain *domain;
        DomainDef *def;
        uint32_t flags;
        bool transient;
        bool waiting;   /* for a step to end */
        bool published; /* the domain is known to run: its end is told, too */
        QemuGuest *guest;
        QemuGuest *former; /* being waited for */
        QemuCapsRequest *request;
        QemuCaps *caps;
        gid_t gid;
        gid_t kvm_gid;
        bool has_kvm_gid;
        WorkerTask *task;
        WorkerTask *division; /* of the threads */
        QemuNetworkPlug *plug; /* set while ports of networks are being made */
        QemuLaunch *launch;
        QemuNwfilter *filters; /* set while the filters of cards are being bound */
        QemuNvram *nvram;
        QemuFiles *files;
        QemuCommand *command;
        int monitor_fd;
        int log_fd;
        JsonNode *answers[_QUESTION_MAX];
        GArray *threads; /* of QemuThread; NULL: nothing is said of them */
        unsigned n_pending; /* replies of the handshake */
        sd_event_source *patience;
        sd_event_source *volumes; /* the next look at pools that are being started */
        QemuRestore *restore; /* NULL: it boots */
        bool discard;         /* boots although there is a managed save, which goes */
        uint32_t save_flags;
} Start;

/* Returns JOB_STEP_WAIT. */
int start_wait(Start *start);
void start_done(Start *start, int r, Error *error);
/* The same in the form that most of what a step waits for calls; error as it is when nothing failed. */
void start_done_with(void *userdata, Error *error);
/* Whether the machine gets the state of an image, and does not boot. */
bool start_is_restored(const Start *start);
/* The image has been read: its definition is the domain's. */
int start_take_image(Start *start, Error *error);

/* What a step that waits for a worker, or for a reply of the monitor, has for its cancellation. */
void start_cancel_task(Job *job, void *context);
void start_cancel_restore(Job *job, void *context);

/* qemu_start_prepare.c */
int start_step_capabilities(Job *job, void *context, Error *error);
void start_cancel_capabilities(Job *job, void *context);
int start_step_firmware(Job *job, void *context, Error *error);
int start_step_volumes(Job *job, void *context, Error *error);
void start_cancel_volumes(Job *job, void *context);
int start_step_networks(Job *job, void *context, Error *error);
void start_cancel_networks(Job *job, void *context);
void start_undo_networks(Job *job, void *context);
void start_undo_prepare(Job *job, void *context);
int start_step_prepare(Job *job, void *context, Error *error);
int start_step_cgroup(Job *job, void *context, Error *error);
int start_step_nvram(Job *job, void *context, Error *error);
void start_cancel_nvram(Job *job, void *context);
int start_step_files(Job *job, void *context, Error *error);
int start_step_companions(Job *job, void *context, Error *error);
void start_cancel_companions(Job *job, void *context);
int start_step_filters(Job *job, void *context, Error *error);
void start_cancel_filters(Job *job, void *context);
int start_step_command(Job *job, void *context, Error *error);

/* qemu_start_process.c */
int start_step_log(Job *job, void *context, Error *error);
int start_step_spawn(Job *job, void *context, Error *error);
int start_step_handshake(Job *job, void *context, Error *error);

/* qemu_start_run.c */
int start_step_threads(Job *job, void *context, Error *error);
void start_cancel_threads(Job *job, void *context);
int start_step_resctrl(Job *job, void *context, Error *error);
int start_step_perf(Job *job, void *context, Error *error);
int start_step_state(Job *job, void *context, Error *error);
int start_step_discard(Job *job, void *context, Error *error);
int start_step_run(Job *job, void *context, Error *error);
int start_step_publish(Job *job, void *context, Error *error);
