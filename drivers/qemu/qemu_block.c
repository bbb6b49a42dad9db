/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_block.h"

#include "drivers/model/domain_find.h"
#include "drivers/qemu/qemu_layer.h"
#include "drivers/qemu/qemu_names.h"
#include "drivers/qemu/qemu_request.h"

#include <string.h>

#define TICK_USEC (250 * USEC_PER_MSEC)
#define ACCURACY_USEC (50 * USEC_PER_MSEC)

static void on_machine_end(void *userdata, const char *uuid);

bool qemu_block_is_mirror(const QemuBlock *block)
{
        return block->block->type == DOMAIN_BLOCK_JOB_COPY || block->block->type == DOMAIN_BLOCK_JOB_ACTIVE_COMMIT;
}

DomainDisk *qemu_block_disk(const QemuBlock *block)
{
        return block->guest ? domain_find_disk(block->guest->live, block->block->disk) : NULL;
}

QemuBlock *qemu_block_new(Domain *domain, const char *disk, DomainBlockJobType type, Job *job)
{
        QemuBlock *block = g_new0(QemuBlock, 1);

        block->guest = domain_guest(domain);
        block->domain = domain_ref(domain);
        block->job = job;
        block->block = domain_add_block_job(domain, disk, type, job);
        block->id = g_strconcat("block-", disk, NULL);
        block->base = block->top = block->fresh = QEMU_BLOCK_NO_LAYER;
        block->qmp = block->guest->qmp ? qmp_ref(block->guest->qmp) : NULL;
        g_ptr_array_add(block->guest->blocks, block);
        guest_wait_end(block->guest, on_machine_end, block);
        return block;
}

static void tell_waiter(QemuBlock *block)
{
        Job *waiter = g_steal_pointer(&block->waiter);
        bool ok = block->decision == QEMU_BLOCK_ABORT ? true : block->done;
        _cleanup_error_ Error error = ERROR_INIT;

        if (!waiter)
                return;
        if (!ok)
                (void) error_set(&error, ERROR_OPERATION_FAILED, "the job of disk '%s' has failed", block->block->disk);
        job_step_done(waiter, ok ? 0 : -EIO, &error);
}

static void release(QemuBlock *block)
{
        block->timer = sd_event_source_disable_unref(block->timer);
        block->task = worker_cancel(block->task);
        block->plug = qemu_plug_free(block->plug);
        block->script = qemu_script_free(block->script);
        if (block->number != 0)
                qmp_forget(block->qmp, block->number);
        block->number = 0;
        block->hold = job_unref(block->hold);
}

static void block_free(void *p)
{
        QemuBlock *block = p;

        release(block);
        if (block->begun && block->over)
                domain_tell_block_job(block->domain, block->block,
                                      block->done                         ? DOMAIN_BLOCK_JOB_COMPLETED
                                      : block->decision == QEMU_BLOCK_ABORT ? DOMAIN_BLOCK_JOB_CANCELED
                                                                            : DOMAIN_BLOCK_JOB_FAILED);
        if (block->guest) {
                guest_unwait_end(block->guest, on_machine_end, block);
                g_ptr_array_remove(block->guest->blocks, block);
        }
        tell_waiter(block);
        domain_remove_block_job(block->domain, block->block);
        g_clear_pointer(&block->nodes, json_node_unref);
        g_clear_pointer(&block->sets, json_node_unref);
        qmp_unref(block->qmp);
        qemu_block_target_free(block->target);
        qemu_block_loans_free(block->loans);
        block_dest_free(block->dest);
        domain_def_unref(block->config);
        domain_def_unref(block->former);
        domain_unref(block->domain);
        g_strfreev(block->below);
        g_free(block->id);
        g_free(block);
}

static void on_machine_end(void *userdata, const char *uuid)
{
        QemuBlock *block = userdata;
        _cleanup_error_ Error error = ERROR_INIT;

        release(block);
        block->guest = NULL;
        block->over = true;
        (void) error_set(&error, ERROR_OPERATION_FAILED, "the machine has ended");
        job_step_done(block->job, -EIO, &error);
}

