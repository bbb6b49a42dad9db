/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Jobs of the disks of a running domain. They go on when the call that began them is answered. */

#include "interfaces/domain-contract.h"

#include <string.h>

#include "drivers/driver.h"
#include "drivers/model/moment_def.h"
#include "interfaces/support.h"
#include "service/call.h"

/* virDomainBlockRebaseFlags, whose first bits the others share */
enum {
        REBASE_SHALLOW = 1 << 0,
        REBASE_REUSE_EXT = 1 << 1,
        REBASE_COPY_RAW = 1 << 2,
        REBASE_COPY = 1 << 3,
        REBASE_RELATIVE = 1 << 4,
        REBASE_COPY_DEV = 1 << 5,
        REBASE_BANDWIDTH_BYTES = 1 << 6,
};

/* virDomainBlockCopyFlags */
enum {
        COPY_SHALLOW = 1 << 0,
        COPY_REUSE_EXT = 1 << 1,
        COPY_TRANSIENT_JOB = 1 << 2,
        COPY_SYNCHRONOUS_WRITES = 1 << 3,
};

/* virDomainBlockCommitFlags */
enum {
        COMMIT_SHALLOW = 1 << 0,
        COMMIT_DELETE = 1 << 1,
        COMMIT_ACTIVE = 1 << 2,
        COMMIT_RELATIVE = 1 << 3,
        COMMIT_BANDWIDTH_BYTES = 1 << 4,
};

/* virDomainBlockPullFlags */
#define PULL_BANDWIDTH_BYTES REBASE_BANDWIDTH_BYTES

/* virDomainBlockJobAbortFlags */
enum {
        ABORT_ASYNC = 1 << 0,
        ABORT_PIVOT = 1 << 1,
};

/* virDomainBlockJobInfoFlags and virDomainBlockJobSetSpeedFlags */
#define BANDWIDTH_BYTES (1u << 0)

#define MIB_SHIFT 20u

static const DomainBlockOps *ops(const Domain *domain)
{
        return &domain->object.driver->info->block;
}

/* MiB per second, unless the caller counts bytes. */
static int read_bandwidth(uint64_t bandwidth, bool bytes, uint64_t *ret, Error *error)
{
        if (!bytes && bandwidth > UINT64_MAX >> MIB_SHIFT)
                return error_set(error, ERROR_OVERFLOW, "bandwidth must be less than %" PRIu64,
                                 UINT64_MAX >> MIB_SHIFT);
        *ret = bytes ? bandwidth : bandwidth << MIB_SHIFT;
        return 0;
}

static int find_disk(const Domain *domain, const char *name, const DomainDisk **ret, Error *error)
{
        int r = domain_check_active(domain, error);

        if (r < 0)
                return r;
        *ret = moment_find_disk(domain->live, name);
        if (!*ret)
                return error_set(error, ERROR_INVALID_ARG, "disk '%s' was not found in the domain config", name);
        return 0;
}

/* Takes the rest of the request as it is; disk names it as the caller does. */
static int start(Call *call, Domain *domain, const char *disk, DomainBlockRequest *request, const char *kind,
                 const char *function, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        const DomainDisk *found = NULL;
        int r;

        if (!ops(domain)->start)
                return error_unsupported(error, function);
        r = find_disk(domain, disk, &found, error);
        if (r < 0)
                return r;
        if (moment_disk_is_empty(found))
                return error_set(error, ERROR_INVALID_ARG, "disk %s source image is empty", found->target);
        if (domain_find_block_job(domain, found->target))
                return error_set(error, ERROR_OPERATION_UNSUPPORTED, "disk '%s' already in active block job",
                                 found->target);
        request->disk = found->target;
        r = call_job_begin_aside(call, kind, &domain->object, NULL, &job, error);
        if (r < 0)
                return r;
        return call_job_leave(call, job, ops(domain)->start(domain, request, job, error), error);
}

