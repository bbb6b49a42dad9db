/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_job.h"

typedef struct Kind {
        const char *name; /* as call_job_begin() gets it */
        DomainJobOperation operation;
} Kind;

static const Kind kinds[] = {
        { "save", DOMAIN_JOB_SAVE },
        { "managed-save", DOMAIN_JOB_SAVE },
        { "restore", DOMAIN_JOB_RESTORE },
        { "migrate-in", DOMAIN_JOB_MIGRATION_IN },
        { "migrate", DOMAIN_JOB_MIGRATION_OUT },
        { "snapshot", DOMAIN_JOB_SNAPSHOT },
        { "snapshot-revert", DOMAIN_JOB_SNAPSHOT_REVERT },
        { "core-dump", DOMAIN_JOB_DUMP },
        { "backup", DOMAIN_JOB_BACKUP },
        { "snapshot-delete", DOMAIN_JOB_SNAPSHOT_DELETE },
};

DomainJobOperation domain_job_operation(const char *kind)
{
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].name, kind))
                        return kinds[i].operation;
        return DOMAIN_JOB_UNKNOWN;
}

Job *domain_current_job(const Domain *domain)
{
        Job *job = domain->object.slot.job;

        /* what goes on behind is the job unless what makes the domain busy is one itself */
        if (domain->background.job && !(job && domain_job_operation(job_kind(job)) != DOMAIN_JOB_UNKNOWN))
                return domain->background.job;
        return job;
}

static void measure(const Job *job, DomainJobStats *ret)
{
        ret->operation = domain_job_operation(job_kind(job));
        ret->elapsed_msec = (now_usec() - job_started_usec(job)) / USEC_PER_MSEC;
        if (!job_is_measured(job))
                return;
        ret->total = job_total(job);
        ret->processed = MIN(job_progress(job), ret->total);
}

DomainJobStats domain_job_stats(const Domain *domain)
{
        const Job *job = domain_current_job(domain);
        DomainJobStats stats = {};

        if (!job)
                return stats;
        measure(job, &stats);
        stats.type = stats.total > 0 ? DOMAIN_JOB_TYPE_BOUNDED : DOMAIN_JOB_TYPE_UNBOUNDED;
        if (stats.processed > 0)
                stats.remaining_msec = (uint64_t) ((double) stats.elapsed_msec *
                                                   (double) (stats.total - stats.processed) /
                                                   (double) stats.processed);
        return stats;
}

const DomainJobStats *domain_last_job(const Domain *domain)
{
        return domain->last_job;
}

void domain_forget_last_job(Domain *domain)
{
        if (domain->last_job)
                g_free(domain->last_job->error);
        g_clear_pointer(&domain->last_job, g_free);
}

static DomainJobType type_of_end(const Job *job)
{
        switch (job_state(job)) {
        case JOB_SUCCEEDED:
                return DOMAIN_JOB_TYPE_COMPLETED;
        case JOB_CANCELLED:
                return DOMAIN_JOB_TYPE_CANCELLED;
        case JOB_FAILED:
        case JOB_UNDOING:
        case JOB_RUNNING:
                return DOMAIN_JOB_TYPE_FAILED;
        case _JOB_STATE_MAX:
                break;
        }
        g_assert_not_reached();
}

void domain_job_ended(Domain *domain, const Job *job)
{
        _cleanup_params_ Params params = PARAMS_INIT;

        if (domain_job_operation(job_kind(job)) == DOMAIN_JOB_UNKNOWN)
                return;
        domain_forget_last_job(domain);
        domain->last_job = g_new0(DomainJobStats, 1);
        measure(job, domain->last_job);
        domain->last_job->type = type_of_end(job);
        if (domain->last_job->type == DOMAIN_JOB_TYPE_COMPLETED)
                domain->last_job->processed = domain->last_job->total;
        else if (job_error(job))
                domain->last_job->error = error_message(job_error(job));
        domain_job_add_params(domain->last_job, &params);
        domain_emit(domain, DOMAIN_SIGNAL_JOB_COMPLETED, &params);
}

static bool is_of_disks(DomainJobOperation operation)
{
        return operation == DOMAIN_JOB_BACKUP;
}

static void add_bytes(const DomainJobStats *stats, const char *what, Params *ret)
{
        params_add_u64(ret, params_name(ret, "%s_total", what), stats->total);
        params_add_u64(ret, params_name(ret, "%s_processed", what), stats->processed);
        params_add_u64(ret, params_name(ret, "%s_remaining", what), stats->total - stats->processed);
}

void domain_job_add_params(const DomainJobStats *stats, Params *ret)
{
        params_add_i32(ret, "operation", (int32_t) stats->operation);
        params_add_u64(ret, "time_elapsed", stats->elapsed_msec);
        if (stats->remaining_msec > 0)
                params_add_u64(ret, "time_remaining", stats->remaining_msec);
        if (stats->total > 0) {
                add_bytes(stats, "data", ret);
                add_bytes(stats, is_of_disks(stats->operation) ? "disk" : "memory", ret);
        }
        if (stats->type >= DOMAIN_JOB_TYPE_COMPLETED)
                params_add_bool(ret, "success", stats->type == DOMAIN_JOB_TYPE_COMPLETED);
        if (stats->error)
                params_add_string(ret, "errmsg", stats->error);
}
