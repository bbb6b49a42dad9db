/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lists of domains, built a slice per turn of the loop; who comes or goes does not disturb the rest. */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/support.h"
#include "service/call.h"

/* virConnectListAllDomainsFlags */
enum {
        LIST_ACTIVE = 1 << 0,
        LIST_INACTIVE = 1 << 1,
        LIST_PERSISTENT = 1 << 2,
        LIST_TRANSIENT = 1 << 3,
        LIST_RUNNING = 1 << 4,
        LIST_PAUSED = 1 << 5,
        LIST_SHUTOFF = 1 << 6,
        LIST_OTHER = 1 << 7,
        LIST_MANAGEDSAVE = 1 << 8,
        LIST_NO_MANAGEDSAVE = 1 << 9,
        LIST_AUTOSTART = 1 << 10,
        LIST_NO_AUTOSTART = 1 << 11,
        LIST_HAS_SNAPSHOT = 1 << 12,
        LIST_NO_SNAPSHOT = 1 << 13,
        LIST_HAS_CHECKPOINT = 1 << 14,
        LIST_NO_CHECKPOINT = 1 << 15,
};

/* Flags of one group add up, groups narrow each other down; a group without any flag does not count. */
static const uint32_t list_groups[] = {
        LIST_ACTIVE | LIST_INACTIVE,
        LIST_PERSISTENT | LIST_TRANSIENT,
        LIST_RUNNING | LIST_PAUSED | LIST_SHUTOFF | LIST_OTHER,
        LIST_MANAGEDSAVE | LIST_NO_MANAGEDSAVE,
        LIST_AUTOSTART | LIST_NO_AUTOSTART,
        LIST_HAS_SNAPSHOT | LIST_NO_SNAPSHOT,
        LIST_HAS_CHECKPOINT | LIST_NO_CHECKPOINT,
};

#define LIST_ALL 0xffffu
/* What virConnectGetAllDomainStats() takes of them. */
#define LIST_STATS 0xffu

#define PAGE_DEFAULT 500u
#define PAGE_MAX 2000u

/* A way through the domains of a driver that goes on behind the last one it met, whoever has left meanwhile. */
typedef struct Walk {
        DomainList *domains;
        char after[37];
        uint32_t list_flags;
        /* ListDomainsDetailed */
        int state;  /* -1: any */
        int active; /* -1: any */
        char *name_prefix;
        char **fields;
        uint32_t limit;
        uint32_t n;
        bool more; /* stopped at the limit with domains left */
        /* GetAllDomainStats */
        uint32_t stats;
        Params params;
} Walk;

static Walk *walk_new(Driver *driver, uint32_t list_flags)
{
        Walk *walk = g_new0(Walk, 1);

        walk->domains = driver->domains;
        walk->list_flags = list_flags;
        walk->state = -1;
        walk->active = -1;
        return walk;
}

static void walk_free(Walk *walk)
{
        if (!walk)
                return;
        g_free(walk->name_prefix);
        g_strfreev(walk->fields);
        params_clear(&walk->params);
        g_free(walk);
}
DEFINE_TRIVIAL_CLEANUP(Walk *, walk_free)

static uint32_t domain_facts(const Domain *domain)
{
        uint32_t facts = LIST_NO_MANAGEDSAVE | LIST_NO_SNAPSHOT | LIST_NO_CHECKPOINT;

        facts |= domain_is_active(domain) ? LIST_ACTIVE : LIST_INACTIVE;
        facts |= domain->persistent ? LIST_PERSISTENT : LIST_TRANSIENT;
        facts |= domain->autostart ? LIST_AUTOSTART : LIST_NO_AUTOSTART;
        switch (domain->state) {
        case DOMAIN_RUNNING:
                return facts | LIST_RUNNING;
        case DOMAIN_PAUSED:
                return facts | LIST_PAUSED;
        case DOMAIN_SHUTOFF:
                return facts | LIST_SHUTOFF;
        case DOMAIN_NOSTATE:
        case DOMAIN_BLOCKED:
        case DOMAIN_SHUTDOWN:
        case DOMAIN_CRASHED:
        case DOMAIN_PMSUSPENDED:
        case _DOMAIN_STATE_MAX:
                break;
        }
        return facts | LIST_OTHER;
}

