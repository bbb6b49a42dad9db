/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "service/tree.h"

#include <string.h>

/* Names are at most 200 bytes and grow threefold when they are escaped. */
#define ELEMENT_MAX 704

typedef struct Kind {
        ObjectType type;
        const char *name; /* of the collection, NULL for the driver itself */
        FaceMask faces;
        Permission getattr;
        /* Borrowed object, or NULL with the error set. */
        Object *(*find)(const Manager *manager, Driver *driver, const char *element, Error *error);
        /* Writes the last part of the path and its NUL; returns where that NUL is. */
        char *(*element)(const Object *object, char buffer[static ELEMENT_MAX]);
        void (*foreach)(const Manager *manager, Driver *driver, TreeVisitor visit, void *userdata);
} Kind;

/* "_6695eb01_f6a4_…" to "6695eb01-f6a4-…" */
static bool uuid_from_element(const char *element, char ret[static 37])
{
        if (element[0] != '_' || strlen(element) != 37)
                return false;
        for (size_t i = 0; i < 36; i++) {
                char c = element[i + 1];

                if (i == 8 || i == 13 || i == 18 || i == 23) {
                        if (c != '_')
                                return false;
                        ret[i] = '-';
                } else if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))
                        ret[i] = c;
                else if (c >= 'A' && c <= 'F')
                        ret[i] = (char) (c | 0x20);
                else
                        return false;
        }
        ret[36] = '\0';
        return true;
}

static Object *domain_find(const Manager *manager, Driver *driver, const char *element, Error *error)
{
        char uuid[37];
        Domain *domain;

        if (!uuid_from_element(element, uuid)) {
                (void) error_set(error, ERROR_INVALID_OBJECT_PATH, "Invalid UUID");
                return NULL;
        }
        domain = domain_list_find_uuid(driver->domains, uuid);
        if (!domain)
                (void) error_set(error, ERROR_NO_DOMAIN, "no domain with matching uuid '%s'", uuid);
        return (Object *) domain;
}

static char *domain_element(const Object *object, char buffer[static ELEMENT_MAX])
{
        const Domain *domain = (const Domain *) object;

        buffer[0] = '_';
        for (size_t i = 0; i < 36; i++)
                buffer[i + 1] = domain->uuid[i] == '-' ? '_' : domain->uuid[i];
        buffer[37] = '\0';
        return buffer + 37;
}

static void domain_foreach(const Manager *manager, Driver *driver, TreeVisitor visit, void *userdata)
{
        char element[ELEMENT_MAX];

        for (size_t i = 0; i < domain_list_size(driver->domains); i++) {
                Domain *domain = domain_list_get(driver->domains, i);

                if (!domain->object.published)
                        continue;
                (void) domain_element(&domain->object, element);
                visit(element, userdata);
        }
}

static Object *job_find(const Manager *manager, Driver *driver, const char *element, Error *error)
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

static char *job_element(const Object *object, char buffer[static ELEMENT_MAX])
{
        return buffer + g_snprintf(buffer, ELEMENT_MAX, "%" PRIu64, job_id(((const JobObject *) object)->job));
}

static void job_foreach(const Manager *manager, Driver *driver, TreeVisitor visit, void *userdata)
{
        GHashTableIter iter;
        gpointer value;
        char element[ELEMENT_MAX];

        g_hash_table_iter_init(&iter, manager->job_objects);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
                JobObject *object = value;

                if (object->object.driver != driver)
                        continue;
                (void) job_element(&object->object, element);
                visit(element, userdata);
        }
}

static const Kind kinds[_OBJECT_TYPE_MAX] = {
        [OBJECT_CONNECT] = { OBJECT_CONNECT, NULL, FACE_BOTH, PERMISSION_CONNECT_GETATTR, NULL, NULL, NULL },
        [OBJECT_DOMAIN] = { OBJECT_DOMAIN, "domain", FACE_BOTH, PERMISSION_DOMAIN_GETATTR, domain_find, domain_element,
                            domain_foreach },
        [OBJECT_JOB] = { OBJECT_JOB, "job", FACE_NATIVE, PERMISSION_CONNECT_GETATTR, job_find, job_element, job_foreach },
};

Permission tree_getattr(ObjectType kind)
{
        return kinds[kind].getattr;
}

const InterfaceInfo *tree_interface(ObjectType kind)
{
        for (size_t i = 0; i < contract_n_interfaces; i++)
                if (contract_interfaces[i]->type == kind)
                        return contract_interfaces[i];
        return NULL;
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

static const Kind *find_kind(const Face *face, const char *element, size_t length)
{
        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                if (kinds[i].name && (kinds[i].faces & face->mask) && strlen(kinds[i].name) == length &&
                    memcmp(kinds[i].name, element, length) == 0)
                        return kinds + i;
        return NULL;
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
        const Kind *kind;
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
        kind = find_kind(face, path, length);
        if (!kind)
                return;
        path += length;
        ret->kind = kind->type;
        if (!*path) {
                ret->type = NODE_COLLECTION;
                return;
        }
        length = next_element(&path);
        if (path[length] || length == 0)
                return;
        ret->type = NODE_OBJECT;
        ret->object = kind->find(manager, ret->driver, path, error);
}

void tree_path(const Face *face, const Object *object, char buffer[static TREE_PATH_MAX])
{
        const Kind *kind = kinds + object->type;
        char *p = buffer;

        /* lists of thousands are made here: no printf */
        p = stpcpy(p, face->path_prefix);
        *p++ = '/';
        p = stpcpy(p, object->driver->info->name);
        if (!kind->name)
                return;
        *p++ = '/';
        p = stpcpy(p, kind->name);
        *p++ = '/';
        (void) kind->element(object, p);
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
                for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                        if (kinds[i].name && (kinds[i].faces & face->mask))
                                visit(kinds[i].name, userdata);
                break;
        case NODE_COLLECTION:
                kinds[node->kind].foreach(manager, node->driver, visit, userdata);
                break;
        case NODE_NONE:
        case NODE_OBJECT:
                break;
        }
}