static int pull(Call *call, Domain *domain, const char *disk, const char *base, uint64_t bandwidth, bool bytes,
                bool relative, const char *function, Error *error)
{
        DomainBlockRequest request = {
                .type = DOMAIN_BLOCK_JOB_PULL,
                .base = isempty(base) ? NULL : base,
                .relative = relative,
        };
        int r = read_bandwidth(bandwidth, bytes, &request.bandwidth, error);

        return r < 0 ? r : start(call, domain, disk, &request, "block-pull", function, error);
}

int domain_block_pull(Call *call, Domain *domain, const DomainBlockPullArgs *args, Error *error)
{
        int r = flags_check(args->flags, PULL_BANDWIDTH_BYTES, error);

        if (r < 0)
                return r;
        return pull(call, domain, args->disk, NULL, args->bandwidth, args->flags & PULL_BANDWIDTH_BYTES, false,
                    "virDomainBlockPull", error);
}

/* With the flag for it a rebase is a copy to the file that "base" names. */
static int rebase_copy(Call *call, Domain *domain, const DomainBlockRebaseArgs *args, Error *error)
{
        _cleanup_(block_dest_freep) BlockDest *dest = NULL;
        DomainBlockRequest request = {
                .type = DOMAIN_BLOCK_JOB_COPY,
                .shallow = args->flags & REBASE_SHALLOW,
                .reuse = args->flags & REBASE_REUSE_EXT,
        };
        int r = read_bandwidth(args->bandwidth, args->flags & REBASE_BANDWIDTH_BYTES, &request.bandwidth, error);

        if (r < 0)
                return r;
        if (args->base[0] != '/')
                return error_set(error, ERROR_INVALID_ARG, "the path '%s' must be absolute", args->base);
        dest = block_dest_new(args->flags & REBASE_COPY_DEV ? DOMAIN_DISK_BLOCK : DOMAIN_DISK_FILE, args->base,
                              args->flags & REBASE_COPY_RAW ? "raw" : NULL);
        request.dest = dest;
        return start(call, domain, args->disk, &request, "block-copy", "virDomainBlockRebase", error);
}

int domain_block_rebase(Call *call, Domain *domain, const DomainBlockRebaseArgs *args, Error *error)
{
        const uint32_t of_copies = REBASE_SHALLOW | REBASE_REUSE_EXT | REBASE_COPY_RAW | REBASE_COPY_DEV;
        int r = flags_check(args->flags, of_copies | REBASE_COPY | REBASE_RELATIVE | REBASE_BANDWIDTH_BYTES, error);

        if (r < 0)
                return r;
        if (args->flags & REBASE_COPY)
                return rebase_copy(call, domain, args, error);
        if (args->flags & of_copies)
                return error_set(error, ERROR_INVALID_ARG,
                                 "use of flags=0x%x requires a copy job", args->flags & of_copies);
        if ((args->flags & REBASE_RELATIVE) && isempty(args->base))
                return error_set(error, ERROR_INVALID_ARG,
                                 "flag VIR_DOMAIN_BLOCK_REBASE_RELATIVE is valid only with non-null base");
        return pull(call, domain, args->disk, args->base, args->bandwidth, args->flags & REBASE_BANDWIDTH_BYTES,
                    args->flags & REBASE_RELATIVE, "virDomainBlockRebase", error);
}

