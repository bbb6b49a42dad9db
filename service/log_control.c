/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * org.freedesktop.LogControl1, which "systemctl service-log-level" speaks (org.freedesktop.LogControl1(5)): the default
 * threshold and where the log goes. Everybody may look, who is privileged may change.
 */

#include <string.h>

#include "service/base/log.h"
#include "service/call_private.h"

#define INTERFACE "org.freedesktop.LogControl1"

static const char text[] =
        "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\"\n"
        "\"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n"
        "<node>\n"
        " <interface name=\"" INTERFACE "\">\n"
        "  <property name=\"LogLevel\" type=\"s\" access=\"readwrite\"/>\n"
        "  <property name=\"LogTarget\" type=\"s\" access=\"readwrite\"/>\n"
        "  <property name=\"SyslogIdentifier\" type=\"s\" access=\"read\"/>\n"
        " </interface>\n"
        "</node>\n";

static char *get_level(void)
{
        g_autofree char *filters = log_get_filters();

        return g_strndup(filters, strcspn(filters, " "));
}

/* The standard calls stderr the console. */
static char *get_target(void)
{
        return g_strdup(streq(log_get_target(), "stderr") ? "console" : log_get_target());
}

static int set_target(const char *value)
{
        return log_open(streq(value, "console") ? "stderr" : value);
}

static char *get_identifier(void)
{
        return g_strdup(g_get_prgname());
}

static const struct {
        const char *name;
        char *(*get)(void);
        int (*set)(const char *value); /* NULL: read-only */
} properties[] = {
        { "LogLevel", get_level, log_set_level },
        { "LogTarget", get_target, set_target },
        { "SyslogIdentifier", get_identifier, NULL },
};

static int find(const char *name)
{
        for (size_t i = 0; i < ELEMENTSOF(properties); i++)
                if (streq(properties[i].name, name))
                        return (int) i;
        return -ENOENT;
}

static int unknown(Call *call, const char *name)
{
        return call_fail_dbus(call, SD_BUS_ERROR_UNKNOWN_PROPERTY, "Unknown property '%s' of '" INTERFACE "'", name);
}

static int get(Call *call)
{
        g_autofree char *value = NULL;
        const char *interface, *name;
        int i, r = sd_bus_message_read(call->message, "ss", &interface, &name);

        if (r < 0)
                return r;
        i = find(name);
        if (i < 0)
                return unknown(call, name);
        value = properties[i].get();
        return call_reply(call, "v", "s", value);
}

static int get_all(Call *call)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = call_reply_new(call, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{sv}");
        for (size_t i = 0; r >= 0 && i < ELEMENTSOF(properties); i++) {
                g_autofree char *value = properties[i].get();

                r = sd_bus_message_append(reply, "{sv}", properties[i].name, "s", value);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static int set(Call *call)
{
        const char *interface, *name, *value;
        int i, r = sd_bus_message_read(call->message, "ssv", &interface, &name, "s", &value);

        if (r < 0)
                return r;
        i = find(name);
        if (i < 0)
                return unknown(call, name);
        if (!peer_is_privileged(call->peer))
                return call_fail_dbus(call, SD_BUS_ERROR_ACCESS_DENIED, "only root changes the log");
        if (!properties[i].set)
                return call_fail_dbus(call, SD_BUS_ERROR_PROPERTY_READ_ONLY, "'%s' cannot be changed", name);
        if (properties[i].set(value) < 0)
                return call_fail_dbus(call, SD_BUS_ERROR_INVALID_ARGS, "'%s' cannot be '%s'", name, value);
        return call_reply(call, NULL);
}

static const struct {
        const char *interface;
        const char *member;
        const char *signature;
        int (*handler)(Call *call);
} methods[] = {
        { "org.freedesktop.DBus.Properties", "Get", "ss", get },
        { "org.freedesktop.DBus.Properties", "GetAll", "s", get_all },
        { "org.freedesktop.DBus.Properties", "Set", "ssv", set },
};

int log_control_call(Call *call)
{
        sd_bus_message *m = call->message;

        if (sd_bus_message_is_method_call(m, "org.freedesktop.DBus.Introspectable", "Introspect"))
                return call_reply(call, "s", text);
        for (size_t i = 0; i < ELEMENTSOF(methods); i++)
                if (sd_bus_message_is_method_call(m, methods[i].interface, methods[i].member) &&
                    sd_bus_message_has_signature(m, methods[i].signature))
                        return methods[i].handler(call);
        return call_fail_dbus(call, SD_BUS_ERROR_UNKNOWN_METHOD, "No such method '%s'", sd_bus_message_get_member(m));
}
