/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/event.h"
#include "tools/virtbusctl/follow.h"
#include "tools/virtbusctl/noun.h"
#include "tools/virtbusctl/page.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>

/* What happens to the objects of a kind: that they come and go, what changes of them, and their own signals. */

const Option noun_watch_options[] = {
        { "count", 'n', "N", "End after so many" },
        {},
};

typedef struct Watch {
        Ctl *ctl;
        char *interface;   /* with the service's prefix */
        GHashTable *names; /* path: name */
        GHashTable *paths; /* those wanted; NULL: all */
        uint64_t count;    /* how many are still wanted; 0: no end */
        bool done;
} Watch;

static void watch_clear(Watch *w)
{
        g_free(w->interface);
        g_clear_pointer(&w->names, g_hash_table_unref);
        g_clear_pointer(&w->paths, g_hash_table_unref);
}

static void copy_member(JsonObject *values, const char *key, JsonNode *node, void *event)
{
        json_object_set_member(event, key, json_node_copy(node));
}

static void show(Watch *w, const char *path, const char *event, JsonObject *values)
{
        uint64_t now = (uint64_t) g_get_real_time();
        const char *name = g_hash_table_lookup(w->names, path) ?: "";
        g_autoptr(JsonObject) object = json_object_new();
        g_autofree char *text = NULL;

        if (w->paths && !g_hash_table_contains(w->paths, path))
                return;
        if (w->ctl->json) {
                g_autofree char *timestamp = event_timestamp(now);
                g_autoptr(JsonNode) node = json_node_init_object(json_node_alloc(), object);

                json_object_set_string_member(object, "timestamp", timestamp);
                json_object_set_string_member(object, "event", event);
                json_object_set_string_member(object, w->ctl->command->noun->word, name);
                json_object_set_string_member(object, "object_path", path);
                if (values)
                        json_object_set_object_member(object, "values", json_object_ref(values));
                text = json_text(node, false);
                (void) fputs(text, stdout);
        } else {
                if (values)
                        json_object_foreach_member(values, copy_member, object);
                json_object_set_string_member(object, "event", event);
                text = event_format(object, name, now);
                puts(text);
        }
        (void) fflush(stdout);
        w->done = w->done || (w->count > 0 && --w->count == 0);
}

static void learn(Watch *w, const char *path, JsonObject *properties)
{
        g_autofree char *key = text_key(w->ctl->command->noun->columns[0].property);

        if (json_object_has_member(properties, key))
                g_hash_table_replace(w->names, g_strdup(path), g_strdup(json_string(properties, key)));
}

static int read_added(Watch *w, sd_bus_message *m)
{
        const char *path, *interface;
        int r = sd_bus_message_read(m, "o", &path);

        if (r >= 0)
                r = sd_bus_message_enter_container(m, 'a', "{sa{sv}}");
        while (r > 0 && (r = sd_bus_message_enter_container(m, 'e', "sa{sv}")) > 0) {
                g_autoptr(JsonObject) properties = NULL;

                r = sd_bus_message_read(m, "s", &interface);
                if (r > 0)
                        r = json_read_properties(m, &properties);
                if (r > 0 && streq(interface, w->interface)) {
                        learn(w, path, properties);
                        show(w, path, "added", properties);
                }
                if (r > 0)
                        r = sd_bus_message_exit_container(m);
        }
        return r;
}

static int read_removed(Watch *w, sd_bus_message *m)
{
        g_auto(GStrv) interfaces = NULL;
        const char *path;
        int r = sd_bus_message_read(m, "o", &path);

        if (r >= 0)
                r = sd_bus_message_read_strv(m, &interfaces);
        if (r >= 0 && interfaces && g_strv_contains((const char *const *) interfaces, w->interface))
                show(w, path, "removed", NULL);
        return r;
}

static int read_changed(Watch *w, sd_bus_message *m)
{
        g_autoptr(JsonObject) changed = NULL;
        const char *interface, *path = sd_bus_message_get_path(m);
        int r = sd_bus_message_read(m, "s", &interface);

        if (r < 0 || !streq(interface, w->interface))
                return r;
        r = json_read_properties(m, &changed);
        if (r < 0)
                return r;
        show(w, path, "changed", changed);
        learn(w, path, changed);
        return 0;
}

/* A signal of the kind's own: its arguments have no names on the wire. */
static int read_own(Watch *w, sd_bus_message *m)
{
        g_autoptr(JsonObject) values = json_object_new();
        g_autofree char *event = text_key(sd_bus_message_get_member(m));
        JsonNode *value;
        int r;

        for (unsigned n = 1; (r = json_read_value(m, &value)) > 0; n++) {
                char key[16];

                (void) g_snprintf(key, sizeof(key), "%u", n);
                json_object_set_member(values, key, value);
        }
        if (r >= 0)
                show(w, sd_bus_message_get_path(m), event, values);
        return r;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Watch *w = userdata;

        if (w->done)
                return 0;
        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager", "InterfacesAdded"))
                (void) read_added(w, m);
        else if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.ObjectManager", "InterfacesRemoved"))
                (void) read_removed(w, m);
        else if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Properties", "PropertiesChanged"))
                (void) read_changed(w, m);
        else if (sd_bus_message_is_signal(m, w->interface, NULL))
                (void) read_own(w, m);
        return 0;
}

/* What goes away can be asked for its name no more. */
static int learn_names(Watch *w, const Target *target, Failure *failure)
{
        g_autoptr(GPtrArray) objects = g_ptr_array_new_with_free_func((GDestroyNotify) json_object_unref);
        const Noun *noun = w->ctl->command->noun;
        const char *fields[] = { noun->columns[0].property, NULL };
        const PageSource source = {
                .path = target->container ?: w->ctl->root,
                .interface = noun->within ? noun->within->interface : "Connect",
                .member = noun->lister,
                .fields = fields,
        };
        int r = page_fetch_all(w->ctl, &source, objects, failure);

        for (size_t i = 0; r >= 0 && i < objects->len; i++)
                learn(w, json_string(objects->pdata[i], "object_path"), objects->pdata[i]);
        return r;
}

int noun_watch_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        _cleanup_(watch_clear) Watch w = {
                .ctl = ctl,
                .interface = g_strdup_printf("%s.%s", SERVICE_NAME, ctl->command->noun->interface),
                .names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
        };
        _cleanup_target_ Target target = {};
        g_autofree char *match = g_strdup_printf("type='signal',sender='" SERVICE_NAME "',path_namespace='%s'",
                                                 ctl->root);
        int r = target_resolve(ctl, arguments, &target, failure);

        if (r >= 0)
                r = follow_count(arguments, &w.count, failure);
        if (r >= 0)
                r = noun_resolve_all(ctl, ctl->command->noun, target.container, arguments, target.first, &w.paths,
                                     failure);
        if (r < 0)
                return r;
        r = follow_match(ctl, match, on_signal, &w, failure);
        if (r >= 0)
                r = learn_names(&w, &target, failure);
        return r < 0 ? r : follow(ctl, &w.done, NULL, NULL, failure);
}
