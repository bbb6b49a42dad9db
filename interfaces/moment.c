/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/moment.h"

#define PATH_SIZE 512u

static unsigned depth(const DomainMoment *moment)
{
        unsigned n = 0;

        while ((moment = moment->parent))
                n++;
        return n;
}

static int compare_depth(const void *a, const void *b)
{
        unsigned x = depth(*(DomainMoment *const *) a), y = depth(*(DomainMoment *const *) b);

        return x < y ? -1 : x > y;
}

static bool is_within(const DomainMoment *moment, const DomainMoment *within, bool any)
{
        if (!within)
                return true;
        return any ? moment_descends_from(moment, within) : moment->parent == within;
}

static int append(Call *call, sd_bus_message *reply, const GPtrArray *found, Error *error)
{
        int r = sd_bus_message_open_container(reply, 'a', "o");

        for (unsigned i = 0; r >= 0 && i < found->len; i++) {
                r = call_reply_grow(call, PATH_SIZE, error);
                if (r >= 0)
                        r = call_append_path(call, reply, found->pdata[i]);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int moments_reply(Call *call, const Domain *domain, MomentKind kind, const DomainMoment *within, bool any,
                  bool (*matches)(const DomainMoment *moment, uint32_t flags), uint32_t flags, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        g_autoptr(GPtrArray) found = g_ptr_array_new();
        int r;

        for (unsigned i = 0; i < moment_count(domain, kind); i++) {
                DomainMoment *moment = moment_get(domain, kind, i);

                if (is_within(moment, within, any) && (!matches || matches(moment, flags)))
                        g_ptr_array_add(found, moment);
        }
        g_ptr_array_sort(found, compare_depth);
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = append(call, reply, found, error);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int moment_reply_parent(Call *call, const DomainMoment *moment, ErrorCode code, const char *what, Error *error)
{
        if (!moment->parent)
                return error_set(error, code, "%s '%s' does not have a parent", what, moment->name);
        return call_reply_object(call, &moment->parent->object);
}

const char *moment_make_name(Arena *arena, const char *name)
{
        return isempty(name) ? arena_printf(arena, "%" PRIi64, g_get_real_time() / (int64_t) USEC_PER_SEC) : name;
}

bool moment_fits_tree(const DomainMoment *moment, uint32_t flags, uint32_t roots, uint32_t leaves, uint32_t no_leaves)
{
        bool has_children = moment_has_children(moment);

        if ((flags & roots) && moment->parent)
                return false;
        if (!(flags & (leaves | no_leaves)))
                return true;
        return flags & (has_children ? no_leaves : leaves);
}

int moment_reply_made(Call *call, Job *job, Error *error)
{
        return call_reply_object(call, job_result_object(job));
}
