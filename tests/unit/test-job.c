/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/job.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>

#include <cmocka.h>

/* What a step does. Waiting ones end through a timer of the loop, as real ones end through a source. */
typedef enum Behaviour {
        DONE,
        WAIT,
        FAIL,
        WAIT_FAIL,
        HANG,
        CANCEL_SELF,      /* asks for the end from within start, and is done */
        CANCEL_SELF_WAIT, /* the same, but waits */
} Behaviour;

#define N_STEPS 3

typedef struct Fixture {
        sd_event *event;
        JobManager *manager;
        GString *trace; /* what happened, in order */
        unsigned n_completed;
        unsigned n_contexts; /* alive */
        unsigned n_objects;
        int last_cancel; /* what job_cancel() returned to a step */
} Fixture;

typedef struct Context {
        Fixture *fixture;
        Behaviour behaviour[N_STEPS];
        sd_event_source *source;
        Job *job;
} Context;

static void trace(Fixture *f, const char *format, ...) _printf_(2, 3);

static void trace(Fixture *f, const char *format, ...)
{
        va_list ap;

        if (f->trace->len > 0)
                g_string_append_c(f->trace, ' ');
        va_start(ap, format);
        g_string_append_vprintf(f->trace, format, ap);
        va_end(ap);
}

static void assert_trace(Fixture *f, const char *expected)
{
        assert_string_equal(f->trace->str, expected);
        g_string_truncate(f->trace, 0);
}

static int setup(void **state)
{
        Fixture *f = g_new0(Fixture, 1);

        assert_true(sd_event_new(&f->event) >= 0);
        f->manager = job_manager_new(f->event);
        f->trace = g_string_new(NULL);
        *state = f;
        return 0;
}

static int teardown(void **state)
{
        Fixture *f = *state;

        job_manager_free(f->manager);
        assert_int_equal(f->n_contexts, 0);
        assert_int_equal(f->n_objects, 0);
        sd_event_unref(f->event);
        g_string_free(f->trace, TRUE);
        g_free(f);
        return 0;
}

/* Turns the loop until nothing has happened for a while. */
static void turn(Fixture *f)
{
        while (sd_event_run(f->event, 60 * USEC_PER_MSEC) > 0)
                ;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
        Context *c = userdata;
        bool fails = c->behaviour[job_progress(c->job)] == WAIT_FAIL;
        Error error = ERROR_INIT;

        c->source = sd_event_source_disable_unref(c->source);
        if (fails)
                (void) error_set(&error, ERROR_OPERATION_FAILED, "late");
        job_step_done(c->job, fails ? -EIO : 0, fails ? &error : NULL);
        assert_false(error_is_set(&error));
        return 0;
}

static int step_start(Job *job, void *context, Error *error)
{
        Context *c = context;

        assert_ptr_equal(job_context(job), context);
        trace(c->fixture, "+%s", job_stage(job));
        switch (c->behaviour[job_progress(job)]) {
        case DONE:
                return 0;
        case FAIL:
                return error_set(error, ERROR_OPERATION_FAILED, "at once");
        case CANCEL_SELF:
                c->fixture->last_cancel = job_cancel(job, NULL);
                return 0;
        case CANCEL_SELF_WAIT:
                c->fixture->last_cancel = job_cancel(job, NULL);
                return JOB_STEP_WAIT;
        case HANG:
                return JOB_STEP_WAIT;
        case WAIT:
        case WAIT_FAIL:
                c->job = job;
                assert_true(sd_event_add_time_relative(c->fixture->event, &c->source, CLOCK_MONOTONIC,
                                                       2 * USEC_PER_MSEC, 1, on_timer, c) >= 0);
                return JOB_STEP_WAIT;
        }
        return -ENOTRECOVERABLE;
}

static void step_undo(Job *job, void *context)
{
        Context *c = context;

        assert_int_equal(job_state(job), JOB_UNDOING);
        trace(c->fixture, "-%s", job_stage(job));
        c->fixture->last_cancel = job_cancel(job, NULL);
}

