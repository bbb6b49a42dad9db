/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/page.h"

#define PAGE_SIZE 2000u

static int append_fields(sd_bus_message *m, const char *const *fields)
{
        int r = sd_bus_message_open_container(m, 'e', "sv");

        if (r >= 0)
                r = sd_bus_message_append(m, "s", "fields");
        if (r >= 0)
                r = sd_bus_message_open_container(m, 'v', "as");
        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **) fields);
        if (r >= 0)
                r = sd_bus_message_close_container(m);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

static int append_options(sd_bus_message *m, const PageSource *source, const char *after)
{
        int r = sd_bus_message_open_container(m, 'a', "{sv}");

        if (r >= 0)
                r = sd_bus_message_append(m, "{sv}", "limit", "u", PAGE_SIZE);
        if (r >= 0 && !isempty(after))
                r = sd_bus_message_append(m, "{sv}", "after", "s", after);
        if (r >= 0)
                r = append_fields(m, source->fields);
        if (r >= 0 && source->append)
                r = source->append(m, source->userdata);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

/* Appends the objects of one page; *next is the cursor of the following one. */
static int read_page(sd_bus_message *reply, GPtrArray *objects, char **next)
{
        const char *path, *cursor;
        int r = sd_bus_message_enter_container(reply, 'a', "(oa{sv})");

        while (r >= 0 && (r = sd_bus_message_enter_container(reply, 'r', "oa{sv}")) > 0) {
                JsonObject *object = NULL;

                r = sd_bus_message_read(reply, "o", &path);
                if (r >= 0)
                        r = json_read_properties(reply, &object);
                if (r < 0)
                        return r;
                json_object_set_string_member(object, "object_path", path);
                g_ptr_array_add(objects, object);
                r = sd_bus_message_exit_container(reply);
        }
        if (r >= 0)
                r = sd_bus_message_exit_container(reply);
        if (r >= 0)
                r = sd_bus_message_read(reply, "s", &cursor);
        if (r < 0)
                return r;
        g_free(*next);
        *next = g_strdup(cursor);
        return 0;
}

int page_fetch_all(Ctl *ctl, const PageSource *source, GPtrArray *objects, Failure *failure)
{
        g_autofree char *after = NULL;
        int r;

        do {
                _cleanup_(sd_bus_message_unrefp) sd_bus_message *m = NULL, *reply = NULL;

                r = ctl_new_call(ctl, source->path, source->interface, source->member, &m, failure);
                if (r < 0)
                        return r;
                r = append_options(m, source, after);
                if (r < 0)
                        return failure_set(failure, EXIT_STATUS_FAILED, "cannot make a call: %s", g_strerror(-r));
                r = ctl_send(ctl, m, 0, &reply, failure);
                if (r < 0)
                        return r;
                r = read_page(reply, objects, &after);
                if (r < 0)
                        return ctl_bad_reply(ctl, failure, r);
        } while (!isempty(after));
        return 0;
}
