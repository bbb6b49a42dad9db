/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/job-contract.h"

#include "service/call.h"
#include "service/kind.h"

int job_object_property_error(sd_bus_message *reply, JobObject *job, Error *error)
{
        const Error *failure = job_error(job->job);
        g_autofree char *name = NULL;
        g_autofree char *message = NULL;

        if (error_is_set(failure)) {
                name = error_native_name(failure);
                message = error_message(failure);
        }
        return sd_bus_message_append(reply, "(ss)", strempty(name), strempty(message));
}

int job_object_property_kind(sd_bus_message *reply, JobObject *job, Error *error)
{
        return sd_bus_message_append(reply, "s", job_kind(job->job));
}

int job_object_property_object(sd_bus_message *reply, JobObject *job, Error *error)
{
        return message_append_path(reply, job_object(job->job));
}

int job_object_property_owner(sd_bus_message *reply, JobObject *job, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(job_owner(job->job)->name));
}

int job_object_property_owner_uid(sd_bus_message *reply, JobObject *job, Error *error)
{
        return sd_bus_message_append(reply, "u", job_owner(job->job)->uid);
}

int job_object_property_progress(sd_bus_message *reply, JobObject *job, Error *error)
{
        return sd_bus_message_append(reply, "t", job_progress(job->job));
}

int job_object_property_stage(sd_bus_message *reply, JobObject *job, Error *error)
{
        return sd_bus_message_append(reply, "s", strempty(job_stage(job->job)));
}

int job_object_property_started(sd_bus_message *reply, JobObject *job, Error *error)
{
        return sd_bus_message_append(reply, "t", job_started_usec(job->job));
}

int job_object_property_state(sd_bus_message *reply, JobObject *job, Error *error)
{
        return sd_bus_message_append(reply, "s", job_state_to_string(job_state(job->job)));
}

int job_object_property_total(sd_bus_message *reply, JobObject *job, Error *error)
{
        return sd_bus_message_append(reply, "t", job_total(job->job));
}

/* Who began a job may end it; others need what they would need to change its object. */
static int require_cancel(Call *call, const JobObject *job, Error *error)
{
        const Object *about = job_object(job->job) ?: &job->object;
        Details details = {};

        if (job_owner(job->job)->uid == call_owner(call)->uid)
                return 1;
        details_of_object(&details, about);
        return call_require(call, kinds[about->type].change, &details, error);
}

int job_object_cancel(Call *call, JobObject *job, Error *error)
{
        int r = require_cancel(call, job, error);

        if (r <= 0)
                return r;
        r = job_cancel(job->job, error);
        return r < 0 ? r : call_reply(call, NULL);
}
