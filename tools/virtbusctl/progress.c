/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/progress.h"

#include "tools/virtbusctl/introspection.h"
#include "tools/virtbusctl/json.h"
#include "tools/virtbusctl/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

/* The service is asked for the job this often: announcements reach only some callers, questions all. */
#define POLL_USEC (250 * USEC_PER_MSEC)
#define BAR_WIDTH 20u
/* Jobs that are looked at when the call made its object only now. */
#define CANDIDATES_MAX 8u

typedef struct Progress {
        sd_bus *bus;
        const char *destination;
        const char *path; /* the object of the call */
        const char *root; /* NULL: nothing is shown */
        uint64_t started_usec;
        uint64_t next_usec;  /* when to ask again */
        sd_bus_slot *query;  /* a question under way */
        GPtrArray *candidates; /* char *: paths of jobs, the newest last */
        char *job;           /* the path of ours or of the one that ours waits for */
        JsonObject *facts;   /* what is known of it */
        bool drawn;
        sd_bus_message *reply;
} Progress;

static void append_bar(GString *out, uint64_t done, uint64_t total)
{
        size_t filled = (size_t) ((double) MIN(done, total) / (double) total * BAR_WIDTH);

        g_string_append(out, " [");
        for (size_t i = 0; i < BAR_WIDTH; i++)
                g_string_append_c(out, i < filled ? '#' : '-');
        g_string_append_printf(out, "] %3u%%",
                               (unsigned) ((double) MIN(done, total) / (double) total * 100));
}

char *progress_line(const JobProgress *progress, size_t columns)
{
        g_autofree char *kind = text_printable(progress->kind), *stage = text_printable(progress->stage);
        g_autofree char *elapsed = text_duration(progress->elapsed_usec);
        GString *out = g_string_new(progress->others ? "waiting for " : NULL);

        g_string_append(out, kind);
        if (progress->total > 0)
                append_bar(out, progress->done, progress->total);
        if (*stage)
                g_string_append_printf(out, " %s", stage);
        g_string_append_printf(out, " %s", elapsed);
        while (out->len > 0 && text_width(out->str) > columns)
                g_string_truncate(out, (gsize) (g_utf8_prev_char(out->str + out->len) - out->str));
        return g_string_free(out, FALSE);
}

static size_t terminal_columns(void)
{
        struct winsize size;

        return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) >= 0 && size.ws_col > 1 ? size.ws_col - 1u : 79;
}

static bool is_ours(Progress *p, JsonObject *facts)
{
        const char *us = NULL;

        return sd_bus_get_unique_name(p->bus, &us) >= 0 && streq(json_string(facts, "owner"), us);
}

static void draw(Progress *p)
{
        g_autofree char *line = NULL;
        JobProgress progress;

        if (!p->facts)
                return;
        progress = (JobProgress) {
                .kind = json_string(p->facts, "kind"),
                .stage = json_string(p->facts, "stage"),
                .done = (uint64_t) json_int(p->facts, "progress"),
                .total = (uint64_t) json_int(p->facts, "total"),
                .elapsed_usec = now_usec() - p->started_usec,
        };
        progress.others = !is_ours(p, p->facts);
        line = progress_line(&progress, terminal_columns());
        fprintf(stderr, "\r\033[K%s", line);
        p->drawn = true;
}

static int ask(Progress *p, const char *path, const char *interface, const char *member,
               const char *property, sd_bus_message_handler_t answered)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL;
        int r;

        r = sd_bus_message_new_method_call(p->bus, &m, p->destination, path,
                                           "org.freedesktop.DBus.Properties", member);
        if (r >= 0)
                r = sd_bus_message_append(m, "s", interface);
        if (r >= 0 && property)
                r = sd_bus_message_append(m, "s", property);
        if (r >= 0)
                r = sd_bus_call_async(p->bus, &p->query, m, answered, p, 0);
        return r;
}

static void forget_job(Progress *p)
{
        g_clear_pointer(&p->job, g_free);
        g_clear_pointer(&p->facts, json_object_unref);
}

static void ask_job(Progress *p);

static int on_job(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        g_autoptr(JsonObject) facts = NULL;
        Progress *p = userdata;

        p->query = sd_bus_slot_unref(p->query);
        if (sd_bus_message_is_method_error(m, NULL) || json_read_properties(m, &facts) < 0) {
                forget_job(p);
                return 0;
        }
        if (p->candidates->len > 0 && !is_ours(p, facts)) {
                forget_job(p);
                g_ptr_array_remove_index(p->candidates, p->candidates->len - 1);
                ask_job(p);
                return 0;
        }
        g_clear_pointer(&p->facts, json_object_unref);
        p->facts = g_steal_pointer(&facts);
        draw(p);
        return 0;
}

