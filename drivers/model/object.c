/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/object.h"

#include <string.h>

struct ObjectList {
        Driver *driver;
        const ObjectListener *listener; /* may be NULL */
        void *userdata;
        GPtrArray *sorted;   /* by key; holds a reference each */
        GHashTable *by_name; /* Object.name -> Object, of those that have one */
        uint64_t version;
};

void details_add(Details *details, const char *key, const char *value)
{
        g_assert(details->n < ELEMENTSOF(details->pairs));
        details->pairs[details->n].key = key;
        details->pairs[details->n].value = value;
        details->n++;
}

void *object_ref(void *p)
{
        Object *object = p;

        if (object && object->class)
                object->n_ref++;
        return object;
}

void *object_unref(void *p)
{
        Object *object = p;

        if (!object || !object->class || --object->n_ref > 0)
                return NULL;
        g_assert(!object->list && !object->slot.job);
        object->class->free(object);
        return NULL;
}

void object_changed(Object *object, uint64_t mask)
{
        const ObjectList *list = object->list;

        if (mask && list && object->published && list->listener && list->listener->changed)
                list->listener->changed(object, mask, list->userdata);
}

void object_emit(Object *object, unsigned which, const void *args)
{
        const ObjectList *list = object->list;

        if (list && object->published && list->listener && list->listener->signal)
                list->listener->signal(object, which, args, list->userdata);
}

static void release(gpointer object)
{
        object_unref(object);
}

ObjectList *object_list_new(Driver *driver, const ObjectListener *listener, void *userdata)
{
        ObjectList *list = g_new(ObjectList, 1);

        *list = (ObjectList) {
                .driver = driver,
                .listener = listener,
                .userdata = userdata,
                .sorted = g_ptr_array_new_with_free_func(release),
                .by_name = g_hash_table_new(g_str_hash, g_str_equal),
        };
        return list;
}

ObjectList *object_list_free(ObjectList *list)
{
        if (!list)
                return NULL;
        for (size_t i = 0; i < list->sorted->len; i++) {
                Object *object = list->sorted->pdata[i];

                object->list = NULL;
                object->driver = NULL;
                object->published = false;
        }
        g_hash_table_unref(list->by_name);
        g_ptr_array_unref(list->sorted);
        g_free(list);
        return NULL;
}

/* The index of the first object whose key is not less than the given one. */
static size_t lower_bound(const ObjectList *list, const char *key)
{
        size_t low = 0, high = list->sorted->len;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const Object *object = list->sorted->pdata[middle];

                if (strcmp(object->key, key) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static Object *published(Object *object)
{
        return object && object->published ? object : NULL;
}

void *object_list_find_any(const ObjectList *list, const char *key)
{
        size_t i = lower_bound(list, key);
        Object *object = i < list->sorted->len ? list->sorted->pdata[i] : NULL;

        return object && streq(object->key, key) ? object : NULL;
}

void *object_list_find_any_name(const ObjectList *list, const char *name)
{
        return g_hash_table_lookup(list->by_name, name);
}

void *object_list_find(const ObjectList *list, const char *key)
{
        return published(object_list_find_any(list, key));
}

void *object_list_find_name(const ObjectList *list, const char *name)
{
        return published(object_list_find_any_name(list, name));
}

void *object_list_find_libvirt_key(const ObjectList *list, const char *key)
{
        for (size_t i = 0; i < list->sorted->len; i++) {
                Object *object = list->sorted->pdata[i];

                if (object->published && object->class->libvirt_key &&
                    streq_ptr(object->class->libvirt_key(object), key))
                        return object;
        }
        return object_list_find(list, key);
}

size_t object_list_size(const ObjectList *list)
{
        return list->sorted->len;
}

uint64_t object_list_version(const ObjectList *list)
{
        return list->version;
}

void *object_list_get(const ObjectList *list, size_t i)
{
        g_assert(i < list->sorted->len);
        return list->sorted->pdata[i];
}

size_t object_list_position(const ObjectList *list, const char *after_key)
{
        const Object *object;
        size_t i;

        if (isempty(after_key))
                return 0;
        i = lower_bound(list, after_key);
        object = i < list->sorted->len ? list->sorted->pdata[i] : NULL;
        return object && streq(object->key, after_key) ? i + 1 : i;
}

int object_list_add(ObjectList *list, Object *object)
{
        g_assert(object->class && object->key && !object->list && !object->published);
        if (object_list_find_any(list, object->key) || (object->name && object_list_find_any_name(list, object->name)))
                return -EEXIST;
        object->list = list;
        object->driver = list->driver;
        g_ptr_array_insert(list->sorted, (int) lower_bound(list, object->key), object);
        if (object->name)
                g_hash_table_insert(list->by_name, (char *) object->name, object);
        return 0;
}

void object_publish(Object *object)
{
        ObjectList *list = object->list;

        g_assert(list && !object->published);
        object->published = true;
        list->version++;
        if (list->listener && list->listener->added)
                list->listener->added(object, list->userdata);
}

void object_remove(Object *object)
{
        ObjectList *list = object->list;
        bool was_published = object->published;
        size_t i;

        if (!list)
                return;
        i = lower_bound(list, object->key);
        g_assert(object_list_get(list, i) == object);

        object->published = false;
        if (object->name)
                g_hash_table_remove(list->by_name, object->name);
        object->list = NULL;
        list->version++;
        if (was_published && list->listener && list->listener->removed)
                list->listener->removed(object, list->userdata);
        g_ptr_array_remove_index(list->sorted, (unsigned) i);
}

int object_rename(Object *object, const char *name)
{
        ObjectList *list = object->list;
        const Object *other = list ? object_list_find_any_name(list, name) : NULL;

        if (other && other != object)
                return -EEXIST;
        if (list && object->name)
                g_hash_table_remove(list->by_name, object->name);
        object->name = name;
        if (list)
                g_hash_table_insert(list->by_name, (char *) name, object);
        return 0;
}
