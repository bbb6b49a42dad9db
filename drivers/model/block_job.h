/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What goes on with the images of a disk while its domain runs: at most one such job per disk. */

#include "drivers/model/domain.h"

/* virDomainBlockJobType */
typedef enum DomainBlockJobType {
        DOMAIN_BLOCK_JOB_PULL = 1,
        DOMAIN_BLOCK_JOB_COPY = 2,
        DOMAIN_BLOCK_JOB_COMMIT = 3,
        DOMAIN_BLOCK_JOB_ACTIVE_COMMIT = 4,
        DOMAIN_BLOCK_JOB_BACKUP = 5,
} DomainBlockJobType;

/* virConnectDomainEventBlockJobStatus */
typedef enum DomainBlockJobStatus {
        DOMAIN_BLOCK_JOB_COMPLETED = 0,
        DOMAIN_BLOCK_JOB_FAILED = 1,
        DOMAIN_BLOCK_JOB_CANCELED = 2,
        DOMAIN_BLOCK_JOB_READY = 3,
} DomainBlockJobStatus;

typedef struct DomainBlockJob {
        struct DomainBlockJob *next;
        char *disk; /* the target: "vda" */
        DomainBlockJobType type;
        uint64_t bandwidth; /* bytes per second; 0: as fast as can be */
        uint64_t cur, end;  /* bytes */
        bool ready;         /* a mirror that goes on until somebody decides */
        Job *job;           /* not owned; ends before this does */
} DomainBlockJob;

/* Borrowed, or NULL. disk is a target. */
DomainBlockJob *domain_find_block_job(const Domain *domain, const char *disk);
/* Borrowed: the domain's until it is removed. There is none of this disk. */
DomainBlockJob *domain_add_block_job(Domain *domain, const char *disk, DomainBlockJobType type, Job *job);
void domain_remove_block_job(Domain *domain, DomainBlockJob *block);
/* Tells of it: DOMAIN_SIGNAL_BLOCK_JOB. */
void domain_tell_block_job(Domain *domain, const DomainBlockJob *block, DomainBlockJobStatus status);

/*
 * Where a disk is copied to: a <disk> of which only the type, <source> and <driver> count. Belongs to one owner.
 */
typedef struct BlockDest {
        DefSet set;
        DefRaw *raw;
        Arena *arena;
        const char *format;
        DomainStorage source;
} BlockDest;

extern const struct DefType block_dest_type;

/* Errors are those of domain_def_parse(). */
int block_dest_parse(const char *xml, size_t size, BlockDest **ret, Error *error);
/* format may be NULL. */
BlockDest *block_dest_new(DomainDiskType type, const char *path, const char *format);
BlockDest *block_dest_copy(const BlockDest *dest);
/* Accepts NULL, returns NULL. */
BlockDest *block_dest_free(BlockDest *dest);
DEFINE_TRIVIAL_CLEANUP(BlockDest *, block_dest_free)

/*
 * Changes of a disk's chain of images in a definition that is not sealed: disk is one of def. A layer is named by its
 * path or as "vda[2]", the second below the active one. ERROR_INVALID_ARG when it is not in the chain.
 */
/* What is above base (NULL or "": everything) is in the active image now. */
int block_chain_pull(DomainDef *def, DomainDisk *disk, const char *base, Error *error);
/*
 * What is in top (NULL or "": the active image) and down to base (likewise: the last one) is in base now. *ret_active,
 * which may be NULL: top is the active image.
 */
int block_chain_commit(DomainDef *def, DomainDisk *disk, const char *top, const char *base, bool *ret_active,
                       Error *error);
/* The disk is another one now; shallow: with what was below it. */
void block_chain_replace(DomainDef *def, DomainDisk *disk, const BlockDest *dest, bool shallow);
