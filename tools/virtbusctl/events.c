/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/event.h"
#include "tools/virtbusctl/follow.h"
#include "tools/virtbusctl/list.h"
#include "tools/virtbusctl/noun.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>

typedef struct Watch {
        Ctl *ctl;
        GHashTable *names;   /* path of a domain: its name */
        GHashTable *objects; /* path of a job: the path of its domain */
        GHashTable *paths;   /* of the domains wanted; NULL: all */
        GStrv events;        /* names of those wanted; NULL: all */
        GQueue pending;      /* JsonObject *: read, but not shown yet */
        uint64_t count;      /* how many are still wanted; 0: no end */
        bool done;
} Watch;

static void watch_clear(Watch *w)
{
        g_queue_clear_full(&w->pending, (GDestroyNotify) json_object_unref);
        g_clear_pointer(&w->names, g_hash_table_unref);
        g_clear_pointer(&w->objects, g_hash_table_unref);
        g_clear_pointer(&w->paths, g_hash_table_unref);
        g_clear_pointer(&w->events, g_strfreev);
}

/* The name of a domain; asks for one that was not met before. Never NULL. */
static const char *name_of(Watch *w, const char *path)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_failure_ Failure ignored = {};
        const char *name = g_hash_table_lookup(w->names, path);
        char *known;

        if (name)
                return name;
        if (ctl_get(w->ctl, path, "Domain", "Name", &reply, &ignored) >= 0 &&
            sd_bus_message_read(reply, "v", "s", &name) >= 0)
                known = g_strdup(name);
        else
                known = text_uuid_from_path(path) ?: g_strdup("");
        g_hash_table_replace(w->names, g_strdup(path), known);
        return known;
}

static void show(Watch *w, JsonObject *event, const char *domain)
{
        uint64_t now = (uint64_t) g_get_real_time();
        const char *name = *domain ? name_of(w, domain) : "";
        g_autofree char *text = NULL;

        if (w->ctl->json) {
                g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), event);
                g_autofree char *timestamp = event_timestamp(now);

                json_object_set_string_member(event, "timestamp", timestamp);
                json_object_set_string_member(event, "domain", name);
                text = json_text(node, false);
                (void) fputs(text, stdout);
        } else {
                text = event_format(event, name, now);
                puts(text);
        }
        (void) fflush(stdout);
        w->done = w->count > 0 && --w->count == 0;
}

static void learn(GHashTable *facts, const char *path, JsonObject *object, const char *key)
{
        g_hash_table_replace(facts, g_strdup(path), g_strdup(json_string(object, key)));
}

/* A renamed domain keeps its path. */
static void learn_name(Watch *w, sd_bus_message *m)
{
        g_autoptr(JsonObject) changed = NULL;
        const char *interface;

        if (sd_bus_message_read(m, "s", &interface) >= 0 && streq(interface, "org.virtbus1.Domain") &&
            json_read_properties(m, &changed) >= 0 && json_object_has_member(changed, "name"))
                learn(w->names, sd_bus_message_get_path(m), changed, "name");
}

/* What a new object is called must be known before it goes away. */
static void learn_object(Watch *w, sd_bus_message *m)
{
        g_autoptr(JsonNode) interfaces = NULL;
        JsonObject *object;
        const char *path;

        if (sd_bus_message_read(m, "o", &path) < 0 || json_read_value(m, &interfaces) <= 0 ||
            !JSON_NODE_HOLDS_OBJECT(interfaces))
                return;
        object = json_node_get_object(interfaces);
        if (json_object_has_member(object, "org.virtbus1.Domain"))
                learn(w->names, path, json_object_get_object_member(object, "org.virtbus1.Domain"), "Name");
        else if (json_object_has_member(object, "org.virtbus1.Job"))
                learn(w->objects, path, json_object_get_object_member(object, "org.virtbus1.Job"), "Object");
}

static const char *domain_of(Watch *w, JsonObject *event)
{
        const char *path = json_string(event, "path");

        if (!streq(json_string(event, "event"), "job"))
                return path;
        path = strempty(g_hash_table_lookup(w->objects, path));
        return streq(path, "/") ? "" : path;
}

static bool is_wanted(Watch *w, JsonObject *event)
{
        if (w->paths && !g_hash_table_contains(w->paths, domain_of(w, event)))
                return false;
        return !w->events || g_strv_contains((const char *const *) w->events, json_string(event, "event"));
}

static void show_pending(void *userdata)
{
        Watch *w = userdata;

        while (!w->done && !g_queue_is_empty(&w->pending)) {
                g_autoptr(JsonObject) event = g_queue_pop_head(&w->pending);

                show(w, event, domain_of(w, event));
        }
}

/* Only reads: no call can be made from here, and a name may have to be asked for. */
static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        g_autoptr(JsonObject) event = NULL;
        Watch *w = userdata;

        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Properties", "PropertiesChanged"))
                learn_name(w, m);
        else if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded"))
                learn_object(w, m);
        else if (event_read(m, &event) > 0 && is_wanted(w, event))
                g_queue_push_tail(&w->pending, g_steal_pointer(&event));
        return 0;
}

static int read_filters(Watch *w, const Arguments *arguments, Failure *failure)
{
        const char *events = arguments_value(arguments, "event");
        int r = follow_count(arguments, &w->count, failure);

        if (r < 0)
                return r;
        w->events = events ? g_strsplit(events, ",", -1) : NULL;
        for (size_t i = 0; w->events && w->events[i]; i++)
                if (!g_strv_contains(event_names, w->events[i])) {
                        g_autofree char *all = g_strjoinv(", ", (char **) event_names);

                        r = failure_set(failure, EXIT_STATUS_USAGE, "'%s' is no event", w->events[i]);
                        failure_hint(failure, "Events: %s", all);
                        return r;
                }
        return noun_resolve_all(w->ctl, &noun_domain, NULL, arguments, 0, &w->paths, failure);
}

static int events_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(watch_clear) Watch w = {
                .ctl = ctl,
                .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                .objects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
                .pending = G_QUEUE_INIT,
        };
        g_autofree char *match = NULL;
        int r;

        r = read_filters(&w, arguments, failure);
        if (r < 0)
                return r;
        match = g_strdup_printf("type='signal',sender='" SERVICE_NAME "',path_namespace='%s'", ctl->root);
        r = follow_match(ctl, match, on_signal, &w, failure);
        /* What is undefined can be asked for its name no more. */
        if (r >= 0)
                r = list_names(ctl, w.names, failure);
        return r < 0 ? r : follow(ctl, &w.done, show_pending, &w, failure);
}

static const Option events_options[] = {
        { "event", 0, "EVENT,…", "Only these: defined, started, stopped, …, job" },
        { "count", 'n', "N", "End after so many" },
        {},
};

const Command event_commands[] = {
        { "events", "[DOMAIN…]", "Show what happens to domains while it happens",
          "Events: defined, undefined, started, suspended, resumed, stopped, shutdown,\n"
          "pmsuspended, crashed, state, reboot, watchdog, io-error, rtc-change,\n"
          "balloon-change, tray-change, control-error, job.\n"
          "With --json each event is one object on one line.\n",
          events_options, 0, ANY_NUMBER_OF_WORDS, NULL, events_run },
        {},
};