void qemu_block_ask(QemuBlock *block, const char *command, JsonObject *arguments, QmpReply reply)
{
        block->number = monitor_execute(block->guest, command, arguments, reply, block);
}

/* -- QEMU at work -------------------------------------------------------------------------------------------- */

/* It has ended: by itself, or as somebody has asked for. */
static void end_failed(QemuBlock *block, const char *why)
{
        _cleanup_error_ Error error = ERROR_INIT;

        block->over = true;
        if (block->guest->qmp)
                monitor_execute(block->guest, "job-dismiss", qmp_object("s:id", block->id, NULL), NULL, NULL);
        if (block->decision == QEMU_BLOCK_ABORT)
                (void) error_set(&error, ERROR_OPERATION_ABORTED, "the job of disk '%s' was cancelled",
                                 block->block->disk);
        else
                (void) error_set(&error, ERROR_OPERATION_FAILED, "the job of disk '%s' has failed: %s",
                                 block->block->disk, why ?: "QEMU does not have it any more");
        job_step_done(block->job, -EIO, &error);
}

static void be_ready(QemuBlock *block)
{
        block->block->ready = true;
        qemu_block_show_mirror(block);
        job_step_done(block->job, 0, NULL);
}

/* What query-jobs says of it; NULL: nothing. */
static void evaluate(QemuBlock *block, JsonObject *entry)
{
        const char *status = NULL, *why = NULL;
        uint64_t cur = 0, total = 0;

        if (!entry || qmp_get_string(entry, "status", &status) <= 0) {
                end_failed(block, NULL);
                return;
        }
        (void) qmp_get_string(entry, "error", &why);
        if (qmp_get_u64(entry, "current-progress", &cur) > 0 && qmp_get_u64(entry, "total-progress", &total) > 0) {
                block->block->end = total;
                block->block->cur = cur;
                /* clients of libvirt take equal numbers for the end */
                if (qemu_block_is_mirror(block) && !block->block->ready && cur > 0 && cur == total)
                        block->block->cur--;
                job_set_progress(block->job, cur, total);
        }
        if (streq(status, "concluded")) {
                if (why || (qemu_block_is_mirror(block) && block->decision != QEMU_BLOCK_PIVOT))
                        end_failed(block, why);
                else
                        qemu_block_conclude(block);
        } else if (streq(status, "ready") && !block->block->ready)
                be_ready(block);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata)
{
        QemuBlock *block = userdata;

        block->timer = sd_event_source_disable_unref(block->timer);
        qemu_block_resume(block->guest);
        return 0;
}

static void tick(QemuBlock *block)
{
        block->timer = sd_event_source_disable_unref(block->timer);
        (void) sd_event_add_time_relative(block->guest->driver->host->event, &block->timer, CLOCK_MONOTONIC, TICK_USEC,
                                          ACCURACY_USEC, on_tick, block);
}

static void on_jobs(Qmp *qmp, JsonNode *result, Error *error, void *userdata)
{
        QemuGuest *guest = userdata;
        g_autoptr(GPtrArray) blocks = NULL;

        if (error_is_set(error) || guest->has_exited)
                return; /* when there is a monitor again, this is asked again */
        blocks = g_ptr_array_copy(guest->blocks, NULL, NULL);
        for (guint i = 0; i < blocks->len; i++) {
                QemuBlock *block = blocks->pdata[i];

                if (!block->querying)
                        continue;
                block->querying = false;
                tick(block);
                evaluate(block, qemu_block_find_job(result, block->id));
        }
}

/* Those that are begun, and have not come to what is done without QEMU. */
void qemu_block_resume(QemuGuest *guest)
{
        bool any = false;

        for (guint i = 0; i < guest->blocks->len; i++) {
                QemuBlock *block = guest->blocks->pdata[i];

                if (!block->begun || block->over || block->hold)
                        continue;
                block->querying = any = true;
        }
        if (any && guest->qmp)
                (void) monitor_execute(guest, "query-jobs", NULL, on_jobs, guest);
}

