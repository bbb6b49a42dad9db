/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What can go wrong, as a caller of the bus sees it. The codes are libvirt's (enum virErrorNumber), since
 * clients know them; each row of the table in error.c adds the native D-Bus name, the sentence and the
 * errno. An error that only this process can cause is an assertion, not a row.
 */

#include "service/base/util.h"

#include <stdarg.h>

typedef enum ErrorCode {
        ERROR_OK = 0,
        ERROR_INTERNAL = 1, /* a bug of ours or a broken promise of a component, never a catch-all */
        ERROR_NO_MEMORY = 2,
        ERROR_NO_SUPPORT = 3,
        ERROR_INVALID_ARG = 8,
        ERROR_OPERATION_FAILED = 9,
        ERROR_XML_ERROR = 27,
        ERROR_DOM_EXIST = 28,
        ERROR_XML_DETAIL = 35,
        ERROR_SYSTEM_ERROR = 38,
        ERROR_NO_DOMAIN = 42,
        ERROR_NO_NETWORK = 43,
        ERROR_NO_STORAGE_POOL = 49,
        ERROR_NO_STORAGE_VOL = 50,
        ERROR_NO_NODE_DEVICE = 53,
        ERROR_OPERATION_INVALID = 55,
        ERROR_NO_INTERFACE = 57,
        ERROR_MULTIPLE_INTERFACES = 59,
        ERROR_NO_NWFILTER = 62,
        ERROR_INVALID_SECRET = 65,
        ERROR_NO_SECRET = 66,
        ERROR_CONFIG_UNSUPPORTED = 67,
        ERROR_OPERATION_TIMEOUT = 68,
        ERROR_NO_DOMAIN_SNAPSHOT = 72,
        ERROR_ARGUMENT_UNSUPPORTED = 74,
        ERROR_OPERATION_ABORTED = 78,
        ERROR_NO_DOMAIN_METADATA = 80,
        ERROR_SNAPSHOT_REVERT_RISKY = 81,
        ERROR_OVERFLOW = 82,
        ERROR_BLOCK_COPY_ACTIVE = 83,
        ERROR_OPERATION_UNSUPPORTED = 84,
        ERROR_AGENT_UNRESPONSIVE = 86,
        ERROR_RESOURCE_BUSY = 87,
        ERROR_ACCESS_DENIED = 88,
        ERROR_CPU_INCOMPATIBLE = 91,
        ERROR_XML_INVALID_SCHEMA = 92,
        ERROR_AUTH_UNAVAILABLE = 94,
        ERROR_DEVICE_MISSING = 99,
        ERROR_NO_NWFILTER_BINDING = 101,
        ERROR_NO_DOMAIN_CHECKPOINT = 103,
        ERROR_NO_NETWORK_PORT = 107,
        ERROR_NO_HOSTNAME = 108,
        ERROR_NO_DOMAIN_BACKUP = 109,
        ERROR_NO_NETWORK_METADATA = 111,

        /* ours, outside libvirt's range; on the libvirt face they travel as the code in the table */
        ERROR_LIMITS_EXCEEDED = 1001,
        ERROR_NO_JOB = 1002,
        ERROR_INVALID_OBJECT_PATH = 1003,
        ERROR_UNSUPPORTED_FLAGS = 1004,
        ERROR_INVALID_UUID = 1005,
} ErrorCode;

typedef struct ErrorInfo {
        ErrorCode code;
        ErrorCode libvirt_code;      /* what a client of libvirt sees instead of a code of ours */
        int error;                   /* positive errno that stands for it inside the process */
        const char *native_name;     /* last part of org.virtbus1.Error.* */
        const char *sentence;        /* libvirt's text without detail; NULL: the detail is the whole text */
} ErrorInfo;

typedef struct Error {
        ErrorCode code;
        char *detail; /* owned; NULL when the sentence says it all */
} Error;

#define ERROR_INIT ((Error) {})

/* Never NULL: an unknown code gets the row of ERROR_INTERNAL. */
const ErrorInfo *error_info(ErrorCode code);

/*
 * Sets the error, which must be unset, and returns the negative errno of its row, so that
 * "return error_set(error, ERROR_NO_DOMAIN, "no domain with matching name '%s'", name);" reads well.
 * A NULL error is allowed for callers that need the number alone. format may be NULL.
 */
int error_set(Error *error, ErrorCode code, const char *format, ...) _printf_(3, 4);
int error_setv(Error *error, ErrorCode code, const char *format, va_list ap) _printf_(3, 0);

/* ERROR_SYSTEM_ERROR with ": <strerror>" behind the text; r is a positive or negative errno. Returns -|r|. */
int error_set_errno(Error *error, int r, const char *format, ...) _printf_(3, 4);

/* Gives an unset error with a negative errno a code, for a call that could only return a number. */
void error_fill(Error *error, int r);

bool error_is_set(const Error *error);

/* "Domain not found: no domain with matching name 'x'": what a person reads. Free with g_free(). */
char *error_message(const Error *error);

/* "org.virtbus1.Error.NoDomain". Free with g_free(). */
char *error_native_name(const Error *error);

void error_clear(Error *error);
void error_copy(Error *to, const Error *from);
/* Moves from into to, which must be unset or NULL (then it is dropped). */
void error_move(Error *to, Error *from);

#define _cleanup_error_ _cleanup_(error_clear)
