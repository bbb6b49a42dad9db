/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/cpuset.h"

#include <stdlib.h>
#include <string.h>

static const char *skip_blanks(const char *s)
{
        while (g_ascii_isspace(*s))
                s++;
        return s;
}

/* Reads "3", "0-2" or "^1" and applies it. */
static int apply_range(const char **text, uint8_t *map, size_t n)
{
        const char *s = *text;
        bool clear = *s == '^';
        uint64_t first, last;
        char *end;

        s += clear;
        if (!g_ascii_isdigit(*s))
                return -EINVAL;
        first = last = g_ascii_strtoull(s, &end, 10);
        if (*end == '-' && !clear) {
                if (!g_ascii_isdigit(end[1]))
                        return -EINVAL;
                last = g_ascii_strtoull(end + 1, &end, 10);
        }
        if (first > last)
                return -EINVAL;
        for (uint64_t i = first; i <= last && i < n; i++)
                map[i] = !clear;
        *text = end;
        return 0;
}

int cpuset_to_map(const char *text, uint8_t *map, size_t n)
{
        memset(map, 0, n);
        for (;;) {
                text = skip_blanks(text);
                if (apply_range(&text, map, n) < 0)
                        return -EINVAL;
                text = skip_blanks(text);
                if (!*text)
                        return 0;
                if (*text++ != ',')
                        return -EINVAL;
        }
}

char *cpuset_from_map(const uint8_t *map, size_t n)
{
        g_autoptr(GString) s = g_string_new(NULL);

        for (size_t i = 0; i < n; i++) {
                size_t first = i;

                if (!map[i])
                        continue;
                while (i + 1 < n && map[i + 1])
                        i++;
                g_string_append_printf(s, "%s%zu", s->len > 0 ? "," : "", first);
                if (i > first)
                        g_string_append_printf(s, "-%zu", i);
        }
        return s->len > 0 ? g_strdup(s->str) : NULL;
}

bool cpuset_any(const char *set, bool (*check)(uint32_t n, void *userdata), void *userdata)
{
        while (set && *set) {
                char *end;
                uint32_t first = (uint32_t) strtoul(set, &end, 10), last = first;

                if (*end == '-')
                        last = (uint32_t) strtoul(end + 1, &end, 10);
                for (uint32_t i = first; i <= last; i++)
                        if (check(i, userdata))
                                return true;
                set = *end == ',' ? end + 1 : end;
        }
        return false;
}

bool cpuset_add(uint32_t n, void *table)
{
        return !g_hash_table_add(table, GUINT_TO_POINTER(n + 1));
}