void qemu_block_event(QemuGuest *guest, JsonObject *data)
{
        const char *status = NULL, *id = NULL;

        if (!data || qmp_get_string(data, "status", &status) <= 0 || qmp_get_string(data, "id", &id) <= 0 ||
            (!streq(status, "ready") && !streq(status, "concluded")))
                return;
        for (guint i = 0; i < guest->blocks->len; i++) {
                const QemuBlock *block = guest->blocks->pdata[i];

                if (streq(block->id, id)) {
                        qemu_block_resume(guest);
                        return;
                }
        }
}

void qemu_block_act(QemuBlock *block)
{
        if (!block->guest->qmp || block->decision == QEMU_BLOCK_UNDECIDED)
                return;
        if (block->decision == QEMU_BLOCK_PIVOT)
                monitor_execute(block->guest, "job-complete", qmp_object("s:id", block->id, NULL), NULL, NULL);
        else
                monitor_execute(block->guest, "block-job-cancel", qmp_object("s:device", block->id, NULL), NULL, NULL);
}

static void decide(QemuBlock *block, QemuBlockDecision decision)
{
        block->decision = decision;
        (void) qemu_block_save(block->guest, NULL);
        qemu_block_act(block);
}

static int step_copy(Job *job, void *context, Error *error)
{
        QemuBlock *block = context;

        if (!block->guest)
                return error_set(error, ERROR_OPERATION_FAILED, "the machine has ended");
        block->begun = true;
        if (!block->adopted)
                qemu_block_show_mirror(block);
        qemu_block_resume(block->guest);
        return JOB_STEP_WAIT;
}

static void interrupt(Job *job, void *context)
{
        QemuBlock *block = context;

        if (block->decision == QEMU_BLOCK_UNDECIDED && !block->hold)
                decide(block, QEMU_BLOCK_ABORT);
}

/* A mirror waits for somebody to decide; of what is no mirror this is never reached. */
static int step_ready(Job *job, void *context, Error *error)
{
        QemuBlock *block = context;

        if (!block->block->ready)
                return 0;
        domain_tell_block_job(block->domain, block->block, DOMAIN_BLOCK_JOB_READY);
        qemu_block_act(block);
        return JOB_STEP_WAIT;
}

static const JobStep steps[] = {
        { .name = "look", .start = qemu_block_step_look, .cancel = qemu_block_cancel_begin },
        { .name = "files", .start = qemu_block_step_files, .undo = qemu_block_undo_files,
          .cancel = qemu_block_cancel_begin },
        { .name = "nodes", .start = qemu_block_step_nodes, .undo = qemu_block_undo_nodes,
          .cancel = qemu_block_cancel_begin },
        { .name = "begin", .start = qemu_block_step_begin },
        { .name = "copy", .start = step_copy, .interrupt = interrupt, .begun = true },
        { .name = "ready", .start = step_ready, .interrupt = interrupt },
        {},
};

int qemu_block_run(QemuBlock *block, Error *error)
{
        return job_run(block->job, steps, block, block_free, error);
}

/* -- what callers want --------------------------------------------------------------------------------------- */

static QemuBlock *find(const Domain *domain, const DomainBlockJob *job)
{
        const QemuGuest *guest = domain_guest(domain);

        for (guint i = 0; guest && i < guest->blocks->len; i++) {
                QemuBlock *block = guest->blocks->pdata[i];

                if (block->block == job)
                        return block;
        }
        return NULL;
}

/* A decision is a job of its own, which ends with that of the disk. */
typedef struct Waiting {
        Domain *domain;
        DomainBlockJob *job;
        QemuBlockDecision decision;
} Waiting;

static void waiting_free(void *p)
{
        Waiting *waiting = p;

        domain_unref(waiting->domain);
        g_free(waiting);
}

static int step_decide(Job *job, void *context, Error *error)
{
        const Waiting *waiting = context;
        QemuBlock *block = find(waiting->domain, waiting->job);

        if (!block || !block->begun || block->decision != QEMU_BLOCK_UNDECIDED || block->hold)
                return error_set(error, ERROR_OPERATION_INVALID, "the job of the disk is about to end");
        block->waiter = job;
        if (waiting->decision == QEMU_BLOCK_PIVOT)
                decide(block, QEMU_BLOCK_PIVOT);
        else if (job_cancel(block->job, error) < 0) {
                block->waiter = NULL;
                return -EBUSY;
        }
        return JOB_STEP_WAIT;
}

