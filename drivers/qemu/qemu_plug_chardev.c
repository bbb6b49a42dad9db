/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/qemu/qemu_plug_chardev.h"

#include "drivers/qemu/qmp.h"

#include <string.h>

/* "type,key=value,key=value", in which commas of values are doubled. */
typedef struct Option {
        char *type;
        GHashTable *values; /* key -> value, both owned */
} Option;

static void option_clear(Option *option)
{
        g_free(option->type);
        g_clear_pointer(&option->values, g_hash_table_unref);
}

/* Takes the part, without the "=" when it has none. */
static void take_part(Option *option, char *part)
{
        char *value = strchr(part, '=');

        if (!value && !option->type) {
                option->type = part;
                return;
        }
        if (value)
                *value++ = '\0';
        g_hash_table_replace(option->values, part, g_strdup(value ?: "on"));
}

static void option_parse(const char *text, Option *ret)
{
        g_autoptr(GString) part = g_string_new(NULL);

        *ret = (Option) { .values = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
        for (const char *c = text;; c++) {
                if (*c == ',' && c[1] == ',') {
                        g_string_append_c(part, *c++);
                } else if (*c == ',' || *c == '\0') {
                        take_part(ret, g_strdup(part->str));
                        g_string_truncate(part, 0);
                        if (*c == '\0')
                                break;
                } else {
                        g_string_append_c(part, *c);
                }
        }
}

static const char *get(const Option *option, const char *key)
{
        return g_hash_table_lookup(option->values, key);
}

static void put_switch(JsonObject *data, const char *name, const Option *option, const char *key)
{
        const char *value = get(option, key);

        if (value)
                json_object_set_boolean_member(data, name, streq(value, "on"));
}

char *plug_option_id(const char *value)
{
        _cleanup_(option_clear) Option option = {};

        option_parse(value, &option);
        return g_strdup(get(&option, "id"));
}

static JsonObject *inet(const char *host, const char *port)
{
        JsonObject *data = qmp_object("s:host", strempty(host), "s:port", strempty(port), NULL);

        return qmp_object("s:type", "inet", "o:data", data, NULL);
}

static void put_udp(const Option *option, JsonObject *data)
{
        const char *local = get(option, "localaddr"), *port = get(option, "localport");

        json_object_set_object_member(data, "remote", inet(get(option, "host") ?: "localhost", get(option, "port")));
        if (local || port)
                json_object_set_object_member(data, "local", inet(local, port ?: "0"));
}

static int put_socket(const Option *option, JsonObject *data, Error *error)
{
        const char *path = get(option, "path"), *fd = get(option, "fd");
        uint32_t seconds;

        /* QEMU keeps the directory that it is to be found in only as long as it speaks with us */
        if (path)
                return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                                 "a socket of a path that QEMU is to connect to again can only be given to a machine "
                                 "that starts");
        if (fd)
                json_object_set_object_member(data, "addr",
                                              qmp_object("s:type", "fd", "o:data", qmp_object("s:str", fd, NULL),
                                                         NULL));
        else
                json_object_set_object_member(data, "addr", inet(get(option, "host"), get(option, "port")));
        /* QEMU's default is the other one */
        json_object_set_boolean_member(data, "server", streq_ptr(get(option, "server"), "on"));
        put_switch(data, "wait", option, "wait");
        put_switch(data, "telnet", option, "telnet");
        if (get(option, "tls-creds"))
                json_object_set_string_member(data, "tls-creds", get(option, "tls-creds"));
        if (get(option, "reconnect") && parse_u32(get(option, "reconnect"), &seconds) >= 0)
                json_object_set_int_member(data, "reconnect", seconds);
        return 0;
}

static void put_output(const Option *option, JsonObject *data)
{
        json_object_set_string_member(data, "out", strempty(get(option, "path")));
        put_switch(data, "append", option, "append");
}

/* Back ends with at most one option of their own, which the monitor may call otherwise. */
static const struct {
        const char *type, *option, *member;
} simple_types[] = {
        { "null", NULL, NULL },
        { "vc", NULL, NULL },
        { "pty", NULL, NULL },
        { "pipe", "path", "device" },
        { "serial", "path", "device" },
        { "parallel", "path", "device" },
        { "spicevmc", "name", "type" },
        { "spiceport", "name", "fqdn" },
        { "dbus", "name", "name" },
};

static int put_simple(const Option *option, JsonObject *data, Error *error)
{
        for (size_t i = 0; i < ELEMENTSOF(simple_types); i++) {
                const char *value;

                if (!streq(option->type, simple_types[i].type))
                        continue;
                value = simple_types[i].option ? get(option, simple_types[i].option) : NULL;
                if (value)
                        json_object_set_string_member(data, simple_types[i].member, value);
                return 0;
        }
        return error_set(error, ERROR_OPERATION_UNSUPPORTED,
                         "character devices of QEMU's type '%s' can only be given to a machine that starts",
                         option->type);
}

static int put_type(const Option *option, JsonObject *data, Error *error)
{
        if (streq(option->type, "socket"))
                return put_socket(option, data, error);
        if (streq(option->type, "udp")) {
                put_udp(option, data);
        } else if (streq(option->type, "file")) {
                put_output(option, data);
        } else if (streq(option->type, "qemu-vdagent")) {
                put_switch(data, "clipboard", option, "clipboard");
                put_switch(data, "mouse", option, "mouse");
        } else {
                return put_simple(option, data, error);
        }
        return 0;
}

int plug_chardev_arguments(const char *value, JsonObject **ret, Error *error)
{
        _cleanup_(option_clear) Option option = {};
        g_autoptr(JsonObject) data = json_object_new();
        int r;

        option_parse(value, &option);
        if (!option.type || !get(&option, "id"))
                return error_set(error, ERROR_INTERNAL, "'%s' is no character device", value);
        r = put_type(&option, data, error);
        if (r < 0)
                return r;
        if (get(&option, "logfile"))
                json_object_set_string_member(data, "logfile", get(&option, "logfile"));
        put_switch(data, "logappend", &option, "logappend");
        *ret = qmp_object("s:id", get(&option, "id"), "o:backend",
                          qmp_object("s:type", option.type, "o:data", g_steal_pointer(&data), NULL), NULL);
        return 0;
}

static JsonObject *fd_of(JsonObject *arguments)
{
        JsonObject *object = arguments;
        const char *type = NULL;

        static const char *const path[] = { "backend", "data", "addr", NULL };

        for (const char *const *name = path; *name; name++)
                if (qmp_get_object(object, *name, &object) <= 0)
                        return NULL;
        if (qmp_get_string(object, "type", &type) <= 0 || !streq(type, "fd") ||
            qmp_get_object(object, "data", &object) <= 0)
                return NULL;
        return object;
}

const char *plug_chardev_fd(JsonObject *arguments)
{
        JsonObject *fd = fd_of(arguments);
        const char *number = NULL;

        return fd && qmp_get_string(fd, "str", &number) > 0 ? number : NULL;
}

void plug_chardev_set_fd(JsonObject *arguments, const char *name)
{
        json_object_set_string_member(fd_of(arguments), "str", name);
}
