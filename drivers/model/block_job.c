/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/block_job.h"

DomainBlockJob *domain_find_block_job(const Domain *domain, const char *disk)
{
        for (DomainBlockJob *block = domain->block_jobs; block; block = block->next)
                if (streq(block->disk, disk))
                        return block;
        return NULL;
}

DomainBlockJob *domain_add_block_job(Domain *domain, const char *disk, DomainBlockJobType type, Job *job)
{
        DomainBlockJob *block = g_new(DomainBlockJob, 1);

        g_assert(!domain_find_block_job(domain, disk));
        *block = (DomainBlockJob) {
                .next = domain->block_jobs,
                .disk = g_strdup(disk),
                .type = type,
                .job = job,
        };
        domain->block_jobs = block;
        return block;
}

void domain_remove_block_job(Domain *domain, DomainBlockJob *block)
{
        DomainBlockJob **at = &domain->block_jobs;

        while (*at != block)
                at = &(*at)->next;
        *at = block->next;
        g_free(block->disk);
        g_free(block);
}

void domain_tell_block_job(Domain *domain, const DomainBlockJob *block, DomainBlockJobStatus status)
{
        const DomainBlockJobArgs args = {
                .disk = block->disk,
                .type = (int32_t) block->type,
                .status = (int32_t) status,
        };

        domain_emit(domain, DOMAIN_SIGNAL_BLOCK_JOB, &args);
}
