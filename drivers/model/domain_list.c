/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_private.h"

#include "drivers/model/moment.h"

DomainList *domain_list_new(Driver *driver, const ObjectListener *listener, void *userdata)
{
        DomainList *list = g_new(DomainList, 1);

        *list = (DomainList) {
                .objects = object_list_new(driver, listener, userdata),
                .by_id = g_hash_table_new(NULL, NULL),
        };
        return list;
}

DomainList *domain_list_free(DomainList *list)
{
        if (!list)
                return NULL;
        for (size_t i = 0; i < object_list_size(list->objects); i++)
                ((Domain *) object_list_get(list->objects, i))->list = NULL;
        g_hash_table_unref(list->by_id);
        object_list_free(list->objects);
        g_free(list);
        return NULL;
}

ObjectList *domain_list_objects(const DomainList *list)
{
        return list->objects;
}

Domain *domain_list_find_any_uuid(DomainList *list, const char *uuid)
{
        return object_list_find_any(list->objects, uuid);
}

Domain *domain_list_find_any_name(DomainList *list, const char *name)
{
        return object_list_find_any_name(list->objects, name);
}

Domain *domain_list_find_uuid(DomainList *list, const char *uuid)
{
        return object_list_find(list->objects, uuid);
}

Domain *domain_list_find_name(DomainList *list, const char *name)
{
        return object_list_find_name(list->objects, name);
}

Domain *domain_list_find_id(DomainList *list, uint32_t id)
{
        Domain *domain = g_hash_table_lookup(list->by_id, GUINT_TO_POINTER(id));

        return domain && domain->object.published ? domain : NULL;
}

size_t domain_list_size(const DomainList *list)
{
        return object_list_size(list->objects);
}

Domain *domain_list_get(const DomainList *list, size_t i)
{
        return object_list_get(list->objects, i);
}

size_t domain_list_position(const DomainList *list, const char *after_uuid)
{
        return object_list_position(list->objects, after_uuid);
}

int domain_list_add(DomainList *list, const DomainDef *def, Domain **ret, Error *error)
{
        Domain *domain = domain_list_find_any_name(list, def->name);

        if (domain)
                return error_set(error, ERROR_DOM_EXIST, "domain '%s' already exists with uuid %s",
                                 domain->name, domain->uuid);
        domain = domain_list_find_any_uuid(list, def->uuid);
        if (domain)
                return error_set(error, ERROR_DOM_EXIST, "domain '%s' is already defined with uuid %s",
                                 domain->name, domain->uuid);

        domain = domain_new(def->name, def->uuid);
        domain->list = list;
        *ret = domain;
        return object_list_add(list->objects, &domain->object);
}

void domain_publish(Domain *domain)
{
        object_publish(&domain->object);
}

void domain_list_remove(Domain *domain)
{
        if (!domain->list)
                return;
        moment_delete_all(domain);
        domain_list_index_id(domain, 0);
        domain->list = NULL;
        object_remove(&domain->object);
}

void domain_list_index_id(Domain *domain, uint32_t id)
{
        GHashTable *by_id = domain->list ? domain->list->by_id : NULL;

        if (by_id && domain->id != 0)
                g_hash_table_remove(by_id, GUINT_TO_POINTER(domain->id));
        domain->id = id;
        if (by_id && id != 0)
                g_hash_table_insert(by_id, GUINT_TO_POINTER(id), domain);
}

void domain_assign_id(Domain *domain)
{
        domain_set_id(domain, domain->list->last_id + 1);
}

void domain_set_id(Domain *domain, uint32_t id)
{
        DomainList *list = domain->list;

        g_assert(id != 0 && !g_hash_table_contains(list->by_id, GUINT_TO_POINTER(id)));
        domain_list_index_id(domain, id);
        list->last_id = MAX(list->last_id, id);
}

int domain_set_name(Domain *domain, const char *name, Error *error)
{
        DomainList *list = domain->list;
        Domain *other = domain_list_find_any_name(list, name);
        g_autofree char *old = NULL;

        if (other)
                return error_set(error, ERROR_DOM_EXIST, "domain '%s' already exists with uuid %s",
                                 other->name, other->uuid);
        old = g_steal_pointer(&domain->name);
        domain->name = g_strdup(name);
        (void) object_rename(&domain->object, domain->name);
        domain_changed(domain, DOMAIN_CHANGED_NAME);
        return 0;
}
