/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What was found while a definition was read and checked, all of it up to a bound, with the place in the
 * document.
 */

#include "service/base/error.h"

#define DIAGNOSTICS_MAX 32

typedef enum DiagnosticLevel {
        DIAGNOSTIC_NOTE,  /* something was left out or put right */
        DIAGNOSTIC_ERROR, /* the definition cannot be used */
} DiagnosticLevel;

typedef struct Diagnostic {
        DiagnosticLevel level;
        ErrorCode code; /* of an error */
        char *path;     /* "/domain/devices/disk[2]/target/@dev"; may be NULL */
        unsigned line;  /* from 1; 0: not known */
        char *text;
} Diagnostic;

typedef struct Diagnostics {
        Diagnostic items[DIAGNOSTICS_MAX];
        unsigned n;
        unsigned n_errors; /* those that did not fit included */
        unsigned n_dropped;
} Diagnostics;

#define DIAGNOSTICS_INIT ((Diagnostics) {})

void diagnostics_clear(Diagnostics *diagnostics);
#define _cleanup_diagnostics_ _cleanup_(diagnostics_clear)

/* path may be NULL. Errors take the place of notes when there is no room. */
void diagnostics_add(Diagnostics *diagnostics, DiagnosticLevel level, ErrorCode code, const char *path,
                     unsigned line, const char *format, ...) _printf_(6, 7);

/*
 * Turns the errors into one: the first with its place, and how many there are beside it. Returns 0 when
 * there is none, else the negative errno.
 */
int diagnostics_to_error(const Diagnostics *diagnostics, Error *error);

/* "/domain/devices/disk[2]/target/@dev, line 14: text". Free with g_free(). */
char *diagnostic_to_string(const Diagnostic *diagnostic);
