/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/diagnostics.h"

#include <stdarg.h>

static void diagnostic_clear(Diagnostic *diagnostic)
{
        g_free(diagnostic->path);
        g_free(diagnostic->text);
        *diagnostic = (Diagnostic) {};
}

void diagnostics_clear(Diagnostics *diagnostics)
{
        for (unsigned i = 0; i < diagnostics->n; i++)
                diagnostic_clear(diagnostics->items + i);
        *diagnostics = DIAGNOSTICS_INIT;
}

static Diagnostic *diagnostics_slot(Diagnostics *diagnostics, DiagnosticLevel level)
{
        if (diagnostics->n < DIAGNOSTICS_MAX)
                return diagnostics->items + diagnostics->n++;
        diagnostics->n_dropped++;
        if (level != DIAGNOSTIC_ERROR)
                return NULL;
        for (unsigned i = DIAGNOSTICS_MAX; i > 0; i--)
                if (diagnostics->items[i - 1].level == DIAGNOSTIC_NOTE) {
                        diagnostic_clear(diagnostics->items + i - 1);
                        return diagnostics->items + i - 1;
                }
        return NULL;
}

void diagnostics_add(Diagnostics *diagnostics, DiagnosticLevel level, ErrorCode code, const char *path,
                     unsigned line, const char *format, ...)
{
        Diagnostic *d = diagnostics_slot(diagnostics, level);
        va_list ap;

        if (level == DIAGNOSTIC_ERROR)
                diagnostics->n_errors++;
        if (!d)
                return;
        d->level = level;
        d->code = code;
        d->path = g_strdup(path);
        d->line = line;
        va_start(ap, format);
        d->text = g_strdup_vprintf(format, ap);
        va_end(ap);
}

static const Diagnostic *diagnostics_first_error(const Diagnostics *diagnostics)
{
        for (unsigned i = 0; i < diagnostics->n; i++)
                if (diagnostics->items[i].level == DIAGNOSTIC_ERROR)
                        return diagnostics->items + i;
        return NULL;
}

static char *diagnostic_place(const Diagnostic *d)
{
        if (d->path && d->line > 0)
                return g_strdup_printf("%s, line %u", d->path, d->line);
        if (d->line > 0)
                return g_strdup_printf("line %u", d->line);
        return g_strdup(d->path);
}

int diagnostics_to_error(const Diagnostics *diagnostics, Error *error)
{
        const Diagnostic *first = diagnostics_first_error(diagnostics);
        g_autofree char *place = NULL;
        GString *text;
        int r;

        if (!first)
                return 0;
        place = diagnostic_place(first);
        text = g_string_new(first->text);
        if (place)
                g_string_append_printf(text, " (%s)", place);
        if (diagnostics->n_errors > 1)
                g_string_append_printf(text, " and %u more", diagnostics->n_errors - 1);
        r = error_set(error, first->code, "%s", text->str);
        g_string_free(text, TRUE);
        return r;
}

char *diagnostic_to_string(const Diagnostic *diagnostic)
{
        g_autofree char *place = diagnostic_place(diagnostic);

        return place ? g_strdup_printf("%s: %s", place, diagnostic->text) : g_strdup(diagnostic->text);
}
