/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/virtbusctl/text.h"

#include <string.h>

char *text_printable(const char *s)
{
        g_autofree char *valid = g_utf8_make_valid(strempty(s), -1);
        GString *out = g_string_new(NULL);

        for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
                gunichar c = g_utf8_get_char(p);

                if (c == '\n' || c == '\t')
                        g_string_append_c(out, ' ');
                else if (g_unichar_isprint(c))
                        g_string_append_unichar(out, c);
                else
                        g_string_append_printf(out, "\\u%04x", (unsigned) c);
        }
        return g_string_free(out, FALSE);
}

size_t text_width(const char *s)
{
        size_t n = 0;

        for (; *s; s = g_utf8_next_char(s)) {
                gunichar c = g_utf8_get_char(s);

                if (!g_unichar_iszerowidth(c))
                        n += g_unichar_iswide(c) ? 2 : 1;
        }
        return n;
}

char *text_size_kib(uint64_t kib)
{
        static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB" };
        uint64_t unit = 1;
        size_t i = 0;

        while (i + 1 < ELEMENTSOF(units) && kib / unit >= 1024) {
                unit *= 1024;
                i++;
        }
        if (kib % unit == 0)
                return g_strdup_printf("%" PRIu64 " %s", kib / unit, units[i]);
        return g_strdup_printf("%.1f %s", (double) kib / (double) unit, units[i]);
}

char *text_duration(uint64_t usec)
{
        uint64_t s = usec / USEC_PER_SEC;

        if (s < 60)
                return g_strdup_printf("%" PRIu64 "s", s);
        if (s < 3600)
                return g_strdup_printf("%" PRIu64 "min %" PRIu64 "s", s / 60, s % 60);
        if (s < 86400)
                return g_strdup_printf("%" PRIu64 "h %" PRIu64 "min", s / 3600, s % 3600 / 60);
        return g_strdup_printf("%" PRIu64 "d %" PRIu64 "h", s / 86400, s % 86400 / 3600);
}

char *text_key(const char *property)
{
        GString *out = g_string_new(NULL);

        for (const char *p = property; *p; p++) {
                bool after_lower = p > property && !g_ascii_isupper(p[-1]) && p[-1] != '-';
                bool before_lower = p > property && g_ascii_islower(p[1]) && p[-1] != '-';

                if (g_ascii_isupper(*p) && (after_lower || before_lower))
                        g_string_append_c(out, '_');
                g_string_append_c(out, *p == '-' ? '_' : g_ascii_tolower(*p));
        }
        return g_string_free(out, FALSE);
}

char *text_label(const char *key)
{
        char *label = streq(key, "uuid") ? g_strdup("UUID") : g_strdelimit(g_strdup(key), "_", ' ');

        *label = g_ascii_toupper(*label);
        return label;
}

char *text_uuid(const char *s)
{
        g_autofree char *out = g_malloc(37);
        size_t n = 0;

        for (; *s; s++) {
                if (n == 8 || n == 13 || n == 18 || n == 23) {
                        out[n++] = '-';
                        if (*s == '-')
                                continue;
                }
                if (!g_ascii_isxdigit(*s) || n >= 36)
                        return NULL;
                out[n++] = g_ascii_tolower(*s);
        }
        if (n != 36)
                return NULL;
        out[n] = 0;
        return g_steal_pointer(&out);
}

char *text_uuid_from_path(const char *path)
{
        const char *last = strrchr(path, '/');
        g_autofree char *copy = NULL;

        if (!last || last[1] != '_')
                return NULL;
        copy = g_strdelimit(g_strdup(last + 2), "_", '-');
        return text_uuid(copy);
}
