/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/test/test_operation.h"

#define TICK_USEC (50 * USEC_PER_MSEC)

static uint64_t operation_delay(const TestOperation *op)
{
        const TestDriver *driver = (const TestDriver *) op->domain->object.driver;

        return op->info->slow ? driver->delay_usec : 0;
}

static void operation_free(gpointer data)
{
        TestOperation *op = data;

        sd_event_source_disable_unref(op->timer);
        domain_def_unref(op->def);
        g_free(op->name);
        domain_unref(op->domain);
        g_free(op);
}

static void forget_unpublished(Job *job, void *context)
{
        TestOperation *op = context;

        if (!op->domain->object.published)
                domain_list_remove(op->domain);
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

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
        TestOperation *op = userdata;
        uint64_t delay = operation_delay(op), elapsed = now_usec() - op->begin_usec;
        int r = 0;

        job_set_progress(op->job, MIN(elapsed, delay) / USEC_PER_MSEC, delay / USEC_PER_MSEC);
        if (elapsed < delay) {
                r = sd_event_source_set_time_relative(source, MIN(delay - elapsed, TICK_USEC));
                if (r >= 0)
                        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
                if (r >= 0)
                        return 0;
        }
        op->timer = sd_event_source_disable_unref(op->timer);
        job_step_done(op->job, r, NULL);
        return 0;
}

static int wait_start(Job *job, void *context, Error *error)
{
        TestOperation *op = context;
        uint64_t delay = operation_delay(op);
        int r;

        if (delay == 0)
                return 0;
        op->begin_usec = now_usec();
        r = sd_event_add_time_relative(op->domain->object.driver->host->event, &op->timer, CLOCK_MONOTONIC,
                                       MIN(delay, TICK_USEC), USEC_PER_MSEC, on_tick, op);
        if (r < 0)
                return error_set_errno(error, r, "cannot set a timer");
        job_set_progress(job, 0, delay / USEC_PER_MSEC);
        return JOB_STEP_WAIT;
}

static void wait_cancel(Job *job, void *context)
{
        TestOperation *op = context;

        op->timer = sd_event_source_disable_unref(op->timer);
}

static int apply(Job *job, void *context, Error *error)
{
        TestOperation *op = context;

        return op->info->apply(op, error);
}

static const JobStep steps[] = {
        { "check", check, forget_unpublished },
        { "wait", wait_start, NULL, wait_cancel },
        { "apply", apply },
        {},
};

int test_operation_run(const TestOperation *template, Job *job, Error *error)
{
        TestOperation *op = g_new(TestOperation, 1);

        *op = *template;
        op->domain = domain_ref(template->domain);
        op->def = template->def ? domain_def_ref(template->def) : NULL;
        op->name = g_strdup(template->name);
        op->job = job;
        return job_run(job, steps, op, operation_free, error);
}
