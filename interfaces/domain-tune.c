/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* How a domain shares in its host: parameters that are read from a definition and set in it. */

#include "drivers/model/domain_find.h"
#include "drivers/model/domain_tune.h"
#include "interfaces/domain-contract.h"
#include "interfaces/domain-edit.h"

/* Reads from a definition what the device says, which is NULL for most. */
typedef int (*TuneReader)(const DomainDef *def, const char *device, Params *ret, Error *error);

/* kind: the edit that changes the parameters. */
static int reply_tune(Call *call, Domain *domain, TuneReader read, DomainEditKind kind, const char *device,
                      uint32_t flags, Error *error)
{
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        _cleanup_params_ Params params = PARAMS_INIT;
        int r = get_definition(domain, flags, READ_FLAGS, &def, error);

        if (r >= 0)
                r = read(def, device, &params, error);
        if (r >= 0 && def == domain->live && driver_supports(domain->object.driver, domain.read_limits))
                domain->object.driver->info->domain.read_limits(domain, kind, &params);
        return r < 0 ? r : reply_params(call, &params);
}

static int read_memory(const DomainDef *def, const char *device, Params *ret, Error *error)
{
        tune_read(&tune_memory, def->mem_tune, ret);
        return 0;
}

static int read_blkio(const DomainDef *def, const char *device, Params *ret, Error *error)
{
        tune_read_blkio(def->blkio_tune, ret);
        return 0;
}

static int read_scheduler(const DomainDef *def, const char *device, Params *ret, Error *error)
{
        tune_read(&tune_scheduler, def->cpu_tune, ret);
        return 0;
}

static int read_disk(const DomainDef *def, const char *device, Params *ret, Error *error)
{
        const DomainDisk *disk = domain_find_disk(def, device);

        if (!disk)
                return error_set(error, ERROR_INVALID_ARG, "disk '%s' was not found in the domain config",
                                 device);
        tune_read(&tune_block_io, disk->iotune, ret);
        return 0;
}

static int read_interface(const DomainDef *def, const char *device, Params *ret, Error *error)
{
        const DomainInterface *interface = domain_find_interface(def, device);

        if (!interface)
                return error_set(error, ERROR_INVALID_ARG, "Can't find device %s", device);
        tune_read_bandwidth(interface->bandwidth, ret);
        return 0;
}

static int read_numa(const DomainDef *def, const char *device, Params *ret, Error *error)
{
        const DomainNumaTune *tune = def->numa_tune;
        DomainNumaMode mode = tune && tune->mode ? tune->mode : DOMAIN_NUMA_STRICT;

        params_add_i32(ret, "numa_mode", (int32_t) mode - 1);
        params_add_string(ret, "numa_nodeset", tune ? strempty(tune->nodeset) : "");
        return 0;
}

static bool is_counted(const DomainDef *def, const char *name)
{
        DEF_FOREACH(event, def->perf_events)
                if (streq(event->name, name))
                        return event->enabled == TRISTATE_YES;
        return false;
}

static int read_perf(const DomainDef *def, const char *device, Params *ret, Error *error)
{
        for (const char *const *name = domain_perf_events; *name; name++)
                params_add_bool(ret, *name, is_counted(def, *name));
        return 0;
}

int domain_get_memory_parameters(Call *call, Domain *domain, const DomainGetMemoryParametersArgs *args,
                                 Error *error)
{
        return reply_tune(call, domain, read_memory, DOMAIN_EDIT_MEMORY_TUNE, NULL, args->flags, error);
}

int domain_get_block_io_parameters(Call *call, Domain *domain, const DomainGetBlockIOParametersArgs *args,
                                   Error *error)
{
        return reply_tune(call, domain, read_blkio, DOMAIN_EDIT_BLKIO_TUNE, NULL, args->flags, error);
}

int domain_get_scheduler_parameters(Call *call, Domain *domain, const DomainGetSchedulerParametersArgs *args,
                                    Error *error)
{
        return reply_tune(call, domain, read_scheduler, DOMAIN_EDIT_SCHEDULER, NULL, args->flags, error);
}

