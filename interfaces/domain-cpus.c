/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Virtual processors and I/O threads: how many there are and where they may run. */

#include "interfaces/domain-cpus.h"

#include "drivers/model/domain_tune.h"
#include "drivers/model/domain_vcpu.h"
#include "interfaces/domain-contract.h"
#include "interfaces/domain-edit.h"
#include "interfaces/domain-operation.h"
#include "interfaces/support.h"

#define CPUS_MAX UINT16_MAX

int cpuset_from_bools(const ArgArray *array, const char *what, char **ret, Error *error)
{
        const int32_t *items = array->items;
        g_autofree uint8_t *map = NULL;

        if (array->n > CPUS_MAX)
                return error_set(error, ERROR_INVALID_ARG, "%s has more than %u entries", what, CPUS_MAX);
        map = g_new(uint8_t, array->n + 1);
        for (size_t i = 0; i < array->n; i++)
                map[i] = items[i] != 0;
        *ret = cpuset_from_map(map, array->n);
        return *ret ? 0 : error_set(error, ERROR_INVALID_ARG, "%s is empty", what);
}

static int pin(Call *call, Domain *domain, DomainEditKind kind, uint64_t number, const ArgArray *map,
               uint32_t flags, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(kind, flags);
        int r = cpuset_from_bools(map, "cpumap", &edit->cpuset, error);

        if (r < 0)
                return r;
        edit->number = number;
        return run_edit(call, domain, edit, AFFECT_FLAGS, error);
}

int domain_pin_vcpu(Call *call, Domain *domain, const DomainPinVcpuArgs *args, Error *error)
{
        return pin(call, domain, DOMAIN_EDIT_PIN_VCPU, args->vcpu, &args->cpumap, args->flags, error);
}

int domain_pin_emulator(Call *call, Domain *domain, const DomainPinEmulatorArgs *args, Error *error)
{
        return pin(call, domain, DOMAIN_EDIT_PIN_EMULATOR, 0, &args->cpumap, args->flags, error);
}

int domain_pin_io_thread(Call *call, Domain *domain, const DomainPinIOThreadArgs *args, Error *error)
{
        return pin(call, domain, DOMAIN_EDIT_PIN_IOTHREAD, args->iothread_id, &args->cpumap, args->flags,
                   error);
}

/* The guest is asked to use so many; the machine stays as it is. */
static int set_guest_vcpus(Call *call, Domain *domain, uint32_t n, Error *error)
{
        static const Operation op = { "set-guest-vcpus", "virDomainSetVcpusFlags", 0, 0 };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = domain_check_active(domain, error);

        if (r >= 0)
                r = begin_operation(call, domain, &op, guest_ops(domain)->set_vcpu_count, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, guest_ops(domain)->set_vcpu_count(domain, n, job, error), NULL, error);
}

int domain_set_vcpus(Call *call, Domain *domain, const DomainSetVcpusArgs *args, Error *error)
{
        const uint32_t known = AFFECT_FLAGS | DOMAIN_VCPU_MAXIMUM | DOMAIN_VCPU_GUEST | DOMAIN_VCPU_HOTPLUGGABLE;
        int r;

        if (args->vcpus == 0)
                return error_set(error, ERROR_INVALID_ARG,
                                 "nvcpus in virDomainSetVcpusFlags must not be zero");
        if (args->vcpus > CPUS_MAX)
                return error_set(error, ERROR_INVALID_ARG, "there can be at most %u virtual processors",
                                 CPUS_MAX);
        r = flags_check_exclusive(args->flags, DOMAIN_VCPU_GUEST | DOMAIN_VCPU_MAXIMUM, "guest and maximum",
                                  error);
        if (r < 0)
                return r;
        if (args->flags & DOMAIN_VCPU_GUEST)
                return set_guest_vcpus(call, domain, args->vcpus, error);
        return run_number_edit(call, domain, DOMAIN_EDIT_VCPUS, args->vcpus, args->flags, known, error);
}

static int reply_guest_vcpus(Call *call, Job *job, Error *error)
{
        const char *online = record_string(job_result_object(job), "online");
        g_autofree uint8_t *map = g_new0(uint8_t, CPUS_MAX);
        uint32_t n = 0;

        if (!isempty(online) && cpuset_to_map(online, map, CPUS_MAX) < 0)
                return error_set(error, ERROR_OPERATION_FAILED, "the guest's processors '%.80s' are no set",
                                 online);
        for (size_t i = 0; i < CPUS_MAX; i++)
                n += map[i];
        return call_reply(call, "u", n);
}