static void cancel_decide(Job *job, void *context)
{
        const Waiting *waiting = context;
        const QemuGuest *guest = domain_guest(waiting->domain);

        for (guint i = 0; guest && i < guest->blocks->len; i++) {
                QemuBlock *block = guest->blocks->pdata[i];

                if (block->waiter == job)
                        block->waiter = NULL;
        }
}

static const JobStep decide_steps[] = {
        { .name = "decide", .start = step_decide, .cancel = cancel_decide },
        {},
};

static int begin_decision(Domain *domain, DomainBlockJob *job, QemuBlockDecision decision, Job *waiter, Error *error)
{
        Waiting *waiting = g_new(Waiting, 1);

        *waiting = (Waiting) { .domain = domain_ref(domain), .job = job, .decision = decision };
        return job_run(waiter, decide_steps, waiting, waiting_free, error);
}

int qemu_block_pivot(Domain *domain, DomainBlockJob *job, Job *waiter, Error *error)
{
        return begin_decision(domain, job, QEMU_BLOCK_PIVOT, waiter, error);
}

int qemu_block_abort(Domain *domain, DomainBlockJob *job, Job *waiter, Error *error)
{
        return begin_decision(domain, job, QEMU_BLOCK_ABORT, waiter, error);
}

int qemu_block_set_speed(Domain *domain, DomainBlockJob *job, uint64_t bandwidth, Job *asked, Error *error)
{
        QemuBlock *block = find(domain, job);

        if (!block || !block->begun)
                return error_set(error, ERROR_OPERATION_INVALID, "the job of disk '%s' has not begun", job->disk);
        if (bandwidth > INT64_MAX)
                return error_set(error, ERROR_OVERFLOW, "bandwidth must be less than %" PRIi64, INT64_MAX);
        job->bandwidth = bandwidth;
        (void) qemu_block_save(block->guest, NULL);
        return qemu_monitor_request(domain, "block-job-set-speed",
                                    qmp_object("s:device", block->id, "U:speed", bandwidth, NULL), NULL, asked, error);
}

int qemu_block_check_idle(const Domain *domain, const DomainDisk *disk, Error *error)
{
        for (const DomainBlockJob *job = domain->block_jobs; job; job = job->next)
                if (!disk || streq_ptr(job->disk, disk->target))
                        return error_set(error, ERROR_OPERATION_INVALID, disk ? "disk '%s' is in an active block job"
                                                                              : "domain has active block job on '%s'",
                                         job->disk);
        if (domain->backup)
                return error_set(error, ERROR_OPERATION_INVALID, "a backup of the domain goes on");
        return 0;
}

int qemu_block_check_disk(const DomainDisk *disk, Error *error)
{
        const char *why = disk->device != DOMAIN_DISK_DEVICE_DISK ? "it is no hard disk"
                          : qemu_disk_is_served(disk)             ? "another program serves it"
                          : disk->transient                       ? "it is transient"
                          : !qemu_disk_is_writable(disk)          ? "it is read-only"
                                                                  : NULL;

        return why ? error_set(error, ERROR_OPERATION_UNSUPPORTED, "no block job can be done with disk '%s': %s",
                               disk->target, why)
                   : 0;
}

static int resolve(const DomainDisk *disk, const char *name, uint32_t *ret, size_t *ret_at, Error *error)
{
        int r = name ? qemu_block_layer(disk, name, ret_at, error) : 0;

        if (name && r >= 0)
                *ret = qemu_layer_index(disk, *ret_at);
        return r;
}

