/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tests/bus/written.h"

#include <stdlib.h>
#include <string.h>

#include "tests/bus/harness.h"

static void append_basic(sd_bus_message *m, char type, const char *text)
{
        union {
                uint64_t number;
                double real;
                int truth;
                uint8_t byte;
                int16_t n;
                int32_t i;
        } v = { .number = strtoull(text, NULL, 10) };
        int r;

        switch (type) {
        case 's':
        case 'o':
        case 'g':
                r = sd_bus_message_append_basic(m, type, text);
                break;
        case 'd':
                v.real = strtod(text, NULL);
                r = sd_bus_message_append_basic(m, type, &v);
                break;
        case 'b':
                v.truth = !streq(text, "0");
                r = sd_bus_message_append_basic(m, type, &v);
                break;
        default:
                /* of this byte order, of whatever width */
                r = sd_bus_message_append_basic(m, type, &v);
        }
        assert_true(r >= 0);
}

/* "type value" */
static void append_variant(sd_bus_message *m, const char *text)
{
        const char type[] = { *text, '\0' };

        assert_true(sd_bus_message_open_container(m, 'v', type) >= 0);
        append_basic(m, *text, text + 2);
        assert_true(sd_bus_message_close_container(m) >= 0);
}

/* "name type value" */
static void append_entry(sd_bus_message *m, const char *text)
{
        const char *rest = strchr(text, ' ');
        g_autofree char *name = NULL;

        assert_non_null(rest);
        name = g_strndup(text, (size_t) (rest - text));
        assert_true(sd_bus_message_open_container(m, 'e', "sv") >= 0);
        append_basic(m, 's', name);
        append_variant(m, rest + 1);
        assert_true(sd_bus_message_close_container(m) >= 0);
}

static void append_array(sd_bus_message *m, const char *element, const char *text)
{
        g_auto(GStrv) items = g_strsplit(text, strchr("s{", *element) ? "\n" : " ", -1);

        assert_true(sd_bus_message_open_container(m, 'a', element) >= 0);
        for (char **item = items; *item && *text; item++)
                if (*element == '{')
                        append_entry(m, *item);
                else
                        append_basic(m, *element, *item);
        assert_true(sd_bus_message_close_container(m) >= 0);
}

void append_written(sd_bus_message *m, const char *types, const char *const *args, const char *directory)
{
        const char *type = types;

        for (size_t i = 0; *type; i++) {
                g_auto(GStrv) parts = g_strsplit(args[i], "@/", -1);
                g_autofree char *own = g_strconcat(directory, "/", NULL), *arg = g_strjoinv(own, parts);

                if (g_str_has_prefix(type, "a{sv}")) {
                        append_array(m, "{sv}", arg);
                        type += strlen("a{sv}");
                } else if (*type == 'a') {
                        append_array(m, (const char[]) { type[1], '\0' }, arg);
                        type += 2;
                } else if (*type == 'v') {
                        append_variant(m, arg);
                        type++;
                } else
                        append_basic(m, *type++, arg);
        }
}
