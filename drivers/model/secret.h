/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A secret as the daemon knows it: its definition, and its value, which goes into no log, signal or error. */

#include "drivers/model/secret_def.h"

/* virSecretEventLifecycleType */
typedef enum SecretEvent {
        SECRET_EVENT_DEFINED = 0,
        SECRET_EVENT_UNDEFINED = 1,
} SecretEvent;

/* Signals; the comment is the type that args points to. */
typedef enum SecretSignal {
        SECRET_SIGNAL_EVENT,         /* SecretEvent */
        SECRET_SIGNAL_VALUE_CHANGED, /* none */
} SecretSignal;

enum {
        SECRET_CHANGED_CONFIG = 1 << 0, /* what stands in the definition */
        SECRET_CHANGED_VALUE = 1 << 1,  /* whether it has a value */
};

typedef struct Secret {
        Object object; /* its key is the UUID */
        char uuid[37];
        SecretDef *def; /* the UUID in it is the object's */
        GBytes *value;  /* NULL: none was set */
} Secret;

/* Bytes of a value; libvirt's remote protocol has the same limit (REMOTE_SECRET_VALUE_MAX). */
#define SECRET_VALUE_MAX 65536u

/* A copy in memory that is not swapped or dumped, where the system allows, and wiped before it is freed. */
GBytes *secret_value_new(const void *data, size_t size);

/*
 * Occupies the UUID of the definition, which must have one. *ret is borrowed and has that definition. ERROR_INTERNAL,
 * as in libvirt, when UUID or usage is another secret's.
 */
int secret_list_add(ObjectList *list, const SecretDef *def, Secret **ret, Error *error);
/* May this be the definition of the secret with this UUID, or of a new one (NULL)? Errors as above. */
int secret_list_check(const ObjectList *list, const SecretDef *def, const Secret *secret, Error *error);
/* Borrowed, published; NULL when there is none. */
Secret *secret_list_find_usage(const ObjectList *list, SecretUsage usage, const char *usage_id);

/* They announce. */
void secret_put_def(Secret *secret, const SecretDef *def);
void secret_put_value(Secret *secret, GBytes *value);
void secret_emit_event(Secret *secret, SecretEvent event);
