/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Jobs of disks: bytes are counted, and the chain of images in the definitions changes as it would. */

#include "drivers/test/test_domain.h"

#include "drivers/test/test_guest.h"
#include "drivers/test/test_machine.h"
#include "drivers/test/test_operation.h"

#define TICK_USEC (50 * USEC_PER_MSEC)

typedef struct TestBlock {
        Domain *domain;
        DomainBlockJob *block;
        Job *job;
        char *base;
        char *top;
        BlockDest *dest;
        bool shallow;
        bool done; /* it did what it was begun for */
        uint64_t last_usec;
        sd_event_source *timer;
} TestBlock;

static void block_free(void *p)
{
        TestBlock *work = p;

        sd_event_source_disable_unref(work->timer);
        if (!work->done)
                domain_tell_block_job(work->domain, work->block,
                                      job_is_cancelled(work->job) ? DOMAIN_BLOCK_JOB_CANCELED :
                                                                    DOMAIN_BLOCK_JOB_FAILED);
        domain_remove_block_job(work->domain, work->block);
        domain_unref(work->domain);
        block_dest_free(work->dest);
        g_free(work->base);
        g_free(work->top);
        g_free(work);
}

/* Bytes per second: as fast as the driver's time for jobs says, and not faster than the caller does. 0: at once. */
static uint64_t speed(const TestBlock *work)
{
        const TestDriver *driver = (const TestDriver *) work->domain->object.driver;
        uint64_t most = driver->job_usec ? (uint64_t) ((double) work->block->end * USEC_PER_SEC /
                                                       (double) driver->job_usec) : 0;

        if (work->block->bandwidth == 0)
                return most;
        return most ? MIN(most, work->block->bandwidth) : work->block->bandwidth;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
        TestBlock *work = userdata;
        DomainBlockJob *block = work->block;
        uint64_t now = now_usec(), rate = speed(work);
        double bytes = (double) rate * (double) (now - work->last_usec) / USEC_PER_SEC;
        int r;

        work->last_usec = now;
        block->cur = rate == 0 || bytes >= (double) (block->end - block->cur) ? block->end :
                                                                              block->cur + (uint64_t) bytes;
        job_set_progress(work->job, block->cur, block->end);
        if (block->cur < block->end) {
                r = sd_event_source_set_time_relative(source, TICK_USEC);
                return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        }
        work->timer = sd_event_source_disable_unref(work->timer);
        job_step_done(work->job, 0, NULL);
        return 0;
}

static int copy_start(Job *job, void *context, Error *error)
{
        TestBlock *work = context;
        int r;

        work->last_usec = now_usec();
        job_set_progress(job, 0, work->block->end);
        /* the first turn is over soon, so that what takes no time does not take a tick either */
        r = sd_event_add_time_relative(work->domain->object.driver->host->event, &work->timer, CLOCK_MONOTONIC,
                                       USEC_PER_MSEC, USEC_PER_MSEC, on_tick, work);
        return r < 0 ? error_set_errno(error, r, "cannot set a timer") : JOB_STEP_WAIT;
}

static void copy_cancel(Job *job, void *context)
{
        TestBlock *work = context;

        work->timer = sd_event_source_disable_unref(work->timer);
}

/* A mirror waits for somebody to decide; the rest is done. */
static int ready_start(Job *job, void *context, Error *error)
{
        TestBlock *work = context;

        if (work->block->type != DOMAIN_BLOCK_JOB_COPY && work->block->type != DOMAIN_BLOCK_JOB_ACTIVE_COMMIT)
                return 0;
        work->block->ready = true;
        domain_tell_block_job(work->domain, work->block, DOMAIN_BLOCK_JOB_READY);
        return JOB_STEP_WAIT;
}

static void ready_cancel(Job *job, void *context)
{
}

static DomainDisk *find_disk(const DomainDef *def, const char *target)
{
        DEF_FOREACH(disk, def->disks) {
                if (streq(disk->target, target))
                        return disk;
        }
        return NULL;
}

