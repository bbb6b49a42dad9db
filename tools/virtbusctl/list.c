/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/list.h"

#include "tools/virtbusctl/command.h"
#include "tools/virtbusctl/page.h"
#include "tools/virtbusctl/table.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>
#include <string.h>

#define STATE_WORDS "running, paused, shutoff, shutdown, crashed, pmsuspended, blocked, nostate"

/* What each column, filter and form of output needs of the service. */
typedef struct ListOptions {
        bool all, inactive, name, uuid, title, details;
        bool persistent, transient, autostart, no_autostart;
        GStrv states; /* NULL: any */
} ListOptions;

static int append_filters(sd_bus_message *m, const void *userdata)
{
        const ListOptions *o = userdata;
        int r = 0;

        if (!o->all)
                r = sd_bus_message_append(m, "{sv}", "active", "b", (int) !o->inactive);
        /* More than one is filtered here. */
        if (r >= 0 && o->states && o->states[0] && !o->states[1])
                r = sd_bus_message_append(m, "{sv}", "state", "s", o->states[0]);
        return r;
}

static int fetch_domains(Ctl *ctl, const ListOptions *o, GPtrArray *domains, Failure *failure)
{
        const char *fields[10] = { "Name", "UUID", "Id", "State" };
        const PageSource source = {
                .path = ctl->root,
                .interface = "Connect",
                .member = "ListDomainsDetailed",
                .fields = fields,
                .append = append_filters,
                .userdata = o,
        };
        size_t n = 4;
        int r;

        if (o->details)
                fields[n++] = "StateReason";
        if (o->title || o->details)
                fields[n++] = "Title";
        if (o->persistent || o->transient || o->details)
                fields[n++] = "Persistent";
        if (o->autostart || o->no_autostart || o->details)
                fields[n++] = "Autostart";
        r = page_fetch_all(ctl, &source, domains, failure);
        for (size_t i = 0; r >= 0 && i < domains->len; i++)
                json_object_set_string_member(domains->pdata[i], "path",
                                              json_string(domains->pdata[i], "object_path"));
        return r;
}

int list_names(Ctl *ctl, GHashTable *names, Failure *failure)
{
        g_autoptr(GPtrArray) domains = g_ptr_array_new_with_free_func((GDestroyNotify) json_object_unref);
        int r = fetch_domains(ctl, &(ListOptions) { .all = true }, domains, failure);

        for (size_t i = 0; r >= 0 && i < domains->len; i++)
                g_hash_table_replace(names, g_strdup(json_string(domains->pdata[i], "path")),
                                     g_strdup(json_string(domains->pdata[i], "name")));
        return r;
}

static bool is_wanted(const ListOptions *o, JsonObject *domain)
{
        if (o->states && !g_strv_contains((const char *const *) o->states, json_string(domain, "state")))
                return false;
        if ((o->persistent || o->transient) &&
            !(json_bool(domain, "persistent") ? o->persistent : o->transient))
                return false;
        if ((o->autostart || o->no_autostart) &&
            !(json_bool(domain, "autostart") ? o->autostart : o->no_autostart))
                return false;
        return true;
}

/* Active ones by their number, then the others by name. */
static int compare_domains(const void *a, const void *b)
{
        JsonObject *x = *(JsonObject *const *) a, *y = *(JsonObject *const *) b;
        int64_t i = json_int(x, "id"), j = json_int(y, "id");

        if (i && j)
                return i < j ? -1 : i > j;
        if (i || j)
                return i ? -1 : 1;
        return strcmp(json_string(x, "name"), json_string(y, "name"));
}

static void print_column(GPtrArray *domains, const ListOptions *o)
{
        for (size_t i = 0; i < domains->len; i++) {
                g_autofree char *name = text_printable(json_string(domains->pdata[i], "name"));

                if (o->uuid)
                        printf("%s%s", json_string(domains->pdata[i], "uuid"), o->name ? " " : "\n");
                if (o->name)
                        puts(name);
        }
}

