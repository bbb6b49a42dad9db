/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A job is one operation on one object that takes more than a moment: a static table of steps with their
 * undo. The runner owns the object's busy slot, deadlines, progress, cancellation, undo in reverse order and
 * exactly one completion. State says where an object is, its job says why. This part knows no bus: whoever
 * publishes jobs listens with JobListener.
 */

#include "service/base/error.h"

#include <systemd/sd-event.h>

typedef struct Job Job;
typedef struct JobManager JobManager;

/* What a step's start function returns when it will call job_step_done() later. */
#define JOB_STEP_WAIT 1

typedef struct JobStep {
        const char *name; /* the stage that a person sees: "spawn", "handshake" */
        /* Returns 0 when done, JOB_STEP_WAIT, or a negative errno with the error set. */
        int (*start)(Job *job, void *context, Error *error);
        /*
         * Takes back what start did, once it was done; a step that fails takes back itself what it has done
         * so far. Does not wait and cannot fail: it logs. May be NULL.
         */
        void (*undo)(Job *job, void *context);
        /*
         * Stops a waiting step: nobody calls job_step_done() for it any more, this function included. Whatever
         * the step has done so far, it takes back itself. NULL: the step cannot be interrupted, and a
         * cancellation takes effect at its end.
         */
        void (*cancel)(Job *job, void *context);
        /*
         * In the place of cancel for what only ends somewhere else: asks for that. The step goes on to wait, and calls
         * job_step_done() when it has come.
         */
        void (*interrupt)(Job *job, void *context);
        /* 0: none. Missing it cancels the step (so .cancel must be set) and fails the job. */
        uint64_t timeout_usec;
        /* Cannot be taken back for a change of mind: from the start of this step on job_cancel() is refused. */
        bool no_return;
        bool begun; /* the work itself: what has failed before this step concerns who wanted it begun */
} JobStep;

/* The slot that makes an object busy: embedded in it, zero-initialised. */
typedef struct JobSlot {
        Job *job; /* not owned */
} JobSlot;

typedef enum JobState {
        JOB_RUNNING,
        JOB_UNDOING,
        JOB_SUCCEEDED,
        JOB_FAILED,
        JOB_CANCELLED,
        _JOB_STATE_MAX,
} JobState;

DECLARE_STRING_TABLE(job_state, JobState);

typedef struct JobOwner {
        const char *name; /* unique bus name, or NULL for the daemon itself */
        uint32_t uid;
} JobOwner;

/* Called with each job whose life is visible: one for which job_run() returned 1. */
typedef struct JobListener {
        void (*added)(Job *job, void *userdata);
        void (*changed)(Job *job, void *userdata); /* stage, progress, state */
        void (*removed)(Job *job, void *userdata); /* after its completion */
        /* The slot that any job has held is free: whoever waits for it may try. May be NULL. */
        void (*slot_freed)(JobSlot *slot, void *userdata);
} JobListener;

JobManager *job_manager_new(sd_event *event);
/*
 * Ends the running jobs with ERROR_OPERATION_ABORTED: to be called when the loop has ended, while the drivers
 * are still open. Steps that can be cancelled are, and the job is undone; one that cannot be interrupted or
 * taken back is left as it stands for the next start of the daemon, and nobody may call job_step_done() for it.
 * Jobs that somebody still refers to stay valid.
 */
JobManager *job_manager_free(JobManager *manager);
DEFINE_TRIVIAL_CLEANUP(JobManager *, job_manager_free)
void job_manager_set_listener(JobManager *manager, const JobListener *listener, void *userdata);
/* A visible job, borrowed, or NULL. */
Job *job_manager_find(JobManager *manager, uint64_t id);
/* Visible jobs in the order of their ids; the visitor may end any of them. */
typedef void (*JobVisitor)(Job *job, void *userdata);
void job_manager_foreach(JobManager *manager, JobVisitor visitor, void *userdata);

/*
 * Occupies the slot (NULL: a job that makes nothing busy), whose memory must outlive the job: what the job is
 * about is kept by job_set_object(). owner NULL: the daemon itself. ERROR_RESOURCE_BUSY names the job in the
 * way. The caller owns a reference; dropping the last one before job_run() frees the slot again.
 */
int job_new(JobManager *manager, const char *kind, JobSlot *slot, const JobOwner *owner, Job **ret,
            Error *error);
Job *job_ref(Job *job);
Job *job_unref(Job *job);
DEFINE_TRIVIAL_CLEANUP(Job *, job_unref)

/* The object the job is about; unref runs when the job is freed. */
void job_set_object(Job *job, void *object, GDestroyNotify unref);
void *job_object(const Job *job);

/*
 * Runs the steps (the table ends with a row without a name) on the context, which destroy frees at the very
 * end. Call at most once per job, from the operation. Returns 0 when all is done already, 1 when it goes on, or
 * a negative errno when it has failed and is undone, the error set.
 */
int job_run(Job *job, const JobStep *steps, void *context, GDestroyNotify destroy, Error *error);

/*
 * The waiting step is over: r < 0 failed, with the error (moved from, may be NULL). Never from within start.
 * Runs the next steps before it returns; the job may be gone then.
 */
void job_step_done(Job *job, int r, Error *error);

/*
 * What happens once, at the end: after the last step, or after the undo, with the slot free again. error is
 * NULL when the job succeeded, else borrowed. Set between job_run() returning 1 and the next turn of the loop.
 */
typedef void (*JobCompleted)(Job *job, Error *error, void *userdata);
void job_on_completed(Job *job, JobCompleted completed, void *userdata);

/*
 * For whoever only waits for a job to begin: called once, when a step that is marked so is reached, or at the end of a
 * job that has not come so far, with the error (borrowed) if it has failed. Returns false, and calls nothing, when the
 * job has begun or no step says when.
 */
bool job_on_begun(Job *job, JobCompleted begun, void *userdata);

/*
 * Asks for the end: the waiting step is cancelled, the done ones undone, now or when the step ends that cannot
 * be interrupted. ERROR_RESOURCE_BUSY when this stage cannot be left, ERROR_OPERATION_INVALID when the job has
 * ended.
 */
int job_cancel(Job *job, Error *error);
bool job_is_cancelled(const Job *job);

/* progress in units of total (bytes); total 0 means unknown, then stages count. */
void job_set_progress(Job *job, uint64_t progress, uint64_t total);

/* What the operation yields: at most one of each, taken over by the job. A job that fails drops them. */
void job_set_result_object(Job *job, void *object, GDestroyNotify unref);
void job_set_result_text(Job *job, char *text);
void job_set_result_fd(Job *job, int fd);
void *job_result_object(const Job *job);
const char *job_result_text(const Job *job);
int job_result_fd(const Job *job); /* stays the job's */

uint64_t job_id(const Job *job);
const char *job_kind(const Job *job);
JobState job_state(const Job *job);
const char *job_stage(const Job *job);
const JobOwner *job_owner(const Job *job);
uint64_t job_progress(const Job *job);
uint64_t job_total(const Job *job);
bool job_is_measured(const Job *job); /* total is known, and no number of stages */
uint64_t job_started_usec(const Job *job); /* CLOCK_MONOTONIC */
const Error *job_error(const Job *job); /* NULL unless it failed or was cancelled */
void *job_context(const Job *job);      /* NULL before job_run() and after the end */
JobManager *job_manager(const Job *job);
