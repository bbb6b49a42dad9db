/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A list of named, typed values: libvirt's virTypedParameter and D-Bus' a{sv} in one form that knows
 * neither. Drivers fill it with statistics; the bus layer turns it into a dictionary and reads options into it.
 */

#include "service/base/error.h"

typedef enum ParamType {
        PARAM_INT32 = 'i',
        PARAM_UINT32 = 'u',
        PARAM_INT64 = 'x',
        PARAM_UINT64 = 't',
        PARAM_DOUBLE = 'd',
        PARAM_BOOLEAN = 'b',
        PARAM_STRING = 's',
        PARAM_STRV = 'a', /* "as" on the wire */
} ParamType;

typedef struct Param {
        const char *name;
        ParamType type;
        union {
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
                double d;
                bool b;
                const char *s;
                const char *const *strv;
        };
} Param;

typedef struct Params {
        Param *items;
        size_t n;
        size_t room;
        GStringChunk *strings; /* copies of names and values that do not outlive the call */
        GPtrArray *strvs;
} Params;

#define PARAMS_INIT ((Params) {})

void params_clear(Params *params);
#define _cleanup_params_ _cleanup_(params_clear)

/* On the heap, for results of jobs; free accepts NULL. */
Params *params_new(void);
Params *params_free(Params *params);

/* A list of such: records that all have the same names, or some of them. Free with g_ptr_array_unref(). */
GPtrArray *records_new(void);
/* A new one at the end, borrowed. */
Params *records_add(GPtrArray *records);

/* Forgets the items but keeps the memory, for loops over many objects. */
void params_reset(Params *params);

/* The name must outlive the list: a string literal, or params_name(). */
void params_add_i32(Params *params, const char *name, int32_t v);
void params_add_u32(Params *params, const char *name, uint32_t v);
void params_add_i64(Params *params, const char *name, int64_t v);
void params_add_u64(Params *params, const char *name, uint64_t v);
void params_add_double(Params *params, const char *name, double v);
void params_add_bool(Params *params, const char *name, bool v);
/* Copies of all of them, names included; prefix, which may be "", stands before each name. */
void params_add_all(Params *params, const char *prefix, const Params *from);
void params_add_string(Params *params, const char *name, const char *v);
/* Takes the strings over. */
void params_take_strv(Params *params, const char *name, char **v);

/* A formatted name or value that lives as long as the list: "block.%u.name". */
const char *params_name(Params *params, const char *format, ...) _printf_(2, 3);

const Param *params_find(const Params *params, const char *name);

/*
 * Typed look-ups for options. A missing name leaves *ret as it is and returns 0; a found one returns 1; another
 * type than asked for is ERROR_INVALID_ARG naming the option.
 */
int params_get_u32(const Params *params, const char *name, uint32_t *ret, Error *error);
int params_get_u64(const Params *params, const char *name, uint64_t *ret, Error *error);
int params_get_bool(const Params *params, const char *name, bool *ret, Error *error);
int params_get_string(const Params *params, const char *name, const char **ret, Error *error);
int params_get_strv(const Params *params, const char *name, const char *const **ret, Error *error);

/* Refuses names outside the NULL-terminated list with ERROR_INVALID_ARG that names the unknown one. */
int params_check_names(const Params *params, const char *const *known, Error *error);
