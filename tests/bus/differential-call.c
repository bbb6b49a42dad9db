/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/differential.h"

#include <inttypes.h>
#include <string.h>

#include "tests/bus/contract.h"
#include "tests/bus/harness.h"
#include "tests/bus/written.h"

/* ---- answers ------------------------------------------------------------------------------------------- */

static int compare_lines(const void *a, const void *b)
{
        return strcmp(*(char *const *) a, *(char *const *) b);
}

static void render(sd_bus_message *m, GString *out, bool values);

/* The items of a container, in an order of their own where the wire has none; without values each form once. */
static void render_items(sd_bus_message *m, GString *out, bool sorted, bool values)
{
        g_autoptr(GPtrArray) items = g_ptr_array_new_with_free_func(g_free);

        while (sd_bus_message_at_end(m, false) == 0) {
                GString *item = g_string_new(NULL);

                render(m, item, values);
                g_ptr_array_add(items, g_string_free(item, FALSE));
        }
        if (items->len > 0 && (sorted || !values))
                qsort(items->pdata, items->len, sizeof(gpointer), compare_lines);
        for (guint i = 0; i < items->len; i++)
                if (values || i == 0 || !streq(items->pdata[i], items->pdata[i - 1]))
                        g_string_append_printf(out, "%s ", (char *) items->pdata[i]);
}

static void render_basic(sd_bus_message *m, char type, GString *out, bool values)
{
        union {
                uint64_t number;
                const char *text;
                int32_t i;
                int b;
        } v = {};

        g_string_append_c(out, type);
        assert_true(sd_bus_message_read_basic(m, type, &v) > 0);
        if (!values || type == 'h')
                return;
        if (strchr("sog", type))
                g_string_append_printf(out, ":%s", v.text);
        else
                g_string_append_printf(out, ":%" PRIu64, v.number);
}

/* Appends the next value, with what is in it. */
static void render(sd_bus_message *m, GString *out, bool values)
{
        const char *contents;
        char type;

        assert_true(sd_bus_message_peek_type(m, &type, &contents) > 0);
        if (!strchr("arev", type)) {
                render_basic(m, type, out, values);
                return;
        }
        assert_true(sd_bus_message_enter_container(m, type, contents) > 0);
        g_string_append_printf(out, "%c<", type);
        /* lists of paths are in the order of the one hash table or the other */
        render_items(m, out, type == 'a' && (*contents == '{' || *contents == 'o'), values);
        g_string_append_c(out, '>');
        assert_true(sd_bus_message_exit_container(m) >= 0);
}

char *render_message(sd_bus_message *m, bool values)
{
        GString *out = g_string_new(NULL);

        assert_true(sd_bus_message_rewind(m, true) >= 0);
        g_string_append(out, strempty(sd_bus_message_get_signature(m, true)));
        while (sd_bus_message_at_end(m, true) == 0) {
                g_string_append_c(out, ' ');
                render(m, out, values);
        }
        return g_string_free(out, FALSE);
}

/* Interfaces of libvirt's and names of children, a line each. */
static char *render_introspection(sd_bus_message *m)
{
        g_autoptr(GPtrArray) members = NULL, lines = g_ptr_array_new_with_free_func(g_free);
        g_auto(GStrv) children = NULL;
        const char *xml;

        assert_true(sd_bus_message_read(m, "s", &xml) >= 0);
        members = contract_parse(xml);
        for (guint i = 0; i < members->len; i++) {
                const Member *member = members->pdata[i];

                if (!g_str_has_prefix(member->interface, "org.freedesktop."))
                        g_ptr_array_add(lines, member_describe(member));
        }
        children = contract_children(xml);
        for (char **child = children; *child; child++)
                /* GDBus's subtrees have whole paths there */
                g_ptr_array_add(lines, g_strdup_printf("node %s",
                                                       strrchr(*child, '/') ? strrchr(*child, '/') + 1 : *child));
        if (lines->len > 0)
                qsort(lines->pdata, lines->len, sizeof(gpointer), compare_lines);
        g_ptr_array_add(lines, NULL);
        return g_strjoinv("\n", (char **) lines->pdata);
}

/* The directory is "@", and the time at which a snapshot was made is left out. */
static char *without_what_varies(char *text, const char *directory)
{
        g_autoptr(GRegex) time = g_regex_new("<creationTime>[0-9]+</creationTime>", 0, 0, NULL);
        g_auto(GStrv) parts = g_strsplit(text, directory, -1);
        g_autofree char *joined = g_strjoinv("@", parts);

        g_free(text);
        return g_regex_replace_literal(time, joined, -1, 0, "<creationTime/>", 0, NULL);
}

void outcome_clear(Outcome *outcome)
{
        g_free(outcome->error);
        g_free(outcome->text);
        g_free(outcome->shape);
}

void case_run(const Case *c, sd_bus *bus, const char *directory, Outcome *ret)
{
        bool whole = c->path && (streq(c->path, "/") || g_str_has_prefix(c->path, "/org"));
        g_autofree char *path = whole ? g_strdup(c->path) : g_strconcat("/org/libvirt/Test", strempty(c->path), NULL);
        g_autofree char *interface = strchr(c->interface, '.') ? g_strdup(c->interface)
                                                                : g_strconcat("org.libvirt.", c->interface, NULL);
        _cleanup_message_ sd_bus_message *m = NULL, *reply = NULL;
        sd_bus_error error = SD_BUS_ERROR_NULL;

        assert_true(sd_bus_message_new_method_call(bus, &m, "org.libvirt", path, interface, c->member) >= 0);
        append_written(m, c->types, c->args, directory);
        if (sd_bus_call(bus, m, DEADLINE_USEC, &error, &reply) < 0) {
                *ret = (Outcome) {
                        .error = g_strdup(error.name),
                        .text = without_what_varies(g_strdup(error.message), directory),
                };
                sd_bus_error_free(&error);
                return;
        }
        ret->error = NULL;
        ret->shape = render_message(reply, false);
        if (c->varies)
                ret->text = g_strdup("");
        else if (streq(interface, INTROSPECTABLE)) {
                assert_true(sd_bus_message_rewind(reply, true) >= 0);
                ret->text = render_introspection(reply);
        } else
                ret->text = without_what_varies(render_message(reply, true), directory);
}
