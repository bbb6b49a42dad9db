/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/paths.h"

#include "service/tree.h"

/* What Bus.paths has of a list. */
typedef struct Paths {
        uint64_t version; /* of the list */
        GBytes *text;
} Paths;

static void paths_free(void *data)
{
        Paths *paths = data;

        g_bytes_unref(paths->text);
        g_free(paths);
}

static GBytes *write_paths(const Face *face, const Driver *driver, ObjectType type)
{
        const ObjectList *list = driver->lists[type];
        size_t size = object_list_size(list);
        GByteArray *text = g_byte_array_new();
        char path[TREE_PATH_MAX], *begin = tree_path_begin(face, driver, type, path);

        for (size_t i = 0; i < size; i++) {
                const Object *object = object_list_get(list, i);
                const char *end;

                if (!object->published)
                        continue;
                end = tree_path_end(face, object, begin);
                g_byte_array_append(text, (const uint8_t *) path, (unsigned) (end - path + 1));
        }
        return g_byte_array_free_to_bytes(text);
}

GBytes *paths_of_kind(Bus *bus, const Driver *driver, ObjectType type)
{
        const ObjectList *list = driver->lists[type];
        Paths *paths;

        if (!kinds[type].form->uuid)
                return NULL;
        if (!bus->paths)
                bus->paths = g_hash_table_new_full(NULL, NULL, NULL, paths_free);
        paths = g_hash_table_lookup(bus->paths, list);
        if (!paths || paths->version != object_list_version(list)) {
                paths = g_new(Paths, 1);
                paths->version = object_list_version(list);
                paths->text = write_paths(bus->face, driver, type);
                g_hash_table_insert(bus->paths, (ObjectList *) list, paths);
        }
        return g_bytes_ref(paths->text);
}
