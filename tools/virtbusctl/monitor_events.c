/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/event.h"
#include "tools/virtbusctl/follow.h"
#include "tools/virtbusctl/list.h"
#include "tools/virtbusctl/noun.h"

#include <stdio.h>

/* What QEMU's monitors tell, under QEMU's names. */

typedef struct Watch {
        Ctl *ctl;
        GHashTable *names; /* path of a domain: its name */
        GStrv events;      /* names of those wanted; NULL: all */
        uint64_t count;    /* how many are still wanted; 0: no end */
        bool done;
} Watch;

static void watch_clear(Watch *w)
{
        g_clear_pointer(&w->names, g_hash_table_unref);
        g_clear_pointer(&w->events, g_strfreev);
}

/* An object, or NULL when QEMU has told no data. */
static JsonNode *read_data(const char *details)
{
        JsonNode *node = isempty(details) ? NULL : json_from_string(details, NULL);

        if (node && JSON_NODE_HOLDS_OBJECT(node))
                return node;
        g_clear_pointer(&node, json_node_unref);
        return NULL;
}

static void copy_member(JsonObject *data, const char *key, JsonNode *value, void *event)
{
        json_object_set_member(event, key, json_node_copy(value));
}

static char *event_line(Watch *w, const char *name, const char *event, uint64_t usec, const char *details)
{
        g_autoptr(JsonObject) object = json_object_new();
        g_autoptr(JsonNode) data = read_data(details), node = NULL;
        g_autofree char *timestamp = event_timestamp(usec);

        if (!w->ctl->json) {
                if (data)
                        json_object_foreach_member(json_node_get_object(data), copy_member, object);
                json_object_set_string_member(object, "event", event);
                return event_format(object, name, usec);
        }
        json_object_set_string_member(object, "timestamp", timestamp);
        json_object_set_string_member(object, "domain", name);
        json_object_set_string_member(object, "event", event);
        if (data)
                json_object_set_member(object, "data", g_steal_pointer(&data));
        node = json_node_init_object(json_node_alloc(), object);
        return json_text(node, false);
}

static int on_event(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Watch *w = userdata;
        const char *name = g_hash_table_lookup(w->names, sd_bus_message_get_path(m)), *event, *details;
        g_autofree char *line = NULL;
        int64_t seconds;
        uint32_t micros;

        if (w->done || !name || sd_bus_message_read(m, "sxus", &event, &seconds, &micros, &details) < 0)
                return 0;
        /* an empty one: there will be no more */
        if (isempty(event) || (w->events && !g_strv_contains((const char *const *) w->events, event)))
                return 0;
        line = event_line(w, name, event, (uint64_t) seconds * USEC_PER_SEC + micros, details);
        printf("%s%s", line, w->ctl->json ? "" : "\n");
        (void) fflush(stdout);
        w->done = w->count > 0 && --w->count == 0;
        return 0;
}

/* Keeps the names of those that are wanted, and asks for their events. */
static int ask(Watch *w, GHashTable *paths, Failure *failure)
{
        GHashTableIter iter;
        void *path;
        int r = list_names(w->ctl, w->names, failure);

        g_hash_table_iter_init(&iter, w->names);
        while (r >= 0 && g_hash_table_iter_next(&iter, &path, NULL)) {
                if (!paths || g_hash_table_contains(paths, path))
                        r = ctl_call(w->ctl, path, "Domain", "WatchMonitorEvents", CALL_CHANGES, NULL, failure, "bu",
                                     true, 0);
                else
                        g_hash_table_iter_remove(&iter);
        }
        return r;
}

static int monitor_event_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(watch_clear) Watch w = {
                .ctl = ctl,
                .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        };
        g_autofree char *match = g_strdup_printf("type='signal',sender='" SERVICE_NAME "',path_namespace='%s',"
                                                 "interface='" SERVICE_NAME ".Domain',member='QemuMonitorEvent'",
                                                 ctl->root);
        const char *events = arguments_value(arguments, "event");
        g_autoptr(GHashTable) paths = NULL;
        int r = follow_count(arguments, &w.count, failure);

        w.events = events ? g_strsplit(events, ",", -1) : NULL;
        if (r >= 0)
                r = noun_resolve_all(ctl, &noun_domain, NULL, arguments, 0, &paths, failure);
        if (r >= 0)
                r = follow_match(ctl, match, on_event, &w, failure);
        if (r >= 0)
                r = ask(&w, paths, failure);
        return r < 0 ? r : follow(ctl, &w.done, NULL, NULL, failure);
}

static const Option monitor_event_options[] = {
        { "event", 0, "EVENT,…", "Only these, by QEMU's names: STOP, DEVICE_DELETED, …" },
        { "count", 'n', "N", "End after so many" },
        {},
};

const Command monitor_event_commands[] = {
        { .name = "qemu-monitor-event", .words = "[DOMAIN…]",
          .summary = "Show what QEMU tells of domains while it does",
          .details = "QEMU's names and data change with its versions: programs better use events.\n"
                     "With --json each event is one object on one line.\n",
          .options = monitor_event_options, .max_words = ANY_NUMBER_OF_WORDS, .action = "connect.write",
          .run = monitor_event_run },
        {},
};