static void step_cancel(Job *job, void *context)
{
        Context *c = context;

        trace(c->fixture, "!%s", job_stage(job));
        c->source = sd_event_source_disable_unref(c->source);
}

static void context_free(void *data)
{
        Context *c = data;

        assert_null(c->source);
        c->fixture->n_contexts--;
        g_free(c);
}

static Context *context_new(Fixture *f, Behaviour a, Behaviour b, Behaviour c)
{
        Context *context = g_new0(Context, 1);

        *context = (Context) { .fixture = f, .behaviour = { a, b, c } };
        f->n_contexts++;
        return context;
}

static const JobStep steps[] = {
        { "a", step_start, step_undo, step_cancel },
        { "b", step_start, step_undo, step_cancel, .timeout_usec = 10 * USEC_PER_SEC },
        { "c", step_start, step_undo, step_cancel },
        {},
};

static const JobStep hasty_steps[] = {
        { "a", step_start, step_undo, step_cancel },
        { "b", step_start, step_undo, step_cancel, .timeout_usec = 20 * USEC_PER_MSEC },
        {},
};

/* b cannot be interrupted, c cannot be taken back. */
static const JobStep stubborn_steps[] = {
        { "a", step_start, step_undo, step_cancel },
        { "b", step_start, step_undo, NULL },
        { "c", step_start, NULL, step_cancel, .no_return = true },
        {},
};

static void on_completed(Job *job, Error *error, void *userdata)
{
        Fixture *f = userdata;

        f->n_completed++;
        trace(f, "%s", job_state_to_string(job_state(job)));
        assert_int_equal(error != NULL, job_state(job) != JOB_SUCCEEDED);
        assert_ptr_equal(job_error(job), error);
}

static Job *new_job(Fixture *f, JobSlot *slot)
{
        Job *job;

        assert_int_equal(job_new(f->manager, "test", slot, NULL, &job, NULL), 0);
        return job;
}

static int run(Job *job, const JobStep *table, Context *context)
{
        return job_run(job, table, context, context_free, NULL);
}

/* Runs a job that must wait, and gives the reference up: from here on the runner keeps it. */
static Job *run_waiting(Fixture *f, JobSlot *slot, const JobStep *table, Context *context)
{
        Job *job = new_job(f, slot);
        Error error = ERROR_INIT;

        assert_int_equal(job_run(job, table, context, context_free, &error), 1);
        assert_false(error_is_set(&error));
        job_on_completed(job, on_completed, f);
        assert_int_equal(job_state(job), JOB_RUNNING);
        job_unref(job);
        return job;
}

static void test_states(void **state)
{
        for (JobState i = 0; i < _JOB_STATE_MAX; i++)
                assert_int_equal(job_state_from_string(job_state_to_string(i)), i);
        assert_int_equal(job_state_from_string("asleep"), -EINVAL);
}

static void test_sync(void **state)
{
        Fixture *f = *state;
        JobSlot slot = {};
        Job *job = new_job(f, &slot);

        assert_ptr_equal(slot.job, job);
        assert_int_equal(run(job, steps, context_new(f, DONE, DONE, DONE)), 0);
        assert_trace(f, "+a +b +c");
        assert_null(slot.job);
        assert_int_equal(job_state(job), JOB_SUCCEEDED);
        assert_null(job_context(job));
        assert_null(job_error(job));
        assert_string_equal(job_stage(job), "c");
        assert_int_equal(job_progress(job), 3);
        assert_int_equal(job_total(job), 3);
        assert_null(job_manager_find(f->manager, job_id(job)));
        assert_int_equal(job_cancel(job, NULL), -EINVAL);
        job_unref(job);
}

static void test_async(void **state)
{
        Fixture *f = *state;
        JobSlot slot = {};

        (void) run_waiting(f, &slot, steps, context_new(f, WAIT, DONE, WAIT));
        assert_trace(f, "+a");
        assert_non_null(slot.job);
        turn(f);
        assert_trace(f, "+b +c succeeded");
        assert_null(slot.job);
        assert_int_equal(f->n_completed, 1);
}

