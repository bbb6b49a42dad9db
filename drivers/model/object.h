/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/*
 * What every managed thing has in common: a kind, references, a place in the list of its kind, a busy slot, and
 * somebody who hears of changes. A new kind is a struct that begins with an Object, a constant ObjectClass, and a list
 * in its driver.
 */

#include "service/base/job.h"

typedef struct Driver Driver;
typedef struct Object Object;
typedef struct ObjectList ObjectList;

typedef enum ObjectType {
        OBJECT_CONNECT,
        OBJECT_DOMAIN,
        OBJECT_JOB,
        OBJECT_NETWORK,
        OBJECT_NETWORK_PORT,
        OBJECT_STORAGE_POOL,
        OBJECT_STORAGE_VOL,
        OBJECT_INTERFACE,
        OBJECT_NODE_DEVICE,
        OBJECT_NWFILTER,
        OBJECT_NWFILTER_BINDING,
        OBJECT_SECRET,
        OBJECT_DOMAIN_SNAPSHOT,
        OBJECT_DOMAIN_CHECKPOINT,
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

/* What polkit is told about an object: pairs of key and value, borrowed. The keys are libvirt's. */
typedef struct Details {
        struct {
                const char *key;
                const char *value;
        } pairs[8];
        size_t n;
} Details;

void details_add(Details *details, const char *key, const char *value);

/* What is the same for all objects of a kind. */
typedef struct ObjectClass {
        ObjectType type;
        /* The last reference is gone; the object is in no list and not busy. */
        void (*free)(Object *object);
        /* Adds what tells it from others of its kind: "domain_name", "domain_uuid". NULL: nothing does. */
        void (*describe)(const Object *object, Details *details);
        /*
         * What the libvirt face's path has in place of the key, or NULL where the object has none. Need not be unique:
         * the first in the order of keys is found. NULL: the key.
         */
        const char *(*libvirt_key)(const Object *object);
        /* Bits of the kind that say that its job began or ended; 0: nothing does. */
        uint64_t changed_job;
} ObjectClass;

/* First member of Domain, Driver, …: a pointer to those is a pointer to this. */
struct Object {
        const ObjectClass *class; /* NULL: a driver, which is not counted */
        ObjectType type;
        unsigned n_ref;
        Driver *driver;   /* the driver it belongs to; not owned */
        ObjectList *list; /* NULL: in none (any more) */
        /*
         * The kind's, as long as it lives: what the list is ordered by, and what else is unique in it, or NULL.
         * UUIDs in lower case with hyphens. Of things within others the key begins with that of the other: "UUID/name".
         */
        const char *key;
        const char *name;
        bool published; /* found by look-ups and seen on the bus */
        JobSlot slot;
        uint64_t changed; /* bits that the listener has not announced yet; the listener's own */
};

/* Accept NULL; return the object, and NULL. */
void *object_ref(void *object);
void *object_unref(void *object);

/* Nothing for an object that is in no list or not published. */
void object_changed(Object *object, uint64_t mask);
void object_emit(Object *object, unsigned which, const void *args);

/*
 * The objects of one kind in a driver, in the order of their keys (of bytes). An object that is being made occupies
 * its key and name before it is published; look-ups but object_list_find_any*() skip it.
 */
ObjectList *object_list_new(Driver *driver, const ObjectListener *listener, void *userdata);
/* Announces nothing. Objects that somebody still refers to stay valid, but belong to no driver any more. */
ObjectList *object_list_free(ObjectList *list);
DEFINE_TRIVIAL_CLEANUP(ObjectList *, object_list_free)

/* The list takes the caller's reference, and none when the key or the name is taken: -EEXIST. */
int object_list_add(ObjectList *list, Object *object);
/* Makes it visible: announced as added. Of an unpublished object nothing is announced. */
void object_publish(Object *object);
/*
 * Announced as removed, and forgotten: key and name are free again. Drops the list's reference, which may be the last.
 * Nothing when it was removed before.
 */
void object_remove(Object *object);
/* name, of the kind's, takes the place of object->name; the old one may be freed then. -EEXIST when it is taken. */
int object_rename(Object *object, const char *name);

/* Borrowed, NULL when there is none. */
void *object_list_find(const ObjectList *list, const char *key);
void *object_list_find_name(const ObjectList *list, const char *name);
void *object_list_find_any(const ObjectList *list, const char *key);
void *object_list_find_any_name(const ObjectList *list, const char *name);
/* The published one that the class calls so on the libvirt face. */
void *object_list_find_libvirt_key(const ObjectList *list, const char *key);

size_t object_list_size(const ObjectList *list);
/* Another one whenever an object has been published or removed since. */
uint64_t object_list_version(const ObjectList *list);
/*
 * The i-th, unpublished ones included (check published). For slices: the index of the first one behind a key (NULL or
 * "": the first of all) is object_list_position().
 */
void *object_list_get(const ObjectList *list, size_t i);
size_t object_list_position(const ObjectList *list, const char *after_key);
