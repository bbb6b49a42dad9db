/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * One method call, property access or introspection on its way through the daemon: what a handler sees of the bus. A
 * handler answers with call_reply*() now, keeps a reference and answers later, hands the answer to a job, or returns
 * a negative errno with the error set. No handler asks on which face it serves.
 */

#include "drivers/driver.h"
#include "polkit/permission.h"
#include "service/contract.h"

typedef struct Manager Manager;

Call *call_ref(Call *call);
Call *call_unref(Call *call);
DEFINE_TRIVIAL_CLEANUP(Call *, call_unref)

/* The driver that the path names; NULL on the root. */
Driver *call_driver(const Call *call);
const JobOwner *call_owner(const Call *call);

/* What a handler keeps for its answer: freed with the call, gone when the call is parked and comes anew. */
void call_set_data(Call *call, void *data, GDestroyNotify destroy);
void *call_data(const Call *call);

/* Sends the reply with basic types, as sd_bus_message_append() takes them. NULL or "" types: an empty one. */
int call_reply(Call *call, const char *types, ...);
/* Replies with the object's path. */
int call_reply_object(Call *call, const Object *object);
/* For everything else: make, append, send. send takes the message over. */
int call_reply_new(Call *call, sd_bus_message **ret);
int call_reply_send(Call *call, sd_bus_message *reply);
/* For a handler that answers later. The error is copied. */
int call_fail(Call *call, const Error *error);

/* As the caller's face writes them: the path of an object ("o"); a dictionary ("a{sv}") of values. */
int call_append_path(const Call *call, sd_bus_message *m, const Object *object);
/* The paths of many objects of one kind, which begin alike: that part is written once. Free with g_free(). */
typedef struct CallPaths CallPaths;
CallPaths *call_paths_new(Call *call, ObjectType type);
/* Counts against CALL_REPLY_MAX. */
int call_paths_append(CallPaths *paths, sd_bus_message *m, const Object *object, Error *error);
/* See paths_of_kind(). */
GBytes *call_paths_of_kind(Call *call, ObjectType type);
int call_append_params(const Call *call, sd_bus_message *m, const Params *params);

/* For a property's getter, which has no call: the path as the face of the message's connection writes it; NULL: "/". */
int message_append_path(sd_bus_message *m, const Object *object);

/*
 * Appends the named native properties of the object as "a{sv}"; names NULL: all. Unknown names are ERROR_INVALID_ARG.
 * Values that cannot be had are left out.
 */
int call_append_properties(const Call *call, sd_bus_message *m, Object *object, const char *const *names,
                           Error *error);

/* The live object that a path of the caller's face names, or an error: for arguments of type "o". */
int call_resolve(Call *call, const char *path, ObjectType type, Object **ret, Error *error);

/*
 * Replies that grow with the number of objects are built a slice per turn of the loop: next() appends some and returns
 * 1, or 0 after the last, or a negative errno. The reply is taken over; context is destroyed at the end. A reply beyond
 * CALL_REPLY_MAX becomes ERROR_LIMITS_EXCEEDED that names the paged list.
 */
#define CALL_REPLY_MAX (24u * 1024 * 1024)
#define CALL_SLICE_OBJECTS 128u
typedef int (*CallSlice)(Call *call, sd_bus_message *reply, void *context, Error *error);
/*
 * Where polkit is asked about single objects, next() begins with call_look() at those that it is about to append, and
 * returns what that returns unless it is 1: CALL_SLICE_WAITS, polkit was asked, and next() is called anew; negative: it
 * cannot be asked. Then it leaves out what the caller does not see. read: all that stands in the properties, not only
 * that it is there.
 */
#define CALL_SLICE_WAITS 2
int call_look(Call *call, const ObjectList *list, size_t begin, size_t end, bool read, Error *error);
/* The same for objects that are in no list: each, then the end. */
void call_look_at(Call *call, const Object *object, bool read);
int call_look_end(Call *call, Error *error);
bool call_sees(const Call *call, const Object *object, bool read);
/* Whether there are objects that the caller may not see: else call_sees() need not be asked. */
bool call_is_sighted(const Call *call);
/*
 * sd-bus does not tell how large a message has grown: next() counts what it appends, rather too much than too little.
 */
int call_reply_grow(Call *call, size_t bytes, Error *error);
/* What a path takes beside itself: its length, its NUL and the padding. */
#define CALL_PATH_OVERHEAD 8u
/* The bytes that an object with all its properties takes at most. */
size_t call_object_size(const Object *object);
int call_reply_slices(Call *call, sd_bus_message *reply, CallSlice next, void *context, GDestroyNotify destroy);

/*
 * What polkit is told: connect_driver, and of an object what tells it from others of its kind. For a definition that is
 * no object yet, add that yourself (domain_describe_def()).
 */
void details_of_driver(Details *details, const Driver *driver);
void details_of_object(Details *details, const Object *object);

/*
 * Stage 2 of the gate: may the caller do this to what the details say? Returns 1: yes. 0: polkit was asked and the call
 * is parked; the handler returns 0 at once, having changed nothing, and is called anew. Negative: no, with the error.
 */
int call_require(Call *call, Permission permission, const Details *details, Error *error);

/*
 * Begins a job on the object, which becomes busy (NULL: none does). Returns 1 with the job; 0: the object is busy
 * and the call is parked until it is free, as with call_require(); negative: the caller has too many jobs, or the
 * object stayed busy for too long. preempt cancels the job in the way. The reference to the job is the caller's.
 */
typedef enum CallJobFlags {
        CALL_JOB_PREEMPT = 1 << 0,
        CALL_JOB_QUERY = 1 << 1, /* changes nothing: not shown as a job */
} CallJobFlags;
int call_job_begin(Call *call, const char *kind, Object *object, CallJobFlags flags, Job **ret, Error *error);
/* The kind of the job that CALL_JOB_PREEMPT has cancelled for this call, perhaps before it was parked; NULL: none. */
const char *call_job_cancelled(const Call *call);

/*
 * Begins a job that goes on beside those that make the object busy. The slot is its own and lives as long as the
 * object; NULL: nothing tells one from another. ERROR_RESOURCE_BUSY when there is one in the slot. Returns 1.
 */
int call_job_begin_aside(Call *call, const char *kind, Object *object, JobSlot *slot, Job **ret, Error *error);
/* Ends a handler whose job goes on by itself: answers at once, empty. The job counts for its caller's user. */
int call_job_leave(Call *call, Job *job, int r, Error *error);

/*
 * Ends a handler that has begun a job: r is what the driver's operation returned. Answers now when the job is done,
 * else when it completes: with reply(call, job), or empty when that is NULL. Returns what the handler returns. reply
 * may also begin another job and leave the answer to that.
 */
typedef int (*CallJobReply)(Call *call, Job *job, Error *error);
int call_job_end(Call *call, Job *job, int r, CallJobReply reply, Error *error);
/* Replies for the common results. */
int call_job_reply_text(Call *call, Job *job, Error *error);
int call_job_reply_fd(Call *call, Job *job, Error *error);
int call_job_reply_object(Call *call, Job *job, Error *error);
