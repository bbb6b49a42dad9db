/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/object_job.h"

int object_job_begin(Call *call, const char *kind, Object *object, Job **ret, Error *error)
{
        bool is_new = !object->published && !object->slot.job;
        int r = call_job_begin(call, kind, object, 0, ret, error);

        if (r <= 0 && is_new)
                object_remove(object);
        return r;
}

int object_job_reply(Call *call, Job *job, Error *error)
{
        return call_reply_object(call, job_object(job));
}
