/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/secret.h"

#include <string.h>
#include <sys/mman.h>

static void secret_free(Object *object)
{
        Secret *secret = (Secret *) object;

        secret_def_unref(secret->def);
        g_clear_pointer(&secret->value, g_bytes_unref);
        g_free(secret);
}

static void secret_describe(const Object *object, Details *details)
{
        secret_def_describe(((const Secret *) object)->def, details);
}

static const ObjectClass secret_class = {
        .type = OBJECT_SECRET,
        .free = secret_free,
        .describe = secret_describe,
};

/* Whole pages of its own: what is locked and left out of core dumps are pages, and nothing else shall be on them. */
typedef struct Locked {
        size_t size; /* of the mapping */
        char data[];
} Locked;

static void locked_free(gpointer p)
{
        Locked *locked = p;
        size_t size = locked->size;

        explicit_bzero(locked, size);
        (void) munmap(locked, size);
}

GBytes *secret_value_new(const void *data, size_t size)
{
        size_t page = (size_t) sysconf(_SC_PAGESIZE), all = (sizeof(Locked) + size + page - 1) / page * page;
        Locked *locked = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (locked == MAP_FAILED)
                g_error("cannot allocate %zu bytes for a secret", all);
        /* as far as the limits of this process allow */
        (void) mlock(locked, all);
        (void) madvise(locked, all, MADV_DONTDUMP);
        locked->size = all;
        if (size > 0)
                memcpy(locked->data, data, size);
        return g_bytes_new_with_free_func(locked->data, size, locked_free, locked);
}

static Secret *find_usage(const ObjectList *list, SecretUsage usage, const char *usage_id)
{
        for (size_t i = 0; usage != SECRET_USAGE_NONE && i < object_list_size(list); i++) {
                Secret *secret = object_list_get(list, i);

                if (secret->def->usage == usage && streq_ptr(secret->def->usage_id, usage_id))
                        return secret;
        }
        return NULL;
}

Secret *secret_list_find_usage(const ObjectList *list, SecretUsage usage, const char *usage_id)
{
        Secret *secret = find_usage(list, usage, usage_id);

        return secret && secret->object.published ? secret : NULL;
}

int secret_list_check(const ObjectList *list, const SecretDef *def, const Secret *secret, Error *error)
{
        const Secret *other;

        if (secret && !streq_ptr(secret->def->usage_id, def->usage_id))
                return error_set(error, ERROR_INTERNAL, "a secret with UUID %s is already defined for use with %s",
                                 secret->uuid, strempty(secret->def->usage_id));
        if (secret && secret->def->private == TRISTATE_YES && def->private != TRISTATE_YES)
                return error_set(error, ERROR_INTERNAL, "cannot change private flag on existing secret");
        other = find_usage(list, def->usage, def->usage_id);
        if (other && other != secret)
                return error_set(error, ERROR_INTERNAL, "a secret with UUID %s already defined for use with %s",
                                 other->uuid, strempty(def->usage_id));
        return 0;
}

int secret_list_add(ObjectList *list, const SecretDef *def, Secret **ret, Error *error)
{
        Secret *secret;
        int r = secret_list_check(list, def, NULL, error);

        if (r < 0)
                return r;
        if (object_list_find_any(list, def->uuid))
                return error_set(error, ERROR_RESOURCE_BUSY, "secret %s is being defined", def->uuid);
        secret = g_new0(Secret, 1);
        g_strlcpy(secret->uuid, def->uuid, sizeof(secret->uuid));
        secret->object = (Object) {
                .class = &secret_class,
                .type = OBJECT_SECRET,
                .n_ref = 1,
                .key = secret->uuid,
        };
        secret->def = secret_def_ref(def);
        (void) object_list_add(list, &secret->object);
        *ret = secret;
        return 0;
}

void secret_put_def(Secret *secret, const SecretDef *def)
{
        SecretDef *old = secret->def;

        g_assert(streq(def->uuid, secret->uuid));
        secret->def = secret_def_ref(def);
        secret_def_unref(old);
        object_changed(&secret->object, SECRET_CHANGED_CONFIG);
}

void secret_put_value(Secret *secret, GBytes *value)
{
        GBytes *old = secret->value;

        secret->value = g_bytes_ref(value);
        g_clear_pointer(&old, g_bytes_unref);
        object_changed(&secret->object, SECRET_CHANGED_VALUE);
        object_emit(&secret->object, SECRET_SIGNAL_VALUE_CHANGED, NULL);
}

void secret_emit_event(Secret *secret, SecretEvent event)
{
        object_emit(&secret->object, SECRET_SIGNAL_EVENT, &event);
}
