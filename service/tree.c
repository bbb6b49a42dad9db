/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/tree.h"

#include <string.h>

static Object *job_find(const Manager *manager, const Driver *driver, const char *element, Error *error)
{
        uint64_t id;
        Job *job = NULL;
        JobObject *object = NULL;

        if (parse_u64(element, &id) >= 0)
                job = job_manager_find(manager->jobs, id);
        if (job)
                object = g_hash_table_lookup(manager->job_objects, job);
        if (object && object->object.driver == driver)
                return &object->object;
        (void) error_set(error, ERROR_NO_JOB, "no job with matching id '%s'", element);
        return NULL;
}

static char *job_element(const Object *object, char buffer[static KIND_ELEMENT_MAX])
{
        return buffer + g_snprintf(buffer, KIND_ELEMENT_MAX, "%" PRIu64, job_id(((const JobObject *) object)->job));
}

static void job_foreach(const Manager *manager, const Driver *driver, TreeVisitor visit, void *userdata)
{
        GHashTableIter iter;
        gpointer value;
        char element[KIND_ELEMENT_MAX];

        g_hash_table_iter_init(&iter, manager->job_objects);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                JobObject *object = value;

                if (object->object.driver != driver)
                        continue;
                (void) job_element(&object->object, element);
                visit(element, userdata);
        }
}

static void list_foreach(const ObjectList *list, const Face *face, TreeVisitor visit, void *userdata)
{
        char element[KIND_ELEMENT_MAX];

        for (size_t i = 0; i < object_list_size(list); i++) {
                const Object *object = object_list_get(list, i);

                if (!object->published)
                        continue;
                (void) kind_element(face, object, element);
                visit(element, userdata);
        }
}

/* The next element of the path: its length, or 0 at the end or where the path is malformed. */
static size_t next_element(const char **path)
{
        if (**path != '/')
                return 0;
        (*path)++;
        return strcspn(*path, "/");
}

static Driver *find_driver_element(const Manager *manager, const char *element, size_t length)
{
        for (size_t i = 0; i < manager->n_drivers; i++) {
                const char *name = manager->drivers[i]->info->name;

                if (strlen(name) == length && memcmp(name, element, length) == 0)
                        return manager->drivers[i];
        }
        return NULL;
}

/* OBJECT_CONNECT: no kind is called so on the face. */
static ObjectType find_kind(const Face *face, const char *element, size_t length)
{
        for (ObjectType type = 0; type < _OBJECT_TYPE_MAX; type++) {
                const char *name = kinds[type].name;

                if (name && strlen(name) == length && memcmp(name, element, length) == 0 &&
                    kind_is_on_face(type, face))
                        return type;
        }
        return OBJECT_CONNECT;
}

/* "/org/virtbus1" has the ancestors "/" and "/org". */
static bool is_ancestor(const Face *face, const char *path)
{
        size_t length = strlen(path);

        if (streq(path, "/") || streq(path, face->path_prefix))
                return true;
        return g_str_has_prefix(face->path_prefix, path) && face->path_prefix[length] == '/';
}

void tree_find(const Manager *manager, const Face *face, const char *path, Node *ret, Error *error)
{
        size_t prefix = strlen(face->path_prefix);
        ObjectType type;
        size_t length;

        *ret = (Node) {};
        if (strncmp(path, face->path_prefix, prefix) != 0 || path[prefix] != '/') {
                ret->type = is_ancestor(face, path) ? NODE_ANCESTOR : NODE_NONE;
                return;
        }
        path += prefix;
        length = next_element(&path);
        ret->driver = find_driver_element(manager, path, length);
        if (!ret->driver)
                return;
        path += length;
        ret->kind = OBJECT_CONNECT;
        if (!*path) {
                ret->type = NODE_DRIVER;
                ret->object = &ret->driver->object;
                return;
        }
        length = next_element(&path);
        type = find_kind(face, path, length);
        if (type == OBJECT_CONNECT)
                return;
        path += length;
        ret->kind = type;
        if (!*path) {
                ret->type = NODE_COLLECTION;
                return;
        }
        length = next_element(&path);
        if (path[length] || length == 0)
                return;
        ret->type = NODE_OBJECT;
        if (type == OBJECT_JOB)
                ret->object = job_find(manager, ret->driver, path, error);
        else
                ret->object = kind_find(type, ret->driver, face, path, error);
}

char *tree_path_begin(const Face *face, const Driver *driver, ObjectType type, char buffer[static TREE_PATH_MAX])
{
        const char *kind = kinds[type].name;
        char *p = stpcpy(buffer, face->path_prefix);

        *p++ = '/';
        p = stpcpy(p, driver->info->name);
        if (!kind)
                return p;
        *p++ = '/';
        p = stpcpy(p, kind);
        *p++ = '/';
        return p;
}

char *tree_path_end(const Face *face, const Object *object, char *end)
{
        if (object->type == OBJECT_CONNECT)
                return end;
        return object->type == OBJECT_JOB ? job_element(object, end) : kind_element(face, object, end);
}

void tree_path(const Face *face, const Object *object, char buffer[static TREE_PATH_MAX])
{
        (void) tree_path_end(face, object, tree_path_begin(face, object->driver, object->type, buffer));
}

void tree_children(const Manager *manager, const Face *face, const char *path, const Node *node, TreeVisitor visit,
                   void *userdata)
{
        switch (node->type) {
        case NODE_ANCESTOR:
                if (streq(path, face->path_prefix)) {
                        for (size_t i = 0; i < manager->n_drivers; i++)
                                visit(manager->drivers[i]->info->name, userdata);
                } else {
                        const char *rest = face->path_prefix + (streq(path, "/") ? 1 : strlen(path) + 1);
                        g_autofree char *element = g_strndup(rest, strcspn(rest, "/"));

                        visit(element, userdata);
                }
                break;
        case NODE_DRIVER:
                for (ObjectType type = 0; type < _OBJECT_TYPE_MAX; type++)
                        if (kinds[type].name && kind_is_on_face(type, face))
                                visit(kinds[type].name, userdata);
                break;
        case NODE_COLLECTION:
                if (node->kind == OBJECT_JOB)
                        job_foreach(manager, node->driver, visit, userdata);
                else if (node->driver->lists[node->kind])
                        list_foreach(node->driver->lists[node->kind], face, visit, userdata);
                break;
        case NODE_NONE:
        case NODE_OBJECT:
                break;
        }
}
