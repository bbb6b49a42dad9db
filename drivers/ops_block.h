/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What a driver does with the disks of a running domain. See driver.h for the rules of all operations. */

#include "drivers/model/block_job.h"

/* A job of a disk that is to begin. Strings and definitions are borrowed for the time of the call. */
typedef struct DomainBlockRequest {
        DomainBlockJobType type; /* a commit of the active image is DOMAIN_BLOCK_JOB_ACTIVE_COMMIT */
        const char *disk;        /* the target of a disk of the live definition, on which there is no job */
        const char *base;        /* NULL: the lowest image */
        const char *top;         /* of a commit; NULL: the active image */
        const BlockDest *dest;   /* of a copy */
        uint64_t bandwidth;      /* bytes per second; 0: no limit */
        uint64_t granularity;    /* bytes; 0: the driver's choice */
        uint64_t buffer_size;    /* bytes; likewise */
        bool shallow;            /* of a copy: only the active image; of a commit: one layer */
        bool reuse;              /* the image to copy to is there, with its format */
        bool delete_top;         /* of a commit: what is not needed any more */
        bool relative;           /* names of backing files stay relative */
        bool synchronous;        /* of a copy: writes go to both at once */
} DomainBlockRequest;

typedef struct DomainBlockOps {
        /*
         * Begins a job of a disk, which the domain has from then on, and which goes on as the job does: cancelling the
         * job ends it. Emits DOMAIN_SIGNAL_BLOCK_JOB when a mirror is ready and at the end.
         */
        int (*start)(Domain *domain, const DomainBlockRequest *request, Job *job, Error *error);
        /* A mirror that is ready ends, with the disk on the new image. The job has no slot. */
        int (*pivot)(Domain *domain, DomainBlockJob *block, Job *job, Error *error);
        /* Cancels the job of the disk and waits for its end. The job has no slot. NULL: that takes no time. */
        int (*abort)(Domain *domain, DomainBlockJob *block, Job *job, Error *error);
        /* bandwidth in bytes per second. The job has no slot. */
        int (*set_speed)(Domain *domain, DomainBlockJob *block, uint64_t bandwidth, Job *job, Error *error);
        /*
         * Emits DOMAIN_SIGNAL_BLOCK_THRESHOLD once, when the guest has written behind so many bytes of the image; 0: it
         * does not. device: "vda", or "vda[1]" for a layer below. The job has no slot.
         */
        int (*set_threshold)(Domain *domain, const char *device, uint64_t threshold, Job *job, Error *error);
} DomainBlockOps;
