/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the handlers share that have a driver do something with a domain that runs. */

#include "service/call.h"

typedef struct Operation {
        const char *kind;     /* of the job */
        const char *function; /* in libvirt */
        uint32_t known;       /* flags */
        CallJobFlags job_flags;
} Operation;

/*
 * As call_job_begin(), after what all check: the flags, and that the driver can do it.
 */
int begin_operation(Call *call, Domain *domain, const Operation *operation, bool supported, uint32_t flags,
                    Job **ret, Error *error);

/* Those of the domain's driver, never NULL. */
static inline const GuestOps *guest_ops(const Domain *domain)
{
        static const GuestOps none = {};

        return domain->object.driver->info->guest ?: &none;
}

static inline const MachineOps *machine_ops(const Domain *domain)
{
        static const MachineOps none = {};

        return domain->object.driver->info->machine ?: &none;
}

/* What a driver gets where "" stands for nothing. */
static inline const char *null_if_empty(const char *s)
{
        return isempty(s) ? NULL : s;
}

/* Replies for jobs whose result is Params, a "count" in them, records, or GBytes. */
int reply_result_params(Call *call, Job *job, Error *error);
int reply_result_count(Call *call, Job *job, Error *error);
int reply_result_records(Call *call, Job *job, Error *error);
int reply_result_bytes(Call *call, Job *job, Error *error);

/*
 * An array of structs of that signature, each appended by append() from one of the records.
 */
typedef int (*RecordAppender)(sd_bus_message *reply, const Params *record);
int reply_record_structs(Call *call, const GPtrArray *records, const char *signature, RecordAppender append,
                         Error *error);

/* For records, whose makers are ours: what is missing is "" or 0. */
const char *record_string(const Params *record, const char *name);
uint32_t record_u32(const Params *record, const char *name);
int32_t record_i32(const Params *record, const char *name);
uint64_t record_u64(const Params *record, const char *name);
