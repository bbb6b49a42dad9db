/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What can be asked of a domain; answered from memory. */

#include "drivers/model/domain_portable.h"
#include "interfaces/domain-contract.h"
#include "interfaces/support.h"
#include "service/call.h"

int domain_get_info(Call *call, Domain *domain, Error *error)
{
        _cleanup_params_ Params params = PARAMS_INIT;
        const Driver *driver = domain->object.driver;
        uint64_t cpu_time = 0;
        int r;

        if (driver_supports(driver, domain.get_stats)) {
                driver->info->domain.get_stats(domain, DOMAIN_STATS_CPU_TOTAL, &params);
                r = params_get_u64(&params, "cpu.time", &cpu_time, error);
                if (r < 0)
                        return r;
        }
        return call_reply(call, "(ittut)", (int32_t) domain->state, domain->summary.memory_max,
                          domain->summary.memory, domain->summary.vcpus, cpu_time);
}

int domain_get_state(Call *call, Domain *domain, const DomainGetStateArgs *args, Error *error)
{
        int r = flags_check(args->flags, 0, error);

        if (r < 0)
                return r;
        return call_reply(call, "(ii)", (int32_t) domain->state, (int32_t) domain->reason);
}

int domain_get_stats(Call *call, Domain *domain, const DomainGetStatsArgs *args, Error *error)
{
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_params_ Params params = PARAMS_INIT;
        uint32_t stats;
        int r;

        r = stats_groups(domain->object.driver, args->stats, args->flags, 0, &stats, error);
        if (r < 0)
                return r;
        domain->object.driver->info->domain.get_stats(domain, stats, &params);
        r = call_reply_new(call, &reply);
        if (r < 0)
                return r;
        r = call_append_params(call, reply, &params);
        if (r < 0)
                return r;
        return call_reply_send(call, g_steal_pointer(&reply));
}

/* A host that cannot be asked leaves the processor as it is. */
static int spell_cpu(const Domain *domain, DomainDef **def, Error *error)
{
        Driver *driver = domain->object.driver;
        const CpuQuery query = {
                .emulator = (*def)->emulator, .arch = (*def)->os.arch, .machine = (*def)->os.machine,
                .virt_type = domain_virt_to_string((*def)->type),
        };
        _cleanup_(cpu_host_freep) CpuHost *host = NULL;
        DomainDef *spelled;
        int r;

        if (!driver_supports(driver, connect.get_host_cpu) || !(*def)->cpu ||
            (*def)->cpu->mode != DOMAIN_CPU_HOST_MODEL ||
            driver->info->connect.get_host_cpu(driver, &query, &host, NULL) < 0)
                return 0;
        r = domain_def_spell_cpu(*def, host, &spelled, error);
        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = spelled;
        return 0;
}

static int make_migratable(DomainDef **def, Error *error)
{
        DomainDef *migratable;
        int r = domain_def_make_migratable(*def, &migratable, error);

        if (r < 0)
                return r;
        domain_def_unref(*def);
        *def = migratable;
        return 0;
}

int domain_get_xml_desc(Call *call, Domain *domain, const DomainGetXMLDescArgs *args, Error *error)
{
        const uint32_t known = DOMAIN_DEF_FORMAT_SECURE | DOMAIN_DEF_FORMAT_INACTIVE |
                               DOMAIN_DEF_FORMAT_UPDATE_CPU | DOMAIN_DEF_FORMAT_MIGRATABLE;
        _cleanup_(domain_def_unrefp) DomainDef *def = NULL;
        DomainDefFormatFlags format = args->flags;
        g_autofree char *xml = NULL;
        int r;

        r = flags_check(args->flags, known, error);
        if (r < 0)
                return r;
        if (!domain->live)
                format |= DOMAIN_DEF_FORMAT_INACTIVE;
        /* whoever runs it there needs them */
        if (format & DOMAIN_DEF_FORMAT_MIGRATABLE)
                format |= DOMAIN_DEF_FORMAT_SECURE;
        /* kept in just this form, so that nothing has to be decoded */
        if (format == DOMAIN_DEF_FORMAT_INACTIVE)
                xml = domain_get_config_xml(domain);
        if (!xml) {
                def = format & DOMAIN_DEF_FORMAT_INACTIVE ? domain_get_config(domain) : NULL;
                if (!def)
                        def = domain_get_current(domain);
                if (format & DOMAIN_DEF_FORMAT_UPDATE_CPU)
                        r = spell_cpu(domain, &def, error);
                if (r >= 0 && (format & DOMAIN_DEF_FORMAT_MIGRATABLE))
                        r = make_migratable(&def, error);
                if (r < 0)
                        return r;
                xml = domain_def_format(def, format);
        }
        return call_reply(call, "s", xml);
}
