/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_operation.h"

#include "drivers/test/test_event.h"

#define TICK_USEC (50 * USEC_PER_MSEC)

static uint64_t operation_delay(const TestOperation *op)
{
        const TestDriver *driver = (const TestDriver *) op->driver;

        if (op->fault && op->fault->action == TEST_FAULT_DELAY)
                return op->fault->usec;
        if (op->info->lasting)
                return driver->job_usec;
        return op->info->slow ? driver->delay_usec : 0;
}

static bool is_endless(const TestOperation *op)
{
        return op->info->endless || (op->fault && op->fault->action == TEST_FAULT_HANG);
}

static void operation_free(gpointer data)
{
        TestOperation *op = data;

        sd_event_source_disable_unref(op->timer);
        domain_def_unref(op->def);
        domain_edit_unref(op->edit);
        g_free(op->name);
        worker_cancel(op->task);
        test_file_unref(op->file);
        if (op->data && op->data_free)
                op->data_free(op->data);
        domain_unref(op->domain);
        object_unref(op->object);
        g_free(op);
}

static void forget_unpublished(Job *job, void *context)
{
        TestOperation *op = context;

        if (op->domain && !op->domain->object.published)
                domain_list_remove(op->domain);
        if (op->object && !op->object->published)
                object_remove(op->object);
}

static int check(Job *job, void *context, Error *error)
{
        TestOperation *op = context;
        uint32_t unknown = op->flags & ~op->info->known_flags;
        int r = 0;

        if (unknown)
                r = error_set(error, ERROR_INVALID_ARG, "unsupported flags (0x%x)", unknown);
        else if (op->info->check)
                r = op->info->check(op, error);
        if (r < 0)
                forget_unpublished(job, context);
        return r;
}

/* What copies the memory counts its bytes, the rest milliseconds. */
static void show_progress(TestOperation *op, uint64_t elapsed)
{
        uint64_t delay = operation_delay(op);
        uint64_t total = op->total ?: delay / USEC_PER_MSEC;
        double part = delay > 0 ? (double) MIN(elapsed, delay) / (double) delay : 1;

        if (op->info->lasting && op->total == 0 && op->domain)
                total = op->domain->summary.memory * 1024;
        job_set_progress(op->job, (uint64_t) ((double) total * part), total);
        if (op->info->progress)
                op->info->progress(op, part);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
        TestOperation *op = userdata;
        uint64_t delay = operation_delay(op), elapsed = now_usec() - op->begin_usec;
        int r = 0;

        show_progress(op, elapsed);
        if (elapsed < delay) {
                r = sd_event_source_set_time_relative(source, MIN(delay - elapsed, TICK_USEC));
                if (r >= 0)
                        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
                if (r >= 0)
                        return 0;
        }
        op->timer = sd_event_source_disable_unref(op->timer);
        if (r >= 0 && is_endless(op))
                return 0;
        job_step_done(op->job, r, NULL);
        return 0;
}

void test_operation_hurry(TestOperation *op)
{
        op->begin_usec = now_usec() - operation_delay(op);
        if (op->timer)
                (void) sd_event_source_set_time_relative(op->timer, 0);
}

static int wait_start(Job *job, void *context, Error *error)
{
        TestOperation *op = context;
        uint64_t delay = operation_delay(op);
        int r;

        if (delay == 0 && !is_endless(op))
                return 0;
        op->begin_usec = now_usec();
        r = sd_event_add_time_relative(op->driver->host->event, &op->timer, CLOCK_MONOTONIC,
                                       MIN(delay, TICK_USEC), USEC_PER_MSEC, on_tick, op);
        if (r < 0)
                return error_set_errno(error, r, "cannot set a timer");
        show_progress(op, 0);
        return JOB_STEP_WAIT;
}

static void wait_cancel(Job *job, void *context)
{
        TestOperation *op = context;

        op->timer = sd_event_source_disable_unref(op->timer);
}

static void on_work_done(void *userdata, int r, Error *error)
{
        TestOperation *op = userdata;

        op->task = NULL;
        job_step_done(op->job, r, error);
}

static int work_start(Job *job, void *context, Error *error)
{
        TestOperation *op = context;

        if (!op->info->work)
                return 0;
        op->task = worker_run(op->driver->host->workers, op->info->work, test_file_ref(op->file),
                              test_file_unref, on_work_done, op);
        return JOB_STEP_WAIT;
}

static int apply(Job *job, void *context, Error *error)
{
        TestOperation *op = context;
        const TestFault *fault = op->fault;
        int r;

        if (fault && fault->action == TEST_FAULT_FAIL)
                return error_set(error, fault->code, "%s", fault->text);
        r = op->info->apply ? op->info->apply(op, error) : 0;
        if (r >= 0 && op->domain && fault && fault->action == TEST_FAULT_EVENT)
                test_event_plan(op->domain, fault->text, fault->usec);
        return r;
}

static const JobStep steps[] = {
        { "check", check, forget_unpublished },
        { "wait", wait_start, NULL, wait_cancel },
        { "work", work_start, .no_return = true },
        { "apply", apply },
        {},
};

static const TestFault *find_fault(const TestOperation *op)
{
        const Object *about = op->domain ? &op->domain->object : op->object ?: &op->driver->object;

        return test_fault_find(((const TestDriver *) op->driver)->faults, op->job, about);
}

int test_operation_run(const TestOperation *template, Job *job, Error *error)
{
        TestOperation *op = g_new(TestOperation, 1);

        *op = *template;
        if (template->domain) {
                op->domain = domain_ref(template->domain);
                op->driver = template->domain->object.driver;
        }
        if (template->object) {
                op->object = object_ref(template->object);
                op->driver = template->object->driver;
        }
        op->def = template->def ? domain_def_ref(template->def) : NULL;
        op->edit = template->edit ? domain_edit_ref(template->edit) : NULL;
        op->name = g_strdup(template->name);
        op->job = job;
        op->fault = find_fault(op);
        return job_run(job, steps, op, operation_free, error);
}

int test_operation_run_with(const TestOperationInfo *info, Object *object, void *data, GDestroyNotify data_free,
                            Job *job, Error *error)
{
        TestOperation op = { .info = info, .object = object, .data = data, .data_free = data_free };

        return test_operation_run(&op, job, error);
}

static int answer(Driver *driver, Domain *domain, Job *job, Error *error)
{
        static const TestOperationInfo info = {};
        TestOperation op = { .info = &info, .domain = domain, .driver = driver, .job = job };

        return find_fault(&op) ? test_operation_run(&op, job, error) : 0;
}

int test_answer(Domain *domain, Job *job, Error *error)
{
        return answer(domain->object.driver, domain, job, error);
}

int test_host_answer(Driver *driver, Job *job, Error *error)
{
        return answer(driver, NULL, job, error);
}
