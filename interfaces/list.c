/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/list.h"

#include <string.h>

#include "interfaces/support.h"
#include "service/kind.h"

#define PAGE_DEFAULT 500u
#define PAGE_MAX 2000u

/* A way through the objects of a kind that goes on behind the last one it met, whoever has left meanwhile. */
typedef struct Walk {
        const ListInfo *info;
        const ObjectList *objects;
        char *after; /* the key of the last one that was met */
        char *within;
        Object *whole; /* referenced; NULL: all */
        uint32_t flags;
        bool read; /* more is told of an object than that it is there */
        /* of a page */
        int state; /* -1: any */
        char *name_prefix;
        char **fields;
        uint32_t limit;
        uint32_t n;
        bool more; /* stopped at the limit with objects left */
        /* of a visitor */
        ListVisit visit;
        void *data;
        GDestroyNotify destroy;
} Walk;

static void walk_free(void *data)
{
        Walk *walk = data;

        if (!walk)
                return;
        if (walk->destroy)
                walk->destroy(walk->data);
        g_free(walk->after);
        g_free(walk->within);
        object_unref(walk->whole);
        g_free(walk->name_prefix);
        g_strfreev(walk->fields);
        g_free(walk);
}

static void walk_freep(Walk **walk)
{
        walk_free(*walk);
}

static uint32_t known_flags(const ListInfo *info)
{
        uint32_t known = 0;

        for (size_t i = 0; i < info->n_groups; i++)
                known |= info->groups[i];
        return known;
}

/* NULL with the error set when the driver has no such objects. */
static Walk *walk_new(Call *call, const ListInfo *info, uint32_t flags, const char *within, Error *error)
{
        const ObjectList *objects = call_driver(call)->lists[info->type];
        Walk *walk;

        if (flags_check(flags, known_flags(info), error) < 0)
                return NULL;
        if (!objects) {
                (void) error_unsupported(error, info->function);
                return NULL;
        }
        walk = g_new0(Walk, 1);
        *walk = (Walk) {
                .info = info,
                .objects = objects,
                .after = g_strdup(within),
                .within = g_strdup(within),
                .flags = flags,
                .state = -1,
        };
        return walk;
}

/* What a person knows it by. */
static const char *name_of(const Object *object)
{
        return object->name ?: object->key + kinds[object->type].form->shown;
}

static bool is_part(const Walk *walk, const Object *object)
{
        return !walk->whole || walk->info->whole(object) == walk->whole;
}

static bool walk_matches(const Walk *walk, const Object *object)
{
        const ListInfo *info = walk->info;
        uint32_t facts = walk->flags && info->facts ? info->facts(object) : 0;

        for (size_t i = 0; walk->flags && i < info->n_groups; i++) {
                uint32_t wanted = walk->flags & info->groups[i];

                if (wanted && !(wanted & facts))
                        return false;
        }
        return (walk->state < 0 || walk->state == info->state(object)) &&
               (!walk->name_prefix || g_str_has_prefix(name_of(object), walk->name_prefix));
}

#define PREFETCH_AHEAD 8u

/* Objects lie scattered over the memory, and waiting for it is most of what a long list costs: fetch ahead. */
static void prefetch_object(const ObjectList *objects, size_t i)
{
        enum { CACHE_LINE = 64 };
        const char *object;

        if (i >= object_list_size(objects))
                return;
        object = object_list_get(objects, i);
        for (size_t line = 0; line < 4; line++)
                __builtin_prefetch(object + line * CACHE_LINE);
}

static int visit_one(Call *call, sd_bus_message *reply, Walk *walk, Object *object, Error *error)
{
        if (walk->limit > 0 && walk->n == walk->limit) {
                walk->more = true;
                return 0;
        }
        walk->n++;
        return walk->visit(call, reply, object, walk->data, error);
}

/* Of parts of a whole polkit is asked about those alone. */
static int walk_look(Call *call, const Walk *walk, size_t begin, size_t end, Error *error)
{
        if (!walk->whole)
                return call_look(call, walk->objects, begin, end, walk->read, error);
        for (size_t i = begin; i < end; i++) {
                const Object *object = object_list_get(walk->objects, i);

                if (object->published && is_part(walk, object))
                        call_look_at(call, object, walk->read);
        }
        return call_look_end(call, error);
}