int domain_block_copy(Call *call, Domain *domain, const DomainBlockCopyArgs *args, Error *error)
{
        static const char *const known[] = { "bandwidth", "buf-size", "granularity", NULL };
        _cleanup_(block_dest_freep) BlockDest *dest = NULL;
        DomainBlockRequest request = {
                .type = DOMAIN_BLOCK_JOB_COPY,
                .shallow = args->flags & COPY_SHALLOW,
                .reuse = args->flags & COPY_REUSE_EXT,
                .synchronous = args->flags & COPY_SYNCHRONOUS_WRITES,
        };
        uint32_t granularity = 0;
        int r;

        if ((r = flags_check(args->flags, COPY_SHALLOW | COPY_REUSE_EXT | COPY_TRANSIENT_JOB |
                             COPY_SYNCHRONOUS_WRITES, error)) < 0 ||
            (r = params_check_names(&args->params, known, error)) < 0 ||
            (r = params_get_u64(&args->params, "bandwidth", &request.bandwidth, error)) < 0 ||
            (r = params_get_u64(&args->params, "buf-size", &request.buffer_size, error)) < 0 ||
            (r = params_get_u32(&args->params, "granularity", &granularity, error)) < 0 ||
            (r = block_dest_parse(args->destxml, strlen(args->destxml), &dest, error)) < 0)
                return r;
        if (granularity & (granularity - 1))
                return error_set(error, ERROR_INVALID_ARG, "granularity must be power of 2");
        request.granularity = granularity;
        request.dest = dest;
        return start(call, domain, args->disk, &request, "block-copy", "virDomainBlockCopy", error);
}

/* The layer right below the one that is named. */
static const char *below(const DomainDisk *disk, const char *top)
{
        const DomainBacking *layer = disk->backing;

        if (!isempty(top) && !streq_ptr(moment_disk_path(disk), top)) {
                while (layer && !streq_ptr(layer->source.file ?: layer->source.dev, top))
                        layer = layer->backing;
                layer = layer ? layer->backing : NULL;
        }
        return layer ? layer->source.file ?: layer->source.dev : NULL;
}

int domain_block_commit(Call *call, Domain *domain, const DomainBlockCommitArgs *args, Error *error)
{
        DomainBlockRequest request = {
                .type = DOMAIN_BLOCK_JOB_COMMIT,
                .base = isempty(args->base) ? NULL : args->base,
                .top = isempty(args->top) ? NULL : args->top,
                .shallow = args->flags & COMMIT_SHALLOW,
                .delete_top = args->flags & COMMIT_DELETE,
                .relative = args->flags & COMMIT_RELATIVE,
        };
        const DomainDisk *disk = NULL;
        bool active;
        int r;

        if ((r = flags_check(args->flags, COMMIT_SHALLOW | COMMIT_DELETE | COMMIT_ACTIVE | COMMIT_RELATIVE |
                             COMMIT_BANDWIDTH_BYTES, error)) < 0 ||
            (r = read_bandwidth(args->bandwidth, args->flags & COMMIT_BANDWIDTH_BYTES, &request.bandwidth,
                                error)) < 0 ||
            (r = find_disk(domain, args->disk, &disk, error)) < 0)
                return r;
        if (request.shallow && !request.base)
                request.base = below(disk, request.top);
        active = !request.top || streq_ptr(moment_disk_path(disk), request.top) || streq(disk->target, request.top);
        if (active && !(args->flags & COMMIT_ACTIVE))
                return error_set(error, ERROR_INVALID_ARG,
                                 "commit of '%s' active layer requires active flag", disk->target);
        if (active) {
                request.type = DOMAIN_BLOCK_JOB_ACTIVE_COMMIT;
                request.top = NULL;
        }
        return start(call, domain, args->disk, &request, "block-commit", "virDomainBlockCommit", error);
}

/* The job of the disk, or *ret NULL. */
static int find_job(const Domain *domain, const char *name, DomainBlockJob **ret, Error *error)
{
        const DomainDisk *disk = NULL;
        int r = find_disk(domain, name, &disk, error);

        if (r >= 0)
                *ret = domain_find_block_job(domain, disk->target);
        return r;
}

static int need_job(const Domain *domain, const char *name, DomainBlockJob **ret, Error *error)
{
        int r = find_job(domain, name, ret, error);

        if (r >= 0 && !*ret)
                return error_set(error, ERROR_OPERATION_INVALID, "disk %s does not have an active block job", name);
        return r;
}

