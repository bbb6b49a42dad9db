/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_tune.h"

#include "drivers/model/def_table.h"

#include <string.h>

#define FIELD(struct_, name_, param, field, otherwise_)                                             \
        {                                                                                           \
                .name = name_, .type = param, .kind = DEF_KIND_OF(((struct_ *) 0)->field),          \
                .offset = offsetof(struct_, field), .otherwise = otherwise_,                        \
        }
#define TABLE(symbol, struct_, rows, event_)                                                        \
        const TuneTable symbol = { rows, ELEMENTSOF(rows), sizeof(struct_), event_ }

/* What is not given is as the kernel has it. */
#define CPU(name, param, field, otherwise) FIELD(DomainCpuTune, name, param, field, otherwise)
static const TuneField scheduler_fields[] = {
        CPU("cpu_shares", PARAM_UINT64, shares, 1024),
        CPU("vcpu_period", PARAM_UINT64, period, 100000),
        CPU("vcpu_quota", PARAM_INT64, quota, -1),
        CPU("emulator_period", PARAM_UINT64, emulator_period, 100000),
        CPU("emulator_quota", PARAM_INT64, emulator_quota, -1),
        CPU("global_period", PARAM_UINT64, global_period, 100000),
        CPU("global_quota", PARAM_INT64, global_quota, -1),
        CPU("iothread_period", PARAM_UINT64, iothread_period, 100000),
        CPU("iothread_quota", PARAM_INT64, iothread_quota, -1),
};
TABLE(tune_scheduler, DomainCpuTune, scheduler_fields, "cputune");

#define MEMORY(name, field, otherwise) FIELD(DomainMemTune, name, PARAM_UINT64, field, otherwise)
static const TuneField memory_fields[] = {
        MEMORY("hard_limit", hard_limit, TUNE_MEMORY_UNLIMITED),
        MEMORY("soft_limit", soft_limit, TUNE_MEMORY_UNLIMITED),
        MEMORY("swap_hard_limit", swap_hard_limit, TUNE_MEMORY_UNLIMITED),
        MEMORY("min_guarantee", min_guarantee, 0),
};
TABLE(tune_memory, DomainMemTune, memory_fields, NULL);

#define BLOCK(name, field) FIELD(DomainIoTune, name, PARAM_UINT64, field, 0)
static const TuneField block_io_fields[] = {
        BLOCK("total_bytes_sec", total_bytes),
        BLOCK("read_bytes_sec", read_bytes),
        BLOCK("write_bytes_sec", write_bytes),
        BLOCK("total_iops_sec", total_iops),
        BLOCK("read_iops_sec", read_iops),
        BLOCK("write_iops_sec", write_iops),
        BLOCK("total_bytes_sec_max", total_bytes_max),
        BLOCK("read_bytes_sec_max", read_bytes_max),
        BLOCK("write_bytes_sec_max", write_bytes_max),
        BLOCK("total_iops_sec_max", total_iops_max),
        BLOCK("read_iops_sec_max", read_iops_max),
        BLOCK("write_iops_sec_max", write_iops_max),
        BLOCK("size_iops_sec", size_iops),
        FIELD(DomainIoTune, "group_name", PARAM_STRING, group, 0),
        BLOCK("total_bytes_sec_max_length", total_bytes_max_length),
        BLOCK("read_bytes_sec_max_length", read_bytes_max_length),
        BLOCK("write_bytes_sec_max_length", write_bytes_max_length),
        BLOCK("total_iops_sec_max_length", total_iops_max_length),
        BLOCK("read_iops_sec_max_length", read_iops_max_length),
        BLOCK("write_iops_sec_max_length", write_iops_max_length),
};
TABLE(tune_block_io, DomainIoTune, block_io_fields, "blkdeviotune");

#define IOTHREAD(name, param, field, otherwise) FIELD(DomainIoThread, name, param, field, otherwise)
static const TuneField iothread_fields[] = {
        IOTHREAD("poll_max_ns", PARAM_UINT64, poll_max, 0),
        IOTHREAD("poll_grow", PARAM_UINT32, poll_grow, 0),
        IOTHREAD("poll_shrink", PARAM_UINT32, poll_shrink, 0),
        IOTHREAD("thread_pool_min", PARAM_INT32, pool_min, -1),
        IOTHREAD("thread_pool_max", PARAM_INT32, pool_max, -1),
};
TABLE(tune_iothread, DomainIoThread, iothread_fields, NULL);

static const TuneField *find_field(const TuneTable *table, const char *name)
{
        for (size_t i = 0; i < table->n; i++)
                if (streq(table->fields[i].name, name))
                        return table->fields + i;
        return NULL;
}