/* Visits the next objects; returns 1 when there may be more, 0 behind the last one. */
static int walk_slice(Call *call, sd_bus_message *reply, Walk *walk, Error *error)
{
        size_t begin = object_list_position(walk->objects, walk->after), i = begin;
        size_t size = object_list_size(walk->objects), end = MIN(i + CALL_SLICE_OBJECTS, size);
        bool sighted = call_is_sighted(call);
        int r = walk_look(call, walk, begin, end, error);

        if (r != 1)
                return r;
        for (; r > 0 && i < end; i++) {
                Object *object = object_list_get(walk->objects, i);

                prefetch_object(walk->objects, i + PREFETCH_AHEAD);
                if (walk->within && !g_str_has_prefix(object->key, walk->within))
                        return 0;
                if (object->published && is_part(walk, object) && walk_matches(walk, object) &&
                    (!sighted || call_sees(call, object, walk->read)))
                        r = visit_one(call, reply, walk, object, error);
                if (walk->more)
                        break;
        }
        if (i > begin) {
                g_free(walk->after);
                walk->after = g_strdup(((Object *) object_list_get(walk->objects, i - 1))->key);
        }
        return r < 0 ? r : !walk->more && i < size;
}

static int next_slice(Call *call, sd_bus_message *reply, void *context, Error *error)
{
        int r = walk_slice(call, reply, context, error);

        return r == 0 ? sd_bus_message_close_container(reply) : r;
}

/* Begins a reply whose slices append to one array. Takes the context over. */
static int reply_array(Call *call, const char *contents, CallSlice next, void *context, GDestroyNotify destroy)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = call_reply_new(call, &reply);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', contents);
        if (r < 0) {
                destroy(context);
                return r;
        }
        return call_reply_slices(call, g_steal_pointer(&reply), next, context, destroy);
}

static int walk_reply(Call *call, Walk *walk, const char *contents, CallSlice next)
{
        return reply_array(call, contents, next, walk, walk_free);
}

int list_reply_visit(Call *call, const ListInfo *info, uint32_t flags, const char *contents, ListVisit visit,
                     void *data, GDestroyNotify destroy, Error *error)
{
        Walk *walk = walk_new(call, info, flags, NULL, error);

        if (!walk) {
                if (destroy)
                        destroy(data);
                return -EINVAL;
        }
        walk->read = true;
        walk->visit = visit;
        walk->data = data;
        walk->destroy = destroy;
        return walk_reply(call, walk, contents, next_slice);
}

static int visit_path(Call *call, sd_bus_message *reply, Object *object, void *data, Error *error)
{
        int r = call_paths_append(data, reply, object, error);

        return r < 0 ? r : 1;
}

static int reply_paths(Call *call, const ListInfo *info, uint32_t flags, const char *within, Object *whole,
                       Error *error)
{
        Walk *walk = walk_new(call, info, flags, within, error);

        if (!walk)
                return -EINVAL;
        walk->whole = object_ref(whole);
        walk->visit = visit_path;
        walk->data = call_paths_new(call, info->type);
        walk->destroy = g_free;
        return walk_reply(call, walk, "o", next_slice);
}

/* What is left of the paths of all objects. */
typedef struct Rest {
        GBytes *paths;
        size_t offset;
} Rest;

static void rest_free(void *data)
{
        Rest *rest = data;

        g_bytes_unref(rest->paths);
        g_free(rest);
}

static int next_paths(Call *call, sd_bus_message *reply, void *context, Error *error)
{
        Rest *rest = context;
        size_t size, begin = rest->offset, n = 0;
        const char *text = g_bytes_get_data(rest->paths, &size);
        size_t stride = size > 0 ? strlen(text) + 1 : 0;
        int r = 0;

        for (; r >= 0 && n < CALL_SLICE_OBJECTS && rest->offset < size; n++) {
                r = sd_bus_message_append_basic(reply, 'o', text + rest->offset);
                rest->offset += stride;
        }
        if (r >= 0)
                r = call_reply_grow(call, rest->offset - begin + n * CALL_PATH_OVERHEAD, error);
        if (r < 0)
                return r;
        return rest->offset < size ? 1 : sd_bus_message_close_container(reply);
}

/* Most ask for all, and see all: their reply needs no look at the objects. NULL: this one does. */
static Rest *all_paths(Call *call, const ListInfo *info, uint32_t flags, const char *within)
{
        GBytes *paths = NULL;
        Rest *rest;

        if (flags == 0 && !within && !call_is_sighted(call) && call_driver(call)->lists[info->type])
                paths = call_paths_of_kind(call, info->type);
        if (!paths)
                return NULL;
        rest = g_new0(Rest, 1);
        rest->paths = paths;
        return rest;
}

int list_reply_paths(Call *call, const ListInfo *info, uint32_t flags, const char *within, Error *error)
{
        Rest *rest = all_paths(call, info, flags, within);

        if (rest)
                return reply_array(call, "o", next_paths, rest, rest_free);
        return reply_paths(call, info, flags, within, NULL, error);
}

