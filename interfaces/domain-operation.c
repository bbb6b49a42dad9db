/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/domain-operation.h"

#include "interfaces/domain-edit.h"
#include "interfaces/support.h"

#define RECORD_SIZE 512u /* bytes that one takes in a reply, rather too many */

int begin_operation(Call *call, Domain *domain, const Operation *operation, bool supported, uint32_t flags,
                    Job **ret, Error *error)
{
        int r = flags_check(flags, operation->known, error);

        if (r < 0)
                return r;
        if (!supported)
                return error_unsupported(error, operation->function);
        return call_job_begin(call, operation->kind, &domain->object, operation->job_flags, ret, error);
}

static const Param *find(const Params *record, const char *name, ParamType type)
{
        const Param *param = params_find(record, name);

        return param && param->type == type ? param : NULL;
}

const char *record_string(const Params *record, const char *name)
{
        const Param *param = find(record, name, PARAM_STRING);

        return param ? param->s : "";
}

uint32_t record_u32(const Params *record, const char *name)
{
        const Param *param = find(record, name, PARAM_UINT32);

        return param ? param->u : 0;
}

int32_t record_i32(const Params *record, const char *name)
{
        const Param *param = find(record, name, PARAM_INT32);

        return param ? param->i : 0;
}

uint64_t record_u64(const Params *record, const char *name)
{
        const Param *param = find(record, name, PARAM_UINT64);

        return param ? param->t : 0;
}

int reply_result_params(Call *call, Job *job, Error *error)
{
        return reply_params(call, job_result_object(job));
}

int reply_result_count(Call *call, Job *job, Error *error)
{
        return call_reply(call, "u", record_u32(job_result_object(job), "count"));
}

int reply_result_records(Call *call, Job *job, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        const GPtrArray *records = job_result_object(job);
        int r = call_reply_new(call, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        for (guint i = 0; r >= 0 && i < records->len; i++) {
                r = call_reply_grow(call, RECORD_SIZE, error);
                if (r >= 0)
                        r = call_append_params(call, reply, records->pdata[i]);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int reply_record_structs(Call *call, const GPtrArray *records, const char *signature, RecordAppender append,
                         Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = call_reply_new(call, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', signature);
        for (guint i = 0; r >= 0 && i < records->len; i++) {
                r = call_reply_grow(call, RECORD_SIZE, error);
                if (r >= 0)
                        r = append(reply, records->pdata[i]);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int reply_result_bytes(Call *call, Job *job, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        gsize size;
        const void *bytes = g_bytes_get_data(job_result_object(job), &size);
        int r = call_reply_new(call, &reply);

        if (r >= 0)
                r = sd_bus_message_append_array(reply, 'y', bytes, size);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}