static void test_fail_sync(void **state)
{
        static const struct {
                Behaviour behaviour[N_STEPS];
                const char *trace;
        } cases[] = {
                { { FAIL, DONE, DONE }, "+a" },
                { { DONE, FAIL, DONE }, "+a +b -a" },
                { { DONE, DONE, FAIL }, "+a +b +c -b -a" },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const Behaviour *b = cases[i].behaviour;
                _cleanup_error_ Error error = ERROR_INIT;
                JobSlot slot = {};
                Job *job = new_job(f, &slot);

                assert_int_equal(job_run(job, steps, context_new(f, b[0], b[1], b[2]), context_free, &error),
                                 -EIO);
                assert_trace(f, cases[i].trace);
                assert_int_equal(error.code, ERROR_OPERATION_FAILED);
                assert_string_equal(error.detail, "at once");
                assert_int_equal(job_state(job), JOB_FAILED);
                assert_null(slot.job);
                job_unref(job);
                assert_int_equal(f->n_contexts, 0);
        }
}

static void test_fail_async(void **state)
{
        static const struct {
                Behaviour behaviour[N_STEPS];
                const char *trace;
        } cases[] = {
                { { WAIT_FAIL, DONE, DONE }, "+a failed" },
                { { WAIT, WAIT_FAIL, DONE }, "+a +b -a failed" },
                { { DONE, WAIT, WAIT_FAIL }, "+a +b +c -b -a failed" },
                { { DONE, WAIT, FAIL }, "+a +b +c -b -a failed" },
        };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const Behaviour *b = cases[i].behaviour;
                JobSlot slot = {};
                Job *job = job_ref(run_waiting(f, &slot, steps, context_new(f, b[0], b[1], b[2])));

                turn(f);
                assert_trace(f, cases[i].trace);
                assert_int_equal(f->n_completed, i + 1);
                assert_int_equal(job_error(job)->code, ERROR_OPERATION_FAILED);
                assert_null(slot.job);
                job_unref(job);
        }
}

/* A number alone becomes an error too. */
static int start_errno(Job *job, void *context, Error *error)
{
        return -EACCES;
}

static void test_bare_errno(void **state)
{
        static const JobStep table[] = { { "only", start_errno }, {} };
        Fixture *f = *state;
        _cleanup_error_ Error error = ERROR_INIT;
        Job *job = new_job(f, NULL);

        assert_int_equal(job_run(job, table, NULL, NULL, &error), -EACCES);
        assert_int_equal(error.code, ERROR_ACCESS_DENIED);
        job_unref(job);
}

static void test_timeout(void **state)
{
        Fixture *f = *state;
        JobSlot slot = {};
        Job *job = job_ref(run_waiting(f, &slot, hasty_steps, context_new(f, WAIT, HANG, DONE)));
        uint64_t start = now_usec();

        turn(f);
        assert_true(now_usec() - start >= 20 * USEC_PER_MSEC);
        assert_trace(f, "+a +b !b -a failed");
        assert_int_equal(job_error(job)->code, ERROR_OPERATION_TIMEOUT);
        assert_non_null(strstr(job_error(job)->detail, "'b' took longer than 0.02 s"));
        assert_null(slot.job);
        job_unref(job);

        /* a step that ends in time leaves no timer behind */
        (void) run_waiting(f, &slot, steps, context_new(f, DONE, WAIT, WAIT));
        turn(f);
        assert_trace(f, "+a +b +c succeeded");
}

static void test_cancel_waiting(void **state)
{
        Fixture *f = *state;
        JobSlot slot = {};
        Job *job = job_ref(run_waiting(f, &slot, steps, context_new(f, DONE, DONE, WAIT)));
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(job_cancel(job, NULL), 0);
        assert_trace(f, "+a +b +c !c -b -a cancelled");
        /* from within the undo */
        assert_int_equal(f->last_cancel, -EBUSY);
        assert_null(slot.job);
        assert_true(job_is_cancelled(job));
        assert_int_equal(job_error(job)->code, ERROR_OPERATION_ABORTED);
        assert_int_equal(job_cancel(job, &error), -EINVAL);
        assert_int_equal(error.code, ERROR_OPERATION_INVALID);

        turn(f); /* the step's timer must not fire any more */
        assert_trace(f, "");
        assert_int_equal(f->n_completed, 1);
        job_unref(job);
}