int list_reply_paths_of(Call *call, const ListInfo *info, uint32_t flags, Object *whole, Error *error)
{
        return reply_paths(call, info, flags, NULL, whole, error);
}

static int visit_properties(Call *call, sd_bus_message *reply, Object *object, void *data, Error *error)
{
        int r = call_reply_grow(call, call_object_size(object), error);

        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'r', "oa{sv}");
        if (r >= 0)
                r = call_append_path(call, reply, object);
        if (r >= 0)
                r = call_append_properties(call, reply, object, data, error);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : 1;
}

/* A page ends with where the next one begins. */
static int next_of_page(Call *call, sd_bus_message *reply, void *context, Error *error)
{
        Walk *walk = context;
        int r = walk_slice(call, reply, walk, error);

        if (r != 0)
                return r;
        r = sd_bus_message_close_container(reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, "s", walk->more ? walk->after : "");
        return r < 0 ? r : 0;
}

static int check_option_names(const ListInfo *info, const Params *options, Error *error)
{
        const char *known[9] = { "after", "fields", "flags", "limit", "name-prefix" };
        size_t n = 5;

        if (info->active)
                known[n++] = "active";
        if (info->state)
                known[n++] = "state";
        return params_check_names(options, known, error);
}

/* The end of the page before: a key, of the objects within. */
static int read_after(Walk *walk, const char *after, Error *error)
{
        char uuid[37];

        if (isempty(after))
                return 0;
        if (kinds[walk->info->type].form->uuid && uuid_normalize(after, uuid) >= 0)
                after = uuid;
        else if (kinds[walk->info->type].form->uuid || (walk->within && !g_str_has_prefix(after, walk->within)))
                return error_set(error, ERROR_INVALID_ARG, "option 'after' is not the end of a page: '%s'", after);
        g_free(walk->after);
        walk->after = g_strdup(after);
        return 0;
}

static int read_state(Walk *walk, const char *state, Error *error)
{
        if (!state)
                return 0;
        walk->state = walk->info->state_from_string(state);
        return walk->state >= 0 ? 0 : error_set(error, ERROR_INVALID_ARG, "there is no state '%s'", state);
}

static int read_options(Walk *walk, const Params *options, Error *error)
{
        const ListInfo *info = walk->info;
        const char *after = NULL, *state = NULL, *name_prefix = NULL;
        const char *const *fields = NULL;
        bool active = false;
        int r;

        walk->limit = PAGE_DEFAULT;
        if ((r = check_option_names(info, options, error)) < 0 ||
            (r = params_get_u32(options, "flags", &walk->flags, error)) < 0 ||
            (r = params_get_u32(options, "limit", &walk->limit, error)) < 0 ||
            (r = params_get_string(options, "after", &after, error)) < 0 ||
            (r = params_get_string(options, "state", &state, error)) < 0 ||
            (r = params_get_string(options, "name-prefix", &name_prefix, error)) < 0 ||
            (r = params_get_strv(options, "fields", &fields, error)) < 0 ||
            (r = params_get_bool(options, "active", &active, error)) < 0)
                return r;
        if (r > 0)
                walk->flags |= active ? info->active : info->inactive;
        if (walk->limit == 0 || walk->limit > PAGE_MAX)
                return error_set(error, ERROR_INVALID_ARG, "option 'limit' is not between 1 and %u", PAGE_MAX);
        walk->name_prefix = g_strdup(name_prefix);
        walk->fields = g_strdupv((char **) fields);
        if ((r = flags_check(walk->flags, known_flags(info), error)) < 0 || (r = read_after(walk, after, error)) < 0)
                return r;
        return read_state(walk, state, error);
}

static int reply_details(Call *call, const ListInfo *info, const Params *options, const char *within, Object *whole,
                         Error *error)
{
        _cleanup_(walk_freep) Walk *walk = walk_new(call, info, 0, within, error);
        int r;

        if (!walk)
                return -EINVAL;
        r = read_options(walk, options, error);
        if (r < 0)
                return r;
        walk->whole = object_ref(whole);
        walk->read = true;
        walk->visit = visit_properties;
        walk->data = walk->fields;
        return walk_reply(call, g_steal_pointer(&walk), "(oa{sv})", next_of_page);
}

int list_reply_details(Call *call, const ListInfo *info, const Params *options, const char *within, Error *error)
{
        return reply_details(call, info, options, within, NULL, error);
}

int list_reply_details_of(Call *call, const ListInfo *info, const Params *options, Object *whole, Error *error)
{
        return reply_details(call, info, options, NULL, whole, error);
}