static int get_guest_vcpus(Call *call, Domain *domain, Error *error)
{
        static const Operation op = { "get-guest-vcpus", "virDomainGetVcpusFlags", 0, CALL_JOB_QUERY };
        _cleanup_(job_unrefp) Job *job = NULL;
        int r = domain_check_active(domain, error);

        if (r >= 0)
                r = begin_operation(call, domain, &op, guest_ops(domain)->get_vcpus, 0, &job, error);
        if (r <= 0)
                return r;
        return call_job_end(call, job, guest_ops(domain)->get_vcpus(domain, job, error), reply_guest_vcpus,
                            error);
}

int domain_get_vcpus(Call *call, Domain *domain, const DomainGetVcpusArgs *args, Error *error)
{
        const uint32_t known = AFFECT_FLAGS | DOMAIN_VCPU_MAXIMUM | DOMAIN_VCPU_GUEST;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        int r;

        r = flags_check_exclusive(args->flags, DOMAIN_VCPU_GUEST | DOMAIN_AFFECT_CONFIG, "guest and config",
                                  error);
        if (r >= 0)
                r = get_definition(domain, args->flags, known, &def, error);
        if (r < 0)
                return r;
        if (args->flags & DOMAIN_VCPU_GUEST)
                return get_guest_vcpus(call, domain, error);
        return call_reply(call, "u",
                          args->flags & DOMAIN_VCPU_MAXIMUM ? domain_vcpus_max(def) : domain_vcpus_current(def));
}

int domain_set_vcpu(Call *call, Domain *domain, const DomainSetVcpuArgs *args, Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_VCPU, args->flags);
        int r = cpuset_from_bools(&args->vcpumap, "vcpumap", &edit->cpuset, error);

        if (r < 0)
                return r;
        if (args->state != 0 && args->state != 1)
                return error_set(error, ERROR_INVALID_ARG, "state is 0 or 1, not %" PRId32, args->state);
        edit->number = (uint64_t) args->state;
        return run_edit(call, domain, edit, AFFECT_FLAGS, error);
}

static int check_iothread(uint32_t id, Error *error)
{
        if (id == 0)
                return error_set(error, ERROR_INVALID_ARG, "the number of an IOThread must not be zero");
        return 0;
}

int domain_add_io_thread(Call *call, Domain *domain, const DomainAddIOThreadArgs *args, Error *error)
{
        int r = check_iothread(args->iothread_id, error);

        if (r < 0)
                return r;
        return run_number_edit(call, domain, DOMAIN_EDIT_ADD_IOTHREAD, args->iothread_id, args->flags,
                               AFFECT_FLAGS, error);
}

int domain_del_io_thread(Call *call, Domain *domain, const DomainDelIOThreadArgs *args, Error *error)
{
        int r = check_iothread(args->iothread_id, error);

        if (r < 0)
                return r;
        return run_number_edit(call, domain, DOMAIN_EDIT_DELETE_IOTHREAD, args->iothread_id, args->flags,
                               AFFECT_FLAGS, error);
}

int domain_set_io_thread_params(Call *call, Domain *domain, const DomainSetIOThreadParamsArgs *args,
                                Error *error)
{
        _cleanup_(domain_edit_unrefp) DomainEdit *edit = domain_edit_new(DOMAIN_EDIT_TUNE_IOTHREAD, args->flags);
        int r = check_iothread(args->iothread_id, error);

        if (r < 0)
                return r;
        edit->number = args->iothread_id;
        params_add_all(&edit->params, "", &args->params);
        return run_edit(call, domain, edit, AFFECT_FLAGS, error);
}

/* A map of the host's processors for a reply. */
typedef struct CpuMap {
        uint8_t *items;
        size_t n;
} CpuMap;

static CpuMap cpu_map_new(const Domain *domain)
{
        Driver *driver = domain->object.driver;
        size_t n = driver_supports(driver, domain.host_cpus) ? driver->info->domain.host_cpus(driver) : 1;

        return (CpuMap) { g_new0(uint8_t, n), n };
}

static void cpu_map_clear(CpuMap *map)
{
        g_free(map->items);
}
#define _cleanup_cpu_map_ _cleanup_(cpu_map_clear)

