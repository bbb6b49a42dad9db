/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/base/params.h"

#include <string.h>

void params_clear(Params *params)
{
        g_free(params->items);
        if (params->strings)
                g_string_chunk_free(params->strings);
        if (params->strvs)
                g_ptr_array_unref(params->strvs);
        *params = PARAMS_INIT;
}

Params *params_new(void)
{
        return g_new0(Params, 1);
}

Params *params_free(Params *params)
{
        if (params)
                params_clear(params);
        g_free(params);
        return NULL;
}

static void free_record(gpointer params)
{
        params_free(params);
}

GPtrArray *records_new(void)
{
        return g_ptr_array_new_with_free_func(free_record);
}

Params *records_add(GPtrArray *records)
{
        Params *params = params_new();

        g_ptr_array_add(records, params);
        return params;
}

void params_reset(Params *params)
{
        params->n = 0;
        if (params->strings)
                g_string_chunk_clear(params->strings);
        if (params->strvs)
                g_ptr_array_set_size(params->strvs, 0);
}

static Param *params_add(Params *params, const char *name, ParamType type)
{
        Param *p;

        if (params->n == params->room) {
                params->room = params->room ? params->room * 2 : 16;
                params->items = g_renew(Param, params->items, params->room);
        }
        p = params->items + params->n++;
        p->name = name;
        p->type = type;
        return p;
}

static GStringChunk *params_strings(Params *params)
{
        if (!params->strings)
                params->strings = g_string_chunk_new(256);
        return params->strings;
}

void params_add_i32(Params *params, const char *name, int32_t v)
{
        params_add(params, name, PARAM_INT32)->i = v;
}

void params_add_u32(Params *params, const char *name, uint32_t v)
{
        params_add(params, name, PARAM_UINT32)->u = v;
}

void params_add_i64(Params *params, const char *name, int64_t v)
{
        params_add(params, name, PARAM_INT64)->x = v;
}

void params_add_u64(Params *params, const char *name, uint64_t v)
{
        params_add(params, name, PARAM_UINT64)->t = v;
}

void params_add_double(Params *params, const char *name, double v)
{
        params_add(params, name, PARAM_DOUBLE)->d = v;
}

void params_add_bool(Params *params, const char *name, bool v)
{
        params_add(params, name, PARAM_BOOLEAN)->b = v;
}

void params_add_string(Params *params, const char *name, const char *v)
{
        params_add(params, name, PARAM_STRING)->s = g_string_chunk_insert(params_strings(params), v);
}

void params_take_strv(Params *params, const char *name, char **v)
{
        if (!params->strvs)
                params->strvs = g_ptr_array_new_with_free_func((GDestroyNotify) g_strfreev);
        g_ptr_array_add(params->strvs, v);
        params_add(params, name, PARAM_STRV)->strv = (const char *const *) v;
}

const char *params_name(Params *params, const char *format, ...)
{
        char buffer[256];
        va_list ap;

        va_start(ap, format);
        (void) g_vsnprintf(buffer, sizeof(buffer), format, ap);
        va_end(ap);
        return g_string_chunk_insert(params_strings(params), buffer);
}

void params_add_all(Params *params, const char *prefix, const Params *from)
{
        for (size_t i = 0; i < from->n; i++) {
                const Param *p = from->items + i;
                const char *name = params_name(params, "%s%s", prefix, p->name);

                if (p->type == PARAM_STRING)
                        params_add_string(params, name, p->s);
                else if (p->type == PARAM_STRV)
                        params_take_strv(params, name, g_strdupv((char **) p->strv));
                else {
                        Param *copy = params_add(params, name, p->type);

                        *copy = *p;
                        copy->name = name;
                }
        }
}

const Param *params_find(const Params *params, const char *name)
{
        for (size_t i = 0; i < params->n; i++)
                if (streq(params->items[i].name, name))
                        return params->items + i;
        return NULL;
}

static int params_get(const Params *params, const char *name, ParamType type, const Param **ret, Error *error)
{
        const Param *p = params_find(params, name);

        if (!p)
                return 0;
        if (p->type != type)
                return error_set(error, ERROR_INVALID_ARG, "option '%s' wants type '%s', not '%s'", name,
                                 type == PARAM_STRV ? "as" : (const char[]) { (char) type, 0 },
                                 p->type == PARAM_STRV ? "as" : (const char[]) { (char) p->type, 0 });
        *ret = p;
        return 1;
}

int params_get_u32(const Params *params, const char *name, uint32_t *ret, Error *error)
{
        const Param *p = NULL;
        int r = params_get(params, name, PARAM_UINT32, &p, error);

        if (r > 0)
                *ret = p->u;
        return r;
}

int params_get_u64(const Params *params, const char *name, uint64_t *ret, Error *error)
{
        const Param *p = NULL;
        int r = params_get(params, name, PARAM_UINT64, &p, error);

        if (r > 0)
                *ret = p->t;
        return r;
}

int params_get_bool(const Params *params, const char *name, bool *ret, Error *error)
{
        const Param *p = NULL;
        int r = params_get(params, name, PARAM_BOOLEAN, &p, error);

        if (r > 0)
                *ret = p->b;
        return r;
}

int params_get_string(const Params *params, const char *name, const char **ret, Error *error)
{
        const Param *p = NULL;
        int r = params_get(params, name, PARAM_STRING, &p, error);

        if (r > 0)
                *ret = p->s;
        return r;
}

int params_get_strv(const Params *params, const char *name, const char *const **ret, Error *error)
{
        const Param *p = NULL;
        int r = params_get(params, name, PARAM_STRV, &p, error);

        if (r > 0)
                *ret = p->strv;
        return r;
}

int params_check_names(const Params *params, const char *const *known, Error *error)
{
        for (size_t i = 0; i < params->n; i++)
                if (!g_strv_contains(known, params->items[i].name))
                        return error_set(error, ERROR_INVALID_ARG, "unknown option '%s'",
                                         params->items[i].name);
        return 0;
}