static void test_cancel_uninterruptible(void **state)
{
        Fixture *f = *state;
        JobSlot slot = {};
        Job *job = job_ref(run_waiting(f, &slot, stubborn_steps, context_new(f, DONE, WAIT, DONE)));

        assert_int_equal(job_cancel(job, NULL), 0);
        assert_int_equal(job_state(job), JOB_RUNNING);
        assert_ptr_equal(slot.job, job);
        assert_int_equal(job_cancel(job, NULL), 0);
        turn(f);
        assert_trace(f, "+a +b -b -a cancelled");
        assert_int_equal(f->n_completed, 1);
        job_unref(job);

        /* the step's own failure is the better reason */
        job = job_ref(run_waiting(f, &slot, stubborn_steps, context_new(f, DONE, WAIT_FAIL, DONE)));
        assert_int_equal(job_cancel(job, NULL), 0);
        turn(f);
        assert_trace(f, "+a +b -a failed");
        assert_int_equal(job_error(job)->code, ERROR_OPERATION_FAILED);
        job_unref(job);
}

static void step_interrupt(Job *job, void *context)
{
        Context *c = context;

        trace(c->fixture, "?%s", job_stage(job));
}

/* b is the work itself, and ends somewhere else. */
static const JobStep lasting_steps[] = {
        { "a", step_start, step_undo, step_cancel },
        { "b", step_start, NULL, NULL, .interrupt = step_interrupt, .begun = true },
        {},
};

static void test_interrupt(void **state)
{
        Fixture *f = *state;
        Job *job = job_ref(run_waiting(f, NULL, lasting_steps, context_new(f, DONE, WAIT_FAIL, DONE)));

        assert_int_equal(job_cancel(job, NULL), 0);
        assert_int_equal(job_state(job), JOB_RUNNING);
        assert_trace(f, "+a +b ?b");
        turn(f);
        assert_trace(f, "-a failed");
        job_unref(job);
}

static void on_begun(Job *job, Error *error, void *userdata)
{
        trace(userdata, error ? "not-begun" : "begun");
}

static void test_begun(void **state)
{
        Fixture *f = *state;
        Job *job = job_ref(run_waiting(f, NULL, lasting_steps, context_new(f, WAIT, WAIT, DONE)));

        assert_true(job_on_begun(job, on_begun, f));
        turn(f);
        assert_trace(f, "+a begun +b succeeded");
        job_unref(job);

        job = job_ref(run_waiting(f, NULL, lasting_steps, context_new(f, WAIT_FAIL, DONE, DONE)));
        assert_true(job_on_begun(job, on_begun, f));
        turn(f);
        assert_trace(f, "+a not-begun failed");
        job_unref(job);

        /* no step says when, or it has come */
        job = run_waiting(f, NULL, steps, context_new(f, WAIT, DONE, DONE));
        assert_false(job_on_begun(job, on_begun, f));
        turn(f);
        job = run_waiting(f, NULL, lasting_steps, context_new(f, DONE, WAIT, DONE));
        assert_false(job_on_begun(job, on_begun, f));
        turn(f);
        assert_trace(f, "+a +b +c succeeded +a +b succeeded");
}

static void test_cancel_refused(void **state)
{
        Fixture *f = *state;
        JobSlot slot = {};
        Job *job = job_ref(run_waiting(f, &slot, stubborn_steps, context_new(f, DONE, DONE, WAIT)));
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(job_cancel(job, &error), -EBUSY);
        assert_int_equal(error.code, ERROR_RESOURCE_BUSY);
        assert_false(job_is_cancelled(job));
        turn(f);
        assert_trace(f, "+a +b +c succeeded");
        job_unref(job);
}