static const void *field_of(const TuneField *field, const void *p)
{
        return (const char *) p + field->offset;
}

static DefSet field_bit(const TuneField *field)
{
        return UINT64_C(1) << (field->offset / 4);
}

static int64_t number_of(const TuneField *field, const void *p)
{
        if (!p || !(*(const DefSet *) p & field_bit(field)))
                return field->otherwise;
        switch ((DefKind) field->kind) {
        case DEF_KIND_U32:
                return *(const uint32_t *) field_of(field, p);
        case DEF_KIND_I32:
                return *(const int32_t *) field_of(field, p);
        case DEF_KIND_U64:
        case DEF_KIND_I64:
                return *(const int64_t *) field_of(field, p);
        case DEF_KIND_NONE:
        case DEF_KIND_STRING:
        case DEF_KIND_BOOL:
        case _DEF_KIND_MAX:
                break;
        }
        g_assert_not_reached();
}

static void read_field(const TuneField *field, const void *p, Params *ret)
{
        const char *s;

        switch (field->type) {
        case PARAM_STRING:
                s = p ? *(const char *const *) field_of(field, p) : NULL;
                params_add_string(ret, field->name, strempty(s));
                return;
        case PARAM_INT32:
                params_add_i32(ret, field->name, (int32_t) number_of(field, p));
                return;
        case PARAM_UINT32:
                params_add_u32(ret, field->name, (uint32_t) number_of(field, p));
                return;
        case PARAM_INT64:
                params_add_i64(ret, field->name, number_of(field, p));
                return;
        case PARAM_UINT64:
                params_add_u64(ret, field->name, (uint64_t) number_of(field, p));
                return;
        case PARAM_DOUBLE:
        case PARAM_BOOLEAN:
        case PARAM_STRV:
                break;
        }
        g_assert_not_reached();
}

void tune_read(const TuneTable *table, const void *p, Params *ret)
{
        for (size_t i = 0; i < table->n; i++)
                read_field(table->fields + i, p, ret);
}

int tune_check(const TuneTable *table, const Params *params, Error *error)
{
        for (size_t i = 0; i < params->n; i++) {
                const Param *param = params->items + i;
                const TuneField *field = find_field(table, param->name);

                if (!field)
                        return error_set(error, ERROR_INVALID_ARG, "parameter '%s' not supported",
                                         param->name);
                if (param->type != field->type)
                        return error_set(error, ERROR_INVALID_ARG,
                                         "invalid type '%c' for parameter '%s', expected '%c'",
                                         (char) param->type, param->name, (char) field->type);
        }
        return 0;
}

static int write_number(const TuneField *field, uint64_t value, void *p, Error *error)
{
        void *at = (char *) p + field->offset;

        if (field->kind == DEF_KIND_U32) {
                if (value > UINT32_MAX)
                        return error_set(error, ERROR_INVALID_ARG, "parameter '%s' is out of range",
                                         field->name);
                *(uint32_t *) at = (uint32_t) value;
        } else
                *(uint64_t *) at = value;
        *(DefSet *) p |= field_bit(field);
        return 0;
}

static int write_field(const TuneField *field, const Param *param, DomainDef *def, void *p, Error *error)
{
        switch (param->type) {
        case PARAM_STRING:
                *(const char **) (void *) ((char *) p + field->offset) =
                        isempty(param->s) ? NULL : domain_def_strdup(def, param->s);
                return 0;
        case PARAM_INT32:
                /* -1 is "as it was", which no element says */
                if (param->i < 0) {
                        *(DefSet *) p &= ~field_bit(field);
                        return 0;
                }
                return write_number(field, (uint64_t) param->i, p, error);
        case PARAM_UINT32:
                return write_number(field, param->u, p, error);
        case PARAM_INT64:
                return write_number(field, (uint64_t) param->x, p, error);
        case PARAM_UINT64:
                return write_number(field, param->t, p, error);
        case PARAM_DOUBLE:
        case PARAM_BOOLEAN:
        case PARAM_STRV:
                break;
        }
        g_assert_not_reached();
}

int tune_write(const TuneTable *table, const Params *params, DomainDef *def, void *p, Error *error)
{
        int r = tune_check(table, params, error);

        for (size_t i = 0; r >= 0 && i < params->n; i++)
                r = write_field(find_field(table, params->items[i].name), params->items + i, def, p, error);
        return r;
}

void tune_drop_zeros(const TuneTable *table, void *p)
{
        for (size_t i = 0; i < table->n; i++) {
                const TuneField *field = table->fields + i;

                if (field->type != PARAM_STRING && number_of(field, p) == 0)
                        *(DefSet *) p &= ~field_bit(field);
        }
}
