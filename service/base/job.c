/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/job.h"

#include "service/base/log.h"

#define LOG_CATEGORY "job"

/* How late a missed deadline may be noticed: lets sd-event join wakeups. */
#define TIMEOUT_ACCURACY_USEC (10 * USEC_PER_MSEC)

/* Jobs hold a reference, so that one that outlives the manager leaves nothing dangling. */
struct JobManager {
        unsigned n_ref;
        sd_event *event; /* NULL once closed */
        uint64_t last_id;
        GTree *visible; /* id -> Job, not owned: what is visible runs, and holds itself */
        const JobListener *listener;
        void *listener_userdata;
};

struct Job {
        unsigned n_ref;
        JobManager *manager;
        uint64_t id;
        const char *kind; /* interned */
        JobSlot *slot;    /* NULL once it is free again */
        JobOwner owner;
        void *object;
        GDestroyNotify object_unref;
        uint64_t started_usec;

        const JobStep *steps; /* NULL before job_run() */
        size_t n_steps;
        size_t current;
        void *context;
        GDestroyNotify context_destroy;
        sd_event_source *timer;

        JobState state;
        bool starting : 1;  /* within the start function of the current step */
        bool waiting : 1;   /* for job_step_done() */
        bool cancelled : 1; /* somebody asked for the end */
        bool visible : 1;

        uint64_t progress;
        uint64_t total;
        Error error;
        JobCompleted completed;
        void *completed_userdata;
        JobCompleted begun;
        void *begun_userdata;

        void *result_object;
        GDestroyNotify result_object_unref;
        char *result_text;
        int result_fd;
};

static const char *const job_state_table[_JOB_STATE_MAX] = {
        [JOB_RUNNING] = "running", [JOB_UNDOING] = "undoing",     [JOB_SUCCEEDED] = "succeeded",
        [JOB_FAILED] = "failed",   [JOB_CANCELLED] = "cancelled",
};

DEFINE_STRING_TABLE(job_state, JobState);

static int compare_ids(gconstpointer a, gconstpointer b, gpointer userdata)
{
        uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

        return x < y ? -1 : x > y;
}

JobManager *job_manager_new(sd_event *event)
{
        JobManager *manager = g_new0(JobManager, 1);

        manager->n_ref = 1;
        manager->event = sd_event_ref(event);
        manager->visible = g_tree_new_full(compare_ids, NULL, NULL, NULL);
        return manager;
}

static void job_manager_unref(JobManager *manager)
{
        if (--manager->n_ref > 0)
                return;
        g_tree_unref(manager->visible);
        g_free(manager);
}

void job_manager_set_listener(JobManager *manager, const JobListener *listener, void *userdata)
{
        manager->listener = listener;
        manager->listener_userdata = userdata;
}

Job *job_manager_find(JobManager *manager, uint64_t id)
{
        return g_tree_lookup(manager->visible, &id);
}

static void release(gpointer job)
{
        job_unref(job);
}

static gboolean collect(gpointer key, gpointer job, gpointer jobs)
{
        g_ptr_array_add(jobs, job_ref(job));
        return FALSE;
}

void job_manager_foreach(JobManager *manager, JobVisitor visitor, void *userdata)
{
        g_autoptr(GPtrArray) jobs = g_ptr_array_new_with_free_func(release);

        g_tree_foreach(manager->visible, collect, jobs);
        for (size_t i = 0; i < jobs->len; i++) {
                Job *job = jobs->pdata[i];

                if (job->visible)
                        visitor(job, userdata);
        }
}

int job_new(JobManager *manager, const char *kind, JobSlot *slot, const JobOwner *owner, Job **ret,
            Error *error)
{
        static const JobOwner nobody = {};
        Job *job;

        if (slot && slot->job)
                return error_set(error, ERROR_RESOURCE_BUSY, "job %" PRIu64 " '%s' is running",
                                 slot->job->id, slot->job->kind);
        if (!owner)
                owner = &nobody;

        job = g_new(Job, 1);
        *job = (Job) {
                .n_ref = 1,
                .manager = manager,
                .id = ++manager->last_id,
                .kind = g_intern_string(kind),
                .slot = slot,
                .owner = { .name = g_strdup(owner->name), .uid = owner->name ? owner->uid : getuid() },
                .started_usec = now_usec(),
                .result_fd = -EBADF,
        };
        manager->n_ref++;
        if (slot)
                slot->job = job;
        *ret = job;
        return 0;
}

