/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/domain_private.h"

#include <string.h>

static void release(gpointer domain)
{
        domain_unref(domain);
}

DomainList *domain_list_new(Driver *driver, const ObjectListener *listener, void *userdata)
{
        DomainList *list = g_new(DomainList, 1);

        *list = (DomainList) {
                .driver = driver,
                .listener = listener,
                .userdata = userdata,
                .sorted = g_ptr_array_new_with_free_func(release),
                .by_name = g_hash_table_new(g_str_hash, g_str_equal),
                .by_id = g_hash_table_new(NULL, NULL),
        };
        return list;
}

DomainList *domain_list_free(DomainList *list)
{
        if (!list)
                return NULL;
        for (size_t i = 0; i < list->sorted->len; i++) {
                Domain *domain = list->sorted->pdata[i];

                domain->list = NULL;
                domain->object.driver = NULL;
                domain->object.published = false;
        }
        g_hash_table_unref(list->by_id);
        g_hash_table_unref(list->by_name);
        g_ptr_array_unref(list->sorted);
        g_free(list);
        return NULL;
}

/* The index of the first domain whose UUID is not less than the given one. */
static size_t lower_bound(const DomainList *list, const char *uuid)
{
        size_t low = 0, high = list->sorted->len;

        while (low < high) {
                size_t middle = low + (high - low) / 2;
                const Domain *domain = list->sorted->pdata[middle];

                if (strcmp(domain->uuid, uuid) < 0)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static Domain *published(Domain *domain)
{
        return domain && domain->object.published ? domain : NULL;
}

Domain *domain_list_find_any_uuid(DomainList *list, const char *uuid)
{
        size_t i = lower_bound(list, uuid);
        Domain *domain = i < list->sorted->len ? list->sorted->pdata[i] : NULL;

        return domain && streq(domain->uuid, uuid) ? domain : NULL;
}

Domain *domain_list_find_any_name(DomainList *list, const char *name)
{
        return g_hash_table_lookup(list->by_name, name);
}

Domain *domain_list_find_uuid(DomainList *list, const char *uuid)
{
        return published(domain_list_find_any_uuid(list, uuid));
}

Domain *domain_list_find_name(DomainList *list, const char *name)
{
        return published(domain_list_find_any_name(list, name));
}

Domain *domain_list_find_id(DomainList *list, uint32_t id)
{
        return published(g_hash_table_lookup(list->by_id, GUINT_TO_POINTER(id)));
}

size_t domain_list_size(const DomainList *list)
{
        return list->sorted->len;
}

Domain *domain_list_get(const DomainList *list, size_t i)
{
        g_assert(i < list->sorted->len);
        return list->sorted->pdata[i];
}

size_t domain_list_position(const DomainList *list, const char *after_uuid)
{
        size_t i;

        if (isempty(after_uuid))
                return 0;
        i = lower_bound(list, after_uuid);
        if (i < list->sorted->len && streq(domain_list_get(list, i)->uuid, after_uuid))
                i++;
        return i;
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

        domain = domain_new(list, def->name, def->uuid);
        g_ptr_array_insert(list->sorted, (int) lower_bound(list, domain->uuid), domain);
        g_hash_table_insert(list->by_name, domain->name, domain);
        *ret = domain;
        return 0;
}

void domain_publish(Domain *domain)
{
        DomainList *list = domain->list;

        g_assert(list && !domain->object.published);
        domain->object.published = true;
        if (list->listener && list->listener->added)
                list->listener->added(&domain->object, list->userdata);
}

void domain_list_remove(Domain *domain)
{
        DomainList *list = domain->list;
        bool was_published = domain->object.published;
        size_t i;

        if (!list)
                return;
        i = lower_bound(list, domain->uuid);
        g_assert(domain_list_get(list, i) == domain);

        domain->object.published = false;
        domain_list_index_id(domain, 0);
        g_hash_table_remove(list->by_name, domain->name);
        domain->list = NULL;
        if (was_published && list->listener && list->listener->removed)
                list->listener->removed(&domain->object, list->userdata);
        g_ptr_array_remove_index(list->sorted, (unsigned) i);
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

        if (other)
                return error_set(error, ERROR_DOM_EXIST, "domain '%s' already exists with uuid %s",
                                 other->name, other->uuid);
        g_hash_table_remove(list->by_name, domain->name);
        g_free(domain->name);
        domain->name = g_strdup(name);
        g_hash_table_insert(list->by_name, domain->name, domain);
        domain_changed(domain, DOMAIN_CHANGED_NAME);
        return 0;
}