static int check_layers(const DomainDisk *disk, const DomainBlockRequest *request, QemuBlock *block, Error *error)
{
        size_t depth = qemu_block_depth(disk), top = 0, base = depth;
        bool commit = request->type == DOMAIN_BLOCK_JOB_COMMIT || request->type == DOMAIN_BLOCK_JOB_ACTIVE_COMMIT;
        QemuLayerDef layer;
        int r = resolve(disk, request->top, &block->top, &top, error);

        if (r >= 0)
                r = resolve(disk, request->base, &block->base, &base, error);
        if (r < 0 || request->type == DOMAIN_BLOCK_JOB_COPY)
                return r;
        if (!commit)
                return base == 0 ? error_set(error, ERROR_INVALID_ARG, "base '%s' is the active image of disk '%s'",
                                             request->base, disk->target)
                                 : 0;
        if (top + 1 >= depth)
                return error_set(error, ERROR_INVALID_ARG, "top '%s' in chain for '%s' has no backing file",
                                 strempty(request->top), disk->target);
        if (!request->base)
                base = depth - 1;
        if (base <= top)
                return error_set(error, ERROR_INVALID_ARG, "base '%s' is not below top '%s' in chain for '%s'",
                                 request->base, strempty(request->top), disk->target);
        block->top = qemu_layer_index(disk, top);
        block->base = qemu_layer_index(disk, base);
        (void) qemu_layer_def(disk, base, &layer);
        if (qemu_storage_is_remote(layer.source) || layer.source->slices.n > 0 || layer.source->data_store)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "nothing can be committed to a layer of disk '%s' that is on a server, a part of a "
                                 "file or without data of its own",
                                 disk->target);
        return 0;
}

static int check_copy(const DomainDisk *disk, const DomainBlockRequest *request, Error *error)
{
        const BlockDest *dest = request->dest;
        const char *format = dest->format ?: disk->format ?: "raw", *why = NULL;

        if (disk->copy_on_read == TRISTATE_ON || disk->throttle_filters.n > 0)
                why = "filters (copy_on_read, throttlefilters) are between it and the guest";
        else if (qemu_storage_is_remote(&dest->source) && !request->reuse)
                why = "an image on a server is not made; ask for it to be used as it is";
        else if (dest->source.type == DOMAIN_DISK_NETWORK && dest->source.protocol != DOMAIN_PROTOCOL_NBD)
                why = "of the network only NBD is written to";
        else if (dest->source.type != DOMAIN_DISK_FILE && dest->source.type != DOMAIN_DISK_BLOCK &&
                 dest->source.type != DOMAIN_DISK_NETWORK)
                why = "it can be copied to a file, a block device or an NBD server";
        else if (request->shallow && !streq(format, "qcow2") && qemu_block_depth(disk) > 1)
                why = "only a qcow2 image builds upon another one";
        return why ? error_set(error, ERROR_OPERATION_UNSUPPORTED, "disk '%s' cannot be copied so: %s", disk->target,
                               why)
                   : 0;
}

int qemu_block_start(Domain *domain, const DomainBlockRequest *request, Job *job, Error *error)
{
        QemuGuest *guest = domain_guest(domain);
        const DomainDisk *disk = domain_find_disk(guest->live, request->disk);
        QemuBlock *block;
        int r = monitor_check(guest, error);

        if (r >= 0)
                r = qemu_block_check_disk(disk, error);
        if (r >= 0)
                r = qemu_block_check_idle(domain, disk, error);
        if (r >= 0 && request->type == DOMAIN_BLOCK_JOB_COPY)
                r = check_copy(disk, request, error);
        if (r < 0)
                return r;
        block = qemu_block_new(domain, request->disk, request->type, job);
        block->shallow = request->shallow;
        block->reuse = request->reuse;
        block->delete_top = request->delete_top;
        block->relative = request->relative;
        block->synchronous = request->synchronous;
        block->granularity = request->granularity;
        block->buffer_size = request->buffer_size;
        block->block->bandwidth = request->bandwidth;
        if (request->dest) {
                block->dest = block_dest_copy(request->dest);
                if (!block->dest->format)
                        block->dest->format = arena_strdup(block->dest->arena, disk->format ?: "raw");
        }
        r = check_layers(disk, request, block, error);
        if (r < 0) {
                block_free(block);
                return r;
        }
        return qemu_block_run(block, error);
}