static void job_release_slot(Job *job)
{
        const JobListener *listener = job->manager ? job->manager->listener : NULL;
        JobSlot *slot = g_steal_pointer(&job->slot);

        if (!slot)
                return;
        g_assert(slot->job == job);
        slot->job = NULL;
        if (listener && listener->slot_freed)
                listener->slot_freed(slot, job->manager->listener_userdata);
}

static void job_drop_results(Job *job)
{
        if (job->result_object && job->result_object_unref)
                job->result_object_unref(job->result_object);
        job->result_object = NULL;
        g_clear_pointer(&job->result_text, g_free);
        job->result_fd = safe_close(job->result_fd);
}

Job *job_ref(Job *job)
{
        job->n_ref++;
        return job;
}

Job *job_unref(Job *job)
{
        if (!job || --job->n_ref > 0)
                return NULL;
        g_assert(!job->context);
        job_release_slot(job);
        job_drop_results(job);
        if (job->object && job->object_unref)
                job->object_unref(job->object);
        error_clear(&job->error);
        g_free((char *) job->owner.name);
        job_manager_unref(job->manager);
        g_free(job);
        return NULL;
}

void job_set_object(Job *job, void *object, GDestroyNotify unref)
{
        g_assert(!job->object);
        job->object = object;
        job->object_unref = unref;
}

void *job_object(const Job *job)
{
        return job->object;
}

static void job_changed(Job *job)
{
        const JobListener *listener = job->manager->listener;

        if (job->visible && listener && listener->changed)
                listener->changed(job, job->manager->listener_userdata);
}

static void job_set_state(Job *job, JobState state)
{
        log_debug("job %" PRIu64 " '%s': %s -> %s at '%s'", job->id, job->kind,
                  job_state_to_string(job->state), job_state_to_string(state), job_stage(job));
        job->state = state;
        job_changed(job);
}

static void job_show(Job *job)
{
        const JobListener *listener = job->manager->listener;

        job->visible = true;
        g_tree_insert(job->manager->visible, &job->id, job);
        if (listener && listener->added)
                listener->added(job, job->manager->listener_userdata);
}

static void job_hide(Job *job)
{
        const JobListener *listener = job->manager->listener;

        if (!job->visible)
                return;
        job->visible = false;
        g_tree_remove(job->manager->visible, &job->id);
        if (listener && listener->removed)
                listener->removed(job, job->manager->listener_userdata);
}

static void job_tell_begun(Job *job, Error *error)
{
        JobCompleted begun = job->begun;

        job->begun = NULL;
        if (begun)
                begun(job, error, job->begun_userdata);
}

/* The one end of every job that was run. The slot is free before anybody is told, who may want it anew. */
static void job_finish(Job *job, JobState state)
{
        JobCompleted completed = job->completed;
        bool held = job->visible; /* by job_run() */
        void *context;

        job->timer = sd_event_source_disable_unref(job->timer);
        job->waiting = false;
        job_release_slot(job);
        job_set_state(job, state);

        job_tell_begun(job, state == JOB_SUCCEEDED ? NULL : &job->error);
        job->completed = NULL;
        if (completed)
                completed(job, state == JOB_SUCCEEDED ? NULL : &job->error, job->completed_userdata);
        job_hide(job);

        context = g_steal_pointer(&job->context);
        if (context && job->context_destroy)
                job->context_destroy(context);
        if (held)
                job_unref(job);
}

/* Takes the error over, undoes the steps before the current one and ends the job. */
static void job_fail(Job *job, Error *error)
{
        error_move(&job->error, error);
        job->waiting = false;
        job_set_state(job, JOB_UNDOING);
        for (size_t i = job->current; i-- > 0;) {
                job->current = i;
                if (job->steps[i].undo)
                        job->steps[i].undo(job, job->context);
        }
        job_drop_results(job);
        job_finish(job, job->cancelled && job->error.code == ERROR_OPERATION_ABORTED ? JOB_CANCELLED
                                                                                     : JOB_FAILED);
}

static int job_error_cancelled(Job *job, Error *error)
{
        return error_set(error, ERROR_OPERATION_ABORTED, "job '%s' was cancelled", job->kind);
}

static void job_fail_cancelled(Job *job)
{
        Error error = ERROR_INIT;

        (void) job_error_cancelled(job, &error);
        job_fail(job, &error);
}

static void job_cancel_step(Job *job)
{
        job->waiting = false;
        job->timer = sd_event_source_disable_unref(job->timer);
        job->steps[job->current].cancel(job, job->context);
}

