/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the service knows of each kind of object: one row each. */

#include "service/contract.h"
#include "service/face.h"

/* Names are at most 255 bytes and grow threefold when they are escaped; paths of volumes may be longer. */
#define KIND_KEY_MAX 4096u
#define KIND_ELEMENT_MAX (3u * KIND_KEY_MAX)

/* How a key is written as the last part of a path, and read. */
typedef struct KindForm {
        /* Writes the element and its NUL; returns where that NUL is. */
        char *(*write)(const char *key, char buffer[static KIND_ELEMENT_MAX]);
        /* -EINVAL: no key is written so. */
        int (*read)(const char *element, char ret[static KIND_KEY_MAX]);
        const char *malformed; /* what an element is called that cannot be read */
        bool uuid;             /* the keys are UUIDs alone */
        size_t shown;          /* where in the key that begins by which a person knows the object */
} KindForm;

typedef struct Kind {
        const char *name; /* of the collection; NULL: the driver itself */
        const KindForm *form; /* of the keys of Driver.lists; NULL: jobs, which are in no list */
        ObjectType within; /* what its key begins with; OBJECT_CONNECT: nothing */
        Permission getattr; /* who may know of such an object at all */
        Permission read;    /* who may see all that stands in its properties */
        Permission search;  /* who may list them */
        Permission change;  /* who may end a job of somebody else on it */
        /*
         * for a path that names none: the code, its text with the key, and libvirt's look-up for a driver without the
         * kind
         */
        ErrorCode missing;
        const char *missing_text;
        const char *missing_name_text; /* for a name; NULL: the same, since the key is the name */
        const char *lookup;
} Kind;

extern const Kind kinds[_OBJECT_TYPE_MAX];

/* Whether there are such objects on the face: the contract has an interface for them. */
bool kind_is_on_face(ObjectType type, const Face *face);

/* The interface of the objects of this kind, NULL: the contract has none. */
const InterfaceInfo *kind_interface(ObjectType type);

/* The object that the element names on the face, or NULL with the error set. Of a kind with a form. */
Object *kind_find(ObjectType type, const Driver *driver, const Face *face, const char *element, Error *error);
/* Writes the last part of the object's path and its NUL; returns where that NUL is. Of a kind with a form. */
char *kind_element(const Face *face, const Object *object, char buffer[static KIND_ELEMENT_MAX]);
