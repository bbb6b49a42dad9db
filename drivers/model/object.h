/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What every managed thing has in common: a kind, references, a busy slot, and somebody who hears of changes. */

#include "service/base/job.h"

typedef struct Driver Driver;
typedef struct Object Object;

typedef enum ObjectType {
        OBJECT_CONNECT,
        OBJECT_DOMAIN,
        OBJECT_JOB,
        _OBJECT_TYPE_MAX,
} ObjectType;

/* Implemented by the service; functions may be called at any time on the loop. */
typedef struct ObjectListener {
        void (*added)(Object *object, void *userdata);
        void (*removed)(Object *object, void *userdata);
        /* mask has the bits of the kind: DOMAIN_CHANGED_*. Several calls in one turn become one signal. */
        void (*changed)(Object *object, uint64_t mask, void *userdata);
        /* A signal of the object beside its state: which is of the kind's signal enum (DomainSignal). */
        void (*signal)(Object *object, unsigned which, const void *args, void *userdata);
} ObjectListener;

/* First member of Domain, Driver, …: a pointer to those is a pointer to this. */
struct Object {
        ObjectType type;
        unsigned n_ref;
        Driver *driver;  /* the driver it belongs to; not owned */
        bool published;  /* found by look-ups and seen on the bus */
        JobSlot slot;
        uint64_t changed; /* bits that the listener has not announced yet; the listener's own */
};
