/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A job as an object of the bus: /org/virtbus1/<Driver>/job/<id>. */

#include "drivers/model/object.h"

typedef struct JobObject {
        Object object; /* of type OBJECT_JOB */
        Job *job;
} JobObject;

/* The job's object on the bus, or NULL while it is not shown there. Borrowed. */
const Object *job_object_find(const Driver *driver, const Job *job);

/* What a job object's properties announce. */
enum {
        JOB_CHANGED_PROGRESS = 1 << 0,
        JOB_CHANGED_STAGE = 1 << 1,
        JOB_CHANGED_STATE = 1 << 2,
};