static int change_chain(const TestBlock *work, DomainDef *def, DomainDisk *disk, Error *error)
{
        switch (work->block->type) {
        case DOMAIN_BLOCK_JOB_PULL:
                return block_chain_pull(def, disk, work->base, error);
        case DOMAIN_BLOCK_JOB_COMMIT:
        case DOMAIN_BLOCK_JOB_ACTIVE_COMMIT:
                return block_chain_commit(def, disk, work->top, work->base, NULL, error);
        case DOMAIN_BLOCK_JOB_COPY:
                block_chain_replace(def, disk, work->dest, work->shallow);
                return 0;
        case DOMAIN_BLOCK_JOB_BACKUP:
                break;
        }
        g_assert_not_reached();
}

/* The definition with the disk's new chain, or NULL: the disk is not, or not so, in it. */
static DomainDef *changed_def(const TestBlock *work, const DomainDef *def)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = NULL;
        _cleanup_error_ Error error = ERROR_INIT;
        DomainDisk *disk;

        copy = domain_def_copy(def);
        disk = find_disk(copy, work->block->disk);
        if (!disk || change_chain(work, copy, disk, &error) < 0 || domain_def_seal(copy, NULL, &error) < 0)
                return NULL;
        return g_steal_pointer(&copy);
}

static bool is_same_image(const DomainDef *a, const DomainDef *b, const char *target)
{
        const DomainDisk *x = find_disk(a, target), *y = find_disk(b, target);

        return x && y && x->source.type == y->source.type && streq_ptr(x->source.file, y->source.file) &&
                streq_ptr(x->source.dev, y->source.dev);
}

static int finish(Job *job, void *context, Error *error)
{
        TestBlock *work = context;
        Domain *domain = work->domain;
        _cleanup_(domain_def_unrefp) DomainDef *config = domain_get_config(domain);
        _cleanup_(domain_def_unrefp) DomainDef *live = NULL, *next = NULL;

        if (config && is_same_image(config, domain->live, work->block->disk))
                next = changed_def(work, config);
        live = changed_def(work, domain->live);
        if (!live)
                return error_set(error, ERROR_OPERATION_FAILED, "disk '%s' is not what it was", work->block->disk);
        domain_set_live(domain, live);
        if (next)
                domain_set_config(domain, next);
        work->done = true;
        domain_tell_block_job(domain, work->block, DOMAIN_BLOCK_JOB_COMPLETED);
        return 0;
}

static const JobStep steps[] = {
        { "copy", copy_start, NULL, copy_cancel },
        { "ready", ready_start, NULL, ready_cancel },
        { "finish", finish },
        {},
};

/* Whether the request fits the chain: on a copy, which goes away. */
static int check_chain(const Domain *domain, const DomainBlockRequest *request, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *copy = domain_def_copy(domain->live);
        DomainDisk *disk = find_disk(copy, request->disk);

        switch (request->type) {
        case DOMAIN_BLOCK_JOB_PULL:
                return block_chain_pull(copy, disk, request->base, error);
        case DOMAIN_BLOCK_JOB_COMMIT:
        case DOMAIN_BLOCK_JOB_ACTIVE_COMMIT:
                return block_chain_commit(copy, disk, request->top, request->base, NULL, error);
        case DOMAIN_BLOCK_JOB_COPY:
        case DOMAIN_BLOCK_JOB_BACKUP:
                break;
        }
        return 0;
}

int test_block_start(Domain *domain, const DomainBlockRequest *request, Job *job, Error *error)
{
        TestBlock *work;
        int r = check_chain(domain, request, error);

        if (r < 0)
                return r;
        work = g_new0(TestBlock, 1);
        *work = (TestBlock) {
                .domain = domain_ref(domain),
                .block = domain_add_block_job(domain, request->disk, request->type, job),
                .job = job,
                .base = g_strdup(request->base),
                .top = g_strdup(request->top),
                .shallow = request->shallow,
        };
        if (request->dest)
                work->dest = block_dest_copy(request->dest);
        work->block->bandwidth = request->bandwidth;
        work->block->end = test_disk_capacity(domain, request->disk);
        return job_run(job, steps, work, block_free, error);
}

int test_block_pivot(Domain *domain, DomainBlockJob *block, Job *job, Error *error)
{
        job_step_done(block->job, 0, NULL);
        return 0;
}

int test_block_set_speed(Domain *domain, DomainBlockJob *block, uint64_t bandwidth, Job *job, Error *error)
{
        block->bandwidth = bandwidth;
        return 0;
}

void test_block_end_all(Domain *domain)
{
        while (domain->block_jobs)
                if (job_cancel(domain->block_jobs->job, NULL) < 0)
                        return;
}