/* Answered when the job has ended. */
static int abort_now(Call *call, Domain *domain, DomainBlockJob *block, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = call_job_begin(call, "block-abort", &domain->object, CALL_JOB_QUERY, &job, error);

        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(domain)->abort(domain, block, job, error), NULL, error);
}

static int pivot(Call *call, Domain *domain, DomainBlockJob *block, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r;

        if (!ops(domain)->pivot)
                return error_unsupported(error, "virDomainBlockJobAbort");
        if (block->type != DOMAIN_BLOCK_JOB_COPY && block->type != DOMAIN_BLOCK_JOB_ACTIVE_COMMIT)
                return error_set(error, ERROR_OPERATION_INVALID, "pivot of disk '%s' requires an active copy job",
                                 block->disk);
        if (!block->ready)
                return error_set(error, ERROR_BLOCK_COPY_ACTIVE, "disk '%s' not ready for pivot yet", block->disk);
        r = call_job_begin(call, "block-pivot", &domain->object, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(domain)->pivot(domain, block, job, error), NULL, error);
}

int domain_block_job_abort(Call *call, Domain *domain, const DomainBlockJobAbortArgs *args, Error *error)
{
        DomainBlockJob *block = NULL;
        int r = flags_check(args->flags, ABORT_ASYNC | ABORT_PIVOT, error);

        if (r >= 0)
                r = need_job(domain, args->disk, &block, error);
        if (r < 0)
                return r;
        if (args->flags & ABORT_PIVOT)
                return pivot(call, domain, block, error);
        if (!(args->flags & ABORT_ASYNC) && ops(domain)->abort)
                return abort_now(call, domain, block, error);
        r = job_cancel(block->job, error);
        return r < 0 ? r : call_reply(call, NULL);
}

int domain_block_job_set_speed(Call *call, Domain *domain, const DomainBlockJobSetSpeedArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        DomainBlockJob *block = NULL;
        uint64_t bandwidth = 0;
        int r;

        if ((r = flags_check(args->flags, BANDWIDTH_BYTES, error)) < 0 ||
            (r = read_bandwidth(args->bandwidth, args->flags & BANDWIDTH_BYTES, &bandwidth, error)) < 0 ||
            (r = need_job(domain, args->disk, &block, error)) < 0)
                return r;
        if (!ops(domain)->set_speed)
                return error_unsupported(error, "virDomainBlockJobSetSpeed");
        r = call_job_begin(call, "block-set-speed", &domain->object, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, ops(domain)->set_speed(domain, block, bandwidth, job, error), NULL, error);
}

int domain_get_block_job_info(Call *call, Domain *domain, const DomainGetBlockJobInfoArgs *args, Error *error)
{
        static const DomainBlockJob none = {};
        DomainBlockJob *found = NULL;
        const DomainBlockJob *block;
        uint64_t bandwidth = 0;
        int r = flags_check(args->flags, BANDWIDTH_BYTES, error);

        if (r >= 0)
                r = find_job(domain, args->disk, &found, error);
        if (r < 0)
                return r;
        block = found ?: &none;
        bandwidth = block->bandwidth;
        if (!(args->flags & BANDWIDTH_BYTES))
                bandwidth = (bandwidth + (UINT64_C(1) << MIB_SHIFT) - 1) >> MIB_SHIFT;
        return call_reply(call, "(ittt)", (int32_t) block->type, bandwidth, block->cur, block->end);
}

int domain_set_block_threshold(Call *call, Domain *domain, const DomainSetBlockThresholdArgs *args, Error *error)
{
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (!ops(domain)->set_threshold)
                return error_unsupported(error, "virDomainSetBlockThreshold");
        r = call_job_begin(call, "block-threshold", &domain->object, CALL_JOB_QUERY, &job, error);
        if (r <= 0)
                return r;
        r = ops(domain)->set_threshold(domain, args->dev, args->threshold, job, error);
        return call_job_end(call, job, r, NULL, error);
}
