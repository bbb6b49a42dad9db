/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/call_private.h"

#include "service/manager.h"

/* Calls that are answered by the end of a job. */

/* What the end of a job is turned into. */
typedef struct Ending {
        Call *call;
        CallJobReply reply;
} Ending;

static int job_reply(Call *call, Job *job, CallJobReply reply, Error *error)
{
        return reply ? reply(call, job, error) : call_reply(call, NULL);
}

static void on_job_completed(Job *job, Error *error, void *userdata)
{
        g_autofree Ending *ending = userdata;
        _cleanup_(call_unrefp) Call *call = ending->call;
        _cleanup_error_ Error failure = ERROR_INIT;
        int r;

        call->peer->user->n_jobs--;
        if (error) {
                (void) call_fail(call, error);
                return;
        }
        /* nobody waits; and what would be begun next for him has not been begun */
        if (call->peer->gone)
                return;
        r = job_reply(call, job, ending->reply, &failure);
        if (r < 0) {
                error_fill(&failure, r);
                (void) call_fail(call, &failure);
        }
}

static void preempt(Call *call, Job *job)
{
        const char *kind = g_intern_string(job_kind(job));

        if (job_cancel(job, NULL) >= 0)
                call->cancelled = kind;
}

const char *call_job_cancelled(const Call *call)
{
        return call->cancelled ?: gate_job_cancelled(call->parked);
}

static void release_object(gpointer object)
{
        object_unref(object);
}

static int check_job_quota(const Call *call, Error *error)
{
        const User *user = call->peer->user;

        if (!peer_is_privileged(call->peer) && user->n_jobs >= call->bus->manager->config->limits.jobs)
                return error_set(error, ERROR_LIMITS_EXCEEDED, "%u jobs of uid %u run already", user->n_jobs,
                                 user->uid);
        return 0;
}

int call_job_begin_aside(Call *call, const char *kind, Object *object, JobSlot *slot, Job **ret, Error *error)
{
        int r = check_job_quota(call, error);

        if (r >= 0)
                r = job_new(call->bus->manager->jobs, kind, slot, &call->owner, ret, error);
        if (r < 0)
                return r;
        job_set_object(*ret, object_ref(object), release_object);
        return 1;
}

static void on_left_job_completed(Job *job, Error *error, void *userdata)
{
        _cleanup_(peer_unrefp) Peer *peer = userdata;

        peer->user->n_jobs--;
}

static void on_left_job_begun(Job *job, Error *error, void *userdata)
{
        _cleanup_(call_unrefp) Call *call = userdata;

        if (error)
                (void) call_fail(call, error);
        else if (!call->peer->gone)
                (void) call_reply(call, NULL);
}

int call_job_leave(Call *call, Job *job, int r, Error *error)
{
        if (r < 0)
                return r;
        if (r > 0) {
                call->peer->user->n_jobs++;
                job_on_completed(job, on_left_job_completed, peer_ref(call->peer));
                if (job_on_begun(job, on_left_job_begun, call)) {
                        call_ref(call);
                        return 0;
                }
        }
        return call_reply(call, NULL);
}

int call_job_begin(Call *call, const char *kind, Object *object, CallJobFlags flags, Job **ret, Error *error)
{
        Manager *manager = call->bus->manager;
        JobSlot *slot = (flags & CALL_JOB_QUERY) || !object ? NULL : &object->slot;
        int r;

        r = check_job_quota(call, error);
        if (r < 0)
                return r;
        if (slot && slot->job) {
                /* one that cannot be cancelled any more ends by itself */
                if (flags & CALL_JOB_PREEMPT)
                        preempt(call, slot->job);
                if (slot->job)
                        return gate_wait_for_slot(call, slot, error);
        }
        r = job_new(manager->jobs, kind, slot, &call->owner, ret, error);
        if (r < 0)
                return r;
        if (slot)
                job_set_object(*ret, object_ref(object), release_object);
        return 1;
}

int call_job_end(Call *call, Job *job, int r, CallJobReply reply, Error *error)
{
        Ending *ending;

        if (r < 0)
                return r;
        if (r == 0)
                return job_reply(call, job, reply, error);
        ending = g_new(Ending, 1);
        *ending = (Ending) { .call = call_ref(call), .reply = reply };
        call->peer->user->n_jobs++;
        job_on_completed(job, on_job_completed, ending);
        return 0;
}

int call_job_reply_text(Call *call, Job *job, Error *error)
{
        return call_reply(call, "s", strempty(job_result_text(job)));
}

int call_job_reply_fd(Call *call, Job *job, Error *error)
{
        return call_reply(call, "h", job_result_fd(job));
}

int call_job_reply_object(Call *call, Job *job, Error *error)
{
        return call_reply_object(call, job_result_object(job));
}
