/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Jobs on objects that may be new. */

#include "service/call.h"

/*
 * As call_job_begin(). An object that is not published yet leaves its list again when the job does not begin now: the
 * call comes anew, or has failed.
 */
int object_job_begin(Call *call, const char *kind, Object *object, Job **ret, Error *error);

/* Replies with the object that the job is on. */
int object_job_reply(Call *call, Job *job, Error *error);