static void ask_job(Progress *p)
{
        if (!p->job && p->candidates->len > 0)
                p->job = g_strdup(p->candidates->pdata[p->candidates->len - 1]);
        if (p->job)
                (void) ask(p, p->job, "org.virtbus1.Job", "GetAll", NULL, on_job);
}

static int on_job_path(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Progress *p = userdata;
        const char *path;

        p->query = sd_bus_slot_unref(p->query);
        if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "v", "o", &path) < 0 ||
            streq(path, "/"))
                return 0;
        p->job = g_strdup(path);
        ask_job(p);
        return 0;
}

static int on_introspected(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        g_auto(GStrv) names = NULL;
        Progress *p = userdata;
        const char *xml;
        size_t n;

        p->query = sd_bus_slot_unref(p->query);
        if (sd_bus_message_is_method_error(m, NULL) || sd_bus_message_read(m, "s", &xml) < 0)
                return 0;
        names = introspection_children(xml);
        n = g_strv_length(names);
        g_ptr_array_set_size(p->candidates, 0);
        for (size_t i = n > CANDIDATES_MAX ? n - CANDIDATES_MAX : 0; i < n; i++)
                g_ptr_array_add(p->candidates, g_strdup_printf("%s/job/%s", p->root, names[i]));
        ask_job(p);
        return 0;
}

static void find_job(Progress *p)
{
        g_autofree char *path = g_strdup_printf("%s/job", p->root);

        if (p->job)
                ask_job(p);
        else if (g_str_has_prefix(p->path, p->root) && strstr(p->path, "/domain/"))
                (void) ask(p, p->path, "org.virtbus1.Domain", "Get", "Job", on_job_path);
        else
                (void) sd_bus_call_method_async(p->bus, &p->query, p->destination, path,
                                                "org.freedesktop.DBus.Introspectable", "Introspect",
                                                on_introspected, p, NULL);
}

static void tick(Progress *p)
{
        uint64_t now = now_usec();

        if (!p->root || now < p->next_usec)
                return;
        p->next_usec = now + POLL_USEC;
        if (!p->query)
                find_job(p);
        draw(p);
}

static int on_reply(sd_bus_message *m, void *userdata, sd_bus_error *error)
{
        Progress *p = userdata;

        p->reply = sd_bus_message_ref(m);
        return 0;
}

static int wait_for_reply(Progress *p)
{
        while (!p->reply) {
                int r = sd_bus_process(p->bus, NULL);

                if (r < 0)
                        return r;
                tick(p);
                /* A call that timed out is answered by sd-bus itself, and counts as nothing processed. */
                if (r > 0 || p->reply)
                        continue;
                r = sd_bus_wait(p->bus, p->root ? POLL_USEC : UINT64_MAX);
                if (r < 0 && r != -EINTR)
                        return r;
        }
        return 0;
}

static void progress_clear(Progress *p)
{
        if (p->drawn)
                fputs("\r\033[K", stderr);
        p->query = sd_bus_slot_unref(p->query);
        p->reply = sd_bus_message_unref(p->reply);
        forget_job(p);
        g_clear_pointer(&p->candidates, g_ptr_array_unref);
}

int progress_call(sd_bus *bus, sd_bus_message *m, uint64_t timeout_usec, const char *root,
                  sd_bus_error *error, sd_bus_message **ret)
{
        _cleanup_(progress_clear) Progress p = {
                .bus = bus,
                .destination = sd_bus_message_get_destination(m),
                .path = sd_bus_message_get_path(m),
                .root = root,
                .started_usec = now_usec(),
                .next_usec = now_usec() + POLL_USEC,
                .candidates = g_ptr_array_new_with_free_func(g_free),
        };
        _cleanup_(sd_bus_slot_unrefp) sd_bus_slot *slot = NULL;
        const sd_bus_error *e;
        int r;

        r = sd_bus_call_async(bus, &slot, m, on_reply, &p, timeout_usec);
        if (r >= 0)
                r = wait_for_reply(&p);
        if (r < 0)
                return r;
        e = sd_bus_message_get_error(p.reply);
        if (!e) {
                *ret = sd_bus_message_ref(p.reply);
                return 0;
        }
        /* sd-bus gives its own timeout the name that the bus gives to a service that went away. */
        if (streq(e->name, SD_BUS_ERROR_NO_REPLY) && timeout_usec != UINT64_MAX &&
            now_usec() - p.started_usec >= timeout_usec)
                return sd_bus_error_set(error, SD_BUS_ERROR_TIMEOUT, e->message);
        return sd_bus_error_copy(error, e);
}