static void test_cancel_in_first_turn(void **state)
{
        Fixture *f = *state;
        JobSlot slot = {};
        Job *job = new_job(f, &slot);
        _cleanup_error_ Error error = ERROR_INIT;

        assert_int_equal(job_run(job, steps, context_new(f, DONE, CANCEL_SELF, DONE), context_free, &error),
                         -ECANCELED);
        assert_int_equal(error.code, ERROR_OPERATION_ABORTED);
        assert_trace(f, "+a +b -b -a");
        assert_int_equal(job_state(job), JOB_CANCELLED);
        job_unref(job);

        job = new_job(f, &slot);
        assert_int_equal(run(job, steps, context_new(f, DONE, CANCEL_SELF_WAIT, DONE)), -ECANCELED);
        assert_trace(f, "+a +b !b -a");
        job_unref(job);

        /* in the last step, that can still be taken back */
        job = new_job(f, &slot);
        assert_int_equal(run(job, steps, context_new(f, DONE, DONE, CANCEL_SELF)), -ECANCELED);
        assert_trace(f, "+a +b +c -c -b -a");
        job_unref(job);

        /* and in one that cannot */
        job = new_job(f, &slot);
        assert_int_equal(run(job, stubborn_steps, context_new(f, DONE, DONE, CANCEL_SELF)), 0);
        assert_int_equal(f->last_cancel, -EBUSY);
        assert_trace(f, "+a +b +c");
        job_unref(job);

        /* before it began */
        job = new_job(f, &slot);
        assert_int_equal(job_cancel(job, NULL), 0);
        assert_int_equal(run(job, steps, context_new(f, DONE, DONE, DONE)), -ECANCELED);
        assert_trace(f, "");
        job_unref(job);
        assert_null(slot.job);
}

/* Whoever calls job_step_done() for a step that does not wait has a bug that must not pass. */
static void test_step_done_after_cancel(void **state)
{
        Fixture *f = *state;
        Job *job = job_ref(run_waiting(f, NULL, steps, context_new(f, HANG, DONE, DONE)));
        pid_t pid;
        int status;

        assert_int_equal(job_cancel(job, NULL), 0);
        pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                (void) signal(SIGABRT, SIG_DFL);
                (void) close(STDOUT_FILENO);
                (void) close(STDERR_FILENO);
                job_step_done(job, 0, NULL);
                _exit(0);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGABRT);
        job_unref(job);
}

static void test_busy(void **state)
{
        Fixture *f = *state;
        JobSlot slot = {};
        Job *job = new_job(f, &slot), *second = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        g_autofree char *expected = g_strdup_printf("job %" PRIu64 " 'test' is running", job_id(job));

        assert_int_equal(job_new(f->manager, "second", &slot, NULL, &second, &error), -EBUSY);
        assert_null(second);
        assert_int_equal(error.code, ERROR_RESOURCE_BUSY);
        assert_string_equal(error.detail, expected);

        /* a job that is dropped without a run frees the slot */
        job_unref(job);
        assert_null(slot.job);
        job_unref(new_job(f, &slot));
        assert_null(slot.job);
}

static void test_owner(void **state)
{
        Fixture *f = *state;
        char name[] = ":1.5";
        JobOwner owner = { name, 1000 };
        Job *job;

        assert_int_equal(job_new(f->manager, "start", NULL, &owner, &job, NULL), 0);
        name[3] = '6'; /* it keeps a copy */
        assert_string_equal(job_owner(job)->name, ":1.5");
        assert_int_equal(job_owner(job)->uid, 1000);
        assert_string_equal(job_kind(job), "start");
        assert_ptr_equal(job_manager(job), f->manager);
        assert_true(job_started_usec(job) <= now_usec());
        assert_string_equal(job_stage(job), "");
        job_unref(job);

        job = new_job(f, NULL);
        assert_null(job_owner(job)->name);
        assert_int_equal(job_owner(job)->uid, getuid());
        job_unref(job);
}

static void object_unref(void *data)
{
        (*(unsigned *) data)--;
}

