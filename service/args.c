/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Values between the wire and the structs of handlers. */

#include <string.h>

#include "service/call_private.h"

/* As GDBus and libvirt-dbus count: more names than any caller needs. */
#define PARAMS_MAX 1024

static int read_strv(sd_bus_message *m, const char *const **ret)
{
        char **strv = NULL;
        int r = sd_bus_message_read_strv(m, &strv);

        if (r >= 0)
                *ret = (const char *const *) (strv ?: g_new0(char *, 1));
        return r;
}

static int read_param_value(sd_bus_message *m, const char *name, const char *type, Params *params, Error *error)
{
        union {
                int32_t i;
                uint32_t u;
                int64_t x;
                uint64_t t;
                double d;
                int b;
                const char *s;
        } v;
        const char *const *strv;
        int r;

        if (streq(type, "as")) {
                r = read_strv(m, &strv);
                if (r >= 0) {
                        /* read_strv() uses malloc(), as GLib does */
                        params_take_strv(params, name, (char **) strv);
                }
                return r;
        }
        if (strlen(type) != 1 || !strchr("iuxtdbs", type[0]))
                return error_set(error, ERROR_INVALID_ARG, "Invalid typed parameter '%s'.", type);
        r = sd_bus_message_read_basic(m, type[0], &v);
        if (r < 0)
                return r;
        switch ((ParamType) type[0]) {
        case PARAM_INT32:
                params_add_i32(params, name, v.i);
                break;
        case PARAM_UINT32:
                params_add_u32(params, name, v.u);
                break;
        case PARAM_INT64:
                params_add_i64(params, name, v.x);
                break;
        case PARAM_UINT64:
                params_add_u64(params, name, v.t);
                break;
        case PARAM_DOUBLE:
                params_add_double(params, name, v.d);
                break;
        case PARAM_BOOLEAN:
                params_add_bool(params, name, v.b);
                break;
        case PARAM_STRING:
                params_add_string(params, name, v.s);
                break;
        case PARAM_STRV:
                g_assert_not_reached();
        }
        return 0;
}