int domain_get_block_io_tune(Call *call, Domain *domain, const DomainGetBlockIOTuneArgs *args, Error *error)
{
        return reply_tune(call, domain, read_disk, DOMAIN_EDIT_BLOCK_IO_TUNE, args->disk, args->flags, error);
}

int domain_get_interface_parameters(Call *call, Domain *domain, const DomainGetInterfaceParametersArgs *args,
                                    Error *error)
{
        return reply_tune(call, domain, read_interface, DOMAIN_EDIT_INTERFACE, args->device, args->flags, error);
}

int domain_get_numa_parameters(Call *call, Domain *domain, const DomainGetNumaParametersArgs *args,
                               Error *error)
{
        return reply_tune(call, domain, read_numa, DOMAIN_EDIT_NUMA, NULL, args->flags, error);
}

int domain_get_perf_events(Call *call, Domain *domain, const DomainGetPerfEventsArgs *args, Error *error)
{
        return reply_tune(call, domain, read_perf, DOMAIN_EDIT_PERF, NULL, args->flags, error);
}

int domain_set_memory_parameters(Call *call, Domain *domain, const DomainSetMemoryParametersArgs *args,
                                 Error *error)
{
        return run_params_edit(call, domain, DOMAIN_EDIT_MEMORY_TUNE, NULL, &args->params, args->flags, error);
}

int domain_set_block_io_parameters(Call *call, Domain *domain, const DomainSetBlockIOParametersArgs *args,
                                   Error *error)
{
        return run_params_edit(call, domain, DOMAIN_EDIT_BLKIO_TUNE, NULL, &args->params, args->flags, error);
}

int domain_set_scheduler_parameters(Call *call, Domain *domain, const DomainSetSchedulerParametersArgs *args,
                                    Error *error)
{
        return run_params_edit(call, domain, DOMAIN_EDIT_SCHEDULER, NULL, &args->params, args->flags, error);
}

int domain_set_block_io_tune(Call *call, Domain *domain, const DomainSetBlockIOTuneArgs *args, Error *error)
{
        return run_params_edit(call, domain, DOMAIN_EDIT_BLOCK_IO_TUNE, args->disk, &args->params, args->flags,
                               error);
}

int domain_set_interface_parameters(Call *call, Domain *domain, const DomainSetInterfaceParametersArgs *args,
                                    Error *error)
{
        return run_params_edit(call, domain, DOMAIN_EDIT_INTERFACE, args->device, &args->params, args->flags,
                               error);
}

int domain_set_numa_parameters(Call *call, Domain *domain, const DomainSetNumaParametersArgs *args,
                               Error *error)
{
        return run_params_edit(call, domain, DOMAIN_EDIT_NUMA, NULL, &args->params, args->flags, error);
}

int domain_set_perf_events(Call *call, Domain *domain, const DomainSetPerfEventsArgs *args, Error *error)
{
        return run_params_edit(call, domain, DOMAIN_EDIT_PERF, NULL, &args->params, args->flags, error);
}

static int check_group(const char *group, Error *error)
{
        if (isempty(group))
                return error_set(error, ERROR_INVALID_ARG, "the name of a throttle group must not be empty");
        return 0;
}

int domain_set_throttle_group(Call *call, Domain *domain, const DomainSetThrottleGroupArgs *args,
                              Error *error)
{
        int r = check_group(args->group, error);

        if (r < 0)
                return r;
        return run_params_edit(call, domain, DOMAIN_EDIT_THROTTLE_GROUP, args->group, &args->params,
                               args->flags, error);
}

int domain_del_throttle_group(Call *call, Domain *domain, const DomainDelThrottleGroupArgs *args,
                              Error *error)
{
        const Params none = PARAMS_INIT;
        int r = check_group(args->group, error);

        if (r < 0)
                return r;
        return run_params_edit(call, domain, DOMAIN_EDIT_DELETE_THROTTLE_GROUP, args->group, &none, args->flags,
                               error);
}
