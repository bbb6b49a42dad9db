/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * A client of QEMU's monitor protocol (docs/interop/qmp-spec of QEMU) on the event loop. QEMU is not
 * trusted: a guest may have taken it over. Everything it sends is bounded and checked before it is parsed,
 * every command has a deadline, and its end is reported once. Nothing blocks.
 */

#include "service/base/error.h"

#include <json-glib/json-glib.h>
#include <systemd/sd-event.h>

typedef struct Qmp Qmp;

#define QMP_TIMEOUT_DEFAULT (10 * USEC_PER_SEC)
#define QMP_TIMEOUT_NONE ((uint64_t) 0)

/* A zero takes the value in brackets. */
typedef struct QmpLimits {
        size_t line_max;    /* bytes of one message [10 MiB] */
        unsigned depth_max; /* of nested objects and arrays, at most 64 [64] */
        size_t pending_max; /* commands that have no reply yet [512] */
        size_t output_max;  /* bytes that wait to be written [4 MiB] */
        unsigned burst;     /* messages handled per wakeup, so that a flood starves nobody [64] */
        uint64_t greeting_usec; /* for the greeting and the negotiation [30 s] */
} QmpLimits;

typedef struct QmpHandlers {
        /* The greeting came and qmp_capabilities was accepted. */
        void (*ready)(Qmp *qmp, void *userdata);
        /* data is NULL when there is none; time is microseconds since 1970, 0 when QEMU does not know. */
        void (*event)(Qmp *qmp, const char *name, JsonObject *data, uint64_t time, void *userdata);
        /* A command missed its deadline (false); QEMU answered again, be it late (true). */
        void (*responsive)(Qmp *qmp, bool responsive, void *userdata);
        /*
         * The connection ended: end of file, I/O error, protocol violation or no greeting. Called once,
         * after all pending commands have failed; not after qmp_close(). error is always set and the
         * caller's for the call.
         */
        void (*closed)(Qmp *qmp, Error *error, void *userdata);
} QmpHandlers;

/*
 * The reply to a command, called exactly once for each, never from within qmp_execute(). result (the value
 * of "return") is borrowed for the call and NULL exactly when error is set:
 *   ERROR_OPERATION_TIMEOUT     the deadline passed; QEMU may still carry the command out
 *   ERROR_OPERATION_ABORTED     the connection was closed, by whichever side
 *   ERROR_LIMITS_EXCEEDED       too many commands are pending; not sent
 *   ERROR_DEVICE_MISSING, ERROR_OPERATION_UNSUPPORTED, ERROR_OPERATION_INVALID, ERROR_CONFIG_UNSUPPORTED
 *                               QEMU's DeviceNotFound, CommandNotFound, DeviceNotActive, KVMMissingCap
 *   ERROR_OPERATION_FAILED      any other refusal; the text is QEMU's
 * The owner may close or unref the monitor in any callback.
 */
typedef void (*QmpReply)(Qmp *qmp, JsonNode *result, Error *error, void *userdata);

/*
 * Takes the connected socket in any case. limits may be NULL; members of handlers may be. handlers must
 * outlive the connection. The first commands may be queued at once: they are sent after the negotiation.
 */
int qmp_new(sd_event *event, int fd, const QmpLimits *limits, const QmpHandlers *handlers, void *userdata,
            Qmp **ret, Error *error);

Qmp *qmp_ref(Qmp *qmp);
/*
 * The last one closes, and with that calls replies: the owner's pointer to it must be cleared before.
 * Accepts NULL, returns NULL.
 */
Qmp *qmp_unref(Qmp *qmp);
DEFINE_TRIVIAL_CLEANUP(Qmp *, qmp_unref)

/* Closes the socket and fails what is pending, in order; no handler is called any more. */
void qmp_close(Qmp *qmp);

bool qmp_is_ready(const Qmp *qmp);
bool qmp_is_closed(const Qmp *qmp);
bool qmp_is_responsive(const Qmp *qmp);
/* Commands without reply, those that timed out included. */
size_t qmp_n_pending(const Qmp *qmp);

/*
 * Sends a command. arguments, which may be NULL, is taken. Commands are pipelined; QEMU executes them in
 * order. timeout_usec counts from now. reply may be NULL. Returns the number of the command for
 * qmp_forget(); a failure to send arrives at the reply like any other.
 */
uint64_t qmp_execute(Qmp *qmp, const char *command, JsonObject *arguments, uint64_t timeout_usec,
                     QmpReply reply, void *userdata);

/* The same with a file descriptor for getfd or add-fd; takes fd in any case. */
uint64_t qmp_execute_fd(Qmp *qmp, const char *command, JsonObject *arguments, int fd, uint64_t timeout_usec,
                        QmpReply reply, void *userdata);

/* The reply of this command will not be called any more; the command itself goes its way. */
void qmp_forget(Qmp *qmp, uint64_t number);

/*
 * Builds an object from NULL-terminated groups "type:name", value, where the type is
 *   s const char * (a NULL leaves the member out)   b int, false or true   i int   I int64_t   u unsigned
 *   U uint64_t (at most INT64_MAX)   o JsonObject * (taken; NULL leaves out)   a JsonArray * (likewise)
 * as in qmp_object("s:id", "net0", "b:up", true, NULL). The result is the caller's.
 */
JsonObject *qmp_object(const char *first, ...) G_GNUC_NULL_TERMINATED;

/*
 * Typed look-ups in replies, whose shape is never trusted. A missing member gives NULL, 0 or false with r =
 * 0; a found one r = 1; one of another type -EBADMSG and *ret untouched. Strings and objects are borrowed.
 */
int qmp_get_string(JsonObject *object, const char *name, const char **ret);
int qmp_get_i64(JsonObject *object, const char *name, int64_t *ret);
int qmp_get_u64(JsonObject *object, const char *name, uint64_t *ret);
int qmp_get_bool(JsonObject *object, const char *name, bool *ret);
int qmp_get_object(JsonObject *object, const char *name, JsonObject **ret);
int qmp_get_array(JsonObject *object, const char *name, JsonArray **ret);
/* The node as object or array, NULL when it is something else or NULL. */
JsonObject *qmp_node_object(JsonNode *node);
JsonArray *qmp_node_array(JsonNode *node);
/* Element i as an object, NULL when it is something else. */
JsonObject *qmp_array_object(JsonArray *array, unsigned i);
