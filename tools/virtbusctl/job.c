/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/command.h"
#include "tools/virtbusctl/introspection.h"
#include "tools/virtbusctl/table.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>
#include <string.h>

static int list_jobs(Ctl *ctl, GStrv *ret, Failure *failure)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;
        g_autofree char *path = g_strdup_printf("%s/job", ctl->root);
        const char *xml;
        int r;

        r = ctl_connect(ctl, failure);
        if (r < 0)
                return r;
        r = sd_bus_message_new_method_call(ctl->bus, &m, SERVICE_NAME, path,
                                           "org.freedesktop.DBus.Introspectable", "Introspect");
        if (r < 0)
                return failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r));
        r = ctl_send(ctl, m, 0, &reply, failure);
        if (r < 0)
                return r;
        r = sd_bus_message_read(reply, "s", &xml);
        if (r < 0)
                return ctl_bad_reply(ctl, failure, r);
        *ret = introspection_children(xml);
        return 0;
}

/* The name of the domain that a job is about; NULL for one that is gone or about nothing. */
static char *object_name(Ctl *ctl, const char *path)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_failure_ Failure ignored = {};
        const char *name;

        if (!strstr(path, "/domain/"))
                return NULL;
        if (ctl_get(ctl, path, "Domain", "Name", &reply, &ignored) < 0 ||
            sd_bus_message_read(reply, "v", "s", &name) < 0)
                return text_uuid_from_path(path);
        return g_strdup(name);
}

static char *format_progress(JsonObject *job)
{
        int64_t total = json_int(job, "total");

        return total > 0 ? g_strdup_printf("%.0f%%",
                                           (double) json_int(job, "progress") / (double) total * 100) :
                           NULL;
}

static void add_row(const Ctl *ctl, Table *table, JsonObject *job)
{
        uint64_t started = (uint64_t) json_int(job, "started"), now = now_usec();

        table_cell_take(table, g_strdup_printf("%" PRIi64, json_int(job, "id")));
        table_cell(table, json_string(job, "kind"));
        table_cell(table, json_string(job, "domain"));
        table_cell(table, json_string(job, "state"));
        table_cell(table, json_string(job, "stage"));
        table_cell_take(table, format_progress(job));
        /* The clock of another host says nothing here. */
        table_cell_take(table, ctl->host || started > now ? NULL : text_duration(now - started));
        table_cell_take(table, g_strdup_printf("%" PRIi64, json_int(job, "owner_uid")));
}

static int jobs_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        static const TableColumn columns[] = {
                { "Id", true }, { "Kind" },           { "Domain" },    { "State" },
                { "Stage" },    { "Progress", true }, { "Age", true }, { "User", true }, {},
        };
        g_autoptr(JsonArray) array = json_array_new();
        _cleanup_table_ Table *table = table_new(columns);
        g_autofree char *text = NULL;
        g_auto(GStrv) ids = NULL;
        int r;

        r = list_jobs(ctl, &ids, failure);
        if (r < 0)
                return r;
        for (size_t i = 0; ids[i]; i++) {
                g_autofree char *path = g_strdup_printf("%s/job/%s", ctl->root, ids[i]), *name = NULL;
                _cleanup_failure_ Failure gone = {};
                JsonObject *job;

                /* One that is over by now, or that is not for us to see. */
                if (ctl_get_all(ctl, path, "Job", &job, &gone) < 0)
                        continue;
                name = object_name(ctl, json_string(job, "object"));
                json_object_set_int_member(job, "id", (gint64) g_ascii_strtoll(ids[i], NULL, 10));
                json_object_set_string_member(job, "path", path);
                json_object_set_string_member(job, "domain", strempty(name));
                add_row(ctl, table, job);
                json_array_add_object_element(array, job);
        }
        if (ctl->json)
                ctl_print_json(ctl, json_node_init_array(json_node_alloc(), array));
        else if (table_rows(table) == 0)
                ctl_say(ctl, "No jobs\n");
        else {
                text = table_format(table, (ctl->quiet ? 0 : TABLE_HEADER) | (ctl->bold ? TABLE_BOLD : 0));
                (void) fputs(text, stdout);
        }
        return 0;
}

static int cancel_run(Ctl *ctl, const Arguments *arguments, Failure *failure)
{
        const char *word = arguments_word(arguments, 0);
        g_autoptr(JsonObject) object = json_object_new();
        g_autofree char *path = NULL;
        uint64_t id;
        int r;

        if (parse_u64(word, &id) < 0)
                return failure_set(failure, EXIT_STATUS_USAGE,
                                   "'%s' is no number of a job: virtbusctl jobs shows them", word);
        path = g_strdup_printf("%s/job/%" PRIu64, ctl->root, id);
        r = ctl_call(ctl, path, "Job", "Cancel", CALL_CHANGES, NULL, failure, NULL);
        if (r < 0)
                return r;
        ctl_say(ctl, "Job %" PRIu64 " is being cancelled\n", id);
        json_object_set_string_member(object, "path", path);
        if (ctl->json)
                ctl_print_json(ctl, json_node_init_object(json_node_alloc(), object));
        return 0;
}

const Command job_commands[] = {
        { "jobs", NULL, "List what the service works on", NULL, NULL, 0, 0, NULL, jobs_run },
        { "job-cancel", "JOB", "Cancel a job and take back what it did",
          "Who began a job may cancel it; others need the permission to change its domain.\n", NULL, 1, 1,
          "domain.write", cancel_run },
        {},
};
