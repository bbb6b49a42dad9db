/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a caller wants to be told of an object again and again, by signals that go to it alone. It ends when the caller
 * or the object leaves, and when the rules of polkit change, or it says that they may have: a last signal tells so, and
 * the caller asks anew, and may be refused.
 */

#include "service/call.h"

typedef struct Peer Peer;

/* Emits one signal; it reaches the caller alone. data 0: it is the last one, and has nothing of the object in it. */
typedef void (*WatchSend)(Manager *manager, Object *object, uint32_t data);

/*
 * Calls send every so many microseconds from now on. Takes the place of an earlier watch of the same caller with the
 * same object and function; 0 only ends that. data is not 0. ERROR_LIMITS_EXCEEDED when the caller has too many.
 */
int watch_set(Call *call, Object *object, uint64_t interval_usec, WatchSend send, uint32_t data, Error *error);

/*
 * The same without a clock: what there is to tell is an event, and goes out with watch_tell(). watch_set() of 0 ends
 * it.
 */
int watch_set_events(Call *call, Object *object, WatchSend send, Error *error);

/*
 * Calls emit once for each caller that watch_set_events() was called for, with this function; what it emits reaches
 * that one.
 */
typedef void (*WatchEmit)(Manager *manager, Object *object, const void *args);
void watch_tell(Manager *manager, Object *object, WatchSend send, WatchEmit emit, const void *args);

/* Ends those of a caller; of all of them. */
void watch_forget_peer(Peer *peer);
void watch_forget_all(Manager *manager);