static void print_table(const Ctl *ctl, GPtrArray *domains, const ListOptions *o)
{
        static const TableColumn columns[] = { { "Id", true }, { "Name" }, { "State" }, {} };
        static const TableColumn columns_title[] = {
                { "Id", true }, { "Name" }, { "State" }, { "Title" }, {}
        };
        static const TableColumn columns_details[] = { { "Id", true }, { "Name" },       { "State" },
                                                       { "Reason" },   { "Persistent" }, { "Autostart" },
                                                       { "UUID" },     { "Title" },      {} };
        _cleanup_table_ Table *table = table_new(o->details ? columns_details :
                                                 o->title   ? columns_title :
                                                              columns);
        g_autofree char *text = NULL;

        for (size_t i = 0; i < domains->len; i++) {
                JsonObject *d = domains->pdata[i];
                int64_t id = json_int(d, "id");

                table_cell_take(table, id ? g_strdup_printf("%" PRIi64, id) : NULL);
                table_cell(table, json_string(d, "name"));
                table_cell(table, json_string(d, "state"));
                if (o->details) {
                        table_cell(table, json_string(d, "state_reason"));
                        table_cell(table, json_bool(d, "persistent") ? "yes" : "no");
                        table_cell(table, json_bool(d, "autostart") ? "yes" : "no");
                        table_cell(table, json_string(d, "uuid"));
                }
                if (o->title || o->details)
                        table_cell(table, json_string(d, "title"));
        }
        text = table_format(table, (ctl->quiet ? 0 : TABLE_HEADER) | (ctl->bold ? TABLE_BOLD : 0));
        (void) fputs(text, stdout);
}

static void print_json(const Ctl *ctl, GPtrArray *domains)
{
        g_autoptr(JsonArray) array = json_array_new();

        for (size_t i = 0; i < domains->len; i++)
                json_array_add_object_element(array, json_object_ref(domains->pdata[i]));
        ctl_print_json(ctl, json_node_init_array(json_node_alloc(), array));
}

static int read_list_options(const Arguments *arguments, ListOptions *o, Failure *failure)
{
        static const char *const states[] = { "running", "blocked",     "paused",  "shutdown", "shutoff",
                                              "crashed", "pmsuspended", "nostate", NULL };
        const char *state = arguments_value(arguments, "state");

        *o = (ListOptions) {
                .all = arguments_has(arguments, "all"),
                .inactive = arguments_has(arguments, "inactive"),
                .name = arguments_has(arguments, "name"),
                .uuid = arguments_has(arguments, "uuid"),
                .title = arguments_has(arguments, "title"),
                .details = arguments_has(arguments, "details"),
                .persistent = arguments_has(arguments, "persistent"),
                .transient = arguments_has(arguments, "transient"),
                .autostart = arguments_has(arguments, "autostart"),
                .no_autostart = arguments_has(arguments, "no-autostart"),
        };
        if (!state)
                return 0;
        o->states = g_strsplit(state, ",", -1);
        for (size_t i = 0; o->states[i]; i++)
                if (!g_strv_contains(states, o->states[i]))
                        return failure_set(failure, EXIT_STATUS_USAGE,
                                           "'%s' is no state: " STATE_WORDS, o->states[i]);
        /* The state says more exactly what is wanted. */
        o->all = o->all || !o->inactive;
        return 0;
}

static int list_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        g_autoptr(GPtrArray) domains = g_ptr_array_new_with_free_func((GDestroyNotify) json_object_unref);
        g_auto(GStrv) states = NULL;
        ListOptions o = {};
        int r;

        r = read_list_options(arguments, &o, failure);
        states = o.states;
        if (r >= 0)
                r = fetch_domains(ctl, &o, domains, failure);
        if (r < 0)
                return r;
        for (size_t i = domains->len; i > 0; i--)
                if (!is_wanted(&o, domains->pdata[i - 1]))
                        g_ptr_array_remove_index(domains, (guint) i - 1);
        g_ptr_array_sort(domains, compare_domains);
        if (ctl->json)
                print_json(ctl, domains);
        else if (o.name || o.uuid)
                print_column(domains, &o);
        else
                print_table(ctl, domains, &o);
        return 0;
}

static const Option list_options[] = {
        { "all", 'a', NULL, "Inactive domains too" },
        { "inactive", 0, NULL, "Only inactive domains" },
        { "state", 0, "STATE,…", "Only those in one of the states, active or not" },
        { "persistent", 0, NULL, "Only those with a kept definition" },
        { "transient", 0, NULL, "Only those without one" },
        { "autostart", 0, NULL, "Only those that start with the host" },
        { "no-autostart", 0, NULL, "Only those that do not" },
        { "name", 0, NULL, "Print names, one on a line" },
        { "uuid", 0, NULL, "Print UUIDs, one on a line (with --name: before the name)" },
        { "title", 0, NULL, "Print titles too" },
        { "details", 0, NULL, "Print all that a list can know" },
        {},
};

const Command list_commands[] = {
        { "list", NULL, "List domains: the active ones, unless told otherwise",
          "States: " STATE_WORDS ".\n", list_options, 0, 0, NULL, list_run },
        {},
};
