/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What saving a machine and dumping it have in common: the steps of a job that opens the file, stops the processors,
 * has the machine write its state, and gives the file its name. What fails leaves no file, and the machine running as
 * it was.
 */

#include "drivers/qemu/qemu_filter.h"
#include "drivers/qemu/qemu_outgoing.h"
#include "drivers/qemu/qemu_output.h"

/* A file system that does not answer; and one that does not finish. */
#define QEMU_CAPTURE_OPEN_USEC (60 * USEC_PER_SEC)
#define QEMU_CAPTURE_WRITE_USEC (1800 * USEC_PER_SEC)

/* What the threads share with the loop, which does not look at it while a task runs. */
typedef struct QemuCaptureFile {
        char *path;
        bool direct; /* around the cache */
        QemuSaveImage *image; /* what goes ahead of the state; NULL: nothing */
        bool (*may_replace)(int fd);
        QemuOutput *output;
} QemuCaptureFile;

/* The context of the job, or its first member. */
typedef struct QemuCapture {
        Job *job; /* not owned: it owns this */
        QemuDriver *driver;
        Domain *domain;
        QemuCaptureFile *file;
        bool own_file;    /* in a directory of the daemon's */
        bool live;        /* the processors go on until the end */
        int pause_reason; /* DOMAIN_PAUSED_* */
        WorkerTask *task;
        Qmp *qmp; /* while "stop" is on its way */
        uint64_t number;
        QemuFilter *filter;
        QemuOutgoing *outgoing;
        Error failure; /* of the machine, while the filter may have the better reason */
} QemuCapture;

/* path is taken, image too, which may be NULL. */
void qemu_capture_init(QemuCapture *capture, Domain *domain, char *path, QemuSaveImage *image, Job *job);
void qemu_capture_clear(QemuCapture *capture);

/* Steps. */
int qemu_capture_open(Job *job, void *context, Error *error);
void qemu_capture_undo_open(Job *job, void *context);
int qemu_capture_stop(Job *job, void *context, Error *error);
void qemu_capture_undo_stop(Job *job, void *context);
void qemu_capture_cancel_stop(Job *job, void *context);
int qemu_capture_state(Job *job, void *context, Error *error);
void qemu_capture_cancel_state(Job *job, void *context);
int qemu_capture_write(Job *job, void *context, Error *error);
/* Of a step that is a task of a worker. */
void qemu_capture_cancel_task(Job *job, void *context);

/* A step as a task, on what must be the file. */
int qemu_capture_run_task(QemuCapture *capture, WorkerFunc work);
/* Where the machine is to write: the file or a program; *ret_fd is the caller's. */
int qemu_capture_target(QemuCapture *capture, int *ret_fd, Error *error);
/* The machine is through with its part, or failed: the step ends when the program has ended as well. */
void qemu_capture_written(QemuCapture *capture, Error *error);