static void test_results(void **state)
{
        Fixture *f = *state;
        Job *job = new_job(f, NULL);
        int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        unsigned n_results = 1;

        f->n_objects++;
        job_set_object(job, &f->n_objects, object_unref);
        job_set_result_object(job, &n_results, object_unref);
        job_set_result_text(job, g_strdup("<xml/>"));
        job_set_result_fd(job, fd);
        assert_int_equal(run(job, steps, context_new(f, DONE, DONE, DONE)), 0);

        assert_ptr_equal(job_object(job), &f->n_objects);
        assert_ptr_equal(job_result_object(job), &n_results);
        assert_string_equal(job_result_text(job), "<xml/>");
        assert_int_equal(job_result_fd(job), fd);
        assert_int_equal(n_results, 1);
        job_unref(job);
        assert_int_equal(n_results, 0);
        assert_int_equal(f->n_objects, 0);
        assert_int_equal(fcntl(fd, F_GETFD), -1);

        /* one that fails has none */
        job = new_job(f, NULL);
        n_results = 1;
        job_set_result_object(job, &n_results, object_unref);
        job_set_result_text(job, g_strdup("half"));
        assert_int_equal(run(job, steps, context_new(f, DONE, DONE, FAIL)), -EIO);
        assert_int_equal(n_results, 0);
        assert_null(job_result_object(job));
        assert_null(job_result_text(job));
        job_unref(job);
}

/* The completion drops the last reference that anybody but the runner has, and takes the slot anew. */
typedef struct Chain {
        Fixture *fixture;
        JobSlot *slot;
        Job *held;
        unsigned n_left;
} Chain;

static void chain_next(Chain *chain);

static void on_chain_completed(Job *job, Error *error, void *userdata)
{
        Chain *chain = userdata;

        assert_ptr_equal(job, chain->held);
        chain->held = job_unref(chain->held);
        assert_null(chain->slot->job);
        if (chain->n_left-- > 0)
                chain_next(chain);
}

static void chain_next(Chain *chain)
{
        Fixture *f = chain->fixture;

        chain->held = new_job(f, chain->slot);
        f->n_objects++;
        job_set_object(chain->held, &f->n_objects, object_unref);
        assert_int_equal(run(chain->held, steps, context_new(f, DONE, WAIT, DONE)), 1);
        job_on_completed(chain->held, on_chain_completed, chain);
}

static void test_last_reference(void **state)
{
        Fixture *f = *state;
        JobSlot slot = {};
        Chain chain = { .fixture = f, .slot = &slot, .n_left = 3 };

        chain_next(&chain);
        turn(f);
        assert_null(chain.held);
        assert_null(slot.job);
        assert_trace(f, "+a +b +c +a +b +c +a +b +c +a +b +c");
}

static void on_added(Job *job, void *userdata)
{
        trace(userdata, "added");
}

static void on_changed(Job *job, void *userdata)
{
        trace(userdata, "%s:%s:%" PRIu64 "/%" PRIu64, job_state_to_string(job_state(job)), job_stage(job),
              job_progress(job), job_total(job));
}

static void on_removed(Job *job, void *userdata)
{
        assert_null(job_manager_find(job_manager(job), job_id(job)));
        trace(userdata, "removed");
}

static const JobListener listener = { on_added, on_changed, on_removed };

static void test_listener(void **state)
{
        Fixture *f = *state;
        Job *job = new_job(f, NULL);

        job_manager_set_listener(f->manager, &listener, f);
        assert_int_equal(run(job, steps, context_new(f, DONE, DONE, DONE)), 0);
        job_unref(job);
        job = new_job(f, NULL);
        assert_int_equal(run(job, steps, context_new(f, DONE, DONE, FAIL)), -EIO);
        job_unref(job);
        assert_trace(f, "+a +b +c +a +b +c -b -a"); /* nobody heard of them */

        job = run_waiting(f, NULL, steps, context_new(f, WAIT, DONE, HANG));
        assert_ptr_equal(job_manager_find(f->manager, job_id(job)), job);
        assert_trace(f, "+a added");
        turn(f);
        assert_trace(f, "running:b:1/3 +b running:c:2/3 +c");
        job_set_progress(job, 10, 100);
        job_set_progress(job, 10, 100);
        assert_trace(f, "running:c:10/100");
        assert_int_equal(job_cancel(job, NULL), 0);
        assert_trace(f, "!c undoing:c:10/100 -b -a cancelled:a:10/100 cancelled removed");
}

