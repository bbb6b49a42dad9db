/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The job of a domain in libvirt's words. Our own are in job.c. */

#include "drivers/model/domain_job.h"

#include "interfaces/domain-contract.h"
#include "interfaces/support.h"
#include "service/call.h"

/* virDomainGetJobStatsFlags */
enum {
        JOB_STATS_COMPLETED = 1 << 0,
        JOB_STATS_KEEP_COMPLETED = 1 << 1,
};

/* virDomainAbortJobFlags */
enum {
        ABORT_JOB_POSTCOPY = 1 << 0,
};

int domain_get_job_info(Call *call, Domain *domain, Error *error)
{
        const DomainJobStats stats = domain_job_stats(domain);
        const uint64_t left = stats.total - stats.processed;
        const bool of_disks = stats.operation == DOMAIN_JOB_BACKUP;

        return call_reply(call, "(ittttttttttt)", (int32_t) stats.type, stats.elapsed_msec,
                          stats.remaining_msec, stats.total, stats.processed, left,
                          of_disks ? UINT64_C(0) : stats.total, of_disks ? UINT64_C(0) : stats.processed,
                          of_disks ? UINT64_C(0) : left, of_disks ? stats.total : UINT64_C(0),
                          of_disks ? stats.processed : UINT64_C(0), of_disks ? left : UINT64_C(0));
}

static int reply_stats(Call *call, const DomainJobStats *stats)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_params_ Params params = PARAMS_INIT;
        int r;

        if (stats->type != DOMAIN_JOB_TYPE_NONE)
                domain_job_add_params(stats, &params);
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'r', "ia{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "i", (int32_t) stats->type);
        if (r >= 0)
                r = call_append_params(call, reply, &params);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int domain_get_job_stats(Call *call, Domain *domain, const DomainGetJobStatsArgs *args, Error *error)
{
        static const DomainJobStats none = {};
        DomainJobStats stats;
        int r = flags_check(args->flags, JOB_STATS_COMPLETED | JOB_STATS_KEEP_COMPLETED, error);

        if (r < 0)
                return r;
        if (!(args->flags & JOB_STATS_COMPLETED)) {
                stats = domain_job_stats(domain);
                return reply_stats(call, &stats);
        }
        r = reply_stats(call, domain_last_job(domain) ?: &none);
        if (r >= 0 && !(args->flags & JOB_STATS_KEEP_COMPLETED))
                domain_forget_last_job(domain);
        return r;
}

static int abort_job(Call *call, Domain *domain, Error *error)
{
        Job *job = domain_current_job(domain);
        int r;

        if (!job)
                return error_set(error, ERROR_OPERATION_INVALID, "no job is active on the domain");
        r = job_cancel(job, error);
        return r < 0 ? r : call_reply(call, NULL);
}

int domain_abort_job(Call *call, Domain *domain, Error *error)
{
        return abort_job(call, domain, error);
}

int domain_abort_job_flags(Call *call, Domain *domain, const DomainAbortJobFlagsArgs *args, Error *error)
{
        int r = flags_check(args->flags, ABORT_JOB_POSTCOPY, error);

        if (r < 0)
                return r;
        if (args->flags & ABORT_JOB_POSTCOPY)
                return error_set(error, ERROR_OPERATION_INVALID,
                                 "current job is not outgoing migration in post-copy mode");
        return abort_job(call, domain, error);
}