static int on_timeout(sd_event_source *source, uint64_t usec, void *userdata)
{
        _cleanup_(job_unrefp) Job *job = job_ref(userdata);
        const JobStep *step = job->steps + job->current;
        Error error = ERROR_INIT;

        (void) error_set(&error, ERROR_OPERATION_TIMEOUT, "job '%s': '%s' took longer than %g s", job->kind,
                         step->name, (double) step->timeout_usec / (double) USEC_PER_SEC);
        job_cancel_step(job);
        job_fail(job, &error);
        return 0;
}

static int job_arm_timeout(Job *job, const JobStep *step, Error *error)
{
        int r;

        if (step->timeout_usec == 0)
                return 0;
        g_assert(step->cancel);
        r = sd_event_add_time_relative(job->manager->event, &job->timer, CLOCK_MONOTONIC, step->timeout_usec,
                                       TIMEOUT_ACCURACY_USEC, on_timeout, job);
        return r < 0 ? error_set_errno(error, r, "cannot set a deadline") : 0;
}

/* Returns 0 when the step is done, JOB_STEP_WAIT, or a negative errno with the error set. */
static int job_start_step(Job *job, Error *error)
{
        const JobStep *step = job->steps + job->current;
        int r;

        log_debug("job %" PRIu64 " '%s': %s", job->id, job->kind, step->name);
        job->starting = true;
        r = step->start(job, job->context, error);
        job->starting = false;
        if (r < 0) {
                error_fill(error, r);
                return r;
        }
        if (r != JOB_STEP_WAIT)
                return 0;

        job->waiting = true;
        r = job_arm_timeout(job, step, error);
        if (r < 0 || (job->cancelled && step->cancel)) {
                job_cancel_step(job);
                return r < 0 ? r : job_error_cancelled(job, error);
        }
        return JOB_STEP_WAIT;
}

/* Runs steps from the current one on, until one waits or the job has ended. */
static void job_continue(Job *job)
{
        for (; job->steps[job->current].name; job->current++) {
                Error error = ERROR_INIT;
                int r;

                if (job->cancelled) {
                        job_fail_cancelled(job);
                        return;
                }
                job_changed(job);
                if (job->steps[job->current].begun)
                        job_tell_begun(job, NULL);
                r = job_start_step(job, &error);
                if (r < 0) {
                        job_fail(job, &error);
                        return;
                }
                if (r == JOB_STEP_WAIT)
                        return;
        }
        if (job->cancelled)
                job_fail_cancelled(job);
        else
                job_finish(job, JOB_SUCCEEDED);
}

int job_run(Job *job, const JobStep *steps, void *context, GDestroyNotify destroy, Error *error)
{
        _cleanup_(job_unrefp) _unused_ Job *guard = job_ref(job);

        g_assert(!job->steps && job->state == JOB_RUNNING);
        job->steps = steps;
        while (steps[job->n_steps].name)
                job->n_steps++;
        job->context = context;
        job->context_destroy = destroy;

        if (!job->manager->event)
                job->cancelled = true;
        job_continue(job);
        if (job->state == JOB_RUNNING) {
                job_ref(job); /* until job_finish() */
                job_show(job);
        }
        switch (job->state) {
        case JOB_RUNNING:
        case JOB_UNDOING:
                return 1;
        case JOB_SUCCEEDED:
                return 0;
        case JOB_FAILED:
        case JOB_CANCELLED:
                if (error)
                        error_copy(error, &job->error);
                return -error_info(job->error.code)->error;
        case _JOB_STATE_MAX:
                break;
        }
        g_assert_not_reached();
}

void job_step_done(Job *job, int r, Error *error)
{
        _cleanup_(job_unrefp) _unused_ Job *guard = job_ref(job);

        g_assert(job->waiting && !job->starting);
        job->waiting = false;
        job->timer = sd_event_source_disable_unref(job->timer);
        if (r < 0) {
                Error own = ERROR_INIT;

                if (error)
                        error_move(&own, error);
                error_fill(&own, r);
                job_fail(job, &own);
                return;
        }
        job->current++;
        job_continue(job);
}

void job_on_completed(Job *job, JobCompleted completed, void *userdata)
{
        g_assert(job->state == JOB_RUNNING && job->visible && !job->completed);
        job->completed = completed;
        job->completed_userdata = userdata;
}