static bool walk_matches(const Walk *walk, const Domain *domain)
{
        uint32_t facts = domain_facts(domain);

        for (size_t i = 0; i < ELEMENTSOF(list_groups); i++)
                if ((walk->list_flags & list_groups[i]) && !(walk->list_flags & list_groups[i] & facts))
                        return false;
        return (walk->state < 0 || walk->state == (int) domain->state) &&
               (walk->active < 0 || walk->active == domain_is_active(domain)) &&
               (!walk->name_prefix || g_str_has_prefix(domain->name, walk->name_prefix));
}

#define PREFETCH_AHEAD 8u

/* What a slice does with a domain that matches. */
typedef int (*WalkVisit)(Call *call, sd_bus_message *reply, Walk *walk, Domain *domain, Error *error);

/* Domains lie scattered over the memory, and waiting for it is most of what a long list costs: fetch ahead. */
static void prefetch_domain(const DomainList *domains, size_t i)
{
        enum { CACHE_LINE = 64 };
        const char *domain;

        if (i >= domain_list_size(domains))
                return;
        domain = (const char *) domain_list_get(domains, i);
        __builtin_prefetch(domain);
        __builtin_prefetch(domain + CACHE_LINE);
}

/* Visits the next domains; returns 1 when there may be more, 0 behind the last one. */
static int walk_slice(Call *call, sd_bus_message *reply, Walk *walk, WalkVisit visit, Error *error)
{
        size_t i = domain_list_position(walk->domains, walk->after);
        size_t end = MIN(i + CALL_SLICE_OBJECTS, domain_list_size(walk->domains));
        int r;

        for (; i < end; i++) {
                Domain *domain = domain_list_get(walk->domains, i);

                prefetch_domain(walk->domains, i + PREFETCH_AHEAD);
                if (domain->object.published && walk_matches(walk, domain)) {
                        r = visit(call, reply, walk, domain, error);
                        if (r <= 0)
                                return r;
                }
                memcpy(walk->after, domain->uuid, sizeof(walk->after));
        }
        return i < domain_list_size(walk->domains);
}

/* Begins a reply whose slices append to one array. Takes the walk over. */
static int walk_reply(Call *call, Walk *walk, const char *contents, CallSlice next)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(walk_freep) Walk *own = walk;
        int r;

        r = call_reply_new(call, &reply);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'a', contents);
        if (r < 0)
                return r;
        return call_reply_slices(call, g_steal_pointer(&reply), next, g_steal_pointer(&own),
                                 (GDestroyNotify) walk_free);
}

/* The path of a domain with what D-Bus puts around it. */
#define PATH_SIZE 96u

static int visit_path(Call *call, sd_bus_message *reply, Walk *walk, Domain *domain, Error *error)
{
        int r;

        r = call_reply_grow(call, PATH_SIZE, error);
        if (r < 0)
                return r;
        r = call_append_path(call, reply, &domain->object);
        return r < 0 ? r : 1;
}

static int next_paths(Call *call, sd_bus_message *reply, void *context, Error *error)
{
        int r = walk_slice(call, reply, context, visit_path, error);

        return r == 0 ? sd_bus_message_close_container(reply) : r;
}

int connect_list_domains(Call *call, Driver *connect, const ConnectListDomainsArgs *args, Error *error)
{
        int r = flags_check(args->flags, LIST_ALL, error);

        if (r < 0)
                return r;
        return walk_reply(call, walk_new(connect, args->flags), "o", next_paths);
}

static size_t params_size(const Params *params)
{
        size_t size = 0;

        for (size_t i = 0; i < params->n; i++) {
                const Param *param = params->items + i;

                size += strlen(param->name) + 32 + (param->type == PARAM_STRING ? strlen(param->s) : 0);
        }
        return size;
}

static int visit_stats(Call *call, sd_bus_message *reply, Walk *walk, Domain *domain, Error *error)
{
        int r;

        params_reset(&walk->params);
        domain->object.driver->info->domain.get_stats(domain, walk->stats, &walk->params);
        r = call_reply_grow(call, strlen(domain->name) + 32 + params_size(&walk->params), error);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'r', "sa{sv}");
        if (r < 0)
                return r;
        r = sd_bus_message_append_basic(reply, 's', domain->name);
        if (r < 0)
                return r;
        r = call_append_params(call, reply, &walk->params);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : 1;
}

