/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interfaces/domain-watch.h"

/* Numbers of a domain: once, in libvirt's forms, or again and again. */

#include "interfaces/domain-contract.h"
#include "interfaces/support.h"
#include "service/call.h"
#include "service/watch.h"

#define INTERVAL_MIN_MSEC 100u
#define INTERVAL_MAX_MSEC (3600u * 1000u)

/* virDomainMemoryStatTags, in their order */
static const char *const memory_stats[] = {
        "balloon.swap_in",   "balloon.swap_out", "balloon.major_fault", "balloon.minor_fault",
        "balloon.unused",    "balloon.available", "balloon.current",    "balloon.rss",
        "balloon.usable",    "balloon.last-update", "balloon.disk_caches", "balloon.hugetlb_pgalloc",
        "balloon.hugetlb_pgfail",
};

static void get_stats(Domain *domain, uint32_t groups, Params *ret)
{
        const Driver *driver = domain->object.driver;

        if (driver_supports(driver, domain.get_stats))
                driver->info->domain.get_stats(domain, groups, ret);
}

int domain_memory_stats(Call *call, Domain *domain, const DomainMemoryStatsArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_params_ Params params = PARAMS_INIT;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        get_stats(domain, DOMAIN_STATS_BALLOON, &params);
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "{it}");
        for (size_t tag = 0; r >= 0 && tag < ELEMENTSOF(memory_stats); tag++) {
                const Param *param = params_find(&params, memory_stats[tag]);

                if (param && param->type == PARAM_UINT64)
                        r = sd_bus_message_append(reply, "{it}", (int32_t) tag, param->t);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static void add_total(Domain *domain, Params *ret)
{
        static const char *const names[][2] = {
                { "cpu.time", "cpu_time" },
                { "cpu.user", "user_time" },
                { "cpu.system", "system_time" },
        };
        _cleanup_params_ Params params = PARAMS_INIT;

        get_stats(domain, DOMAIN_STATS_CPU_TOTAL, &params);
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                const Param *param = params_find(&params, names[i][0]);

                if (param && param->type == PARAM_UINT64)
                        params_add_u64(ret, names[i][1], param->t);
        }
}

static int append_cpus(Call *call, sd_bus_message *reply, Domain *domain, int32_t start, uint32_t n, Error *error)
{
        _cleanup_params_ Params params = PARAMS_INIT;
        int r = 0;

        if (start < 0) {
                add_total(domain, &params);
                return call_append_params(call, reply, &params);
        }
        for (uint32_t i = 0; r >= 0 && i < n; i++) {
                params_reset(&params);
                r = domain->object.driver->info->domain.get_cpu_stats(domain, (uint32_t) start + i, &params);
                /* behind the last processor there is nothing to say */
                if (r > 0)
                        r = call_append_params(call, reply, &params);
                else
                        break;
        }
        return r;
}

int domain_get_cpu_stats(Call *call, Domain *domain, const DomainGetCPUStatsArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (args->start_cpu < -1 || args->ncpus == 0 || args->ncpus > 4096 ||
            (args->start_cpu == -1 && args->ncpus != 1))
                return error_set(error, ERROR_INVALID_ARG,
                                 "ncpus must be 1 when start_cpu is -1, and from 1 otherwise");
        if (args->start_cpu >= 0 && !driver_supports(domain->object.driver, domain.get_cpu_stats))
                return error_unsupported(error, "virDomainGetCPUStats");
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        if (r >= 0)
                r = append_cpus(call, reply, domain, args->start_cpu, args->ncpus, error);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static void send_stats(Manager *manager, Object *object, uint32_t groups)
{
        _cleanup_params_ Params params = PARAMS_INIT;

        if (groups != 0)
                get_stats((Domain *) object, groups, &params);
        domain_emit_stats(manager, object, &params);
}

int domain_watch_stats(Call *call, Domain *domain, const DomainWatchStatsArgs *args, Error *error)
{
        uint32_t groups = 0;
        int r = stats_groups(domain->object.driver, args->stats, args->flags, 0, &groups, error);

        if (r < 0)
                return r;
        if (args->interval > 0 && (args->interval < INTERVAL_MIN_MSEC || args->interval > INTERVAL_MAX_MSEC))
                return error_set(error, ERROR_INVALID_ARG, "the interval is from %u to %u ms", INTERVAL_MIN_MSEC,
                                 INTERVAL_MAX_MSEC);
        r = watch_set(call, &domain->object, args->interval * USEC_PER_MSEC, send_stats, groups, error);
        return r < 0 ? r : call_reply(call, NULL);
}

/* The watch of the monitor's events, and the last one. */
static void end_monitor_events(Manager *manager, Object *object, uint32_t data)
{
        domain_emit_qemu_monitor_event(manager, object, "", 0, 0, "");
}

static void send_monitor_event(Manager *manager, Object *object, const void *args)
{
        const DomainMonitorArgs *monitor = args;

        domain_emit_qemu_monitor_event(manager, object, monitor->event, monitor->seconds, monitor->microseconds,
                                       monitor->details);
}

void domain_watch_tell_monitor(Manager *manager, Object *object, const DomainMonitorArgs *monitor)
{
        watch_tell(manager, object, end_monitor_events, send_monitor_event, monitor);
}

int domain_watch_monitor_events(Call *call, Domain *domain, const DomainWatchMonitorEventsArgs *args, Error *error)
{
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (args->enable)
                r = watch_set_events(call, &domain->object, end_monitor_events, error);
        else
                r = watch_set(call, &domain->object, 0, end_monitor_events, 0, error);
        return r < 0 ? r : call_reply(call, NULL);
}
