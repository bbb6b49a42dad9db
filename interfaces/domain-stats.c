/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Single statistics in the forms of libvirt's older functions, and what is known of how a machine runs. */

#include "drivers/model/domain_find.h"
#include "interfaces/domain-contract.h"
#include "interfaces/domain-edit.h"
#include "interfaces/domain-operation.h"
#include "interfaces/support.h"

/* virDomainControlState */
enum {
        CONTROL_OK = 0,
        CONTROL_JOB = 1,
        CONTROL_ERROR = 3,
};

int domain_get_control_info(Call *call, Domain *domain, const DomainGetControlInfoArgs *args, Error *error)
{
        const Job *job = domain->object.slot.job;
        uint32_t state = !domain->responsive ? CONTROL_ERROR : job ? CONTROL_JOB : CONTROL_OK;
        uint64_t msec = 0;
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        if (state == CONTROL_JOB)
                msec = (now_usec() - job_started_usec(job)) / USEC_PER_MSEC;
        return call_reply(call, "(uut)", state, UINT32_C(0), msec);
}

/* The n-th of "block" or "net" whose value under the key is this; -1 when there is none. */
static int64_t find_group(Params *stats, const char *kind, const char *key, const char *value)
{
        const Param *count = params_find(stats, params_name(stats, "%s.count", kind));

        for (uint32_t i = 0; count && i < count->u; i++) {
                const Param *name = params_find(stats, params_name(stats, "%s.%" PRIu32 ".%s", kind, i, key));

                if (name && streq(name->s, value))
                        return i;
        }
        return -1;
}

static bool find_number(Params *stats, const char *kind, uint32_t i, const char *name, uint64_t *ret)
{
        const Param *param = params_find(stats, params_name(stats, "%s.%" PRIu32 ".%s", kind, i, name));

        if (param && param->type == PARAM_UINT64)
                *ret = param->t;
        return param && param->type == PARAM_UINT64;
}

static const struct {
        const char *name, *key;
} block_names[] = {
        { "rd_operations", "rd.reqs" },    { "rd_bytes", "rd.bytes" },   { "rd_total_times", "rd.times" },
        { "wr_operations", "wr.reqs" },    { "wr_bytes", "wr.bytes" },   { "wr_total_times", "wr.times" },
        { "flush_operations", "fl.reqs" }, { "flush_total_times", "fl.times" },
};

/* The sum over the disks from first up to end. What none of them tells is left out. */
static void add_block(Params *stats, size_t which, uint32_t first, uint32_t end, Params *ret)
{
        uint64_t sum = 0, value = 0;
        bool known = false;

        for (uint32_t i = first; i < end; i++)
                if (find_number(stats, "block", i, block_names[which].key, &value)) {
                        sum += value;
                        known = true;
                }
        if (known)
                params_add_i64(ret, block_names[which].name, (int64_t) sum);
}

static int get_stats(Domain *domain, uint32_t group, const char *function, Params *ret, Error *error)
{
        const Driver *driver = domain->object.driver;

        if (!driver_supports(driver, domain.get_stats))
                return error_unsupported(error, function);
        driver->info->domain.get_stats(domain, group, ret);
        return 0;
}

int domain_block_stats(Call *call, Domain *domain, const DomainBlockStatsArgs *args, Error *error)
{
        _cleanup_params_ Params stats = PARAMS_INIT, result = PARAMS_INIT;
        const DomainDisk *disk = NULL;
        int64_t first = 0, end = domain->live->disks.n;
        int r = flags_check(args->flags, 0, error);

        if (r >= 0)
                r = get_stats(domain, DOMAIN_STATS_BLOCK, "virDomainBlockStatsFlags", &stats, error);
        if (r < 0)
                return r;
        if (!isempty(args->disk)) {
                disk = domain_find_disk(domain->live, args->disk);
                first = disk ? find_group(&stats, "block", "name", disk->target) : -1;
                if (first < 0)
                        return error_set(error, ERROR_INVALID_ARG, "invalid path: %s", args->disk);
                end = first + 1;
        }
        for (size_t i = 0; i < ELEMENTSOF(block_names); i++)
                add_block(&stats, i, (uint32_t) first, (uint32_t) end, &result);
        return reply_params(call, &result);
}

int domain_interface_stats(Call *call, Domain *domain, const DomainInterfaceStatsArgs *args, Error *error)
{
        static const char *const names[] = { "rx.bytes", "rx.pkts", "rx.errs", "rx.drop",
                                             "tx.bytes", "tx.pkts", "tx.errs", "tx.drop" };
        const DomainInterface *interface = domain_find_interface(domain->live, args->device);
        const char *name = interface ? interface->target ?: interface->info.alias : NULL;
        _cleanup_params_ Params stats = PARAMS_INIT;
        int64_t v[ELEMENTSOF(names)];
        int64_t i = -1;
        int r = get_stats(domain, DOMAIN_STATS_INTERFACE, "virDomainInterfaceStats", &stats, error);

        if (r < 0)
                return r;
        if (name)
                i = find_group(&stats, "net", "name", name);
        if (!interface)
                return error_set(error, ERROR_INVALID_ARG, "invalid path, '%s' is not a known interface",
                                 args->device);
        for (size_t k = 0; k < ELEMENTSOF(names); k++) {
                uint64_t value = 0;

                v[k] = i >= 0 && find_number(&stats, "net", (uint32_t) i, names[k], &value) ? (int64_t) value : -1;
        }
        return call_reply(call, "(xxxxxxxx)", v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]);
}

/* virDomainMessageType */
enum {
        MESSAGE_DEPRECATION = 1 << 0,
        MESSAGE_TAINTING = 1 << 1,
};

int domain_get_messages(Call *call, Domain *domain, const DomainGetMessagesArgs *args, Error *error)
{
        g_autoptr(GPtrArray) messages = g_ptr_array_new_with_free_func(g_free);
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        bool tainting = args->flags == 0 || (args->flags & MESSAGE_TAINTING);
        int r = flags_check(args->flags, MESSAGE_DEPRECATION | MESSAGE_TAINTING, error);

        if (r < 0)
                return r;
        if (tainting && domain->live && (domain->live->qemu_args.n > 0 || domain->live->qemu_env.n > 0))
                g_ptr_array_add(messages, g_strdup("tainted: custom configuration parameters specified"));
        for (char **alias = domain->unserved; tainting && alias && *alias; alias++)
                g_ptr_array_add(messages, g_strdup_printf("the program that served the device '%s' has ended", *alias));
        g_ptr_array_add(messages, NULL);
        r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_append_strv(reply, (char **) messages->pdata);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}