static void on_added_cancel(Job *job, void *userdata)
{
        assert_int_equal(job_cancel(job, NULL), 0);
}

static void test_cancel_from_listener(void **state)
{
        static const JobListener impatient = { .added = on_added_cancel };
        Fixture *f = *state;
        JobSlot slot = {};
        Job *job = new_job(f, &slot);
        _cleanup_error_ Error error = ERROR_INIT;

        job_manager_set_listener(f->manager, &impatient, f);
        assert_int_equal(job_run(job, steps, context_new(f, DONE, DONE, WAIT), context_free, &error),
                         -ECANCELED);
        assert_trace(f, "+a +b +c !c -b -a");
        assert_null(slot.job);
        job_unref(job);
}

static void count(Job *job, void *userdata)
{
        uint64_t *last = userdata;

        assert_true(job_id(job) > *last);
        *last = job_id(job);
        if (job_id(job) % 2 == 0)
                assert_int_equal(job_cancel(job, NULL), 0);
}

static void test_many(void **state)
{
        enum { N = 1000 };
        Fixture *f = *state;
        g_autofree JobSlot *slots = g_new0(JobSlot, N);
        uint64_t last = 0;

        for (size_t i = 0; i < N; i++)
                (void) run_waiting(f, slots + i, steps, context_new(f, WAIT, DONE, WAIT));
        job_manager_foreach(f->manager, count, &last);
        assert_int_equal(last, N);
        assert_int_equal(f->n_completed, N / 2);
        turn(f);
        assert_int_equal(f->n_completed, N);
        for (size_t i = 0; i < N; i++)
                assert_null(slots[i].job);
        assert_int_equal(f->n_contexts, 0);
        last = 0;
        job_manager_foreach(f->manager, count, &last);
        assert_int_equal(last, 0);
}

static void test_manager_free(void **state)
{
        Fixture *f = *state;
        JobSlot slots[3] = {};
        Job *idle = new_job(f, NULL);
        Job *job = job_ref(run_waiting(f, &slots[0], steps, context_new(f, DONE, HANG, DONE)));

        assert_trace(f, "+a +b");
        (void) run_waiting(f, &slots[1], stubborn_steps, context_new(f, DONE, HANG, DONE));
        (void) run_waiting(f, &slots[2], stubborn_steps, context_new(f, DONE, DONE, HANG));
        assert_trace(f, "+a +b +a +b +c");
        f->manager = job_manager_free(f->manager);
        /* undone where that can be had, else left as it stands */
        assert_trace(f, "!b -a cancelled cancelled cancelled");
        for (size_t i = 0; i < ELEMENTSOF(slots); i++)
                assert_null(slots[i].job);
        assert_string_equal(job_error(job)->detail, "the daemon is stopping");
        job_unref(job);

        assert_int_equal(run(idle, steps, context_new(f, DONE, DONE, DONE)), -ECANCELED);
        assert_trace(f, "");
        job_unref(idle);
}

int main(void)
{
        const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
                TEST(test_states),
                TEST(test_sync),
                TEST(test_async),
                TEST(test_fail_sync),
                TEST(test_fail_async),
                TEST(test_bare_errno),
                TEST(test_timeout),
                TEST(test_cancel_waiting),
                TEST(test_cancel_uninterruptible),
                TEST(test_interrupt),
                TEST(test_begun),
                TEST(test_cancel_refused),
                TEST(test_cancel_in_first_turn),
                TEST(test_step_done_after_cancel),
                TEST(test_busy),
                TEST(test_owner),
                TEST(test_results),
                TEST(test_last_reference),
                TEST(test_listener),
                TEST(test_cancel_from_listener),
                TEST(test_many),
                TEST(test_manager_free),
#undef TEST
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
