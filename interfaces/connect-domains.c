/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Lists of domains, and of their statistics. */

#include "interfaces/connect-contract.h"

#include <string.h>

#include "interfaces/list.h"
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

static const uint32_t list_groups[] = {
        LIST_ACTIVE | LIST_INACTIVE,
        LIST_PERSISTENT | LIST_TRANSIENT,
        LIST_RUNNING | LIST_PAUSED | LIST_SHUTOFF | LIST_OTHER,
        LIST_MANAGEDSAVE | LIST_NO_MANAGEDSAVE,
        LIST_AUTOSTART | LIST_NO_AUTOSTART,
        LIST_HAS_SNAPSHOT | LIST_NO_SNAPSHOT,
        LIST_HAS_CHECKPOINT | LIST_NO_CHECKPOINT,
};

/* What virConnectGetAllDomainStats() takes of them. */
#define LIST_STATS 0xffu

static uint32_t domain_facts(const Object *object)
{
        const Domain *domain = (const Domain *) object;
        uint32_t facts = 0;

        facts |= domain_is_active(domain) ? LIST_ACTIVE : LIST_INACTIVE;
        facts |= domain->persistent ? LIST_PERSISTENT : LIST_TRANSIENT;
        facts |= moment_count(domain, MOMENT_SNAPSHOT) ? LIST_HAS_SNAPSHOT : LIST_NO_SNAPSHOT;
        facts |= moment_count(domain, MOMENT_CHECKPOINT) ? LIST_HAS_CHECKPOINT : LIST_NO_CHECKPOINT;
        facts |= domain->managed_save ? LIST_MANAGEDSAVE : LIST_NO_MANAGEDSAVE;
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

static int domain_list_state(const Object *object)
{
        return (int) ((const Domain *) object)->state;
}

static const ListInfo domains_info = {
        .type = OBJECT_DOMAIN,
        .function = "virConnectListAllDomains",
        .groups = list_groups,
        .n_groups = ELEMENTSOF(list_groups),
        .facts = domain_facts,
        .active = LIST_ACTIVE,
        .inactive = LIST_INACTIVE,
        .state_from_string = domain_state_from_string,
        .state = domain_list_state,
};

int connect_list_domains(Call *call, Driver *connect, const ConnectListDomainsArgs *args, Error *error)
{
        return list_reply_paths(call, &domains_info, args->flags, NULL, error);
}

int connect_list_domains_detailed(Call *call, Driver *connect, const ConnectListDomainsDetailedArgs *args,
                                  Error *error)
{
        return list_reply_details(call, &domains_info, &args->options, NULL, error);
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

typedef struct Stats {
        uint32_t groups; /* DOMAIN_STATS_* */
        Params params;
} Stats;

static void stats_free(void *data)
{
        Stats *stats = data;

        params_clear(&stats->params);
        g_free(stats);
}

static int visit_stats(Call *call, sd_bus_message *reply, Object *object, void *data, Error *error)
{
        Domain *domain = (Domain *) object;
        Stats *stats = data;
        int r;

        params_reset(&stats->params);
        object->driver->info->domain.get_stats(domain, stats->groups, &stats->params);
        r = call_reply_grow(call, strlen(domain->name) + 32 + params_size(&stats->params), error);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'r', "sa{sv}");
        if (r >= 0)
                r = sd_bus_message_append_basic(reply, 's', domain->name);
        if (r >= 0)
                r = call_append_params(call, reply, &stats->params);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : 1;
}

int connect_get_all_domain_stats(Call *call, Driver *connect, const ConnectGetAllDomainStatsArgs *args,
                                 Error *error)
{
        uint32_t groups;
        Stats *stats;
        int r = stats_groups(connect, args->stats, args->flags, LIST_STATS, &groups, error);

        if (r < 0)
                return r;
        stats = g_new0(Stats, 1);
        stats->groups = groups;
        return list_reply_visit(call, &domains_info, args->flags & LIST_STATS, "(sa{sv})", visit_stats, stats,
                                stats_free, error);
}
