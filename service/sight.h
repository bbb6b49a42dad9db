/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What a caller may see of single objects, where authorize-reads=object says that polkit is asked about each: questions
 * for many objects at a time, and the answers, which are kept until polkit's rules change or the caller leaves. An
 * answer is bound to the permission and the details of the object: one that was renamed is another.
 */

#include "drivers/driver.h"
#include "polkit/authority.h"
#include "polkit/permission.h"

typedef struct Manager Manager;
typedef struct Peer Peer;
typedef struct Sight Sight;

/* Somebody who waits for answers. Embedded; zero it, set done, and clear it with sight_wait_cancel(). */
typedef struct SightWait {
        GPtrArray *questions; /* those that are open */
        Error error;          /* polkit could not be asked */
        void (*done)(void *userdata); /* all are answered; called once, from the loop; cancels nothing */
        void *userdata;
} SightWait;

void sight_wait_cancel(SightWait *wait);

/* Whether objects are asked about one by one at all. */
bool sight_is_on(const Manager *manager);
/*
 * The object that a permission for this one is about: that of a job, else itself. NULL: a driver, which is no secret.
 */
const Object *sight_subject(const Object *object);

/* 1: he may see it. -EACCES: he may not. 0: not known, and asked about if wait is given. Never for the privileged. */
int sight_look(Peer *peer, const Object *object, Permission permission, SightWait *wait);
/* An answer that was asked for otherwise. */
void sight_remember(Peer *peer, const Object *object, Permission permission, bool allowed);

/* polkit's rules have changed. */
void sight_forget(Manager *manager);
/* The peer is gone: whoever waits for answers about it is told that there are no more. */
Sight *sight_free(Sight *sight);
