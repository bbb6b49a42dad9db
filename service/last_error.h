/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The last error of each caller, in the form that libvirt's bindings have it in (virError). */

#include "service/call.h"

typedef struct Peer Peer;

/* virErrorLevel */
#define LAST_ERROR_LEVEL 2

typedef struct LastError {
        int32_t code;   /* virErrorNumber */
        int32_t domain; /* virErrorDomain */
        char *message;  /* its beginning, as the detail; 4 KiB at most */
        char *sentence; /* with "%s" for the detail */
        char *detail;   /* or "" */
} LastError;

/* Remembers the error that the call is answered with, and tells the caller of it if it has asked for that. */
void last_error_set(Call *call, const Error *error);
/* Borrowed; NULL: there was none. */
const LastError *last_error_get(const Call *call);
/* ErrorReported goes to the caller from now on. */
void last_error_subscribe(Call *call);

LastError *last_error_free(LastError *last);