static int read_params(sd_bus_message *m, Params *params, Error *error)
{
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        while (r >= 0 && (r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                const char *name, *type;

                r = sd_bus_message_read(m, "s", &name);
                if (r < 0)
                        return r;
                if (params_find(params, name))
                        return error_set(error, ERROR_INVALID_ARG, "option '%s' is given twice", name);
                if (params->n >= PARAMS_MAX)
                        return error_set(error, ERROR_INVALID_ARG, "more than %u options", PARAMS_MAX);
                r = sd_bus_message_peek_type(m, NULL, &type);
                if (r < 0)
                        return r;
                r = sd_bus_message_enter_container(m, 'v', type);
                if (r < 0)
                        return r;
                r = read_param_value(m, name, type, params, error);
                if (r < 0)
                        return r;
                r = sd_bus_message_exit_container(m);
                if (r >= 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

/* Arrays whose items sd-bus hands out one by one. Both kinds are 32 bits wide in our structs. */
static int read_items(sd_bus_message *m, char type, ArgArray *ret)
{
        g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(int32_t));
        int r = sd_bus_message_enter_container(m, 'a', (const char[]) { type, 0 });
        int32_t v;

        while (r >= 0 && (r = sd_bus_message_read_basic(m, type, &v)) > 0)
                g_array_append_val(items, v);
        if (r < 0)
                return r;
        ret->n = items->len;
        ret->items = g_array_steal(items, NULL);
        return sd_bus_message_exit_container(m);
}

static int read_pairs(sd_bus_message *m, ArgArray *ret)
{
        g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(ArgPair));
        int r = sd_bus_message_enter_container(m, 'a', "{ut}");
        ArgPair pair = {};

        while (r >= 0 && (r = sd_bus_message_read(m, "{ut}", &pair.key, &pair.value)) > 0)
                g_array_append_val(items, pair);
        if (r < 0)
                return r;
        ret->n = items->len;
        ret->items = g_array_steal(items, NULL);
        return sd_bus_message_exit_container(m);
}

static int read_array(sd_bus_message *m, char type, size_t width, ArgArray *ret)
{
        size_t size;
        int r = sd_bus_message_read_array(m, type, &ret->items, &size);

        ret->n = r >= 0 ? size / width : 0;
        return r;
}

static int read_arg(sd_bus_message *m, const ArgInfo *arg, void *field, Error *error)
{
        int r, b;

        switch (arg->type) {
        case ARG_BOOL:
                r = sd_bus_message_read_basic(m, 'b', &b);
                if (r >= 0)
                        *(bool *) field = b;
                return r;
        case ARG_INT32:
        case ARG_UINT32:
        case ARG_INT64:
        case ARG_UINT64:
        case ARG_DOUBLE:
        case ARG_STRING:
        case ARG_PATH:
        case ARG_FD:
                return sd_bus_message_read_basic(m, (char) arg->type, field);
        case ARG_STRV:
                return read_strv(m, field);
        case ARG_PARAMS:
                return read_params(m, field, error);
        case ARG_BYTES:
                return read_array(m, 'y', sizeof(uint8_t), field);
        case ARG_UINTS:
                return read_array(m, 'u', sizeof(uint32_t), field);
        case ARG_BOOLS:
                return read_items(m, 'b', field);
        case ARG_FDS:
                return read_items(m, 'h', field);
        case ARG_PAIRS:
                return read_pairs(m, field);
        }
        g_assert_not_reached();
}

int args_unpack(sd_bus_message *m, const MethodInfo *method, void *args, Error *error)
{
        for (size_t i = 0; i < method->n_args; i++) {
                int r = read_arg(m, method->args + i, (char *) args + method->args[i].offset, error);

                if (r < 0) {
                        if (!error_is_set(error))
                                (void) error_set(error, ERROR_INVALID_ARG, "argument '%s' cannot be read",
                                                 method->args[i].name);
                        return r;
                }
        }
        return 0;
}

void args_clear(const MethodInfo *method, void *args)
{
        for (size_t i = 0; i < method->n_args; i++) {
                void *field = (char *) args + method->args[i].offset;

                switch (method->args[i].type) {
                case ARG_STRV:
                        g_strfreev(*(char ***) field);
                        break;
                case ARG_PARAMS:
                        params_clear(field);
                        break;
                case ARG_BOOLS:
                case ARG_FDS:
                case ARG_PAIRS:
                        g_free((void *) ((ArgArray *) field)->items);
                        break;
                case ARG_BOOL:
                case ARG_INT32:
                case ARG_UINT32:
                case ARG_INT64:
                case ARG_UINT64:
                case ARG_DOUBLE:
                case ARG_STRING:
                case ARG_PATH:
                case ARG_FD:
                case ARG_BYTES:
                case ARG_UINTS:
                        break;
                }
        }
}

static int append_strv(sd_bus_message *m, const char *const *strv)
{
        return sd_bus_message_append_strv(m, (char **) strv);
}

static int append_value(sd_bus_message *m, const Param *p)
{
        switch (p->type) {
        case PARAM_INT32:
                return sd_bus_message_append_basic(m, 'i', &p->i);
        case PARAM_UINT32:
                return sd_bus_message_append_basic(m, 'u', &p->u);
        case PARAM_INT64:
                return sd_bus_message_append_basic(m, 'x', &p->x);
        case PARAM_UINT64:
                return sd_bus_message_append_basic(m, 't', &p->t);
        case PARAM_DOUBLE:
                return sd_bus_message_append_basic(m, 'd', &p->d);
        case PARAM_BOOLEAN:
                return sd_bus_message_append_basic(m, 'b', &(int) { p->b });
        case PARAM_STRING:
                return sd_bus_message_append_basic(m, 's', p->s);
        case PARAM_STRV:
                return append_strv(m, p->strv);
        }
        g_assert_not_reached();
}

static int append_param(sd_bus_message *m, const Param *p, bool double_box)
{
        const char *type = p->type == PARAM_STRV ? "as" : (const char[]) { (char) p->type, 0 };
        int r;

        r = sd_bus_message_open_container(m, 'e', "sv");
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 's', p->name);
        if (r >= 0 && double_box)
                r = sd_bus_message_open_container(m, 'v', "v");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', type);
        if (r >= 0)
                r = append_value(m, p);
        for (int i = 0; r >= 0 && i < (double_box ? 3 : 2); i++)
                r = sd_bus_message_close_container(m);
        return r;
}

int params_append(sd_bus_message *m, const Params *params, bool double_box)
{
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        for (size_t i = 0; r >= 0 && i < params->n; i++)
                r = append_param(m, params->items + i, double_box);
        return r < 0 ? r : sd_bus_message_close_container(m);
}
