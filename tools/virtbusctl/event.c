/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/event.h"

#include "tools/virtbusctl/text.h"

#include <string.h>

const char *const event_names[] = {
        "defined",        "undefined",   "started",       "suspended", "resumed",  "stopped",  "shutdown",
        "pmsuspended",    "crashed",     "state",         "reboot",    "watchdog", "io-error", "rtc-change",
        "balloon-change", "tray-change", "control-error", "job",       NULL,
};

/* Signals of a domain: what they are called here, and their arguments. */
static const struct {
        const char *member;
        const char *event;
        const char *arguments[5];
} domain_signals[] = {
        { "Reboot", "reboot", {} },
        { "Watchdog", "watchdog", { "action" } },
        { "IOError", "io-error", { "source", "device", "action", "reason" } },
        { "RTCChange", "rtc-change", { "offset" } },
        { "BalloonChange", "balloon-change", { "memory" } },
        { "ControlError", "control-error", {} },
        { "TrayChange", "tray-change", { "device", "reason" } },
};

static JsonObject *event_new(const char *event, const char *path)
{
        JsonObject *object = json_object_new();

        json_object_set_string_member(object, "event", event);
        json_object_set_string_member(object, "path", path);
        return object;
}

static int read_arguments(sd_bus_message *m, const char *const *names, JsonObject *object)
{
        for (; *names; names++) {
                JsonNode *value = NULL;
                int r = json_read_value(m, &value);

                if (r <= 0)
                        return r < 0 ? r : -EBADMSG;
                json_object_set_member(object, *names, value);
        }
        return 1;
}

static int read_state_changed(sd_bus_message *m, JsonObject **ret)
{
        const char *path, *state, *reason, *event, *detail;
        int r = sd_bus_message_read(m, "ossss", &path, &state, &reason, &event, &detail);

        if (r < 0)
                return r;
        *ret = event_new(isempty(event) ? "state" : event, path);
        if (!isempty(detail))
                json_object_set_string_member(*ret, "detail", detail);
        json_object_set_string_member(*ret, "state", state);
        json_object_set_string_member(*ret, "reason", reason);
        return 1;
}

int event_read(sd_bus_message *m, JsonObject **ret)
{
        static const char *const completed[] = { "success", "error", "message", NULL };
        g_autoptr(JsonObject) object = NULL;
        const char *path = sd_bus_message_get_path(m);
        int r = sd_bus_message_rewind(m, true);

        if (r < 0)
                return r;
        if (sd_bus_message_is_signal(m, "org.virtbus1.Connect", "DomainStateChanged"))
                return read_state_changed(m, ret);
        if (sd_bus_message_is_signal(m, "org.virtbus1.Job", "Completed")) {
                object = event_new("job", path);
                r = read_arguments(m, completed, object);
                if (r > 0)
                        *ret = g_steal_pointer(&object);
                return r;
        }
        for (size_t i = 0; i < ELEMENTSOF(domain_signals); i++) {
                if (!sd_bus_message_is_signal(m, "org.virtbus1.Domain", domain_signals[i].member))
                        continue;
                object = event_new(domain_signals[i].event, path);
                r = read_arguments(m, domain_signals[i].arguments, object);
                if (r > 0)
                        *ret = g_steal_pointer(&object);
                return r;
        }
        return 0;
}

static char *format_time(uint64_t usec, const char *format)
{
        g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc((gint64) (usec / USEC_PER_SEC));
        g_autoptr(GDateTime) local = utc ? g_date_time_to_local(utc) : NULL;

        return local ? g_date_time_format(local, format) : g_strdup("");
}

char *event_timestamp(uint64_t usec)
{
        g_autofree char *date = format_time(usec, "%FT%T"), *zone = format_time(usec, "%:z");

        return g_strdup_printf("%s.%06" PRIu64 "%s", date, usec % USEC_PER_SEC, zone);
}

static void append_member(JsonObject *object, const char *name, JsonNode *value, void *userdata)
{
        g_autofree char *plain = json_plain(value), *text = text_printable(plain);

        if (!streq(name, "event") && !streq(name, "path") && *text)
                g_string_append_printf(userdata, " %s=%s", name, text);
}

char *event_format(JsonObject *event, const char *name, uint64_t usec)
{
        g_autofree char *date = format_time(usec, "%F %T"), *who = text_printable(name);
        GString *out = g_string_new(NULL);

        g_string_append_printf(out, "%s.%03" PRIu64 " %s %s", date, usec % USEC_PER_SEC / USEC_PER_MSEC,
                               *who ? who : "-", json_string(event, "event"));
        json_object_foreach_member(event, append_member, out);
        return g_string_free(out, FALSE);
}
