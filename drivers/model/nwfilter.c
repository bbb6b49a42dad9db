/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "drivers/model/nwfilter.h"

static void nwfilter_free(Object *object)
{
        NWFilter *filter = (NWFilter *) object;

        nwfilter_def_unref(filter->def);
        g_free(filter->name);
        g_free(filter);
}

void nwfilter_describe_def(const NwfilterDef *def, Details *details)
{
        details_add(details, "nwfilter_name", def->name);
        if (def->uuid)
                details_add(details, "nwfilter_uuid", def->uuid);
}

static void nwfilter_describe(const Object *object, Details *details)
{
        nwfilter_describe_def(((const NWFilter *) object)->def, details);
}

static const ObjectClass nwfilter_class = {
        .type = OBJECT_NWFILTER,
        .free = nwfilter_free,
        .describe = nwfilter_describe,
};

/* A walk over references. Each filter is met once, so that loops end. */
typedef struct Search {
        const ObjectList *list;
        const char *wanted;     /* ends the walk; NULL: the first that is missing does */
        const NwfilterDef *def; /* stands for the filter of its name, which may not be in the list; or NULL */
        GHashTable *seen;
        const char *found;
} Search;

static void search_from(Search *search, const char *name);

static void search_refs(Search *search, const NwfilterDef *def)
{
        DEF_FOREACH(entry, def->entries) {
                if (entry->type == NWFILTER_ENTRY_REF)
                        search_from(search, entry->ref.filter);
                if (search->found)
                        return;
        }
}

static void search_from(Search *search, const char *name)
{
        const NWFilter *filter = object_list_find_any_name(search->list, name);

        if (search->wanted && streq(name, search->wanted))
                search->found = name;
        if (search->found || !g_hash_table_add(search->seen, (char *) (uintptr_t) name))
                return;
        if (search->def && streq(search->def->name, name))
                search_refs(search, search->def);
        else if (filter)
                search_refs(search, filter->def);
        else if (!search->wanted)
                search->found = name;
}

bool nwfilter_list_includes(const ObjectList *list, const char *name, const char *filter)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        Search search = { .list = list, .wanted = filter, .seen = seen };

        search_from(&search, name);
        return search.found;
}

const char *nwfilter_list_missing(const ObjectList *list, const char *name)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        Search search = { .list = list, .seen = seen };

        search_from(&search, name);
        return search.found;
}

static bool has_loop(const ObjectList *list, const NwfilterDef *def)
{
        g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
        Search search = { .list = list, .wanted = def->name, .def = def, .seen = seen };

        search_refs(&search, def);
        return search.found;
}

int nwfilter_list_resolve(const ObjectList *list, const NwfilterDef *def, NWFilter **ret, Error *error)
{
        NWFilter *same_uuid = def->uuid ? object_list_find_any(list, def->uuid) : NULL;
        NWFilter *same_name = object_list_find_any_name(list, def->name);

        if (same_uuid && !streq(same_uuid->name, def->name))
                return error_set(error, ERROR_OPERATION_FAILED,
                                 "filter with same UUID but different name ('%s') already exists", same_uuid->name);
        if (same_name && def->uuid && same_name != same_uuid)
                return error_set(error, ERROR_OPERATION_FAILED, "filter '%s' already exists with uuid %s",
                                 same_name->name, same_name->uuid);
        if (has_loop(list, def))
                return error_set(error, ERROR_OPERATION_FAILED, "filter would introduce a loop");
        *ret = same_uuid ?: same_name;
        return 0;
}

int nwfilter_list_add(ObjectList *list, const NwfilterDef *def, NWFilter **ret, Error *error)
{
        NWFilter *filter = NULL;
        int r = nwfilter_list_resolve(list, def, &filter, error);

        if (r < 0)
                return r;
        if (filter)
                return error_set(error, ERROR_OPERATION_FAILED, "filter '%s' already exists with uuid %s", filter->name,
                                 filter->uuid);
        filter = g_new0(NWFilter, 1);
        g_strlcpy(filter->uuid, def->uuid, sizeof(filter->uuid));
        filter->name = g_strdup(def->name);
        filter->def = nwfilter_def_ref(def);
        filter->object = (Object) {
                .class = &nwfilter_class,
                .type = OBJECT_NWFILTER,
                .n_ref = 1,
                .key = filter->uuid,
                .name = filter->name,
        };
        (void) object_list_add(list, &filter->object);
        *ret = filter;
        return 0;
}

void nwfilter_put_def(NWFilter *filter, const NwfilterDef *def)
{
        NwfilterDef *old = filter->def;

        filter->def = nwfilter_def_ref(def);
        nwfilter_def_unref(old);
        object_changed(&filter->object, NWFILTER_CHANGED_CONFIG);
}