bool job_on_begun(Job *job, JobCompleted begun, void *userdata)
{
        for (size_t i = job->current + 1; i < job->n_steps; i++)
                if (job->steps[i].begun && job->state == JOB_RUNNING) {
                        job->begun = begun;
                        job->begun_userdata = userdata;
                        return true;
                }
        return false;
}

/* Whether a step has begun that cannot be taken back. */
static bool job_is_committed(const Job *job)
{
        size_t n = job->current + (job->starting || job->waiting);

        for (size_t i = 0; i < n; i++)
                if (job->steps[i].no_return)
                        return true;
        return false;
}

int job_cancel(Job *job, Error *error)
{
        _cleanup_(job_unrefp) _unused_ Job *guard = job_ref(job);

        switch (job->state) {
        case JOB_RUNNING:
                break;
        case JOB_UNDOING:
                return error_set(error, ERROR_RESOURCE_BUSY, "job '%s' is being undone", job->kind);
        case JOB_SUCCEEDED:
        case JOB_FAILED:
        case JOB_CANCELLED:
                return error_set(error, ERROR_OPERATION_INVALID, "job '%s' has ended", job->kind);
        case _JOB_STATE_MAX:
                g_assert_not_reached();
        }
        if (job_is_committed(job))
                return error_set(error, ERROR_RESOURCE_BUSY, "job '%s' cannot be cancelled at '%s'",
                                 job->kind, job_stage(job));

        job->cancelled = true;
        if (job->waiting && job->steps[job->current].cancel) {
                job_cancel_step(job);
                job_fail_cancelled(job);
        } else if (job->waiting && job->steps[job->current].interrupt)
                job->steps[job->current].interrupt(job, job->context);
        return 0;
}

bool job_is_cancelled(const Job *job)
{
        return job->cancelled;
}

/* See job_manager_free(). */
static void job_abort(Job *job, void *userdata)
{
        Error error = ERROR_INIT;

        (void) error_set(&error, ERROR_OPERATION_ABORTED, "the daemon is stopping");
        job->cancelled = true;
        if (job->steps[job->current].cancel && !job_is_committed(job)) {
                job_cancel_step(job);
                job_fail(job, &error);
                return;
        }
        error_move(&job->error, &error);
        job_finish(job, JOB_CANCELLED);
}

JobManager *job_manager_free(JobManager *manager)
{
        if (!manager)
                return NULL;
        job_manager_foreach(manager, job_abort, NULL);
        manager->listener = NULL;
        manager->event = sd_event_unref(manager->event);
        job_manager_unref(manager);
        return NULL;
}

void job_set_progress(Job *job, uint64_t progress, uint64_t total)
{
        if (job->progress == progress && job->total == total)
                return;
        job->progress = progress;
        job->total = total;
        job_changed(job);
}

void job_set_result_object(Job *job, void *object, GDestroyNotify unref)
{
        g_assert(!job->result_object);
        job->result_object = object;
        job->result_object_unref = unref;
}

void job_set_result_text(Job *job, char *text)
{
        g_assert(!job->result_text);
        job->result_text = text;
}

void job_set_result_fd(Job *job, int fd)
{
        g_assert(job->result_fd < 0);
        job->result_fd = fd;
}

void *job_result_object(const Job *job)
{
        return job->result_object;
}

const char *job_result_text(const Job *job)
{
        return job->result_text;
}

int job_result_fd(const Job *job)
{
        return job->result_fd;
}

uint64_t job_id(const Job *job)
{
        return job->id;
}

const char *job_kind(const Job *job)
{
        return job->kind;
}

JobState job_state(const Job *job)
{
        return job->state;
}

const char *job_stage(const Job *job)
{
        if (job->n_steps == 0)
                return "";
        return job->steps[MIN(job->current, job->n_steps - 1)].name;
}

const JobOwner *job_owner(const Job *job)
{
        return &job->owner;
}

uint64_t job_progress(const Job *job)
{
        return job->total > 0 ? job->progress : job->current;
}

uint64_t job_total(const Job *job)
{
        return job->total > 0 ? job->total : job->n_steps;
}

bool job_is_measured(const Job *job)
{
        return job->total > 0;
}

uint64_t job_started_usec(const Job *job)
{
        return job->started_usec;
}

const Error *job_error(const Job *job)
{
        return error_is_set(&job->error) ? &job->error : NULL;
}

void *job_context(const Job *job)
{
        return job->context;
}

JobManager *job_manager(const Job *job)
{
        return job->manager;
}
