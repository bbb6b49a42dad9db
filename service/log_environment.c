/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/log_environment.h"

#include "service/base/util.h"

#include <string.h>

/* libvirt's levels, from 1, in our words. */
static const char *const levels[] = { NULL, "debug", "info", "warning", "err" };
static const char *const level_names[] = { NULL, "debug", "info", "warning", "error" };

/* The word for a level, as a digit or a name; NULL when it is neither. */
static const char *read_level(const char *text)
{
        for (size_t i = 1; i < ELEMENTSOF(levels); i++)
                if (streq(text, level_names[i]) || (text[0] == (char) ('0' + i) && !text[1]))
                        return levels[i];
        return NULL;
}

/* "1:qemu.monitor" as "qemu:debug": our categories are as coarse as the first part of libvirt's names. */
static void append_filter(GString *filters, const char *text)
{
        g_auto(GStrv) parts = g_strsplit(text, ":", 2);
        const char *level = g_strv_length(parts) == 2 ? read_level(parts[0]) : NULL;
        size_t length;

        if (!level)
                return;
        length = strcspn(parts[1], ".");
        if (length > 0 && length < 16)
                g_string_append_printf(filters, " %.*s:%s", (int) length, parts[1], level);
}

char *log_environment_filters(void)
{
        const char *debug = g_getenv("LIBVIRT_DEBUG"), *filters = g_getenv("LIBVIRT_LOG_FILTERS");
        const char *level = debug ? read_level(debug) : NULL;
        g_auto(GStrv) words = g_strsplit_set(strempty(filters), " \t", -1);
        GString *s = g_string_new(level ?: "info");

        for (char **word = words; *word; word++)
                append_filter(s, *word);
        return g_string_free(s, !level && streq(s->str, "info"));
}

const char *log_environment_target(void)
{
        static const char *const targets[][2] = {
                { "stderr", "stderr" },
                { "journald", "journal" },
                { "syslog", "journal" },
        };
        const char *outputs = g_getenv("LIBVIRT_LOG_OUTPUTS"), *target = outputs ? strchr(outputs, ':') : NULL;

        for (size_t i = 0; target && i < ELEMENTSOF(targets); i++)
                if (g_str_has_prefix(target + 1, targets[i][0]))
                        return targets[i][1];
        return NULL;
}
