/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * Jobs as clients of libvirt see them: at most one of a domain at a time, with numbers of bytes, and the one that
 * ended last. Which of our jobs are such follows from their kind.
 */

#include "drivers/model/domain.h"
#include "service/base/params.h"

/* virDomainJobOperation */
typedef enum DomainJobOperation {
        DOMAIN_JOB_UNKNOWN = 0,
        DOMAIN_JOB_START = 1,
        DOMAIN_JOB_SAVE = 2,
        DOMAIN_JOB_RESTORE = 3,
        DOMAIN_JOB_MIGRATION_IN = 4,
        DOMAIN_JOB_MIGRATION_OUT = 5,
        DOMAIN_JOB_SNAPSHOT = 6,
        DOMAIN_JOB_SNAPSHOT_REVERT = 7,
        DOMAIN_JOB_DUMP = 8,
        DOMAIN_JOB_BACKUP = 9,
        DOMAIN_JOB_SNAPSHOT_DELETE = 10,
} DomainJobOperation;

/* virDomainJobType */
typedef enum DomainJobType {
        DOMAIN_JOB_TYPE_NONE = 0,
        DOMAIN_JOB_TYPE_BOUNDED = 1,
        DOMAIN_JOB_TYPE_UNBOUNDED = 2,
        DOMAIN_JOB_TYPE_COMPLETED = 3,
        DOMAIN_JOB_TYPE_FAILED = 4,
        DOMAIN_JOB_TYPE_CANCELLED = 5,
} DomainJobType;

typedef struct DomainJobStats {
        DomainJobOperation operation;
        DomainJobType type;
        uint64_t elapsed_msec;
        uint64_t remaining_msec; /* as it looks from here; 0: not known */
        uint64_t total;          /* bytes; 0: not known */
        uint64_t processed;
        char *error; /* of one that failed; owned */
} DomainJobStats;

/* The operation of jobs of this kind; DOMAIN_JOB_UNKNOWN for those that clients of libvirt do not call a job. */
DomainJobOperation domain_job_operation(const char *kind);

/* The job that clients of libvirt would see, or NULL. Borrowed. */
Job *domain_current_job(const Domain *domain);
/* What it has done so far; all zero when there is none. */
DomainJobStats domain_job_stats(const Domain *domain);
/* The one that ended last, or NULL. */
const DomainJobStats *domain_last_job(const Domain *domain);
void domain_forget_last_job(Domain *domain);

/* Remembers the end of a job and tells of it, when it is one of those. */
void domain_job_ended(Domain *domain, const Job *job);

/* In the names of virDomainGetJobStats(). */
void domain_job_add_params(const DomainJobStats *stats, Params *ret);