static int append_map(sd_bus_message *m, const CpuMap *map)
{
        int r = sd_bus_message_open_container(m, 'a', "b");

        for (size_t i = 0; r >= 0 && i < map->n; i++)
                r = sd_bus_message_append_basic(m, 'b', &(int) { map->items[i] });
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int domain_get_vcpu_pin_info(Call *call, Domain *domain, const DomainGetVcpuPinInfoArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_cpu_map_ CpuMap map = cpu_map_new(domain);
        int r = get_definition(domain, args->flags, AFFECT_FLAGS, &def, error);

        if (r >= 0)
                r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "ab");
        for (uint32_t i = 0; r >= 0 && i < domain_vcpus_max(def); i++) {
                domain_vcpu_pin(def, i, map.items, map.n);
                r = call_reply_grow(call, sizeof(int32_t) * (map.n + 1), error);
                if (r >= 0)
                        r = append_map(reply, &map);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

int domain_get_emulator_pin_info(Call *call, Domain *domain, const DomainGetEmulatorPinInfoArgs *args,
                                 Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_cpu_map_ CpuMap map = cpu_map_new(domain);
        int r = get_definition(domain, args->flags, AFFECT_FLAGS, &def, error);

        if (r >= 0)
                r = call_reply_new(call, &reply);
        if (r < 0)
                return r;
        domain_emulator_pin(def, map.items, map.n);
        r = append_map(reply, &map);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static int append_iothread(sd_bus_message *m, const DomainDef *def, uint32_t id, CpuMap *map)
{
        int r = sd_bus_message_open_container(m, 'r', "uab");

        domain_iothread_pin(def, id, map->items, map->n);
        if (r >= 0)
                r = sd_bus_message_append_basic(m, 'u', &id);
        if (r >= 0)
                r = append_map(m, map);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int domain_get_io_thread_info(Call *call, Domain *domain, const DomainGetIOThreadInfoArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_cpu_map_ CpuMap map = cpu_map_new(domain);
        g_autoptr(GArray) ids = NULL;
        int r = get_definition(domain, args->flags, AFFECT_FLAGS, &def, error);

        if (r >= 0)
                r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(uab)");
        if (r < 0)
                return r;
        ids = domain_iothread_ids(def);
        for (guint i = 0; r >= 0 && i < ids->len; i++) {
                r = call_reply_grow(call, sizeof(int32_t) * (map.n + 4), error);
                if (r >= 0)
                        r = append_iothread(reply, def, g_array_index(ids, uint32_t, i), &map);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static void describe_iothread(const DomainDef *def, uint32_t id, Params *ret)
{
        const DomainIoThread *thread = domain_iothread_find(def, id);

        params_add_u32(ret, "id", id);
        for (uint32_t i = 0; def->cpu_tune && i < def->cpu_tune->iothread_pins.n; i++)
                if (def->cpu_tune->iothread_pins.items[i]->id == id)
                        params_add_string(ret, "cpuset", def->cpu_tune->iothread_pins.items[i]->cpuset);
        tune_read(&tune_iothread, thread, ret);
}

int domain_list_io_threads(Call *call, Domain *domain, const DomainListIOThreadsArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_params_ Params params = PARAMS_INIT;
        g_autoptr(GArray) ids = NULL;
        int r = get_definition(domain, args->flags, AFFECT_FLAGS, &def, error);

        if (r >= 0)
                r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "a{sv}");
        if (r < 0)
                return r;
        ids = domain_iothread_ids(def);
        for (guint i = 0; r >= 0 && i < ids->len; i++) {
                params_reset(&params);
                describe_iothread(def, g_array_index(ids, uint32_t, i), &params);
                r = call_reply_grow(call, 256, error);
                if (r >= 0)
                        r = call_append_params(call, reply, &params);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}

static int append_vcpu(sd_bus_message *m, const DomainDef *def, Params *stats, uint32_t id, CpuMap *map)
{
        const Param *state = params_find(stats, params_name(stats, "vcpu.%" PRIu32 ".state", id));
        const Param *time = params_find(stats, params_name(stats, "vcpu.%" PRIu32 ".time", id));
        int r = sd_bus_message_open_container(m, 'r', "uitiab");

        domain_vcpu_pin(def, id, map->items, map->n);
        if (r >= 0)
                r = sd_bus_message_append(m, "uiti", id, state ? state->i : 0, time ? time->t : UINT64_C(0),
                                          -1);
        if (r >= 0)
                r = append_map(m, map);
        return r < 0 ? r : sd_bus_message_close_container(m);
}

int domain_get_vcpu_info(Call *call, Domain *domain, const DomainGetVcpuInfoArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_cpu_map_ CpuMap map = cpu_map_new(domain);
        _cleanup_params_ Params stats = PARAMS_INIT;
        const Driver *driver = domain->object.driver;
        int r = flags_check(args->flags, 0, error);

        if (r >= 0)
                r = call_reply_new(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(uitiab)");
        if (r < 0)
                return r;
        if (driver_supports(driver, domain.get_stats))
                driver->info->domain.get_stats(domain, DOMAIN_STATS_VCPU, &stats);
        for (uint32_t i = 0; r >= 0 && i < domain_vcpus_max(domain->live); i++) {
                if (!domain_vcpu_is_enabled(domain->live, i))
                        continue;
                r = call_reply_grow(call, sizeof(int32_t) * (map.n + 8), error);
                if (r >= 0)
                        r = append_vcpu(reply, domain->live, &stats, i, &map);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        return r < 0 ? r : call_reply_send(call, g_steal_pointer(&reply));
}