static int next_stats(Call *call, sd_bus_message *reply, void *context, Error *error)
{
        int r = walk_slice(call, reply, context, visit_stats, error);

        return r == 0 ? sd_bus_message_close_container(reply) : r;
}

int connect_get_all_domain_stats(Call *call, Driver *connect, const ConnectGetAllDomainStatsArgs *args,
                                 Error *error)
{
        uint32_t stats;
        Walk *walk;
        int r;

        r = stats_groups(connect, args->stats, args->flags, LIST_STATS, &stats, error);
        if (r < 0)
                return r;
        walk = walk_new(connect, args->flags & LIST_STATS);
        walk->stats = stats;
        return walk_reply(call, walk, "(sa{sv})", next_stats);
}

static int visit_properties(Call *call, sd_bus_message *reply, Walk *walk, Domain *domain, Error *error)
{
        int r;

        if (walk->n == walk->limit) {
                walk->more = true;
                return 0;
        }
        walk->n++;
        r = call_reply_grow(call, call_object_size(&domain->object), error);
        if (r < 0)
                return r;
        r = sd_bus_message_open_container(reply, 'r', "oa{sv}");
        if (r < 0)
                return r;
        r = call_append_path(call, reply, &domain->object);
        if (r < 0)
                return r;
        r = call_append_properties(call, reply, &domain->object, (const char *const *) walk->fields, error);
        if (r < 0)
                return r;
        r = sd_bus_message_close_container(reply);
        return r < 0 ? r : 1;
}

static int next_properties(Call *call, sd_bus_message *reply, void *context, Error *error)
{
        Walk *walk = context;
        int r = walk_slice(call, reply, walk, visit_properties, error);

        if (r != 0)
                return r;
        r = sd_bus_message_close_container(reply);
        if (r < 0)
                return r;
        r = sd_bus_message_append(reply, "s", walk->more ? walk->after : "");
        return r < 0 ? r : 0;
}

/* Fills the walk in from the options of ListDomainsDetailed. */
static int walk_read_options(Walk *walk, const Params *options, Error *error)
{
        static const char *const known[] = {
                "active", "after", "fields", "limit", "name-prefix", "state", NULL,
        };
        const char *after = NULL, *state = NULL, *name_prefix = NULL;
        const char *const *fields = NULL;
        bool active = false;
        int r;

        walk->limit = PAGE_DEFAULT;
        if ((r = params_check_names(options, known, error)) < 0 ||
            (r = params_get_u32(options, "limit", &walk->limit, error)) < 0 ||
            (r = params_get_string(options, "after", &after, error)) < 0 ||
            (r = params_get_string(options, "state", &state, error)) < 0 ||
            (r = params_get_string(options, "name-prefix", &name_prefix, error)) < 0 ||
            (r = params_get_strv(options, "fields", &fields, error)) < 0 ||
            (r = params_get_bool(options, "active", &active, error)) < 0)
                return r;
        if (r > 0)
                walk->active = active;
        if (walk->limit == 0 || walk->limit > PAGE_MAX)
                return error_set(error, ERROR_INVALID_ARG, "option 'limit' is not between 1 and %u",
                                 PAGE_MAX);
        if (!isempty(after) && uuid_normalize(after, walk->after) < 0)
                return error_set(error, ERROR_INVALID_ARG, "option 'after' is not the end of a page: '%s'",
                                 after);
        if (state) {
                walk->state = domain_state_from_string(state);
                if (walk->state < 0)
                        return error_set(error, ERROR_INVALID_ARG, "there is no state '%s'", state);
        }
        walk->name_prefix = g_strdup(name_prefix);
        walk->fields = g_strdupv((char **) fields);
        return 0;
}

int connect_list_domains_detailed(Call *call, Driver *connect, const ConnectListDomainsDetailedArgs *args,
                                  Error *error)
{
        _cleanup_(walk_freep) Walk *walk = walk_new(connect, 0);
        int r = walk_read_options(walk, &args->options, error);

        if (r < 0)
                return r;
        return walk_reply(call, g_steal_pointer(&walk), "(oa{sv})", next_properties);
}
